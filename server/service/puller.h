/* SPDX-License-Identifier: Apache-2.0 */
/*
 * puller: looks at every repository again when its time has come, off every request's path: one
 * schedule over all of them, a few threads that follow it, and one that listens to changed folders.
 *
 * Keeps: 1. One refresh at a time per repository. 2. A refresh that fails is tried again later and
 *        later, up to five minutes; what was published stays. 3. One log line when a repository begins
 *        to fail and one when it has recovered; the same for damaged refs. 4. However many hooks come, a repository is refreshed
 *        for them once a second at most; a hook that comes meanwhile is served by the next one.
 */
#ifndef SERVER_SERVICE_PULLER_H
#define SERVER_SERVICE_PULLER_H

#include "server/service/affected.h"
#include "server/snapshot/registry.h"

struct cfg_puller;

enum cfg_status
cfg_puller_start(unsigned threads, struct cfg_puller **out, struct cfg_err *err) CFG_CHECK;
void cfg_puller_stop(struct cfg_puller *puller); /* waits for running refreshes; accepts NULL */

/*
 * Takes a reference, once; the first refresh is due at once unless what is published is fresh.
 * Fails: no_memory. Threads: any.
 */
enum cfg_status
cfg_puller_add(struct cfg_puller *puller, struct cfg_repo *repo, struct cfg_err *err) CFG_CHECK;

/*
 * A repository is said to have changed (NULL: any of them): its refresh begins at once, or when the
 * second is over that the last such call began. Threads: any; never blocks.
 */
void cfg_puller_now(struct cfg_puller *puller, const struct cfg_repo *repo);

/*
 * What the last change of a repository had to do with applications; NULL: nothing has changed since
 * the start, or it is not known here. Owns: a new reference. Threads: any.
 */
struct cfg_affected *cfg_puller_affected(struct cfg_puller *puller, const struct cfg_repo *repo);

#endif
