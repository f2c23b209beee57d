/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a job or a result.
 * Gives: its bytes, and back; sends and receives them whole.
 * Keeps: one table of fields for each, so that the two directions cannot differ.
 */
#include "server/git/fetch_job.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"

struct field {
    bool is_text; /* else a uint64_t */
    size_t offset;
};

#define TEXT(type, name)                                                                           \
    {                                                                                              \
        true, offsetof(struct type, name)                                                          \
    }
#define NUMBER(type, name)                                                                         \
    {                                                                                              \
        false, offsetof(struct type, name)                                                         \
    }

static const struct field job_fields[] = {
    TEXT(cfg_fetch_job, uri),
    TEXT(cfg_fetch_job, path),
    TEXT(cfg_fetch_job, username),
    TEXT(cfg_fetch_job, password),
    TEXT(cfg_fetch_job, passphrase),
    TEXT(cfg_fetch_job, private_key),
    TEXT(cfg_fetch_job, host_key),
    TEXT(cfg_fetch_job, host_key_algorithm),
    TEXT(cfg_fetch_job, known_hosts_file),
    TEXT(cfg_fetch_job, private_key_file),
    TEXT(cfg_fetch_job, preferred_authentications),
    TEXT(cfg_fetch_job, keep),
    NUMBER(cfg_fetch_job, max_bytes),
    NUMBER(cfg_fetch_job, repack),
    TEXT(cfg_fetch_job, ca_file),
    TEXT(cfg_fetch_job, client_cert),
    TEXT(cfg_fetch_job, client_key),
    TEXT(cfg_fetch_job, proxy_host),
    TEXT(cfg_fetch_job, proxy_username),
    TEXT(cfg_fetch_job, proxy_password),
    NUMBER(cfg_fetch_job, proxy_port),
    NUMBER(cfg_fetch_job, timeout_ms),
    NUMBER(cfg_fetch_job, total_ms),
    NUMBER(cfg_fetch_job, create),
    NUMBER(cfg_fetch_job, skip_ssl_validation),
    NUMBER(cfg_fetch_job, ignore_local_ssh_settings),
    NUMBER(cfg_fetch_job, strict_host_key_checking),
};

static const struct field result_fields[] = {
    TEXT(cfg_fetch_result, message),   TEXT(cfg_fetch_result, domain),
    NUMBER(cfg_fetch_result, status),  NUMBER(cfg_fetch_result, code),
    NUMBER(cfg_fetch_result, changed), NUMBER(cfg_fetch_result, more),
};

static void put_number(struct cfg_buf *out, uint64_t value, unsigned bytes)
{
    while (bytes--)
        cfg_buf_char(out, (char)(unsigned char)(value >> (8 * bytes)));
}

static uint64_t get_number(const char *from, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)from[i];
    return value;
}

static void encode(const struct field *fields, size_t count, const void *from, struct cfg_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)from + fields[i].offset;
        struct cfg_str text;
        uint64_t number;

        if (fields[i].is_text) {
            memcpy(&text, at, sizeof text);
            put_number(out, text.len, 4);
            cfg_buf_str(out, text);
        } else {
            memcpy(&number, at, sizeof number);
            put_number(out, number, 8);
        }
    }
}

static bool decode(const struct field *fields, size_t count, struct cfg_str message, void *to)
{
    for (size_t i = 0; i < count; i++) {
        char *at = (char *)to + fields[i].offset;
        size_t bytes = fields[i].is_text ? 4 : 8;
        struct cfg_str text;
        uint64_t number;

        if (message.len < bytes)
            return false;
        number = get_number(message.ptr, (unsigned)bytes);
        message = cfg_str_sub(message, bytes, message.len);
        if (!fields[i].is_text) {
            memcpy(at, &number, sizeof number);
            continue;
        }
        if (number > message.len)
            return false;
        text = cfg_str_sub(message, 0, (size_t)number);
        message = cfg_str_sub(message, (size_t)number, message.len);
        memcpy(at, &text, sizeof text);
    }
    return message.len == 0;
}

