/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: which file, which origin, what becomes of failures. Whole files are in the golden folders. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/file.h"
#include "server/app/settings.h"

#include <unistd.h>

enum { MAX = 8 };

static char folder[] = "/tmp/test-settings-XXXXXX";

static const char *at(const char *name)
{
    static char path[32][128]; /* enough for the longest table */
    static unsigned next;

    next = (next + 1) % CFG_COUNT(path);
    snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
    return path[next];
}

static void write_file(const char *name, const char *text)
{
    struct cfg_err err = CFG_ERR_INIT;

    assert_int_equal(cfg_file_write(at(name), cfg_str_of(text), 0600, &err), CFG_OK);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    write_file("file.yml", "server.port: 1\ngit.uri: file:///a\n");
    write_file("other.yml", "server.port: 2\ngit.uri: file:///a\n");
    write_file("third.properties", "server.port=3\ngit.uri=file:///a\n");
    write_file("none.yml", "git.uri: file:///a\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(at("file.yml"));
    unlink(at("other.yml"));
    unlink(at("third.properties"));
    unlink(at("none.yml"));
    return rmdir(folder);
}

static enum cfg_status
load(const struct cfg_settings_input *input, struct cfg_settings **out, struct cfg_err *err)
{
    struct cfg_notes notes;
    enum cfg_status status;

    cfg_notes_init(&notes);
    status = cfg_settings_load(input, &notes, out, err);
    cfg_notes_release(&notes);
    return status;
}

static void test_which_wins(void **state)
{
    const struct {
        const char *file, *fallback;
        const char *args[MAX], *env[MAX];
        int port; /* -1: refused */
    } cases[] = {
        {at("file.yml"), NULL, {NULL}, {NULL}, 1},
        {NULL, at("file.yml"), {NULL}, {NULL}, 1},
        {NULL, at("missing.yml"), {"--git.uri=file:///a"}, {NULL}, 8888},
        {at("missing.yml"), at("file.yml"), {"--git.uri=file:///a"}, {NULL}, -1},
        {folder, NULL, {"--git.uri=file:///a"}, {NULL}, -1},
        {at("third.properties"), NULL, {NULL}, {NULL}, 3},
        {at("none.yml"), NULL, {NULL}, {NULL}, 8888},
        {at("file.yml"), NULL, {NULL}, {"SERVER_PORT=4"}, 4},
        {at("file.yml"), NULL, {NULL}, {"SERVER_PORT="}, 1},
        {at("file.yml"), NULL, {NULL}, {"server.port=5"}, 5},
        {at("file.yml"), NULL, {NULL}, {"SERVER_PORT=tcp://10.0.0.1:80"}, 1},
        {at("file.yml"), NULL, {NULL}, {"SERVER_PORT=x"}, -1},
        {at("file.yml"), NULL, {"--server.port=6"}, {"SERVER_PORT=4"}, 6},
        {at("file.yml"), NULL, {"--server.port=6", "--SERVER.PORT=7"}, {NULL}, 7},
        {at("file.yml"), NULL, {"--server.port="}, {NULL}, 8888},
        {at("file.yml"), NULL, {"--server.port=${P:9}"}, {NULL}, 9},
        {at("file.yml"), NULL, {"--server.port=${P:9}"}, {"P=10"}, 10},
        {at("file.yml"), NULL, {"--server.port=${P}"}, {NULL}, -1},
        {at("file.yml"), NULL, {"server.port=1"}, {NULL}, -1},
        {at("file.yml"), NULL, {"--nosuch.but.foreign=1"}, {NULL}, 1},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_settings_input input = {.file = cases[i].file,
                                           .default_file = cases[i].fallback,
                                           .args = cases[i].args,
                                           .environment = cases[i].env,
                                           .directory = "/"};
        struct cfg_settings *settings = NULL;
        struct cfg_err err = CFG_ERR_INIT;
        enum cfg_status status;

        while (cases[i].args[input.arg_count] != NULL)
            input.arg_count++;
        status = load(&input, &settings, &err);
        if ((status == CFG_OK) != (cases[i].port >= 0) ||
            (status == CFG_OK && settings->port != cases[i].port))
            fail_msg("case %zu: %d, %s", i, settings != NULL ? settings->port : -1, err.message);
        if (status != CFG_OK)
            assert_int_equal(status, CFG_INVALID);
        cfg_settings_free(settings);
    }
}

static void test_strata_config(void **state)
{
    char variable[160];
    const char *env[] = {variable, NULL};
    struct cfg_settings_input input = {
        .environment = env, .default_file = at("file.yml"), .directory = "/"};
    struct cfg_settings *settings = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    (void)state;
    snprintf(variable, sizeof(variable), "STRATA_CONFIG=%s", at("other.yml"));
    assert_int_equal(load(&input, &settings, &err), CFG_OK);
    assert_int_equal(settings->port, 2);
    assert_true(cfg_str_ends(settings->file, CFG_STR("/other.yml")));
    cfg_settings_free(settings);
    input.file = at("file.yml");
    assert_int_equal(load(&input, &settings, &err), CFG_OK);
    assert_int_equal(settings->port, 1);
    cfg_settings_free(settings);
    snprintf(variable, sizeof(variable), "STRATA_CONFIG=%s", at("missing.yml"));
    input.file = NULL;
    assert_int_equal(load(&input, &settings, &err), CFG_INVALID);
    assert_non_null(strstr(err.message, "missing.yml"));
}

static void test_nothing_at_all(void **state)
{
    struct cfg_settings_input input = {.directory = "/srv"};
    static const char *const native[] = {"--spring.profiles.active=native"};
    struct cfg_settings *settings = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    (void)state;
    assert_int_equal(load(&input, &settings, &err), CFG_INVALID);
    assert_non_null(strstr(err.message, "git.uri"));
    input.args = native;
    input.arg_count = 1;
    cfg_err_clear(&err);
    assert_int_equal(load(&input, &settings, &err), CFG_OK);
    assert_int_equal(settings->service.backend_count, 1);
    assert_true(cfg_str_eq(settings->service.backends[0].native.search_locations.items[0],
                           CFG_STR("file:/srv/")));
    assert_true(cfg_str_eq(settings->service.backends[0].native.search_locations.items[1],
                           CFG_STR("file:/srv/config/")));
    assert_true(settings->file.len == 0);
    cfg_settings_free(settings);
}

static void test_prefix(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {"--prefix=/config", "/config"},
        {"--prefix=config/", "/config"},
        {"--prefix=/", ""},
        {"--prefix=/a/b//", "/a/b"},
        {"--prefix=/a?b", NULL},
        {"--prefix=/{x}", NULL},
        {"--prefix=/a%20b", NULL},
        {"--prefix=", ""},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        const char *args[] = {"--git.uri=file:///a", cases[i].text};
        struct cfg_settings_input input = {.args = args, .arg_count = 2, .directory = "/"};
        struct cfg_settings *settings = NULL;
        struct cfg_err err = CFG_ERR_INIT;
        enum cfg_status status = load(&input, &settings, &err);

        assert_int_equal(status == CFG_OK, cases[i].want != NULL);
        if (status == CFG_OK)
            assert_true(cfg_str_eq(settings->prefix, cfg_str_of(cases[i].want)));
        cfg_settings_free(settings);
    }
}

static void test_known_words(void **state)
{
    (void)state;
    assert_true(cfg_settings_knows(CFG_STR("prefix")));
    assert_true(cfg_settings_knows(CFG_STR("acceptEmpty")));
    assert_true(cfg_settings_knows(CFG_STR("workers")));
    assert_false(cfg_settings_knows(CFG_STR("chek")));
    assert_false(cfg_settings_knows(CFG_STR("git")));
    assert_false(cfg_settings_knows(CFG_STR("")));
    assert_false(cfg_settings_knows(CFG_STR("git.uri")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_wins),     cmocka_unit_test(test_strata_config),
        cmocka_unit_test(test_nothing_at_all), cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_known_words),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
