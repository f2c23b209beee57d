/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: requests for keys and ciphers. Gives: what a server without a key says to them.
 * Keeps: no text of a request in any message: what is posted here is a secret.
 */
#include "core/model/question.h"
#include "server/http/on.h"

#define NO_KEY                                                                                     \
    "{\"status\":\"NO_KEY\",\"description\":\"No key was installed for encryption service\"}"
#define NO_PUBLIC_KEY "{\"status\":\"NOT_FOUND\",\"description\":\"No public key available\"}"

/* The names in the path, where there are some. False: refused, the reply is made. */
static bool check_names(struct cfg_call *call)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_question question;
    if (call->match->app.len == 0)
        return true;
    if (cfg_question_parse(call->arena, call->match->app, call->match->profiles, CFG_STR_NONE,
                           false, &question, &err) == CFG_OK)
        return true;
    (void)cfg_on_error(call, &err);
    return false;
}

enum cfg_outcome cfg_on_key(struct cfg_call *call)
{
    if (check_names(call))
        call->reply = cfg_reply_json(404, CFG_STR(NO_PUBLIC_KEY));
    return CFG_ON_REPLY;
}

enum cfg_outcome cfg_on_encrypt_status(struct cfg_call *call)
{
    call->reply = cfg_reply_json(404, CFG_STR(NO_KEY));
    return CFG_ON_REPLY;
}

enum cfg_outcome cfg_on_encrypt(struct cfg_call *call)
{
    if (!call->local)
        return cfg_on_problem(call, 403, "Only this machine may ask for that");
    if (!call->head->present[CFG_HEADER_CONTENT_TYPE])
        return cfg_on_problem(call, 400, "The request has no Content-Type");
    if (call->post.len == 0)
        return cfg_on_problem(call, 400, "The request has no body");
    if (check_names(call))
        call->reply = cfg_reply_json(404, CFG_STR(NO_KEY));
    return CFG_ON_REPLY;
}
