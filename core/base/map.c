/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: borrowed keys and values. Gives: values by key. Keeps: linear probing with backward-shift
 * removal, so that no tombstones gather.
 */
#include "core/base/map.h"

#include "core/base/hash128.h"

enum { FIRST_PLACES = 16 };

void cfg_map_init(struct cfg_map *map)
{
    *map = (struct cfg_map){0};
}

void cfg_map_release(struct cfg_map *map)
{
    free(map->entries);
    cfg_map_init(map);
}

/* The entry with that key, or the free place where it belongs. Needs a free place to end. */
static struct cfg_map_entry *
place(struct cfg_map_entry *entries, size_t cap, uint64_t hash, struct cfg_str key)
{
    for (size_t i = (size_t)hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
        struct cfg_map_entry *entry = &entries[i];
        if (entry->value == NULL || (entry->hash == hash && cfg_str_eq(entry->key, key)))
            return entry;
    }
}

void *cfg_map_find(const struct cfg_map *map, struct cfg_str key)
{
    return map->count ? place(map->entries, map->cap, cfg_hash64(key), key)->value : NULL;
}

static bool grow(struct cfg_map *map)
{
    size_t cap = map->cap ? map->cap * 2 : FIRST_PLACES;
    struct cfg_map_entry *entries = calloc(cap, sizeof *entries);
    if (entries == NULL)
        return false;
    for (size_t i = 0; i < map->cap; i++) {
        struct cfg_map_entry *old = &map->entries[i];
        if (old->value)
            *place(entries, cap, old->hash, old->key) = *old;
    }
    free(map->entries);
    map->entries = entries;
    map->cap = cap;
    return true;
}

bool cfg_map_put(struct cfg_map *map, struct cfg_str key, void *value)
{
    CFG_ASSERT(value != NULL);
    if (map->count >= map->cap / 4 * 3 && !grow(map))
        return false;
    uint64_t hash = cfg_hash64(key);
    struct cfg_map_entry *entry = place(map->entries, map->cap, hash, key);
    map->count += entry->value == NULL;
    *entry = (struct cfg_map_entry){hash, key, value};
    return true;
}

void *cfg_map_remove(struct cfg_map *map, struct cfg_str key)
{
    if (map->count == 0)
        return NULL;
    struct cfg_map_entry *hole = place(map->entries, map->cap, cfg_hash64(key), key);
    void *taken = hole->value;
    if (taken == NULL)
        return NULL;
    size_t mask = map->cap - 1;
    size_t at = (size_t)(hole - map->entries);
    for (size_t i = (at + 1) & mask; map->entries[i].value; i = (i + 1) & mask) {
        size_t home = (size_t)map->entries[i].hash & mask;
        /* an entry may move back into the hole unless its home lies behind the hole */
        if (((i - home) & mask) >= ((i - at) & mask)) {
            map->entries[at] = map->entries[i];
            at = i;
        }
    }
    map->entries[at] = (struct cfg_map_entry){0};
    map->count--;
    return taken;
}

bool cfg_map_next(const struct cfg_map *map, size_t *at, struct cfg_map_entry *out)
{
    while (*at < map->cap) {
        const struct cfg_map_entry *entry = &map->entries[(*at)++];
        if (entry->value) {
            *out = *entry;
            return true;
        }
    }
    return false;
}
