/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: calls on any source.
 * Gives: each to the kind that it is of.
 * Keeps: nothing.
 */
#include "server/git/source.h"

#include "server/git/source_kind.h"

void cfg_source_close(struct cfg_source *source)
{
    if (source)
        source->ops->close(source);
}

enum cfg_source_kind cfg_source_kind_of(const struct cfg_source *source)
{
    return source->kind;
}

struct cfg_str cfg_source_name(const struct cfg_source *source)
{
    return source->name;
}

enum cfg_status cfg_source_fetch(struct cfg_source *source, struct cfg_err *err)
{
    return source->ops->fetch ? source->ops->fetch(source, err) : CFG_OK;
}

enum cfg_status
cfg_source_tips(struct cfg_source *source, struct cfg_tips **out, struct cfg_err *err)
{
    *out = NULL;
    CFG_ASSERT(source->ops->tips != NULL);
    return source->ops->tips(source, out, err);
}

enum cfg_status cfg_source_commit(struct cfg_source *source,
                                  const struct cfg_tips *tips,
                                  struct cfg_str label,
                                  char out_commit[41],
                                  struct cfg_err *err)
{
    CFG_ASSERT(source->ops->commit != NULL);
    return source->ops->commit(source, tips, label, out_commit, err);
}

enum cfg_status cfg_source_tree(struct cfg_source *source,
                                const char *commit,
                                struct cfg_tree *known,
                                struct cfg_tree **out,
                                int64_t *out_wall_ms,
                                struct cfg_err *err)
{
    return source->ops->tree(source, commit, known, out, out_wall_ms, err);
}

enum cfg_status cfg_source_read(struct cfg_source *source,
                                const struct cfg_tree *tree,
                                const struct cfg_tree_entry *entry,
                                size_t max_bytes,
                                struct cfg_buf *out,
                                struct cfg_err *err)
{
    return source->ops->read(source, tree, entry, max_bytes, out, err);
}

int cfg_source_watch_fd(const struct cfg_source *source)
{
    return source->ops->watch_fd ? source->ops->watch_fd(source) : -1;
}

void cfg_source_watch_drain(struct cfg_source *source)
{
    if (source->ops->watch_drain)
        source->ops->watch_drain(source);
}
