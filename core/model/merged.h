/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merged: one property of the ordered list that merge makes of an answer's sources.
 */
#ifndef CORE_MODEL_MERGED_H
#define CORE_MODEL_MERGED_H

#include "core/model/value.h"

struct cfg_merged {
    struct cfg_str key;
    struct cfg_value value;
    unsigned rank; /* of the source it came from: higher is stronger */
    size_t source; /* index in the answer */
    unsigned line, column;
};

#endif
