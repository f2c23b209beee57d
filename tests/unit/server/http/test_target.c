/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void init(struct cfg_arena *arena)
{
    cfg_arena_init(arena, 1 << 20, 0);
}

static void is(struct cfg_str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.len ? got.ptr : "", want, got.len);
}

static void refused_targets(void **state)
{
    static const char *const bad[] = {
        "",         "foo",       "?x",      "/a b",          "/a\tb",     "/a\x7fz",    "/a%",
        "/a%4",     "/a%zz",     "/a%00b",  "/a%0ab",        "/a%7Fb",    "/a\\b",      "/a%5cb",
        "/a#b",     "host:443",  "http://", "http:///a",     "ftp://h/a", "http://h?x", "/a?b=%",
        "/a?b=%00", "/a?b=\x01", "**",      "http://h?x=/a",
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(bad); i++) {
        struct cfg_target target;
        struct cfg_err err = CFG_ERR_INIT;
        if (cfg_target_parse(cfg_str_of(bad[i]), &target, &err) != CFG_INVALID)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(err.message[0]);
    }
}

static void a_nul_is_refused(void **state)
{
    struct cfg_target target;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    assert_int_equal(cfg_target_parse(cfg_str_make("/a\0b", 4), &target, &err), CFG_INVALID);
}

static void splits(void **state)
{
    static const struct {
        const char *raw, *path, *query;
        size_t count;
        const char *segments[3], *rest;
    } rows[] = {
        {"/", "/", "", 1, {""}, ""},
        {"*", "*", "", 1, {"*"}, ""},
        {"/foo", "/foo", "", 1, {"foo"}, ""},
        {"/foo/", "/foo/", "", 2, {"foo", ""}, ""},
        {"//foo/dev", "//foo/dev", "", 3, {"", "foo", "dev"}, ""},
        {"/foo;v=1/dev;x?a=b&c", "/foo;v=1/dev;x", "a=b&c", 2, {"foo", "dev"}, ""},
        {"/a/b/c", "/a/b/c", "", 3, {"a", "b", "c"}, ""},
        {"/a/b/c/", "/a/b/c/", "", 4, {"a", "b", "c"}, ""},
        {"/a/b/c/d/e;f", "/a/b/c/d/e;f", "", 4, {"a", "b", "c"}, "d/e;f"},
        {"/a%2Fb?/x", "/a%2Fb", "/x", 1, {"a%2Fb"}, ""},
        {"http://h:80/a/b?q", "/a/b", "q", 2, {"a", "b"}, ""},
        {"HTTPS://h", "/", "", 1, {""}, ""},
        {"/a?", "/a", "", 1, {"a"}, ""},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_target target;
        struct cfg_err err = CFG_ERR_INIT;
        assert_int_equal(cfg_target_parse(cfg_str_of(rows[i].raw), &target, &err), CFG_OK);
        is(target.path, rows[i].path);
        is(target.query, rows[i].query);
        assert_int_equal(target.count, rows[i].count);
        for (size_t s = 0; s < rows[i].count && s < 3; s++)
            is(target.segments[s], rows[i].segments[s]);
        is(target.rest, rows[i].rest);
    }
}

static void strips_a_prefix(void **state)
{
    static const struct {
        const char *path, *prefix;
        bool inside;
        size_t count;
        const char *first;
    } rows[] = {
        {"/config/a/b", "/config", true, 2, "a"},       {"/config/a/b", "config", true, 2, "a"},
        {"/cfg2/v1/a", "cfg2/v1", true, 1, "a"},        {"/config", "/config", false, 1, "config"},
        {"/configs/a", "/config", false, 2, "configs"}, {"/a", "", true, 1, "a"},
        {"/config/", "/config", true, 1, ""},           {"/x/config/a", "/config", false, 3, "x"},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_target target;
        struct cfg_err err = CFG_ERR_INIT;
        assert_int_equal(cfg_target_parse(cfg_str_of(rows[i].path), &target, &err), CFG_OK);
        assert_int_equal(cfg_target_strip(&target, cfg_str_of(rows[i].prefix)), rows[i].inside);
        assert_int_equal(target.count, rows[i].count);
        is(target.segments[0], rows[i].first);
        is(target.path, rows[i].path);
    }
}

