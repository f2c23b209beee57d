/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: the life of one request, from its first line to its last byte sent, on its loop's thread.
 *
 * Keeps: 1. A reply is never queued in the library's first call for a request, which would end the
 *           connection, unless it is meant to end. 2. A parked request stands in its loop's list and its
 *           job knows it; both ties are cut before it goes.
 */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include "server/http/loop.h"

/* Starts the library's daemon on the loop's descriptor; NULL: refused. */
void *cfg_request_daemon(struct cfg_loop *loop);

/* Goes on with the requests whose jobs have come back. Owns: takes the jobs. */
void cfg_request_arrived(struct cfg_loop *loop, struct cfg_job *jobs);

/* Ends the waiting of those whose time is over; `INT64_MAX` ends it for all. */
void cfg_request_expire(struct cfg_loop *loop, int64_t now_ms);

/* When the next one is over; -1: nobody waits. */
int64_t cfg_request_deadline(const struct cfg_loop *loop);

/*
 * Whether all of a request has come: a client that sends nothing more may wait for the answer all the
 * same. False for NULL.
 */
bool cfg_request_is_whole(const struct cfg_request *request);

size_t cfg_request_body_bytes(const struct cfg_request *request); /* that came; 0 for NULL */

/* After the daemon has stopped. */
void cfg_request_release_spares(struct cfg_loop *loop);

#endif
