/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot: links, and files that are parsed once and handed on. */
#include "server/snapshot/snapshot.h"

#include "tests/unit/server/snapshot/trees.h"

enum { MOST_LINKS = 4096 }; /* of one tree */

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    run("git init -q -b main '%s/links' && cd '%s/links' && mkdir -p real/deep other && "
        "echo 'x: 1' > real/app.yml && echo 'y: 2' > real/deep/n.yml && "
        "ln -s real/app.yml app.yml && ln -s real dir && ln -s dir/deep/n.yml through.yml && "
        "ln -s ../real/app.yml other/back.yml && ln -s .. other/root && "
        "ln -s ./real//deep/../app.yml untidy.yml && ln -s real/ slash && ln -s . here && "
        "ln -s loop2 loop1 && ln -s loop1 loop2 && ln -s self self && "
        "ln -s nothing.yml dangling.yml && ln -s /etc/passwd absolute && "
        "ln -s ../../etc/passwd above && ln -s other/../../x.yml sneaky.yml && "
        "ln -s real/app.yml c0 && for i in 1 2 3 4 5 6 7 8 9; do ln -s c$((i-1)) c$i; done && "
        "git add . && git commit -q -m one && "
        /* nobody's file system has a link as long as this one */
        "b=$(printf 'real/%%05000d' 0 | sed 's,0,./,g; s,$,app.yml,' | git hash-object -w --stdin) "
        "&& git update-index --add --cacheinfo 120000,$b,long.yml && git commit -q -m two",
        fixture->dir, fixture->dir);
    make_repo(fixture, "r");
    return 0;
}

/* A snapshot of the tip of a branch, and what it borrows. */
struct shot {
    struct cfg_shelf *shelf;
    struct cfg_store *store;
    struct cfg_snapshot *snapshot;
};

