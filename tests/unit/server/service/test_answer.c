/* SPDX-License-Identifier: Apache-2.0 */
/* answer: the cache of bodies: the same question finds the same body, and no other one does. */
#include "server/service/service.h"

#include "tests/unit/server/service/serving.h"

enum { MOST_ASKS = 4096 };

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    run("git init -q -b main '%s/r' && cd '%s/r' && mkdir sub && echo 'a: 1' > application.yml && "
        "for f in n.txt sub/n.txt; do head -c 600 /dev/zero | tr '\\0' n > $f; done && "
        "git add . && git commit -q -m one && git branch dev && git tag v1 && mkdir '%s/n' && "
        "cp application.yml '%s/n'",
        fixture->dir, fixture->dir, fixture->dir, fixture->dir);
    return 0;
}

/* Questions of all kinds, none like another, among them some that are alike when read carelessly. */
static size_t make_asks(struct cfg_ask *asks)
{
    static const char *const names[] = {"foo", "foo,bar", "foo,dev", "1:f"};
    static const char *const profiles[] = {"dev", "dev,bar", "bar,dev"};
    static const char *const labels[] = {NULL, "main", "dev", "main,dev", "dev,main", "v1"};
    static const char *const paths[] = {"n.txt", "sub/n.txt"};
    static const char *const charsets[] = {"", "ISO-8859-1"};
    size_t count = 0;
    for (int form = CFG_FORM_ENV; form <= CFG_FORM_BINARY; form++)
        for (size_t bits = 0; bits < 4; bits++)
            for (size_t n = 0; n < CFG_COUNT(names); n++)
                for (size_t p = 0; p < CFG_COUNT(profiles); p++)
                    for (size_t l = 0; l < CFG_COUNT(labels); l++) {
                        bool is_file = form >= CFG_FORM_TEXT;
                        struct cfg_ask question =
                            serving_ask((enum cfg_form)form, names[n], profiles[p], labels[l]);
                        question.no_resolve = bits & 1;
                        question.gzip = bits & 2;
                        if (is_file && labels[l] && strchr(labels[l], ','))
                            continue;
                        for (size_t f = 0; f < (is_file ? CFG_COUNT(paths) : 1); f++)
                            for (size_t c = 0; c < (is_file ? CFG_COUNT(charsets) : 1); c++) {
                                question.path = is_file ? cfg_str_of(paths[f]) : CFG_STR_NONE;
                                question.charset = cfg_str_of(is_file ? charsets[c] : "");
                                assert_true(count < MOST_ASKS);
                                asks[count++] = question;
                            }
                    }
    return count;
}

static int by_address(const void *a, const void *b)
{
    const char *x = *(char *const *)a;
    const char *y = *(char *const *)b;
    return x < y ? -1 : x > y;
}

static void no_two_questions_share_a_body(void **state)
{
    static struct cfg_ask asks[MOST_ASKS];
    static struct cfg_body *bodies[MOST_ASKS];
    static struct cfg_body *sorted[MOST_ASKS];
    struct serving s;
    size_t count = make_asks(asks);
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    for (size_t i = 0; i < count; i++)
        sorted[i] = bodies[i] = serving_get(&s, &asks[i]);
    for (size_t i = 0; i < count; i++) {
        struct cfg_body *again = serving_get(&s, &asks[i]);
        assert_ptr_equal(again, bodies[i]); /* made once */
        cfg_body_unref(again);
    }
    qsort(sorted, count, sizeof sorted[0], by_address);
    for (size_t i = 1; i < count; i++)
        assert_ptr_not_equal(sorted[i], sorted[i - 1]);
    for (size_t i = 0; i < count; i++)
        cfg_body_unref(bodies[i]);
    serving_stop(&s);
}

