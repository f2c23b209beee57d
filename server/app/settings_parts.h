/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_parts: what the files of settings share among themselves: the table's rows, names split into
 * elements, and the values that were given. Nobody else includes this.
 *
 * Keeps: 1. Names are compared in their uniform form: letters and digits only, lower case; dots count,
 *           except in names that came from the environment, where "_" may stand for a dot, for a dash
 *           or for nothing.
 *        2. The strongest origin that names a setting gives it as a whole: lists never mix.
 */
#ifndef SERVER_APP_SETTINGS_PARTS_H
#define SERVER_APP_SETTINGS_PARTS_H

#include "server/app/settings.h"

enum cfg_scope {
    CFG_SCOPE_HEADING = 0,
    CFG_SCOPE_ROOT = 1,
    CFG_SCOPE_GIT = 2,
    CFG_SCOPE_REPO = 4,
    CFG_SCOPE_NATIVE = 8,
};

enum cfg_type {
    CFG_TYPE_TEXT,
    CFG_TYPE_SECRET,
    CFG_TYPE_URI,
    CFG_TYPE_PATH,
    CFG_TYPE_LIST,
    CFG_TYPE_MAP,
    CFG_TYPE_BOOL,
    CFG_TYPE_NUMBER,
    CFG_TYPE_SECONDS,
    CFG_TYPE_MILLIS,
    CFG_TYPE_BYTES,
    CFG_TYPE_PICK,
    CFG_TYPE_TREE,
};

enum cfg_effect { CFG_EFFECT_YES, CFG_EFFECT_LATER, CFG_EFFECT_NONE, CFG_EFFECT_REFUSED };

struct cfg_row {
    enum cfg_scope scope;
    enum cfg_type type;
    enum cfg_effect effect;
    const char *key;      /* of a heading: its title */
    size_t offset;        /* in struct cfg_settings, cfg_git_target or cfg_native_target */
    const char *fallback; /* the default, as an operator would write it */
    int64_t min, max;
    const char *choices; /* PICK: "a|b|c" */
    const char *sentence;
};

extern const struct cfg_row cfg_rows[];
extern const size_t cfg_row_count;

/* What rows of the scopes GIT, REPO and NATIVE are read into. */
struct cfg_git_target {
    struct cfg_git_options options;
    int order;
};
struct cfg_native_target {
    struct cfg_native_options options;
    int order;
};

#define CFG_SERVER_PREFIX "spring.cloud.config.server"

/* "spring.cloud.config.server.git." and the like: what stands in front of a scope's keys. */
const char *cfg_scope_prefix(enum cfg_scope scope);

/* Names. */
enum { CFG_PATH_ELEMENTS = 32, CFG_NAME_BYTES = 320 };

struct cfg_element {
    struct cfg_str text;
    bool bracketed; /* written as [text] */
};

struct cfg_path {
    struct cfg_element items[CFG_PATH_ELEMENTS];
    size_t count;
    bool loose; /* from the environment: element borders do not count */
};

/* "a.b[0].c"; false: not a name (empty, too long, brackets that do not match). Borrows `key`. */
bool cfg_path_parse(struct cfg_str key, struct cfg_path *out) CFG_CHECK;
bool cfg_path_parse_env(struct cfg_str name, struct cfg_path *out) CFG_CHECK;

/* Whether the elements [from, to) are `key` ("git.search-paths") in uniform form. */
bool cfg_path_is(const struct cfg_path *path, size_t from, size_t to, const char *key);

/* How many elements, from `from` on, make up `key`; 0: it does not begin with that. */
size_t cfg_path_eat(const struct cfg_path *path, size_t from, const char *key);

/* Whether that element is an index: "[3]", or "3" from the environment. */
bool cfg_path_index(const struct cfg_path *path, size_t at, size_t *out);

bool cfg_name_same(struct cfg_str a, struct cfg_str b); /* uniform */

/* Edit distance with neighbours swapped counting once; names over CFG_NAME_BYTES are cut. */
unsigned cfg_name_distance(struct cfg_str a, struct cfg_str b);

/* Where a value was said. */
enum cfg_said { CFG_SAID_COMMAND, CFG_SAID_ENVIRONMENT, CFG_SAID_FILE }; /* strongest first */

struct cfg_place {
    enum cfg_said said;
    struct cfg_str name; /* as written: "--git.uri", "SERVER_PORT", or the file's path */
    unsigned line, column;
};

struct cfg_given_value {
    const struct cfg_row *row;
    struct cfg_place place;
    struct cfg_str text;   /* raw, then resolved; of a list: unused when `items` are there */
    struct cfg_strs items; /* LIST given by index */
    size_t cap;
    struct cfg_given_value *next;
};

