/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: options. Gives: a running service, and its end. Keeps: the order of start; stop is its
 * reverse.
 */
#include "server/service/service.h"

#include "core/base/clock.h"
#include "server/service/desk.h"
#include "server/service/hooks.h"
#include "server/service/overrides.h"
#include "server/service/places.h"
#include "server/service/pool.h"
#include "server/service/puller.h"

enum { ARENA_BYTES = 16 << 20, CLONE_PATIENCE_MS = 600000 };

static void published(void *ctx)
{
    struct cfg_service *service = ctx;
    service->on_publish(service->publish_ctx);
}

static bool needs_a_question(const struct cfg_git_options *git)
{
    return cfg_str_chr(git->uri, '{') < git->uri.len;
}

static size_t count_repositories(const struct cfg_service_options *options)
{
    size_t count = 0;
    for (size_t i = 0; i < options->backend_count; i++)
        count += 1 + options->backends[i].git.repo_count;
    return count;
}

/* Remembers a repository that no question has to name; adopts the reference, each once. */
static void know(struct cfg_service *service, struct cfg_repo *repo)
{
    for (size_t i = 0; i < service->known_count; i++)
        if (service->known[i] == repo) {
            cfg_repo_unref(repo);
            return;
        }
    service->known[service->known_count++] = repo;
}

static enum cfg_status
open_git(struct cfg_service *service, const struct cfg_git_options *git, struct cfg_err *err)
{
    struct cfg_repo *repo;
    if (needs_a_question(git))
        return CFG_OK;
    enum cfg_status status = cfg_registry_git(service->registry, git->uri, git, &repo, err);
    if (status == CFG_OK)
        know(service, repo);
    return status;
}

static enum cfg_status open_native(struct cfg_service *service, size_t backend, struct cfg_err *err)
{
    const struct cfg_native_options *native = &service->options->backends[backend].native;
    struct cfg_strs roots;
    struct cfg_repo *repo;
    enum cfg_status status = cfg_places_roots(native, &service->arena, &roots, err);
    if (status != CFG_OK)
        return status;
    if (!cfg_arena_printf(&service->arena, &service->native_keys[backend], "native:%zu", backend))
        return cfg_arena_fail(&service->arena, err);
    status =
        cfg_registry_folders(service->registry, service->native_keys[backend], &roots, &repo, err);
    if (status == CFG_OK)
        know(service, repo);
    return status;
}

/* Those that every question may need come first; pattern repositories are somebody's, not everybody's. */
static enum cfg_status open_backends(struct cfg_service *service, struct cfg_err *err)
{
    const struct cfg_service_options *options = service->options;
    enum cfg_status status = CFG_OK;
    for (size_t i = 0; i < options->backend_count && status == CFG_OK; i++)
        status = options->backends[i].kind == CFG_BACKEND_NATIVE
                     ? open_native(service, i, err)
                     : open_git(service, &options->backends[i].git, err);
    service->required_count = service->known_count;
    for (size_t i = 0; i < options->backend_count; i++)
        for (size_t k = 0; k < options->backends[i].git.repo_count && status == CFG_OK; k++)
            status = open_git(service, &options->backends[i].git.repos[k], err);
    return status;
}

/* The label that a repository answers most questions with, for its first reading. */
static struct cfg_str first_label(const struct cfg_service_options *options,
                                  const struct cfg_repo *repo)
{
    for (size_t i = 0; i < options->backend_count; i++) {
        const struct cfg_git_options *git = &options->backends[i].git;
        if (options->backends[i].kind != CFG_BACKEND_GIT)
            continue;
        if (cfg_str_eq(git->uri, repo->key))
            return options->default_label.len ? options->default_label : git->default_label;
        for (size_t k = 0; k < git->repo_count; k++)
            if (cfg_str_eq(git->repos[k].uri, repo->key))
                return git->repos[k].default_label;
    }
    return CFG_STR_NONE;
}

static bool wants_clone(const struct cfg_service_options *options, const struct cfg_repo *repo)
{
    for (size_t i = 0; i < options->backend_count; i++) {
        const struct cfg_git_options *git = &options->backends[i].git;
        if (git->clone_on_start && cfg_str_eq(git->uri, repo->key))
            return true;
        for (size_t k = 0; k < git->repo_count; k++)
            if (git->repos[k].clone_on_start && cfg_str_eq(git->repos[k].uri, repo->key))
                return true;
    }
    return false;
}

/*
 * Reads what lies on this machine before the first request comes, so that it is answered at once; a
 * remote is waited for only where clone-on-start asks for it. A repository that cannot be read now is
 * the puller's to try again.
 */
