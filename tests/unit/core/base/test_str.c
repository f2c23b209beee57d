/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/defs.h"
#include "core/base/str.h"

static void cut_gives_every_piece(void **state)
{
    (void)state;
    struct cfg_str rest = CFG_STR("a,,b,");
    struct cfg_str piece;
    const char *want[] = {"a", "", "b", ""};
    for (size_t i = 0; i < CFG_COUNT(want); i++) {
        assert_true(cfg_str_cut(&rest, ',', &piece));
        assert_true(cfg_str_eq(piece, cfg_str_of(want[i])));
    }
    assert_false(cfg_str_cut(&rest, ',', &piece));
}

static void searching(void **state)
{
    (void)state;
    struct cfg_str s = CFG_STR("abcabc");
    assert_int_equal(cfg_str_chr(s, 'c'), 2);
    assert_int_equal(cfg_str_rchr(s, 'c'), 5);
    assert_int_equal(cfg_str_chr(s, 'x'), 6);
    assert_int_equal(cfg_str_find(s, CFG_STR("ca")), 2);
    assert_int_equal(cfg_str_find(s, CFG_STR("cb")), 6);
    assert_int_equal(cfg_str_find(s, CFG_STR("abcabcd")), 6);
    assert_int_equal(cfg_str_find(CFG_STR(""), CFG_STR("a")), 0);
    assert_int_equal(cfg_str_find(CFG_STR("aab"), CFG_STR("ab")), 1);
}

static void parts_are_clipped(void **state)
{
    (void)state;
    struct cfg_str s = CFG_STR("abc");
    assert_true(cfg_str_eq(cfg_str_sub(s, 1, 100), CFG_STR("bc")));
    assert_int_equal(cfg_str_sub(s, 3, 1).len, 0);
    assert_int_equal(cfg_str_sub(s, 9, 1).len, 0);
    assert_true(cfg_str_eq(cfg_str_trim(CFG_STR(" \t a b \r\n")), CFG_STR("a b")));
    assert_int_equal(cfg_str_trim(CFG_STR("  ")).len, 0);
}

static void comparing(void **state)
{
    (void)state;
    assert_true(cfg_str_cmp(CFG_STR("a"), CFG_STR("ab")) < 0);
    assert_true(cfg_str_cmp(CFG_STR("b"), CFG_STR("ab")) > 0);
    assert_int_equal(cfg_str_cmp(CFG_STR_NONE, CFG_STR("")), 0);
    assert_true(cfg_str_eq_nocase(CFG_STR("UTF-8"), CFG_STR("utf-8")));
    assert_true(cfg_str_starts(CFG_STR("abc"), CFG_STR("")));
    assert_true(cfg_str_ends(CFG_STR("a.yml"), CFG_STR(".yml")));
    assert_false(cfg_str_ends(CFG_STR("yml"), CFG_STR(".yml")));
}

static void escapes(void **state)
{
    (void)state;
    struct cfg_str s = CFG_STR("%41%aF%0g%4");
    assert_int_equal(cfg_str_escape(s, 0), 0x41);
    assert_int_equal(cfg_str_escape(s, 3), 0xaf);
    assert_int_equal(cfg_str_escape(s, 6), -1); /* no digit */
    assert_int_equal(cfg_str_escape(s, 9), -1); /* not whole */
    assert_int_equal(cfg_str_escape(s, 1), -1); /* no percent sign */
    assert_int_equal(cfg_str_escape(s, 99), -1);
    for (int c = 0; c < 256; c++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *at = c ? strchr(digits, c) : NULL;
        long want = at == NULL ? -1 : at - digits < 16 ? at - digits : at - digits - 6;
        assert_int_equal(cfg_str_hex_digit((char)c), want);
    }
}

static void copies(void **state)
{
    (void)state;
    char *copy = cfg_str_copy(cfg_str_make("a\0b", 3));
    char *empty = cfg_str_copy(CFG_STR_NONE);
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(empty, "");
    free(copy);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_gives_every_piece),
        cmocka_unit_test(searching),
        cmocka_unit_test(parts_are_clipped),
        cmocka_unit_test(comparing),
        cmocka_unit_test(escapes),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
