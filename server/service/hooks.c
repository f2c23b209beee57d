/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: messages from outside. Gives: the names in them, and work to the puller. Keeps: count of lines.
 */
#include "server/service/hooks.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/render/json_writer.h"
#include "server/service/webhook.h"
#include "server/service/webhook_guard.h"

enum {
    TAKEN_LINES = 10, /* a second */
    REFUSED_LINES = 1,
    SHOWN_BYTES = 200,
};

/* Lines of one event, at most so many a second. */
struct limit {
    unsigned most;
    int64_t second;
    unsigned written;
    unsigned dropped; /* since the last line */
};

struct cfg_hooks {
    struct cfg_registry *registry;
    struct cfg_puller *puller;
    const struct cfg_webhook_options *options;
    struct cfg_webhook_guard *guard;
    struct cfg_lock lock;
    struct limit taken, refused; /* under lock */
};

enum cfg_status cfg_hooks_new(const struct cfg_webhook_options *options,
                              struct cfg_registry *registry,
                              struct cfg_puller *puller,
                              struct cfg_hooks **out,
                              struct cfg_err *err)
{
    struct cfg_hooks *hooks = calloc(1, sizeof *hooks);
    *out = NULL;
    if (hooks == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    enum cfg_status status = cfg_webhook_guard_new(options, &hooks->guard, err);
    if (status != CFG_OK) {
        free(hooks);
        return status;
    }
    hooks->registry = registry;
    hooks->puller = puller;
    hooks->options = options;
    hooks->taken.most = TAKEN_LINES;
    hooks->refused.most = REFUSED_LINES;
    cfg_lock_init(&hooks->lock);
    *out = hooks;
    return CFG_OK;
}

void cfg_hooks_free(struct cfg_hooks *hooks)
{
    if (hooks == NULL)
        return;
    cfg_webhook_guard_free(hooks->guard);
    cfg_lock_release(&hooks->lock);
    free(hooks);
}

/* Whether a line may be written, and how many were not since the last one. */
static bool may_log(struct cfg_hooks *hooks, struct limit *limit, unsigned *out_dropped)
{
    int64_t second = cfg_clock_ms() / 1000;
    cfg_lock_enter(&hooks->lock);
    if (limit->second != second) {
        limit->second = second;
        limit->written = 0;
    }
    bool may = limit->written < limit->most;
    *out_dropped = may ? limit->dropped : 0;
    limit->dropped = may ? 0 : limit->dropped + 1;
    limit->written += may;
    cfg_lock_leave(&hooks->lock);
    return may;
}

/* " (N more were not logged)" or nothing. */
static const char *more(unsigned dropped, char out[64])
{
    out[0] = '\0';
    if (dropped)
        snprintf(out, 64, " (%u more were not logged)", dropped);
    return out;
}

static void log_refused(struct cfg_hooks *hooks, const struct cfg_err *err)
{
    unsigned dropped;
    char text[64];
    if (may_log(hooks, &hooks->refused, &dropped))
        cfg_log(CFG_LOG_WARN, "webhook_refused", "%s%s", err->message, more(dropped, text));
}

static void
log_taken(struct cfg_hooks *hooks, const struct cfg_webhook_news *news, size_t repositories)
{
    struct cfg_str ref = cfg_str_sub(news->ref, 0, SHOWN_BYTES);
    unsigned dropped;
    char text[64];
    if (!may_log(hooks, &hooks->taken, &dropped))
        return;
    if (repositories)
        cfg_log(CFG_LOG_INFO, "webhook", "%s%s%.*s: repositories to fetch: %zu%s", news->provider,
                ref.len ? ": " : "", CFG_STR_ARG(ref), repositories, more(dropped, text));
    else
        cfg_log(CFG_LOG_INFO, "webhook", "%s%s%.*s: all repositories are to fetch%s",
                news->provider, ref.len ? ": " : "", CFG_STR_ARG(ref), more(dropped, text));
}

/* ---- repositories ---- */

struct matching {
    struct cfg_puller *puller;
    const struct cfg_webhook_news *news;
    struct cfg_arena *arena;
    size_t count;
    bool failed;
};

static bool is_named(const struct cfg_webhook_news *news, struct cfg_str place)
{
    for (size_t i = 0; i < news->places.count; i++)
        if (cfg_str_eq(news->places.items[i], place))
            return true;
    return false;
}

static bool match(struct cfg_repo *repo, void *ctx)
{
    struct matching *m = ctx;
    struct cfg_str place;
    if (cfg_store_kind_of(repo->store) == CFG_STORE_FOLDERS)
        return true;
    if (!cfg_webhook_place(cfg_store_name(repo->store), m->arena, &place)) {
        m->failed = true;
        return false;
    }
    if (is_named(m->news, place)) {
        cfg_puller_now(m->puller, repo);
        m->count++;
    }
    return true;
}

/* A repository goes by many names: when none is known here, it may be any of ours. */
static size_t
make_due(struct cfg_hooks *hooks, const struct cfg_webhook_news *news, struct cfg_arena *arena)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct matching m = {.puller = hooks->puller, .news = news, .arena = arena};
    if (news->places.count > 0 && cfg_registry_each(hooks->registry, match, &m, &ignored) != CFG_OK)
        m.failed = true;
    if (m.count && !m.failed)
        return m.count;
    cfg_puller_now(hooks->puller, NULL);
    return 0;
}

static enum cfg_status
write_names(const struct cfg_strs *names, struct cfg_buf *out, struct cfg_err *err)
{
    cfg_buf_char(out, '[');
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            cfg_buf_char(out, ',');
        cfg_json_string(out, names->items[i]);
    }
    cfg_buf_char(out, ']');
    return cfg_buf_end(out, "the list of names", err);
}

enum cfg_status cfg_hooks_take(struct cfg_hooks *hooks,
                               const struct cfg_hook *hook,
                               struct cfg_buf *out_names,
                               struct cfg_err *err)
{
    struct cfg_webhook_news news;
    struct cfg_arena arena;
    enum cfg_status status = cfg_webhook_guard_check(hooks->guard, hook, err);
    if (status != CFG_OK) {
        log_refused(hooks, err);
        return status;
    }
    cfg_arena_init(&arena, CFG_WEBHOOK_ARENA_BYTES, 0);
    status = cfg_webhook_read(hooks->options, hook, &arena, &news, err);
    if (status == CFG_OK && news.provider)
        log_taken(hooks, &news, make_due(hooks, &news, &arena));
    if (status == CFG_OK)
        status = write_names(&news.names, out_names, err);
    cfg_arena_release(&arena);
    return status;
}
