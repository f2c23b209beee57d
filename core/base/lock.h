/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock: a mutex that knows its holder, so that "held by me" can be asserted, and a condition that
 * waits on the monotonic clock with a deadline.
 * Keeps: no lock is held across input or output, parsing, callbacks or another lock.
 */
#ifndef CORE_BASE_LOCK_H
#define CORE_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/defs.h"

struct cfg_lock {
    pthread_mutex_t mutex;
    pthread_t holder; /* valid while `held` */
    bool held;
};

struct cfg_cond {
    pthread_cond_t cond; /* on CLOCK_MONOTONIC */
};

void cfg_lock_init(struct cfg_lock *lock);
void cfg_lock_release(struct cfg_lock *lock);
void cfg_lock_enter(struct cfg_lock *lock);
void cfg_lock_leave(struct cfg_lock *lock);
bool cfg_lock_mine(const struct cfg_lock *lock); /* for asserts: only meaningful to the holder */

void cfg_cond_init(struct cfg_cond *cond);
void cfg_cond_release(struct cfg_cond *cond);
void cfg_cond_wake(struct cfg_cond *cond); /* all waiters */

/* Waits until woken or until the monotonic `deadline_ms`; false when the deadline has passed. */
bool cfg_cond_wait(struct cfg_cond *cond, struct cfg_lock *lock, int64_t deadline_ms);

#endif
