/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the text of a scalar. Gives: its YAML 1.1 tag and its value in canonical form.
 * Keeps: the order of SnakeYAML's rules: bool, int, float, merge, null, else a string.
 */
#include "core/parse/yaml_value.h"

#include <stdint.h>

#include "core/parse/number.h"

enum {
    RESOLVED_CHARS = 1024, /* a longer plain scalar is a string, whatever it looks like */
    DAY_SECONDS = 86400,
};

#define TAG_PREFIX "tag:yaml.org,2002:"

static const char *const tag_names[] = {
    [CFG_TAG_UNKNOWN] = "unknown", [CFG_TAG_STR] = "str",
    [CFG_TAG_NULL] = "null",       [CFG_TAG_BOOL] = "bool",
    [CFG_TAG_INT] = "int",         [CFG_TAG_FLOAT] = "float",
    [CFG_TAG_BINARY] = "binary",   [CFG_TAG_TIMESTAMP] = "timestamp",
    [CFG_TAG_MERGE] = "merge",     [CFG_TAG_SEQ] = "seq",
    [CFG_TAG_MAP] = "map",         [CFG_TAG_SET] = "set",
    [CFG_TAG_OMAP] = "omap",       [CFG_TAG_PAIRS] = "pairs",
};

const char *cfg_yaml_tag_text(enum cfg_yaml_tag tag)
{
    return tag_names[tag];
}

enum cfg_yaml_tag cfg_yaml_tag_of(const char *name)
{
    struct cfg_str rest = cfg_str_of(name);
    if (!cfg_str_starts(rest, CFG_STR(TAG_PREFIX)))
        return CFG_TAG_UNKNOWN;
    rest = cfg_str_sub(rest, sizeof TAG_PREFIX - 1, rest.len);
    for (size_t i = CFG_TAG_STR; i < CFG_COUNT(tag_names); i++)
        if (i != CFG_TAG_MERGE && cfg_str_eq(rest, cfg_str_of(tag_names[i])))
            return (enum cfg_yaml_tag)i;
    return CFG_TAG_UNKNOWN;
}

/* --- what a plain scalar looks like ------------------------------------------------------------- */

/* Lower case, Title or UPPER are accepted; "tRUE" is a string. */
static bool is_word(struct cfg_str s, const char *lower)
{
    size_t len = strlen(lower);
    bool upper_rest = s.len > 1 && s.ptr[1] >= 'A' && s.ptr[1] <= 'Z';
    if (s.len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char upper = (char)(lower[i] - 'a' + 'A');
        bool upper_here = s.ptr[i] == upper;
        if (s.ptr[i] != lower[i] && !upper_here)
            return false;
        if (i > 0 && upper_here != upper_rest)
            return false;
    }
    return !upper_rest || s.ptr[0] <= 'Z';
}

