/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: places. Gives: named sources, strongest first. Keeps: the names that clients parse.
 */
#include "server/service/environment.h"

#include "server/service/secrets.h"
#include "server/service/selection.h"

/* An answer in the making. */
struct making {
    struct cfg_task *task;
    struct cfg_answer *out;
    size_t cap;
};

static bool is_location(const struct cfg_strs *locations, struct cfg_str text)
{
    for (size_t i = 0; i < locations->count; i++)
        if (locations->items[i].ptr == text.ptr || cfg_str_eq(locations->items[i], text))
            return true;
    return false;
}

/*
 * The folder that the long form of a name shows: the repository's own when it is read in place, else the
 * configured one. A temporary folder is nobody's business: a fixed word stands for it.
 */
static struct cfg_str shown_folder(const struct cfg_place *place)
{
    struct cfg_str name = cfg_store_name(place->store);
    if (cfg_store_kind_of(place->store) != CFG_STORE_IN_PLACE)
        return place->git->basedir.len ? place->git->basedir : CFG_STR("/config-repo");
    name = cfg_str_sub(name, CFG_STR("file:").len, name.len);
    return cfg_str_starts(name, CFG_STR("//")) ? cfg_str_sub(name, 2, name.len) : name;
}

/*
 * The names are part of the wire: clients look for the profile, the file's name and "(document #N)" in
 * them. The brackets of the long form are unbalanced in the reference too.
 */
static bool name_source(struct cfg_arena *arena,
                        const struct cfg_place *place,
                        const struct cfg_selection *selection,
                        size_t at,
                        struct cfg_str *out)
{
    const struct cfg_selected *selected = &selection->items[at];
    struct cfg_str repository = place->git ? cfg_store_name(place->store) : CFG_STR("file:");
    if (!selected->several)
        return cfg_arena_printf(arena, out, "%.*s%s%.*s", CFG_STR_ARG(repository),
                                place->git ? "/" : "", CFG_STR_ARG(selected->path));
    if (place->git) {
        struct cfg_str folder = shown_folder(place);
        return cfg_arena_printf(
            arena, out, "%.*s/Config resource 'file [%.*s/%.*s' via location '%.*s' (document #%u)",
            CFG_STR_ARG(repository), CFG_STR_ARG(folder), CFG_STR_ARG(selected->path),
            CFG_STR_ARG(selected->location), selected->document->number);
    }
    return cfg_arena_printf(arena, out,
                            "Config resource 'file [%.*s]' via location '%s%.*s' (document #%u)",
                            CFG_STR_ARG(selected->path),
                            is_location(&selection->locations, selected->location) ? "file:" : "",
                            CFG_STR_ARG(selected->location), selected->document->number);
}

static enum cfg_status
add_source(struct making *making, const struct cfg_source *source, struct cfg_err *err)
{
    struct cfg_answer *out = making->out;
    if (!cfg_arena_grow(making->task->arena, &out->sources, &making->cap, out->count,
                        sizeof *out->sources))
        return cfg_arena_fail(making->task->arena, err);
    out->sources[out->count++] = *source;
    return CFG_OK;
}

/* A document's properties as an answer shows them; ciphers never leave as they are stored. */
static enum cfg_status fill_source(struct cfg_task *task,
                                   const struct cfg_document *document,
                                   struct cfg_source *out,
                                   struct cfg_err *err)
{
    const struct cfg_service_options *options = task->desk->service->options;
    out->props = &document->props;
    out->fragment = document->fragment;
    out->hash = document->hash;
    out->plain_from = SIZE_MAX;
    if (!document->has_cipher || !options->encrypt_enabled)
        return CFG_OK;
    struct cfg_props *opened = cfg_arena_alloc(task->arena, sizeof *opened);
    if (opened == NULL)
        return cfg_arena_fail(task->arena, err);
    out->props = opened;
    return cfg_secrets_open(options, &document->props, task->arena, opened, &out->plain_from, err);
}

static enum cfg_status add_place_sources(struct making *making,
                                         const struct cfg_question *question,
                                         struct cfg_place *place,
                                         struct cfg_err *err)
{
    struct cfg_task *task = making->task;
    struct cfg_selection selection;
    enum cfg_status status = cfg_selection_make(task, question, place, &selection, err);
    if (status != CFG_OK || task->must_wait)
        return status;
    for (size_t i = 0; i < selection.count && status == CFG_OK; i++) {
        struct cfg_source source = {.plain_from = SIZE_MAX};
        status = fill_source(task, selection.items[i].document, &source, err);
        if (status == CFG_OK && !name_source(task->arena, place, &selection, i, &source.name))
            status = cfg_arena_fail(task->arena, err);
        if (status == CFG_OK)
            status = add_source(making, &source, err);
    }
    return status;
}

enum cfg_status cfg_environment_find(struct cfg_task *task,
                                     const struct cfg_question *question,
                                     struct cfg_places *places,
                                     struct cfg_answer *out,
                                     struct cfg_err *err)
{
    const struct cfg_service *service = task->desk->service;
    struct making making = {.task = task, .out = out};
    enum cfg_status status = CFG_OK;
    bool held = false;
    *out = (struct cfg_answer){
        .name = question->name,
        .profiles = question->profiles_text,
        .label = question->label,
        .has_label = question->has_label,
        .has_version = places->has_version,
        .state = CFG_STR(""),
        .has_state = places->has_state,
    };
    if (service->overrides.count > 0) {
        struct cfg_source overrides = {
            .name = CFG_STR("overrides"),
            .props = &service->overrides,
            .origin_text = CFG_STR("Config server overrides"),
            .plain_from = SIZE_MAX,
        };
        status = add_source(&making, &overrides, err);
    }
    for (size_t i = 0; i < places->count && status == CFG_OK && !task->must_wait; i++) {
        status = add_place_sources(&making, question, &places->items[i], err);
        held = held || places->items[i].held.len > 0;
    }
    if (status == CFG_OK && held)
        status = cfg_places_recount(task, places, err);
    out->version = places->version;
    if (status == CFG_OK && out->count == 0 && !service->options->accept_empty)
        status = cfg_err_set(err, CFG_NOT_FOUND, "No configuration for %.*s/%.*s",
                             CFG_STR_ARG(question->name), CFG_STR_ARG(question->profiles_text));
    return status;
}
