/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: options, a service and listening descriptors. Gives: loops that answer.
 * Keeps: the order of stopping: all are asked first, then all are waited for.
 */
#include "server/http/http.h"

#include "core/base/clock.h"
#include "server/http/loop.h"

enum { QUIET_MS = 2000 }; /* loops do not block: they are asked and do it */

struct cfg_http {
    unsigned count; /* loops that were begun */
    struct cfg_loop loops[];
};

enum cfg_status cfg_http_start(const struct cfg_http_options *options,
                               struct cfg_service *service,
                               struct cfg_http **out,
                               struct cfg_err *err)
{
    *out = NULL;
    if (options->loops == 0 || options->max_connections == 0 || options->head_bytes == 0)
        return cfg_err_set(err, CFG_INVALID, "no loop, connection or head is allowed");
    struct cfg_http *http = calloc(1, sizeof *http + options->loops * sizeof http->loops[0]);
    if (http == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for event loops");
    enum cfg_status status = CFG_OK;
    while (status == CFG_OK && http->count < options->loops) {
        unsigned index = http->count++;
        status = cfg_loop_start(&http->loops[index], options, index, service, err);
    }
    if (status != CFG_OK) {
        cfg_http_stop(http, 0);
        return status;
    }
    *out = http;
    return CFG_OK;
}

void cfg_http_publish(struct cfg_http *http)
{
    for (unsigned i = 0; http && i < http->count; i++)
        cfg_loop_publish(&http->loops[i]);
}

bool cfg_http_quiesce(struct cfg_http *http)
{
    bool quiet = true;
    int64_t until = cfg_clock_ms() + QUIET_MS;
    for (unsigned i = 0; http && i < http->count; i++)
        cfg_loop_quiesce(&http->loops[i]);
    for (unsigned i = 0; http && i < http->count; i++)
        quiet &= cfg_loop_await_quiet(&http->loops[i], until);
    return quiet;
}

void cfg_http_stop(struct cfg_http *http, unsigned grace_ms)
{
    if (http == NULL)
        return;
    int64_t until = cfg_clock_ms() + grace_ms;
    for (unsigned i = 0; i < http->count; i++)
        cfg_loop_stop(&http->loops[i], until);
    for (unsigned i = 0; i < http->count; i++)
        cfg_loop_release(&http->loops[i]);
    free(http);
}
