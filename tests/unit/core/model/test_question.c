/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/question.h"

static struct cfg_arena arena;
static struct cfg_err err;

static int begin(void **state)
{
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    cfg_err_clear(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cfg_arena_release(&arena);
    return 0;
}

static enum cfg_status
ask(const char *name, const char *profiles, const char *label, struct cfg_question *out)
{
    cfg_err_clear(&err);
    return cfg_question_parse(&arena, cfg_str_of(name), cfg_str_of(profiles), cfg_str_of(label),
                              label != NULL, out, &err);
}

static void splits_and_unescapes(void **state)
{
    (void)state;
    struct cfg_question q;
    assert_int_equal(
        ask("foo(_)x,bar,foo(_)x,application", "dev,mysql,dev", "feature(_)x,,main", &q), CFG_OK);
    assert_string_equal(q.name.ptr, "foo/x,bar,foo/x,application");
    assert_int_equal(q.apps.count, 3);
    assert_true(cfg_str_eq(q.apps.items[0], CFG_STR("application")));
    assert_true(cfg_str_eq(q.apps.items[1], CFG_STR("foo/x")));
    assert_int_equal(q.profiles.count, 2);
    assert_string_equal(q.profiles_text.ptr, "dev,mysql,dev");
    assert_int_equal(q.labels.count, 2);
    assert_true(cfg_str_eq(q.labels.items[0], CFG_STR("feature/x")));
}

static void refuses(void **state)
{
    (void)state;
    const struct {
        const char *name, *profiles, *label;
    } bad[] = {
        {"a..b", "dev", NULL},
        {"(_)etc", "dev", NULL},
        {"a#b", "dev", NULL},
        {"a*", "dev", NULL},
        {"a\\b", "dev", NULL},
        {"a\nb", "dev", NULL},
        {"a%2e%2e", "dev", NULL},
        {"a%23", "dev", NULL},
        {"\xff", "dev", NULL},
        {"/etc", "dev", NULL},
        {"a", "-dev", NULL},
        {"a", "dev-", NULL},
        {"a", "d*v", NULL},
        {"a", "dev, x", NULL},
        {"a", "a,,b", NULL},
        {"a", ",a", NULL},
        {"a", "a,", NULL},
        {"a", "de/v", NULL},
        {"a", "a..b", NULL},
        {"a", "dev", "../x"},
        {"a", "dev", "(_)x"},
        {"a", "dev", "x#y"},
        {"a", "dev", "x\\y"},
        {"a", "dev", "x\x7f"},
        {"a", "d\xe2\x82\xacv", NULL},
    };
    for (size_t i = 0; i < CFG_COUNT(bad); i++) {
        struct cfg_question q;
        assert_int_equal(ask(bad[i].name, bad[i].profiles, bad[i].label, &q), CFG_INVALID);
        assert_true(err.message[0] != '\0');
    }
}

static void accepts(void **state)
{
    (void)state;
    const struct {
        const char *name, *profiles, *label;
    } good[] = {
        {"a", "dev", NULL},
        {"", "", NULL},
        {"a", "", ""},
        {"a", "d\xc3\xa9v", "v1.0"},
        {"a", "a@b+c_d.e-f", "x y"},
        {"a b", "1", "%"},
        {"application", "default", "100%25"},
    };
    for (size_t i = 0; i < CFG_COUNT(good); i++) {
        struct cfg_question q;
        assert_int_equal(ask(good[i].name, good[i].profiles, good[i].label, &q), CFG_OK);
    }
}

static void a_flood_of_names_is_refused(void **state)
{
    (void)state;
    static char many[3000];
    struct cfg_question q;
    for (size_t i = 0; i + 1 < sizeof many; i += 2)
        memcpy(many + i, "a,", 2);
    many[sizeof many - 1] = '\0';
    assert_int_equal(ask("a", many, NULL, &q), CFG_INVALID);
    assert_int_equal(ask(many, "dev", NULL, &q), CFG_INVALID);
    assert_int_equal(ask("a", "dev", many, &q), CFG_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(splits_and_unescapes, begin, end),
        cmocka_unit_test_setup_teardown(refuses, begin, end),
        cmocka_unit_test_setup_teardown(accepts, begin, end),
        cmocka_unit_test_setup_teardown(a_flood_of_names_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
