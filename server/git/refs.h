/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refs: reads and writes the branches and tags of a repository as the files that they are.
 *
 * Keeps: 1. A ref that holds no commit id, or of whose object nothing can be known, is given as a
 *           skipped tip, with what packed-refs says of it where that says anything: it concerns nobody
 *           else, and is no missing ref either, so that nobody is told 404 because a disk failed. 2. Loose files are read before
 *           packed-refs, so that a ref that is being packed is seen in one of them. 3. Writing replaces
 *           packed-refs by one rename: readers see all old tips or all new ones.
 * Does not know: objects; whoever reads hands down how a tag is peeled.
 */
#ifndef SERVER_GIT_REFS_H
#define SERVER_GIT_REFS_H

#include "server/git/store.h"

enum {
    CFG_REFS_COUNT = 200000,
    CFG_REFS_PACKED_BYTES = 64 << 20,
    CFG_REFS_NAME_BYTES = 1024,
};

/*
 * Gives the commit that an object stands for: itself, or what a tag points to. not_found: it is no
 * commit, leave that tip out; corrupt, too_large: skip it.
 */
typedef enum cfg_status (*cfg_refs_peel_fn)(const char object[41],
                                            char out_commit[41],
                                            struct cfg_err *err,
                                            void *ctx);

/*
 * All of refs/heads and refs/tags, and HEAD (which lies in `dir`, the rest in `common_dir`; both end
 * with a slash). Branches and tags with a recorded peeled id are not peeled again.
 * Fails: not_found (no HEAD: no repository), corrupt (HEAD or packed-refs; path names it), too_large,
 * unavailable, no_memory, and whatever else `peel` gives.
 */
enum cfg_status cfg_refs_read(const char *dir,
                              const char *common_dir,
                              cfg_refs_peel_fn peel,
                              void *ctx,
                              struct cfg_tips **out,
                              struct cfg_err *err) CFG_CHECK;

/* One ref as a remote offers it. */
struct cfg_ref_offer {
    struct cfg_str name;
    char object[41];
    char peeled[41]; /* of an annotated tag; else "" */
};

/*
 * Writes packed-refs and HEAD below `dir` (with a slash). `items` are sorted by name; `head` is the
 * branch's full name or a commit id, or empty to leave HEAD alone. `*out_changed` tells whether
 * anything was.
 * Fails: unavailable, denied, no_memory.
 */
enum cfg_status cfg_refs_write(const char *dir,
                               const struct cfg_ref_offer *items,
                               size_t count,
                               struct cfg_str head,
                               bool *out_changed,
                               struct cfg_err *err) CFG_CHECK;

/* Whether cfg_refs_write would change nothing. */
bool cfg_refs_same(const char *dir,
                   const struct cfg_ref_offer *items,
                   size_t count,
                   struct cfg_str head);

#endif
