/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines and columns of offsets.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/parse/place.h"

static void places(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        unsigned line, column;
    } cases[] = {
        {"", 0, 1, 1},
        {"", 9, 1, 1},
        {"abc", 2, 1, 3},
        {"a\nb", 2, 2, 1},
        {"a\r\nb", 3, 2, 1},
        {"a\rb", 2, 2, 1},
        {"\r\r\n\n", 4, 4, 1},
        {"a\n\nb", 3, 3, 1},
        {"\u00e9\u4e2dx", 5, 1, 3},
        {"a\n\U0001F600x", 6, 2, 2},
        {"ab", 99, 1, 3},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        unsigned line, column;
        cfg_place_of(cfg_str_of(cases[i].text), cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
