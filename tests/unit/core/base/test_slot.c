/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ref.h"
#include "core/base/slot.h"

enum { READERS = 4, ROUNDS = 20000 };

struct thing {
    struct cfg_ref ref;
    int a, b; /* always equal; both -1 once released */
};

static atomic_int alive;
static atomic_bool stop;

static void add(void *object)
{
    cfg_ref_add(&((struct thing *)object)->ref);
}

static void drop(void *object)
{
    struct thing *thing = object;
    if (cfg_ref_drop(&thing->ref)) {
        thing->a = thing->b = -1;
        atomic_fetch_sub(&alive, 1);
        free(thing);
    }
}

static void *read_on(void *ctx)
{
    struct cfg_slot *slot = ctx;
    long torn = 0;
    while (!atomic_load(&stop)) {
        struct thing *thing = cfg_slot_acquire(slot);
        torn += thing->a != thing->b || thing->a < 0;
        drop(thing);
    }
    return (void *)torn;
}

static struct thing *make(int n)
{
    struct thing *thing = malloc(sizeof *thing);
    assert_non_null(thing);
    cfg_ref_init(&thing->ref);
    thing->a = thing->b = n;
    atomic_fetch_add(&alive, 1);
    return thing;
}

static void readers_see_whole_things(void **state)
{
    (void)state;
    struct cfg_slot slot;
    pthread_t readers[READERS];
    cfg_slot_init(&slot, add, drop);
    assert_null(cfg_slot_acquire(&slot));
    cfg_slot_publish(&slot, make(0));
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &slot), 0);
    for (int n = 1; n < ROUNDS; n++)
        cfg_slot_publish(&slot, make(n));
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++) {
        void *torn;
        pthread_join(readers[i], &torn);
        assert_null(torn);
    }
    cfg_slot_release(&slot);
    assert_int_equal(atomic_load(&alive), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_see_whole_things)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
