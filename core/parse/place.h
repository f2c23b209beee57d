/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place: where a byte stands in a text, for libraries that name offsets alone.
 */
#ifndef CORE_PARSE_PLACE_H
#define CORE_PARSE_PLACE_H

#include "core/base/str.h"

/* From 1, in lines and UTF-8 characters; LF, CR and CR LF end a line. Limits: cost is `offset`. */
void cfg_place_of(struct cfg_str text, size_t offset, unsigned *line, unsigned *column);

#endif
