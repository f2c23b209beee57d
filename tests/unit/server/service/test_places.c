/* SPDX-License-Identifier: Apache-2.0 */
/* places: which repositories, commits and folders a question is answered from. */
#include "server/service/places.h"

#include "tests/unit/server/service/serving.h"

static struct cfg_ask env(const char *name, const char *profiles, const char *label)
{
    return serving_ask(CFG_FORM_ENV, name, profiles, label);
}

static void expect(
    struct serving *s, const char *name, const char *profiles, const char *label, const char *want)
{
    struct cfg_ask question = env(name, profiles, label);
    serving_expect_sources(s, &question, want);
}

static void expect_error(struct serving *s,
                         const char *name,
                         const char *profiles,
                         const char *label,
                         enum cfg_status want,
                         const char *part)
{
    struct cfg_ask question = env(name, profiles, label);
    serving_expect_error(s, &question, want, part);
}

static void expect_version(struct serving *s, const char *label, const char *want)
{
    struct cfg_ask question = env("foo", "dev", label);
    struct cfg_body *body = serving_get(s, &question);
    assert_true(cfg_str_eq(body->version, cfg_str_of(want)));
    cfg_body_unref(body);
}

/* A repository NAME whose only file, application.yml, is on these branches. */
static void make_small(const struct fixture *fixture, const char *name, const char *branches)
{
    run("git init -q -b unused '%s/%s' && cd '%s/%s' && echo 'from: %s' > application.yml && "
        "git add . && git commit -q -m one && for b in %s; do git commit -q --allow-empty -m $b && "
        "git branch $b; done",
        fixture->dir, name, fixture->dir, name, name, branches);
}

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    make_small(fixture, "one", "main dev");
    make_small(fixture, "team", "main other");
    make_small(fixture, "old", "master");
    make_small(fixture, "app-orders", "main");
    run("git init -q -b main '%s/paths' && cd '%s/paths' && for d in . svc/a svc/b deep/svc/c "
        "orders "
        "orders/dev 'sp ace'; do mkdir -p \"$d\"; echo 'x: 1' > \"$d/application.yml\"; done && "
        "ln -s svc/b linked && git add . && git commit -q -m one && git branch feature/x",
        fixture->dir, fixture->dir);
    run("cd '%s' && for d in native native/lab native/sub/dir native/orders native/master; do "
        "mkdir -p $d; echo 'x: 1' > $d/application.yml; done",
        fixture->dir);
    return 0;
}

static void labels_have_defaults(void **state)
{
    struct serving s;
    char commit[256];
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "one");
    serving_start(&s);
    serving_commit(&s, "one", "main", commit);
    expect_version(&s, NULL, commit);
    expect_version(&s, "main", commit);
    serving_commit(&s, "one", "dev", commit);
    expect_version(&s, "dev", commit);
    expect_error(&s, "foo", "dev", "nothing", CFG_NOT_FOUND, "No such label: nothing");
    expect_error(&s, "foo", "dev", " ", CFG_NOT_FOUND, "No such label");
    serving_stop(&s);
    git->default_label = CFG_STR("dev");
    serving_start(&s);
    expect_version(&s, NULL, commit);
    serving_stop(&s);
    git->default_label = CFG_STR("main");
    s.options.default_label = CFG_STR("dev"); /* the server's goes before the repository's */
    serving_start(&s);
    expect_version(&s, NULL, commit);
    serving_stop(&s);
}

static void master_stands_in_for_main(void **state)
{
    struct serving s;
    char commit[256];
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "old");
    serving_start(&s);
    serving_commit(&s, "old", "master", commit);
    expect_version(&s, NULL, commit);
    expect_version(&s, "main", commit);
    expect_error(&s, "foo", "dev", "dev", CFG_NOT_FOUND, "No such label: dev");
    serving_stop(&s);
    git->try_master_branch = false;
    serving_start(&s);
    expect_error(&s, "foo", "dev", NULL, CFG_NOT_FOUND, "No such label: main");
    serving_stop(&s);
}

