/* SPDX-License-Identifier: Apache-2.0 */
/* overrides: the operator's own values, the first source of every answer. */
#ifndef SERVER_SERVICE_OVERRIDES_H
#define SERVER_SERVICE_OVERRIDES_H

#include "core/base/err.h"
#include "core/model/props.h"

/* The overrides of the settings with their escapes undone; once, at start. */
enum cfg_status cfg_overrides_make(const struct cfg_props *from,
                                   struct cfg_arena *arena,
                                   struct cfg_props *out,
                                   struct cfg_err *err) CFG_CHECK;

#endif
