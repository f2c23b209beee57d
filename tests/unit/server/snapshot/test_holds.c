/* SPDX-License-Identifier: Apache-2.0 */
/* holds: what is remembered of broken questions, once, in bounds, and no longer than its tip. */
#include "server/snapshot/holds.h"

#include "tests/unit/server/snapshot/trees.h"

static struct cfg_hold hold_of(const char *tip, const char *question)
{
    struct cfg_hold hold = {
        .question = cfg_str_of(question),
        .where = CFG_STR("orders.yml:2"),
        .reason = CFG_STR("orders.yml:2:1: broken"),
        .since_wall_ms = 7,
    };
    snprintf(hold.tip, sizeof hold.tip, "%s", tip);
    return hold;
}

static bool knows(struct cfg_holds *holds, const char *tip, const char *question)
{
    struct cfg_arena arena;
    struct cfg_hold out;
    struct cfg_err err = CFG_ERR_INIT;
    bool found = false;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_int_equal(cfg_holds_find(holds, tip, cfg_str_of(question), &arena, &out, &found, &err),
                     CFG_OK);
    if (found)
        assert_string_equal(out.where.ptr, "orders.yml:2");
    cfg_arena_release(&arena);
    return found;
}

static void each_is_new_once(void **state)
{
    (void)state;
    struct cfg_holds *holds = cfg_holds_new();
    struct cfg_hold hold = hold_of("aaa", "orders/dev");
    assert_false(knows(holds, "aaa", "orders/dev"));
    assert_true(cfg_holds_put(holds, &hold));
    assert_false(cfg_holds_put(holds, &hold)); /* another thread worked out the same */
    assert_true(knows(holds, "aaa", "orders/dev"));
    assert_false(knows(holds, "bbb", "orders/dev"));
    assert_false(knows(holds, "aaa", "orders/prod"));
    cfg_holds_free(holds);
}

static void the_oldest_gives_way(void **state)
{
    (void)state;
    struct cfg_holds *holds = cfg_holds_new();
    char question[32];
    for (int i = 0; i <= CFG_HOLDS; i++) {
        snprintf(question, sizeof question, "q%d", i);
        struct cfg_hold hold = hold_of("aaa", question);
        assert_true(cfg_holds_put(holds, &hold));
    }
    assert_false(knows(holds, "aaa", "q0"));
    assert_true(knows(holds, "aaa", "q1"));
    assert_true(knows(holds, "aaa", question));
    cfg_holds_free(holds);
}

static void they_go_with_their_tip(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_holds *holds = cfg_holds_new();
    make_repo(fixture, "h");
    struct cfg_store *store = open_repo(fixture, "h");
    struct cfg_tips *tips = tips_of(store);
    struct cfg_hold kept = hold_of(tips->head, "q");
    struct cfg_hold gone = hold_of("0123456789012345678901234567890123456789", "q");
    assert_true(cfg_holds_put(holds, &gone));
    assert_true(cfg_holds_put(holds, &kept));
    cfg_holds_prune(holds, tips);
    assert_true(knows(holds, kept.tip, "q"));
    assert_false(knows(holds, gone.tip, "q"));
    cfg_tips_unref(tips);
    cfg_store_close(store);
    cfg_holds_free(holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_new_once),
        cmocka_unit_test(the_oldest_gives_way),
        cmocka_unit_test(they_go_with_their_tip),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
