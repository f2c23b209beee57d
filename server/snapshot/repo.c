/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a store. Gives: views of it, one after the other. Keeps: the labels in use.
 */
#include "server/snapshot/repo.h"

#include "core/base/clock.h"

static void free_text(struct cfg_str text)
{
    free((char *)(uintptr_t)text.ptr);
}

static void add_view(void *view)
{
    cfg_view_ref(view);
}

static void drop_view(void *view)
{
    cfg_view_unref(view);
}

struct cfg_view *cfg_view_ref(struct cfg_view *view)
{
    cfg_ref_add(&view->ref);
    return view;
}

void cfg_view_unref(struct cfg_view *view)
{
    if (view == NULL || !cfg_ref_drop(&view->ref))
        return;
    for (size_t i = 0; i < view->commit_count; i++)
        cfg_snapshot_unref(view->commits[i].snapshot);
    for (size_t i = 0; i < view->alias_count; i++)
        free_text(view->aliases[i].label);
    free(view->commits);
    free(view->aliases);
    cfg_tips_unref(view->tips);
    free(view);
}

static const struct cfg_commit *find_commit(const struct cfg_view *view, const char *id)
{
    for (size_t i = 0; i < view->commit_count; i++)
        if (strcmp(view->commits[i].id, id) == 0)
            return &view->commits[i];
    return NULL;
}

static const char *find_alias(const struct cfg_view *view, struct cfg_str label)
{
    for (size_t i = 0; i < view->alias_count; i++)
        if (cfg_str_eq(view->aliases[i].label, label))
            return view->aliases[i].commit;
    return NULL;
}

enum cfg_label_state
cfg_view_label(const struct cfg_view *view, struct cfg_str label, const struct cfg_commit **out)
{
    char id[41] = "";
    *out = NULL;
    if (view->tips && !cfg_tips_find(view->tips, label, id)) {
        const char *alias = find_alias(view, label);
        bool ask = cfg_store_may_be_commit(label) || cfg_tips_skipped(view->tips, label);
        if (alias == NULL)
            return ask ? CFG_LABEL_ASK : CFG_LABEL_UNKNOWN;
        memcpy(id, alias, sizeof id);
    }
    *out = find_commit(view, id);
    return *out ? CFG_LABEL_HERE : CFG_LABEL_ASK;
}

