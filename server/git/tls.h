/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: the client's side of TLS 1.2 and 1.3 over a connected descriptor.
 *
 * Keeps: 1. Without `skip_validation` no byte is exchanged with a server whose certificate does not
 *        lead to a trusted authority or is not for the host. 2. Every wait has its limits.
 *        3. Messages hold nothing of the server's but its certificate's names, made printable.
 * Does not know: HTTP, git.
 */
#ifndef SERVER_GIT_TLS_H
#define SERVER_GIT_TLS_H

#include "server/git/tcp.h"

/* Files are PEM; all zero: the system's authorities, no certificate of our own. */
struct cfg_tls_options {
    struct cfg_str ca_file;     /* authorities besides the system's */
    struct cfg_str client_cert; /* ours, with the chain behind it */
    struct cfg_str client_key;  /* empty: in the same file */
    struct cfg_str passphrase;  /* of the key */
    bool skip_validation;       /* any certificate will do */
};

struct cfg_tls;

/*
 * Shakes hands with `host` (a name or an address, which the certificate must be for).
 * Owns: borrows `fd`, which the caller closes after cfg_tls_close. Fails: unavailable (one line says
 * what is wrong with the certificate, the files or the handshake), timeout, no_memory; `*out` is NULL
 * then. Threads: one at a time. SIGPIPE must be ignored.
 */
enum cfg_status cfg_tls_open(int fd,
                             const char *host,
                             const struct cfg_tls_options *options,
                             const struct cfg_tcp_limits *limits,
                             struct cfg_tls **out,
                             struct cfg_err *err) CFG_CHECK;

/* Says goodbye if the other side is still there; accepts NULL. */
void cfg_tls_close(struct cfg_tls *tls);

/* As cfg_tcp_read and cfg_tcp_write. */
enum cfg_status cfg_tls_read(struct cfg_tls *tls,
                             const struct cfg_tcp_limits *limits,
                             void *to,
                             size_t size,
                             size_t *out_len,
                             struct cfg_err *err) CFG_CHECK;
enum cfg_status cfg_tls_write(struct cfg_tls *tls,
                              const struct cfg_tcp_limits *limits,
                              const void *bytes,
                              size_t len,
                              struct cfg_err *err) CFG_CHECK;

#endif
