/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: keys, values and places. Gives: compact properties. Keeps: nothing.
 */
#include "core/model/props.h"

struct cfg_prop
cfg_prop_make(struct cfg_str key, struct cfg_value value, uint32_t line, uint32_t column)
{
    const uint32_t most = (1u << 28) - 1;
    CFG_ASSERT(key.len <= UINT32_MAX && value.text.len <= UINT32_MAX);
    return (struct cfg_prop){
        .key_ptr = key.ptr,
        .text_ptr = value.text.ptr,
        .key_len = (uint32_t)key.len,
        .text_len = (uint32_t)value.text.len,
        .line = line,
        .column_kind = (column < most ? column : most) << 4 | (uint32_t)value.kind,
    };
}

const struct cfg_prop *cfg_props_find(const struct cfg_props *props, struct cfg_str key)
{
    for (size_t i = 0; i < props->count; i++)
        if (cfg_str_eq(cfg_prop_key(&props->items[i]), key))
            return &props->items[i];
    return NULL;
}
