/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: an address and port, or inherited descriptors.
 * Gives: one listening descriptor a loop.
 * Keeps: the port to this process.
 *
 * Several sockets share a port through SO_REUSEPORT, and the kernel lets any process of the same user
 * join them: a second server, started by mistake, would take half of the connections. So the first
 * socket binds and listens without that option, which fails whenever anybody listens there already,
 * with the option or without; from then on nobody else can bind. Only afterwards it is given the
 * option, which admits those who set it, our further sockets. There is no moment at which the port is
 * free or open to others who do not ask to share it. (SO_REUSEADDR does not weaken this: it forgives
 * connections in TIME_WAIT, never a listening socket.)
 */
#include "server/app/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, FIRST_INHERITED = 3 };

/* The platform's headers hide it from strict POSIX; the value is Linux's. */
#ifndef SO_REUSEPORT
#define SO_REUSEPORT 15
#endif

struct target {
    struct sockaddr_storage address;
    socklen_t len;
    int family;
};

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* A bound and listening socket; -1 with errno. */
static int open_socket(const struct target *target, bool shared)
{
    int fd = socket(target->family, SOCK_STREAM, 0);
    int saved;

    if (fd < 0)
        return -1;
    if (set_flags(fd) && set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (!shared || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
        (target->family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
        bind(fd, (const struct sockaddr *)&target->address, target->len) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* "[::]:8888" of a bound socket; its port, filled in by the kernel, goes to `target`. */
static bool learn_address(int fd, struct target *target, char out[CFG_LISTEN_TEXT_BYTES])
{
    char host[64], port[8];

    target->len = sizeof(target->address);
    if (getsockname(fd, (struct sockaddr *)&target->address, &target->len) != 0)
        return false;
    target->family = target->address.ss_family;
    if (getnameinfo((const struct sockaddr *)&target->address, target->len, host, sizeof(host),
                    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, CFG_LISTEN_TEXT_BYTES, "a local socket");
    else
        snprintf(out, CFG_LISTEN_TEXT_BYTES, target->family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                 port);
    return true;
}

static enum cfg_status
find_target(struct cfg_str address, int port, struct target *out, struct cfg_err *err)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL, *best = NULL;
    char host[256], service[16];
    int rc;

    snprintf(host, sizeof(host), "%.*s", CFG_STR_ARG(address));
    snprintf(service, sizeof(service), "%d", port);
    rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0)
        return cfg_err_set(err, CFG_INVALID, "server.address %s: %s", host, gai_strerror(rc));
    /* A host name of both families means its IPv4 address, as it does for the reference. */
    for (struct addrinfo *one = found; one != NULL; one = one->ai_next)
        if (best == NULL || (best->ai_family != AF_INET && one->ai_family == AF_INET))
            best = one;
    *out = (struct target){.len = best->ai_addrlen, .family = best->ai_family};
    memcpy(&out->address, best->ai_addr, best->ai_addrlen);
    freeaddrinfo(found);
    return CFG_OK;
}

/* Whether it failed because the machine has no IPv6. */
static bool lacks_ipv6(int saved_errno)
{
    return saved_errno == EAFNOSUPPORT || saved_errno == EADDRNOTAVAIL ||
           saved_errno == EPROTONOSUPPORT;
}

static enum cfg_status fail(struct cfg_err *err, int saved_errno, struct cfg_str address, int port)
{
    enum cfg_status status = saved_errno == EADDRINUSE                       ? CFG_CONFLICT
                             : saved_errno == EACCES || saved_errno == EPERM ? CFG_DENIED
                             : saved_errno == EADDRNOTAVAIL                  ? CFG_INVALID
                                                                             : CFG_UNAVAILABLE;

    return cfg_err_set_errno(err, status, saved_errno, "listening on %.*s port %d",
                             CFG_STR_ARG(address), port);
}

enum cfg_status cfg_listen_open(
    struct cfg_str address, int port, unsigned count, struct cfg_listen *out, struct cfg_err *err)
{
    bool any = cfg_str_eq(address, CFG_STR("::"));
    bool done = false;
    struct target target;
    int fd;

    CFG_ASSERT(count > 0 && count <= CFG_LISTEN_MAX);
    *out = (struct cfg_listen){.count = 0};
    if (find_target(address, port, &target, err) != CFG_OK)
        return err->status;
    fd = open_socket(&target, false);
    if (fd < 0 && any && lacks_ipv6(errno)) {
        address = CFG_STR("0.0.0.0");
        if (find_target(address, port, &target, err) != CFG_OK)
            return err->status;
        fd = open_socket(&target, false);
    }
    while (fd >= 0) {
        out->fds[out->count++] = fd;
        if (out->count == 1 && (!learn_address(fd, &target, out->address) ||
                                (count > 1 && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1))))
            break;
        done = out->count == count;
        if (done)
            break;
        fd = open_socket(&target, true);
    }
    if (!done) {
        fail(err, errno, address, port);
        cfg_listen_close(out);
    }
    return cfg_err_end(err, done);
}

/* A number of the service manager's; 0 when it is not set or none. */
static long environment_number(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    long value;

    if (text == NULL || *text == '\0')
        return 0;
    errno = 0;
    value = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && value > 0 ? value : 0;
}

static bool is_listening(int fd)
{
    int value = 0;
    socklen_t len = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 && value != 0;
}

enum cfg_status cfg_listen_inherit(unsigned count, struct cfg_listen *out, struct cfg_err *err)
{
    long passed = environment_number("LISTEN_FDS");
    bool ours = environment_number("LISTEN_PID") == (long)getpid();
    struct target target;
    bool done = false;

    *out = (struct cfg_listen){.count = 0};
    unsetenv("LISTEN_FDS"); /* or a child would take them for its own */
    unsetenv("LISTEN_PID");
    if (passed == 0 || !ours)
        return CFG_OK;
    if (passed > CFG_LISTEN_MAX)
        passed = CFG_LISTEN_MAX;
    out->inherited = true;
    for (int i = 0; i < passed; i++) {
        int fd = FIRST_INHERITED + i;

        if (!is_listening(fd)) {
            cfg_err_set(err, CFG_INVALID, "the inherited descriptor %d is no listening socket", fd);
            goto out;
        }
        out->fds[out->count++] = fd;
        if (!set_flags(fd) || (i == 0 && !learn_address(fd, &target, out->address))) {
            cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "taking over descriptor %d", fd);
            goto out;
        }
    }
    while (out->count < count && out->count < CFG_LISTEN_MAX) {
        int fd = fcntl(out->fds[out->count - (unsigned)passed], F_DUPFD_CLOEXEC, FIRST_INHERITED);

        if (fd < 0) {
            cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "duplicating a listening socket");
            goto out;
        }
        out->fds[out->count++] = fd;
    }
    done = true;
out:
    if (!done)
        cfg_listen_close(out);
    return cfg_err_end(err, done);
}

void cfg_listen_close(struct cfg_listen *listen)
{
    for (unsigned i = 0; i < listen->count; i++)
        close(listen->fds[i]);
    listen->count = 0;
}
