/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_process and ssh_secret: a child that talks, is silent, floods, is missing, asks. */
#include "server/git/ssh_process.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "server/git/ssh_secret.h"

enum { LONG_MS = 20000 };

static void
start(struct cfg_ssh_process *process, const char *script, cfg_ssh_child_fn in, void *ctx)
{
    char shell[] = "sh", option[] = "-c", text[1024];
    char *arguments[] = {shell, option, text, NULL};
    struct cfg_err err = CFG_ERR_INIT;

    snprintf(text, sizeof text, "%s", script);
    cfg_ssh_process_init(process);
    if (cfg_ssh_process_start(process, arguments, in, ctx, &err) != CFG_OK)
        fail_msg("%s", err.message);
}

/* Everything that it prints. */
static void read_all(struct cfg_ssh_process *process, char *out, size_t size)
{
    struct cfg_err err = CFG_ERR_INIT;
    size_t len = 0, got = 0;

    do {
        len += got;
        assert_true(len + 1 < size);
        if (cfg_ssh_process_read(process, out + len, size - 1 - len, cfg_clock_ms() + LONG_MS, &got,
                                 &err) != CFG_OK)
            fail_msg("%s", err.message);
    } while (got);
    out[len] = '\0';
}

static void test_talks(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_process process;
    char text[100];

    (void)state;
    start(&process, "read a; echo \"<$a>\"; echo oh >&2; exit 3", NULL, NULL);
    assert_int_equal(
        cfg_ssh_process_write(&process, CFG_STR("hi\n"), cfg_clock_ms() + LONG_MS, &err), CFG_OK);
    read_all(&process, text, sizeof text);
    assert_string_equal(text, "<hi>\n");
    cfg_ssh_process_end(&process, LONG_MS);
    assert_int_equal(process.exit_code, 3);
    assert_true(cfg_str_eq(cfg_buf_view(&process.said), CFG_STR("oh\n")));
    cfg_ssh_process_release(&process);
}

/* More on the error output than a pipe holds must not stop it; the last of it is kept. */
static void test_floods(void **state)
{
    struct cfg_ssh_process process;
    char text[100];

    (void)state;
    start(&process,
          "i=0; while [ $i -lt 4000 ]; do echo 'line of a very talkative program' >&2; i=$((i+1)); "
          "done; echo the end >&2; echo done",
          NULL, NULL);
    read_all(&process, text, sizeof text);
    cfg_ssh_process_end(&process, LONG_MS);
    assert_string_equal(text, "done\n");
    assert_true(process.said.len <= CFG_SSH_SAID_BYTES);
    assert_true(cfg_str_ends(cfg_buf_view(&process.said), CFG_STR("the end\n")));
    cfg_ssh_process_release(&process);
}

static void test_silent(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_process process;
    int64_t began_ms = cfg_clock_ms();
    size_t got;
    char c;

    (void)state;
    start(&process, "trap '' TERM; sleep 1000 & wait; sleep 1000", NULL, NULL);
    assert_int_equal(cfg_ssh_process_read(&process, &c, 1, cfg_clock_ms() + 200, &got, &err),
                     CFG_TIMEOUT);
    cfg_ssh_process_end(&process, 0);
    assert_int_equal(process.exit_code, -SIGKILL); /* it does not listen to SIGTERM */
    assert_true(cfg_clock_ms() - began_ms < LONG_MS);
    cfg_ssh_process_release(&process);
}

/* It reads nothing: writing stops at the deadline; it ends: writing says so. */
static void test_deaf(void **state)
{
    static char bytes[1 << 20];
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_process process;

    (void)state;
    start(&process, "exec sleep 1000", NULL, NULL);
    assert_int_equal(cfg_ssh_process_write(&process, cfg_str_make(bytes, sizeof bytes),
                                           cfg_clock_ms() + 200, &err),
                     CFG_TIMEOUT);
    cfg_ssh_process_release(&process);
    start(&process, "exit 0", NULL, NULL);
    cfg_err_clear(&err);
    assert_int_equal(cfg_ssh_process_write(&process, cfg_str_make(bytes, sizeof bytes),
                                           cfg_clock_ms() + LONG_MS, &err),
                     CFG_UNAVAILABLE);
    cfg_ssh_process_release(&process);
}

