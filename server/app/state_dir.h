/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_dir: the folder that mirrors are kept in.
 * Keeps: only a folder that was made here, for this run, is ever removed.
 */
#ifndef SERVER_APP_STATE_DIR_H
#define SERVER_APP_STATE_DIR_H

#include "core/base/err.h"

enum { CFG_STATE_DIR_BYTES = 4096 };

struct cfg_state_dir {
    char path[CFG_STATE_DIR_BYTES]; /* absolute; "" when there is none */
    bool temporary;                 /* made here: removed at the end */
};

/*
 * `basedir` when it is not empty (made with its parents if it is missing, mode 0700), else the first of
 * $STATE_DIRECTORY, else a temporary folder of mode 0700.
 * Fails: denied, unavailable, too_large (the path).
 */
enum cfg_status cfg_state_dir_open(struct cfg_str basedir,
                                   struct cfg_state_dir *out,
                                   struct cfg_err *err) CFG_CHECK;
void cfg_state_dir_close(
    struct cfg_state_dir *state); /* removes a temporary one with all that is in it */

/* Makes a folder and its missing parents, mode 0700. Fails as above. */
enum cfg_status cfg_state_dir_make(struct cfg_str path, struct cfg_err *err) CFG_CHECK;

#endif
