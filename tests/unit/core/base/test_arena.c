/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/arena.h"

static char order[8];
static size_t ordered;

static void note(void *object)
{
    order[ordered++] = *(char *)object;
}

static void releases_run_newest_first(void **state)
{
    (void)state;
    struct cfg_arena arena;
    char a = 'a', b = 'b';
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_true(cfg_arena_defer(&arena, note, &a));
    assert_true(cfg_arena_defer(&arena, note, &b));
    cfg_arena_release(&arena);
    assert_string_equal(order, "ba");
}

static void ceiling_holds(void **state)
{
    (void)state;
    struct cfg_arena arena;
    struct cfg_err err = CFG_ERR_INIT;
    size_t given = 0;
    cfg_arena_init(&arena, 100000, 1000);
    while (cfg_arena_alloc(&arena, 100))
        given += 100;
    assert_true(given <= 100000);
    assert_true(given > 50000);
    assert_int_equal(cfg_arena_fail(&arena, &err), CFG_TOO_LARGE);
    cfg_arena_release(&arena);
    cfg_arena_init(&arena, 1000, 0);
    assert_null(cfg_arena_alloc(&arena, SIZE_MAX - 4));
    assert_null(cfg_arena_zalloc(&arena, SIZE_MAX / 2, 4));
    cfg_arena_release(&arena);
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    struct cfg_arena arena;
    unsigned char *pieces[300];
    cfg_arena_init(&arena, 1 << 22, 0);
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 37 % 9000 + 1;
        pieces[i] = cfg_arena_alloc(&arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % sizeof(void *), 0);
        memset(pieces[i], (int)(i & 255), size);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 37 % 9000 + 1; k++)
            assert_int_equal(pieces[i][k], i & 255);
    cfg_arena_release(&arena);
}

static void growing_keeps_what_was_there(void **state)
{
    (void)state;
    struct cfg_arena arena;
    int *items = NULL;
    size_t cap = 0;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (int i = 0; i < 1000; i++) {
        assert_true(cfg_arena_grow(&arena, &items, &cap, (size_t)i, sizeof *items));
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    cfg_arena_release(&arena);
}

static void texts_are_terminated(void **state)
{
    (void)state;
    struct cfg_arena arena;
    struct cfg_str text;
    cfg_arena_init(&arena, 1 << 16, 0);
    assert_true(cfg_arena_dup(&arena, CFG_STR("abc"), &text));
    assert_string_equal(text.ptr, "abc");
    assert_true(cfg_arena_printf(&arena, &text, "%d-%s", 7, "x"));
    assert_string_equal(text.ptr, "7-x");
    assert_int_equal(text.len, 3);
    cfg_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_run_newest_first), cmocka_unit_test(ceiling_holds),
        cmocka_unit_test(pieces_do_not_overlap),     cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(texts_are_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
