/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the uri of a repository behind ssh, and how it is reached.
 * Gives: the arguments of the ssh program.
 * Keeps: what an uri may smuggle in (CVE-2017-1000117, CVE-2023-51385) out of them.
 */
#include "server/git/ssh_command.h"

#include <stdarg.h>
#include <string.h>

/* ---- the uri ---- */

static enum cfg_status refuse(const char *why, struct cfg_err *err)
{
    return cfg_err_set(err, CFG_INVALID, "the uri of the repository %s", why);
}

static bool copy_name(struct cfg_str from, char out[CFG_SSH_NAME_BYTES])
{
    if (from.len >= CFG_SSH_NAME_BYTES)
        return false;
    if (from.len)
        memcpy(out, from.ptr, from.len);
    out[from.len] = '\0';
    return true;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Names, addresses with their zone ("fe80::1%eth0"), and nothing that a shell or ssh could expand. */
static bool is_host(struct cfg_str host)
{
    if (!host.len || host.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!is_letter_or_digit(c) && !strchr(".-_:%", c) && !((unsigned char)c & 0x80))
            return false;
        if (c == '\0' || (c == '%' && cfg_str_chr(host, ':') == host.len))
            return false;
    }
    return true;
}

/* A user may be "corp\anna" or "anna@corp"; ssh hands it on to ProxyCommand, so no shell's words. */
static bool is_user(struct cfg_str user)
{
    if (user.len && user.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < user.len; i++) {
        unsigned char c = (unsigned char)user.ptr[i];
        if (c <= 0x20 || c == 0x7f || strchr("'`\"$;&<>|(){}*?!#", c))
            return false;
        if (c == '\\' && i + 1 == user.len)
            return false;
    }
    return true;
}

static bool is_path(const char *path)
{
    if (!path[0] || path[0] == '-' || strcmp(path, "/") == 0)
        return false;
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    return true;
}

static bool take_port(struct cfg_str text, char out[6])
{
    unsigned long value = 0;

    if (!text.len || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned long)(text.ptr[i] - '0');
    }
    snprintf(out, 6, "%lu", value);
    return value > 0 && value < 65536;
}

/* "host", "host:port", "[::1]", "[::1]:port"; "[host:port]" as scp-like uris write it. */
static bool take_authority(struct cfg_str text, struct cfg_ssh_target *out)
{
    struct cfg_str port = CFG_STR_NONE;
    size_t close, colon;

    if (text.len && text.ptr[0] == '[') {
        close = cfg_str_chr(text, ']');
        if (close == text.len)
            return false;
        port = cfg_str_sub(text, close + 1, text.len);
        text = cfg_str_sub(text, 1, close - 1);
        if (port.len && port.ptr[0] != ':')
            return false;
        port = cfg_str_sub(port, 1, port.len);
        colon = cfg_str_chr(text, ':');
        if (!port.len && colon < text.len && colon == cfg_str_rchr(text, ':')) {
            port = cfg_str_sub(text, colon + 1, text.len);
            text = cfg_str_sub(text, 0, colon);
        }
    } else {
        colon = cfg_str_chr(text, ':');
        port = cfg_str_sub(text, colon + 1, text.len);
        text = cfg_str_sub(text, 0, colon);
    }
    return is_host(text) && copy_name(text, out->host) && (!port.len || take_port(port, out->port));
}

