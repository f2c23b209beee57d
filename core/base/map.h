/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: a hash table from byte strings to pointers (open addressing, kept at most three quarters full).
 * Keeps: keys and values are borrowed; they must live as long as their entry.
 */
#ifndef CORE_BASE_MAP_H
#define CORE_BASE_MAP_H

#include <stdint.h>

#include "core/base/defs.h"
#include "core/base/str.h"

struct cfg_map_entry {
    uint64_t hash;
    struct cfg_str key;
    void *value; /* NULL: the place is free */
};

struct cfg_map {
    struct cfg_map_entry *entries; /* `cap` places, a power of two, or NULL */
    size_t cap;
    size_t count;
};

void cfg_map_init(struct cfg_map *map);
void cfg_map_release(struct cfg_map *map); /* the table only */

void *cfg_map_find(const struct cfg_map *map, struct cfg_str key); /* NULL: none */

/* Sets or replaces; `value` is not NULL. False: out of memory, nothing changed. */
bool cfg_map_put(struct cfg_map *map, struct cfg_str key, void *value) CFG_CHECK;
void *cfg_map_remove(struct cfg_map *map, struct cfg_str key); /* the value taken out, or NULL */

/* Walks in no order: start with *at = 0; false at the end. Do not change the map meanwhile. */
bool cfg_map_next(const struct cfg_map *map, size_t *at, struct cfg_map_entry *out);

#endif
