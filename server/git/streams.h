/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams: makes libgit2's connections (http, https, git) ours: TCP with limits to every wait, and TLS
 * by OpenSSL.
 *
 * Keeps: 1. A connection belongs to the job that its thread is at; without one it is refused.
 *        2. The first failure of the latest connection is kept in the job in our own words: libgit2
 *        may say something else on top.
 * Does not know: HTTP. What libgit2 asks of a proxy (CONNECT, whole uris) it does itself; only where a
 *        plain connection leads is decided here.
 */
#ifndef SERVER_GIT_STREAMS_H
#define SERVER_GIT_STREAMS_H

#include "server/git/tls.h"

struct cfg_stream_job {
    struct cfg_tls_options tls;
    struct cfg_tcp_limits limits;
    const char *proxy_host, *proxy_port; /* where plain connections lead instead; NULL: nowhere */
    struct cfg_err why;                  /* of the latest connection */
};

/* Once in a process, after cfg_git_start. Fails: internal. */
enum cfg_status cfg_streams_register(struct cfg_err *err) CFG_CHECK;

/* What this thread is at; borrowed until the next call. NULL: nothing. */
void cfg_streams_use(struct cfg_stream_job *job);

#endif
