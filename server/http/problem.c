/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a status, a path and a message. Gives: the error body that every client of the wire expects.
 * Keeps: its members' order, and the message hidden unless the operator shows it.
 */
#include "server/http/problem.h"

#include "core/base/clock.h"
#include "core/render/json_writer.h"
#include "server/http/negotiate.h"

enum { MAX_BODY_BYTES = 64 << 10 };

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

const char *cfg_problem_reason(unsigned status)
{
    for (size_t i = 0; i < CFG_COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Error";
}

static void write_body(struct cfg_buf *out, const struct cfg_problem *problem)
{
    char now[CFG_CLOCK_ISO_BYTES];
    cfg_clock_iso(cfg_clock_wall_ms(), now);
    cfg_buf_printf(out, "{\"timestamp\":\"%s\",\"status\":%u,\"error\":\"%s\"", now,
                   problem->status, cfg_problem_reason(problem->status));
    if (problem->show_message && problem->message && problem->message[0]) {
        cfg_buf_str(out, CFG_STR(",\"message\":"));
        cfg_json_string(out, cfg_str_of(problem->message));
    }
    cfg_buf_str(out, CFG_STR(",\"path\":"));
    cfg_json_string(out, problem->path);
    cfg_buf_char(out, '}');
}

struct cfg_reply cfg_problem_reply(struct cfg_arena *arena, const struct cfg_problem *problem)
{
    struct cfg_reply reply = cfg_reply_empty(problem->status);
    struct cfg_buf body;
    struct cfg_err err = CFG_ERR_INIT;

    reply.later = problem->status == 503;
    if (problem->status == 406)
        return reply;
    cfg_buf_init(&body, MAX_BODY_BYTES);
    write_body(&body, problem);
    if (cfg_buf_end(&body, "an error body", &err) == CFG_OK &&
        cfg_arena_dup(arena, cfg_buf_view(&body), &reply.text))
        reply.type = cfg_negotiate_problem(problem->accept);
    cfg_buf_release(&body);
    return reply;
}
