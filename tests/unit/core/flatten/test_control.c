/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: which spellings are control keys, and how values become lists. A document is written as
 * pairs of key and value; what is found is compared as one line.
 */
#include "core/flatten/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct cfg_arena *arena = calloc(1, sizeof *arena);
    cfg_arena_init(arena, 64 << 20, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    cfg_arena_release(*state);
    free(*state);
    return 0;
}

enum { PAIRS = 5 };

static const struct cfg_control *find(struct cfg_arena *arena, const char *const pairs[][2])
{
    struct cfg_prop items[PAIRS];
    struct cfg_props props = {items, 0};
    const struct cfg_control *control;
    struct cfg_err err = CFG_ERR_INIT;
    for (; props.count < PAIRS && pairs[props.count][0]; props.count++) {
        struct cfg_value value = {CFG_KIND_STRING, cfg_str_of(pairs[props.count][1])};
        items[props.count] =
            cfg_prop_make(cfg_str_of(pairs[props.count][0]), value, (uint32_t)props.count + 1, 1);
    }
    assert_int_equal(cfg_control_find(&props, arena, &control, &err), CFG_OK);
    return control;
}

static void show_list(struct cfg_arena *arena,
                      struct cfg_str *out,
                      const char *name,
                      bool present,
                      const struct cfg_strs *list)
{
    if (!present)
        return;
    assert_true(cfg_arena_printf(arena, out, "%.*s%s(", CFG_STR_ARG(*out), name));
    for (size_t i = 0; list && i < list->count; i++)
        assert_true(cfg_arena_printf(arena, out, "%.*s%s%.*s", CFG_STR_ARG(*out), i ? "|" : "",
                                     CFG_STR_ARG(list->items[i])));
    assert_true(cfg_arena_printf(arena, out, "%.*s)", CFG_STR_ARG(*out)));
}

static const char *show(struct cfg_arena *arena, const struct cfg_control *c)
{
    struct cfg_str out = CFG_STR("");
    if (c == NULL)
        return "none";
    show_list(arena, &out, "on", c->has_on_profile, &c->on_profile);
    show_list(arena, &out, "cloud", c->has_on_cloud_platform, NULL);
    show_list(arena, &out, "import", c->imports.count > 0, &c->imports);
    show_list(arena, &out, "include", c->has_include, &c->includes);
    show_list(arena, &out, "active", c->has_active, NULL);
    show_list(arena, &out, "default", c->has_default, NULL);
    show_list(arena, &out, "legacy", c->has_legacy_profiles, NULL);
    for (size_t i = 0; i < c->group_count; i++) {
        assert_true(cfg_arena_printf(arena, &out, "%.*s%.*s:", CFG_STR_ARG(out),
                                     CFG_STR_ARG(c->groups[i].name)));
        show_list(arena, &out, "group", true, &c->groups[i].members);
    }
    return out.ptr;
}

/* Each with the value "zz". */
static void spellings(void **state)
{
    static const struct {
        const char *key, *want;
    } rows[] = {
        {"spring.config.activate.on-profile", "on(zz)"},
        {"spring.config.activate.onProfile", "on(zz)"},
        {"spring.config.activate.on_profile", "on(zz)"},
        {"spring.config.activate.ONPROFILE", "on(zz)"},
        {"Spring.Config.Activate.On-Profile", "on(zz)"},
        {"s-pring.con_fig.activate.onprofile", "on(zz)"},
        {"spring.config.activate.on profile", "on(zz)"},
        {"spring.config.activate.on-profile.", "on(zz)"},
        {"spring..config.activate.on-profile", "on(zz)"},
        {"_spring.config.activate.on-profile", "on(zz)"},
        {".spring.config.activate.on-profile", "on(zz)"},
        {"spring[config].activate.onprofile", "on(zz)"},
        {"spring.config.activate[onprofile]", "on(zz)"},
        {"[spring].config.activate.onprofile", "on(zz)"},
        {"spring.config.activate.on-profile[0]", "on(zz)"},
        {"spring.config.activate.on-profile[1]", "on(zz)"},
        {"SPRING_CONFIG_ACTIVATE_ONPROFILE", "none"},
        {"spring_config.activate.on-profile", "none"},
        {"spring.configactivate.on-profile", "none"},
        {"spring.config.activate_on-profile", "none"},
        {"spring.config.activate.on.profile", "none"},
        {"spring.config.activate.on-profile x", "none"},
        {"spring.config.activate.on-profil", "none"},
        {"spring.config.activate.on-profile.a", "none"},
        {"spring.config.activate.on-profile[a]", "none"},
        {"spring.config.activate.on-profile[]", "none"},
        {"spring.config.activate.on-profile[0].x", "none"},
        {"spring.config.activate.on-profile[99999999999]", "none"},
        {"x.spring.config.activate.on-profile", "none"},
        {"springs.config.import", "none"},
        {"sprin", "none"},
        {"spring", "none"},
        {"", "none"},
        {"...", "none"},
        {"spring.config", "none"},
        {"spring.datasource.url", "none"},
        {"spring.config.activate.on-cloud-platform", "cloud()"},
        {"spring.config.activate.onCloudPlatform", "cloud()"},
        {"spring.config.import", "import(zz)"},
        {"spring.config.Import[3]", "import(zz)"},
        {"spring.config.imports", "none"},
        {"spring.profiles.include", "include(zz)"},
        {"spring.profiles.In_clude[0]", "include(zz)"},
        {"spring.profiles.active", "active()"},
        {"spring.profiles.active[0]", "active()"},
        {"spring.profiles.default", "default()"},
        {"spring.profiles", "legacy()"},
        {"spring.Profiles[0]", "legacy()"},
        {"spring.profiles.other", "none"},
        {"spring.profiles.group", "none"},
        {"spring.profiles.group.", "none"},
        {"spring.profiles.group.g", "g:group(zz)"},
        {"spring.profiles.group.My_G-1", "My_G-1:group(zz)"},
        {"spring.profiles.group.g[0]", "g:group(zz)"},
        {"spring.profiles.group.a.b", "a.b:group(zz)"},
        {"spring.profiles.group[a.b]", "a.b:group(zz)"},
        {"spring.profiles.group.[a.b]", "a.b:group(zz)"},
        {"spring.profiles.group[1][0]", "1:group(zz)"},
        {"spring.profiles.group[1]", "1:group(zz)"},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        const char *const pairs[][2] = {{rows[i].key, "zz"}, {NULL, NULL}};
        const char *got = show(*state, find(*state, pairs));
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: %s instead of %s", rows[i].key, got, rows[i].want);
    }
}

