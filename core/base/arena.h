/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: many small pieces that are released together.
 *
 * Keeps: 1. Never more than its ceiling. 2. Deferred releases run newest first, before the memory
 *        goes. 3. Pieces are aligned for any type and not zeroed unless asked.
 * With CFG_ARENA_DEBUG every piece is its own malloc, so that sanitizers see each overrun.
 */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include "core/base/err.h"
#include "core/base/str.h"

struct cfg_arena_block;
struct cfg_arena_defer;

struct cfg_arena {
    struct cfg_arena_block *block; /* newest first */
    struct cfg_arena_defer *defer; /* newest first */
    char *next;                    /* free room in the newest block */
    size_t room;
    size_t used_bytes; /* given out and their blocks' rest */
    size_t max_bytes;
    size_t block_bytes; /* size of the next ordinary block */
    bool full;          /* a piece was refused at the ceiling */
};

/* `max_bytes` is the ceiling; `first_bytes` the size of the first block, 0 for a usual one. */
void cfg_arena_init(struct cfg_arena *arena, size_t max_bytes, size_t first_bytes);
void cfg_arena_release(struct cfg_arena *arena); /* accepts a zeroed arena; ready for init again */

/*
 * Owns: the arena owns the piece. Fails: NULL when memory or the ceiling is exhausted.
 * Threads: the owner of the arena only.
 */
void *cfg_arena_alloc(struct cfg_arena *arena, size_t size) CFG_CHECK;
void *cfg_arena_zalloc(struct cfg_arena *arena, size_t count, size_t size) CFG_CHECK;

/* A NUL-terminated copy (the terminator is not counted). False as above. */
bool cfg_arena_dup(struct cfg_arena *arena, struct cfg_str s, struct cfg_str *out) CFG_CHECK;
bool cfg_arena_printf(struct cfg_arena *arena, struct cfg_str *out, const char *format, ...)
    CFG_PRINTF(3, 4) CFG_CHECK;

/*
 * Makes room for one more element: when `*count` has reached `*cap`, `*items` moves to an array of
 * twice the size. Gives false as above. Use: cfg_arena_grow(a, &items, &cap, count, sizeof *items).
 */
bool cfg_arena_grow(
    struct cfg_arena *arena, void *items, size_t *cap, size_t count, size_t size) CFG_CHECK;

/* Runs `release(object)` when the arena is released. False: not recorded, release it yourself. */
bool cfg_arena_defer(struct cfg_arena *arena,
                     void (*release)(void *object),
                     void *object) CFG_CHECK;

/* What an exhausted arena means to the asker: too_large at the ceiling, else no_memory. */
enum cfg_status cfg_arena_fail(const struct cfg_arena *arena, struct cfg_err *err);

#endif
