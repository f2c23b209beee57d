/* SPDX-License-Identifier: Apache-2.0 */
/* folder_store: what lies in folders, links and all, and the descriptor that tells of changes. */
#include <poll.h>
#include <pthread.h>

#include "core/base/clock.h"
#include "server/git/folder_scan.h"
#include "tests/unit/server/git/fixture.h"

static struct cfg_store *open_folders(const struct fixture *fixture, const char *names)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store = NULL;
    struct cfg_str items[4], rest = cfg_str_of(names), name;
    struct cfg_strs roots = {items, 0};
    char paths[4][256];

    while (cfg_str_cut(&rest, ' ', &name)) {
        int len = snprintf(paths[roots.count], sizeof paths[0], "%s/%.*s", fixture->dir,
                           CFG_STR_ARG(name));
        items[roots.count] = cfg_str_make(paths[roots.count], (size_t)len);
        roots.count++;
    }
    if (cfg_store_open_folders(&roots, &store, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return store;
}

static struct cfg_tree *scan(struct cfg_store *store, struct cfg_tree *known)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree *tree = NULL;
    int64_t wall_ms;

    if (cfg_store_tree(store, NULL, known, &tree, &wall_ms, &err) != CFG_OK)
        fail_msg("%s (%s)", err.message, err.path);
    return tree;
}

static const struct cfg_tree_entry *
find(const struct fixture *fixture, const struct cfg_tree *tree, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", fixture->dir, name);
    return cfg_tree_find(tree, cfg_str_of(path));
}

static void expect(const struct fixture *fixture,
                   struct cfg_store *store,
                   struct cfg_tree *tree,
                   const char *name,
                   const char *want)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", fixture->dir, name);
    expect_bytes(store, tree, path, want);
}

static void
expect_dirs(const struct fixture *fixture, const struct cfg_tree *tree, const char *want)
{
    char got[1024] = "";

    for (size_t i = 0; i < tree->dir_count; i++) {
        struct cfg_str dir = tree->dirs[i];
        size_t used = strlen(got);
        if (dir.len)
            dir = cfg_str_sub(dir, strlen(fixture->dir), dir.len);
        snprintf(got + used, sizeof got - used, "%.*s;", CFG_STR_ARG(dir));
    }
    assert_string_equal(got, want);
}

static bool became_readable(struct cfg_store *store, int wait_ms)
{
    struct pollfd item = {.fd = cfg_store_watch_fd(store), .events = POLLIN};

    return poll(&item, 1, wait_ms) == 1;
}

/* Waits for news, empties the descriptor, scans. */
static struct cfg_tree *next(struct cfg_store *store, struct cfg_tree *known)
{
    struct cfg_tree *tree;

    assert_true(became_readable(store, 5000));
    cfg_store_watch_drain(store);
    tree = scan(store, known);
    cfg_tree_unref(known);
    return tree;
}

static void test_files(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree *tree, *again;
    struct cfg_buf bytes;

    run("cd '%s' && mkdir -p f/sub/deep f/empty f/.git f/..hid && echo 1 > f/a.yml && echo 2 > "
        "f/sub/a.yml && echo 1 > f/sub/deep/same && echo x > f/.git/config && echo y > f/..hid/z "
        "&& "
        "mkfifo f/pipe && : > f/nothing && touch -d @1600000000.5 f/a.yml && echo z > f/.env",
        fixture->dir);
    store = open_folders(fixture, "f/");
    assert_int_equal(cfg_store_kind_of(store), CFG_STORE_FOLDERS);
    assert_int_equal(cfg_store_fetch(store, &err), CFG_OK);
    tree = scan(store, NULL);
    assert_int_equal(tree->count, 5);
    expect(fixture, store, tree, "f/a.yml", "1\n");
    expect(fixture, store, tree, "f/sub/a.yml", "2\n");
    expect(fixture, store, tree, "f/nothing", "");
    expect(fixture, store, tree, "f/.env", "z\n");
    expect_dirs(fixture, tree, ";/f/;/f/empty/;/f/sub/;/f/sub/deep/;");
    assert_true(find(fixture, tree, "f/a.yml")->modified_ms == INT64_C(1600000000500));
    assert_memory_equal(find(fixture, tree, "f/a.yml")->id,
                        find(fixture, tree, "f/sub/deep/same")->id, CFG_ID_BYTES);
    again = scan(store, tree);
    assert_ptr_equal(again, tree); /* nothing changed */
    cfg_tree_unref(again);
    cfg_buf_init(&bytes, 100);
    assert_int_equal(cfg_store_read(store, tree, find(fixture, tree, "f/a.yml"), 1, &bytes, &err),
                     CFG_TOO_LARGE);
    cfg_buf_release(&bytes);
    cfg_store_close(store);
    cfg_tree_unref(tree); /* a tree outlives its store */
}

