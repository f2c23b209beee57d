/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the uri of a repository as an operator wrote it, placeholders expanded.
 * Gives: its kind, its parts, and the form without userinfo.
 * Keeps: a uri that cannot be taken apart safely is refused without being repeated.
 */
#include "server/git/uri.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    struct cfg_str scheme;
    enum cfg_uri_kind kind;
} schemes[] = {
    {{"http", 4}, CFG_URI_HTTP}, {{"https", 5}, CFG_URI_HTTPS}, {{"git", 3}, CFG_URI_GIT},
    {{"ssh", 3}, CFG_URI_SSH},   {{"git+ssh", 7}, CFG_URI_SSH}, {{"ssh+git", 7}, CFG_URI_SSH},
};

static void wipe_free(char *text)
{
    if (!text)
        return;
    for (volatile char *p = text; *p; p++)
        *p = '\0';
    free(text);
}

void cfg_uri_release(struct cfg_uri *uri)
{
    wipe_free(uri->user);
    wipe_free(uri->password);
    free(uri->shown);
    free(uri->path);
    *uri = (struct cfg_uri){0};
}

/* A NUL-terminated join of two pieces. */
static bool join(char **out, struct cfg_str a, struct cfg_str b)
{
    *out = malloc(a.len + b.len + 1);
    if (!*out)
        return false;
    if (a.len)
        memcpy(*out, a.ptr, a.len);
    if (b.len)
        memcpy(*out + a.len, b.ptr, b.len);
    (*out)[a.len + b.len] = '\0';
    return true;
}

/* Replaces %XX in place; a % without two digits stays. False: it would hold a NUL. */
static bool percent_decode(char *text)
{
    struct cfg_str whole = cfg_str_of(text);
    size_t to = 0;

    for (size_t i = 0; i < whole.len; i++) {
        int byte = cfg_str_escape(whole, i); /* reads ahead of where it writes */
        if (byte == 0)
            return false;
        text[to++] = byte > 0 ? (char)byte : text[i];
        if (byte > 0)
            i += 2;
    }
    text[to] = '\0';
    return true;
}

static struct cfg_str cut_slashes(struct cfg_str s, size_t least)
{
    while (s.len > least && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

static enum cfg_status no_memory(struct cfg_err *err)
{
    return cfg_err_set(err, CFG_NO_MEMORY, "no memory for the uri of a repository");
}

static enum cfg_status check_text(struct cfg_str text, struct cfg_err *err)
{
    if (!text.len)
        return cfg_err_set(err, CFG_INVALID, "the uri of the repository is empty");
    if (text.len > CFG_URI_BYTES)
        return cfg_err_set(err, CFG_INVALID, "the uri of the repository is over %d bytes",
                           CFG_URI_BYTES);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return cfg_err_set(err, CFG_INVALID,
                               "the uri of the repository has a control character");
        if (c == '{' || c == '}')
            return cfg_err_set(err, CFG_INVALID,
                               "the uri of the repository still has a placeholder");
    }
    return CFG_OK;
}

/*
 * file:/x, file:///x, file://localhost/x, file:x. An authority other than localhost is the first part
 * of the path, as Spring reads file://repos/x.
 */
static enum cfg_status parse_file(struct cfg_str text, struct cfg_uri *out, struct cfg_err *err)
{
    struct cfg_str rest = cfg_str_sub(text, 5, text.len);

