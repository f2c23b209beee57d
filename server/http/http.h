/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: the wire. N event loops over given listening descriptors, each an external-epoll libmicrohttpd
 * daemon with its own desk; everything that a request can say is checked here and nowhere deeper.
 */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include "core/base/err.h"
#include "server/service/service.h"

struct cfg_http_options {
    const int *listen_fds; /* one bound and listening descriptor a loop (SO_REUSEPORT) */
    unsigned loops;
    struct cfg_str
        prefix; /* "/config" or empty: in front of the reference's routes, not of /actuator and /-/ */
    struct cfg_str monitor_path; /* "/hooks" or empty: in front of /monitor instead */
    unsigned max_connections;    /* in all */
    unsigned idle_timeout_s;
    size_t head_bytes;          /* request line and headers together; above: 431 */
    size_t post_bytes;          /* a request's body; above: 413 */
    unsigned answer_timeout_ms; /* a request that needs a worker waits so long at most; then 503 */
    bool show_message;          /* error bodies carry "message" */
};

struct cfg_http;

/*
 * Starts the loops' threads; they answer at once. The service may not be there yet: cfg_http_publish
 * is safe to call from its on_publish at any time. What is published before `*out` is set reaches nobody:
 * call cfg_http_publish once when it is set.
 * Owns: borrows options, service and descriptors (the caller closes those after quiesce
 * or stop).
 */
enum cfg_status cfg_http_start(const struct cfg_http_options *options,
                               struct cfg_service *service,
                               struct cfg_http **out,
                               struct cfg_err *err) CFG_CHECK;

/* Tells every loop to refresh its desk. Threads: any; never blocks. Accepts NULL. */
void cfg_http_publish(struct cfg_http *http);

/*
 * Accepts nobody any more, and goes on serving who is there. True: the descriptors are not used any more;
 * closed now, they refuse newcomers, who would otherwise wait for the end of what runs. False (a loop is
 * stuck): they are still in use until cfg_http_stop has returned. Threads: any. Accepts NULL.
 */
bool cfg_http_quiesce(struct cfg_http *http) CFG_CHECK;

/* Stops accepting, lets running requests end within `grace_ms`, then closes. Accepts NULL. */
void cfg_http_stop(struct cfg_http *http, unsigned grace_ms);

#endif
