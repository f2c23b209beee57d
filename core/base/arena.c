/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: sizes. Gives: pieces that go together. Keeps: the ceiling.
 */
#include "core/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>

enum { USUAL_BLOCK_BYTES = 8 << 10, LARGEST_BLOCK_BYTES = 1 << 20 };

struct cfg_arena_block {
    struct cfg_arena_block *older;
    max_align_t bytes[]; /* aligned for anything */
};

struct cfg_arena_defer {
    struct cfg_arena_defer *older;
    void (*release)(void *object);
    void *object;
};

void cfg_arena_init(struct cfg_arena *arena, size_t max_bytes, size_t first_bytes)
{
    *arena = (struct cfg_arena){
        .max_bytes = max_bytes,
        .block_bytes = first_bytes ? first_bytes : USUAL_BLOCK_BYTES,
    };
}

void cfg_arena_release(struct cfg_arena *arena)
{
    for (struct cfg_arena_defer *d = arena->defer; d; d = d->older)
        d->release(d->object);
    struct cfg_arena_block *block = arena->block;
    while (block) {
        struct cfg_arena_block *older = block->older;
        free(block);
        block = older;
    }
    cfg_arena_init(arena, arena->max_bytes, 0);
}

/* A block of its own or the next ordinary one; its room is given out from the front. */
static struct cfg_arena_block *add_block(struct cfg_arena *arena, size_t size)
{
    if (size > arena->max_bytes - arena->used_bytes) {
        arena->full = true;
        return NULL;
    }
    struct cfg_arena_block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    arena->used_bytes += size;
    block->older = arena->block;
    arena->block = block;
    return block;
}

#ifdef CFG_ARENA_DEBUG

void *cfg_arena_alloc(struct cfg_arena *arena, size_t size)
{
    struct cfg_arena_block *block = add_block(arena, size);
    return block ? (void *)block->bytes : NULL;
}

#else

static size_t round_up(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

void *cfg_arena_alloc(struct cfg_arena *arena, size_t size)
{
    if (size > arena->max_bytes) { /* also keeps round_up from overflowing */
        arena->full = true;
        return NULL;
    }
    size = round_up(size ? size : 1);
    if (size > arena->room) {
        size_t left = arena->max_bytes - arena->used_bytes;
        if (arena->block_bytes > left) /* the last block before the ceiling is what is left */
            arena->block_bytes = left;
        bool own = size > arena->block_bytes / 2;
        struct cfg_arena_block *block = add_block(arena, own ? size : arena->block_bytes);
        if (block == NULL)
            return NULL;
        /* a large piece does not end the block in use, unless that one is nearly full */
        if (own && arena->room > 0)
            return block->bytes;
        arena->next = (char *)block->bytes;
        arena->room = own ? size : arena->block_bytes;
        if (!own && arena->block_bytes < LARGEST_BLOCK_BYTES)
            arena->block_bytes *= 2;
    }
    void *piece = arena->next;
    arena->next += size;
    arena->room -= size;
    return piece;
}

#endif

void *cfg_arena_zalloc(struct cfg_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *piece = cfg_arena_alloc(arena, count * size);
    return piece ? memset(piece, 0, count * size) : NULL;
}

bool cfg_arena_dup(struct cfg_arena *arena, struct cfg_str s, struct cfg_str *out)
{
    char *copy = s.len < SIZE_MAX ? cfg_arena_alloc(arena, s.len + 1) : NULL;
    if (copy == NULL)
        return false;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    *out = cfg_str_make(copy, s.len);
    return true;
}

bool cfg_arena_printf(struct cfg_arena *arena, struct cfg_str *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : cfg_arena_alloc(arena, (size_t)len + 1);
    if (text == NULL)
        return false;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    *out = cfg_str_make(text, (size_t)len);
    return true;
}

bool cfg_arena_grow(struct cfg_arena *arena, void *items, size_t *cap, size_t count, size_t size)
{
    void *old;
    if (count < *cap)
        return true;
    size_t wanted = *cap ? *cap * 2 : 8;
    if (wanted < *cap || wanted > SIZE_MAX / size)
        return false;
    void *grown = cfg_arena_alloc(arena, wanted * size);
    if (grown == NULL)
        return false;
    /* `items` is the address of a typed pointer: copied as bytes, because void ** would alias it */
    memcpy(&old, items, sizeof old);
    if (count)
        memcpy(grown, old, count * size);
    memcpy(items, &grown, sizeof grown);
    *cap = wanted;
    return true;
}

bool cfg_arena_defer(struct cfg_arena *arena, void (*release)(void *object), void *object)
{
    struct cfg_arena_defer *defer = cfg_arena_alloc(arena, sizeof *defer);
    if (defer == NULL)
        return false;
    *defer = (struct cfg_arena_defer){arena->defer, release, object};
    arena->defer = defer;
    return true;
}

enum cfg_status cfg_arena_fail(const struct cfg_arena *arena, struct cfg_err *err)
{
    if (arena->full)
        return cfg_err_set(err, CFG_TOO_LARGE, "needs over %zu bytes of memory", arena->max_bytes);
    return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
}
