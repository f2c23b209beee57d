/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the percent-decoded parts of a request. Gives: a checked, split question, or why not.
 * Keeps: the checks of the wire (spring-cloud-config's PathUtils and ProfilesValidator), and the rule
 * that nothing hostile gets past this file: no control character, no backslash, no "..".
 */
#include "core/model/question.h"

#include <stdint.h>

#include "core/base/utf8.h"
#include "core/model/limits.h"

static const struct cfg_str escape = {"(_)", 3};

/* One further percent-decoding, in place; what is no escape stays. */
static size_t decode_again(char *text, size_t len)
{
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        int byte = cfg_str_escape(cfg_str_make(text, len), i);
        text[to++] = byte >= 0 ? (char)byte : text[i];
        if (byte >= 0)
            i += 2;
    }
    return to;
}

/* What no name, label or path may hold; NULL when it is fine. */
static const char *forbidden(struct cfg_str text)
{
    if (cfg_str_find(text, CFG_STR("..")) < text.len)
        return "holds \"..\"";
    if (cfg_str_chr(text, '#') < text.len)
        return "holds \"#\"";
    if (cfg_str_chr(text, '\\') < text.len)
        return "holds a backslash";
    if (cfg_str_starts(text, escape) || cfg_str_starts(text, CFG_STR("/")))
        return "begins with a slash";
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return "holds a control character";
    if (cfg_utf8_valid(text) < text.len)
        return "is not UTF-8";
    return NULL;
}

/* "(_)" becomes a slash; the result is never longer. */
static size_t replace_escape(char *text, size_t len)
{
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        if (cfg_str_starts(cfg_str_make(text + i, len - i), escape)) {
            text[to++] = '/';
            i += 2;
        } else {
            text[to++] = text[i];
        }
    }
    text[to] = '\0';
    return to;
}

enum cfg_status cfg_question_check_path(struct cfg_arena *arena,
                                        const char *what,
                                        struct cfg_str text,
                                        struct cfg_str *out,
                                        struct cfg_err *err)
{
    struct cfg_str copy;
    const char *why = forbidden(text);
    if (!cfg_arena_dup(arena, text, &copy))
        return cfg_arena_fail(arena, err);
    char *bytes = (char *)(uintptr_t)copy.ptr; /* our own copy */
    if (why == NULL && cfg_str_chr(text, '%') < text.len) {
        why = forbidden(cfg_str_make(bytes, decode_again(bytes, copy.len)));
        if (text.len)
            memcpy(bytes, text.ptr, text.len); /* only the check decodes twice */
    }
    if (why)
        return cfg_err_set(err, CFG_INVALID, "Invalid %s: it %s", what, why);
    *out = cfg_str_make(bytes, replace_escape(bytes, text.len));
    return CFG_OK;
}

/* Ranges above ASCII that are neither letters nor digits; the rest counts as letters. */
static const struct {
    uint32_t from, to;
} not_letters[] = {
    {0x80, 0xa9},     {0xab, 0xb4},       {0xb6, 0xb9},        {0xbb, 0xbf},     {0xd7, 0xd7},
    {0xf7, 0xf7},     {0x2000, 0x206f},   {0x20a0, 0x20cf},    {0x2190, 0x2bff}, {0x3000, 0x3004},
    {0x3008, 0x3020}, {0xe000, 0xf8ff},   {0xfe00, 0xfe6f},    {0xff01, 0xff0f}, {0xff1a, 0xff20},
    {0xfff0, 0xffff}, {0x1f000, 0x1faff}, {0xe0000, 0x10ffff},
};

