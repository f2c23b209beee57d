/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: what was worked out about broken questions. Gives: it again. Keeps: a short list in order of
 * age, under one lock.
 */
#include "server/snapshot/holds.h"

struct cfg_holds *cfg_holds_new(void)
{
    struct cfg_holds *holds = calloc(1, sizeof *holds);
    if (holds)
        cfg_lock_init(&holds->lock);
    return holds;
}

static void free_text(struct cfg_str text)
{
    free((char *)(uintptr_t)text.ptr);
}

static void release(struct cfg_hold *hold)
{
    free_text(hold->question);
    free_text(hold->where);
    free_text(hold->reason);
    cfg_snapshot_unref(hold->commit.snapshot);
}

void cfg_holds_free(struct cfg_holds *holds)
{
    if (holds == NULL)
        return;
    for (size_t i = 0; i < holds->count; i++)
        release(&holds->items[i]);
    free(holds->items);
    cfg_lock_release(&holds->lock);
    free(holds);
}

static struct cfg_hold *find(struct cfg_holds *holds, const char *tip, struct cfg_str question)
{
    CFG_ASSERT(cfg_lock_mine(&holds->lock));
    for (size_t i = 0; i < holds->count; i++)
        if (strcmp(holds->items[i].tip, tip) == 0 && cfg_str_eq(holds->items[i].question, question))
            return &holds->items[i];
    return NULL;
}

static void unref_snapshot(void *snapshot)
{
    cfg_snapshot_unref(snapshot);
}

enum cfg_status cfg_holds_find(struct cfg_holds *holds,
                               const char *tip,
                               struct cfg_str question,
                               struct cfg_arena *arena,
                               struct cfg_hold *out,
                               bool *out_found,
                               struct cfg_err *err)
{
    bool done = true;
    cfg_lock_enter(&holds->lock);
    struct cfg_hold *hold = find(holds, tip, question);
    *out_found = hold != NULL;
    if (hold) {
        *out = *hold;
        done = cfg_arena_dup(arena, hold->question, &out->question) &&
               cfg_arena_dup(arena, hold->where, &out->where) &&
               cfg_arena_dup(arena, hold->reason, &out->reason);
        if (done && hold->commit.snapshot) {
            cfg_snapshot_ref(hold->commit.snapshot);
            done = cfg_arena_defer(arena, unref_snapshot, hold->commit.snapshot);
            if (!done) /* not the last one: the entry holds another */
                cfg_snapshot_unref(hold->commit.snapshot);
        }
    }
    cfg_lock_leave(&holds->lock);
    return done ? CFG_OK : cfg_arena_fail(arena, err);
}

/* Takes one entry out, to be released without the lock. */
static void take_at(struct cfg_holds *holds, size_t at, struct cfg_hold *out)
{
    *out = holds->items[at];
    holds->count--;
    memmove(&holds->items[at], &holds->items[at + 1], (holds->count - at) * sizeof holds->items[0]);
}

static bool has_room(struct cfg_holds *holds)
{
    if (holds->count < holds->cap)
        return true;
    size_t cap = holds->cap ? holds->cap * 2 : 8;
    struct cfg_hold *grown = realloc(holds->items, cap * sizeof *grown);
    if (grown == NULL)
        return false;
    holds->items = grown;
    holds->cap = cap;
    return true;
}

bool cfg_holds_put(struct cfg_holds *holds, const struct cfg_hold *hold)
{
    struct cfg_hold copy = *hold;
    struct cfg_hold oldest = {.since_wall_ms = 0};
    if (copy.commit.snapshot)
        cfg_snapshot_ref(copy.commit.snapshot);
    copy.question.ptr = cfg_str_copy(hold->question);
    copy.where.ptr = cfg_str_copy(hold->where);
    copy.reason.ptr = cfg_str_copy(hold->reason);
    bool whole = copy.question.ptr && copy.where.ptr && copy.reason.ptr;
    cfg_lock_enter(&holds->lock);
    bool fresh = find(holds, hold->tip, hold->question) == NULL;
    if (whole && fresh) {
        if (holds->count == CFG_HOLDS)
            take_at(holds, 0, &oldest);
        if (has_room(holds)) {
            holds->items[holds->count++] = copy;
            copy = (struct cfg_hold){.since_wall_ms = 0};
        }
    }
    cfg_lock_leave(&holds->lock);
    release(&copy);
    release(&oldest);
    return fresh;
}

static bool is_tip(const struct cfg_tips *tips, const char *commit)
{
    for (size_t i = 0; i < tips->count; i++)
        if (strcmp(tips->items[i].commit, commit) == 0)
            return true;
    return strcmp(tips->head, commit) == 0;
}

void cfg_holds_prune(struct cfg_holds *holds, const struct cfg_tips *tips)
{
    for (bool more = true; more;) {
        struct cfg_hold gone = {.since_wall_ms = 0};
        more = false;
        cfg_lock_enter(&holds->lock);
        for (size_t i = 0; i < holds->count && !more; i++)
            if (!is_tip(tips, holds->items[i].tip)) {
                take_at(holds, i, &gone);
                more = true;
            }
        cfg_lock_leave(&holds->lock);
        release(&gone);
    }
}

void cfg_holds_each(struct cfg_holds *holds,
                    void (*visit)(const struct cfg_hold *hold, void *ctx),
                    void *ctx)
{
    cfg_lock_enter(&holds->lock);
    for (size_t i = 0; i < holds->count; i++)
        visit(&holds->items[i], ctx);
    cfg_lock_leave(&holds->lock);
}
