/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a counted object from its maker. Gives: references to readers. Keeps: exactly one of its own.
 */
#include "core/base/slot.h"

void cfg_slot_init(struct cfg_slot *slot, void (*add)(void *), void (*drop)(void *))
{
    cfg_lock_init(&slot->lock);
    slot->object = NULL;
    slot->add = add;
    slot->drop = drop;
}

void cfg_slot_release(struct cfg_slot *slot)
{
    cfg_slot_publish(slot, NULL);
    cfg_lock_release(&slot->lock);
}

void *cfg_slot_acquire(struct cfg_slot *slot)
{
    cfg_lock_enter(&slot->lock);
    void *object = slot->object;
    if (object)
        slot->add(object);
    cfg_lock_leave(&slot->lock);
    return object;
}

void cfg_slot_publish(struct cfg_slot *slot, void *object)
{
    cfg_lock_enter(&slot->lock);
    void *old = slot->object;
    slot->object = object;
    cfg_lock_leave(&slot->lock);
    if (old)
        slot->drop(old);
}