static struct cfg_snapshot *
shoot(struct shot *s, const char *label, const struct cfg_snapshot *older)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree *tree = tree_at(s->store, label);
    struct cfg_snapshot *snapshot = NULL;

    if (cfg_snapshot_new(s->shelf, s->store, tree, older, &snapshot, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return snapshot;
}

static void open_shot(struct shot *s, void **state, const char *name)
{
    s->shelf = malloc(sizeof *s->shelf);
    assert_non_null(s->shelf);
    cfg_shelf_init(s->shelf);
    s->store = open_repo(*state, name);
    s->snapshot = shoot(s, "main", NULL);
}

static void close_shot(struct shot *s)
{
    cfg_snapshot_unref(s->snapshot);
    cfg_shelf_release(s->shelf);
    cfg_store_close(s->store);
    free(s->shelf);
}

static void expect_path(const struct shot *s, const char *path, const char *want)
{
    const struct cfg_tree_entry *entry = cfg_snapshot_find(s->snapshot, cfg_str_of(path));

    if (want == NULL && entry)
        fail_msg("%s leads to %s", path, entry->path.ptr);
    if (want && entry == NULL)
        fail_msg("%s leads nowhere", path);
    if (want)
        assert_true(cfg_str_eq(entry->path, cfg_str_of(want)));
}

static void links_lead_to_files(void **state)
{
    static const char *const good[][2] = {
        {"real/app.yml", "real/app.yml"},
        {"app.yml", "real/app.yml"},
        {"dir/app.yml", "real/app.yml"},
        {"dir/deep/n.yml", "real/deep/n.yml"},
        {"through.yml", "real/deep/n.yml"},
        {"other/back.yml", "real/app.yml"},
        {"other/root/app.yml", "real/app.yml"},
        {"other/root/other/root/dir/app.yml", "real/app.yml"},
        {"untidy.yml", "real/app.yml"},
        {"slash/app.yml", "real/app.yml"},
        {"here/here/app.yml", "real/app.yml"},
        {"c7", "real/app.yml"},
    };
    static const char *const bad[] = {"loop1",      "self",         "self/x",    "dangling.yml",
                                      "absolute",   "above",        "dir",       "c8",
                                      "sneaky.yml", "app.yml/more", "nothing",   "",
                                      "long.yml",   "loop1/x.yml",  "real/deep", "/app.yml"};
    struct shot s;
    open_shot(&s, state, "links");
    for (size_t i = 0; i < CFG_COUNT(good); i++)
        expect_path(&s, good[i][0], good[i][1]);
    for (size_t i = 0; i < CFG_COUNT(bad); i++)
        expect_path(&s, bad[i], NULL);
    close_shot(&s);
}

static void links_lead_to_folders(void **state)
{
    static const char *const there[] = {"",          "real/",       "real/deep/", "dir/",
                                        "dir/deep/", "other/root/", "here/",      "slash/deep/"};
    static const char *const missing[] = {"nothing/", "app.yml/",  "loop1/", "self/",
                                          "above/",   "absolute/", "/",      "real"};
    struct shot s;
    open_shot(&s, state, "links");
    for (size_t i = 0; i < CFG_COUNT(there); i++)
        if (!cfg_snapshot_has_dir(s.snapshot, cfg_str_of(there[i])))
            fail_msg("no %s", there[i]);
    for (size_t i = 0; i < CFG_COUNT(missing); i++)
        if (cfg_snapshot_has_dir(s.snapshot, cfg_str_of(missing[i])))
            fail_msg("there is a %s", missing[i]);
    close_shot(&s);
}

static void paths_of_any_length_are_looked_up(void **state)
{
    static char path[20000];
    struct shot s;
    open_shot(&s, state, "links");
    for (size_t len = 4000; len < sizeof path; len += len < 4200 ? 1 : 7777) {
        for (size_t i = 0; i < len; i++)
            path[i] = "here/"[i % 5];
        struct cfg_str all = cfg_str_make(path, len);
        assert_null(cfg_snapshot_find(s.snapshot, all));
        (void)cfg_snapshot_has_dir(s.snapshot, all);
    }
    close_shot(&s);
}

static void links_beyond_the_limit_do_not_exist(void **state)
{
    const struct fixture *fixture = *state;
    struct shot s;
    size_t found = 0;
    run("git init -q -b main '%s/many' && cd '%s/many' && echo 'x: 1' > app.yml && git add . && "
        "b=$(printf app.yml | git hash-object -w --stdin) && "
        "a=$(printf /app.yml | git hash-object -w --stdin) && "
        /* those that lead nowhere count too: each is read */
        "for i in $(seq 10000 14999); do printf '120000 %%s\\t%%s\\n' "
        "$([ $((i %% 2)) = 0 ] && echo $b || echo $a) l$i; done | git update-index --index-info && "
        "git commit -q -m one",
        fixture->dir, fixture->dir);
    open_shot(&s, state, "many");
    for (int i = 10000; i < 15000; i++) {
        char path[16];
        int len = snprintf(path, sizeof path, "l%d", i);
        found += cfg_snapshot_find(s.snapshot, cfg_str_make(path, (size_t)len)) != NULL;
    }
    assert_int_equal(found, MOST_LINKS / 2);
    close_shot(&s);
}

/* A link that cannot be read must not look like a file that is not there. */
static void an_unreadable_link_fails(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_snapshot *snapshot = NULL;
    struct shot s;
    open_shot(&s, state, "links");
    struct cfg_tree *tree = tree_at(s.store, "main");
    run("cd '%s/links' && b=$(git rev-parse main:app.yml | sed 's,^..,&/,') && "
        "mv .git/objects/$b .git/away",
        fixture->dir);
    assert_int_not_equal(cfg_snapshot_new(s.shelf, s.store, tree, NULL, &snapshot, &err), CFG_OK);
    assert_null(snapshot);
    assert_int_not_equal(err.status, CFG_OK);
    run("cd '%s/links' && b=$(git rev-parse main:app.yml | sed 's,^..,&/,') && "
        "mv .git/away .git/objects/$b",
        fixture->dir);
    assert_int_equal(cfg_tree_find(tree, CFG_STR("app.yml"))->kind, CFG_ENTRY_LINK);
    cfg_tree_unref(tree); /* it stayed ours */
    close_shot(&s);
}

static const struct cfg_file *
file_of(struct cfg_snapshot *snapshot, const char *path, bool may_read)
{
    struct cfg_err err = CFG_ERR_INIT;
    const struct cfg_file *file = NULL;
    const struct cfg_tree_entry *entry = cfg_snapshot_find(snapshot, cfg_str_of(path));

    assert_non_null(entry);
    if (cfg_snapshot_file(snapshot, entry, may_read, &file, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return file;
}

static void files_are_read_when_one_may(void **state)
{
    struct shot s;
    open_shot(&s, state, "links");
    assert_null(file_of(s.snapshot, "app.yml", false));
    const struct cfg_file *file = file_of(s.snapshot, "app.yml", true);
    assert_string_equal(text_of(file, "x"), "1");
    assert_ptr_equal(file_of(s.snapshot, "dir/app.yml", false), file); /* one file, many names */
    close_shot(&s);
}

static void a_snapshot_inherits_what_is_the_same(void **state)
{
    const struct fixture *fixture = *state;
    struct shot s;
    open_shot(&s, state, "r");
    const struct cfg_file *kept = file_of(s.snapshot, "sub/foo.yml", true);
    (void)file_of(s.snapshot, "application.yml", true);
    run("cd '%s/r' && echo 'a: 7' > application.yml && echo 'c: 3' > new.yml && git add . && "
        "git commit -q -m two",
        fixture->dir);
    struct cfg_snapshot *newer = shoot(&s, "main", s.snapshot);
    cfg_snapshot_unref(s.snapshot);
    s.snapshot = newer;
    assert_ptr_equal(file_of(newer, "sub/foo.yml", false), kept);
    assert_string_equal(text_of(kept, "b"), "2");
    assert_null(file_of(newer, "application.yml", false));
    close_shot(&s);
}

static void warm_is_what_was_warm(void **state)
{
    const struct fixture *fixture = *state;
    struct shot s;
    open_shot(&s, state, "r");
    (void)file_of(s.snapshot, "application.yml", true);
    run("cd '%s/r' && echo 'a: 8' > application.yml && echo 'b: 8' > sub/foo.yml && "
        "echo 'c: 8' > new.yml && git add . && git commit -q -m three",
        fixture->dir);
    struct cfg_snapshot *newer = shoot(&s, "main", s.snapshot);
    cfg_snapshot_warm(newer, s.snapshot);
    assert_string_equal(text_of(file_of(newer, "application.yml", false), "a"), "8");
    assert_null(file_of(newer, "sub/foo.yml", false));
    assert_null(file_of(newer, "new.yml", false));
    cfg_snapshot_unref(newer);
    close_shot(&s);
}

static void a_broken_file_tells_its_place(void **state)
{
    const struct fixture *fixture = *state;
    struct shot s;
    run("cd '%s/r' && printf 'a: 1\\nb: [\\n' > sub/bad.yml && git add . && git commit -q -m bad",
        fixture->dir);
    open_shot(&s, state, "r");
    const struct cfg_tree_entry *entry = cfg_snapshot_find(s.snapshot, CFG_STR("sub/bad.yml"));
    for (int may_read = 1; may_read >= 0; may_read--) {
        struct cfg_err err = CFG_ERR_INIT;
        const struct cfg_file *file = (const struct cfg_file *)&s;
        assert_int_equal(cfg_snapshot_file(s.snapshot, entry, may_read, &file, &err), CFG_CORRUPT);
        assert_null(file);
        assert_string_equal(err.path, "sub/bad.yml");
        assert_true(err.line >= 2);
    }
    cfg_snapshot_warm(s.snapshot, s.snapshot); /* a broken file stops nothing */
    close_shot(&s);
    run("cd '%s/r' && git rm -q sub/bad.yml && git commit -q -m good", fixture->dir);
}

static void plain_bytes_are_read_within_a_limit(void **state)
{
    struct shot s;
    struct cfg_buf bytes;
    struct cfg_err err = CFG_ERR_INIT;
    open_shot(&s, state, "links");
    const struct cfg_tree_entry *entry = cfg_snapshot_find(s.snapshot, CFG_STR("through.yml"));
    cfg_buf_init(&bytes, 100);
    assert_int_equal(cfg_snapshot_read(s.snapshot, entry, 100, &bytes, &err), CFG_OK);
    assert_true(cfg_str_eq(cfg_buf_view(&bytes), CFG_STR("y: 2\n")));
    assert_int_equal(cfg_snapshot_read(s.snapshot, entry, 4, &bytes, &err), CFG_TOO_LARGE);
    cfg_buf_release(&bytes);
    assert_int_equal(cfg_snapshot_tree(s.snapshot)->dirs[0].len, 0);
    close_shot(&s);
}

enum { THREADS = 4 };

struct racer {
    struct cfg_snapshot *snapshot;
    pthread_barrier_t *barrier;
    const struct cfg_file *file;
};

static void *race(void *ctx)
{
    struct racer *racer = ctx;
    struct cfg_err err = CFG_ERR_INIT;
    const struct cfg_tree_entry *entry =
        cfg_snapshot_find(racer->snapshot, CFG_STR("application.yml"));
    pthread_barrier_wait(racer->barrier);
    (void)!cfg_snapshot_file(racer->snapshot, entry, true, &racer->file, &err);
    return NULL;
}

static void all_get_the_first_that_was_parsed(void **state)
{
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int round = 0; round < 20; round++) {
        struct shot s;
        pthread_t threads[THREADS];
        struct racer racers[THREADS];
        open_shot(&s, state, "r");
        for (int i = 0; i < THREADS; i++) {
            racers[i] = (struct racer){s.snapshot, &barrier, NULL};
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < THREADS; i++) {
            assert_non_null(racers[i].file);
            assert_ptr_equal(racers[i].file, racers[0].file);
        }
        close_shot(&s);
    }
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_lead_to_files),
        cmocka_unit_test(links_lead_to_folders),
        cmocka_unit_test(paths_of_any_length_are_looked_up),
        cmocka_unit_test(links_beyond_the_limit_do_not_exist),
        cmocka_unit_test(an_unreadable_link_fails),
        cmocka_unit_test(files_are_read_when_one_may),
        cmocka_unit_test(a_snapshot_inherits_what_is_the_same),
        cmocka_unit_test(warm_is_what_was_warm),
        cmocka_unit_test(a_broken_file_tells_its_place),
        cmocka_unit_test(plain_bytes_are_read_within_a_limit),
        cmocka_unit_test(all_get_the_first_that_was_parsed),
    };
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
