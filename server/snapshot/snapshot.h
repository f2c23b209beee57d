/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot: one tree of files with its parsed files, shared by all labels that stand for that tree.
 *
 * Keeps: 1. Immutable but for its parsed files, which are filled in on first use, each once, by an
 *           atomic exchange, and stay as long as the snapshot. 2. A link is followed only to a path of
 *           the same tree; any other target does not exist.
 */
#ifndef SERVER_SNAPSHOT_SNAPSHOT_H
#define SERVER_SNAPSHOT_SNAPSHOT_H

#include "server/git/store.h"
#include "server/snapshot/build.h"

struct cfg_snapshot;

/*
 * `older` (may be NULL) lends its parsed files where blobs are the same.
 * Owns: `tree` is adopted on success only; `shelf` and `store` are borrowed and outlive it.
 * Fails: no_memory, corrupt (a link that cannot be read).
 */
enum cfg_status cfg_snapshot_new(struct cfg_shelf *shelf,
                                 struct cfg_store *store,
                                 struct cfg_tree *tree,
                                 const struct cfg_snapshot *older,
                                 struct cfg_snapshot **out,
                                 struct cfg_err *err) CFG_CHECK;

struct cfg_snapshot *cfg_snapshot_ref(struct cfg_snapshot *snapshot);
void cfg_snapshot_unref(struct cfg_snapshot *snapshot); /* accepts NULL */

const struct cfg_tree *cfg_snapshot_tree(const struct cfg_snapshot *snapshot);

/* The file at `path`, links followed; NULL when there is none. */
const struct cfg_tree_entry *cfg_snapshot_find(const struct cfg_snapshot *snapshot,
                                               struct cfg_str path);

/* Whether a directory "sub/dir/" is there, links followed. */
bool cfg_snapshot_has_dir(const struct cfg_snapshot *snapshot, struct cfg_str dir);

/*
 * The parsed file of an entry that find gave; borrowed from the snapshot. With `may_read` false a file
 * that nobody has parsed yet gives NULL and OK.
 * Fails: what reading gives; a malformed file's own error with its path. Threads: any.
 */
enum cfg_status cfg_snapshot_file(struct cfg_snapshot *snapshot,
                                  const struct cfg_tree_entry *entry,
                                  bool may_read,
                                  const struct cfg_file **out,
                                  struct cfg_err *err) CFG_CHECK;

/* Parses what `older` had parsed at the same paths, so that the first questions find it warm. */
void cfg_snapshot_warm(struct cfg_snapshot *snapshot, const struct cfg_snapshot *older);

/* Bytes of a plain file; fails as cfg_store_read. */
enum cfg_status cfg_snapshot_read(struct cfg_snapshot *snapshot,
                                  const struct cfg_tree_entry *entry,
                                  size_t max_bytes,
                                  struct cfg_buf *out,
                                  struct cfg_err *err) CFG_CHECK;

#endif