static void gzip_only_where_it_is_shorter(void **state)
{
    struct serving s;
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    struct cfg_ask question = serving_ask(CFG_FORM_BINARY, "foo", "dev", "main");
    question.path = CFG_STR("n.txt");
    struct cfg_body *plain = serving_get(&s, &question);
    question.gzip = true;
    struct cfg_body *packed = serving_get(&s, &question);
    assert_false(plain->gzip);
    assert_int_equal(plain->bytes.len, 600);
    assert_true(packed->gzip);
    assert_true(packed->bytes.len < 600);
    assert_true(cfg_str_ends(cfg_str_of(packed->etag), CFG_STR("-gz\"")));
    assert_string_not_equal(plain->etag, packed->etag);
    cfg_body_unref(plain);
    cfg_body_unref(packed);
    question = serving_ask(CFG_FORM_JSON, "foo", "dev", NULL);
    question.gzip = true;
    packed = serving_get(&s, &question);
    assert_false(packed->gzip);
    assert_string_equal(packed->bytes.ptr, "{\"a\":1}");
    cfg_body_unref(packed);
    serving_stop(&s);
}

/* Another version is another body, though nothing of the question's differs. */
static void a_new_commit_is_another_body(void **state)
{
    struct serving s;
    bool changed;
    struct cfg_err err = CFG_ERR_INIT;
    serving_init(&s, state);
    make_repo(*state, "moving");
    struct cfg_git_options *git = serving_add_git(&s, "moving");
    git->refresh_rate_s = -1;
    serving_start(&s);
    struct cfg_ask question = serving_ask(CFG_FORM_JSON, "foo", "dev", NULL);
    struct cfg_body *before = serving_get(&s, &question);
    run("cd '%s/moving' && git commit -q --allow-empty -m empty", s.fixture->dir);
    assert_int_equal(cfg_repo_refresh(s.service->known[0], &changed, &err), CFG_OK);
    struct cfg_body *after = serving_get(&s, &question);
    assert_ptr_not_equal(before, after);
    assert_true(cfg_str_eq(before->bytes, after->bytes));
    assert_string_equal(before->etag, after->etag); /* what it says is the same */
    assert_false(cfg_str_eq(before->version, after->version));
    cfg_body_unref(before);
    cfg_body_unref(after);
    serving_stop(&s);
}

static void folders_that_change_are_another_body(void **state)
{
    struct serving s;
    bool changed;
    struct cfg_err err = CFG_ERR_INIT;
    serving_init(&s, state);
    struct cfg_native_options *native = serving_add_native(&s);
    struct cfg_str location = serving_text(&s, "file:%s/n", s.fixture->dir);
    native->search_locations = (struct cfg_strs){&location, 1};
    serving_start(&s);
    struct cfg_ask question = serving_ask(CFG_FORM_JSON, "foo", "dev", NULL);
    serving_expect(&s, &question, "{\"a\":1}");
    run("echo 'a: 22' > '%s/n/application.yml'", s.fixture->dir);
    assert_int_equal(cfg_repo_refresh(s.service->known[0], &changed, &err), CFG_OK);
    serving_expect(&s, &question, "{\"a\":22}");
    serving_stop(&s);
}

static void without_room_nothing_is_kept(void **state)
{
    struct serving s;
    serving_init(&s, state);
    serving_add_git(&s, "r");
    s.options.body_bytes = 0;
    serving_start(&s);
    struct cfg_ask question = serving_ask(CFG_FORM_JSON, "foo", "dev", NULL);
    struct cfg_body *one = serving_get(&s, &question);
    struct cfg_body *two = serving_get(&s, &question);
    assert_ptr_not_equal(one, two);
    assert_true(cfg_str_eq(one->bytes, two->bytes));
    cfg_body_unref(one);
    cfg_body_unref(two);
    serving_stop(&s);
}

/* A question that goes over a limit by itself is refused, and starts no search through history. */
static void endless_questions_are_refused(void **state)
{
    static char name[70001];
    struct serving s;
    memset(name, 'n', sizeof name - 1);
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    struct cfg_ask question = serving_ask(CFG_FORM_JSON, name, "dev", NULL);
    serving_expect_error(&s, &question, CFG_CORRUPT, "a path is over");
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_hold hold = {.since_wall_ms = 0};
    struct cfg_arena arena;
    char commit[256];
    char key[80001];
    bool found = false;
    cfg_arena_init(&arena, 1 << 20, 0);
    serving_commit(&s, "r", "main", commit);
    snprintf(key, sizeof key, "%s/dev/main [0]", name);
    assert_int_equal(cfg_holds_find(s.service->known[0]->holds, commit, cfg_str_of(key), &arena,
                                    &hold, &found, &err),
                     CFG_OK);
    assert_false(found);
    cfg_arena_release(&arena);
    serving_stop(&s);
}

