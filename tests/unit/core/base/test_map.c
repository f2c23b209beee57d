/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/map.h"
#include "core/base/rand.h"

enum { KEYS = 500, STEPS = 100000 };

/* Against the slowest table there is: one place a key. */
static void agrees_with_a_plain_array(void **state)
{
    (void)state;
    static char keys[KEYS][16];
    static int values[STEPS];
    int *truth[KEYS] = {0};
    struct cfg_map map;
    struct cfg_rand rand;
    uint64_t seed = cfg_rand_fresh();
    print_message("seed %llu\n", (unsigned long long)seed);
    cfg_rand_seed(&rand, seed);
    for (int i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof keys[i], "key-%d", i * 7919);
    cfg_map_init(&map);
    for (int step = 0; step < STEPS; step++) {
        size_t k = (size_t)cfg_rand_below(&rand, KEYS);
        struct cfg_str key = cfg_str_of(keys[k]);
        switch (cfg_rand_below(&rand, 3)) {
        case 0:
            assert_true(cfg_map_put(&map, key, &values[step]));
            truth[k] = &values[step];
            break;
        case 1:
            assert_ptr_equal(cfg_map_remove(&map, key), truth[k]);
            truth[k] = NULL;
            break;
        default:
            assert_ptr_equal(cfg_map_find(&map, key), truth[k]);
        }
    }
    size_t count = 0;
    size_t walked = 0;
    struct cfg_map_entry entry;
    for (int i = 0; i < KEYS; i++)
        count += truth[i] != NULL;
    for (size_t at = 0; cfg_map_next(&map, &at, &entry);)
        walked++;
    assert_int_equal(map.count, count);
    assert_int_equal(walked, count);
    cfg_map_release(&map);
}

static void empty_map_answers(void **state)
{
    (void)state;
    struct cfg_map map;
    cfg_map_init(&map);
    assert_null(cfg_map_find(&map, CFG_STR("x")));
    assert_null(cfg_map_remove(&map, CFG_STR("x")));
    cfg_map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_plain_array),
        cmocka_unit_test(empty_map_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
