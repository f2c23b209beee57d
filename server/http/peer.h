/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: who is at the other end of a connection.
 */
#ifndef SERVER_HTTP_PEER_H
#define SERVER_HTTP_PEER_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * True for 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104 and local sockets. NULL gives false.
 * Limits: a proxy on this machine makes everybody local; it must not pass such paths on.
 */
bool cfg_peer_is_local(const struct sockaddr *address);

#endif
