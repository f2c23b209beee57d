/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri: where a repository lies, taken apart once.
 *
 * Keeps: `shown` has no userinfo; it is the only form that goes into names, messages and the state
 *        folder. Credentials are wiped on release.
 * Does not know: the network.
 */
#ifndef SERVER_GIT_URI_H
#define SERVER_GIT_URI_H

#include "core/base/err.h"

enum cfg_uri_kind {
    CFG_URI_FILE, /* file: */
    CFG_URI_PATH, /* a bare path */
    CFG_URI_HTTP,
    CFG_URI_HTTPS,
    CFG_URI_GIT,
    CFG_URI_SSH, /* ssh:// and user@host:path */
};

enum { CFG_URI_BYTES = 4096 };

struct cfg_uri {
    enum cfg_uri_kind kind;
    char *shown;    /* without userinfo and without trailing slashes */
    char *path;     /* FILE and PATH: in the file system, percent-decoded for FILE; else NULL */
    char *user;     /* percent-decoded userinfo; NULL: none */
    char *password; /* likewise */
};

/*
 * Owns: everything in `out` is new; cfg_uri_release. Fails: invalid (empty, over CFG_URI_BYTES, control
 * characters, a placeholder left, an unknown scheme, no host, a port that is no number), no_memory.
 * No message repeats userinfo.
 */
enum cfg_status
cfg_uri_parse(struct cfg_str text, struct cfg_uri *out, struct cfg_err *err) CFG_CHECK;
void cfg_uri_release(struct cfg_uri *uri); /* accepts a zeroed one */

/* Blanks out, in place, every "user:password" in front of an "@host" behind "://". */
void cfg_uri_scrub(char *text);

#endif
