/* SPDX-License-Identifier: Apache-2.0 */
/* One text and its row: the field, or the reason; and what is masked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/app/settings_parts.h"

/* A field of every type in one place. */
union field {
    struct cfg_str text;
    bool flag;
    int number;
    unsigned count;
    size_t bytes;
};

static struct cfg_row row_of(enum cfg_type type, int64_t min, int64_t max)
{
    return (struct cfg_row){.type = type, .min = min, .max = max, .choices = "auto|text|on_param"};
}

static void test_numbers(void **state)
{
    static const struct {
        enum cfg_type type;
        int64_t min, max;
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {CFG_TYPE_NUMBER, 0, 65535, "0", true, 0},
        {CFG_TYPE_NUMBER, 0, 65535, "65535", true, 65535},
        {CFG_TYPE_NUMBER, 0, 65535, "65536", false, 0},
        {CFG_TYPE_NUMBER, 0, 65535, "-1", false, 0},
        {CFG_TYPE_NUMBER, 0, 0, "-7", true, -7},
        {CFG_TYPE_NUMBER, 0, 0, "2147483647", true, 2147483647},
        {CFG_TYPE_NUMBER, 0, 0, "2147483648", false, 0},
        {CFG_TYPE_NUMBER, 0, 0, "99999999999999999999", false, 0},
        {CFG_TYPE_NUMBER, 0, 0, "", false, 0},
        {CFG_TYPE_NUMBER, 0, 0, "-", false, 0},
        {CFG_TYPE_NUMBER, 0, 0, "1x", false, 0},
        {CFG_TYPE_NUMBER, 0, 0, "0x10", false, 0},
        {CFG_TYPE_SECONDS, -1, 100, "-1", true, -1},
        {CFG_TYPE_SECONDS, -1, 100, "30", true, 30},
        {CFG_TYPE_SECONDS, -1, 100, "1m", true, 60},
        {CFG_TYPE_SECONDS, -1, 100, "2000ms", true, 2},
        {CFG_TYPE_SECONDS, -1, 100, "1500ms", false, 0},
        {CFG_TYPE_SECONDS, -1, 100, "101", false, 0},
        {CFG_TYPE_SECONDS, -1, 100, "9223372036854775807d", false, 0},
        {CFG_TYPE_MILLIS, 0, 3600000, "8s", true, 8000},
        {CFG_TYPE_MILLIS, 0, 3600000, "8", true, 8000},
        {CFG_TYPE_MILLIS, 0, 3600000, "250 MS", true, 250},
        {CFG_TYPE_MILLIS, 0, 3600000, "1h", true, 3600000},
        {CFG_TYPE_MILLIS, 0, 3600000, "2h", false, 0},
        {CFG_TYPE_MILLIS, 0, 3600000, "-1ms", false, 0},
        {CFG_TYPE_MILLIS, 0, 3600000, "8 weeks", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_row row = row_of(cases[i].type, cases[i].min, cases[i].max);
        union field field = {.bytes = 0};
        char why[200] = "";
        bool ok = cfg_value_set(&row, cfg_str_of(cases[i].text), &field, why, sizeof(why));

        if (ok != cases[i].ok || (ok && field.number != cases[i].value))
            fail_msg("%s: %d, %d, %s", cases[i].text, ok, field.number, why);
        assert_int_equal(ok, why[0] == '\0');
    }
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        size_t value;
    } cases[] = {
        {"0", true, 0},
        {"17", true, 17},
        {"17B", true, 17},
        {"8KB", true, 8192},
        {"8kib", true, 8192},
        {"64 MB", true, 64 << 20},
        {"1G", true, 1 << 30},
        {"2GB", false, 0},
        {"1TB", false, 0},
        {"-1", false, 0},
        {"9223372036854775807G", false, 0},
        {"many", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_row row = row_of(CFG_TYPE_BYTES, 0, 1 << 30);
        union field field = {.bytes = 0};
        char why[200];
        bool ok = cfg_value_set(&row, cfg_str_of(cases[i].text), &field, why, sizeof(why));

        if (ok != cases[i].ok || (ok && field.bytes != cases[i].value))
            fail_msg("%s: %d, %zu", cases[i].text, ok, field.bytes);
    }
}

static void test_words(void **state)
{
    static const char *const yes[] = {"true", "TRUE", "yes", "on", "1"};
    static const char *const no[] = {"false", "No", "off", "0"};
    struct cfg_row flag = row_of(CFG_TYPE_BOOL, 0, 0), pick = row_of(CFG_TYPE_PICK, 0, 0);
    union field field = {.bytes = 0};
    char why[200];

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(yes); i++) {
        field.flag = false;
        assert_true(cfg_value_set(&flag, cfg_str_of(yes[i]), &field, why, sizeof(why)));
        assert_true(field.flag);
    }
    for (size_t i = 0; i < CFG_COUNT(no); i++) {
        field.flag = true;
        assert_true(cfg_value_set(&flag, cfg_str_of(no[i]), &field, why, sizeof(why)));
        assert_false(field.flag);
    }
    assert_false(cfg_value_set(&flag, CFG_STR("maybe"), &field, why, sizeof(why)));
    assert_false(cfg_value_set(&flag, CFG_STR(""), &field, why, sizeof(why)));
    assert_true(cfg_value_set(&pick, CFG_STR("On-Param"), &field, why, sizeof(why)));
    assert_int_equal(field.count, 2);
    assert_false(cfg_value_set(&pick, CFG_STR("au"), &field, why, sizeof(why)));
    assert_string_equal(why, "is none of auto|text|on_param");
}

