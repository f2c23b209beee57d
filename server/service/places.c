/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a question. Gives: repositories at commits, and directories in them. Keeps: the reference's
 * order of candidates (MultipleJGitEnvironmentRepository) with one difference: only "there is no such
 * repository or label" goes on to the next candidate; a repository in trouble is reported.
 */
#include "server/service/places.h"

#include "core/base/clock.h"
#include "core/model/limits.h"
#include "server/service/puller.h"
#include "server/service/template.h"

/* The candidates of one back end share what the first of them settles. */
struct search {
    struct cfg_task *task;
    const struct cfg_question *question;
    bool whole_label;
    size_t backend;
    struct cfg_str label; /* as asked; a default once a candidate filled it in */
    bool has_label;
    struct cfg_places *out;
    size_t cap;
};

static enum cfg_status no_memory(const struct search *s, struct cfg_err *err)
{
    return cfg_arena_fail(s->task->arena, err);
}

static const struct cfg_service_options *options_of(const struct search *s)
{
    return s->task->desk->service->options;
}

static bool add_place(struct search *s, struct cfg_place place)
{
    struct cfg_places *out = s->out;
    if (!cfg_arena_grow(s->task->arena, &out->items, &s->cap, out->count, sizeof *out->items))
        return false;
    out->items[out->count++] = place;
    return true;
}

/* Appends `text` to `*list` behind a comma. */
static bool join(struct cfg_arena *arena, struct cfg_str *list, struct cfg_str text)
{
    return cfg_arena_printf(arena, list, "%.*s%s%.*s", CFG_STR_ARG(*list), list->len ? "," : "",
                            CFG_STR_ARG(text));
}

/* Opens, or reads for the first time, the repository of `uri`, as a worker. */
static enum cfg_status learn_repo(struct search *s,
                                  struct cfg_str uri,
                                  const struct cfg_git_options *git,
                                  struct cfg_err *err)
{
    struct cfg_service *service = s->task->desk->service;
    struct cfg_repo *repo = NULL;
    enum cfg_status status = cfg_registry_git(service->registry, uri, git, &repo, err);
    if (status != CFG_OK)
        return status;
    status = cfg_repo_need(repo, CFG_STR_NONE, s->task->deadline_ms, err);
    bool by_placeholder = cfg_str_chr(git->uri, '{') < git->uri.len;
    if (status == CFG_OK) /* also when another thread opened it: that one may have given up */
        status = cfg_puller_add(service->puller, repo, err);
    else if (by_placeholder)
        cfg_registry_forget(service->registry, repo);
    cfg_repo_unref(repo);
    cfg_desk_refresh(s->task->desk);
    return status;
}

/* The desk's view of a repository. OK with a NULL view when the task must wait. */
static enum cfg_status find_view(struct search *s,
                                 struct cfg_str uri,
                                 const struct cfg_git_options *git,
                                 struct cfg_desk_view **out,
                                 struct cfg_err *err)
{
    struct cfg_desk *desk = s->task->desk;
    struct cfg_desk_view *view = cfg_map_find(&desk->by_key, uri);
    *out = NULL;
    if (view == NULL || view->view == NULL) {
        if (s->task->wait == CFG_DESK_NOW) {
            s->task->must_wait = true;
            return CFG_OK;
        }
        enum cfg_status status = learn_repo(s, uri, git, err);
        if (status != CFG_OK)
            return status;
        view = cfg_map_find(&desk->by_key, uri);
        if (view == NULL || view->view == NULL)
            return cfg_err_set(err, CFG_UNAVAILABLE, "the repository is not readable yet");
    }
    if (view->view->err.status != CFG_OK) {
        *err = view->view->err;
        return err->status;
    }
    *out = view;
    return CFG_OK;
}

