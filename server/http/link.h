/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: what a loop knows of each of its connections, beside what the library does: whether the client
 * has said that nothing more comes, and whether the library is stuck. Private to this room.
 *
 * Keeps: 1. A client that leaves in the middle of a request is let go soon: the library reads until it
 *           has less than it asked for, and misses an end that came together with the last bytes.
 *        2. Whoever sent a whole request and then its end still gets the answer.
 *        3. A chunk whose first line fills the library's buffer, which then reads no more, is refused.
 */
#ifndef SERVER_HTTP_LINK_H
#define SERVER_HTTP_LINK_H

#include "server/http/loop.h"

struct cfg_link {
    struct cfg_loop *loop;
    int fd;                        /* the library's */
    struct cfg_request *request;   /* the one under way; NULL: none */
    bool ended;                    /* the client sends nothing more */
    bool watched;                  /* in the loop's list */
    int64_t look_ms;               /* when to look at it */
    size_t seen_bytes;             /* of the body, at the last look */
    unsigned stuck_looks;          /* at which bytes waited that nobody read */
    struct cfg_link *prev, *after; /* in the list, by look_ms */
};

/* Watches a new connection; NULL: no memory or no descriptor, and it is served without this. */
struct cfg_link *cfg_link_open(struct cfg_loop *loop, int fd);

/* Before the descriptor is closed. Accepts NULL. */
void cfg_link_close(struct cfg_link *link);

/* The loop's epoll has told of this one's end. */
void cfg_link_ends(struct cfg_link *link, int64_t now_ms);

/* A body begins on which the library may get stuck. */
void cfg_link_watch(struct cfg_link *link, int64_t now_ms);

/* Ends the watched connections that are stuck or left, unless an answer is under way on them. */
void cfg_link_look(struct cfg_loop *loop, int64_t now_ms);

/* When the next is to be looked at; -1: none. */
int64_t cfg_link_deadline(const struct cfg_loop *loop);

/* Answers without the library, which finds the connection ended then. */
void cfg_link_refuse(struct cfg_link *link, const char *status_line);

#endif
