/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: asks. Gives: bodies, made once for all who ask the same. Keeps: the cache's key complete:
 * whatever a body depends on is in it, so a new commit simply is another key.
 */
#include "core/base/clock.h"
#include "core/model/limits.h"
#include "server/service/compose.h"

enum { KEY_BYTES = 64 << 10, FIRST_ARENA_BYTES = 16 << 10 };

/* One part of the key, with its length in front so that no two lists of parts look alike. */
static void key_part(struct cfg_buf *key, struct cfg_str part)
{
    cfg_buf_printf(key, "%zu:", part.len);
    cfg_buf_str(key, part);
}

static bool is_file(enum cfg_form form)
{
    return form == CFG_FORM_TEXT || form == CFG_FORM_BINARY;
}

static void make_key(const struct cfg_ask *ask,
                     const struct cfg_question *question,
                     const struct cfg_places *places,
                     struct cfg_buf *key)
{
    cfg_buf_printf(key, "%d%d%d%d;", (int)ask->form, ask->no_resolve, ask->gzip,
                   question->has_label);
    key_part(key, question->name);
    key_part(key, question->profiles_text);
    key_part(key, question->label);
    if (is_file(ask->form)) {
        key_part(key, ask->path);
        key_part(key, ask->charset);
    }
    for (size_t i = 0; i < places->count; i++) {
        const struct cfg_place *place = &places->items[i];
        const struct cfg_tree *tree = cfg_snapshot_tree(place->commit->snapshot);
        cfg_buf_printf(key, "%zu;", place->backend);
        key_part(key, cfg_store_name(place->store));
        key_part(key, cfg_str_of(place->commit->id));
        key_part(key, place->label);
        key_part(key, place->git ? place->git->name : CFG_STR_NONE);
        key_part(key, cfg_str_make((const char *)tree->id, sizeof tree->id));
    }
}

/* The bytes of an answer, plain, with their tag and time. */
static enum cfg_status make_bytes(struct cfg_task *task,
                                  const struct cfg_ask *ask,
                                  const struct cfg_question *question,
                                  struct cfg_places *places,
                                  struct cfg_buf *out,
                                  char out_etag[48],
                                  int64_t *out_modified_ms,
                                  struct cfg_err *err)
{
    struct cfg_answer answer;
    struct cfg_resource resource;
    struct cfg_str path = CFG_STR_NONE;
    enum cfg_status status = CFG_OK;
    if (is_file(ask->form))
        status = cfg_question_check_path(task->arena, "path", ask->path, &path, err);
    if (status == CFG_OK)
        status = cfg_environment_find(task, question, places, &answer, err);
    if (is_file(ask->form) && status == CFG_NOT_FOUND) {
        cfg_err_clear(err); /* accept-empty speaks of answers, not of files */
        status = CFG_OK;
    }
    if (status != CFG_OK || task->must_wait)
        return status;
    if (!is_file(ask->form))
        return cfg_compose_answer(task, ask, &answer, out, out_etag, err);
    /* after the Environment: where that is held back, the file comes from the same commit */
    status = cfg_resource_find(task, question, places, path, &resource, err);
    if (status != CFG_OK)
        return status;
    *out_modified_ms = resource.modified_ms;
    if (task->wait == CFG_DESK_NOW) { /* a file's bytes are in git: only a worker reads them */
        task->must_wait = true;
        return CFG_OK;
    }
    return cfg_compose_file(task, ask, &answer, &resource, out, out_etag, err);
}

/* What is held back, for the asker: of several places the strongest. */
static struct cfg_str held_of(const struct cfg_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->items[i].held.len)
            return places->items[i].held;
    return CFG_STR_NONE;
}

/* Turns bytes into a body, gzip where that is asked for and shorter. */
static struct cfg_body *make_body(const struct cfg_ask *ask,
                                  const struct cfg_places *places,
                                  struct cfg_str bytes,
                                  const char etag[48],
                                  int64_t modified_ms)
{
    struct cfg_buf packed;
    cfg_buf_init(&packed, CFG_LIMIT_ANSWER_BYTES);
    bool gzip = ask->gzip && cfg_compose_gzip(bytes, &packed);
    struct cfg_body *body =
        cfg_body_new(gzip ? cfg_buf_view(&packed) : bytes, places->commits, held_of(places));
    cfg_buf_release(&packed);
    if (body == NULL)
        return NULL;
    memcpy(body->etag, etag, sizeof body->etag);
    if (gzip)
        cfg_compose_gzip_tag(body->etag);
    body->gzip = gzip;
    body->modified_ms = modified_ms;
    return body;
}

static enum cfg_status answer(struct cfg_task *task,
                              const struct cfg_ask *ask,
                              struct cfg_buf *key,
                              struct cfg_body **out,
                              struct cfg_err *err)
{
    struct cfg_bodies *bodies = task->desk->service->bodies;
    struct cfg_question question;
    struct cfg_places places;
    struct cfg_buf bytes;
    char etag[48] = "";
    int64_t modified_ms = 0;
    enum cfg_status status = cfg_question_parse(task->arena, ask->name, ask->profiles, ask->label,
                                                ask->has_label, &question, err);
    if (status == CFG_OK)
        status = cfg_places_find(task, &question, is_file(ask->form), &places, err);
    if (status != CFG_OK || task->must_wait)
        return status;
    make_key(ask, &question, &places, key);
    *out = key->failed == CFG_OK ? cfg_bodies_find(bodies, cfg_buf_view(key)) : NULL;
    if (*out)
        return CFG_OK;
    cfg_buf_init(&bytes, CFG_LIMIT_ANSWER_BYTES);
    status = make_bytes(task, ask, &question, &places, &bytes, etag, &modified_ms, err);
    if (status == CFG_OK && !task->must_wait) {
        *out = make_body(ask, &places, cfg_buf_view(&bytes), etag, modified_ms);
        if (*out == NULL)
            status = cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
        else if (key->failed == CFG_OK)
            cfg_bodies_put(bodies, cfg_buf_view(key), *out);
    }
    cfg_buf_release(&bytes);
    return status;
}

enum cfg_status cfg_desk_answer(struct cfg_desk *desk,
                                const struct cfg_ask *ask,
                                enum cfg_desk_wait wait,
                                struct cfg_body **out,
                                bool *out_must_wait,
                                struct cfg_err *err)
{
    struct cfg_arena arena;
    struct cfg_buf key;
    struct cfg_task task = {
        .desk = desk,
        .arena = &arena,
        .wait = wait,
        .deadline_ms = cfg_clock_ms() + CFG_ASK_WAIT_MS,
    };
    *out = NULL;
    cfg_arena_init(&arena, CFG_ASK_BYTES, FIRST_ARENA_BYTES);
    cfg_buf_init(&key, KEY_BYTES);
    enum cfg_status status = answer(&task, ask, &key, out, err);
    *out_must_wait = task.must_wait;
    if (task.must_wait) {
        cfg_err_clear(err);
        status = CFG_OK;
    }
    /* a file over a limit is the repository's fault, never the request's */
    if (status == CFG_TOO_LARGE)
        status = err->status = CFG_CORRUPT;
    cfg_buf_release(&key);
    cfg_arena_release(&arena);
    return status;
}
