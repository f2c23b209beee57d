/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: bytes. Gives: one run of them, below its ceiling. Keeps: the first failure, sticky.
 */
#include "core/base/buf.h"

#include <stdarg.h>

enum { FIRST_BYTES = 256 };

void cfg_buf_init(struct cfg_buf *buf, size_t max_bytes)
{
    *buf = (struct cfg_buf){.max = max_bytes};
}

void cfg_buf_release(struct cfg_buf *buf)
{
    if (buf == NULL)
        return;
    free(buf->ptr);
    cfg_buf_init(buf, buf->max);
}

void cfg_buf_reset(struct cfg_buf *buf)
{
    buf->len = 0;
    buf->failed = CFG_OK;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

void cfg_buf_wipe(struct cfg_buf *buf)
{
    /* through a volatile pointer, so that the store is not optimised away */
    volatile char *bytes = buf->ptr;
    for (size_t i = 0; i < buf->cap; i++)
        bytes[i] = 0;
    cfg_buf_release(buf);
}

bool cfg_buf_reserve(struct cfg_buf *buf, size_t len)
{
    if (buf->failed != CFG_OK)
        return false;
    if (len > buf->max || buf->len > buf->max - len) {
        buf->failed = CFG_TOO_LARGE;
        return false;
    }
    if (buf->len + len + 1 <= buf->cap)
        return true;
    size_t cap = buf->cap ? buf->cap : FIRST_BYTES;
    while (cap < buf->len + len + 1)
        cap += cap / 2;
    char *grown = realloc(buf->ptr, cap);
    if (grown == NULL) {
        buf->failed = CFG_NO_MEMORY;
        return false;
    }
    buf->ptr = grown;
    buf->cap = cap;
    return true;
}

void cfg_buf_append(struct cfg_buf *buf, const void *bytes, size_t len)
{
    if (!cfg_buf_reserve(buf, len))
        return;
    if (len)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void cfg_buf_str(struct cfg_buf *buf, struct cfg_str s)
{
    cfg_buf_append(buf, s.ptr, s.len);
}

void cfg_buf_char(struct cfg_buf *buf, char c)
{
    cfg_buf_append(buf, &c, 1);
}

void cfg_buf_printf(struct cfg_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !cfg_buf_reserve(buf, (size_t)len))
        return;
    va_start(args, format);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

enum cfg_status cfg_buf_end(const struct cfg_buf *buf, const char *what, struct cfg_err *err)
{
    if (buf->failed == CFG_OK)
        return CFG_OK;
    if (buf->failed == CFG_TOO_LARGE)
        return cfg_err_set(err, CFG_TOO_LARGE, "%s is over %zu bytes", what, buf->max);
    return cfg_err_set(err, CFG_NO_MEMORY, "no memory for %s", what);
}

char *cfg_buf_take(struct cfg_buf *buf, size_t *out_len)
{
    char *bytes = buf->failed == CFG_OK ? buf->ptr : NULL;
    *out_len = bytes ? buf->len : 0;
    if (bytes)
        buf->ptr = NULL;
    cfg_buf_release(buf);
    return bytes;
}
