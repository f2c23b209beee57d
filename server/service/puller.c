/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: repositories. Gives: refreshes in time. Keeps: the schedule, under one lock that is never held
 * while a repository is read.
 */
#include "server/service/puller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/rand.h"

enum {
    MOST_THREADS = 64,
    IDLE_MS = 1000,           /* the longest sleep of the schedule */
    LONGEST_WAIT_MS = 300000, /* between two tries of a repository that fails */
    DEBOUNCE_MS = 50,         /* folders: changes come in bursts */
    HOOK_GAP_MS = 1000,       /* between two refreshes of a repository that hooks ask for */
    SHOWN_PAIRS = 10,         /* in one line of the log */
    FIRST_RETRY_MS = 1000,
    MOST_WATCHES = 64,
    NEVER_MS = 1 << 30,
};

#define NOT_DUE_MS INT64_MAX /* of one that runs, until it is asked for again */

struct scheduled {
    struct cfg_repo *repo; /* a reference */
    int64_t due_ms;
    unsigned failures;
    bool running;
    bool hooked;                   /* a hook waits for the next refresh */
    int64_t hooked_ms;             /* when one that hooks asked for began last */
    struct cfg_affected *affected; /* by the last change; a reference, or NULL */
    struct cfg_tips *told;         /* whose skipped refs the log knows; a reference, or NULL */
};

struct cfg_puller {
    struct cfg_lock lock;
    struct cfg_cond cond;
    struct scheduled *items; /* under lock */
    size_t count, cap;
    bool stop;
    struct cfg_rand rand; /* under lock */
    pthread_t threads[MOST_THREADS];
    unsigned thread_count;
    pthread_t watcher;
    bool has_watcher;
    int wake_pipe[2]; /* the watcher's: a byte says "look at the list again" */
};

/* A tenth earlier or later, so that a thousand repositories do not come at once. */
static int64_t with_jitter(struct cfg_puller *puller, int64_t ms)
{
    return ms - ms / 10 + (int64_t)cfg_rand_below(&puller->rand, (uint64_t)(ms / 5 + 1));
}

static int64_t next_delay(struct cfg_puller *puller, const struct scheduled *item)
{
    int64_t rate = item->repo->refresh_ms;
    if (item->failures > 0) {
        int64_t wait = rate > FIRST_RETRY_MS ? rate : FIRST_RETRY_MS;
        for (unsigned i = 1; i < item->failures && wait < LONGEST_WAIT_MS; i++)
            wait *= 2;
        return with_jitter(puller, wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS);
    }
    return rate < 0 ? NEVER_MS : with_jitter(puller, rate);
}

static struct scheduled *find(struct cfg_puller *puller, const struct cfg_repo *repo)
{
    for (size_t i = 0; i < puller->count; i++)
        if (puller->items[i].repo == repo)
            return &puller->items[i];
    return NULL;
}

/* One line when it begins to fail, one when it has recovered. */
static void report(const struct cfg_repo *repo, unsigned failures, const struct cfg_err *err)
{
    struct cfg_str name = cfg_store_name(repo->store);
    if (err->status != CFG_OK && failures == 0)
        cfg_log_err(CFG_LOG_WARN, "repository_failed", err, "cannot follow"); /* err names it */
    if (err->status == CFG_OK && failures > 0)
        cfg_log(CFG_LOG_INFO, "repository_recovered", "%.*s is read again", CFG_STR_ARG(name));
}

static void report_change(const struct cfg_repo *repo, const struct cfg_affected *affected)
{
    struct cfg_str name = cfg_store_name(repo->store);
    struct cfg_buf text;
    cfg_buf_init(&text, 2048);
    cfg_affected_text(affected, SHOWN_PAIRS, &text);
    cfg_log(CFG_LOG_INFO, "repository_changed", "%.*s: files: %zu; applications: %.*s",
            CFG_STR_ARG(name), affected->file_count,
            CFG_STR_ARG(text.len ? cfg_buf_view(&text) : CFG_STR("none")));
    cfg_buf_release(&text);
}

