/* SPDX-License-Identifier: Apache-2.0 */
/* tcp: connecting, limits of every wait, peers that refuse, hang or leave; and TLS with such peers. */
#include "server/git/tcp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "server/git/tls.h"
#include "tests/unit/server/git/fixture.h"

static int listen_on_loopback(char port[8])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(port, 8, "%d", ntohs(address.sin_port));
    return fd;
}

static struct cfg_tcp_limits within(int64_t total_ms, int64_t silence_ms)
{
    return (struct cfg_tcp_limits){.end_ms = cfg_clock_ms() + total_ms, .silence_ms = silence_ms};
}

static void test_talk(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[127.0.0.1]"};
    struct cfg_tcp_limits limits = within(20000, 10000);
    struct cfg_err err = CFG_ERR_INIT;
    char port[8], got[16];
    int listener = listen_on_loopback(port);

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(hosts); i++) {
        size_t len = 0;
        int fd, other;

        if (cfg_tcp_connect(hosts[i], port, &limits, &fd, &err) != CFG_OK)
            fail_msg("%s: %s", hosts[i], err.message);
        other = accept(listener, NULL, NULL);
        assert_true(other >= 0);
        assert_int_equal(cfg_tcp_write(fd, &limits, "hello", 5, &err), CFG_OK);
        assert_int_equal(read(other, got, sizeof got), 5);
        assert_int_equal(write(other, got, 5), 5);
        assert_int_equal(cfg_tcp_read(fd, &limits, got, sizeof got, &len, &err), CFG_OK);
        assert_int_equal(len, 5);
        close(other);
        assert_int_equal(cfg_tcp_read(fd, &limits, got, sizeof got, &len, &err), CFG_OK);
        assert_int_equal(len, 0);
        close(fd);
    }
    close(listener);
}

static void test_refused(void **state)
{
    struct cfg_tcp_limits limits = within(20000, 10000);
    struct cfg_err err = CFG_ERR_INIT;
    char port[8];
    int fd = 7;

    (void)state;
    close(listen_on_loopback(port));
    assert_int_equal(cfg_tcp_connect("127.0.0.1", port, &limits, &fd, &err), CFG_UNAVAILABLE);
    assert_int_equal(fd, -1);
    assert_non_null(strstr(err.message, "refuses connections"));
    cfg_err_clear(&err);
    assert_int_equal(cfg_tcp_connect("", port, &limits, &fd, &err), CFG_INVALID);
    cfg_err_clear(&err);
    assert_int_equal(cfg_tcp_connect("127.0.0.1", "no port", &limits, &fd, &err), CFG_UNAVAILABLE);
}

/* A listener whose queue is full does not answer at all. */
static void test_no_answer(void **state)
{
    struct cfg_tcp_limits limits = within(20000, 200);
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status = CFG_OK;
    int fds[64], count = 0;
    char port[8];
    int listener = listen_on_loopback(port);
    int64_t began_ms;

    (void)state;
    assert_int_equal(listen(listener, 0), 0);
    do {
        began_ms = cfg_clock_ms();
        status = cfg_tcp_connect("127.0.0.1", port, &limits, &fds[count], &err);
    } while (status == CFG_OK && ++count < (int)CFG_COUNT(fds));
    assert_int_equal(status, CFG_TIMEOUT);
    assert_non_null(strstr(err.message, "does not answer"));
    assert_true(cfg_clock_ms() - began_ms >= 190);
    assert_true(cfg_clock_ms() - began_ms < 5000);
    while (count)
        close(fds[--count]);
    close(listener);
}

static void test_silence(void **state)
{
    struct cfg_tcp_limits limits = within(20000, 100);
    struct cfg_err err = CFG_ERR_INIT;
    size_t len;
    char got[8], port[8];
    int listener = listen_on_loopback(port), fd;

    (void)state;
    assert_int_equal(cfg_tcp_connect("127.0.0.1", port, &limits, &fd, &err), CFG_OK);
    assert_int_equal(cfg_tcp_read(fd, &limits, got, sizeof got, &len, &err), CFG_TIMEOUT);
    assert_non_null(strstr(err.message, "silent for 100 ms"));
    cfg_err_clear(&err);
    limits = within(50, 10000);
    assert_int_equal(cfg_tcp_read(fd, &limits, got, sizeof got, &len, &err), CFG_TIMEOUT);
    assert_non_null(strstr(err.message, "is over"));
    close(fd);
    close(listener);
}

