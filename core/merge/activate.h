/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activate: profile expressions (names, !, &, |, parentheses) as Spring's ProfilesParser reads them,
 * its tolerance included: a parenthesis may be missing at either end, an operator may dangle
 * ("dev &"), and operands without an operator between them are alternatives ("dev !qa").
 */
#ifndef CORE_MERGE_ACTIVATE_H
#define CORE_MERGE_ACTIVATE_H

#include "core/base/err.h"
#include "core/model/document.h"

/*
 * Whether one expression accepts the set of profiles (the caller gives {"default"} for an empty one).
 * Fails: invalid (nothing in it or in a pair of parentheses or behind a "!"; & and | side by side
 * without parentheses; the message quotes it), too_large.
 */
enum cfg_status cfg_activate_expression(struct cfg_str expression,
                                        const struct cfg_strs *profiles,
                                        bool *out_active,
                                        struct cfg_err *err) CFG_CHECK;

#endif