static const struct {
    const char *word;
    bool value;
} bool_words[] = {
    {"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"on", true}, {"off", false},
};

static bool is_bool(struct cfg_str s)
{
    for (size_t i = 0; i < CFG_COUNT(bool_words); i++)
        if (is_word(s, bool_words[i].word))
            return true;
    return false;
}

static bool is_sign(char c)
{
    return c == '-' || c == '+';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct cfg_str skip(struct cfg_str s, size_t count)
{
    return cfg_str_sub(s, count, s.len);
}

/* How many characters from the start are in `set`. */
static size_t span(struct cfg_str s, const char *set)
{
    size_t len = 0;
    while (len < s.len && s.ptr[len] != '\0' && strchr(set, s.ptr[len]))
        len++;
    return len;
}

/* All of `s` is digits of that set and underscores, and not underscores alone. */
static bool is_all(struct cfg_str s, const char *digits_and_underscore)
{
    return span(s, digits_and_underscore) == s.len && span(s, "_") < s.len;
}

/* The length of ":5:59…", parts of one or two digits below sixty, from the start; 0: none. */
static size_t sixty_span(struct cfg_str s)
{
    size_t at = 0;
    while (at + 1 < s.len && s.ptr[at] == ':' && is_digit(s.ptr[at + 1])) {
        bool two = at + 2 < s.len && is_digit(s.ptr[at + 2]);
        if (two && s.ptr[at + 1] > '5')
            break;
        at += two ? 3 : 2;
    }
    return at;
}

static bool is_int(struct cfg_str s)
{
    if (s.len && is_sign(s.ptr[0]))
        s = skip(s, 1);
    if (s.len == 0 || !is_digit(s.ptr[0]))
        return false;
    if (s.ptr[0] == '0') {
        if (s.len == 1)
            return true;
        if (s.ptr[1] == 'b')
            return is_all(skip(s, 2), "01_");
        if (s.ptr[1] == 'x')
            return is_all(skip(s, 2), "0123456789abcdefABCDEF_");
        return is_all(skip(s, 1), "01234567_");
    }
    struct cfg_str rest = skip(s, span(s, "0123456789_"));
    return rest.len == 0 || sixty_span(rest) == rest.len;
}

/* "e+12" and nothing behind it. */
static bool is_exponent(struct cfg_str s)
{
    if (s.len == 0 || (s.ptr[0] != 'e' && s.ptr[0] != 'E'))
        return false;
    s = skip(s, 1);
    if (s.len && is_sign(s.ptr[0]))
        s = skip(s, 1);
    return s.len && span(s, "0123456789") == s.len;
}

static bool is_nan_word(struct cfg_str s)
{
    return cfg_str_eq(s, CFG_STR("nan")) || cfg_str_eq(s, CFG_STR("NaN")) ||
           cfg_str_eq(s, CFG_STR("NAN"));
}

static bool is_float(struct cfg_str s)
{
    bool sign = s.len && is_sign(s.ptr[0]);
    struct cfg_str rest = sign ? skip(s, 1) : s;
    if (rest.len == 0)
        return false;
    if (rest.ptr[0] == '.') {
        rest = skip(rest, 1);
        if (is_word(rest, "inf") || (!sign && is_nan_word(rest)))
            return true;
        size_t digits = span(rest, "0123456789_");
        rest = skip(rest, digits);
        return digits && (rest.len == 0 || is_exponent(rest));
    }
    if (!is_digit(rest.ptr[0]))
        return false;
    rest = skip(rest, span(rest, "0123456789_"));
    size_t sixty = sixty_span(rest);
    rest = skip(rest, sixty);
    if (rest.len == 0 || rest.ptr[0] != '.')
        return sixty == 0 && is_exponent(rest);
    rest = skip(rest, 1);
    rest = skip(rest, span(rest, "0123456789_"));
    return rest.len == 0 || (sixty == 0 && is_exponent(rest));
}

enum cfg_yaml_tag cfg_yaml_resolve(struct cfg_str plain)
{
    if (plain.len == 0)
        return CFG_TAG_NULL;
    if (plain.len > RESOLVED_CHARS)
        return CFG_TAG_STR;
    switch (plain.ptr[0]) {
    case 'y':
    case 'Y':
    case 't':
    case 'T':
    case 'f':
    case 'F':
    case 'o':
    case 'O':
        return is_bool(plain) ? CFG_TAG_BOOL : CFG_TAG_STR;
    case 'n':
    case 'N':
        if (is_bool(plain))
            return CFG_TAG_BOOL;
        return is_word(plain, "null") ? CFG_TAG_NULL : CFG_TAG_STR;
    case '~':
        return plain.len == 1 ? CFG_TAG_NULL : CFG_TAG_STR;
    case '<':
        return cfg_str_eq(plain, CFG_STR("<<")) ? CFG_TAG_MERGE : CFG_TAG_STR;
    case '-':
    case '+':
    case '.':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        if (is_int(plain))
            return CFG_TAG_INT;
        return is_float(plain) ? CFG_TAG_FLOAT : CFG_TAG_STR;
    default:
        return CFG_TAG_STR;
    }
}

/* --- values ------------------------------------------------------------------------------------- */

static enum cfg_status misfit(enum cfg_yaml_tag tag, struct cfg_err *err)
{
    /* the text may be a secret, so it is not shown */
    return cfg_err_set(err, CFG_CORRUPT, "not a value of the type %s", cfg_yaml_tag_text(tag));
}

static enum cfg_status keep(enum cfg_kind kind,
                            struct cfg_str text,
                            struct cfg_arena *arena,
                            struct cfg_value *out,
                            struct cfg_err *err)
{
    out->kind = kind;
    return cfg_arena_dup(arena, text, &out->text) ? CFG_OK : cfg_arena_fail(arena, err);
}

/* Any case is accepted here, and any other word is null: what SnakeYAML does with an explicit tag. */
static void bool_value(struct cfg_str text, struct cfg_value *out)
{
    *out = (struct cfg_value){CFG_KIND_NULL, CFG_STR("")};
    for (size_t i = 0; i < CFG_COUNT(bool_words); i++)
        if (cfg_str_eq_nocase(text, cfg_str_of(bool_words[i].word)))
            *out = (struct cfg_value){CFG_KIND_BOOL,
                                      bool_words[i].value ? CFG_STR("true") : CFG_STR("false")};
}

/* A number without its underscores and its sign. */
struct bare {
    char text[CFG_NUMBER_INT_CHARS + 1];
    size_t len;
    bool negative;
};

static enum cfg_status bare_number(struct cfg_str text, struct bare *out, struct cfg_err *err)
{
    out->len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_')
            continue;
        if (out->len == CFG_NUMBER_INT_CHARS)
            return cfg_err_set(err, CFG_TOO_LARGE, "a number of over %d characters",
                               CFG_NUMBER_INT_CHARS);
        out->text[out->len++] = text.ptr[i];
    }
    out->negative = out->len && out->text[0] == '-';
    if (out->len && is_sign(out->text[0]))
        memmove(out->text, out->text + 1, --out->len);
    return CFG_OK;
}

/* Most integers are canonical as they stand: up to 18 digits without sign, zero or separator. */
static bool is_canonical_int(struct cfg_str text)
{
    size_t digits = span(text, "0123456789");
    return digits == text.len && digits >= 1 && digits <= 18 && (text.ptr[0] != '0' || digits == 1);
}

static enum cfg_status
int_value(struct cfg_str text, struct cfg_arena *arena, struct cfg_value *out, struct cfg_err *err)
{
    struct bare bare;
    char decimal[CFG_NUMBER_INT_BYTES];
    unsigned base = 10;
    if (is_canonical_int(text))
        return keep(CFG_KIND_INT, text, arena, out, err);
    if (bare_number(text, &bare, err))
        return err->status;
    struct cfg_str digits = cfg_str_make(bare.text, bare.len);
    if (cfg_str_starts(digits, CFG_STR("0b"))) {
        base = 2;
        digits = skip(digits, 2);
    } else if (cfg_str_starts(digits, CFG_STR("0x"))) {
        base = 16;
        digits = skip(digits, 2);
    } else if (digits.len > 1 && digits.ptr[0] == '0') {
        base = 8;
        digits = skip(digits, 1);
    }
    size_t len = cfg_number_int(digits, base, bare.negative, decimal);
    return len ? keep(CFG_KIND_INT, cfg_str_make(decimal, len), arena, out, err)
               : misfit(CFG_TAG_INT, err);
}

/* "1:30.5": added from the last part on, in the order that gives SnakeYAML's rounding. */
static bool sixty_float(struct cfg_str text, double *out)
{
    double sum = 0;
    double weight = 1;
    while (text.len) {
        double part;
        size_t colon = cfg_str_rchr(text, ':');
        size_t from = colon == text.len ? 0 : colon + 1;
        if (!cfg_number_read(skip(text, from), &part))
            return false;
        sum += part * weight;
        weight *= 60;
        text = cfg_str_sub(text, 0, from ? from - 1 : 0);
    }
    *out = sum;
    return true;
}

static bool read_float(struct cfg_str bare, double *out)
{
    if (bare.len == 0)
        return false;
    if (cfg_str_eq_nocase(bare, CFG_STR(".inf")))
        return cfg_number_read(CFG_STR("1e999"), out);
    if (is_sign(bare.ptr[0]))
        return false;
    return cfg_str_chr(bare, ':') < bare.len ? sixty_float(bare, out) : cfg_number_read(bare, out);
}

static enum cfg_status float_value(struct cfg_str text,
                                   struct cfg_arena *arena,
                                   struct cfg_value *out,
                                   struct cfg_err *err)
{
    struct bare bare;
    char java[CFG_NUMBER_JAVA_BYTES];
    double value;
    if (bare_number(text, &bare, err))
        return err->status;
    struct cfg_str digits = cfg_str_make(bare.text, bare.len);
    if (cfg_str_eq_nocase(digits, CFG_STR(".nan"))) {
        *out = (struct cfg_value){CFG_KIND_DOUBLE, CFG_STR("NaN")};
        return CFG_OK;
    }
    if (!read_float(digits, &value))
        return misfit(CFG_TAG_FLOAT, err);
    size_t len = cfg_number_java(bare.negative ? -value : value, java);
    return keep(CFG_KIND_DOUBLE, cfg_str_make(java, len), arena, out, err);
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * Base64 in, canonical base64 out: blanks dropped, the bits that no byte uses cleared, the padding
 * complete. Decoding and encoding again would give the same.
 */
static enum cfg_status binary_value(struct cfg_str text,
                                    struct cfg_arena *arena,
                                    struct cfg_value *out,
                                    struct cfg_err *err)
{
    char *clean = text.len < SIZE_MAX - 3 ? cfg_arena_alloc(arena, text.len + 3) : NULL;
    size_t len = 0;
    if (clean == NULL)
        return cfg_arena_fail(arena, err);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || strchr(" \t\n\v\f\r", text.ptr[i]) == NULL)
            clean[len++] = text.ptr[i];
    size_t digits = span(cfg_str_make(clean, len), base64_digits);
    size_t given = len - digits;
    size_t wanted = (4 - digits % 4) % 4;
    if (wanted == 3 || (given != 0 && given != wanted) ||
        span(cfg_str_make(clean + digits, given), "=") != given)
        return misfit(CFG_TAG_BINARY, err);
    if (wanted) {
        char *last = &clean[digits - 1];
        size_t unused = wanted == 2 ? 15 : 3;
        *last = base64_digits[(size_t)(strchr(base64_digits, *last) - base64_digits) & ~unused];
    }
    memcpy(clean + digits, "==", wanted);
    clean[digits + wanted] = '\0';
    *out = (struct cfg_value){CFG_KIND_BYTES, cfg_str_make(clean, digits + wanted)};
    return CFG_OK;
}

/* Takes `least` to `most` digits off the front; false when there are fewer. */
static bool take_number(struct cfg_str *rest, size_t least, size_t most, int64_t *out)
{
    size_t len = 0;
    *out = 0;
    while (len < most && len < rest->len && is_digit(rest->ptr[len]))
        *out = *out * 10 + (rest->ptr[len++] - '0');
    *rest = skip(*rest, len);
    return len >= least;
}

static bool take_char(struct cfg_str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = skip(*rest, 1);
    return true;
}

/* Days since 1970-01-01 in the Gregorian calendar; months and days outside their range roll over. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year += (month - 1) / 12;
    month = (month - 1) % 12;
    if (month < 0) {
        month += 12;
        year--;
    }
    /* years begin in March here, so that the leap day comes last */
    int64_t shifted = month >= 2 ? year : year - 1;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t of_era = shifted - era * 400;
    int64_t of_year = (153 * ((month + 10) % 12) + 2) / 5;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 - 719468;
}

