/* SPDX-License-Identifier: Apache-2.0 */
/* Codes against the vectors of RFC 4231, digits, and texts that are nearly the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/crypto/hmac.h"

static void same_as(struct cfg_str key, struct cfg_str text, const char *hex)
{
    unsigned char made[CFG_HMAC_BYTES], wanted[CFG_HMAC_BYTES];
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_hmac_sha256(key, text, made, &err), CFG_OK);
    assert_true(cfg_hmac_parse(cfg_str_of(hex), wanted));
    assert_true(cfg_hmac_same(made, wanted));
    assert_memory_equal(made, wanted, CFG_HMAC_BYTES);
    wanted[CFG_HMAC_BYTES - 1] ^= 1;
    assert_false(cfg_hmac_same(made, wanted));
    wanted[CFG_HMAC_BYTES - 1] ^= 1;
    wanted[0] ^= 0x80;
    assert_false(cfg_hmac_same(made, wanted));
}

static void test_vectors(void **state)
{
    (void)state;
    char key[131];
    memset(key, 0x0b, 20);
    same_as(cfg_str_make(key, 20), CFG_STR("Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    same_as(CFG_STR("Jefe"), CFG_STR("what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    same_as(cfg_str_make(key, sizeof key),
            CFG_STR("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    same_as(CFG_STR_NONE, CFG_STR_NONE,
            "B613679A0814D9EC772F95D778C35FC5FF1697C493715653C6C712144292C5AD");
}

static void test_digits(void **state)
{
    (void)state;
    unsigned char out[CFG_HMAC_BYTES];
    char hex[66];
    memset(hex, 'f', sizeof hex);
    assert_true(cfg_hmac_parse(cfg_str_make(hex, 64), out));
    assert_int_equal(out[31], 0xff);
    assert_false(cfg_hmac_parse(cfg_str_make(hex, 63), out));
    assert_false(cfg_hmac_parse(cfg_str_make(hex, 65), out));
    assert_false(cfg_hmac_parse(CFG_STR_NONE, out));
    for (int c = 0; c < 256; c++) {
        hex[63] = (char)c;
        bool digit = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
        assert_int_equal(cfg_hmac_parse(cfg_str_make(hex, 64), out), digit);
    }
}

static bool same(struct cfg_str a, struct cfg_str b)
{
    struct cfg_err err = CFG_ERR_INIT;
    bool out;
    assert_int_equal(cfg_hmac_same_text(a, b, &out, &err), CFG_OK);
    return out;
}

static void test_texts(void **state)
{
    (void)state;
    assert_true(same(CFG_STR("hunter2"), CFG_STR("hunter2")));
    assert_true(same(CFG_STR_NONE, CFG_STR("")));
    assert_false(same(CFG_STR("hunter2"), CFG_STR("hunter3")));
    assert_false(same(CFG_STR("hunter"), CFG_STR("hunter2")));
    assert_false(same(CFG_STR("hunter2\0"), CFG_STR("hunter2")));
    assert_false(same(CFG_STR_NONE, CFG_STR("hunter2")));
    assert_false(same(CFG_STR("hunter2"), CFG_STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
