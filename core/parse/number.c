/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: digits of any base, doubles. Gives: their canonical text.
 * Keeps: no state; nothing depends on the locale, which is why numbers reach strtod without a point.
 */
#include "core/parse/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "core/base/defs.h"

enum {
    LIMB = 1000000000, /* nine decimal digits to a limb */
    LIMB_DIGITS = 9,
    LIMBS = CFG_NUMBER_INT_BYTES / LIMB_DIGITS + 1,
    LONG_DIGITS = 9,          /* so many of any base fit 64 bits with room */
    EXPONENT_ENOUGH = 100000, /* beyond every double, within every int */
};

/* An unsigned integer, least limb first. */
struct big {
    uint32_t limbs[LIMBS];
    size_t count;
};

/* big = big * factor + add; false when it outgrows its limbs. */
static bool big_step(struct big *big, uint32_t factor, uint64_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    while (carry) {
        if (big->count == LIMBS)
            return false;
        big->limbs[big->count++] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    return true;
}

static size_t big_write(const struct big *big, bool negative, char out[CFG_NUMBER_INT_BYTES])
{
    if (big->count == 0)
        return (size_t)snprintf(out, CFG_NUMBER_INT_BYTES, "0");
    size_t at = big->count - 1;
    size_t len =
        (size_t)snprintf(out, CFG_NUMBER_INT_BYTES, "%s%u", negative ? "-" : "", big->limbs[at]);
    while (at-- > 0) {
        if (CFG_NUMBER_INT_BYTES - len <= LIMB_DIGITS)
            return 0;
        len += (size_t)snprintf(out + len, CFG_NUMBER_INT_BYTES - len, "%09u", big->limbs[at]);
    }
    return len;
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return UINT32_MAX;
}

/* Several digits a step keep the long multiplications few. */
static bool big_digits(struct big *big, struct cfg_str digits, unsigned base)
{
    size_t at = 0;
    while (at < digits.len) {
        uint32_t factor = 1;
        uint32_t part = 0;
        for (size_t n = 0; n < 7 && at < digits.len; n++, at++) {
            unsigned digit = digit_of(digits.ptr[at]);
            if (digit >= base)
                return false;
            part = part * base + digit;
            factor *= base;
        }
        if (!big_step(big, factor, part))
            return false;
    }
    return digits.len > 0;
}

/* One ":NN" part; more digits than two are accepted because an explicit tag allows them. */
static bool big_sixty(struct big *big, struct cfg_str part)
{
    uint64_t value = 0;
    if (part.len == 0 || part.len > LONG_DIGITS)
        return false;
    for (size_t i = 0; i < part.len; i++) {
        unsigned digit = digit_of(part.ptr[i]);
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    return big_step(big, 60, value);
}

size_t
cfg_number_int(struct cfg_str digits, unsigned base, bool negative, char out[CFG_NUMBER_INT_BYTES])
{
    struct big big = {.count = 0};
    struct cfg_str rest = digits;
    struct cfg_str part;
    out[0] = '\0';
    if (digits.len == 0 || digits.len > CFG_NUMBER_INT_CHARS)
        return 0;
    if (base != 10)
        return big_digits(&big, digits, base) ? big_write(&big, negative, out) : 0;
    if (digits.ptr[digits.len - 1] == ':' || !cfg_str_cut(&rest, ':', &part) ||
        !big_digits(&big, part, 10))
        return 0;
    while (cfg_str_cut(&rest, ':', &part))
        if (!big_sixty(&big, part))
            return 0;
    return big_write(&big, negative, out);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A mantissa without its point and the exponent that makes up for it. */
struct decimal {
    char digits[CFG_NUMBER_FLOAT_CHARS + 1];
    size_t count;
    long exponent;
};

static size_t read_mantissa(struct cfg_str text, size_t at, struct decimal *out)
{
    bool point = false;
    for (; at < text.len && (is_digit(text.ptr[at]) || (text.ptr[at] == '.' && !point)); at++) {
        if (text.ptr[at] == '.') {
            point = true;
            continue;
        }
        out->digits[out->count++] = text.ptr[at];
        out->exponent -= point;
    }
    out->digits[out->count] = '\0';
    return at;
}

/* "e+12" from `at` to the end; an exponent beyond every double stays there. */
static bool read_exponent(struct cfg_str text, size_t at, long *exponent)
{
    bool negative = false;
    long value = 0;
    if (at == text.len)
        return true;
    if (text.ptr[at] != 'e' && text.ptr[at] != 'E')
        return false;
    at++;
    if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
        negative = text.ptr[at++] == '-';
    if (at == text.len)
        return false;
    for (; at < text.len; at++) {
        if (!is_digit(text.ptr[at]))
            return false;
        if (value < EXPONENT_ENOUGH)
            value = value * 10 + (text.ptr[at] - '0');
    }
    *exponent += negative ? -value : value;
    return true;
}

/* Reads digits and exponent with strtod, which sees no decimal point. */
static double join(const char *digits, long exponent)
{
    char text[CFG_NUMBER_FLOAT_CHARS + 32];
    snprintf(text, sizeof text, "%se%ld", digits, exponent);
    return strtod(text, NULL);
}

bool cfg_number_read(struct cfg_str text, double *out)
{
    struct decimal decimal = {.count = 0};
    if (text.len == 0 || text.len > CFG_NUMBER_FLOAT_CHARS)
        return false;
    bool negative = text.ptr[0] == '-';
    size_t at = negative || text.ptr[0] == '+' ? 1 : 0;
    at = read_mantissa(text, at, &decimal);
    if (decimal.count == 0 || !read_exponent(text, at, &decimal.exponent))
        return false;
    double value = join(decimal.digits, decimal.exponent);
    *out = negative ? -value : value;
    return true;
}

/* The significant digits of a positive finite double, and the power of ten of the first one. */
struct shortest {
    char digits[20];
    size_t count;
    int power;
};

/* printf's "%.*e" is d<radix>ddd e±XX; the radix may be any text, so digits are picked one by one. */
static void pick_digits(const char *printed, struct shortest *out)
{
    const char *p = printed;
    out->count = 0;
    for (; *p && *p != 'e'; p++)
        if (is_digit(*p) && out->count + 1 < sizeof out->digits)
            out->digits[out->count++] = *p;
    out->digits[out->count] = '\0';
    out->power = *p ? (int)strtol(p + 1, NULL, 10) : 0;
}

/* Writes `count` significant digits; gives whether they read back as the same value. */
static bool try_digits(double value, int count, struct shortest *out)
{
    char printed[64];
    snprintf(printed, sizeof printed, "%.*e", count - 1, value);
    pick_digits(printed, out);
    return join(out->digits, (long)out->power - (count - 1)) == value;
}

/*
 * Every decimal of up to fifteen digits survives a normal double, so fifteen digits without their
 * zeros are the shortest if they do; seventeen always do. A subnormal is tried from two digits on,
 * as Java does: 4.9E-324 is nearer than 5E-324.
 */
static void find_shortest(double value, struct shortest *out)
{
    int count = value < DBL_MIN ? 2 : DBL_DIG;
    while (!try_digits(value, count, out) && count < 17)
        count++;
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->digits[--out->count] = '\0';
}

static size_t write_plain(const struct shortest *s, char *out)
{
    size_t len = 0;
    size_t at = 0;
    if (s->power < 0) {
        out[len++] = '0';
    } else {
        for (int i = 0; i <= s->power; i++)
            out[len++] = at < s->count ? s->digits[at++] : '0';
    }
    out[len++] = '.';
    for (int i = -1; i > s->power; i--)
        out[len++] = '0';
    if (at == s->count)
        out[len++] = '0';
    while (at < s->count)
        out[len++] = s->digits[at++];
    out[len] = '\0';
    return len;
}

size_t cfg_number_java(double value, char out[CFG_NUMBER_JAVA_BYTES])
{
    struct shortest s;
    size_t len = 0;
    if (isnan(value))
        return (size_t)snprintf(out, CFG_NUMBER_JAVA_BYTES, "NaN");
    if (signbit(value))
        out[len++] = '-';
    value = fabs(value);
    if (isinf(value))
        return len + (size_t)snprintf(out + len, CFG_NUMBER_JAVA_BYTES - len, "Infinity");
    if (value == 0)
        return len + (size_t)snprintf(out + len, CFG_NUMBER_JAVA_BYTES - len, "0.0");
    find_shortest(value, &s);
    if (value >= 1e-3 && value < 1e7)
        return len + write_plain(&s, out + len);
    const char *fraction = s.count > 1 ? s.digits + 1 : "0";
    return len + (size_t)snprintf(out + len, CFG_NUMBER_JAVA_BYTES - len, "%c.%sE%d", s.digits[0],
                                  fraction, s.power);
}
