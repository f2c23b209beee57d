/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a status and what goes with it. Gives: a reply. Keeps: its body's reference.
 */
#include "server/http/reply.h"

#include "server/http/negotiate.h"

void cfg_reply_release(struct cfg_reply *reply)
{
    cfg_body_unref(reply->body);
    *reply = (struct cfg_reply){.status = 0};
}

struct cfg_reply cfg_reply_empty(unsigned status)
{
    return (struct cfg_reply){.status = status};
}

struct cfg_reply cfg_reply_json(unsigned status, struct cfg_str text)
{
    return (struct cfg_reply){.status = status, .type = CFG_STR(CFG_TYPE_JSON), .text = text};
}
