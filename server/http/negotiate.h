/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate: the request headers that choose between answers (RFC 9110 §12, §13), and what the routes
 * make of them. Headers are given as text; an absent one is empty.
 * Does not know: connections and answers.
 */
#ifndef SERVER_HTTP_NEGOTIATE_H
#define SERVER_HTTP_NEGOTIATE_H

#include "core/base/arena.h"
#include "core/base/err.h"

#define CFG_TYPE_JSON   "application/json"
#define CFG_TYPE_V2     "application/vnd.spring-cloud.config-server.v2+json"
#define CFG_TYPE_TEXT   "text/plain;charset=UTF-8"
#define CFG_TYPE_BINARY "application/octet-stream"

enum cfg_accepted {
    CFG_ACCEPTED_NONE, /* 406, or no such route */
    CFG_ACCEPTED_V1,   /* Environment */
    CFG_ACCEPTED_V2,   /* with origins */
    CFG_ACCEPTED_TEXT, /* plain file as text */
    CFG_ACCEPTED_BINARY,
};

/* For an Environment. `*out_type`: static, or borrowed from `accept` when it names its charset. */
enum cfg_accepted cfg_negotiate_environment(struct cfg_str accept, struct cfg_str *out_type);

/*
 * For a plain file, which takes the type that is asked for. A failed allocation counts as NONE.
 * Owns: `*out_type` is static or lives in `arena`.
 */
enum cfg_accepted
cfg_negotiate_resource(struct cfg_arena *arena, struct cfg_str accept, struct cfg_str *out_type);

/* For error bodies: the v2 type when nothing but that would do, else application/json. */
struct cfg_str cfg_negotiate_problem(struct cfg_str accept);

/* The best of `count` types; the first one when the header is empty, malformed or names none of them. */
struct cfg_str cfg_negotiate_pick(struct cfg_str accept, const struct cfg_str *types, size_t count);

/* True when the answer may be gzip. */
bool cfg_negotiate_gzip(struct cfg_str accept_encoding);

/* The first usable name of Accept-Charset in its canonical spelling (static); empty: UTF-8. */
struct cfg_str cfg_negotiate_charset(struct cfg_str accept_charset);

/* True when a tag of If-None-Match equals `etag` (weak comparison), or it is "*". */
bool cfg_negotiate_match(struct cfg_str if_none_match, struct cfg_str etag);

#endif
