/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: fetch jobs from any thread.
 * Gives: their results, from worker processes.
 * Keeps: a worker has one job at a time; a job past its deadline costs its worker's life, no more.
 *
 * A slot is a place for one worker process. Whoever took a free slot owns its fields until it gives
 * it back; only `pid` is also read by cfg_fetchers_stop, so it changes under the lock.
 */
#include "server/git/fetchers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/lock.h"

enum { WAIT_FREE_MS = 60000, SLOTS_MAX = 64, ENVIRONMENT = 24, LAST_WORDS_MS = 100 };

extern char **environ;

struct slot {
    pid_t pid; /* 0: no worker; changed under lock */
    int fd;
    bool busy; /* under lock */
};

struct cfg_fetchers {
    struct cfg_ref ref;
    char *program;
    struct cfg_mirror_set mirrors;
    struct cfg_lock lock;
    struct cfg_cond changed; /* a slot became free */
    bool stopping;           /* under lock */
    unsigned count;
    struct slot slots[SLOTS_MAX];
};

/* ---- one worker ---- */

/* The only variables that a worker sees: ours may hold secrets of other repositories. */
static const char *const passed_on[] = {
    "PATH=",         "HOME=",          "USER=",          "LANG=",         "LC_ALL=",
    "TZ=",           "TMPDIR=",        "SSL_CERT_FILE=", "SSL_CERT_DIR=", "SSH_AUTH_SOCK=",
    "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
};

static void pick_environment(char *out[ENVIRONMENT])
{
    size_t count = 0;

    for (char **at = environ; at && *at; at++)
        for (size_t i = 0; i < CFG_COUNT(passed_on) && count + 1 < ENVIRONMENT; i++)
            if (strncmp(*at, passed_on[i], strlen(passed_on[i])) == 0)
                out[count++] = *at;
    out[count] = NULL;
}