static void several_labels_are_joined(void **state)
{
    struct serving s;
    char main_commit[256];
    char dev_commit[256];
    char both[512];
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "one");
    serving_start(&s);
    serving_commit(&s, "one", "main", main_commit);
    serving_commit(&s, "one", "dev", dev_commit);
    snprintf(both, sizeof both, "%s,%s", main_commit, dev_commit);
    expect_version(&s, "main,dev", both);
    expect_version(&s, "main,,dev,", both); /* empty pieces are skipped */
    snprintf(both, sizeof both, "%s,%s", dev_commit, main_commit);
    expect_version(&s, "dev,main", both);
    expect_error(&s, "foo", "dev", "main,nothing", CFG_NOT_FOUND, "No such label: nothing");
    /* a file has one label, with commas in it */
    struct cfg_ask file = serving_ask(CFG_FORM_TEXT, "foo", "dev", "main,dev");
    file.path = CFG_STR("application.yml");
    serving_expect_error(&s, &file, CFG_NOT_FOUND, "No such label: main,dev");
    serving_stop(&s);
    git->continue_on_multiple_label_failure = true;
    serving_start(&s);
    expect_version(&s, "main,nothing", main_commit);
    expect_version(&s, "no,nothing", "");
    expect_error(&s, "foo", "dev", "nothing", CFG_NOT_FOUND, "No such label: nothing");
    serving_stop(&s);
}

static struct cfg_str team_patterns[] = {{"team*", 5}, {"x/dev", 5}, {" spaced/* ,other", 16}};

static void add_team(struct serving *s, struct cfg_git_options *git, struct cfg_str uri)
{
    s->repos[0] = serving_git(uri);
    s->repos[0].name = CFG_STR("team");
    s->repos[0].patterns = (struct cfg_strs){team_patterns, CFG_COUNT(team_patterns)};
    git->repos = s->repos;
    git->repo_count = 1;
}

static void patterns_choose_the_repository(void **state)
{
    struct serving s;
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "one");
    add_team(&s, git, serving_text(&s, "file:%s/team", s.fixture->dir));
    serving_start(&s);
    expect(&s, "teamwork", "dev", NULL, "team/application.yml");
    expect(&s, "foo", "dev", NULL, "one/application.yml");
    expect(&s, "x", "dev", NULL, "team/application.yml");
    expect(&s, "x", "prod", NULL, "one/application.yml");
    expect(&s, "x", "dev,prod", NULL, "team/application.yml"); /* more profiles may follow */
    expect(&s, "x", "prod,dev", NULL, "one/application.yml");
    expect(&s, "spaced", "any", NULL, "team/application.yml");
    expect(&s, "other", "any", NULL, "team/application.yml");
    expect(&s, "others", "any", NULL, "one/application.yml");
    /* what it lacks may be in the default one */
    expect(&s, "teamwork", "dev", "dev", "one/application.yml");
    expect(&s, "teamwork", "dev", "other", "team/application.yml");
    expect_error(&s, "teamwork", "dev", "nothing", CFG_NOT_FOUND, "No such label: nothing");
    serving_stop(&s);
}

/* Trouble is reported, each time: the default repository's answer would be a wrong one. */
static void a_repository_in_trouble_hides_nothing(void **state)
{
    struct serving s;
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "one");
    add_team(&s, git, CFG_STR("http://127.0.0.1:1/team.git"));
    serving_start(&s);
    for (int i = 0; i < 3; i++)
        expect_error(&s, "teamwork", "dev", NULL, CFG_UNAVAILABLE, "127.0.0.1:1");
    expect(&s, "foo", "dev", NULL, "one/application.yml");
    serving_stop(&s);
    s.repos[0].uri = serving_text(&s, "file:%s/nowhere", s.fixture->dir); /* there is none at all */
    serving_start(&s);
    expect(&s, "teamwork", "dev", NULL, "one/application.yml");
    serving_stop(&s);
}

static bool count_one(struct cfg_repo *repo, void *ctx)
{
    size_t *count = ctx;
    (void)repo;
    ++*count;
    return true;
}

static size_t count_repos(struct serving *s)
{
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 0;
    assert_int_equal(cfg_registry_each(s->service->registry, count_one, &count, &err), CFG_OK);
    return count;
}

