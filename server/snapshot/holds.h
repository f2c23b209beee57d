/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holds: which questions of a repository are answered from an older commit, because a file that they
 * select is broken at the tip; a memo of what was worked out, so that it is worked out once.
 *
 * Keeps: 1. An entry follows from its tip and question alone (but for what was served before, where
 *           history holds nothing better), so dropping one costs time, never truth. 2. Bounded: the
 *           oldest give way. 3. Entries of tips that are gone go with them.
 * It is asked only where a file is broken: a lock is cheap enough.
 */
#ifndef SERVER_SNAPSHOT_HOLDS_H
#define SERVER_SNAPSHOT_HOLDS_H

#include "core/base/lock.h"
#include "server/snapshot/snapshot.h"

/* One commit at hand. */
struct cfg_commit {
    char id[41];                   /* hex; "" for folders */
    struct cfg_snapshot *snapshot; /* the holder owns a reference */
    int64_t wall_ms;               /* when it was committed; 0: unknown */
    char before[41];               /* what its label stood for until this one came; "": nothing */
};

enum { CFG_HOLDS = 512 };

struct cfg_hold {
    struct cfg_str question; /* whatever tells questions apart */
    struct cfg_str where;    /* "path:line", percent-encoded */
    struct cfg_str reason;   /* for people: the error's line */
    char tip[41];
    struct cfg_commit commit; /* snapshot NULL: nothing better was found */
    int64_t since_wall_ms;
};

struct cfg_holds {
    struct cfg_lock lock;
    struct cfg_hold *items; /* under lock, oldest first; texts are owned */
    size_t count, cap;
};

struct cfg_holds *cfg_holds_new(void) CFG_CHECK; /* NULL: no memory */
void cfg_holds_free(struct cfg_holds *holds);    /* accepts NULL */

/*
 * What is known of a question at a tip. Owns: texts are copied into `arena`, which also keeps the
 * snapshot until it is released. `*out_found` false: nothing yet. Fails: no_memory.
 */
enum cfg_status cfg_holds_find(struct cfg_holds *holds,
                               const char *tip,
                               struct cfg_str question,
                               struct cfg_arena *arena,
                               struct cfg_hold *out,
                               bool *out_found,
                               struct cfg_err *err) CFG_CHECK;

/*
 * Remembers; true when it is new: of several threads that work out the same, one is told so.
 * Owns: texts are copied, the snapshot is counted. Without memory it is not remembered.
 */
bool cfg_holds_put(struct cfg_holds *holds, const struct cfg_hold *hold) CFG_CHECK;

/* Drops what belongs to no tip any more. */
void cfg_holds_prune(struct cfg_holds *holds, const struct cfg_tips *tips);

/* Calls for each, under the lock: `visit` is quick and takes no other lock. */
void cfg_holds_each(struct cfg_holds *holds,
                    void (*visit)(const struct cfg_hold *hold, void *ctx),
                    void *ctx);

#endif
