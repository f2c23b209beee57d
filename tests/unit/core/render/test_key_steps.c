/* SPDX-License-Identifier: Apache-2.0 */
/* key_steps: what splits, what stays text, what is malformed, and the limits. */
#include "core/render/key_steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/model/limits.h"

static enum cfg_status split(struct cfg_str key, struct cfg_buf *out, struct cfg_err *err)
{
    struct cfg_arena arena;
    struct cfg_key_steps steps = {0};

    cfg_arena_init(&arena, 1 << 20, 0);
    enum cfg_status status = cfg_key_split(key, &arena, &steps, err);
    for (size_t i = 0; status == CFG_OK && i < steps.count; i++) {
        const struct cfg_key_step *step = &steps.items[i];
        if (step->is_index)
            cfg_buf_printf(out, "%u|", (unsigned)step->index);
        else
            cfg_buf_printf(out, "'%.*s'|", CFG_STR_ARG(step->name));
    }
    cfg_arena_release(&arena);
    return status;
}

static void test_well_formed(void **state)
{
    static const struct {
        const char *key, *want;
    } rows[] = {
        {"", "''|"},
        {"a", "'a'|"},
        {"a.b.c", "'a'|'b'|'c'|"},
        {"a.", "'a'|''|"},
        {"a[0]", "'a'|0|"},
        {"a[0][12].b", "'a'|0|12|'b'|"},
        {"a[0].", "'a'|0|''|"},
        {"a[007]", "'a'|7|"},
        {"a[10000]", "'a'|10000|"},
        {"a[x]", "'a[x]'|"},
        {"a[x][0]", "'a[x]'|0|"},
        {"a.b[world]d", "'a'|'b[world]d'|"},
        {"b[y.z]", "'b[y'|'z]'|"},
        {"c[/api/**]", "'c[/api/**]'|"},
        {"a[0", "'a[0'|"},
        {"a]", "'a]'|"},
        {"a[", "'a['|"},
        {"a[]", "'a[]'|"},
        {"a[][0]", "'a[]'|0|"},
        {"a[[0]", "'a['|0|"},
        {"[x].y", "'[x]'|'y'|"},
        {"a[2147483648]", "'a[2147483648]'|"},
        {"a[99999999999999999999]", "'a[99999999999999999999]'|"},
        {"a[-2147483649]", "'a[-2147483649]'|"},
        {"a[-]", "'a[-]'|"},
        {"a[--1]", "'a[--1]'|"},
        {"a[ 1]", "'a[ 1]'|"},
        {" .b", "' '|'b'|"},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_buf out;
        struct cfg_err err = CFG_ERR_INIT;
        cfg_buf_init(&out, 1000);
        assert_int_equal(split(cfg_str_of(rows[i].key), &out, &err), CFG_OK);
        assert_string_equal(out.ptr, rows[i].want);
        cfg_buf_release(&out);
    }
}

static void test_malformed(void **state)
{
    static const char *const keys[] = {
        ".",
        "..",
        ".a",
        "a..b",
        "a..",
        "[0]",
        "[-1]",
        "[[0]]",
        "a.[0]",
        "a[-1]",
        "a[+1]",
        "a[-0]",
        "a[0]b",
        "a[0]]",
        "a[0][",
        "a[0][]",
        "a[0] ",
        "a[0]..b",
        "a[0][x]",
        "a[0][1",
        "a[0][-1]",
        "a[0].[1]",
        "a[x]..b",
        "a[x[0]]",
        "a[0][2147483648]",
        "a[-2147483648]",
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(keys); i++) {
        struct cfg_buf out;
        struct cfg_err err = CFG_ERR_INIT;
        char want[64];
        cfg_buf_init(&out, 1000);
        assert_int_equal(split(cfg_str_of(keys[i]), &out, &err), CFG_INVALID);
        snprintf(want, sizeof want, "Invalid key: %s", keys[i]);
        assert_string_equal(err.message, want);
        cfg_buf_release(&out);
    }
}

static void test_limits(void **state)
{
    static char key[CFG_LIMIT_KEY_BYTES + 1];
    struct cfg_buf out;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    cfg_buf_init(&out, 1 << 20);
    assert_int_equal(split(CFG_STR("a[10001]"), &out, &err), CFG_TOO_LARGE);
    assert_non_null(strstr(err.message, "10000"));
    memset(key, 'a', sizeof key);
    cfg_err_clear(&err);
    assert_int_equal(split(cfg_str_make(key, sizeof key - 1), &out, &err), CFG_OK);
    assert_int_equal(split(cfg_str_make(key, sizeof key), &out, &err), CFG_TOO_LARGE);
    assert_non_null(strstr(err.message, "4096"));
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = i % 2 ? '.' : 'a';
    cfg_err_clear(&err);
    size_t most = 2 * CFG_LIMIT_KEY_STEPS - 1;
    assert_int_equal(split(cfg_str_make(key, most), &out, &err), CFG_OK);
    assert_int_equal(split(cfg_str_make(key, most + 2), &out, &err), CFG_TOO_LARGE);
    assert_non_null(strstr(err.message, "256"));
    cfg_buf_release(&out);
}

static void test_small_arena(void **state)
{
    struct cfg_arena arena;
    struct cfg_key_steps steps = {0};
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    cfg_arena_init(&arena, 16, 16);
    assert_int_equal(cfg_key_split(CFG_STR("a.b"), &arena, &steps, &err), CFG_TOO_LARGE);
    cfg_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_small_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
