/* SPDX-License-Identifier: Apache-2.0 */
/*
 * on: the handlers, one family a file. A handler either has a reply at once or turns the request into a
 * question (`ask`) whose body becomes the reply.
 * Does not know: connections, threads, caches.
 */
#ifndef SERVER_HTTP_ON_H
#define SERVER_HTTP_ON_H

#include "server/http/check.h"
#include "server/http/http.h"
#include "server/http/problem.h"
#include "server/http/router.h"

enum cfg_outcome {
    CFG_ON_REPLY, /* `reply` is made */
    CFG_ON_ASK,   /* `ask`, `type`, `dated` and `bare` are made */
};

struct cfg_call {
    /* given */
    const struct cfg_http_options *options;
    struct cfg_service *service;
    struct cfg_arena *arena;
    const struct cfg_head *head;
    const struct cfg_target *target;
    const struct cfg_match *match;
    struct cfg_str post; /* the request's body */
    bool local;          /* the peer is this machine */

    /* made */
    struct cfg_reply reply;
    struct cfg_ask ask;
    struct cfg_str type; /* of the 200 */
    bool dated;          /* the 200 has Last-Modified */
    bool bare;           /* what is not found has no body */
};

typedef enum cfg_outcome (*cfg_on_fn)(struct cfg_call *call);

/* Runs the handler of `call->match->route`. */
enum cfg_outcome cfg_on_call(struct cfg_call *call);

/* Makes `call->reply` an error and gives CFG_ON_REPLY. */
enum cfg_outcome cfg_on_problem(struct cfg_call *call, unsigned status, const char *message);
enum cfg_outcome cfg_on_error(struct cfg_call *call, const struct cfg_err *err);

/* on_environment.c: Environment documents, and what is converted from them */
enum cfg_outcome cfg_on_environment(struct cfg_call *call);
enum cfg_outcome cfg_on_converted(struct cfg_call *call);
/* resolvePlaceholders into `ask`; false: it is no boolean and the reply is made. */
bool cfg_on_resolve(struct cfg_call *call);

/* on_resource.c: plain files */
enum cfg_outcome cfg_on_resource(struct cfg_call *call);

/* on_encrypt.c: keys and ciphers */
enum cfg_outcome cfg_on_key(struct cfg_call *call);
enum cfg_outcome cfg_on_encrypt_status(struct cfg_call *call);
enum cfg_outcome cfg_on_encrypt(struct cfg_call *call);

/* on_monitor.c: what hosting services say when something was pushed */
enum cfg_outcome cfg_on_monitor(struct cfg_call *call);

/* on_actuator.c: health, information, and the reserved "/-/" */
enum cfg_outcome cfg_on_health(struct cfg_call *call);
enum cfg_outcome cfg_on_liveness(struct cfg_call *call);
enum cfg_outcome cfg_on_readiness(struct cfg_call *call);
enum cfg_outcome cfg_on_info(struct cfg_call *call);
enum cfg_outcome cfg_on_repositories(struct cfg_call *call);
enum cfg_outcome cfg_on_own(struct cfg_call *call);

#endif
