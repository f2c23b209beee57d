/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_client: a client that says exactly what it is told and reads answers strictly, and a running
 * server with the fake service for it to talk to. Everything has a deadline.
 */
#ifndef TESTS_UNIT_SERVER_HTTP_WIRE_CLIENT_H
#define TESTS_UNIT_SERVER_HTTP_WIRE_CLIENT_H

#define _DEFAULT_SOURCE 1 /* SO_REUSEPORT; so this header comes first */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/http.h"
#include "tests/unit/server/http/fake_service.h"

enum {
    PATIENCE_MS = 10000,
    MAX_LOOPS = 2,
    ANSWER_BYTES = 16 << 10, /* kept of a body; the rest is counted */
};

static inline void nap_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* ---- the server ---- */

struct server {
    struct cfg_service service;
    struct cfg_http_options options;
    struct cfg_http *http;
    int fds[MAX_LOOPS];
    int port;
};

static inline int open_listener(int port)
{
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1024), 0);
    return fd;
}

static inline int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static inline void start_server(struct server *server, unsigned loops)
{
    struct cfg_err err = CFG_ERR_INIT;
    fake_init(&server->service);
    server->fds[0] = open_listener(0);
    server->port = port_of(server->fds[0]);
    for (unsigned i = 1; i < loops; i++)
        server->fds[i] = open_listener(server->port);
    server->options.listen_fds = server->fds;
    server->options.loops = loops;
    if (cfg_http_start(&server->options, &server->service, &server->http, &err) != CFG_OK)
        fail_msg("%s", err.message);
}

/* The usual options; change them before start_server. */
static inline struct server *new_server(void)
{
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->options = (struct cfg_http_options){.max_connections = 2000,
                                                .idle_timeout_s = 30,
                                                .head_bytes = 8192,
                                                .post_bytes = 4096,
                                                .answer_timeout_ms = 5000,
                                                .show_message = true};
    return server;
}

static inline void stop_server(struct server *server, unsigned grace_ms)
{
    cfg_http_stop(server->http, grace_ms);
    for (unsigned i = 0; i < server->options.loops; i++)
        close(server->fds[i]);
    fake_finish(&server->service);
    assert_int_equal(atomic_load(&server->service.bodies), 0);
    free(server);
}

/* ---- the client ---- */

struct client {
    int fd;
    char *bytes; /* read and not yet used */
    size_t len;
    size_t cap;
};

struct answer {
    int status; /* 0: the connection ended without one */
    char head[4096];
    char body[ANSWER_BYTES];
    size_t body_len; /* in all */
};

static inline struct client dial(int port)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .cap = 64 << 10};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_true(client.fd >= 0);
    assert_int_equal(connect(client.fd, (struct sockaddr *)&address, sizeof address), 0);
    client.bytes = malloc(client.cap);
    assert_non_null(client.bytes);
    return client;
}

static inline void hang_up(struct client *client)
{
    close(client->fd);
    free(client->bytes);
    *client = (struct client){.fd = -1};
}

