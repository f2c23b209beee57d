/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: events. Gives: one line each on standard error. Keeps: form and level, set once at start.
 */
#include "core/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { LINE_BYTES = 2048 };

/* Excused from "no mutable globals": the log sink, set once. */
static atomic_int log_level = CFG_LOG_INFO;
static atomic_bool log_json;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void cfg_log_setup(enum cfg_log_form form, enum cfg_log_level level)
{
    bool json = form == CFG_LOG_JSON || (form == CFG_LOG_AUTO && !isatty(STDERR_FILENO));
    atomic_store_explicit(&log_json, json, memory_order_relaxed);
    cfg_log_set_level(level);
}

void cfg_log_set_level(enum cfg_log_level level)
{
    atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

bool cfg_log_wants(enum cfg_log_level level)
{
    return (int)level >= atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* Copies text with what would break a line, or JSON, escaped. */
static size_t put_escaped(char *out, size_t size, size_t at, const char *text, bool json)
{
    for (; *text && at + 8 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            at += (size_t)snprintf(out + at, size - at, json ? "\\u%04x" : "\\x%02x", c);
        else if (json && (c == '"' || c == '\\'))
            at += (size_t)snprintf(out + at, size - at, "\\%c", c);
        else
            out[at++] = (char)c;
    }
    return at;
}

static void write_line(enum cfg_log_level level, const char *event, const char *message)
{
    char line[LINE_BYTES];
    char now[CFG_CLOCK_ISO_BYTES];
    bool json = atomic_load_explicit(&log_json, memory_order_relaxed);
    cfg_clock_iso(cfg_clock_wall_ms(), now);
    int head = json ? snprintf(line, sizeof line,
                               "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"message\":\"",
                               now, level_names[level], event)
                    : snprintf(line, sizeof line, "%s %-5s %s: ", now, level_names[level], event);
    size_t at = put_escaped(line, sizeof line - 4, (size_t)head, message, json);
    if (json) {
        line[at++] = '"';
        line[at++] = '}';
    }
    line[at++] = '\n';
    ssize_t put = write(STDERR_FILENO, line, at);
    (void)put; /* nowhere to say that the log is full */
}

void cfg_log(enum cfg_log_level level, const char *event, const char *format, ...)
{
    char message[LINE_BYTES];
    if (!cfg_log_wants(level))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    write_line(level, event, message);
}

void cfg_log_err(
    enum cfg_log_level level, const char *event, const struct cfg_err *err, const char *format, ...)
{
    char message[LINE_BYTES];
    char cause[CFG_ERR_LINE_BYTES];
    if (!cfg_log_wants(level))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message / 2, format, args);
    va_end(args);
    size_t len = strlen(message);
    snprintf(message + len, sizeof message - len, ": %s", cfg_err_line(err, cause, sizeof cause));
    write_line(level, event, message);
}