/* One label of one repository. OK with a NULL commit when the task must wait. */
static enum cfg_status find_commit(struct search *s,
                                   struct cfg_str uri,
                                   const struct cfg_git_options *git,
                                   struct cfg_str label,
                                   struct cfg_place *out,
                                   struct cfg_err *err)
{
    struct cfg_desk_view *view;
    *out = (struct cfg_place){.backend = s->backend, .git = git, .label = label};
    if (cfg_str_trim(label).len == 0)
        return cfg_err_set(err, CFG_NOT_FOUND, "No such label: \"%.*s\"", CFG_STR_ARG(label));
    for (int attempt = 0; attempt < 3; attempt++) {
        enum cfg_status status = find_view(s, uri, git, &view, err);
        if (status != CFG_OK || view == NULL)
            return status;
        switch (cfg_view_label(view->view, label, &out->commit)) {
        case CFG_LABEL_HERE:
            out->repo = view->repo;
            out->store = view->repo->store;
            return cfg_desk_hold(s->task, view, err);
        case CFG_LABEL_UNKNOWN:
            return cfg_err_set(err, CFG_NOT_FOUND, "No such label: %.*s", CFG_STR_ARG(label));
        case CFG_LABEL_ASK:
            if (s->task->wait == CFG_DESK_NOW) {
                s->task->must_wait = true;
                return CFG_OK;
            }
            status = cfg_repo_need(view->repo, label, s->task->deadline_ms, err);
            if (status != CFG_OK)
                return status;
            cfg_desk_refresh(s->task->desk);
        }
    }
    return cfg_err_set(err, CFG_UNAVAILABLE, "the label %.*s keeps changing", CFG_STR_ARG(label));
}

/* One label, with the master branch behind main where main is missing. */
static enum cfg_status find_one(struct search *s,
                                struct cfg_str uri,
                                const struct cfg_git_options *git,
                                struct cfg_str label,
                                struct cfg_place *out,
                                struct cfg_err *err)
{
    enum cfg_status status = find_commit(s, uri, git, label, out, err);
    if (status != CFG_NOT_FOUND || !git->try_master_branch || !cfg_str_eq(label, CFG_STR("main")))
        return status;
    struct cfg_err second = CFG_ERR_INIT;
    enum cfg_status again = find_commit(s, uri, git, CFG_STR("master"), out, &second);
    if (again == CFG_NOT_FOUND)
        return status; /* the first reason is the one that helps */
    *err = second;
    return again;
}

static enum cfg_status find_several(struct search *s,
                                    struct cfg_str uri,
                                    const struct cfg_git_options *git,
                                    struct cfg_err *err)
{
    struct cfg_place places[CFG_LIMIT_PROFILES];
    size_t count = 0;
    struct cfg_str rest = s->label;
    struct cfg_str label;
    while (cfg_str_cut(&rest, ',', &label)) {
        if (label.len == 0)
            continue;
        if (count == CFG_COUNT(places))
            return cfg_err_set(err, CFG_INVALID, "more than %zu labels", CFG_COUNT(places));
        enum cfg_status status = find_commit(s, uri, git, label, &places[count], err);
        if (status == CFG_NOT_FOUND && git->continue_on_multiple_label_failure) {
            cfg_err_clear(err);
            continue;
        }
        if (status != CFG_OK || s->task->must_wait)
            return status;
        if (!join(s->task->arena, &s->out->version, cfg_str_of(places[count].commit->id)))
            return no_memory(s, err);
        count++;
    }
    for (size_t i = count; i > 0; i--) /* the last label is the strongest */
        if (!add_place(s, places[i - 1]))
            return no_memory(s, err);
    return CFG_OK;
}

/* One candidate repository: its label or labels, added to the places. */
static enum cfg_status try_repo(struct search *s,
                                struct cfg_str uri,
                                const struct cfg_git_options *git,
                                struct cfg_err *err)
{
    struct cfg_place place;
    s->out->version = CFG_STR_NONE;
    if (!s->whole_label && cfg_str_chr(s->label, ',') < s->label.len)
        return find_several(s, uri, git, err);
    enum cfg_status status = find_one(s, uri, git, s->label, &place, err);
    if (status != CFG_OK || s->task->must_wait)
        return status;
    s->out->version = cfg_str_of(place.commit->id);
    return add_place(s, place) ? CFG_OK : no_memory(s, err);
}

