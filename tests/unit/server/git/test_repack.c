/* SPDX-License-Identifier: Apache-2.0 */
/* packs, pins and repack: a mirror stays small however often its remote changes, and whole. */
#include "server/git/repack.h"

#include <sys/stat.h>

#include "server/git/packs.h"
#include "server/git/pins.h"
#include "server/git/tree.h"
#include "tests/unit/server/git/fixture.h"

/* ---- packs ---- */

static void add_pack(const struct fixture *fixture, const char *name, unsigned bytes)
{
    run("mkdir -p '%s/m/objects/pack' && cd '%s/m/objects/pack' && head -c %u /dev/zero > "
        "pack-%s.pack && : > pack-%s.idx",
        fixture->dir, fixture->dir, bytes, name, name);
}

/* Packs of these sizes: how many should be merged? */
static size_t to_merge(const struct fixture *fixture, const unsigned *sizes, size_t count)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_packs packs;
    char dir[128], name[16];
    size_t result;

    run("rm -rf '%s/m'", fixture->dir);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%02zu", i);
        add_pack(fixture, name, sizes[i]);
    }
    snprintf(dir, sizeof dir, "%s/m", fixture->dir);
    assert_int_equal(cfg_packs_list(dir, &packs, &err), CFG_OK);
    assert_int_equal(packs.count, count);
    assert_false(cfg_packs_crowded(&packs)); /* few and small */
    result = cfg_packs_to_merge(&packs);
    cfg_packs_release(&packs);
    return result;
}

static void test_to_merge(void **state)
{
    static const unsigned base[] = {90000, 10, 20, 30}, doubling[] = {10, 21, 70, 300},
                          equal[] = {50, 50, 50}, one[] = {50}, late[] = {1000, 400, 200};
    const struct fixture *fixture = *state;

    assert_int_equal(to_merge(fixture, base, 4), 3);
    assert_int_equal(to_merge(fixture, doubling, 4), 0);
    assert_int_equal(to_merge(fixture, equal, 3), 3);
    assert_int_equal(to_merge(fixture, one, 1), 0);
    assert_int_equal(to_merge(fixture, late, 3), 3);
}

static void test_list(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_packs packs;
    char dir[128];

    snprintf(dir, sizeof dir, "%s/none", fixture->dir);
    assert_int_equal(cfg_packs_list(dir, &packs, &err), CFG_OK);
    assert_int_equal(packs.count, 0);
    assert_int_equal(cfg_packs_to_merge(&packs), 0);
    assert_false(cfg_packs_crowded(&packs));
    cfg_packs_release(&packs);

    run("rm -rf '%s/m'", fixture->dir);
    for (int i = 0; i <= CFG_PACKS_MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "%02d", i);
        add_pack(fixture, name, (unsigned)(100 - i));
    }
    run("cd '%s/m/objects/pack' && rm pack-07.idx && touch pack-x.idx other.pack pack_tmp",
        fixture->dir);
    snprintf(dir, sizeof dir, "%s/m", fixture->dir);
    assert_int_equal(cfg_packs_list(dir, &packs, &err), CFG_OK);
    assert_int_equal(packs.count, CFG_PACKS_MANY + 1);
    assert_true(cfg_packs_crowded(&packs));
    for (size_t i = 0; i < packs.count; i++) {
        assert_true(i == 0 || packs.items[i - 1].bytes <= packs.items[i].bytes);
        assert_int_equal(packs.items[i].indexed, strcmp(packs.items[i].name, "pack-07") != 0);
        cfg_packs_delete(dir, &packs.items[i]);
    }
    cfg_packs_release(&packs);
    run("cd '%s/m/objects/pack' && test \"$(echo *)\" = 'other.pack pack-x.idx pack_tmp'",
        fixture->dir);
}

/* ---- pins ---- */

static size_t pinned(struct cfg_pins *pins)
{
    struct cfg_buf list;
    size_t count;

    cfg_buf_init(&list, 1 << 20);
    assert_true(cfg_pins_list(pins, &list));
    count = list.len / 40;
    cfg_buf_release(&list);
    return count;
}

static struct cfg_tree *new_tree(void)
{
    static const unsigned char id[CFG_ID_BYTES] = {1};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree_maker maker;
    struct cfg_tree *tree = NULL;

