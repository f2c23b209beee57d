/* SPDX-License-Identifier: Apache-2.0 */
/* tree: sorted whatever came in, each path once; labels in their order. */
#include "server/git/tree.h"

#include "tests/unit/server/git/fixture.h"

static const unsigned char some_id[CFG_ID_BYTES] = {1, 2, 3};

static void add(struct cfg_tree_maker *maker, const char *prefix, const char *name, uint8_t kind)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree_entry entry = {.kind = kind};

    assert_int_equal(cfg_tree_maker_add(maker, cfg_str_of(prefix), cfg_str_of(name), &entry, &err),
                     CFG_OK);
}

static void test_sorted_and_unique(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree_maker maker;
    struct cfg_tree *tree;

    (void)state;
    cfg_tree_maker_init(&maker);
    assert_int_equal(cfg_tree_maker_dir(&maker, CFG_STR("z/"), &err), CFG_OK);
    assert_int_equal(cfg_tree_maker_dir(&maker, CFG_STR(""), &err), CFG_OK);
    assert_int_equal(cfg_tree_maker_dir(&maker, CFG_STR("z/"), &err), CFG_OK);
    add(&maker, "z/", "b", CFG_ENTRY_FILE);
    add(&maker, "", "foo.yml", CFG_ENTRY_FILE);
    add(&maker, "foo/", "bar", CFG_ENTRY_LINK);
    add(&maker, "", "foo.yml", CFG_ENTRY_FILE);
    add(&maker, "", "a", CFG_ENTRY_OTHER);
    assert_int_equal(cfg_tree_maker_end(&maker, some_id, &tree, &err), CFG_OK);
    assert_int_equal(tree->count, 4);
    for (size_t i = 1; i < tree->count; i++)
        assert_true(cfg_str_cmp(tree->entries[i - 1].path, tree->entries[i].path) < 0);
    assert_int_equal(tree->dir_count, 2);
    assert_int_equal(tree->dirs[0].len, 0);
    assert_non_null(cfg_tree_find(tree, CFG_STR("z/b")));
    assert_int_equal(cfg_tree_find(tree, CFG_STR("foo/bar"))->kind, CFG_ENTRY_LINK);
    assert_null(cfg_tree_find(tree, CFG_STR("foo")));
    assert_null(cfg_tree_find(tree, CFG_STR("")));
    assert_memory_equal(tree->id, some_id, CFG_ID_BYTES);
    assert_ptr_equal(cfg_tree_ref(tree), tree);
    cfg_tree_unref(tree);
    cfg_tree_unref(tree);
    cfg_tree_unref(NULL);
    cfg_tree_maker_release(&maker);
}

static void test_empty(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree_maker maker;
    struct cfg_tree *tree;

    (void)state;
    cfg_tree_maker_init(&maker);
    assert_int_equal(cfg_tree_maker_dir(&maker, CFG_STR(""), &err), CFG_OK);
    assert_int_equal(cfg_tree_maker_end(&maker, some_id, &tree, &err), CFG_OK);
    assert_int_equal(tree->count, 0);
    assert_int_equal(tree->dir_count, 1);
    assert_null(cfg_tree_find(tree, CFG_STR("x")));
    cfg_tree_unref(tree);
    cfg_tree_maker_release(&maker);
}

static void test_ids(void **state)
{
    unsigned char id[CFG_ID_BYTES];
    char hex[41];

    (void)state;
    assert_true(cfg_id_parse(CFG_STR("00FFabcdef0123456789aabbccddeeff00112233"), id));
    cfg_id_hex(id, hex);
    assert_string_equal(hex, "00ffabcdef0123456789aabbccddeeff00112233");
    assert_false(cfg_id_parse(CFG_STR("00FFabcdef0123456789aabbccddeeff0011223"), id));
    assert_false(cfg_id_parse(CFG_STR("00FFabcdef0123456789aabbccddeeff0011223g"), id));
}

/* One letter each for the commits, so that a mix-up shows. */
static struct cfg_tip tip(const char *name, char commit)
{
    struct cfg_tip made = {.name = cfg_str_of(name)};