/* Tells and keeps what a refresh has changed since `before`. */
static void note_change(struct cfg_puller *puller, struct cfg_repo *repo, struct cfg_view *before)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct cfg_affected *affected = NULL;
    struct cfg_view *after = cfg_slot_acquire(&repo->view);
    if (before && after && cfg_affected_views(before, after, &affected, &ignored) == CFG_OK &&
        affected) {
        report_change(repo, affected);
        cfg_lock_enter(&puller->lock);
        struct scheduled *item = find(puller, repo);
        struct cfg_affected *old = item->affected;
        item->affected = affected;
        cfg_lock_leave(&puller->lock);
        cfg_affected_unref(old);
    }
    cfg_view_unref(after);
}

static size_t skipped_count(const struct cfg_tips *tips)
{
    return tips ? tips->skipped : 0;
}

/* The first skipped ref from `*at` on; NULL: no other. */
static const struct cfg_tip *next_skipped(const struct cfg_tips *tips, size_t *at)
{
    while (tips && *at < tips->count) {
        const struct cfg_tip *tip = &tips->items[(*at)++];
        if (tip->skipped)
            return tip;
    }
    return NULL;
}

static bool same_skipped(const struct cfg_tips *a, const struct cfg_tips *b)
{
    size_t i = 0, k = 0;
    bool same = skipped_count(a) == skipped_count(b);
    for (size_t left = skipped_count(a); same && left > 0; left--)
        same = cfg_str_eq(next_skipped(a, &i)->name, next_skipped(b, &k)->name);
    return same;
}

static void report_skipped(const struct cfg_repo *repo, const struct cfg_tips *tips)
{
    struct cfg_str name = cfg_store_name(repo->store);
    size_t at = 0;
    const struct cfg_tip *first = next_skipped(tips, &at);
    if (first == NULL)
        cfg_log(CFG_LOG_INFO, "refs_recovered", "%.*s: all branches and tags are read again",
                CFG_STR_ARG(name));
    else
        cfg_log(CFG_LOG_WARN, "refs_skipped",
                "%.*s: damaged branches and tags: %zu, the first is %.*s; each stays at its last "
                "known commit, if there is one",
                CFG_STR_ARG(name), tips->skipped, CFG_STR_ARG(first->name));
}

/* One line when other refs are damaged than the log knows of. */
static void note_skipped(struct cfg_puller *puller, struct cfg_repo *repo)
{
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    struct cfg_tips *tips = view ? view->tips : NULL, *old = NULL;
    cfg_lock_enter(&puller->lock);
    struct scheduled *item = find(puller, repo);
    bool same = tips == NULL || same_skipped(item->told, tips);
    if (!same) {
        old = item->told;
        item->told = cfg_tips_ref(tips);
    }
    cfg_lock_leave(&puller->lock);
    if (!same)
        report_skipped(repo, tips);
    cfg_tips_unref(old);
    cfg_view_unref(view);
}

/* Puts the repository back into the schedule; gives how often it had failed before. */
static unsigned finish(struct cfg_puller *puller, const struct cfg_repo *repo, bool failed)
{
    cfg_lock_enter(&puller->lock);
    struct scheduled *item = find(puller, repo);
    CFG_ASSERT(item != NULL);
    unsigned failures = item->failures;
    item->failures = failed ? failures + 1 : 0;
    item->running = false;
    /* else it was asked for while it ran: that change may have come too late for it */
    if (item->due_ms == NOT_DUE_MS)
        item->due_ms = cfg_clock_ms() + next_delay(puller, item);
    cfg_lock_leave(&puller->lock);
    return failures;
}

static void refresh(struct cfg_puller *puller, struct cfg_repo *repo)
{
    struct cfg_err err = CFG_ERR_INIT;
    bool changed;
    int64_t began = cfg_clock_ms();
    struct cfg_view *before = cfg_slot_acquire(&repo->view);
    enum cfg_status status = cfg_repo_refresh(repo, &changed, &err);
    if (status == CFG_OK && changed) {
        struct cfg_str name = cfg_store_name(repo->store);
        cfg_log(CFG_LOG_INFO, "repository_refreshed", "%.*s in %lld ms", CFG_STR_ARG(name),
                (long long)(cfg_clock_ms() - began));
        note_change(puller, repo, before);
    }
    note_skipped(puller, repo);
    cfg_view_unref(before);
    report(repo, finish(puller, repo, status != CFG_OK), &err);
}

