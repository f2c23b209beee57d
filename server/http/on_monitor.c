/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: what a hosting service posts after a push. Gives: the names of the applications in it.
 * Keeps: the reference's answers; whose message it is and who may send it are the service's matter.
 */
#include "server/http/on.h"

enum { NAMES_BYTES = 32 << 20 };

enum kind { JSON, FORM, OTHER };

static enum kind kind_of(struct cfg_str type)
{
    struct cfg_str media = cfg_str_trim(cfg_str_sub(type, 0, cfg_str_chr(type, ';')));
    size_t plus = cfg_str_rchr(media, '+');
    if (cfg_str_eq_nocase(media, CFG_STR("application/x-www-form-urlencoded")))
        return FORM;
    if (cfg_str_eq_nocase(media, CFG_STR("application/json")))
        return JSON;
    bool is_application = cfg_str_eq_nocase(cfg_str_sub(media, 0, 12), CFG_STR("application/"));
    bool is_json = cfg_str_eq_nocase(cfg_str_sub(media, plus, media.len), CFG_STR("+json"));
    return is_application && is_json ? JSON : OTHER;
}

static struct cfg_str find(const char *name, void *ctx)
{
    const struct cfg_call *call = ctx;
    return cfg_check_value(call->head, cfg_str_of(name));
}

static void release_buf(void *buf)
{
    cfg_buf_release(buf);
}

enum cfg_outcome cfg_on_monitor(struct cfg_call *call)
{
    enum kind kind = kind_of(call->head->values[CFG_HEADER_CONTENT_TYPE]);
    struct cfg_buf *names = cfg_arena_alloc(call->arena, sizeof *names);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_hook hook = {.find = find,
                            .ctx = call,
                            .is_form = kind == FORM,
                            .query = call->target->query,
                            .body = call->post};
    if (kind == OTHER)
        return cfg_on_problem(call, 415, "Content-Type is neither JSON nor a form");
    if (names)
        cfg_buf_init(names, NAMES_BYTES);
    if (names == NULL || !cfg_arena_defer(call->arena, release_buf, names))
        return cfg_on_problem(call, 500, "There is no memory for the answer");
    if (cfg_service_webhook(call->service, &hook, names, &err) != CFG_OK)
        return cfg_on_error(call, &err);
    call->reply = cfg_reply_json(200, cfg_buf_view(names));
    return CFG_ON_REPLY;
}
