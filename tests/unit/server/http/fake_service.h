/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_service: a service for the tests of http. Its answers say what was asked, and an application's
 * name says how it behaves:
 *
 *   missing   not found                 broken   a file that does not parse
 *   down      unavailable               cold     a worker has to answer it once a publication
 *   slow      a worker never has an answer before fake_release
 *   big       8 MiB                     empty    no bytes at all
 *
 * To be included by exactly one file of a program: it stands in for the whole of server/service.
 */
#ifndef TESTS_UNIT_SERVER_HTTP_FAKE_SERVICE_H
#define TESTS_UNIT_SERVER_HTTP_FAKE_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/hash128.h"
#include "core/base/lock.h"
#include "core/model/question.h"
#include "server/service/service.h"

enum { FAKE_BIG_BYTES = 8 << 20, FAKE_QUEUE = 64 };

struct cfg_service {
    atomic_uint generation;
    atomic_bool healthy;
    atomic_uint warm;    /* the generation that "cold" was answered in */
    atomic_uint answers; /* that desks were asked for */
    atomic_int bodies;   /* that live */
    struct cfg_lock lock;
    struct cfg_cond cond;
    unsigned working; /* under lock */
    unsigned queue;   /* under lock: how many may work at a time */
    bool released;    /* under lock: "slow" is over */
};

struct cfg_desk {
    struct cfg_service *service;
    unsigned generation;
};

struct fake_body {
    struct cfg_body body;
    struct cfg_service *service;
};

struct fake_work {
    struct cfg_service *service;
    cfg_work_fn work;
    void *ctx;
};

static inline void fake_init(struct cfg_service *service)
{
    memset(service, 0, sizeof *service);
    atomic_store(&service->generation, 1);
    atomic_store(&service->healthy, true);
    cfg_lock_init(&service->lock);
    cfg_cond_init(&service->cond);
    service->queue = FAKE_QUEUE;
}

/* Lets "slow" go on. */
static inline void fake_release(struct cfg_service *service)
{
    cfg_lock_enter(&service->lock);
    service->released = true;
    cfg_cond_wake(&service->cond);
    cfg_lock_leave(&service->lock);
}

static inline unsigned fake_working(struct cfg_service *service)
{
    cfg_lock_enter(&service->lock);
    unsigned working = service->working;
    cfg_lock_leave(&service->lock);
    return working;
}

/* Waits for all workers; what they held is gone then. */
static inline void fake_finish(struct cfg_service *service)
{
    fake_release(service);
    cfg_lock_enter(&service->lock);
    while (service->working)
        (void)cfg_cond_wait(&service->cond, &service->lock, cfg_clock_ms() + 1000);
    cfg_lock_leave(&service->lock);
    cfg_cond_release(&service->cond);
    cfg_lock_release(&service->lock);
}

struct cfg_body *cfg_body_ref(struct cfg_body *body)
{
    cfg_ref_add(&body->ref);
    return body;
}

void cfg_body_unref(struct cfg_body *body)
{
    if (body == NULL || !cfg_ref_drop(&body->ref))
        return;
    atomic_fetch_sub(&((struct fake_body *)body)->service->bodies, 1);
    free((void *)(uintptr_t)body->bytes.ptr);
    free(body);
}

enum cfg_status
cfg_desk_open(struct cfg_service *service, struct cfg_desk **out, struct cfg_err *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory");
    (*out)->service = service;
    return CFG_OK;
}

void cfg_desk_close(struct cfg_desk *desk)
{
    free(desk);
}

uint64_t cfg_desk_refresh(struct cfg_desk *desk)
{
    return desk->generation = atomic_load(&desk->service->generation);
}

enum cfg_status
cfg_service_report(struct cfg_service *service, struct cfg_buf *out, struct cfg_err *err)
{
    (void)service;
    cfg_buf_str(out, CFG_STR("{\"repositories\":[]}"));
    return cfg_buf_end(out, "the report", err);
}

enum cfg_status cfg_service_webhook(struct cfg_service *service,
                                    const struct cfg_hook *hook,
                                    struct cfg_buf *out_names,
                                    struct cfg_err *err)
{
    (void)service;
    if (cfg_str_eq(hook->find("x-strata-token", hook->ctx), CFG_STR("wrong")))
        return cfg_err_set(err, CFG_UNAUTHENTICATED, "The signature or token is wrong");
    cfg_buf_printf(out_names, "[\"%s\",\"%zu\"]", hook->is_form ? "form" : "json", hook->body.len);
    return cfg_buf_end(out_names, "names", err);
}

bool cfg_service_healthy(struct cfg_service *service)
{
    return atomic_load(&service->healthy);
}

static inline bool fake_is(const struct cfg_ask *ask, const char *name)
{
    return cfg_str_eq(ask->name, cfg_str_of(name));
}

static inline enum cfg_status fake_body_make(struct cfg_desk *desk,
                                             const struct cfg_ask *ask,
                                             struct cfg_body **out,
                                             struct cfg_err *err)
{
    static const char *const forms[] = {"env",        "env2", "yaml",  "json",
                                        "properties", "text", "binary"};
    struct cfg_buf text;
    cfg_buf_init(&text, 2 * FAKE_BIG_BYTES);
    cfg_buf_printf(
        &text, "%s app=%.*s profiles=%.*s label=%.*s path=%.*s resolve=%d charset=%.*s gen=%u\n",
        forms[ask->form], CFG_STR_ARG(ask->name), CFG_STR_ARG(ask->profiles),
        CFG_STR_ARG(ask->has_label ? ask->label : CFG_STR("-")), CFG_STR_ARG(ask->path),
        !ask->no_resolve, CFG_STR_ARG(ask->charset), desk->generation);
    if (fake_is(ask, "empty"))
        cfg_buf_reset(&text);
    while (fake_is(ask, "big") && text.len < FAKE_BIG_BYTES && text.failed == CFG_OK)
        cfg_buf_printf(&text, "%065535d", 7);

