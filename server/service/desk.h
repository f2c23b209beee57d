/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk: what one thread answers from, and the service behind it; shared by the files of this room only.
 *
 * Keeps: 1. A desk's views change only in cfg_desk_refresh, called by its own thread. 2. Whoever may
 *        wait refreshes in the middle of a question, so it holds references of what it uses
 *        (cfg_desk_hold); whoever may not borrows from the desk.
 */
#ifndef SERVER_SERVICE_DESK_H
#define SERVER_SERVICE_DESK_H

#include "server/service/service.h"
#include "server/snapshot/registry.h"

struct cfg_hooks;
struct cfg_puller;
struct cfg_pool;

struct cfg_service {
    const struct cfg_service_options *options;
    cfg_publish_fn on_publish;
    void *publish_ctx;
    struct cfg_arena arena;     /* what is made once at start */
    struct cfg_props overrides; /* un-escaped, in `arena` */
    struct cfg_str
        *native_keys;        /* one a back end: the registry's key of its folders; empty for git */
    struct cfg_repo **known; /* repositories that no question has to name; references */
    size_t known_count;
    size_t required_count; /* the first of them: without these the server is not healthy */
    struct cfg_fetchers *fetchers;
    struct cfg_registry *registry;
    struct cfg_bodies *bodies;
    struct cfg_puller *puller;
    struct cfg_hooks *hooks;
    struct cfg_pool *pool;
};

struct cfg_desk_view {
    struct cfg_repo *repo; /* a reference */
    struct cfg_view *view; /* a reference; NULL: nothing read yet */
};

struct cfg_desk {
    struct cfg_service *service;
    uint64_t generation;
    struct cfg_desk_view *views;
    size_t view_count;
    struct cfg_map by_key; /* the repository's key → struct cfg_desk_view */
};

/* The limits of one question's memory and patience. */
enum { CFG_ASK_BYTES = 256 << 20, CFG_ASK_WAIT_MS = 10000 };

/* What one question is answered with, from beginning to end. */
struct cfg_task {
    struct cfg_desk *desk;
    struct cfg_arena *arena;
    enum cfg_desk_wait wait;
    int64_t deadline_ms;
    bool must_wait; /* out: git must be read, and `wait` forbids it */
};

/* Keeps a view, and the repository that it reads from, for the rest of the task; no_memory otherwise. */
enum cfg_status cfg_desk_hold(struct cfg_task *task,
                              const struct cfg_desk_view *view,
                              struct cfg_err *err) CFG_CHECK;

#endif
