/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh_process: one run of a program with its three standard streams, in a process that may be killed.
 *
 * Keeps: 1. The program never outlives this process. 2. What it says on its error output is read all
 *        the time, so that it never waits for us, and the last of it is kept.
 * Does not know: what the program is.
 */
#ifndef SERVER_GIT_SSH_PROCESS_H
#define SERVER_GIT_SSH_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "core/base/buf.h"

enum { CFG_SSH_SAID_BYTES = 16 << 10 };

struct cfg_ssh_process {
    pid_t pid;           /* 0: none */
    int in, out, errors; /* our ends; -1: closed */
    struct cfg_buf said;
    int exit_code; /* once it has ended; negative: a signal */
};

void cfg_ssh_process_init(struct cfg_ssh_process *process);

/* What the child does before it becomes the program; may change its environment. */
typedef void (*cfg_ssh_child_fn)(void *ctx);

/*
 * Starts `arguments[0]`, looked for in PATH. Fails: unavailable. A program that is not there ends with
 * 127. Threads: of a process with one thread.
 */
enum cfg_status cfg_ssh_process_start(struct cfg_ssh_process *process,
                                      char *const arguments[],
                                      cfg_ssh_child_fn in_child,
                                      void *ctx,
                                      struct cfg_err *err) CFG_CHECK;

/*
 * Reads some bytes; `*out_len` is 0 at the end. `deadline_ms` is monotonic.
 * Fails: timeout, unavailable.
 */
enum cfg_status cfg_ssh_process_read(struct cfg_ssh_process *process,
                                     char *to,
                                     size_t size,
                                     int64_t deadline_ms,
                                     size_t *out_len,
                                     struct cfg_err *err) CFG_CHECK;

/* Writes all. Fails: timeout, unavailable (it reads no more). */
enum cfg_status cfg_ssh_process_write(struct cfg_ssh_process *process,
                                      struct cfg_str bytes,
                                      int64_t deadline_ms,
                                      struct cfg_err *err) CFG_CHECK;

/*
 * Closes its input and output, gives it so long to end by itself, then ends it. Afterwards `said` and
 * `exit_code` are complete.
 */
void cfg_ssh_process_end(struct cfg_ssh_process *process, int grace_ms);

void cfg_ssh_process_release(struct cfg_ssh_process *process); /* ends it, too */

#endif
