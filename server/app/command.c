/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: argv.
 * Gives: a verb, a file, and the settings among the arguments.
 * Keeps: argv's strings as they are.
 */
#include "server/app/command.h"

#include "server/app/settings.h"
#include "server/app/settings_parts.h"

struct option {
    const char *name;
    enum cfg_verb verb;
    const char *sentence; /* NULL: not shown */
};

static const struct option options[] = {
    {"--check", CFG_VERB_CHECK,
     "Check the settings and read every repository once, then say what is wrong."},
    {"--print-settings", CFG_VERB_PRINT,
     "Show the effective settings and where each was said; secrets masked."},
    {"--version", CFG_VERB_VERSION, "Show the version."},
    {"--help", CFG_VERB_HELP, "Show this."},
    {"-h", CFG_VERB_HELP, NULL},
    {"--print-settings-doc", CFG_VERB_PRINT_DOC, NULL},
};

static const struct option *find_option(struct cfg_str arg)
{
    for (size_t i = 0; i < CFG_COUNT(options); i++)
        if (cfg_str_eq(arg, cfg_str_of(options[i].name)))
            return &options[i];
    return NULL;
}

static enum cfg_status refuse(struct cfg_str arg, struct cfg_err *err)
{
    struct cfg_str name = cfg_str_sub(arg, 0, cfg_str_chr(arg, '='));
    const char *nearest = "--config";
    unsigned best = cfg_name_distance(name, CFG_STR("--config"));

    for (size_t i = 0; i < CFG_COUNT(options); i++) {
        unsigned distance = cfg_name_distance(name, cfg_str_of(options[i].name));

        if (distance < best && options[i].sentence != NULL) {
            best = distance;
            nearest = options[i].name;
        }
    }
    if (cfg_str_starts(arg, CFG_STR("-")) && best <= 3)
        return cfg_err_set(err, CFG_INVALID, "unknown option %.*s; did you mean %s?",
                           CFG_STR_ARG(name), nearest);
    return cfg_err_set(err, CFG_INVALID,
                       cfg_str_starts(arg, CFG_STR("-"))
                           ? "unknown option %.*s"
                           : "%.*s is no option; settings are given as --name=value",
                       CFG_STR_ARG(name));
}

/* "--a.b=c", "--prefix=/x" and the like; all others are options of the program or mistakes. */
static bool is_setting(struct cfg_str arg)
{
    struct cfg_str key = cfg_str_sub(arg, 2, cfg_str_chr(arg, '=') - 2);

    if (!cfg_str_starts(arg, CFG_STR("--")) || key.len == 0 || key.ptr[0] == '=')
        return false;
    return cfg_str_chr(key, '.') < key.len || cfg_settings_knows(key);
}

static enum cfg_status take_config(struct cfg_str arg,
                                   const char *next,
                                   bool *out_used_next,
                                   struct cfg_command *out,
                                   struct cfg_err *err)
{
    size_t equals = cfg_str_chr(arg, '=');

    *out_used_next = equals == arg.len;
    out->file = *out_used_next ? next : arg.ptr + equals + 1;
    if (out->file == NULL || *out->file == '\0')
        return cfg_err_set(err, CFG_INVALID, "--config needs a file: --config=FILE");
    return CFG_OK;
}

enum cfg_status
cfg_command_parse(int argc, char **argv, struct cfg_command *out, struct cfg_err *err)
{
    *out = (struct cfg_command){.verb = CFG_VERB_RUN};
    out->settings = calloc(argc > 0 ? (size_t)argc : 1, sizeof(*out->settings));
    if (out->settings == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    for (int i = 1; i < argc; i++) {
        struct cfg_str arg = cfg_str_of(argv[i]);
        const struct option *option = find_option(arg);
        enum cfg_status status = CFG_OK;
        bool used_next = false;

        if (option != NULL && (out->verb == CFG_VERB_RUN || option->verb == CFG_VERB_HELP))
            out->verb = option->verb;
        else if (option != NULL && option->verb != out->verb)
            status =
                cfg_err_set(err, CFG_INVALID, "%s does not go with another option", option->name);
        else if (option != NULL)
            continue;
        else if (cfg_str_eq(cfg_str_sub(arg, 0, cfg_str_chr(arg, '=')), CFG_STR("--config")))
            status = take_config(arg, argv[i + 1], &used_next, out, err);
        else if (is_setting(arg))
            out->settings[out->setting_count++] = argv[i];
        else
            status = refuse(arg, err);
        if (status != CFG_OK) {
            cfg_command_release(out);
            return status;
        }
        i += used_next;
    }
    return CFG_OK;
}

void cfg_command_release(struct cfg_command *command)
{
    free(command->settings);
    *command = (struct cfg_command){.verb = CFG_VERB_RUN};
}

void cfg_command_help(struct cfg_buf *out)
{
    cfg_buf_str(
        out, CFG_STR("Usage: stratad [--config=FILE] [--any.setting=value ...]\n"
                     "\n"
                     "A configuration server for the clients of Spring Cloud Config, over git or "
                     "plain folders.\n"
                     "\n"
                     "  --config=FILE\n"
                     "      Settings file, YAML or .properties. Without it: $STRATA_CONFIG, then\n"
                     "      /etc/strata/stratad.yml if it is there.\n"));
    for (size_t i = 0; i < CFG_COUNT(options); i++)
        if (options[i].sentence != NULL)
            cfg_buf_printf(out, "  %s\n      %s\n", options[i].name, options[i].sentence);
    cfg_buf_str(
        out,
        CFG_STR(
            "\n"
            "Settings may come from the command line, the environment (SERVER_PORT,\n"
            "SPRING_CLOUD_CONFIG_SERVER_GIT_URI, STRATA_LOG_LEVEL) and the file, strongest first.\n"
            "In file and command line \"spring.cloud.config.server.\" may be left out.\n"));
    cfg_settings_help(out);
    cfg_buf_str(
        out,
        CFG_STR(
            "\n"
            "Exit codes: 0 done, 64 usage, 65 a file that is not served (--check), 69 a repository "
            "that\n"
            "cannot be reached, 70 internal, 71 port in use or not permitted, 78 bad settings.\n"));
}
