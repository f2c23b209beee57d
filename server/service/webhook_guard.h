/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook_guard: whether a message is from somebody who knows the secret.
 *
 * Keeps: 1. With a secret asked for and none readable, nobody is let in. 2. The secret is in no message
 *        and is wiped when it goes. 3. A secret's file is read again whenever it has changed; while it
 *        cannot be read, the last secret holds.
 * Does not know: what a message says.
 */
#ifndef SERVER_SERVICE_WEBHOOK_GUARD_H
#define SERVER_SERVICE_WEBHOOK_GUARD_H

#include "server/service/service.h"

enum { CFG_WEBHOOK_SECRET_BYTES = 4096 };

struct cfg_webhook_guard;

/*
 * Owns: borrows `options`. Warns (a log line) about a secret that is missing or cannot be read.
 * Fails: no_memory.
 */
enum cfg_status cfg_webhook_guard_new(const struct cfg_webhook_options *options,
                                      struct cfg_webhook_guard **out,
                                      struct cfg_err *err) CFG_CHECK;
void cfg_webhook_guard_free(struct cfg_webhook_guard *guard); /* accepts NULL */

/*
 * Fails: unauthenticated (no signature or token, or none that is right), unavailable (the secret
 * cannot be read). Threads: any.
 */
enum cfg_status cfg_webhook_guard_check(struct cfg_webhook_guard *guard,
                                        const struct cfg_hook *hook,
                                        struct cfg_err *err) CFG_CHECK;

#endif
