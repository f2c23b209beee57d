/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the properties of a document.
 * Gives: its control keys, strings split into lists, or NULL when it has none (the usual case).
 * Keeps: nothing.
 *
 * A key is read as elements separated by dots and brackets, of which only letters and digits count
 * (Spring Boot's ConfigurationPropertyName); so most keys are told apart by their first letter.
 */
#include "core/flatten/control.h"

#include "core/model/limits.h"

enum control {
    ON_PROFILE,
    ON_CLOUD_PLATFORM,
    IMPORT,
    INCLUDE,
    ACTIVE,
    DEFAULT,
    GROUP,
    LEGACY,
    CONTROL_COUNT,
};

/* In this order: the first name that fits is taken, spring.profiles itself last. */
static const struct {
    struct cfg_str exact;
    const char *elements[5];
} names[CONTROL_COUNT] = {
    [ON_PROFILE] = {{"spring.config.activate.on-profile", 33},
                    {"spring", "config", "activate", "onprofile"}},
    [ON_CLOUD_PLATFORM] = {{"spring.config.activate.on-cloud-platform", 40},
                           {"spring", "config", "activate", "oncloudplatform"}},
    [IMPORT] = {{"spring.config.import", 20}, {"spring", "config", "import"}},
    [INCLUDE] = {{"spring.profiles.include", 23}, {"spring", "profiles", "include"}},
    [ACTIVE] = {{"spring.profiles.active", 22}, {"spring", "profiles", "active"}},
    [DEFAULT] = {{"spring.profiles.default", 23}, {"spring", "profiles", "default"}},
    [GROUP] = {{"spring.profiles.group", 21}, {"spring", "profiles", "group"}},
    [LEGACY] = {{"spring.profiles", 15}, {"spring", "profiles"}},
};

/* One property that is a control key. */
struct hit {
    const struct cfg_prop *prop;
    enum control control;
    bool exact;      /* spelled as in the table */
    bool is_element; /* of a list, at `index` */
    unsigned long index;
    struct cfg_str group; /* the name behind spring.profiles.group */
};

struct hits {
    struct hit *items;
    size_t count, cap;
};

static bool is_separator(char c)
{
    return c == '.' || c == '[' || c == ']';
}

/* A letter or digit in lower case; '\0' for what does not count. */
static char fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

/* Whether the next element of the key is `name`; then `*at` is behind it. */
static bool match_element(struct cfg_str key, size_t *at, const char *name)
{
    size_t i = *at;
    while (i < key.len && fold(key.ptr[i]) == '\0')
        i++;
    for (; i < key.len && !is_separator(key.ptr[i]); i++) {
        char c = fold(key.ptr[i]);
        if (c == '\0')
            continue;
        if (c != *name)
            return false;
        name++;
    }
    *at = i;
    return *name == '\0';
}

/* "[12]" to its end: a list element. */
static bool parse_index(struct cfg_str text, unsigned long *out)
{
    *out = 0;
    if (text.len < 3 || text.len > 10 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']')
        return false;
    for (size_t i = 1; i < text.len - 1; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *out = *out * 10 + (unsigned long)(text.ptr[i] - '0');
    }
    return true;
}

/* ".NAME", ".NAME[0]", "[NAME]" or "[NAME][0]" behind spring.profiles.group. */
static bool match_group(struct cfg_str rest, struct hit *hit)
{
    if (rest.len < 2)
        return false;
    size_t last = cfg_str_rchr(rest, '[');
    if (last < rest.len && last > 0 &&
        parse_index(cfg_str_sub(rest, last, rest.len), &hit->index)) {
        hit->is_element = true;
        rest = cfg_str_sub(rest, 0, last);
    }
    if (rest.ptr[0] == '.')
        rest = cfg_str_sub(rest, 1, rest.len);
    if (rest.len > 1 && rest.ptr[0] == '[' && rest.ptr[rest.len - 1] == ']')
        rest = cfg_str_sub(rest, 1, rest.len - 2);
    hit->group = rest;
    return rest.len > 0;
}

/* Which control key this is, if any. */
static bool match(const struct cfg_prop *prop, struct hit *hit)
{
    struct cfg_str key = cfg_prop_key(prop);
    size_t first = 0;
    if (!match_element(key, &first, "spring"))
        return false;
    for (unsigned control = 0; control < CONTROL_COUNT; control++) {
        size_t at = first;
        bool fits = true;
        for (size_t i = 1; fits && names[control].elements[i]; i++)
            fits = match_element(key, &at, names[control].elements[i]);
        if (!fits)
            continue;
        *hit = (struct hit){.prop = prop, .control = (enum control)control};
        /* the closing bracket of "spring.config.activate[onprofile]" belongs to the name */
        at += at < key.len && key.ptr[at] == ']';
        struct cfg_str rest = cfg_str_sub(key, at, key.len);
        hit->exact = cfg_str_eq(cfg_str_sub(key, 0, at), names[control].exact);
        if (control == GROUP)
            return match_group(rest, hit);
        hit->is_element = parse_index(rest, &hit->index);
        return hit->is_element || rest.len == 0 || cfg_str_eq(rest, CFG_STR("."));
    }
    return false;
}

static enum cfg_status find_hits(const struct cfg_props *props,
                                 struct cfg_arena *arena,
                                 struct hits *hits,
                                 struct cfg_err *err)
{
    struct hit hit;
    for (size_t i = 0; i < props->count; i++) {
        const struct cfg_prop *prop = &props->items[i];
        if (!match(prop, &hit))
            continue;
        if (hits->count == CFG_LIMIT_CONTROL_KEYS) {
            cfg_err_place(err, CFG_STR_NONE, prop->line, cfg_prop_column(prop));
            return cfg_err_set(err, CFG_TOO_LARGE,
                               "more than %d keys below spring.config and spring.profiles",
                               CFG_LIMIT_CONTROL_KEYS);
        }
        if (!cfg_arena_grow(arena, &hits->items, &hits->cap, hits->count, sizeof *hits->items))
            return cfg_arena_fail(arena, err);
        hits->items[hits->count++] = hit;
    }
    return CFG_OK;
}

/* The property that gives the whole value: the exact spelling, else the first; NULL: only elements. */
static const struct cfg_prop *
find_value(const struct hits *hits, enum control control, struct cfg_str group)
{
    const struct cfg_prop *found = NULL;
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *hit = &hits->items[i];
        if (hit->control != control || hit->is_element || !cfg_str_eq(hit->group, group))
            continue;
        if (hit->exact)
            return hit->prop;
        found = found ? found : hit->prop;
    }
    return found;
}

