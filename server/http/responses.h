/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses: the answers that one loop has ready, found by what was asked, word for word.
 *
 * Keeps: 1. An entry's key is the raw target and the raw headers that choose an answer: equal keys
 *           have equal answers as long as the desk's number stays, so nothing needs to be parsed again.
 *        2. At most `CFG_RESPONSES_ENTRIES` entries and `CFG_RESPONSES_BYTES` of bodies; a set that is
 *           full gives its oldest place away, and going over the bytes empties everything.
 *        3. One thread: no lock.
 */
#ifndef SERVER_HTTP_RESPONSES_H
#define SERVER_HTTP_RESPONSES_H

#include "server/http/wire.h"

enum {
    CFG_RESPONSES_ENTRIES = 4096,
    CFG_RESPONSES_BYTES = 32 << 20,
    CFG_RESPONSES_KEY_BYTES = 1024,     /* a longer key is not kept */
    CFG_RESPONSES_BODY_BYTES = 1 << 20, /* nor is a larger body */
};

struct cfg_responses;

/* One ready answer: a 200 with a body. Borrowed from the cache until its next change. */
struct cfg_ready {
    struct cfg_body *body;
    struct cfg_wire *full;
    struct cfg_wire *not_modified; /* made when first wanted; NULL before */
    bool dated;
};

enum cfg_status cfg_responses_new(struct cfg_responses **out, struct cfg_err *err) CFG_CHECK;
void cfg_responses_release(struct cfg_responses *responses); /* accepts NULL */

struct cfg_ready *cfg_responses_find(struct cfg_responses *responses, struct cfg_str key);

/*
 * Keeps an answer. Owns: copies the key, takes references. Gives: the entry, or NULL when it is not kept
 * (too large, no memory), which is no failure.
 */
struct cfg_ready *cfg_responses_put(struct cfg_responses *responses,
                                    struct cfg_str key,
                                    const struct cfg_reply *reply);

void cfg_responses_clear(struct cfg_responses *responses);

#endif
