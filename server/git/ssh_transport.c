/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a job whose uri is behind ssh.
 * Gives: libgit2 the two ends of a pipe to git-upload-pack at the remote.
 * Keeps: the first cause of a failure, in words for people.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>
#include <git2/sys/transport.h>

#include "server/git/ssh_transport.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "server/git/git_fail.h"
#include "server/git/ssh_command.h"
#include "server/git/ssh_process.h"
#include "server/git/ssh_secret.h"
#include "server/git/ssh_words.h"

enum {
    FILE_BYTES = 16 << 20, /* of known hosts */
    KEY_BYTES = 1 << 20,
    LAST_WORDS_MS = 1000, /* for ssh to say why it ended */
    LEAVE_MS = 500,       /* for ssh to end when all is done */
    MARGIN_MS = 600,      /* our word comes before the worker is killed */
};

struct cfg_ssh {
    const struct cfg_fetch_job *job;
    struct cfg_ssh_target target;
    struct cfg_ssh_command command;
    struct cfg_ssh_secret key, known_hosts, passphrase, password;
    struct cfg_ssh_process process;
    struct cfg_err cause;
    bool registered;
    int64_t end_ms;
    git_smart_subtransport_definition definition;
};

/* Freed by libgit2, each when it likes. */
struct subtransport {
    git_smart_subtransport head;
    struct cfg_ssh *ssh;
    git_smart_subtransport_stream *stream; /* borrowed */
};

struct stream {
    git_smart_subtransport_stream head;
    struct cfg_ssh *ssh;
};

/* ---- the streams ---- */

static int fail(struct cfg_ssh *ssh)
{
    git_error_set_str(GIT_ERROR_SSH, ssh->cause.message);
    return -1;
}

static int64_t deadline_of(const struct cfg_ssh *ssh)
{
    int64_t margin_ms =
        ssh->job->timeout_ms > 5 * MARGIN_MS ? MARGIN_MS : (int64_t)ssh->job->timeout_ms / 5;
    int64_t silence_ms = cfg_clock_ms() + (int64_t)ssh->job->timeout_ms;

    return (silence_ms < ssh->end_ms ? silence_ms : ssh->end_ms) - margin_ms;
}

/* ssh ended, or reads no more: it says why. */
static int fail_ended(struct cfg_ssh *ssh)
{
    cfg_ssh_process_end(&ssh->process, LAST_WORDS_MS);
    cfg_err_clear(&ssh->cause);
    (void)cfg_ssh_explain(cfg_buf_view(&ssh->process.said), ssh->target.shown,
                          ssh->process.exit_code, &ssh->cause);
    if (ssh->cause.status == CFG_UNAUTHENTICATED && ssh->key.fd >= 0) /* ssh does not say which */
        cfg_err_prefix(&ssh->cause,
                       "no key was accepted, or the private key does not open with its passphrase");
    return fail(ssh);
}

static int fail_silent(struct cfg_ssh *ssh)
{
    cfg_ssh_process_end(&ssh->process, 0);
    cfg_err_clear(&ssh->cause);
    (void)cfg_err_set(&ssh->cause, CFG_TIMEOUT, "%s does not answer within %llu ms",
                      ssh->target.shown, (unsigned long long)ssh->job->timeout_ms);
    return fail(ssh);
}

static int on_read(git_smart_subtransport_stream *head, char *to, size_t size, size_t *out_len)
{
    struct cfg_ssh *ssh = ((struct stream *)head)->ssh;
    enum cfg_status status;

    *out_len = 0;
    cfg_err_clear(&ssh->cause);
    status = cfg_ssh_process_read(&ssh->process, to, size, deadline_of(ssh), out_len, &ssh->cause);
    if (status == CFG_TIMEOUT)
        return fail_silent(ssh);
    if (status != CFG_OK)
        return fail(ssh);
    return *out_len ? 0 : fail_ended(ssh); /* the protocol ends before the stream does */
}

static int on_write(git_smart_subtransport_stream *head, const char *bytes, size_t len)
{
    struct cfg_ssh *ssh = ((struct stream *)head)->ssh;
    enum cfg_status status;

    cfg_err_clear(&ssh->cause);
    status = cfg_ssh_process_write(&ssh->process, cfg_str_make(bytes, len), deadline_of(ssh),
                                   &ssh->cause);
    if (status == CFG_TIMEOUT)
        return fail_silent(ssh);
    return status == CFG_OK ? 0 : fail_ended(ssh);
}

static void free_stream(git_smart_subtransport_stream *head)
{
    free(head);
}

/* ---- the subtransport ---- */

