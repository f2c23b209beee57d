/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the bytes of a file. Gives: UTF-8 that libyaml accepts where SnakeYAML does.
 * Keeps: every character's line and column.
 */
#include "core/parse/yaml_source.h"

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "core/model/limits.h"
#include "core/parse/place.h"

enum { PAIR_CHARS = 12, MARK_BYTES = 9 };

/* --- encodings ---------------------------------------------------------------------------------- */

struct encoding {
    const char *mark;
    size_t mark_len;
    unsigned unit_bytes;
    bool big_endian;
};

/* UTF-32 before UTF-16: the little-endian mark of one begins with that of the other. */
static const struct encoding encodings[] = {
    {"\xff\xfe\0\0", 4, 4, false}, {"\0\0\xfe\xff", 4, 4, true},  {"\xff\xfe", 2, 2, false},
    {"\xfe\xff", 2, 2, true},      {"\xef\xbb\xbf", 3, 1, false},
};

static const struct encoding *find_encoding(struct cfg_str bytes)
{
    for (size_t i = 0; i < CFG_COUNT(encodings); i++)
        if (cfg_str_starts(bytes, cfg_str_make(encodings[i].mark, encodings[i].mark_len)))
            return &encodings[i];
    return NULL;
}

static uint32_t unit_at(const struct encoding *from, const char *ptr)
{
    uint32_t unit = 0;
    for (unsigned i = 0; i < from->unit_bytes; i++) {
        unsigned at = from->big_endian ? i : from->unit_bytes - 1 - i;
        unit = unit << 8 | (unsigned char)ptr[at];
    }
    return unit;
}

/* One character of UTF-16 or UTF-32; gives the bytes it took, 0: malformed. */
static size_t
next_point(const struct encoding *from, struct cfg_str bytes, size_t at, uint32_t *point)
{
    size_t unit = from->unit_bytes;
    if (bytes.len - at < unit)
        return 0;
    *point = unit_at(from, bytes.ptr + at);
    if (unit == 2 && *point >= 0xd800 && *point <= 0xdbff && bytes.len - at >= 4) {
        uint32_t low = unit_at(from, bytes.ptr + at + 2);
        if (low < 0xdc00 || low > 0xdfff)
            return 0;
        *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
        return 4;
    }
    return *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff) ? 0 : unit;
}

static enum cfg_status
to_utf8(const struct encoding *from, struct cfg_str bytes, struct cfg_buf *out, struct cfg_err *err)
{
    size_t at = 0;
    while (at < bytes.len) {
        char utf8[4];
        uint32_t point;
        size_t len = next_point(from, bytes, at, &point);
        if (len == 0) {
            unsigned line, column;
            cfg_place_of(cfg_buf_view(out), out->len, &line, &column);
            cfg_err_set(err, CFG_CORRUPT, "malformed UTF-%u", from->unit_bytes * 8);
            cfg_err_place(err, CFG_STR_NONE, line, column);
            return err->status;
        }
        cfg_buf_append(out, utf8, cfg_utf8_put(point, utf8));
        at += len;
    }
    return cfg_buf_end(out, "the file", err);
}

/* --- what libyaml would refuse ------------------------------------------------------------------ */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Four hex digits; false when they are none. */
static bool hex4(const char *p, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        if (!is_hex(p[i]))
            return false;
        unsigned char c = (unsigned char)p[i];
        *out = *out << 4 | (c <= '9' ? c - (uint32_t)'0' : (c & 0xdfu) - (uint32_t)'A' + 10);
    }
    return true;
}

