/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/rand.h"
#include "server/snapshot/bodies.h"

enum { CEILING = 100000 };

static struct cfg_body *make(size_t size, char fill)
{
    static char bytes[40000];
    memset(bytes, fill, size);
    struct cfg_body *body =
        cfg_body_new(cfg_str_make(bytes, size), CFG_STR("c0ffee"), CFG_STR_NONE);
    assert_non_null(body);
    return body;
}

static void least_recently_used_goes_first(void **state)
{
    (void)state;
    struct cfg_bodies *bodies;
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_bodies_new(CEILING, &bodies, &err), CFG_OK);
    const char *keys[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) {
        struct cfg_body *body = make(24000, keys[i][0]);
        cfg_bodies_put(bodies, cfg_str_of(keys[i]), body);
        cfg_body_unref(body);
        if (i == 2) /* "a" is used: "b" is the oldest now */
            cfg_body_unref(cfg_bodies_find(bodies, CFG_STR("a")));
    }
    struct cfg_body *body = make(24000, 'e');
    cfg_bodies_put(bodies, CFG_STR("e"), body);
    cfg_body_unref(body);
    assert_null(cfg_bodies_find(bodies, CFG_STR("b")));
    struct cfg_body *a = cfg_bodies_find(bodies, CFG_STR("a"));
    assert_non_null(a);
    assert_int_equal(a->bytes.ptr[23999], 'a');
    cfg_bodies_free(bodies); /* a body outlives the cache that lent it */
    assert_int_equal(a->bytes.ptr[0], 'a');
    assert_true(cfg_str_eq(a->version, CFG_STR("c0ffee")));
    cfg_body_unref(a);
}

static void never_over_its_ceiling(void **state)
{
    (void)state;
    struct cfg_bodies *bodies;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_rand rand;
    uint64_t seed = cfg_rand_fresh();
    print_message("seed %llu\n", (unsigned long long)seed);
    cfg_rand_seed(&rand, seed);
    assert_int_equal(cfg_bodies_new(CEILING, &bodies, &err), CFG_OK);
    for (int i = 0; i < 5000; i++) {
        char key[16];
        size_t bytes;
        size_t count;
        struct cfg_body *body = make((size_t)cfg_rand_below(&rand, 40000), 'x');
        snprintf(key, sizeof key, "%d", (int)cfg_rand_below(&rand, 30));
        cfg_bodies_put(bodies, cfg_str_of(key), body);
        cfg_body_unref(body);
        cfg_bodies_size(bodies, &bytes, &count);
        assert_true(bytes <= CEILING);
    }
    cfg_bodies_free(bodies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_recently_used_goes_first),
        cmocka_unit_test(never_over_its_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
