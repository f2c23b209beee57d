/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a listening descriptor and a service. Gives: a thread that answers. Keeps: the order of a turn:
 *        first what was published, then what workers brought, then time, then connections.
 *
 * The library's own epoll thread stalls when exactly 128 events are pending, and it cannot be woken from
 * outside in external mode. So its epoll descriptor sits in an epoll of ours beside an eventfd, and it
 * only ever runs without waiting.
 */
#include "server/http/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "server/http/link.h"
#include "server/http/request.h"

enum {
    IDLE_MS = 60000, /* a turn at least so often */
    DRAIN_MS = 10,   /* the same while stopping */
    FLUSH_MS = 500,  /* after the grace: for the last replies to leave */
    FLUSH_TURNS = 3, /* at least: one to resume, one to answer, one to send */
    EVENTS = 64,     /* of ours in a turn: ends of connections, mostly */
};

static enum cfg_status open_epoll(struct cfg_loop *loop, struct cfg_err *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return cfg_err_set(err, CFG_INTERNAL, "the HTTP library has no epoll descriptor");
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "making an epoll");
    const struct {
        int fd;
        void *whose; /* all others are links */
    } inputs[] = {{info->epoll_fd, loop->daemon}, {cfg_mailbox_fd(loop->mailbox), loop->mailbox}};
    for (size_t i = 0; i < CFG_COUNT(inputs); i++) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = inputs[i].whose}};
        if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, inputs[i].fd, &event) != 0)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "filling an epoll");
    }
    return CFG_OK;
}

static void refresh(struct cfg_loop *loop)
{
    uint64_t number = cfg_desk_refresh(loop->desk);
    if (number != loop->number)
        cfg_responses_clear(loop->responses);
    loop->number = number;
}

/* How long the next wait may be. */
static int wait_ms(const struct cfg_loop *loop, int64_t now)
{
    if (loop->again)
        return 0;
    int64_t wait = loop->draining ? DRAIN_MS : IDLE_MS;
    MHD_UNSIGNED_LONG_LONG theirs;
    const int64_t deadlines[] = {cfg_request_deadline(loop), cfg_link_deadline(loop)};
    for (size_t i = 0; i < CFG_COUNT(deadlines); i++)
        if (deadlines[i] >= 0 && deadlines[i] - now < wait)
            wait = deadlines[i] > now ? deadlines[i] - now : 0;
    if (MHD_get_timeout(loop->daemon, &theirs) == MHD_YES && theirs < (MHD_UNSIGNED_LONG_LONG)wait)
        wait = (int64_t)theirs;
    return (int)wait;
}

/*
 * The library listens again, after it was full or out of descriptors, only when it runs once more after
 * the last connection's end. Nothing else would wake it: whoever waits to be accepted would wait for ever.
 */
static void look_for_places(struct cfg_loop *loop)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    unsigned count = info ? info->num_connections : 0;
    loop->again = count < loop->connection_count;
    loop->connection_count = count;
}

/* Whoever comes from now on is the business of the listening descriptor's owner. */
static void fall_quiet(struct cfg_loop *loop)
{
    (void)MHD_quiesce_daemon(loop->daemon);
    cfg_lock_enter(&loop->lock);
    loop->quiet = true;
    cfg_cond_wake(&loop->quiet_came);
    cfg_lock_leave(&loop->lock);
}

/* One turn; false when no descriptor had anything to say. */
static bool turn(struct cfg_loop *loop)
{
    struct epoll_event events[EVENTS];
    int count =
        epoll_wait(loop->epoll_fd, events, CFG_COUNT(events), wait_ms(loop, cfg_clock_ms()));
    struct cfg_job *jobs = NULL;
    for (int i = 0; i < count; i++)
        if (events[i].data.ptr == loop->mailbox)
            jobs = cfg_mailbox_take(loop->mailbox);
        else if (events[i].data.ptr != loop->daemon)
            cfg_link_ends(events[i].data.ptr, cfg_clock_ms());
    if (atomic_exchange(&loop->quieting, false))
        fall_quiet(loop);
    if (atomic_exchange(&loop->published, false))
        refresh(loop);
    cfg_request_arrived(loop, jobs);
    cfg_request_expire(loop, cfg_clock_ms());
    (void)MHD_run(loop->daemon);
    cfg_link_look(loop, cfg_clock_ms());
    look_for_places(loop);
    return count > 0;
}

