/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_item: a node while YAML is being read, with what merging and keys need to know of it.
 *
 * Keeps: every node of a YAML tree is the first member of an item, so one is the other.
 */
#ifndef CORE_PARSE_YAML_ITEM_H
#define CORE_PARSE_YAML_ITEM_H

#include "core/base/buf.h"
#include "core/model/node.h"

enum {
    CFG_ITEM_OWN = 1 << 0,         /* its key is written in this very map, not merged */
    CFG_ITEM_KNOWN = 1 << 1,       /* has a value of its own or of a merged alias … */
    CFG_ITEM_INLINE = 1 << 2,      /* … and one of an inline merge map … */
    CFG_ITEM_INLINE_LAST = 1 << 3, /* … which came later and is the one in force */
    CFG_ITEM_ALIASED = 1 << 4, /* a copy that an alias made: nobody else refers to its children */
    CFG_ITEM_SET = 1 << 5,     /* a list made of a set: real even when it is empty */
};

/* A node with what only the YAML parser knows of it. */
struct cfg_yaml_item {
    struct cfg_node node; /* first: the tree is made of these */
    uint16_t height;      /* levels of maps and lists, itself included; 0: scalar */
    uint8_t flags;
    uint8_t key_kind; /* enum cfg_kind of the key before it became text */
};

static inline struct cfg_yaml_item *cfg_yaml_item_of(struct cfg_node *node)
{
    return (struct cfg_yaml_item *)node;
}

/* Appends a complete child. */
void cfg_yaml_item_add(struct cfg_yaml_item *parent, struct cfg_yaml_item *child);

/* Takes over what another item is, but not where it stands; `other` is not to be used again. */
void cfg_yaml_item_become(struct cfg_yaml_item *item, const struct cfg_yaml_item *other);

/*
 * Writes a map, list or scalar as Java prints it: "{a=1, b=[x, y]}". Limits: recursion is bounded by
 * the item's height; ends when the buffer has failed.
 */
void cfg_yaml_item_print(const struct cfg_yaml_item *item, struct cfg_buf *out);

#endif
