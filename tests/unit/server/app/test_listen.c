/* SPDX-License-Identifier: Apache-2.0 */
/* Listening: one port for all loops, and nobody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/app/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port)
                                         : ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int accepted(const struct cfg_listen *listen)
{
    int count = 0;

    for (unsigned i = 0; i < listen->count; i++) {
        for (int fd = accept(listen->fds[i], NULL, NULL); fd >= 0;
             fd = accept(listen->fds[i], NULL, NULL)) {
            close(fd);
            count++;
        }
    }
    return count;
}

static void test_one_port_for_all(void **state)
{
    enum { CONNECTIONS = 40 };
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_listen listen;
    int clients[CONNECTIONS], port;
    char want[CFG_LISTEN_TEXT_BYTES];

    (void)state;
    assert_int_equal(cfg_listen_open(CFG_STR("::"), 0, 3, &listen, &err), CFG_OK);
    assert_int_equal(listen.count, 3);
    assert_false(listen.inherited);
    port = port_of(listen.fds[0]);
    for (unsigned i = 0; i < listen.count; i++) {
        assert_int_equal(port_of(listen.fds[i]), port);
        assert_true((fcntl(listen.fds[i], F_GETFD) & FD_CLOEXEC) != 0);
        assert_true((fcntl(listen.fds[i], F_GETFL) & O_NONBLOCK) != 0);
    }
    snprintf(want, sizeof(want), ":%d", port);
    assert_non_null(strstr(listen.address, want));
    /* IPv4 reaches "::", and every connection reaches one of the descriptors. */
    for (int i = 0; i < CONNECTIONS; i++)
        clients[i] = connect_to(port);
    assert_int_equal(accepted(&listen), CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        close(clients[i]);
    cfg_listen_close(&listen);
    /* Connections in TIME_WAIT do not keep a new server from its port. */
    assert_int_equal(cfg_listen_open(CFG_STR("::"), port, 2, &listen, &err), CFG_OK);
    cfg_listen_close(&listen);
}

static void test_never_shared(void **state)
{
    static const char *const addresses[] = {"::", "127.0.0.1", "localhost", "0.0.0.0"};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_listen first, second;
    int port;

    (void)state;
    assert_int_equal(cfg_listen_open(CFG_STR("::"), 0, 2, &first, &err), CFG_OK);
    port = port_of(first.fds[0]);
    for (size_t i = 0; i < CFG_COUNT(addresses); i++) {
        cfg_err_clear(&err);
        assert_int_equal(cfg_listen_open(cfg_str_of(addresses[i]), port, 2, &second, &err),
                         CFG_CONFLICT);
        assert_int_equal(second.count, 0);
        assert_non_null(strstr(err.message, "listening on"));
    }
    cfg_listen_close(&first);
}

static void test_refused(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_listen listen;

    (void)state;
    /* 192.0.2.0/24 is for documentation: no machine has it. */
    assert_int_equal(cfg_listen_open(CFG_STR("192.0.2.1"), 0, 1, &listen, &err), CFG_INVALID);
    cfg_err_clear(&err);
    assert_int_equal(cfg_listen_open(CFG_STR("no such host"), 0, 1, &listen, &err), CFG_INVALID);
    assert_non_null(strstr(err.message, "no such host"));
}

/* In a child, whose descriptors from 3 on and environment are its own to arrange. */
static int inherit_in_child(int fd, int passed, unsigned wanted, bool right_pid)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_listen listen;
    char text[32];
    enum cfg_status status;

    for (int i = 0; i < passed; i++)
        if (fd != 3 + i && dup2(fd, 3 + i) < 0)
            return 100;
    snprintf(text, sizeof(text), "%d", passed);
    setenv("LISTEN_FDS", text, 1);
    snprintf(text, sizeof(text), "%ld", (long)getpid() + (right_pid ? 0 : 1));
    setenv("LISTEN_PID", text, 1);
    status = cfg_listen_inherit(wanted, &listen, &err);
    if (getenv("LISTEN_FDS") != NULL || getenv("LISTEN_PID") != NULL)
        return 101;
    if (status != CFG_OK)
        return 50 + (int)status;
    for (unsigned i = 0; i < listen.count; i++)
        if ((fcntl(listen.fds[i], F_GETFD) & FD_CLOEXEC) == 0 || port_of(listen.fds[i]) == 0)
            return 102;
    return (int)listen.count;
}

static int run_child(int fd, int passed, unsigned wanted, bool right_pid)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0)
        _exit(inherit_in_child(fd, passed, wanted, right_pid));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_inherited(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_listen listen;
    int plain = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(cfg_listen_open(CFG_STR("127.0.0.1"), 0, 1, &listen, &err), CFG_OK);
    assert_int_equal(run_child(listen.fds[0], 1, 4, true), 4);
    assert_int_equal(run_child(listen.fds[0], 2, 5, true), 5);
    assert_int_equal(run_child(listen.fds[0], 3, 2, true), 3);
    assert_int_equal(run_child(listen.fds[0], 1, 4, false), 0);
    assert_int_equal(run_child(plain, 1, 1, true), 50 + CFG_INVALID);
    close(plain);
    cfg_listen_close(&listen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_port_for_all),
        cmocka_unit_test(test_never_shared),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
