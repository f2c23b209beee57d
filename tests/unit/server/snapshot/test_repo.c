/* SPDX-License-Identifier: Apache-2.0 */
/* repo: labels, and when a new view is published. */
#include "server/snapshot/repo.h"

#include "core/base/clock.h"
#include "tests/unit/server/snapshot/trees.h"

enum { PATIENCE_MS = 20000 };

/* A repository and how often it published. */
struct opened {
    struct cfg_shelf *shelf;
    struct cfg_repo *repo;
    int published;
};

static void count_publish(void *ctx)
{
    struct opened *o = ctx;
    o->published++;
}

static void open_store(struct opened *o, struct cfg_store *store)
{
    struct cfg_err err = CFG_ERR_INIT;

    o->published = 0;
    o->shelf = malloc(sizeof *o->shelf);
    assert_non_null(o->shelf);
    cfg_shelf_init(o->shelf);
    if (cfg_repo_new(CFG_STR("key"), store, o->shelf, 1000, count_publish, o, &o->repo, &err) !=
        CFG_OK)
        fail_msg("%s", err.message);
}

/* A fresh repository of its own with branch, tags and a second commit; `name` is its folder. */
static void open_new(struct opened *o, void **state, const char *name)
{
    const struct fixture *fixture = *state;

    make_repo(fixture, name);
    run("cd '%s/%s' && git tag v1 && git tag -a -m annotated v1a && echo 'a: 2' > application.yml "
        "&& git commit -q -a -m two && git branch dev && git branch feature/x",
        fixture->dir, name);
    open_store(o, open_repo(fixture, name));
}

static void close_opened(struct opened *o)
{
    cfg_repo_unref(o->repo);
    cfg_shelf_release(o->shelf);
    free(o->shelf);
}

static enum cfg_status need(struct opened *o, const char *label, struct cfg_err *err)
{
    cfg_err_clear(err);
    return cfg_repo_need(o->repo, cfg_str_of(label), cfg_clock_ms() + PATIENCE_MS, err);
}

static void must_have(struct opened *o, const char *label)
{
    struct cfg_err err = CFG_ERR_INIT;

    if (need(o, label, &err) != CFG_OK)
        fail_msg("%s: %s", label, err.message);
}

