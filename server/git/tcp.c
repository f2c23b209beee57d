/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a host, a port, limits of time.
 * Gives: a connected descriptor, and bytes through it.
 * Keeps: every wait within the limits.
 */
#include "server/git/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { HOST_BYTES = 1024 };

static int64_t end_of_wait(const struct cfg_tcp_limits *limits)
{
    int64_t silent_ms = cfg_clock_ms() + limits->silence_ms;

    return silent_ms < limits->end_ms ? silent_ms : limits->end_ms;
}

/* 0: the descriptor is ready; else an errno, ETIMEDOUT for the deadline. */
static int wait_until(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd item = {.fd = fd, .events = events};
        int64_t left_ms = deadline_ms - cfg_clock_ms();
        int ready;

        if (left_ms <= 0)
            return ETIMEDOUT;
        ready = poll(&item, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return errno;
    }
}

enum cfg_status
cfg_tcp_wait(int fd, short events, const struct cfg_tcp_limits *limits, struct cfg_err *err)
{
    int error = wait_until(fd, events, end_of_wait(limits));

    if (error == ETIMEDOUT && cfg_clock_ms() >= limits->end_ms)
        return cfg_err_set(err, CFG_TIMEOUT, "the time for the fetch is over");
    if (error == ETIMEDOUT)
        return cfg_err_set(err, CFG_TIMEOUT, "the remote was silent for %lld ms",
                           (long long)limits->silence_ms);
    return error ? cfg_err_set_errno(err, CFG_UNAVAILABLE, error, "waiting for the remote")
                 : CFG_OK;
}

enum cfg_status cfg_tcp_broken(int saved_errno, struct cfg_err *err)
{
    if (saved_errno == ECONNRESET || saved_errno == EPIPE)
        return cfg_err_set(err, CFG_UNAVAILABLE, "the remote broke the connection");
    return cfg_err_set_errno(err, CFG_UNAVAILABLE, saved_errno, "the connection failed");
}

enum cfg_status cfg_tcp_read(int fd,
                             const struct cfg_tcp_limits *limits,
                             void *to,
                             size_t size,
                             size_t *out_len,
                             struct cfg_err *err)
{
    *out_len = 0;
    for (;;) {
        ssize_t got = recv(fd, to, size, 0);
        enum cfg_status status;

        if (got >= 0) {
            *out_len = (size_t)got;
            return CFG_OK;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return cfg_tcp_broken(errno, err);
        status = cfg_tcp_wait(fd, POLLIN, limits, err);
        if (status != CFG_OK)
            return status;
    }
}

enum cfg_status cfg_tcp_write(
    int fd, const struct cfg_tcp_limits *limits, const void *bytes, size_t len, struct cfg_err *err)
{
    const char *from = bytes;

    while (len) {
        ssize_t sent = send(fd, from, len, MSG_NOSIGNAL);
        enum cfg_status status;

        if (sent >= 0) {
            from += sent;
            len -= (size_t)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return cfg_tcp_broken(errno, err);
        status = cfg_tcp_wait(fd, POLLOUT, limits, err);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}

/* ---- connecting ---- */

/* A socket that waits for nobody and goes to no child; -1 with errno. */
static int open_socket(const struct addrinfo *address)
{
    int one = 1;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->ai_protocol);

    if (fd >= 0) /* requests and answers take turns: waiting to fill a packet only delays */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* 0 and a descriptor, or an errno. */
static int connect_one(const struct addrinfo *address, int64_t deadline_ms, int *out_fd)
{
    int fd = open_socket(address), error = 0;
    socklen_t size = sizeof error;

    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        error =
            errno == EINPROGRESS || errno == EINTR ? wait_until(fd, POLLOUT, deadline_ms) : errno;
        if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    *out_fd = fd;
    return 0;
}

static enum cfg_status not_found(const char *host, int code, int saved_errno, struct cfg_err *err)
{
    switch (code) {
    case EAI_MEMORY:
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to look up %s", host);
    case EAI_SYSTEM:
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, saved_errno, "looking up %s", host);
    case EAI_AGAIN:
        return cfg_err_set(err, CFG_UNAVAILABLE,
                           "the name %s could not be looked up: no name server answers", host);
    case EAI_NONAME:
        return cfg_err_set(err, CFG_UNAVAILABLE, "the name %s is not known", host);
    default:
        return cfg_err_set(err, CFG_UNAVAILABLE, "looking up %s: %s", host, gai_strerror(code));
    }
}

static enum cfg_status
not_connected(const char *host, const char *port, int error, struct cfg_err *err)
{
    switch (error) {
    case ECONNREFUSED:
        return cfg_err_set(err, CFG_UNAVAILABLE, "%s, port %s, refuses connections", host, port);
    case ETIMEDOUT:
        return cfg_err_set(err, CFG_TIMEOUT, "%s, port %s, does not answer", host, port);
    default:
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, error, "connecting to %s, port %s", host,
                                 port);
    }
}

/* "[::1]" → "::1" */
static bool strip_brackets(const char *host, char *out, size_t size)
{
    size_t len = strlen(host);

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len == 0 || len >= size)
        return false;
    memcpy(out, host, len);
    out[len] = '\0';
    return true;
}

enum cfg_status cfg_tcp_connect(const char *host,
                                const char *port,
                                const struct cfg_tcp_limits *limits,
                                int *out_fd,
                                struct cfg_err *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    int64_t deadline_ms = end_of_wait(limits);
    struct addrinfo *found = NULL;
    char name[HOST_BYTES];
    int code, error = ETIMEDOUT, left = 0;

    *out_fd = -1;
    if (!strip_brackets(host, name, sizeof name))
        return cfg_err_set(err, CFG_INVALID, "the name of the host is empty or too long");
    code = getaddrinfo(name, port, &hints, &found);
    if (code != 0)
        return not_found(name, code, errno, err);
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        left++;
    for (const struct addrinfo *at = found; at && *out_fd < 0; at = at->ai_next, left--) {
        int64_t now_ms = cfg_clock_ms();

        error = connect_one(at, now_ms + (deadline_ms - now_ms) / left, out_fd);
    }
    freeaddrinfo(found);
    return *out_fd < 0 ? not_connected(name, port, error, err) : CFG_OK;
}
