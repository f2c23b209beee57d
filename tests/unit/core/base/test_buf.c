/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"

static void ceiling_is_sticky(void **state)
{
    (void)state;
    struct cfg_buf buf;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_buf_init(&buf, 5);
    cfg_buf_str(&buf, CFG_STR("abc"));
    cfg_buf_str(&buf, CFG_STR("def")); /* one too many */
    cfg_buf_str(&buf, CFG_STR("g"));   /* would fit, but the text is broken by now */
    assert_true(cfg_str_eq(cfg_buf_view(&buf), CFG_STR("abc")));
    assert_int_equal(cfg_buf_end(&buf, "a test", &err), CFG_TOO_LARGE);
    assert_string_equal(err.message, "a test is over 5 bytes");
    cfg_buf_reset(&buf);
    cfg_buf_str(&buf, CFG_STR("12345"));
    cfg_err_clear(&err);
    assert_int_equal(cfg_buf_end(&buf, "a test", &err), CFG_OK);
    cfg_buf_release(&buf);
}

static void grows_and_terminates(void **state)
{
    (void)state;
    struct cfg_buf buf;
    size_t len;
    cfg_buf_init(&buf, 1 << 20);
    for (int i = 0; i < 10000; i++)
        cfg_buf_printf(&buf, "%04d", i);
    assert_int_equal(buf.len, 40000);
    assert_int_equal(buf.ptr[buf.len], 0);
    assert_memory_equal(buf.ptr + 4 * 1234, "1234", 4);
    char *taken = cfg_buf_take(&buf, &len);
    assert_int_equal(len, 40000);
    assert_null(buf.ptr);
    free(taken);
    cfg_buf_wipe(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceiling_is_sticky),
        cmocka_unit_test(grows_and_terminates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
