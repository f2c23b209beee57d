/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: entries, strongest origin first.
 * Gives: for each thing (the root, a back end, a pattern repository) the values that its rows were
 * given, and the overrides; a note for every name that is nobody's.
 * Keeps: of one setting what the strongest origin said, of one origin what it said last.
 */
#include "server/app/settings_parts.h"

#include <inttypes.h>

enum { LIST_ITEMS = 1000, OTHER_NAMES = 8 };

enum outcome { FOUND_NOTHING, FOUND_ROW, FOUND_OVERRIDE, FOUND_TYPE };

/* What a name turned out to be. */
struct target {
    enum outcome outcome;
    const struct cfg_row *row;
    struct cfg_thing *thing; /* also when nothing was found: where the search ended */
    size_t from;             /* and the first element that thing knows nothing of */
    size_t index;
    bool has_index;
};

struct matcher {
    struct cfg_loader *loader;
    struct cfg_entry *entry;
    struct cfg_path path;
    struct cfg_buf strange; /* names in the environment that look like ours */
};

/* Rows. */

/* `key` without the words that a short form leaves out; NULL: it does not begin with them. */
static const char *short_key(const char *key, const char *left_out)
{
    size_t len = strlen(left_out);

    if (len == 0)
        return key;
    return strncmp(key, left_out, len) == 0 && key[len] == '.' ? key + len + 1 : NULL;
}

/* Whether the path from `from` on is the row's; `*weight` grows with the part of the name that it explains. */
static bool row_matches(const struct matcher *m,
                        size_t from,
                        const struct cfg_row *row,
                        const char *key,
                        struct target *out,
                        size_t *weight)
{
    const struct cfg_path *path = &m->path;
    size_t eaten;

    out->has_index = false;
    if (cfg_path_is(path, from, path->count, key)) {
        *weight = SIZE_MAX;
        return true;
    }
    if (row->type == CFG_TYPE_LIST && path->count > from + 1 &&
        cfg_path_index(path, path->count - 1, &out->index) &&
        cfg_path_is(path, from, path->count - 1, key)) {
        out->has_index = true;
        *weight = SIZE_MAX;
        return true;
    }
    eaten =
        row->type == CFG_TYPE_TREE || row->type == CFG_TYPE_MAP ? cfg_path_eat(path, from, key) : 0;
    *weight = eaten;
    return eaten > 0;
}

static bool find_row(const struct matcher *m,
                     size_t from,
                     struct cfg_thing *thing,
                     const char *left_out,
                     struct target *out)
{
    size_t best = 0;

    for (size_t i = 0; i < cfg_row_count && from < m->path.count && best < SIZE_MAX; i++) {
        const struct cfg_row *row = &cfg_rows[i];
        const char *key = (row->scope & thing->scopes) != 0 ? short_key(row->key, left_out) : NULL;
        struct target found = {.outcome = FOUND_ROW, .row = row, .thing = thing, .from = from};
        size_t weight;

        if (key == NULL || !row_matches(m, from, row, key, &found, &weight) || weight <= best)
            continue;
        best = weight;
        *out = found;
        if (row->type == CFG_TYPE_MAP) {
            out->outcome = FOUND_OVERRIDE;
            out->from = from + cfg_path_eat(&m->path, from, key);
        }
    }
    return best > 0;
}

/* Things. */

static bool
mention(struct cfg_settings_given *given, struct cfg_thing *thing, const struct cfg_place *place)
{
    bool first = thing->sequence == 0 || place->said > thing->place.said;

    if (first) {
        thing->place = *place;
        thing->sequence = ++given->sequence;
    }
    return first;
}

static struct cfg_thing *add_thing(struct cfg_settings_given *given, struct cfg_thing model)
{
    struct cfg_thing *thing = cfg_arena_zalloc(&given->arena, 1, sizeof(*thing));
    struct cfg_thing **end = &given->things;

    if (thing == NULL)
        return NULL;
    *thing = model;
    while (*end != NULL)
        end = &(*end)->next;
    *end = thing;
    return thing;
}