static bool is_pair(const char *high_digits, const char *low_digits, uint32_t *point)
{
    uint32_t high, low;
    if (!hex4(high_digits, &high) || !hex4(low_digits, &low))
        return false;
    if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return false;
    *point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* An escaped pair begins here, and its backslash is not itself escaped. */
static bool pair_at(struct cfg_str text, size_t at)
{
    uint32_t point;
    size_t before = at;
    if (text.len - at < PAIR_CHARS || text.ptr[at + 1] != 'u' || text.ptr[at + 6] != '\\' ||
        text.ptr[at + 7] != 'u')
        return false;
    if (!is_pair(text.ptr + at + 2, text.ptr + at + 8, &point))
        return false;
    while (before > 0 && text.ptr[before - 1] == '\\')
        before--;
    return (at - before) % 2 == 0;
}

static size_t find_pair(struct cfg_str text, size_t from)
{
    while (from < text.len) {
        const char *slash = memchr(text.ptr + from, '\\', text.len - from);
        if (slash == NULL)
            break;
        from = (size_t)(slash - text.ptr);
        if (pair_at(text, from))
            return from;
        /* past the whole run: a run's end alone can begin a pair, and pair_at looks back over it */
        from++;
    }
    return text.len;
}

/* \uD83D\uDE00 → \x01D83DDE00: valid where escapes are, harmless text elsewhere. */
static void mark_pairs(char *text, size_t len, size_t first)
{
    for (size_t at = first; at < len; at = find_pair(cfg_str_make(text, len), at)) {
        char *p = text + at;
        memmove(p + 8, p + 8, 4);
        memmove(p + 4, p + 2, 4);
        memcpy(p, "\\x01", 4);
        at += PAIR_CHARS;
    }
}

size_t cfg_yaml_restore(char *text, size_t len, bool double_quoted)
{
    size_t to = 0;
    size_t from = 0;
    while (from < len) {
        uint32_t point;
        bool plain_mark = !double_quoted && len - from >= PAIR_CHARS &&
                          memcmp(text + from, "\\x01", 4) == 0 &&
                          is_pair(text + from + 4, text + from + 8, &point);
        if (double_quoted && text[from] == '\x01' && len - from >= MARK_BYTES &&
            is_pair(text + from + 1, text + from + 5, &point)) {
            to += cfg_utf8_put(point, text + to);
            from += MARK_BYTES;
        } else if (plain_mark) {
            memmove(text + to + 2, text + from + 4, 4);
            memcpy(text + to, "\\u", 2);
            memcpy(text + to + 6, "\\u", 2);
            memmove(text + to + 8, text + from + 8, 4);
            to += PAIR_CHARS;
            from += PAIR_CHARS;
        } else {
            text[to++] = text[from++];
        }
    }
    text[to] = '\0';
    return to;
}

/* "%YAML 1.N": any minor version becomes 1. False: another directive. */
static bool fix_version(struct cfg_str line, char *text)
{
    size_t at = 5;
    size_t len = 0;
    if (!cfg_str_starts(line, CFG_STR("%YAML")))
        return false;
    while (at < line.len && line.ptr[at] == ' ')
        at++;
    if (at == 5 || line.len - at < 3 || line.ptr[at] != '1' || line.ptr[at + 1] != '.')
        return true;
    for (at += 2; at + len < line.len && line.ptr[at + len] >= '0' && line.ptr[at + len] <= '9';)
        len++;
    if (len) {
        memset(text + at, ' ', len);
        text[at] = '1';
    }
    return true;
}

/* Lines of directives; an unknown one becomes a comment. */
static void fix_directives(struct cfg_str lines, char *text)
{
    struct cfg_str rest = lines;
    struct cfg_str line;
    while (cfg_str_cut(&rest, '\n', &line)) {
        char *at = text + (line.ptr - lines.ptr);
        if (!cfg_str_starts(line, CFG_STR("%")) || cfg_str_starts(line, CFG_STR("%TAG")))
            continue;
        if (!fix_version(line, at))
            at[0] = '#';
    }
}

static bool is_blank_or_comment(struct cfg_str line)
{
    line = cfg_str_trim(line);
    return line.len == 0 || line.ptr[0] == '#';
}

/*
 * Finds the next run of lines that are directives: the first begins with '%', and only directives,
 * comments and blank lines stand between it and a line "---". Anything else is content.
 */
static bool find_directives(struct cfg_str *rest, struct cfg_str *out)
{
    struct cfg_str line;
    const char *first = NULL;
    while (cfg_str_cut(rest, '\n', &line)) {
        if (first && cfg_str_starts(line, CFG_STR("---"))) {
            *out = cfg_str_make(first, (size_t)(line.ptr - first));
            return true;
        }
        if (first == NULL && cfg_str_starts(line, CFG_STR("%")))
            first = line.ptr;
        else if (!cfg_str_starts(line, CFG_STR("%")) && !is_blank_or_comment(line))
            first = NULL;
    }
    return false;
}

/* A line of the text begins with '%'; most files have none, and need no copy. */
static bool may_have_directives(struct cfg_str text)
{
    return cfg_str_starts(text, CFG_STR("%")) || cfg_str_find(text, CFG_STR("\n%")) < text.len;
}

/* A copy of its own to write to. */
static bool own(struct cfg_yaml_source *source)
{
    if (source->owned)
        return true;
    source->owned = malloc(source->text.len + 1);
    if (source->owned == NULL)
        return false;
    memcpy(source->owned, source->text.ptr, source->text.len);
    source->owned[source->text.len] = '\0';
    source->text.ptr = source->owned;
    return true;
}

enum cfg_status
cfg_yaml_source_open(struct cfg_str bytes, struct cfg_yaml_source *out, struct cfg_err *err)
{
    struct cfg_buf utf8;
    *out = (struct cfg_yaml_source){.text = bytes};
    if (bytes.len > CFG_LIMIT_FILE_BYTES)
        return cfg_err_set(err, CFG_TOO_LARGE, "the file is over %d bytes", CFG_LIMIT_FILE_BYTES);
    const struct encoding *encoding = find_encoding(bytes);
    if (encoding)
        out->text = cfg_str_sub(bytes, encoding->mark_len, bytes.len);
    if (encoding && encoding->unit_bytes > 1) {
        cfg_buf_init(&utf8, (size_t)CFG_LIMIT_FILE_BYTES * 2);
        enum cfg_status status = to_utf8(encoding, out->text, &utf8, err);
        out->text = cfg_buf_view(&utf8);
        out->owned = utf8.ptr;
        if (status)
            return status;
    }
    size_t pair = find_pair(out->text, 0);
    bool directives = may_have_directives(out->text);
    out->has_marks = pair < out->text.len;
    if (!out->has_marks && !directives)
        return CFG_OK;
    if (!own(out))
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a copy of the file");
    if (out->has_marks)
        mark_pairs(out->owned, out->text.len, pair);
    struct cfg_str rest = out->text;
    struct cfg_str lines;
    while (directives && find_directives(&rest, &lines))
        fix_directives(lines, out->owned + (lines.ptr - out->text.ptr));
    return CFG_OK;
}

void cfg_yaml_source_release(struct cfg_yaml_source *source)
{
    free(source->owned);
    *source = (struct cfg_yaml_source){.owned = NULL};
}
