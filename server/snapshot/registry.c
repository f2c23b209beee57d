/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: uris. Gives: repositories, one a uri. Keeps: a table under a lock that is never held while
 * anything is opened or read.
 */
#include "server/snapshot/registry.h"

enum {
    IN_PLACE_REFRESH_MS = 2000,
    REMOTE_REFRESH_MS = 15000,
    LONGEST_REFRESH_S = 2000000, /* 23 days: milliseconds fit an int */
};

struct cfg_registry {
    struct cfg_lock lock;
    struct cfg_map repos; /* under lock: key → struct cfg_repo, one reference each */
    struct cfg_shelf shelf;
    struct cfg_str state_dir;
    struct cfg_fetchers *fetchers;
    atomic_uint_fast64_t generation;
    void (*on_publish)(void *ctx);
    void *publish_ctx;
};

static void published(void *ctx)
{
    struct cfg_registry *registry = ctx;
    atomic_fetch_add_explicit(&registry->generation, 1, memory_order_release);
    registry->on_publish(registry->publish_ctx);
}

enum cfg_status cfg_registry_new(struct cfg_str state_dir,
                                 struct cfg_fetchers *fetchers,
                                 void (*on_publish)(void *ctx),
                                 void *publish_ctx,
                                 struct cfg_registry **out,
                                 struct cfg_err *err)
{
    struct cfg_registry *registry = calloc(1, sizeof *registry);
    *out = registry;
    if (registry == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_lock_init(&registry->lock);
    cfg_map_init(&registry->repos);
    cfg_shelf_init(&registry->shelf);
    registry->state_dir = state_dir;
    registry->fetchers = fetchers;
    atomic_init(&registry->generation, 1);
    registry->on_publish = on_publish;
    registry->publish_ctx = publish_ctx;
    return CFG_OK;
}

void cfg_registry_free(struct cfg_registry *registry)
{
    struct cfg_map_entry entry;
    if (registry == NULL)
        return;
    for (size_t at = 0; cfg_map_next(&registry->repos, &at, &entry);)
        cfg_repo_unref(entry.value);
    cfg_map_release(&registry->repos);
    cfg_shelf_release(&registry->shelf);
    cfg_lock_release(&registry->lock);
    free(registry);
}

static struct cfg_repo *find(struct cfg_registry *registry, struct cfg_str key)
{
    cfg_lock_enter(&registry->lock);
    struct cfg_repo *repo = cfg_map_find(&registry->repos, key);
    if (repo)
        cfg_repo_ref(repo);
    cfg_lock_leave(&registry->lock);
    return repo;
}

/* Adds a new repository, or drops it for the one that came first. Gives a reference for the caller. */
static enum cfg_status add(struct cfg_registry *registry,
                           struct cfg_repo *repo,
                           struct cfg_repo **out,
                           struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    cfg_lock_enter(&registry->lock);
    struct cfg_repo *first = cfg_map_find(&registry->repos, repo->key);
    if (first)
        *out = cfg_repo_ref(first);
    else if (registry->repos.count >= CFG_REGISTRY_REPOS)
        status = cfg_err_set(err, CFG_UNAVAILABLE, "more than %d repositories", CFG_REGISTRY_REPOS);
    else if (!cfg_map_put(&registry->repos, repo->key, repo))
        status = cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    else
        *out = cfg_repo_ref(repo);
    cfg_lock_leave(&registry->lock);
    if (status != CFG_OK || first)
        cfg_repo_unref(repo);
    return status;
}

static int refresh_ms(const struct cfg_git_options *options, const struct cfg_store *store)
{
    if (options->refresh_rate_s > LONGEST_REFRESH_S)
        return LONGEST_REFRESH_S * 1000;
    if (options->refresh_rate_s != 0)
        return options->refresh_rate_s < 0 ? -1 : options->refresh_rate_s * 1000;
    return cfg_store_kind_of(store) == CFG_STORE_IN_PLACE ? IN_PLACE_REFRESH_MS : REMOTE_REFRESH_MS;
}

enum cfg_status cfg_registry_git(struct cfg_registry *registry,
                                 struct cfg_str uri,
                                 const struct cfg_git_options *options,
                                 struct cfg_repo **out,
                                 struct cfg_err *err)
{
    struct cfg_store *store = NULL;
    struct cfg_repo *repo = NULL;
    struct cfg_str state_dir = options->basedir.len ? options->basedir : registry->state_dir;
    *out = find(registry, uri);
    if (*out)
        return CFG_OK;
    enum cfg_status status =
        cfg_store_open_git(uri, options, state_dir, registry->fetchers, &store, err);
    if (status != CFG_OK)
        return status;
    status = cfg_repo_new(uri, store, &registry->shelf, refresh_ms(options, store), published,
                          registry, &repo, err);
    if (status != CFG_OK) {
        cfg_store_close(store);
        return status;
    }
    return add(registry, repo, out, err);
}

enum cfg_status cfg_registry_folders(struct cfg_registry *registry,
                                     struct cfg_str key,
                                     const struct cfg_strs *roots,
                                     struct cfg_repo **out,
                                     struct cfg_err *err)
{
    struct cfg_store *store = NULL;
    struct cfg_repo *repo = NULL;
    enum cfg_status status = cfg_store_open_folders(roots, &store, err);
    if (status != CFG_OK)
        return status;
    status = cfg_repo_new(key, store, &registry->shelf, -1, published, registry, &repo, err);
    if (status != CFG_OK) {
        cfg_store_close(store);
        return status;
    }
    return add(registry, repo, out, err);
}

void cfg_registry_forget(struct cfg_registry *registry, struct cfg_repo *repo)
{
    struct cfg_repo *taken = NULL;
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    bool empty = view == NULL || view->err.status != CFG_OK;
    cfg_view_unref(view);
    if (!empty)
        return;
    cfg_lock_enter(&registry->lock);
    if (cfg_map_find(&registry->repos, repo->key) == repo)
        taken = cfg_map_remove(&registry->repos, repo->key);
    cfg_lock_leave(&registry->lock);
    if (taken == NULL)
        return;
    published(registry); /* who took it for what it was lets go of it */
    cfg_repo_unref(taken);
}

uint64_t cfg_registry_generation(const struct cfg_registry *registry)
{
    return atomic_load_explicit(&registry->generation, memory_order_acquire);
}

enum cfg_status cfg_registry_each(struct cfg_registry *registry,
                                  bool (*visit)(struct cfg_repo *repo, void *ctx),
                                  void *ctx,
                                  struct cfg_err *err)
{
    struct cfg_map_entry entry;
    size_t count = 0;
    cfg_lock_enter(&registry->lock);
    struct cfg_repo **repos = calloc(registry->repos.count + 1, sizeof(struct cfg_repo *));
    for (size_t at = 0; repos && cfg_map_next(&registry->repos, &at, &entry);)
        repos[count++] = cfg_repo_ref(entry.value);
    cfg_lock_leave(&registry->lock);
    if (repos == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    bool go_on = true;
    for (size_t i = 0; i < count; i++) {
        go_on = go_on && visit(repos[i], ctx);
        cfg_repo_unref(repos[i]);
    }
    free(repos);
    return CFG_OK;
}

struct cfg_shelf *cfg_registry_shelf(struct cfg_registry *registry)
{
    return &registry->shelf;
}
