/* SPDX-License-Identifier: Apache-2.0 */
/* secrets: no cipher text leaves as it is stored. */
#include "server/service/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct cfg_prop text(const char *key, const char *value)
{
    struct cfg_value v = {CFG_KIND_STRING, cfg_str_of(value)};
    return cfg_prop_make(cfg_str_of(key), v, 3, 7);
}

static void expect(const struct cfg_prop *prop, const char *key, const char *value)
{
    assert_true(cfg_str_eq(cfg_prop_key(prop), cfg_str_of(key)));
    assert_true(cfg_str_eq(cfg_prop_value(prop).text, cfg_str_of(value)));
    assert_int_equal(cfg_prop_value(prop).kind, CFG_KIND_STRING);
    assert_int_equal(prop->line, 3);
    assert_int_equal(cfg_prop_column(prop), 7);
}

static void ciphers_become_marks_at_the_end(void **state)
{
    (void)state;
    struct cfg_prop items[] = {text("a", "1"), text("b", "{cipher}secret"), text("c", "x{cipher}"),
                               text("d", "{cipher}"), text("e", "5")};
    const struct cfg_props props = {items, CFG_COUNT(items)};
    const struct cfg_service_options options = {.prefix_invalid_properties = true};
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    size_t from;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_int_equal(cfg_secrets_open(&options, &props, &arena, &out, &from, &err), CFG_OK);
    assert_int_equal(out.count, 5);
    assert_int_equal(from, 3);
    expect(&out.items[0], "a", "1");
    expect(&out.items[1], "c", "x{cipher}");
    expect(&out.items[2], "e", "5");
    expect(&out.items[3], "invalid.b", "<n/a>");
    expect(&out.items[4], "invalid.d", "<n/a>");
    cfg_arena_release(&arena);
}

static void without_prefix_the_text_stays_and_the_mark_goes(void **state)
{
    (void)state;
    struct cfg_prop items[] = {text("b", "{cipher}AAFF")};
    const struct cfg_props props = {items, 1};
    const struct cfg_service_options options = {.prefix_invalid_properties = false};
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    size_t from;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_int_equal(cfg_secrets_open(&options, &props, &arena, &out, &from, &err), CFG_OK);
    assert_int_equal(from, 0);
    expect(&out.items[0], "b", "AAFF");
    cfg_arena_release(&arena);
}

static void without_ciphers_nothing_changes(void **state)
{
    (void)state;
    struct cfg_prop items[] = {
        text("a", "1"),
        cfg_prop_make(CFG_STR("n"), (struct cfg_value){CFG_KIND_INT, CFG_STR("2")}, 3, 7)};
    const struct cfg_props props = {items, CFG_COUNT(items)};
    const struct cfg_service_options options = {.prefix_invalid_properties = true};
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    size_t from;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_int_equal(cfg_secrets_open(&options, &props, &arena, &out, &from, &err), CFG_OK);
    assert_true(from == SIZE_MAX);
    assert_int_equal(out.count, 2);
    assert_int_equal(cfg_prop_value(&out.items[1]).kind, CFG_KIND_INT);
    cfg_arena_release(&arena);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct cfg_prop items[] = {text("b", "{cipher}AAFF")};
    const struct cfg_props props = {items, 1};
    const struct cfg_service_options options = {.prefix_invalid_properties = true};
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    size_t from;
    cfg_arena_init(&arena, 64, 0);
    assert_int_equal(cfg_secrets_open(&options, &props, &arena, &out, &from, &err), CFG_TOO_LARGE);
    cfg_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ciphers_become_marks_at_the_end),
        cmocka_unit_test(without_prefix_the_text_stays_and_the_mark_goes),
        cmocka_unit_test(without_ciphers_nothing_changes),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
