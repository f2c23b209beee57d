/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a key and a text. Gives: its code; whether two codes or texts are the same.
 * Keeps: nothing of either.
 */
#include "server/crypto/hmac.h"

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum cfg_status cfg_hmac_sha256(struct cfg_str key,
                                struct cfg_str text,
                                unsigned char out[CFG_HMAC_BYTES],
                                struct cfg_err *err)
{
    unsigned len = 0;
    const unsigned char *made = NULL;
    if (key.len <= INT_MAX)
        made = HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len,
                    (const unsigned char *)(text.len ? text.ptr : ""), text.len, out, &len);
    if (made && len == CFG_HMAC_BYTES)
        return CFG_OK;
    return cfg_err_set(err, CFG_INTERNAL, "a signature cannot be computed");
}

bool cfg_hmac_same(const unsigned char a[CFG_HMAC_BYTES], const unsigned char b[CFG_HMAC_BYTES])
{
    return CRYPTO_memcmp(a, b, CFG_HMAC_BYTES) == 0;
}

/* Codes are of one length whatever the texts are, so comparing them tells nothing about that. */
enum cfg_status
cfg_hmac_same_text(struct cfg_str a, struct cfg_str b, bool *out_same, struct cfg_err *err)
{
    unsigned char code_a[CFG_HMAC_BYTES], code_b[CFG_HMAC_BYTES];
    *out_same = false;
    enum cfg_status status = cfg_hmac_sha256(b, a, code_a, err);
    if (status == CFG_OK)
        status = cfg_hmac_sha256(b, b, code_b, err);
    if (status == CFG_OK)
        *out_same = cfg_hmac_same(code_a, code_b);
    return status;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cfg_hmac_parse(struct cfg_str hex, unsigned char out[CFG_HMAC_BYTES])
{
    if (hex.len != (size_t)CFG_HMAC_BYTES * 2)
        return false;
    for (size_t i = 0; i < CFG_HMAC_BYTES; i++) {
        int high = digit(hex.ptr[2 * i]);
        int low = digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
