/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the bytes of a YAML file. Gives: its documents as nodes, aliases and merge keys expanded.
 * Keeps: one frame for each open map or list, one entry for each anchor of the document.
 *
 * libyaml gives events; everything else is done here, because its own document builder has neither
 * budgets nor positions nor merge keys. A node is delivered to the frame around it when it is
 * complete, so anchors always name complete nodes and an alias to an open one is a cycle. An alias is
 * a deep copy, counted before it is made.
 */
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/model/limits.h"
#include "core/parse/parse.h"
#include "core/parse/place.h"
#include "core/parse/yaml_item.h"
#include "core/parse/yaml_source.h"
#include "core/parse/yaml_value.h"

#include <yaml.h>

enum {
    LINEAR_KEYS = 12,  /* a larger map gets an index */
    SHOWN_BYTES = 100, /* of a key or tag in a message */
};

struct anchor {
    struct cfg_yaml_item item; /* as it was when complete; its children are never changed */
    bool open;                 /* not complete yet */
};

/* An open map or list. */
struct frame {
    struct cfg_yaml_item *item;
    bool is_key;    /* the frame around it takes it for a key */
    bool is_inline; /* a map (or the list of such maps) written in place behind a merge key */
    bool is_flow;
    enum cfg_yaml_tag tag;
    struct anchor *anchor; /* NULL: none */
    yaml_mark_t mark;
    struct cfg_map index; /* key → item; used from LINEAR_KEYS on */
    /* of a map or set: the key whose value comes next */
    bool has_key, is_merge;
    enum cfg_kind key_kind;
    struct cfg_str key;
    struct cfg_yaml_item *key_item; /* when it is a map or list */
    struct cfg_value key_value;
    yaml_mark_t key_mark;
};

struct builder {
    yaml_parser_t parser;
    struct cfg_yaml_source source;
    size_t seen_chars, seen_bytes; /* of the source: the same place in both counts */
    struct cfg_arena *arena;
    struct cfg_err *err;
    struct frame frames[CFG_LIMIT_DEPTH];
    size_t depth;
    struct cfg_yaml_item *root; /* of the document at hand */
    struct cfg_map anchors;
    size_t anchor_count;
    size_t node_count, alias_count, document_count; /* of the file */
    struct cfg_docs docs;
    size_t docs_cap;
};

/* --- errors ------------------------------------------------------------------------------------- */

/* Places the error just set and gives its status. */
static enum cfg_status at(const struct builder *b, yaml_mark_t mark)
{
    cfg_err_place(b->err, CFG_STR_NONE, (unsigned)mark.line + 1, (unsigned)mark.column + 1);
    return b->err->status;
}

static enum cfg_status over(const struct builder *b, yaml_mark_t mark, int limit, const char *what)
{
    cfg_err_set(b->err, CFG_TOO_LARGE, "over %d %s", limit, what);
    return at(b, mark);
}

static enum cfg_status corrupt(const struct builder *b, yaml_mark_t mark, const char *what)
{
    cfg_err_set(b->err, CFG_CORRUPT, "%s", what);
    return at(b, mark);
}

/* The beginning of a text that may be long, whole characters only. */
static struct cfg_str shown(struct cfg_str text)
{
    size_t len = text.len;
    if (len > SHOWN_BYTES)
        for (len = SHOWN_BYTES; len > 0 && ((unsigned char)text.ptr[len] & 0xc0u) == 0x80;)
            len--;
    return cfg_str_sub(text, 0, len);
}

static enum cfg_status
corrupt_name(const struct builder *b, yaml_mark_t mark, const char *what, struct cfg_str name)
{
    cfg_err_set(b->err, CFG_CORRUPT, "%s '%.*s'", what, CFG_STR_ARG(shown(name)));
    return at(b, mark);
}

static enum cfg_status no_memory(const struct builder *b)
{
    return cfg_err_set(b->err, CFG_NO_MEMORY, "no memory for the tree of the file");
}