static bool is_letter_or_digit(uint32_t point)
{
    if (point < 0x80)
        return (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z') ||
               (point >= 'A' && point <= 'Z');
    for (size_t i = 0; i < CFG_COUNT(not_letters); i++)
        if (point >= not_letters[i].from && point <= not_letters[i].to)
            return false;
    return true;
}

/* NULL when the profile is within the grammar. */
static const char *bad_profile(struct cfg_str profile)
{
    uint32_t point = 0;
    if (profile.len == 0)
        return "is empty";
    for (size_t at = 0, len; at < profile.len; at += len) {
        len = cfg_utf8_next(profile, at, &point);
        if (len == 0)
            return "is not UTF-8";
        bool letter = is_letter_or_digit(point);
        if (at == 0 && !letter)
            return "does not begin with a letter or digit";
        if (!letter && (point > 0x7f || memchr("-_.+@", (int)point, 5) == NULL))
            return "holds more than letters, digits and - _ . + @";
    }
    if (!is_letter_or_digit(point))
        return "does not end with a letter or digit";
    return forbidden(profile);
}

static bool contains(const struct cfg_strs *list, struct cfg_str item)
{
    for (size_t i = 0; i < list->count; i++)
        if (cfg_str_eq(list->items[i], item))
            return true;
    return false;
}

/* Splits at commas; duplicates count once, empty pieces are left out. `first` is put in front. */
static bool
split(struct cfg_arena *arena, struct cfg_str first, struct cfg_str text, struct cfg_strs *out)
{
    size_t most = 2;
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ',';
    out->items = cfg_arena_zalloc(arena, most, sizeof *out->items);
    out->count = 0;
    if (out->items == NULL)
        return false;
    if (first.len)
        out->items[out->count++] = first;
    struct cfg_str rest = text;
    struct cfg_str piece;
    while (cfg_str_cut(&rest, ',', &piece))
        if (piece.len && !contains(out, piece))
            out->items[out->count++] = piece;
    return true;
}

/* Names and labels are compared with each other: a flood of them is refused before. */
static enum cfg_status check_count(const char *what, struct cfg_str text, struct cfg_err *err)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ',';
    if (count > CFG_LIMIT_PROFILES)
        return cfg_err_set(err, CFG_INVALID, "more than %d %s", CFG_LIMIT_PROFILES, what);
    return CFG_OK;
}

static enum cfg_status check_profiles(struct cfg_str text, struct cfg_err *err)
{
    struct cfg_str rest = text.len ? text : CFG_STR_NONE;
    struct cfg_str piece;
    while (cfg_str_cut(&rest, ',', &piece)) {
        const char *why = bad_profile(piece);
        if (why)
            return cfg_err_set(err, CFG_INVALID, "Invalid profile \"%.*s\": it %s",
                               CFG_STR_ARG(cfg_str_sub(piece, 0, 64)), why);
    }
    return CFG_OK;
}

enum cfg_status cfg_question_parse(struct cfg_arena *arena,
                                   struct cfg_str name,
                                   struct cfg_str profiles,
                                   struct cfg_str label,
                                   bool has_label,
                                   struct cfg_question *out,
                                   struct cfg_err *err)
{
    *out = (struct cfg_question){.has_label = has_label};
    enum cfg_status status =
        cfg_question_check_path(arena, "application name", name, &out->name, err);
    if (status == CFG_OK && cfg_str_chr(name, '*') < name.len)
        status = cfg_err_set(err, CFG_INVALID, "Invalid application name: it holds \"*\"");
    if (status == CFG_OK && has_label)
        status = cfg_question_check_path(arena, "label", label, &out->label, err);
    if (status == CFG_OK)
        status = check_count("applications", name, err);
    if (status == CFG_OK && has_label)
        status = check_count("labels", label, err);
    if (status == CFG_OK)
        status = check_count("profiles", profiles, err);
    if (status == CFG_OK)
        status = check_profiles(profiles, err);
    if (status != CFG_OK)
        return status;
    struct cfg_str application = CFG_STR("application");
    if (!cfg_arena_dup(arena, profiles, &out->profiles_text) ||
        !split(arena, application, out->name, &out->apps) ||
        !split(arena, CFG_STR_NONE, out->profiles_text, &out->profiles) ||
        !split(arena, CFG_STR_NONE, out->label, &out->labels))
        return cfg_arena_fail(arena, err);
    return CFG_OK;
}