    cfg_tree_maker_init(&maker);
    assert_int_equal(cfg_tree_maker_dir(&maker, CFG_STR(""), &err), CFG_OK);
    assert_int_equal(cfg_tree_maker_end(&maker, id, &tree, &err), CFG_OK);
    cfg_tree_maker_release(&maker);
    return tree;
}

static void test_pins(void **state)
{
    static const char one[] = "1111111111111111111111111111111111111111";
    static const char two[] = "2222222222222222222222222222222222222222";
    struct cfg_pins *pins = cfg_pins_new();
    struct cfg_tree *a = new_tree(), *b = new_tree(), *c = new_tree();
    struct cfg_err err = CFG_ERR_INIT;

    (void)state;
    assert_non_null(pins);
    assert_int_equal(cfg_pins_add(pins, one, a, &err), CFG_OK);
    assert_int_equal(cfg_pins_add(pins, one, b, &err), CFG_OK);
    assert_int_equal(cfg_pins_add(pins, two, b, &err), CFG_OK); /* pinned already */
    assert_int_equal(pinned(pins), 1);
    assert_int_equal(cfg_pins_add(pins, two, c, &err), CFG_OK);
    assert_int_equal(pinned(pins), 2);
    cfg_tree_unref(c);
    assert_int_equal(pinned(pins), 2); /* for a while */
    cfg_pins_unref(pins);              /* the trees may outlive the mirror */
    cfg_tree_unref(a);
    cfg_tree_unref(b);
}

/* ---- mirrors ---- */

static struct cfg_fetchers *start_fetchers(void)
{
    struct cfg_fetchers *fetchers = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_fetchers_start("/proc/self/exe", 1, &fetchers, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return fetchers;
}

static struct cfg_store *open_mirror(const struct fixture *fixture,
                                     const char *name,
                                     const struct cfg_git_options *options,
                                     struct cfg_fetchers *fetchers)
{
    char uri[128], state[128];

    snprintf(uri, sizeof uri, "%s/%s", fixture->dir, name);
    snprintf(state, sizeof state, "%s/state-%s", fixture->dir, name);
    return open_at(cfg_str_of(uri), options, state, fetchers);
}

static void fetch(struct cfg_store *store)
{
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_store_fetch(store, &err) != CFG_OK)
        fail_msg("%s: %s", cfg_status_text(err.status), err.message);
}

static long count_packs(const struct fixture *fixture, const char *name)
{
    char text[256];

    ask(text, "ls '%s/state-%s/repos/'*.git/objects/pack/*.pack | wc -l", fixture->dir, name);
    return strtol(text, NULL, 10);
}

static bool mirror_has(const struct fixture *fixture, const char *name, const char *commit)
{
    char text[256];

    ask(text, "cd '%s/state-%s/repos/'*.git && git cat-file -e %s 2>/dev/null; echo $?",
        fixture->dir, name, commit);
    return text[0] == '0';
}

static void commit_value(const struct fixture *fixture, const char *name, int value, bool amend)
{
    run("cd '%s/%s' && echo 'a: %d' > application.yml && git commit -q -a %s -m c%d", fixture->dir,
        name, value, amend ? "--amend" : "", value);
}

static void tip_of(const struct fixture *fixture, const char *name, char out[256])
{
    ask(out, "git -C '%s/%s' rev-parse HEAD", fixture->dir, name);
}

