/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh_command: the command line of OpenSSH's client for one repository.
 *
 * Keeps: 1. Nothing that came from a uri can become an option, or a word of the remote shell's own.
 *        2. No secret is on it.
 * Does not know: processes.
 */
#ifndef SERVER_GIT_SSH_COMMAND_H
#define SERVER_GIT_SSH_COMMAND_H

#include "server/git/uri.h"

enum {
    CFG_SSH_NAME_BYTES = 256,
    CFG_SSH_SHOWN_BYTES = CFG_SSH_NAME_BYTES + 16,
    CFG_SSH_ARGUMENTS = 64,
    CFG_SSH_TEXT_BYTES = 32 << 10,
};

/* Where a repository lies. */
struct cfg_ssh_target {
    char user[CFG_SSH_NAME_BYTES]; /* "": what the user's own settings say */
    char host[CFG_SSH_NAME_BYTES]; /* without brackets */
    char port[6];                  /* "": likewise */
    char path[CFG_URI_BYTES + 1];
    char shown[CFG_SSH_SHOWN_BYTES]; /* "host" or "host:port", for people */
};

/*
 * Takes ssh://host:port/path (or git+ssh, ssh+git), host:path or [host:port]:path apart; `user` comes
 * beside it. Fails: invalid: a part is missing, too long, begins with a hyphen, or has characters that
 * no such name needs.
 */
enum cfg_status cfg_ssh_target_parse(struct cfg_str uri,
                                     struct cfg_str user,
                                     struct cfg_ssh_target *out,
                                     struct cfg_err *err) CFG_CHECK;

struct cfg_ssh_how {
    const char *key;         /* file of the private key; NULL: none given */
    const char *known_hosts; /* file of known hosts; NULL: none given */
    struct cfg_str preferred_authentications;
    unsigned timeout_s; /* of connecting and of silence; not 0 */
    bool no_local;      /* leave the user's own settings alone */
    bool lax;           /* take unknown host keys, for this once */
    bool can_answer;    /* a passphrase or a password is at hand */
};

/* Terminated by NULL, as for execvp. */
struct cfg_ssh_command {
    char *arguments[CFG_SSH_ARGUMENTS];
    size_t count;
    size_t used;
    bool full;
    char text[CFG_SSH_TEXT_BYTES];
};

/* Fails: invalid (preferred_authentications is no list of names), too_large. */
enum cfg_status cfg_ssh_command_build(const struct cfg_ssh_target *target,
                                      const struct cfg_ssh_how *how,
                                      struct cfg_ssh_command *out,
                                      struct cfg_err *err) CFG_CHECK;

#endif
