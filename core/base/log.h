/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one line per event on standard error: JSON lines, or text for people on a terminal.
 *
 * Keeps: 1. A line is written by one write(2) and never interleaved. 2. Control characters are
 *        escaped: nothing that came from outside forges a line. 3. Only roofs log (puller, service,
 *        http, app, command line); everything below returns errors.
 * Does not know: secrets; callers never pass one.
 */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include "core/base/err.h"

enum cfg_log_level { CFG_LOG_DEBUG, CFG_LOG_INFO, CFG_LOG_WARN, CFG_LOG_ERROR };
enum cfg_log_form { CFG_LOG_AUTO, CFG_LOG_TEXT, CFG_LOG_JSON }; /* auto: text on a terminal */

/* Set once, before other threads start; the level may change at any time. */
void cfg_log_setup(enum cfg_log_form form, enum cfg_log_level level);
void cfg_log_set_level(enum cfg_log_level level);
bool cfg_log_wants(enum cfg_log_level level);

/*
 * `event` is a stable name such as "repository_refreshed"; the message is for people.
 * Threads: any. Limits: cut at 2 KiB.
 */
void cfg_log(enum cfg_log_level level, const char *event, const char *format, ...) CFG_PRINTF(3, 4);

/* The same with an error's line behind the message: "message: path:line:column: cause". */
void cfg_log_err(enum cfg_log_level level,
                 const char *event,
                 const struct cfg_err *err,
                 const char *format,
                 ...) CFG_PRINTF(4, 5);

#endif
