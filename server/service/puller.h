/* SPDX-License-Identifier: Apache-2.0 */
/*
 * puller: looks at every repository again when its time has come, off every request's path: one
 * schedule over all of them, a few threads that follow it, and one that listens to changed folders.
 *
 * Keeps: 1. One refresh at a time per repository. 2. A refresh that fails is tried again later and
 *        later, up to five minutes; what was published stays. 3. One log line when a repository begins
 *        to fail and one when it has recovered.
 */
#ifndef SERVER_SERVICE_PULLER_H
#define SERVER_SERVICE_PULLER_H

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

#endif
