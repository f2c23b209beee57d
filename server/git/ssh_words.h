/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh_words: what ssh, and git at its other end, said when they failed, as one line and a status.
 */
#ifndef SERVER_GIT_SSH_WORDS_H
#define SERVER_GIT_SSH_WORDS_H

#include "core/base/err.h"

/*
 * `said` is everything from the error output, `host` how the host is shown, `exit_code` the program's
 * (negative: a signal ended it). Records the cause; gives its status, which is never OK: not_found,
 * unauthenticated, unavailable, invalid.
 */
enum cfg_status
cfg_ssh_explain(struct cfg_str said, const char *host, int exit_code, struct cfg_err *err);

#endif
