/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks: what is done about webhook messages: they are checked, read, and the repositories that they
 * name become due.
 *
 * Keeps: a message costs one log line at most, and a flood of them a few lines a second.
 */
#ifndef SERVER_SERVICE_HOOKS_H
#define SERVER_SERVICE_HOOKS_H

#include "server/service/puller.h"
#include "server/service/service.h"

struct cfg_hooks;

/* Owns: borrows everything. Fails: no_memory. */
enum cfg_status cfg_hooks_new(const struct cfg_webhook_options *options,
                              struct cfg_registry *registry,
                              struct cfg_puller *puller,
                              struct cfg_hooks **out,
                              struct cfg_err *err) CFG_CHECK;
void cfg_hooks_free(struct cfg_hooks *hooks); /* accepts NULL */

/* As cfg_service_webhook. */
enum cfg_status cfg_hooks_take(struct cfg_hooks *hooks,
                               const struct cfg_hook *hook,
                               struct cfg_buf *out_names,
                               struct cfg_err *err) CFG_CHECK;

#endif
