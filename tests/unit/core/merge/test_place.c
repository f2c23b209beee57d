/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place: where imports point.
 */
#include "core/merge/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

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

static void every_kind(void **state)
{
    static const struct {
        const char *importer, *text;
        char kind; /* d, f, e, u */
        const char *base, *extension;
    } rows[] = {
        {"a.yml", "x.yml", 'f', "x", ".yml"},
        {"d/a.yml", "x.yaml", 'f', "d/x", ".yaml"},
        {"/abs/d/a.yml", "x.xml", 'f', "/abs/d/x", ".xml"},
        {"a.yml", "x.properties", 'f', "x", ".properties"},
        {"a.yml", "x.YML", 'f', "x", ".yml"},
        {"a.yml", "s/x.v1.yml", 'f', "s/x.v1", ".yml"},
        {"a.yml", "optional:x.yml", 'f', "x", ".yml"},
        {"a.yml", "resource:x.yml", 'f', "x", ".yml"},
        {"a.yml", "optional:resource:x.yml", 'f', "x", ".yml"},
        {"d/a.yml", "/x.yml", 'f', "/x", ".yml"},
        {"d/a.yml", "/a//b/./../x.yml", 'f', "/a/x", ".yml"},
        {"d/e/a.yml", "../x.yml", 'f', "d/x", ".yml"},
        {"d/e/a.yml", "../../x.yml", 'f', "x", ".yml"},
        {"a.yml", "b/../x.yml", 'f', "x", ".yml"},
        {"a.yml", "./x.yml", 'f', "x", ".yml"},
        {"a.yml", "x[.yaml]", 'f', "x", ""},
        {"a.yml", "x.txt[.Properties]", 'f', "x.txt", ""},
        {"a.yml", "a b.yml", 'f', "a b", ".yml"},
        {"d/a.yml", "x/", 'd', "d/x/", ""},
        {"d/a.yml", "./", 'd', "d/", ""},
        {"a.yml", "./", 'd', "", ""},
        {"d/a.yml", "../", 'd', "", ""},
        {"/d/a.yml", "../", 'd', "/", ""},
        {"a.yml", "/", 'd', "/", ""},
        {"a.yml", "../x.yml", 'e', "", ""},
        {"d/a.yml", "../../x.yml", 'e', "", ""},
        {"/d/a.yml", "../../x.yml", 'e', "", ""},
        {"a.yml", "b/../../x.yml", 'e', "", ""},
        {"a.yml", "../", 'e', "", ""},
        {"a.yml", "", 'e', "", ""},
        {"a.yml", "optional:", 'e', "", ""},
        {"a.yml", "file:/etc/x.yml", 'e', "", ""},
        {"a.yml", "file:x.yml", 'e', "", ""},
        {"a.yml", "optional:file:x.yml", 'e', "", ""},
        {"a.yml", "classpath*:x.yml", 'e', "", ""},
        {"a.yml", "http://h/x.yml", 'e', "", ""},
        {"a.yml", "configserver:", 'e', "", ""},
        {"a.yml", "configtree:/etc/", 'e', "", ""},
        {"a.yml", "*/", 'e', "", ""},
        {"a.yml", "x*.yml", 'e', "", ""},
        {"a.yml", "x\n.yml", 'e', "", ""},
        {"a.yml", "x", 'u', "x", ""},
        {"a.yml", "x.json", 'u', "x.json", ""},
        {"a.yml", "xyml", 'u', "xyml", ""},
        {"a.yml", "x[.json]", 'u', "x", ""},
        {"a.yml", "x[yml]", 'u', "x", ""},
        {"a.yml", "]", 'u', "]", ""},
        {"a.yml", "..", 'e', "", ""},
        {"d/a.yml", "..", 'u', "", ""},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_str text = cfg_str_of(rows[i].text);
        struct cfg_place place;
        assert_true(cfg_place_parse(text, cfg_str_of(rows[i].importer), *state, &place));
        char kind = "dfeu"[place.kind];
        if (kind != rows[i].kind || !cfg_str_eq(place.base, cfg_str_of(rows[i].base)) ||
            !cfg_str_eq(place.extension, cfg_str_of(rows[i].extension)))
            fail_msg("%s in %s: %c \"%.*s\" \"%.*s\"", rows[i].text, rows[i].importer, kind,
                     CFG_STR_ARG(place.base), CFG_STR_ARG(place.extension));
        assert_int_equal(place.optional, cfg_str_starts(text, CFG_STR("optional:")));
        assert_true(cfg_str_eq(place.text, text));
    }
    struct cfg_place place;
    assert_true(
        cfg_place_parse(cfg_str_make("x.yml\0y.yml", 11), CFG_STR("a.yml"), *state, &place));
    assert_int_equal(place.kind, CFG_PLACE_ELSEWHERE);
}

static bool below(const char *base, const char *directory)
{
    struct cfg_place place = {.base = cfg_str_of(base)};
    return cfg_place_is_below(&place, cfg_str_of(directory));
}

static void below_a_location(void **state)
{
    (void)state;
    assert_true(below("x", ""));
    assert_true(below("d/x", ""));
    assert_true(below("d/x", "d/"));
    assert_true(below("d/", "d/"));
    assert_true(below("/abs/d/x", "/abs/"));
    assert_false(below("/abs/x", ""));
    assert_false(below("dx", "d/"));
    assert_false(below("/abs2/x", "/abs/"));
    assert_false(below("x", "/abs/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(below_a_location),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