/* Refreshes without a fault; true when something changed. */
static bool refresh(struct opened *o)
{
    struct cfg_err err = CFG_ERR_INIT;
    bool changed = false;

    if (cfg_repo_refresh(o->repo, &changed, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return changed;
}

static enum cfg_label_state look(struct opened *o, const char *label, char out_commit[41])
{
    const struct cfg_commit *commit = NULL;
    struct cfg_view *view = cfg_slot_acquire(&o->repo->view);

    assert_non_null(view);
    enum cfg_label_state label_state = cfg_view_label(view, cfg_str_of(label), &commit);
    assert_true((commit != NULL) == (label_state == CFG_LABEL_HERE));
    snprintf(out_commit, 41, "%s", commit ? commit->id : "");
    cfg_view_unref(view);
    return label_state;
}

static void expect_label(struct opened *o, const char *label, const char *commit)
{
    char got[41];

    if (look(o, label, got) != CFG_LABEL_HERE)
        fail_msg("%s is not here", label);
    assert_string_equal(got, commit);
}

static void expect_state(struct opened *o, const char *label, enum cfg_label_state want)
{
    char ignored[41];

    assert_int_equal(look(o, label, ignored), want);
}

static void rev_parse(void **state, const char *name, const char *rev, char out[256])
{
    const struct fixture *fixture = *state;

    ask(out, "cd '%s/%s' && git rev-parse '%s^{commit}'", fixture->dir, name, rev);
}

static void labels_of_all_kinds(void **state)
{
    static const char *const names[][2] = {
        {"main", "main"},       {"v1", "v1"},
        {"v1a", "v1a"},         {"HEAD", "HEAD"},
        {"dev", "dev"},         {"refs/heads/dev", "dev"},
        {"refs/tags/v1", "v1"}, {"feature/x", "feature/x"},
    };
    struct opened o;
    char commit[256];
    char shortened[8];
    open_new(&o, state, "labels");
    for (size_t i = 0; i < CFG_COUNT(names); i++) {
        rev_parse(state, "labels", names[i][1], commit);
        must_have(&o, names[i][0]);
        expect_label(&o, names[i][0], commit);
    }
    rev_parse(state, "labels", "v1", commit);
    must_have(&o, commit);
    expect_label(&o, commit, commit);
    snprintf(shortened, sizeof shortened, "%.7s", commit);
    expect_state(&o, shortened, CFG_LABEL_ASK); /* only git knows whether it is one */
    must_have(&o, shortened);
    expect_label(&o, shortened, commit);
    close_opened(&o);
}

static void labels_that_are_none(void **state)
{
    static const char *const unknown[] = {
        "nothing", "v2", "refs/heads/nothing", "HEAD~1", "abcdef", "v1^", "../x", "mai"};
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_new(&o, state, "none");
    must_have(&o, "main");
    int before = o.published;
    for (size_t i = 0; i < CFG_COUNT(unknown); i++) {
        expect_state(&o, unknown[i], CFG_LABEL_UNKNOWN);
        assert_int_equal(need(&o, unknown[i], &err), CFG_NOT_FOUND);
        assert_non_null(strstr(err.message, "No such label: "));
        assert_non_null(strstr(err.message, unknown[i]));
    }
    expect_state(&o, "deadbeef", CFG_LABEL_ASK);
    assert_int_equal(need(&o, "deadbeef", &err), CFG_NOT_FOUND);
    assert_int_equal(o.published, before);
    close_opened(&o);
}

static void a_refresh_publishes_only_what_is_new(void **state)
{
    const struct fixture *fixture = *state;
    struct opened o;
    char commit[256];
    open_new(&o, state, "news");
    must_have(&o, "main");
    int before = o.published;
    assert_false(refresh(&o));
    must_have(&o, "main");
    assert_int_equal(o.published, before);
    run("cd '%s/news' && echo 'a: 3' > application.yml && git commit -q -a -m three", fixture->dir);
    assert_true(refresh(&o));
    assert_int_equal(o.published, before + 1);
    rev_parse(state, "news", "main", commit);
    expect_label(&o, "main", commit); /* in use: it is there without being asked for */
    assert_false(refresh(&o));
    assert_int_equal(o.published, before + 1);
    close_opened(&o);
}

static void a_view_outlives_its_successor(void **state)
{
    const struct fixture *fixture = *state;
    const struct cfg_commit *commit = NULL;
    const struct cfg_file *file = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_new(&o, state, "old");
    must_have(&o, "main");
    struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
    run("cd '%s/old' && echo 'a: 9' > application.yml && git commit -q -a -m next", fixture->dir);
    assert_true(refresh(&o));
    assert_int_equal(cfg_view_label(view, CFG_STR("main"), &commit), CFG_LABEL_HERE);
    assert_int_equal(
        cfg_snapshot_file(commit->snapshot,
                          cfg_snapshot_find(commit->snapshot, CFG_STR("application.yml")), true,
                          &file, &err),
        CFG_OK);
    assert_string_equal(text_of(file, "a"), "2");
    cfg_view_unref(view);
    close_opened(&o);
}

static void files_in_use_are_warm_after_a_refresh(void **state)
{
    const struct fixture *fixture = *state;
    const struct cfg_commit *commit = NULL;
    const struct cfg_file *file = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_new(&o, state, "warm");
    for (int round = 0; round < 2; round++) {
        must_have(&o, "main");
        struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
        assert_int_equal(cfg_view_label(view, CFG_STR("main"), &commit), CFG_LABEL_HERE);
        assert_int_equal(
            cfg_snapshot_file(commit->snapshot,
                              cfg_snapshot_find(commit->snapshot, CFG_STR("application.yml")),
                              round == 0, &file, &err),
            CFG_OK);
        assert_string_equal(text_of(file, "a"), round == 0 ? "2" : "5");
        cfg_view_unref(view);
        run("cd '%s/warm' && echo 'a: 5' > application.yml && git commit -q -a -m %d "
            "--allow-empty",
            fixture->dir, round);
        assert_true(refresh(&o));
    }
    close_opened(&o);
}

/* A label that is asked for the first time costs what its question needs, not what others needed. */
static void a_new_label_parses_nothing(void **state)
{
    const struct cfg_commit *commit = NULL;
    const struct cfg_file *file = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_new(&o, state, "cold");
    must_have(&o, "main");
    struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
    assert_int_equal(cfg_view_label(view, CFG_STR("main"), &commit), CFG_LABEL_HERE);
    assert_int_equal(
        cfg_snapshot_file(commit->snapshot,
                          cfg_snapshot_find(commit->snapshot, CFG_STR("application.yml")), true,
                          &file, &err),
        CFG_OK);
    cfg_view_unref(view);
    must_have(&o, "v1");
    assert_int_equal(o.shelf->parsed.count, 1);
    close_opened(&o);
}

static void labels_share_a_tree(void **state)
{
    const struct fixture *fixture = *state;
    const struct cfg_commit *main_commit;
    const struct cfg_commit *same;
    struct opened o;
    open_new(&o, state, "shared");
    run("cd '%s/shared' && git checkout -q -b same && git commit -q --allow-empty -m same",
        fixture->dir);
    must_have(&o, "main");
    must_have(&o, "same");
    struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
    assert_int_equal(cfg_view_label(view, CFG_STR("main"), &main_commit), CFG_LABEL_HERE);
    assert_int_equal(cfg_view_label(view, CFG_STR("same"), &same), CFG_LABEL_HERE);
    assert_string_not_equal(main_commit->id, same->id);
    assert_ptr_equal(main_commit->snapshot, same->snapshot);
    cfg_view_unref(view);
    close_opened(&o);
}

static void commit_ids_stay_when_branches_come(void **state)
{
    struct opened o;
    char commit[256];
    char shortened[10];
    open_new(&o, state, "ids");
    rev_parse(state, "ids", "v1", commit);
    snprintf(shortened, sizeof shortened, "%.9s", commit);
    must_have(&o, shortened);
    must_have(&o, "dev");
    must_have(&o, "feature/x");
    expect_label(&o, shortened, commit);
    int before = o.published;
    must_have(&o, shortened);
    assert_int_equal(o.published, before);
    close_opened(&o);
}

static void a_deleted_branch_is_unknown(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_new(&o, state, "deleted");
    must_have(&o, "main");
    must_have(&o, "dev");
    run("cd '%s/deleted' && git branch -q -D dev", fixture->dir);
    assert_true(refresh(&o));
    expect_state(&o, "dev", CFG_LABEL_UNKNOWN);
    assert_int_equal(need(&o, "dev", &err), CFG_NOT_FOUND);
    must_have(&o, "main");
    run("cd '%s/deleted' && git branch dev v1", fixture->dir);
    assert_true(refresh(&o));
    must_have(&o, "dev");
    close_opened(&o);
}

static void a_force_push_is_followed(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    char before[256];
    char after[256];
    open_new(&o, state, "forced");
    rev_parse(state, "forced", "main", before);
    must_have(&o, "main");
    must_have(&o, before);
    run("cd '%s/forced' && git branch -q -D dev feature/x && git checkout -q --orphan fresh && "
        "echo 'a: 0' > application.yml && git commit -q -a -m other && git branch -f main && "
        "git checkout -q main && git branch -q -D fresh",
        fixture->dir);
    rev_parse(state, "forced", "main", after);
    assert_string_not_equal(before, after);
    assert_true(refresh(&o));
    expect_label(&o, "main", after);
    assert_int_equal(need(&o, before, &err), CFG_NOT_FOUND); /* out of reach now */
    close_opened(&o);
}

static void a_missing_repository_heals(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    char path[256];
    bool changed;
    snprintf(path, sizeof path, "file:%s/later", fixture->dir);
    open_store(&o, open_at(cfg_str_of(path), &plain_git, fixture->dir, NULL));
    assert_int_equal(need(&o, "main", &err), CFG_NOT_FOUND);
    struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
    assert_non_null(view); /* why nothing is there is known to all */
    assert_int_equal(view->err.status, CFG_NOT_FOUND);
    cfg_view_unref(view);
    assert_false(cfg_repo_is_fresh(o.repo));
    assert_int_equal(o.published, 1);
    for (int i = 0; i < 3; i++) {
        cfg_err_clear(&err);
        assert_int_equal(cfg_repo_refresh(o.repo, &changed, &err), CFG_NOT_FOUND);
        assert_false(changed);
    }
    assert_int_equal(o.published, 1); /* the same reason is no news */
    make_repo(fixture, "later");
    assert_true(refresh(&o));
    must_have(&o, "main");
    assert_true(cfg_repo_is_fresh(o.repo));
    close_opened(&o);
}

static void what_was_published_stays(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    char commit[256];
    bool changed;
    open_new(&o, state, "stays");
    rev_parse(state, "stays", "main", commit);
    must_have(&o, "main");
    int before = o.published;
    run("mv '%s/stays' '%s/stays-away'", fixture->dir, fixture->dir);
    assert_int_equal(cfg_repo_refresh(o.repo, &changed, &err), CFG_NOT_FOUND);
    assert_false(changed);
    assert_int_equal(o.published, before);
    expect_label(&o, "main", commit);
    must_have(&o, "main");
    run("mv '%s/stays-away' '%s/stays'", fixture->dir, fixture->dir);
    assert_false(refresh(&o));
    close_opened(&o);
}

static size_t skipped(struct opened *o)
{
    struct cfg_view *view = cfg_slot_acquire(&o->repo->view);
    size_t count = view->tips->skipped;

    cfg_view_unref(view);
    return count;
}

/* A new commit on dev, which begins at main's. */
static void move_dev(void **state, const char *name)
{
    const struct fixture *fixture = *state;

    run("cd '%s/%s' && git checkout -q dev && git commit -q --allow-empty -m dev && git checkout "
        "-q main",
        fixture->dir, name);
}

static void a_damaged_ref_keeps_its_commit(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    char dev[256], commit[256];
    open_new(&o, state, "damagedref");
    move_dev(state, "damagedref");
    rev_parse(state, "damagedref", "dev", dev);
    must_have(&o, "main");
    must_have(&o, "dev");
    run("cd '%s/damagedref' && printf x > .git/refs/heads/dev && : > .git/refs/heads/new && "
        "echo 'a: 3' > application.yml && git commit -q -a -m three",
        fixture->dir);
    assert_true(refresh(&o));
    rev_parse(state, "damagedref", "main", commit);
    expect_label(&o, "main", commit);
    expect_label(&o, "dev", dev);
    must_have(&o, "dev");
    expect_state(&o, "new", CFG_LABEL_ASK); /* it is there: not unknown */
    assert_int_equal(need(&o, "new", &err), CFG_CORRUPT);
    assert_non_null(strstr(err.path, "refs/heads/new"));
    assert_int_equal(skipped(&o), 2);
    int before = o.published;
    assert_false(refresh(&o)); /* the same damage is no news */
    assert_int_equal(o.published, before);
    run("cd '%s/damagedref' && echo %s > .git/refs/heads/dev && rm .git/refs/heads/new",
        fixture->dir, commit);
    assert_true(refresh(&o));
    expect_label(&o, "dev", commit);
    assert_int_equal(skipped(&o), 0);
    close_opened(&o);
}

/* Deletes the object of a commit. */
static void lose(void **state, const char *name, const char *commit, const char *to)
{
    const struct fixture *fixture = *state;

    run("cd '%s/%s/.git/objects/%.2s' && mv %s '%s/%s'", fixture->dir, name, commit, commit + 2,
        fixture->dir, to);
}

static void a_missing_commit_concerns_its_label(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    char dev[256], lost[256], commit[256];
    open_new(&o, state, "lost");
    move_dev(state, "lost");
    rev_parse(state, "lost", "dev", dev);
    must_have(&o, "main");
    must_have(&o, "dev");
    must_have(&o, "HEAD");
    run("cd '%s/lost' && git checkout -q dev && git commit -q --allow-empty -m lost && git branch "
        "late && git checkout -q main && echo 'a: 3' > application.yml && git commit -q -a -m "
        "three",
        fixture->dir);
    rev_parse(state, "lost", "dev", lost);
    rev_parse(state, "lost", "main", commit);
    lose(state, "lost", lost, "lost-object");
    assert_true(refresh(&o));
    expect_label(&o, "main", commit);
    expect_label(&o, "HEAD", commit);
    expect_label(&o, "dev", dev);
    assert_int_equal(need(&o, "late", &err), CFG_CORRUPT);
    int before = o.published;
    assert_false(refresh(&o));
    assert_int_equal(o.published, before);
    run("cd '%s' && mv lost-object lost/.git/objects/%.2s/%s", fixture->dir, lost, lost + 2);
    assert_true(refresh(&o));
    expect_label(&o, "dev", lost);
    must_have(&o, "late");
    assert_int_equal(skipped(&o), 0);
    close_opened(&o);
}

static void a_missing_commit_at_the_start(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    char lost[256];
    open_new(&o, state, "lostfirst");
    run("cd '%s/lostfirst' && git checkout -q dev && git commit -q --allow-empty -m lost && git "
        "checkout -q main && : > .git/refs/heads/new",
        fixture->dir);
    rev_parse(state, "lostfirst", "dev", lost);
    lose(state, "lostfirst", lost, "lost-first");
    must_have(&o, "main");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(need(&o, "dev", &err), CFG_CORRUPT);
        assert_int_equal(need(&o, "new", &err), CFG_CORRUPT);
        assert_false(refresh(&o));
    }
    must_have(&o, "main");
    close_opened(&o);
}

static void more_labels_than_are_kept(void **state)
{
    enum { BRANCHES = CFG_REPO_LABELS + 40 };
    const struct fixture *fixture = *state;
    struct opened o;
    char label[16];
    run("git init -q -b main '%s/many' && cd '%s/many' && (for i in $(seq 1 %d); do "
        "echo \"commit refs/heads/b$i\"; echo 'committer C <c@example.org> 1700000000 +0000'; "
        "echo 'data 0'; echo 'M 644 inline application.yml'; "
        "echo \"data $(printf 'a: %%d\\n' $i | wc -c)\"; printf 'a: %%d\\n' $i; done) | "
        "git fast-import --quiet",
        fixture->dir, fixture->dir, BRANCHES);
    open_store(&o, open_repo(fixture, "many"));
    for (int i = 1; i <= BRANCHES; i++) {
        snprintf(label, sizeof label, "b%d", i);
        must_have(&o, label);
        char ignored[41];
        assert_int_equal(look(&o, label, ignored), CFG_LABEL_HERE);
    }
    assert_int_equal(o.repo->used.count, CFG_REPO_LABELS);
    struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
    assert_true(view->commit_count <= CFG_REPO_LABELS + 1);
    cfg_view_unref(view);
    run("cd '%s/many' && git tag news b7", fixture->dir);
    assert_true(refresh(&o));
    expect_state(&o, "b1", CFG_LABEL_ASK); /* the oldest gave way */
    must_have(&o, "b1");
    snprintf(label, sizeof label, "b%d", (int)BRANCHES);
    char ignored[41];
    assert_int_equal(look(&o, label, ignored), CFG_LABEL_HERE);
    close_opened(&o);
}

static void others_are_waited_for_so_long(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_new(&o, state, "busy");
    o.repo->busy = true;
    int64_t began = cfg_clock_ms();
    assert_int_equal(cfg_repo_need(o.repo, CFG_STR("main"), began + 50, &err), CFG_TIMEOUT);
    assert_true(cfg_clock_ms() >= began + 50);
    o.repo->busy = false;
    must_have(&o, "main");
    close_opened(&o);
}

static void folders_have_one_commit(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store = NULL;
    const struct cfg_commit *commit = NULL;
    struct opened o;
    char root[256];
    char path[300];
    run("mkdir '%s/folder' && echo 'a: 1' > '%s/folder/application.yml'", fixture->dir,
        fixture->dir);
    snprintf(root, sizeof root, "%s/folder", fixture->dir);
    struct cfg_str items[] = {cfg_str_of(root)};
    const struct cfg_strs roots = {items, 1};
    assert_int_equal(cfg_store_open_folders(&roots, &store, &err), CFG_OK);
    open_store(&o, store);
    must_have(&o, "");
    assert_true(cfg_repo_is_fresh(o.repo));
    assert_int_equal(o.published, 1);
    assert_false(refresh(&o));
    assert_int_equal(o.published, 1);
    run("echo 'a: 22' > '%s/folder/application.yml'", fixture->dir);
    assert_true(refresh(&o));
    assert_int_equal(o.published, 2);
    struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
    assert_int_equal(cfg_view_label(view, CFG_STR("whatever"), &commit), CFG_LABEL_HERE);
    assert_string_equal(commit->id, "");
    snprintf(path, sizeof path, "%s/application.yml", root);
    assert_non_null(cfg_snapshot_find(commit->snapshot, cfg_str_of(path)));
    cfg_view_unref(view);
    close_opened(&o);
}

static struct cfg_fetchers *start_fetchers(void)
{
    struct cfg_fetchers *fetchers = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_fetchers_start("/proc/self/exe", 1, &fetchers, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return fetchers;
}

/* Nobody may take a remote that cannot be reached for one that does not exist. */
static void an_unreachable_remote_is_no_missing_one(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers();
    struct cfg_err err = CFG_ERR_INIT;
    struct opened o;
    open_store(&o,
               open_at(CFG_STR("http://127.0.0.1:1/x.git"), &plain_git, fixture->dir, fetchers));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(need(&o, "main", &err), CFG_UNAVAILABLE);
        struct cfg_view *view = cfg_slot_acquire(&o.repo->view);
        assert_non_null(view);
        assert_int_equal(view->err.status, CFG_UNAVAILABLE);
        cfg_view_unref(view);
    }
    assert_int_equal(o.published, 1);
    close_opened(&o);
    cfg_fetchers_stop(fetchers);
}

static void a_mirror_serves_what_lies_on_disk(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers();
    struct opened o;
    char uri[256];
    char commit[256];
    make_repo(fixture, "remote");
    rev_parse(state, "remote", "main", commit);
    snprintf(uri, sizeof uri, "%s/remote", fixture->dir);
    open_store(&o, open_at(cfg_str_of(uri), &plain_git, fixture->dir, fetchers));
    must_have(&o, "main"); /* nothing on disk: it is fetched */
    assert_true(cfg_repo_is_fresh(o.repo));
    close_opened(&o);
    run("cd '%s/remote' && git commit -q --allow-empty -m two", fixture->dir);
    open_store(&o, open_at(cfg_str_of(uri), &plain_git, fixture->dir, fetchers));
    must_have(&o, "main");
    expect_label(&o, "main", commit);
    assert_false(cfg_repo_is_fresh(o.repo)); /* nobody has looked at the remote yet */
    assert_true(refresh(&o));
    rev_parse(state, "remote", "main", commit);
    expect_label(&o, "main", commit);
    assert_true(cfg_repo_is_fresh(o.repo));
    close_opened(&o);
    cfg_fetchers_stop(fetchers);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_all_kinds),
        cmocka_unit_test(labels_that_are_none),
        cmocka_unit_test(a_refresh_publishes_only_what_is_new),
        cmocka_unit_test(a_view_outlives_its_successor),
        cmocka_unit_test(files_in_use_are_warm_after_a_refresh),
        cmocka_unit_test(a_new_label_parses_nothing),
        cmocka_unit_test(labels_share_a_tree),
        cmocka_unit_test(commit_ids_stay_when_branches_come),
        cmocka_unit_test(a_deleted_branch_is_unknown),
        cmocka_unit_test(a_force_push_is_followed),
        cmocka_unit_test(a_missing_repository_heals),
        cmocka_unit_test(what_was_published_stays),
        cmocka_unit_test(a_damaged_ref_keeps_its_commit),
        cmocka_unit_test(a_missing_commit_concerns_its_label),
        cmocka_unit_test(a_missing_commit_at_the_start),
        cmocka_unit_test(more_labels_than_are_kept),
        cmocka_unit_test(others_are_waited_for_so_long),
        cmocka_unit_test(folders_have_one_commit),
        cmocka_unit_test(an_unreachable_remote_is_no_missing_one),
        cmocka_unit_test(a_mirror_serves_what_lies_on_disk),
    };

    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
