/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash128: the fixed, unkeyed 128-bit hash of contents (XXH3), equal on every replica and every
 * machine, and the seeded 64-bit one for tables in memory. Neither protects against forgery.
 */
#ifndef CORE_BASE_HASH128_H
#define CORE_BASE_HASH128_H

#include <stdint.h>

#include "core/base/str.h"

struct cfg_hash128 {
    uint64_t high, low;
};

struct cfg_hash128 cfg_hash128(struct cfg_str bytes);
bool cfg_hash128_eq(struct cfg_hash128 a, struct cfg_hash128 b);
void cfg_hash128_hex(struct cfg_hash128 h, char out[33]); /* 32 lower-case digits and NUL */

/* A process-wide random seed keeps table positions unguessable; the result never leaves the process. */
uint64_t cfg_hash64(struct cfg_str bytes);

#endif
