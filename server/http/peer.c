/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a socket address. Gives: whether it is this machine's own. Keeps: no belief in headers.
 */
#include "server/http/peer.h"

#include <netinet/in.h>

#include "core/base/defs.h"

bool cfg_peer_is_local(const struct sockaddr *address)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address == NULL)
        return false;
    switch (address->sa_family) {
    case AF_UNIX:
        return true;
    case AF_INET:
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    case AF_INET6:
        memcpy(&v6, address, sizeof v6);
        if (memcmp(v6.sin6_addr.s6_addr, mapped, sizeof mapped) == 0)
            return v6.sin6_addr.s6_addr[12] == 127;
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    default:
        return false;
    }
}
