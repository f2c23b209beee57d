/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the text of an import and the file that it stands in.
 * Gives: a directory or a file, or that it is neither.
 * Keeps: nothing.
 */
#include "core/merge/place.h"

const struct cfg_str cfg_extensions[CFG_EXTENSION_COUNT] = {
    {".properties", 11},
    {".xml", 4},
    {".yml", 4},
    {".yaml", 5},
};

static bool take_prefix(struct cfg_str *text, struct cfg_str prefix)
{
    if (!cfg_str_starts(*text, prefix))
        return false;
    *text = cfg_str_sub(*text, prefix.len, text->len);
    return true;
}

/* "http:", "file:", "configserver:" …: letters, digits and asterisks up to a colon. */
static bool has_scheme(struct cfg_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == ':')
            return i > 0;
        if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '*')))
            return false;
    }
    return false;
}

/* Patterns would need a listing of directories, control characters never name a file. */
static bool is_strange(struct cfg_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f || text.ptr[i] == '*')
            return true;
    return text.len == 0;
}

/* Appends a segment and a slash, or takes the last one off; false when that leaves the root. */
static bool add_segment(char *path, size_t *len, size_t root_len, struct cfg_str segment)
{
    if (segment.len == 0 || cfg_str_eq(segment, CFG_STR(".")))
        return true;
    if (cfg_str_eq(segment, CFG_STR(".."))) {
        if (*len == root_len)
            return false;
        do
            --*len;
        while (*len > root_len && path[*len - 1] != '/');
        return true;
    }
    memcpy(path + *len, segment.ptr, segment.len);
    *len += segment.len;
    path[(*len)++] = '/';
    return true;
}

/* `text` seen from `directory`; directories keep their final slash. False: it leaves the root. */
static bool
normalise(struct cfg_str directory, struct cfg_str text, char *path, struct cfg_str *out)
{
    struct cfg_str parts[] = {directory, text};
    size_t first = cfg_str_starts(text, CFG_STR("/")) ? 1 : 0;
    size_t root_len = cfg_str_starts(parts[first], CFG_STR("/")) ? 1 : 0;
    size_t len = 0;
    struct cfg_str segment;
    if (root_len)
        path[len++] = '/';
    for (size_t i = first; i < CFG_COUNT(parts); i++)
        while (cfg_str_cut(&parts[i], '/', &segment))
            if (!add_segment(path, &len, root_len, segment))
                return false;
    if (len > root_len && !cfg_str_ends(text, CFG_STR("/")))
        len--;
    *out = cfg_str_make(path, len);
    return true;
}

static struct cfg_str find_extension(struct cfg_str path)
{
    for (size_t i = 0; i < CFG_EXTENSION_COUNT; i++) {
        struct cfg_str known = cfg_extensions[i];
        if (path.len > known.len &&
            cfg_str_eq_nocase(cfg_str_sub(path, path.len - known.len, known.len), known))
            return known;
    }
    return CFG_STR_NONE;
}

/* "dir/file.yml" or "dir/file[.yml]". */
static void split_file(struct cfg_str path, struct cfg_place *out)
{
    struct cfg_str extension = find_extension(path);
    size_t bracket = cfg_str_rchr(path, '[');
    out->kind = CFG_PLACE_FILE;
    out->base = cfg_str_sub(path, 0, path.len - extension.len);
    out->extension = extension;
    if (bracket < path.len && path.ptr[path.len - 1] == ']') {
        struct cfg_str hint = cfg_str_sub(path, bracket + 1, path.len - bracket - 2);
        for (size_t i = 0; i < CFG_EXTENSION_COUNT; i++)
            if (cfg_str_eq_nocase(hint, cfg_extensions[i]))
                extension = cfg_extensions[i];
        out->base = cfg_str_sub(path, 0, bracket);
    }
    if (extension.len == 0)
        out->kind = CFG_PLACE_UNREADABLE;
}

bool cfg_place_parse(struct cfg_str text,
                     struct cfg_str importer,
                     struct cfg_arena *arena,
                     struct cfg_place *out)
{
    struct cfg_str rest = text;
    struct cfg_str path;
    *out = (struct cfg_place){.kind = CFG_PLACE_ELSEWHERE, .text = text};
    out->optional = take_prefix(&rest, CFG_STR("optional:"));
    take_prefix(&rest, CFG_STR("resource:"));
    if (is_strange(rest) || has_scheme(rest))
        return true;
    size_t slash = cfg_str_rchr(importer, '/');
    struct cfg_str directory = cfg_str_sub(importer, 0, slash < importer.len ? slash + 1 : 0);
    char *room = cfg_arena_alloc(arena, directory.len + rest.len + 2);
    if (room == NULL)
        return false;
    if (!normalise(directory, rest, room, &path))
        return true;
    if (cfg_str_ends(rest, CFG_STR("/"))) {
        out->kind = CFG_PLACE_DIRECTORY;
        out->base = path;
    } else {
        split_file(path, out);
    }
    return true;
}

bool cfg_place_is_below(const struct cfg_place *place, struct cfg_str directory)
{
    if (directory.len == 0)
        return !cfg_str_starts(place->base, CFG_STR("/"));
    return cfg_str_starts(place->base, directory);
}
