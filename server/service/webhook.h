/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook: a hosting service's message that something was pushed → whom it concerns: names of
 * applications, repositories, a ref.
 *
 * Keeps: 1. The names are those that the reference answers, in its order, each once. 2. Time and memory
 *        grow with the length of the message alone, whatever it says.
 * Does not know: signatures, what is done about the news.
 */
#ifndef SERVER_SERVICE_WEBHOOK_H
#define SERVER_SERVICE_WEBHOOK_H

#include "core/base/arena.h"
#include "server/service/service.h"

enum {
    CFG_WEBHOOK_NAMES = 10000,    /* beyond, everyone is meant */
    CFG_WEBHOOK_NAME_BYTES = 255, /* a longer file name names nobody */
    CFG_WEBHOOK_MARKS = 50000,    /* brackets and commas of a JSON message */
    CFG_WEBHOOK_PLACES = 64,      /* uris that a message may name */
    CFG_WEBHOOK_ARENA_BYTES = 256 << 20,
};

struct cfg_webhook_news {
    const char *provider;   /* NULL: nobody's message was recognised, or it tells of no change */
    struct cfg_strs names;  /* of applications, "*" for all; may be empty */
    struct cfg_strs places; /* of repositories, as cfg_webhook_place makes them; may be empty */
    struct cfg_str ref;     /* as the message names it; may be empty */
};

/*
 * Owns: `out` lives in `arena` and borrows from `hook`.
 * Fails: invalid (no JSON object, or a form without a path), too_large, no_memory. Threads: any.
 */
enum cfg_status cfg_webhook_read(const struct cfg_webhook_options *options,
                                 const struct cfg_hook *hook,
                                 struct cfg_arena *arena,
                                 struct cfg_webhook_news *out,
                                 struct cfg_err *err) CFG_CHECK;

/*
 * What two uris of one repository have in common: host and path in lower case, without scheme, user,
 * port, ".git" and final slashes. "git@Host:a/b.git" and "https://host/a/b" are "host/a/b".
 * Owns: `*out` lives in `arena`. False: out of memory.
 */
bool cfg_webhook_place(struct cfg_str uri, struct cfg_arena *arena, struct cfg_str *out) CFG_CHECK;

#endif
