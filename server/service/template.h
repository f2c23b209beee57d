/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: {application}, {profile} and {label} in uris and search paths, and the wildcards that
 * repository patterns and search paths use. Pure text.
 */
#ifndef SERVER_SERVICE_TEMPLATE_H
#define SERVER_SERVICE_TEMPLATE_H

#include "core/base/arena.h"

struct cfg_template_values {
    struct cfg_str application, profile, label;
};

/* Replaces the three names; other braces stay. False: no memory. */
bool cfg_template_expand(struct cfg_arena *arena,
                         struct cfg_str text,
                         const struct cfg_template_values *values,
                         struct cfg_str *out) CFG_CHECK;

/* A path without empty and "." segments, and without slashes at its ends. False: no memory. */
bool cfg_template_tidy(struct cfg_arena *arena, struct cfg_str path, struct cfg_str *out) CFG_CHECK;

/* Whether a value may stand in a repository's uri: one path segment that is no dot-name. */
bool cfg_template_safe_in_uri(struct cfg_str value);

/* `*` matches any run of characters (Spring's PatternMatchUtils). */
bool cfg_template_simple_match(struct cfg_str pattern, struct cfg_str text);

/* Ant's path patterns over whole paths: `?`, `*` within a segment, `**` over segments. */
bool cfg_template_path_match(struct cfg_str pattern, struct cfg_str path);

#endif
