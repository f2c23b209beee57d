/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: threads. Gives: one at a time. Keeps: who holds it, for asserts.
 */
#include "core/base/lock.h"

#include <errno.h>
#include <time.h>

void cfg_lock_init(struct cfg_lock *lock)
{
    int failed = pthread_mutex_init(&lock->mutex, NULL);
    CFG_ASSERT(failed == 0);
    lock->held = false;
}

void cfg_lock_release(struct cfg_lock *lock)
{
    CFG_ASSERT(!lock->held);
    pthread_mutex_destroy(&lock->mutex);
}

void cfg_lock_enter(struct cfg_lock *lock)
{
    int failed = pthread_mutex_lock(&lock->mutex);
    CFG_ASSERT(failed == 0);
    lock->holder = pthread_self();
    lock->held = true;
}

void cfg_lock_leave(struct cfg_lock *lock)
{
    CFG_ASSERT(cfg_lock_mine(lock));
    lock->held = false;
    pthread_mutex_unlock(&lock->mutex);
}

bool cfg_lock_mine(const struct cfg_lock *lock)
{
    return lock->held && pthread_equal(lock->holder, pthread_self());
}

void cfg_cond_init(struct cfg_cond *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&cond->cond, &attr);
    CFG_ASSERT(failed == 0);
    pthread_condattr_destroy(&attr);
}

void cfg_cond_release(struct cfg_cond *cond)
{
    pthread_cond_destroy(&cond->cond);
}

void cfg_cond_wake(struct cfg_cond *cond)
{
    pthread_cond_broadcast(&cond->cond);
}

bool cfg_cond_wait(struct cfg_cond *cond, struct cfg_lock *lock, int64_t deadline_ms)
{
    struct timespec at = {.tv_sec = (time_t)(deadline_ms / 1000),
                          .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
    CFG_ASSERT(cfg_lock_mine(lock));
    lock->held = false; /* the wait gives the mutex away */
    int ended = pthread_cond_timedwait(&cond->cond, &lock->mutex, &at);
    lock->holder = pthread_self();
    lock->held = true;
    return ended != ETIMEDOUT;
}