enum cfg_status cfg_repo_new(struct cfg_str key,
                             struct cfg_store *store,
                             struct cfg_shelf *shelf,
                             int refresh_ms,
                             void (*on_publish)(void *ctx),
                             void *publish_ctx,
                             struct cfg_repo **out,
                             struct cfg_err *err)
{
    struct cfg_repo *repo = calloc(1, sizeof *repo);
    *out = NULL;
    if (repo == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    repo->used.items = calloc(CFG_REPO_LABELS, sizeof *repo->used.items);
    repo->holds = cfg_holds_new();
    char *own_key = cfg_str_copy(key);
    if (repo->used.items == NULL || repo->holds == NULL || own_key == NULL) {
        cfg_holds_free(repo->holds);
        free(repo->used.items);
        free(own_key);
        free(repo);
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    }
    repo->key = cfg_str_make(own_key, key.len);
    cfg_ref_init(&repo->ref);
    repo->store = store;
    repo->shelf = shelf;
    repo->refresh_ms = refresh_ms;
    repo->on_publish = on_publish;
    repo->publish_ctx = publish_ctx;
    atomic_init(&repo->fetched, false);
    cfg_slot_init(&repo->view, add_view, drop_view);
    cfg_lock_init(&repo->lock);
    cfg_cond_init(&repo->cond);
    *out = repo;
    return CFG_OK;
}

struct cfg_repo *cfg_repo_ref(struct cfg_repo *repo)
{
    cfg_ref_add(&repo->ref);
    return repo;
}

void cfg_repo_unref(struct cfg_repo *repo)
{
    if (repo == NULL || !cfg_ref_drop(&repo->ref))
        return;
    cfg_slot_release(&repo->view);
    cfg_holds_free(repo->holds);
    cfg_cond_release(&repo->cond);
    cfg_lock_release(&repo->lock);
    cfg_store_close(repo->store);
    for (size_t i = 0; i < repo->used.count; i++)
        free_text(repo->used.items[i]);
    free(repo->used.items);
    free_text(repo->key);
    free(repo);
}

/* Waits until nobody else makes a view, and begins; false at the deadline. */
static bool begin(struct cfg_repo *repo, int64_t deadline_ms)
{
    bool mine = false;
    cfg_lock_enter(&repo->lock);
    while (repo->busy)
        if (!cfg_cond_wait(&repo->cond, &repo->lock, deadline_ms) && repo->busy)
            break;
    mine = !repo->busy;
    if (mine)
        repo->busy = true;
    cfg_lock_leave(&repo->lock);
    return mine;
}

static void end(struct cfg_repo *repo)
{
    cfg_lock_enter(&repo->lock);
    repo->busy = false;
    cfg_lock_leave(&repo->lock);
    cfg_cond_wake(&repo->cond);
}

static void publish(struct cfg_repo *repo, struct cfg_view *view)
{
    cfg_slot_publish(&repo->view, view);
    repo->on_publish(repo->publish_ctx);
}

static bool in_use(const struct cfg_repo *repo, struct cfg_str label)
{
    for (size_t i = 0; i < repo->used.count; i++)
        if (cfg_str_eq(repo->used.items[i], label))
            return true;
    return false;
}

/* Remembers a label for later refreshes; the oldest gives way when there are too many. */
static void use(struct cfg_repo *repo, struct cfg_str label)
{
    char *copy = in_use(repo, label) ? NULL : cfg_str_copy(label);
    if (copy == NULL)
        return;
    if (repo->used.count == CFG_REPO_LABELS) {
        free_text(repo->used.items[0]);
        memmove(repo->used.items, repo->used.items + 1,
                (CFG_REPO_LABELS - 1) * sizeof *repo->used.items);
        repo->used.count--;
    }
    repo->used.items[repo->used.count++] = cfg_str_make(copy, label.len);
}

/* A view to be filled, with room for `commits` and `aliases`; holds a reference of `tips`. */
static struct cfg_view *new_view(struct cfg_tips *tips, size_t commits, size_t aliases)
{
    struct cfg_view *view = calloc(1, sizeof *view);
    if (view == NULL)
        return NULL;
    cfg_ref_init(&view->ref);
    view->commits = calloc(commits + 1, sizeof *view->commits);
    view->aliases = calloc(aliases + 1, sizeof *view->aliases);
    view->tips = tips ? cfg_tips_ref(tips) : NULL;
    if (view->commits && view->aliases)
        return view;
    cfg_view_unref(view);
    return NULL;
}

static void copy_commit(struct cfg_view *view, const struct cfg_commit *commit)
{
    struct cfg_commit *to = &view->commits[view->commit_count++];
    *to = *commit;
    cfg_snapshot_ref(to->snapshot);
}

/* The snapshot of either view whose tree has this id: trees are shared by all labels. */
static struct cfg_snapshot *same_tree(const struct cfg_view *view, const struct cfg_tree *tree)
{
    for (size_t i = 0; view && i < view->commit_count; i++) {
        struct cfg_snapshot *snapshot = view->commits[i].snapshot;
        if (memcmp(cfg_snapshot_tree(snapshot)->id, tree->id, CFG_ID_BYTES) == 0)
            return cfg_snapshot_ref(snapshot);
    }
    return NULL;
}

/*
 * Adds a commit to a view in the making. `old` lends what it has, and `like` (may be NULL) its parsed
 * files.
 */
static enum cfg_status add_commit(struct cfg_repo *repo,
                                  struct cfg_view *view,
                                  const struct cfg_view *old,
                                  const char *id,
                                  const struct cfg_snapshot *like,
                                  struct cfg_err *err)
{
    const struct cfg_commit *known = old ? find_commit(old, id) : NULL;
    struct cfg_commit commit = {.snapshot = NULL};
    struct cfg_tree *tree = NULL;
    if (find_commit(view, id))
        return CFG_OK;
    if (known) {
        copy_commit(view, known);
        return CFG_OK;
    }
    memcpy(commit.id, id, sizeof commit.id);
    enum cfg_status status = cfg_store_tree(repo->store, id, NULL, &tree, &commit.wall_ms, err);
    if (status != CFG_OK)
        return status;
    commit.snapshot = same_tree(view, tree);
    if (commit.snapshot == NULL)
        commit.snapshot = same_tree(old, tree);
    if (commit.snapshot) {
        cfg_tree_unref(tree);
    } else {
        status = cfg_snapshot_new(repo->shelf, repo->store, tree, like, &commit.snapshot, err);
        if (status != CFG_OK) {
            cfg_tree_unref(tree);
            return status;
        }
    }
    view->commits[view->commit_count++] = commit;
    return CFG_OK;
}

/* The snapshot that served `label` until now; any snapshot is better than none. */
static const struct cfg_snapshot *forerunner(const struct cfg_view *old, struct cfg_str label)
{
    const struct cfg_commit *commit;
    if (old == NULL || old->commit_count == 0)
        return NULL;
    if (cfg_view_label(old, label, &commit) == CFG_LABEL_HERE)
        return commit->snapshot;
    return old->commits[0].snapshot;
}

/* Notes what the label stood for, should the new commit and all its history be broken. */
static void remember_before(struct cfg_view *view,
                            const struct cfg_view *old,
                            struct cfg_str label,
                            const char *id)
{
    const struct cfg_commit *before;
    for (size_t i = 0; i < view->commit_count; i++)
        if (strcmp(view->commits[i].id, id) == 0 &&
            cfg_view_label(old, label, &before) == CFG_LABEL_HERE && strcmp(before->id, id) != 0)
            memcpy(view->commits[i].before, before->id, sizeof before->id);
}

/* Whether a commit could not be read because of what it is; that concerns those who ask for it alone. */
static bool is_damage(enum cfg_status status)
{
    return status == CFG_CORRUPT || status == CFG_NOT_FOUND || status == CFG_TOO_LARGE;
}

/*
 * Adds the commit that `label` stands for, `id` in the tips. When it cannot be read, the label and
 * whatever else stands for it keeps the commit of before, or waits to be asked for: `id` is "" then.
 */
static enum cfg_status add_or_keep(struct cfg_repo *repo,
                                   struct cfg_view *view,
                                   const struct cfg_view *old,
                                   struct cfg_str label,
                                   const struct cfg_snapshot *like,
                                   char id[41],
                                   struct cfg_err *err)
{
    struct cfg_tips *kept = NULL;
    struct cfg_err cause = CFG_ERR_INIT;
    char damaged[41];
    enum cfg_status status = add_commit(repo, view, old, id, like, &cause);
    if (is_damage(status)) {
        memcpy(damaged, id, sizeof damaged);
        id[0] = '\0';
        status = cfg_tips_keep(view->tips, old ? old->tips : NULL, damaged, &kept, err);
        if (status != CFG_OK)
            return status;
        cfg_tips_unref(view->tips);
        view->tips = kept;
        if (!cfg_tips_find(kept, label, id) || strcmp(id, damaged) == 0) {
            id[0] = '\0';
            return CFG_OK;
        }
        cfg_err_clear(&cause);
        status = add_commit(repo, view, old, id, like, &cause);
        if (is_damage(status)) {
            id[0] = '\0';
            return CFG_OK;
        }
    }
    if (status != CFG_OK)
        *err = cause;
    return status;
}

/*
 * Adds every label in use that still exists, warm: its questions were answered at once so far, and
 * will be.
 */
static enum cfg_status add_used(struct cfg_repo *repo,
                                struct cfg_view *view,
                                const struct cfg_view *old,
                                struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    for (size_t i = 0; status == CFG_OK && i < repo->used.count; i++) {
        const struct cfg_snapshot *like = forerunner(old, repo->used.items[i]);
        char id[41];
        if (!cfg_tips_find(view->tips, repo->used.items[i], id))
            continue;
        status = add_or_keep(repo, view, old, repo->used.items[i], like, id, err);
        if (status != CFG_OK || like == NULL || !id[0])
            continue;
        remember_before(view, old, repo->used.items[i], id);
        struct cfg_snapshot *snapshot = find_commit(view, id)->snapshot;
        if (snapshot != like)
            cfg_snapshot_warm(snapshot, like);
    }
    return status;
}

/* A view over new tips, or over what is left of them. Commit ids are asked for again. */
static enum cfg_status remake(struct cfg_repo *repo,
                              const struct cfg_view *old,
                              struct cfg_tips *tips,
                              struct cfg_view **out,
                              struct cfg_err *err)
{
    struct cfg_view *view = new_view(tips, repo->used.count + 1, 0);
    enum cfg_status status = view ? CFG_OK : cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    if (status == CFG_OK)
        status = add_used(repo, view, old, err);
    if (status == CFG_OK) {
        *out = view;
        return CFG_OK;
    }
    cfg_view_unref(view);
    return status;
}

/* The tips on disk; damaged refs keep the commit that `old` has. */
static enum cfg_status read_tips(struct cfg_repo *repo,
                                 const struct cfg_view *old,
                                 struct cfg_tips **out,
                                 struct cfg_err *err)
{
    struct cfg_tips *kept = NULL;
    enum cfg_status status = cfg_store_tips(repo->store, out, err);
    if (status != CFG_OK || old == NULL || (*out)->skipped == 0)
        return status;
    status = cfg_tips_keep(*out, old->tips, "", &kept, err);
    cfg_tips_unref(*out);
    *out = kept;
    return status;
}

static enum cfg_status
refresh_git(struct cfg_repo *repo, struct cfg_view *old, bool *out_changed, struct cfg_err *err)
{
    struct cfg_tips *tips = NULL;
    struct cfg_view *view = NULL;
    enum cfg_status status = read_tips(repo, old, &tips, err);
    if (status == CFG_OK && (old == NULL || !cfg_tips_equal(old->tips, tips)))
        status = remake(repo, old, tips, &view, err);
    if (view && old && cfg_tips_equal(old->tips, view->tips)) {
        cfg_view_unref(view); /* what is new cannot be read, as before */
    } else if (view) {
        struct cfg_tips *now = cfg_tips_ref(view->tips);
        *out_changed = true;
        publish(repo, view);
        cfg_holds_prune(repo->holds, now);
        cfg_tips_unref(now);
    }
    cfg_tips_unref(tips);
    return status;
}

static enum cfg_status
refresh_folders(struct cfg_repo *repo, struct cfg_view *old, bool *out_changed, struct cfg_err *err)
{
    struct cfg_snapshot *before = old && old->commit_count ? old->commits[0].snapshot : NULL;
    struct cfg_tree *known =
        before ? (struct cfg_tree *)(uintptr_t)cfg_snapshot_tree(before) : NULL;
    struct cfg_tree *tree = NULL;
    struct cfg_view *view = NULL;
    int64_t wall_ms;
    enum cfg_status status = cfg_store_tree(repo->store, "", known, &tree, &wall_ms, err);
    if (status != CFG_OK)
        return status;
    if (tree == known) {
        cfg_tree_unref(tree);
        return CFG_OK;
    }
    struct cfg_commit commit = {.wall_ms = wall_ms};
    status = cfg_snapshot_new(repo->shelf, repo->store, tree, before, &commit.snapshot, err);
    if (status != CFG_OK) {
        cfg_tree_unref(tree);
        return status;
    }
    if (before)
        cfg_snapshot_warm(commit.snapshot, before);
    view = new_view(NULL, 1, 0);
    if (view == NULL) {
        cfg_snapshot_unref(commit.snapshot);
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    }
    view->commits[view->commit_count++] = commit;
    *out_changed = true;
    publish(repo, view);
    return CFG_OK;
}

/* Publishes why nothing is there, unless that is known. */
static void publish_why(struct cfg_repo *repo,
                        const struct cfg_view *held,
                        const struct cfg_err *why,
                        bool *out_changed)
{
    if (held && held->err.status == why->status && strcmp(held->err.message, why->message) == 0)
        return;
    struct cfg_view *view = new_view(NULL, 0, 0);
    if (view == NULL)
        return;
    view->err = *why;
    *out_changed = true;
    publish(repo, view);
}

/*
 * Reads the store and publishes; when nothing could ever be read, publishes why: a fetch that failed
 * says more than that nothing is there. Called while busy.
 */
static enum cfg_status reload(struct cfg_repo *repo,
                              const struct cfg_err *fetch_err,
                              bool *out_changed,
                              struct cfg_err *err)
{
    struct cfg_view *held = cfg_slot_acquire(&repo->view);
    struct cfg_view *old = held && held->err.status == CFG_OK ? held : NULL;
    bool folders = cfg_store_kind_of(repo->store) == CFG_STORE_FOLDERS;
    enum cfg_status status = folders ? refresh_folders(repo, old, out_changed, err)
                                     : refresh_git(repo, old, out_changed, err);
    if (status != CFG_OK && fetch_err->status != CFG_OK) {
        *err = *fetch_err;
        status = err->status;
    }
    if (status != CFG_OK && old == NULL)
        publish_why(repo, held, err, out_changed);
    cfg_view_unref(held);
    return status;
}

static void
note(struct cfg_repo *repo, enum cfg_status status, bool changed, const struct cfg_err *err)
{
    int64_t now = cfg_clock_wall_ms();
    cfg_lock_enter(&repo->lock);
    struct cfg_repo_news *news = &repo->news;
    news->looked_ms = now;
    if (status == CFG_OK) {
        news->fresh_ms = now;
        news->failing_since_ms = 0;
        news->err = CFG_ERR_INIT;
    } else {
        if (news->failing_since_ms == 0)
            news->failing_since_ms = now;
        news->err = *err;
    }
    if (changed)
        news->changed_ms = now;
    cfg_lock_leave(&repo->lock);
}

/*
 * Publishes what a mirror holds on disk before its first fetch in this process: a remote that is slow
 * or gone must not keep the server from being ready. An empty mirror says nothing yet.
 */
static void publish_disk(struct cfg_repo *repo)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    bool changed;
    if (cfg_store_kind_of(repo->store) != CFG_STORE_MIRROR || !begin(repo, INT64_MAX / 2))
        return;
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    if (view == NULL && refresh_git(repo, NULL, &changed, &ignored) != CFG_OK)
        cfg_err_clear(&ignored); /* the fetch says what is wrong */
    cfg_view_unref(view);
    end(repo);
}

