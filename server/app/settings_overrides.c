/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the overrides that were given, strongest origin first.
 * Gives: flat properties, their placeholders resolved.
 * Keeps: the reference's order.
 *
 * The order shows in .yml and .properties answers, byte for byte. The reference keeps overrides in a
 * Java HashMap: a table of a power of two places, at least 16 and never more than three quarters full,
 * walked from its first place to its last; keys of one place stand in the order of their arrival.
 */
#include "core/base/utf8.h"
#include "server/app/settings_parts.h"

enum { FIRST_TABLE = 16, REPLACEMENT = 0xFFFD };

struct placed {
    const struct cfg_override *override;
    uint32_t place;
    size_t arrival;
};

/* String.hashCode over UTF-16, spread as HashMap does. */
static uint32_t java_hash(struct cfg_str key)
{
    uint32_t hash = 0;

    for (size_t at = 0; at < key.len;) {
        uint32_t point = REPLACEMENT;
        size_t len = cfg_utf8_next(key, at, &point);

        at += len > 0 ? len : 1;
        if (point >= 0x10000) {
            hash = 31 * hash + (0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        hash = 31 * hash + point;
    }
    return hash ^ (hash >> 16);
}

static int by_place(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;

    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

static uint32_t table_size(size_t count)
{
    uint32_t size = FIRST_TABLE;

    while (count > size / 4 * 3)
        size *= 2;
    return size;
}

/* One property; what has no value here is the client's to resolve. */
static enum cfg_status add_property(struct cfg_loader *loader,
                                    const struct cfg_override *override,
                                    struct cfg_props *out,
                                    struct cfg_err *err)
{
    struct cfg_err cause = CFG_ERR_INIT;
    struct cfg_str text, open;
    enum cfg_status status = cfg_loader_resolve(loader, override->text, &text, &open, &cause);

    if (status == CFG_NO_MEMORY)
        return cfg_err_set(err, status, "%s", cause.message);
    if (status != CFG_OK)
        cfg_note(loader->notes, CFG_NOTE_ERROR, &override->place, "overrides.%.*s: %s",
                 CFG_STR_ARG(override->key), cause.message);
    else
        out->items[out->count++] =
            cfg_prop_make(override->key, (struct cfg_value){CFG_KIND_STRING, text}, 0, 0);
    return CFG_OK;
}

enum cfg_status
cfg_overrides_build(struct cfg_loader *loader, struct cfg_props *out, struct cfg_err *err)
{
    struct cfg_arena *arena = &loader->given->arena;
    const struct cfg_override *override;
    enum cfg_status status = CFG_OK;
    struct placed *placed;
    size_t count = 0, at = 0;
    uint32_t size;

    for (override = loader->given->overrides; override != NULL; override = override->next)
        count++;
    size = table_size(count);
    placed = cfg_arena_zalloc(arena, count + 1, sizeof(*placed));
    out->count = 0;
    out->items = cfg_arena_zalloc(arena, count + 1, sizeof(*out->items));
    if (placed == NULL || out->items == NULL)
        return cfg_arena_fail(arena, err);
    for (override = loader->given->overrides; override != NULL; override = override->next, at++)
        placed[at] = (struct placed){override, java_hash(override->key) & (size - 1), at};
    qsort(placed, count, sizeof(*placed), by_place);
    for (size_t i = 0; i < count && status == CFG_OK; i++)
        status = add_property(loader, placed[i].override, out, err);
    return status;
}
