/* SPDX-License-Identifier: Apache-2.0 */
/* Names: elements, uniform comparison, the environment's form, distances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/app/settings_parts.h"

static void test_elements(void **state)
{
    static const struct {
        const char *key;
        const char *elements; /* joined by "|", bracketed ones behind "#" */
    } cases[] = {
        {"a", "a"},
        {"a.b-c.D", "a|b-c|D"},
        {"a[0].b", "a|#0|b"},
        {"a[x.y][1]", "a|#x.y|#1"},
        {"[a.b].c", "#a.b|c"},
        {"a..b.", "a|b"},
        {"a[]", "a"},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_path path;
        struct cfg_buf got;

        cfg_buf_init(&got, 256);
        assert_true(cfg_path_parse(cfg_str_of(cases[i].key), &path));
        for (size_t k = 0; k < path.count; k++)
            cfg_buf_printf(&got, "%s%s%.*s", k > 0 ? "|" : "", path.items[k].bracketed ? "#" : "",
                           CFG_STR_ARG(path.items[k].text));
        assert_string_equal(got.ptr, cases[i].elements);
        cfg_buf_release(&got);
    }
}

static void test_no_names(void **state)
{
    static const char *const keys[] = {"", ".", "[]", "a[0", "["};
    char deep[3 * CFG_PATH_ELEMENTS + 8] = "";
    char longer[CFG_NAME_BYTES + 8];
    struct cfg_path path;

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(keys); i++)
        assert_false(cfg_path_parse(cfg_str_of(keys[i]), &path));
    for (size_t i = 0; i <= CFG_PATH_ELEMENTS; i++)
        memcpy(deep + 2 * i, "a.", 3);
    assert_false(cfg_path_parse(cfg_str_of(deep), &path));
    memset(longer, 'a', sizeof(longer));
    assert_false(cfg_path_parse(cfg_str_make(longer, CFG_NAME_BYTES + 1), &path));
    assert_true(cfg_path_parse(cfg_str_make(longer, CFG_NAME_BYTES), &path));
    assert_false(cfg_path_parse_env(cfg_str_make(longer, CFG_NAME_BYTES + 1), &path));
    assert_false(cfg_path_parse_env(CFG_STR("___"), &path));
}

static void test_uniform(void **state)
{
    static const struct {
        const char *key;
        bool env;
        const char *row;
        bool same;
    } cases[] = {
        {"search-paths", false, "search-paths", true},
        {"searchPaths", false, "search-paths", true},
        {"SEARCH_PATHS", false, "search-paths", true},
        {"search.paths", false, "search-paths", false},
        {"searchpath", false, "search-paths", false},
        {"searchpathss", false, "search-paths", false},
        {"a.search-paths", false, "a.search-paths", true},
        {"asearch-paths", false, "a.search-paths", false},
        {"A_SEARCH_PATHS", true, "a.search-paths", true},
        {"A_SEARCHPATHS", true, "a.search-paths", true},
        {"ASEARCHPATHS", true, "a.search-paths", true},
        {"A_SEARCHPATH", true, "a.search-paths", false},
        {"A_SEARCHPATHS_X", true, "a.search-paths", false},
        {"proxy.http", false, "proxy", false},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_str key = cfg_str_of(cases[i].key);
        struct cfg_path path;

        assert_true(cases[i].env ? cfg_path_parse_env(key, &path) : cfg_path_parse(key, &path));
        if (cfg_path_is(&path, 0, path.count, cases[i].row) != cases[i].same)
            fail_msg("%s against %s", cases[i].key, cases[i].row);
    }
    assert_true(cfg_name_same(CFG_STR("Team-One"), CFG_STR("team_one")));
    assert_false(cfg_name_same(CFG_STR("team"), CFG_STR("teams")));
    assert_true(cfg_name_same(CFG_STR_NONE, CFG_STR("-")));
}

static void test_eating_and_indexes(void **state)
{
    struct cfg_path path;
    size_t index;

    (void)state;
    assert_true(cfg_path_parse_env(CFG_STR("SPRING_CLOUD_CONFIG_SERVER_GIT_URI"), &path));
    assert_int_equal(cfg_path_eat(&path, 0, CFG_SERVER_PREFIX), 4);
    assert_int_equal(cfg_path_eat(&path, 4, "git"), 1);
    assert_int_equal(cfg_path_eat(&path, 4, "native"), 0);
    assert_true(cfg_path_parse(CFG_STR("a[12].b[x][1234567].3"), &path));
    assert_true(cfg_path_index(&path, 1, &index));
    assert_int_equal(index, 12);
    assert_false(cfg_path_index(&path, 0, &index));
    assert_false(cfg_path_index(&path, 3, &index));
    assert_false(cfg_path_index(&path, 4, &index));
    assert_false(cfg_path_index(&path, 5, &index));
    assert_false(cfg_path_index(&path, 6, &index));
    assert_true(cfg_path_parse_env(CFG_STR("A_3"), &path));
    assert_true(cfg_path_index(&path, 1, &index));
    assert_int_equal(index, 3);
}

static void test_distance(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},       {"abc", "abc", 0},   {"abc", "", 3},           {"", "abc", 3},
        {"abc", "abd", 1}, {"abc", "acb", 1},   {"abc", "xabc", 1},       {"gti.uri", "git.uri", 1},
        {"ca", "abc", 3},  {"abcd", "badc", 2}, {"kitten", "sitting", 3},
    };
    char longer[2 * CFG_NAME_BYTES];

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++)
        assert_int_equal(cfg_name_distance(cfg_str_of(cases[i].a), cfg_str_of(cases[i].b)),
                         cases[i].distance);
    memset(longer, 'a', sizeof(longer));
    assert_int_equal(cfg_name_distance(cfg_str_make(longer, sizeof(longer)), CFG_STR("a")),
                     CFG_NAME_BYTES - 1);
}

/* No two settings may be the same name, in any form in which one may be written. */
static void test_no_two_rows_collide(void **state)
{
    (void)state;
    for (size_t i = 0; i < cfg_row_count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct cfg_row *a = &cfg_rows[i], *b = &cfg_rows[k];
            struct cfg_path path;

            if (a->scope == CFG_SCOPE_HEADING || a->scope != b->scope)
                continue;
            assert_true(cfg_path_parse(cfg_str_of(a->key), &path));
            path.loose = true;
            if (cfg_path_is(&path, 0, path.count, b->key))
                fail_msg("%s is %s", a->key, b->key);
        }
    }
}

static void test_every_short_form_is_one_name(void **state)
{
    static const char *const left_out[] = {"", CFG_SERVER_PREFIX ".", "strata."};
    const char *names[1024];
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < cfg_row_count; i++) {
        for (size_t k = 0; k < CFG_COUNT(left_out); k++) {
            size_t len = strlen(left_out[k]);

            if (cfg_rows[i].scope == CFG_SCOPE_ROOT &&
                strncmp(cfg_rows[i].key, left_out[k], len) == 0)
                names[count++] = cfg_rows[i].key + len;
        }
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(strncmp(names[i], "git.uri", 7), 0);
        for (size_t k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                fail_msg("%s is the short form of two settings", names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_eating_and_indexes),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_no_two_rows_collide),
        cmocka_unit_test(test_every_short_form_is_one_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
