/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defs: the few macros that every file of the house uses.
 * Keeps: nothing. Does not know: anything above the compiler.
 */
#ifndef CORE_BASE_DEFS_H
#define CORE_BASE_DEFS_H

#include <stddef.h>

#include "core/base/banned.h"

/* A result that must be looked at. */
#define CFG_CHECK __attribute__((warn_unused_result))

#define CFG_PRINTF(format_index, first_index)                                                      \
    __attribute__((format(printf, format_index, first_index)))

#define CFG_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A programming mistake, never an input: always on, aborts with file and line. */
#define CFG_ASSERT(condition)                                                                      \
    ((condition) ? (void)0 : cfg_assert_failed(#condition, __FILE__, __LINE__))

_Noreturn void cfg_assert_failed(const char *condition, const char *file, int line);

#endif
