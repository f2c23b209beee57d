/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a repository's uri or a folder's location, placeholders still in it.
 * Gives: why it must not be used, if so: what the asker fills in may only ever choose below a place
 * that the operator has fixed, never the host, the port or the whole.
 * Keeps: nothing.
 */
#include "server/app/settings_parts.h"

static bool has_brace(struct cfg_str s)
{
    return cfg_str_chr(s, '{') < s.len;
}

/* "scheme:" with its letters; 0: no scheme. */
static size_t scheme_len(struct cfg_str uri)
{
    size_t i = 0;

    while (i < uri.len &&
           ((uri.ptr[i] >= 'a' && uri.ptr[i] <= 'z') || (uri.ptr[i] >= 'A' && uri.ptr[i] <= 'Z') ||
            (i > 0 && ((uri.ptr[i] >= '0' && uri.ptr[i] <= '9') || uri.ptr[i] == '+'))))
        i++;
    return i > 1 && i < uri.len && uri.ptr[i] == ':' ? i : 0;
}

/* A path must begin with a name of its own: "/{application}" leaves the whole disk to the asker. */
static const char *path_refusal(struct cfg_str path)
{
    struct cfg_str rest = path, piece;

    while (cfg_str_cut(&rest, '/', &piece)) {
        if (piece.len == 0)
            continue;
        if (has_brace(piece))
            return "a placeholder may only stand below a fixed folder";
        return NULL;
    }
    return NULL;
}

static const char *remote_refusal(struct cfg_str rest)
{
    size_t slash = cfg_str_chr(rest, '/');
    size_t query = cfg_str_chr(rest, '?'), hash = cfg_str_chr(rest, '#');
    size_t tail = query < hash ? query : hash;

    if (slash > tail)
        slash = tail;
    if (slash == 0)
        return "it names no host";
    if (has_brace(cfg_str_sub(rest, 0, slash)))
        return "a placeholder must not stand in the user, host or port: the asker would choose "
               "whom to connect to";
    if (has_brace(cfg_str_sub(rest, tail, rest.len)))
        return "a placeholder may only stand in the path";
    return NULL;
}

const char *cfg_uri_refusal(struct cfg_str uri)
{
    size_t scheme = scheme_len(uri);
    struct cfg_str after = cfg_str_sub(uri, scheme + 1, uri.len);
    size_t colon;

    for (size_t i = 0; i < uri.len; i++)
        if ((unsigned char)uri.ptr[i] < 0x20 || uri.ptr[i] == 0x7f)
            return "it has a control character";
    if (scheme > 0 && cfg_str_eq_nocase(cfg_str_sub(uri, 0, scheme), CFG_STR("classpath")))
        return "there is no class path here: name a folder as file:/path";
    if (scheme > 0 && cfg_str_eq_nocase(cfg_str_sub(uri, 0, scheme), CFG_STR("file")))
        return path_refusal(after);
    if (scheme > 0 && cfg_str_starts(after, CFG_STR("//")))
        return remote_refusal(cfg_str_sub(after, 2, after.len));
    colon = cfg_str_chr(uri, ':');
    if (colon < cfg_str_chr(uri, '/')) /* user@host:path */
        return has_brace(cfg_str_sub(uri, 0, colon)) ? remote_refusal(uri) : NULL;
    return path_refusal(uri);
}
