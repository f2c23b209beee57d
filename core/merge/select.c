/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a question, its search locations and a way to load files.
 * Gives: the documents that answer it, strongest first.
 * Keeps: nothing beyond one call.
 *
 * Spring Boot's config data algorithm. Documents stand in a tree: below the root those that the search
 * locations give, below each document those that it imports. Files without a profile in their name are
 * loaded first (BEFORE the profiles are known), then the profiles are settled, then come the profile
 * files (AFTER). Reading the tree "children of AFTER, children of BEFORE, then the node itself" lists
 * the documents from the strongest to the weakest.
 *
 * 1. Siblings are linked from the strongest to the weakest, and files are looked for in that order, so
 *    that a file counts at its strongest place.
 * 2. A profile file that belongs to an import rises, once, to the AFTER children of its grandparent: an
 *    imported profile file beats the profile files beside the importing one.
 * 3. A path is normalised before it is asked for, and lies below a search location.
 */
#include "core/merge/select.h"

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/merge/activate.h"
#include "core/merge/place.h"
#include "core/merge/placeholder.h"
#include "core/merge/profiles.h"
#include "core/model/limits.h"

enum { PATH_BYTES = 1 << 14 }; /* one path that is looked for */

enum phase { BEFORE, AFTER, PHASE_COUNT };

enum activity {
    ACTIVE,
    INACTIVE,
    CONDITIONAL, /* until the profiles are known */
};

struct node {
    struct node *next; /* the next weaker sibling */
    struct node *children[PHASE_COUNT];
    bool processed[PHASE_COUNT]; /* its imports were */
    enum phase born;
    enum activity activity;
    bool rises; /* note 2 */
    bool several;
    struct cfg_str path, location;
    const struct cfg_document *document; /* NULL: the root */
};

struct selection {
    const struct cfg_select_input *input;
    struct cfg_arena *arena;
    struct cfg_err *err;
    struct cfg_profiles profiles;
    bool profile_keys_are_data; /* the first profile asked for is "default", or none is */
    bool has_controls;          /* some document has */
    struct node root;
    struct cfg_place *locations;
    struct cfg_map loaded; /* the paths in use */
    struct cfg_buf path;   /* the candidate */
    size_t node_count, candidates, imports, compared;
};

/* Files that hang themselves below `parent`, each new one weaker than those before. */
struct branch {
    struct node *parent;
    enum phase phase;
    struct node **tail;
};

typedef enum cfg_status (*visit_fn)(struct selection *s, struct node *node);

static enum cfg_status no_memory(struct selection *s)
{
    return cfg_arena_fail(s->arena, s->err);
}

/* Passes a cause on with the document's place. */
static enum cfg_status
fail_at(struct selection *s, const struct node *node, enum cfg_status status, const char *what)
{
    cfg_err_place(s->err, node->path, node->document->control->line, 0);
    return cfg_err_set(s->err, status, "%s", what);
}

/* Every document, strongest first; stops at the first failure. */
static enum cfg_status walk(struct selection *s, struct node *node, visit_fn visit)
{
    enum cfg_status status = CFG_OK;
    for (unsigned phase = PHASE_COUNT; phase-- > 0;)
        for (struct node *child = node->children[phase]; child; child = child->next) {
            status = walk(s, child, visit);
            if (status != CFG_OK)
                return status;
        }
    return node->document ? visit(s, node) : CFG_OK;
}

/* Placeholders in control keys */

struct finding {
    struct selection *s;
    const struct node *self;
};

/* A document sees itself and what was there, and known to be active, when it was loaded. */
static bool sees(const struct finding *f, const struct node *node)
{
    bool active = node->activity == ACTIVE && node->born <= f->self->born;
    return node->document && (node == f->self || active);
}

static bool
find_below(struct finding *f, const struct node *node, struct cfg_str name, struct cfg_str *out)
{
    for (unsigned phase = PHASE_COUNT; phase-- > 0;)
        for (const struct node *child = node->children[phase]; child; child = child->next)
            if (find_below(f, child, name, out))
                return true;
    f->s->compared++;
    if (!sees(f, node))
        return false;
    f->s->compared += node->document->props.count;
    if (f->s->compared > CFG_LIMIT_COMPARED)
        return false;
    const struct cfg_prop *prop = cfg_props_find(&node->document->props, name);
    if (prop)
        *out = cfg_prop_value(prop).text;
    return prop != NULL;
}

static bool find_value(struct cfg_str name, struct cfg_str *out, void *ctx)
{
    struct finding *f = ctx;
    return find_below(f, &f->s->root, name, out);
}

