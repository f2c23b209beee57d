/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: items. Gives: trees of them, and their text as a key. Keeps: heights.
 */
#include "core/parse/yaml_item.h"

void cfg_yaml_item_add(struct cfg_yaml_item *parent, struct cfg_yaml_item *child)
{
    cfg_node_append(&parent->node, &child->node);
    if (child->height >= parent->height)
        parent->height = (uint16_t)(child->height + 1);
}

void cfg_yaml_item_become(struct cfg_yaml_item *item, const struct cfg_yaml_item *other)
{
    struct cfg_node *next = item->node.next;
    struct cfg_str key = item->node.key;
    item->node = other->node;
    item->node.next = next;
    item->node.key = key;
    item->height = other->height;
}

static void print_children(const struct cfg_node *node, struct cfg_buf *out)
{
    for (struct cfg_node *child = node->first; child && out->failed == CFG_OK;
         child = child->next) {
        const struct cfg_yaml_item *item = cfg_yaml_item_of(child);
        if (child != node->first)
            cfg_buf_str(out, CFG_STR(", "));
        if (node->kind == CFG_NODE_MAP) {
            bool bracketed = item->key_kind != CFG_KIND_STRING;
            cfg_buf_str(out,
                        bracketed ? cfg_str_sub(child->key, 1, child->key.len - 2) : child->key);
            cfg_buf_char(out, '=');
        }
        cfg_yaml_item_print(item, out);
    }
}

void cfg_yaml_item_print(const struct cfg_yaml_item *item, struct cfg_buf *out)
{
    const struct cfg_node *node = &item->node;
    if (node->kind == CFG_NODE_SCALAR) {
        cfg_buf_str(out, node->value.text);
        return;
    }
    if (node->kind == CFG_NODE_LIST && node->count == 0)
        return; /* an empty list is an empty text to the reference */
    cfg_buf_char(out, node->kind == CFG_NODE_MAP ? '{' : '[');
    print_children(node, out);
    cfg_buf_char(out, node->kind == CFG_NODE_MAP ? '}' : ']');
}
