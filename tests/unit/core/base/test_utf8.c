/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/defs.h"
#include "core/base/utf8.h"

static void every_code_point_goes_round(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char bytes[4];
        uint32_t back = 0;
        if (point == 0xd800)
            point = 0xe000;
        size_t len = cfg_utf8_put(point, bytes);
        assert_int_equal(cfg_utf8_next(cfg_str_make(bytes, len), 0, &back), len);
        assert_int_equal(back, point);
    }
}

static void malformed_is_found(void **state)
{
    (void)state;
    const char *bad[] = {"\x80",
                         "\xc0\xaf",
                         "\xe0\x80\x80",
                         "\xed\xa0\x80",
                         "\xf4\x90\x80\x80",
                         "\xf5\x80\x80\x80",
                         "\xe2\x82",
                         "\xc3(",
                         "\xff"};
    for (size_t i = 0; i < CFG_COUNT(bad); i++) {
        char text[16] = "ok";
        memcpy(text + 2, bad[i], strlen(bad[i]) + 1);
        assert_int_equal(cfg_utf8_valid(cfg_str_of(text)), 2);
    }
    assert_int_equal(cfg_utf8_valid(CFG_STR("h\u00e9llo \U0001F600")),
                     strlen("h\u00e9llo \U0001F600"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_goes_round),
        cmocka_unit_test(malformed_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
