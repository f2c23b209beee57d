/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profiles: names that may be active, and how groups expand.
 */
#include "core/merge/profiles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/limits.h"

static int setup(void **state)
{
    struct cfg_arena *arena = calloc(1, sizeof *arena);
    cfg_arena_init(arena, 1 << 20, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    cfg_arena_release(*state);
    free(*state);
    return 0;
}

static void names(void **state)
{
    static const char *const good[] = {"dev", "a.b-c_d@e+f", "1", "d\xc3\xa9v", "\xc3\xa9"};
    static const char *const bad[] = {"",    "x y", "-x",  "x.", "a/b",     "../x",
                                      "a,b", "*",   "a\n", ".",  "${nope}", "a#b"};
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(good); i++)
        assert_null(cfg_profiles_flaw(cfg_str_of(good[i])));
    for (size_t i = 0; i < CFG_COUNT(bad); i++)
        assert_non_null(cfg_profiles_flaw(cfg_str_of(bad[i])));
    assert_non_null(cfg_profiles_flaw(cfg_str_make("a\0b", 3)));
}

static void
group(struct cfg_profiles *p, struct cfg_arena *arena, const char *name, const char *members)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_group made = {.name = cfg_str_of(name)};
    struct cfg_str rest = cfg_str_of(members);
    made.members.items = cfg_arena_zalloc(arena, rest.len + 1, sizeof *made.members.items);
    assert_non_null(made.members.items);
    while (cfg_str_cut(&rest, ',', &made.members.items[made.members.count]))
        made.members.count++;
    assert_int_equal(cfg_profiles_add_group(p, &made, arena, &err), CFG_OK);
}

static const char *add(struct cfg_profiles *p, struct cfg_arena *arena, const char *name)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str out = CFG_STR("");
    assert_int_equal(cfg_profiles_add(p, cfg_str_of(name), arena, &err), CFG_OK);
    for (size_t i = 0; i < p->list.count; i++)
        assert_true(cfg_arena_printf(arena, &out, "%.*s%s%.*s", CFG_STR_ARG(out), i ? "," : "",
                                     CFG_STR_ARG(p->list.items[i])));
    return out.ptr;
}

static void groups_expand(void **state)
{
    struct cfg_profiles p = {0};
    group(&p, *state, "x", "a,b");
    group(&p, *state, "x", "never"); /* the first counts */
    group(&p, *state, "a", "x,c");   /* a ring ends */
    assert_string_equal(add(&p, *state, "y"), "y");
    assert_string_equal(add(&p, *state, "x"), "y,x,a,c,b");
    assert_string_equal(add(&p, *state, "b"), "y,x,a,c,b");
    assert_true(cfg_profiles_has(&p, CFG_STR("c")));
    assert_false(cfg_profiles_has(&p, CFG_STR("never")));
}

static void too_many(void **state)
{
    struct cfg_profiles p = {0};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str name;
    for (int i = 0; i < CFG_LIMIT_PROFILES; i++) {
        assert_true(cfg_arena_printf(*state, &name, "p%d", i));
        assert_int_equal(cfg_profiles_add(&p, name, *state, &err), CFG_OK);
    }
    assert_int_equal(cfg_profiles_add(&p, CFG_STR("p0"), *state, &err), CFG_OK);
    assert_int_equal(cfg_profiles_add(&p, CFG_STR("more"), *state, &err), CFG_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(groups_expand),
        cmocka_unit_test(too_many),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