/* The uri for one profile text; not_found when a value cannot stand in a uri. */
static enum cfg_status expand_uri(struct search *s,
                                  const struct cfg_git_options *git,
                                  struct cfg_str profile,
                                  struct cfg_str *out,
                                  struct cfg_err *err)
{
    struct cfg_template_values values = {s->question->name, profile, s->label};
    const struct {
        struct cfg_str name;
        struct cfg_str value;
    } used[] = {
        {CFG_STR("{application}"), values.application},
        {CFG_STR("{profile}"), values.profile},
        {CFG_STR("{label}"), values.label},
    };
    *out = git->uri;
    if (cfg_str_chr(git->uri, '{') == git->uri.len)
        return CFG_OK;
    for (size_t i = 0; i < CFG_COUNT(used); i++)
        if (cfg_str_find(git->uri, used[i].name) < git->uri.len &&
            !cfg_template_safe_in_uri(used[i].value))
            return cfg_err_set(err, CFG_NOT_FOUND, "No such repository: %.*s is not a name of one",
                               CFG_STR_ARG(used[i].name));
    return cfg_template_expand(s->task->arena, git->uri, &values, out) ? CFG_OK : no_memory(s, err);
}

static bool matches(struct search *s, const struct cfg_git_options *git, struct cfg_str profile)
{
    struct cfg_str text;
    if (!cfg_arena_printf(s->task->arena, &text, "%.*s/%.*s", CFG_STR_ARG(s->question->name),
                          CFG_STR_ARG(profile)))
        return false;
    for (size_t i = 0; i < git->patterns.count; i++) {
        struct cfg_str rest = git->patterns.items[i].len ? git->patterns.items[i] : CFG_STR_NONE;
        struct cfg_str pattern;
        while (cfg_str_cut(&rest, ',', &pattern)) {
            struct cfg_str whole = cfg_str_trim(pattern);
            struct cfg_str more;
            /* "team*" means "team*" followed by "/" and anything; what does not end in a star may be followed by more profiles */
            if (cfg_str_chr(whole, '/') == whole.len &&
                !cfg_arena_printf(s->task->arena, &whole, "%.*s/*", CFG_STR_ARG(whole)))
                return false;
            if (whole.len && cfg_template_simple_match(whole, text))
                return true;
            if (!cfg_str_ends(whole, CFG_STR("*")) &&
                cfg_arena_printf(s->task->arena, &more, "%.*s,*", CFG_STR_ARG(whole)) &&
                cfg_template_simple_match(more, text))
                return true;
        }
    }
    return false;
}

/* All tries of one pattern repository; OK without a place means: go on. */
static enum cfg_status
try_pattern(struct search *s, const struct cfg_git_options *git, struct cfg_err *err)
{
    const struct cfg_strs *profiles = &s->question->profiles;
    struct cfg_str last_uri = CFG_STR_NONE;
    bool any = false;
    for (size_t i = 0; i < profiles->count; i++)
        any = any || matches(s, git, profiles->items[i]);
    if (!any)
        return CFG_OK;
    for (size_t i = profiles->count; i > 0 && s->out->count == 0 && !s->task->must_wait; i--) {
        struct cfg_str uri;
        if (!s->has_label) {
            s->label = git->default_label;
            s->has_label = true;
        }
        enum cfg_status status = expand_uri(s, git, profiles->items[i - 1], &uri, err);
        if (status == CFG_OK && last_uri.ptr && cfg_str_eq(uri, last_uri))
            continue;
        last_uri = uri;
        if (status == CFG_OK && !matches(s, git, s->question->profiles_text))
            continue;
        if (status == CFG_OK)
            status = try_repo(s, uri, git, err);
        if (status != CFG_OK && status != CFG_NOT_FOUND && status != CFG_INVALID)
            return status;
        cfg_err_clear(err);
    }
    return CFG_OK;
}

static enum cfg_status
find_git(struct search *s, const struct cfg_git_options *git, struct cfg_err *err)
{
    struct cfg_str uri;
    size_t before = s->out->count;
    struct cfg_places *all = s->out;
    struct cfg_places mine = {0};
    enum cfg_status status = CFG_OK;
    s->out = &mine;
    s->cap = 0;
    for (size_t i = 0;
         i < git->repo_count && status == CFG_OK && mine.count == 0 && !s->task->must_wait; i++)
        status = try_pattern(s, &git->repos[i], err);
    if (status == CFG_OK && mine.count == 0 && !s->task->must_wait) {
        if (!s->has_label)
            s->label = options_of(s)->default_label.len ? options_of(s)->default_label
                                                        : git->default_label;
        status = expand_uri(s, git, s->question->profiles_text, &uri, err);
        if (status == CFG_OK)
            status = try_repo(s, uri, git, err);
    }
    s->out = all;
    if (status != CFG_OK || s->task->must_wait)
        return status;
    s->cap = before; /* the shared array has grown to exactly what it holds */
    for (size_t i = 0; i < mine.count; i++)
        if (!add_place(s, mine.items[i]))
            return no_memory(s, err);
    all->version = mine.version;
    all->has_version = true;
    all->has_state = true;
    if (mine.version.len && !join(s->task->arena, &all->commits, mine.version))
        return no_memory(s, err);
    return CFG_OK;
}

