/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_repo: one open repository: its folders, and its objects as bytes.
 *
 * Keeps: 1. Read only. 2. Loose objects are read by our own bounded reader, packs by libgit2; either
 *        way the bytes hash to their id. 3. Nothing outside the repository (user or system
 *        configuration, owner of the folder, HOME) changes what is read.
 * Does not know: what a tree or a commit looks like.
 */
#ifndef SERVER_GIT_GIT_REPO_H
#define SERVER_GIT_GIT_REPO_H

#include "server/git/loose.h"

struct cfg_git_repo;

/*
 * `path` is a bare repository, a .git folder, or a work tree with one (or with a .git file); nothing
 * above it is searched.
 * Fails: not_found, invalid (an unsupported format), corrupt, unavailable, no_memory.
 * Threads: one at a time for a handle; any.
 */
enum cfg_status
cfg_git_repo_open(const char *path, struct cfg_git_repo **out, struct cfg_err *err) CFG_CHECK;
void cfg_git_repo_close(struct cfg_git_repo *repo); /* accepts NULL */

/* Where HEAD lies, and where the branches lie; each ends with a slash. Borrowed. */
const char *cfg_git_repo_dir(const struct cfg_git_repo *repo);
const char *cfg_git_repo_common_dir(const struct cfg_git_repo *repo);

struct cfg_git_object {
    enum cfg_git_type type;
    const unsigned char *bytes;
    size_t len;
    void *owner;
};

/*
 * Reads an object of at most `max_bytes`, whose size is looked at first.
 * Owns: the bytes live until cfg_git_object_release. Fails: not_found, too_large, corrupt (also when
 * it is of another type), unavailable, no_memory.
 */
enum cfg_status cfg_git_repo_read(struct cfg_git_repo *repo,
                                  const unsigned char id[CFG_ID_BYTES],
                                  enum cfg_git_type type,
                                  size_t max_bytes,
                                  struct cfg_git_object *out,
                                  struct cfg_err *err) CFG_CHECK;
void cfg_git_object_release(struct cfg_git_object *object); /* accepts a zeroed one */

/* The type of an object. Fails: not_found, corrupt, unavailable. */
enum cfg_status cfg_git_repo_type(struct cfg_git_repo *repo,
                                  const unsigned char id[CFG_ID_BYTES],
                                  enum cfg_git_type *out,
                                  struct cfg_err *err) CFG_CHECK;

/*
 * The commit that these 7 to 40 hex digits name, if it is one of `tips` or an ancestor of one.
 * Fails: not_found (none, several, or none that can be reached), corrupt, no_memory.
 * Limits: walks the history when the commit exists.
 */
enum cfg_status cfg_git_repo_commit(struct cfg_git_repo *repo,
                                    const struct cfg_tips *tips,
                                    struct cfg_str digits,
                                    char out_commit[41],
                                    struct cfg_err *err) CFG_CHECK;

#endif
