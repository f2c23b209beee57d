/* SPDX-License-Identifier: Apache-2.0 */
/* registry: one repository a uri, and what is forgotten. */
#include "server/snapshot/registry.h"

#include <limits.h>

#include "core/base/clock.h"
#include "tests/unit/server/snapshot/trees.h"

enum { PATIENCE_MS = 20000 };

static atomic_int published;

static void count_publish(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&published, 1);
}

static struct cfg_registry *new_registry(const struct fixture *fixture)
{
    struct cfg_registry *registry = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_registry_new(cfg_str_of(fixture->dir), NULL, count_publish, NULL, &registry, &err) !=
        CFG_OK)
        fail_msg("%s", err.message);
    return registry;
}

static struct cfg_repo *get(struct cfg_registry *registry,
                            const struct fixture *fixture,
                            const char *name,
                            const struct cfg_git_options *options)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_repo *repo = NULL;
    char uri[256];

    snprintf(uri, sizeof uri, "file:%s/%s", fixture->dir, name);
    if (cfg_registry_git(registry, cfg_str_of(uri), options, &repo, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return repo;
}

static bool count_one(struct cfg_repo *repo, void *ctx)
{
    size_t *count = ctx;
    assert_true(repo->key.len > 0);
    ++*count;
    return true;
}

static bool stop_at_once(struct cfg_repo *repo, void *ctx)
{
    (void)count_one(repo, ctx);
    return false;
}

static size_t count_repos(struct cfg_registry *registry)
{
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 0;

    assert_int_equal(cfg_registry_each(registry, count_one, &count, &err), CFG_OK);
    return count;
}

static void a_uri_is_opened_once(void **state)
{
    struct cfg_registry *registry = new_registry(*state);
    struct cfg_repo *first = get(registry, *state, "r", &plain_git);
    struct cfg_repo *again = get(registry, *state, "r", &plain_git);
    struct cfg_repo *other = get(registry, *state, "other", &plain_git);
    size_t count = 0;
    struct cfg_err err = CFG_ERR_INIT;
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, other);
    assert_ptr_equal(first->shelf, cfg_registry_shelf(registry));
    assert_int_equal(count_repos(registry), 2);
    assert_int_equal(cfg_registry_each(registry, stop_at_once, &count, &err), CFG_OK);
    assert_int_equal(count, 1);
    cfg_repo_unref(first);
    cfg_repo_unref(again);
    cfg_repo_unref(other);
    cfg_registry_free(registry);
    cfg_registry_free(NULL);
}

static void a_bad_uri_leaves_nothing(void **state)
{
    struct cfg_registry *registry = new_registry(*state);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_repo *repo = NULL;
    assert_int_equal(cfg_registry_git(registry, CFG_STR(""), &plain_git, &repo, &err), CFG_INVALID);
    assert_null(repo);
    assert_int_equal(count_repos(registry), 0);
    cfg_registry_free(registry);
}

static void how_often_it_is_refreshed(void **state)
{
    static const struct {
        int rate_s;
        int want_ms;
    } cases[] = {{0, 2000}, {7, 7000}, {-1, -1}, {31536000, INT_MAX}};
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_registry *registry = new_registry(*state);
        const struct cfg_git_options options = {.timeout_s = 5, .refresh_rate_s = cases[i].rate_s};
        struct cfg_repo *repo = get(registry, *state, "r", &options);
        if (cases[i].want_ms == INT_MAX) /* as long as an int has room for */
            assert_true(repo->refresh_ms > 1000000000);
        else
            assert_int_equal(repo->refresh_ms, cases[i].want_ms);
        cfg_repo_unref(repo);
        cfg_registry_free(registry);
    }
}

static void need(struct cfg_repo *repo, enum cfg_status want)
{
    struct cfg_err err = CFG_ERR_INIT;

    assert_int_equal(cfg_repo_need(repo, CFG_STR("main"), cfg_clock_ms() + PATIENCE_MS, &err),
                     want);
}

static void a_publication_moves_the_generation(void **state)
{
    struct cfg_registry *registry = new_registry(*state);
    struct cfg_repo *repo = get(registry, *state, "r", &plain_git);
    uint64_t before = cfg_registry_generation(registry);
    int count = atomic_load(&published);
    need(repo, CFG_OK);
    assert_true(cfg_registry_generation(registry) > before);
    assert_true(atomic_load(&published) > count);
    before = cfg_registry_generation(registry);
    need(repo, CFG_OK);
    assert_true(cfg_registry_generation(registry) == before);
    cfg_repo_unref(repo);
    cfg_registry_free(registry);
}

