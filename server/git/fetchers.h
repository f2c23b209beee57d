/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetchers: the room's own side of the pool that store.h declares.
 *
 * Keeps: the pool is counted: a store that outlives cfg_fetchers_stop gets "cancelled", not freed
 *        memory. It also holds the set of mirrors that are open in this process.
 */
#ifndef SERVER_GIT_FETCHERS_H
#define SERVER_GIT_FETCHERS_H

#include "server/git/fetch_job.h"
#include "server/git/mirror.h"
#include "server/git/store.h"

struct cfg_fetchers *cfg_fetchers_ref(struct cfg_fetchers *fetchers);
void cfg_fetchers_unref(struct cfg_fetchers *fetchers);

/* Borrowed. */
struct cfg_mirror_set *cfg_fetchers_mirrors(struct cfg_fetchers *fetchers);

/*
 * Runs one job in a worker and waits for its end; the worker is killed at the job's deadline, which
 * counts from when a worker took it.
 * Fails: as cfg_store_fetch; unavailable also when no worker became free, none could be started, or
 * it died. Threads: any.
 */
enum cfg_status cfg_fetchers_run(struct cfg_fetchers *fetchers,
                                 const struct cfg_fetch_job *job,
                                 bool *out_changed,
                                 struct cfg_err *err) CFG_CHECK;

#endif
