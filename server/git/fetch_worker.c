/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: jobs, one after another, from the socket on descriptor 3.
 * Gives: a result for each.
 * Keeps: nothing between jobs; ends by itself at a job's deadline, and when the server is gone.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "server/git/fetch.h"
#include "server/git/repack.h"
#include "server/git/store.h"
#include "server/git/streams.h"

enum {
    GRACE_S = 2,
    ALIVE_MS = 200,
    JOBS_MAX = 500 /* then a fresh process: libgit2 leaks a little */
};

/* Whatever the server had open without close-on-exec is none of a worker's business. */
static void close_inherited(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        long fd = strtol(entry->d_name, NULL, 10);
        if (fd > CFG_FETCH_FD && fd != dirfd(dir))
            close((int)fd);
    }
    if (dir)
        closedir(dir);
}

static enum cfg_status tell(const struct cfg_fetch_result *result, struct cfg_err *err)
{
    struct cfg_buf message;
    enum cfg_status status;

    cfg_buf_init(&message, CFG_FETCH_MESSAGE_BYTES);
    cfg_fetch_result_encode(result, &message);
    status = cfg_fetch_send(CFG_FETCH_FD, &message, err);
    cfg_buf_release(&message);
    return status;
}

/* A sign of life, not too often. */
static bool on_alive(void *ctx)
{
    const struct cfg_fetch_result alive = {.more = 1};
    struct cfg_err ignored = CFG_ERR_INIT;
    int64_t *last_ms = ctx;
    int64_t now_ms = cfg_clock_ms();

    if (now_ms - *last_ms < ALIVE_MS)
        return true;
    *last_ms = now_ms;
    return tell(&alive, &ignored) == CFG_OK;
}

static enum cfg_status run_job(struct cfg_str message, struct cfg_err *err)
{
    struct cfg_err cause = CFG_ERR_INIT;
    struct cfg_fetch_result result = {0};
    struct cfg_fetch_job job;
    int64_t last_ms = cfg_clock_ms();
    bool changed = false;

    if (!cfg_fetch_job_decode(message, &job))
        return cfg_err_set(err, CFG_INVALID, "no job of a fetch worker");
    /* The server kills us at the deadline; should it die before, nobody else would. */
    alarm((unsigned)(job.total_ms / 1000 % 86400) + GRACE_S);
    result.status = job.repack ? cfg_repack_run(&job, on_alive, &last_ms, &cause)
                               : cfg_fetch_run(&job, on_alive, &last_ms, &changed, &cause);
    alarm(0);
    if (result.status != CFG_OK) {
        result.message = cfg_str_of(cause.message);
        result.domain = cfg_str_of(cause.foreign_domain);
        result.code = (uint64_t)(int64_t)cause.foreign_code;
    }
    result.changed = changed;
    return tell(&result, err);
}

int cfg_fetch_worker_main(void)
{
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status = CFG_OK;
    struct cfg_buf message;

    close_inherited();
    signal(SIGPIPE, SIG_IGN); /* remotes close while we write */
    status = cfg_git_start(&err);
    if (status == CFG_OK)
        status = cfg_streams_register(&err);
    if (status != CFG_OK)
        return cfg_status_exit(status);
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR,
                     1); /* a pack is on the disk before a tip names it */
    cfg_buf_init(&message, CFG_FETCH_MESSAGE_BYTES);
    for (unsigned jobs = 0; status == CFG_OK && jobs < JOBS_MAX; jobs++) {
        status = cfg_fetch_receive(CFG_FETCH_FD, -1, &message, &err);
        if (status == CFG_OK)
            status = run_job(cfg_buf_view(&message), &err);
        cfg_buf_wipe(&message);
    }
    cfg_git_stop();
    return status == CFG_CANCELLED || status == CFG_OK ? 0 : cfg_status_exit(status);
}
