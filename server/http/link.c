/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: connections and what epoll says of their end. Gives: the end of those that nobody waits at.
 * Keeps: the library in charge: a connection is only shut down here, and it is the library that notices.
 */
#include "server/http/link.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "server/http/request.h"

enum {
    LOOK_MS =
        100, /* time for the library to read what came before the end; then between two looks */
    STUCK_LOOKS = 5,
};

struct cfg_link *cfg_link_open(struct cfg_loop *loop, int fd)
{
    struct cfg_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    *link = (struct cfg_link){.loop = loop, .fd = fd};
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data = {.ptr = link}};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return link;
    free(link);
    return NULL;
}

static void append(struct cfg_link *link, int64_t look_ms)
{
    struct cfg_loop *loop = link->loop;
    link->watched = true;
    link->look_ms = look_ms;
    link->after = NULL;
    link->prev = loop->watched_last;
    if (loop->watched_last)
        loop->watched_last->after = link;
    else
        loop->watched_first = link;
    loop->watched_last = link;
}

static void leave_list(struct cfg_link *link)
{
    struct cfg_loop *loop = link->loop;
    if (!link->watched)
        return;
    if (link->prev)
        link->prev->after = link->after;
    else
        loop->watched_first = link->after;
    if (link->after)
        link->after->prev = link->prev;
    else
        loop->watched_last = link->prev;
    link->prev = link->after = NULL;
    link->watched = false;
}

void cfg_link_close(struct cfg_link *link)
{
    if (link == NULL)
        return;
    /* a copy of the descriptor in a child that is just being made would keep it watched */
    (void)epoll_ctl(link->loop->epoll_fd, EPOLL_CTL_DEL, link->fd, NULL);
    leave_list(link);
    free(link);
}

void cfg_link_watch(struct cfg_link *link, int64_t now_ms)
{
    link->stuck_looks = 0;
    if (!link->watched)
        append(link, now_ms + LOOK_MS);
}

void cfg_link_ends(struct cfg_link *link, int64_t now_ms)
{
    link->ended = true;
    cfg_link_watch(link, now_ms);
}

/* Whether bytes wait to be read, which the library does as long as it has room. */
static bool has_more(const struct cfg_link *link)
{
    char byte;
    return recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static bool is_stuck(struct cfg_link *link)
{
    size_t bytes = cfg_request_body_bytes(link->request);
    link->stuck_looks = bytes == link->seen_bytes ? link->stuck_looks + 1 : 0;
    link->seen_bytes = bytes;
    return link->stuck_looks >= STUCK_LOOKS;
}

/* One look; true when there is to be another. */
static bool look(struct cfg_link *link)
{
    if (cfg_request_is_whole(link->request))
        return link->ended;
    if (has_more(link)) {
        if (!is_stuck(link))
            return true;
        cfg_link_refuse(link, "400 Bad Request");
    } else if (link->ended) {
        (void)shutdown(link->fd, SHUT_RDWR);
    } else {
        link->stuck_looks = 0;
        return link->request != NULL;
    }
    return false;
}

void cfg_link_look(struct cfg_loop *loop, int64_t now_ms)
{
    while (loop->watched_first && loop->watched_first->look_ms <= now_ms) {
        struct cfg_link *link = loop->watched_first;
        leave_list(link);
        if (look(link))
            append(link, now_ms + LOOK_MS);
    }
}

int64_t cfg_link_deadline(const struct cfg_loop *loop)
{
    return loop->watched_first ? loop->watched_first->look_ms : -1;
}

void cfg_link_refuse(struct cfg_link *link, const char *status_line)
{
    char head[256], date[CFG_CLOCK_ISO_BYTES];
    cfg_clock_http(cfg_clock_wall_ms(), date);
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                       status_line, date);
    CFG_ASSERT(len > 0 && (size_t)len < sizeof head);
    /* all before it has been sent, so there is room; if there is none, an end without an answer will do */
    (void)send(link->fd, head, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(link->fd, SHUT_RDWR);
}
