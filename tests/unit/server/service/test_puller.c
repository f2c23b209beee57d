/* SPDX-License-Identifier: Apache-2.0 */
/* puller: refreshes in time, patience with what fails, and folders that tell when they change. */
#include "server/service/puller.h"

#include <fcntl.h>

#include "core/base/file.h"
#include "core/base/rand.h"
#include "tests/unit/server/service/serving.h"

enum { PATIENCE_MS = 30000, OFTEN_MS = 20, NEVER = -1 };

/* A repository under a puller, and what the log says meanwhile. */
struct pulled {
    const struct fixture *fixture;
    struct cfg_shelf shelf;
    struct cfg_repo *repo;
    struct cfg_puller *puller;
    char log[128];
    int saved_stderr;
};

static const struct cfg_git_options plain = {.timeout_s = 20};

static void pull(struct pulled *p, void **state, struct cfg_store *store, int refresh_ms)
{
    struct cfg_err err = CFG_ERR_INIT;

    p->fixture = *state;
    cfg_shelf_init(&p->shelf);
    if (cfg_repo_new(CFG_STR("key"), store, &p->shelf, refresh_ms, serving_ignore, NULL, &p->repo,
                     &err) != CFG_OK ||
        cfg_puller_start(2, &p->puller, &err) != CFG_OK)
        fail_msg("%s", err.message);
    snprintf(p->log, sizeof p->log, "%s/log", p->fixture->dir);
    int fd = open(p->log, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    p->saved_stderr = dup(STDERR_FILENO);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
}

static void add(struct pulled *p)
{
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_puller_add(p->puller, p->repo, &err), CFG_OK);
}

static void stop_pulling(struct pulled *p)
{
    cfg_puller_stop(p->puller);
    assert_int_equal(atomic_load(&p->repo->ref.count), 1);
    cfg_repo_unref(p->repo);
    cfg_shelf_release(&p->shelf);
    assert_int_equal(dup2(p->saved_stderr, STDERR_FILENO), STDERR_FILENO);
    close(p->saved_stderr);
}

static size_t count_lines(const struct pulled *p, const char *event)
{
    struct cfg_buf text;
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 0;
    cfg_buf_init(&text, 1 << 20);
    assert_int_equal(cfg_file_read(p->log, &text, &err), CFG_OK);
    struct cfg_str rest = cfg_buf_view(&text);
    struct cfg_str line;
    while (rest.len && cfg_str_cut(&rest, '\n', &line))
        count += cfg_str_find(line, cfg_str_of(event)) < line.len;
    cfg_buf_release(&text);
    return count;
}

static void wait_for_line(const struct pulled *p, const char *event)
{
    int64_t deadline_ms = cfg_clock_ms() + PATIENCE_MS;
    while (count_lines(p, event) == 0) {
        assert_true(cfg_clock_ms() < deadline_ms);
        pause_a_little();
    }
}

static struct cfg_store *open_named(void **state, const char *name)
{
    const struct fixture *fixture = *state;
    char uri[256];
    snprintf(uri, sizeof uri, "file:%s/%s", fixture->dir, name);
    return open_at(cfg_str_of(uri), &plain, fixture->dir, NULL);
}

static void need(struct pulled *p, const char *label)
{
    struct cfg_err err = CFG_ERR_INIT;
    if (cfg_repo_need(p->repo, cfg_str_of(label), cfg_clock_ms() + PATIENCE_MS, &err) != CFG_OK)
        fail_msg("%s", err.message);
}

static bool is_at(struct pulled *p, const char *commit)
{
    const struct cfg_commit *at = NULL;
    struct cfg_view *view = cfg_slot_acquire(&p->repo->view);
    bool there = view && cfg_view_label(view, CFG_STR("main"), &at) == CFG_LABEL_HERE &&
                 strcmp(at->id, commit) == 0;
    cfg_view_unref(view);
    return there;
}

static void wait_for_commit(struct pulled *p, const char *name)
{
    char commit[256];
    int64_t deadline_ms = cfg_clock_ms() + PATIENCE_MS;
    ask(commit, "cd '%s/%s' && git rev-parse main", p->fixture->dir, name);
    while (!is_at(p, commit)) {
        assert_true(cfg_clock_ms() < deadline_ms);
        pause_a_little();
    }
}

static void commits_are_noticed_in_time(void **state)
{
    struct pulled p;
    make_repo(*state, "often");
    pull(&p, state, open_named(state, "often"), OFTEN_MS);
    need(&p, "main");
    add(&p);
    add(&p); /* twice is once */
    assert_int_equal(atomic_load(&p.repo->ref.count), 2);
    for (int i = 0; i < 3; i++) {
        run("cd '%s/often' && git commit -q --allow-empty -m %d", p.fixture->dir, i);
        wait_for_commit(&p, "often");
    }
    assert_int_equal(count_lines(&p, "repository_failed"), 0);
    stop_pulling(&p);
}

static void failures_are_told_once_and_tried_less_and_less(void **state)
{
    struct pulled p;
    pull(&p, state, open_named(state, "later"), OFTEN_MS);
    int64_t began = cfg_clock_ms();
    add(&p); /* nothing is there yet: it is due at once */
    wait_for_line(&p, "repository_failed");
    assert_true(cfg_clock_ms() - began < 900);
    while (cfg_clock_ms() - began < 1400) /* the second try has failed by now */
        pause_a_little();
    make_repo(*state, "later");
    wait_for_line(&p, "repository_recovered");
    /* tries after one second and two more, each a tenth earlier or later */
    assert_true(cfg_clock_ms() - began >= 2600);
    assert_int_equal(count_lines(&p, "repository_failed"), 1);
    assert_int_equal(count_lines(&p, "repository_recovered"), 1);
    need(&p, "main");
    run("cd '%s/later' && git commit -q --allow-empty -m next", p.fixture->dir);
    wait_for_commit(&p, "later"); /* as often as before */
    stop_pulling(&p);
}

