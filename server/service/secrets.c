/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: properties. Gives: the same without any cipher text. Keeps: the wire's marks for what could
 * not be decrypted (CipherEnvironmentEncryptor): "invalid.KEY": "<n/a>", behind everything else.
 */
#include "server/service/secrets.h"

static const struct cfg_str mark = {"{cipher}", 8};

static bool is_cipher(const struct cfg_prop *prop)
{
    struct cfg_value value = cfg_prop_value(prop);
    return value.kind == CFG_KIND_STRING && cfg_str_starts(value.text, mark);
}

enum cfg_status cfg_secrets_open(const struct cfg_service_options *options,
                                 const struct cfg_props *props,
                                 struct cfg_arena *arena,
                                 struct cfg_props *out,
                                 size_t *out_plain_from,
                                 struct cfg_err *err)
{
    struct cfg_prop *items = cfg_arena_zalloc(arena, props->count + 1, sizeof *items);
    size_t count = 0;
    *out_plain_from = SIZE_MAX;
    if (items == NULL)
        return cfg_arena_fail(arena, err);
    for (size_t i = 0; i < props->count; i++)
        if (!is_cipher(&props->items[i]))
            items[count++] = props->items[i];
    if (count < props->count)
        *out_plain_from = count;
    for (size_t i = 0; i < props->count; i++) {
        struct cfg_str key = cfg_prop_key(&props->items[i]);
        struct cfg_value value = {CFG_KIND_STRING, CFG_STR("<n/a>")};
        if (!is_cipher(&props->items[i]))
            continue;
        if (!options->prefix_invalid_properties) {
            struct cfg_str text = cfg_prop_value(&props->items[i]).text;
            value.text = cfg_str_sub(text, mark.len, text.len);
        } else if (!cfg_arena_printf(arena, &key, "invalid.%.*s", CFG_STR_ARG(key))) {
            return cfg_arena_fail(arena, err);
        }
        items[count++] =
            cfg_prop_make(key, value, props->items[i].line, cfg_prop_column(&props->items[i]));
    }
    *out = (struct cfg_props){items, count};
    return CFG_OK;
}
