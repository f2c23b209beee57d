/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bodies: rendered answers, counted, and a cache of them that is bounded by memory.
 *
 * Keeps: 1. A body is immutable. 2. The cache's key names everything that the bytes depend on, so an
 *        entry is never wrong, only unused; the least recently used go first. 3. Never more than its
 *        ceiling, keys and overhead counted.
 */
#ifndef SERVER_SNAPSHOT_BODIES_H
#define SERVER_SNAPSHOT_BODIES_H

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/ref.h"

/* Constant once given out. `bytes` and texts live as long as the body. */
struct cfg_body {
    struct cfg_ref ref;
    struct cfg_str bytes;
    bool gzip;              /* `bytes` are gzip (Content-Encoding) */
    char etag[48];          /* with quotes, and W/ where weak */
    struct cfg_str version; /* commits joined by commas; empty for plain folders alone */
    struct cfg_str held;    /* "TIP path:line" when an older commit is served; else empty */
    int64_t modified_ms;    /* TEXT and BINARY: wall clock; 0: unknown */
};

struct cfg_body *cfg_body_ref(struct cfg_body *body);
void cfg_body_unref(struct cfg_body *body); /* accepts NULL */

/* Owns: copies the three texts. NULL: out of memory. */
struct cfg_body *
cfg_body_new(struct cfg_str bytes, struct cfg_str version, struct cfg_str held) CFG_CHECK;

struct cfg_bodies;

enum cfg_status
cfg_bodies_new(size_t max_bytes, struct cfg_bodies **out, struct cfg_err *err) CFG_CHECK;
void cfg_bodies_free(struct cfg_bodies *bodies); /* accepts NULL */

/* A new reference, or NULL. Threads: any. */
struct cfg_body *cfg_bodies_find(struct cfg_bodies *bodies, struct cfg_str key);

/* Keeps `body` under a copy of `key`; what does not fit is simply not kept. Threads: any. */
void cfg_bodies_put(struct cfg_bodies *bodies, struct cfg_str key, struct cfg_body *body);

/* Bytes and entries now; for tests and metrics. */
void cfg_bodies_size(struct cfg_bodies *bodies, size_t *out_bytes, size_t *out_count);

#endif
