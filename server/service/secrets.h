/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets: what becomes of {cipher} values on their way into an answer. There is no key in this
 * server yet, so none can be decrypted: each is marked as the wire wants it.
 */
#ifndef SERVER_SERVICE_SECRETS_H
#define SERVER_SERVICE_SECRETS_H

#include "core/model/answer.h"
#include "server/service/options.h"

/*
 * Gives the properties with every {cipher} value replaced, moved to the end; `*out_plain_from` is
 * where those begin. Owns: `out` lives in `arena`, texts are borrowed. Fails: no_memory, too_large.
 */
enum cfg_status cfg_secrets_open(const struct cfg_service_options *options,
                                 const struct cfg_props *props,
                                 struct cfg_arena *arena,
                                 struct cfg_props *out,
                                 size_t *out_plain_from,
                                 struct cfg_err *err) CFG_CHECK;

#endif
