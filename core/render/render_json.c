/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a tree. Gives: one line of JSON. Keeps: nothing.
 * It recurses: the depth is bounded by the steps of a key (key_steps.h).
 */
#include "core/render/render_json.h"

#include "core/render/json_writer.h"

void cfg_render_json(const struct cfg_node *root, struct cfg_buf *out)
{
    if (root->kind == CFG_NODE_SCALAR) {
        cfg_json_value(out, root->value);
        return;
    }
    bool map = root->kind == CFG_NODE_MAP;
    cfg_buf_char(out, map ? '{' : '[');
    for (const struct cfg_node *child = root->first; child; child = child->next) {
        if (map) {
            cfg_json_string(out, child->key);
            cfg_buf_char(out, ':');
        }
        cfg_render_json(child, out);
        if (child->next)
            cfg_buf_char(out, ',');
    }
    cfg_buf_char(out, map ? '}' : ']');
}