static enum cfg_status
find_native(struct search *s, const struct cfg_native_options *native, struct cfg_err *err)
{
    struct cfg_desk *desk = s->task->desk;
    struct cfg_str key = desk->service->native_keys[s->backend];
    for (int attempt = 0; attempt < 2; attempt++) {
        struct cfg_desk_view *view = cfg_map_find(&desk->by_key, key);
        CFG_ASSERT(view != NULL || desk->generation == 0);
        if (view && view->view && view->view->err.status != CFG_OK) {
            *err = view->view->err;
            return err->status;
        }
        if (view && view->view) {
            struct cfg_place place = {
                .backend = s->backend,
                .commit = &view->view->commits[0],
                .repo = view->repo,
                .store = view->repo->store,
                .label = s->has_label                       ? s->label
                         : options_of(s)->default_label.len ? options_of(s)->default_label
                                                            : native->default_label,
            };
            s->out->version = native->version;
            s->out->has_version = native->version.len > 0;
            s->cap = s->out->count;
            if (!add_place(s, place))
                return no_memory(s, err);
            return cfg_desk_hold(s->task, view, err);
        }
        if (s->task->wait == CFG_DESK_NOW) {
            s->task->must_wait = true;
            return CFG_OK;
        }
        if (view) {
            enum cfg_status status =
                cfg_repo_need(view->repo, CFG_STR_NONE, s->task->deadline_ms, err);
            if (status != CFG_OK)
                return status;
        }
        cfg_desk_refresh(desk);
    }
    return cfg_err_set(err, CFG_UNAVAILABLE, "the folders are not readable yet");
}

enum cfg_status cfg_places_find(struct cfg_task *task,
                                const struct cfg_question *question,
                                bool whole_label,
                                struct cfg_places *out,
                                struct cfg_err *err)
{
    const struct cfg_service_options *options = task->desk->service->options;
    *out = (struct cfg_places){0};
    for (size_t i = 0; i < options->backend_count && !task->must_wait; i++) {
        const struct cfg_backend_options *backend = &options->backends[i];
        struct search s = {
            .task = task,
            .question = question,
            .whole_label = whole_label,
            .backend = i,
            .label = question->label,
            .has_label = question->has_label,
            .out = out,
        };
        enum cfg_status status = backend->kind == CFG_BACKEND_GIT
                                     ? find_git(&s, &backend->git, err)
                                     : find_native(&s, &backend->native, err);
        if (status == CFG_OK)
            continue;
        if (options->backend_count == 1 || options->fail_on_composite_error)
            return status;
        cfg_err_clear(err);
    }
    if (options->backend_count > 1) {
        out->has_version = false;
        out->has_state = false;
    }
    return CFG_OK;
}

enum cfg_status
cfg_places_recount(struct cfg_task *task, struct cfg_places *places, struct cfg_err *err)
{
    places->commits = CFG_STR_NONE;
    for (size_t begin = 0, end = 0; begin < places->count; begin = end) {
        while (end < places->count && places->items[end].backend == places->items[begin].backend)
            end++;
        if (places->items[begin].git == NULL)
            continue;
        for (size_t i = end; i > begin; i--) /* labels stand in reverse */
            if (!join(task->arena, &places->commits, cfg_str_of(places->items[i - 1].commit->id)))
                return cfg_arena_fail(task->arena, err);
    }
    if (places->has_state) /* one git back end: the Environment shows them */
        places->version = places->commits;
    return CFG_OK;
}