/* The repository `name` of `parent`; the file's spelling of the name is the one that is kept. */
static struct cfg_thing *get_repo(struct matcher *m, struct cfg_thing *parent, struct cfg_str name)
{
    struct cfg_settings_given *given = m->loader->given;
    struct cfg_thing *thing;

    for (thing = given->things; thing != NULL; thing = thing->next)
        if (thing->kind == CFG_THING_REPO && thing->parent == parent &&
            cfg_name_same(thing->name, name))
            break;
    if (thing == NULL)
        thing = add_thing(given, (struct cfg_thing){.kind = CFG_THING_REPO,
                                                    .parent = parent,
                                                    .name = name,
                                                    .scopes = CFG_SCOPE_GIT | CFG_SCOPE_REPO});
    if (thing != NULL && mention(given, thing, &m->entry->place))
        thing->name = name;
    return thing;
}

static struct cfg_thing *get_composite(struct matcher *m, size_t index)
{
    struct cfg_settings_given *given = m->loader->given;
    struct cfg_thing *thing;

    for (thing = given->things; thing != NULL; thing = thing->next)
        if (thing->kind == CFG_THING_COMPOSITE && thing->index == index)
            break;
    if (thing == NULL)
        thing = add_thing(given, (struct cfg_thing){.kind = CFG_THING_COMPOSITE, .index = index});
    if (thing != NULL)
        mention(given, thing, &m->entry->place);
    return thing;
}

/* "TEAM", "ONE" of the environment → "team-one". */
static bool join_name(struct matcher *m, size_t from, size_t to, char joint, struct cfg_str *out)
{
    char text[CFG_NAME_BYTES + CFG_PATH_ELEMENTS];
    size_t len = 0;

    for (size_t i = from; i < to; i++) {
        struct cfg_str piece = m->path.items[i].text;

        if (i > from)
            text[len++] = joint;
        for (size_t j = 0; j < piece.len && len < sizeof(text) - 1; j++)
            text[len++] = piece.ptr[j] >= 'A' && piece.ptr[j] <= 'Z'
                              ? (char)(piece.ptr[j] - 'A' + 'a')
                              : piece.ptr[j];
    }
    return cfg_arena_dup(&m->loader->given->arena, cfg_str_make(text, len), out);
}

/* Places of names: each gives false when out of memory, and FOUND_NOTHING in `out` when it knows no such name. */

static const struct cfg_row *uri_row(void)
{
    const struct cfg_row *row = cfg_rows;

    while (row->scope != CFG_SCOPE_GIT || row->type != CFG_TYPE_URI)
        row++;
    return row;
}

/* "NAME.key", and "NAME" alone for its uri. */
static bool
locate_repo(struct matcher *m, size_t from, struct cfg_thing *parent, struct target *out)
{
    struct cfg_thing probe = {.scopes = CFG_SCOPE_GIT | CFG_SCOPE_REPO};
    size_t name_end = from + 1;
    struct cfg_str name;
    bool found = false;

    if (from >= m->path.count)
        return true;
    /* In the environment a name may have several elements: the shortest that leaves a known key behind it. */
    for (size_t end = from + 1; !found && end < m->path.count && (m->path.loose || end == from + 1);
         end++) {
        found = find_row(m, end, &probe, "", out);
        name_end = found ? end : name_end;
    }
    if (!found && m->path.loose && m->path.count > name_end)
        return true;
    name = m->path.items[from].text;
    if (m->path.loose && !join_name(m, from, name_end, '-', &name))
        return false;
    out->thing = get_repo(m, parent, name);
    out->from = name_end;
    if (out->thing == NULL)
        return false;
    if (!found && name_end == m->path.count)
        *out = (struct target){.outcome = FOUND_ROW, .row = uri_row(), .thing = out->thing};
    return true;
}

static bool locate_git(struct matcher *m, size_t from, struct cfg_thing *git, struct target *out)
{
    size_t eaten = cfg_path_eat(&m->path, from, "repos");

    *out = (struct target){.thing = git, .from = from};
    if (eaten > 0)
        return locate_repo(m, from + eaten, git, out);
    find_row(m, from, git, "", out);
    return true;
}

