/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: the threads that may wait: cold questions, each thread with a desk of its own.
 * Keeps: a bounded queue; what is accepted runs exactly once.
 */
#ifndef SERVER_SERVICE_POOL_H
#define SERVER_SERVICE_POOL_H

#include "server/service/service.h"

struct cfg_pool;

enum cfg_status cfg_pool_start(struct cfg_service *service,
                               unsigned threads,
                               struct cfg_pool **out,
                               struct cfg_err *err) CFG_CHECK;
void cfg_pool_stop(struct cfg_pool *pool); /* runs what is queued with a NULL desk; accepts NULL */
enum cfg_status
cfg_pool_submit(struct cfg_pool *pool, cfg_work_fn work, void *ctx, struct cfg_err *err) CFG_CHECK;

#endif
