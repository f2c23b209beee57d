/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge: the sources of an answer → one ordered list of properties (spec: the merge step of the
 * converted formats). Lists replace as a whole, plain keys keep their first position.
 */
#ifndef CORE_MERGE_MERGE_H
#define CORE_MERGE_MERGE_H

#include "core/base/err.h"
#include "core/model/answer.h"
#include "core/model/merged.h"

/*
 * Owns: `*out` lives in `arena`, its texts are borrowed from the answer.
 * Fails: no_memory, too_large. Cost: linear in the properties.
 */
enum cfg_status cfg_merge(const struct cfg_answer *answer,
                          struct cfg_arena *arena,
                          struct cfg_merged **out,
                          size_t *out_count,
                          struct cfg_err *err) CFG_CHECK;

#endif
