/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply: what is answered, before it becomes bytes on a connection.
 * Keeps: `body` and `text` exclude each other.
 * Does not know: the library that sends it.
 */
#ifndef SERVER_HTTP_REPLY_H
#define SERVER_HTTP_REPLY_H

#include "server/http/check.h"
#include "server/service/service.h"

struct cfg_reply {
    unsigned status;
    struct cfg_str type;   /* Content-Type; empty: none is sent. Static or in the request's arena */
    struct cfg_body *body; /* a reference that the reply holds, or NULL */
    struct cfg_str text;   /* bytes in the request's arena, or static */
    bool dated;            /* Last-Modified from the body */
    const char *allow;     /* Allow; NULL: none. Lives as long as the request */
    bool later;            /* Retry-After: 1 */
    bool close;            /* the connection ends with this reply */
};

/* Gives the reply's body back; accepts a zeroed reply. */
void cfg_reply_release(struct cfg_reply *reply);

/* A status without a body. */
struct cfg_reply cfg_reply_empty(unsigned status);

/* A 200 or other status with a short JSON text that outlives the request or lives in its arena. */
struct cfg_reply cfg_reply_json(unsigned status, struct cfg_str text);

/* True when the client has what a 200 with this body would bring. */
bool cfg_reply_is_unmodified(const struct cfg_head *head, const struct cfg_body *body, bool dated);

#endif
