/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: values and their canonical text, integers of any size, what is refused and where, limits.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/model/limits.h"

#define JSON(cases) parse_cases(cfg_parse_json, cases, CFG_COUNT(cases), false)

static void values(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"{\"b\": [1, -2, true, false, null, \"x\"], \"a\": {}, \"c\": []}",
         "{b=[i:1, i:-2, b:true, b:false, n:, s:x], a={}, c=[]}"},
        {"[1.0, 1e2, -0.0, 0.1, 1E400]", "!corrupt 1:28 real number overflow"},
        {"[1.0, 1e2, -0.0, 0.1, 1e7, 1.5E-7, 123456789.123456789]",
         "[d:1.0, d:100.0, d:-0.0, d:0.1, d:1.0E7, d:1.5E-7, d:1.2345678912345679E8]"},
        {"[0, -0, 9223372036854775807, -9223372036854775808]",
         "[i:0, i:0, i:9223372036854775807, i:-9223372036854775808]"},
        {"\"a\\u00e9\\ud83d\\ude00\\n\\\\\\/\"", "s:a\u00e9\U0001F600\n\\/"},
        {" 5 ", "i:5"},
        {"null", "n:"},
        {"\"\"", "s:"},
        {"{\"\": 1, \"[1]\": 2, \"a.b\": 3}", "{=i:1, [1]=i:2, a.b=i:3}"},
    };
    JSON(cases);
}

static void long_integers(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"[123456789012345678901234567890, -99999999999999999999, 9223372036854775808, "
         "\"1234567890123456789012\"]",
         "[i:123456789012345678901234567890, i:-99999999999999999999, i:9223372036854775808, "
         "s:1234567890123456789012]"},
        {"12345678901234567890", "i:12345678901234567890"},
        {"{\"a\\\"12345678901234567890\": 12345678901234567890.5}",
         "{a\"12345678901234567890=d:1.2345678901234567E19}"},
        {"[12345678901234567890,\n 1, 12345678901234567890, x]", "!corrupt 2:28 invalid token"},
        {"{12345678901234567890: 1}", "!corrupt 1:22 NUL byte in object key not supported"},
        {"[012345678901234567890]", "!corrupt 1:3 invalid token"},
        {"12345678901234567890\"a\"", "!corrupt 1:24 end of file expected"},
    };
    JSON(cases);
}

static void refused(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"", "!corrupt 1:1 unexpected token"},
        {"{\"a\":1,\"a\":2}", "!corrupt 1:11 duplicate object key"},
        {"[1,]", "!corrupt 1:5 unexpected token"},
        {"[1 2]", "!corrupt 1:5 ']' expected"},
        {"{\"a\": 1\n \"b\": 2}", "!corrupt 2:5 '}' expected"},
        {"[01]", "!corrupt 1:3 invalid token"},
        {"'a'", "!corrupt 1:2 invalid token"},
        {"\"a\nb\"", "!corrupt 1:3 unexpected newline"},
        {"\"\xff\"", "!corrupt 1:2 unable to decode byte 0xff"},
        {"[\"x\\u0000\"]", "!corrupt 1:4 a NUL character in a string"},
        {"\"\\ud83d\"", "!corrupt 1:9 invalid Unicode '\\uD83D'"},
        {"NaN", "!corrupt 1:4 invalid token"},
        {"[1] x", "!corrupt 1:6 end of file expected"},
        {"\"secret", "!corrupt 1:8 premature end of input"},
    };
    JSON(cases);
}

static void
hits(const char *before, const char *text, size_t count, const char *after, const char *want)
{
    struct cfg_buf input;
    cfg_buf_init(&input, 64 << 20);
    cfg_buf_str(&input, cfg_str_of(before));
    parse_repeat(&input, text, count);
    cfg_buf_str(&input, cfg_str_of(after));
    parse_begins(cfg_parse_json, &input, want);
    cfg_buf_release(&input);
}

static void limits(void **state)
{
    (void)state;
    hits("", " ", CFG_LIMIT_FILE_BYTES + 1, "", "!too large 0:0 the text is over 16777216 bytes");
    hits("", "[", 64, "", "!corrupt");
    hits("", "[", 1000000, "", "!too large 1:65 over 64 levels of objects and arrays");
    hits("", "{\"a\":", 1000000, "", "!too large 1:321 over 64 levels of objects and arrays");
    hits("[", "[],", 4000000, "1]", "!too large 1:1500001 over 500000 values in the text");
    hits("[", "1,", CFG_LIMIT_NODES, "1]", "!too large 0:0 over 500000 values in the text");
    hits("{\"", "k", CFG_LIMIT_KEY_BYTES, "\":1}", "{kkk");
    hits("{\"", "k", CFG_LIMIT_KEY_BYTES + 1, "\":1}", "!too large 0:0 over 4096 bytes in a key");
    hits("-", "1", 1023, "", "i:-111");
    hits("1", "1", 1024, "", "!too large 1:1 a number of over 1024 characters");
    hits("\"", "\\\"", 1000000, "\"", "s:\"\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(long_integers),
        cmocka_unit_test(refused),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