static enum cfg_status check_compared(const struct selection *s, struct cfg_err *err)
{
    if (s->compared <= CFG_LIMIT_COMPARED)
        return CFG_OK;
    return cfg_err_set(err, CFG_TOO_LARGE, "control keys compare over %d names",
                       CFG_LIMIT_COMPARED);
}

static enum cfg_status
resolve(struct selection *s, const struct node *node, struct cfg_str text, struct cfg_str *out)
{
    struct finding finding = {s, node};
    struct cfg_err cause = CFG_ERR_INIT;
    bool changed;
    enum cfg_status status = cfg_placeholder_resolve(text, CFG_PLACEHOLDER_TEXT, find_value,
                                                     &finding, s->arena, out, &changed, &cause);
    if (status == CFG_OK)
        status = check_compared(s, &cause);
    if (status == CFG_OK)
        return CFG_OK;
    return fail_at(s, node, status == CFG_INVALID ? CFG_CORRUPT : status, cause.message);
}

static bool add_item(struct selection *s, struct cfg_str item, struct cfg_strs *list, size_t *cap)
{
    if (!cfg_arena_grow(s->arena, &list->items, cap, list->count, sizeof *list->items))
        return false;
    list->items[list->count++] = cfg_str_trim(item);
    return true;
}

/* The items of a control key, their placeholders resolved; commas in those separate as well. */
static enum cfg_status resolve_items(struct selection *s,
                                     const struct node *node,
                                     const struct cfg_strs *items,
                                     struct cfg_strs *out)
{
    size_t cap = 0;
    *out = (struct cfg_strs){0};
    for (size_t i = 0; i < items->count; i++) {
        struct cfg_str item = items->items[i];
        struct cfg_str rest;
        struct cfg_str piece;
        bool open = cfg_str_find(item, CFG_STR("${")) < item.len;
        if (!open && !add_item(s, item, out, &cap))
            return no_memory(s);
        if (!open)
            continue;
        enum cfg_status status = resolve(s, node, item, &rest);
        if (status != CFG_OK)
            return status;
        while (rest.len > 0 && cfg_str_cut(&rest, ',', &piece))
            if (!add_item(s, piece, out, &cap))
                return no_memory(s);
    }
    return CFG_OK;
}

/* Documents and whether they are active */

static enum activity activity_of(const struct cfg_control *control)
{
    if (control == NULL)
        return ACTIVE;
    if (control->has_on_cloud_platform)
        return INACTIVE; /* there is none here */
    const struct cfg_strs *list = &control->on_profile;
    bool empty = list->count == 0 || (list->count == 1 && list->items[0].len == 0);
    return control->has_on_profile && !empty ? CONDITIONAL : ACTIVE;
}

/* Every expression is read, so that a malformed one shows whatever is asked for. */
static enum cfg_status decide_activity(struct selection *s, struct node *node)
{
    struct cfg_strs expressions;
    enum cfg_status status =
        resolve_items(s, node, &node->document->control->on_profile, &expressions);
    if (status != CFG_OK)
        return status;
    bool any = expressions.count == 0;
    for (size_t i = 0; i < expressions.count; i++) {
        struct cfg_err cause = CFG_ERR_INIT;
        bool active;
        status = cfg_activate_expression(expressions.items[i], &s->profiles.list, &active, &cause);
        if (status != CFG_OK)
            return fail_at(s, node, status == CFG_INVALID ? CFG_CORRUPT : status, cause.message);
        any = any || active;
    }
    node->activity = any ? ACTIVE : INACTIVE;
    return CFG_OK;
}

/* What no document may say, active or not. */
static enum cfg_status
check_document(struct selection *s, const struct node *node, bool from_profile_file)
{
    const struct cfg_control *control = node->document->control;
    if (control->has_legacy_profiles)
        return fail_at(s, node, CFG_CORRUPT,
                       "spring.profiles is no longer read, use spring.config.activate.on-profile");
    bool steers = control->has_include || control->has_active || control->has_default;
    if (from_profile_file && steers && !s->profile_keys_are_data)
        return fail_at(s, node, CFG_CORRUPT,
                       "spring.profiles.include, active and default have no place in a file that "
                       "belongs to a profile");
    return CFG_OK;
}

/* Files */

static enum cfg_status
hang(struct selection *s, struct branch *branch, const struct node *model, bool from_profile_file)
{
    struct node *node = cfg_arena_alloc(s->arena, sizeof *node);
    if (node == NULL)
        return no_memory(s);
    *node = *model;
    *branch->tail = node;
    branch->tail = &node->next;
    s->node_count++;
    if (node->document->control == NULL)
        return CFG_OK;
    s->has_controls = true;
    return check_document(s, node, from_profile_file);
}