/* What libyaml did not accept. Its problem texts are static and name no content. */
static enum cfg_status parser_failed(const struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem;
    /* it fails without a problem only when memory ran out */
    if (p->error == YAML_MEMORY_ERROR || problem == NULL)
        return no_memory(b);
    b->err->foreign_domain = "libyaml";
    b->err->foreign_code = (int)p->error;
    if (p->error == YAML_READER_ERROR) {
        unsigned line, column;
        cfg_place_of(b->source.text, p->problem_offset, &line, &column);
        cfg_err_set(b->err, CFG_CORRUPT, "%s", problem);
        cfg_err_place(b->err, CFG_STR_NONE, line, column);
        return b->err->status;
    }
    if (p->context)
        cfg_err_set(b->err, CFG_CORRUPT, "%s: %s", p->context, problem);
    else
        cfg_err_set(b->err, CFG_CORRUPT, "%s", problem);
    return at(b, p->problem_mark);
}

/* --- items -------------------------------------------------------------------------------------- */

static enum cfg_status
new_item(struct builder *b, enum cfg_node_kind kind, yaml_mark_t mark, struct cfg_yaml_item **out)
{
    *out = NULL;
    if (++b->node_count > CFG_LIMIT_NODES)
        return over(b, mark, CFG_LIMIT_NODES, "values in the file");
    struct cfg_yaml_item *item = cfg_arena_zalloc(b->arena, 1, sizeof *item);
    if (item == NULL) {
        cfg_arena_fail(b->arena, b->err);
        return at(b, mark);
    }
    item->node.kind = kind;
    item->node.line = (uint32_t)mark.line + 1;
    item->node.column = (uint32_t)mark.column + 1;
    *out = item;
    return CFG_OK;
}

/* A copy of what an anchor names. Recursion is bounded by the item's height. */
static enum cfg_status copy_tree(struct builder *b,
                                 const struct cfg_yaml_item *from,
                                 yaml_mark_t mark,
                                 struct cfg_yaml_item **out)
{
    if (++b->alias_count > CFG_LIMIT_ALIAS_NODES)
        return over(b, mark, CFG_LIMIT_ALIAS_NODES, "values made by aliases");
    if (new_item(b, from->node.kind, mark, out))
        return b->err->status;
    struct cfg_yaml_item *copy = *out;
    *copy = *from;
    copy->flags |= CFG_ITEM_ALIASED;
    copy->node.next = copy->node.first = copy->node.last = NULL;
    copy->node.count = 0;
    for (struct cfg_node *child = from->node.first; child; child = child->next) {
        struct cfg_yaml_item *child_copy;
        if (copy_tree(b, cfg_yaml_item_of(child), mark, &child_copy))
            return b->err->status;
        cfg_node_append(&copy->node, &child_copy->node);
    }
    return CFG_OK;
}

/* --- anchors ------------------------------------------------------------------------------------ */

/* NULL in `*out` when there is no name. A name may be used again; the newest counts. */
static enum cfg_status
open_anchor(struct builder *b, const yaml_char_t *name, yaml_mark_t mark, struct anchor **out)
{
    struct cfg_str key;
    *out = NULL;
    if (name == NULL)
        return CFG_OK;
    if (++b->anchor_count > CFG_LIMIT_ANCHORS)
        return over(b, mark, CFG_LIMIT_ANCHORS, "anchors in a document");
    struct anchor *anchor = cfg_arena_zalloc(b->arena, 1, sizeof *anchor);
    if (anchor == NULL || !cfg_arena_dup(b->arena, cfg_str_of((const char *)name), &key)) {
        cfg_arena_fail(b->arena, b->err);
        return at(b, mark);
    }
    if (!cfg_map_put(&b->anchors, key, anchor))
        return no_memory(b);
    anchor->open = true;
    *out = anchor;
    return CFG_OK;
}

static void close_anchor(struct anchor *anchor, const struct cfg_yaml_item *item)
{
    if (anchor == NULL)
        return;
    anchor->item = *item;
    anchor->item.node.next = NULL;
    anchor->item.node.key = CFG_STR_NONE;
    anchor->open = false;
}

/* --- maps --------------------------------------------------------------------------------------- */

