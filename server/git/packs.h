/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packs: the packs of one mirror on disk, and which of them are better one.
 * Keeps: every object of a mirror lies in a pack; nothing else is counted or deleted.
 */
#ifndef SERVER_GIT_PACKS_H
#define SERVER_GIT_PACKS_H

#include <stdint.h>

#include "core/base/err.h"

enum { CFG_PACKS_MANY = 50, CFG_PACK_NAME_BYTES = 80 };

struct cfg_pack {
    char name[CFG_PACK_NAME_BYTES]; /* "pack-0123…", without an ending */
    uint64_t bytes;                 /* with its index */
    bool indexed;                   /* else nobody can read it */
};

struct cfg_packs {
    struct cfg_pack *items; /* the smallest first */
    size_t count;
    uint64_t bytes;
};

/* `dir` is the mirror. Fails: unavailable, no_memory; no folder is no packs. */
enum cfg_status
cfg_packs_list(const char *dir, struct cfg_packs *out, struct cfg_err *err) CFG_CHECK;
void cfg_packs_release(struct cfg_packs *packs);

/* Whether there are too many, or much of what they hold may be there twice or no longer needed. */
bool cfg_packs_crowded(const struct cfg_packs *packs);

/*
 * How many of the first ones should become one pack, so that each of the rest is at least twice as
 * large as all before it: then a merge costs little more than what came since the last one. 0: none.
 */
size_t cfg_packs_to_merge(const struct cfg_packs *packs);

/* Deletes one; its index goes first, so that nobody looks for it any more. */
void cfg_packs_delete(const char *dir, const struct cfg_pack *pack);

#endif
