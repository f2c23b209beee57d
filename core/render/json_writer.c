/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: texts and scalars. Gives: their JSON at the end of a buffer. Keeps: nothing.
 * Most texts need no escape: they are found out by a scan of whole words and copied in one piece.
 */
#include "core/render/json_writer.h"

#include <stdint.h>

#include "core/base/utf8.h"

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/*
 * Eight bytes at once: all ASCII from blank upward, no quote, no backslash. It may say false of a
 * good word (a borrow between bytes), never true of a bad one.
 */
static bool word_is_plain(uint64_t word)
{
    uint64_t quote = word ^ EACH_BYTE('"'), slash = word ^ EACH_BYTE('\\');
    uint64_t low = (word - EACH_BYTE(0x20)) & ~word;
    quote = (quote - EACH_BYTE(1)) & ~quote;
    slash = (slash - EACH_BYTE(1)) & ~slash;
    return ((word | low | quote | slash) & EACH_BYTE(0x80)) == 0;
}

/* Index of the first byte from `at` on that needs an escape; `s.len` when none does. */
static size_t plain_end(struct cfg_str s, size_t at)
{
    while (at < s.len) {
        uint64_t word;
        if (s.len - at >= sizeof word) {
            memcpy(&word, s.ptr + at, sizeof word);
            if (word_is_plain(word)) {
                at += sizeof word;
                continue;
            }
        }
        unsigned char c = (unsigned char)s.ptr[at];
        uint32_t point;
        size_t len = c < 0x80 ? 1 : cfg_utf8_next(s, at, &point);
        if (len == 0 || c < 0x20 || c == '"' || c == '\\')
            break;
        at += len;
    }
    return at;
}

static void escape(struct cfg_buf *out, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* character, letter */

    if (c >= 0x80) { /* malformed */
        cfg_buf_append(out, "\xEF\xBF\xBD", 3);
        return;
    }
    for (size_t i = 0; i + 1 < sizeof named; i += 2) {
        if ((unsigned char)named[i] == c) {
            cfg_buf_append(out, (char[]){'\\', named[i + 1]}, 2);
            return;
        }
    }
    cfg_buf_append(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

static void quote_plain(struct cfg_buf *out, struct cfg_str text)
{
    if (text.len > SIZE_MAX - 2 || !cfg_buf_reserve(out, text.len + 2))
        return;
    char *to = out->ptr + out->len;
    *to++ = '"';
    if (text.len)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '"';
    to[text.len + 1] = '\0';
    out->len += text.len + 2;
}

void cfg_json_string(struct cfg_buf *out, struct cfg_str text)
{
    size_t end = plain_end(text, 0);
    if (end == text.len) {
        quote_plain(out, text);
        return;
    }
    cfg_buf_char(out, '"');
    cfg_buf_append(out, text.ptr, end);
    while (end < text.len) {
        escape(out, (unsigned char)text.ptr[end]);
        size_t from = end + 1;
        end = plain_end(text, from);
        cfg_buf_append(out, text.ptr + from, end - from);
    }
    cfg_buf_char(out, '"');
}

/* Infinity, -Infinity and NaN are no JSON numbers; every other double ends in a digit. */
static bool double_is_finite(struct cfg_str text)
{
    char last = text.len ? text.ptr[text.len - 1] : '\0';
    return last >= '0' && last <= '9';
}

void cfg_json_value(struct cfg_buf *out, struct cfg_value value)
{
    switch (value.kind) {
    case CFG_KIND_NULL:
        cfg_buf_str(out, CFG_STR("null"));
        return;
    case CFG_KIND_BOOL:
    case CFG_KIND_INT:
        cfg_buf_str(out, value.text);
        return;
    case CFG_KIND_DOUBLE:
        if (double_is_finite(value.text)) {
            cfg_buf_str(out, value.text);
            return;
        }
        break;
    case CFG_KIND_STRING:
    case CFG_KIND_BYTES:
    case CFG_KIND_TIME:
        break;
    }
    cfg_json_string(out, value.text);
}
