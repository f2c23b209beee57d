/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: a place that holds versions of a tree of files: a git repository read in place (file:), a
 * mirror of a remote one, or plain folders. Everything above sees tips, trees and bytes only.
 *
 * Keeps: 1. Trees and tips are immutable and counted. 2. Reading opens short-lived libgit2 handles, so
 *        every function may be called from any thread at any time; a fetch runs in a worker process
 *        and never in this one. 3. No function writes below a repository that we did not make.
 * Does not know: what a configuration file is, who asks, HTTP.
 */
#ifndef SERVER_GIT_STORE_H
#define SERVER_GIT_STORE_H

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/ref.h"
#include "server/git/options.h"

enum cfg_entry_kind {
    CFG_ENTRY_FILE,
    CFG_ENTRY_LINK,  /* git only: the blob is the target's text; folders resolve links themselves */
    CFG_ENTRY_OTHER, /* a submodule: it exists, and has no bytes */
};

enum { CFG_ID_BYTES = 20 };

struct cfg_tree_entry {
    struct cfg_str path;            /* git: "sub/foo.yml"; folders: "/abs/dir/foo.yml" */
    unsigned char id[CFG_ID_BYTES]; /* of the content: equal ids are equal bytes */
    uint8_t kind;                   /* enum cfg_entry_kind */
    int64_t modified_ms;            /* folders: the file's time; git: 0 (see the commit's) */
};

/* The whole tree of one commit (or of the folders at one moment). Constant once given out. */
struct cfg_tree {
    struct cfg_ref ref;
    unsigned char id[CFG_ID_BYTES];
    struct cfg_tree_entry *entries; /* sorted bytewise by path */
    size_t count;
    struct cfg_str *dirs; /* every directory, "sub/dir/" with its slash, sorted; "" is the first */
    size_t dir_count;
    void *hidden; /* the store's own */
    void (*free_hidden)(struct cfg_tree *tree);
};

struct cfg_tree *cfg_tree_ref(struct cfg_tree *tree);
void cfg_tree_unref(struct cfg_tree *tree); /* accepts NULL */
const struct cfg_tree_entry *cfg_tree_find(const struct cfg_tree *tree,
                                           struct cfg_str path); /* NULL: none */

/* A branch or tag and the commit it stands for (annotated tags are peeled). */
struct cfg_tip {
    struct cfg_str name; /* "refs/heads/main", "refs/tags/v1" */
    char commit[41];     /* of a skipped one the last that is known, or "" */
    bool skipped;        /* it is there, but damaged */
};

struct cfg_tips {
    struct cfg_ref ref;
    struct cfg_tip *items; /* sorted by name */
    size_t count;
    size_t skipped; /* so many of them */
    char head[41];  /* the commit of HEAD; "" when it has none */
    void *hidden;
};

struct cfg_tips *cfg_tips_ref(struct cfg_tips *tips);
void cfg_tips_unref(struct cfg_tips *tips);                              /* accepts NULL */
bool cfg_tips_equal(const struct cfg_tips *a, const struct cfg_tips *b); /* NULL equals NULL only */

/*
 * The commit of a label by the tips alone: branch, tag, refs/…, HEAD, origin/BRANCH. False: none; it
 * may still be a commit id (cfg_store_commit), or that of a damaged ref (cfg_tips_skipped).
 */
bool cfg_tips_find(const struct cfg_tips *tips, struct cfg_str label, char out_commit[41]);

/* The tip that a label names when it is damaged and no commit of it is known; NULL otherwise. */
const struct cfg_tip *cfg_tips_skipped(const struct cfg_tips *tips, struct cfg_str label);

/*
 * Gives tips where every skipped ref has the commit that it had in `known` (may be NULL), if it had
 * one. `damaged` is a commit that cannot be read, or "": tips that stand for it are skipped, too.
 * Owns: `*out` is a new reference; borrows the others. Fails: no_memory.
 */
enum cfg_status cfg_tips_keep(const struct cfg_tips *tips,
                              const struct cfg_tips *known,
                              const char *damaged,
                              struct cfg_tips **out,
                              struct cfg_err *err) CFG_CHECK;

struct cfg_store;
struct cfg_fetchers;

enum cfg_store_kind { CFG_STORE_IN_PLACE, CFG_STORE_MIRROR, CFG_STORE_FOLDERS };

/*
 * `uri` is the expanded one (no placeholder left). In place: file: uris. Mirror: all others, a bare
 * path included; it lives below `state_dir` as docs/operations.md says, locked against other processes.
 * Opening does not read the repository and does not fetch.
 * Owns: borrows `options`, `state_dir` and `fetchers`. Fails: invalid (the uri; its message never shows
 * userinfo), conflict (the mirror is in use by another process), unavailable.
 */
enum cfg_status cfg_store_open_git(struct cfg_str uri,
                                   const struct cfg_git_options *options,
                                   struct cfg_str state_dir,
                                   struct cfg_fetchers *fetchers,
                                   struct cfg_store **out,
                                   struct cfg_err *err) CFG_CHECK;

