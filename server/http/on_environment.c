/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a request for an Environment document or a converted one. Gives: the question.
 * Keeps: which forms listen to Accept (documents do, converted ones do not).
 */
#include "server/http/on.h"

#include "server/http/negotiate.h"

static void take_names(struct cfg_call *call, enum cfg_form form)
{
    call->ask.form = form;
    call->ask.name = call->match->app;
    call->ask.profiles = call->match->profiles;
    call->ask.label = call->match->label;
    call->ask.has_label = call->match->has_label;
}

enum cfg_outcome cfg_on_environment(struct cfg_call *call)
{
    enum cfg_accepted accepted =
        cfg_negotiate_environment(call->head->values[CFG_HEADER_ACCEPT], &call->type);
    if (accepted == CFG_ACCEPTED_NONE) {
        /* with a label it falls through to the plain files, as one without a path */
        call->reply = cfg_reply_empty(call->match->has_label ? 404 : 406);
        return CFG_ON_REPLY;
    }
    take_names(call, accepted == CFG_ACCEPTED_V2 ? CFG_FORM_ENV2 : CFG_FORM_ENV);
    return CFG_ON_ASK;
}

/* What Spring takes for a boolean; an empty value is the default. */
static bool parse_bool(struct cfg_str text, bool *out)
{
    static const struct {
        struct cfg_str text;
        bool value;
    } words[] = {
        {{"", 0}, true},     {{"true", 4}, true}, {{"on", 2}, true},
        {{"yes", 3}, true},  {{"1", 1}, true},    {{"false", 5}, false},
        {{"off", 3}, false}, {{"no", 2}, false},  {{"0", 1}, false},
    };
    for (size_t i = 0; i < CFG_COUNT(words); i++)
        if (cfg_str_eq_nocase(cfg_str_trim(text), words[i].text)) {
            *out = words[i].value;
            return true;
        }
    return false;
}

bool cfg_on_resolve(struct cfg_call *call)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str text;
    bool found;
    bool resolve = true;
    if (cfg_target_query(call->arena, call->target->query, CFG_STR("resolvePlaceholders"), &text,
                         &found, &err) != CFG_OK) {
        (void)cfg_on_error(call, &err);
        return false;
    }
    if (found && !parse_bool(text, &resolve)) {
        (void)cfg_on_problem(call, 400, "resolvePlaceholders is no boolean");
        return false;
    }
    call->ask.no_resolve = !resolve;
    return true;
}

enum cfg_outcome cfg_on_converted(struct cfg_call *call)
{
    enum cfg_form form = call->match->route->form;
    if (!cfg_on_resolve(call))
        return CFG_ON_REPLY;
    take_names(call, form);
    call->type = form == CFG_FORM_JSON ? CFG_STR(CFG_TYPE_JSON) : CFG_STR(CFG_TYPE_TEXT);
    return CFG_ON_ASK;
}
