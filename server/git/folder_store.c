/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: absolute folders.
 * Gives: the store that scans and watches them.
 * Keeps: one scan at a time: two would read everything twice and mix up the watches.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/lock.h"
#include "server/git/folder_scan.h"
#include "server/git/store_kind.h"

enum { SCAN_WAIT_MS = 60000 };

struct folder_store {
    struct cfg_store head;
    char **roots; /* without a slash at the end */
    int *missing; /* whoever scans */
    size_t count;
    struct cfg_folder_watch watch;
    struct cfg_lock lock;
    struct cfg_cond ended;
    bool scanning; /* under lock */
};

static void close_folders(struct cfg_store *store)
{
    struct folder_store *folders = (struct folder_store *)store;

    cfg_folder_watch_release(&folders->watch);
    for (size_t i = 0; i < folders->count; i++)
        free(folders->roots[i]);
    free(folders->roots);
    free(folders->missing);
    cfg_cond_release(&folders->ended);
    cfg_lock_release(&folders->lock);
    free(folders);
}

static enum cfg_status begin_scan(struct folder_store *folders, struct cfg_err *err)
{
    int64_t deadline_ms = cfg_clock_ms() + SCAN_WAIT_MS;
    bool in_time = true;

    cfg_lock_enter(&folders->lock);
    while (folders->scanning && in_time)
        in_time = cfg_cond_wait(&folders->ended, &folders->lock, deadline_ms);
    in_time = !folders->scanning;
    folders->scanning = true;
    cfg_lock_leave(&folders->lock);
    return in_time ? CFG_OK
                   : cfg_err_set(err, CFG_UNAVAILABLE, "another scan of the folders does not end");
}

static void end_scan(struct folder_store *folders)
{
    cfg_lock_enter(&folders->lock);
    folders->scanning = false;
    cfg_cond_wake(&folders->ended);
    cfg_lock_leave(&folders->lock);
}

static enum cfg_status tree(struct cfg_store *store,
                            const char *commit,
                            struct cfg_tree *known,
                            struct cfg_tree **out,
                            int64_t *out_wall_ms,
                            struct cfg_err *err)
{
    struct folder_store *folders = (struct folder_store *)store;
    enum cfg_status status = begin_scan(folders, err);

    (void)commit;
    *out = NULL;
    if (status != CFG_OK)
        return status;
    status = cfg_folder_scan(folders->roots, folders->count, &folders->watch, folders->missing,
                             known, out, out_wall_ms, err);
    end_scan(folders);
    return status;
}

static enum cfg_status read_entry(struct cfg_store *store,
                                  const struct cfg_tree *from,
                                  const struct cfg_tree_entry *entry,
                                  size_t max_bytes,
                                  struct cfg_buf *out,
                                  struct cfg_err *err)
{
    (void)store;
    return cfg_folder_read(from, entry, max_bytes, out, err);
}

static int watch_fd(const struct cfg_store *store)
{
    return ((const struct folder_store *)store)->watch.poll_fd;
}

static void watch_drain(struct cfg_store *store)
{
    cfg_folder_watch_drain(&((struct folder_store *)store)->watch);
}

static const struct cfg_store_ops folder_ops = {.close = close_folders,
                                                .tree = tree,
                                                .read = read_entry,
                                                .watch_fd = watch_fd,
                                                .watch_drain = watch_drain};

static enum cfg_status
copy_roots(struct folder_store *folders, const struct cfg_strs *roots, struct cfg_err *err)
{
    folders->roots = calloc(roots->count + 1, sizeof *folders->roots);
    folders->missing = calloc(roots->count + 1, sizeof *folders->missing);
    if (!folders->roots || !folders->missing)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for folders");
    for (size_t i = 0; i < roots->count; i++) {
        struct cfg_str root = roots->items[i];
        if (!root.len || root.ptr[0] != '/' || memchr(root.ptr, '\0', root.len))
            return cfg_err_set(err, CFG_INVALID, "\"%.*s\" is no absolute folder",
                               CFG_STR_ARG(root));
        while (root.len > 1 && root.ptr[root.len - 1] == '/')
            root.len--;
        folders->missing[i] = -1;
        folders->roots[i] = cfg_str_copy(root);
        if (!folders->roots[i])
            return cfg_err_set(err, CFG_NO_MEMORY, "no memory for folders");
        folders->count = i + 1;
    }
    return CFG_OK;
}

enum cfg_status
cfg_store_open_folders(const struct cfg_strs *roots, struct cfg_store **out, struct cfg_err *err)
{
    struct folder_store *folders = calloc(1, sizeof *folders);
    enum cfg_status status;

    *out = NULL;
    if (!folders)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for folders");
    folders->head.ops = &folder_ops;
    folders->head.kind = CFG_STORE_FOLDERS;
    cfg_lock_init(&folders->lock);
    cfg_cond_init(&folders->ended);
    status = cfg_folder_watch_init(&folders->watch, err);
    if (status == CFG_OK)
        status = copy_roots(folders, roots, err);
    if (status != CFG_OK) {
        close_folders(&folders->head);
        return status;
    }
    folders->head.name = folders->count ? cfg_str_of(folders->roots[0]) : CFG_STR_NONE;
    *out = &folders->head;
    return CFG_OK;
}
