/* SPDX-License-Identifier: Apache-2.0 */
/* environment: the names and the content of the sources, which clients take apart. */
#include "server/service/environment.h"

#include "tests/unit/server/service/serving.h"

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    run("git init -q -b main '%s/r' && cd '%s/r' && mkdir sub && echo 'a: 1' > application.yml && "
        "printf 'b: 1\\n---\\nb: 2\\n' > foo.yml && printf 'c=1\\n' > sub/foo-dev.properties && "
        "printf 'd: 1\\n---\\nspring:\\n  config:\\n    activate:\\n      on-profile: dev\\nd: "
        "2\\n' "
        "> bar.yml && printf 'e: 1\\npassword: \"{cipher}00\"\\n' > secret.yml && "
        "printf 'a: [\\n' > broken.yml && git add . && git commit -q -m one && "
        "mkdir '%s/n' && cp *.yml '%s/n'",
        fixture->dir, fixture->dir, fixture->dir, fixture->dir);
    return 0;
}

static struct cfg_body *get(struct serving *s, const char *name, const char *profiles)
{
    struct cfg_ask question = serving_ask(CFG_FORM_ENV, name, profiles, NULL);
    return serving_get(s, &question);
}

static void expect_part(struct serving *s, const char *name, const char *format, const char *dir)
{
    char want[1024];
    struct cfg_body *body = get(s, name, "dev");
    struct cfg_str rest = cfg_str_of(format);
    struct cfg_str piece;
    size_t len = 0;
    /* every "@" stands for the fixture's folder */
    while (cfg_str_cut(&rest, '@', &piece))
        len += (size_t)snprintf(want + len, sizeof want - len, "%.*s%s", CFG_STR_ARG(piece),
                                rest.ptr ? dir : "");
    if (strstr(body->bytes.ptr, want) == NULL)
        fail_msg("%s is not in %s", want, body->bytes.ptr);
    cfg_body_unref(body);
}

static void git_names(void **state)
{
    struct serving s;
    struct cfg_str path = CFG_STR("sub");
    serving_init(&s, state);
    struct cfg_git_options *git = serving_add_git(&s, "r");
    git->search_paths = (struct cfg_strs){&path, 1};
    serving_start(&s);
    const char *dir = s.fixture->dir;
    expect_part(&s, "foo",
                "{\"name\":\"file:@/r/sub/foo-dev.properties\",\"source\":{\"c\":\"1\"}}", dir);
    expect_part(&s, "foo", "{\"name\":\"file:@/r/application.yml\",\"source\":{\"a\":1}}", dir);
    /* of several documents the last is the strongest; the brackets do not match, and never did */
    expect_part(&s, "foo",
                "{\"name\":\"file:@/r/Config resource 'file [@/r/foo.yml' via location '' "
                "(document #1)\",\"source\":{\"b\":2}},{\"name\":\"file:@/r/Config resource 'file "
                "[@/r/foo.yml' via location '' (document #0)\",\"source\":{\"b\":1}}",
                dir);
    /* which document it is counts all of them, active or not */
    expect_part(&s, "bar", "via location '' (document #1)\",\"source\":{", dir);
    serving_stop(&s);
}

static void native_names(void **state)
{
    struct serving s;
    serving_init(&s, state);
    struct cfg_native_options *native = serving_add_native(&s);
    struct cfg_str location = serving_text(&s, "file:%s/n", s.fixture->dir);
    native->search_locations = (struct cfg_strs){&location, 1};
    serving_start(&s);
    const char *dir = s.fixture->dir;
    expect_part(&s, "foo", "{\"name\":\"file:@/n/application.yml\",\"source\":{\"a\":1}}", dir);
    expect_part(&s, "foo",
                "{\"name\":\"Config resource 'file [@/n/foo.yml]' via location 'file:@/n/' "
                "(document #1)\",\"source\":{\"b\":2}}",
                dir);
    serving_stop(&s);
}

