/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place: where one entry of spring.config.import points, as a normalised path.
 *
 * Keeps: `base` has no empty, "." or ".." segment and no control character.
 * Does not know: what exists.
 */
#ifndef CORE_MERGE_PLACE_H
#define CORE_MERGE_PLACE_H

#include "core/base/arena.h"

/* Served extensions with their dot, strongest first. */
enum { CFG_EXTENSION_COUNT = 4 };
extern const struct cfg_str cfg_extensions[CFG_EXTENSION_COUNT];

enum cfg_place_kind {
    CFG_PLACE_DIRECTORY,  /* files of all names and extensions in `base` */
    CFG_PLACE_FILE,       /* `base` and `extension` */
    CFG_PLACE_ELSEWHERE,  /* another scheme, a pattern, above the root, blank: not followed */
    CFG_PLACE_UNREADABLE, /* no directory, and no extension that says how to read it */
};

struct cfg_place {
    enum cfg_place_kind kind;
    bool optional;            /* "optional:" stood in front */
    struct cfg_str text;      /* as written */
    struct cfg_str base;      /* "dir/", or "dir/file" without its extension */
    struct cfg_str extension; /* of a file; empty when only a hint gave it: "file[.yaml]" */
};

/*
 * Reads an entry found in the file `importer` ("dir/app.yml"); a path that begins with a slash stands
 * for itself.
 * Owns: `out` borrows `text` and `arena`. Fails: false when the arena is exhausted.
 */
bool cfg_place_parse(struct cfg_str text,
                     struct cfg_str importer,
                     struct cfg_arena *arena,
                     struct cfg_place *out) CFG_CHECK;

/* Whether it lies in that directory or below it ("" is the root of relative paths). */
bool cfg_place_is_below(const struct cfg_place *place, struct cfg_str directory);

#endif
