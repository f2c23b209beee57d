/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/err.h"

static void first_cause_wins(void **state)
{
    (void)state;
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_err_set(&err, CFG_CORRUPT, "first %d", 1), CFG_CORRUPT);
    assert_int_equal(cfg_err_set(&err, CFG_INVALID, "second"), CFG_CORRUPT);
    assert_string_equal(err.message, "first 1");
    assert_int_equal(cfg_err_end(&err, false), CFG_CORRUPT);
}

static void line_names_the_place(void **state)
{
    (void)state;
    char line[CFG_ERR_LINE_BYTES];
    struct cfg_err err = CFG_ERR_INIT;
    cfg_err_set(&err, CFG_CORRUPT, "bad\n\tindent");
    cfg_err_place(&err, CFG_STR("sub/orders.yml"), 3, 7);
    cfg_err_place(&err, CFG_STR("other.yml"), 9, 9);
    cfg_err_prefix(&err, "reading %s", "it");
    memcpy(err.commit, "3fa2c1d000000000000000000000000000000000", 41);
    assert_string_equal(
        cfg_err_line(&err, line, sizeof line),
        "sub/orders.yml:3:7: reading it: bad\\x0a\\x09indent (commit 3fa2c1d00000)");
}

static void long_paths_keep_their_tail(void **state)
{
    (void)state;
    char path[1000];
    struct cfg_err err = CFG_ERR_INIT;
    memset(path, 'd', sizeof path);
    memcpy(path + sizeof path - 9, "/name.yml", 9);
    cfg_err_set(&err, CFG_CORRUPT, "x");
    cfg_err_place(&err, cfg_str_make(path, sizeof path), 1, 0);
    assert_int_equal(strlen(err.path), CFG_ERR_PATH_BYTES - 1);
    assert_string_equal(err.path + strlen(err.path) - 9, "/name.yml");
}

static void lines_are_cut_at_their_size(void **state)
{
    (void)state;
    char line[32];
    struct cfg_err err = CFG_ERR_INIT;
    cfg_err_set(&err, CFG_INTERNAL, "%s",
                "a message that is longer than the line it is written into");
    assert_true(strlen(cfg_err_line(&err, line, sizeof line)) < sizeof line);
}

static void errno_text_is_appended(void **state)
{
    (void)state;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_err_set_errno(&err, CFG_NOT_FOUND, 2, "opening %s", "/x");
    assert_string_equal(err.message, "opening /x: No such file or directory");
    assert_int_equal(err.foreign_code, 2);
}

static void statuses_map(void **state)
{
    (void)state;
    assert_int_equal(cfg_status_http(CFG_NOT_FOUND), 404);
    assert_int_equal(cfg_status_http(CFG_TIMEOUT), 503);
    assert_int_equal(cfg_status_exit(CFG_OK), 0);
    assert_true(cfg_status_retriable(CFG_UNAVAILABLE));
    assert_false(cfg_status_retriable(CFG_INVALID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_cause_wins),           cmocka_unit_test(line_names_the_place),
        cmocka_unit_test(long_paths_keep_their_tail), cmocka_unit_test(lines_are_cut_at_their_size),
        cmocka_unit_test(errno_text_is_appended),     cmocka_unit_test(statuses_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