static bool listed(const struct cfg_strs *list, struct cfg_str text)
{
    for (size_t i = 0; i < list->count; i++)
        if (cfg_str_eq(list->items[i], text))
            return true;
    return false;
}

/* A list of locations in the making. */
struct listing {
    struct cfg_task *task;
    struct cfg_snapshot *snapshot;
    struct cfg_strs *out;
    size_t cap;
};

static bool list_add(struct listing *l, struct cfg_str dir)
{
    if (listed(l->out, dir))
        return true;
    if (!cfg_arena_grow(l->task->arena, &l->out->items, &l->cap, l->out->count,
                        sizeof *l->out->items))
        return false;
    l->out->items[l->out->count++] = dir;
    return true;
}

/* A directory as trees spell it: "sub/dir/", and "" for the root. */
static bool tidy_dir(struct cfg_arena *arena, struct cfg_str dir, struct cfg_str *out)
{
    if (!cfg_template_tidy(arena, dir, out))
        return false;
    return out->len == 0 || cfg_arena_printf(arena, out, "%.*s/", CFG_STR_ARG(*out));
}

/* One search path with its names filled in: a directory, or all that a wildcard matches. */
static bool list_search_path(struct listing *l, struct cfg_str path)
{
    struct cfg_str dir;
    if (!tidy_dir(l->task->arena, path, &dir))
        return false;
    if (cfg_str_find(dir, CFG_STR("..")) < dir.len)
        return true; /* nothing outside the tree exists */
    if (cfg_str_chr(dir, '*') == dir.len && cfg_str_chr(dir, '?') == dir.len)
        return !cfg_snapshot_has_dir(l->snapshot, dir) || list_add(l, dir);
    const struct cfg_tree *tree = cfg_snapshot_tree(l->snapshot);
    for (size_t i = 0; i < tree->dir_count; i++)
        if (tree->dirs[i].len && cfg_template_path_match(dir, tree->dirs[i]) &&
            !list_add(l, tree->dirs[i]))
            return false;
    return true;
}

/* The question's applications as they were asked: "application" is among them only when asked for. */
static bool
asked_apps(struct cfg_arena *arena, const struct cfg_question *question, struct cfg_strs *out)
{
    size_t cap = 0;
    struct cfg_str rest = question->name.len ? question->name : CFG_STR_NONE;
    struct cfg_str app;
    *out = (struct cfg_strs){0};
    while (cfg_str_cut(&rest, ',', &app)) {
        if (!cfg_arena_grow(arena, &out->items, &cap, out->count, sizeof *out->items))
            return false;
        out->items[out->count++] = app;
    }
    return true;
}

static bool git_locations(struct listing *l,
                          const struct cfg_place *place,
                          const struct cfg_question *question,
                          const struct cfg_strs *apps)
{
    const struct cfg_strs *paths = &place->git->search_paths;
    if (!list_add(l, CFG_STR("")))
        return false;
    for (size_t i = 0; i < paths->count; i++)
        for (size_t p = 0; p < question->profiles.count; p++)
            for (size_t a = 0; a < apps->count; a++) {
                struct cfg_template_values values = {apps->items[a], question->profiles.items[p],
                                                     place->label};
                struct cfg_str path;
                if (!cfg_template_expand(l->task->arena, paths->items[i], &values, &path) ||
                    !list_search_path(l, path))
                    return false;
            }
    return true;
}

/* "file:///etc/cfg" and "/etc/cfg/" both mean /etc/cfg/. */
static bool folder_path(struct cfg_arena *arena, struct cfg_str location, struct cfg_str *out)
{
    struct cfg_str path = cfg_str_trim(location);
    struct cfg_str tidied;
    if (cfg_str_starts(path, CFG_STR("optional:")))
        path = cfg_str_sub(path, 9, path.len);
    if (cfg_str_starts(path, CFG_STR("file:")))
        path = cfg_str_sub(path, 5, path.len);
    return tidy_dir(arena, path, &tidied) &&
           cfg_arena_printf(arena, out, "/%.*s", CFG_STR_ARG(tidied));
}

