/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: work. Gives: threads with desks. Keeps: a ring of jobs under one lock.
 */
#include "server/service/pool.h"

#include "core/base/clock.h"
#include "core/base/lock.h"

enum { MOST_THREADS = 64, MOST_JOBS = 1024, IDLE_MS = 5000 };

struct job {
    cfg_work_fn work;
    void *ctx;
};

struct cfg_pool {
    struct cfg_lock lock;
    struct cfg_cond cond;
    struct job jobs[MOST_JOBS]; /* under lock: a ring */
    size_t first, count;
    bool stop;
    struct cfg_desk *desks[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    unsigned thread_count;
};

struct worker {
    struct cfg_pool *pool;
    struct cfg_desk *desk;
};

static bool take(struct cfg_pool *pool, struct job *out)
{
    if (pool->count == 0)
        return false;
    *out = pool->jobs[pool->first];
    pool->first = (pool->first + 1) % MOST_JOBS;
    pool->count--;
    return true;
}

static void *run(void *ctx)
{
    struct worker *worker = ctx;
    struct cfg_pool *pool = worker->pool;
    struct job job;
    cfg_lock_enter(&pool->lock);
    while (!pool->stop) {
        bool taken = take(pool, &job);
        if (!taken && cfg_cond_wait(&pool->cond, &pool->lock, cfg_clock_ms() + IDLE_MS))
            continue;
        cfg_lock_leave(&pool->lock);
        cfg_desk_refresh(worker->desk); /* also while idle: an old view holds old files */
        if (taken)
            job.work(worker->desk, job.ctx);
        cfg_lock_enter(&pool->lock);
    }
    cfg_lock_leave(&pool->lock);
    free(worker);
    return NULL;
}

static bool start_worker(struct cfg_service *service, struct cfg_pool *pool, struct cfg_err *err)
{
    unsigned at = pool->thread_count;
    struct worker *worker = malloc(sizeof *worker);
    if (worker == NULL || cfg_desk_open(service, &pool->desks[at], err) != CFG_OK) {
        free(worker);
        return false;
    }
    *worker = (struct worker){pool, pool->desks[at]};
    if (pthread_create(&pool->threads[at], NULL, run, worker) != 0) {
        cfg_desk_close(pool->desks[at]);
        free(worker);
        return false;
    }
    pool->thread_count++;
    return true;
}

enum cfg_status cfg_pool_start(struct cfg_service *service,
                               unsigned threads,
                               struct cfg_pool **out,
                               struct cfg_err *err)
{
    struct cfg_pool *pool = calloc(1, sizeof *pool);
    *out = NULL;
    if (pool == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_lock_init(&pool->lock);
    cfg_cond_init(&pool->cond);
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    while (pool->thread_count < threads)
        if (!start_worker(service, pool, err)) {
            cfg_pool_stop(pool);
            return cfg_err_set(err, CFG_UNAVAILABLE, "cannot start %u worker threads", threads);
        }
    *out = pool;
    return CFG_OK;
}

void cfg_pool_stop(struct cfg_pool *pool)
{
    struct job job;
    if (pool == NULL)
        return;
    cfg_lock_enter(&pool->lock);
    pool->stop = true;
    cfg_lock_leave(&pool->lock);
    cfg_cond_wake(&pool->cond);
    for (unsigned i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i], NULL);
        cfg_desk_close(pool->desks[i]);
    }
    while (take(pool, &job))
        job.work(NULL, job.ctx);
    cfg_cond_release(&pool->cond);
    cfg_lock_release(&pool->lock);
    free(pool);
}

enum cfg_status
cfg_pool_submit(struct cfg_pool *pool, cfg_work_fn work, void *ctx, struct cfg_err *err)
{
    bool accepted = false;
    cfg_lock_enter(&pool->lock);
    if (!pool->stop && pool->count < MOST_JOBS) {
        pool->jobs[(pool->first + pool->count++) % MOST_JOBS] = (struct job){work, ctx};
        accepted = true;
    }
    cfg_lock_leave(&pool->lock);
    if (!accepted)
        return cfg_err_set(err, CFG_UNAVAILABLE, "too many new questions at once");
    cfg_cond_wake(&pool->cond);
    return CFG_OK;
}
