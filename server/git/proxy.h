/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy: through which HTTP proxy a repository is reached, if any.
 * Keeps: nothing. Does not know: how a proxy is spoken to.
 */
#ifndef SERVER_GIT_PROXY_H
#define SERVER_GIT_PROXY_H

#include "server/git/options.h"
#include "server/git/uri.h"

/*
 * The proxy of the uri's scheme (git.proxy.http, git.proxy.https), unless its host is one of those that
 * are reached without; NULL: none. Borrowed from `options`.
 */
const struct cfg_git_proxy *cfg_proxy_of(const struct cfg_git_options *options,
                                         const struct cfg_uri *uri);

#endif
