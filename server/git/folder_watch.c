/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: folders.
 * Gives: one descriptor, readable when one of them changed.
 * Keeps: the kernel's watches; a folder's ends by itself when the folder is deleted.
 */
#include "server/git/folder_watch.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { LOOK_EVERY_S = 10, TRIES = 4, PATH_BYTES = 4096 };

/* A file counts when its writer closes it, not with each write: half a file is of no use. */
static const uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                IN_ONLYDIR | IN_EXCL_UNLINK;

static bool join(int poll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

    return fd >= 0 && epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

enum cfg_status cfg_folder_watch_init(struct cfg_folder_watch *watch, struct cfg_err *err)
{
    atomic_init(&watch->timed, false);
    watch->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->poll_fd < 0 || !join(watch->poll_fd, watch->notify_fd) ||
        !join(watch->poll_fd, watch->timer_fd)) {
        enum cfg_status status = cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "watching folders");
        cfg_folder_watch_release(watch);
        return status;
    }
    return CFG_OK;
}

void cfg_folder_watch_release(struct cfg_folder_watch *watch)
{
    int fds[] = {watch->poll_fd, watch->notify_fd, watch->timer_fd};

    for (size_t i = 0; i < CFG_COUNT(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    watch->poll_fd = watch->notify_fd = watch->timer_fd = -1;
}

static void look_by_timer(struct cfg_folder_watch *watch)
{
    struct itimerspec every = {{LOOK_EVERY_S, 0}, {LOOK_EVERY_S, 0}};

    if (!atomic_exchange(&watch->timed, true))
        timerfd_settime(watch->timer_fd, 0, &every, NULL);
}

int cfg_folder_watch_add(struct cfg_folder_watch *watch, const char *path)
{
    int number = inotify_add_watch(watch->notify_fd, path, changes);

    if (number < 0 && errno != ENOENT && errno != ENOTDIR)
        look_by_timer(watch); /* no more watches (fs.inotify.max_user_watches), or not allowed */
    return number;
}

int cfg_folder_watch_add_above(struct cfg_folder_watch *watch, const char *path)
{
    char above[PATH_BYTES];
    struct stat about;
    int number = -1;

    for (int tries = 0; tries < TRIES; tries++) {
        size_t len = strlen(path), child_len = len;
        if (len >= sizeof above)
            return -1;
        memcpy(above, path, len + 1);
        while (number < 0 && len > 1) {
            child_len = len;
            while (len > 1 && above[--len] != '/')
                continue;
            above[len] = '\0';
            number = cfg_folder_watch_add(watch, above);
        }
        memcpy(above, path, child_len);
        above[child_len] = '\0';
        if (number < 0 || lstat(above, &about) != 0)
            return number;
        cfg_folder_watch_remove(watch, number); /* it was made in between: watch nearer */
        number = -1;
    }
    look_by_timer(watch);
    return -1;
}

void cfg_folder_watch_remove(struct cfg_folder_watch *watch, int number)
{
    if (number >= 0)
        (void)inotify_rm_watch(watch->notify_fd, number);
}

void cfg_folder_watch_drain(struct cfg_folder_watch *watch)
{
    char events[16384];
    uint64_t ticks;

    while (read(watch->notify_fd, events, sizeof events) > 0)
        continue;
    (void)!read(watch->timer_fd, &ticks, sizeof ticks);
}