static void test_missing(void **state)
{
    char name[] = "/nowhere/at/all";
    char *arguments[] = {name, NULL};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_process process;

    (void)state;
    cfg_ssh_process_init(&process);
    assert_int_equal(cfg_ssh_process_start(&process, arguments, NULL, NULL, &err), CFG_OK);
    cfg_ssh_process_end(&process, LONG_MS);
    assert_int_equal(process.exit_code, 127);
    assert_int_equal(process.said.len, 0);
    cfg_ssh_process_release(&process);
}

/* No descriptor of ours is open in it. */
static void test_descriptors(void **state)
{
    struct cfg_ssh_process process;
    char script[100], text[100];
    int open_one = fcntl(0, F_DUPFD, 50);

    (void)state;
    assert_true(open_one > 2 && open_one < 60);
    snprintf(script, sizeof script, "test -e /proc/$$/fd/%d; echo $?", open_one);
    start(&process, script, NULL, NULL);
    read_all(&process, text, sizeof text);
    assert_string_equal(text, "1\n");
    cfg_ssh_process_release(&process);
    close(open_one);
}

static void test_secret(void **state)
{
    struct cfg_ssh_secret secret;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_process process;
    char script[200], text[100];
    struct stat about;

    (void)state;
    assert_int_equal(cfg_ssh_secret_make(CFG_STR("the key\n"), &secret, &err), CFG_OK);
    assert_int_equal(stat(secret.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600); /* ssh refuses a key that others may read */
    snprintf(script, sizeof script, "cat %s; cat %s", secret.path, secret.path);
    start(&process, script, NULL, NULL);
    read_all(&process, text, sizeof text);
    assert_string_equal(text, "the key\nthe key\n");
    cfg_ssh_process_release(&process);
    cfg_ssh_secret_release(&secret);
    assert_int_equal(secret.fd, -1);
}

static void expect_key(const char *given, const char *want)
{
    struct cfg_buf text;

    cfg_buf_init(&text, 1000);
    cfg_ssh_key_text(cfg_str_of(given), &text);
    assert_true(cfg_str_eq(cfg_buf_view(&text), cfg_str_of(want)));
    cfg_buf_release(&text);
}

static void test_key_text(void **state)
{
    (void)state;
    expect_key("-a-\nb\n-c-", "-a-\nb\n-c-\n");
    expect_key("\n  -a-\r\nb\r\n-c-\r\n\r\n", "-a-\nb\n-c-\n");
    expect_key("-a-\\nb\\r\\n-c-\\n", "-a-\nb\n-c-\n\n");
    expect_key("-a-\nb\\n\n", "-a-\nb\\n\n");
}

static const struct cfg_ssh_secret *given[2];

static void ask_us(void *ctx)
{
    (void)ctx;
    cfg_ssh_ask_us(given[0], given[1]);
}

/* What ssh does: it starts $SSH_ASKPASS with the question. This very program is it, see main. */
static void expect_answer(const char *script, const char *want)
{
    struct cfg_ssh_process process;
    char text[200];

    start(&process, script, ask_us, NULL);
    read_all(&process, text, sizeof text);
    assert_string_equal(text, want);
    cfg_ssh_process_release(&process);
}

static void test_asked(void **state)
{
    struct cfg_ssh_secret passphrase, password = CFG_SSH_SECRET_NONE;
    struct cfg_err err = CFG_ERR_INIT;

    (void)state;
    assert_int_equal(cfg_ssh_secret_make(CFG_STR("pass phrase"), &passphrase, &err), CFG_OK);
    given[0] = &passphrase;
    given[1] = &password;
    expect_answer("\"$SSH_ASKPASS\" \"Enter passphrase for key '/k': \"; echo $?",
                  "pass phrase\n0\n");
    expect_answer("\"$SSH_ASKPASS\" \"a@h's password: \"; echo $?", "1\n");
    expect_answer("\"$SSH_ASKPASS\" 'Are you sure you want to continue connecting?'; echo $?",
                  "1\n");
    /* one that another ssh starts, for a jump host, gets nothing */
    expect_answer("(\"$SSH_ASKPASS\" 'Enter passphrase for key: ' | grep -c phrase); true", "0\n");
    cfg_ssh_secret_release(&passphrase);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talks),   cmocka_unit_test(test_floods),
        cmocka_unit_test(test_silent),  cmocka_unit_test(test_deaf),
        cmocka_unit_test(test_missing), cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_secret),  cmocka_unit_test(test_key_text),
        cmocka_unit_test(test_asked),
    };

    if (cfg_ssh_is_asked())
        return cfg_ssh_answer(argc > 1 ? argv[1] : NULL);
    if (argc > 1) /* asked by somebody else */
        return 1;
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
