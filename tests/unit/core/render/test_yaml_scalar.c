/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar: which form a text gets (the golden files of render_yaml go further). */
#include "core/render/yaml_scalar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/defs.h"

static void test_forms(void **state)
{
    static const struct {
        const char *text;
        enum cfg_yaml_form form;
    } rows[] = {
        {"", CFG_YAML_SINGLE},
        {"a b", CFG_YAML_PLAIN},
        {" a", CFG_YAML_SINGLE},
        {"a ", CFG_YAML_SINGLE},
        {"a: b", CFG_YAML_SINGLE},
        {"a:", CFG_YAML_SINGLE},
        {"a:b", CFG_YAML_PLAIN},
        {"a #b", CFG_YAML_SINGLE},
        {"a#b", CFG_YAML_PLAIN},
        {"?", CFG_YAML_SINGLE},
        {"?x", CFG_YAML_PLAIN},
        {"- x", CFG_YAML_SINGLE},
        {"--", CFG_YAML_PLAIN},
        {"---x", CFG_YAML_SINGLE},
        {"...", CFG_YAML_SINGLE},
        {"yes", CFG_YAML_SINGLE},
        {"y", CFG_YAML_PLAIN},
        {"089", CFG_YAML_SINGLE},
        {"0o7", CFG_YAML_PLAIN},
        {"12:30", CFG_YAML_SINGLE},
        {"08:30", CFG_YAML_PLAIN},
        {"tab\t", CFG_YAML_DOUBLE},
        {"a\rb", CFG_YAML_DOUBLE},
        {"a\nb", CFG_YAML_LITERAL},
        {"a \nb", CFG_YAML_DOUBLE},
        {"a\nb ", CFG_YAML_DOUBLE},
        {"a\n b", CFG_YAML_LITERAL},
        {"\x01", CFG_YAML_BINARY},
        {"\x7f", CFG_YAML_BINARY},
        {"é中😀", CFG_YAML_PLAIN},
        {"\xC2\x80", CFG_YAML_BINARY},
        {"\xC2\x85", CFG_YAML_LITERAL},
        {"\xEF\xBF\xBE", CFG_YAML_BINARY},
        {"\xEF\xBB\xBF", CFG_YAML_PLAIN},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++)
        if (cfg_yaml_scalar_look(cfg_str_of(rows[i].text)).form != rows[i].form)
            fail_msg("row %zu: %s", i, rows[i].text);
}

static void test_units(void **state)
{
    (void)state;
    assert_int_equal(cfg_yaml_scalar_look(CFG_STR("aé中😀")).units, 5);
    assert_int_equal(cfg_yaml_scalar_look(CFG_STR("\xFF\xFF")).units, 2);
    assert_true(cfg_yaml_scalar_look(CFG_STR("a\xE2\x80\xA8")).has_break);
}

static void test_reads_as(void **state)
{
    static const char *const others[] = {
        "",
        "~",
        "Null",
        "NULL",
        "on",
        "Off",
        "TRUE",
        "<<",
        "0",
        "-0",
        "+1",
        "0b1_0",
        "0x_F",
        "0_7",
        "1_000",
        "1:59",
        "1:5:59",
        "1.",
        ".5",
        "._",
        "1e3",
        "1E-3",
        "1.5e+7",
        "0:1.5",
        "+.inf",
        ".NaN",
        "2024-01-02",
        "2024-1-2T3:04:05",
        "2024-01-02 03:04:05.5 -1:30",
        "2024-01-02t03:04:05Z",
    };
    static const char *const strings[] = {
        "y",
        "tRUE",
        "nULL",
        "-",
        "+",
        ".",
        "0b",
        "0b2",
        "0x",
        "0o7",
        "08",
        "1:60",
        "08:30",
        "1,000",
        "1.2.3",
        "1e",
        "e1",
        "+.nan",
        ".inF",
        "1:",
        "1:2:",
        "2024-1-2",
        "2024-01-02T",
        "2024-01-02T03:04",
        "2024-01-02T03:04:05+1:3",
        "=",
        "none",
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(others); i++)
        if (cfg_yaml_scalar_reads_as_string(cfg_str_of(others[i])))
            fail_msg("a string: %s", others[i]);
    for (size_t i = 0; i < CFG_COUNT(strings); i++)
        if (!cfg_yaml_scalar_reads_as_string(cfg_str_of(strings[i])))
            fail_msg("no string: %s", strings[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_reads_as),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
