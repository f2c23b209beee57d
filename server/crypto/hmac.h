/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hmac: keyed hashes (RFC 2104 over SHA-256), and comparing what must not be guessed byte by byte.
 *
 * Keeps: comparing takes as long whether the first byte differs or the last.
 * Does not know: what is signed, where keys come from.
 */
#ifndef SERVER_CRYPTO_HMAC_H
#define SERVER_CRYPTO_HMAC_H

#include "core/base/err.h"

enum { CFG_HMAC_BYTES = 32 };

/* The code of `text` under `key`. Fails: internal (the library refuses), no_memory. Threads: any. */
enum cfg_status cfg_hmac_sha256(struct cfg_str key,
                                struct cfg_str text,
                                unsigned char out[CFG_HMAC_BYTES],
                                struct cfg_err *err) CFG_CHECK;

/* Whether both codes are the same. Threads: any. */
bool cfg_hmac_same(const unsigned char a[CFG_HMAC_BYTES],
                   const unsigned char b[CFG_HMAC_BYTES]) CFG_CHECK;

/* Whether both texts are the same; the time does not tell where, nor in length, they differ. */
enum cfg_status cfg_hmac_same_text(struct cfg_str a,
                                   struct cfg_str b,
                                   bool *out_same,
                                   struct cfg_err *err) CFG_CHECK;

/* "0a1B…" (64 digits, either case) → bytes; false: it is none. */
bool cfg_hmac_parse(struct cfg_str hex, unsigned char out[CFG_HMAC_BYTES]) CFG_CHECK;

#endif
