/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router: which row of routes.def a target and a method mean, and what the pattern's names stand for.
 * Does not know: what a handler does.
 */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include "server/http/target.h"
#include "server/service/service.h"

enum cfg_method {
    CFG_METHOD_GET = 1,
    CFG_METHOD_POST = 2,
    CFG_METHOD_OPTIONS = 4,
    CFG_METHOD_OTHER = 8, /* no row has it */
};

enum cfg_route_id {
#define X(name, method, place, pattern, condition, handler, form) CFG_ROUTE_##name,
#include "server/http/routes.def"
#undef X
    CFG_ROUTE_COUNT
};

struct cfg_route {
    enum cfg_route_id id;
    enum cfg_method method;
    unsigned place;
    const char *pattern;
    unsigned condition;
    enum cfg_form form;
};

/* What the names of a pattern stand for, decoded; a slash within the label is written "(_)". */
struct cfg_match {
    const struct cfg_route *route; /* NULL unless CFG_ROUTED */
    struct cfg_str app;
    struct cfg_str profiles;
    struct cfg_str label;
    bool has_label;
    struct cfg_str path; /* of a file: "sub/n.txt"; may be empty */
    char allow[32];      /* 405 and OPTIONS: "GET,HEAD,OPTIONS" */
};

enum cfg_routing {
    CFG_ROUTED,
    CFG_ROUTE_NONE,    /* 404 */
    CFG_ROUTE_METHOD,  /* 405 */
    CFG_ROUTE_OPTIONS, /* 200 with Allow */
};

/* "GET", "HEAD" → CFG_METHOD_GET … */
enum cfg_method cfg_router_method(const char *name);

/* What stands in front of the rows' patterns: "/config" or empty. ROOT has nothing. */
struct cfg_bases {
    struct cfg_str prefix;
    struct cfg_str monitor;
};

/*
 * Owns: texts of `out` borrow the target or live in `arena`.
 * Fails: invalid (a segment that is not UTF-8, an escaped slash where none may be), no_memory.
 */
enum cfg_status cfg_router_find(struct cfg_arena *arena,
                                const struct cfg_target *target,
                                enum cfg_method method,
                                const struct cfg_bases *bases,
                                struct cfg_match *out,
                                enum cfg_routing *out_routing,
                                struct cfg_err *err) CFG_CHECK;

#endif
