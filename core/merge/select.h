/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select: which documents of which files answer a question, strongest first: Spring Boot's config data
 * rules over a table of paths (locations, names, profiles, documents with conditions, groups, includes
 * and imports). Pure: files come through a callback.
 *
 * Keeps: 1. A file is used at most once, at its strongest place. 2. Nothing outside the loader's
 *        table is ever asked for: a path that leaves its root does not exist.
 */
#ifndef CORE_MERGE_SELECT_H
#define CORE_MERGE_SELECT_H

#include "core/base/err.h"
#include "core/model/document.h"
#include "core/model/question.h"

/*
 * Gives the flattened file at `path` ("sub/foo-dev.yml"), or NULL when there is none.
 * Owns: the file is borrowed until the answer is done. Fails: whatever reading a file can give; select
 * passes it on with the path placed in `err`.
 */
typedef enum cfg_status (*cfg_select_load_fn)(struct cfg_str path,
                                              const struct cfg_file **out,
                                              struct cfg_err *err,
                                              void *ctx);

struct cfg_select_input {
    const struct cfg_question *question;
    const struct cfg_str *locations; /* directories, weakest first: "" (the root) or "sub/dir/"; of
                                        plain folders "/abs/dir/" */
    size_t location_count;
    cfg_select_load_fn load;
    void *load_ctx;
};

struct cfg_selected {
    struct cfg_str path;
    struct cfg_str location; /* the search location, or the text of the import, that led here */
    const struct cfg_document *document;
    bool several; /* the file has two or more documents: the name carries "(document #N)" */
};

/*
 * Imports are followed within the search locations and what lies below them; one that points elsewhere
 * (another scheme, above the root, a pattern) or to a missing file is data and nothing else.
 * Owns: `*out` lives in `arena` (strings too); documents are borrowed from the loader.
 * Fails: corrupt (a rule of the selection is broken: legacy spring.profiles; spring.profiles.include,
 * active or default inside a profile file; include inside a conditional document; what is no profile
 * among includes or groups; a malformed expression; a circular placeholder in a control key; an import
 * of a file without a known extension; err has path and line), too_large, no_memory, and what the
 * loader gives.
 */
enum cfg_status cfg_select(const struct cfg_select_input *input,
                           struct cfg_arena *arena,
                           struct cfg_selected **out,
                           size_t *out_count,
                           struct cfg_err *err) CFG_CHECK;

#endif
