/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8: reading, checking and writing UTF-8 (RFC 3629: no surrogates, no overlong forms).
 */
#ifndef CORE_BASE_UTF8_H
#define CORE_BASE_UTF8_H

#include <stdint.h>

#include "core/base/str.h"

/*
 * Decodes the character at `s.ptr[at]`.
 * Gives: its length in bytes (1 to 4) and `*out_point`; 0 at the end or when it is malformed.
 */
size_t cfg_utf8_next(struct cfg_str s, size_t at, uint32_t *out_point);

/* Index of the first malformed byte, `s.len` when all is well formed. */
size_t cfg_utf8_valid(struct cfg_str s);

/* Writes a code point (not a surrogate, ≤ 0x10FFFF); gives the number of bytes, 1 to 4. */
size_t cfg_utf8_put(uint32_t point, char out[4]);

#endif
