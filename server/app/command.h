/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the command line of stratad, taken apart: what to do, which file, and the settings.
 * Does not know: what a setting means.
 */
#ifndef SERVER_APP_COMMAND_H
#define SERVER_APP_COMMAND_H

#include "core/base/buf.h"

enum cfg_verb {
    CFG_VERB_RUN,
    CFG_VERB_CHECK,
    CFG_VERB_HELP,
    CFG_VERB_VERSION,
    CFG_VERB_PRINT,
    CFG_VERB_PRINT_DOC, /* docs/settings.md; for those who build the documentation */
};

struct cfg_command {
    enum cfg_verb verb;
    const char *file;      /* --config; NULL: not given */
    const char **settings; /* "--key=value" each; borrowed from argv */
    size_t setting_count;
};

/*
 * Owns: `out->settings` is released by cfg_command_release. Fails: invalid (usage: the message says
 * what was meant, if that can be told), no_memory.
 */
enum cfg_status
cfg_command_parse(int argc, char **argv, struct cfg_command *out, struct cfg_err *err) CFG_CHECK;
void cfg_command_release(struct cfg_command *command);

/* --help: usage, options, settings. */
void cfg_command_help(struct cfg_buf *out);

#endif