static void in_child(void *ctx)
{
    struct cfg_ssh *ssh = ctx;

    cfg_ssh_ask_us(&ssh->passphrase, &ssh->password);
}

static int open_stream(struct subtransport *transport)
{
    struct cfg_ssh *ssh = transport->ssh;
    struct stream *stream = calloc(1, sizeof *stream);

    cfg_err_clear(&ssh->cause);
    if (!stream) {
        git_error_set_oom();
        return -1;
    }
    if (cfg_ssh_process_start(&ssh->process, ssh->command.arguments, in_child, ssh, &ssh->cause) !=
        CFG_OK) {
        free(stream);
        return fail(ssh);
    }
    stream->head.subtransport = &transport->head;
    stream->head.read = on_read;
    stream->head.write = on_write;
    stream->head.free = free_stream;
    stream->ssh = ssh;
    transport->stream = &stream->head;
    return 0;
}

static int on_action(git_smart_subtransport_stream **out,
                     git_smart_subtransport *head,
                     const char *uri,
                     git_smart_service_t action)
{
    struct subtransport *transport = (struct subtransport *)head;
    int code = 0;

    (void)uri;
    *out = NULL;
    if (action != GIT_SERVICE_UPLOADPACK_LS && action != GIT_SERVICE_UPLOADPACK) {
        git_error_set_str(GIT_ERROR_SSH, "nothing is pushed");
        return -1;
    }
    if (action == GIT_SERVICE_UPLOADPACK_LS) /* the other one goes on with the same stream */
        code = open_stream(transport);
    if (code == 0)
        *out = transport->stream;
    return code;
}

static int on_close(git_smart_subtransport *head)
{
    struct subtransport *transport = (struct subtransport *)head;

    cfg_ssh_process_end(&transport->ssh->process, LEAVE_MS);
    transport->stream = NULL; /* libgit2 frees it */
    return 0;
}

static void free_subtransport(git_smart_subtransport *head)
{
    (void)on_close(head);
    free(head);
}

static int make_subtransport(git_smart_subtransport **out, git_transport *owner, void *ctx)
{
    struct subtransport *transport = calloc(1, sizeof *transport);

    (void)owner;
    if (!transport) {
        git_error_set_oom();
        return -1;
    }
    transport->head.action = on_action;
    transport->head.close = on_close;
    transport->head.free = free_subtransport;
    transport->ssh = ctx;
    *out = &transport->head;
    return 0;
}

static int make_transport(git_transport **out, git_remote *owner, void *ctx)
{
    struct cfg_ssh *ssh = ctx;

    return git_transport_smart(out, owner, &ssh->definition);
}

/* ---- what ssh is given ---- */

/* A file that the settings name, so that each fetch sees its new content, whatever its mode is. */
static enum cfg_status add_file(struct cfg_str path, struct cfg_buf *out, struct cfg_err *err)
{
    char name[4096];

    if (path.len >= sizeof name)
        return cfg_err_set(err, CFG_INVALID, "the path of a file is too long");
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    return cfg_file_read(name, out, err);
}

static enum cfg_status hand_over(struct cfg_buf *bytes,
                                 const char *what,
                                 enum cfg_status status,
                                 struct cfg_ssh_secret *out,
                                 struct cfg_err *err)
{
    if (status == CFG_OK)
        status = cfg_buf_end(bytes, what, err);
    if (status == CFG_OK)
        status = cfg_ssh_secret_make(cfg_buf_view(bytes), out, err);
    else
        cfg_err_prefix(err, "%s", what);
    if (status == CFG_NOT_FOUND)
        err->status = status = CFG_UNAVAILABLE; /* not_found is said of the remote */
    cfg_buf_wipe(bytes);
    return status;
}

static enum cfg_status give_key(struct cfg_ssh *ssh, struct cfg_err *err)
{
    const struct cfg_fetch_job *job = ssh->job;
    enum cfg_status status = CFG_OK;
    struct cfg_buf raw, text;

    if (!job->private_key.len && !job->private_key_file.len)
        return CFG_OK;
    cfg_buf_init(&raw, KEY_BYTES);
    cfg_buf_init(&text, KEY_BYTES);
    if (job->private_key.len)
        cfg_buf_str(&raw, job->private_key);
    else
        status = add_file(job->private_key_file, &raw, err);
    cfg_ssh_key_text(cfg_buf_view(&raw), &text);
    status = hand_over(&text, "the private key", status, &ssh->key, err);
    cfg_buf_wipe(&raw);
    return status;
}

