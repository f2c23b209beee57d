/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: OpenSSL's verdict on a certificate, or its queue of errors.
 * Gives: the one line that tells an operator what to do.
 * Keeps: the server's own text harmless: a certificate may hold anything.
 */
#include "server/git/tls_words.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { DATE_BYTES = 32, NAMES_BYTES = 160, TEXT_BYTES = 64 };

/* ---- pieces of a certificate ---- */

/* The first characters of a text of the server's, everything but plain ones as "?". */
static void make_clean(const ASN1_STRING *text, char out[TEXT_BYTES])
{
    const unsigned char *bytes = text ? ASN1_STRING_get0_data(text) : NULL;
    size_t len = text ? (size_t)ASN1_STRING_length(text) : 0, at = 0;

    for (; at < len && at + 1 < TEXT_BYTES; at++)
        out[at] =
            (char)(bytes[at] >= 0x20 && bytes[at] < 0x7f && bytes[at] != '"' ? bytes[at] : '?');
    out[at] = '\0';
}

/* "2026-01-31" */
static void put_date(const ASN1_TIME *time, char out[DATE_BYTES])
{
    struct tm date;

    if (!time || ASN1_TIME_to_tm(time, &date) != 1 ||
        strftime(out, DATE_BYTES, "%Y-%m-%d", &date) == 0)
        memcpy(out, "an unknown day", sizeof "an unknown day");
}

/* One name that a certificate is for. False: of a kind that hosts have not. */
static bool put_name(const GENERAL_NAME *name, char out[TEXT_BYTES])
{
    int len;

    if (name->type == GEN_DNS) {
        make_clean(name->d.dNSName, out);
        return true;
    }
    if (name->type != GEN_IPADD)
        return false;
    len = ASN1_STRING_length(name->d.iPAddress);
    return (len == 4 || len == 16) &&
           inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), out,
                     TEXT_BYTES) != NULL;
}

/* "a.example.org, 10.0.0.1", or "no host at all"; a long list is cut. */
static void put_names(X509 *certificate, char out[NAMES_BYTES])
{
    GENERAL_NAMES *names =
        certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
    size_t len = 0;

    out[0] = '\0';
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        char one[TEXT_BYTES];

        if (!put_name(sk_GENERAL_NAME_value(names, i), one))
            continue;
        if (len + strlen(one) + sizeof ", and more" >= NAMES_BYTES) {
            snprintf(out + len, NAMES_BYTES - len, " and more");
            break;
        }
        snprintf(out + len, NAMES_BYTES - len, "%s%s", len ? ", " : "", one);
        len = strlen(out);
    }
    if (!out[0])
        snprintf(out, NAMES_BYTES, "no host at all");
    GENERAL_NAMES_free(names);
}

/* The common name, else the organization, of whoever signed it. */
static void put_issuer(X509 *certificate, char out[TEXT_BYTES])
{
    static const int kinds[] = {NID_commonName, NID_organizationName};
    const X509_NAME *issuer = certificate ? X509_get_issuer_name(certificate) : NULL;

    snprintf(out, TEXT_BYTES, "somebody without a name");
    for (size_t i = 0; issuer && i < CFG_COUNT(kinds); i++) {
        int at = X509_NAME_get_index_by_NID(issuer, kinds[i], -1);
        if (at >= 0) {
            make_clean(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at)), out);
            return;
        }
    }
}

/* ---- verdicts ---- */

enum cfg_status cfg_tls_refusal(void *store, const char *host, struct cfg_err *err)
{
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    const char *whose = X509_STORE_CTX_get_error_depth(store) > 0 ? "an authority of its" : "its";
    int verdict = X509_STORE_CTX_get_error(store);
    char date[DATE_BYTES], issuer[TEXT_BYTES], names[NAMES_BYTES];

    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        put_date(certificate ? X509_get0_notAfter(certificate) : NULL, date);
        return cfg_err_set(err, CFG_UNAVAILABLE, "%s certificate expired on %s", whose, date);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        put_date(certificate ? X509_get0_notBefore(certificate) : NULL, date);
        return cfg_err_set(err, CFG_UNAVAILABLE, "%s certificate is not valid before %s", whose,
                           date);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        put_names(certificate, names);
        return cfg_err_set(err, CFG_UNAVAILABLE, "its certificate is not for %s but for %s", host,
                           names);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return cfg_err_set(err, CFG_UNAVAILABLE,
                           "its certificate is signed by itself and not trusted here "
                           "(git.ca-file names whom to trust)");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        put_issuer(certificate, issuer);
        return cfg_err_set(err, CFG_UNAVAILABLE,
                           "its certificate is signed by \"%s\", who is not trusted here "
                           "(git.ca-file names whom to trust)",
                           issuer);
    default:
        return cfg_err_set(err, CFG_UNAVAILABLE, "%s certificate is refused: %s", whose,
                           X509_verify_cert_error_string(verdict));
    }
}

/* ---- errors ---- */

static const struct {
    int reason; /* of the library SSL */
    const char *words;
} known_reasons[] = {
    {SSL_R_WRONG_VERSION_NUMBER, "it does not speak TLS on this port"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "it speaks only versions of TLS before 1.2"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "it speaks neither TLS 1.2 nor 1.3"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "it refuses the handshake (no common cipher, or it asks "
                                          "for a client certificate)"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it asks for a client certificate (git.client-cert)"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "it does not trust our client certificate"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "it refuses our client certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "our client certificate has expired"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "it refuses our client certificate"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "it closes the connection during the handshake"},
};

enum cfg_status cfg_tls_failure(const char *doing, struct cfg_err *err)
{
    unsigned long code = ERR_get_error();
    const char *words = NULL, *reason = ERR_reason_error_string(code);
    enum cfg_status status = CFG_UNAVAILABLE;

    ERR_clear_error();
    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
        status = CFG_NO_MEMORY;
    for (size_t i = 0; i < CFG_COUNT(known_reasons) && !words; i++)
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == known_reasons[i].reason)
            words = known_reasons[i].words;
    if (!words && ERR_SYSTEM_ERROR(code))
        return cfg_err_set_errno(err, status, (int)ERR_GET_REASON(code), "%s", doing);
    return cfg_err_set(err, status, "%s: %s", doing,
                       words    ? words
                       : reason ? reason
                                : "OpenSSL gives no reason");
}
