/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repack: keeps one mirror small: many packs become one. For as long as it takes, so only in a worker
 * that can be killed.
 *
 * Keeps: 1. A pack is deleted only when what it held, and is needed, lies in another that is whole:
 *        a kill at any moment costs disk space at most. 2. Readers go on meanwhile.
 */
#ifndef SERVER_GIT_REPACK_H
#define SERVER_GIT_REPACK_H

#include "server/git/fetch.h"

/*
 * Merges the small packs of job->path; when that comes to all of them, or job->repack is
 * CFG_REPACK_ALL, drops what neither a branch or tag nor a commit in job->keep reaches.
 * Fails: corrupt (an object is missing or damaged), unavailable, cancelled, no_memory.
 */
enum cfg_status cfg_repack_run(const struct cfg_fetch_job *job,
                               cfg_fetch_alive_fn alive,
                               void *ctx,
                               struct cfg_err *err) CFG_CHECK;

#endif
