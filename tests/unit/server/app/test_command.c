/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/app/command.h"

enum { ARGS = 6 };

static void test_lines(void **state)
{
    static const struct {
        const char *args[ARGS];
        enum cfg_verb verb;
        const char *file;
        size_t settings;
        const char *error; /* a part of it; NULL: none */
    } cases[] = {
        {{NULL}, CFG_VERB_RUN, NULL, 0, NULL},
        {{"--config=x.yml"}, CFG_VERB_RUN, "x.yml", 0, NULL},
        {{"--config", "x.yml", "--check"}, CFG_VERB_CHECK, "x.yml", 0, NULL},
        {{"--config="}, 0, NULL, 0, "--config=FILE"},
        {{"--config"}, 0, NULL, 0, "--config=FILE"},
        {{"--server.port=1", "--prefix=/x", "--nosuch.thing=1"}, CFG_VERB_RUN, NULL, 3, NULL},
        {{"--Accept-Empty=false", "--git.clone-on-start"}, CFG_VERB_RUN, NULL, 2, NULL},
        {{"--version"}, CFG_VERB_VERSION, NULL, 0, NULL},
        {{"--check", "--help"}, CFG_VERB_HELP, NULL, 0, NULL},
        {{"--check", "--check"}, CFG_VERB_CHECK, NULL, 0, NULL},
        {{"-h"}, CFG_VERB_HELP, NULL, 0, NULL},
        {{"--print-settings"}, CFG_VERB_PRINT, NULL, 0, NULL},
        {{"--check", "--version"}, 0, NULL, 0, "--version does not go with another option"},
        {{"--chek"}, 0, NULL, 0, "did you mean --check?"},
        {{"--configg=x"}, 0, NULL, 0, "did you mean --config?"},
        {{"--something-else=x"}, 0, NULL, 0, "unknown option --something-else"},
        {{"x.yml"}, 0, NULL, 0, "x.yml is no option"},
        {{"--"}, 0, NULL, 0, "unknown option --"},
        {{"--=x"}, 0, NULL, 0, "unknown option --"},
        {{""}, 0, NULL, 0, "is no option"},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        char copies[ARGS][64], *argv[ARGS + 2] = {copies[0]};
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_command command;
        enum cfg_status status;
        int argc = 1;

        snprintf(copies[0], sizeof(copies[0]), "stratad");
        for (; cases[i].args[argc - 1] != NULL; argc++) {
            snprintf(copies[argc], sizeof(copies[0]), "%s", cases[i].args[argc - 1]);
            argv[argc] = copies[argc];
        }
        status = cfg_command_parse(argc, argv, &command, &err);
        if ((status == CFG_OK) != (cases[i].error == NULL) ||
            (cases[i].error != NULL && strstr(err.message, cases[i].error) == NULL))
            fail_msg("case %zu: %s", i, err.message);
        if (status != CFG_OK) {
            assert_int_equal(status, CFG_INVALID);
            continue;
        }
        assert_int_equal(command.verb, cases[i].verb);
        assert_int_equal(command.setting_count, cases[i].settings);
        assert_int_equal(command.file == NULL, cases[i].file == NULL);
        if (command.file != NULL)
            assert_string_equal(command.file, cases[i].file);
        cfg_command_release(&command);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
