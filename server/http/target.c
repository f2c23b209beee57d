/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a request target as it came over the wire. Gives: its segments, decoded on demand.
 * Keeps: the library's own decoding out of the way: it turns %2F into a separator and stops at %00.
 */
#include "server/http/target.h"

#include <stdint.h>

#include "core/base/utf8.h"

static bool is_control(int byte)
{
    return byte < 0x20 || byte == 0x7f;
}

static enum cfg_status check_bytes(struct cfg_str raw, struct cfg_err *err)
{
    for (size_t i = 0; i < raw.len; i++) {
        int byte = (unsigned char)raw.ptr[i];
        if (is_control(byte) || byte == ' ')
            return cfg_err_set(err, CFG_INVALID, "The target holds a blank or control character");
        if (byte == '\\' || byte == '#')
            return cfg_err_set(err, CFG_INVALID, "The target holds \"%c\"", byte);
        if (byte != '%')
            continue;
        byte = cfg_str_escape(raw, i);
        if (byte < 0)
            return cfg_err_set(err, CFG_INVALID, "The target holds a \"%%\" that begins no escape");
        if (is_control(byte) || byte == '\\')
            return cfg_err_set(err, CFG_INVALID, "The target holds an escaped control character");
        i += 2;
    }
    return CFG_OK;
}

/* "http://host/a" → "/a"; "http://host" → "/" (RFC 9112: a server accepts the absolute form). */
static bool strip_authority(struct cfg_str *raw)
{
    static const struct cfg_str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < CFG_COUNT(schemes); i++) {
        if (!cfg_str_eq_nocase(cfg_str_sub(*raw, 0, schemes[i].len), schemes[i]))
            continue;
        struct cfg_str rest = cfg_str_sub(*raw, schemes[i].len, raw->len);
        size_t slash = cfg_str_chr(rest, '/');
        size_t question = cfg_str_chr(rest, '?');
        if (slash == 0 || question < slash)
            return false;
        *raw = slash < rest.len ? cfg_str_sub(rest, slash, rest.len) : CFG_STR("/");
        return true;
    }
    return false;
}

static struct cfg_str without_parameters(struct cfg_str segment)
{
    return cfg_str_sub(segment, 0, cfg_str_chr(segment, ';'));
}

/* `path` begins with a slash. */
static void split(struct cfg_target *target, struct cfg_str path)
{
    target->count = 0;
    target->rest = CFG_STR_NONE;
    while (target->count < CFG_TARGET_SEGMENTS) {
        struct cfg_str from = cfg_str_sub(path, 1, path.len);
        size_t end = cfg_str_chr(from, '/');
        target->segments[target->count++] = without_parameters(cfg_str_sub(from, 0, end));
        if (end == from.len)
            return;
        path = cfg_str_sub(from, end, from.len);
    }
    target->rest = cfg_str_sub(path, 1, path.len);
    target->count++;
}

enum cfg_status cfg_target_parse(struct cfg_str raw, struct cfg_target *out, struct cfg_err *err)
{
    *out = (struct cfg_target){.path = cfg_str_sub(raw, 0, cfg_str_chr(raw, '?'))};
    enum cfg_status status = check_bytes(raw, err);
    if (status != CFG_OK)
        return status;
    if (cfg_str_eq(raw, CFG_STR("*"))) {
        out->segments[0] = raw;
        out->count = 1;
        return CFG_OK;
    }
    if (!cfg_str_starts(raw, CFG_STR("/")) && !strip_authority(&raw))
        return cfg_err_set(err, CFG_INVALID, "The target does not begin with a slash");
    size_t question = cfg_str_chr(raw, '?');
    out->path = cfg_str_sub(raw, 0, question);
    if (question < raw.len)
        out->query = cfg_str_sub(raw, question + 1, raw.len);
    split(out, out->path);
    return CFG_OK;
}

bool cfg_target_strip(struct cfg_target *target, struct cfg_str prefix)
{
    if (cfg_str_starts(prefix, CFG_STR("/")))
        prefix = cfg_str_sub(prefix, 1, prefix.len);
    if (prefix.len == 0)
        return true;
    struct cfg_str below = cfg_str_sub(target->path, 1, target->path.len);
    if (!cfg_str_starts(below, prefix))
        return false;
    below = cfg_str_sub(below, prefix.len, below.len);
    if (!cfg_str_starts(below, CFG_STR("/")))
        return false;
    split(target, below);
    return true;
}

