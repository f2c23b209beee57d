/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: an arena. Gives: trees in it. Keeps: children in order.
 */
#include "core/model/node.h"

struct cfg_node *cfg_node_new(struct cfg_arena *arena, enum cfg_node_kind kind)
{
    struct cfg_node *node = cfg_arena_zalloc(arena, 1, sizeof *node);
    if (node)
        node->kind = kind;
    return node;
}

void cfg_node_append(struct cfg_node *parent, struct cfg_node *child)
{
    CFG_ASSERT(parent->kind != CFG_NODE_SCALAR && child->next == NULL);
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

struct cfg_node *cfg_node_find(const struct cfg_node *map, struct cfg_str key)
{
    for (struct cfg_node *child = map->first; child; child = child->next)
        if (cfg_str_eq(child->key, key))
            return child;
    return NULL;
}