static struct frame *top(struct builder *b)
{
    return b->depth ? &b->frames[b->depth - 1] : NULL;
}

static bool is_map_frame(const struct frame *frame)
{
    return frame->tag == CFG_TAG_MAP || frame->tag == CFG_TAG_SET;
}

static bool awaits_key(const struct frame *frame)
{
    return frame && is_map_frame(frame) && !frame->has_key;
}

static struct cfg_yaml_item *find_key(struct frame *frame, struct cfg_str key)
{
    if (frame->index.count)
        return cfg_map_find(&frame->index, key);
    return cfg_yaml_item_of(cfg_node_find(&frame->item->node, key));
}

static enum cfg_status add_key(struct builder *b, struct frame *frame, struct cfg_yaml_item *item)
{
    struct cfg_node *node = &item->node;
    cfg_yaml_item_add(frame->item, item);
    if (frame->item->node.count <= LINEAR_KEYS)
        return CFG_OK;
    if (frame->index.count == 0)
        node = frame->item->node.first;
    for (; node; node = node->next)
        if (!cfg_map_put(&frame->index, node->key, node))
            return no_memory(b);
    return CFG_OK;
}

/* A key written in the map itself: it beats what was merged, and may be there only once. */
static enum cfg_status put_own(struct builder *b, struct frame *frame, struct cfg_yaml_item *value)
{
    struct cfg_yaml_item *known = find_key(frame, frame->key);
    if (known == NULL) {
        value->node.key = frame->key;
        value->key_kind = (uint8_t)frame->key_kind;
        value->flags |=
            (uint8_t)(CFG_ITEM_OWN |
                      (frame->is_inline ? CFG_ITEM_INLINE | CFG_ITEM_INLINE_LAST : CFG_ITEM_KNOWN));
        return add_key(b, frame, value);
    }
    bool own = known->flags & CFG_ITEM_OWN;
    if (own && known->key_kind == frame->key_kind)
        return corrupt_name(b, frame->key_mark, "duplicate key", frame->key);
    /* "[1]" and 1 are two keys to YAML, and one to flattening: there the later one counts */
    bool inline_in_force = (known->flags & CFG_ITEM_KNOWN) && (known->flags & CFG_ITEM_INLINE_LAST);
    if (!inline_in_force || own) {
        known->flags &= (uint8_t)~CFG_ITEM_INLINE_LAST;
        cfg_yaml_item_become(known, value);
    }
    known->key_kind = (uint8_t)frame->key_kind;
    known->flags |= CFG_ITEM_OWN | CFG_ITEM_KNOWN;
    return CFG_OK;
}

/*
 * A merged key. Of aliases the first counts and the map's own key beats them all. The keys of an
 * inline merge map are another matter in the reference: it compares them with each other alone, so
 * that one which is there already comes in again, as the later and stronger one. Clients have been
 * served that, so it is kept.
 */
static enum cfg_status
put_merged(struct builder *b, struct frame *frame, struct cfg_yaml_item *value, bool from_inline)
{
    uint8_t source = from_inline ? CFG_ITEM_INLINE : CFG_ITEM_KNOWN;
    uint8_t flags = (uint8_t)(source | (from_inline ? CFG_ITEM_INLINE_LAST : 0));
    struct cfg_yaml_item *known = find_key(frame, value->node.key);
    if (known == NULL) {
        value->flags = flags;
        return add_key(b, frame, value);
    }
    if (known->flags & source)
        return CFG_OK;
    known->flags = (uint8_t)((known->flags & ~CFG_ITEM_INLINE_LAST) | flags);
    cfg_yaml_item_become(known, value);
    return CFG_OK;
}

static enum cfg_status merge_map(struct builder *b, struct frame *frame, struct cfg_yaml_item *map)
{
    bool aliased = map->flags & CFG_ITEM_ALIASED;
    struct cfg_node *next;
    for (struct cfg_node *child = map->node.first; child; child = next) {
        struct cfg_yaml_item *value = cfg_yaml_item_of(child);
        bool from_inline = !aliased || (value->flags & CFG_ITEM_INLINE_LAST);
        next = child->next;
        /* an inline map may have an anchor, which keeps its list of children */
        if (!aliased) {
            struct cfg_yaml_item *copy;
            if (new_item(b, child->kind, frame->key_mark, &copy))
                return b->err->status;
            *copy = *value;
            value = copy;
        }
        value->node.next = NULL;
        if (put_merged(b, frame, value, from_inline))
            return b->err->status;
    }
    return CFG_OK;
}

