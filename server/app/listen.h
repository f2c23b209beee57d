/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen: the listening descriptors, bound here or inherited from the service manager.
 *
 * Keeps: 1. A port that anybody else listens on is an error, never shared by accident, not even with
 *           another process of ours: see listen.c for how. 2. Every descriptor is non-blocking and
 *           closed on exec.
 */
#ifndef SERVER_APP_LISTEN_H
#define SERVER_APP_LISTEN_H

#include "core/base/err.h"

enum { CFG_LISTEN_MAX = 256, CFG_LISTEN_TEXT_BYTES = 80 };

struct cfg_listen {
    int fds[CFG_LISTEN_MAX];
    unsigned count;
    bool inherited;
    char address[CFG_LISTEN_TEXT_BYTES]; /* "[::]:8888", for people */
};

/*
 * Binds `count` descriptors to one address and port (0: a free one, the same for all). The address
 * "::" takes both families, or IPv4 alone on a machine without IPv6.
 * Fails: conflict (in use), denied, invalid (no such address), unavailable; nothing is open then.
 */
enum cfg_status cfg_listen_open(struct cfg_str address,
                                int port,
                                unsigned count,
                                struct cfg_listen *out,
                                struct cfg_err *err) CFG_CHECK;

/*
 * Takes the descriptors that the service manager passed on ($LISTEN_FDS and $LISTEN_PID of this
 * process; both are removed from the environment). Fewer than `count` are duplicated, so that every
 * loop has its own; more make more loops. `out->count` is 0 when there are none.
 * Fails: invalid (one of them does not listen), unavailable.
 * Threads: before any other is started, as for all that touches the environment.
 */
enum cfg_status
cfg_listen_inherit(unsigned count, struct cfg_listen *out, struct cfg_err *err) CFG_CHECK;

void cfg_listen_close(struct cfg_listen *listen);

#endif
