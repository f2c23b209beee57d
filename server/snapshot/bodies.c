/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: rendered bytes. Gives: counted bodies, the recently used ones again. Keeps: a table and a
 * list in order of use, under one lock; event loops keep their own copies in front of it.
 */
#include "server/snapshot/bodies.h"

#include "core/base/lock.h"
#include "core/base/map.h"

enum { ENTRY_OVERHEAD_BYTES = 192 }; /* table place, list links, allocator */

struct entry {
    struct entry *newer, *older;
    struct cfg_body *body;
    size_t bytes;
    struct cfg_str key; /* behind the entry, in the same piece of memory */
};

struct cfg_bodies {
    struct cfg_lock lock;
    struct cfg_map entries; /* under lock: key → struct entry */
    struct entry *newest, *oldest;
    size_t bytes;
    size_t max_bytes;
};

/* Copies a text behind `*at` and moves on. */
static struct cfg_str place_text(char **at, struct cfg_str text)
{
    char *copy = *at;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *at += text.len + 1;
    return cfg_str_make(copy, text.len);
}

struct cfg_body *cfg_body_new(struct cfg_str bytes, struct cfg_str version, struct cfg_str held)
{
    /* one piece: the body and its texts */
    struct cfg_body *body = malloc(sizeof *body + bytes.len + version.len + held.len + 3);
    if (body == NULL)
        return NULL;
    char *at = (char *)(body + 1);
    memset(body, 0, sizeof *body);
    cfg_ref_init(&body->ref);
    body->bytes = place_text(&at, bytes);
    body->version = place_text(&at, version);
    body->held = place_text(&at, held);
    return body;
}

struct cfg_body *cfg_body_ref(struct cfg_body *body)
{
    cfg_ref_add(&body->ref);
    return body;
}

void cfg_body_unref(struct cfg_body *body)
{
    if (body && cfg_ref_drop(&body->ref))
        free(body);
}

enum cfg_status cfg_bodies_new(size_t max_bytes, struct cfg_bodies **out, struct cfg_err *err)
{
    struct cfg_bodies *bodies = calloc(1, sizeof *bodies);
    *out = bodies;
    if (bodies == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_lock_init(&bodies->lock);
    cfg_map_init(&bodies->entries);
    bodies->max_bytes = max_bytes;
    return CFG_OK;
}

static void unlink_entry(struct cfg_bodies *bodies, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &bodies->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &bodies->oldest) = entry->newer;
}

static void link_newest(struct cfg_bodies *bodies, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = bodies->newest;
    *(bodies->newest ? &bodies->newest->newer : &bodies->oldest) = entry;
    bodies->newest = entry;
}

/* Takes the entry out and adds it to `*gone`, to be freed without the lock. */
static void take_out(struct cfg_bodies *bodies, struct entry *entry, struct entry **gone)
{
    cfg_map_remove(&bodies->entries, entry->key);
    unlink_entry(bodies, entry);
    bodies->bytes -= entry->bytes;
    entry->older = *gone;
    *gone = entry;
}

static void free_all(struct entry *gone)
{
    while (gone) {
        struct entry *next = gone->older;
        cfg_body_unref(gone->body);
        free(gone);
        gone = next;
    }
}

void cfg_bodies_free(struct cfg_bodies *bodies)
{
    if (bodies == NULL)
        return;
    free_all(bodies->newest);
    cfg_map_release(&bodies->entries);
    cfg_lock_release(&bodies->lock);
    free(bodies);
}

struct cfg_body *cfg_bodies_find(struct cfg_bodies *bodies, struct cfg_str key)
{
    struct cfg_body *body = NULL;
    cfg_lock_enter(&bodies->lock);
    struct entry *entry = cfg_map_find(&bodies->entries, key);
    if (entry) {
        unlink_entry(bodies, entry);
        link_newest(bodies, entry);
        body = cfg_body_ref(entry->body);
    }
    cfg_lock_leave(&bodies->lock);
    return body;
}

void cfg_bodies_put(struct cfg_bodies *bodies, struct cfg_str key, struct cfg_body *body)
{
    struct entry *gone = NULL;
    size_t bytes = ENTRY_OVERHEAD_BYTES + sizeof *body + body->bytes.len + body->version.len +
                   body->held.len + key.len;
    if (bytes > bodies->max_bytes / 4) /* one giant does not push out all others */
        return;
    struct entry *entry = malloc(sizeof *entry + key.len);
    if (entry == NULL)
        return;
    char *copy = (char *)(entry + 1);
    memcpy(copy, key.ptr, key.len);
    entry->key = cfg_str_make(copy, key.len);
    entry->body = cfg_body_ref(body);
    entry->bytes = bytes;
    cfg_lock_enter(&bodies->lock);
    struct entry *same = cfg_map_find(&bodies->entries, key);
    if (same)
        take_out(bodies, same, &gone);
    while (bodies->oldest && bodies->bytes + bytes > bodies->max_bytes)
        take_out(bodies, bodies->oldest, &gone);
    if (cfg_map_put(&bodies->entries, entry->key, entry)) {
        link_newest(bodies, entry);
        bodies->bytes += bytes;
    } else {
        entry->older = gone;
        gone = entry;
    }
    cfg_lock_leave(&bodies->lock);
    free_all(gone);
}

void cfg_bodies_size(struct cfg_bodies *bodies, size_t *out_bytes, size_t *out_count)
{
    cfg_lock_enter(&bodies->lock);
    *out_bytes = bodies->bytes;
    *out_count = bodies->entries.count;
    cfg_lock_leave(&bodies->lock);
}