static enum cfg_status merge(struct builder *b, struct frame *frame, struct cfg_yaml_item *value)
{
    static const char problem[] = "a merge key '<<' needs a map or a list of maps";
    if (frame->tag == CFG_TAG_SET)
        return corrupt(b, frame->key_mark, "a merge key '<<' has no meaning in a set");
    if (value->node.kind == CFG_NODE_MAP)
        return merge_map(b, frame, value);
    if (value->node.kind != CFG_NODE_LIST)
        return corrupt(b, frame->key_mark, problem);
    for (struct cfg_node *map = value->node.first; map; map = map->next) {
        if (map->kind != CFG_NODE_MAP)
            return corrupt(b, frame->key_mark, problem);
        if (merge_map(b, frame, cfg_yaml_item_of(map)))
            return b->err->status;
    }
    return CFG_OK;
}

/* A set becomes a list of its keys, which have no place of their own. */
static enum cfg_status put_member(struct builder *b, struct frame *frame)
{
    struct cfg_yaml_item *member = frame->key_item;
    if (member == NULL) {
        if (new_item(b, CFG_NODE_SCALAR, frame->key_mark, &member))
            return b->err->status;
        member->node.value = frame->key_value;
        member->node.line = member->node.column = 0;
    }
    struct cfg_yaml_item *known = find_key(frame, frame->key);
    if (known && known->key_kind == frame->key_kind)
        return corrupt_name(b, frame->key_mark, "duplicate key", frame->key);
    member->node.key = frame->key;
    member->key_kind = (uint8_t)frame->key_kind;
    return add_key(b, frame, member);
}

/* --- keys --------------------------------------------------------------------------------------- */

static enum cfg_status key_too_long(const struct builder *b, yaml_mark_t mark)
{
    return over(b, mark, CFG_LIMIT_KEY_BYTES, "bytes in a key");
}

/* The key whose value comes next. Anything but a string is written in brackets. */
static enum cfg_status
set_key(struct builder *b, struct frame *frame, struct cfg_value value, yaml_mark_t mark)
{
    frame->has_key = true;
    frame->is_merge = false;
    frame->key_mark = mark;
    frame->key_kind = value.kind;
    frame->key_value = value;
    frame->key_item = NULL;
    frame->key = value.text;
    if (value.text.len > CFG_LIMIT_KEY_BYTES)
        return key_too_long(b, mark);
    if (value.kind == CFG_KIND_STRING)
        return CFG_OK;
    struct cfg_str text = value.kind == CFG_KIND_NULL ? CFG_STR("null") : value.text;
    if (!cfg_arena_printf(b->arena, &frame->key, "[%.*s]", CFG_STR_ARG(text))) {
        cfg_arena_fail(b->arena, b->err);
        return at(b, mark);
    }
    return CFG_OK;
}

/* The same for a map or list, which the reference prints; an empty list is an empty string to it. */
static enum cfg_status
set_tree_key(struct builder *b, struct frame *frame, struct cfg_yaml_item *item, yaml_mark_t mark)
{
    struct cfg_buf text;
    struct cfg_value value = {CFG_KIND_STRING, CFG_STR("")};
    enum cfg_status status = CFG_OK;
    bool empty_list = item->node.kind == CFG_NODE_LIST && item->node.count == 0;
    cfg_buf_init(&text, CFG_LIMIT_KEY_BYTES);
    if (!empty_list) {
        cfg_buf_char(&text, '[');
        cfg_yaml_item_print(item, &text);
        cfg_buf_char(&text, ']');
    }
    if (text.failed == CFG_TOO_LARGE)
        status = key_too_long(b, mark);
    else if (text.failed)
        status = no_memory(b);
    else if (!cfg_arena_dup(b->arena, cfg_buf_view(&text), &value.text))
        status = cfg_arena_fail(b->arena, b->err);
    cfg_buf_release(&text);
    if (status == CFG_OK)
        status = set_key(b, frame, value, mark);
    if (status == CFG_OK && !empty_list) {
        frame->key_item = item;
        frame->key_kind = CFG_KIND_NULL; /* never that of a string that looks the same */
    }
    return status;
}

