/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: places and a checked path. Gives: one file's entry, and text in UTF-8. Keeps: the order of
 * the reference, which is the opposite of property sources: the first location and profile win.
 */
#include "server/service/resource.h"

#include "server/service/template.h"

#include <errno.h>
#include <iconv.h>

#include "core/base/utf8.h"

static bool refused(struct cfg_str path)
{
    return path.len == 0 || cfg_str_find(path, CFG_STR("WEB-INF")) < path.len ||
           cfg_str_find(path, CFG_STR("META-INF")) < path.len ||
           cfg_str_find(path, CFG_STR("://")) < path.len;
}

/* "sub/n.txt" for "dev" is "sub/n-dev.txt"; without an extension the profile is appended. */
static bool variant(struct cfg_arena *arena,
                    struct cfg_str location,
                    struct cfg_str path,
                    struct cfg_str profile,
                    struct cfg_str *out)
{
    size_t slash = cfg_str_rchr(path, '/');
    size_t name = slash == path.len ? 0 : slash + 1;
    size_t dot = name + cfg_str_rchr(cfg_str_sub(path, name, path.len), '.');
    bool plain = profile.len == 0 || cfg_str_eq(profile, CFG_STR("default"));
    return cfg_arena_printf(arena, out, "%.*s%.*s%s%.*s%.*s", CFG_STR_ARG(location),
                            CFG_STR_ARG(cfg_str_sub(path, 0, dot)), plain ? "" : "-",
                            CFG_STR_ARG(plain ? CFG_STR_NONE : profile),
                            CFG_STR_ARG(cfg_str_sub(path, dot, path.len)));
}

/* The file of one location; `*out_entry` stays NULL when it has none. */
static enum cfg_status look_in(struct cfg_task *task,
                               const struct cfg_question *question,
                               const struct cfg_place *place,
                               struct cfg_str location,
                               struct cfg_str path,
                               const struct cfg_tree_entry **out_entry,
                               struct cfg_err *err)
{
    for (size_t i = 0; i <= question->profiles.count && *out_entry == NULL; i++) {
        bool bare = i == question->profiles.count;
        struct cfg_str candidate;
        if (!variant(task->arena, location, path, bare ? CFG_STR_NONE : question->profiles.items[i],
                     &candidate))
            return cfg_arena_fail(task->arena, err);
        *out_entry = cfg_snapshot_find(place->commit->snapshot, candidate);
    }
    return CFG_OK;
}

enum cfg_status cfg_resource_find(struct cfg_task *task,
                                  const struct cfg_question *question,
                                  const struct cfg_places *places,
                                  struct cfg_str path,
                                  struct cfg_resource *out,
                                  struct cfg_err *err)
{
    bool reverse = task->desk->service->options->reverse_location_order;
    struct cfg_str tidied;
    *out = (struct cfg_resource){0};
    if (!cfg_template_tidy(task->arena, path, &tidied))
        return cfg_arena_fail(task->arena, err);
    for (size_t i = 0; i < places->count && !refused(tidied) && out->entry == NULL; i++) {
        const struct cfg_place *place = &places->items[i];
        struct cfg_strs locations;
        enum cfg_status status = cfg_places_locations(task, place, question, &locations, err);
        for (size_t k = 0; k < locations.count && status == CFG_OK && out->entry == NULL; k++) {
            struct cfg_str location = locations.items[reverse ? locations.count - 1 - k : k];
            status = look_in(task, question, place, location, tidied, &out->entry, err);
        }
        if (status != CFG_OK)
            return status;
        out->place = place;
    }
    if (out->entry == NULL)
        return cfg_err_set(err, CFG_NOT_FOUND, "No such file: %.*s", CFG_STR_ARG(path));
    out->modified_ms =
        out->entry->modified_ms ? out->entry->modified_ms : out->place->commit->wall_ms;
    return CFG_OK;
}

static const struct cfg_str replacement = {"\xef\xbf\xbd", 3};

static void decode_utf8(struct cfg_str bytes, struct cfg_buf *out)
{
    while (bytes.len > 0) {
        size_t good = cfg_utf8_valid(bytes);
        cfg_buf_append(out, bytes.ptr, good);
        bytes = cfg_str_sub(bytes, good, bytes.len);
        if (bytes.len > 0) {
            cfg_buf_str(out, replacement);
            bytes = cfg_str_sub(bytes, 1, bytes.len);
        }
    }
}

/* One step: what fits a chunk; with `from` NULL what the converter held back. False: malformed there. */
static bool convert(iconv_t converter, char **from, size_t *left, struct cfg_buf *out)
{
    char chunk[4096];
    char *to = chunk;
    size_t room = sizeof chunk;
    bool done = iconv(converter, from, left, &to, &room) != (size_t)-1 || errno == E2BIG;
    cfg_buf_append(out, chunk, sizeof chunk - room);
    return done;
}

static void decode_by_iconv(iconv_t converter, struct cfg_str bytes, struct cfg_buf *out)
{
    char *from = (char *)(uintptr_t)bytes.ptr; /* iconv(3) reads it only */
    size_t left = bytes.len;
    while (left > 0 && out->failed == CFG_OK)
        if (!convert(converter, &from, &left, out) && left > 0) {
            cfg_buf_str(out, replacement);
            from++;
            left--;
        }
    /* some keep the last character back: it might be combined with the next */
    (void)convert(converter, NULL, NULL, out);
}

/* A name as the registry of character sets has them; iconv(3) reads more into slashes. */
static bool is_charset(struct cfg_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && (c == '\0' || strchr("-_.:+", c) == NULL))
            return false;
    }
    return name.len > 0;
}

enum cfg_status cfg_resource_decode(struct cfg_str bytes,
                                    struct cfg_str charset,
                                    struct cfg_buf *out,
                                    struct cfg_err *err)
{
    char name[64];
    iconv_t converter = (iconv_t)-1;
    bool utf8 = !is_charset(charset) || charset.len >= sizeof name ||
                cfg_str_eq_nocase(charset, CFG_STR("utf-8"));
    if (!utf8) {
        memcpy(name, charset.ptr, charset.len);
        name[charset.len] = '\0';
        converter = iconv_open("UTF-8", name);
    }
    if (converter == (iconv_t)-1) {
        decode_utf8(bytes, out);
    } else {
        decode_by_iconv(converter, bytes, out);
        iconv_close(converter);
    }
    return cfg_buf_end(out, "a plain file", err);
}
