/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: patterns of the settings. Gives: texts and yes or no. Keeps: nothing; matching is linear in
 * the text times the stars, without recursion on "*".
 */
#include "server/service/template.h"

#include <stdint.h>

bool cfg_template_expand(struct cfg_arena *arena,
                         struct cfg_str text,
                         const struct cfg_template_values *values,
                         struct cfg_str *out)
{
    const struct {
        struct cfg_str name;
        struct cfg_str value;
    } table[] = {
        {CFG_STR("{application}"), values->application},
        {CFG_STR("{profile}"), values->profile},
        {CFG_STR("{label}"), values->label},
    };
    size_t len = 0;
    char *copy = NULL;
    for (int pass = 0; pass < 2; pass++) { /* first count, then write */
        if (pass == 1 && (copy = cfg_arena_alloc(arena, len + 1)) == NULL)
            return false;
        len = 0;
        for (size_t i = 0; i < text.len;) {
            struct cfg_str rest = cfg_str_sub(text, i, text.len);
            struct cfg_str piece = cfg_str_sub(rest, 0, 1);
            size_t used = 1;
            for (size_t k = 0; k < CFG_COUNT(table); k++)
                if (cfg_str_starts(rest, table[k].name)) {
                    piece = table[k].value;
                    used = table[k].name.len;
                }
            if (copy && piece.len)
                memcpy(copy + len, piece.ptr, piece.len);
            len += piece.len;
            i += used;
        }
    }
    copy[len] = '\0';
    *out = cfg_str_make(copy, len);
    return true;
}

bool cfg_template_tidy(struct cfg_arena *arena, struct cfg_str path, struct cfg_str *out)
{
    char *copy = cfg_arena_alloc(arena, path.len + 1);
    struct cfg_str rest = path.len ? path : CFG_STR_NONE;
    struct cfg_str piece;
    size_t len = 0;
    if (copy == NULL)
        return false;
    while (cfg_str_cut(&rest, '/', &piece)) {
        if (piece.len == 0 || cfg_str_eq(piece, CFG_STR(".")))
            continue;
        if (len)
            copy[len++] = '/';
        memcpy(copy + len, piece.ptr, piece.len);
        len += piece.len;
    }
    copy[len] = '\0';
    *out = cfg_str_make(copy, len);
    return true;
}

bool cfg_template_safe_in_uri(struct cfg_str value)
{
    bool dots_only = true;
    for (size_t i = 0; i < value.len; i++) {
        dots_only = dots_only && value.ptr[i] == '.';
        if (strchr("/\\?%", value.ptr[i]) || (unsigned char)value.ptr[i] < 0x21)
            return false;
    }
    return value.len > 0 && !dots_only;
}

/* Greedy matching with one point of return; `within_segment` keeps "*" and "?" off slashes. */
static bool glob(struct cfg_str pattern, struct cfg_str text, bool within_segment)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.len &&
                   (pattern.ptr[p] == text.ptr[t] || (within_segment && pattern.ptr[p] == '?'))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

bool cfg_template_simple_match(struct cfg_str pattern, struct cfg_str text)
{
    return glob(pattern, text, false);
}

bool cfg_template_path_match(struct cfg_str pattern, struct cfg_str path)
{
    /* like glob, with segments for characters and ** for the star */
    struct cfg_str p = pattern;
    struct cfg_str t = path;
    struct cfg_str star_pattern = CFG_STR_NONE;
    struct cfg_str star_text = CFG_STR_NONE;
    bool star = false;
    for (;;) {
        struct cfg_str p_rest = p;
        struct cfg_str t_rest = t;
        struct cfg_str p_piece;
        struct cfg_str t_piece;
        bool has_p = cfg_str_cut(&p_rest, '/', &p_piece);
        bool has_t = cfg_str_cut(&t_rest, '/', &t_piece);
        if (has_p && cfg_str_eq(p_piece, CFG_STR("**"))) {
            star = true;
            star_pattern = p = p_rest;
            star_text = t;
        } else if (has_p && has_t && glob(p_piece, t_piece, true)) {
            p = p_rest;
            t = t_rest;
        } else if (!has_p && !has_t) {
            return true;
        } else {
            struct cfg_str skipped;
            if (!star || !cfg_str_cut(&star_text, '/', &skipped))
                return false;
            p = star_pattern;
            t = star_text;
        }
    }
}
