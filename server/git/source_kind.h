/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_kind: what every kind of source brings along; source.c is the only caller.
 * Keeps: `head` is the first member of each kind's own struct.
 */
#ifndef SERVER_GIT_SOURCE_KIND_H
#define SERVER_GIT_SOURCE_KIND_H

#include "server/git/source.h"

struct cfg_source_ops {
    void (*close)(struct cfg_source *source);
    enum cfg_status (*fetch)(struct cfg_source *source, struct cfg_err *err);
    enum cfg_status (*tips)(struct cfg_source *source, struct cfg_tips **out, struct cfg_err *err);
    enum cfg_status (*commit)(struct cfg_source *source,
                              const struct cfg_tips *tips,
                              struct cfg_str label,
                              char out_commit[41],
                              struct cfg_err *err);
    enum cfg_status (*tree)(struct cfg_source *source,
                            const char *commit,
                            struct cfg_tree *known,
                            struct cfg_tree **out,
                            int64_t *out_wall_ms,
                            struct cfg_err *err);
    enum cfg_status (*read)(struct cfg_source *source,
                            const struct cfg_tree *tree,
                            const struct cfg_tree_entry *entry,
                            size_t max_bytes,
                            struct cfg_buf *out,
                            struct cfg_err *err);
    int (*watch_fd)(const struct cfg_source *source);
    void (*watch_drain)(struct cfg_source *source);
};

struct cfg_source {
    const struct cfg_source_ops *ops;
    enum cfg_source_kind kind;
    struct cfg_str name; /* lives as long as the source */
};

#endif