/* Hangs the documents of a file that was found at `s->path`, unless it is in use already. */
static enum cfg_status use_file(struct selection *s,
                                struct branch *branch,
                                const struct cfg_place *place,
                                const struct cfg_file *file,
                                bool from_profile_file)
{
    struct node model = {
        .born = branch->phase,
        .rises = from_profile_file,
        .several = file->count > 1,
        .location = place->text,
    };
    enum cfg_status status = CFG_OK;
    if (cfg_map_find(&s->loaded, cfg_buf_view(&s->path)))
        return CFG_OK;
    if (branch->parent != &s->root && ++s->imports > CFG_LIMIT_IMPORTS)
        return fail_at(s, branch->parent, CFG_TOO_LARGE, "imports lead to too many files");
    if (!cfg_arena_dup(s->arena, cfg_buf_view(&s->path), &model.path))
        return no_memory(s);
    if (!cfg_map_put(&s->loaded, model.path, s))
        return cfg_err_set(s->err, CFG_NO_MEMORY, "no memory for the selected paths");
    for (size_t i = file->count; status == CFG_OK && i-- > 0;) {
        model.document = &file->documents[i];
        model.activity = activity_of(model.document->control);
        status = hang(s, branch, &model, from_profile_file);
    }
    return status;
}

/* Looks for the candidate's stem with that extension. */
static enum cfg_status try_file(struct selection *s,
                                struct branch *branch,
                                const struct cfg_place *place,
                                size_t stem_len,
                                struct cfg_str extension,
                                bool from_profile_file)
{
    const struct cfg_file *file = NULL;
    s->path.len = stem_len;
    cfg_buf_str(&s->path, extension);
    enum cfg_status status = cfg_buf_end(&s->path, "a path", s->err);
    if (status != CFG_OK)
        return status;
    if (++s->candidates > CFG_LIMIT_CANDIDATES)
        return cfg_err_set(s->err, CFG_TOO_LARGE, "the question leads to over %d paths",
                           CFG_LIMIT_CANDIDATES);
    status = s->input->load(cfg_buf_view(&s->path), &file, s->err, s->input->load_ctx);
    if (status != CFG_OK) {
        cfg_err_place(s->err, cfg_buf_view(&s->path), 0, 0);
        return status;
    }
    return file ? use_file(s, branch, place, file, from_profile_file) : CFG_OK;
}

/* One name in a place, with "-PROFILE" unless `profile` is NULL. */
static enum cfg_status try_name(struct selection *s,
                                struct branch *branch,
                                const struct cfg_place *place,
                                struct cfg_str name,
                                const struct cfg_str *profile)
{
    enum cfg_status status = CFG_OK;
    cfg_buf_reset(&s->path);
    cfg_buf_str(&s->path, place->base);
    cfg_buf_str(&s->path, name);
    if (profile) {
        cfg_buf_char(&s->path, '-');
        cfg_buf_str(&s->path, *profile);
    }
    size_t stem_len = s->path.len;
    if (place->kind == CFG_PLACE_FILE)
        return try_file(s, branch, place, stem_len, place->extension, profile != NULL);
    for (size_t i = 0; status == CFG_OK && i < CFG_EXTENSION_COUNT; i++)
        status = try_file(s, branch, place, stem_len, cfg_extensions[i], profile != NULL);
    return status;
}

/* All names in all places of a group, strongest first. */
static enum cfg_status load_variant(struct selection *s,
                                    struct branch *branch,
                                    const struct cfg_place *places,
                                    size_t count,
                                    const struct cfg_str *profile)
{
    const struct cfg_strs *apps = &s->input->question->apps;
    enum cfg_status status = CFG_OK;
    for (size_t i = count; status == CFG_OK && i-- > 0;) {
        bool is_file = places[i].kind == CFG_PLACE_FILE;
        if (is_file)
            status = try_name(s, branch, &places[i], CFG_STR_NONE, profile);
        for (size_t k = is_file ? 0 : apps->count; status == CFG_OK && k-- > 0;)
            status = try_name(s, branch, &places[i], apps->items[k], profile);
    }
    return status;
}