/* Behind the placeholder that begins at `from`; 0 when nothing closes it. */
static size_t placeholder_end(struct cfg_str text, size_t from)
{
    size_t depth = 0;
    for (size_t i = from + 1; i < text.len; i++) {
        depth += text.ptr[i] == '{';
        depth -= text.ptr[i] == '}';
        if (depth == 0)
            return i + 1;
    }
    return 0;
}

/*
 * "a, b" → {"a", "b"}; "" gives nothing. Commas inside a placeholder, ${x:1,2}, do not separate; behind
 * one that nothing closes all do, so that the text is read but once.
 */
static bool split(struct cfg_arena *arena, struct cfg_str text, struct cfg_strs *out)
{
    size_t most = 1;
    *out = (struct cfg_strs){0};
    if (text.len == 0)
        return true;
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ',';
    out->items = cfg_arena_zalloc(arena, most, sizeof *out->items);
    if (out->items == NULL)
        return false;
    size_t from = 0;
    bool closes = true;
    for (size_t i = 0; i < text.len;) {
        bool opens = closes && cfg_str_starts(cfg_str_sub(text, i, 2), CFG_STR("${"));
        size_t end = opens ? placeholder_end(text, i) : 0;
        closes = closes && (end > 0 || !opens);
        if (end == 0 && text.ptr[i] == ',') {
            out->items[out->count++] = cfg_str_trim(cfg_str_sub(text, from, i - from));
            from = i + 1;
        }
        i = end ? end : i + 1;
    }
    out->items[out->count++] = cfg_str_trim(cfg_str_sub(text, from, text.len));
    return true;
}

static bool is_element_of(const struct hit *hit, enum control control, struct cfg_str group)
{
    return hit->control == control && hit->is_element && cfg_str_eq(hit->group, group);
}

