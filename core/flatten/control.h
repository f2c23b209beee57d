/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the keys of a document that steer the selection of documents, under their relaxed
 * spellings: element by element, case, dashes, underscores and other signs do not count, so
 * on-profile, onProfile and on_profile are one key; SPRING_CONFIG_ACTIVATE_ONPROFILE is none of them.
 * Does not know: what they lead to (core/merge/select.h does).
 */
#ifndef CORE_FLATTEN_CONTROL_H
#define CORE_FLATTEN_CONTROL_H

#include "core/base/err.h"
#include "core/model/document.h"

/*
 * Gives: `*out`, NULL when the document has no such key. An exactly spelled key wins over a relaxed
 * spelling, a value over list elements; elements come in the order of their indexes.
 * Owns: `*out` lives in `arena`, its texts are borrowed from `props`.
 * Fails: too_large (more than CFG_LIMIT_CONTROL_KEYS in one document; err has the line), no_memory.
 */
enum cfg_status cfg_control_find(const struct cfg_props *props,
                                 struct cfg_arena *arena,
                                 const struct cfg_control **out,
                                 struct cfg_err *err) CFG_CHECK;

#endif