static bool locate_composite(struct matcher *m, size_t from, struct target *out)
{
    struct cfg_thing *thing;
    size_t index;

    if (!cfg_path_index(&m->path, from, &index))
        return true;
    thing = get_composite(m, index);
    if (thing == NULL)
        return false;
    *out = (struct target){.thing = thing, .from = from + 1};
    if (cfg_path_is(&m->path, from + 1, m->path.count, "type")) {
        out->outcome = FOUND_TYPE;
        return true;
    }
    if ((thing->scopes & CFG_SCOPE_GIT) != 0)
        return locate_git(m, from + 1, thing, out);
    find_row(m, from + 1, thing, "", out);
    return true;
}

/* What stands below spring.cloud.config.server; `left_out` is that, or "" when the words are there. */
static bool locate_server(struct matcher *m, size_t from, struct target *out)
{
    struct cfg_settings_given *given = m->loader->given;
    size_t eaten;

    eaten = cfg_path_eat(&m->path, from, "git");
    if (eaten > 0)
        return locate_git(m, from + eaten, &given->git, out);
    eaten = cfg_path_eat(&m->path, from, "native");
    if (eaten > 0) {
        *out = (struct target){.thing = &given->native, .from = from + eaten};
        find_row(m, from + eaten, &given->native, "", out);
        return true;
    }
    eaten = cfg_path_eat(&m->path, from, "composite");
    if (eaten > 0)
        return locate_composite(m, from + eaten, out);
    find_row(m, from, &given->root, CFG_SERVER_PREFIX, out);
    return true;
}

static bool locate(struct matcher *m, struct target *out)
{
    struct cfg_thing *root = &m->loader->given->root;
    size_t eaten = cfg_path_eat(&m->path, 0, CFG_SERVER_PREFIX);

    *out = (struct target){.thing = root};
    if (eaten > 0 && eaten < m->path.count)
        return locate_server(m, eaten, out);
    if (find_row(m, 0, root, "", out) || m->path.loose)
        return true;
    /* Short forms are for the file and the command line. */
    if (!locate_server(m, 0, out))
        return false;
    if (out->outcome == FOUND_NOTHING && out->thing == root)
        find_row(m, 0, root, "strata", out);
    return true;
}

/* Keeping. */

static struct cfg_given_value *
get_value(struct matcher *m, const struct target *target, bool *out_stronger)
{
    struct cfg_settings_given *given = m->loader->given;
    struct cfg_given_value **end = &target->thing->values;

    *out_stronger = false;
    for (; *end != NULL; end = &(*end)->next) {
        if ((*end)->row == target->row) {
            *out_stronger = (*end)->place.said < m->entry->place.said;
            return *end;
        }
    }
    *end = cfg_arena_zalloc(&given->arena, 1, sizeof(**end));
    if (*end != NULL)
        **end = (struct cfg_given_value){.row = target->row, .place = m->entry->place};
    return *end;
}

static bool keep_item(struct matcher *m, struct cfg_given_value *value, size_t index)
{
    struct cfg_strs *items = &value->items;

    while (items->count <= index) {
        if (!cfg_arena_grow(&m->loader->given->arena, &items->items, &value->cap, items->count,
                            sizeof(*items->items)))
            return false;
        items->items[items->count++] = CFG_STR_NONE;
    }
    items->items[index] = m->entry->text;
    return true;
}

static enum cfg_status
keep_value(struct matcher *m, const struct target *target, struct cfg_err *err)
{
    struct cfg_arena *arena = &m->loader->given->arena;
    bool stronger;
    struct cfg_given_value *value = get_value(m, target, &stronger);

    if (value == NULL)
        return cfg_arena_fail(arena, err);
    if (stronger || (target->row->type == CFG_TYPE_TREE && value->text.len > 0))
        return CFG_OK; /* of a tree the first mention is enough */
    value->place = m->entry->place;
    if (target->has_index && target->index >= LIST_ITEMS) {
        cfg_note(m->loader->notes, CFG_NOTE_ERROR, &value->place, "a list has at most %d elements",
                 LIST_ITEMS);
        return CFG_OK;
    }
    if (target->has_index) {
        value->text = CFG_STR_NONE;
        return keep_item(m, value, target->index) ? CFG_OK : cfg_arena_fail(arena, err);
    }
    value->items.count = 0;
    value->text = m->entry->text;
    return CFG_OK;
}

