/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a connected descriptor, the host's name, whom to trust.
 * Gives: an encrypted connection to that host, or one line that says why not.
 * Keeps: nothing beyond the connection: no session is resumed.
 */
#include "server/git/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "server/git/tls_words.h"

enum { PATH_BYTES = 4096, HOST_BYTES = 1024 };

struct cfg_tls {
    SSL_CTX *context;
    SSL *ssl;
    bool shaken; /* hands: a goodbye is due */
    bool broken; /* after an error OpenSSL must not be asked again */
    char host[HOST_BYTES];
    struct cfg_err refusal; /* what the check of the certificate said first */
};

/* ---- whom to trust, who we are ---- */

/* Of a name in a chain: remembers the first refusal in words, as the certificate is gone later. */
static int on_verdict(int accepted, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct cfg_tls *tls = SSL_get_app_data(ssl);

    if (!accepted)
        (void)cfg_tls_refusal(store, tls->host, &tls->refusal);
    return accepted;
}

/* An encrypted key's passphrase. Without this OpenSSL would ask the terminal. */
static int on_passphrase(char *out, int size, int writing, void *ctx)
{
    const struct cfg_str *passphrase = ctx;

    (void)writing;
    if (size < 0 || passphrase->len > (size_t)size || passphrase->len == 0)
        return -1;
    memcpy(out, passphrase->ptr, passphrase->len);
    return (int)passphrase->len;
}

static bool to_path(struct cfg_str from, char out[PATH_BYTES])
{
    if (from.len >= PATH_BYTES || memchr(from.ptr, '\0', from.len))
        return false;
    memcpy(out, from.ptr, from.len);
    out[from.len] = '\0';
    return true;
}

static enum cfg_status
trust(SSL_CTX *context, const struct cfg_tls_options *options, struct cfg_err *err)
{
    char path[PATH_BYTES];

    if (options->skip_validation) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        return CFG_OK;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verdict);
    /* so that ca-file may hold an intermediate authority or the server's certificate itself */
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    if (SSL_CTX_set_default_verify_paths(context) != 1)
        return cfg_tls_failure("the system's certificate authorities", err);
    if (options->ca_file.len == 0)
        return CFG_OK;
    if (!to_path(options->ca_file, path))
        return cfg_err_set(err, CFG_INVALID, "the path of git.ca-file is too long");
    return SSL_CTX_load_verify_file(context, path) == 1
               ? CFG_OK
               : cfg_tls_failure("reading git.ca-file", err);
}

static enum cfg_status
identify(SSL_CTX *context, const struct cfg_tls_options *options, struct cfg_err *err)
{
    struct cfg_str key = options->client_key.len ? options->client_key : options->client_cert;
    char path[PATH_BYTES];
    struct cfg_str passphrase = options->passphrase;
    enum cfg_status status = CFG_OK;

    if (options->client_cert.len == 0)
        return CFG_OK;
    SSL_CTX_set_default_passwd_cb(context, on_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase);
    if (!to_path(options->client_cert, path))
        status = cfg_err_set(err, CFG_INVALID, "the path of git.client-cert is too long");
    else if (SSL_CTX_use_certificate_chain_file(context, path) != 1)
        status = cfg_tls_failure("reading git.client-cert", err);
    else if (!to_path(key, path))
        status = cfg_err_set(err, CFG_INVALID, "the path of git.client-key is too long");
    else if (SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) != 1)
        status =
            cfg_tls_failure("reading git.client-key (or git.passphrase does not open it)", err);
    SSL_CTX_set_default_passwd_cb(context, NULL);
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    return status;
}

static enum cfg_status
make_context(struct cfg_tls *tls, const struct cfg_tls_options *options, struct cfg_err *err)
{
    enum cfg_status status;

    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1)
        return cfg_tls_failure("preparing TLS", err);
    /* Servers that close without a goodbye are many; what git sends says by itself where it ends. */
    SSL_CTX_set_options(tls->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    status = trust(tls->context, options, err);
    return status == CFG_OK ? identify(tls->context, options, err) : status;
}

/* ---- the connection ---- */

static bool is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* "[::1]" → "::1", "example.org." → "example.org": as certificates have them. */
static bool keep_host(struct cfg_tls *tls, const char *host)
{
    size_t len = strlen(host);

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    } else if (len > 1 && host[len - 1] == '.') {
        len--;
    }
    if (len == 0 || len >= sizeof tls->host)
        return false;
    memcpy(tls->host, host, len);
    tls->host[len] = '\0';
    return true;
}

static enum cfg_status make_ssl(struct cfg_tls *tls, int fd, struct cfg_err *err)
{
    static const unsigned char http_1_1[] = "\x08http/1.1";
    bool good;