/* Every push is fetched; a tag of a tag must come through it, too. */
static void test_many_pushes(void **state)
{
    static const struct cfg_git_options plain = {.timeout_s = 60};
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers();
    struct cfg_store *store;
    char value[16];

    make_repo(fixture, "many");
    run("cd '%s/many' && git tag -a -m m t1 && git -c advice.nestedTag=false tag -a -m m t2 t1",
        fixture->dir);
    store = open_mirror(fixture, "many", &plain, fetchers);
    for (int i = 0; i < 120; i++) {
        commit_value(fixture, "many", i, false);
        fetch(store);
        assert_true(count_packs(fixture, "many") <= CFG_PACKS_MANY + 1);
        snprintf(value, sizeof value, "a: %d\n", i);
        expect_at(store, "main", "application.yml", value);
    }
    expect_at(store, "t2", "application.yml", "a: 1\n");
    run("cd '%s/state-many/repos/'*.git && git fsck --full --strict >/dev/null 2>&1 && "
        "test $(git rev-list --count main) = 121",
        fixture->dir);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

/* What nothing reaches goes, but not under the feet of somebody who reads it. */
static void test_unreachable(void **state)
{
    static const struct cfg_git_options plain = {.timeout_s = 60};
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers();
    struct cfg_store *store;
    struct cfg_tree *held;
    char held_id[256], gone_id[256];

    make_repo(fixture, "forced");
    store = open_mirror(fixture, "forced", &plain, fetchers);
    commit_value(fixture, "forced", 1000, false);
    fetch(store);
    tip_of(fixture, "forced", held_id);
    held = tree_of(store, held_id);
    commit_value(fixture, "forced", 1001, true);
    fetch(store);
    tip_of(fixture, "forced", gone_id);
    for (int i = 0; i <= CFG_PACKS_MANY + 1; i++) {
        commit_value(fixture, "forced", 2000 + i, true);
        fetch(store);
    }
    assert_true(count_packs(fixture, "forced") < CFG_PACKS_MANY);
    assert_false(mirror_has(fixture, "forced", gone_id));
    expect_bytes(store, held, "application.yml", "a: 1000\n");
    cfg_tree_unref(held);
    held = tree_of(store, held_id); /* also by its commit */
    cfg_tree_unref(held);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

static void test_quota(void **state)
{
    static const struct cfg_git_options tight = {.timeout_s = 60, .mirror_max_bytes = 200000};
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers();
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store;

    make_repo(fixture, "quota");
    store = open_mirror(fixture, "quota", &tight, fetchers);
    fetch(store);
    run("cd '%s/quota' && head -c 400000 /dev/urandom > big && git add big && git commit -q -m big",
        fixture->dir);
    for (int i = 0; i < 3; i++) {
        cfg_err_clear(&err);
        assert_int_equal(cfg_store_fetch(store, &err), CFG_TOO_LARGE);
        assert_non_null(strstr(err.message, "git.mirror-max-bytes"));
        expect_at(store, "main", "application.yml", "a: 1\n");
    }
    run("test $(du -sk '%s/state-quota' | cut -f1) -lt 300", fixture->dir);
    /* what grows and is taken back each time makes room for the next */
    run("cd '%s/quota' && git reset -q --hard HEAD^", fixture->dir);
    fetch(store);
    run("cd '%s/quota' && head -c 120000 /dev/urandom > big && git add big && git commit -q -m big",
        fixture->dir);
    fetch(store);
    run("cd '%s/quota' && head -c 120000 /dev/urandom > big && git commit -q -a --amend -m big",
        fixture->dir);
    cfg_err_clear(&err);
    assert_int_equal(cfg_store_fetch(store, &err), CFG_TOO_LARGE);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

/* A damaged object shows when packs are merged: the mirror is made anew. */
static void test_damaged(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_fetch_job job = {.repack = CFG_REPACK_ALL};
    char path[128];

    make_repo(fixture, "bad");
    run("cd '%s' && git clone -q --mirror --no-hardlinks bad bad.git && cd bad.git && git "
        "repack -q -a -d && p=$(ls objects/pack/*.pack) && chmod u+w $p && printf XXXXXXXXXXXX | "
        "dd "
        "of=$p bs=1 seek=30 conv=notrunc 2>/dev/null",
        fixture->dir);
    snprintf(path, sizeof path, "%s/bad.git", fixture->dir);
    job.path = cfg_str_of(path);
    assert_int_equal(cfg_repack_run(&job, always, NULL, &err), CFG_CORRUPT);
    run("test $(ls '%s/bad.git/objects/pack/'*.pack | wc -l) = 1", fixture->dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_merge),    cmocka_unit_test(test_list),
        cmocka_unit_test(test_pins),        cmocka_unit_test(test_many_pushes),
        cmocka_unit_test(test_unreachable), cmocka_unit_test(test_quota),
        cmocka_unit_test(test_damaged),
    };

    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
