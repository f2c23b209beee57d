/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nest: merged properties → one tree of maps and lists, for .yml and .json. Where kinds clash the key
 * of the stronger source stays (docs/http-api.md states the rule).
 */
#ifndef CORE_RENDER_NEST_H
#define CORE_RENDER_NEST_H

#include "core/base/err.h"
#include "core/model/merged.h"
#include "core/model/node.h"

/*
 * Owns: the tree lives in `arena`; texts are borrowed from `items`.
 * Fails: invalid (a malformed key such as "a..b" or "[0]"; the message quotes it), too_large (an index
 * or the tree over limits.h), no_memory.
 */
enum cfg_status cfg_nest(const struct cfg_merged *items,
                         size_t count,
                         struct cfg_arena *arena,
                         struct cfg_node **out,
                         struct cfg_err *err) CFG_CHECK;

#endif
