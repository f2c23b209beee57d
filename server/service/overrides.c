/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the overrides of the settings. Gives: the properties of the source "overrides". Keeps: their
 * order, which shows in .yml and .properties.
 */
#include "server/service/overrides.h"

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
    return CFG_OK;
}