static void decodes(void **state)
{
    static const struct {
        const char *raw, *want;
        bool slash;
    } rows[] = {
        {"", "", false},
        {"plain", "plain", false},
        {"a%2Cb", "a,b", false},
        {"feature%2Fx", "feature(_)x", true},
        {"%2f%2F", "(_)(_)", true},
        {"%28_%29", "(_)", false},
        {"a+b", "a+b", false},
        {"d%C3%A9v", "d\xc3\xa9v", false},
        {"%252e", "%2e", false},
    };
    (void)state;
    struct cfg_arena arena;
    init(&arena);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_str out;
        struct cfg_err err = CFG_ERR_INIT;
        bool slash;
        assert_int_equal(cfg_target_decode(&arena, cfg_str_of(rows[i].raw), &out, &slash, &err),
                         CFG_OK);
        is(out, rows[i].want);
        assert_int_equal(slash, rows[i].slash);
    }
    static const char *const bad[] = {"%ff", "\xff", "%C3", "%ed%a0%80"};
    for (size_t i = 0; i < CFG_COUNT(bad); i++) {
        struct cfg_str out;
        struct cfg_err err = CFG_ERR_INIT;
        bool slash;
        assert_int_equal(cfg_target_decode(&arena, cfg_str_of(bad[i]), &out, &slash, &err),
                         CFG_INVALID);
    }
    cfg_arena_release(&arena);
}

static void decodes_a_rest(void **state)
{
    static const struct {
        const char *raw, *want; /* NULL: refused */
    } rows[] = {
        {"", ""},
        {"/", ""},
        {";x", ""},
        {"note.txt", "note.txt"},
        {"/note.txt", "note.txt"},
        {"sub//note.txt/", "sub/note.txt"},
        {"./sub/./n;v=1", "sub/n"},
        {"../x", "../x"}, /* refused by whoever knows what a path is */
        {"n%2etxt", "n.txt"},
        {"sub(_)n", "sub(_)n"},
        {"a%2Fb", NULL},
        {"%ff", NULL},
    };
    (void)state;
    struct cfg_arena arena;
    init(&arena);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_str out;
        struct cfg_err err = CFG_ERR_INIT;
        enum cfg_status status =
            cfg_target_decode_rest(&arena, cfg_str_of(rows[i].raw), &out, &err);
        assert_int_equal(status, rows[i].want ? CFG_OK : CFG_INVALID);
        is(out, rows[i].want ? rows[i].want : "");
    }
    cfg_arena_release(&arena);
}

static void finds_query_parameters(void **state)
{
    static const struct {
        const char *query, *value; /* NULL: not there */
    } rows[] = {
        {"", NULL},
        {"key", ""},
        {"key=", ""},
        {"key=a", "a"},
        {"x=1&key=a&y", "a"},
        {"key=a&key=b", "a"},
        {"k%65y=%74rue", "true"},
        {"key=a+b%2Fc", "a b/c"},
        {"keys=1", NULL},
        {"x=key", NULL},
        {"&&key=a=b", "a=b"},
        {"key+=1", NULL},
    };
    (void)state;
    struct cfg_arena arena;
    init(&arena);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_str out;
        struct cfg_err err = CFG_ERR_INIT;
        bool found;
        assert_int_equal(
            cfg_target_query(&arena, cfg_str_of(rows[i].query), CFG_STR("key"), &out, &found, &err),
            CFG_OK);
        assert_int_equal(found, rows[i].value != NULL);
        is(out, rows[i].value ? rows[i].value : "");
    }
    cfg_arena_release(&arena);
}

static void an_exhausted_arena_is_told(void **state)
{
    (void)state;
    struct cfg_arena arena;
    struct cfg_str out;
    struct cfg_err err = CFG_ERR_INIT;
    bool slash;
    cfg_arena_init(&arena, 4, 0);
    assert_int_equal(cfg_target_decode(&arena, CFG_STR("much%20longer"), &out, &slash, &err),
                     CFG_TOO_LARGE);
    cfg_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_targets),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(splits),
        cmocka_unit_test(strips_a_prefix),
        cmocka_unit_test(decodes),
        cmocka_unit_test(decodes_a_rest),
        cmocka_unit_test(finds_query_parameters),
        cmocka_unit_test(an_exhausted_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
