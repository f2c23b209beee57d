/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build: one blob → one parsed file: parse, flatten and render its fragments, once for all labels and
 * all repositories that hold the same bytes under the same kind of name.
 *
 * Keeps: 1. A parsed file is immutable and counted; what failed to parse is kept as its error, so that
 *           it fails once and not at every request.
 *        2. The shelf knows every parsed file that somebody holds, and holds none itself.
 */
#ifndef SERVER_SNAPSHOT_BUILD_H
#define SERVER_SNAPSHOT_BUILD_H

#include "core/base/lock.h"
#include "core/base/map.h"
#include "core/model/document.h"
#include "server/git/store.h"

struct cfg_shelf {
    struct cfg_lock lock;
    struct cfg_map parsed; /* under lock: id and format → struct cfg_parsed, borrowed */
};

enum { CFG_PARSED_KEY_BYTES = CFG_ID_BYTES + 1 };

struct cfg_parsed {
    struct cfg_ref ref;
    struct cfg_shelf *shelf;
    char key[CFG_PARSED_KEY_BYTES]; /* the blob's id and the format's number */
    struct cfg_arena arena;
    struct cfg_file file; /* in the arena; nothing when it failed */
    struct cfg_err err;   /* status OK unless it failed; without path and commit */
};

void cfg_shelf_init(struct cfg_shelf *shelf);
void cfg_shelf_release(struct cfg_shelf *shelf); /* nothing may be held any more */

/* A new reference when somebody holds that file parsed; NULL otherwise. Threads: any. */
struct cfg_parsed *cfg_shelf_find(struct cfg_shelf *shelf, const struct cfg_tree_entry *entry);

/*
 * Reads and parses. Owns: `*out` is a new reference. A malformed file is a success whose `err` says
 * why. Fails: reading failures (unavailable, not_found …) and no_memory, which are not kept.
 * Threads: any; two that race give the same object.
 */
enum cfg_status cfg_shelf_parse(struct cfg_shelf *shelf,
                                struct cfg_store *store,
                                const struct cfg_tree *tree,
                                const struct cfg_tree_entry *entry,
                                struct cfg_parsed **out,
                                struct cfg_err *err) CFG_CHECK;

struct cfg_parsed *cfg_parsed_ref(struct cfg_parsed *parsed);
void cfg_parsed_unref(struct cfg_parsed *parsed); /* accepts NULL */

#endif
