/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a growing run of bytes with a named ceiling.
 *
 * Keeps: 1. Never more than `max` bytes. 2. A failed append leaves what was there, sets a sticky
 *        mark and makes every later append a no-op, so that writers check once, at the end.
 *        3. `ptr` is NUL-terminated whenever it is not NULL (the terminator is not counted).
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include "core/base/err.h"
#include "core/base/str.h"

struct cfg_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max;
    enum cfg_status failed; /* CFG_OK, CFG_TOO_LARGE or CFG_NO_MEMORY */
};

void cfg_buf_init(struct cfg_buf *buf, size_t max_bytes);
void cfg_buf_release(struct cfg_buf *buf); /* accepts NULL; leaves it ready for init */
void cfg_buf_reset(struct cfg_buf *buf);   /* empties, forgets the failure, keeps the memory */
void cfg_buf_wipe(struct cfg_buf *buf);    /* overwrites with zeros, then as release */

void cfg_buf_append(struct cfg_buf *buf, const void *bytes, size_t len);
void cfg_buf_str(struct cfg_buf *buf, struct cfg_str s);
void cfg_buf_char(struct cfg_buf *buf, char c);
void cfg_buf_printf(struct cfg_buf *buf, const char *format, ...) CFG_PRINTF(2, 3);

/* Makes room for `len` more bytes to be written at `buf->ptr + buf->len`; false when refused. */
bool cfg_buf_reserve(struct cfg_buf *buf, size_t len);

static inline struct cfg_str cfg_buf_view(const struct cfg_buf *buf)
{
    return cfg_str_make(buf->ptr, buf->len);
}

/* The sticky mark as a status with its cause: too_large ("`what` is over N bytes") or no_memory. */
enum cfg_status
cfg_buf_end(const struct cfg_buf *buf, const char *what, struct cfg_err *err) CFG_CHECK;

/* Gives the bytes away (free() them) and leaves the buffer empty; NULL when it failed or is empty. */
char *cfg_buf_take(struct cfg_buf *buf, size_t *out_len);

#endif
