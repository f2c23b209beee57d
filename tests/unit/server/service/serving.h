/* SPDX-License-Identifier: Apache-2.0 */
/* serving: a running service over a fixture's repositories, and questions to it. */
#ifndef TESTS_UNIT_SERVER_SERVICE_SERVING_H
#define TESTS_UNIT_SERVER_SERVICE_SERVING_H

#include "core/base/clock.h"
#include "server/service/desk.h"
#include "tests/support/fixture.h"

enum { SERVING_BACKENDS = 3, SERVING_REPOS = 4, SERVING_TEXT = 256 };

struct serving {
    const struct fixture *fixture;
    struct cfg_service_options options;
    struct cfg_backend_options backends[SERVING_BACKENDS];
    struct cfg_git_options repos[SERVING_REPOS]; /* pattern repositories of the first back end */
    struct cfg_str folder;                       /* of serving_add_folder */
    char texts[16][SERVING_TEXT];
    size_t text_count;
    struct cfg_service *service;
    struct cfg_desk *desk;
};

static inline void serving_ignore(void *ctx)
{
    (void)ctx;
}

/* A text that lives as long as the service: "file:DIR/NAME" of "file:%s/NAME". */
CFG_PRINTF(2, 3)
static inline struct cfg_str serving_text(struct serving *s, const char *format, ...)
{
    va_list args;

    assert_true(s->text_count < CFG_COUNT(s->texts));
    char *text = s->texts[s->text_count++];
    va_start(args, format);
    vsnprintf(text, SERVING_TEXT, format, args);
    va_end(args);
    return cfg_str_of(text);
}

static inline struct cfg_git_options serving_git(struct cfg_str uri)
{
    return (struct cfg_git_options){
        .uri = uri, .default_label = CFG_STR("main"), .try_master_branch = true, .timeout_s = 5};
}

/* Options over no back end yet; the caller adds them. */
static inline void serving_init(struct serving *s, void **state)
{
    *s = (struct serving){.fixture = *state};
    s->options = (struct cfg_service_options){
        .backends = s->backends,
        .state_dir = cfg_str_of(s->fixture->dir),
        .accept_empty = true,
        .strip_document = true,
        .fail_on_composite_error = true,
        .encrypt_enabled = true,
        .prefix_invalid_properties = true,
        .body_bytes = 64 << 20,
        .workers = 1,
        .fetch_workers = 1,
        .program = "/proc/self/exe",
    };
}

/* Adds a back end over the repository in the fixture's folder NAME, and gives its options. */
static inline struct cfg_git_options *serving_add_git(struct serving *s, const char *name)
{
    struct cfg_backend_options *backend = &s->backends[s->options.backend_count++];

    backend->kind = CFG_BACKEND_GIT;
    backend->git = serving_git(serving_text(s, "file:%s/%s", s->fixture->dir, name));
    return &backend->git;
}

static inline struct cfg_native_options *serving_add_native(struct serving *s)
{
    struct cfg_backend_options *backend = &s->backends[s->options.backend_count++];

    backend->kind = CFG_BACKEND_NATIVE;
    backend->native = (struct cfg_native_options){.default_label = CFG_STR("master"),
                                                  .add_label_locations = true};
    return &backend->native;
}

/* A native back end over the fixture's folder itself. */
static inline void serving_add_folder(struct serving *s)
{
    s->folder = serving_text(s, "file:%s", s->fixture->dir);
    serving_add_native(s)->search_locations = (struct cfg_strs){&s->folder, 1};
}

static inline void serving_start(struct serving *s)
{
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_service_start(&s->options, serving_ignore, NULL, &s->service, &err) != CFG_OK ||
        cfg_desk_open(s->service, &s->desk, &err) != CFG_OK)
        fail_msg("%s", err.message);
}

static inline void serving_stop(struct serving *s)
{
    cfg_desk_close(s->desk);
    cfg_service_stop(s->service);
}

static inline struct cfg_ask
serving_ask(enum cfg_form form, const char *name, const char *profiles, const char *label)
{
    return (struct cfg_ask){
        .form = form,
        .name = cfg_str_of(name),
        .profiles = cfg_str_of(profiles),
        .label = cfg_str_of(label),
        .has_label = label != NULL,
    };
}

/* Asks as a worker does. */
static inline enum cfg_status serving_try(struct serving *s,
                                          const struct cfg_ask *ask,
                                          struct cfg_body **out,
                                          struct cfg_err *err)
{
    bool must_wait = true;

    cfg_err_clear(err);
    (void)cfg_desk_refresh(s->desk);
    enum cfg_status status = cfg_desk_answer(s->desk, ask, CFG_DESK_WAITS, out, &must_wait, err);
    assert_false(must_wait);
    assert_true((status == CFG_OK) == (*out != NULL));
    assert_int_equal(status, err->status);
    return status;
}

static inline struct cfg_body *serving_get(struct serving *s, const struct cfg_ask *ask)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;

    if (serving_try(s, ask, &body, &err) != CFG_OK)
        fail_msg("%.*s/%.*s/%.*s: %s", CFG_STR_ARG(ask->name), CFG_STR_ARG(ask->profiles),
                 CFG_STR_ARG(ask->label), err.message);
    return body;
}

/* The whole text of an answer. */
static inline void serving_expect(struct serving *s, const struct cfg_ask *ask, const char *want)
{
    struct cfg_body *body = serving_get(s, ask);

    assert_string_equal(body->bytes.ptr, want);
    cfg_body_unref(body);
}

/* The status and a part of the message. */
static inline void serving_expect_error(struct serving *s,
                                        const struct cfg_ask *ask,
                                        enum cfg_status want,
                                        const char *part)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;
    enum cfg_status status = serving_try(s, ask, &body, &err);

    if (status != want)
        fail_msg("%s: %s (%s)", cfg_status_text(status), err.message,
                 body ? body->bytes.ptr : "no body");
    if (strstr(err.message, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, err.message);
}

/*
 * The names of the property sources, a space between them, the fixture's folder cut off; an Environment
 * is made of one object a source, and no test has a property called "name".
 */
static inline void
serving_expect_sources(struct serving *s, const struct cfg_ask *ask, const char *want)
{
    static const char begin[] = "{\"name\":\"";
    struct cfg_body *body = serving_get(s, ask);
    const char *at = strstr(body->bytes.ptr, "\"propertySources\":");
    char got[4096] = "";
    size_t len = 0;

    assert_non_null(at);
    while ((at = strstr(at, begin)) != NULL) {
        at += sizeof begin - 1;
        struct cfg_str name = cfg_str_make(at, strcspn(at, "\""));
        size_t dir = cfg_str_find(name, cfg_str_of(s->fixture->dir));
        if (dir < name.len)
            name = cfg_str_sub(name, dir + strlen(s->fixture->dir) + 1, name.len);
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%.*s", len ? " " : "",
                                CFG_STR_ARG(name));
    }
    assert_string_equal(got, want);
    cfg_body_unref(body);
}

/* The commit of a revision of the repository in the fixture's folder NAME. */
static inline void
serving_commit(const struct serving *s, const char *name, const char *rev, char out[256])
{
    ask(out, "cd '%s/%s' && git rev-parse '%s^{commit}'", s->fixture->dir, name, rev);
}

#endif