/* Profile files, once the profiles are known, above plain ones, unless those were looked for before. */
static enum cfg_status
load_group(struct selection *s, struct branch *branch, const struct cfg_place *places, size_t count)
{
    const struct cfg_strs *profiles = &s->profiles.list;
    enum cfg_status status = CFG_OK;
    for (size_t i = branch->phase == AFTER ? profiles->count : 0; status == CFG_OK && i-- > 0;)
        status = load_variant(s, branch, places, count, &profiles->items[i]);
    if (status == CFG_OK && !branch->parent->processed[BEFORE])
        status = load_variant(s, branch, places, count, NULL);
    return status;
}

/* Imports */

static bool is_followed(const struct selection *s, const struct cfg_place *place)
{
    if (place->kind != CFG_PLACE_DIRECTORY && place->kind != CFG_PLACE_FILE)
        return false;
    for (size_t i = 0; i < s->input->location_count; i++)
        if (cfg_place_is_below(place, s->input->locations[i]))
            return true;
    return false;
}

/* One entry of spring.config.import: places separated by semicolons. */
static enum cfg_status load_import(struct selection *s, struct branch *branch, struct cfg_str text)
{
    struct cfg_place *places = NULL;
    size_t count = 0;
    size_t cap = 0;
    struct cfg_str piece;
    while (cfg_str_cut(&text, ';', &piece)) {
        struct cfg_place place;
        if (!cfg_arena_grow(s->arena, &places, &cap, count, sizeof *places) ||
            !cfg_place_parse(cfg_str_trim(piece), branch->parent->path, s->arena, &place))
            return no_memory(s);
        if (place.kind == CFG_PLACE_UNREADABLE && !place.optional)
            return fail_at(s, branch->parent, CFG_CORRUPT,
                           "spring.config.import names a file without a known extension (a "
                           "directory ends in a slash)");
        if (is_followed(s, &place))
            places[count++] = place;
    }
    return load_group(s, branch, places, count);
}

/* Note 2. */
static void raise_profile_files(struct node *node)
{
    struct node *risen = NULL;
    struct node **tail = &risen;
    for (struct node *child = node->children[BEFORE]; child; child = child->next) {
        struct node **link = &child->children[AFTER];
        while (*link) {
            struct node *grandchild = *link;
            if (!grandchild->rises) {
                link = &grandchild->next;
                continue;
            }
            *link = grandchild->next;
            grandchild->rises = false;
            *tail = grandchild;
            tail = &grandchild->next;
        }
    }
    *tail = node->children[AFTER];
    node->children[AFTER] = risen;
}

static enum cfg_status load_children(struct selection *s, struct node *node, enum phase phase)
{
    struct branch branch = {node, phase, &node->children[phase]};
    enum cfg_status status = CFG_OK;
    if (node == &s->root) {
        status = load_group(s, &branch, s->locations, s->input->location_count);
    } else {
        struct cfg_strs imports;
        status = resolve_items(s, node, &node->document->control->imports, &imports);
        for (size_t i = imports.count; status == CFG_OK && i-- > 0;)
            status = load_import(s, &branch, imports.items[i]);
    }
    if (phase == AFTER)
        raise_profile_files(node);
    return status;
}

static enum cfg_status process(struct selection *s, struct node *node, enum phase phase);

static enum cfg_status process_children(struct selection *s, struct node *node, enum phase phase)
{
    enum cfg_status status = CFG_OK;
    for (unsigned i = PHASE_COUNT; i-- > 0;)
        for (struct node *child = node->children[i]; child && status == CFG_OK; child = child->next)
            status = process(s, child, phase);
    return status;
}

/* Loads what lies below a node. Goes as deep as imports lead, each of them to a file not seen before. */
static enum cfg_status process(struct selection *s, struct node *node, enum phase phase)
{
    enum cfg_status status = process_children(s, node, phase);
    if (status == CFG_OK && phase == AFTER && node->activity == CONDITIONAL)
        status = decide_activity(s, node);
    bool imports =
        node == &s->root || (node->document->control && node->document->control->imports.count > 0);
    if (status != CFG_OK || !imports || node->activity != ACTIVE || node->processed[phase])
        return status;
    status = load_children(s, node, phase);
    node->processed[phase] = true;
    return status == CFG_OK && s->has_controls ? process_children(s, node, phase) : status;
}

/* Profiles */

