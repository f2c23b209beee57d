/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void is(struct cfg_str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.len ? got.ptr : "", want, got.len);
}

static enum cfg_status find(struct cfg_arena *arena,
                            const char *raw,
                            const char *method,
                            const char *prefix,
                            struct cfg_match *out,
                            enum cfg_routing *routing)
{
    struct cfg_target target;
    struct cfg_err err = CFG_ERR_INIT;
    const struct cfg_bases bases = {.prefix = cfg_str_of(prefix), .monitor = CFG_STR("/hooks")};
    assert_int_equal(cfg_target_parse(cfg_str_of(raw), &target, &err), CFG_OK);
    return cfg_router_find(arena, &target, cfg_router_method(method), &bases, out, routing, &err);
}

/* Which row wins, and what its names are; label NULL: none. */
static void rows_win(void **state)
{
    static const struct {
        const char *target;
        enum cfg_route_id id;
        const char *app, *profiles, *label, *path;
    } rows[] = {
        {"/foo/dev", CFG_ROUTE_ENVIRONMENT, "foo", "dev", NULL, ""},
        {"/foo/dev;x=1", CFG_ROUTE_ENVIRONMENT, "foo", "dev", NULL, ""},
        {"/foo;v=1/dev", CFG_ROUTE_ENVIRONMENT, "foo", "dev", NULL, ""},
        {"/foo/a%2Cb", CFG_ROUTE_ENVIRONMENT, "foo", "a,b", NULL, ""},
        {"/foo/dev.txt", CFG_ROUTE_ENVIRONMENT, "foo", "dev.txt", NULL, ""},
        {"/foo/dev.v1", CFG_ROUTE_ENVIRONMENT, "foo", "dev.v1", NULL, ""},
        {"/foo/dev-yml", CFG_ROUTE_ENVIRONMENT, "foo", "dev-yml", NULL, ""},
        {"/foo/a.ymlx", CFG_ROUTE_ENVIRONMENT, "foo", "a.ymlx", NULL, ""},
        {"/foo/a.yml_x", CFG_ROUTE_ENVIRONMENT, "foo", "a.yml_x", NULL, ""},
        {"/foo/.yml", CFG_ROUTE_ENVIRONMENT, "foo", ".yml", NULL, ""},
        {"/foo/-.yml", CFG_ROUTE_ENVIRONMENT, "foo", "-.yml", NULL, ""},
        {"/foo/bar-.yml", CFG_ROUTE_ENVIRONMENT, "foo", "bar-.yml", NULL, ""},
        {"/foo(_)x/dev", CFG_ROUTE_ENVIRONMENT, "foo(_)x", "dev", NULL, ""},
        {"/foo-dev.yml", CFG_ROUTE_YML, "foo", "dev", NULL, ""},
        {"/foo-dev.yaml", CFG_ROUTE_YAML, "foo", "dev", NULL, ""},
        {"/foo-dev.json", CFG_ROUTE_JSON, "foo", "dev", NULL, ""},
        {"/foo-dev.properties", CFG_ROUTE_PROPERTIES, "foo", "dev", NULL, ""},
        {"/my-app-dev.yml", CFG_ROUTE_YML, "my-app", "dev", NULL, ""},
        {"/my-app-dev-x.yml", CFG_ROUTE_YML, "my-app-dev", "x", NULL, ""},
        {"/foo-d%2Dev.yml", CFG_ROUTE_YML, "foo-d", "ev", NULL, ""},
        {"/foo-dev%2Eyml", CFG_ROUTE_YML, "foo", "dev", NULL, ""},
        {"/foo-dev.yml;x", CFG_ROUTE_YML, "foo", "dev", NULL, ""},
        {"/foo-.yml", CFG_ROUTE_YML, "foo", "", NULL, ""},
        {"/-dev.yml", CFG_ROUTE_YML, "", "dev", NULL, ""},
        {"/-.yml", CFG_ROUTE_YML, "", "", NULL, ""},
        {"/lab/foo-dev.yml", CFG_ROUTE_YML_AT, "foo", "dev", "lab", ""},
        {"/lab/foo-dev.properties", CFG_ROUTE_PROPERTIES_AT, "foo", "dev", "lab", ""},
        {"/foo/-dev.yml", CFG_ROUTE_YML_AT, "", "dev", "foo", ""},
        {"/a(_)b/foo-dev.json", CFG_ROUTE_JSON_AT, "foo", "dev", "a(_)b", ""},
        {"/foo/dev/lab", CFG_ROUTE_ENVIRONMENT_AT, "foo", "dev", "lab", ""},
        {"/a/b/foo-dev.yml", CFG_ROUTE_ENVIRONMENT_AT, "a", "b", "foo-dev.yml", ""},
        {"/foo/dev/feature%2Fx", CFG_ROUTE_ENVIRONMENT_AT, "foo", "dev", "feature(_)x", ""},
        {"/foo/dev/lab?useDefaultLabel", CFG_ROUTE_FILE, "foo", "dev", NULL, "lab"},
        {"/foo/dev/n.txt?useDefaultLabel=false", CFG_ROUTE_FILE, "foo", "dev", NULL, "n.txt"},
        {"/foo/dev/la/b", CFG_ROUTE_FILE_AT, "foo", "dev", "la", "b"},
        {"/foo/dev/sub/n.txt?useDefaultLabel", CFG_ROUTE_FILE_AT, "foo", "dev", "sub", "n.txt"},
        {"/foo/dev/feature%2Fx/sub//n.txt", CFG_ROUTE_FILE_AT, "foo", "dev", "feature(_)x",
         "sub/n.txt"},
        {"/foo/dev/lab/", CFG_ROUTE_FILE_AT, "foo", "dev", "lab", ""},
        {"/foo/dev/lab/../x", CFG_ROUTE_FILE_AT, "foo", "dev", "lab", "../x"},
        {"/key", CFG_ROUTE_KEY, "", "", NULL, ""},
        {"/key/foo", CFG_ROUTE_ENVIRONMENT, "key", "foo", NULL, ""},
        {"/key/a/b", CFG_ROUTE_KEY_OF, "a", "b", NULL, ""},
        {"/encrypt/status", CFG_ROUTE_ENCRYPT_STATUS, "", "", NULL, ""},
        {"/encrypt/status/x", CFG_ROUTE_ENVIRONMENT_AT, "encrypt", "status", "x", ""},
        {"/encrypt/foo/dev", CFG_ROUTE_ENVIRONMENT_AT, "encrypt", "foo", "dev", ""},
        {"/actuator/health", CFG_ROUTE_HEALTH, "", "", NULL, ""},
        {"/actuator/health/liveness", CFG_ROUTE_LIVENESS, "", "", NULL, ""},
        {"/actuator/nope", CFG_ROUTE_ENVIRONMENT, "actuator", "nope", NULL, ""},
        {"/-/anything", CFG_ROUTE_OWN_GET, "", "", NULL, ""},
        {"/-/a/b/c/d", CFG_ROUTE_OWN_GET, "", "", NULL, ""},
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_match match;
        enum cfg_routing routing;
        print_message("%s\n", rows[i].target);
        assert_int_equal(find(&arena, rows[i].target, "GET", "", &match, &routing), CFG_OK);
        assert_int_equal(routing, CFG_ROUTED);
        assert_int_equal(match.route->id, rows[i].id);
        is(match.app, rows[i].app);
        is(match.profiles, rows[i].profiles);
        assert_int_equal(match.has_label, rows[i].label != NULL);
        is(match.label, rows[i].label ? rows[i].label : "");
        is(match.path, rows[i].path);
    }
    cfg_arena_release(&arena);
}

