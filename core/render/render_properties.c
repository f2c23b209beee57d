/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: merged properties. Gives: lines of them, raw. Keeps: nothing.
 */
#include "core/render/render_properties.h"

void cfg_render_properties(const struct cfg_merged *items, size_t count, struct cfg_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            cfg_buf_char(out, '\n');
        cfg_buf_str(out, items[i].key);
        cfg_buf_str(out, CFG_STR(": "));
        cfg_buf_str(out, items[i].value.text);
    }
}
