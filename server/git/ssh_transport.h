/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh_transport: lets libgit2 reach repositories through the system's OpenSSH client, so that keys,
 * agents, known hosts and jump hosts work as people know them from ssh.
 *
 * Keeps: one at a time in a process: it takes libgit2's place for ssh:// while it is open.
 */
#ifndef SERVER_GIT_SSH_TRANSPORT_H
#define SERVER_GIT_SSH_TRANSPORT_H

#include "server/git/fetch_job.h"

/* What libgit2 is told to connect to while the transport is open; the job knows the real place. */
#define CFG_SSH_URI "ssh://remote/repository"

struct cfg_ssh;

/*
 * Owns: borrows `job`. Fails: invalid (uri, user, authentications), not_found and denied (a file of
 * keys or hosts), too_large, unavailable, no_memory.
 */
enum cfg_status
cfg_ssh_open(const struct cfg_fetch_job *job, struct cfg_ssh **out, struct cfg_err *err) CFG_CHECK;

/* After the remote was freed. Accepts NULL. */
void cfg_ssh_close(struct cfg_ssh *ssh);

/* Why libgit2's last call failed, if it was for ssh: records that. False: it was not. */
bool cfg_ssh_cause(const struct cfg_ssh *ssh, struct cfg_err *err); /* accepts NULL */

#endif
