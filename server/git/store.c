/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: calls on any store.
 * Gives: each to the kind that it is of.
 * Keeps: nothing.
 */
#include "server/git/store.h"

#include "server/git/store_kind.h"

enum { SHORTEST_ID = 7, LONGEST_ID = 40 };

void cfg_store_close(struct cfg_store *store)
{
    if (store)
        store->ops->close(store);
}

enum cfg_store_kind cfg_store_kind_of(const struct cfg_store *store)
{
    return store->kind;
}

struct cfg_str cfg_store_name(const struct cfg_store *store)
{
    return store->name;
}

enum cfg_status cfg_store_fetch(struct cfg_store *store, struct cfg_err *err)
{
    return store->ops->fetch ? store->ops->fetch(store, err) : CFG_OK;
}

enum cfg_status cfg_store_tips(struct cfg_store *store, struct cfg_tips **out, struct cfg_err *err)
{
    *out = NULL;
    CFG_ASSERT(store->ops->tips != NULL);
    return store->ops->tips(store, out, err);
}

enum cfg_status cfg_store_commit(struct cfg_store *store,
                                 const struct cfg_tips *tips,
                                 struct cfg_str label,
                                 char out_commit[41],
                                 struct cfg_err *err)
{
    CFG_ASSERT(store->ops->commit != NULL);
    return store->ops->commit(store, tips, label, out_commit, err);
}

enum cfg_status cfg_store_tree(struct cfg_store *store,
                               const char *commit,
                               struct cfg_tree *known,
                               struct cfg_tree **out,
                               int64_t *out_wall_ms,
                               struct cfg_err *err)
{
    return store->ops->tree(store, commit, known, out, out_wall_ms, err);
}

enum cfg_status cfg_store_read(struct cfg_store *store,
                               const struct cfg_tree *tree,
                               const struct cfg_tree_entry *entry,
                               size_t max_bytes,
                               struct cfg_buf *out,
                               struct cfg_err *err)
{
    return store->ops->read(store, tree, entry, max_bytes, out, err);
}

bool cfg_store_may_be_commit(struct cfg_str label)
{
    if (label.len < SHORTEST_ID || label.len > LONGEST_ID)
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (cfg_str_hex_digit(label.ptr[i]) < 0)
            return false;
    return true;
}

enum cfg_status cfg_store_parent(struct cfg_store *store,
                                 const char *commit,
                                 struct cfg_str path,
                                 char out_parent[41],
                                 unsigned char out_id[CFG_ID_BYTES],
                                 bool *out_found,
                                 struct cfg_err *err)
{
    *out_found = false;
    if (store->ops->parent == NULL)
        return cfg_err_set(err, CFG_NOT_FOUND, "plain folders have no history");
    return store->ops->parent(store, commit, path, out_parent, out_id, out_found, err);
}

int cfg_store_watch_fd(const struct cfg_store *store)
{
    return store->ops->watch_fd ? store->ops->watch_fd(store) : -1;
}

void cfg_store_watch_drain(struct cfg_store *store)
{
    if (store->ops->watch_drain)
        store->ops->watch_drain(store);
}
