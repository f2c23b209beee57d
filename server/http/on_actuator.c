/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: what orchestrators ask. Gives: health in Boot's words. Keeps: an answer at any time: health
 *        waits for nothing and refuses no Accept.
 */
#include "server/http/on.h"

#include "server/http/negotiate.h"

#define TYPE_V3 "application/vnd.spring-boot.actuator.v3+json"
#define TYPE_V2 "application/vnd.spring-boot.actuator.v2+json"
#define GROUPS  ",\"groups\":[\"liveness\",\"readiness\"]"

enum { REPORT_BYTES = 64 << 20 };

static enum cfg_outcome say(struct cfg_call *call, bool up, struct cfg_str text)
{
    static const struct cfg_str types[] = {{TYPE_V3, sizeof TYPE_V3 - 1},
                                           {TYPE_V2, sizeof TYPE_V2 - 1},
                                           {CFG_TYPE_JSON, sizeof CFG_TYPE_JSON - 1}};
    call->reply = cfg_reply_json(up ? 200 : 503, text);
    call->reply.type =
        cfg_negotiate_pick(call->head->values[CFG_HEADER_ACCEPT], types, CFG_COUNT(types));
    call->reply.later = !up;
    return CFG_ON_REPLY;
}

enum cfg_outcome cfg_on_health(struct cfg_call *call)
{
    bool up = cfg_service_healthy(call->service);
    return say(call, up,
               up ? CFG_STR("{\"status\":\"UP\"" GROUPS "}")
                  : CFG_STR("{\"status\":\"DOWN\"" GROUPS "}"));
}

enum cfg_outcome cfg_on_liveness(struct cfg_call *call)
{
    return say(call, true, CFG_STR("{\"status\":\"UP\"}"));
}

enum cfg_outcome cfg_on_readiness(struct cfg_call *call)
{
    bool up = cfg_service_healthy(call->service);
    return say(call, up,
               up ? CFG_STR("{\"status\":\"UP\"}") : CFG_STR("{\"status\":\"OUT_OF_SERVICE\"}"));
}

enum cfg_outcome cfg_on_info(struct cfg_call *call)
{
    return say(call, true, CFG_STR("{}"));
}

static void release_buf(void *buf)
{
    cfg_buf_release(buf);
}

enum cfg_outcome cfg_on_repositories(struct cfg_call *call)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf *text = cfg_arena_alloc(call->arena, sizeof *text);
    if (!call->local)
        return cfg_on_own(call);
    if (text)
        cfg_buf_init(text, REPORT_BYTES);
    if (text == NULL || !cfg_arena_defer(call->arena, release_buf, text))
        return cfg_on_problem(call, 500, "There is no memory for the report");
    if (cfg_service_report(call->service, text, &err) != CFG_OK)
        return cfg_on_error(call, &err);
    call->reply = cfg_reply_json(200, cfg_buf_view(text));
    return CFG_ON_REPLY;
}

enum cfg_outcome cfg_on_own(struct cfg_call *call)
{
    if (!call->local)
        return cfg_on_problem(call, 403, "Only this machine may ask for that");
    return cfg_on_problem(call, 404, "Nothing is there");
}