    struct fake_body *body = calloc(1, sizeof *body);
    enum cfg_status status = cfg_buf_end(&text, "a body", err);
    if (status != CFG_OK || body == NULL) {
        cfg_buf_release(&text);
        free(body);
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory");
    }
    char hash[33];
    cfg_hash128_hex(cfg_hash128(cfg_buf_view(&text)), hash);
    bool weak = ask->form == CFG_FORM_ENV || ask->form == CFG_FORM_ENV2;
    cfg_ref_init(&body->body.ref);
    body->body.gzip = ask->gzip && fake_is(ask, "zip");
    snprintf(body->body.etag, sizeof body->body.etag, "%s\"%.32s%s\"", weak ? "W/" : "", hash,
             body->body.gzip ? "-gz" : "");
    if (!fake_is(ask, "plain"))
        body->body.version = CFG_STR("0123456789012345678901234567890123456789");
    if (ask->form == CFG_FORM_TEXT || ask->form == CFG_FORM_BINARY)
        body->body.modified_ms = 1767225600000; /* Thu, 01 Jan 2026 00:00:00 GMT */
    body->body.bytes.ptr = cfg_buf_take(&text, &body->body.bytes.len);
    body->service = desk->service;
    atomic_fetch_add(&desk->service->bodies, 1);
    *out = &body->body;
    return CFG_OK;
}

/* False: a worker must be asked. */
static inline bool fake_is_ready(struct cfg_desk *desk, const struct cfg_ask *ask, bool waits)
{
    struct cfg_service *service = desk->service;
    if (fake_is(ask, "cold")) {
        if (waits)
            atomic_store(&service->warm, desk->generation);
        return atomic_load(&service->warm) == desk->generation;
    }
    if (!fake_is(ask, "slow"))
        return true;
    if (!waits)
        return false;
    cfg_lock_enter(&service->lock);
    while (!service->released)
        (void)cfg_cond_wait(&service->cond, &service->lock, cfg_clock_ms() + 1000);
    cfg_lock_leave(&service->lock);
    return true;
}

enum cfg_status cfg_desk_answer(struct cfg_desk *desk,
                                const struct cfg_ask *ask,
                                enum cfg_desk_wait wait,
                                struct cfg_body **out,
                                bool *out_must_wait,
                                struct cfg_err *err)
{
    struct cfg_arena arena;
    struct cfg_question question;
    struct cfg_str path;

    *out = NULL;
    *out_must_wait = false;
    atomic_fetch_add(&desk->service->answers, 1);
    cfg_arena_init(&arena, 1 << 20, 0);
    enum cfg_status status = cfg_question_parse(&arena, ask->name, ask->profiles, ask->label,
                                                ask->has_label, &question, err);
    if (status == CFG_OK && ask->path.len)
        status = cfg_question_check_path(&arena, "path", ask->path, &path, err);
    cfg_arena_release(&arena);
    if (status != CFG_OK)
        return status;
    if (fake_is(ask, "missing"))
        return cfg_err_set(err, CFG_NOT_FOUND, "No such label: %.*s", CFG_STR_ARG(ask->label));
    if (fake_is(ask, "down"))
        return cfg_err_set(err, CFG_UNAVAILABLE, "the repository does not answer");
    if (fake_is(ask, "broken")) {
        cfg_err_place(err, CFG_STR("broken.yml"), 3, 7);
        return cfg_err_set(err, CFG_CORRUPT, "mapping values are not allowed here");
    }
    if (!fake_is_ready(desk, ask, wait == CFG_DESK_WAITS)) {
        *out_must_wait = true;
        return CFG_OK;
    }
    return fake_body_make(desk, ask, out, err);
}

static inline void *fake_worker(void *ctx)
{
    struct fake_work *given = ctx;
    struct cfg_service *service = given->service;
    struct cfg_desk desk = {.service = service};
    given->work(&desk, given->ctx);
    free(given);
    cfg_lock_enter(&service->lock);
    service->working--;
    cfg_cond_wake(&service->cond);
    cfg_lock_leave(&service->lock);
    return NULL;
}

enum cfg_status
cfg_service_work(struct cfg_service *service, cfg_work_fn work, void *ctx, struct cfg_err *err)
{
    pthread_t thread;
    cfg_lock_enter(&service->lock);
    bool full = service->working >= service->queue;
    service->working += full ? 0 : 1;
    cfg_lock_leave(&service->lock);
    if (full)
        return cfg_err_set(err, CFG_UNAVAILABLE, "too many questions wait");
    struct fake_work *given = malloc(sizeof *given);
    CFG_ASSERT(given);
    *given = (struct fake_work){service, work, ctx};
    CFG_ASSERT(pthread_create(&thread, NULL, fake_worker, given) == 0);
    CFG_ASSERT(pthread_detach(thread) == 0);
    return CFG_OK;
}

#endif