static void uris_have_placeholders(void **state)
{
    static const char *const hostile[] = {"a/b", ".", "a%2fb", "a b", "a?b"};
    struct serving s;
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "app-{application}");
    git->refresh_rate_s = 1;
    serving_start(&s);
    assert_int_equal(count_repos(&s), 0); /* nobody can know them before they are asked for */
    expect(&s, "orders", "dev", NULL, "app-orders/application.yml");
    assert_int_equal(count_repos(&s), 1);
    for (int i = 0; i < 2; i++)
        expect_error(&s, "later", "dev", NULL, CFG_NOT_FOUND, "later");
    for (size_t i = 0; i < CFG_COUNT(hostile); i++)
        expect_error(&s, hostile[i], "dev", NULL, CFG_NOT_FOUND, "No such repository");
    assert_int_equal(count_repos(&s), 1); /* what is not there is forgotten */
    make_small(s.fixture, "app-later", "main");
    expect(&s, "later", "dev", NULL, "app-later/application.yml");
    assert_int_equal(count_repos(&s), 2);
    /* and what came by a question is kept up to date */
    char before[256];
    char after[256];
    serving_commit(&s, "app-later", "main", before);
    run("cd '%s/app-later' && git checkout -q main && git commit -q --allow-empty -m next",
        s.fixture->dir);
    serving_commit(&s, "app-later", "main", after);
    assert_string_not_equal(before, after);
    int64_t deadline_ms = cfg_clock_ms() + 20000;
    struct cfg_ask question = env("later", "dev", NULL);
    for (;;) {
        struct cfg_body *body = serving_get(&s, &question);
        bool arrived = cfg_str_eq(body->version, cfg_str_of(after));
        assert_true(arrived || cfg_str_eq(body->version, cfg_str_of(before)));
        cfg_body_unref(body);
        if (arrived)
            break;
        assert_true(cfg_clock_ms() < deadline_ms);
        pause_a_little();
    }
    serving_stop(&s);
}

/* The last profile is tried first, each in its own repository. */
static void profiles_in_uris(void **state)
{
    struct serving s;
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "one");
    add_team(&s, git, serving_text(&s, "file:%s/by-{profile}", s.fixture->dir));
    make_small(s.fixture, "by-blue", "main");
    make_small(s.fixture, "by-red", "main");
    serving_start(&s);
    expect(&s, "teamwork", "blue", NULL, "by-blue/application.yml");
    expect(&s, "teamwork", "blue,red", NULL, "by-red/application.yml");
    expect(&s, "teamwork", "blue,green", NULL, "by-blue/application.yml");
    expect(&s, "teamwork", "green", NULL, "one/application.yml");
    serving_stop(&s);
}

/* A desk that may not wait says so, and finds what a worker made. */
static void whoever_may_not_wait_says_so(void **state)
{
    struct serving s;
    struct cfg_body *body = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    bool must_wait = false;
    serving_init(&s, state);
    serving_add_git(&s, "app-{application}");
    serving_start(&s);
    struct cfg_ask question = env("orders", "dev", NULL);
    assert_int_equal(cfg_desk_answer(s.desk, &question, CFG_DESK_NOW, &body, &must_wait, &err),
                     CFG_OK);
    assert_true(must_wait);
    assert_null(body);
    struct cfg_body *made = serving_get(&s, &question);
    (void)cfg_desk_refresh(s.desk);
    assert_int_equal(cfg_desk_answer(s.desk, &question, CFG_DESK_NOW, &body, &must_wait, &err),
                     CFG_OK);
    assert_false(must_wait);
    assert_ptr_equal(body, made);
    cfg_body_unref(body);
    cfg_body_unref(made);
    /* a file's bytes are always a worker's, until they are in the cache */
    question = serving_ask(CFG_FORM_BINARY, "orders", "dev", "main");
    question.path = CFG_STR("application.yml");
    assert_int_equal(cfg_desk_answer(s.desk, &question, CFG_DESK_NOW, &body, &must_wait, &err),
                     CFG_OK);
    assert_true(must_wait);
    made = serving_get(&s, &question);
    assert_int_equal(cfg_desk_answer(s.desk, &question, CFG_DESK_NOW, &body, &must_wait, &err),
                     CFG_OK);
    assert_ptr_equal(body, made);
    cfg_body_unref(body);
    cfg_body_unref(made);
    serving_stop(&s);
}

