/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a text. Gives: the form it needs. Keeps: nothing.
 */
#include "core/render/yaml_scalar.h"

#include "core/base/defs.h"
#include "core/base/utf8.h"

enum {
    RESOLVED_BYTES = 1024, /* longer texts are read as strings without a look */
    TIMESTAMP_BYTES = 50,
};

#define SIGN       "+-"
#define DIGIT      "0123456789"
#define DIGIT_LINE "0123456789_"

/* Takes up to `most` characters of the set off the front; false when there are fewer than `least`. */
static bool take(struct cfg_str *s, const char *set, size_t least, size_t most)
{
    size_t len = 0;
    while (len < s->len && len < most && s->ptr[len] && strchr(set, s->ptr[len]))
        len++;
    *s = cfg_str_sub(*s, len, s->len - len);
    return len >= least;
}

static bool is_one_of(struct cfg_str s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cfg_str_eq(s, cfg_str_of(words[i])))
            return true;
    return false;
}

static bool reads_as_word(struct cfg_str s)
{
    static const char *const words[] = {
        "",     "~",    "null",  "Null",  "NULL",  "yes", "Yes", "YES", "no",  "No",  "NO",  "true",
        "True", "TRUE", "false", "False", "FALSE", "on",  "On",  "ON",  "off", "Off", "OFF", "<<",
    };
    return s.len <= 5 && is_one_of(s, words, CFG_COUNT(words));
}

/* (:[0-5]?[0-9])+ */
static bool take_sixties(struct cfg_str *s)
{
    size_t count = 0;
    for (; take(s, ":", 1, 1); count++) {
        struct cfg_str two = *s;
        if (take(&two, "012345", 1, 1) && take(&two, DIGIT, 1, 1))
            *s = two;
        else if (!take(s, DIGIT, 1, 1))
            return false;
    }
    return count > 0;
}

/* Digits of a base, underscores among them, at least one digit. */
static bool is_based(struct cfg_str s, const char *digits, const char *digits_and_line)
{
    take(&s, "_", 0, SIZE_MAX);
    return take(&s, digits, 1, 1) && take(&s, digits_and_line, 0, SIZE_MAX) && s.len == 0;
}

static bool reads_as_int(struct cfg_str s)
{
    take(&s, SIGN, 0, 1);
    if (!take(&s, "0", 1, 1)) {
        if (!take(&s, DIGIT, 1, 1))
            return false;
        take(&s, DIGIT_LINE, 0, SIZE_MAX);
        return s.len == 0 || (take_sixties(&s) && s.len == 0);
    }
    if (s.len == 0)
        return true;
    if (take(&s, "b", 1, 1))
        return is_based(s, "01", "01_");
    if (take(&s, "x", 1, 1))
        return is_based(s, "0123456789abcdefABCDEF", "0123456789abcdefABCDEF_");
    return is_based(s, "01234567", "01234567_");
}

/* [eE][-+]?[0-9]+ to the end */
static bool is_exponent(struct cfg_str s)
{
    return take(&s, "eE", 1, 1) && take(&s, SIGN, 0, 1) && take(&s, DIGIT, 1, SIZE_MAX) &&
           s.len == 0;
}

static bool reads_as_float(struct cfg_str s)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF"};
    static const char *const none[] = {".nan", ".NaN", ".NAN"};

    if (is_one_of(s, none, CFG_COUNT(none)))
        return true;
    take(&s, SIGN, 0, 1);
    if (is_one_of(s, infinite, CFG_COUNT(infinite)))
        return true;
    if (take(&s, ".", 1, 1))
        return take(&s, DIGIT_LINE, 1, SIZE_MAX) && (s.len == 0 || is_exponent(s));
    if (!take(&s, DIGIT, 1, 1))
        return false;
    take(&s, DIGIT_LINE, 0, SIZE_MAX);
    if (s.len && s.ptr[0] == ':')
        return take_sixties(&s) && take(&s, ".", 1, 1) && take(&s, DIGIT_LINE, 0, SIZE_MAX) &&
               s.len == 0;
    if (!take(&s, ".", 1, 1))
        return is_exponent(s);
    take(&s, DIGIT_LINE, 0, SIZE_MAX);
    return s.len == 0 || is_exponent(s);
}

/* Z, +1, -01:00, blanks before it; or nothing */
static bool is_zone(struct cfg_str s)
{
    if (s.len == 0)
        return true;
    take(&s, " \t", 0, SIZE_MAX);
    if (take(&s, "Z", 1, 1))
        return s.len == 0;
    if (!take(&s, SIGN, 1, 1) || !take(&s, DIGIT, 1, 2))
        return false;
    if (take(&s, ":", 1, 1) && !take(&s, DIGIT, 2, 2))
        return false;
    return s.len == 0;
}

