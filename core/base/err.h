/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: one fixed-size error that travels upward, owned by the caller who began the work.
 *
 * Keeps: 1. The first cause wins; floors on the way up only prepend where they were.
 *        2. Setting an error never allocates and never fails.
 *        3. `message` is one line without a final dot and never holds a secret value.
 * Does not know: who prints it.
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include <stdbool.h>

#include "core/base/defs.h"
#include "core/base/str.h"

enum cfg_status {
#define X(name, text, http, exit, retriable) CFG_##name,
#include "core/base/status.def"
#undef X
    CFG_STATUS_COUNT
};

enum {
    CFG_ERR_PATH_BYTES = 256,
    CFG_ERR_MESSAGE_BYTES = 512,
    CFG_ERR_LINE_BYTES = 1024, /* enough for cfg_err_line */
};

struct cfg_err {
    enum cfg_status status;
    int foreign_code;              /* a library's own code, 0 if none */
    const char *foreign_domain;    /* static text: "libgit2", "libyaml", "errno"; NULL if none */
    unsigned line;                 /* 1-based; 0: unknown */
    unsigned column;               /* 1-based; 0: unknown */
    char commit[41];               /* hex; "" if none */
    char path[CFG_ERR_PATH_BYTES]; /* in the repository; its tail when too long; "" if none */
    char message[CFG_ERR_MESSAGE_BYTES]; /* "" if nothing is set */
    const char *raised_file;             /* where in our source; for the debug log only */
    int raised_line;
};

#define CFG_ERR_INIT ((struct cfg_err){.status = CFG_OK})

/*
 * Records a cause unless one is recorded already, and gives the recorded status back, so that
 * `return cfg_err_set(err, CFG_INVALID, "…")` reads as one statement.
 * Fails: never. Threads: the owner of `err`.
 */
#define cfg_err_set(err, status, ...)                                                              \
    cfg_err_set_at((err), (status), __FILE__, __LINE__, __VA_ARGS__)
enum cfg_status cfg_err_set_at(struct cfg_err *err,
                               enum cfg_status status,
                               const char *file,
                               int line,
                               const char *format,
                               ...) CFG_PRINTF(5, 6);

/* Records errno's text behind a formatted beginning: "opening /x: Permission denied". */
#define cfg_err_set_errno(err, status, saved_errno, ...)                                           \
    cfg_err_set_errno_at((err), (status), (saved_errno), __FILE__, __LINE__, __VA_ARGS__)
enum cfg_status cfg_err_set_errno_at(struct cfg_err *err,
                                     enum cfg_status status,
                                     int saved_errno,
                                     const char *file,
                                     int line,
                                     const char *format,
                                     ...) CFG_PRINTF(6, 7);

/* Names the place in a repository's file, each part only where none is recorded yet. */
void cfg_err_place(struct cfg_err *err, struct cfg_str path, unsigned line, unsigned column);

/* Prepends where the error passed: cfg_err_prefix(err, "reading %s", name) → "reading x: cause". */
void cfg_err_prefix(struct cfg_err *err, const char *format, ...) CFG_PRINTF(2, 3);

/* Forgets what was recorded. */
void cfg_err_clear(struct cfg_err *err);

/*
 * Turns "did we reach the end" and the recorded cause into a status. A function that failed must
 * have recorded why: asserted here, so that a forgotten cause is loud.
 */
enum cfg_status cfg_err_end(const struct cfg_err *err, bool done) CFG_CHECK;

/*
 * Writes "path:line:column: message (commit 3fa2c1…)" as one line, control characters escaped.
 * Gives: `out`, always terminated. Limits: cut at `size`.
 */
const char *cfg_err_line(const struct cfg_err *err, char *out, size_t size);

/* From the table in status.def. Threads: any. */
const char *cfg_status_text(enum cfg_status status);
int cfg_status_http(enum cfg_status status);
int cfg_status_exit(enum cfg_status status);
bool cfg_status_retriable(enum cfg_status status);

#endif