/* A process group of its own (a terminal's Ctrl-C is for the server alone), all signals as at birth. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSIGDEF);
    if (!error)
        error = posix_spawnattr_setpgroup(attributes, 0);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &none);
    return error ? error : posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(const char *program, int socket, pid_t *out_pid)
{
    char name[] = "fetch-worker", option[] = "--fetch-worker";
    char *arguments[] = {name, option, NULL};
    char *environment[ENVIRONMENT];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    pick_environment(environment);
    error = set_attributes(&attributes);
    if (!error) /* also when it is 3 already: close-on-exec goes */
        error = posix_spawn_file_actions_adddup2(&actions, socket, CFG_FETCH_FD);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error)
        error = posix_spawn(out_pid, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool has_ended(pid_t pid)
{
    siginfo_t about = {0};

    return waitid(P_PID, (id_t)pid, &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           about.si_pid == pid;
}

/*
 * Ends a slot's worker, after a moment in which it may do so by itself; gives how it ended. It is
 * reaped under the lock together with the loss of its id, so that cfg_fetchers_stop never signals a
 * process that is no longer ours.
 */
static int end_worker(struct cfg_fetchers *fetchers, struct slot *slot, int grace_ms)
{
    struct timespec pause = {0, 1000000};
    siginfo_t about;
    int how = 0;
    pid_t pid = slot->pid;

    if (!pid)
        return 0;
    for (int waited = 0; waited < grace_ms && !has_ended(pid); waited++)
        nanosleep(&pause, NULL);
    kill(-pid, SIGKILL); /* with whatever it started */
    kill(pid, SIGKILL);  /* it may not have reached its group yet */
    while (waitid(P_PID, (id_t)pid, &about, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
    cfg_lock_enter(&fetchers->lock);
    (void)waitpid(pid, &how, 0);
    slot->pid = 0;
    cfg_lock_leave(&fetchers->lock);
    close(slot->fd);
    return how;
}

static enum cfg_status
start_worker(struct cfg_fetchers *fetchers, struct slot *slot, struct cfg_err *err)
{
    int ends[2];
    pid_t pid = 0;
    int error;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "starting a fetch worker");
    error = spawn(fetchers->program, ends[1], &pid);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, error, "starting a fetch worker (%s)",
                                 fetchers->program);
    }
    cfg_lock_enter(&fetchers->lock);
    slot->pid = pid;
    slot->fd = ends[0];
    cfg_lock_leave(&fetchers->lock);
    return CFG_OK;
}

/* ---- slots ---- */

static enum cfg_status cancelled(struct cfg_err *err)
{
    cfg_err_clear(err);
    return cfg_err_set(err, CFG_CANCELLED, "the fetch was cancelled: the server is closing");
}

/* One with a living worker is better than an empty one. */
static struct slot *best_free_slot(struct cfg_fetchers *fetchers)
{
    struct slot *best = NULL;

    for (unsigned i = 0; i < fetchers->count; i++) {
        struct slot *slot = &fetchers->slots[i];
        if (!slot->busy && (!best || (slot->pid && !best->pid)))
            best = slot;
    }
    return best;
}

static enum cfg_status
take_slot(struct cfg_fetchers *fetchers, struct slot **out, struct cfg_err *err)
{
    int64_t deadline_ms = cfg_clock_ms() + WAIT_FREE_MS;
    enum cfg_status status = CFG_OK;
    bool in_time = true;

    cfg_lock_enter(&fetchers->lock);
    *out = best_free_slot(fetchers);
    while (!fetchers->stopping && !*out && in_time) {
        in_time = cfg_cond_wait(&fetchers->changed, &fetchers->lock, deadline_ms);
        *out = best_free_slot(fetchers);
    }
    if (fetchers->stopping)
        status = cancelled(err);
    else if (!*out)
        status = cfg_err_set(err, CFG_UNAVAILABLE, "all %u fetch workers were busy for a minute",
                             fetchers->count);
    else
        (*out)->busy = true;
    cfg_lock_leave(&fetchers->lock);
    return status;
}

static void give_slot(struct cfg_fetchers *fetchers, struct slot *slot)
{
    cfg_lock_enter(&fetchers->lock);
    slot->busy = false;
    cfg_cond_wake(&fetchers->changed);
    cfg_lock_leave(&fetchers->lock);
}

static bool is_stopping(struct cfg_fetchers *fetchers)
{
    bool stopping;

    cfg_lock_enter(&fetchers->lock);
    stopping = fetchers->stopping;
    cfg_lock_leave(&fetchers->lock);
    return stopping;
}

/* ---- one job ---- */

static enum cfg_status
read_result(struct cfg_str message, struct cfg_fetch_result *out, struct cfg_err *err)
{
    if (!cfg_fetch_result_decode(message, out) || out->status >= CFG_STATUS_COUNT)
        return cfg_err_set(err, CFG_INTERNAL, "the fetch worker gave no result");
    return CFG_OK;
}

static enum cfg_status
tell_result(const struct cfg_fetch_result *result, bool *out_changed, struct cfg_err *err)
{
    *out_changed = result->changed != 0;
    if (result->status == CFG_OK)
        return CFG_OK;
    (void)cfg_err_set(err, (enum cfg_status)result->status, "%.*s", CFG_STR_ARG(result->message));
    err->foreign_code = (int)(int64_t)result->code;
    if (cfg_str_eq(result->domain, CFG_STR("libgit2")))
        err->foreign_domain = "libgit2";
    else if (cfg_str_eq(result->domain, CFG_STR("errno")))
        err->foreign_domain = "errno";
    return err->status;
}

/* Why no result came, and the end of that worker. */
static enum cfg_status give_up(struct cfg_fetchers *fetchers,
                               struct slot *slot,
                               const struct cfg_fetch_job *job,
                               enum cfg_status why,
                               struct cfg_err *err)
{
    int how = end_worker(fetchers, slot, why == CFG_CANCELLED ? LAST_WORDS_MS : 0);

    if (is_stopping(fetchers))
        return cancelled(err);
    if (why != CFG_TIMEOUT && why != CFG_CANCELLED)
        return err->status;
    cfg_err_clear(err);
    if (why == CFG_TIMEOUT || (WIFSIGNALED(how) && WTERMSIG(how) == SIGALRM))
        return cfg_err_set(err, CFG_TIMEOUT,
                           "the fetch took longer than %llu ms, or nothing came for %llu ms",
                           (unsigned long long)job->total_ms, (unsigned long long)job->timeout_ms);
    return cfg_err_set(err, CFG_UNAVAILABLE, "the fetch worker ended by %s %d",
                       WIFSIGNALED(how) ? "signal" : "exit code",
                       WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
}

/* Waits for the result; every sign of life renews the patience, up to the job's total. */
static enum cfg_status await(int fd,
                             const struct cfg_fetch_job *job,
                             struct cfg_buf *reply,
                             struct cfg_fetch_result *out,
                             struct cfg_err *err)
{
    int64_t end_ms = cfg_clock_ms() + (int64_t)job->total_ms;
    enum cfg_status status;

    do {
        int64_t deadline_ms = cfg_clock_ms() + (int64_t)job->timeout_ms;

        status = cfg_fetch_receive(fd, deadline_ms < end_ms ? deadline_ms : end_ms, reply, err);
        if (status == CFG_OK)
            status = read_result(cfg_buf_view(reply), out, err);
    } while (status == CFG_OK && out->more);
    return status;
}

/* Sends the job to the slot's worker, which is started if need be, and waits for the result. */
static enum cfg_status exchange(struct cfg_fetchers *fetchers,
                                struct slot *slot,
                                const struct cfg_fetch_job *job,
                                const struct cfg_buf *message,
                                struct cfg_buf *reply,
                                struct cfg_fetch_result *out,
                                struct cfg_err *err)
{
    enum cfg_status status = slot->pid ? CFG_OK : start_worker(fetchers, slot, err);

    if (status == CFG_OK)
        status = cfg_fetch_send(slot->fd, message, err);
    if (status == CFG_OK && is_stopping(fetchers)) /* the worker may have missed the stop's kill */
        status = cancelled(err);
    return status == CFG_OK ? await(slot->fd, job, reply, out, err) : status;
}

static enum cfg_status run_in_slot(struct cfg_fetchers *fetchers,
                                   struct slot *slot,
                                   const struct cfg_fetch_job *job,
                                   bool *out_changed,
                                   struct cfg_err *err)
{
    bool was_idle = slot->pid != 0;
    struct cfg_fetch_result result;
    struct cfg_buf message, reply;
    enum cfg_status status;

    cfg_buf_init(&message, CFG_FETCH_MESSAGE_BYTES);
    cfg_buf_init(&reply, CFG_FETCH_MESSAGE_BYTES);
    cfg_fetch_job_encode(job, &message);
    status = cfg_buf_end(&message, "the credentials of a repository", err);
    if (status == CFG_OK)
        status = exchange(fetchers, slot, job, &message, &reply, &result, err);
    if (was_idle && (status == CFG_UNAVAILABLE || status == CFG_CANCELLED) &&
        !is_stopping(fetchers)) { /* it may have been dead, or about to end, before the job came */
        end_worker(fetchers, slot, 0);
        cfg_err_clear(err);
        status = exchange(fetchers, slot, job, &message, &reply, &result, err);
    }
    status = status == CFG_OK ? tell_result(&result, out_changed, err)
                              : give_up(fetchers, slot, job, status, err);
    cfg_buf_wipe(&message);
    cfg_buf_release(&reply);
    return status;
}

enum cfg_status cfg_fetchers_run(struct cfg_fetchers *fetchers,
                                 const struct cfg_fetch_job *job,
                                 bool *out_changed,
                                 struct cfg_err *err)
{
    struct slot *slot;
    enum cfg_status status;

    *out_changed = false;
    status = take_slot(fetchers, &slot, err);
    if (status != CFG_OK)
        return status;
    status = run_in_slot(fetchers, slot, job, out_changed, err);
    give_slot(fetchers, slot);
    return status;
}

/* ---- life ---- */

enum cfg_status cfg_fetchers_start(const char *program,
                                   unsigned count,
                                   struct cfg_fetchers **out,
                                   struct cfg_err *err)
{
    struct cfg_fetchers *fetchers;

    *out = NULL;
    if (access(program, X_OK) != 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno,
                                 "the program of the fetch workers (%s)", program);
    fetchers = calloc(1, sizeof *fetchers);
    if (fetchers)
        fetchers->program = strdup(program);
    if (!fetchers || !fetchers->program) {
        free(fetchers);
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for the fetch workers");
    }
    cfg_ref_init(&fetchers->ref);
    cfg_lock_init(&fetchers->lock);
    cfg_cond_init(&fetchers->changed);
    cfg_mirror_set_init(&fetchers->mirrors);
    fetchers->count = count < 1 ? 1 : count > SLOTS_MAX ? SLOTS_MAX : count;
    *out = fetchers;
    return CFG_OK;
}

void cfg_fetchers_stop(struct cfg_fetchers *fetchers)
{
    bool any_busy = true;

    if (!fetchers)
        return;
    cfg_lock_enter(&fetchers->lock);
    fetchers->stopping = true;
    cfg_cond_wake(&fetchers->changed);
    while (any_busy) { /* each notices by its worker's death and gives the slot back */
        any_busy = false;
        for (unsigned i = 0; i < fetchers->count; i++)
            if (fetchers->slots[i].busy) {
                any_busy = true;
                if (fetchers->slots[i].pid)
                    kill(fetchers->slots[i].pid, SIGKILL);
            }
        if (any_busy)
            (void)cfg_cond_wait(&fetchers->changed, &fetchers->lock, cfg_clock_ms() + 100);
    }
    cfg_lock_leave(&fetchers->lock);
    for (unsigned i = 0; i < fetchers->count; i++)
        end_worker(fetchers, &fetchers->slots[i], 0);
    cfg_fetchers_unref(fetchers);
}

struct cfg_fetchers *cfg_fetchers_ref(struct cfg_fetchers *fetchers)
{
    cfg_ref_add(&fetchers->ref);
    return fetchers;
}

void cfg_fetchers_unref(struct cfg_fetchers *fetchers)
{
    if (!cfg_ref_drop(&fetchers->ref))
        return;
    cfg_mirror_set_release(&fetchers->mirrors);
    cfg_cond_release(&fetchers->changed);
    cfg_lock_release(&fetchers->lock);
    free(fetchers->program);
    free(fetchers);
}

struct cfg_mirror_set *cfg_fetchers_mirrors(struct cfg_fetchers *fetchers)
{
    return &fetchers->mirrors;
}
