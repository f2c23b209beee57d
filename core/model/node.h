/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node: the tree of one document, and of a nested answer. Lives in an arena, never freed alone.
 *
 * Keeps: 1. A map's children have unique keys and keep the order of first appearance.
 *        2. A key is the text that flattening uses: a key that was no string in YAML (1, true, null,
 *           1.5, a list) is already written in brackets: "[1]", "[true]", "[null]".
 *        3. An alias is expanded: the tree has no sharing and no cycle.
 */
#ifndef CORE_MODEL_NODE_H
#define CORE_MODEL_NODE_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/model/value.h"

enum cfg_node_kind { CFG_NODE_SCALAR, CFG_NODE_MAP, CFG_NODE_LIST };

struct cfg_node {
    enum cfg_node_kind kind;
    uint32_t line, column;  /* 1-based, of the first character of the value; 0: made by us */
    struct cfg_str key;     /* when the parent is a map */
    struct cfg_value value; /* when a scalar */
    struct cfg_node *first, *last, *next;
    uint32_t count; /* children */
};

/* A zeroed node of that kind; NULL when the arena is exhausted. */
struct cfg_node *cfg_node_new(struct cfg_arena *arena, enum cfg_node_kind kind) CFG_CHECK;
void cfg_node_append(struct cfg_node *parent, struct cfg_node *child);

/* Linear search; for tests and small maps. NULL: none. */
struct cfg_node *cfg_node_find(const struct cfg_node *map, struct cfg_str key);

/* The documents of one file, in file order; documents that are null are not among them. */
struct cfg_docs {
    struct cfg_node **roots;
    size_t count;
};

#endif
