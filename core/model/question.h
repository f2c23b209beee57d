/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question: what is asked for: applications, profiles and a label, checked and split once.
 *
 * Keeps: 1. Only text that passed the checks of the wire: no "..", no "#", nothing that begins with
 *           "(_)", no control character, no NUL, profiles in their grammar.
 *        2. The escape "(_)" is already a slash in `name` and `label`.
 *        3. `apps` begins with "application"; `apps` and `profiles` have no duplicates.
 */
#ifndef CORE_MODEL_QUESTION_H
#define CORE_MODEL_QUESTION_H

#include "core/base/arena.h"
#include "core/model/document.h"

struct cfg_question {
    struct cfg_str name;          /* as asked, "(_)" replaced: "foo,bar" */
    struct cfg_str profiles_text; /* as asked: "dev,mysql" */
    struct cfg_str label;         /* as asked, "(_)" replaced; empty when none */
    bool has_label;
    struct cfg_strs apps;     /* "application" first */
    struct cfg_strs profiles; /* may be empty */
    struct cfg_strs labels;   /* the label split at commas, empty pieces skipped */
};

/*
 * Checks and splits. `name`, `profiles` and `label` are percent-decoded once already.
 * Owns: everything in `out` lives in `arena` (nothing is borrowed from the input).
 * Fails: invalid (the message names the part and the rule), no_memory.
 */
enum cfg_status cfg_question_parse(struct cfg_arena *arena,
                                   struct cfg_str name,
                                   struct cfg_str profiles,
                                   struct cfg_str label,
                                   bool has_label,
                                   struct cfg_question *out,
                                   struct cfg_err *err) CFG_CHECK;

/*
 * The check alone, for a path of a plain file; `what` names it in the message. Gives the text with
 * "(_)" replaced.
 */
enum cfg_status cfg_question_check_path(struct cfg_arena *arena,
                                        const char *what,
                                        struct cfg_str text,
                                        struct cfg_str *out,
                                        struct cfg_err *err) CFG_CHECK;

#endif
