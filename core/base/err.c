/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: causes and places from every floor. Gives: one line for a person, one status for a caller.
 * Keeps: the first cause.
 */
#include "core/base/err.h"

#include <stdarg.h>

static const struct {
    const char *text;
    int http;
    int exit;
    bool retriable;
} statuses[CFG_STATUS_COUNT] = {
#define X(name, text, http, exit, retriable) [CFG_##name] = {text, http, exit, retriable},
#include "core/base/status.def"
#undef X
};

_Noreturn void cfg_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}

/* Writes printf's result and ends it, cut, where there is no more room. */
CFG_PRINTF(3, 0) static void format_into(char *out, size_t size, const char *format, va_list args)
{
    if (vsnprintf(out, size, format, args) < 0)
        out[0] = '\0';
}

static bool record(struct cfg_err *err, enum cfg_status status, const char *file, int line)
{
    CFG_ASSERT(status != CFG_OK);
    if (err->status != CFG_OK)
        return false;
    err->status = status;
    err->raised_file = file;
    err->raised_line = line;
    return true;
}

enum cfg_status cfg_err_set_at(struct cfg_err *err,
                               enum cfg_status status,
                               const char *file,
                               int line,
                               const char *format,
                               ...)
{
    if (record(err, status, file, line)) {
        va_list args;
        va_start(args, format);
        format_into(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return err->status;
}

/* strerror_r comes in two kinds; this one is right for both because only POSIX is asked for. */
static void errno_text(int saved_errno, char *out, size_t size)
{
    if (strerror_r(saved_errno, out, size) != 0)
        snprintf(out, size, "error %d", saved_errno);
}

enum cfg_status cfg_err_set_errno_at(struct cfg_err *err,
                                     enum cfg_status status,
                                     int saved_errno,
                                     const char *file,
                                     int line,
                                     const char *format,
                                     ...)
{
    if (record(err, status, file, line)) {
        char text[128];
        va_list args;
        va_start(args, format);
        format_into(err->message, sizeof err->message, format, args);
        va_end(args);
        errno_text(saved_errno, text, sizeof text);
        size_t len = strlen(err->message);
        snprintf(err->message + len, sizeof err->message - len, ": %s", text);
        err->foreign_code = saved_errno;
        err->foreign_domain = "errno";
    }
    return err->status;
}

void cfg_err_place(struct cfg_err *err, struct cfg_str path, unsigned line, unsigned column)
{
    if (err->path[0] == '\0' && path.len > 0) {
        size_t room = sizeof err->path - 1;
        size_t skip = path.len > room ? path.len - room : 0; /* the tail says more than the head */
        memcpy(err->path, path.ptr + skip, path.len - skip);
        err->path[path.len - skip] = '\0';
    }
    if (err->line == 0) {
        err->line = line;
        err->column = column;
    }
}

void cfg_err_prefix(struct cfg_err *err, const char *format, ...)
{
    char head[CFG_ERR_MESSAGE_BYTES];
    char tail[CFG_ERR_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    format_into(head, sizeof head, format, args);
    va_end(args);
    memcpy(tail, err->message, sizeof tail);
    size_t len = strlen(head);
    memcpy(err->message, head, len);
    snprintf(err->message + len, sizeof err->message - len, ": %s", tail);
}

void cfg_err_clear(struct cfg_err *err)
{
    *err = CFG_ERR_INIT;
}

enum cfg_status cfg_err_end(const struct cfg_err *err, bool done)
{
    if (done)
        return CFG_OK;
    CFG_ASSERT(err->status != CFG_OK);
    return err->status;
}

/* Appends text with control characters shown as \xNN; bytes of UTF-8 pass. */
static size_t escape_into(char *out, size_t size, size_t at, const char *text)
{
    for (; *text && at + 5 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            at += (size_t)snprintf(out + at, size - at, "\\x%02x", c);
        else
            out[at++] = (char)c;
    }
    out[at] = '\0';
    return at;
}

const char *cfg_err_line(const struct cfg_err *err, char *out, size_t size)
{
    char number[32];
    size_t at = 0;
    CFG_ASSERT(size > 0);
    out[0] = '\0';
    if (err->path[0]) {
        at = escape_into(out, size, at, err->path);
        if (err->line) {
            snprintf(number, sizeof number, ":%u", err->line);
            at = escape_into(out, size, at, number);
        }
        if (err->line && err->column) {
            snprintf(number, sizeof number, ":%u", err->column);
            at = escape_into(out, size, at, number);
        }
        at = escape_into(out, size, at, ": ");
    } else if (err->line) {
        snprintf(number, sizeof number, "line %u: ", err->line);
        at = escape_into(out, size, at, number);
    }
    at = escape_into(out, size, at, err->message[0] ? err->message : cfg_status_text(err->status));
    if (err->commit[0]) {
        char commit[64];
        snprintf(commit, sizeof commit, " (commit %.12s)", err->commit);
        escape_into(out, size, at, commit);
    }
    return out;
}

const char *cfg_status_text(enum cfg_status status)
{
    return statuses[status].text;
}

int cfg_status_http(enum cfg_status status)
{
    return statuses[status].http;
}

int cfg_status_exit(enum cfg_status status)
{
    return statuses[status].exit;
}

bool cfg_status_retriable(enum cfg_status status)
{
    return statuses[status].retriable;
}
