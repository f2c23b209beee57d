/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_read: tips, commits, trees and bytes of the repository at one path.
 *
 * Keeps: 1. A few open handles for the next call (a fresh one has to open every pack again), each used
 *        by one thread at a time. 2. A handle is dropped when the path became another folder (a link
 *        was switched, a mirror replaced) and when it is old, so that descriptors of packs that were
 *        deleted do not pile up.
 * Does not know: where the repository came from.
 */
#ifndef SERVER_GIT_GIT_READ_H
#define SERVER_GIT_GIT_READ_H

#include "server/git/store.h"

struct cfg_git_reader;

/* `path` as for cfg_git_repo_open; nothing is opened yet. Owns: copies it. Fails: no_memory. */
enum cfg_status
cfg_git_reader_new(const char *path, struct cfg_git_reader **out, struct cfg_err *err) CFG_CHECK;
void cfg_git_reader_free(struct cfg_git_reader *reader); /* accepts NULL; no call is under way */

/* These five are what store.h says of git stores. Threads: any. */
enum cfg_status cfg_git_reader_tips(struct cfg_git_reader *reader,
                                    struct cfg_tips **out,
                                    struct cfg_err *err) CFG_CHECK;
enum cfg_status cfg_git_reader_commit(struct cfg_git_reader *reader,
                                      const struct cfg_tips *tips,
                                      struct cfg_str label,
                                      char out_commit[41],
                                      struct cfg_err *err) CFG_CHECK;
enum cfg_status cfg_git_reader_tree(struct cfg_git_reader *reader,
                                    const char *commit,
                                    struct cfg_tree *known,
                                    struct cfg_tree **out,
                                    int64_t *out_wall_ms,
                                    struct cfg_err *err) CFG_CHECK;
enum cfg_status cfg_git_reader_parent(struct cfg_git_reader *reader,
                                      const char *commit,
                                      struct cfg_str path,
                                      char out_parent[41],
                                      unsigned char out_id[CFG_ID_BYTES],
                                      bool *out_found,
                                      struct cfg_err *err) CFG_CHECK;
enum cfg_status cfg_git_reader_read(struct cfg_git_reader *reader,
                                    const struct cfg_tree_entry *entry,
                                    size_t max_bytes,
                                    struct cfg_buf *out,
                                    struct cfg_err *err) CFG_CHECK;

#endif