void cfg_fetch_job_encode(const struct cfg_fetch_job *job, struct cfg_buf *out)
{
    encode(job_fields, CFG_COUNT(job_fields), job, out);
}

bool cfg_fetch_job_decode(struct cfg_str message, struct cfg_fetch_job *out)
{
    return decode(job_fields, CFG_COUNT(job_fields), message, out);
}

void cfg_fetch_result_encode(const struct cfg_fetch_result *result, struct cfg_buf *out)
{
    encode(result_fields, CFG_COUNT(result_fields), result, out);
}

bool cfg_fetch_result_decode(struct cfg_str message, struct cfg_fetch_result *out)
{
    return decode(result_fields, CFG_COUNT(result_fields), message, out);
}

/* MSG_DONTWAIT: a message fits the socket's buffer; a peer that does not read is broken. */
static enum cfg_status send_all(int fd, const char *bytes, size_t len, struct cfg_err *err)
{
    while (len) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return cfg_err_set_errno(err, errno == EAGAIN ? CFG_TIMEOUT : CFG_UNAVAILABLE, errno,
                                     "sending to the fetch worker");
        bytes += sent;
        len -= (size_t)sent;
    }
    return CFG_OK;
}

enum cfg_status cfg_fetch_send(int fd, const struct cfg_buf *message, struct cfg_err *err)
{
    enum cfg_status status = cfg_buf_end(message, "a message to the fetch worker", err);
    char head[4];

    if (status != CFG_OK)
        return status;
    for (unsigned i = 0; i < sizeof head; i++)
        head[i] = (char)(unsigned char)(message->len >> (8 * (3 - i)));
    status = send_all(fd, head, sizeof head, err);
    return status == CFG_OK ? send_all(fd, message->ptr, message->len, err) : status;
}

static enum cfg_status wait_readable(int fd, int64_t deadline_ms, struct cfg_err *err)
{
    for (;;) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        int64_t left = deadline_ms < 0 ? 60000 : deadline_ms - cfg_clock_ms();
        int ready;

        if (left <= 0)
            return cfg_err_set(err, CFG_TIMEOUT, "the deadline has passed");
        ready = poll(&item, 1, left > 60000 ? 60000 : (int)left);
        if (ready < 0 && errno != EINTR)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "waiting for a message");
        if (ready > 0)
            return CFG_OK;
    }
}

static enum cfg_status
receive_all(int fd, int64_t deadline_ms, char *to, size_t len, struct cfg_err *err)
{
    while (len) {
        enum cfg_status status = wait_readable(fd, deadline_ms, err);
        ssize_t got;

        if (status != CFG_OK)
            return status;
        got = recv(fd, to, len, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0 && errno != ECONNRESET)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "receiving a message");
        if (got <= 0)
            return cfg_err_set(err, CFG_CANCELLED, "the other side has closed");
        to += got;
        len -= (size_t)got;
    }
    return CFG_OK;
}

enum cfg_status
cfg_fetch_receive(int fd, int64_t deadline_ms, struct cfg_buf *out, struct cfg_err *err)
{
    char head[4];
    enum cfg_status status = receive_all(fd, deadline_ms, head, sizeof head, err);
    size_t len = status == CFG_OK ? (size_t)get_number(head, sizeof head) : 0;

    if (status != CFG_OK)
        return status;
    if (!len || len > CFG_FETCH_MESSAGE_BYTES)
        return cfg_err_set(err, CFG_INVALID, "a message of %zu bytes", len);
    cfg_buf_reset(out);
    if (!cfg_buf_reserve(out, len))
        return cfg_buf_end(out, "a message", err);
    status = receive_all(fd, deadline_ms, out->ptr, len, err);
    if (status == CFG_OK) {
        out->len = len;
        out->ptr[len] = '\0';
    }
    return status;
}