/* What a desk shows changes when it is told to look, not before. */
static void a_desk_changes_only_when_refreshed(void **state)
{
    struct serving s;
    struct cfg_err err = CFG_ERR_INIT;
    bool changed;
    bool must_wait;
    serving_init(&s, state);
    make_small(s.fixture, "moving", "main");
    struct cfg_git_options *git = serving_add_git(&s, "moving");
    git->refresh_rate_s = -1;
    serving_start(&s);
    struct cfg_ask question = env("foo", "dev", NULL);
    struct cfg_body *before = serving_get(&s, &question);
    uint64_t number = cfg_desk_refresh(s.desk);
    assert_true(cfg_desk_refresh(s.desk) == number);
    run("cd '%s/moving' && git checkout -q main && echo 'from: now' > application.yml && "
        "git commit -q -a -m next",
        s.fixture->dir);
    assert_int_equal(cfg_repo_refresh(s.service->known[0], &changed, &err), CFG_OK);
    assert_true(changed);
    struct cfg_body *body = NULL;
    assert_int_equal(cfg_desk_answer(s.desk, &question, CFG_DESK_NOW, &body, &must_wait, &err),
                     CFG_OK);
    assert_ptr_equal(body, before);
    cfg_body_unref(body);
    assert_true(cfg_desk_refresh(s.desk) != number);
    body = serving_get(&s, &question);
    assert_ptr_not_equal(body, before);
    assert_non_null(strstr(body->bytes.ptr, "\"from\":\"now\""));
    cfg_body_unref(body);
    cfg_body_unref(before);
    serving_stop(&s);
}

static void search_paths_add_folders(void **state)
{
    static const struct {
        const char *path;
        const char *want; /* after the root's, for orders/dev */
    } cases[] = {
        {"svc/a", "paths/svc/a/application.yml paths/application.yml"},
        {"/svc/a/", "paths/svc/a/application.yml paths/application.yml"},
        {"./svc//a", "paths/svc/a/application.yml paths/application.yml"},
        {"svc/*", "paths/svc/b/application.yml paths/svc/a/application.yml paths/application.yml"},
        {"svc/?", "paths/svc/b/application.yml paths/svc/a/application.yml paths/application.yml"},
        {"*", "paths/sp ace/application.yml paths/orders/application.yml paths/application.yml"},
        {"**/c", "paths/deep/svc/c/application.yml paths/application.yml"},
        {"{application}", "paths/orders/application.yml paths/application.yml"},
        {"{application}/{profile}", "paths/orders/dev/application.yml paths/application.yml"},
        {"linked", "paths/linked/application.yml paths/application.yml"},
        {"nothing", "paths/application.yml"},
        {"no*thing", "paths/application.yml"},
        {"../one", "paths/application.yml"},
        {"svc/../../one", "paths/application.yml"},
        {"", "paths/application.yml"},
        {"/", "paths/application.yml"},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct serving s;
        struct cfg_str path = cfg_str_of(cases[i].path);
        serving_init(&s, state);
        struct cfg_git_options *git = serving_add_git(&s, "paths");
        git->search_paths = (struct cfg_strs){&path, 1};
        serving_start(&s);
        expect(&s, "orders", "dev", NULL, cases[i].want);
        serving_stop(&s);
    }
}

static void labels_in_search_paths_and_uris_are_no_way_out(void **state)
{
    struct serving s;
    struct cfg_str path = CFG_STR("{label}");
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "paths");
    git->search_paths = (struct cfg_strs){&path, 1};
    serving_start(&s);
    expect(&s, "foo", "dev", "feature/x", "paths/application.yml");
    serving_stop(&s);
}

static void native_locations_have_an_order(void **state)
{
    struct serving s;
    serving_init(&s, state);
    struct cfg_native_options *native = serving_add_native(&s);
    struct cfg_str locations[] = {
        serving_text(&s, "file:%s/native", s.fixture->dir),
        serving_text(&s, "file://%s/native/{application}/", s.fixture->dir),
        serving_text(&s, "optional:file:%s/native/missing/", s.fixture->dir),
    };
    native->search_locations = (struct cfg_strs){locations, CFG_COUNT(locations)};
    serving_start(&s);
    expect(&s, "foo", "dev", NULL, "native/master/application.yml native/application.yml");
    expect(&s, "orders", "dev", "lab",
           "native/lab/application.yml native/orders/application.yml native/application.yml");
    expect(&s, "orders", "dev", "nothing", "native/orders/application.yml native/application.yml");
    expect(&s, "foo", "dev", "lab,master",
           "native/lab/application.yml native/master/application.yml native/application.yml");
    expect(&s, "foo", "dev", "sub/dir", "native/sub/dir/application.yml native/application.yml");
    serving_stop(&s);
    native->add_label_locations = false;
    native->version = CFG_STR("v7");
    serving_start(&s);
    expect(&s, "foo", "dev", "lab", "native/application.yml");
    struct cfg_ask question = env("foo", "dev", "lab");
    struct cfg_body *body = serving_get(&s, &question);
    assert_non_null(strstr(body->bytes.ptr, "\"version\":\"v7\",\"state\":null"));
    assert_int_equal(body->version.len, 0); /* no commit */
    cfg_body_unref(body);
    serving_stop(&s);
}

