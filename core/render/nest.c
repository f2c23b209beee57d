/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: merged properties in order. Gives: their tree. Keeps: one table of all maps' children.
 *
 * The rule, key by key:
 * 1. A key descends by its steps (key_steps.h); a list is padded with nulls up to the index.
 * 2. A scalar that meets a key below it stays, and the rest of that key is written dotted beside it:
 *    a=1, a.b=2 → {"a":1,"a.b":2}.
 * 3. A scalar replaces the scalar or (not as an element of a list) the map in its place.
 * 4. In any other clash of kinds the key of the stronger source stays; of two keys of one source the
 *    later stays. What loses its place goes with everything below it.
 */
#include "core/render/nest.h"

#include "core/base/hash128.h"
#include "core/model/limits.h"
#include "core/render/key_steps.h"

enum { FIRST_PLACES = 256 };

/* A node of the tree while it is being built. */
struct spot {
    struct cfg_node node;   /* first: a spot is handed out as its node */
    struct spot **elements; /* of a list, by index */
    size_t elements_cap;
    uint64_t hash; /* of the parent's life and the key; for a map's child */
    uint32_t
        parent_life; /* that life; a replaced map begins a new one, so old children are not found */
    uint32_t life;
    unsigned rank; /* of the strongest source that put something here */
    bool vacant;   /* padding of a list */
};

struct nest {
    struct cfg_arena *arena;
    struct cfg_err *err;
    struct spot **places; /* open addressing; at most half full */
    size_t cap;           /* a power of two, or 0 */
    size_t used;
    size_t spots;
    uint32_t lives;
    struct cfg_key_steps steps;
};