    memset(made.commit, commit, 40);
    return made;
}

static struct cfg_tips *make_tips(const struct cfg_tip *items, size_t count, const char *head)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;

    assert_int_equal(cfg_tips_new(items, count, head, &tips, &err), CFG_OK);
    return tips;
}

static void expect_label(const struct cfg_tips *tips, const char *label, char want)
{
    char commit[41];

    if (!cfg_tips_find(tips, cfg_str_of(label), commit))
        fail_msg("no label %s", label);
    if (commit[0] != want || strlen(commit) != 40)
        fail_msg("%s is %s, not %c", label, commit, want);
}

static void test_labels(void **state)
{
    const struct cfg_tip items[] = {
        tip("refs/tags/v1", 'a'),         tip("refs/heads/v1", 'b'),
        tip("refs/heads/main", 'c'),      tip("refs/tags/t", 'd'),
        tip("refs/heads/feature/x", 'e'), tip("refs/heads/refs/tags/t", 'f'),
    };
    static const char *const unknown[] = {
        "",           " ",           "HEAD~1",  "v1^",
        "nope",       "refs/heads/", "refs",    "mai",
        "mainx",      "feature",     "origin/", "origin/t",
        "heads/main", "/main",       "main/",   "refs/remotes/origin/main",
        "HEAD/",      "FETCH_HEAD",
    };
    struct cfg_tips *tips = make_tips(items, CFG_COUNT(items), items[2].commit);
    char commit[41];

    (void)state;
    expect_label(tips, "main", 'c');
    expect_label(tips, "v1", 'b'); /* the branch first */
    expect_label(tips, "t", 'd');
    expect_label(tips, "feature/x", 'e');
    expect_label(tips, "refs/heads/v1", 'b');
    expect_label(tips, "refs/tags/v1", 'a');
    expect_label(tips, "refs/tags/t", 'f'); /* a branch of that odd name */
    expect_label(tips, "HEAD", 'c');
    expect_label(tips, "origin/main", 'c');
    expect_label(tips, "origin/feature/x", 'e');
    for (size_t i = 0; i < CFG_COUNT(unknown); i++)
        if (cfg_tips_find(tips, cfg_str_of(unknown[i]), commit))
            fail_msg("\"%s\" was found", unknown[i]);
    for (size_t i = 1; i < tips->count; i++)
        assert_true(cfg_str_cmp(tips->items[i - 1].name, tips->items[i].name) < 0);
    cfg_tips_unref(tips);
}

static void test_head_and_equality(void **state)
{
    const struct cfg_tip one[] = {tip("refs/heads/HEAD", 'a'), tip("refs/heads/m", 'b')};
    const struct cfg_tip swap[] = {tip("refs/heads/m", 'b'), tip("refs/heads/HEAD", 'a')};
    const struct cfg_tip moved[] = {tip("refs/heads/m", 'c'), tip("refs/heads/HEAD", 'a')};
    struct cfg_tips *a = make_tips(one, 2, one[1].commit), *b = make_tips(swap, 2, one[1].commit);
    struct cfg_tips *c = make_tips(moved, 2, one[1].commit), *d = make_tips(one, 2, "");
    struct cfg_tips *none = make_tips(NULL, 0, "");
    char commit[41];

    (void)state;
    expect_label(a, "HEAD", 'a'); /* a branch of that name comes first */
    assert_true(cfg_tips_equal(a, b));
    assert_false(cfg_tips_equal(a, c));
    assert_false(cfg_tips_equal(a, d));
    assert_false(cfg_tips_equal(a, NULL));
    assert_true(cfg_tips_equal(NULL, NULL));
    assert_false(cfg_tips_find(none, CFG_STR("HEAD"), commit));
    cfg_tips_unref(a);
    cfg_tips_unref(b);
    cfg_tips_unref(c);
    cfg_tips_unref(d);
    cfg_tips_unref(none);
    cfg_tips_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_and_unique),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_head_and_equality),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
