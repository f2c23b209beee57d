/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: one scalar of a configuration, as its kind and its printed form.
 *
 * Keeps: `text` is the canonical printed form, the one that placeholders and .properties output show:
 *   NULL    ""                         DOUBLE  as Java prints it: "1000.0", "1.0E7", "Infinity", "NaN"
 *   BOOL    "true" or "false"          STRING  the text
 *   INT     decimal digits, any size   BYTES   base64 of the bytes
 *   TIME    "2024-01-02T00:00:00.000Z"
 * so no stage needs to compute with a value to print it.
 */
#ifndef CORE_MODEL_VALUE_H
#define CORE_MODEL_VALUE_H

#include "core/base/str.h"

enum cfg_kind {
    CFG_KIND_NULL,
    CFG_KIND_BOOL,
    CFG_KIND_INT,
    CFG_KIND_DOUBLE,
    CFG_KIND_STRING,
    CFG_KIND_BYTES,
    CFG_KIND_TIME,
};

struct cfg_value {
    enum cfg_kind kind;
    struct cfg_str text;
};

#endif
