/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/rand.h"
#include "server/service/template.h"

static bool simple(const char *pattern, const char *text)
{
    return cfg_template_simple_match(cfg_str_of(pattern), cfg_str_of(text));
}

static bool path(const char *pattern, const char *text)
{
    return cfg_template_path_match(cfg_str_of(pattern), cfg_str_of(text));
}

static void expands_names(void **state)
{
    (void)state;
    struct cfg_arena arena;
    struct cfg_str out;
    struct cfg_template_values values = {CFG_STR("orders"), CFG_STR("dev"), CFG_STR("{profile}")};
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_true(cfg_template_expand(&arena, CFG_STR("a/{application}-{profile}/{label}{x}"),
                                    &values, &out));
    assert_string_equal(out.ptr, "a/orders-dev/{profile}{x}"); /* a value is never expanded again */
    cfg_arena_release(&arena);
}

static void tidies_paths(void **state)
{
    (void)state;
    const char *cases[][2] = {
        {"", ""},
        {"/", ""},
        {".", ""},
        {"a", "a"},
        {"//a/./b//c/", "a/b/c"},
        {"./a.b/..c", "a.b/..c"},
    };
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 16, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cfg_str out;
        assert_true(cfg_template_tidy(&arena, cfg_str_of(cases[i][0]), &out));
        assert_string_equal(out.ptr, cases[i][1]);
    }
    cfg_arena_release(&arena);
}

static void simple_patterns(void **state)
{
    (void)state;
    assert_true(simple("*", ""));
    assert_true(simple("a*", "a/dev"));
    assert_true(simple("*/dev", "svc/dev"));
    assert_true(simple("a*b*c", "aXXbYYbZc"));
    assert_false(simple("*/dev", "svc/development"));
    assert_false(simple("a", "ab"));
    assert_false(simple("", "a"));
    assert_false(simple("a?", "ab")); /* only the star is special here */
}

static void path_patterns(void **state)
{
    (void)state;
    assert_true(path("d*/", "d1/"));
    assert_false(path("d*/", "d1/sub/"));
    assert_true(path("team-*/svc/", "team-a/svc/"));
    assert_true(path("**/", "a/b/c/"));
    assert_true(path("**/svc/", "svc/"));
    assert_true(path("a/**/z/", "a/b/c/z/"));
    assert_true(path("a/**/z/", "a/z/"));
    assert_false(path("a/**/z/", "b/z/"));
    assert_true(path("x?/", "x1/"));
    assert_false(path("x?/", "x/"));
}

static void hostile_values_do_not_stand_in_uris(void **state)
{
    (void)state;
    const char *bad[] = {"", ".", "..", "...", "a/b", "a\\b", "a?b", "%2e", " a", "a b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cfg_template_safe_in_uri(cfg_str_of(bad[i])));
    assert_true(cfg_template_safe_in_uri(CFG_STR("orders-v1.2,x")));
}

/* A long pattern of stars against a long text must not take exponential time. */
static void stars_are_cheap(void **state)
{
    (void)state;
    static char pattern[400];
    static char text[4000];
    for (size_t i = 0; i + 1 < sizeof pattern; i++)
        pattern[i] = i % 2 ? '*' : 'a';
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 2] = 'b';
    pattern[sizeof pattern - 2] = 'c';
    assert_false(simple(pattern, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_names),
        cmocka_unit_test(tidies_paths),
        cmocka_unit_test(simple_patterns),
        cmocka_unit_test(path_patterns),
        cmocka_unit_test(hostile_values_do_not_stand_in_uris),
        cmocka_unit_test(stars_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