static uint64_t hash_of(const struct spot *parent, struct cfg_str key)
{
    uint64_t hash = cfg_hash64(key) + parent->life * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

/* The place of that child, or the free place where it belongs. */
static struct spot **
place_of(const struct nest *n, uint64_t hash, uint32_t parent_life, struct cfg_str key)
{
    size_t mask = n->cap - 1, at = hash & mask;

    for (; n->places[at]; at = (at + 1) & mask) {
        const struct spot *spot = n->places[at];
        if (spot->hash == hash && spot->parent_life == parent_life &&
            cfg_str_eq(spot->node.key, key))
            break;
    }
    return &n->places[at];
}

static bool grow_places(struct nest *n)
{
    struct nest grown = *n;

    if (n->used < n->cap / 2)
        return true;
    grown.cap = n->cap ? n->cap * 2 : FIRST_PLACES;
    grown.places = calloc(grown.cap, sizeof *grown.places);
    if (grown.places == NULL)
        return false;
    for (size_t i = 0; i < n->cap; i++) {
        struct spot *spot = n->places[i];
        if (spot)
            *place_of(&grown, spot->hash, spot->parent_life, spot->node.key) = spot;
    }
    free(n->places);
    *n = grown;
    return true;
}

static enum cfg_status new_spot(struct nest *n, struct spot **out)
{
    if (n->spots >= CFG_LIMIT_NEST_NODES)
        return cfg_err_set(n->err, CFG_TOO_LARGE, "the nested answer has over %d nodes",
                           CFG_LIMIT_NEST_NODES);
    *out = cfg_arena_zalloc(n->arena, 1, sizeof **out);
    if (*out == NULL)
        return cfg_arena_fail(n->arena, n->err);
    n->spots++;
    return CFG_OK;
}

/* Empties a spot for a node of that kind; it keeps its place among its parent's children. */
static void become(struct nest *n, struct spot *spot, enum cfg_node_kind kind, unsigned rank)
{
    spot->node.kind = kind;
    spot->node.first = spot->node.last = NULL;
    spot->node.count = 0;
    spot->node.value = (struct cfg_value){0};
    spot->node.line = spot->node.column = 0;
    spot->elements = NULL;
    spot->elements_cap = 0;
    spot->life = ++n->lives;
    spot->rank = rank;
    spot->vacant = false;
}

static struct spot *find_child(const struct nest *n, const struct spot *map, struct cfg_str key)
{
    return n->cap ? *place_of(n, hash_of(map, key), map->life, key) : NULL;
}

/* A vacant child for a key that is not there yet. */
static enum cfg_status
add_child(struct nest *n, struct spot *map, struct cfg_str key, struct spot **out)
{
    enum cfg_status status = new_spot(n, out);

    if (status != CFG_OK)
        return status;
    if (!grow_places(n))
        return cfg_err_set(n->err, CFG_NO_MEMORY, "no memory for the nested answer");
    (*out)->node.key = key;
    (*out)->vacant = true;
    (*out)->parent_life = map->life;
    (*out)->hash = hash_of(map, key);
    *place_of(n, (*out)->hash, map->life, key) = *out;
    n->used++;
    cfg_node_append(&map->node, &(*out)->node);
    return CFG_OK;
}

/* The element at that index; the list grows up to it. */
static enum cfg_status
take_element(struct nest *n, struct spot *list, uint32_t index, struct spot **out)
{
    while (list->node.count <= index) {
        struct spot *spot;
        enum cfg_status status = new_spot(n, &spot);
        if (status != CFG_OK)
            return status;
        if (!cfg_arena_grow(n->arena, &list->elements, &list->elements_cap, list->node.count,
                            sizeof *list->elements))
            return cfg_arena_fail(n->arena, n->err);
        spot->vacant = true; /* and a null, being all zero */
        list->elements[list->node.count] = spot;
        cfg_node_append(&list->node, &spot->node);
    }
    *out = list->elements[index];
    return CFG_OK;
}

/* What the step is to find below it. */
static enum cfg_node_kind kind_wanted(const struct cfg_key_steps *steps, size_t at)
{
    if (at + 1 == steps->count)
        return CFG_NODE_SCALAR;
    return steps->items[at + 1].is_index ? CFG_NODE_LIST : CFG_NODE_MAP;
}

/* Rule 2: the next name begins where this one began ("a", "b" → "a.b"; they touch in the key). */
static void join_names(const struct cfg_key_step *step, struct cfg_key_step *next)
{
    next->name.len += (size_t)(next->name.ptr - step->name.ptr);
    next->name.ptr = step->name.ptr;
}

/* May a node of the wanted kind take the place of `spot`? (rules 3 and 4) */
static bool
may_replace(const struct spot *spot, enum cfg_node_kind want, bool in_list, unsigned rank)
{
    if (spot->vacant || rank >= spot->rank)
        return true;
    return want == CFG_NODE_SCALAR &&
           (spot->node.kind == CFG_NODE_SCALAR || (spot->node.kind == CFG_NODE_MAP && !in_list));
}

/* Puts one property at the end of its steps, or nowhere when it loses a clash. */
static enum cfg_status put(struct nest *n, struct spot *root, const struct cfg_merged *item)
{
    struct cfg_key_steps *steps = &n->steps;
    struct spot *node = root;

    for (size_t i = 0; i < steps->count; i++) {
        const struct cfg_key_step *step = &steps->items[i];
        enum cfg_node_kind want = kind_wanted(steps, i);
        enum cfg_status status = CFG_OK;
        struct spot *child = NULL;
        if (step->is_index)
            status = take_element(n, node, step->index, &child);
        else
            child = find_child(n, node, step->name);
        if (child && !step->is_index && want == CFG_NODE_MAP &&
            child->node.kind == CFG_NODE_SCALAR) {
            join_names(step, &steps->items[i + 1]);
            continue;
        }
        if (status == CFG_OK && child == NULL)
            status = add_child(n, node, step->name, &child);
        if (status != CFG_OK)
            return status;
        if (!child->vacant && child->node.kind == want && want != CFG_NODE_SCALAR)
            child->rank = child->rank > item->rank ? child->rank : item->rank;
        else if (may_replace(child, want, step->is_index, item->rank))
            become(n, child, want, item->rank);
        else
            return CFG_OK;
        node = child;
    }
    node->node.value = item->value;
    node->node.line = item->line;
    node->node.column = item->column;
    return CFG_OK;
}

enum cfg_status cfg_nest(const struct cfg_merged *items,
                         size_t count,
                         struct cfg_arena *arena,
                         struct cfg_node **out,
                         struct cfg_err *err)
{
    struct nest n = {.arena = arena, .err = err};
    struct spot *root;
    enum cfg_status status = new_spot(&n, &root);

    *out = NULL;
    if (status == CFG_OK)
        become(&n, root, CFG_NODE_MAP, 0);
    for (size_t i = 0; i < count && status == CFG_OK; i++) {
        status = cfg_key_split(items[i].key, arena, &n.steps, err);
        if (status == CFG_OK)
            status = put(&n, root, &items[i]);
    }
    if (status == CFG_OK)
        *out = &root->node;
    free(n.places);
    return status;
}
