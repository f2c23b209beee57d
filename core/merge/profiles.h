/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profiles: the active profiles of one question, in the order of their strength, weakest first.
 *
 * Keeps: each profile once, at most CFG_LIMIT_PROFILES of them; the members of a group right behind its
 *        name. Does not know: documents.
 */
#ifndef CORE_MERGE_PROFILES_H
#define CORE_MERGE_PROFILES_H

#include "core/base/err.h"
#include "core/model/document.h"

/* All zero is an empty one; everything lives in the arena that is passed along. */
struct cfg_profiles {
    struct cfg_strs list;
    size_t cap;
    struct cfg_group *groups;
    size_t group_count, group_cap;
};

/* What is wrong with a profile's name ("is empty"), NULL when it is fine. */
const char *cfg_profiles_flaw(struct cfg_str name);

bool cfg_profiles_has(const struct cfg_profiles *profiles, struct cfg_str name);

/*
 * Makes a group known; of two with one name the first counts.
 * Owns: the texts are borrowed. Fails: too_large, no_memory.
 */
enum cfg_status cfg_profiles_add_group(struct cfg_profiles *profiles,
                                       const struct cfg_group *group,
                                       struct cfg_arena *arena,
                                       struct cfg_err *err) CFG_CHECK;

/* Adds a profile unless it is there, then the members of its group. Owns and fails as above. */
enum cfg_status cfg_profiles_add(struct cfg_profiles *profiles,
                                 struct cfg_str name,
                                 struct cfg_arena *arena,
                                 struct cfg_err *err) CFG_CHECK;

#endif