enum cfg_status cfg_repo_refresh(struct cfg_repo *repo, bool *out_changed, struct cfg_err *err)
{
    struct cfg_err fetch_err = CFG_ERR_INIT;
    *out_changed = false;
    publish_disk(repo);
    enum cfg_status fetched = cfg_store_fetch(repo->store, &fetch_err);
    if (!begin(repo, INT64_MAX / 2))
        return cfg_err_set(err, CFG_TIMEOUT, "the repository is busy");
    enum cfg_status status = reload(repo, &fetch_err, out_changed, err);
    if (fetched == CFG_OK)
        atomic_store(&repo->fetched, true);
    end(repo);
    if (fetched != CFG_OK) {
        *err = fetch_err;
        status = fetched;
    }
    note(repo, status, *out_changed, err);
    return status;
}

void cfg_repo_news(struct cfg_repo *repo, struct cfg_repo_news *out)
{
    cfg_lock_enter(&repo->lock);
    *out = repo->news;
    cfg_lock_leave(&repo->lock);
}

bool cfg_repo_is_fresh(struct cfg_repo *repo)
{
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    bool readable = view && view->err.status == CFG_OK;
    cfg_view_unref(view);
    return readable &&
           (cfg_store_kind_of(repo->store) != CFG_STORE_MIRROR || atomic_load(&repo->fetched));
}

