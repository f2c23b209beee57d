/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder: ${name:default} in values and plain files.
 *
 * Keeps: look-ups are exact keys, the strongest source that has the key wins; the process environment
 *        is not among them unless the caller's look-up adds it (settings do).
 */
#ifndef CORE_MERGE_PLACEHOLDER_H
#define CORE_MERGE_PLACEHOLDER_H

#include "core/base/err.h"
#include "core/base/map.h"
#include "core/model/answer.h"

/* Gives the printed value of `name`; false when there is none. `*out` is borrowed. */
typedef bool (*cfg_placeholder_find_fn)(struct cfg_str name, struct cfg_str *out, void *ctx);

enum cfg_placeholder_form {
    CFG_PLACEHOLDER_VALUE, /* .yml and .json: names trimmed, "\:" is text */
    CFG_PLACEHOLDER_TEXT, /* .properties and plain files: names as they stand, "\:" is no separator */
};

/*
 * Resolves every placeholder in `text`; what cannot be resolved stays as it is written, but for names
 * inside it that could be. "\${x}" gives "${x}", and so does the mask "$_{x}" of older servers.
 * Gives: `*out` (in `arena`, or `text` itself when nothing changed) and `*out_changed`: whether a
 * placeholder or an escape was replaced.
 * Fails: invalid (a cycle; the message names the key), too_large (limits.h: depth and size; and more
 * work than the text deserves), no_memory.
 * Limits: placeholders may add CFG_LIMIT_VALUE_BYTES to the text; work is linear in the text plus a
 * few MiB of values looked up.
 */
enum cfg_status cfg_placeholder_resolve(struct cfg_str text,
                                        enum cfg_placeholder_form form,
                                        cfg_placeholder_find_fn find,
                                        void *find_ctx,
                                        struct cfg_arena *arena,
                                        struct cfg_str *out,
                                        bool *out_changed,
                                        struct cfg_err *err) CFG_CHECK;

/* An index over an answer's sources to look names up in; `map` is released with the arena. */
struct cfg_placeholder_index {
    struct cfg_map map; /* key → const struct cfg_prop * */
};
enum cfg_status cfg_placeholder_index(struct cfg_placeholder_index *index,
                                      const struct cfg_answer *answer,
                                      struct cfg_arena *arena,
                                      struct cfg_err *err) CFG_CHECK;
bool cfg_placeholder_index_find(struct cfg_str name, struct cfg_str *out, void *index);

#endif