struct civil {
    int64_t year, month, day;
};

static struct civil civil_of(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    return (struct civil){
        .year = year + era * 400 + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

/*
 * "43.1999": seconds and milliseconds. The fraction is rounded after it was a double together with
 * the seconds, because that is what the reference does to it.
 */
static bool take_seconds(struct cfg_str *rest, int64_t *second, int64_t *millis)
{
    struct cfg_str text = *rest;
    double value;
    if (!take_number(rest, 2, 2, second))
        return false;
    if (!take_char(rest, '.'))
        return true;
    *rest = skip(*rest, span(*rest, "0123456789"));
    if (!cfg_number_read(cfg_str_sub(text, 0, text.len - rest->len), &value))
        return false;
    *millis = (int64_t)((value - (double)*second) * 1000 + 0.5);
    return true;
}

/* "Z", "+1", "+01:30" or nothing; an offset out of range counts as none, as in Java. */
static bool take_zone(struct cfg_str *rest, int64_t *offset_seconds)
{
    int64_t hours;
    int64_t minutes = 0;
    *rest = skip(*rest, span(*rest, " \t"));
    if (rest->len == 0 || take_char(rest, 'Z'))
        return true;
    bool west = rest->ptr[0] == '-';
    if (!is_sign(rest->ptr[0]))
        return false;
    *rest = skip(*rest, 1);
    if (!take_number(rest, 1, 2, &hours))
        return false;
    if (take_char(rest, ':') && rest->len && !take_number(rest, 2, 2, &minutes))
        return false;
    if (hours <= 23 && minutes <= 59)
        *offset_seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

/* Milliseconds since 1970 of "2024-01-02" or "2024-01-02 03:04:05.678 +01:00". */
static bool read_timestamp(struct cfg_str rest, int64_t *out)
{
    int64_t year, month, day;
    int64_t hour = 0, minute = 0, second = 0, millis = 0, offset = 0;
    if (!take_number(&rest, 4, 4, &year) || !take_char(&rest, '-') ||
        !take_number(&rest, 1, 2, &month) || !take_char(&rest, '-') ||
        !take_number(&rest, 1, 2, &day))
        return false;
    if (rest.len) {
        size_t blanks = span(rest, " \t");
        if (blanks == 0 && rest.ptr[0] != 'T' && rest.ptr[0] != 't')
            return false;
        rest = skip(rest, blanks ? blanks : 1);
        if (!take_number(&rest, 1, 2, &hour) || !take_char(&rest, ':') ||
            !take_number(&rest, 2, 2, &minute) || !take_char(&rest, ':') ||
            !take_seconds(&rest, &second, &millis) || !take_zone(&rest, &offset))
            return false;
    }
    int64_t seconds =
        days_of(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
    *out = seconds * 1000 + millis;
    return rest.len == 0;
}

static enum cfg_status
time_value(struct cfg_str text, struct cfg_arena *arena, struct cfg_value *out, struct cfg_err *err)
{
    int64_t millis;
    const int64_t day_millis = (int64_t)DAY_SECONDS * 1000;
    if (!read_timestamp(text, &millis))
        return misfit(CFG_TAG_TIMESTAMP, err);
    int64_t days = (millis >= 0 ? millis : millis - day_millis + 1) / day_millis;
    struct civil date = civil_of(days);
    int of_day = (int)(millis - days * day_millis);
    out->kind = CFG_KIND_TIME;
    bool made = cfg_arena_printf(arena, &out->text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                 (int)date.year, (int)date.month, (int)date.day, of_day / 3600000,
                                 of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
    return made ? CFG_OK : cfg_arena_fail(arena, err);
}

enum cfg_status cfg_yaml_value(enum cfg_yaml_tag tag,
                               struct cfg_str text,
                               struct cfg_arena *arena,
                               struct cfg_value *out,
                               struct cfg_err *err)
{
    switch (tag) {
    case CFG_TAG_STR:
        return keep(CFG_KIND_STRING, text, arena, out, err);
    case CFG_TAG_NULL:
        *out = (struct cfg_value){CFG_KIND_NULL, CFG_STR("")};
        return CFG_OK;
    case CFG_TAG_BOOL:
        bool_value(text, out);
        return CFG_OK;
    case CFG_TAG_INT:
        return int_value(text, arena, out, err);
    case CFG_TAG_FLOAT:
        return float_value(text, arena, out, err);
    case CFG_TAG_BINARY:
        return binary_value(text, arena, out, err);
    case CFG_TAG_TIMESTAMP:
        return time_value(text, arena, out, err);
    case CFG_TAG_MERGE:
        return cfg_err_set(err, CFG_CORRUPT, "'<<' is a merge key and no value; quote it");
    case CFG_TAG_UNKNOWN:
    case CFG_TAG_SEQ:
    case CFG_TAG_MAP:
    case CFG_TAG_SET:
    case CFG_TAG_OMAP:
    case CFG_TAG_PAIRS:
        break;
    }
    return cfg_err_set(err, CFG_CORRUPT, "a scalar cannot have the tag '!!%s'",
                       cfg_yaml_tag_text(tag));
}