/* --- delivering a complete node ----------------------------------------------------------------- */

static enum cfg_status deliver(struct builder *b, struct cfg_yaml_item *value, yaml_mark_t mark)
{
    struct frame *frame = top(b);
    if (frame == NULL) {
        b->root = value;
        return CFG_OK;
    }
    if (is_map_frame(frame)) {
        frame->has_key = false;
        if (frame->is_merge)
            return merge(b, frame, value);
        return frame->tag == CFG_TAG_SET ? put_member(b, frame) : put_own(b, frame, value);
    }
    bool pair = value->node.kind == CFG_NODE_MAP && value->node.count == 1;
    if (frame->tag != CFG_TAG_SEQ && !pair)
        return corrupt(b, mark, "an ordered map or list of pairs needs maps of one key each");
    cfg_yaml_item_add(frame->item, value);
    return CFG_OK;
}

/* The tag that an event names, else the one its kind has by default. */
static enum cfg_status tag_of(struct builder *b,
                              const yaml_char_t *name,
                              yaml_mark_t mark,
                              enum cfg_yaml_tag usual,
                              enum cfg_yaml_tag *out)
{
    *out = usual;
    if (name == NULL || cfg_str_eq(cfg_str_of((const char *)name), CFG_STR("!")))
        return CFG_OK;
    *out = cfg_yaml_tag_of((const char *)name);
    if (*out == CFG_TAG_UNKNOWN)
        return corrupt_name(b, mark, "unknown tag", cfg_str_of((const char *)name));
    return CFG_OK;
}

/*
 * An empty value of a flow map stands before the next token to libyaml, and right behind its colon to
 * the reference. Events come in the order of the text, so the count of bytes only moves on.
 */
static yaml_mark_t empty_mark(struct builder *b, yaml_mark_t mark)
{
    struct cfg_str text = b->source.text;
    size_t blanks = 0;
    while (b->seen_chars < mark.index && b->seen_bytes < text.len) {
        b->seen_bytes++;
        while (b->seen_bytes < text.len && ((unsigned char)text.ptr[b->seen_bytes] & 0xc0u) == 0x80)
            b->seen_bytes++;
        b->seen_chars++;
    }
    while (blanks < b->seen_bytes && blanks < mark.column &&
           text.ptr[b->seen_bytes - blanks - 1] == ' ')
        blanks++;
    if (blanks < b->seen_bytes && text.ptr[b->seen_bytes - blanks - 1] == ':')
        mark.column -= blanks;
    return mark;
}