/* The most overdue repository, marked as running, with a reference; NULL: none is due by `now`. */
static struct cfg_repo *take_due(struct cfg_puller *puller, int64_t now, int64_t *out_next_ms)
{
    struct scheduled *best = NULL;
    *out_next_ms = now + IDLE_MS;
    for (size_t i = 0; i < puller->count; i++) {
        struct scheduled *item = &puller->items[i];
        if (!item->running && (best == NULL || item->due_ms < best->due_ms))
            best = item;
    }
    if (best && best->due_ms > now) {
        *out_next_ms = best->due_ms < *out_next_ms ? best->due_ms : *out_next_ms;
        best = NULL;
    }
    if (best == NULL)
        return NULL;
    best->running = true;
    best->due_ms = NOT_DUE_MS;
    if (best->hooked)
        best->hooked_ms = now;
    best->hooked = false;
    return cfg_repo_ref(best->repo);
}

static void *follow_schedule(void *ctx)
{
    struct cfg_puller *puller = ctx;
    cfg_lock_enter(&puller->lock);
    while (!puller->stop) {
        int64_t next_ms;
        struct cfg_repo *repo = take_due(puller, cfg_clock_ms(), &next_ms);
        if (repo == NULL) {
            cfg_cond_wait(&puller->cond, &puller->lock, next_ms);
            continue;
        }
        cfg_lock_leave(&puller->lock);
        refresh(puller, repo);
        cfg_repo_unref(repo);
        cfg_lock_enter(&puller->lock);
    }
    cfg_lock_leave(&puller->lock);
    return NULL;
}

static void make_due(struct cfg_puller *puller, const struct cfg_repo *repo, int64_t due_ms)
{
    cfg_lock_enter(&puller->lock);
    struct scheduled *item = find(puller, repo);
    if (item && item->due_ms > due_ms)
        item->due_ms = due_ms;
    cfg_lock_leave(&puller->lock);
    cfg_cond_wake(&puller->cond);
}

void cfg_puller_now(struct cfg_puller *puller, const struct cfg_repo *repo)
{
    int64_t now = cfg_clock_ms();
    cfg_lock_enter(&puller->lock);
    for (size_t i = 0; i < puller->count; i++) {
        struct scheduled *item = &puller->items[i];
        if (repo && item->repo != repo)
            continue;
        int64_t due_ms = item->hooked_ms + HOOK_GAP_MS;
        due_ms = due_ms > now ? due_ms : now;
        if (item->due_ms > due_ms)
            item->due_ms = due_ms;
        item->hooked = true;
    }
    cfg_lock_leave(&puller->lock);
    cfg_cond_wake(&puller->cond);
}

struct cfg_affected *cfg_puller_affected(struct cfg_puller *puller, const struct cfg_repo *repo)
{
    cfg_lock_enter(&puller->lock);
    const struct scheduled *item = find(puller, repo);
    struct cfg_affected *affected =
        item && item->affected ? cfg_affected_ref(item->affected) : NULL;
    cfg_lock_leave(&puller->lock);
    return affected;
}

