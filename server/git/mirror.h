/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror: the copy of one remote repository on disk, and who may write it.
 *
 * Below <folder>/repos, named by 16 hex digits of the SHA-256 of the uri without userinfo:
 *   NAME.git   the bare mirror            NAME.new.git  one that is being made
 *   NAME.json  its uri and last change    NAME.old.git  one that was replaced, until it is deleted
 *   NAME.lock  locked while in use
 *
 * Keeps: 1. One process at a time, and one fetch at a time. 2. A repository that never came leaves
 *        nothing behind. 3. NAME.git is always whole: it is made beside and renamed. 4. Only folders
 *        with our mark in them are deleted; a damaged mirror that is not ours is put aside.
 *        5. Its packs are few: they are merged before a fetch when they have become many.
 */
#ifndef SERVER_GIT_MIRROR_H
#define SERVER_GIT_MIRROR_H

#include "core/base/lock.h"
#include "server/git/fetch_job.h"
#include "server/git/pins.h"
#include "server/git/store.h"

/*
 * Making a mirror takes as long as the repository is large: it may take this many timeouts in all, and
 * one of them without a sign of the remote's.
 */
enum { CFG_MIRROR_MAKING_TIMES = 24 };

struct cfg_mirror;

/* The mirrors that are open in this process: two stores of one uri share one. */
struct cfg_mirror_set {
    struct cfg_lock lock;
    struct cfg_mirror *first; /* under lock */
};

void cfg_mirror_set_init(struct cfg_mirror_set *set);
void cfg_mirror_set_release(struct cfg_mirror_set *set); /* no mirror is left in it */

/*
 * `uri` is the one without userinfo. Owns: `*out` is a reference, given back with cfg_mirror_close.
 * Fails: conflict (another process has it), unavailable (the folder), no_memory.
 */
enum cfg_status cfg_mirror_open(struct cfg_mirror_set *set,
                                struct cfg_str folder,
                                const char *uri,
                                struct cfg_mirror **out,
                                struct cfg_err *err) CFG_CHECK;
void cfg_mirror_close(struct cfg_mirror_set *set, struct cfg_mirror *mirror); /* accepts NULL */

const char *cfg_mirror_path(const struct cfg_mirror *mirror); /* NAME.git, there or not */

/* The commits of it that are in use; borrowed. */
struct cfg_pins *cfg_mirror_pins(const struct cfg_mirror *mirror);

/* A read found it damaged: the next fetch makes a new one. Threads: any. */
void cfg_mirror_suspect(struct cfg_mirror *mirror);

/*
 * Brings it up to date, or makes it. `job` is complete but for its path and its total time. Who comes while a fetch runs
 * waits for its result. Fails: as cfg_store_fetch.
 */
enum cfg_status cfg_mirror_fetch(struct cfg_mirror *mirror,
                                 struct cfg_fetchers *fetchers,
                                 const struct cfg_fetch_job *job,
                                 struct cfg_err *err) CFG_CHECK;

#endif
