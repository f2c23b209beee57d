/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_fail: turns an error of libgit2 into one of ours.
 * Keeps: libgit2's text is part of the message, userinfo of uris in it is not.
 */
#ifndef SERVER_GIT_GIT_FAIL_H
#define SERVER_GIT_GIT_FAIL_H

#include "core/base/err.h"

/*
 * `code` is what the library returned. Records "what: libgit2's text" and gives the status that fits
 * (not_found, unauthenticated, unavailable, corrupt, denied, conflict, invalid, no_memory).
 * Threads: the one of the failed call, before its next one.
 */
enum cfg_status cfg_git_fail(struct cfg_err *err, int code, const char *format, ...)
    CFG_PRINTF(3, 4);

#endif
