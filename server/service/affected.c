/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: two states. Gives: the names that their differences stand for. Keeps: nothing.
 */
#include "server/service/affected.h"

#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/parse/parse.h"

enum { ARENA_BYTES = 1 << 20 };

struct finding {
    struct cfg_affected *found;
    struct cfg_map seen; /* "application/profile" of every pair */
    size_t cap;
    bool failed; /* out of memory */
};

struct cfg_affected *cfg_affected_ref(struct cfg_affected *affected)
{
    cfg_ref_add(&affected->ref);
    return affected;
}

void cfg_affected_unref(struct cfg_affected *affected)
{
    if (affected == NULL || !cfg_ref_drop(&affected->ref))
        return;
    cfg_arena_release(&affected->arena);
    free(affected);
}

/* ---- names ---- */

static void add(struct finding *f, struct cfg_str application, struct cfg_str profile)
{
    struct cfg_affected *found = f->found;
    char text[2 * CFG_AFFECTED_NAME_BYTES + 2];
    struct cfg_str key;
    if (cfg_str_eq(application, CFG_STR("application")))
        application = CFG_STR("*");
    int len =
        snprintf(text, sizeof text, "%.*s/%.*s", CFG_STR_ARG(application), CFG_STR_ARG(profile));
    if (f->failed || cfg_map_find(&f->seen, cfg_str_make(text, (size_t)len)))
        return;
    if (found->pair_count >= CFG_AFFECTED_PAIRS) {
        found->cut = true;
        return;
    }
    f->failed = !cfg_arena_grow(&found->arena, &found->pairs, &f->cap, found->pair_count,
                                sizeof *found->pairs) ||
                !cfg_arena_dup(&found->arena, cfg_str_make(text, (size_t)len), &key) ||
                !cfg_map_put(&f->seen, key, found);
    if (f->failed)
        return;
    found->pairs[found->pair_count++] = (struct cfg_affected_pair){
        key, cfg_str_sub(key, 0, application.len), cfg_str_sub(key, application.len + 1, key.len)};
}

/* "dir/orders-eu-dev.yml" is a file of orders-eu-dev, of orders-eu with dev, of orders with eu-dev. */
static void add_file(struct finding *f, struct cfg_str path)
{
    size_t slash = cfg_str_rchr(path, '/');
    struct cfg_str name = slash < path.len ? cfg_str_sub(path, slash + 1, path.len) : path;
    size_t end;
    f->found->file_count++;
    if (cfg_format_of(path) == NULL)
        return;
    name = cfg_str_sub(name, 0, cfg_str_rchr(name, '.'));
    if (name.len == 0 || name.len > CFG_AFFECTED_NAME_BYTES)
        return;
    end = name.len;
    /* application-dev.yml is everybody's; nobody is called application-dev */
    if (!cfg_str_starts(name, CFG_STR("application-")))
        add(f, name, CFG_STR("*"));
    for (size_t i = 0; i < CFG_AFFECTED_SPLITS; i++) {
        end = cfg_str_rchr(cfg_str_sub(name, 0, end), '-');
        if (end >= name.len || end == 0)
            return;
        struct cfg_str application = cfg_str_sub(name, 0, end);
        struct cfg_str profile = cfg_str_sub(name, end + 1, name.len);
        bool of_all = cfg_str_starts(application, CFG_STR("application-"));
        if (profile.len && !of_all)
            add(f, application, profile);
    }
}

/* ---- trees ---- */

static bool same_entry(const struct cfg_tree_entry *a, const struct cfg_tree_entry *b)
{
    return a->kind == b->kind && memcmp(a->id, b->id, CFG_ID_BYTES) == 0;
}

/* Both are sorted by path: one walk. */
static void compare(struct finding *f, const struct cfg_tree *before, const struct cfg_tree *after)
{
    size_t i = 0, k = 0;
    if (before == after || memcmp(before->id, after->id, CFG_ID_BYTES) == 0)
        return;
    while (i < before->count || k < after->count) {
        const struct cfg_tree_entry *old = i < before->count ? &before->entries[i] : NULL;
        const struct cfg_tree_entry *new = k < after->count ? &after->entries[k] : NULL;
        int order = !old ? 1 : !new ? -1 : cfg_str_cmp(old->path, new->path);
        if (order != 0 || !same_entry(old, new))
            add_file(f, order <= 0 ? old->path : new->path);
        i += order <= 0;
        k += order >= 0;
    }
}

