/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_steps: a flat key taken apart: "a.b[0].c" → a, b, 0, c.
 *
 * Keeps: 1. "." ends a name, "[digits]" after a name is an index. Brackets around anything that is no
 *           32-bit integer, and brackets that are not closed, are letters of the name.
 *        2. The first step is a name; only the last name may be empty ("a." gives a and "").
 * Does not know: what stands at the end of the path.
 */
#ifndef CORE_RENDER_KEY_STEPS_H
#define CORE_RENDER_KEY_STEPS_H

#include <stdint.h>

#include "core/base/arena.h"

struct cfg_key_step {
    struct cfg_str name; /* when not an index; borrowed from the key */
    uint32_t index;
    bool is_index;
};

/* All zero at first; used again for key after key. */
struct cfg_key_steps {
    struct cfg_key_step *items; /* in the arena */
    size_t count;
    size_t cap;
};

/*
 * Owns: the steps live in `arena`, their names are borrowed from `key`.
 * Fails: invalid (a name is empty before its "." or "[", something else than an index, "." or the end
 * follows an index; the message quotes the key), too_large (the key or an index over limits.h, too many steps), no_memory.
 * Limits: linear in the key.
 */
enum cfg_status cfg_key_split(struct cfg_str key,
                              struct cfg_arena *arena,
                              struct cfg_key_steps *out,
                              struct cfg_err *err) CFG_CHECK;

#endif
