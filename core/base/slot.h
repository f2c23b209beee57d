/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot: where one thread publishes a counted object and others take it.
 *
 * Keeps: 1. The slot owns one reference of what it holds. 2. The lock is held only for "take the
 *        pointer and add a reference" or "swap": a bare atomic pointer beside a count would let the
 *        last reference go between reading the pointer and counting it.
 */
#ifndef CORE_BASE_SLOT_H
#define CORE_BASE_SLOT_H

#include "core/base/lock.h"

struct cfg_slot {
    struct cfg_lock lock;
    void *object;               /* under lock; may be NULL */
    void (*add)(void *object);  /* constant: adds a reference */
    void (*drop)(void *object); /* constant: drops one */
};

void cfg_slot_init(struct cfg_slot *slot, void (*add)(void *), void (*drop)(void *));
void cfg_slot_release(struct cfg_slot *slot); /* drops what it holds */

/* Gives a new reference, or NULL. Threads: any. */
void *cfg_slot_acquire(struct cfg_slot *slot);

/* Adopts the reference that comes with `object` and drops the old one outside the lock. */
void cfg_slot_publish(struct cfg_slot *slot, void *object);

#endif
