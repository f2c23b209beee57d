/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder_scan: everything in some folders at one moment, as a tree whose files are in memory.
 *
 * Keeps: 1. Nothing outside a root is read: a link counts when it ends below the same root.
 *        2. A file that was not touched since the scan before is not read again. 3. Equal contents are
 *        held once. 4. Names that begin with ".." (Kubernetes' ..data and its kind) and .git are not
 *        listed, but links through them work.
 */
#ifndef SERVER_GIT_FOLDER_SCAN_H
#define SERVER_GIT_FOLDER_SCAN_H

#include "server/git/folder_watch.h"
#include "server/git/store.h"

enum {
    CFG_FOLDER_FILES = 200000,
    CFG_FOLDER_TOTAL_BYTES = 512 << 20, /* different contents, together */
    CFG_FOLDER_FILE_BYTES = 64 << 20,   /* a larger file is listed, and cannot be read */
    CFG_FOLDER_DEPTH = 64,
};

/*
 * `roots` are absolute, without a slash at the end. `missing` (one a root) keeps the watches above
 * roots that are not there; -1 before the first scan. `known` may be NULL.
 * Gives: `known` again when nothing changed. Fails: too_large, unavailable, no_memory.
 */
enum cfg_status cfg_folder_scan(char *const *roots,
                                size_t count,
                                struct cfg_folder_watch *watch,
                                int *missing,
                                struct cfg_tree *known,
                                struct cfg_tree **out,
                                int64_t *out_wall_ms,
                                struct cfg_err *err) CFG_CHECK;

/* Appends a file of such a tree. Fails: as cfg_store_read. */
enum cfg_status cfg_folder_read(const struct cfg_tree *tree,
                                const struct cfg_tree_entry *entry,
                                size_t max_bytes,
                                struct cfg_buf *out,
                                struct cfg_err *err) CFG_CHECK;

#endif
