/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a call with its route. Gives: the outcome of that route's handler. Keeps: nothing.
 */
#include "server/http/on.h"

static const cfg_on_fn handlers[CFG_ROUTE_COUNT] = {
#define X(name, method, place, pattern, condition, handler, form) [CFG_ROUTE_##name] = handler,
#include "server/http/routes.def"
#undef X
};

enum cfg_outcome cfg_on_call(struct cfg_call *call)
{
    return handlers[call->match->route->id](call);
}

enum cfg_outcome cfg_on_problem(struct cfg_call *call, unsigned status, const char *message)
{
    call->reply = cfg_problem_reply(
        call->arena, &(struct cfg_problem){.status = status,
                                           .path = call->target->path,
                                           .accept = call->head->values[CFG_HEADER_ACCEPT],
                                           .show_message = call->options->show_message,
                                           .message = message});
    return CFG_ON_REPLY;
}

enum cfg_outcome cfg_on_error(struct cfg_call *call, const struct cfg_err *err)
{
    char line[CFG_ERR_LINE_BYTES];
    return cfg_on_problem(call, (unsigned)cfg_status_http(err->status),
                          cfg_err_line(err, line, sizeof line));
}
