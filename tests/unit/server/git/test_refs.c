/* SPDX-License-Identifier: Apache-2.0 */
/* refs: loose and packed ones together, damaged ones by name, all tips written at once. */
#include "server/git/refs.h"

#include "server/git/tree.h"
#include "tests/unit/server/git/fixture.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "cccccccccccccccccccccccccccccccccccccccc"

/* Tag objects: c… stands for a…, b… is of no commit. */
static enum cfg_status
fake_peel(const char object[41], char out_commit[41], struct cfg_err *err, void *ctx)
{
    int *calls = ctx;

    (*calls)++;
    if (object[0] == 'b')
        return cfg_err_set(err, CFG_NOT_FOUND, "no commit");
    memcpy(out_commit, object[0] == 'c' ? ID_A : object, 41);
    return CFG_OK;
}

static enum cfg_status
read_refs(const struct fixture *fixture, int *calls, struct cfg_tips **out, struct cfg_err *err)
{
    char dir[128];

    snprintf(dir, sizeof dir, "%s/g/", fixture->dir);
    *calls = 0;
    cfg_err_clear(err);
    return cfg_refs_read(dir, dir, fake_peel, calls, out, err);
}

static void start_over(const struct fixture *fixture)
{
    run("cd '%s' && rm -rf g && mkdir -p g/refs/heads/x/y g/refs/tags g/refs/remotes/origin && cd "
        "g "
        "&& echo 'ref: refs/heads/main' > HEAD && echo " ID_A " > refs/heads/main && echo " ID_B
        " > refs/heads/x/y/z && echo " ID_C " > refs/tags/t && echo " ID_A
        " > refs/remotes/origin/r",
        fixture->dir);
}

static void test_loose_and_packed(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;
    char commit[41];
    int calls;

    start_over(fixture);
    run("cd '%s/g' && printf '# pack-refs with: peeled fully-peeled sorted \\n%%s\\n' '" ID_B
        " refs/heads/main' '" ID_B " refs/heads/packed' '" ID_A " refs/remotes/origin/q' '" ID_C
        " refs/tags/p' '^" ID_B "' '" ID_B " refs/tags/plain' > packed-refs && echo '" ID_B
        "' > refs/tags/none && echo 'ref: refs/heads/packed' > refs/heads/symbolic && "
        "echo 'ref: refs/heads/loop' > refs/heads/loop && echo 'ref: refs/heads/gone' > "
        "refs/heads/dangling && touch refs/heads/main.lock refs/heads/.tmp",
        fixture->dir);
    if (read_refs(fixture, &calls, &tips, &err) != CFG_OK)
        fail_msg("%s", err.message);
    assert_int_equal(calls, 2); /* only loose tags */
    assert_string_equal(tips->head, ID_A);
    assert_int_equal(tips->count, 7);
    assert_true(cfg_tips_find(tips, CFG_STR("main"), commit));
    assert_string_equal(commit, ID_A); /* the loose one */
    assert_true(cfg_tips_find(tips, CFG_STR("x/y/z"), commit));
    assert_string_equal(commit, ID_B);
    assert_true(cfg_tips_find(tips, CFG_STR("t"), commit));
    assert_string_equal(commit, ID_A);
    assert_true(cfg_tips_find(tips, CFG_STR("p"), commit));
    assert_string_equal(commit, ID_B);
    assert_true(cfg_tips_find(tips, CFG_STR("plain"), commit));
    assert_true(cfg_tips_find(tips, CFG_STR("symbolic"), commit));
    assert_string_equal(commit, ID_B);
    assert_false(cfg_tips_find(tips, CFG_STR("none"), commit));
    assert_false(cfg_tips_find(tips, CFG_STR("loop"), commit));
    assert_false(cfg_tips_find(tips, CFG_STR("dangling"), commit));
    cfg_tips_unref(tips);
}

