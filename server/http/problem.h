/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem: the JSON body of an error, {"timestamp","status","error","message","path"}, as Boot writes it.
 * Does not know: why.
 */
#ifndef SERVER_HTTP_PROBLEM_H
#define SERVER_HTTP_PROBLEM_H

#include "core/base/arena.h"
#include "server/http/reply.h"

struct cfg_problem {
    unsigned status;
    struct cfg_str path;   /* as received, without the query */
    struct cfg_str accept; /* the request's; empty when none */
    bool show_message;
    const char *message; /* one line; NULL or "": none */
};

/* "Not Found"; "Error" for a status that is not in the table. */
const char *cfg_problem_reason(unsigned status);

/*
 * Gives: the reply; without a body when there is no memory for one. 406 never has one.
 * Owns: its text lives in `arena`.
 */
struct cfg_reply cfg_problem_reply(struct cfg_arena *arena, const struct cfg_problem *problem);

#endif