/* A key that would be too long keeps nothing, and stops no answer. */
static void long_questions_are_answered(void **state)
{
    static char path[70002];
    struct serving s;
    for (size_t i = 0; i + 1 < sizeof path; i++)
        path[i] = "./"[i % 2];
    snprintf(path + sizeof path - 6, 6, "n.txt");
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    struct cfg_ask question = serving_ask(CFG_FORM_BINARY, "foo", "dev", "main");
    question.path = cfg_str_of(path);
    struct cfg_body *one = serving_get(&s, &question);
    struct cfg_body *two = serving_get(&s, &question);
    assert_int_equal(one->bytes.len, 600);
    assert_ptr_not_equal(one, two);
    cfg_body_unref(one);
    cfg_body_unref(two);
    serving_stop(&s);
}

static struct cfg_str lines[64];
static size_t line_count;

static void say(const char *line, void *ctx)
{
    struct serving *s = ctx;
    assert_true(line_count < CFG_COUNT(lines));
    lines[line_count++] = serving_text(s, "%s", line);
}

static void a_check_reads_everything(void **state)
{
    struct serving s;
    struct cfg_err err = CFG_ERR_INIT;
    line_count = 0;
    serving_init(&s, state);
    serving_add_git(&s, "r");
    assert_int_equal(cfg_service_check(&s.options, say, &s, &err), CFG_OK);
    assert_int_equal(line_count, 1);
    assert_true(cfg_str_ends(lines[0], CFG_STR(": 1 configuration files read, 0 refused")));
    run("git clone -q '%s/r' '%s/broken' && cd '%s/broken' && echo 'a: [' > sub/bad.yml && "
        "git add . && git commit -q -m bad",
        s.fixture->dir, s.fixture->dir, s.fixture->dir);
    serving_add_git(&s, "broken");
    line_count = 0;
    assert_int_equal(cfg_service_check(&s.options, say, &s, &err), CFG_CORRUPT);
    assert_int_equal(line_count, 3);
    assert_true(cfg_str_starts(lines[1], CFG_STR("sub/bad.yml:")));
    assert_true(cfg_str_ends(lines[2], CFG_STR(": 2 configuration files read, 1 refused")));
    serving_add_git(&s, "nowhere");
    cfg_err_clear(&err);
    line_count = 0;
    assert_int_equal(cfg_service_check(&s.options, say, &s, &err), CFG_UNAVAILABLE);
    assert_int_equal(line_count, 4);
}

static void health_is_having_read_everything(void **state)
{
    struct serving s;
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    assert_true(cfg_service_healthy(s.service));
    serving_stop(&s);
    serving_add_git(&s, "nobody");
    serving_start(&s);
    assert_false(cfg_service_healthy(s.service));
    serving_stop(&s);
}

static void clone_on_start_insists(void **state)
{
    struct serving s;
    struct cfg_err err = CFG_ERR_INIT;
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "nobody");
    git->clone_on_start = true;
    assert_int_equal(cfg_service_start(&s.options, serving_ignore, NULL, &s.service, &err),
                     CFG_NOT_FOUND);
    assert_null(s.service);
    assert_non_null(strstr(err.message, "nobody"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_questions_share_a_body),
        cmocka_unit_test(gzip_only_where_it_is_shorter),
        cmocka_unit_test(a_new_commit_is_another_body),
        cmocka_unit_test(folders_that_change_are_another_body),
        cmocka_unit_test(without_room_nothing_is_kept),
        cmocka_unit_test(endless_questions_are_refused),
        cmocka_unit_test(long_questions_are_answered),
        cmocka_unit_test(a_check_reads_everything),
        cmocka_unit_test(health_is_having_read_everything),
        cmocka_unit_test(clone_on_start_insists),
    };

    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
