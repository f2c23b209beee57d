/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: milliseconds. Everything that waits uses the monotonic one; the wall is for people.
 */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t cfg_clock_ms(void);      /* monotonic */
int64_t cfg_clock_us(void);      /* monotonic, microseconds */
int64_t cfg_clock_wall_ms(void); /* since 1970, UTC */

/* "2026-11-22T10:04:28.323Z" */
enum { CFG_CLOCK_ISO_BYTES = 32 };
void cfg_clock_iso(int64_t wall_ms, char out[CFG_CLOCK_ISO_BYTES]);

/* "Sun, 22 Nov 2026 10:04:28 GMT" (RFC 9110), and back; -1 when it is no such date. */
void cfg_clock_http(int64_t wall_ms, char out[CFG_CLOCK_ISO_BYTES]);
int64_t cfg_clock_parse_http(const char *text);

#endif
