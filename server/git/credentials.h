/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials: who we say we are to one remote, put together anew for each fetch.
 *
 * Keeps: 1. Files are read each time, so that a rotated token is used at once. 2. What was read is
 *        wiped on release. 3. No message holds any of it.
 * Does not know: how a remote asks.
 */
#ifndef SERVER_GIT_CREDENTIALS_H
#define SERVER_GIT_CREDENTIALS_H

#include "core/base/buf.h"
#include "server/git/options.h"
#include "server/git/uri.h"

struct cfg_credentials {
    struct cfg_str username, password; /* borrowed from the options, the uri or the files' bytes */
    struct cfg_buf username_bytes, password_bytes;
};

/*
 * A file wins over a plain setting, and either over the uri's userinfo.
 * Owns: `out` is to be released even on failure. Fails: unavailable (a file cannot be read or is
 * empty; the message names the setting and the file), no_memory.
 */
enum cfg_status cfg_credentials_read(const struct cfg_git_options *options,
                                     const struct cfg_uri *uri,
                                     struct cfg_credentials *out,
                                     struct cfg_err *err) CFG_CHECK;
void cfg_credentials_release(struct cfg_credentials *credentials);

#endif
