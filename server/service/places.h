/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places: where a question is answered from: which repositories at which commits, and which of their
 * directories. Patterns, placeholders in uris, default labels, several labels and several back ends
 * are settled here.
 */
#ifndef SERVER_SERVICE_PLACES_H
#define SERVER_SERVICE_PLACES_H

#include "core/model/question.h"
#include "server/service/desk.h"

struct cfg_place {
    size_t backend;                    /* index in the options */
    const struct cfg_git_options *git; /* the repository's own options; NULL: folders */
    const struct cfg_commit *commit;   /* borrowed from a view that the task holds */
    struct cfg_repo *repo;             /* borrowed, like the commit */
    const struct cfg_store *store;
    struct cfg_str label; /* one label, as it was resolved; "" for folders without one */
    struct cfg_str held; /* the tip that is held back and "path:line"; empty: `commit` is the tip */
};

struct cfg_places {
    struct cfg_place *items; /* strongest first */
    size_t count;
    struct cfg_str version; /* what the Environment shows; has_version false: null */
    bool has_version;
    bool has_state;         /* "" (one git back end), else null */
    struct cfg_str commits; /* of all back ends in their order, joined by commas */
};

/*
 * Finds the places. `whole_label`: a label with commas is one name (plain files).
 * Fails: not_found ("No such label: X", repository), invalid, unavailable, timeout, corrupt.
 * With task->must_wait set on return, status is OK and `out` is to be ignored.
 */
enum cfg_status cfg_places_find(struct cfg_task *task,
                                const struct cfg_question *question,
                                bool whole_label,
                                struct cfg_places *out,
                                struct cfg_err *err) CFG_CHECK;

/* Writes versions and commits anew after places were held back. Fails: no_memory. */
enum cfg_status
cfg_places_recount(struct cfg_task *task, struct cfg_places *places, struct cfg_err *err) CFG_CHECK;

/* The directories of a place for a question, weakest first, as core/merge/select.h wants them. */
enum cfg_status cfg_places_locations(struct cfg_task *task,
                                     const struct cfg_place *place,
                                     const struct cfg_question *question,
                                     struct cfg_strs *out,
                                     struct cfg_err *err) CFG_CHECK;

/*
 * The folders that a native back end needs watched: each search location up to its first placeholder,
 * absolute, without "file:".
 */
enum cfg_status cfg_places_roots(const struct cfg_native_options *options,
                                 struct cfg_arena *arena,
                                 struct cfg_strs *out,
                                 struct cfg_err *err) CFG_CHECK;

#endif