static void overrides_come_first(void **state)
{
    struct serving s;
    struct cfg_prop items[] = {cfg_prop_make(
        CFG_STR("o"), (struct cfg_value){CFG_KIND_STRING, CFG_STR("\\${mine}")}, 0, 0)};
    serving_init(&s, state);
    serving_add_git(&s, "r");
    s.options.overrides = (struct cfg_props){items, 1};
    serving_start(&s);
    expect_part(&s, "nobody",
                "\"propertySources\":[{\"name\":\"overrides\",\"source\":{\"o\":\"${mine}\"}},"
                "{\"name\":\"file:@/r/application.yml\"",
                s.fixture->dir);
    struct cfg_ask v2 = serving_ask(CFG_FORM_ENV2, "nobody", "dev", NULL);
    struct cfg_body *body = serving_get(&s, &v2);
    assert_non_null(strstr(body->bytes.ptr, "\"origin\":\"Config server overrides\""));
    cfg_body_unref(body);
    serving_stop(&s);
}

static void ciphers_do_not_leave(void **state)
{
    struct serving s;
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    expect_part(&s, "secret", "\"source\":{\"e\":1,\"invalid.password\":\"<n/a>\"}", "");
    serving_stop(&s);
    s.options.encrypt_enabled = false; /* clients decrypt them */
    serving_start(&s);
    expect_part(&s, "secret", "\"source\":{\"e\":1,\"password\":\"{cipher}00\"}", "");
    serving_stop(&s);
}

static void the_question_is_repeated(void **state)
{
    struct serving s;
    char commit[256];
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    serving_commit(&s, "r", "main", commit);
    struct cfg_ask question = serving_ask(CFG_FORM_ENV, "foo,bar", "a,b", "main");
    struct cfg_body *body = serving_get(&s, &question);
    assert_true(cfg_str_starts(
        body->bytes, CFG_STR("{\"name\":\"foo,bar\",\"profiles\":[\"a,b\"],\"label\":\"main\",")));
    assert_non_null(strstr(body->bytes.ptr, commit));
    assert_true(cfg_str_eq(body->version, cfg_str_of(commit)));
    cfg_body_unref(body);
    body = get(&s, "foo", "dev");
    assert_non_null(strstr(body->bytes.ptr, "\"label\":null,\"version\":\""));
    assert_non_null(strstr(body->bytes.ptr, "\"state\":\"\""));
    cfg_body_unref(body);
    serving_stop(&s);
}

static void a_broken_file_names_its_place(void **state)
{
    struct serving s;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;
    char commit[256];
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    serving_commit(&s, "r", "main", commit);
    struct cfg_ask question = serving_ask(CFG_FORM_ENV, "broken", "dev", NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(serving_try(&s, &question, &body, &err), CFG_CORRUPT);
        assert_string_equal(err.path, "broken.yml");
        assert_string_equal(err.commit, commit);
        assert_true(err.line > 0);
    }
    cfg_body_unref(get(&s, "foo", "dev")); /* others are not concerned */
    serving_stop(&s);
}

static void bad_questions_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"..", "dev"}, {"a#b", "dev"}, {"foo", "../x"}, {"(_)x", "d"}};
    struct serving s;
    serving_init(&s, state);
    serving_add_git(&s, "r");
    serving_start(&s);
    for (size_t i = 0; i < CFG_COUNT(bad); i++) {
        struct cfg_ask question = serving_ask(CFG_FORM_ENV, bad[i][0], bad[i][1], NULL);
        serving_expect_error(&s, &question, CFG_INVALID, "");
    }
    struct cfg_ask file = serving_ask(CFG_FORM_BINARY, "foo", "dev", "main");
    file.path = CFG_STR("../application.yml");
    serving_expect_error(&s, &file, CFG_INVALID, "");
    serving_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(git_names),
        cmocka_unit_test(native_names),
        cmocka_unit_test(overrides_come_first),
        cmocka_unit_test(ciphers_do_not_leave),
        cmocka_unit_test(the_question_is_repeated),
        cmocka_unit_test(a_broken_file_names_its_place),
        cmocka_unit_test(bad_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
