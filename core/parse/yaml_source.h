/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_source: the bytes of a YAML file as the UTF-8 text that the tokenizer is given.
 *
 * Keeps: lines and columns of that text are those of the file.
 *
 * A byte order mark of UTF-8, UTF-16 or UTF-32 is honoured; without one the text is UTF-8. Three things
 * that SnakeYAML accepts and libyaml refuses are written differently, in the same number of
 * characters: "%YAML 1.N" of any N, directives that nobody knows, and a surrogate pair of escapes ("\ud83d\ude00"), which becomes a
 * mark that cfg_yaml_restore() undoes in the scalars, as their style demands.
 */
#ifndef CORE_PARSE_YAML_SOURCE_H
#define CORE_PARSE_YAML_SOURCE_H

#include "core/base/err.h"
#include "core/base/str.h"

struct cfg_yaml_source {
    struct cfg_str text;
    char *owned;    /* NULL: `text` is the input itself */
    bool has_marks; /* cfg_yaml_restore() is due */
};

/*
 * Owns: `out->text` is borrowed from `bytes` or belongs to `out`; release it in any case.
 * Fails: too_large (CFG_LIMIT_FILE_BYTES), corrupt (malformed UTF-16 or UTF-32), no_memory.
 */
enum cfg_status cfg_yaml_source_open(struct cfg_str bytes,
                                     struct cfg_yaml_source *out,
                                     struct cfg_err *err) CFG_CHECK;
void cfg_yaml_source_release(struct cfg_yaml_source *source);

/*
 * Undoes the marks in a scalar, in place; gives its new length. `double_quoted`: a mark becomes the
 * character that the pair means, else the escapes that stood there.
 */
size_t cfg_yaml_restore(char *text, size_t len, bool double_quoted);

#endif
