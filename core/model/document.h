/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document: one document of a configuration file, flattened, with what it says about its own
 * activation; and the file that holds it. What the snapshot caches by blob id.
 *
 * Keeps: 1. Immutable once built; everything lives in the arena it was built in.
 *        2. `number` counts the file's non-null documents from 0, inactive ones included.
 *        3. `control` is NULL when no key of the document steers the selection (the usual case).
 */
#ifndef CORE_MODEL_DOCUMENT_H
#define CORE_MODEL_DOCUMENT_H

#include "core/base/hash128.h"
#include "core/model/props.h"

/* A list of strings in an arena. */
struct cfg_strs {
    struct cfg_str *items;
    size_t count;
};

struct cfg_group {
    struct cfg_str name;
    struct cfg_strs members;
};

/*
 * The keys below spring.config and spring.profiles, found under their relaxed spellings, as raw text
 * (placeholders not resolved). A string value is split at commas into trimmed pieces, a list gives an
 * entry an element.
 */
struct cfg_control {
    bool has_on_profile;
    struct cfg_strs on_profile; /* each an expression; OR-ed; {""} is always active */
    bool has_on_cloud_platform;
    struct cfg_strs imports;  /* spring.config.import */
    struct cfg_strs includes; /* spring.profiles.include */
    struct cfg_group *groups; /* spring.profiles.group.NAME */
    size_t group_count;
    bool has_include, has_active, has_default; /* present at all, also when empty */
    bool has_legacy_profiles;                  /* spring.profiles itself, as a string or list */
    uint32_t line;                             /* of the first such key, for messages */
};

struct cfg_document {
    uint32_t number;
    bool has_cipher; /* a STRING value starts with {cipher}: `fragment` is empty then */
    struct cfg_props props;
    const struct cfg_control *control; /* NULL: none */
    struct cfg_str fragment; /* rendered once: {"key":value,…}; set by the snapshot's builder */
    struct cfg_hash128 hash; /* of the rendered form */
};

struct cfg_file {
    struct cfg_document *documents;
    size_t count;
};

#endif
