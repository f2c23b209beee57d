/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: a reply with its headers, in the form that the library sends and may send many times.
 * Keeps: a wire holds its own reference to the body whose bytes it sends: nothing is copied.
 */
#ifndef SERVER_HTTP_WIRE_H
#define SERVER_HTTP_WIRE_H

#include "server/http/reply.h"

struct cfg_wire; /* the library's own object behind a name of ours */

enum cfg_wire_kind {
    CFG_WIRE_FULL,
    CFG_WIRE_NOT_MODIFIED, /* the 304 that stands for a 200 */
};

/* NULL: no memory. Owns: takes what it needs from `reply`, which stays the caller's. */
struct cfg_wire *cfg_wire_new(const struct cfg_reply *reply, enum cfg_wire_kind kind);
void cfg_wire_release(
    struct cfg_wire *wire); /* accepts NULL; the library may still be sending it */

/* Queues it on a connection of the library. False: refused. */
bool cfg_wire_queue(struct cfg_wire *wire, void *connection, unsigned status) CFG_CHECK;

#endif
