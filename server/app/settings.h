/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: what the operator asked for, from the command line, the environment and a file, checked as
 * a whole and given as the plain options that each room takes. The table is settings.def.
 *
 * Keeps: 1. Every problem is found in one pass and told with its place. 2. A secret, and the user
 *        information of a uri, is never in a note nor in what is printed. 3. Immutable once loaded.
 * Does not know: repositories, sockets; nothing is opened but the settings file.
 */
#ifndef SERVER_APP_SETTINGS_H
#define SERVER_APP_SETTINGS_H

#include "core/base/buf.h"
#include "core/base/log.h"
#include "server/service/options.h"

/* Kept for the day that values are decrypted here; all but the names are secrets. */
struct cfg_encrypt_settings {
    struct cfg_str key, salt;
    struct cfg_str store_location, store_password, store_alias, store_secret, store_type;
    struct cfg_str rsa_algorithm, rsa_salt;
    bool rsa_strong;
};

enum cfg_include_message { CFG_MESSAGE_NEVER, CFG_MESSAGE_ON_PARAM, CFG_MESSAGE_ALWAYS };

struct cfg_settings {
    struct cfg_str file; /* the settings file; empty: none was read */
    struct cfg_str address;
    int port;
    struct cfg_str prefix;       /* "" or "/a/b" */
    struct cfg_str monitor_path; /* likewise */
    unsigned include_message;    /* enum cfg_include_message */
    struct cfg_strs profiles;    /* spring.profiles.active */
    unsigned grace_ms;
    unsigned log_level; /* enum cfg_log_level */
    unsigned log_form;  /* enum cfg_log_form */
    int loops;          /* 0: one a processor */
    int max_connections;
    int idle_timeout_s;
    size_t head_bytes, post_bytes;
    unsigned answer_timeout_ms;
    struct cfg_encrypt_settings encrypt;
    struct cfg_str basedir; /* the first that a git back end names, absolute; empty: none */
    bool needs_state;       /* a repository is mirrored without a basedir of its own */
    struct cfg_service_options service; /* state_dir and program are the caller's to set */
    struct cfg_settings_given *given;   /* what was said where; for printing */
};

enum cfg_note_kind { CFG_NOTE_ERROR, CFG_NOTE_WARNING, CFG_NOTE_INFO };

struct cfg_note {
    enum cfg_note_kind kind;
    struct cfg_str text; /* one line: "file:3:7: unknown setting …" */
};

/* What there is to say about the settings, in the order found. */
struct cfg_notes {
    struct cfg_arena arena;
    struct cfg_note *items;
    size_t count, cap;
    size_t error_count;
};

void cfg_notes_init(struct cfg_notes *notes);
void cfg_notes_release(struct cfg_notes *notes);

struct cfg_settings_input {
    const char *const *args; /* "--key=value" each; the program's own options are taken out */
    size_t arg_count;
    const char *const *environment; /* "NAME=value", NULL at the end */
    const char *file;         /* --config; NULL: $STRATA_CONFIG, else `default_file` if it exists */
    const char *default_file; /* NULL: none */
    const char *directory;    /* absolute; what relative paths start from */
};

/*
 * Reads, resolves and checks everything. What was found goes to `notes`, errors and notices alike.
 * Owns: `*out` is the caller's, cfg_settings_free; it borrows nothing.
 * Fails: invalid (at least one error is in `notes`; err repeats the first), no_memory, too_large;
 * `*out` is NULL then. Threads: any.
 */
enum cfg_status cfg_settings_load(const struct cfg_settings_input *input,
                                  struct cfg_notes *notes,
                                  struct cfg_settings **out,
                                  struct cfg_err *err) CFG_CHECK;
void cfg_settings_free(struct cfg_settings *settings); /* accepts NULL */

/* Whether a command line's "--KEY" without a dot names a setting in its short form ("prefix"). */
bool cfg_settings_knows(struct cfg_str key);

/* The effective settings as YAML, each with where it comes from; secrets masked. */
void cfg_settings_print(const struct cfg_settings *settings, struct cfg_buf *out);

/* The table for people: --help's settings, and docs/settings.md as a whole. */
void cfg_settings_help(struct cfg_buf *out);
void cfg_settings_doc(struct cfg_buf *out);

/* `text` with "***" for the user information of every uri in it. */
void cfg_settings_mask(struct cfg_str text, struct cfg_buf *out);

#endif