static void test_links(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store;
    struct cfg_tree *tree;

    run("cd '%s' && mkdir -p l/sub out && echo in > l/sub/in.yml && echo out > out/secret && cd l "
        "&& "
        "ln -s sub/in.yml inside && ln -s ../out/secret up && ln -s '%s/out/secret' absolute && ln "
        "-s "
        "../out dir-up && ln -s sub dir-inside && ln -s . self && ln -s .. parent && ln -s / root "
        "&& "
        "ln -s nowhere dangling && ln -s loop2 loop1 && ln -s loop1 loop2 && ln -s "
        "/proc/self/environ "
        "env && ln -s /dev/zero zero && ln -s '%s/l/sub/in.yml' absolute-inside && ln -s "
        "../../l/sub sub/again && ln -s '%s/l-not' other",
        fixture->dir, fixture->dir, fixture->dir, fixture->dir);
    run("mkdir '%s/l-not' && echo no > '%s/l-not/x'", fixture->dir, fixture->dir);
    store = open_folders(fixture, "l");
    tree = scan(store, NULL);
    expect(fixture, store, tree, "l/inside", "in\n");
    expect(fixture, store, tree, "l/absolute-inside", "in\n");
    expect(fixture, store, tree, "l/dir-inside/in.yml", "in\n");
    assert_int_equal(tree->count, 4);
    expect_dirs(fixture, tree, ";/l/;/l/dir-inside/;/l/sub/;");
    cfg_tree_unref(tree);
    cfg_store_close(store);
}

/* A mounted ConfigMap: files are links through ..data, which is switched by one rename. */
static void test_config_map(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store;
    struct cfg_tree *tree;

    run("cd '%s' && mkdir -p m/..2024_1 && cd m && echo 'a: 1' > ..2024_1/application.yml && echo "
        "'b: 1' > ..2024_1/b.yml && ln -s ..2024_1 ..data && ln -s ..data/application.yml "
        "application.yml && ln -s ..data/b.yml b.yml",
        fixture->dir);
    store = open_folders(fixture, "m");
    tree = scan(store, NULL);
    assert_int_equal(tree->count, 2);
    expect(fixture, store, tree, "m/application.yml", "a: 1\n");
    expect_dirs(fixture, tree, ";/m/;");
    assert_false(became_readable(store, 0));
    run("cd '%s/m' && mkdir ..2024_2 && echo 'a: 2' > ..2024_2/application.yml && echo 'b: 1' > "
        "..2024_2/b.yml && ln -s ..2024_2 ..data_tmp && mv -T ..data_tmp ..data && rm -r ..2024_1",
        fixture->dir);
    tree = next(store, tree);
    expect(fixture, store, tree, "m/application.yml", "a: 2\n");
    expect(fixture, store, tree, "m/b.yml", "b: 1\n");
    /* and once more, seen by the watches of the second scan */
    run("cd '%s/m' && mkdir ..2024_3 && cp ..2024_2/* ..2024_3 && echo 'a: 3' > "
        "..2024_3/application.yml && ln -s ..2024_3 ..data_tmp && mv -T ..data_tmp ..data",
        fixture->dir);
    tree = next(store, tree);
    expect(fixture, store, tree, "m/application.yml", "a: 3\n");
    cfg_tree_unref(tree);
    cfg_store_close(store);
}

