/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers: doubles in Java's form, also in a locale with a decimal comma; integers of any base.
 */
#include "tests/unit/core/parse/parse_text.h"

#include <locale.h>
#include <math.h>

#include "core/parse/number.h"

static void java_form(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {100.0, "100.0"},
        {0.001, "0.001"},
        {0.00099, "9.9E-4"},
        {0.0123, "0.0123"},
        {9999999.0, "9999999.0"},
        {9999999.5, "9999999.5"},
        {1e7, "1.0E7"},
        {12345678.9, "1.23456789E7"},
        {1234567.0, "1234567.0"},
        {3.14159, "3.14159"},
        {1e22, "1.0E22"},
        {6.02e23, "6.02E23"},
        {1.1e-7, "1.1E-7"},
        {4.9e-324, "4.9E-324"},
        {2e-323, "2.0E-323"},
        {2.2250738585072014e-308, "2.2250738585072014E-308"},
        {1.7976931348623157e308, "1.7976931348623157E308"},
        {123456789.123456789, "1.2345678912345679E8"},
        {0.30000000000000004, "0.30000000000000004"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
        {NAN, "NaN"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        char got[CFG_NUMBER_JAVA_BYTES];
        size_t len = cfg_number_java(cases[i].value, got);
        assert_string_equal(got, cases[i].want);
        assert_int_equal(len, strlen(got));
    }
}

/* Any double reads back as itself, and no shorter text does. */
static void round_trip(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        char text[CFG_NUMBER_JAVA_BYTES];
        double value, back;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (isnan(value) || isinf(value))
            continue;
        size_t len = cfg_number_java(value, text);
        assert_true(cfg_number_read(cfg_str_make(text, len), &back));
        assert_memory_equal(&value, &back, sizeof value);
    }
}

static void reading(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } good[] = {
        {"12", 12},     {"12.5", 12.5},    {".5", 0.5},
        {"5.", 5},      {"1e3", 1000},     {"-1.5E-3", -0.0015},
        {"+2", 2},      {"0.000001e6", 1}, {"1e-999999999999", 0},
        {"00.10", 0.1},
    };
    static const char *const bad[] = {"",   ".",  "-",     "+",  "e5",  ".e5",  "1e",  "1e+",
                                      "1 ", " 1", "1.2.3", "1f", "0x1", "1e5x", "--1", "1_0"};
    double got;
    for (size_t i = 0; i < CFG_COUNT(good); i++) {
        assert_true(cfg_number_read(cfg_str_of(good[i].text), &got));
        assert_true(got == good[i].want);
    }
    assert_true(cfg_number_read(CFG_STR("1e999999999999"), &got) && isinf(got));
    for (size_t i = 0; i < CFG_COUNT(bad); i++)
        assert_false(cfg_number_read(cfg_str_of(bad[i]), &got));
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        unsigned base;
        bool negative;
        const char *want; /* "": refused */
    } cases[] = {
        {"0", 10, false, "0"},
        {"0", 10, true, "0"},
        {"000", 8, true, "0"},
        {"12", 10, true, "-12"},
        {"755", 8, false, "493"},
        {"fF", 16, false, "255"},
        {"101", 2, false, "5"},
        {"1000000000", 10, false, "1000000000"},
        {"ffffffffffffffffffffffff", 16, false, "79228162514264337593543950335"},
        {"100000000000000000000000000000000000000000000000000000000000000000", 2, false,
         "36893488147419103232"},
        {"12:30:45", 10, false, "45045"},
        {"1:99", 10, false, "159"},
        {"1:000000059", 10, true, "-119"},
        {"", 10, false, ""},
        {"8", 8, false, ""},
        {"2", 2, false, ""},
        {"g", 16, false, ""},
        {"1:", 10, false, ""},
        {":1", 10, false, ""},
        {"1::2", 10, false, ""},
        {"1:x", 10, false, ""},
        {"1:2", 8, false, ""},
        {"1:0123456789", 10, false, ""},
        {"1.5", 10, false, ""},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        char got[CFG_NUMBER_INT_BYTES];
        size_t len =
            cfg_number_int(cfg_str_of(cases[i].digits), cases[i].base, cases[i].negative, got);
        assert_int_equal(len, strlen(cases[i].want));
        if (len)
            assert_string_equal(got, cases[i].want);
    }
}

static void longest_integers(void **state)
{
    (void)state;
    char digits[CFG_NUMBER_INT_CHARS + 1];
    char got[CFG_NUMBER_INT_BYTES];
    memset(digits, 'f', sizeof digits);
    assert_int_equal(cfg_number_int(cfg_str_make(digits, CFG_NUMBER_INT_CHARS), 16, true, got),
                     1235);
    assert_memory_equal(got, "-104438888141315250669175271071662438257996424904738378038423", 61);
    assert_int_equal(cfg_number_int(cfg_str_make(digits, sizeof digits), 16, true, got), 0);
    memset(digits, '9', sizeof digits);
    assert_int_equal(cfg_number_int(cfg_str_make(digits, CFG_NUMBER_INT_CHARS), 10, false, got),
                     CFG_NUMBER_INT_CHARS);
    assert_memory_equal(got, digits, CFG_NUMBER_INT_CHARS);
}

/* A host program may have set any locale; where none with a comma is installed this repeats the above. */
static void locale_with_comma(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"};
    for (size_t i = 0; i < CFG_COUNT(names) && setlocale(LC_NUMERIC, names[i]) == NULL; i++)
        continue;
    java_form(state);
    reading(state);
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(java_form),        cmocka_unit_test(round_trip),
        cmocka_unit_test(reading),          cmocka_unit_test(integers),
        cmocka_unit_test(longest_integers), cmocka_unit_test(locale_with_comma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
