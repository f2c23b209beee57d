/* SPDX-License-Identifier: Apache-2.0 */
/*
 * props: the flat properties of one document, in document order, each key once.
 *
 * Keeps: 1. Immutable once built. 2. Keys and texts are NUL-terminated too. 3. No value of kind
 *        NULL: flattening made it an empty STRING.
 * The layout is compact (32 bytes a property): a server holds millions of them.
 */
#ifndef CORE_MODEL_PROPS_H
#define CORE_MODEL_PROPS_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/model/value.h"

struct cfg_prop {
    const char *key_ptr;
    const char *text_ptr;
    uint32_t key_len;
    uint32_t text_len;
    uint32_t line;        /* 1-based; 0: unknown */
    uint32_t column_kind; /* column << 4 | kind; columns saturate at 2^28 - 1 */
};

struct cfg_props {
    struct cfg_prop *items;
    size_t count;
};

static inline struct cfg_str cfg_prop_key(const struct cfg_prop *prop)
{
    return cfg_str_make(prop->key_ptr, prop->key_len);
}

static inline struct cfg_value cfg_prop_value(const struct cfg_prop *prop)
{
    return (struct cfg_value){(enum cfg_kind)(prop->column_kind & 15u),
                              cfg_str_make(prop->text_ptr, prop->text_len)};
}

static inline uint32_t cfg_prop_column(const struct cfg_prop *prop)
{
    return prop->column_kind >> 4;
}

/* Key and value are borrowed. */
struct cfg_prop
cfg_prop_make(struct cfg_str key, struct cfg_value value, uint32_t line, uint32_t column);

/* Exact match, linear; NULL: none. */
const struct cfg_prop *cfg_props_find(const struct cfg_props *props, struct cfg_str key);

#endif
