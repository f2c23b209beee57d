/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activate: expressions as a Spring Cloud Config server reads them for the profile `dev`, and more.
 */
#include "core/merge/activate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/limits.h"

static enum cfg_status ask(struct cfg_str expression, const char *profiles, bool *out)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str items[8];
    struct cfg_strs list = {items, 0};
    struct cfg_str rest = cfg_str_of(profiles);
    while (cfg_str_cut(&rest, ',', &items[list.count]))
        list.count++;
    enum cfg_status status = cfg_activate_expression(expression, &list, out, &err);
    assert_int_equal(status, err.status);
    if (status == CFG_INVALID)
        assert_non_null(strstr(err.message, "Malformed profile expression"));
    return status;
}

static void for_dev(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        char want; /* '+', '-', or 'x' for malformed */
    } rows[] = {
        {"dev", '+'},
        {"prod", '-'},
        {"DEV", '-'},
        {" dev ", '+'},
        {"!dev", '-'},
        {"!prod", '+'},
        {"!!dev", '+'},
        {"dev | prod", '+'},
        {"prod|dev", '+'},
        {"dev||qa", '+'},
        {"dev & prod", '-'},
        {"dev&dev", '+'},
        {"dev & !x", '+'},
        {"dev & (a | b)", '-'},
        {"dev & (dev | b)", '+'},
        {"(dev & qa) | x", '-'},
        {"!(qa | x)", '+'},
        {"!(dev)", '-'},
        {"!(x) & dev", '+'},
        {"!dev | !qa", '+'},
        {"((((dev))))", '+'},
        {"dev one", '-'}, /* blanks do not separate names */
        /* tolerated: what is missing at the ends */
        {"(dev", '+'},
        {"dev)", '+'},
        {"dev & (qa", '-'},
        {"a) | dev", '+'},
        {"!dev & qa) | dev", '+'},
        {"dev &", '+'},
        {"& dev", '+'},
        {"dev | ", '+'},
        /* without an operator: or */
        {"dev !x", '+'},
        {"!x dev", '+'},
        {"(dev) (qa)", '+'},
        {"(x | y) dev", '+'},
        {"(x) (y)", '-'},
        /* malformed */
        {"", 'x'},
        {"  ", 'x'},
        {"()", 'x'},
        {"!", 'x'},
        {"&", 'x'},
        {")", 'x'},
        {"dev & !", 'x'},
        {"dev & ()", 'x'},
        {"dev & | qa", 'x'},
        {"dev | qa & x", 'x'},
        {"dev & a | b", 'x'},
        {"dev | (a & b | c)", 'x'},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        bool active;
        enum cfg_status status = ask(cfg_str_of(rows[i].expression), "dev", &active);
        char got = status == CFG_OK ? (active ? '+' : '-') : status == CFG_INVALID ? 'x' : '?';
        if (got != rows[i].want)
            fail_msg("\"%s\": %c instead of %c", rows[i].expression, got, rows[i].want);
    }
}

static void for_other_sets(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *profiles;
        bool want;
    } rows[] = {
        {"!prod", "default", true},         {"default", "default", true},
        {"dev & a", "a,dev", true},         {"dev & (a | b)", "dev,b", true},
        {"!(a & b)", "a,b", false},         {"!a & !b", "c", true},
        {"d\xc3\xa9v", "d\xc3\xa9v", true}, {"a.b-c_d@e+f", "a.b-c_d@e+f", true},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        bool active;
        assert_int_equal(ask(cfg_str_of(rows[i].expression), rows[i].profiles, &active), CFG_OK);
        assert_int_equal(active, rows[i].want);
    }
}

static void limits(void **state)
{
    (void)state;
    char text[CFG_LIMIT_EXPRESSION_BYTES + 1];
    bool active = true;
    memset(text, 'x', sizeof text);
    assert_int_equal(ask(cfg_str_make(text, sizeof text - 1), "dev", &active), CFG_OK);
    assert_int_equal(ask(cfg_str_make(text, sizeof text), "dev", &active), CFG_TOO_LARGE);
    assert_false(active);
    memset(text, '(', sizeof text);
    assert_int_equal(ask(cfg_str_make(text, 4000), "dev", &active), CFG_TOO_LARGE);
    memset(text, '!', sizeof text);
    assert_int_equal(ask(cfg_str_make(text, 4000), "dev", &active), CFG_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(for_dev),
        cmocka_unit_test(for_other_sets),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
