/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: numbers of any size and base as the canonical text that core/model/value.h asks for.
 *
 * Keeps: results do not depend on the process's locale.
 * Does not know: which format the number came from.
 */
#ifndef CORE_PARSE_NUMBER_H
#define CORE_PARSE_NUMBER_H

#include "core/base/str.h"

enum {
    CFG_NUMBER_INT_CHARS =
        1024, /* digits of one integer, before and after the conversion: 4/5 more */
    CFG_NUMBER_INT_BYTES = 1280,   /* holds any integer made of so many digits, sign and NUL */
    CFG_NUMBER_FLOAT_CHARS = 1024, /* one decimal fraction */
    CFG_NUMBER_JAVA_BYTES = 32,    /* holds any double's text */
};

/*
 * Writes an integer in decimal: `digits` of `base` 2, 8, 10 or 16 without sign, then any number of
 * ":NN" parts to the base of sixty (with base 10).
 * Gives: the length, always terminated; 0 when a character is no digit, there is none, or there are
 * over CFG_NUMBER_INT_CHARS. "-0" is "0".
 */
size_t
cfg_number_int(struct cfg_str digits, unsigned base, bool negative, char out[CFG_NUMBER_INT_BYTES]);

/*
 * Reads "12", "12.5", ".5", "5.", "1e3", "-1.5E-3": digits, point, exponent; nothing around them.
 * False when it is malformed or over CFG_NUMBER_FLOAT_CHARS. Too large a magnitude gives infinity.
 */
bool cfg_number_read(struct cfg_str text, double *out);

/*
 * Writes a double as Java does: the fewest digits (at least one decimal) that read back as the same
 * value, plain between 1e-3 and 1e7, else "1.0E7"; "Infinity", "-Infinity", "NaN".
 */
size_t cfg_number_java(double value, char out[CFG_NUMBER_JAVA_BYTES]);

#endif
