/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: one thread that serves connections: a daemon of the library in external epoll mode, an epoll of
 * our own around it, a desk, ready responses and a mailbox. Private to this room.
 *
 * Keeps: 1. Everything without "atomic" belongs to the loop's thread once it runs. 2. The thread never
 *           waits for anything but its epoll. 3. No connection is parked when the daemon is stopped (the
 *           library would abort).
 */
#ifndef SERVER_HTTP_LOOP_H
#define SERVER_HTTP_LOOP_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/lock.h"
#include "server/http/http.h"
#include "server/http/job.h"
#include "server/http/responses.h"

struct cfg_request; /* server/http/request.c */
struct cfg_link;    /* server/http/link.h */

/* Requests one after the other; the oldest first. */
struct cfg_request_list {
    struct cfg_request *first, *last;
};

/* Lines about failures, at most so many a second. */
struct cfg_log_limit {
    int64_t second;
    unsigned written;
    unsigned dropped;
};

struct cfg_loop {
    const struct cfg_http_options *options;
    struct cfg_service *service;
    unsigned index;
    int listen_fd; /* the caller's */
    void *daemon;  /* the library's */
    int epoll_fd;
    struct cfg_mailbox *mailbox;
    struct cfg_desk *desk;
    uint64_t number; /* of the desk: ready responses are of this one */
    struct cfg_responses *responses;
    bool draining;                  /* stopping: every reply ends its connection */
    unsigned connection_count;      /* after the last turn */
    bool again;                     /* the next turn does not wait */
    size_t active_count;            /* requests between their first line and their last byte */
    size_t kept_post_bytes;         /* of their bodies */
    struct cfg_request_list fresh;  /* their heads are not whole yet */
    struct cfg_request_list parked; /* by deadline */
    struct cfg_link *watched_first; /* connections in doubt, by time of look */
    struct cfg_link *watched_last;
    struct cfg_request *spare; /* finished ones, to be used again */
    size_t spare_count;
    struct cfg_log_limit log_limit;
    pthread_t thread;
    bool running; /* the starter's: `thread` is to be joined */
    struct cfg_lock lock;
    struct cfg_cond quiet_came;
    bool quiet;  /* under lock: it accepts nobody any more, and never touches `listen_fd` again */
    bool locked; /* the starter's: `lock` and `quiet_came` are to be released */
    atomic_bool published;
    atomic_bool quieting;
    atomic_bool stopping;
    atomic_llong stop_at_ms; /* monotonic */
};

/*
 * Opens everything and starts the thread. Fails: unavailable, no_memory, and what a desk fails with;
 * `loop` is then to be released as well.
 */
enum cfg_status cfg_loop_start(struct cfg_loop *loop,
                               const struct cfg_http_options *options,
                               unsigned index,
                               struct cfg_service *service,
                               struct cfg_err *err) CFG_CHECK;

void cfg_loop_publish(struct cfg_loop *loop);                /* Threads: any */
void cfg_loop_quiesce(struct cfg_loop *loop);                /* asks; Threads: any */
void cfg_loop_stop(struct cfg_loop *loop, int64_t until_ms); /* asks; Threads: any */

/* Waits until it accepts nobody any more; false: not by then. Threads: any. */
bool cfg_loop_await_quiet(struct cfg_loop *loop, int64_t until_ms) CFG_CHECK;

void cfg_loop_release(struct cfg_loop *loop); /* waits for the thread; accepts a zeroed one */

#endif
