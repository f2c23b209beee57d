/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a seed. Gives: splitmix64 (Steele, Lea, Flood 2014). Keeps: 64 bits of state.
 */
#define _DEFAULT_SOURCE /* getentropy */
#include "core/base/rand.h"

#include <unistd.h>

#include "core/base/clock.h"

void cfg_rand_seed(struct cfg_rand *rand, uint64_t seed)
{
    rand->state = seed;
}

uint64_t cfg_rand_next(struct cfg_rand *rand)
{
    uint64_t z = rand->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t cfg_rand_below(struct cfg_rand *rand, uint64_t limit)
{
    return limit ? cfg_rand_next(rand) % limit : 0;
}

uint64_t cfg_rand_fresh(void)
{
    uint64_t seed;
    if (getentropy(&seed, sizeof seed) != 0)
        seed = (uint64_t)cfg_clock_us() * 0x9e3779b97f4a7c15u ^ (uint64_t)getpid();
    return seed;
}
