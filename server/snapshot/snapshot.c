/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a tree. Gives: its files, parsed on first use. Keeps: one atomic pointer an entry.
 */
#include "server/snapshot/snapshot.h"

#include "core/base/map.h"
#include "core/parse/parse.h"

enum {
    MAX_LINKS = 4096, /* of one tree that are read; more do not exist */
    MAX_LINK_BYTES = 4096,
    MAX_LINK_HOPS = 8,
    MAX_PATH_BYTES = 4096,
    LINK_POOL_BYTES = 32 << 20,
};

struct cfg_snapshot {
    struct cfg_ref ref;
    struct cfg_shelf *shelf;
    struct cfg_store *store;
    struct cfg_tree *tree;
    _Atomic(struct cfg_parsed *) *parsed; /* one an entry; each set once */
    struct cfg_arena pool;                /* the links' targets */
    struct cfg_map links; /* path → struct cfg_str *: the target, a path of this tree */
};

/* Normalises "dir/../x" against the directory of `link`; false when it leaves the tree. */
static bool resolve_target(struct cfg_str link,
                           struct cfg_str target,
                           char out[MAX_PATH_BYTES],
                           size_t *out_len)
{
    size_t slash = cfg_str_rchr(link, '/');
    size_t len = slash == link.len ? 0 : slash;
    struct cfg_str rest = target;
    struct cfg_str piece;
    if (target.len == 0 || target.ptr[0] == '/' || len >= MAX_PATH_BYTES)
        return false;
    memcpy(out, link.ptr, len);
    while (cfg_str_cut(&rest, '/', &piece)) {
        if (piece.len == 0 || cfg_str_eq(piece, CFG_STR(".")))
            continue;
        if (cfg_str_eq(piece, CFG_STR(".."))) {
            if (len == 0)
                return false;
            struct cfg_str so_far = cfg_str_make(out, len);
            size_t cut = cfg_str_rchr(so_far, '/');
            len = cut == len ? 0 : cut;
            continue;
        }
        if (len + 1 + piece.len >= MAX_PATH_BYTES)
            return false;
        if (len)
            out[len++] = '/';
        memcpy(out + len, piece.ptr, piece.len);
        len += piece.len;
    }
    *out_len = len;
    return true;
}

static enum cfg_status
add_link(struct cfg_snapshot *snapshot, const struct cfg_tree_entry *entry, struct cfg_err *err)
{
    char path[MAX_PATH_BYTES];
    size_t len;
    struct cfg_buf text;
    cfg_buf_init(&text, MAX_LINK_BYTES);
    enum cfg_status status =
        cfg_store_read(snapshot->store, snapshot->tree, entry, MAX_LINK_BYTES, &text, err);
    if (status == CFG_TOO_LARGE) { /* no file system has such a link: it leads nowhere */
        cfg_err_clear(err);
        status = CFG_OK;
    } else if (status == CFG_OK && resolve_target(entry->path, cfg_buf_view(&text), path, &len)) {
        struct cfg_str *target = cfg_arena_alloc(&snapshot->pool, sizeof *target);
        if (target == NULL || !cfg_arena_dup(&snapshot->pool, cfg_str_make(path, len), target) ||
            !cfg_map_put(&snapshot->links, entry->path, target))
            status = cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    }
    cfg_buf_release(&text);
    return status;
}

static enum cfg_status read_links(struct cfg_snapshot *snapshot, struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    size_t count = 0;
    for (size_t i = 0; i < snapshot->tree->count && status == CFG_OK && count < MAX_LINKS; i++)
        if (snapshot->tree->entries[i].kind == CFG_ENTRY_LINK) {
            status = add_link(snapshot, &snapshot->tree->entries[i], err);
            count++;
        }
    return status;
}