static bool reads_as_timestamp(struct cfg_str s)
{
    if (s.len > TIMESTAMP_BYTES || !take(&s, DIGIT, 4, 4) || !take(&s, "-", 1, 1))
        return false;
    struct cfg_str date = s;
    if (take(&date, DIGIT, 2, 2) && take(&date, "-", 1, 1) && take(&date, DIGIT, 2, 2) &&
        date.len == 0)
        return true;
    if (!take(&s, DIGIT, 1, 2) || !take(&s, "-", 1, 1) || !take(&s, DIGIT, 1, 2) ||
        !(take(&s, "Tt", 1, 1) || take(&s, " \t", 1, SIZE_MAX)))
        return false;
    if (!take(&s, DIGIT, 1, 2) || !take(&s, ":", 1, 1) || !take(&s, DIGIT, 2, 2) ||
        !take(&s, ":", 1, 1) || !take(&s, DIGIT, 2, 2))
        return false;
    if (take(&s, ".", 1, 1))
        take(&s, DIGIT, 0, SIZE_MAX);
    return is_zone(s);
}

bool cfg_yaml_scalar_reads_as_string(struct cfg_str text)
{
    if (reads_as_word(text))
        return false;
    if (text.len > RESOLVED_BYTES || strchr(SIGN "." DIGIT, text.ptr[0]) == NULL)
        return true;
    return !reads_as_int(text) && !reads_as_float(text) && !reads_as_timestamp(text);
}

/* "0" and digits, "089": no number to this reader, but one to others. */
static bool looks_octal(struct cfg_str s)
{
    return take(&s, "0", 1, 1) && take(&s, DIGIT_LINE, 1, SIZE_MAX) && s.len == 0;
}

bool cfg_yaml_scalar_is_break(uint32_t point)
{
    return point == '\n' || point == 0x85 || point == 0x2028 || point == 0x2029;
}

static bool is_printable(uint32_t point)
{
    return (point >= 0x20 && point <= 0x7E) || point == '\t' || point == '\n' || point == '\r' ||
           point == 0x85 || (point >= 0xA0 && point <= 0xFFFD) || point > 0xFFFF;
}

/* What one walk over a text finds out. */
struct traits {
    bool unprintable;
    bool has_break;
    bool blank_before_break;
    bool needs_escape; /* a tab or CR */
    bool indicator;    /* ": ", " #", or a final ":" */
};

static struct traits look(struct cfg_str text, size_t *out_units)
{
    struct traits t = {0};
    uint32_t point, before = 0;

    for (size_t at = 0, len; at < text.len; at += len, before = point) {
        len = cfg_utf8_next(text, at, &point);
        if (len == 0) {
            len = 1;
            point = 0xFFFD;
        }
        *out_units += point > 0xFFFF ? 2 : 1;
        if (!is_printable(point))
            t.unprintable = true;
        if (point == '\t' || point == '\r')
            t.needs_escape = true;
        if (cfg_yaml_scalar_is_break(point)) {
            t.has_break = true;
            t.blank_before_break |= before == ' ';
        }
        if (point == '#' && before == ' ')
            t.indicator = true;
        if (point == ':' && (at + 1 == text.len || text.ptr[at + 1] == ' '))
            t.indicator = true;
    }
    return t;
}

/* Does it begin with what begins something else in a block? */
static bool starts_otherwise(struct cfg_str text)
{
    if (cfg_str_starts(text, CFG_STR("---")) || cfg_str_starts(text, CFG_STR("...")))
        return true;
    if (strchr("#,[]{}&*!|>'\"%@`", text.ptr[0]))
        return true;
    return strchr("?-", text.ptr[0]) && (text.len == 1 || text.ptr[1] == ' ');
}

/* `text` is not empty, printable and without line breaks and escapes. */
static bool may_be_plain(struct cfg_str text)
{
    return text.ptr[0] != ' ' && text.ptr[text.len - 1] != ' ' && !starts_otherwise(text) &&
           cfg_yaml_scalar_reads_as_string(text) && !looks_octal(text);
}

struct cfg_yaml_scalar cfg_yaml_scalar_look(struct cfg_str text)
{
    struct cfg_yaml_scalar scalar = {.form = CFG_YAML_SINGLE};

    if (text.len == 0)
        return scalar;
    struct traits t = look(text, &scalar.units);
    scalar.has_break = t.has_break;
    if (t.unprintable)
        scalar.form = CFG_YAML_BINARY;
    else if (t.needs_escape)
        scalar.form = CFG_YAML_DOUBLE;
    else if (t.has_break)
        scalar.form = t.blank_before_break || text.ptr[text.len - 1] == ' ' ? CFG_YAML_DOUBLE
                                                                            : CFG_YAML_LITERAL;
    else if (!t.indicator && may_be_plain(text))
        scalar.form = CFG_YAML_PLAIN;
    return scalar;
}