/* One thing that rows apply to: the root, a git or native back end, a pattern repository. */
enum cfg_thing_kind {
    CFG_THING_ROOT,
    CFG_THING_GIT,
    CFG_THING_NATIVE,
    CFG_THING_REPO,
    CFG_THING_COMPOSITE
};

struct cfg_thing {
    enum cfg_thing_kind kind;
    unsigned scopes;             /* of the rows that apply */
    struct cfg_str name;         /* REPO: its key */
    size_t index;                /* COMPOSITE */
    struct cfg_place type_place; /* COMPOSITE: where its type was said; the scopes are the type's */
    struct cfg_place place;      /* the weakest mention: it decides the order */
    struct cfg_thing *parent;
    size_t sequence;
    struct cfg_given_value *values;
    struct cfg_thing *next;
};

struct cfg_override {
    struct cfg_str key, text;
    struct cfg_place place;
    struct cfg_override *next;
};

struct cfg_settings_given {
    struct cfg_arena arena; /* of everything, the settings themselves included */
    struct cfg_thing root, git, native;
    struct cfg_thing *things; /* repositories and composite[N] */
    struct cfg_override *overrides;
    size_t sequence;
};

const struct cfg_given_value *cfg_thing_value(const struct cfg_thing *thing,
                                              const struct cfg_row *row);

/* Notes. Each is one line; `place` may be NULL. A note that does not fit in memory is counted all the same. */
void cfg_note(struct cfg_notes *notes,
              enum cfg_note_kind kind,
              const struct cfg_place *place,
              const char *format,
              ...) CFG_PRINTF(4, 5);

/* "file:3:7", "--server.port" or "environment SERVER_PORT". */
void cfg_place_text(const struct cfg_place *place, struct cfg_buf *out);

/*
 * Text → field. `base` is the struct that the row's offset is in.
 * Gives false with a reason for people ("is not a number from 0 to 65535"), the value not repeated.
 */
bool cfg_value_set(const struct cfg_row *row,
                   struct cfg_str text,
                   void *base,
                   char *why,
                   size_t why_size) CFG_CHECK;

/* Splits at commas into trimmed pieces, empty ones left out. False: out of memory. */
bool cfg_value_split(struct cfg_arena *arena, struct cfg_str text, struct cfg_strs *out) CFG_CHECK;

/* One value as it was said, not looked at yet. */
struct cfg_entry {
    struct cfg_place place;
    struct cfg_str key;
    struct cfg_str text;
    bool foreign; /* no setting of ours */
    bool used;    /* by a placeholder */
};

struct cfg_loader {
    const struct cfg_settings_input *input;
    struct cfg_settings_given *given;
    struct cfg_notes *notes;
    struct cfg_str file;       /* that was read; empty: none */
    struct cfg_entry *entries; /* strongest origin first, each in its own order */
    size_t count, cap;
};

/*
 * Reads command line, environment and file into `entries`. What is wrong goes to `notes`.
 * Fails: no_memory, too_large (of our own arena).
 */
enum cfg_status cfg_loader_read(struct cfg_loader *loader, struct cfg_err *err) CFG_CHECK;

/* Finds the row and the thing of every entry and keeps what the strongest said, or notes what is wrong. */
enum cfg_status cfg_loader_match(struct cfg_loader *loader, struct cfg_err *err) CFG_CHECK;

/* One notice of the settings of other modules that no placeholder used either; when all is built. */
void cfg_loader_note_foreign(struct cfg_loader *loader);

/* `text` with its placeholders resolved; what has no value stays, and `*out_open` is its name. */
enum cfg_status cfg_loader_resolve(struct cfg_loader *loader,
                                   struct cfg_str text,
                                   struct cfg_str *out,
                                   struct cfg_str *out_open,
                                   struct cfg_err *err) CFG_CHECK;

/* The overrides in the order in which they are served. Fails: no_memory; what is wrong is noted. */
enum cfg_status cfg_overrides_build(struct cfg_loader *loader,
                                    struct cfg_props *out,
                                    struct cfg_err *err) CFG_CHECK;

/* Everything that was given → the options of each room. */
enum cfg_status cfg_settings_build(struct cfg_loader *loader,
                                   struct cfg_settings *settings,
                                   struct cfg_err *err) CFG_CHECK;

/*
 * Whether placeholders of a uri or location stand only below a fixed part of its path. NULL: yes; else
 * the reason for people.
 */
const char *cfg_uri_refusal(struct cfg_str uri);

#endif
