/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ref: a reference count. Taking one needs no order (the taker holds one already); giving the last
 * one back must see everything that the other holders wrote, hence release and then acquire.
 */
#ifndef CORE_BASE_REF_H
#define CORE_BASE_REF_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/base/defs.h"

struct cfg_ref {
    atomic_uint count;
};

static inline void cfg_ref_init(struct cfg_ref *ref)
{
    atomic_init(&ref->count, 1);
}

static inline void cfg_ref_add(struct cfg_ref *ref)
{
    unsigned before = atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed);
    CFG_ASSERT(before > 0);
}

/* True when that was the last one: the caller now releases the object. */
static inline bool cfg_ref_drop(struct cfg_ref *ref)
{
    unsigned before = atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel);
    CFG_ASSERT(before > 0);
    return before == 1;
}

#endif
