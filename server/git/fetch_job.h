/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_job: what the server and a fetch worker say to each other over a socketpair.
 *
 * Keeps: 1. A message is its length (4 bytes, network order) and that many bytes, at most
 *        CFG_FETCH_MESSAGE_BYTES. 2. A job carries the credentials of its one repository, and buffers
 *        that held it are wiped. 3. Both sides check every length: the other one may be damaged.
 */
#ifndef SERVER_GIT_FETCH_JOB_H
#define SERVER_GIT_FETCH_JOB_H

#include <stdint.h>

#include "core/base/buf.h"

enum { CFG_FETCH_MESSAGE_BYTES = 256 << 10, CFG_FETCH_FD = 3 };

enum cfg_repack { CFG_REPACK_NOT, CFG_REPACK_SMALL, CFG_REPACK_ALL };

/* One fetch. Texts are borrowed; after decoding, from the message. */
struct cfg_fetch_job {
    struct cfg_str uri;  /* without userinfo */
    struct cfg_str path; /* the bare mirror */
    struct cfg_str username, password;
    struct cfg_str passphrase, private_key, host_key, host_key_algorithm, known_hosts_file;
    struct cfg_str private_key_file, preferred_authentications;
    struct cfg_str ca_file, client_cert, client_key;           /* TLS: paths of PEM files */
    struct cfg_str proxy_host, proxy_username, proxy_password; /* no host: no proxy */
    uint64_t proxy_port;
    uint64_t timeout_ms; /* longest silence: a result or a sign of life comes within */
    uint64_t total_ms;   /* for all of it */
    uint64_t create;     /* 1: `path` is an empty folder, make the mirror there */
    uint64_t max_bytes;  /* of the mirror's objects on disk; 0: no limit but the program's own */
    uint64_t repack;     /* enum cfg_repack; else than NOT: do not fetch, but merge packs */
    struct cfg_str keep; /* of a repack: commits that stay, 40 hex digits each */
    uint64_t skip_ssl_validation, ignore_local_ssh_settings, strict_host_key_checking;
};

struct cfg_fetch_result {
    struct cfg_str message; /* why not; empty when all went well */
    struct cfg_str domain;  /* of `code` */
    uint64_t status;        /* enum cfg_status */
    uint64_t code;          /* a library's own, as int32_t */
    uint64_t changed;       /* 1: there are new tips */
    uint64_t more;          /* 1: only a sign of life, the result comes later */
};

void cfg_fetch_job_encode(const struct cfg_fetch_job *job, struct cfg_buf *out);
bool cfg_fetch_job_decode(struct cfg_str message, struct cfg_fetch_job *out);
void cfg_fetch_result_encode(const struct cfg_fetch_result *result, struct cfg_buf *out);
bool cfg_fetch_result_decode(struct cfg_str message, struct cfg_fetch_result *out);

/* Sends a message. Fails: unavailable (the other side is gone), too_large, timeout (it does not read). */
enum cfg_status
cfg_fetch_send(int fd, const struct cfg_buf *message, struct cfg_err *err) CFG_CHECK;

/*
 * Replaces `out` by the next message. `deadline_ms` is monotonic, or -1 for none.
 * Fails: cancelled (the other side closed), timeout, invalid (no such message), unavailable, no_memory.
 */
enum cfg_status
cfg_fetch_receive(int fd, int64_t deadline_ms, struct cfg_buf *out, struct cfg_err *err) CFG_CHECK;

#endif
