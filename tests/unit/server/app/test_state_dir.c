/* SPDX-License-Identifier: Apache-2.0 */
/* The state folder: whose wish it follows, and what it removes. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/app/state_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/test-state-XXXXXX";

static const char *below(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static bool exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(root) == NULL;
}

static int tear_down(void **state)
{
    struct cfg_state_dir all = {.temporary = true};

    (void)state;
    snprintf(all.path, sizeof(all.path), "%s", root);
    cfg_state_dir_close(&all);
    return exists(root);
}

static void test_basedir(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_state_dir dir;
    struct stat info;

    (void)state;
    setenv("STATE_DIRECTORY", below("systemd"), 1);
    assert_int_equal(cfg_state_dir_open(cfg_str_of(below("a/b/c")), &dir, &err), CFG_OK);
    assert_string_equal(dir.path, below("a/b/c"));
    assert_int_equal(stat(dir.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    cfg_state_dir_close(&dir);
    assert_true(exists(below("a/b/c"))); /* named by the operator: stays */
    assert_int_equal(cfg_state_dir_open(CFG_STR_NONE, &dir, &err), CFG_OK);
    assert_string_equal(dir.path, below("systemd"));
    cfg_state_dir_close(&dir);
    assert_true(exists(below("systemd")));
    snprintf(dir.path, sizeof(dir.path), "%s:/nowhere", below("first"));
    setenv("STATE_DIRECTORY", dir.path, 1);
    assert_int_equal(cfg_state_dir_open(CFG_STR_NONE, &dir, &err), CFG_OK);
    assert_string_equal(dir.path, below("first"));
    cfg_state_dir_close(&dir);
}

static void test_temporary(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_state_dir dir;
    struct stat info;
    char path[CFG_STATE_DIR_BYTES + 32];

    (void)state;
    unsetenv("STATE_DIRECTORY");
    setenv("TMPDIR", root, 1);
    touch(below("precious"));
    assert_int_equal(cfg_state_dir_open(CFG_STR_NONE, &dir, &err), CFG_OK);
    assert_true(dir.temporary);
    assert_int_equal(stat(dir.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    snprintf(path, sizeof(path), "%s/repos", dir.path);
    assert_int_equal(mkdir(path, 0500), 0);
    snprintf(path, sizeof(path), "%s/link", dir.path);
    assert_int_equal(symlink(root, path), 0);
    snprintf(path, sizeof(path), "%s/file", dir.path);
    touch(path);
    snprintf(path, sizeof(path), "%s", dir.path);
    cfg_state_dir_close(&dir);
    assert_false(exists(path));
    assert_true(exists(below("precious"))); /* the link was removed, not followed */
}

static void test_refused(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_state_dir dir;

    (void)state;
    touch(below("file"));
    assert_int_equal(cfg_state_dir_open(cfg_str_of(below("file")), &dir, &err), CFG_UNAVAILABLE);
    assert_string_equal(dir.path, "");
    cfg_err_clear(&err);
    assert_int_equal(cfg_state_dir_open(cfg_str_of(below("file/x")), &dir, &err), CFG_UNAVAILABLE);
    cfg_state_dir_close(&dir);
    assert_true(exists(below("file")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basedir),
        cmocka_unit_test(test_temporary),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
