/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: whole files of the operator (settings, credentials): bounded, with a clear reason.
 * Does not know: the repository; its files come from server/git.
 */
#ifndef CORE_BASE_FILE_H
#define CORE_BASE_FILE_H

#include "core/base/buf.h"

/*
 * Appends the file's bytes to `out` (whose ceiling counts).
 * Fails: not_found, denied, too_large, unavailable (other input errors); `out` may hold a part then.
 */
enum cfg_status cfg_file_read(const char *path, struct cfg_buf *out, struct cfg_err *err) CFG_CHECK;

/*
 * Writes beside `path`, flushes to the disk and renames over it: a reader sees the old bytes or the
 * new ones. `mode` as for open(2).
 */
enum cfg_status cfg_file_write(const char *path,
                               struct cfg_str bytes,
                               unsigned mode,
                               struct cfg_err *err) CFG_CHECK;

#endif