static inline void say_bytes(struct client *client, const char *bytes, size_t len)
{
    while (len) {
        ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0) /* refused early: its answer may be there all the same */
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

static inline void say(struct client *client, const char *text)
{
    say_bytes(client, text, strlen(text));
}

/* One more piece; false at the end. */
static inline bool read_more(struct client *client)
{
    struct pollfd wanted = {.fd = client->fd, .events = POLLIN};
    if (poll(&wanted, 1, PATIENCE_MS) != 1)
        fail_msg("nothing came in %d ms", PATIENCE_MS);
    assert_true(client->len < client->cap);
    ssize_t got = recv(client->fd, client->bytes + client->len, client->cap - client->len, 0);
    if (got <= 0)
        return false;
    client->len += (size_t)got;
    return true;
}

static inline void use(struct client *client, size_t len)
{
    memmove(client->bytes, client->bytes + len, client->len - len);
    client->len -= len;
}

/* The value of a header in lower case letters and digits of the name, "" when it is not there. */
static inline const char *header(const struct answer *answer, const char *name, char out[512])
{
    const char *line = answer->head;
    size_t len = strlen(name);
    out[0] = '\0';
    while (line) {
        const char *end = strstr(line, "\r\n");
        if (end == NULL)
            break;
        if ((size_t)(end - line) > len && line[len] == ':' &&
            cfg_str_eq_nocase(cfg_str_make(line, len), cfg_str_make(name, len))) {
            struct cfg_str value =
                cfg_str_trim(cfg_str_make(line + len + 1, (size_t)(end - line) - len - 1));
            snprintf(out, 512, "%.*s", CFG_STR_ARG(value));
            break;
        }
        line = end + 2;
    }
    return out;
}

static inline bool has_header(const struct answer *answer, const char *name, const char *value)
{
    char got[512];
    bool same = strcmp(header(answer, name, got), value) == 0;
    if (!same)
        print_message("%s is \"%s\", not \"%s\"\n", name, got, value);
    return same;
}

enum { NO_BODY = 1 }; /* HEAD and 304 */

static inline void listen_to(struct client *client, struct answer *answer, unsigned flags)
{
    char value[512];
    size_t end;
    *answer = (struct answer){.status = 0};
    for (;;) {
        end = cfg_str_find(cfg_str_make(client->bytes, client->len), CFG_STR("\r\n\r\n"));
        if (end < client->len)
            break;
        if (!read_more(client)) {
            assert_int_equal(client->len, 0); /* half a head is never sent */
            return;
        }
    }
    assert_true(end + 4 < sizeof answer->head);
    memcpy(answer->head, client->bytes, end + 2);
    use(client, end + 4);
    assert_memory_equal(answer->head, "HTTP/1.1 ", 9);
    answer->status = (int)strtol(answer->head + 9, NULL, 10);
    size_t len = (size_t)strtoul(header(answer, "Content-Length", value), NULL, 10);
    assert_true(value[0] || answer->status == 100);
    if (flags & NO_BODY || answer->status == 304 || answer->status == 100)
        len = 0;
    while (answer->body_len < len) {
        if (client->len == 0 && !read_more(client))
            fail_msg("the body ended after %zu of %zu bytes", answer->body_len, len);
        size_t part = len - answer->body_len;
        if (part > client->len)
            part = client->len;
        if (answer->body_len < sizeof answer->body - 1) {
            size_t kept = sizeof answer->body - 1 - answer->body_len;
            memcpy(answer->body + answer->body_len, client->bytes, part < kept ? part : kept);
        }
        answer->body_len += part;
        use(client, part);
    }
}

/* True when the server ends the connection and sends nothing more. */
static inline bool is_over(struct client *client)
{
    return client->len == 0 && !read_more(client);
}

/* One request on a connection of its own, as HTTP/1.1 with Host and the given lines ("A: b\r\n"). */
static inline void ask(const struct server *server,
                       const char *method,
                       const char *target,
                       const char *lines,
                       struct answer *answer)
{
    struct cfg_buf text;
    struct client client = dial(server->port);
    cfg_buf_init(&text, 1 << 20);
    cfg_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n", method, target, lines);
    say_bytes(&client, text.ptr, text.len);
    listen_to(&client, answer, strcmp(method, "HEAD") == 0 ? NO_BODY : 0);
    cfg_buf_release(&text);
    hang_up(&client);
}

static inline int status_of(const struct server *server, const char *target)
{
    struct answer answer;
    ask(server, "GET", target, "", &answer);
    return answer.status;
}

/* Exact bytes on a connection of their own; the answer to the first request in them. */
static inline void
ask_raw(const struct server *server, const char *bytes, size_t len, struct answer *answer)
{
    struct client client = dial(server->port);
    say_bytes(&client, bytes, len);
    listen_to(&client, answer, 0);
    hang_up(&client);
}

#endif