static void test_changes(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store;
    struct cfg_tree *tree, *before;

    run("mkdir -p '%s/c/sub' && echo 1 > '%s/c/a' && echo 1 > '%s/c/sub/b'", fixture->dir,
        fixture->dir, fixture->dir);
    store = open_folders(fixture, "c");
    tree = scan(store, NULL);
    assert_false(became_readable(store, 50));
    run("echo 2 > '%s/c/sub/b'", fixture->dir); /* the same size, at about the same time */
    tree = next(store, tree);
    expect(fixture, store, tree, "c/sub/b", "2\n");
    run("mkdir -p '%s/c/new/deep' && echo n > '%s/c/new/deep/n'", fixture->dir, fixture->dir);
    tree = next(store, tree);
    expect(fixture, store, tree, "c/new/deep/n", "n\n");
    run("echo m > '%s/c/new/deep/m'", fixture->dir);
    tree = next(store, tree);
    expect(fixture, store, tree, "c/new/deep/m", "m\n");
    run("cd '%s/c' && echo 3 > .a.tmp && mv .a.tmp a && rm -r new", fixture->dir);
    tree = next(store, tree);
    expect(fixture, store, tree, "c/a", "3\n");
    assert_int_equal(tree->count, 2);
    /* only the time changes: another tree of the same id */
    before = cfg_tree_ref(tree);
    run("touch -d @1500000000 '%s/c/a'", fixture->dir);
    tree = next(store, tree);
    assert_ptr_not_equal(tree, before);
    assert_memory_equal(tree->id, before->id, CFG_ID_BYTES);
    cfg_tree_unref(before);
    /* the whole folder goes and comes back */
    run("mv '%s/c' '%s/c-away'", fixture->dir, fixture->dir);
    tree = next(store, tree);
    assert_int_equal(tree->count, 0);
    run("mv '%s/c-away' '%s/c'", fixture->dir, fixture->dir);
    tree = next(store, tree);
    assert_int_equal(tree->count, 2);
    cfg_tree_unref(tree);
    cfg_store_close(store);
}

static void test_missing_roots(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_folders(fixture, "later/on/here gone");
    struct cfg_tree *tree = scan(store, NULL);

    assert_int_equal(tree->count, 0);
    assert_int_equal(tree->dir_count, 1);
    run("mkdir '%s/later'", fixture->dir);
    tree = next(store, tree);
    run("mkdir -p '%s/later/on/here' && echo 1 > '%s/later/on/here/a'", fixture->dir, fixture->dir);
    tree = next(store, tree);
    if (!tree->count)
        tree = next(store, tree);
    expect(fixture, store, tree, "later/on/here/a", "1\n");
    cfg_tree_unref(tree);
    cfg_store_close(store);
}

static void test_overlapping_roots(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store;
    struct cfg_tree *tree;

    run("mkdir -p '%s/o/sub' && echo 1 > '%s/o/sub/a' && echo 2 > '%s/o/b'", fixture->dir,
        fixture->dir, fixture->dir);
    store = open_folders(fixture, "o o/sub o/");
    tree = scan(store, NULL);
    assert_int_equal(tree->count, 2);
    expect(fixture, store, tree, "o/sub/a", "1\n");
    expect_dirs(fixture, tree, ";/o/;/o/sub/;");
    cfg_tree_unref(tree);
    cfg_store_close(store);
}

