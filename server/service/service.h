/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: questions in, bodies out. It owns repositories, snapshots, the puller and the cache of
 * bodies; it knows no HTTP and no git words beyond label and commit.
 *
 * Keeps: 1. A desk answers from what it holds: immutable views taken at its last refresh, so one thread
 *           sees commits go forward only. 2. A question that needs git is refused with `out_must_wait`
 *           unless the caller may wait. 3. A body is immutable and counted.
 */
#ifndef SERVER_SERVICE_SERVICE_H
#define SERVER_SERVICE_SERVICE_H

#include <stdint.h>

#include "core/base/buf.h"
#include "server/service/options.h"
#include "server/snapshot/bodies.h"

enum cfg_form {
    CFG_FORM_ENV,  /* the Environment document, v1 */
    CFG_FORM_ENV2, /* with origins */
    CFG_FORM_YAML,
    CFG_FORM_JSON,
    CFG_FORM_PROPERTIES,
    CFG_FORM_TEXT,   /* a plain file, placeholders resolved, UTF-8 */
    CFG_FORM_BINARY, /* a plain file as it is */
};

/* One request in our own words. Texts are percent-decoded once and borrowed for the call. */
struct cfg_ask {
    enum cfg_form form;
    struct cfg_str name;
    struct cfg_str profiles;
    struct cfg_str label;
    bool has_label;         /* false: the server's default label */
    struct cfg_str path;    /* TEXT and BINARY: the file, "sub/n.txt" */
    bool no_resolve;        /* resolvePlaceholders=false */
    struct cfg_str charset; /* TEXT: the first usable name of Accept-Charset; empty: UTF-8 */
    bool gzip;              /* the body may be gzip: it is when that is shorter (body->gzip says) */
};

struct cfg_service;
struct cfg_desk;

/*
 * Starts the puller, which begins with every repository that needs no request to be known.
 * `on_publish` is called (any thread, no lock held) after something new was published: refresh desks.
 * Fails: invalid, unavailable (clone-on-start with neither remote nor mirror), no_memory.
 */
typedef void (*cfg_publish_fn)(void *ctx);
enum cfg_status cfg_service_start(const struct cfg_service_options *options,
                                  cfg_publish_fn on_publish,
                                  void *publish_ctx,
                                  struct cfg_service **out,
                                  struct cfg_err *err) CFG_CHECK;
void cfg_service_stop(struct cfg_service *service); /* after every desk is closed; accepts NULL */

/* One desk a thread. */
enum cfg_status
cfg_desk_open(struct cfg_service *service, struct cfg_desk **out, struct cfg_err *err) CFG_CHECK;
void cfg_desk_close(struct cfg_desk *desk); /* accepts NULL */

/* Takes what was published since; gives a number that has changed when anything has. */
uint64_t cfg_desk_refresh(struct cfg_desk *desk);

enum cfg_desk_wait {
    CFG_DESK_NOW,   /* never reads git: an event loop */
    CFG_DESK_WAITS, /* may read git and wait for a first fetch: a worker */
};

/*
 * Answers. With CFG_DESK_NOW, `*out_must_wait` true (and status OK, `*out` NULL) says that a worker
 * must be asked; a worker's result is in the cache of bodies when it is asked again.
 * Owns: `*out` is a new reference. Fails: invalid, not_found, corrupt (500: a file that does not
 * parse, with its place), unavailable and timeout (503), too_large is never given.
 * `err` holds the message for the asker. Threads: the desk's own.
 */
enum cfg_status cfg_desk_answer(struct cfg_desk *desk,
                                const struct cfg_ask *ask,
                                enum cfg_desk_wait wait,
                                struct cfg_body **out,
                                bool *out_must_wait,
                                struct cfg_err *err) CFG_CHECK;

/*
 * Hands work to the worker threads. `work` runs once with that thread's desk; when the service stops
 * first it runs with a NULL desk. Fails: unavailable (the queue is full), nothing is kept then.
 * Threads: any.
 */
typedef void (*cfg_work_fn)(struct cfg_desk *desk, void *ctx);
enum cfg_status cfg_service_work(struct cfg_service *service,
                                 cfg_work_fn work,
                                 void *ctx,
                                 struct cfg_err *err) CFG_CHECK;

/* A message from outside that something was pushed, as a hosting service sends it. */
struct cfg_hook {
    /* The first field of that name, which is in lower case; a NULL pointer: none came. */
    struct cfg_str (*find)(const char *name, void *ctx);
    void *ctx;
    bool is_form;         /* the body is a form, else JSON */
    struct cfg_str query; /* of a form: fields beside the body's */
    struct cfg_str body;
};

/*
 * Reads the message and lets the repositories that it names look for what is new, all of them when it
 * names none that is known here. Never waits for a repository. Appends the names of the applications
 * that it speaks of as a JSON list ("*": all), which is what the reference answers.
 * Fails: unauthenticated (no proof of the secret, or a wrong one), unavailable (the secret cannot be
 * read), invalid, too_large, no_memory; nothing is done then. Threads: any.
 */
enum cfg_status cfg_service_webhook(struct cfg_service *service,
                                    const struct cfg_hook *hook,
                                    struct cfg_buf *out_names,
                                    struct cfg_err *err) CFG_CHECK;

/* True when every repository that is no pattern's has been read at least once. Threads: any. */
bool cfg_service_healthy(struct cfg_service *service);

/*
 * Appends what operators ask about repositories, as one JSON document (docs/http-api.md): what is
 * served, how old it is, how the last look went, what is held back. Never a secret. Threads: any.
 */
enum cfg_status
cfg_service_report(struct cfg_service *service, struct cfg_buf *out, struct cfg_err *err) CFG_CHECK;

/* Reads every configured repository now; one line a repository and unreadable file through `say`. */
typedef void (*cfg_say_fn)(const char *line, void *ctx);
enum cfg_status cfg_service_check(const struct cfg_service_options *options,
                                  cfg_say_fn say,
                                  void *ctx,
                                  struct cfg_err *err) CFG_CHECK;

#endif
