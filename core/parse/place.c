/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a text and an offset. Gives: line and column. Keeps: nothing.
 */
#include "core/parse/place.h"

void cfg_place_of(struct cfg_str text, size_t offset, unsigned *line, unsigned *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool crlf = c == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (c == '\n' || (c == '\r' && !crlf)) {
            ++*line;
            *column = 1;
        } else {
            *column += (c & 0xc0u) != 0x80;
        }
    }
}
