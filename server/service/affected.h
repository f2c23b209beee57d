/* SPDX-License-Identifier: Apache-2.0 */
/*
 * affected: what two states of a repository have to do with applications: the pairs (application,
 * profile) whose files differ, as far as file names tell.
 *
 * Keeps: 1. Immutable and counted. 2. A bounded list, sorted, each pair once; "*" is every application
 *        or every profile. A file whose name can be read in several ways counts in each of them, since
 *        each of those questions reads it.
 * Does not know: search paths, imports, conditions within files.
 */
#ifndef SERVER_SERVICE_AFFECTED_H
#define SERVER_SERVICE_AFFECTED_H

#include "core/base/buf.h"
#include "server/snapshot/repo.h"

enum { CFG_AFFECTED_PAIRS = 100, CFG_AFFECTED_SPLITS = 8, CFG_AFFECTED_NAME_BYTES = 255 };

struct cfg_affected_pair {
    struct cfg_str text; /* "application/profile" */
    struct cfg_str application;
    struct cfg_str profile;
};

/* Constant once given out. */
struct cfg_affected {
    struct cfg_ref ref;
    struct cfg_arena arena;
    int64_t wall_ms; /* when it was found */
    struct cfg_affected_pair *pairs;
    size_t pair_count;
    size_t file_count; /* that differ, configuration or not */
    bool cut;          /* there are more pairs than these */
};

struct cfg_affected *cfg_affected_ref(struct cfg_affected *affected);
void cfg_affected_unref(struct cfg_affected *affected); /* accepts NULL */

/*
 * What differs between two views, label by label: of each that both have at hand. Owns: `*out` is a new
 * reference, NULL when no file differs. Fails: no_memory. Threads: any.
 */
enum cfg_status cfg_affected_views(const struct cfg_view *before,
                                   const struct cfg_view *after,
                                   struct cfg_affected **out,
                                   struct cfg_err *err) CFG_CHECK;

/* The same for two trees. */
enum cfg_status cfg_affected_trees(const struct cfg_tree *before,
                                   const struct cfg_tree *after,
                                   struct cfg_affected **out,
                                   struct cfg_err *err) CFG_CHECK;

/* The first `most` pairs for a line of the log: application, slash, profile, joined by commas. */
void cfg_affected_text(const struct cfg_affected *affected, size_t most, struct cfg_buf *out);

#endif
