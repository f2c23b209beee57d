/* SPDX-License-Identifier: Apache-2.0 */
/* What settings say of themselves: no secret, every origin; and the documentation is the table's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/file.h"
#include "server/app/command.h"
#include "server/app/settings.h"

#include <unistd.h>

enum { FILE_BYTES = 1 << 20 };

static const char settings_text[] =
    "server.port: 9000\n"
    "git:\n"
    "  uri: https://user:hunter2@git.example.com/a.git\n"
    "  password: hunter2\n"
    "  search-paths: [one, \"{application}\"]\n"
    "  repos:\n"
    "    team: {uri: 'https://t0ken-hunter2@git.example.com/b.git', private-key: hunter2}\n"
    "encrypt.key: hunter2\n"
    "overrides: {db.password: hunter2, plain: value, link: 'x://a:hunter2@b'}\n";

static void load(const char *file, struct cfg_settings **out)
{
    static const char *const args[] = {"--log.level=debug", "--git.username=hunter2"};
    static const char *const environment[] = {"STRATA_WORKERS=9", NULL};
    struct cfg_settings_input input = {.args = args,
                                       .arg_count = 2,
                                       .environment = environment,
                                       .file = file,
                                       .directory = "/here"};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_notes notes;

    cfg_notes_init(&notes);
    assert_int_equal(cfg_settings_load(&input, &notes, out, &err), CFG_OK);
    for (size_t i = 0; i < notes.count; i++)
        assert_null(strstr(notes.items[i].text.ptr, "hunter2"));
    cfg_notes_release(&notes);
}

static void test_print(void **state)
{
    static const char *const wanted[] = {
        "server.port: 9000 ",
        "spring.cloud.config.server.git.uri: \"https://***@git.example.com/a.git\"",
        "spring.cloud.config.server.git.password: \"******\"",
        "spring.cloud.config.server.git.search-paths: [one, \"{application}\"]",
        "spring.cloud.config.server.git.repos.team.uri: \"https://***@git.example.com/b.git\"",
        "spring.cloud.config.server.overrides.db.password: \"******\"",
        "spring.cloud.config.server.overrides.plain: value ",
        "strata.log.level: debug ",
        "# --log.level\n",
        "# STRATA_WORKERS in the environment\n",
        "# default\n",
        ".yml:1:14\n",
    };
    char file[] = "/tmp/test-settings-XXXXXX.yml";
    struct cfg_settings *settings = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf text;

    (void)state;
    snprintf(file, sizeof(file), "/tmp/test-settings-%06ld.yml", (long)getpid() % 1000000);
    assert_int_equal(cfg_file_write(file, cfg_str_of(settings_text), 0600, &err), CFG_OK);
    load(file, &settings);
    unlink(file);
    cfg_buf_init(&text, FILE_BYTES);
    cfg_settings_print(settings, &text);
    assert_int_equal(text.failed, CFG_OK);
    assert_null(strstr(text.ptr, "hunter2"));
    for (size_t i = 0; i < CFG_COUNT(wanted); i++)
        if (strstr(text.ptr, wanted[i]) == NULL)
            fail_msg("no %s in\n%s", wanted[i], text.ptr);
    /* What is printed can be read again as it stands. */
    assert_int_equal(cfg_file_write(file, cfg_buf_view(&text), 0600, &err), CFG_OK);
    cfg_settings_free(settings);
    load(file, &settings);
    unlink(file);
    assert_int_equal(settings->port, 9000);
    assert_int_equal(settings->service.backends[0].git.search_paths.count, 2);
    cfg_settings_free(settings);
    cfg_buf_release(&text);
}

static void test_help(void **state)
{
    struct cfg_buf text;

    (void)state;
    cfg_buf_init(&text, FILE_BYTES);
    cfg_command_help(&text);
    assert_int_equal(text.failed, CFG_OK);
    assert_non_null(strstr(text.ptr, "\n  --git.uri=<uri>\n"));
    assert_non_null(strstr(text.ptr, "\n  --server.port=<number>  (default: 8888)\n"));
    assert_non_null(strstr(text.ptr, "\n  --overrides.KEY=<map>\n"));
    assert_null(strstr(text.ptr, "print-settings-doc"));
    cfg_buf_release(&text);
}

static void test_documentation(void **state)
{
    static const char path[] = TEST_DIR "/../docs/settings.md";
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf made, there;

    (void)state;
    cfg_buf_init(&made, FILE_BYTES);
    cfg_buf_init(&there, FILE_BYTES);
    cfg_settings_doc(&made);
    assert_int_equal(made.failed, CFG_OK);
    if (getenv("UPDATE_GOLDEN") != NULL)
        assert_int_equal(cfg_file_write(path, cfg_buf_view(&made), 0644, &err), CFG_OK);
    assert_int_equal(cfg_file_read(path, &there, &err), CFG_OK);
    if (!cfg_str_eq(cfg_buf_view(&made), cfg_buf_view(&there)))
        fail_msg("docs/settings.md is not what stratad --print-settings-doc prints");
    cfg_buf_release(&made);
    cfg_buf_release(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_documentation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