static void test_split(void **state)
{
    struct cfg_arena arena;
    struct cfg_strs items;

    (void)state;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_true(cfg_value_split(&arena, CFG_STR(" a, b c ,,\td,"), &items));
    assert_int_equal(items.count, 3);
    assert_true(cfg_str_eq(items.items[0], CFG_STR("a")));
    assert_true(cfg_str_eq(items.items[1], CFG_STR("b c")));
    assert_true(cfg_str_eq(items.items[2], CFG_STR("d")));
    assert_true(cfg_value_split(&arena, CFG_STR(" , "), &items));
    assert_int_equal(items.count, 0);
    cfg_arena_release(&arena);
}

static void test_mask(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"https://h/x", "https://h/x"},
        {"https://u:p@h/x", "https://***@h/x"},
        {"https://u@h:1/x", "https://***@h:1/x"},
        {"https://token@h", "https://***@h"},
        {"https://u:p@ss@h/x", "https://***@h/x"},
        {"https://u:pa/ss@h/x", "https://***@h/x"},
        {"https://h:8080/a@b", "https://h:8080/a@b"},
        {"https://h/a@b", "https://h/a@b"},
        {"https://a:b@c/d,ssh://e@f/g", "https://***@c/d,ssh://***@f/g"},
        {"git@host:path", "git@host:path"},
        {"x://", "x://"},
        {"x://@h", "x://@h"},
        {"a://b://c:d@e", "a://b://***@e"},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_buf got;

        cfg_buf_init(&got, 256);
        cfg_buf_char(&got, '>');
        cfg_settings_mask(cfg_str_of(cases[i].text), &got);
        assert_string_equal(got.ptr + 1, cases[i].want);
        cfg_buf_release(&got);
    }
}

static void test_defaults_are_valid(void **state)
{
    union {
        struct cfg_settings root;
        struct cfg_git_target git;
        struct cfg_native_target native;
    } base;

    (void)state;
    memset(&base, 0, sizeof(base));
    for (size_t i = 0; i < cfg_row_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];
        char why[200];

        if (row->effect != CFG_EFFECT_YES && row->effect != CFG_EFFECT_LATER)
            continue;
        if (row->type != CFG_TYPE_LIST && row->type != CFG_TYPE_MAP &&
            !cfg_value_set(row, cfg_str_of(row->fallback), &base, why, sizeof(why)))
            fail_msg("%s: %s", row->key, why);
        assert_true(strlen(row->sentence) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_words),   cmocka_unit_test(test_split),
        cmocka_unit_test(test_mask),    cmocka_unit_test(test_defaults_are_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
