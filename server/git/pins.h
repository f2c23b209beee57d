/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pins: the commits of one mirror that somebody reads or has just read. Packing a mirror anew drops
 * what no branch or tag reaches, but not these: an answer that is held at a commit which a force push
 * made unreachable stays complete.
 *
 * Keeps: a commit stays for ten minutes after the last tree of it was let go.
 */
#ifndef SERVER_GIT_PINS_H
#define SERVER_GIT_PINS_H

#include "server/git/store.h"

enum { CFG_PINS_LISTED = 4000 };

struct cfg_pins;

struct cfg_pins *cfg_pins_new(void);        /* NULL: no memory */
void cfg_pins_unref(struct cfg_pins *pins); /* accepts NULL; trees that are pinned keep it alive */

/*
 * Pins `commit` for as long as `tree` lives, which nobody else has yet. One that is pinned already is
 * left alone. Fails: no_memory. Threads: any.
 */
enum cfg_status cfg_pins_add(struct cfg_pins *pins,
                             const char commit[41],
                             struct cfg_tree *tree,
                             struct cfg_err *err) CFG_CHECK;

/* Appends the commits as 40 digits each. False: there are over CFG_PINS_LISTED. Threads: any. */
bool cfg_pins_list(struct cfg_pins *pins, struct cfg_buf *out);

#endif
