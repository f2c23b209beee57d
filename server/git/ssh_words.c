/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the error output of ssh.
 * Gives: the line that decides, in words that say what to do.
 * Keeps: control characters and other people's banners out of messages.
 *
 * The table is in order of weight, not of appearance: ssh ends most failures with a general line.
 */
#include "server/git/ssh_words.h"

#include <string.h>

enum { EXIT_NO_PROGRAM = 127, LINE_BYTES = 300 };

static const struct {
    const char *text; /* in ssh's or git's words */
    enum cfg_status status;
    const char *line; /* "%s" is the host; NULL: their own line says it best */
} meanings[] = {
    {"HOST IDENTIFICATION HAS CHANGED", CFG_UNAVAILABLE,
     "the host key of %s is not the known one: somebody may be in between, or it was replaced"},
    {"Host key for ", CFG_UNAVAILABLE,
     "the host key of %s is not the known one: somebody may be in between, or it was replaced"},
    {"host key is known for ", CFG_UNAVAILABLE,
     "the host key of %s is not known: set git.host-key or git.known-hosts-file, or add it to the "
     "known hosts of the server's user"},
    {"revoked host key", CFG_UNAVAILABLE, "the host key of %s is revoked"},
    {"Host key verification failed", CFG_UNAVAILABLE, "the host key of %s was refused"},
    {"incorrect passphrase supplied", CFG_UNAUTHENTICATED,
     "the private key for %s does not open with the passphrase, or needs one"},
    {"error in libcrypto", CFG_UNAUTHENTICATED,
     "the private key for %s cannot be read: it is damaged, or does not open with the passphrase"},
    {"invalid format", CFG_UNAUTHENTICATED, "the private key for %s is none that ssh can read"},
    {"UNPROTECTED PRIVATE KEY FILE", CFG_UNAUTHENTICATED, NULL},
    {"No user exists for uid", CFG_UNAVAILABLE,
     "ssh does not run as a user that /etc/passwd does not know"},
    {"Bad owner or permissions on", CFG_UNAVAILABLE, NULL},
    {"Bad configuration option", CFG_UNAVAILABLE, NULL},
    {"terminating, ", CFG_UNAVAILABLE, NULL},
    {"Could not resolve hostname", CFG_UNAVAILABLE, "the host %s cannot be resolved"},
    {"Connection refused", CFG_UNAVAILABLE, "%s refuses the connection"},
    {"No route to host", CFG_UNAVAILABLE, "there is no route to %s"},
    {"Network is unreachable", CFG_UNAVAILABLE, "the network of %s cannot be reached"},
    {"timed out during banner exchange", CFG_TIMEOUT, "%s accepts connections, but does not speak"},
    {"timed out", CFG_TIMEOUT, "%s does not answer in time"},
    {"not responding", CFG_TIMEOUT, "%s does not answer any more"},
    {"Unable to negotiate with", CFG_UNAVAILABLE, NULL},
    {"Too many authentication failures", CFG_UNAUTHENTICATED,
     "%s was offered too many keys: set git.private-key or git.private-key-file"},
    {"Permission denied (", CFG_UNAUTHENTICATED, NULL},
    {"No supported authentication methods", CFG_UNAUTHENTICATED, NULL},
    {"does not appear to be a git repository", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"epository not found", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"epository does not exist", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"could not be found", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"could not find repository", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"project you were looking for", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"TF401019", CFG_NOT_FOUND, "there is no such repository on %s"},
    {"detected dubious ownership", CFG_UNAVAILABLE, NULL},
    {"command not found", CFG_UNAVAILABLE, NULL},
    {"ermission denied", CFG_UNAUTHENTICATED, NULL},
    {"ccess denied", CFG_UNAUTHENTICATED, NULL},
    {"Connection closed by", CFG_UNAVAILABLE, "%s closed the connection"},
    {"Connection reset by", CFG_UNAVAILABLE, "%s reset the connection"},
    {"Broken pipe", CFG_UNAVAILABLE, "%s closed the connection"},
};

static bool has_word(struct cfg_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((line.ptr[i] | 0x20) >= 'a' && (line.ptr[i] | 0x20) <= 'z')
            return true;
    return false;
}

static void clean(struct cfg_str line, char out[LINE_BYTES])
{
    size_t len = 0;

    line = cfg_str_trim(line);
    for (size_t i = 0; i < line.len && len + 1 < LINE_BYTES; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        out[len++] = c < 0x20 || c == 0x7f ? ' ' : line.ptr[i];
    }
    while (len && (out[len - 1] == '.' || out[len - 1] == ' '))
        len--;
    out[len] = '\0';
}

/* The line that holds `text`, or the last one with a word in it when `text` is NULL. */
static bool find_line(struct cfg_str said, const char *text, struct cfg_str *out)
{
    struct cfg_str line;
    bool found = false;

    while (cfg_str_cut(&said, '\n', &line)) {
        bool hit = text ? cfg_str_find(line, cfg_str_of(text)) < line.len : has_word(line);
        if (hit) {
            *out = line;
            found = true;
        }
        if (hit && text)
            break;
    }
    return found;
}

enum cfg_status
cfg_ssh_explain(struct cfg_str said, const char *host, int exit_code, struct cfg_err *err)
{
    struct cfg_str line = CFG_STR_NONE;
    char theirs[LINE_BYTES];

    for (size_t i = 0; i < CFG_COUNT(meanings); i++) {
        const char *rest;
        int before;

        if (!find_line(said, meanings[i].text, &line))
            continue;
        if (!meanings[i].line) {
            clean(line, theirs);
            return cfg_err_set(err, meanings[i].status, "ssh: %s", theirs);
        }
        rest = strstr(meanings[i].line, "%s");
        before = rest ? (int)(rest - meanings[i].line) : (int)strlen(meanings[i].line);
        return cfg_err_set(err, meanings[i].status, "%.*s%s%s", before, meanings[i].line,
                           rest ? host : "", rest ? rest + 2 : "");
    }
    if (exit_code == EXIT_NO_PROGRAM && !said.len)
        return cfg_err_set(err, CFG_UNAVAILABLE,
                           "the program ssh is missing: install OpenSSH's client");
    if (find_line(said, NULL, &line)) {
        clean(line, theirs);
        return cfg_err_set(err, CFG_UNAVAILABLE, "ssh: %s", theirs);
    }
    return cfg_err_set(err, CFG_UNAVAILABLE, "%s closed the connection without a word", host);
}
