/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a status and what goes with it. Gives: a reply. Keeps: its body's reference.
 */
#include "server/http/reply.h"

#include "core/base/clock.h"
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

bool cfg_reply_is_unmodified(const struct cfg_head *head, const struct cfg_body *body, bool dated)
{
    if (head->present[CFG_HEADER_IF_NONE_MATCH])
        return cfg_negotiate_match(head->values[CFG_HEADER_IF_NONE_MATCH], cfg_str_of(body->etag));
    struct cfg_str since = head->values[CFG_HEADER_IF_MODIFIED_SINCE];
    char text[64];
    if (!dated || body->modified_ms <= 0 || since.len == 0 || since.len >= sizeof text)
        return false;
    memcpy(text, since.ptr, since.len);
    text[since.len] = '\0';
    int64_t then = cfg_clock_parse_http(text);
    return then >= 0 && body->modified_ms / 1000 <= then / 1000;
}
