/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: bytes. Gives: code points, or where they are not UTF-8. Keeps: RFC 3629's table.
 */
#include "core/base/utf8.h"

#include "core/base/defs.h"

/* The shape of a first byte: length, payload mask, smallest code point of that length. */
static size_t first_byte(unsigned char c, uint32_t *point, uint32_t *least)
{
    if (c < 0x80) {
        *point = c;
        *least = 0;
        return 1;
    }
    if (c >= 0xc2 && c <= 0xdf) {
        *point = c & 0x1fu;
        *least = 0x80;
        return 2;
    }
    if (c >= 0xe0 && c <= 0xef) {
        *point = c & 0x0fu;
        *least = 0x800;
        return 3;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        *point = c & 0x07u;
        *least = 0x10000;
        return 4;
    }
    return 0;
}

size_t cfg_utf8_next(struct cfg_str s, size_t at, uint32_t *out_point)
{
    uint32_t point;
    uint32_t least;
    if (at >= s.len)
        return 0;
    size_t len = first_byte((unsigned char)s.ptr[at], &point, &least);
    if (len == 0 || len > s.len - at)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)s.ptr[at + i];
        if ((c & 0xc0u) != 0x80)
            return 0;
        point = point << 6 | (c & 0x3fu);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *out_point = point;
    return len;
}

size_t cfg_utf8_valid(struct cfg_str s)
{
    size_t at = 0;
    while (at < s.len) {
        uint32_t point;
        if ((unsigned char)s.ptr[at] < 0x80) {
            at++;
            continue;
        }
        size_t len = cfg_utf8_next(s, at, &point);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

size_t cfg_utf8_put(uint32_t point, char out[4])
{
    CFG_ASSERT(point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff));
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80u | (point & 0x3fu));
        point >>= 6;
    }
    out[0] = (char)(marks[len] | point);
    return len;
}