static bool native_location(struct listing *l,
                            struct cfg_str location,
                            const struct cfg_template_values *values)
{
    struct cfg_str filled;
    struct cfg_str dir;
    if (!cfg_template_expand(l->task->arena, location, values, &filled))
        return false;
    if (cfg_str_chr(filled, '{') < filled.len || cfg_str_find(filled, CFG_STR("..")) < filled.len)
        return true;
    if (!folder_path(l->task->arena, filled, &dir))
        return false;
    return !cfg_snapshot_has_dir(l->snapshot, dir) || list_add(l, dir);
}

static bool
label_locations(struct listing *l, const struct cfg_native_options *native, struct cfg_str label)
{
    for (size_t i = 0; i < native->search_locations.count; i++) {
        struct cfg_str location = native->search_locations.items[i];
        if (cfg_str_chr(location, '{') < location.len)
            continue;
        struct cfg_str rest = label;
        while (rest.len > 0) { /* from the last label to the first */
            size_t comma = cfg_str_rchr(rest, ',');
            struct cfg_str one = comma == rest.len ? rest : cfg_str_sub(rest, comma + 1, rest.len);
            struct cfg_template_values none = {CFG_STR_NONE, CFG_STR_NONE, CFG_STR_NONE};
            struct cfg_str dir;
            if (cfg_str_trim(one).len &&
                (!cfg_arena_printf(l->task->arena, &dir, "%.*s/%.*s/", CFG_STR_ARG(location),
                                   CFG_STR_ARG(cfg_str_trim(one))) ||
                 !native_location(l, dir, &none)))
                return false;
            rest = cfg_str_sub(rest, 0, comma == rest.len ? 0 : comma);
        }
    }
    return true;
}

static bool native_locations(struct listing *l,
                             const struct cfg_native_options *native,
                             const struct cfg_place *place,
                             const struct cfg_question *question,
                             const struct cfg_strs *apps)
{
    for (size_t i = 0; i < native->search_locations.count; i++)
        for (size_t p = 0; p < question->profiles.count; p++)
            for (size_t a = 0; a < apps->count; a++) {
                struct cfg_template_values values = {apps->items[a], question->profiles.items[p],
                                                     place->label};
                if (!native_location(l, native->search_locations.items[i], &values))
                    return false;
            }
    return !native->add_label_locations || label_locations(l, native, place->label);
}

enum cfg_status cfg_places_locations(struct cfg_task *task,
                                     const struct cfg_place *place,
                                     const struct cfg_question *question,
                                     struct cfg_strs *out,
                                     struct cfg_err *err)
{
    const struct cfg_backend_options *backend =
        &task->desk->service->options->backends[place->backend];
    struct listing l = {.task = task, .snapshot = place->commit->snapshot, .out = out};
    struct cfg_strs apps;
    *out = (struct cfg_strs){0};
    if (!asked_apps(task->arena, question, &apps))
        return cfg_arena_fail(task->arena, err);
    if (question->profiles.count == 0 || apps.count == 0)
        return CFG_OK; /* without a profile or a name no location matches */
    bool done = place->git ? git_locations(&l, place, question, &apps)
                           : native_locations(&l, &backend->native, place, question, &apps);
    return done ? CFG_OK : cfg_arena_fail(task->arena, err);
}

enum cfg_status cfg_places_roots(const struct cfg_native_options *options,
                                 struct cfg_arena *arena,
                                 struct cfg_strs *out,
                                 struct cfg_err *err)
{
    size_t count = options->search_locations.count;
    out->count = 0;
    out->items = cfg_arena_zalloc(arena, count + 1, sizeof *out->items);
    if (out->items == NULL)
        return cfg_arena_fail(arena, err);
    for (size_t i = 0; i < count; i++) {
        struct cfg_str location = options->search_locations.items[i];
        size_t brace = cfg_str_chr(location, '{');
        if (brace < location.len) {
            struct cfg_str fixed = cfg_str_sub(location, 0, brace);
            size_t slash = cfg_str_rchr(fixed, '/');
            location = cfg_str_sub(fixed, 0, slash == fixed.len ? 0 : slash);
        }
        if (!folder_path(arena, location, &out->items[out->count]))
            return cfg_arena_fail(arena, err);
        if (out->items[out->count].len <= 1)
            return cfg_err_set(err, CFG_INVALID,
                               "native.search-locations: %.*s would read the whole machine",
                               CFG_STR_ARG(options->search_locations.items[i]));
        out->count++;
    }
    return CFG_OK;
}