static enum cfg_status read_first(struct cfg_service *service, struct cfg_err *err)
{
    for (size_t i = 0; i < service->known_count; i++) {
        struct cfg_repo *repo = service->known[i];
        struct cfg_err first = CFG_ERR_INIT;
        bool must = wants_clone(service->options, repo);
        if (cfg_store_kind_of(repo->store) == CFG_STORE_MIRROR && !must)
            continue;
        struct cfg_str label = first_label(service->options, repo);
        enum cfg_status status =
            cfg_repo_need(repo, label, cfg_clock_ms() + CLONE_PATIENCE_MS, &first);
        if (status == CFG_OK)
            continue;
        struct cfg_view *view = cfg_slot_acquire(&repo->view);
        bool readable = view && view->err.status == CFG_OK;
        cfg_view_unref(view);
        if (readable) /* only the label is missing: main, before master is tried */
            continue;
        struct cfg_str name = cfg_store_name(repo->store);
        if (must) {
            cfg_err_prefix(&first, "%.*s", CFG_STR_ARG(name));
            *err = first;
            return cfg_err_end(err, false);
        }
    }
    return CFG_OK;
}

enum cfg_status cfg_service_start(const struct cfg_service_options *options,
                                  cfg_publish_fn on_publish,
                                  void *publish_ctx,
                                  struct cfg_service **out,
                                  struct cfg_err *err)
{
    bool done = false;
    struct cfg_service *service = calloc(1, sizeof *service);
    *out = NULL;
    if (service == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    service->options = options;
    service->on_publish = on_publish;
    service->publish_ctx = publish_ctx;
    cfg_arena_init(&service->arena, ARENA_BYTES, 0);
    service->native_keys =
        cfg_arena_zalloc(&service->arena, options->backend_count + 1, sizeof *service->native_keys);
    service->known = cfg_arena_zalloc(&service->arena, count_repositories(options) + 1,
                                      sizeof(struct cfg_repo *));
    if (service->native_keys == NULL || service->known == NULL) {
        cfg_arena_fail(&service->arena, err);
        goto out;
    }
    if (cfg_overrides_make(&options->overrides, &service->arena, &service->overrides, err) !=
            CFG_OK ||
        cfg_bodies_new(options->body_bytes, &service->bodies, err) != CFG_OK ||
        cfg_fetchers_start(options->program, options->fetch_workers, &service->fetchers, err) !=
            CFG_OK ||
        cfg_registry_new(options->state_dir, service->fetchers, published, service,
                         &service->registry, err) != CFG_OK ||
        open_backends(service, err) != CFG_OK || read_first(service, err) != CFG_OK ||
        cfg_puller_start(options->fetch_workers, &service->puller, err) != CFG_OK ||
        cfg_hooks_new(&options->webhook, service->registry, service->puller, &service->hooks,
                      err) != CFG_OK ||
        cfg_pool_start(service, options->workers, &service->pool, err) != CFG_OK)
        goto out;
    for (size_t i = 0; i < service->known_count; i++)
        if (cfg_puller_add(service->puller, service->known[i], err) != CFG_OK)
            goto out;
    *out = service;
    service = NULL;
    done = true;
out:
    cfg_service_stop(service);
    return cfg_err_end(err, done);
}

void cfg_service_stop(struct cfg_service *service)
{
    if (service == NULL)
        return;
    cfg_fetchers_stop(service->fetchers); /* a running fetch ends now: nobody waits for a remote */
    cfg_pool_stop(service->pool);
    cfg_hooks_free(service->hooks);
    cfg_puller_stop(service->puller);
    for (size_t i = 0; i < service->known_count; i++)
        cfg_repo_unref(service->known[i]);
    cfg_bodies_free(service->bodies);
    cfg_registry_free(service->registry);
    cfg_arena_release(&service->arena);
    free(service);
}

enum cfg_status
cfg_service_work(struct cfg_service *service, cfg_work_fn work, void *ctx, struct cfg_err *err)
{
    return cfg_pool_submit(service->pool, work, ctx, err);
}

enum cfg_status cfg_service_webhook(struct cfg_service *service,
                                    const struct cfg_hook *hook,
                                    struct cfg_buf *out_names,
                                    struct cfg_err *err)
{
    return cfg_hooks_take(service->hooks, hook, out_names, err);
}

bool cfg_service_healthy(struct cfg_service *service)
{
    bool healthy = true;
    for (size_t i = 0; i < service->required_count && healthy; i++) {
        struct cfg_view *view = cfg_slot_acquire(&service->known[i]->view);
        healthy = view && view->err.status == CFG_OK;
        cfg_view_unref(view);
    }
    return healthy;
}
