/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: what the registry published. Gives: views to answer from. Keeps: a reference of each.
 */
#include "server/service/desk.h"

enum cfg_status
cfg_desk_open(struct cfg_service *service, struct cfg_desk **out, struct cfg_err *err)
{
    struct cfg_desk *desk = calloc(1, sizeof *desk);
    *out = desk;
    if (desk == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    desk->service = service;
    cfg_map_init(&desk->by_key);
    cfg_desk_refresh(desk);
    return CFG_OK;
}

static void release_views(struct cfg_desk_view *views, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cfg_view_unref(views[i].view);
        cfg_repo_unref(views[i].repo);
    }
    free(views);
}

void cfg_desk_close(struct cfg_desk *desk)
{
    if (desk == NULL)
        return;
    cfg_map_release(&desk->by_key);
    release_views(desk->views, desk->view_count);
    free(desk);
}

/* What the next set of views is gathered in. */
struct gathering {
    struct cfg_desk_view *views;
    size_t count, cap;
    struct cfg_map by_key;
    bool failed;
};

static bool gather(struct cfg_repo *repo, void *ctx)
{
    struct gathering *g = ctx;
    if (g->count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 8;
        struct cfg_desk_view *grown = realloc(g->views, cap * sizeof *grown);
        if (grown == NULL) {
            g->failed = true;
            return false;
        }
        g->views = grown;
        g->cap = cap;
    }
    g->views[g->count++] =
        (struct cfg_desk_view){cfg_repo_ref(repo), cfg_slot_acquire(&repo->view)};
    return true;
}

uint64_t cfg_desk_refresh(struct cfg_desk *desk)
{
    /* read first: what is published meanwhile moves the number again, and is taken next time */
    uint64_t generation = cfg_registry_generation(desk->service->registry);
    struct cfg_err ignored = CFG_ERR_INIT;
    struct gathering g = {0};
    if (generation == desk->generation)
        return generation;
    cfg_map_init(&g.by_key);
    if (cfg_registry_each(desk->service->registry, gather, &g, &ignored) != CFG_OK)
        g.failed = true;
    for (size_t i = 0; i < g.count && !g.failed; i++)
        g.failed = !cfg_map_put(&g.by_key, g.views[i].repo->key, &g.views[i]);
    if (g.failed) { /* without memory the desk goes on with what it has */
        cfg_map_release(&g.by_key);
        release_views(g.views, g.count);
        return desk->generation;
    }
    cfg_map_release(&desk->by_key);
    release_views(desk->views, desk->view_count);
    desk->views = g.views;
    desk->view_count = g.count;
    desk->by_key = g.by_key;
    desk->generation = generation;
    return generation;
}

static void unref_view(void *view)
{
    cfg_view_unref(view);
}

static void unref_repo(void *repo)
{
    cfg_repo_unref(repo);
}

enum cfg_status
cfg_desk_hold(struct cfg_task *task, const struct cfg_desk_view *view, struct cfg_err *err)
{
    if (task->wait == CFG_DESK_NOW)
        return CFG_OK; /* nobody refreshes this desk before the question is answered */
    /* the repository first: what is deferred runs newest first, and the view reads from its store */
    if (!cfg_arena_defer(task->arena, unref_repo, cfg_repo_ref(view->repo))) {
        cfg_repo_unref(view->repo);
        return cfg_arena_fail(task->arena, err);
    }
    if (!cfg_arena_defer(task->arena, unref_view, cfg_view_ref(view->view))) {
        cfg_view_unref(view->view);
        return cfg_arena_fail(task->arena, err);
    }
    return CFG_OK;
}
