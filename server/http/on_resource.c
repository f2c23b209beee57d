/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a request for a plain file. Gives: the question, as text or as raw bytes.
 * Keeps: the bare 404 of these routes.
 */
#include "server/http/on.h"

#include "server/http/negotiate.h"

enum cfg_outcome cfg_on_resource(struct cfg_call *call)
{
    const struct cfg_match *match = call->match;
    if (match->path.len == 0) {
        call->reply = cfg_reply_empty(404);
        return CFG_ON_REPLY;
    }
    enum cfg_accepted accepted =
        cfg_negotiate_resource(call->arena, call->head->values[CFG_HEADER_ACCEPT], &call->type);
    if (accepted == CFG_ACCEPTED_NONE) {
        call->reply = cfg_reply_empty(406);
        return CFG_ON_REPLY;
    }
    bool text = accepted == CFG_ACCEPTED_TEXT;
    if (text && !cfg_on_resolve(call))
        return CFG_ON_REPLY;
    call->ask.form = text ? CFG_FORM_TEXT : CFG_FORM_BINARY;
    call->ask.name = match->app;
    call->ask.profiles = match->profiles;
    call->ask.label = match->label;
    call->ask.has_label = match->has_label;
    call->ask.path = match->path;
    if (text)
        call->ask.charset = cfg_negotiate_charset(call->head->values[CFG_HEADER_ACCEPT_CHARSET]);
    call->dated = true;
    call->bare = true;
    return CFG_ON_ASK;
}
