/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch: brings one mirror up to date, in the calling process and for as long as it takes: only a
 * worker that can be killed calls it.
 *
 * Keeps: 1. Objects arrive before any tip names them, and the tips change by one rename.
 *        2. Only refs/heads/ and refs/tags/ are mirrored; what the remote no longer has is gone here
 *           too. 3. Objects are written as packs only.
 */
#ifndef SERVER_GIT_FETCH_H
#define SERVER_GIT_FETCH_H

#include "server/git/fetch_job.h"

/* Told now and then that the remote still sends; false: nobody waits for the result any more. */
typedef bool (*cfg_fetch_alive_fn)(void *ctx);

/*
 * Fails: not_found, unavailable, unauthenticated, corrupt, too_large, no_memory. The mirror is as it
 * was, with unused packs at most.
 */
enum cfg_status cfg_fetch_run(const struct cfg_fetch_job *job,
                              cfg_fetch_alive_fn alive,
                              void *ctx,
                              bool *out_changed,
                              struct cfg_err *err) CFG_CHECK;

#endif