static void test_unreadable_and_large(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store;
    struct cfg_tree *tree, *again;
    struct cfg_buf bytes;

    run("mkdir -p '%s/u' && truncate -s %d '%s/u/large' && echo 1 > '%s/u/ok' && echo 2 > "
        "'%s/u/no' "
        "&& chmod 0 '%s/u/no'",
        fixture->dir, CFG_FOLDER_FILE_BYTES + 1, fixture->dir, fixture->dir, fixture->dir,
        fixture->dir);
    store = open_folders(fixture, "u");
    tree = scan(store, NULL);
    assert_int_equal(tree->count, 3);
    expect(fixture, store, tree, "u/ok", "1\n");
    cfg_buf_init(&bytes, 1 << 20);
    assert_int_equal(
        cfg_store_read(store, tree, find(fixture, tree, "u/large"), SIZE_MAX, &bytes, &err),
        CFG_TOO_LARGE);
    cfg_err_clear(&err);
    if (getuid() != 0) {
        assert_int_equal(
            cfg_store_read(store, tree, find(fixture, tree, "u/no"), 100, &bytes, &err),
            CFG_UNAVAILABLE);
        assert_non_null(strstr(err.path, "u/no"));
    }
    again = scan(store, tree);
    assert_ptr_equal(again, tree);
    cfg_tree_unref(again);
    cfg_buf_release(&bytes);
    cfg_tree_unref(tree);
    cfg_store_close(store);
}

static void test_limits(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store;
    struct cfg_tree *tree = NULL;
    int64_t wall_ms;

    /* together too many bytes: different ones, of the largest size that is held */
    run("mkdir '%s/t' && cd '%s/t' && for i in 1 2 3 4 5 6 7 8 9; do echo $i > $i && truncate -s "
        "%d $i; done",
        fixture->dir, fixture->dir, CFG_FOLDER_FILE_BYTES);
    store = open_folders(fixture, "t");
    assert_int_equal(cfg_store_tree(store, NULL, NULL, &tree, &wall_ms, &err), CFG_TOO_LARGE);
    assert_null(tree);
    cfg_err_clear(&err);
    run("cd '%s/t' && rm 3 4 5 6 7 8 9", fixture->dir);
    tree = scan(store, NULL);
    assert_int_equal(tree->count, 2);
    cfg_tree_unref(tree);
    /* deeper than any configuration */
    run("cd '%s/t' && rm * && p=. && for i in $(seq 70); do p=$p/d; done && mkdir -p $p",
        fixture->dir);
    assert_int_equal(cfg_store_tree(store, NULL, NULL, &tree, &wall_ms, &err), CFG_TOO_LARGE);
    cfg_store_close(store);
}

static void test_refused_roots(void **state)
{
    static const struct cfg_str roots[] = {{"", 0}, {"relative", 8}, {"/a\0b", 4}};

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(roots); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_str items[] = {CFG_STR("/"), roots[i]};
        struct cfg_strs list = {items, 2};
        struct cfg_store *store = NULL;

        assert_int_equal(cfg_store_open_folders(&list, &store, &err), CFG_INVALID);
        assert_null(store);
    }
}

static void *scan_often(void *ctx)
{
    struct cfg_tree *tree = NULL;

    for (int i = 0; i < 20; i++) {
        struct cfg_tree *again = scan(ctx, tree);
        cfg_tree_unref(tree);
        tree = again;
    }
    cfg_tree_unref(tree);
    return NULL;
}

static void test_threads(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store;
    pthread_t threads[4];

    run("mkdir '%s/th' && for i in $(seq 50); do echo $i > '%s/th/'$i; done", fixture->dir,
        fixture->dir);
    store = open_folders(fixture, "th missing");
    for (size_t i = 0; i < CFG_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, scan_often, store), 0);
    run("for i in $(seq 50); do echo x > '%s/th/'$i; rm '%s/th/'$i; done", fixture->dir,
        fixture->dir);
    for (size_t i = 0; i < CFG_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    cfg_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_config_map),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_missing_roots),
        cmocka_unit_test(test_overlapping_roots),
        cmocka_unit_test(test_unreadable_and_large),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_refused_roots),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
