/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: arguments.
 * Gives: a running program, as a pair of streams with deadlines.
 * Keeps: no shell in between; no descriptor of ours in it; its end.
 */
#define _GNU_SOURCE /* pipe2 */

#include "server/git/ssh_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { EXIT_NO_PROGRAM = 127, TERM_MS = 200, PAUSE_MS = 5, FIRST_OWN_FD = 3, LAST_OWN_FD = 64 };

void cfg_ssh_process_init(struct cfg_ssh_process *process)
{
    *process = (struct cfg_ssh_process){.in = -1, .out = -1, .errors = -1};
    cfg_buf_init(&process->said, CFG_SSH_SAID_BYTES);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Only calls that are allowed between fork and exec in a process of one thread. */
static void become(
    char *const arguments[], const int ends[3], pid_t parent, cfg_ssh_child_fn in_child, void *ctx)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        _exit(EXIT_NO_PROGRAM);
    for (int i = 0; i < 3; i++)
        if (dup2(ends[i], i) < 0)
            _exit(EXIT_NO_PROGRAM);
    for (int fd = FIRST_OWN_FD; fd < LAST_OWN_FD; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_DFL);
    if (in_child)
        in_child(ctx);
    execvp(arguments[0], arguments);
    _exit(EXIT_NO_PROGRAM);
}

static bool make_pipes(int ours[3], int theirs[3])
{
    for (int i = 0; i < 3; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        ours[i] = ends[i == 0];
        theirs[i] = ends[i != 0];
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) != 0)
            return false;
    }
    return true;
}

enum cfg_status cfg_ssh_process_start(struct cfg_ssh_process *process,
                                      char *const arguments[],
                                      cfg_ssh_child_fn in_child,
                                      void *ctx,
                                      struct cfg_err *err)
{
    int ours[3] = {-1, -1, -1}, theirs[3] = {-1, -1, -1};
    pid_t parent = getpid(), pid = -1;
    int error;

    if (make_pipes(ours, theirs))
        pid = fork();
    error = errno;
    if (pid == 0)
        become(arguments, theirs, parent, in_child, ctx);
    for (int i = 0; i < 3; i++) {
        close_fd(&theirs[i]);
        if (pid < 0)
            close_fd(&ours[i]);
    }
    if (pid < 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, error, "starting %s", arguments[0]);
    process->pid = pid;
    process->in = ours[0];
    process->out = ours[1];
    process->errors = ours[2];
    return CFG_OK;
}

/* Reads what there is on the error output; the older half goes when it becomes too much. */
static void listen_in(struct cfg_ssh_process *process)
{
    char chunk[4096];
    ssize_t got;

    while (process->errors >= 0) {
        got = read(process->errors, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            close_fd(&process->errors);
            return;
        }
        if (process->said.len + (size_t)got > CFG_SSH_SAID_BYTES / 2) {
            size_t kept = process->said.len / 2;
            if (kept)
                memmove(process->said.ptr, process->said.ptr + process->said.len - kept, kept);
            process->said.len = kept;
        }
        cfg_buf_append(&process->said, chunk, (size_t)got);
    }
}

/* Waits for `fd`, listening meanwhile. */
static enum cfg_status wait_for(
    struct cfg_ssh_process *process, int fd, short events, int64_t deadline_ms, struct cfg_err *err)
{
    for (;;) {
        struct pollfd items[2] = {{.fd = fd, .events = events},
                                  {.fd = process->errors, .events = POLLIN}};
        int64_t left = deadline_ms - cfg_clock_ms();
        int ready;

        if (left <= 0)
            return cfg_err_set(err, CFG_TIMEOUT, "nothing came in time");
        ready = poll(items, 2, left > 60000 ? 60000 : (int)left);
        if (ready < 0 && errno != EINTR)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "waiting for a program");
        if (ready > 0 && items[1].revents)
            listen_in(process);
        if (ready > 0 && items[0].revents)
            return CFG_OK;
    }
}

enum cfg_status cfg_ssh_process_read(struct cfg_ssh_process *process,
                                     char *to,
                                     size_t size,
                                     int64_t deadline_ms,
                                     size_t *out_len,
                                     struct cfg_err *err)
{
    *out_len = 0;
    for (;;) {
        enum cfg_status status = wait_for(process, process->out, POLLIN, deadline_ms, err);
        ssize_t got;

        if (status != CFG_OK)
            return status;
        got = read(process->out, to, size);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "reading from a program");
        *out_len = (size_t)got;
        return CFG_OK;
    }
}

enum cfg_status cfg_ssh_process_write(struct cfg_ssh_process *process,
                                      struct cfg_str bytes,
                                      int64_t deadline_ms,
                                      struct cfg_err *err)
{
    while (bytes.len) {
        enum cfg_status status = wait_for(process, process->in, POLLOUT, deadline_ms, err);
        ssize_t put;

        if (status != CFG_OK)
            return status;
        put = write(process->in, bytes.ptr, bytes.len);
        if (put < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (put < 0)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "writing to a program");
        bytes = cfg_str_sub(bytes, (size_t)put, bytes.len);
    }
    return CFG_OK;
}

/* Whether it ends within that time; its last words are read meanwhile. */
static bool ends_within(struct cfg_ssh_process *process, int64_t ms)
{
    int64_t deadline_ms = cfg_clock_ms() + ms;

    for (;;) {
        struct pollfd item = {.fd = process->errors, .events = POLLIN};
        int how = 0;
        pid_t ended = waitpid(process->pid, &how, WNOHANG);

        listen_in(process);
        if (ended == process->pid || (ended < 0 && errno != EINTR)) {
            process->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
            process->pid = 0;
            return true;
        }
        if (cfg_clock_ms() >= deadline_ms)
            return false;
        (void)!poll(&item, process->errors >= 0, PAUSE_MS);
    }
}

void cfg_ssh_process_end(struct cfg_ssh_process *process, int grace_ms)
{
    close_fd(&process->in);
    close_fd(&process->out);
    if (process->pid && !ends_within(process, grace_ms)) {
        kill(process->pid, SIGTERM); /* it ends its own proxies then */
        if (!ends_within(process, TERM_MS)) {
            kill(process->pid, SIGKILL);
            while (!ends_within(process, TERM_MS))
                continue; /* killed: it cannot take long */
        }
    }
    close_fd(&process->errors);
}

void cfg_ssh_process_release(struct cfg_ssh_process *process)
{
    cfg_ssh_process_end(process, 0);
    cfg_buf_release(&process->said);
}
