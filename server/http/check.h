/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: the head of a request, read strictly. The library takes much that a proxy in front may read in
 * another way (two lengths, a folded line, a bare line feed); whatever is ambiguous is refused here, so
 * that nobody smuggles a second request inside a first.
 * Does not know: what the headers mean to a route.
 */
#ifndef SERVER_HTTP_CHECK_H
#define SERVER_HTTP_CHECK_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum cfg_header {
#define X(name, text, repeats) CFG_HEADER_##name,
#include "server/http/headers.def"
#undef X
    CFG_HEADER_COUNT
};

struct cfg_head {
    struct cfg_arena *arena; /* for lists that came in pieces */
    struct cfg_str values[CFG_HEADER_COUNT];
    bool present[CFG_HEADER_COUNT];
    const char *fault; /* why the request is refused; NULL: it is not */
    bool no_memory;    /* a list could not be joined */
    size_t line_bytes; /* of the header lines, had each been written plainly and ended by CR LF */
    uint64_t length;   /* of the body, after cfg_check_end */
    bool chunked;      /* its length is not known */
    bool old;          /* HTTP/1.0 */
};

void cfg_check_begin(struct cfg_head *head, struct cfg_arena *arena);

/* One header line, values borrowed. The first fault stays. */
void cfg_check_header(struct cfg_head *head, struct cfg_str name, struct cfg_str value);

/* Method, version and what the headers say together. False: refused, `head->fault` says why. */
bool cfg_check_end(struct cfg_head *head, struct cfg_str method, struct cfg_str version);

/* Bytes of a request line that is written plainly: "GET /foo HTTP/1.1" and its CR LF. */
size_t cfg_check_line_bytes(struct cfg_str method, struct cfg_str target, struct cfg_str version);

/* The first value of a header of headers.def, by its name in any case; a NULL pointer: it did not come. */
struct cfg_str cfg_check_value(const struct cfg_head *head, struct cfg_str name);

/* The value of Content-Length: digits alone, at most 18. */
bool cfg_check_length(struct cfg_str text, uint64_t *out);

/* A token of RFC 9110: letters, digits and a few marks; not empty. */
bool cfg_check_is_token(struct cfg_str s);

#endif