static void values(void **state)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"dev", "on(dev)"},
        {"dev,prod", "on(dev|prod)"},
        {" dev , prod & x ", "on(dev|prod & x)"},
        {"", "on()"},
        {",", "on(|)"},
        {"dev,", "on(dev|)"},
        {"${a:1,2},b", "on(${a:1,2}|b)"},
        {"${a:${b:1,2}},b", "on(${a:${b:1,2}}|b)"},
        {"${a:1,2", "on(${a:1|2)"},
        {"a,${b:1},${c", "on(a|${b:1}|${c)"},
        {"$a,{b,c}", "on($a|{b|c})"},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        const char *const pairs[][2] = {{"spring.config.activate.on-profile", rows[i].value},
                                        {NULL, NULL}};
        const struct cfg_control *control = find(*state, pairs);
        assert_string_equal(show(*state, control), rows[i].want);
    }
    /* an empty value is one empty expression */
    const char *const pairs[][2] = {{"spring.config.activate.on-profile", ""}, {NULL, NULL}};
    const struct cfg_control *control = find(*state, pairs);
    assert_int_equal(control->on_profile.count, 1);
    assert_int_equal(control->on_profile.items[0].len, 0);
}

#define PRESENT(...) show(*state, find(*state, (const char *const[][2]){__VA_ARGS__, {NULL, NULL}}))

static void combinations(void **state)
{
    assert_string_equal(PRESENT({"spring.profiles.include", ""}), "include()");
    assert_string_equal(PRESENT({"spring.config.activate.on-cloud-platform", ""}), "");
    /* elements come by their index, and are not split */
    assert_string_equal(
        PRESENT({"spring.config.import[1]", "b"}, {"spring.config.import[0]", "a,x"}),
        "import(a,x|b)");
    assert_string_equal(
        PRESENT({"spring.config.import[10]", "b"}, {"spring.config.import[9]", "a"}),
        "import(a|b)");
    /* a value beats elements, an exact spelling a relaxed one, the first the others */
    assert_string_equal(
        PRESENT({"spring.profiles.include[0]", "x"}, {"spring.profiles.include", "y"}),
        "include(y)");
    assert_string_equal(PRESENT({"spring.config.activate.onProfile", "x"},
                                {"spring.config.activate.on-profile", "y"}),
                        "on(y)");
    assert_string_equal(PRESENT({"spring.config.activate.onProfile", "x"},
                                {"spring.config.activate.on_profile", "y"}),
                        "on(x)");
    assert_string_equal(PRESENT({"spring.profiles.group.a", "x, y"},
                                {"spring.profiles.group.b[0]", "z"},
                                {"spring.profiles.group.b[1]", "a"}),
                        "a:group(x|y)b:group(z|a)");
}

static void the_line_is_kept(void **state)
{
    const char *const pairs[][2] = {{"a", "b"}, {"spring.profiles.include", "x"}, {NULL, NULL}};
    assert_int_equal(find(*state, pairs)->line, 2);
}

static void too_many(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    const struct cfg_control *control;
    size_t count = 4097;
    struct cfg_prop *items = cfg_arena_zalloc(arena, count, sizeof *items);
    struct cfg_value value = {CFG_KIND_STRING, CFG_STR("x")};
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        struct cfg_str key;
        assert_true(cfg_arena_printf(arena, &key, "spring.profiles.group.g%zu", i));
        items[i] = cfg_prop_make(key, value, (uint32_t)i + 1, 1);
    }
    struct cfg_props props = {items, count - 1};
    assert_int_equal(cfg_control_find(&props, arena, &control, &err), CFG_OK);
    assert_int_equal(control->group_count, 4096);
    props.count++;
    assert_int_equal(cfg_control_find(&props, arena, &control, &err), CFG_TOO_LARGE);
    assert_null(control);
    assert_int_equal(err.line, 4097);
}

/* Read but once: otherwise this takes minutes. */
static void many_unclosed_placeholders(void **state)
{
    struct cfg_arena *arena = *state;
    size_t len = 2 << 20;
    char *text = cfg_arena_alloc(arena, len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = "${"[i % 2];
    text[len] = '\0';
    const char *const pairs[][2] = {{"spring.profiles.include", text}, {NULL, NULL}};
    assert_int_equal(find(arena, pairs)->includes.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),    cmocka_unit_test(values),
        cmocka_unit_test(combinations), cmocka_unit_test(the_line_is_kept),
        cmocka_unit_test(too_many),     cmocka_unit_test(many_unclosed_placeholders),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