/* ---- views ---- */

/* NULL: the label is not in use. */
static const struct cfg_tree *tree_of(const struct cfg_view *view, struct cfg_str label)
{
    const struct cfg_commit *commit;
    bool here = cfg_view_label(view, label, &commit) == CFG_LABEL_HERE;
    return here ? cfg_snapshot_tree(commit->snapshot) : NULL;
}

static void
compare_tips(struct finding *f, const struct cfg_view *before, const struct cfg_view *after)
{
    const struct cfg_tips *old = before->tips, *new = after->tips;
    for (size_t i = 0, k = 0; i < old->count && k < new->count;) {
        int order = cfg_str_cmp(old->items[i].name, new->items[k].name);
        if (order == 0 && strcmp(old->items[i].commit, new->items[k].commit) != 0) {
            const struct cfg_tree *was = tree_of(before, old->items[i].name);
            const struct cfg_tree *is = tree_of(after, new->items[k].name);
            if (was && is)
                compare(f, was, is);
        }
        i += order <= 0;
        k += order >= 0;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct cfg_affected_pair *x = a, *y = b;
    int order = cfg_str_cmp(x->application, y->application);
    return order ? order : cfg_str_cmp(x->profile, y->profile);
}

static enum cfg_status begin(struct finding *f, struct cfg_err *err)
{
    *f = (struct finding){.found = calloc(1, sizeof *f->found)};
    if (f->found == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_ref_init(&f->found->ref);
    cfg_arena_init(&f->found->arena, ARENA_BYTES, 0);
    f->found->wall_ms = cfg_clock_wall_ms();
    cfg_map_init(&f->seen);
    return CFG_OK;
}

static enum cfg_status end(struct finding *f, struct cfg_affected **out, struct cfg_err *err)
{
    struct cfg_affected *found = f->found;
    cfg_map_release(&f->seen);
    if (found->pair_count)
        qsort(found->pairs, found->pair_count, sizeof *found->pairs, by_name);
    if (!f->failed && found->file_count > 0) {
        *out = found;
        return CFG_OK;
    }
    cfg_affected_unref(found);
    return f->failed ? cfg_err_set(err, CFG_NO_MEMORY, "out of memory") : CFG_OK;
}

enum cfg_status cfg_affected_views(const struct cfg_view *before,
                                   const struct cfg_view *after,
                                   struct cfg_affected **out,
                                   struct cfg_err *err)
{
    struct finding f;
    *out = NULL;
    enum cfg_status status = begin(&f, err);
    if (status != CFG_OK)
        return status;
    if (before->tips && after->tips)
        compare_tips(&f, before, after);
    else if (before->commit_count && after->commit_count) /* folders */
        compare(&f, cfg_snapshot_tree(before->commits[0].snapshot),
                cfg_snapshot_tree(after->commits[0].snapshot));
    return end(&f, out, err);
}

enum cfg_status cfg_affected_trees(const struct cfg_tree *before,
                                   const struct cfg_tree *after,
                                   struct cfg_affected **out,
                                   struct cfg_err *err)
{
    struct finding f;
    *out = NULL;
    enum cfg_status status = begin(&f, err);
    if (status != CFG_OK)
        return status;
    compare(&f, before, after);
    return end(&f, out, err);
}

void cfg_affected_text(const struct cfg_affected *affected, size_t most, struct cfg_buf *out)
{
    for (size_t i = 0; i < affected->pair_count && i < most; i++) {
        if (i)
            cfg_buf_str(out, CFG_STR(", "));
        cfg_buf_str(out, affected->pairs[i].text);
    }
    if (affected->cut || affected->pair_count > most)
        cfg_buf_str(out, CFG_STR(" and more"));
}
