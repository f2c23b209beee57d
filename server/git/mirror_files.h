/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror_files: the few things that a mirror does to the file system.
 * Keeps: nothing is deleted that does not carry our mark; links are never followed.
 */
#ifndef SERVER_GIT_MIRROR_FILES_H
#define SERVER_GIT_MIRROR_FILES_H

#include "core/base/err.h"

/* 16 hex digits of the SHA-256 of a uri, and NUL. False: no memory. */
bool cfg_mirror_name(const char *uri, char out[17]) CFG_CHECK;

/* Every missing folder of a path, 0700. Fails: unavailable. */
enum cfg_status cfg_mirror_make_folders(const char *path, struct cfg_err *err) CFG_CHECK;

/* An empty folder with our mark. Fails: unavailable (also when it exists). */
enum cfg_status cfg_mirror_make_marked(const char *path, struct cfg_err *err) CFG_CHECK;

/* Deletes a marked folder and all in it; true when nothing is left of it. */
bool cfg_mirror_delete_marked(const char *path);

/* Deletes what a killed download left among the packs of a mirror. */
void cfg_mirror_sweep_packs(const char *path);

/*
 * Opens and locks a file that is created when missing, and is still the one of that name then.
 * Fails: conflict (locked by another), unavailable.
 */
enum cfg_status cfg_mirror_lock_file(const char *path, int *out_fd, struct cfg_err *err) CFG_CHECK;

bool cfg_mirror_is_folder(const char *path);

#endif
