/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder: "key=value" lines, an empty line, then the text to resolve with them, in both forms.
 */
#include <stdint.h>

#include "core/merge/placeholder.h"
#include "core/model/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PROPS = 32 };

static size_t read_props(struct cfg_str *rest, struct cfg_prop *items)
{
    struct cfg_str line;
    size_t count = 0;
    while (count < PROPS && cfg_str_cut(rest, '\n', &line) && line.len > 0) {
        size_t at = cfg_str_chr(line, '=');
        struct cfg_value value = {CFG_KIND_STRING, cfg_str_sub(line, at + 1, line.len)};
        items[count++] = cfg_prop_make(cfg_str_sub(line, 0, at), value, 1, 1);
    }
    return count;
}

static void resolve(struct cfg_str text,
                    enum cfg_placeholder_form form,
                    struct cfg_placeholder_index *index,
                    struct cfg_arena *arena)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str out;
    bool changed;
    enum cfg_status status = cfg_placeholder_resolve(text, form, cfg_placeholder_index_find, index,
                                                     arena, &out, &changed, &err);
    CFG_ASSERT(status == err.status);
    CFG_ASSERT(status == CFG_OK || (!changed && out.len == 0 && err.message[0] != '\0'));
    CFG_ASSERT(status == CFG_OK || status == CFG_INVALID || status == CFG_TOO_LARGE);
    CFG_ASSERT(out.len <= text.len + CFG_LIMIT_VALUE_BYTES);
    CFG_ASSERT(status != CFG_OK || changed != cfg_str_eq(out, text));
    CFG_ASSERT(cfg_str_chr(text, '$') < text.len || (status == CFG_OK && !changed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cfg_prop items[PROPS];
    struct cfg_str text = cfg_str_make((const char *)data, size);
    struct cfg_props props = {items, read_props(&text, items)};
    struct cfg_source source = {.props = &props};
    struct cfg_answer answer = {.sources = &source, .count = 1};
    struct cfg_placeholder_index index;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 64 << 20, 0);
    if (cfg_placeholder_index(&index, &answer, &arena, &err) == CFG_OK) {
        resolve(text, CFG_PLACEHOLDER_VALUE, &index, &arena);
        resolve(text, CFG_PLACEHOLDER_TEXT, &index, &arena);
    }
    cfg_arena_release(&arena);
    return 0;
}