/* Copies with %XX replaced where `decode` says so; false: it holds a NUL. */
static bool take_path(struct cfg_str text, bool decode, char out[CFG_URI_BYTES + 1])
{
    size_t len = 0;

    if (text.len > CFG_URI_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int byte = decode ? cfg_str_escape(text, i) : -1;
        char c = byte >= 0 ? (char)byte : text.ptr[i];
        if (byte >= 0)
            i += 2;
        if (!c)
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

enum cfg_status cfg_ssh_target_parse(struct cfg_str uri,
                                     struct cfg_str user,
                                     struct cfg_ssh_target *out,
                                     struct cfg_err *err)
{
    size_t head = cfg_str_find(uri, CFG_STR("://"));
    bool is_url = head < uri.len && head < cfg_str_chr(uri, '/');
    struct cfg_str rest = is_url ? cfg_str_sub(uri, head + 3, uri.len) : uri;
    size_t bracket = rest.len && rest.ptr[0] == '[' ? cfg_str_chr(rest, ']') : 0;
    size_t end = bracket;

    *out = (struct cfg_ssh_target){.user = ""};
    while (end < rest.len && rest.ptr[end] != (is_url ? '/' : ':'))
        end++;
    if (!take_authority(cfg_str_sub(rest, 0, end), out))
        return refuse("names no host that ssh could reach", err);
    rest = cfg_str_sub(rest, end + (is_url ? 0 : 1), rest.len);
    if (!take_path(rest, is_url, out->path))
        return refuse("has no usable path", err);
    if (is_url && out->path[0] == '/' && out->path[1] == '~') /* ssh://host/~user/x */
        memmove(out->path, out->path + 1, strlen(out->path));
    if (!is_path(out->path))
        return refuse("has no usable path", err);
    if (!is_user(user) || !copy_name(user, out->user))
        return cfg_err_set(err, CFG_INVALID, "the user name is none that ssh could take");
    snprintf(out->shown, sizeof out->shown, "%s%s%s", out->host, out->port[0] ? ":" : "",
             out->port);
    return CFG_OK;
}

/* ---- the arguments ---- */

static void end_argument(struct cfg_ssh_command *command, size_t len)
{
    if (command->full || command->used + len + 1 > sizeof command->text ||
        command->count + 1 >= CFG_SSH_ARGUMENTS) {
        command->full = true;
        return;
    }
    command->arguments[command->count++] = command->text + command->used;
    command->used += len + 1;
}

CFG_PRINTF(2, 3) static void add(struct cfg_ssh_command *command, const char *format, ...)
{
    size_t room = sizeof command->text - command->used;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(command->text + command->used, room, format, args);
    va_end(args);
    end_argument(command, len < 0 ? room : (size_t)len);
}

static void add_option(struct cfg_ssh_command *command, const char *name, const char *value)
{
    add(command, "-o");
    add(command, "%s=%s", name, value);
}

/* git-upload-pack 'path', for the shell over there: a ' becomes '\'' */
static void add_remote_command(struct cfg_ssh_command *command, const char *path)
{
    static const char program[] = "git-upload-pack '";
    size_t room = sizeof command->text - command->used, len = sizeof program - 1;
    char *to = command->text + command->used;

    if (room < sizeof program + 4 * strlen(path) + 2) {
        command->full = true;
        return;
    }
    memcpy(to, program, len);
    for (; *path; path++) {
        if (*path == '\'') {
            memcpy(to + len, "'\\''", 4);
            len += 4;
        } else {
            to[len++] = *path;
        }
    }
    to[len++] = '\'';
    to[len] = '\0';
    end_argument(command, len);
}

/* What no setting of the user's may change: a fetch is one command, without terminal or side channels. */
static const char *const fixed[][2] = {
    {"LogLevel", "ERROR"},       {"ClearAllForwardings", "yes"},
    {"ControlMaster", "no"}, /* one that stays would keep our pipes open */
    {"ControlPersist", "no"},    {"PermitLocalCommand", "no"},
    {"RemoteCommand", "none"},   {"UpdateHostKeys", "no"},
    {"ConnectionAttempts", "1"},
};

static void
add_known_hosts(struct cfg_ssh_command *command, const struct cfg_ssh_how *how, bool local)
{
    add_option(command, "StrictHostKeyChecking", how->lax ? "accept-new" : "yes");
    if (how->known_hosts && how->lax && local) {
        /* new keys go into the first one, which is forgotten afterwards */
        add(command, "-o");
        add(command, "UserKnownHostsFile=%s ~/.ssh/known_hosts ~/.ssh/known_hosts2",
            how->known_hosts);
    } else if (how->known_hosts || !local) {
        add_option(command, "UserKnownHostsFile",
                   how->known_hosts ? how->known_hosts : "/dev/null");
        add_option(command, "GlobalKnownHostsFile", "/dev/null");
    }
}

static void add_identity(struct cfg_ssh_command *command, const struct cfg_ssh_how *how, bool local)
{
    if (how->key) { /* this one and no agent's, so that two keys of one host do not mix */
        add(command, "-i");
        add(command, "%s", how->key);
    } else if (!local) {
        add_option(command, "IdentityFile", "none");
    }
    if (how->key || !local)
        add_option(command, "IdentitiesOnly", "yes");
    if (!local)
        add_option(command, "IdentityAgent", "none");
}

static bool is_name_list(struct cfg_str list)
{
    for (size_t i = 0; i < list.len; i++)
        if (!is_letter_or_digit(list.ptr[i]) && !(list.ptr[i] && strchr("-,.", list.ptr[i])))
            return false;
    return true;
}

enum cfg_status cfg_ssh_command_build(const struct cfg_ssh_target *target,
                                      const struct cfg_ssh_how *how,
                                      struct cfg_ssh_command *out,
                                      struct cfg_err *err)
{
    unsigned pause_s = how->timeout_s > 1 ? how->timeout_s / 2 : 1;

    memset(out, 0, sizeof *out);
    if (!is_name_list(how->preferred_authentications))
        return cfg_err_set(err, CFG_INVALID, "preferred-authentications is no list of names");
    add(out, "ssh");
    add(out, "-T");
    add(out, "-x");
    add(out, "-a");
    if (how->no_local) {
        add(out, "-F");
        add(out, "/dev/null");
    }
    for (size_t i = 0; i < CFG_COUNT(fixed); i++)
        add_option(out, fixed[i][0], fixed[i][1]);
    add_option(out, "BatchMode", how->can_answer ? "no" : "yes");
    if (how->can_answer)
        add_option(out, "NumberOfPasswordPrompts", "1");
    add(out, "-oConnectTimeout=%u", how->timeout_s);
    add(out, "-oServerAliveInterval=%u", pause_s);
    add_option(out, "ServerAliveCountMax", "2");
    add_known_hosts(out, how, !how->no_local);
    add_identity(out, how, !how->no_local);
    if (how->preferred_authentications.len)
        add(out, "-oPreferredAuthentications=%.*s", CFG_STR_ARG(how->preferred_authentications));
    if (target->port[0]) {
        add(out, "-p");
        add(out, "%s", target->port);
    }
    if (target->user[0]) {
        add(out, "-l");
        add(out, "%s", target->user);
    }
    add(out, "%s", target->host);
    add_remote_command(out, target->path);
    return out->full ? cfg_err_set(err, CFG_TOO_LARGE, "the command line of ssh is too long")
                     : CFG_OK;
}