static bool add_alias(struct cfg_view *view, struct cfg_str label, const char *commit)
{
    struct cfg_alias *to = &view->aliases[view->alias_count];
    char *copy = cfg_str_copy(label);
    if (copy == NULL)
        return false;
    to->label = cfg_str_make(copy, label.len);
    memcpy(to->commit, commit, sizeof to->commit);
    view->alias_count++;
    return true;
}

/* Takes over all that `old` knows, into a view that has one new commit so far. */
static enum cfg_status
add_all(struct cfg_view *view, const struct cfg_view *old, struct cfg_err *err)
{
    for (size_t i = 0; i < old->commit_count; i++)
        if (strcmp(view->commits[0].id, old->commits[i].id) != 0)
            copy_commit(view, &old->commits[i]);
    for (size_t i = 0; i < old->alias_count; i++)
        if (!add_alias(view, old->aliases[i].label, old->aliases[i].commit))
            return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    return CFG_OK;
}

/* Adds one label to what is published. Called while busy, with a readable view. */
static enum cfg_status
add_label(struct cfg_repo *repo, struct cfg_view *old, struct cfg_str label, struct cfg_err *err)
{
    char id[41];
    bool is_tip = cfg_tips_find(old->tips, label, id);
    struct cfg_view *view = NULL;
    enum cfg_status status =
        is_tip ? CFG_OK : cfg_store_commit(repo->store, old->tips, label, id, err);
    if (status != CFG_OK)
        return status;
    /* labels by commit id come without end: they begin again when there are too many */
    bool full = old->commit_count >= CFG_REPO_LABELS || old->alias_count >= CFG_REPO_LABELS;
    view = new_view(old->tips, full ? repo->used.count + 2 : old->commit_count + 1,
                    full ? 1 : old->alias_count + 1);
    if (view == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    status =
        add_commit(repo, view, old, id, old->commit_count ? old->commits[0].snapshot : NULL, err);
    if (status == CFG_OK)
        status = full ? add_used(repo, view, old, err) : add_all(view, old, err);
    if (status == CFG_OK && !is_tip && !add_alias(view, label, id))
        status = cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    if (status != CFG_OK) {
        cfg_view_unref(view);
        return status;
    }
    if (is_tip)
        use(repo, label);
    publish(repo, view);
    return CFG_OK;
}

/* One attempt with the view as it is now. Called while busy. */
static enum cfg_status provide(struct cfg_repo *repo, struct cfg_str label, struct cfg_err *err)
{
    const struct cfg_commit *commit;
    const struct cfg_err no_fetch = CFG_ERR_INIT;
    bool changed;
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    enum cfg_status status = CFG_OK;
    if (view == NULL) {
        status = reload(repo, &no_fetch, &changed, err);
        view = cfg_slot_acquire(&repo->view);
    }
    if (status == CFG_OK && view && view->err.status != CFG_OK) {
        *err = view->err;
        status = err->status;
    }
    if (status == CFG_OK && view && label.len > 0)
        switch (cfg_view_label(view, label, &commit)) {
        case CFG_LABEL_HERE:
            break;
        case CFG_LABEL_UNKNOWN:
            status = cfg_err_set(err, CFG_NOT_FOUND, "No such label: %.*s", CFG_STR_ARG(label));
            break;
        case CFG_LABEL_ASK:
            status = add_label(repo, view, label, err);
            break;
        }
    cfg_view_unref(view);
    return status;
}

enum cfg_status
cfg_repo_need(struct cfg_repo *repo, struct cfg_str label, int64_t deadline_ms, struct cfg_err *err)
{
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    bool first = view == NULL;
    cfg_view_unref(view);
    if (first && cfg_store_kind_of(repo->store) == CFG_STORE_MIRROR) {
        bool changed;
        struct cfg_tips *tips = NULL;
        struct cfg_err none = CFG_ERR_INIT;
        /* a mirror on disk serves at once; only an empty one waits for its first fetch */
        if (cfg_store_tips(repo->store, &tips, &none) != CFG_OK) {
            enum cfg_status status = cfg_repo_refresh(repo, &changed, err);
            if (status != CFG_OK)
                return status;
        }
        cfg_tips_unref(tips);
    }
    if (!begin(repo, deadline_ms))
        return cfg_err_set(err, CFG_TIMEOUT, "the repository is being read; try again");
    enum cfg_status status = provide(repo, label, err);
    end(repo);
    return status;
}