/* Nobody reads: a write waits for its limit only, and a peer that is gone costs no signal. */
static void test_write(void **state)
{
    static char much[1 << 20];
    struct cfg_tcp_limits limits = within(20000, 100);
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status = CFG_OK;
    char port[8];
    int listener = listen_on_loopback(port), fd, other;

    (void)state;
    assert_int_equal(cfg_tcp_connect("127.0.0.1", port, &limits, &fd, &err), CFG_OK);
    other = accept(listener, NULL, NULL);
    for (int i = 0; i < 100 && status == CFG_OK; i++)
        status = cfg_tcp_write(fd, &limits, much, sizeof much, &err);
    assert_int_equal(status, CFG_TIMEOUT);
    close(other);
    cfg_err_clear(&err);
    for (int i = 0; i < 100 && status != CFG_UNAVAILABLE; i++)
        status = cfg_tcp_write(fd, &limits, much, sizeof much, &err);
    assert_int_equal(status, CFG_UNAVAILABLE);
    assert_non_null(strstr(err.message, "broke the connection"));
    close(fd);
    close(listener);
}

/* What a peer says, if anything, instead of a TLS handshake, and what is made of it. */
static void try_tls(struct cfg_str says, bool hangs_up, enum cfg_status want, const char *word)
{
    struct cfg_tls_options options = {.skip_validation = true};
    struct cfg_tcp_limits limits = within(5000, 200);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tls *tls;
    char port[8];
    int listener = listen_on_loopback(port), fd, other;

    assert_int_equal(cfg_tcp_connect("127.0.0.1", port, &limits, &fd, &err), CFG_OK);
    other = accept(listener, NULL, NULL);
    assert_true(write(other, says.ptr, says.len) >= 0);
    if (hangs_up)
        shutdown(other, SHUT_WR);
    assert_int_equal(cfg_tls_open(fd, "localhost", &options, &limits, &tls, &err), want);
    assert_null(tls);
    if (!strstr(err.message, word))
        fail_msg("no \"%s\" in: %s", word, err.message);
    close(other);
    close(fd);
    close(listener);
}

static void test_tls_with_strangers(void **state)
{
    (void)state;
    try_tls(CFG_STR(""), false, CFG_TIMEOUT, "silent");
    try_tls(CFG_STR(""), true, CFG_UNAVAILABLE, "closes the connection");
    try_tls(CFG_STR("HTTP/1.1 400 Bad Request\r\n\r\n"), true, CFG_UNAVAILABLE,
            "does not speak TLS");
    try_tls(CFG_STR("SSH-2.0-OpenSSH_9.2\r\n"), false, CFG_UNAVAILABLE, "does not speak TLS");
    try_tls(CFG_STR("\x15\x03\x03\x00\x02\x02\x28"), false, CFG_UNAVAILABLE,
            "refuses the handshake");
    try_tls(CFG_STR("\x15\x03\x01\x00\x02\x02\x46"), false, CFG_UNAVAILABLE, "TLS");
    try_tls(CFG_STR("\x16\x03\x03\x00\x10garbage garbage"), true, CFG_UNAVAILABLE, "handshake");
}

static void test_tls_files(void **state)
{
    static const struct {
        struct cfg_tls_options options;
        const char *word;
    } rows[] = {
        {{.ca_file = {"/nowhere", 8}}, "git.ca-file"},
        {{.client_cert = {"/nowhere", 8}}, "git.client-cert"},
        {{.ca_file = {"/dev/null", 9}}, "git.ca-file"},
        {{.client_cert = {"/dev/null", 9}}, "git.client-cert"},
    };
    struct cfg_tcp_limits limits = within(5000, 200);

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_tls *tls;

        assert_int_equal(cfg_tls_open(-1, "h", &rows[i].options, &limits, &tls, &err),
                         CFG_UNAVAILABLE);
        assert_non_null(strstr(err.message, rows[i].word));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_answer), cmocka_unit_test(test_silence),
        cmocka_unit_test(test_write),     cmocka_unit_test(test_tls_with_strangers),
        cmocka_unit_test(test_tls_files),
    };

    signal(SIGPIPE, SIG_IGN); /* as the fetch workers do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
