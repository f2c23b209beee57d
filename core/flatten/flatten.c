/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the node tree of a document.
 * Gives: its flat properties in document order, and the document's own marks.
 * Keeps: nothing; the limits of a file are counted over all its documents.
 *
 * The rules are those of Spring's YamlProcessor: a key that begins with a bracket is appended without
 * a dot, a parent whose whole key is blank does not count, list elements are keys "[0]", "[1]" ….
 */
#include "core/flatten/flatten.h"

#include "core/base/map.h"
#include "core/base/utf8.h"
#include "core/flatten/control.h"
#include "core/model/limits.h"

struct walk {
    struct cfg_arena *arena;
    struct cfg_err *err;
    struct cfg_map index; /* key → its property in `items` */
    struct cfg_prop *items;
    size_t count;
    size_t *flat_bytes; /* of the whole file */
    size_t key_len;
    char key[CFG_LIMIT_KEY_BYTES];
};

static enum cfg_status fail(struct walk *walk, const struct cfg_node *node, enum cfg_status status)
{
    cfg_err_place(walk->err, CFG_STR_NONE, node->line, node->column);
    return status;
}

/* How many properties a tree can give at most. */
static size_t count_leaves(const struct cfg_node *node)
{
    if (node->kind == CFG_NODE_SCALAR || node->first == NULL)
        return 1;
    size_t count = 0;
    for (const struct cfg_node *child = node->first; child; child = child->next)
        count += count_leaves(child);
    return count;
}

