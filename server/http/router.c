/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a target and a method. Gives: the first row of routes.def that fits, with its names filled in.
 * Keeps: which spelling wins exactly as Spring's path patterns do (last hyphen, decoded segments).
 */
#include "server/http/router.h"

enum place { ROOT, PREFIX, HOOKS, PLACES };
enum condition { ALWAYS, PLAIN, DEFAULT_LABEL };

static const struct cfg_route routes[] = {
#define X(name, method, place, pattern, condition, handler, form)                                  \
    {CFG_ROUTE_##name, CFG_METHOD_##method, place, pattern, condition, CFG_FORM_##form},
#include "server/http/routes.def"
#undef X
};

/* A target below one of the places, its segments decoded. */
struct view {
    bool inside; /* there is such a target */
    size_t count;
    struct cfg_str segments[CFG_TARGET_SEGMENTS];
    bool slashes[CFG_TARGET_SEGMENTS]; /* the segment held an escaped slash */
    struct cfg_str rest;               /* raw */
};

enum cfg_method cfg_router_method(const char *name)
{
    static const struct {
        const char *name;
        enum cfg_method method;
    } methods[] = {
        {"GET", CFG_METHOD_GET},
        {"HEAD", CFG_METHOD_GET},
        {"POST", CFG_METHOD_POST},
        {"OPTIONS", CFG_METHOD_OPTIONS},
    };
    for (size_t i = 0; i < CFG_COUNT(methods); i++)
        if (strcmp(methods[i].name, name) == 0)
            return methods[i].method;
    return CFG_METHOD_OTHER;
}

static enum cfg_status make_view(struct cfg_arena *arena,
                                 const struct cfg_target *target,
                                 struct view *out,
                                 struct cfg_err *err)
{
    *out = (struct view){.inside = true, .count = target->count, .rest = target->rest};
    for (size_t i = 0; i < target->count && i < CFG_TARGET_SEGMENTS; i++) {
        enum cfg_status status =
            cfg_target_decode(arena, target->segments[i], &out->segments[i], &out->slashes[i], err);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}

/* "{app}-{profiles}.yml" against "my-app-dev.yml": app "my-app", profiles "dev". */
static bool match_file_name(struct cfg_str extension, struct cfg_str segment, struct cfg_match *out)
{
    if (!cfg_str_ends(segment, extension))
        return false;
    struct cfg_str stem = cfg_str_sub(segment, 0, segment.len - extension.len);
    size_t hyphen = cfg_str_rchr(stem, '-');
    if (hyphen == stem.len)
        return false;
    out->app = cfg_str_sub(stem, 0, hyphen);
    out->profiles = cfg_str_sub(stem, hyphen + 1, stem.len);
    return true;
}

static bool match_segment(struct cfg_str piece, struct cfg_str segment, struct cfg_match *out)
{
    static const struct cfg_str file_name = {"{app}-{profiles}", 16};
    if (cfg_str_starts(piece, file_name))
        return match_file_name(cfg_str_sub(piece, file_name.len, piece.len), segment, out);
    if (piece.ptr[0] != '{')
        return cfg_str_eq(piece, segment);
    if (segment.len == 0)
        return false;
    if (cfg_str_eq(piece, CFG_STR("{app}")))
        out->app = segment;
    else if (cfg_str_eq(piece, CFG_STR("{profiles}")))
        out->profiles = segment;
    else if (cfg_str_eq(piece, CFG_STR("{path}")))
        out->path = segment;
    else {
        out->label = segment;
        out->has_label = true;
    }
    return true;
}

/* Fills the names in; `out->path` of a {path...} is left for later, which may fail. */
static bool match_pattern(const char *pattern, const struct view *view, struct cfg_match *out)
{
    struct cfg_str pieces = cfg_str_sub(cfg_str_of(pattern), 1, strlen(pattern));
    struct cfg_str piece;
    size_t at = 0;
    while (cfg_str_cut(&pieces, '/', &piece)) {
        if (cfg_str_eq(piece, CFG_STR("{path...}")))
            return view->count > at;
        if (at >= view->count || at >= CFG_TARGET_SEGMENTS ||
            !match_segment(piece, view->segments[at], out))
            return false;
        at++;
    }
    return at == view->count;
}

static bool is_word(char c)
{
    /* bytes above ASCII are letters of some alphabet, near enough */
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* A dot behind a word character, then yml, yaml, json or properties as a whole word. */
static bool looks_like_file(struct cfg_str profiles)
{
    static const struct cfg_str words[] = {
        {"yml", 3}, {"yaml", 4}, {"json", 4}, {"properties", 10}};
    for (size_t i = 1; i < profiles.len; i++) {
        if (profiles.ptr[i] != '.' || !is_word(profiles.ptr[i - 1]))
            continue;
        struct cfg_str behind = cfg_str_sub(profiles, i + 1, profiles.len);
        for (size_t w = 0; w < CFG_COUNT(words); w++)
            if (cfg_str_starts(behind, words[w]) &&
                (behind.len == words[w].len || !is_word(behind.ptr[words[w].len])))
                return true;
    }
    return false;
}

/* An escaped slash is fine within the label of the routes with three segments and more, and nowhere else. */
static enum cfg_status check_slashes(const struct view *view, bool labelled, struct cfg_err *err)
{
    for (size_t i = 0; i < view->count && i < CFG_TARGET_SEGMENTS; i++)
        if (view->slashes[i] && !(labelled && i == 2))
            return cfg_err_set(err, CFG_INVALID, "The path holds an escaped slash");
    return CFG_OK;
}

static void write_allow(unsigned methods, char out[32])
{
    snprintf(out, 32, "%s%sOPTIONS", methods & CFG_METHOD_GET ? "GET,HEAD," : "",
             methods & CFG_METHOD_POST ? "POST," : "");
}

/* The first row that fits with its method; `*out_methods`: of all rows that fit but for it. */
static const struct cfg_route *find_row(const struct view views[PLACES],
                                        enum cfg_method method,
                                        bool default_label,
                                        struct cfg_match *out,
                                        unsigned *out_methods)
{
    *out_methods = 0;
    for (size_t i = 0; i < CFG_COUNT(routes); i++) {
        const struct cfg_route *route = &routes[i];
        struct cfg_match match = {.route = route};
        if (!views[route->place].inside ||
            !match_pattern(route->pattern, &views[route->place], &match) ||
            (route->condition == DEFAULT_LABEL && !default_label) ||
            (route->condition == PLAIN && looks_like_file(match.profiles)))
            continue;
        *out_methods |= route->method;
        if (route->method != method)
            continue;
        *out = match;
        return route;
    }
    return NULL;
}

/* The view of a place that stands below `base`; the root's where that is empty. */
static enum cfg_status make_below(struct cfg_arena *arena,
                                  const struct cfg_target *target,
                                  const struct view *root,
                                  struct cfg_str base,
                                  struct view *out,
                                  struct cfg_err *err)
{
    struct cfg_target below = *target;
    *out = *root;
    if (base.len == 0)
        return CFG_OK;
    *out = (struct view){.inside = false};
    return cfg_target_strip(&below, base) ? make_view(arena, &below, out, err) : CFG_OK;
}

static enum cfg_status make_views(struct cfg_arena *arena,
                                  const struct cfg_target *target,
                                  const struct cfg_bases *bases,
                                  struct view views[PLACES],
                                  struct cfg_err *err)
{
    enum cfg_status status = make_view(arena, target, &views[ROOT], err);
    if (status == CFG_OK)
        status = make_below(arena, target, &views[ROOT], bases->prefix, &views[PREFIX], err);
    if (status == CFG_OK)
        status = make_below(arena, target, &views[ROOT], bases->monitor, &views[HOOKS], err);
    return status;
}

enum cfg_status cfg_router_find(struct cfg_arena *arena,
                                const struct cfg_target *target,
                                enum cfg_method method,
                                const struct cfg_bases *bases,
                                struct cfg_match *out,
                                enum cfg_routing *out_routing,
                                struct cfg_err *err)
{
    struct view views[PLACES];
    struct cfg_str ignored;
    bool default_label;
    unsigned methods;

    *out = (struct cfg_match){.route = NULL};
    *out_routing = CFG_ROUTE_NONE;
    if (cfg_str_eq(target->path, CFG_STR("*"))) {
        write_allow(CFG_METHOD_GET | CFG_METHOD_POST, out->allow);
        *out_routing = method == CFG_METHOD_OPTIONS ? CFG_ROUTE_OPTIONS : CFG_ROUTE_METHOD;
        return CFG_OK;
    }
    enum cfg_status status = make_views(arena, target, bases, views, err);
    if (status == CFG_OK)
        status = cfg_target_query(arena, target->query, CFG_STR("useDefaultLabel"), &ignored,
                                  &default_label, err);
    if (status != CFG_OK)
        return status;

    const struct cfg_route *route = find_row(views, method, default_label, out, &methods);
    const struct view *view = views[PREFIX].inside ? &views[PREFIX] : &views[ROOT];
    bool labelled = view->count >= CFG_TARGET_SEGMENTS && !(route && route->id == CFG_ROUTE_FILE);
    status = check_slashes(view, labelled, err);
    if (status != CFG_OK)
        return status;
    if (route && route->id == CFG_ROUTE_FILE_AT)
        status = cfg_target_decode_rest(arena, view->rest, &out->path, err);
    if (route)
        *out_routing = CFG_ROUTED;
    else if (methods)
        *out_routing = method == CFG_METHOD_OPTIONS ? CFG_ROUTE_OPTIONS : CFG_ROUTE_METHOD;
    write_allow(methods, out->allow);
    return status;
}
