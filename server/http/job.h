/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job: a question that a worker answers while its request is parked, and the mailbox by which the
 * answer comes back to the loop.
 *
 * Keeps: 1. A job has two holders, the loop and the worker; either may go first: a request that timed
 *           out or whose client left drops its hold, and the late result dies with the job.
 *        2. What the worker wrote is read by the loop only after the mailbox gave the job back.
 *        3. A mailbox outlives its loop as long as a worker has a job of it; what arrives after
 *           cfg_mailbox_close is dropped.
 * Does not know: connections.
 */
#ifndef SERVER_HTTP_JOB_H
#define SERVER_HTTP_JOB_H

#include "core/base/arena.h"
#include "server/service/service.h"

struct cfg_mailbox;

struct cfg_job {
    struct cfg_ref ref;
    struct cfg_mailbox *mailbox; /* counted */
    struct cfg_job *next;        /* under the mailbox's lock, then the loop's */
    void *request;               /* the loop's: who waits; NULL: nobody any more */
    struct cfg_arena arena;      /* the texts of `ask` */
    struct cfg_ask ask;          /* constant */
    enum cfg_status status;      /* what follows is the worker's until it is posted */
    struct cfg_body *body;
    struct cfg_err err;
};

enum cfg_status cfg_mailbox_new(struct cfg_mailbox **out, struct cfg_err *err) CFG_CHECK;
void cfg_mailbox_unref(struct cfg_mailbox *mailbox);   /* accepts NULL */
int cfg_mailbox_fd(const struct cfg_mailbox *mailbox); /* readable when there is something */
void cfg_mailbox_wake(struct cfg_mailbox *mailbox);    /* Threads: any */

/* Takes everything that has arrived, oldest first, and makes the descriptor quiet. */
struct cfg_job *cfg_mailbox_take(struct cfg_mailbox *mailbox);

/* Nothing is kept from now on. Owns: drops what has arrived. */
void cfg_mailbox_close(struct cfg_mailbox *mailbox);

/*
 * Copies the question and hands it to a worker. Owns: `*out` is the loop's hold on the job.
 * Fails: unavailable (the queue is full), no_memory, too_large.
 */
enum cfg_status cfg_job_start(struct cfg_service *service,
                              struct cfg_mailbox *mailbox,
                              const struct cfg_ask *ask,
                              void *request,
                              struct cfg_job **out,
                              struct cfg_err *err) CFG_CHECK;
void cfg_job_unref(struct cfg_job *job); /* accepts NULL */

#endif
