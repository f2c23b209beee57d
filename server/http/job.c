/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: questions that an event loop may not wait for. Gives: their answers, by mail.
 * Keeps: nobody's memory alive longer than its last holder, nobody's result after that.
 */
#include "server/http/job.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <errno.h>

#include "core/base/lock.h"

enum { MAX_TEXT_BYTES = 2 << 20 }; /* of one question; heads are far shorter */

struct cfg_mailbox {
    struct cfg_ref ref;
    int event_fd; /* open as long as the mailbox lives */
    struct cfg_lock lock;
    struct cfg_job *first, *last; /* under lock */
    bool closed;                  /* under lock */
};

enum cfg_status cfg_mailbox_new(struct cfg_mailbox **out, struct cfg_err *err)
{
    *out = NULL;
    struct cfg_mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (mailbox == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a mailbox");
    mailbox->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->event_fd < 0) {
        free(mailbox);
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "making an eventfd");
    }
    cfg_ref_init(&mailbox->ref);
    cfg_lock_init(&mailbox->lock);
    *out = mailbox;
    return CFG_OK;
}

void cfg_mailbox_unref(struct cfg_mailbox *mailbox)
{
    if (mailbox == NULL || !cfg_ref_drop(&mailbox->ref))
        return;
    close(mailbox->event_fd);
    cfg_lock_release(&mailbox->lock);
    free(mailbox);
}

int cfg_mailbox_fd(const struct cfg_mailbox *mailbox)
{
    return mailbox->event_fd;
}

void cfg_mailbox_wake(struct cfg_mailbox *mailbox)
{
    uint64_t one = 1;
    ssize_t written = write(mailbox->event_fd, &one, sizeof one);
    (void)written; /* it fails only when the count is full, and then the loop is awake anyway */
}

struct cfg_job *cfg_mailbox_take(struct cfg_mailbox *mailbox)
{
    uint64_t count;
    ssize_t got = read(mailbox->event_fd, &count, sizeof count);
    (void)got; /* nothing to read is as good */
    cfg_lock_enter(&mailbox->lock);
    struct cfg_job *jobs = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    cfg_lock_leave(&mailbox->lock);
    return jobs;
}

static void drop_jobs(struct cfg_job *job)
{
    while (job) {
        struct cfg_job *next = job->next;
        cfg_job_unref(job);
        job = next;
    }
}

void cfg_mailbox_close(struct cfg_mailbox *mailbox)
{
    cfg_lock_enter(&mailbox->lock);
    struct cfg_job *jobs = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    mailbox->closed = true;
    cfg_lock_leave(&mailbox->lock);
    drop_jobs(jobs);
}

/* The worker's hold goes over to the mailbox. */
static void post(struct cfg_mailbox *mailbox, struct cfg_job *job)
{
    cfg_lock_enter(&mailbox->lock);
    bool kept = !mailbox->closed;
    if (kept) {
        if (mailbox->last)
            mailbox->last->next = job;
        else
            mailbox->first = job;
        mailbox->last = job;
    }
    cfg_lock_leave(&mailbox->lock);
    if (!kept)
        cfg_job_unref(job);
}

/* On a worker's thread. */
static void work(struct cfg_desk *desk, void *ctx)
{
    struct cfg_job *job = ctx;
    bool must_wait = false;
    /* the job may be gone as soon as it is posted, and the mailbox with it */
    struct cfg_mailbox *mailbox = job->mailbox;
    cfg_ref_add(&mailbox->ref);
    if (desk) {
        (void)cfg_desk_refresh(desk);
        job->status =
            cfg_desk_answer(desk, &job->ask, CFG_DESK_WAITS, &job->body, &must_wait, &job->err);
        if (job->status == CFG_OK && job->body == NULL)
            job->status = cfg_err_set(&job->err, CFG_UNAVAILABLE, "there is no answer yet");
    } else {
        job->status = cfg_err_set(&job->err, CFG_CANCELLED, "the server is stopping");
    }
    post(mailbox, job);
    cfg_mailbox_wake(mailbox);
    cfg_mailbox_unref(mailbox);
}

void cfg_job_unref(struct cfg_job *job)
{
    if (job == NULL || !cfg_ref_drop(&job->ref))
        return;
    cfg_body_unref(job->body);
    cfg_arena_release(&job->arena);
    cfg_mailbox_unref(job->mailbox);
    free(job);
}

static bool copy_ask(struct cfg_arena *arena, const struct cfg_ask *ask, struct cfg_ask *out)
{
    *out = *ask;
    return cfg_arena_dup(arena, ask->name, &out->name) &&
           cfg_arena_dup(arena, ask->profiles, &out->profiles) &&
           cfg_arena_dup(arena, ask->label, &out->label) &&
           cfg_arena_dup(arena, ask->path, &out->path) &&
           cfg_arena_dup(arena, ask->charset, &out->charset);
}

enum cfg_status cfg_job_start(struct cfg_service *service,
                              struct cfg_mailbox *mailbox,
                              const struct cfg_ask *ask,
                              void *request,
                              struct cfg_job **out,
                              struct cfg_err *err)
{
    *out = NULL;
    struct cfg_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a job");
    cfg_ref_init(&job->ref);
    cfg_ref_add(&mailbox->ref);
    job->mailbox = mailbox;
    job->request = request;
    job->err = CFG_ERR_INIT;
    cfg_arena_init(&job->arena, MAX_TEXT_BYTES, 1024);
    enum cfg_status status =
        copy_ask(&job->arena, ask, &job->ask) ? CFG_OK : cfg_arena_fail(&job->arena, err);
    if (status == CFG_OK) {
        cfg_ref_add(&job->ref); /* the worker's, before it can be there */
        status = cfg_service_work(service, work, job, err);
        if (status != CFG_OK) {
            bool last = cfg_ref_drop(&job->ref); /* nobody came to hold it */
            CFG_ASSERT(!last);
        }
    }
    if (status != CFG_OK) {
        cfg_job_unref(job);
        return status;
    }
    *out = job;
    return CFG_OK;
}