/* The elements of a list in the order of their indexes; gaps close. */
static bool gather(const struct hits *hits,
                   enum control control,
                   struct cfg_str group,
                   struct cfg_arena *arena,
                   struct cfg_strs *out)
{
    size_t count = 0;
    *out = (struct cfg_strs){0};
    for (size_t i = 0; i < hits->count; i++)
        count += is_element_of(&hits->items[i], control, group);
    if (count == 0)
        return true;
    out->items = cfg_arena_zalloc(arena, count, sizeof *out->items);
    unsigned long *order = cfg_arena_zalloc(arena, count, sizeof *order);
    if (out->items == NULL || order == NULL)
        return false;
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *hit = &hits->items[i];
        if (!is_element_of(hit, control, group))
            continue;
        size_t to = out->count++;
        for (; to > 0 && order[to - 1] > hit->index; to--) {
            order[to] = order[to - 1];
            out->items[to] = out->items[to - 1];
        }
        order[to] = hit->index;
        out->items[to] = cfg_str_trim(cfg_prop_value(hit->prop).text);
    }
    return true;
}

/* The list that one key gives, however it is written; `*out_present`: the key is there at all. */
static bool read_list(const struct hits *hits,
                      enum control control,
                      struct cfg_str group,
                      struct cfg_arena *arena,
                      struct cfg_strs *out,
                      bool *out_present)
{
    const struct cfg_prop *value = find_value(hits, control, group);
    bool done = value ? split(arena, cfg_prop_value(value).text, out)
                      : gather(hits, control, group, arena, out);
    *out_present = value != NULL || out->count > 0;
    return done;
}

static bool has_group(const struct cfg_control *control, struct cfg_str name)
{
    for (size_t i = 0; i < control->group_count; i++)
        if (cfg_str_eq(control->groups[i].name, name))
            return true;
    return false;
}

static bool read_groups(const struct hits *hits, struct cfg_arena *arena, struct cfg_control *out)
{
    size_t cap = 0;
    bool present;
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *hit = &hits->items[i];
        if (hit->control != GROUP || has_group(out, hit->group))
            continue;
        struct cfg_group group = {.name = hit->group};
        if (!cfg_arena_grow(arena, &out->groups, &cap, out->group_count, sizeof *out->groups) ||
            !read_list(hits, GROUP, hit->group, arena, &group.members, &present))
            return false;
        out->groups[out->group_count++] = group;
    }
    return true;
}

/* An empty on-profile is one empty expression: always active. */
static bool
read_on_profile(const struct hits *hits, struct cfg_arena *arena, struct cfg_control *out)
{
    struct cfg_strs *list = &out->on_profile;
    if (!read_list(hits, ON_PROFILE, CFG_STR_NONE, arena, list, &out->has_on_profile))
        return false;
    if (!out->has_on_profile || list->count > 0)
        return true;
    list->items = cfg_arena_zalloc(arena, 1, sizeof *list->items);
    if (list->items == NULL)
        return false;
    list->items[list->count++] = CFG_STR("");
    return true;
}

static bool read_all(const struct hits *hits, struct cfg_arena *arena, struct cfg_control *out)
{
    struct cfg_strs unused;
    struct cfg_strs platforms;
    bool present;
    bool done = read_on_profile(hits, arena, out) &&
                read_list(hits, ON_CLOUD_PLATFORM, CFG_STR_NONE, arena, &platforms, &present) &&
                read_list(hits, IMPORT, CFG_STR_NONE, arena, &out->imports, &present) &&
                read_list(hits, INCLUDE, CFG_STR_NONE, arena, &out->includes, &out->has_include) &&
                read_list(hits, ACTIVE, CFG_STR_NONE, arena, &unused, &out->has_active) &&
                read_list(hits, DEFAULT, CFG_STR_NONE, arena, &unused, &out->has_default) &&
                read_list(hits, LEGACY, CFG_STR_NONE, arena, &unused, &out->has_legacy_profiles) &&
                read_groups(hits, arena, out);
    out->has_on_cloud_platform = done && platforms.count > 0 && platforms.items[0].len > 0;
    return done;
}

enum cfg_status cfg_control_find(const struct cfg_props *props,
                                 struct cfg_arena *arena,
                                 const struct cfg_control **out,
                                 struct cfg_err *err)
{
    struct hits hits = {0};
    *out = NULL;
    enum cfg_status status = find_hits(props, arena, &hits, err);
    if (status != CFG_OK || hits.count == 0)
        return status;
    struct cfg_control *control = cfg_arena_zalloc(arena, 1, sizeof *control);
    if (control == NULL || !read_all(&hits, arena, control))
        return cfg_arena_fail(arena, err);
    control->line = hits.items[0].prop->line;
    *out = control;
    return CFG_OK;
}
