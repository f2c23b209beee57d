/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the overrides of the settings. Gives: the properties of the source "overrides". Keeps: the
 * order that clients of the reference have always seen, a Java hash map's: it shows in .yml and
 * .properties.
 */
#include "server/service/overrides.h"

#include "core/base/utf8.h"

/* "\{" becomes "{" and "\${" becomes "${": how operators send a placeholder to their clients. */
static bool unescape(struct cfg_arena *arena, struct cfg_str text, struct cfg_str *out)
{
    char *copy = cfg_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        struct cfg_str rest = cfg_str_sub(text, i, text.len);
        if (!cfg_str_starts(rest, CFG_STR("\\{")) && !cfg_str_starts(rest, CFG_STR("\\${")))
            copy[len++] = text.ptr[i];
    }
    copy[len] = '\0';
    *out = cfg_str_make(copy, len);
    return true;
}

/* Java's String.hashCode over UTF-16 units, spread as HashMap does. */
static uint32_t java_hash(struct cfg_str text)
{
    uint32_t hash = 0;
    for (size_t at = 0, len; at < text.len; at += len) {
        uint32_t point = 0xfffd;
        len = cfg_utf8_next(text, at, &point);
        if (len == 0)
            len = 1;
        if (point > 0xffff) {
            hash = 31 * hash + (0xd800 + ((point - 0x10000) >> 10));
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        hash = 31 * hash + point;
    }
    return hash ^ hash >> 16;
}

/* Puts the properties in the order in which a Java HashMap made from them would be walked. */
static void order_as_java(struct cfg_props *props)
{
    uint32_t buckets = 1;
    while ((double)buckets < (double)props->count / 0.75 + 1)
        buckets *= 2;
    for (size_t i = 1; i < props->count;
         i++) { /* insertion sort: few, and equal buckets stay in order */
        struct cfg_prop prop = props->items[i];
        uint32_t bucket = java_hash(cfg_prop_key(&prop)) & (buckets - 1);
        size_t at = i;
        for (; at > 0 && (java_hash(cfg_prop_key(&props->items[at - 1])) & (buckets - 1)) > bucket;
             at--)
            props->items[at] = props->items[at - 1];
        props->items[at] = prop;
    }
}

enum cfg_status cfg_overrides_make(const struct cfg_props *from,
                                   struct cfg_arena *arena,
                                   struct cfg_props *out,
                                   struct cfg_err *err)
{
    out->count = 0;
    out->items = cfg_arena_zalloc(arena, from->count + 1, sizeof *out->items);
    if (out->items == NULL)
        return cfg_arena_fail(arena, err);
    for (size_t i = 0; i < from->count; i++) {
        struct cfg_str key;
        struct cfg_value value = {CFG_KIND_STRING, CFG_STR_NONE};
        if (!cfg_arena_dup(arena, cfg_prop_key(&from->items[i]), &key) ||
            !unescape(arena, cfg_prop_value(&from->items[i]).text, &value.text))
            return cfg_arena_fail(arena, err);
        out->items[out->count++] = cfg_prop_make(key, value, 0, 0);
    }
    order_as_java(out);
    return CFG_OK;
}
