/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the proxies of the settings and a uri.
 * Gives: the one that counts, or none.
 * Keeps: nothing.
 */
#include "server/git/proxy.h"

/* "https://[::1]:8443/x" → "::1" */
static struct cfg_str host_of(const char *shown)
{
    struct cfg_str rest = cfg_str_of(shown), authority;
    size_t head = cfg_str_find(rest, CFG_STR("://"));

    rest = cfg_str_sub(rest, head < rest.len ? head + 3 : 0, rest.len);
    authority = cfg_str_sub(rest, 0, cfg_str_chr(rest, '/'));
    if (authority.len && authority.ptr[0] == '[') {
        authority = cfg_str_sub(authority, 1, authority.len);
        return cfg_str_sub(authority, 0, cfg_str_chr(authority, ']'));
    }
    return cfg_str_sub(authority, 0, cfg_str_chr(authority, ':'));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether `*` stands for any run of characters in `pattern`; letters of either case are the same. */
static bool matches(struct cfg_str pattern, struct cfg_str text)
{
    size_t p = 0, t = 0, star = pattern.len, from = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.len && lower(pattern.ptr[p]) == lower(text.ptr[t])) {
            p++;
            t++;
        } else if (star < pattern.len) { /* the last star takes one more */
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* "localhost|*.example.org|[::1]" */
static bool is_listed(struct cfg_str list, struct cfg_str host)
{
    struct cfg_str piece;

    while (cfg_str_cut(&list, '|', &piece)) {
        piece = cfg_str_trim(piece);
        if (piece.len > 2 && piece.ptr[0] == '[' && piece.ptr[piece.len - 1] == ']')
            piece = cfg_str_sub(piece, 1, piece.len - 2);
        if (piece.len && matches(piece, host))
            return true;
    }
    return false;
}

const struct cfg_git_proxy *cfg_proxy_of(const struct cfg_git_options *options,
                                         const struct cfg_uri *uri)
{
    const struct cfg_git_proxy *proxy = uri->kind == CFG_URI_HTTP    ? &options->http_proxy
                                        : uri->kind == CFG_URI_HTTPS ? &options->https_proxy
                                                                     : NULL;

    if (!proxy || proxy->host.len == 0)
        return NULL;
    for (size_t i = 0; i < proxy->non_proxy_hosts.count; i++)
        if (is_listed(proxy->non_proxy_hosts.items[i], host_of(uri->shown)))
            return NULL;
    return proxy;
}
