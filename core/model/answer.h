/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: the sources that a question resolves to, strongest first, before it is made into bytes.
 * Lives for one request in an arena; borrows documents from the snapshots that the request holds.
 */
#ifndef CORE_MODEL_ANSWER_H
#define CORE_MODEL_ANSWER_H

#include "core/model/document.h"
#include "core/model/question.h"

struct cfg_source {
    struct cfg_str name;
    const struct cfg_props *props;
    struct cfg_str fragment; /* {"key":value,…}; empty: render `props` */
    struct cfg_hash128 hash; /* of the fragment; zero: not known */
    struct cfg_str
        origin_text; /* one origin for all properties ("Config server overrides"); empty: line:column */
    size_t
        plain_from; /* properties from here on were decrypted: v2 shows them bare; SIZE_MAX: none */
};

struct cfg_answer {
    struct cfg_str name;     /* as in the question */
    struct cfg_str profiles; /* the comma list, shown as an array of this one text */
    struct cfg_str label;
    bool has_label; /* else null */
    struct cfg_str version;
    bool has_version;
    struct cfg_str state;
    bool has_state;
    struct cfg_source *sources; /* strongest first */
    size_t count;
};

#endif