/* "* ssh-ed25519 AAAA…": the file is for this one host, under whatever name ssh looks for it. */
static enum cfg_status give_known_hosts(struct cfg_ssh *ssh, struct cfg_err *err)
{
    const struct cfg_fetch_job *job = ssh->job;
    enum cfg_status status = CFG_OK;
    struct cfg_buf text;

    if (!job->host_key.len && !job->known_hosts_file.len && job->strict_host_key_checking)
        return CFG_OK;
    cfg_buf_init(&text, FILE_BYTES);
    if (job->host_key.len) {
        cfg_buf_str(&text, CFG_STR("* "));
        cfg_buf_str(&text, job->host_key_algorithm);
        cfg_buf_char(&text, ' ');
        for (size_t i = 0; i < job->host_key.len; i++) /* base64 may have been folded */
            if (!strchr(" \t\r\n", job->host_key.ptr[i]))
                cfg_buf_char(&text, job->host_key.ptr[i]);
        cfg_buf_char(&text, '\n');
    }
    if (job->known_hosts_file.len)
        status = add_file(job->known_hosts_file, &text, err);
    cfg_buf_char(&text, '\n');
    return hand_over(&text, "the known hosts", status, &ssh->known_hosts, err);
}

static enum cfg_status
give_word(struct cfg_str word, struct cfg_ssh_secret *out, struct cfg_err *err)
{
    return word.len ? cfg_ssh_secret_make(word, out, err) : CFG_OK;
}

static enum cfg_status prepare(struct cfg_ssh *ssh, struct cfg_err *err)
{
    const struct cfg_fetch_job *job = ssh->job;
    uint64_t seconds = job->timeout_ms / 1000;
    enum cfg_status status = cfg_ssh_target_parse(job->uri, job->username, &ssh->target, err);

    if (status == CFG_OK)
        status = give_key(ssh, err);
    if (status == CFG_OK)
        status = give_known_hosts(ssh, err);
    if (status == CFG_OK)
        status = give_word(job->passphrase, &ssh->passphrase, err);
    if (status == CFG_OK)
        status = give_word(job->password, &ssh->password, err);
    if (status != CFG_OK)
        return status;
    const struct cfg_ssh_how how = {
        .key = ssh->key.fd >= 0 ? ssh->key.path : NULL,
        .known_hosts = ssh->known_hosts.fd >= 0 ? ssh->known_hosts.path : NULL,
        .preferred_authentications = job->preferred_authentications,
        .timeout_s = seconds > 86400 ? 86400
                     : seconds > 2   ? (unsigned)seconds - 1
                                     : 1,
        .no_local = job->ignore_local_ssh_settings != 0,
        .lax = job->strict_host_key_checking == 0,
        .can_answer = ssh->passphrase.fd >= 0 || ssh->password.fd >= 0,
    };
    return cfg_ssh_command_build(&ssh->target, &how, &ssh->command, err);
}

enum cfg_status
cfg_ssh_open(const struct cfg_fetch_job *job, struct cfg_ssh **out, struct cfg_err *err)
{
    struct cfg_ssh *ssh = calloc(1, sizeof *ssh);
    enum cfg_status status;
    int code;

    *out = NULL;
    if (!ssh)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for ssh");
    ssh->job = job;
    ssh->end_ms = cfg_clock_ms() + (int64_t)job->total_ms;
    ssh->key = ssh->known_hosts = ssh->passphrase = ssh->password = CFG_SSH_SECRET_NONE;
    ssh->definition =
        (git_smart_subtransport_definition){.callback = make_subtransport, .param = ssh};
    cfg_ssh_process_init(&ssh->process);
    status = prepare(ssh, err);
    if (status == CFG_OK) {
        code = git_transport_register("ssh", make_transport, ssh);
        ssh->registered = code == 0;
        if (code < 0)
            status = cfg_git_fail(err, code, "taking over ssh");
    }
    if (status != CFG_OK) {
        cfg_ssh_close(ssh);
        return status;
    }
    *out = ssh;
    return CFG_OK;
}

void cfg_ssh_close(struct cfg_ssh *ssh)
{
    if (!ssh)
        return;
    if (ssh->registered)
        git_transport_unregister("ssh");
    cfg_ssh_process_release(&ssh->process);
    cfg_ssh_secret_release(&ssh->key);
    cfg_ssh_secret_release(&ssh->known_hosts);
    cfg_ssh_secret_release(&ssh->passphrase);
    cfg_ssh_secret_release(&ssh->password);
    free(ssh);
}

bool cfg_ssh_cause(const struct cfg_ssh *ssh, struct cfg_err *err)
{
    if (!ssh || ssh->cause.status == CFG_OK)
        return false;
    *err = ssh->cause;
    return true;
}
