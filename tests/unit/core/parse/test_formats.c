/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of formats: order, extensions.
 */
#include "tests/unit/core/parse/parse_text.h"

static void order(void **state)
{
    (void)state;
    static const char *const extensions[CFG_FORMAT_COUNT] = {"yaml", "yml", "xml", "properties"};
    for (size_t i = 0; i < CFG_FORMAT_COUNT; i++)
        assert_string_equal(cfg_formats[i].extension.ptr, extensions[i]);
}

static void extensions(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *extension; /* NULL: none of ours */
    } cases[] = {
        {"a.yml", "yml"}, {"a.yaml", "yaml"},  {"d/e.f/a.properties", "properties"},
        {"a.xml", "xml"}, {".yml", "yml"},     {"a.v1.yml", "yml"},
        {"a.YML", NULL},  {"a.json", NULL},    {"yml", NULL},
        {"a.", NULL},     {"", NULL},          {"a.yml/b", NULL},
        {"a.yml~", NULL}, {"a.yml.bak", NULL}, {"a.ymlx", NULL},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        const struct cfg_format *format = cfg_format_of(cfg_str_of(cases[i].path));
        if (cases[i].extension == NULL)
            assert_null(format);
        else
            assert_string_equal(format->extension.ptr, cases[i].extension);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