/* Nested maps and lists, asked before anything recurses over the tree; does not look past `room`. */
static unsigned depth_of(const struct cfg_node *node, unsigned room)
{
    unsigned deepest = 0;
    if (node->kind == CFG_NODE_SCALAR)
        return 0;
    for (const struct cfg_node *child = node->first; child && room > 0; child = child->next) {
        unsigned depth = depth_of(child, room - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static enum cfg_status put(struct walk *walk, const struct cfg_node *node, struct cfg_value value)
{
    struct cfg_str key = cfg_str_make(walk->key, walk->key_len);
    struct cfg_str text;
    *walk->flat_bytes += key.len + value.text.len;
    if (*walk->flat_bytes > CFG_LIMIT_FLAT_BYTES)
        return fail(walk, node,
                    cfg_err_set(walk->err, CFG_TOO_LARGE,
                                "the keys and values of the file are over %d bytes",
                                CFG_LIMIT_FLAT_BYTES));
    if (!cfg_arena_dup(walk->arena, value.text, &text))
        return fail(walk, node, cfg_arena_fail(walk->arena, walk->err));
    value.text = text;
    struct cfg_prop *known = cfg_map_find(&walk->index, key);
    if (known) {
        *known = cfg_prop_make(cfg_prop_key(known), value, node->line, node->column);
        return CFG_OK;
    }
    struct cfg_prop *prop = &walk->items[walk->count];
    if (!cfg_arena_dup(walk->arena, key, &key))
        return fail(walk, node, cfg_arena_fail(walk->arena, walk->err));
    if (!cfg_map_put(&walk->index, key, prop))
        return fail(walk, node, cfg_err_set(walk->err, CFG_NO_MEMORY, "no memory for the keys"));
    *prop = cfg_prop_make(key, value, node->line, node->column);
    walk->count++;
    return CFG_OK;
}

/* Java's white space: some control characters are none, and neither are the no-break spaces. */
static bool is_blank(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } blanks[] = {
        {'\t', '\r'},     {0x1c, ' '},      {0x1680, 0x1680}, {0x2000, 0x2006},
        {0x2008, 0x200a}, {0x2028, 0x2029}, {0x205f, 0x205f}, {0x3000, 0x3000},
    };
    for (size_t i = 0; i < CFG_COUNT(blanks); i++)
        if (point >= blanks[i].first && point <= blanks[i].last)
            return true;
    return false;
}

/* Spring's hasText: a parent that is empty or all blanks is left out of its children's keys. */
static bool has_text(const char *key, size_t len)
{
    struct cfg_str text = cfg_str_make(key, len);
    uint32_t point;
    for (size_t at = 0; at < len;) {
        size_t step = cfg_utf8_next(text, at, &point);
        if (step == 0 || !is_blank(point))
            return true;
        at += step;
    }
    return false;
}

/* Appends a step to the key: a dot in between unless it is an index or there is nothing before it. */
static bool push_step(struct walk *walk, struct cfg_str step)
{
    size_t from = has_text(walk->key, walk->key_len) ? walk->key_len : 0;
    bool dot = from > 0 && !cfg_str_starts(step, CFG_STR("["));
    if (step.len + dot > sizeof walk->key - from)
        return false;
    if (dot)
        walk->key[from++] = '.';
    if (step.len)
        memcpy(walk->key + from, step.ptr, step.len);
    walk->key_len = from + step.len;
    return true;
}

static enum cfg_status flatten_node(struct walk *walk, const struct cfg_node *node)
{
    static const struct cfg_value empty = {CFG_KIND_STRING, {"", 0}};
    if (node->kind == CFG_NODE_SCALAR)
        return put(walk, node, node->value.kind == CFG_KIND_NULL ? empty : node->value);
    if (node->kind == CFG_NODE_LIST && node->first == NULL)
        return put(walk, node, empty);
    char index[24];
    size_t number = 0;
    /* a blank parent's key is overwritten by its children's: put back after each */
    size_t parent_len = walk->key_len;
    bool blank = !has_text(walk->key, parent_len);
    for (const struct cfg_node *child = node->first; child; child = child->next) {
        struct cfg_str step = child->key;
        if (node->kind == CFG_NODE_LIST) {
            int len = snprintf(index, sizeof index, "[%zu]", number++);
            step = cfg_str_make(index, (size_t)len);
        }
        walk->key_len = blank ? 0 : parent_len;
        if (!push_step(walk, step))
            return fail(walk, child,
                        cfg_err_set(walk->err, CFG_TOO_LARGE, "a key is over %d bytes",
                                    CFG_LIMIT_KEY_BYTES));
        enum cfg_status status = flatten_node(walk, child);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}

static enum cfg_status flatten(const struct cfg_node *root,
                               struct cfg_arena *arena,
                               size_t *flat_bytes,
                               struct cfg_props *out,
                               struct cfg_err *err)
{
    struct walk walk = {.arena = arena, .err = err, .flat_bytes = flat_bytes};
    bool done = false;
    *out = (struct cfg_props){0};
    cfg_map_init(&walk.index);
    if (depth_of(root, CFG_LIMIT_DEPTH) > CFG_LIMIT_DEPTH) {
        cfg_err_set(err, CFG_TOO_LARGE, "maps and lists are nested over %d levels",
                    CFG_LIMIT_DEPTH);
        goto out;
    }
    walk.items = cfg_arena_zalloc(arena, count_leaves(root), sizeof *walk.items);
    if (walk.items == NULL) {
        cfg_arena_fail(arena, err);
        goto out;
    }
    if (root->kind != CFG_NODE_MAP && !push_step(&walk, CFG_STR("document"))) {
        cfg_err_set(err, CFG_INTERNAL, "no room for the key of a bare document");
        goto out;
    }
    if (flatten_node(&walk, root) != CFG_OK)
        goto out;
    *out = (struct cfg_props){walk.items, walk.count};
    done = true;
out:
    cfg_map_release(&walk.index);
    return cfg_err_end(err, done);
}

enum cfg_status cfg_flatten(const struct cfg_node *root,
                            struct cfg_arena *arena,
                            struct cfg_props *out,
                            struct cfg_err *err)
{
    size_t flat_bytes = 0;
    return flatten(root, arena, &flat_bytes, out, err);
}

static bool has_cipher(const struct cfg_props *props)
{
    for (size_t i = 0; i < props->count; i++) {
        struct cfg_value value = cfg_prop_value(&props->items[i]);
        if (value.kind == CFG_KIND_STRING && cfg_str_starts(value.text, CFG_STR("{cipher}")))
            return true;
    }
    return false;
}

enum cfg_status cfg_flatten_file(const struct cfg_docs *docs,
                                 struct cfg_arena *arena,
                                 struct cfg_file *out,
                                 struct cfg_err *err)
{
    size_t flat_bytes = 0;
    *out = (struct cfg_file){0};
    if (docs->count > CFG_LIMIT_DOCUMENTS)
        return cfg_err_set(err, CFG_TOO_LARGE, "more than %d documents", CFG_LIMIT_DOCUMENTS);
    if (docs->count == 0)
        return CFG_OK;
    struct cfg_document *documents = cfg_arena_zalloc(arena, docs->count, sizeof *documents);
    if (documents == NULL)
        return cfg_arena_fail(arena, err);
    for (size_t i = 0; i < docs->count; i++) {
        struct cfg_document *document = &documents[i];
        document->number = (uint32_t)i;
        enum cfg_status status = flatten(docs->roots[i], arena, &flat_bytes, &document->props, err);
        if (status == CFG_OK)
            status = cfg_control_find(&document->props, arena, &document->control, err);
        if (status != CFG_OK)
            return status;
        document->has_cipher = has_cipher(&document->props);
    }
    *out = (struct cfg_file){documents, docs->count};
    return CFG_OK;
}