/*
 * Plain folders: `roots` are absolute directories that are scanned and watched (inotify); missing ones
 * are empty. Links are followed only to places below the same root.
 */
enum cfg_status cfg_store_open_folders(const struct cfg_strs *roots,
                                       struct cfg_store **out,
                                       struct cfg_err *err) CFG_CHECK;

void cfg_store_close(struct cfg_store *store); /* accepts NULL */

enum cfg_store_kind cfg_store_kind_of(const struct cfg_store *store);

/* The uri for people and for the names of sources: userinfo stripped, trailing slashes cut. Borrowed. */
struct cfg_str cfg_store_name(const struct cfg_store *store);

/*
 * Fetches a mirror now, within the repository's timeout; at once OK for the other kinds. Making the
 * mirror may take up to 24 timeouts as long as the remote sends: that depends on the repository's size.
 * Fails: not_found (no such repository), unavailable (DNS, refused, TLS, credentials), timeout,
 * corrupt, cancelled (closing). One at a time per store: a second caller waits for the first's result.
 */
enum cfg_status cfg_store_fetch(struct cfg_store *store, struct cfg_err *err) CFG_CHECK;

/*
 * The branches and tags as they are on disk now; damaged ones are marked as skipped. Not for folders.
 * Fails: not_found (no repository there, or nothing fetched yet), corrupt, unavailable.
 */
enum cfg_status
cfg_store_tips(struct cfg_store *store, struct cfg_tips **out, struct cfg_err *err) CFG_CHECK;

/* Whether a label has the form of a commit id: 7 to 40 hexadecimal digits. */
bool cfg_store_may_be_commit(struct cfg_str label);

/*
 * Resolves a label to a commit: tips first (cfg_tips_find), then full or short (≥ 7 digits) commit ids
 * that are reachable from a tip. Fails: not_found ("No such label: X"), corrupt (also: a skipped ref).
 */
enum cfg_status cfg_store_commit(struct cfg_store *store,
                                 const struct cfg_tips *tips,
                                 struct cfg_str label,
                                 char out_commit[41],
                                 struct cfg_err *err) CFG_CHECK;

/*
 * The tree of a commit with the commit's time; for folders `commit` is ignored, `known` (may be NULL)
 * is the previous scan, whose unchanged files are not read again, and an unchanged scan gives `known`
 * itself (a new reference). Fails: not_found, corrupt, too_large, unavailable.
 */
enum cfg_status cfg_store_tree(struct cfg_store *store,
                               const char *commit,
                               struct cfg_tree *known,
                               struct cfg_tree **out,
                               int64_t *out_wall_ms,
                               struct cfg_err *err) CFG_CHECK;

/*
 * The first parent of a commit, and the id of what lies at `path` in it; `*out_found` false: nothing.
 * Fails: not_found (no parent, or folders, which have no history), corrupt, unavailable.
 */
enum cfg_status cfg_store_parent(struct cfg_store *store,
                                 const char *commit,
                                 struct cfg_str path,
                                 char out_parent[41],
                                 unsigned char out_id[CFG_ID_BYTES],
                                 bool *out_found,
                                 struct cfg_err *err) CFG_CHECK;

/*
 * Appends a file's bytes to `out`. Links of git trees are the caller's business: this gives their text.
 * Fails: too_large (over `max_bytes`, before reading), corrupt, not_found, no_memory.
 */
enum cfg_status cfg_store_read(struct cfg_store *store,
                               const struct cfg_tree *tree,
                               const struct cfg_tree_entry *entry,
                               size_t max_bytes,
                               struct cfg_buf *out,
                               struct cfg_err *err) CFG_CHECK;

/*
 * A descriptor that becomes readable when folders changed (-1: this kind has none: look at the tips),
 * and how to empty it. Threads: one watcher.
 */
int cfg_store_watch_fd(const struct cfg_store *store);
void cfg_store_watch_drain(struct cfg_store *store);

/*
 * The pool of fetch workers: processes of our own binary started as `program --fetch-worker`, each with
 * one end of a socketpair, one job at a time, killed at the job's deadline, started again on demand.
 * Owns: borrows `program` ("/proc/self/exe" for stratad). Threads: any may fetch.
 */
enum cfg_status cfg_fetchers_start(const char *program,
                                   unsigned count,
                                   struct cfg_fetchers **out,
                                   struct cfg_err *err) CFG_CHECK;
void cfg_fetchers_stop(
    struct cfg_fetchers *fetchers); /* running jobs end as cancelled; accepts NULL */

/* The worker's main loop over the socket on descriptor 3; gives the process's exit code. */
int cfg_fetch_worker_main(void);

/* Process-wide libgit2 set-up, once, before any other call; and its counterpart. */
enum cfg_status cfg_git_start(struct cfg_err *err) CFG_CHECK;
void cfg_git_stop(void);

#endif