static enum cfg_status on_scalar(struct builder *b, yaml_event_t *event)
{
    struct frame *frame = top(b);
    yaml_mark_t mark = event->start_mark;
    enum cfg_yaml_tag tag;
    struct cfg_value value;
    struct anchor *anchor;
    struct cfg_yaml_item *item;
    char *text = (char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    bool plain = event->data.scalar.plain_implicit; /* also behind a lone "!", quoted or not */

    if (b->source.has_marks)
        len = cfg_yaml_restore(text, len,
                               event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    struct cfg_str content = cfg_str_make(text, len);
    tag = plain ? cfg_yaml_resolve(content) : CFG_TAG_STR;
    if (tag_of(b, event->data.scalar.tag, mark, tag, &tag))
        return b->err->status;
    if (tag == CFG_TAG_MERGE && awaits_key(frame)) {
        frame->has_key = frame->is_merge = true;
        frame->key_mark = mark;
        return CFG_OK;
    }
    if (cfg_yaml_value(tag, content, b->arena, &value, b->err))
        return at(b, mark);
    if (open_anchor(b, event->data.scalar.anchor, mark, &anchor))
        return b->err->status;
    bool is_key = awaits_key(frame);
    if (plain && len == 0 && frame && frame->is_flow && !is_key)
        mark = empty_mark(b, mark);
    if (anchor || !is_key) {
        if (new_item(b, CFG_NODE_SCALAR, mark, &item))
            return b->err->status;
        item->node.value = value;
        close_anchor(anchor, item);
    }
    return is_key ? set_key(b, frame, value, mark) : deliver(b, item, mark);
}

static enum cfg_status on_alias(struct builder *b, const yaml_event_t *event)
{
    struct frame *frame = top(b);
    yaml_mark_t mark = event->start_mark;
    struct cfg_str name = cfg_str_of((const char *)event->data.alias.anchor);
    struct anchor *anchor = cfg_map_find(&b->anchors, name);
    struct cfg_yaml_item *copy;
    if (anchor == NULL)
        return corrupt_name(b, mark, "unknown alias", name);
    if (anchor->open)
        return corrupt_name(b, mark, "a node that contains itself: alias", name);
    if (b->depth + anchor->item.height > CFG_LIMIT_DEPTH)
        return over(b, mark, CFG_LIMIT_DEPTH, "levels of maps and lists");
    if (awaits_key(frame) && anchor->item.node.kind == CFG_NODE_SCALAR)
        return set_key(b, frame, anchor->item.node.value, mark);
    if (copy_tree(b, &anchor->item, mark, &copy))
        return b->err->status;
    return awaits_key(frame) ? set_tree_key(b, frame, copy, mark) : deliver(b, copy, mark);
}

/* --- maps and lists ----------------------------------------------------------------------------- */

static enum cfg_status open_frame(struct builder *b, const yaml_event_t *event)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor =
        map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    struct frame *around = top(b);
    struct frame frame = {.mark = event->start_mark};

    if (b->depth == CFG_LIMIT_DEPTH)
        return over(b, frame.mark, CFG_LIMIT_DEPTH, "levels of maps and lists");
    if (tag_of(b, tag, frame.mark, map ? CFG_TAG_MAP : CFG_TAG_SEQ, &frame.tag))
        return b->err->status;
    bool fits =
        map ? frame.tag == CFG_TAG_MAP || frame.tag == CFG_TAG_SET
            : frame.tag == CFG_TAG_SEQ || frame.tag == CFG_TAG_OMAP || frame.tag == CFG_TAG_PAIRS;
    if (!fits) {
        cfg_err_set(b->err, CFG_CORRUPT, "a %s cannot have the tag '!!%s'", map ? "map" : "list",
                    cfg_yaml_tag_text(frame.tag));
        return at(b, frame.mark);
    }
    if (open_anchor(b, anchor, frame.mark, &frame.anchor))
        return b->err->status;
    if (new_item(b, frame.tag == CFG_TAG_MAP ? CFG_NODE_MAP : CFG_NODE_LIST, frame.mark,
                 &frame.item))
        return b->err->status;
    frame.item->height = 1;
    frame.is_key = awaits_key(around);
    frame.is_inline =
        around && (is_map_frame(around) ? around->has_key && around->is_merge : around->is_inline);
    frame.is_flow = map && event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    cfg_map_init(&frame.index);
    b->frames[b->depth++] = frame;
    return CFG_OK;
}

/* [a: 1, b: 2] → {a: 1, b: 2}; of a key that is there twice the last value counts. */
static enum cfg_status close_omap(struct builder *b, struct frame *frame)
{
    struct cfg_node *node = &frame->item->node;
    struct cfg_node *pair = node->first;
    if (pair == NULL)
        return CFG_OK; /* an empty list stays one */
    node->kind = CFG_NODE_MAP;
    node->first = node->last = NULL;
    node->count = 0;
    for (; pair; pair = pair->next) {
        struct cfg_yaml_item *value;
        if (new_item(b, pair->first->kind, frame->mark, &value))
            return b->err->status;
        *value = *cfg_yaml_item_of(pair->first);
        struct cfg_yaml_item *known = find_key(frame, value->node.key);
        if (known)
            cfg_yaml_item_become(known, value);
        else if (add_key(b, frame, value))
            return b->err->status;
    }
    return CFG_OK;
}

static void close_set(struct cfg_yaml_item *item)
{
    item->flags |= CFG_ITEM_SET;
    item->node.line = item->node.column = 0;
    for (struct cfg_node *member = item->node.first; member; member = member->next)
        member->key = CFG_STR_NONE;
}

static enum cfg_status close_frame(struct builder *b)
{
    struct frame *frame = top(b);
    struct cfg_yaml_item *item = frame->item;
    yaml_mark_t mark = frame->mark;
    bool is_key = frame->is_key;
    if (frame->tag == CFG_TAG_OMAP && close_omap(b, frame))
        return b->err->status;
    if (frame->tag == CFG_TAG_SET)
        close_set(item);
    close_anchor(frame->anchor, item);
    cfg_map_release(&frame->index);
    b->depth--;
    return is_key ? set_tree_key(b, top(b), item, mark) : deliver(b, item, mark);
}

/* --- documents ---------------------------------------------------------------------------------- */

/* Null, an empty text and an empty list are no document to the reference. */
static bool is_nothing(const struct cfg_yaml_item *root)
{
    if (root == NULL)
        return true;
    if (root->node.kind == CFG_NODE_LIST)
        return root->node.count == 0 && !(root->flags & CFG_ITEM_SET);
    bool textual =
        root->node.value.kind == CFG_KIND_NULL || root->node.value.kind == CFG_KIND_STRING;
    return root->node.kind == CFG_NODE_SCALAR && textual && root->node.value.text.len == 0;
}

static enum cfg_status open_document(struct builder *b, const yaml_event_t *event)
{
    if (++b->document_count > CFG_LIMIT_DOCUMENTS)
        return over(b, event->start_mark, CFG_LIMIT_DOCUMENTS, "documents in the file");
    b->root = NULL;
    b->anchor_count = 0;
    cfg_map_release(&b->anchors);
    return CFG_OK;
}

static enum cfg_status close_document(struct builder *b)
{
    if (is_nothing(b->root))
        return CFG_OK;
    if (!cfg_arena_grow(b->arena, &b->docs.roots, &b->docs_cap, b->docs.count,
                        sizeof *b->docs.roots))
        return cfg_arena_fail(b->arena, b->err);
    b->docs.roots[b->docs.count++] = &b->root->node;
    return CFG_OK;
}

static enum cfg_status on_event(struct builder *b, yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return open_document(b, event);
    case YAML_DOCUMENT_END_EVENT:
        return close_document(b);
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return open_frame(b, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return close_frame(b);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
        break;
    }
    return CFG_OK;
}

static enum cfg_status run(struct builder *b)
{
    enum cfg_status status = CFG_OK;
    bool ended = false;
    const unsigned char *input =
        (const unsigned char *)(b->source.text.len ? b->source.text.ptr : "");
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, input, b->source.text.len);
    while (status == CFG_OK && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event))
            return parser_failed(b);
        ended = event.type == YAML_STREAM_END_EVENT;
        status = on_event(b, &event);
        yaml_event_delete(&event);
    }
    return status;
}

enum cfg_status cfg_parse_yaml(struct cfg_str text,
                               struct cfg_arena *arena,
                               struct cfg_docs *out,
                               struct cfg_err *err)
{
    struct builder b = {.arena = arena, .err = err};
    bool done = false;
    bool has_parser = false;
    *out = (struct cfg_docs){.count = 0};

    if (cfg_yaml_source_open(text, &b.source, err))
        goto out;
    has_parser = yaml_parser_initialize(&b.parser) != 0;
    if (!has_parser) {
        no_memory(&b);
        goto out;
    }
    if (run(&b))
        goto out;
    *out = b.docs;
    done = true;
out:
    while (b.depth)
        cfg_map_release(&b.frames[--b.depth].index);
    cfg_map_release(&b.anchors);
    if (has_parser)
        yaml_parser_delete(&b.parser);
    cfg_yaml_source_release(&b.source);
    return cfg_err_end(err, done);
}