/* The characters that the reference keeps of a name's element outside of brackets. */
static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* forced.list[0] → "forced.list.0"; "[a/b]" keeps what is in the brackets. */
static bool override_key(struct matcher *m, size_t from, struct cfg_str *out)
{
    char key[2 * CFG_NAME_BYTES];
    size_t len = 0;

    if (m->path.loose)
        return join_name(m, from, m->path.count, '.', out);
    for (size_t i = from; i < m->path.count; i++) {
        const struct cfg_element *element = &m->path.items[i];
        size_t before = len;

        if (len > 0)
            key[len++] = '.';
        for (size_t j = 0; j < element->text.len; j++)
            if (element->bracketed || is_name_char(element->text.ptr[j]))
                key[len++] = element->text.ptr[j];
        if (before > 0 && len == before + 1)
            len = before; /* nothing was left of the element */
    }
    return cfg_arena_dup(&m->loader->given->arena, cfg_str_make(key, len), out);
}

static enum cfg_status
keep_override(struct matcher *m, const struct target *target, struct cfg_err *err)
{
    struct cfg_settings_given *given = m->loader->given;
    struct cfg_override **end = &given->overrides;
    struct cfg_str key;

    if (target->from >= m->path.count && m->entry->text.len == 0)
        return CFG_OK; /* "overrides: {}" */
    if (!override_key(m, target->from, &key))
        return cfg_arena_fail(&given->arena, err);
    if (key.len == 0) {
        cfg_note(m->loader->notes, CFG_NOTE_ERROR, &m->entry->place, "overrides need a name each");
        return CFG_OK;
    }
    for (; *end != NULL; end = &(*end)->next)
        if (cfg_str_eq((*end)->key, key))
            break;
    if (*end == NULL) {
        *end = cfg_arena_zalloc(&given->arena, 1, sizeof(**end));
        if (*end == NULL)
            return cfg_arena_fail(&given->arena, err);
    } else if ((*end)->place.said < m->entry->place.said) {
        return CFG_OK;
    }
    **end = (struct cfg_override){key, m->entry->text, m->entry->place, (*end)->next};
    return CFG_OK;
}

/* composite[N].type, before anything else is looked at: it says which keys the entry may have. */
static enum cfg_status keep_type(struct matcher *m, struct cfg_thing *thing, struct cfg_err *err)
{
    struct cfg_str type, open;
    enum cfg_status status;

    if (thing->scopes != 0 && thing->type_place.said < m->entry->place.said)
        return CFG_OK;
    status = cfg_loader_resolve(m->loader, m->entry->text, &type, &open, err);
    if (status != CFG_OK)
        return status;
    thing->type_place = m->entry->place;
    if (cfg_str_eq_nocase(type, CFG_STR("git")))
        thing->scopes = CFG_SCOPE_GIT;
    else if (cfg_str_eq_nocase(type, CFG_STR("native")))
        thing->scopes = CFG_SCOPE_NATIVE;
    else
        cfg_note(m->loader->notes, CFG_NOTE_ERROR, &m->entry->place,
                 "the back end %.*s is not supported: git and native are", CFG_STR_ARG(type));
    return CFG_OK;
}

/* Names that are nobody's. */

struct nearest {
    unsigned distance;
    const char *prefix, *key; /* static texts */
};