static void drain(struct cfg_loop *loop)
{
    loop->draining = true;
    fall_quiet(loop);
    bool busy = true;
    while ((busy || loop->active_count > 0) && cfg_clock_ms() < atomic_load(&loop->stop_at_ms))
        busy = turn(loop);
    cfg_request_expire(loop, INT64_MAX);
    int64_t end = cfg_clock_ms() + FLUSH_MS;
    for (int turns = 0; turns < FLUSH_TURNS || (loop->active_count > 0 && cfg_clock_ms() < end);
         turns++) {
        (void)turn(loop);
        /* whom that turn parked; the library itself takes up the resumed when it is stopped */
        cfg_request_expire(loop, INT64_MAX);
    }
}

static void *run(void *ctx)
{
    struct cfg_loop *loop = ctx;
    char name[16];
    snprintf(name, sizeof name, "http-%u", loop->index);
    (void)prctl(PR_SET_NAME, name);
    refresh(loop);
    while (!atomic_load(&loop->stopping))
        (void)turn(loop);
    drain(loop);
    return NULL;
}

static enum cfg_status start_thread(struct cfg_loop *loop, struct cfg_err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    /* signals are for the thread that waits for them */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&loop->thread, NULL, run, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, failed, "starting an event loop");
    loop->running = true;
    return CFG_OK;
}

enum cfg_status cfg_loop_start(struct cfg_loop *loop,
                               const struct cfg_http_options *options,
                               unsigned index,
                               struct cfg_service *service,
                               struct cfg_err *err)
{
    *loop = (struct cfg_loop){
        .options = options,
        .service = service,
        .index = index,
        .listen_fd = options->listen_fds[index],
        .epoll_fd = -1,
        .locked = true,
    };
    cfg_lock_init(&loop->lock);
    cfg_cond_init(&loop->quiet_came);
    /* the library accepts until there is nobody left: a blocking descriptor would block the loop */
    int flags = fcntl(loop->listen_fd, F_GETFL);
    if (flags < 0 || fcntl(loop->listen_fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "preparing a listening descriptor");
    enum cfg_status status = cfg_mailbox_new(&loop->mailbox, err);
    if (status == CFG_OK)
        status = cfg_responses_new(&loop->responses, err);
    if (status == CFG_OK)
        status = cfg_desk_open(service, &loop->desk, err);
    if (status != CFG_OK)
        return status;
    loop->daemon = cfg_request_daemon(loop);
    if (loop->daemon == NULL)
        return cfg_err_set(err, CFG_UNAVAILABLE, "the HTTP library does not start");
    status = open_epoll(loop, err);
    return status == CFG_OK ? start_thread(loop, err) : status;
}

void cfg_loop_publish(struct cfg_loop *loop)
{
    atomic_store(&loop->published, true);
    cfg_mailbox_wake(loop->mailbox);
}

void cfg_loop_quiesce(struct cfg_loop *loop)
{
    atomic_store(&loop->quieting, true);
    cfg_mailbox_wake(loop->mailbox);
}

bool cfg_loop_await_quiet(struct cfg_loop *loop, int64_t until_ms)
{
    cfg_lock_enter(&loop->lock);
    while (!loop->quiet && cfg_cond_wait(&loop->quiet_came, &loop->lock, until_ms))
        ;
    bool quiet = loop->quiet;
    cfg_lock_leave(&loop->lock);
    return quiet;
}

void cfg_loop_stop(struct cfg_loop *loop, int64_t until_ms)
{
    atomic_store(&loop->stop_at_ms, until_ms);
    atomic_store(&loop->stopping, true);
    if (loop->mailbox)
        cfg_mailbox_wake(loop->mailbox);
}

void cfg_loop_release(struct cfg_loop *loop)
{
    if (loop->running)
        pthread_join(loop->thread, NULL);
    if (loop->daemon) {
        (void)MHD_quiesce_daemon(loop->daemon); /* the listening descriptor stays the caller's */
        MHD_stop_daemon(loop->daemon);
    }
    cfg_request_release_spares(loop);
    cfg_responses_release(loop->responses);
    cfg_desk_close(loop->desk);
    if (loop->mailbox)
        cfg_mailbox_close(loop->mailbox);
    cfg_mailbox_unref(loop->mailbox);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->locked) {
        cfg_cond_release(&loop->quiet_came);
        cfg_lock_release(&loop->lock);
    }
}
