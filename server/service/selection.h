/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selection: the documents of one place that answer a question, and the choice of the commit that they
 * are taken from: the tip, or, when a selected file is broken there, the newest commit before it at
 * which every selected file is whole.
 *
 * Keeps: 1. The choice follows from the tip and the question alone, so replicas and restarts agree.
 *        2. A file that cannot be *read* is no reason to go back: only one that is malformed.
 */
#ifndef SERVER_SERVICE_SELECTION_H
#define SERVER_SERVICE_SELECTION_H

#include "core/merge/select.h"
#include "server/service/places.h"

struct cfg_selection {
    struct cfg_strs locations;
    struct cfg_selected *items; /* strongest first */
    size_t count;
};

/*
 * Selects; `place->commit` and `place->held` are changed when the place is held back.
 * Owns: `out` lives in the task's arena and borrows from snapshots that the task holds.
 * Fails: corrupt (broken at the tip and nowhere better; err has path, line and commit), not_found,
 * no_memory, unavailable. With task->must_wait set on return, `out` is to be ignored.
 * Limits: 1,000 commits and 200 ms of looking back, by a thread that may wait.
 */
enum cfg_status cfg_selection_make(struct cfg_task *task,
                                   const struct cfg_question *question,
                                   struct cfg_place *place,
                                   struct cfg_selection *out,
                                   struct cfg_err *err) CFG_CHECK;

#endif
