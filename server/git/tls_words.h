/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_words: what OpenSSL refused, said in one line to an operator.
 *
 * Keeps: text that came from the server is cut short and made of plain printable characters.
 * Does not know: connections.
 */
#ifndef SERVER_GIT_TLS_WORDS_H
#define SERVER_GIT_TLS_WORDS_H

#include "core/base/err.h"

/*
 * Records why the check of a certificate failed; `store` is the X509_STORE_CTX that OpenSSL hands to a
 * verify callback, `host` whom we wanted.
 */
enum cfg_status cfg_tls_refusal(void *store, const char *host, struct cfg_err *err);

/* Records the oldest error in this thread's queue of OpenSSL, behind `doing`, and empties the queue. */
enum cfg_status cfg_tls_failure(const char *doing, struct cfg_err *err);

#endif