/* A group counts wherever it stands, even in a document whose condition does not hold. */
static enum cfg_status collect_groups(struct selection *s, struct node *node)
{
    const struct cfg_control *control = node->document->control;
    enum cfg_status status = CFG_OK;
    for (size_t i = 0; control && status == CFG_OK && i < control->group_count; i++) {
        struct cfg_group group = {.name = control->groups[i].name};
        status = resolve_items(s, node, &control->groups[i].members, &group.members);
        for (size_t k = 0; status == CFG_OK && k < group.members.count; k++)
            if (cfg_profiles_flaw(group.members.items[k]))
                status = fail_at(s, node, CFG_CORRUPT,
                                 "spring.profiles.group has a member that is no profile");
        if (status == CFG_OK)
            status = cfg_profiles_add_group(&s->profiles, &group, s->arena, s->err);
    }
    return status;
}

static enum cfg_status collect_includes(struct selection *s, struct node *node)
{
    const struct cfg_control *control = node->document->control;
    struct cfg_strs includes;
    if (control == NULL || !control->has_include)
        return CFG_OK;
    if (node->activity != ACTIVE)
        return fail_at(s, node, CFG_CORRUPT,
                       "spring.profiles.include has no place in a document with a condition");
    enum cfg_status status = resolve_items(s, node, &control->includes, &includes);
    for (size_t i = 0; status == CFG_OK && i < includes.count; i++) {
        struct cfg_str name = includes.items[i];
        if (cfg_profiles_flaw(name))
            status =
                fail_at(s, node, CFG_CORRUPT, "spring.profiles.include names what is no profile");
        else
            status = cfg_profiles_add(&s->profiles, name, s->arena, s->err);
    }
    return status;
}

/* Those asked for, then what documents include, each followed by its group. */
static enum cfg_status settle_profiles(struct selection *s)
{
    const struct cfg_strs *asked = &s->input->question->profiles;
    bool collect = s->has_controls && !s->profile_keys_are_data;
    enum cfg_status status = CFG_OK;
    if (collect)
        status = walk(s, &s->root, collect_groups);
    if (status == CFG_OK && asked->count == 0)
        status = cfg_profiles_add(&s->profiles, CFG_STR("default"), s->arena, s->err);
    for (size_t i = 0; status == CFG_OK && i < asked->count; i++)
        status = cfg_profiles_add(&s->profiles, asked->items[i], s->arena, s->err);
    if (status == CFG_OK && collect)
        status = walk(s, &s->root, collect_includes);
    return status;
}

/* The answer */

struct listing {
    struct cfg_selected *items;
    size_t count;
};

static void list(const struct node *node, struct listing *out)
{
    for (unsigned phase = PHASE_COUNT; phase-- > 0;)
        for (const struct node *child = node->children[phase]; child; child = child->next)
            list(child, out);
    if (node->document && node->activity == ACTIVE)
        out->items[out->count++] = (struct cfg_selected){
            .path = node->path,
            .location = node->location,
            .document = node->document,
            .several = node->several,
        };
}

static enum cfg_status prepare(struct selection *s)
{
    const struct cfg_select_input *input = s->input;
    const struct cfg_strs *asked = &input->question->profiles;
    s->profile_keys_are_data =
        asked->count == 0 || cfg_str_eq_nocase(asked->items[0], CFG_STR("default"));
    cfg_map_init(&s->loaded);
    cfg_buf_init(&s->path, PATH_BYTES);
    s->locations = cfg_arena_zalloc(s->arena, input->location_count, sizeof *s->locations);
    if (s->locations == NULL)
        return no_memory(s);
    for (size_t i = 0; i < input->location_count; i++)
        s->locations[i] = (struct cfg_place){
            .kind = CFG_PLACE_DIRECTORY,
            .text = input->locations[i],
            .base = input->locations[i],
        };
    return CFG_OK;
}

enum cfg_status cfg_select(const struct cfg_select_input *input,
                           struct cfg_arena *arena,
                           struct cfg_selected **out,
                           size_t *out_count,
                           struct cfg_err *err)
{
    struct selection s = {.input = input, .arena = arena, .err = err};
    struct listing listing = {0};
    *out = NULL;
    *out_count = 0;
    enum cfg_status status = prepare(&s);
    if (status == CFG_OK)
        status = process(&s, &s.root, BEFORE);
    if (status == CFG_OK)
        status = settle_profiles(&s);
    if (status == CFG_OK)
        status = process(&s, &s.root, AFTER);
    cfg_map_release(&s.loaded);
    cfg_buf_release(&s.path);
    if (status != CFG_OK || s.node_count == 0)
        return status;
    listing.items = cfg_arena_alloc(arena, s.node_count * sizeof *listing.items);
    if (listing.items == NULL)
        return cfg_arena_fail(arena, err);
    list(&s.root, &listing);
    *out = listing.items;
    *out_count = listing.count;
    return CFG_OK;
}
