/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh_secret: hands keys, passphrases and known hosts to the ssh program as files that no disk holds
 * and that are gone with this process, however it ends.
 *
 * Keeps: a secret is on no command line, in no environment and in no file system.
 */
#ifndef SERVER_GIT_SSH_SECRET_H
#define SERVER_GIT_SSH_SECRET_H

#include "core/base/buf.h"

/* A file in memory; other processes of this user can open `path` while it lives. */
struct cfg_ssh_secret {
    int fd; /* -1: none */
    char path[48];
};

#define CFG_SSH_SECRET_NONE ((struct cfg_ssh_secret){.fd = -1, .path = ""})

/* Fails: unavailable. */
enum cfg_status cfg_ssh_secret_make(struct cfg_str bytes,
                                    struct cfg_ssh_secret *out,
                                    struct cfg_err *err) CFG_CHECK;
void cfg_ssh_secret_release(struct cfg_ssh_secret *secret);

/* The text of a private key as ssh wants it, from what settings and the environment make of it. */
void cfg_ssh_key_text(struct cfg_str key, struct cfg_buf *out);

/*
 * In a child, before it becomes ssh: whatever ssh wants to ask, it asks this program of ours, which
 * answers from these files and only to that very process.
 */
void cfg_ssh_ask_us(const struct cfg_ssh_secret *passphrase, const struct cfg_ssh_secret *password);

/* Whether ssh started this process to ask something, and the answer to it: an exit code. */
bool cfg_ssh_is_asked(void);
int cfg_ssh_answer(const char *question);

#endif
