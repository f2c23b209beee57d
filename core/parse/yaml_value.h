/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_value: what a YAML 1.1 scalar means: the tag of a plain one by its looks, and the value that
 * a tag makes of a text. The rules are those of SnakeYAML with timestamps switched off.
 *
 * Does not know: events, positions, collections.
 */
#ifndef CORE_PARSE_YAML_VALUE_H
#define CORE_PARSE_YAML_VALUE_H

#include "core/base/arena.h"
#include "core/model/value.h"

enum cfg_yaml_tag {
    CFG_TAG_UNKNOWN,
    CFG_TAG_STR,
    CFG_TAG_NULL,
    CFG_TAG_BOOL,
    CFG_TAG_INT,
    CFG_TAG_FLOAT,
    CFG_TAG_BINARY,
    CFG_TAG_TIMESTAMP,
    CFG_TAG_MERGE, /* a plain "<<": a key only */
    CFG_TAG_SEQ,
    CFG_TAG_MAP,
    CFG_TAG_SET,
    CFG_TAG_OMAP,
    CFG_TAG_PAIRS,
};

/* The tag that a plain scalar without a tag of its own has. */
enum cfg_yaml_tag cfg_yaml_resolve(struct cfg_str plain);

/* The tag of that full name ("tag:yaml.org,2002:int"); CFG_TAG_UNKNOWN: none of ours. */
enum cfg_yaml_tag cfg_yaml_tag_of(const char *name);

/* "int", for messages. */
const char *cfg_yaml_tag_text(enum cfg_yaml_tag tag);

/*
 * Makes the value. Owns: `out->text` lives in `arena` or is static. Fails: corrupt (the text does not
 * fit the tag, or the tag is a collection's), too_large (an integer or fraction over 1,024
 * characters), no_memory.
 */
enum cfg_status cfg_yaml_value(enum cfg_yaml_tag tag,
                               struct cfg_str text,
                               struct cfg_arena *arena,
                               struct cfg_value *out,
                               struct cfg_err *err) CFG_CHECK;

#endif