static void roots_are_what_precedes_a_placeholder(void **state)
{
    static const struct {
        const char *location;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"file:/etc/cfg/", "/etc/cfg/"},
        {"file:///etc/cfg", "/etc/cfg/"},
        {"/etc/cfg/{application}/x", "/etc/cfg/"},
        {"/etc/cfg-{application}/x", "/etc/"},
        {"optional:file:/etc/./cfg//", "/etc/cfg/"},
        {"file:/{application}", NULL},
        {"/", NULL},
        {"{application}", NULL},
    };
    struct cfg_arena arena;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_str location = cfg_str_of(cases[i].location);
        const struct cfg_native_options options = {.search_locations = {&location, 1}};
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_strs roots;
        enum cfg_status status = cfg_places_roots(&options, &arena, &roots, &err);
        assert_int_equal(status, cases[i].want ? CFG_OK : CFG_INVALID);
        if (cases[i].want)
            assert_string_equal(roots.items[0].ptr, cases[i].want);
        else
            assert_non_null(strstr(err.message, cases[i].location));
    }
    cfg_arena_release(&arena);
}

static void several_back_ends_in_their_order(void **state)
{
    struct serving s;
    char one[256];
    char team[256];
    char both[512];
    serving_init(&s, state);
    serving_add_git(&s, "one");
    struct cfg_native_options *native = serving_add_native(&s);
    struct cfg_str location = serving_text(&s, "file:%s/native", s.fixture->dir);
    native->search_locations = (struct cfg_strs){&location, 1};
    native->add_label_locations = false;
    serving_add_git(&s, "team");
    serving_start(&s);
    serving_commit(&s, "one", "main", one);
    serving_commit(&s, "team", "main", team);
    snprintf(both, sizeof both, "%s,%s", one, team);
    expect(&s, "foo", "dev", NULL,
           "one/application.yml native/application.yml team/application.yml");
    expect_version(&s, NULL, both);
    struct cfg_ask question = env("foo", "dev", NULL);
    struct cfg_body *body = serving_get(&s, &question);
    assert_non_null(strstr(body->bytes.ptr, "\"version\":null,\"state\":null"));
    cfg_body_unref(body);
    expect_error(&s, "foo", "dev", "other", CFG_NOT_FOUND, "No such label: other");
    serving_stop(&s);
    s.options.fail_on_composite_error = false;
    serving_start(&s);
    expect(&s, "foo", "dev", "other", "native/application.yml team/application.yml");
    serving_stop(&s);
}

static void empty_answers_may_be_refused(void **state)
{
    struct serving s;
    serving_init(&s, state);
    run("git init -q -b main '%s/empty' && cd '%s/empty' && echo x > note.txt && git add . && "
        "git commit -q -m one",
        s.fixture->dir, s.fixture->dir);
    serving_add_git(&s, "empty");
    serving_start(&s);
    expect(&s, "foo", "dev", NULL, "");
    serving_stop(&s);
    s.options.accept_empty = false;
    serving_start(&s);
    expect_error(&s, "foo", "dev", NULL, CFG_NOT_FOUND, "foo/dev");
    struct cfg_ask file = serving_ask(CFG_FORM_TEXT, "foo", "dev", "main");
    file.path = CFG_STR("note.txt");
    serving_expect(&s, &file, "x\n"); /* it speaks of answers, not of files */
    serving_stop(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_defaults),
        cmocka_unit_test(master_stands_in_for_main),
        cmocka_unit_test(several_labels_are_joined),
        cmocka_unit_test(patterns_choose_the_repository),
        cmocka_unit_test(a_repository_in_trouble_hides_nothing),
        cmocka_unit_test(uris_have_placeholders),
        cmocka_unit_test(profiles_in_uris),
        cmocka_unit_test(whoever_may_not_wait_says_so),
        cmocka_unit_test(a_desk_changes_only_when_refreshed),
        cmocka_unit_test(search_paths_add_folders),
        cmocka_unit_test(labels_in_search_paths_and_uris_are_no_way_out),
        cmocka_unit_test(native_locations_have_an_order),
        cmocka_unit_test(roots_are_what_precedes_a_placeholder),
        cmocka_unit_test(several_back_ends_in_their_order),
        cmocka_unit_test(empty_answers_may_be_refused),
    };

    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
