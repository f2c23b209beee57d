/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repo: one repository (or one set of folders) as the server holds it: its store, and the view of it
 * that is published.
 *
 * Keeps: 1. A view is immutable and counted: the tips of one moment and a snapshot for each commit in
 *           use. It replaces its forerunner as a whole. 2. Views are made by one thread at a time; git is
 *           read outside every lock. 3. A failed refresh leaves the published view as it is. 4. A damaged
 *           ref or commit concerns the labels that stand for it: they keep what they had, the others move
 *           on.
 * Does not know: questions, search paths, HTTP.
 */
#ifndef SERVER_SNAPSHOT_REPO_H
#define SERVER_SNAPSHOT_REPO_H

#include "core/base/slot.h"
#include "server/snapshot/holds.h"

/* A label that only git could resolve (a commit id), and what it resolved to. */
struct cfg_alias {
    struct cfg_str label;
    char commit[41];
};

struct cfg_view {
    struct cfg_ref ref;
    struct cfg_tips *tips; /* NULL: folders, or nothing was ever read */
    struct cfg_commit *commits;
    size_t commit_count;
    struct cfg_alias *aliases;
    size_t alias_count;
    struct cfg_err err; /* why nothing is there; status OK otherwise */
};

struct cfg_view *cfg_view_ref(struct cfg_view *view);
void cfg_view_unref(struct cfg_view *view); /* accepts NULL */

enum cfg_label_state {
    CFG_LABEL_HERE,    /* `*out` is set */
    CFG_LABEL_UNKNOWN, /* no such branch, tag or commit */
    CFG_LABEL_ASK,     /* git must be read: cfg_repo_need */
};

/* What a view knows of a label. `*out` is borrowed from the view. */
enum cfg_label_state
cfg_view_label(const struct cfg_view *view, struct cfg_str label, const struct cfg_commit **out);

/* How the last looks at a repository went, in wall-clock milliseconds; 0: never. */
struct cfg_repo_news {
    int64_t looked_ms;        /* the last look, whatever came of it */
    int64_t fresh_ms;         /* the last one that went well */
    int64_t changed_ms;       /* the last one that brought something new */
    int64_t failing_since_ms; /* the first failure since then */
    struct cfg_err err;       /* of the last look; status OK when it went well */
};

struct cfg_repo {
    struct cfg_ref ref;
    struct cfg_str key; /* the uri that it was opened with; never shown */
    struct cfg_store *store;
    struct cfg_shelf *shelf;
    struct cfg_slot view; /* struct cfg_view */
    struct cfg_holds *holds;
    void (*on_publish)(void *ctx);
    void *publish_ctx;
    int refresh_ms; /* constant; negative: never by itself */

    struct cfg_lock lock;
    struct cfg_cond cond;
    bool busy;                 /* under lock: somebody makes a view */
    atomic_bool fetched;       /* a fetch went well in this process */
    struct cfg_strs used;      /* labels in use; belongs to the busy one */
    struct cfg_repo_news news; /* under lock */
};

enum { CFG_REPO_LABELS = 1024 }; /* labels of one repository that are kept at hand */

/*
 * Owns: `store` is adopted on success; `shelf` is borrowed. Fails: no_memory.
 */
enum cfg_status cfg_repo_new(struct cfg_str key,
                             struct cfg_store *store,
                             struct cfg_shelf *shelf,
                             int refresh_ms,
                             void (*on_publish)(void *ctx),
                             void *publish_ctx,
                             struct cfg_repo **out,
                             struct cfg_err *err) CFG_CHECK;
struct cfg_repo *cfg_repo_ref(struct cfg_repo *repo);
void cfg_repo_unref(struct cfg_repo *repo); /* accepts NULL */

/*
 * Looks at the store again: fetches (a mirror), reads the tips or scans the folders, and publishes a
 * new view when anything changed. A fetch that failed is reported after what is on disk was published.
 * Fails: as cfg_store_fetch, _tips and _tree. Threads: any; blocks.
 */
enum cfg_status
cfg_repo_refresh(struct cfg_repo *repo, bool *out_changed, struct cfg_err *err) CFG_CHECK;

/* A copy of the news. Threads: any. */
void cfg_repo_news(struct cfg_repo *repo, struct cfg_repo_news *out);

/* Whether what is published is of this moment: readable, and of a mirror not merely what lay on disk. */
bool cfg_repo_is_fresh(struct cfg_repo *repo);

/*
 * Makes sure that the published view knows `label` (empty: only that there is a view), reading git
 * and, when nothing was ever fetched, fetching.
 * Fails: not_found ("No such label: X", or no repository), unavailable, timeout (others are busy past
 * `deadline_ms`), corrupt. Threads: any; blocks.
 */
enum cfg_status cfg_repo_need(struct cfg_repo *repo,
                              struct cfg_str label,
                              int64_t deadline_ms,
                              struct cfg_err *err) CFG_CHECK;

#endif
