/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_kind: what every kind of store brings along; store.c is the only caller.
 * Keeps: `head` is the first member of each kind's own struct.
 */
#ifndef SERVER_GIT_STORE_KIND_H
#define SERVER_GIT_STORE_KIND_H

#include "server/git/store.h"

struct cfg_store_ops {
    void (*close)(struct cfg_store *store);
    enum cfg_status (*fetch)(struct cfg_store *store, struct cfg_err *err);
    enum cfg_status (*tips)(struct cfg_store *store, struct cfg_tips **out, struct cfg_err *err);
    enum cfg_status (*commit)(struct cfg_store *store,
                              const struct cfg_tips *tips,
                              struct cfg_str label,
                              char out_commit[41],
                              struct cfg_err *err);
    enum cfg_status (*tree)(struct cfg_store *store,
                            const char *commit,
                            struct cfg_tree *known,
                            struct cfg_tree **out,
                            int64_t *out_wall_ms,
                            struct cfg_err *err);
    enum cfg_status (*parent)(struct cfg_store *store,
                              const char *commit,
                              struct cfg_str path,
                              char out_parent[41],
                              unsigned char out_id[CFG_ID_BYTES],
                              bool *out_found,
                              struct cfg_err *err);
    enum cfg_status (*read)(struct cfg_store *store,
                            const struct cfg_tree *tree,
                            const struct cfg_tree_entry *entry,
                            size_t max_bytes,
                            struct cfg_buf *out,
                            struct cfg_err *err);
    int (*watch_fd)(const struct cfg_store *store);
    void (*watch_drain)(struct cfg_store *store);
};

struct cfg_store {
    const struct cfg_store_ops *ops;
    enum cfg_store_kind kind;
    struct cfg_str name; /* lives as long as the store */
};

#endif