/* Decodes into `out`, which has room: the result is never longer than an escape for each slash. */
static size_t decode_into(struct cfg_str raw, bool blanks, char *out, bool *out_slash)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        int byte = c == '%' ? cfg_str_escape(raw, i) : -1;
        if (byte >= 0) {
            c = (char)byte;
            i += 2;
        } else if (blanks && c == '+') {
            c = ' ';
        }
        if (byte == '/' && !blanks) {
            memcpy(out + len, "(_)", 3); /* as long as the escape was */
            len += 3;
            *out_slash = true;
        } else {
            out[len++] = c;
        }
    }
    return len;
}

enum cfg_status cfg_target_decode(struct cfg_arena *arena,
                                  struct cfg_str raw,
                                  struct cfg_str *out,
                                  bool *out_slash,
                                  struct cfg_err *err)
{
    *out = raw;
    *out_slash = false;
    if (cfg_str_chr(raw, '%') < raw.len) {
        char *bytes = cfg_arena_alloc(arena, raw.len);
        if (bytes == NULL)
            return cfg_arena_fail(arena, err);
        *out = cfg_str_make(bytes, decode_into(raw, false, bytes, out_slash));
    }
    if (cfg_utf8_valid(*out) < out->len)
        return cfg_err_set(err, CFG_INVALID, "The path is not UTF-8");
    return CFG_OK;
}

enum cfg_status cfg_target_decode_rest(struct cfg_arena *arena,
                                       struct cfg_str rest,
                                       struct cfg_str *out,
                                       struct cfg_err *err)
{
    *out = CFG_STR_NONE;
    char *path = cfg_arena_alloc(arena, rest.len + 1);
    if (path == NULL)
        return cfg_arena_fail(arena, err);
    size_t len = 0;
    struct cfg_str raw;
    while (cfg_str_cut(&rest, '/', &raw)) {
        struct cfg_str segment;
        bool slash;
        enum cfg_status status =
            cfg_target_decode(arena, without_parameters(raw), &segment, &slash, err);
        if (status != CFG_OK)
            return status;
        if (slash)
            return cfg_err_set(err, CFG_INVALID, "The path holds an escaped slash");
        if (segment.len == 0 || cfg_str_eq(segment, CFG_STR(".")))
            continue;
        if (len)
            path[len++] = '/';
        memcpy(path + len, segment.ptr, segment.len);
        len += segment.len;
    }
    *out = cfg_str_make(path, len);
    return CFG_OK;
}

static bool decode_query(struct cfg_arena *arena, struct cfg_str raw, struct cfg_str *out)
{
    *out = raw;
    if (cfg_str_chr(raw, '%') == raw.len && cfg_str_chr(raw, '+') == raw.len)
        return true;
    char *bytes = cfg_arena_alloc(arena, raw.len);
    if (bytes == NULL)
        return false;
    bool slash;
    *out = cfg_str_make(bytes, decode_into(raw, true, bytes, &slash));
    return true;
}

enum cfg_status cfg_target_query(struct cfg_arena *arena,
                                 struct cfg_str query,
                                 struct cfg_str name,
                                 struct cfg_str *out,
                                 bool *out_found,
                                 struct cfg_err *err)
{
    struct cfg_str pair;
    *out = CFG_STR_NONE;
    *out_found = false;
    while (cfg_str_cut(&query, '&', &pair)) {
        size_t equals = cfg_str_chr(pair, '=');
        struct cfg_str key;
        if (!decode_query(arena, cfg_str_sub(pair, 0, equals), &key))
            return cfg_arena_fail(arena, err);
        if (!cfg_str_eq(key, name))
            continue;
        *out_found = true;
        if (!decode_query(arena, cfg_str_sub(pair, equals + 1, pair.len), out))
            return cfg_arena_fail(arena, err);
        return CFG_OK;
    }
    return CFG_OK;
}