static void nothing_is_there(void **state)
{
    static const char *const targets[] = {
        "/",
        "/foo",
        "/foo/",
        "/foo.yml",
        "/foo-dev",
        "/foo-dev.xml",
        "/foo-dev.YML",
        "/foo/dev/",
        "//foo/dev",
        "/foo//dev",
        "/foo/dev.yml",
        "/foo/dev.yaml",
        "/foo/dev.json",
        "/foo/dev.properties",
        "/foo/dev.yml.x",
        "/foo/a.yml-x",
        "/foo/%C3%A9.yml",
        "/foo;a-b.yml",
        "/foo/;x=1",
        "/foo/dev/;x",
        "/foo//default/n",
        "/.yml",
        "/foo-dev.yml/",
        "/actuator",
        "/-",
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(targets); i++) {
        struct cfg_match match;
        enum cfg_routing routing;
        print_message("%s\n", targets[i]);
        assert_int_equal(find(&arena, targets[i], "GET", "", &match, &routing), CFG_OK);
        assert_int_equal(routing, CFG_ROUTE_NONE);
        assert_null(match.route);
        assert_int_equal(find(&arena, targets[i], "POST", "", &match, &routing), CFG_OK);
        assert_int_equal(routing, CFG_ROUTE_NONE);
    }
    cfg_arena_release(&arena);
}

static void escaped_slashes(void **state)
{
    static const char *const targets[] = {
        "/foo%2Fx/dev", "/foo/d%2Fv", "/foo%2Fx-dev.yml", "/lab%2Fx/foo-dev.yml",
        "/foo%2fbar",   "/a%2Fb/c/d", "/a/b/c/d%2Fe",     "/a/b/c%2Fd?useDefaultLabel",
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(targets); i++) {
        struct cfg_match match;
        enum cfg_routing routing;
        print_message("%s\n", targets[i]);
        assert_int_equal(find(&arena, targets[i], "GET", "", &match, &routing), CFG_INVALID);
    }
    cfg_arena_release(&arena);
}

