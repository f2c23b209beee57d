/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp: connections of a fetch, on plain descriptors.
 *
 * Keeps: 1. No wait is longer than its limits. 2. Every descriptor is non-blocking and close-on-exec.
 *        3. A peer that closes gives an error, never a signal.
 * Does not know: TLS, HTTP, git.
 */
#ifndef SERVER_GIT_TCP_H
#define SERVER_GIT_TCP_H

#include <stdint.h>

#include "core/base/err.h"

struct cfg_tcp_limits {
    int64_t end_ms;     /* monotonic: no wait goes beyond */
    int64_t silence_ms; /* the longest wait for the other side */
};

/*
 * Tries all addresses of `host` (a name or an address, IPv6 with or without brackets), each for its
 * share of the time that is left.
 * Owns: the caller closes `*out_fd`. Fails: unavailable (no such name, refused, unreachable), timeout,
 * no_memory; `*out_fd` is -1 then. Threads: any. Limits: looking up a name has the resolver's own.
 */
enum cfg_status cfg_tcp_connect(const char *host,
                                const char *port,
                                const struct cfg_tcp_limits *limits,
                                int *out_fd,
                                struct cfg_err *err) CFG_CHECK;

/* Waits for `events` of poll(2). Fails: timeout, unavailable. */
enum cfg_status cfg_tcp_wait(int fd,
                             short events,
                             const struct cfg_tcp_limits *limits,
                             struct cfg_err *err) CFG_CHECK;

/* Reads what there is, at least one byte; `*out_len` 0: the other side has closed. */
enum cfg_status cfg_tcp_read(int fd,
                             const struct cfg_tcp_limits *limits,
                             void *to,
                             size_t size,
                             size_t *out_len,
                             struct cfg_err *err) CFG_CHECK;

/* Writes all of it. */
enum cfg_status cfg_tcp_write(int fd,
                              const struct cfg_tcp_limits *limits,
                              const void *bytes,
                              size_t len,
                              struct cfg_err *err) CFG_CHECK;

/* Records what errno says of a connection that broke. */
enum cfg_status cfg_tcp_broken(int saved_errno, struct cfg_err *err);

#endif