    out->kind = CFG_URI_FILE;
    if (cfg_str_starts(rest, CFG_STR("//localhost/")))
        rest = cfg_str_sub(rest, 11, rest.len);
    while (rest.len > 1 && rest.ptr[0] == '/' && rest.ptr[1] == '/')
        rest = cfg_str_sub(rest, 1, rest.len);
    rest = cut_slashes(rest, 1);
    if (!rest.len)
        return cfg_err_set(err, CFG_INVALID, "the uri of the repository has no path");
    if (!join(&out->shown, cut_slashes(text, 6), CFG_STR_NONE) ||
        !join(&out->path, rest, CFG_STR_NONE))
        return no_memory(err);
    if (!percent_decode(out->path))
        return cfg_err_set(err, CFG_INVALID, "the uri of the repository has a zero byte");
    return CFG_OK;
}

/* "user" or "user:password", percent-decoded. */
static enum cfg_status
take_userinfo(struct cfg_str userinfo, struct cfg_uri *out, struct cfg_err *err)
{
    size_t colon = cfg_str_chr(userinfo, ':');

    if (!join(&out->user, cfg_str_sub(userinfo, 0, colon), CFG_STR_NONE))
        return no_memory(err);
    if (colon < userinfo.len &&
        !join(&out->password, cfg_str_sub(userinfo, colon + 1, userinfo.len), CFG_STR_NONE))
        return no_memory(err);
    if (!percent_decode(out->user) || (out->password && !percent_decode(out->password)))
        return cfg_err_set(err, CFG_INVALID, "the userinfo of the uri has a zero byte");
    return CFG_OK;
}

/*
 * "host", "host:80", "[::1]:80". The port is looked at because an unescaped slash in a password makes
 * the password's beginning look like one, and its end like a path that would be shown.
 */
static bool host_is_sound(struct cfg_str host)
{
    size_t close = host.len && host.ptr[0] == '[' ? cfg_str_chr(host, ']') : 0;
    size_t colon;

    if (!host.len || host.ptr[0] == ':' || host.ptr[0] == '-' || close == host.len)
        return false;
    host = cfg_str_sub(host, close, host.len);
    colon = cfg_str_chr(host, ':');
    for (size_t i = colon + 1; i < host.len; i++)
        if (host.ptr[i] < '0' || host.ptr[i] > '9')
            return false;
    return true;
}

/* scheme://userinfo@host:port/path; `head` is as long as "scheme://". */
static enum cfg_status
parse_remote(struct cfg_str text, size_t head, struct cfg_uri *out, struct cfg_err *err)
{
    struct cfg_str rest = cfg_str_sub(text, head, text.len);
    struct cfg_str authority, path;
    size_t end = 0, at;
    enum cfg_status status;

    while (end < rest.len && !strchr("/?#", rest.ptr[end]))
        end++;
    authority = cfg_str_sub(rest, 0, end);
    path = cut_slashes(cfg_str_sub(rest, end, rest.len), 0);
    if (!path.len)
        path = CFG_STR("/");
    at = cfg_str_rchr(authority, '@');
    if (at < authority.len) {
        status = take_userinfo(cfg_str_sub(authority, 0, at), out, err);
        if (status != CFG_OK)
            return status;
        authority = cfg_str_sub(authority, at + 1, authority.len);
    }
    if (!host_is_sound(authority))
        return cfg_err_set(err, CFG_INVALID,
                           "the uri of the repository has no host or a port that is no number "
                           "(write / in a password as %%2F)");
    out->shown = malloc(head + authority.len + path.len + 1);
    if (!out->shown)
        return no_memory(err);
    memcpy(out->shown, text.ptr, head);
    memcpy(out->shown + head, authority.ptr, authority.len);
    memcpy(out->shown + head + authority.len, path.ptr, path.len);
    out->shown[head + authority.len + path.len] = '\0';
    return CFG_OK;
}

/* user@host:path, the form of ssh */
static enum cfg_status parse_scp(struct cfg_str text, struct cfg_uri *out, struct cfg_err *err)
{
    struct cfg_str host = cfg_str_sub(text, 0, cfg_str_chr(text, ':'));
    size_t at = cfg_str_rchr(host, '@');
    enum cfg_status status;

    out->kind = CFG_URI_SSH;
    if (at < host.len) {
        status = take_userinfo(cfg_str_sub(host, 0, at), out, err);
        if (status != CFG_OK)
            return status;
        text = cfg_str_sub(text, at + 1, text.len);
    }
    if (!text.len || text.ptr[0] == ':' || text.ptr[0] == '-')
        return cfg_err_set(err, CFG_INVALID, "the uri of the repository has no host");
    return join(&out->shown, cut_slashes(text, 1), CFG_STR_NONE) ? CFG_OK : no_memory(err);
}

static enum cfg_status parse_any(struct cfg_str text, struct cfg_uri *out, struct cfg_err *err)
{
    size_t head = cfg_str_find(text, CFG_STR("://"));
    size_t colon = cfg_str_chr(text, ':');

    if (cfg_str_eq_nocase(cfg_str_sub(text, 0, 5), CFG_STR("file:")))
        return parse_file(text, out, err);
    if (head < text.len && head < cfg_str_chr(text, '/')) {
        for (size_t i = 0; i < CFG_COUNT(schemes); i++)
            if (cfg_str_eq_nocase(cfg_str_sub(text, 0, head), schemes[i].scheme)) {
                out->kind = schemes[i].kind;
                return parse_remote(text, head + 3, out, err);
            }
        return cfg_err_set(err, /* not repeated: it may be the beginning of a password */
                           CFG_INVALID,
                           "the scheme of the repository's uri is none of file, http, https, git, "
                           "ssh");
    }
    if (colon < text.len && colon < cfg_str_chr(text, '/'))
        return parse_scp(text, out, err);
    out->kind = CFG_URI_PATH;
    if (text.ptr[0] == '-')
        return cfg_err_set(err, CFG_INVALID, "the path of the repository begins with a hyphen");
    if (!join(&out->shown, cut_slashes(text, 1), CFG_STR_NONE) ||
        !join(&out->path, cut_slashes(text, 1), CFG_STR_NONE))
        return no_memory(err);
    return CFG_OK;
}

enum cfg_status cfg_uri_parse(struct cfg_str text, struct cfg_uri *out, struct cfg_err *err)
{
    enum cfg_status status;

    *out = (struct cfg_uri){0};
    status = check_text(text, err);
    if (status == CFG_OK)
        status = parse_any(text, out, err);
    if (status != CFG_OK)
        cfg_uri_release(out);
    return status;
}

void cfg_uri_scrub(char *text)
{
    char *found;

    for (char *from = text; (found = strstr(from, "://")) != NULL; from = found + 3) {
        size_t len = strcspn(found + 3, "/ '\"");
        for (size_t i = len; i > 0; i--)
            if (found[3 + i - 1] == '@') {
                memmove(found + 3, found + 3 + i, strlen(found + 3 + i) + 1);
                break;
            }
    }
}