static void test_heads(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;
    int calls;

    start_over(fixture);
    run("echo " ID_C " > '%s/g/HEAD'", fixture->dir);
    assert_int_equal(read_refs(fixture, &calls, &tips, &err), CFG_OK);
    assert_string_equal(tips->head, ID_C);
    cfg_tips_unref(tips);
    run("echo 'ref: refs/heads/unborn' > '%s/g/HEAD'", fixture->dir);
    assert_int_equal(read_refs(fixture, &calls, &tips, &err), CFG_OK);
    assert_string_equal(tips->head, "");
    cfg_tips_unref(tips);
    run("rm '%s/g/HEAD'", fixture->dir);
    assert_int_equal(read_refs(fixture, &calls, &tips, &err), CFG_NOT_FOUND);
    assert_null(tips);
}

static void test_damaged(void **state)
{
    static const struct {
        const char *file, *bytes, *path;
        unsigned line;
    } rows[] = {
        {"refs/heads/main", "", "refs/heads/main", 0},
        {"refs/heads/main", "aaaa", "refs/heads/main", 0},
        {"refs/heads/main", ID_A ID_A, "refs/heads/main", 0},
        {"refs/heads/main", "ref:", "refs/heads/main", 0},
        {"refs/heads/x/y/z", "\\0\\0\\0\\0", "refs/heads/x/y/z", 0},
        {"HEAD", "", "HEAD", 0},
        {"packed-refs", "# x\\n" ID_A " refs/heads/q\\nbroken", "packed-refs", 3},
        {"packed-refs", "^" ID_A "x\\n^1\\n", "packed-refs", 2},
        {"packed-refs", ID_A "-refs/heads/q\\n", "packed-refs", 1},
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_tips *tips = NULL;
        int calls;

        start_over(fixture);
        run("printf '%s' > '%s/g/%s'", rows[i].bytes, fixture->dir, rows[i].file);
        if (read_refs(fixture, &calls, &tips, &err) != CFG_CORRUPT)
            fail_msg("row %zu was taken", i);
        assert_string_equal(err.path, rows[i].path);
        assert_int_equal(err.line, rows[i].line);
        assert_null(tips);
    }
}

static void test_write(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_ref_offer items[] = {{CFG_STR("refs/heads/a"), ID_A, ""},
                                    {CFG_STR("refs/heads/a/b"), ID_B, ""},
                                    {CFG_STR("refs/tags/t"), ID_C, ID_A}};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str head = CFG_STR("refs/heads/a/b");
    struct cfg_tips *tips = NULL;
    char dir[128], commit[41];
    bool changed;
    int calls;

    run("rm -rf '%s/g' && mkdir '%s/g'", fixture->dir, fixture->dir);
    snprintf(dir, sizeof dir, "%s/g/", fixture->dir);
    assert_false(cfg_refs_same(dir, items, 3, head));
    assert_int_equal(cfg_refs_write(dir, items, 3, head, &changed, &err), CFG_OK);
    assert_true(changed);
    assert_true(cfg_refs_same(dir, items, 3, head));
    assert_true(cfg_refs_same(dir, items, 3, CFG_STR_NONE));
    assert_false(cfg_refs_same(dir, items, 2, head));
    assert_false(cfg_refs_same(dir, items, 3, CFG_STR(ID_A)));
    assert_int_equal(cfg_refs_write(dir, items, 3, head, &changed, &err), CFG_OK);
    assert_false(changed);
    assert_int_equal(read_refs(fixture, &calls, &tips, &err), CFG_OK);
    assert_int_equal(calls, 0);
    assert_int_equal(tips->count, 3); /* a and a/b: they collide in folders only */
    assert_string_equal(tips->head, ID_B);
    assert_true(cfg_tips_find(tips, CFG_STR("t"), commit));
    assert_string_equal(commit, ID_A);
    cfg_tips_unref(tips);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loose_and_packed),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_write),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