static void methods(void **state)
{
    static const struct {
        const char *method, *target;
        enum cfg_routing routing;
        const char *allow;
    } rows[] = {
        {"HEAD", "/foo/dev", CFG_ROUTED, "GET,HEAD,OPTIONS"},
        {"POST", "/foo/dev", CFG_ROUTE_METHOD, "GET,HEAD,OPTIONS"},
        {"DELETE", "/a/b/c/d", CFG_ROUTE_METHOD, "GET,HEAD,OPTIONS"},
        {"TRACE", "/foo-dev.yml", CFG_ROUTE_METHOD, "GET,HEAD,OPTIONS"},
        {"get", "/foo/dev", CFG_ROUTE_METHOD, "GET,HEAD,OPTIONS"},
        {"OPTIONS", "/foo/dev", CFG_ROUTE_OPTIONS, "GET,HEAD,OPTIONS"},
        {"OPTIONS", "/encrypt", CFG_ROUTE_OPTIONS, "POST,OPTIONS"},
        {"OPTIONS", "*", CFG_ROUTE_OPTIONS, "GET,HEAD,POST,OPTIONS"},
        {"OPTIONS", "/nope", CFG_ROUTE_NONE, ""},
        {"GET", "/encrypt", CFG_ROUTE_METHOD, "POST,OPTIONS"},
        {"HEAD", "/decrypt", CFG_ROUTE_METHOD, "POST,OPTIONS"},
        {"POST", "/encrypt", CFG_ROUTED, NULL},
        {"POST", "/encrypt/foo/dev", CFG_ROUTED, NULL},
        {"PUT", "/encrypt/foo/dev", CFG_ROUTE_METHOD, "GET,HEAD,POST,OPTIONS"},
        {"POST", "/encrypt/status", CFG_ROUTE_METHOD, "GET,HEAD,OPTIONS"},
        {"POST", "/key", CFG_ROUTE_METHOD, "GET,HEAD,OPTIONS"},
        {"POST", "/-/x", CFG_ROUTED, NULL},
        {"POST", "/hooks/monitor", CFG_ROUTED, NULL},
        {"GET", "/hooks/monitor", CFG_ROUTED, NULL}, /* an application called hooks */
        {"PUT", "/hooks/monitor", CFG_ROUTE_METHOD, "GET,HEAD,POST,OPTIONS"},
        {"POST", "/hooks/monitor/", CFG_ROUTE_NONE, NULL},
        {"POST", "/monitor", CFG_ROUTE_NONE, NULL},
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_match match;
        enum cfg_routing routing;
        print_message("%s %s\n", rows[i].method, rows[i].target);
        assert_int_equal(find(&arena, rows[i].target, rows[i].method, "", &match, &routing),
                         CFG_OK);
        assert_int_equal(routing, rows[i].routing);
        if (routing == CFG_ROUTE_METHOD || routing == CFG_ROUTE_OPTIONS)
            assert_string_equal(match.allow, rows[i].allow);
    }
    cfg_arena_release(&arena);
}

static void a_prefix_stands_in_front(void **state)
{
    static const struct {
        const char *target;
        enum cfg_routing routing;
        enum cfg_route_id id;
    } rows[] = {
        {"/foo/dev", CFG_ROUTE_NONE, 0},
        {"/config/foo/dev", CFG_ROUTED, CFG_ROUTE_ENVIRONMENT},
        {"/config/foo-dev.yml", CFG_ROUTED, CFG_ROUTE_YML},
        {"/config/foo/dev/lab/n.txt", CFG_ROUTED, CFG_ROUTE_FILE_AT},
        {"/config/key", CFG_ROUTED, CFG_ROUTE_KEY},
        {"/key", CFG_ROUTE_NONE, 0},
        {"/actuator/health", CFG_ROUTED, CFG_ROUTE_HEALTH},
        {"/-/x", CFG_ROUTED, CFG_ROUTE_OWN_GET},
        {"/config/-/x", CFG_ROUTED, CFG_ROUTE_ENVIRONMENT},
        {"/config", CFG_ROUTE_NONE, 0},
        {"/config/", CFG_ROUTE_NONE, 0},
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_match match;
        enum cfg_routing routing;
        print_message("%s\n", rows[i].target);
        assert_int_equal(find(&arena, rows[i].target, "GET", "/config", &match, &routing), CFG_OK);
        assert_int_equal(routing, rows[i].routing);
        if (routing == CFG_ROUTED)
            assert_int_equal(match.route->id, rows[i].id);
    }
    cfg_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_win),
        cmocka_unit_test(nothing_is_there),
        cmocka_unit_test(escaped_slashes),
        cmocka_unit_test(methods),
        cmocka_unit_test(a_prefix_stands_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