    tls->ssl = SSL_new(tls->context);
    good = tls->ssl && SSL_set_fd(tls->ssl, fd) == 1 && SSL_set_app_data(tls->ssl, tls) == 1 &&
           SSL_set_alpn_protos(tls->ssl, http_1_1, sizeof http_1_1 - 1) == 0;
    if (good && is_address(tls->host))
        good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), tls->host) == 1;
    else if (good)
        good = SSL_set1_host(tls->ssl, tls->host) == 1 &&
               SSL_set_tlsext_host_name(tls->ssl, tls->host) == 1;
    return good ? CFG_OK : cfg_tls_failure("preparing TLS", err);
}

/*
 * After an operation gave `result`: OK when what it waits for has come and it is to be tried again,
 * else why it failed. `*out_end`: the other side said goodbye.
 */
static enum cfg_status settle(struct cfg_tls *tls,
                              int result,
                              const struct cfg_tcp_limits *limits,
                              const char *doing,
                              bool *out_end,
                              struct cfg_err *err)
{
    int saved = errno;

    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return cfg_tcp_wait(SSL_get_fd(tls->ssl), POLLIN, limits, err);
    case SSL_ERROR_WANT_WRITE:
        return cfg_tcp_wait(SSL_get_fd(tls->ssl), POLLOUT, limits, err);
    case SSL_ERROR_ZERO_RETURN:
        *out_end = true;
        return CFG_OK;
    default:
        break;
    }
    tls->broken = true;
    if (tls->refusal.status != CFG_OK) {
        ERR_clear_error();
        *err = tls->refusal;
        return err->status;
    }
    if (ERR_peek_error() != 0)
        return cfg_tls_failure(doing, err);
    return cfg_tcp_broken(saved ? saved : ECONNRESET, err);
}

/* Before each operation: what OpenSSL says of it afterwards must be its own. */
static void begin(void)
{
    ERR_clear_error();
    errno = 0;
}

static enum cfg_status
shake_hands(struct cfg_tls *tls, const struct cfg_tcp_limits *limits, struct cfg_err *err)
{
    for (;;) {
        bool ended = false;
        enum cfg_status status;
        int result;

        begin();
        result = SSL_connect(tls->ssl);
        if (result == 1) {
            tls->shaken = true;
            return CFG_OK;
        }
        status = settle(tls, result, limits, "the TLS handshake failed", &ended, err);
        if (status == CFG_OK && ended)
            status = cfg_err_set(err, CFG_UNAVAILABLE,
                                 "it closes the connection during the TLS handshake");
        if (status != CFG_OK)
            return status;
    }
}

enum cfg_status cfg_tls_open(int fd,
                             const char *host,
                             const struct cfg_tls_options *options,
                             const struct cfg_tcp_limits *limits,
                             struct cfg_tls **out,
                             struct cfg_err *err)
{
    struct cfg_tls *tls = calloc(1, sizeof *tls);
    enum cfg_status status = CFG_OK;

    *out = NULL;
    if (!tls)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for TLS");
    begin();
    if (!keep_host(tls, host))
        status = cfg_err_set(err, CFG_INVALID, "the name of the host is empty or too long");
    if (status == CFG_OK)
        status = make_context(tls, options, err);
    if (status == CFG_OK)
        status = make_ssl(tls, fd, err);
    if (status == CFG_OK)
        status = shake_hands(tls, limits, err);
    if (status != CFG_OK) {
        cfg_tls_close(tls);
        return status;
    }
    *out = tls;
    return CFG_OK;
}

void cfg_tls_close(struct cfg_tls *tls)
{
    if (!tls)
        return;
    begin();
    if (tls->shaken && !tls->broken)
        (void)SSL_shutdown(tls->ssl); /* once: nobody waits for the answer */
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    ERR_clear_error();
    free(tls);
}

enum cfg_status cfg_tls_read(struct cfg_tls *tls,
                             const struct cfg_tcp_limits *limits,
                             void *to,
                             size_t size,
                             size_t *out_len,
                             struct cfg_err *err)
{
    *out_len = 0;
    for (;;) {
        bool ended = false;
        enum cfg_status status;
        int result;

        begin();
        result = SSL_read(tls->ssl, to, size > INT_MAX ? INT_MAX : (int)size);
        if (result > 0) {
            *out_len = (size_t)result;
            return CFG_OK;
        }
        status = settle(tls, result, limits, "reading through TLS", &ended, err);
        if (status != CFG_OK || ended)
            return status;
    }
}

enum cfg_status cfg_tls_write(struct cfg_tls *tls,
                              const struct cfg_tcp_limits *limits,
                              const void *bytes,
                              size_t len,
                              struct cfg_err *err)
{
    const char *from = bytes;

    while (len) {
        bool ended = false;
        enum cfg_status status;
        int result;

        begin();
        result = SSL_write(tls->ssl, from, len > INT_MAX ? INT_MAX : (int)len);
        if (result > 0) {
            from += result;
            len -= (size_t)result;
            continue;
        }
        status = settle(tls, result, limits, "writing through TLS", &ended, err);
        if (status == CFG_OK && ended)
            status = cfg_tcp_broken(EPIPE, err);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}
