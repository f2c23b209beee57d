/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_scalar: how a text is to be written in YAML so that every reader of YAML 1.1 takes it for that text.
 * Does not know: where it stands (render_yaml.h).
 */
#ifndef CORE_RENDER_YAML_SCALAR_H
#define CORE_RENDER_YAML_SCALAR_H

#include <stdint.h>

#include "core/base/str.h"

enum cfg_yaml_form {
    CFG_YAML_PLAIN,
    CFG_YAML_SINGLE,  /* 'in single quotes'; never with line breaks */
    CFG_YAML_DOUBLE,  /* "with escapes" */
    CFG_YAML_LITERAL, /* | on lines of its own; has line breaks */
    CFG_YAML_BINARY,  /* has characters that YAML cannot hold: !!binary, base64 */
};

struct cfg_yaml_scalar {
    enum cfg_yaml_form form;
    bool has_break;
    size_t units; /* UTF-16 code units: what the width of a line is counted in */
};

/* Malformed UTF-8 counts as U+FFFD. Cost: linear. */
struct cfg_yaml_scalar cfg_yaml_scalar_look(struct cfg_str text);

/* LF, NEL, LS and PS end a line; CR is no more than a character. */
bool cfg_yaml_scalar_is_break(uint32_t point);

/* False when the plain text would be read back as a boolean, number, null, timestamp or merge key. */
bool cfg_yaml_scalar_reads_as_string(struct cfg_str text);

#endif
