/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_writer: the pieces of JSON that every writer here needs. Compact, UTF-8 raw, "/" not escaped.
 */
#ifndef CORE_RENDER_JSON_WRITER_H
#define CORE_RENDER_JSON_WRITER_H

#include "core/base/buf.h"
#include "core/model/value.h"

/* A quoted string; malformed UTF-8 becomes U+FFFD. */
void cfg_json_string(struct cfg_buf *out, struct cfg_str text);

/* A scalar by its kind; Infinity and NaN as strings, BYTES and TIME as strings, NULL as null. */
void cfg_json_value(struct cfg_buf *out, struct cfg_value value);

#endif
