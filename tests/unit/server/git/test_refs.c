/* SPDX-License-Identifier: Apache-2.0 */
/* refs: loose and packed ones together, damaged ones skipped one by one, all tips written at once. */
#include "server/git/refs.h"

#include <sys/resource.h>
#include <unistd.h>

#include "server/git/tree.h"
#include "tests/unit/server/git/fixture.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "cccccccccccccccccccccccccccccccccccccccc"

/* Tag objects: c… stands for a…, b… is of no commit, d… is missing. */
static enum cfg_status
fake_peel(const char object[41], char out_commit[41], struct cfg_err *err, void *ctx)
{
    int *calls = ctx;

    (*calls)++;
    if (object[0] == 'b')
        return cfg_err_set(err, CFG_NOT_FOUND, "no commit");
    if (object[0] == 'd')
        return cfg_err_set(err, CFG_CORRUPT, "no object");
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

/* A tip that is there, and whether it is marked as one that cannot be read. */
static void
expect_tip(const struct cfg_tips *tips, const char *name, const char *want, bool skipped)
{
    for (size_t i = 0; i < tips->count; i++)
        if (cfg_str_eq(tips->items[i].name, cfg_str_of(name))) {
            assert_string_equal(tips->items[i].commit, want);
            assert_int_equal(tips->items[i].skipped, skipped);
            return;
        }
    fail_msg("%s is not there", name);
}

static struct cfg_tips *must_read(const struct fixture *fixture)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;
    int calls;

    if (read_refs(fixture, &calls, &tips, &err) != CFG_OK)
        fail_msg("%s: %s", err.path, err.message);
    return tips;
}

/* One damaged file concerns its own ref, and no other. */
static void test_skipped(void **state)
{
    static const struct {
        const char *name, *make; /* of $f, its file */
    } rows[] = {
        {"refs/heads/bad", "printf x > $f"},
        {"refs/heads/bad", ": > $f"},
        {"refs/heads/bad", "printf aaaa > $f"},
        {"refs/heads/bad", "printf " ID_A ID_A " > $f"},
        {"refs/heads/bad", "printf ref: > $f"},
        {"refs/heads/x/bad", "printf '\\0\\0\\0\\0' > $f"},
        {"refs/tags/bad", "printf x > $f"},
        {"refs/tags/bad", "head -c 5000 /dev/zero > $f"},
        {"refs/tags/bad", "echo dddddddddddddddddddddddddddddddddddddddd > $f"}, /* no object */
        {"refs/heads/bad", "ln -s bad $f"},
        {"refs/heads/bad", "mkfifo $f"},
        {"refs/heads/bad", "printf 'ref: refs/heads/worse' > $f; : > refs/heads/worse"},
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_tips *tips;
        char commit[41];

        start_over(fixture);
        run("cd '%s/g' && f=%s && %s", fixture->dir, rows[i].name, rows[i].make);
        tips = must_read(fixture);
        assert_int_equal(tips->skipped, strstr(rows[i].make, "worse") ? 2 : 1);
        expect_tip(tips, rows[i].name, "", true);
        expect_tip(tips, "refs/heads/main", ID_A, false);
        expect_tip(tips, "refs/heads/x/y/z", ID_B, false);
        expect_tip(tips, "refs/tags/t", ID_A, false);
        assert_string_equal(tips->head, ID_A);
        assert_false(cfg_tips_find(tips, CFG_STR("bad"), commit));
        cfg_tips_unref(tips);
    }
}

/* What packed-refs still says of a damaged ref is better than nothing; what was known before is best. */
static void test_kept(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *before, *tips, *kept = NULL;

    start_over(fixture);
    before = must_read(fixture);
    run("cd '%s/g' && : > refs/heads/main && : > refs/heads/x/y/z && : > refs/heads/new && printf "
        "'%%s\n' '" ID_C " refs/heads/x/y/z' > packed-refs",
        fixture->dir);
    tips = must_read(fixture);
    assert_int_equal(tips->skipped, 3);
    expect_tip(tips, "refs/heads/main", "", true);
    expect_tip(tips, "refs/heads/new", "", true);
    expect_tip(tips, "refs/heads/x/y/z", ID_C, true);
    assert_string_equal(tips->head, "");
    assert_int_equal(cfg_tips_keep(tips, before, "", &kept, &err), CFG_OK);
    assert_int_equal(kept->skipped, 3);
    expect_tip(kept, "refs/heads/main", ID_A, true);
    expect_tip(kept, "refs/heads/new", "", true);
    expect_tip(kept, "refs/heads/x/y/z", ID_B, true);
    assert_string_equal(kept->head, ID_A);
    assert_false(cfg_tips_equal(before, kept));
    cfg_tips_unref(kept);
    cfg_tips_unref(tips);
    cfg_tips_unref(before);
}

/* A process out of descriptors is not a repository full of damaged refs. */
static void test_out_of_descriptors(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;
    struct rlimit before, none;
    enum cfg_status status;
    int calls, next = dup(0);

    assert_true(next >= 0);
    close(next);
    start_over(fixture);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)next + 1; /* for the folder, not for the file in it */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status = read_refs(fixture, &calls, &tips, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, CFG_UNAVAILABLE);
    assert_null(tips);
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
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_write),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
