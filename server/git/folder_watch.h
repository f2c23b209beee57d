/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder_watch: one descriptor that becomes readable when something in a set of folders changes.
 *
 * Keeps: 1. Events say only "look again": they are never interpreted, so a lost one (the kernel's queue
 *        is bounded) costs nothing. 2. When the kernel grants no more watches, a timer takes their
 *        place.
 */
#ifndef SERVER_GIT_FOLDER_WATCH_H
#define SERVER_GIT_FOLDER_WATCH_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/err.h"

struct cfg_folder_watch {
    int poll_fd; /* holds the other two */
    int notify_fd;
    int timer_fd;
    atomic_bool timed;
};

/* Fails: unavailable. */
enum cfg_status cfg_folder_watch_init(struct cfg_folder_watch *watch,
                                      struct cfg_err *err) CFG_CHECK;
void cfg_folder_watch_release(struct cfg_folder_watch *watch);

/* Watches a folder; to be called before it is read. Gives its number, -1 when it is not watched. */
int cfg_folder_watch_add(struct cfg_folder_watch *watch, const char *path);

/* Watches the nearest folder above a missing one. */
int cfg_folder_watch_add_above(struct cfg_folder_watch *watch, const char *path);
void cfg_folder_watch_remove(struct cfg_folder_watch *watch, int number); /* accepts -1 */

/* Forgets what was reported so far. */
void cfg_folder_watch_drain(struct cfg_folder_watch *watch);

#endif
