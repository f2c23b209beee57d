/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"

static void dates_go_round(void **state)
{
    (void)state;
    const int64_t times[] = {0, 1767225600000, 1771754668000, 951782400000, 4102444799000};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[CFG_CLOCK_ISO_BYTES];
        cfg_clock_http(times[i], text);
        assert_int_equal(cfg_clock_parse_http(text), times[i]);
    }
}

static void known_texts(void **state)
{
    (void)state;
    char text[CFG_CLOCK_ISO_BYTES];
    cfg_clock_http(1767225600000, text);
    assert_string_equal(text, "Thu, 01 Jan 2026 00:00:00 GMT");
    cfg_clock_iso(1767225600323, text);
    assert_string_equal(text, "2026-01-01T00:00:00.323Z");
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"",
                         "Thu",
                         "yesterday",
                         "Thu, 01 Foo 2026 00:00:00 GMT",
                         "Thu, 01 Jan 2026 00:00:00",
                         "Thu, 01 Jan 2026"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(cfg_clock_parse_http(bad[i]), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_go_round),
        cmocka_unit_test(known_texts),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