/* A repository that is never looked at by itself, but for one that could not be read: nobody would. */
static void what_failed_is_tried_again_at_any_rate(void **state)
{
    struct pulled p;
    struct cfg_err err = CFG_ERR_INIT;
    pull(&p, state, open_named(state, "hooked"), NEVER);
    assert_int_equal(cfg_repo_need(p.repo, CFG_STR("main"), cfg_clock_ms() + PATIENCE_MS, &err),
                     CFG_NOT_FOUND);
    add(&p);
    wait_for_line(&p, "repository_failed");
    make_repo(*state, "hooked");
    wait_for_line(&p, "repository_recovered");
    need(&p, "main");
    stop_pulling(&p);
}

/* What lies on disk is served, and brought up to date without waiting for the next round. */
static void an_old_mirror_is_fetched_at_once(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct pulled p;
    char uri[256];
    make_repo(fixture, "remote");
    snprintf(uri, sizeof uri, "%s/remote", fixture->dir);
    assert_int_equal(cfg_fetchers_start("/proc/self/exe", 1, &fetchers, &err), CFG_OK);
    for (int i = 0; i < 2; i++) {
        pull(&p, state, open_at(cfg_str_of(uri), &plain, fixture->dir, fetchers), NEVER);
        need(&p, "main");
        add(&p);
        wait_for_commit(&p, "remote");
        stop_pulling(&p);
        run("cd '%s/remote' && git commit -q --allow-empty -m next", fixture->dir);
    }
    cfg_fetchers_stop(fetchers);
}

static struct cfg_store *open_folder(void **state, char root[256])
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store = NULL;
    snprintf(root, 256, "%s/folder", fixture->dir);
    struct cfg_str items[] = {cfg_str_of(root)};
    const struct cfg_strs roots = {items, 1};
    assert_int_equal(cfg_store_open_folders(&roots, &store, &err), CFG_OK);
    return store;
}

static void write_file(const char *root, const char *name, int number)
{
    char path[300];
    char text[32];
    struct cfg_err err = CFG_ERR_INIT;
    snprintf(path, sizeof path, "%s/%s", root, name);
    snprintf(text, sizeof text, "a: %d\n", number);
    assert_int_equal(cfg_file_write(path, cfg_str_of(text), 0600, &err), CFG_OK);
}

static int read_file(struct pulled *p, const char *root, const char *name)
{
    char path[300];
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf bytes;
    struct cfg_view *view = cfg_slot_acquire(&p->repo->view);
    assert_non_null(view);
    snprintf(path, sizeof path, "%s/%s", root, name);
    const struct cfg_tree_entry *entry =
        cfg_snapshot_find(view->commits[0].snapshot, cfg_str_of(path));
    cfg_buf_init(&bytes, 100);
    int number = -1;
    if (entry && cfg_snapshot_read(view->commits[0].snapshot, entry, 100, &bytes, &err) == CFG_OK)
        number = (int)strtol(bytes.ptr + 3, NULL, 10);
    cfg_buf_release(&bytes);
    cfg_view_unref(view);
    return number;
}

static void wait_for_number(struct pulled *p, const char *root, const char *name, int number)
{
    int64_t deadline_ms = cfg_clock_ms() + PATIENCE_MS;
    while (read_file(p, root, name) != number) {
        if (cfg_clock_ms() > deadline_ms)
            fail_msg("%s stays at %d instead of %d", name, read_file(p, root, name), number);
        pause_a_little();
    }
}

static void folders_tell_when_they_change(void **state)
{
    struct pulled p;
    char root[256];
    run("mkdir '%s/folder'", ((struct fixture *)*state)->dir);
    pull(&p, state, open_folder(state, root), NEVER);
    need(&p, "");
    add(&p);
    for (int i = 0; i < 5; i++) {
        write_file(root, "a.yml", i);
        wait_for_number(&p, root, "a.yml", i);
    }
    stop_pulling(&p);
}

/* A change in the middle of a scan comes too late for it, and must lead to another one. */
static void no_change_is_lost_while_scanning(void **state)
{
    enum { FILES = 1000, ROUNDS = 25 };
    struct pulled p;
    struct cfg_rand rand;
    char root[256];
    uint64_t seed = cfg_rand_fresh();
    print_message("seed %llu\n", (unsigned long long)seed);
    cfg_rand_seed(&rand, seed);
    /* many files before and after the one that changes make the scan long */
    run("cd '%s/folder' && for i in $(seq %d); do echo 'x: 1' > f$i.yml; done",
        ((struct fixture *)*state)->dir, FILES);
    pull(&p, state, open_folder(state, root), NEVER);
    need(&p, "");
    add(&p);
    for (int i = 0; i < ROUNDS; i++) {
        write_file(root, "a.yml", 2 * i);
        int64_t until_ms = cfg_clock_ms() + (int64_t)cfg_rand_below(&rand, 120);
        while (cfg_clock_ms() < until_ms)
            continue;
        write_file(root, "a.yml", 2 * i + 1);
        wait_for_number(&p, root, "a.yml", 2 * i + 1);
    }
    stop_pulling(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_are_noticed_in_time),
        cmocka_unit_test(failures_are_told_once_and_tried_less_and_less),
        cmocka_unit_test(what_failed_is_tried_again_at_any_rate),
        cmocka_unit_test(an_old_mirror_is_fetched_at_once),
        cmocka_unit_test(folders_tell_when_they_change),
        cmocka_unit_test(no_change_is_lost_while_scanning),
    };

    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