/* What is to be listened to now; the list only grows while the server runs. */
static nfds_t
watched(struct cfg_puller *puller, struct pollfd *fds, struct cfg_repo **repos, bool *out_stop)
{
    nfds_t count = 1;
    fds[0] = (struct pollfd){.fd = puller->wake_pipe[0], .events = POLLIN};
    cfg_lock_enter(&puller->lock);
    *out_stop = puller->stop;
    for (size_t i = 0; i < puller->count && count < MOST_WATCHES; i++) {
        int fd = cfg_store_watch_fd(puller->items[i].repo->store);
        if (fd < 0)
            continue;
        repos[count] = puller->items[i].repo;
        fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    cfg_lock_leave(&puller->lock);
    return count;
}

static void *listen_to_folders(void *ctx)
{
    struct cfg_puller *puller = ctx;
    for (;;) {
        struct pollfd fds[MOST_WATCHES];
        struct cfg_repo *repos[MOST_WATCHES];
        bool stop;
        nfds_t count = watched(puller, fds, repos, &stop);
        if (stop)
            return NULL;
        if (poll(fds, count, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[0].revents) {
            char bytes[64];
            ssize_t got = read(puller->wake_pipe[0], bytes, sizeof bytes);
            (void)got;
        }
        for (nfds_t i = 1; i < count; i++)
            if (fds[i].revents) {
                cfg_store_watch_drain(repos[i]->store);
                make_due(puller, repos[i], cfg_clock_ms() + DEBOUNCE_MS);
            }
    }
}

static void wake_watcher(struct cfg_puller *puller)
{
    ssize_t put = write(puller->wake_pipe[1], "x", 1);
    (void)put; /* a full pipe wakes as well */
}

enum cfg_status cfg_puller_start(unsigned threads, struct cfg_puller **out, struct cfg_err *err)
{
    struct cfg_puller *puller = calloc(1, sizeof *puller);
    *out = NULL;
    if (puller == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    if (pipe(puller->wake_pipe) != 0) {
        int saved = errno;
        free(puller);
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, saved, "making a pipe");
    }
    for (int i = 0; i < 2; i++) {
        fcntl(puller->wake_pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(puller->wake_pipe[i], F_SETFL, O_NONBLOCK);
    }
    cfg_lock_init(&puller->lock);
    cfg_cond_init(&puller->cond);
    cfg_rand_seed(&puller->rand, cfg_rand_fresh());
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    puller->has_watcher = pthread_create(&puller->watcher, NULL, listen_to_folders, puller) == 0;
    while (puller->has_watcher && puller->thread_count < threads &&
           pthread_create(&puller->threads[puller->thread_count], NULL, follow_schedule, puller) ==
               0)
        puller->thread_count++;
    if (puller->thread_count < threads) {
        cfg_puller_stop(puller);
        return cfg_err_set(err, CFG_UNAVAILABLE, "cannot start the puller's threads");
    }
    *out = puller;
    return CFG_OK;
}

void cfg_puller_stop(struct cfg_puller *puller)
{
    if (puller == NULL)
        return;
    cfg_lock_enter(&puller->lock);
    puller->stop = true;
    cfg_lock_leave(&puller->lock);
    cfg_cond_wake(&puller->cond);
    wake_watcher(puller);
    for (unsigned i = 0; i < puller->thread_count; i++)
        pthread_join(puller->threads[i], NULL);
    if (puller->has_watcher)
        pthread_join(puller->watcher, NULL);
    for (size_t i = 0; i < puller->count; i++) {
        cfg_affected_unref(puller->items[i].affected);
        cfg_tips_unref(puller->items[i].told);
        cfg_repo_unref(puller->items[i].repo);
    }
    free(puller->items);
    close(puller->wake_pipe[0]);
    close(puller->wake_pipe[1]);
    cfg_cond_release(&puller->cond);
    cfg_lock_release(&puller->lock);
    free(puller);
}

/* Room for one more; called under the lock. */
static bool grow(struct cfg_puller *puller)
{
    size_t cap = puller->cap ? puller->cap * 2 : 8;
    if (puller->count < puller->cap)
        return true;
    struct scheduled *grown = realloc(puller->items, cap * sizeof *grown);
    if (grown == NULL)
        return false;
    puller->items = grown;
    puller->cap = cap;
    return true;
}

enum cfg_status
cfg_puller_add(struct cfg_puller *puller, struct cfg_repo *repo, struct cfg_err *err)
{
    bool fresh = cfg_repo_is_fresh(repo);
    cfg_lock_enter(&puller->lock);
    bool there = find(puller, repo) != NULL;
    bool room = there || grow(puller);
    if (!there && room) {
        struct scheduled *item = &puller->items[puller->count++];
        *item = (struct scheduled){.repo = cfg_repo_ref(repo)};
        item->due_ms = cfg_clock_ms() + (fresh ? next_delay(puller, item) : 0);
    }
    cfg_lock_leave(&puller->lock);
    if (!room)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_cond_wake(&puller->cond);
    wake_watcher(puller);
    return CFG_OK;
}
