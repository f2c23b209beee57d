/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

static char dir[] = "/tmp/strata-file-XXXXXX";
static char path[64];

static int make_dir(void **state)
{
    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/f", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir); /* fails when a temporary file was left behind */
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct cfg_buf buf;
    struct cfg_err err = CFG_ERR_INIT;
    struct stat st;
    static char large[100000];
    memset(large, 'x', sizeof large);
    cfg_buf_init(&buf, sizeof large);
    assert_int_equal(cfg_file_write(path, cfg_str_make(large, sizeof large), 0600, &err), CFG_OK);
    assert_int_equal(cfg_file_read(path, &buf, &err), CFG_OK); /* exactly at the ceiling */
    assert_int_equal(buf.len, sizeof large);
    assert_memory_equal(buf.ptr, large, sizeof large);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    cfg_buf_release(&buf);
}

static void limits_and_absence(void **state)
{
    (void)state;
    struct cfg_buf buf;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_buf_init(&buf, 2);
    assert_int_equal(cfg_file_write(path, CFG_STR("abc"), 0600, &err), CFG_OK);
    assert_int_equal(cfg_file_read(path, &buf, &err), CFG_TOO_LARGE);
    cfg_err_clear(&err);
    cfg_buf_reset(&buf);
    assert_int_equal(cfg_file_read("/nonexistent/f", &buf, &err), CFG_NOT_FOUND);
    cfg_err_clear(&err);
    assert_int_equal(cfg_file_write("/nonexistent/f", CFG_STR("x"), 0600, &err), CFG_NOT_FOUND);
    cfg_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(limits_and_absence),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
