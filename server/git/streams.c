/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: libgit2's wish for a connection.
 * Gives: one of ours behind libgit2's interface of streams.
 * Keeps: which job the thread is at: libgit2 hands nothing of ours through to a new stream.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>
#include <git2/sys/stream.h>

#include "server/git/streams.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAGIC = 0x57ea3201 };

/* The one thing here that is not handed in by argument: see Keeps above. */
static _Thread_local struct cfg_stream_job *current;

struct stream {
    git_stream head;
    unsigned magic;
    struct cfg_stream_job *job;
    char *host, *port;
    int fd;           /* -1: not connected */
    bool through_tls; /* once it is connected */
    struct cfg_tls *tls;
};

void cfg_streams_use(struct cfg_stream_job *job)
{
    current = job;
}

static struct stream *stream_of(git_stream *head)
{
    struct stream *stream = (struct stream *)head;

    CFG_ASSERT(stream->magic == MAGIC);
    return stream;
}

/* For libgit2, and in our words for the job. */
static int fail(struct stream *stream, const struct cfg_err *err)
{
    if (stream->job->why.status == CFG_OK)
        stream->job->why = *err;
    git_error_set_str(GIT_ERROR_NET, err->message);
    return -1;
}

static int on_connect(git_stream *head)
{
    struct stream *stream = stream_of(head);
    const struct cfg_stream_job *job = stream->job;
    bool by_proxy = job->proxy_host && !stream->through_tls;
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status = CFG_OK;

    if (stream->fd < 0)
        status = cfg_tcp_connect(by_proxy ? job->proxy_host : stream->host,
                                 by_proxy ? job->proxy_port : stream->port, &job->limits,
                                 &stream->fd, &err);
    if (status != CFG_OK && by_proxy)
        cfg_err_prefix(&err, "the proxy");
    if (status == CFG_OK && stream->through_tls)
        status =
            cfg_tls_open(stream->fd, stream->host, &job->tls, &job->limits, &stream->tls, &err);
    return status == CFG_OK ? 0 : fail(stream, &err);
}

static ssize_t on_read(git_stream *head, void *to, size_t size)
{
    struct stream *stream = stream_of(head);
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status;
    size_t len;

    if (stream->tls)
        status = cfg_tls_read(stream->tls, &stream->job->limits, to, size, &len, &err);
    else
        status = cfg_tcp_read(stream->fd, &stream->job->limits, to, size, &len, &err);
    return status == CFG_OK ? (ssize_t)len : fail(stream, &err);
}

static ssize_t on_write(git_stream *head, const char *bytes, size_t len, int flags)
{
    struct stream *stream = stream_of(head);
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status;

    (void)flags;
    if (len > SSIZE_MAX)
        len = SSIZE_MAX;
    if (stream->tls)
        status = cfg_tls_write(stream->tls, &stream->job->limits, bytes, len, &err);
    else
        status = cfg_tcp_write(stream->fd, &stream->job->limits, bytes, len, &err);
    return status == CFG_OK ? (ssize_t)len : fail(stream, &err);
}

static int on_close(git_stream *head)
{
    struct stream *stream = stream_of(head);

    cfg_tls_close(stream->tls);
    stream->tls = NULL;
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    return 0;
}

static void on_free(git_stream *head)
{
    struct stream *stream = stream_of(head);

    on_close(head);
    stream->magic = 0;
    free(stream->host);
    free(stream->port);
    free(stream);
}

/* Certificates are checked within the handshake: there is nobody to show one to. */
static int on_certificate(git_cert **out, git_stream *head)
{
    (void)head;
    *out = NULL;
    git_error_set_str(GIT_ERROR_SSL, "the certificate is not kept");
    return -1;
}

static int
new_stream(git_stream **out, const char *host, const char *port, int fd, bool through_tls)
{
    struct stream *stream;

    *out = NULL;
    if (!current) {
        git_error_set_str(GIT_ERROR_NET, "no fetch is under way");
        return -1;
    }
    stream = calloc(1, sizeof *stream);
    if (stream) {
        stream->host = strdup(host);
        stream->port = strdup(port);
    }
    if (!stream || !stream->host || !stream->port) {
        if (stream) {
            free(stream->host);
            free(stream->port);
        }
        free(stream);
        git_error_set_oom();
        return -1;
    }
    cfg_err_clear(&current->why);
    stream->magic = MAGIC;
    stream->job = current;
    stream->fd = fd;
    stream->through_tls = through_tls;
    stream->head.version = GIT_STREAM_VERSION;
    stream->head.encrypted = through_tls;
    stream->head.connect = on_connect;
    stream->head.certificate = on_certificate;
    stream->head.read = on_read;
    stream->head.write = on_write;
    stream->head.close = on_close;
    stream->head.free = on_free;
    *out = (git_stream *)stream;
    return 0;
}

static int new_plain(git_stream **out, const char *host, const char *port)
{
    return new_stream(out, host, port, -1, false);
}

static int new_tls(git_stream **out, const char *host, const char *port)
{
    return new_stream(out, host, port, -1, true);
}

/* TLS through a proxy's connection, on a descriptor of its own: libgit2 frees the two in any order. */
static int wrap_in_tls(git_stream **out, git_stream *in, const char *host)
{
    struct stream *inner = stream_of(in);
    int fd = fcntl(inner->fd, F_DUPFD_CLOEXEC, 0), code;

    *out = NULL;
    if (fd < 0) {
        git_error_set_str(GIT_ERROR_OS, "no descriptor for TLS through the proxy");
        return -1;
    }
    code = new_stream(out, host, "", fd, true);
    if (code < 0)
        close(fd);
    return code;
}

enum cfg_status cfg_streams_register(struct cfg_err *err)
{
    git_stream_registration plain = {
        .version = GIT_STREAM_VERSION, .init = new_plain, .wrap = NULL};
    git_stream_registration tls = {
        .version = GIT_STREAM_VERSION, .init = new_tls, .wrap = wrap_in_tls};

    if (git_stream_register(GIT_STREAM_STANDARD, &plain) < 0 ||
        git_stream_register(GIT_STREAM_TLS, &tls) < 0)
        return cfg_err_set(err, CFG_INTERNAL, "libgit2 takes no connections of ours");
    return CFG_OK;
}