static void only_what_is_unreadable_is_forgotten(void **state)
{
    struct cfg_registry *registry = new_registry(*state);
    struct cfg_repo *good = get(registry, *state, "r", &plain_git);
    struct cfg_repo *bad = get(registry, *state, "nothing", &plain_git);
    need(good, CFG_OK);
    need(bad, CFG_NOT_FOUND);
    uint64_t before = cfg_registry_generation(registry);
    int count = atomic_load(&published);
    cfg_registry_forget(registry, good);
    assert_int_equal(count_repos(registry), 2);
    assert_true(cfg_registry_generation(registry) == before);
    cfg_registry_forget(registry, bad);
    assert_int_equal(count_repos(registry), 1);
    /* whoever took it for what it was has to look again */
    assert_true(cfg_registry_generation(registry) > before);
    assert_int_equal(atomic_load(&published), count + 1);
    cfg_registry_forget(registry, bad); /* twice is once */
    struct cfg_repo *again = get(registry, *state, "nothing", &plain_git);
    assert_ptr_not_equal(again, bad);
    cfg_registry_forget(registry, bad); /* the successor stays */
    assert_int_equal(count_repos(registry), 2);
    cfg_repo_unref(again);
    cfg_repo_unref(good);
    cfg_repo_unref(bad);
    cfg_registry_free(registry);
}

static void folders_stand_beside(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_registry *registry = new_registry(fixture);
    struct cfg_str items[] = {cfg_str_of(fixture->dir)};
    const struct cfg_strs roots = {items, 1};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_repo *first = NULL;
    struct cfg_repo *again = NULL;
    assert_int_equal(cfg_registry_folders(registry, CFG_STR("native:0"), &roots, &first, &err),
                     CFG_OK);
    assert_int_equal(cfg_registry_folders(registry, CFG_STR("native:0"), &roots, &again, &err),
                     CFG_OK);
    assert_ptr_equal(first, again);
    assert_true(first->refresh_ms < 0); /* they tell when they change */
    assert_int_equal(count_repos(registry), 1);
    cfg_repo_unref(first);
    cfg_repo_unref(again);
    cfg_registry_free(registry);
}

enum { THREADS = 4 };

struct opener {
    struct cfg_registry *registry;
    pthread_barrier_t *barrier;
    const char *uri;
    struct cfg_repo *repo;
};

static void *open_it(void *ctx)
{
    struct opener *opener = ctx;
    struct cfg_err err = CFG_ERR_INIT;
    pthread_barrier_wait(opener->barrier);
    if (cfg_registry_git(opener->registry, cfg_str_of(opener->uri), &plain_git, &opener->repo,
                         &err) != CFG_OK)
        opener->repo = NULL;
    return NULL;
}

static void threads_share_what_they_open(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_registry *registry = new_registry(fixture);
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int round = 0; round < 50; round++) {
        pthread_t threads[THREADS];
        struct opener openers[THREADS];
        char uri[256];
        snprintf(uri, sizeof uri, "file:%s/n%d", fixture->dir, round);
        for (int i = 0; i < THREADS; i++) {
            openers[i] = (struct opener){registry, &barrier, uri, NULL};
            assert_int_equal(pthread_create(&threads[i], NULL, open_it, &openers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < THREADS; i++) {
            assert_non_null(openers[i].repo);
            assert_ptr_equal(openers[i].repo, openers[0].repo);
        }
        for (int i = 0; i < THREADS; i++)
            cfg_repo_unref(openers[i].repo);
        assert_int_equal(count_repos(registry), round + 1);
    }
    pthread_barrier_destroy(&barrier);
    cfg_registry_free(registry);
}

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    make_repo(*state, "r");
    make_repo(*state, "other");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uri_is_opened_once),
        cmocka_unit_test(a_bad_uri_leaves_nothing),
        cmocka_unit_test(how_often_it_is_refreshed),
        cmocka_unit_test(a_publication_moves_the_generation),
        cmocka_unit_test(only_what_is_unreadable_is_forgotten),
        cmocka_unit_test(folders_stand_beside),
        cmocka_unit_test(threads_share_what_they_open),
    };
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