/* Walks both sorted tables side by side and calls for each path that stands in both. */
static void for_shared_paths(
    const struct cfg_snapshot *older,
    struct cfg_snapshot *snapshot,
    void (*visit)(struct cfg_snapshot *snapshot, size_t at, struct cfg_parsed *old, bool same))
{
    const struct cfg_tree *a = older->tree;
    const struct cfg_tree *b = snapshot->tree;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        int order = cfg_str_cmp(a->entries[i].path, b->entries[j].path);
        if (order == 0) {
            struct cfg_parsed *old = atomic_load_explicit(&older->parsed[i], memory_order_acquire);
            if (old)
                visit(snapshot, j, old,
                      memcmp(a->entries[i].id, b->entries[j].id, CFG_ID_BYTES) == 0);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void lend(struct cfg_snapshot *snapshot, size_t at, struct cfg_parsed *old, bool same)
{
    if (same)
        atomic_store_explicit(&snapshot->parsed[at], cfg_parsed_ref(old), memory_order_release);
}

static void warm(struct cfg_snapshot *snapshot, size_t at, struct cfg_parsed *old, bool same)
{
    struct cfg_err ignored = CFG_ERR_INIT; /* the asker will meet it and be told */
    const struct cfg_file *file;
    const struct cfg_tree_entry *entry = &snapshot->tree->entries[at];
    (void)old;
    if (!same && entry->kind == CFG_ENTRY_FILE &&
        cfg_snapshot_file(snapshot, entry, true, &file, &ignored) != CFG_OK)
        return;
}

void cfg_snapshot_warm(struct cfg_snapshot *snapshot, const struct cfg_snapshot *older)
{
    for_shared_paths(older, snapshot, warm);
}

enum cfg_status cfg_snapshot_new(struct cfg_shelf *shelf,
                                 struct cfg_store *store,
                                 struct cfg_tree *tree,
                                 const struct cfg_snapshot *older,
                                 struct cfg_snapshot **out,
                                 struct cfg_err *err)
{
    bool done = false;
    *out = NULL;
    struct cfg_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_ref_init(&snapshot->ref);
    snapshot->shelf = shelf;
    snapshot->store = store;
    snapshot->tree = tree;
    cfg_arena_init(&snapshot->pool, LINK_POOL_BYTES, 1024);
    cfg_map_init(&snapshot->links);
    snapshot->parsed = calloc(tree->count + 1, sizeof *snapshot->parsed);
    if (snapshot->parsed == NULL) {
        cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
        goto out;
    }
    if (read_links(snapshot, err) != CFG_OK)
        goto out;
    if (older)
        for_shared_paths(older, snapshot, lend);
    *out = snapshot;
    snapshot = NULL;
    done = true;
out:
    if (snapshot) {
        snapshot->tree = NULL; /* the caller keeps it */
        cfg_snapshot_unref(snapshot);
    }
    return cfg_err_end(err, done);
}

struct cfg_snapshot *cfg_snapshot_ref(struct cfg_snapshot *snapshot)
{
    cfg_ref_add(&snapshot->ref);
    return snapshot;
}

void cfg_snapshot_unref(struct cfg_snapshot *snapshot)
{
    if (snapshot == NULL || !cfg_ref_drop(&snapshot->ref))
        return;
    for (size_t i = 0; snapshot->tree && snapshot->parsed && i < snapshot->tree->count; i++)
        cfg_parsed_unref(atomic_load_explicit(&snapshot->parsed[i], memory_order_relaxed));
    free(snapshot->parsed);
    cfg_map_release(&snapshot->links);
    cfg_arena_release(&snapshot->pool);
    cfg_tree_unref(snapshot->tree);
    free(snapshot);
}

const struct cfg_tree *cfg_snapshot_tree(const struct cfg_snapshot *snapshot)
{
    return snapshot->tree;
}

/*
 * Replaces the first component run of `path` that is a link by its target, in place; false when no
 * part of it is a link.
 */
static bool follow_once(const struct cfg_snapshot *snapshot, char path[MAX_PATH_BYTES], size_t *len)
{
    for (size_t end = 1; end <= *len; end++) {
        if (end < *len && path[end] != '/')
            continue;
        const struct cfg_str *target = cfg_map_find(&snapshot->links, cfg_str_make(path, end));
        if (target == NULL)
            continue;
        size_t tail = *len - end;
        /* a target of "" is the root: the tail's slash goes with it */
        size_t skip = target->len == 0 && tail > 0 ? 1 : 0;
        if (target->len + tail - skip >= MAX_PATH_BYTES)
            return false;
        memmove(path + target->len, path + end + skip, tail - skip);
        memcpy(path, target->ptr, target->len);
        *len = target->len + tail - skip;
        return true;
    }
    return false;
}

/* The path with every link followed; false when it has none or too many. */
static bool follow(const struct cfg_snapshot *snapshot,
                   struct cfg_str path,
                   char out[MAX_PATH_BYTES],
                   size_t *out_len)
{
    int hops = 0;
    if (snapshot->links.count == 0 || path.len >= MAX_PATH_BYTES)
        return false;
    memcpy(out, path.ptr, path.len);
    *out_len = path.len;
    while (hops <= MAX_LINK_HOPS && follow_once(snapshot, out, out_len))
        hops++;
    return hops > 0 && hops <= MAX_LINK_HOPS;
}

const struct cfg_tree_entry *cfg_snapshot_find(const struct cfg_snapshot *snapshot,
                                               struct cfg_str path)
{
    char real[MAX_PATH_BYTES];
    size_t len;
    const struct cfg_tree_entry *entry = cfg_tree_find(snapshot->tree, path);
    if (entry == NULL || entry->kind == CFG_ENTRY_LINK)
        entry = follow(snapshot, path, real, &len)
                    ? cfg_tree_find(snapshot->tree, cfg_str_make(real, len))
                    : NULL;
    return entry && entry->kind == CFG_ENTRY_FILE ? entry : NULL;
}

static bool has_real_dir(const struct cfg_tree *tree, struct cfg_str dir)
{
    size_t low = 0;
    size_t high = tree->dir_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cfg_str_cmp(tree->dirs[middle], dir);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool cfg_snapshot_has_dir(const struct cfg_snapshot *snapshot, struct cfg_str dir)
{
    char real[MAX_PATH_BYTES];
    size_t len;
    if (has_real_dir(snapshot->tree, dir))
        return true;
    if (dir.len < 2 || !follow(snapshot, cfg_str_sub(dir, 0, dir.len - 1), real, &len) ||
        len + 1 >= MAX_PATH_BYTES)
        return false;
    if (len > 0)
        real[len++] = '/';
    return has_real_dir(snapshot->tree, cfg_str_make(real, len));
}

static struct cfg_parsed *load_parsed(struct cfg_snapshot *snapshot, size_t at)
{
    return atomic_load_explicit(&snapshot->parsed[at], memory_order_acquire);
}

/* Sets the entry's parsed file, or drops ours for the one that came first. */
static struct cfg_parsed *
store_parsed(struct cfg_snapshot *snapshot, size_t at, struct cfg_parsed *parsed)
{
    struct cfg_parsed *first = NULL;
    if (atomic_compare_exchange_strong_explicit(&snapshot->parsed[at], &first, parsed,
                                                memory_order_acq_rel, memory_order_acquire))
        return parsed;
    cfg_parsed_unref(parsed);
    return first;
}

enum cfg_status cfg_snapshot_file(struct cfg_snapshot *snapshot,
                                  const struct cfg_tree_entry *entry,
                                  bool may_read,
                                  const struct cfg_file **out,
                                  struct cfg_err *err)
{
    size_t at = (size_t)(entry - snapshot->tree->entries);
    CFG_ASSERT(at < snapshot->tree->count);
    struct cfg_parsed *parsed = load_parsed(snapshot, at);
    *out = NULL;
    if (parsed == NULL) {
        parsed = cfg_shelf_find(snapshot->shelf, entry);
        if (parsed == NULL && !may_read)
            return CFG_OK;
        if (parsed == NULL) {
            enum cfg_status status = cfg_shelf_parse(snapshot->shelf, snapshot->store,
                                                     snapshot->tree, entry, &parsed, err);
            if (status != CFG_OK) {
                cfg_err_place(err, entry->path, 0, 0);
                return status;
            }
        }
        parsed = store_parsed(snapshot, at, parsed);
    }
    if (parsed->err.status != CFG_OK) {
        if (err->status == CFG_OK)
            *err = parsed->err;
        cfg_err_place(err, entry->path, 0, 0);
        return err->status;
    }
    *out = &parsed->file;
    return CFG_OK;
}

enum cfg_status cfg_snapshot_read(struct cfg_snapshot *snapshot,
                                  const struct cfg_tree_entry *entry,
                                  size_t max_bytes,
                                  struct cfg_buf *out,
                                  struct cfg_err *err)
{
    return cfg_store_read(snapshot->store, snapshot->tree, entry, max_bytes, out, err);
}