/* The name in the form that distances are taken in: lower case, dots, no dashes, no indexes. */
static struct cfg_str
plain_name(const char *prefix, struct cfg_str name, char out[2 * CFG_NAME_BYTES])
{
    size_t len = 0;
    const char *parts[] = {prefix, name.ptr};
    size_t lens[] = {strlen(prefix), name.len};

    for (size_t p = 0; p < 2; p++) {
        for (size_t i = 0; i < lens[p] && len < 2 * CFG_NAME_BYTES; i++) {
            char c = parts[p][i];

            if (c == '-' || c == '_' || c == '[' || c == ']')
                continue;
            out[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
    }
    return cfg_str_make(out, len);
}

static void consider(struct nearest *best, struct cfg_str name, const char *prefix, const char *key)
{
    char text[2 * CFG_NAME_BYTES];
    unsigned distance = cfg_name_distance(name, plain_name(prefix, cfg_str_of(key), text));

    if (distance < best->distance)
        *best = (struct nearest){distance, prefix, key};
}

/* Among all full names, and their short forms. */
static struct nearest nearest_name(struct cfg_str key)
{
    static const char *const left_out[] = {CFG_SERVER_PREFIX, "strata"};
    struct nearest best = {UINT32_MAX, "", ""};
    char text[2 * CFG_NAME_BYTES];
    struct cfg_str name = plain_name("", key, text);

    for (size_t i = 0; i < cfg_row_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];
        const char *prefix = cfg_scope_prefix(row->scope);

        if (row->scope == CFG_SCOPE_HEADING || row->scope == CFG_SCOPE_REPO ||
            row->effect == CFG_EFFECT_REFUSED)
            continue;
        consider(&best, name, prefix, row->key);
        for (size_t j = 0; j < CFG_COUNT(left_out); j++) {
            const char *shorter = short_key(prefix[0] != '\0' ? prefix : row->key, left_out[j]);

            if (shorter != NULL)
                consider(&best, name, prefix[0] != '\0' ? shorter : "",
                         prefix[0] != '\0' ? row->key : shorter);
        }
    }
    return best;
}

/* Among the keys of one thing. */
static struct nearest nearest_key(const struct cfg_thing *thing, struct cfg_str key)
{
    struct nearest best = {UINT32_MAX, "", ""};
    char text[2 * CFG_NAME_BYTES];
    struct cfg_str name = plain_name("", key, text);

    for (size_t i = 0; i < cfg_row_count; i++)
        if ((cfg_rows[i].scope & thing->scopes) != 0 && cfg_rows[i].effect != CFG_EFFECT_REFUSED)
            consider(&best, name, "", cfg_rows[i].key);
    return best;
}

static bool is_our_root(const struct cfg_path *path)
{
    static const char *const roots[] = {CFG_SERVER_PREFIX, "strata",    "server", "encrypt", "git",
                                        "native",          "composite", "health"};

    for (size_t i = 0; i < CFG_COUNT(roots); i++)
        if (cfg_path_eat(path, 0, roots[i]) > 0)
            return true;
    return false;
}

static void add_name(struct cfg_buf *list, struct cfg_str name)
{
    if (list->len > 0)
        cfg_buf_str(list, CFG_STR(", "));
    cfg_buf_str(list, name);
}

/* "git:" or "spring.cloud.config.server.git.repos:" with nothing below it. */
static bool is_empty_parent(const struct matcher *m, const struct target *target)
{
    return m->entry->text.len == 0 &&
           (target->from == m->path.count || (m->path.count == 1 && is_our_root(&m->path)) ||
            cfg_path_is(&m->path, 0, m->path.count, CFG_SERVER_PREFIX));
}

static void note_unknown(struct matcher *m, const struct target *target)
{
    struct cfg_entry *entry = m->entry;
    struct cfg_str key = entry->key;
    bool in_thing = target->thing != &m->loader->given->root && target->from < m->path.count;
    size_t cut = in_thing ? (size_t)(m->path.items[target->from].text.ptr - key.ptr) : 0;
    struct nearest nearest;

    if (target->thing->kind == CFG_THING_COMPOSITE && target->thing->scopes == 0)
        return; /* its type is missing or refused: said once, elsewhere */
    if (is_empty_parent(m, target))
        return;
    if (m->path.loose) {
        if (cfg_str_starts(key, CFG_STR("STRATA_")) ||
            cfg_str_starts(key, CFG_STR("SPRING_CLOUD_CONFIG_SERVER_")))
            add_name(&m->strange, key);
        return;
    }
    nearest =
        in_thing ? nearest_key(target->thing, cfg_str_sub(key, cut, key.len)) : nearest_name(key);
    if (!in_thing && !is_our_root(&m->path) && nearest.distance > (key.len > 8 ? 2u : 1u)) {
        /* What selects documents is not ours to report either: it was read with the file. */
        entry->foreign = cfg_path_eat(&m->path, 0, "spring.config.activate") == 0;
        return;
    }
    cfg_note(m->loader->notes, CFG_NOTE_ERROR, &entry->place,
             "unknown setting %.*s; the nearest known one is %.*s%s%s", CFG_STR_ARG(key),
             CFG_STR_ARG(cfg_str_sub(key, 0, cut)), nearest.prefix, nearest.key);
}

void cfg_loader_note_foreign(struct cfg_loader *loader)
{
    struct cfg_buf names;
    size_t count = 0;

    cfg_buf_init(&names, OTHER_NAMES * 2 * CFG_NAME_BYTES);
    for (size_t i = 0; i < loader->count; i++)
        if (loader->entries[i].foreign && !loader->entries[i].used && count++ < OTHER_NAMES)
            add_name(&names, cfg_str_sub(loader->entries[i].key, 0, CFG_NAME_BYTES));
    if (count > OTHER_NAMES)
        cfg_buf_printf(&names, " and %zu more", count - OTHER_NAMES);
    if (count > 0)
        cfg_note(loader->notes, CFG_NOTE_INFO, NULL, "settings of other modules are ignored: %.*s",
                 CFG_STR_ARG(cfg_buf_view(&names)));
    cfg_buf_release(&names);
}

/* The walk. */

static bool parse_name(struct matcher *m)
{
    struct cfg_str key = m->entry->key;
    bool dotted = cfg_str_chr(key, '.') < key.len;

    /* A variable may also be called as a file would: docker passes "server.port" on. */
    return m->entry->place.said == CFG_SAID_ENVIRONMENT && !dotted
               ? cfg_path_parse_env(key, &m->path)
               : cfg_path_parse(key, &m->path);
}

static enum cfg_status match_one(struct matcher *m, bool types_only, struct cfg_err *err)
{
    struct target target;

    if (!parse_name(m)) {
        m->entry->foreign = true;
        return CFG_OK;
    }
    if (!locate(m, &target))
        return cfg_arena_fail(&m->loader->given->arena, err);
    if (types_only)
        return target.outcome == FOUND_TYPE ? keep_type(m, target.thing, err) : CFG_OK;
    switch (target.outcome) {
    case FOUND_ROW:
        return keep_value(m, &target, err);
    case FOUND_OVERRIDE:
        return keep_override(m, &target, err);
    case FOUND_TYPE:
        break;
    case FOUND_NOTHING:
        note_unknown(m, &target);
        break;
    }
    return CFG_OK;
}

enum cfg_status cfg_loader_match(struct cfg_loader *loader, struct cfg_err *err)
{
    struct matcher m = {.loader = loader};
    enum cfg_status status = CFG_OK;

    cfg_buf_init(&m.strange, 4096);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < loader->count && status == CFG_OK; i++) {
            m.entry = &loader->entries[i];
            status = match_one(&m, pass == 0, err);
        }
    }
    if (m.strange.len > 0)
        cfg_note(loader->notes, CFG_NOTE_WARNING, NULL,
                 "no setting is named by these in the environment: %.*s",
                 CFG_STR_ARG(cfg_buf_view(&m.strange)));
    cfg_buf_release(&m.strange);
    return status;
}

bool cfg_settings_knows(struct cfg_str key)
{
    struct cfg_settings_given given = {.root = {.scopes = CFG_SCOPE_ROOT}};
    struct cfg_loader loader = {.given = &given};
    struct matcher m = {.loader = &loader};
    struct target target;

    return cfg_path_parse(key, &m.path) && m.path.count == 1 && locate(&m, &target) &&
           target.outcome == FOUND_ROW;
}
