/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment: places → the answer: which documents, under which names, strongest first.
 */
#ifndef SERVER_SERVICE_ENVIRONMENT_H
#define SERVER_SERVICE_ENVIRONMENT_H

#include "core/model/answer.h"
#include "server/service/places.h"

/*
 * `places` are changed where one is held back: their commits and versions are then what is served.
 * Owns: `out` lives in the task's arena and borrows from the snapshots that the task holds.
 * Fails: corrupt (a file that does not parse or a rule that is broken, with path, line and commit),
 * not_found (no sources where accept-empty is off), no_memory. With task->must_wait set on return,
 * `out` is to be ignored whatever the status.
 */
enum cfg_status cfg_environment_find(struct cfg_task *task,
                                     const struct cfg_question *question,
                                     struct cfg_places *places,
                                     struct cfg_answer *out,
                                     struct cfg_err *err) CFG_CHECK;

#endif
