/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rand: a small seeded generator (splitmix64) for jitter and for tests; never for secrets.
 */
#ifndef CORE_BASE_RAND_H
#define CORE_BASE_RAND_H

#include <stdint.h>

struct cfg_rand {
    uint64_t state;
};

void cfg_rand_seed(struct cfg_rand *rand, uint64_t seed);
uint64_t cfg_rand_next(struct cfg_rand *rand);
uint64_t cfg_rand_below(struct cfg_rand *rand, uint64_t limit); /* 0 … limit-1; 0 for limit 0 */

/* A seed that differs in each process and call. */
uint64_t cfg_rand_fresh(void);

#endif
