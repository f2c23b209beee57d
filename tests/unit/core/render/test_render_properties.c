/* SPDX-License-Identifier: Apache-2.0 */
/* render_properties: raw lines, LF between them and none at the end. */
#include "core/render/render_properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_lines(void **state)
{
    const struct cfg_merged items[] = {
        {.key = CFG_STR("weird key: x"), .value = {CFG_KIND_INT, CFG_STR("1")}},
        {.key = CFG_STR("multi"), .value = {CFG_KIND_STRING, CFG_STR("a\nb\n")}},
        {.key = CFG_STR("inf"), .value = {CFG_KIND_DOUBLE, CFG_STR("-Infinity")}},
        {.key = CFG_STR(""), .value = {CFG_KIND_STRING, CFG_STR("")}},
        {.key = CFG_STR("é\\"), .value = {CFG_KIND_BYTES, CFG_STR("aGVsbG8=")}},
    };
    struct cfg_buf out;
    (void)state;
    cfg_buf_init(&out, 1000);
    cfg_render_properties(items, 0, &out);
    assert_int_equal(out.len, 0);
    cfg_render_properties(items, CFG_COUNT(items), &out);
    assert_string_equal(out.ptr,
                        "weird key: x: 1\nmulti: a\nb\n\ninf: -Infinity\n: \né\\: aGVsbG8=");
    cfg_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
