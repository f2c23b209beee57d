/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flatten: nodes → flat properties with dotted and indexed keys, as Spring does, and the control keys
 * of each document (control.h of the same room finds those).
 *
 * Keeps: document order; of a key that appears twice the first position and the last value.
 */
#ifndef CORE_FLATTEN_FLATTEN_H
#define CORE_FLATTEN_FLATTEN_H

#include "core/base/err.h"
#include "core/model/document.h"
#include "core/model/node.h"

/*
 * One document. A top-level scalar or list gets the key "document". Empty lists and nulls become empty
 * strings, an empty map leaves nothing (docs/http-api.md has the whole table).
 * Owns: `out` and every text in it live in `arena`, nothing is borrowed from `root`.
 * Fails: too_large (limits.h; err has the place), no_memory.
 */
enum cfg_status cfg_flatten(const struct cfg_node *root,
                            struct cfg_arena *arena,
                            struct cfg_props *out,
                            struct cfg_err *err) CFG_CHECK;

/*
 * A whole file: every document flattened, numbered, its control keys found, `has_cipher` set.
 * `fragment` and `hash` stay empty: the builder of snapshots renders them.
 * Owns and fails as above.
 */
enum cfg_status cfg_flatten_file(const struct cfg_docs *docs,
                                 struct cfg_arena *arena,
                                 struct cfg_file *out,
                                 struct cfg_err *err) CFG_CHECK;

#endif
