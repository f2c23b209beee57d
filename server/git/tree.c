/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: entries and directories one by one, names of tips in any order.
 * Gives: immutable, counted trees and tips, and the look-ups on them.
 * Keeps: sorted bytewise, each path once.
 */
#include "server/git/tree.h"

#include <stdlib.h>
#include <string.h>

/* What a tree really is: store.h shows its head. */
struct made_tree {
    struct cfg_tree tree;
    char *path_bytes;
    char *dir_bytes;
};

struct made_tips {
    struct cfg_tips tips;
    char *name_bytes;
};

void cfg_id_hex(const unsigned char id[CFG_ID_BYTES], char out[41])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < CFG_ID_BYTES; i++) {
        out[2 * i] = digits[id[i] >> 4];
        out[2 * i + 1] = digits[id[i] & 15];
    }
    out[40] = '\0';
}

bool cfg_id_parse(struct cfg_str hex, unsigned char out[CFG_ID_BYTES])
{
    if (hex.len != 2 * (size_t)CFG_ID_BYTES)
        return false;
    for (size_t i = 0; i < CFG_ID_BYTES; i++) {
        int high = cfg_str_hex_digit(hex.ptr[2 * i]);
        int low = cfg_str_hex_digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* ---- trees ---- */

struct cfg_tree *cfg_tree_ref(struct cfg_tree *tree)
{
    cfg_ref_add(&tree->ref);
    return tree;
}

void cfg_tree_unref(struct cfg_tree *tree)
{
    struct made_tree *made = (struct made_tree *)tree;

    if (!tree || !cfg_ref_drop(&tree->ref))
        return;
    if (tree->free_hidden)
        tree->free_hidden(tree);
    free(tree->entries);
    free(tree->dirs);
    free(made->path_bytes);
    free(made->dir_bytes);
    free(made);
}

const struct cfg_tree_entry *cfg_tree_find(const struct cfg_tree *tree, struct cfg_str path)
{
    size_t low = 0, high = tree->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = cfg_str_cmp(tree->entries[mid].path, path);
        if (order == 0)
            return &tree->entries[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

void cfg_tree_maker_init(struct cfg_tree_maker *maker)
{
    *maker = (struct cfg_tree_maker){0};
    cfg_buf_init(&maker->paths, CFG_TREE_PATH_BYTES);
    cfg_buf_init(&maker->dir_paths, CFG_TREE_PATH_BYTES);
}

void cfg_tree_maker_release(struct cfg_tree_maker *maker)
{
    free(maker->entries);
    free(maker->dirs);
    cfg_buf_release(&maker->paths);
    cfg_buf_release(&maker->dir_paths);
    *maker = (struct cfg_tree_maker){0};
}

/* Room for one more of `size` bytes each in `*items`. */
static enum cfg_status
grow(void *items, size_t *cap, size_t count, size_t size, struct cfg_err *err)
{
    void *old = *(void **)items;
    void *bigger;
    size_t want = *cap ? *cap * 2 : 64;

    if (count < *cap)
        return CFG_OK;
    bigger = realloc(old, want * size);
    if (!bigger)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for %zu entries of a tree", want);
    memcpy(items, &bigger, sizeof bigger); /* the caller's pointer has its own type */
    *cap = want;
    return CFG_OK;
}

static enum cfg_status check_room(const struct cfg_tree_maker *maker, struct cfg_err *err)
{
    if (maker->count + maker->dir_count >= CFG_TREE_ENTRIES)
        return cfg_err_set(err, CFG_TOO_LARGE, "the tree has more than %d files and directories",
                           CFG_TREE_ENTRIES);
    return CFG_OK;
}

enum cfg_status cfg_tree_maker_add(struct cfg_tree_maker *maker,
                                   struct cfg_str prefix,
                                   struct cfg_str name,
                                   const struct cfg_tree_entry *entry,
                                   struct cfg_err *err)
{
    enum cfg_status status = check_room(maker, err);
    struct cfg_tree_entry *added;

    if (status == CFG_OK)
        status = grow(&maker->entries, &maker->cap, maker->count, sizeof *maker->entries, err);
    if (status != CFG_OK)
        return status;
    cfg_buf_str(&maker->paths, prefix);
    cfg_buf_str(&maker->paths, name);
    status = cfg_buf_end(&maker->paths, "all paths of the tree", err);
    if (status != CFG_OK)
        return status;
    added = &maker->entries[maker->count++];
    *added = *entry;
    added->path = cfg_str_make(NULL, prefix.len + name.len); /* the address comes at the end */
    return CFG_OK;
}

enum cfg_status
cfg_tree_maker_dir(struct cfg_tree_maker *maker, struct cfg_str path, struct cfg_err *err)
{
    enum cfg_status status = check_room(maker, err);

    if (status == CFG_OK)
        status = grow(&maker->dirs, &maker->dir_cap, maker->dir_count, sizeof *maker->dirs, err);
    if (status != CFG_OK)
        return status;
    cfg_buf_str(&maker->dir_paths, path);
    status = cfg_buf_end(&maker->dir_paths, "all directories of the tree", err);
    if (status == CFG_OK)
        maker->dirs[maker->dir_count++] = cfg_str_make(NULL, path.len);
    return status;
}

static int entry_order(const void *a, const void *b)
{
    return cfg_str_cmp(((const struct cfg_tree_entry *)a)->path,
                       ((const struct cfg_tree_entry *)b)->path);
}

static int str_order(const void *a, const void *b)
{
    return cfg_str_cmp(*(const struct cfg_str *)a, *(const struct cfg_str *)b);
}

/* Sorts unless it is in order already (the usual case) and drops repeated items. */
static void
make_unique(void *items, size_t *count, size_t size, int (*order)(const void *, const void *))
{
    char *at = items;
    size_t kept = 0, i = 1;

    while (i < *count && order(at + (i - 1) * size, at + i * size) < 0)
        i++;
    if (i >= *count)
        return;
    qsort(items, *count, size, order);
    for (i = 1; i < *count; i++)
        if (order(at + kept * size, at + i * size) != 0 && ++kept != i)
            memcpy(at + kept * size, at + i * size, size);
    *count = kept + 1;
}

enum cfg_status cfg_tree_maker_end(struct cfg_tree_maker *maker,
                                   const unsigned char id[CFG_ID_BYTES],
                                   struct cfg_tree **out,
                                   struct cfg_err *err)
{
    struct made_tree *made = calloc(1, sizeof *made);
    size_t at = 0;

    *out = NULL;
    if (!made)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a tree");
    made->path_bytes = cfg_buf_take(&maker->paths, &at);
    made->dir_bytes = cfg_buf_take(&maker->dir_paths, &at);

    at = 0;
    for (size_t i = 0; i < maker->count; i++) {
        maker->entries[i].path.ptr = made->path_bytes + at;
        at += maker->entries[i].path.len;
    }
    at = 0;
    for (size_t i = 0; i < maker->dir_count; i++) {
        maker->dirs[i].ptr = made->dir_bytes ? made->dir_bytes + at : "";
        at += maker->dirs[i].len;
    }
    make_unique(maker->entries, &maker->count, sizeof *maker->entries, entry_order);
    make_unique(maker->dirs, &maker->dir_count, sizeof *maker->dirs, str_order);

    cfg_ref_init(&made->tree.ref);
    memcpy(made->tree.id, id, CFG_ID_BYTES);
    made->tree.entries = maker->entries;
    made->tree.count = maker->count;
    made->tree.dirs = maker->dirs;
    made->tree.dir_count = maker->dir_count;
    maker->entries = NULL;
    maker->dirs = NULL;
    *out = &made->tree;
    return CFG_OK;
}

/* ---- tips ---- */

struct cfg_tips *cfg_tips_ref(struct cfg_tips *tips)
{
    cfg_ref_add(&tips->ref);
    return tips;
}

void cfg_tips_unref(struct cfg_tips *tips)
{
    struct made_tips *made = (struct made_tips *)tips;

    if (!tips || !cfg_ref_drop(&tips->ref))
        return;
    free(tips->items);
    free(made->name_bytes);
    free(made);
}

static int tip_order(const void *a, const void *b)
{
    return cfg_str_cmp(((const struct cfg_tip *)a)->name, ((const struct cfg_tip *)b)->name);
}

enum cfg_status cfg_tips_new(const struct cfg_tip *items,
                             size_t count,
                             const char *head,
                             struct cfg_tips **out,
                             struct cfg_err *err)
{
    struct made_tips *made = calloc(1, sizeof *made);
    size_t bytes = 0;

    *out = NULL;
    if (!made)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for the tips");
    for (size_t i = 0; i < count; i++)
        bytes += items[i].name.len;
    cfg_ref_init(&made->tips.ref);
    made->name_bytes = malloc(bytes + 1);
    made->tips.items = calloc(count + 1, sizeof *made->tips.items);
    if (!made->name_bytes || !made->tips.items) {
        cfg_tips_unref(&made->tips);
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for %zu tips", count);
    }
    bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct cfg_tip *tip = &made->tips.items[i];
        *tip = items[i];
        tip->name.ptr = made->name_bytes + bytes;
        if (items[i].name.len)
            memcpy(made->name_bytes + bytes, items[i].name.ptr, items[i].name.len);
        bytes += items[i].name.len;
    }
    make_unique(made->tips.items, &count, sizeof *made->tips.items, tip_order);
    made->tips.count = count;
    for (size_t i = 0; i < count; i++)
        made->tips.skipped += made->tips.items[i].skipped;
    snprintf(made->tips.head, sizeof made->tips.head, "%s", head);
    *out = &made->tips;
    return CFG_OK;
}

bool cfg_tips_equal(const struct cfg_tips *a, const struct cfg_tips *b)
{
    if (!a || !b)
        return a == b;
    if (a->count != b->count || strcmp(a->head, b->head) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].commit, b->items[i].commit) != 0 ||
            a->items[i].skipped != b->items[i].skipped ||
            !cfg_str_eq(a->items[i].name, b->items[i].name))
            return false;
    return true;
}

/* Compares `whole` with `prefix` followed by `rest`. */
static int cmp_joined(struct cfg_str whole, struct cfg_str prefix, struct cfg_str rest)
{
    int order = cfg_str_cmp(cfg_str_sub(whole, 0, prefix.len), prefix);

    return order ? order : cfg_str_cmp(cfg_str_sub(whole, prefix.len, whole.len), rest);
}

const struct cfg_tip *
cfg_tips_get(const struct cfg_tips *tips, struct cfg_str prefix, struct cfg_str name)
{
    size_t low = 0, high = tips->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = cmp_joined(tips->items[mid].name, prefix, name);
        if (order == 0)
            return &tips->items[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* The tip that a label names; NULL: none, or HEAD where no branch is called so. */
static const struct cfg_tip *named_tip(const struct cfg_tips *tips, struct cfg_str label)
{
    /* In this order; `cut` is taken off the label and must be there. */
    static const struct {
        struct cfg_str cut, prefix;
    } ways[] = {
        {{"", 0}, {"refs/heads/", 11}},
        {{"", 0}, {"refs/tags/", 10}},
        {{"refs/", 5}, {"refs/", 5}},
        {{"origin/", 7}, {"refs/heads/", 11}},
    };
    const struct cfg_tip *tip = NULL;

    for (size_t i = 0; i < CFG_COUNT(ways) && !tip; i++)
        if (cfg_str_starts(label, ways[i].cut))
            tip =
                cfg_tips_get(tips, ways[i].prefix, cfg_str_sub(label, ways[i].cut.len, label.len));
    return tip;
}

bool cfg_tips_find(const struct cfg_tips *tips, struct cfg_str label, char out_commit[41])
{
    const struct cfg_tip *tip = named_tip(tips, label);

    out_commit[0] = '\0';
    if (tip)
        memcpy(out_commit, tip->commit, 41);
    else if (cfg_str_eq(label, CFG_STR("HEAD")))
        memcpy(out_commit, tips->head, 41);
    return out_commit[0] != '\0';
}

const struct cfg_tip *cfg_tips_skipped(const struct cfg_tips *tips, struct cfg_str label)
{
    const struct cfg_tip *tip = named_tip(tips, label);

    return tip && !tip->commit[0] ? tip : NULL;
}

enum cfg_status cfg_tips_keep(const struct cfg_tips *tips,
                              const struct cfg_tips *known,
                              const char *damaged,
                              struct cfg_tips **out,
                              struct cfg_err *err)
{
    struct cfg_tip *items = calloc(tips->count + 1, sizeof *items);
    const char *head = tips->head;
    size_t skipped = 0;
    enum cfg_status status;

    *out = NULL;
    if (!items)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for %zu tips", tips->count);
    for (size_t i = 0; i < tips->count; i++) {
        const struct cfg_tip *before;
        items[i] = tips->items[i];
        if (damaged[0] && strcmp(items[i].commit, damaged) == 0)
            items[i].skipped = true;
        before =
            items[i].skipped && known ? cfg_tips_get(known, CFG_STR_NONE, items[i].name) : NULL;
        if (before && before->commit[0])
            memcpy(items[i].commit, before->commit, sizeof items[i].commit);
        skipped += items[i].skipped;
    }
    /* a HEAD that lost its commit while refs are damaged names one of them */
    if (known && known->head[0] && skipped && (!head[0] || strcmp(head, damaged) == 0))
        head = known->head;
    status = cfg_tips_new(items, tips->count, head, out, err);
    free(items);
    return status;
}
