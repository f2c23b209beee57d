/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_env: the Environment document: a head and a join of the sources' fragments.
 * Keeps: field order name, profiles, label, version, state, propertySources; all six always present.
 */
#ifndef CORE_RENDER_RENDER_ENV_H
#define CORE_RENDER_RENDER_ENV_H

#include "core/base/buf.h"
#include "core/model/answer.h"

enum cfg_env_form {
    CFG_ENV_V1, /* "key":value */
    CFG_ENV_V2, /* "key":{"value":value,"origin":"line:column"} */
};

/*
 * Appends the v1 fragment of one document, {"key":value,…}, and gives its hash.
 * The hash covers keys and typed values in order, nothing else.
 */
void cfg_render_fragment(const struct cfg_props *props,
                         struct cfg_buf *out,
                         struct cfg_hash128 *out_hash);

/* Appends the whole document in one line. A source without a fragment is rendered from its properties. */
void cfg_render_env(const struct cfg_answer *answer, enum cfg_env_form form, struct cfg_buf *out);

/*
 * The answer's identity: name, profiles, label, source names and typed values in order, without
 * version and origins. Sources whose hash is zero are rendered for it. Fails: no_memory, too_large.
 */
enum cfg_status cfg_render_env_hash(const struct cfg_answer *answer,
                                    struct cfg_hash128 *out,
                                    struct cfg_err *err) CFG_CHECK;

#endif
