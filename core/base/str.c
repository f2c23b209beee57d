/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes and gives: borrowed runs of bytes. Keeps: nothing.
 */
#include "core/base/str.h"

#include "core/base/defs.h"

struct cfg_str cfg_str_of(const char *terminated)
{
    return terminated ? cfg_str_make(terminated, strlen(terminated)) : CFG_STR_NONE;
}

bool cfg_str_eq(struct cfg_str a, struct cfg_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool cfg_str_eq_nocase(struct cfg_str a, struct cfg_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int cfg_str_cmp(struct cfg_str a, struct cfg_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool cfg_str_starts(struct cfg_str s, struct cfg_str prefix)
{
    return s.len >= prefix.len && cfg_str_eq(cfg_str_make(s.ptr, prefix.len), prefix);
}

bool cfg_str_ends(struct cfg_str s, struct cfg_str suffix)
{
    return s.len >= suffix.len &&
           cfg_str_eq(cfg_str_sub(s, s.len - suffix.len, suffix.len), suffix);
}

size_t cfg_str_chr(struct cfg_str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

size_t cfg_str_rchr(struct cfg_str s, char c)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c)
            return i - 1;
    return s.len;
}

size_t cfg_str_find(struct cfg_str s, struct cfg_str needle)
{
    if (needle.len == 0)
        return 0;
    for (size_t i = 0; i + needle.len <= s.len; i++) {
        size_t skip = cfg_str_chr(cfg_str_sub(s, i, s.len), needle.ptr[0]);
        i += skip;
        if (i + needle.len > s.len)
            break;
        if (memcmp(s.ptr + i, needle.ptr, needle.len) == 0)
            return i;
    }
    return s.len;
}

struct cfg_str cfg_str_sub(struct cfg_str s, size_t from, size_t len)
{
    if (from >= s.len)
        return cfg_str_make(s.len ? s.ptr + s.len : s.ptr, 0);
    if (len > s.len - from)
        len = s.len - from;
    return cfg_str_make(s.ptr + from, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

struct cfg_str cfg_str_trim(struct cfg_str s)
{
    while (s.len && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

int cfg_str_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int cfg_str_escape(struct cfg_str s, size_t at)
{
    if (at >= s.len || s.len - at < 3 || s.ptr[at] != '%')
        return -1;
    int high = cfg_str_hex_digit(s.ptr[at + 1]);
    int low = cfg_str_hex_digit(s.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

char *cfg_str_copy(struct cfg_str s)
{
    char *copy = malloc(s.len + 1);
    if (copy == NULL)
        return NULL;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

bool cfg_str_cut(struct cfg_str *rest, char separator, struct cfg_str *out_piece)
{
    if (rest->ptr == NULL)
        return false;
    size_t at = cfg_str_chr(*rest, separator);
    *out_piece = cfg_str_make(rest->ptr, at);
    if (at == rest->len)
        *rest = CFG_STR_NONE;
    else
        *rest = cfg_str_make(rest->ptr + at + 1, rest->len - at - 1);
    return true;
}
