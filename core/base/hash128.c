/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: bytes. Gives: XXH3's hashes. Keeps: a seed for tables, drawn once a process.
 */
#include "core/base/hash128.h"

#include <pthread.h>
#include <xxhash.h>

#include "core/base/defs.h"
#include "core/base/rand.h"

/* Excused from "no mutable globals": written once, before first use, and read-only after. */
static uint64_t table_seed;
static pthread_once_t table_seed_once = PTHREAD_ONCE_INIT;

static void draw_table_seed(void)
{
    table_seed = cfg_rand_fresh();
}

struct cfg_hash128 cfg_hash128(struct cfg_str bytes)
{
    XXH128_hash_t h = XXH3_128bits(bytes.ptr ? bytes.ptr : "", bytes.len);
    return (struct cfg_hash128){h.high64, h.low64};
}

bool cfg_hash128_eq(struct cfg_hash128 a, struct cfg_hash128 b)
{
    return a.high == b.high && a.low == b.low;
}

void cfg_hash128_hex(struct cfg_hash128 h, char out[33])
{
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high, (unsigned long long)h.low);
}

uint64_t cfg_hash64(struct cfg_str bytes)
{
    pthread_once(&table_seed_once, draw_table_seed);
    return XXH3_64bits_withSeed(bytes.ptr ? bytes.ptr : "", bytes.len, table_seed);
}
