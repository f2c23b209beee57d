/* SPDX-License-Identifier: Apache-2.0 */
/* overrides: escapes undone, order and texts kept. */
#include "server/service/overrides.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void escapes_are_undone(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "plain"},         {"\\${x}", "${x}"},     {"\\{x}", "{x}"},
        {"a\\b", "a\\b"},           {"\\$x", "\\$x"},       {"", ""},
        {"\\\\{x}", "\\{x}"},       {"${x:\\{}", "${x:{}"}, {"tail\\", "tail\\"},
        {"\\{\\${a}\\{", "{${a}{"},
    };
    struct cfg_prop items[CFG_COUNT(cases)];
    char keys[CFG_COUNT(cases)][8];
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_value value = {CFG_KIND_STRING, cfg_str_of(cases[i][0])};
        snprintf(keys[i], sizeof keys[i], "k%zu", i);
        items[i] = cfg_prop_make(cfg_str_of(keys[i]), value, 9, 9);
    }
    const struct cfg_props from = {items, CFG_COUNT(items)};
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_int_equal(cfg_overrides_make(&from, &arena, &out, &err), CFG_OK);
    assert_int_equal(out.count, from.count);
    for (size_t i = 0; i < out.count; i++) {
        const struct cfg_prop *prop = cfg_props_find(&out, cfg_str_of(keys[i]));
        assert_non_null(prop);
        assert_string_equal(prop->text_ptr, cases[i][1]);
        assert_ptr_not_equal(prop->key_ptr, keys[i]); /* it borrows nothing */
        assert_int_equal(prop->line, 0);
    }
    cfg_arena_release(&arena);
}

static void none_are_none(void **state)
{
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    const struct cfg_props none = {NULL, 0};
    (void)state;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_int_equal(cfg_overrides_make(&none, &arena, &out, &err), CFG_OK);
    assert_int_equal(out.count, 0);
    cfg_arena_release(&arena);
}

static void memory_may_run_out(void **state)
{
    struct cfg_prop items[64];
    const struct cfg_props from = {items, CFG_COUNT(items)};
    struct cfg_arena arena;
    struct cfg_props out;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(items); i++)
        items[i] = cfg_prop_make(CFG_STR("key"),
                                 (struct cfg_value){CFG_KIND_STRING, CFG_STR("value")}, 0, 0);
    for (size_t max = 0; max < 4096; max += 512) {
        cfg_arena_init(&arena, max, 64);
        cfg_err_clear(&err);
        if (cfg_overrides_make(&from, &arena, &out, &err) != CFG_OK)
            assert_int_equal(err.status, CFG_TOO_LARGE);
        cfg_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(none_are_none),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
