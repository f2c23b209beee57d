/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the library's callbacks. Gives: one reply for each request. Keeps: the hot path short: a target
 *        that is ready is found and queued, without allocation or lock of ours.
 *
 * The library calls on_target with the raw first line, on_request once when the head is there, then with
 * each piece of a body, then once more, and on_completed when the last byte went or the client left.
 */
#include "server/http/request.h"

#include <microhttpd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "server/http/link.h"
#include "server/http/negotiate.h"
#include "server/http/on.h"
#include "server/http/peer.h"

enum {
    MAGIC = 0x52455155,
    SPARES = 512,                  /* finished requests that are kept for the next ones */
    KEPT_BYTES = 4 << 10,          /* of a buffer in a spare request */
    ARENA_EXTRA_BYTES = 256 << 10, /* beyond a multiple of the head: error bodies, lists */
    POOL_EXTRA_BYTES = 4 << 10,    /* beyond twice the head: for the head of the reply */
    EXCESS_BYTES = 1 << 20,        /* of a body over its limit that are read and dropped */
    KEPT_POST_BYTES = 32 << 20,    /* of all bodies of a loop together */
    LOG_LINES_A_SECOND = 10,
    SUSPECTS = 1024,   /* heads that are looked through for the one that the library complains of */
    RECORD_BYTES = 64, /* of the library's for a header line */
    REPLY_BYTES = 768, /* for the head of a reply */
};

enum stage {
    FRESH,    /* the first line is there */
    READING,  /* the head was checked; the body comes */
    PARKED,   /* a worker has the question */
    RESUMED,  /* it came back, or its time is over */
    ANSWERED, /* the reply is the library's to send */
};

struct cfg_request {
    unsigned magic;
    struct cfg_loop *loop;
    struct cfg_request *next_spare;
    struct MHD_Connection *connection;
    struct cfg_link *link; /* NULL: its connection has none */
    enum stage stage;
    bool no_memory;        /* the target could not be kept */
    bool is_get;           /* GET or HEAD */
    bool keep_post;        /* else a body is read and dropped */
    bool no_room;          /* for the body, beside those of others */
    bool misshapen;        /* a header line was folded */
    size_t head_bytes;     /* as the library counted them */
    size_t blank_bytes;    /* in front of values */
    size_t post_bytes;     /* that came */
    struct cfg_buf target; /* as received */
    struct cfg_buf key;    /* of ready responses; empty: none */
    struct cfg_buf post;
    struct cfg_arena arena;
    struct cfg_head head;
    enum cfg_method method;
    struct cfg_target parsed;
    struct cfg_match match;
    struct cfg_call call;
    struct cfg_job *job; /* PARKED and RESUMED; NULL: time is over */
    int64_t deadline_ms;
    struct cfg_request *earlier, *later; /* in a list of the loop's while FRESH or PARKED */
};

/* ---- lists ---- */

static void list_append(struct cfg_request_list *list, struct cfg_request *request)
{
    request->earlier = list->last;
    request->later = NULL;
    if (list->last)
        list->last->later = request;
    else
        list->first = request;
    list->last = request;
}

static void list_remove(struct cfg_request_list *list, struct cfg_request *request)
{
    if (request->earlier)
        request->earlier->later = request->later;
    else
        list->first = request->later;
    if (request->later)
        request->later->earlier = request->earlier;
    else
        list->last = request->earlier;
    request->earlier = request->later = NULL;
}

/* ---- requests in store ---- */

static struct cfg_request *take_request(struct cfg_loop *loop)
{
    struct cfg_request *request = loop->spare;
    if (request) {
        loop->spare = request->next_spare;
        loop->spare_count--;
    } else {
        request = calloc(1, sizeof *request);
        if (request == NULL)
            return NULL;
        cfg_buf_init(&request->key, CFG_RESPONSES_KEY_BYTES);
        cfg_buf_init(&request->target, loop->options->head_bytes * 4);
    }
    /* field by field: the buffers keep their memory, and the rest is written before it is read */
    request->magic = MAGIC;
    request->loop = loop;
    request->next_spare = NULL;
    request->stage = FRESH;
    request->no_memory = request->is_get = request->keep_post = request->misshapen = false;
    request->no_room = false;
    request->blank_bytes = request->post_bytes = 0;
    request->job = NULL;
    request->link = NULL;
    list_append(&loop->fresh, request);
    cfg_buf_reset(&request->target);
    cfg_buf_reset(&request->key);
    cfg_buf_init(&request->post, loop->options->post_bytes);
    cfg_arena_init(&request->arena, loop->options->head_bytes * 8 + ARENA_EXTRA_BYTES, 0);
    loop->active_count++;
    return request;
}

static void free_request(struct cfg_request *request)
{
    cfg_buf_release(&request->target);
    cfg_buf_release(&request->key);
    free(request);
}

static void store_request(struct cfg_request *request)
{
    struct cfg_loop *loop = request->loop;
    CFG_ASSERT(request->stage != FRESH && request->stage != PARKED && request->job == NULL);
    if (request->link)
        request->link->request = NULL;
    loop->active_count--;
    loop->kept_post_bytes -= request->post.len;
    cfg_buf_wipe(&request->post); /* what is posted here may be a secret */
    cfg_arena_release(&request->arena);
    request->magic = 0;
    if (loop->spare_count >= SPARES || request->target.cap > KEPT_BYTES) {
        free_request(request);
        return;
    }
    request->next_spare = loop->spare;
    loop->spare = request;
    loop->spare_count++;
}

void cfg_request_release_spares(struct cfg_loop *loop)
{
    while (loop->spare) {
        struct cfg_request *request = loop->spare;
        loop->spare = request->next_spare;
        free_request(request);
    }
}

/* ---- replies ---- */

/* Failures of ours are logged, but a flood of them is not worth a flood of lines. */
static void log_failure(struct cfg_request *request, unsigned status, const struct cfg_err *err)
{
    struct cfg_log_limit *limit = &request->loop->log_limit;
    int64_t second = cfg_clock_ms() / 1000;
    if (limit->second != second) {
        if (limit->dropped)
            cfg_log(CFG_LOG_WARN, "requests_failed", "%u more failures were not logged",
                    limit->dropped);
        *limit = (struct cfg_log_limit){.second = second};
    }
    if (limit->written == LOG_LINES_A_SECOND) {
        limit->dropped++;
        return;
    }
    limit->written++;
    struct cfg_str path = cfg_str_sub(request->call.target->path, 0, 512);
    cfg_log_err(status == 500 ? CFG_LOG_ERROR : CFG_LOG_WARN, "request_failed", err, "%u for %.*s",
                status, CFG_STR_ARG(path));
}

static enum MHD_Result queue(struct cfg_request *request, struct cfg_wire *wire, unsigned status)
{
    if (!cfg_wire_queue(wire, request->connection, status))
        return MHD_NO;
    request->stage = ANSWERED;
    return MHD_YES;
}

/* Sends a reply that is made for this request alone, and releases it. */
static enum MHD_Result send_reply(struct cfg_request *request, struct cfg_reply *reply)
{
    enum cfg_wire_kind kind = CFG_WIRE_FULL;
    unsigned status = reply->status;
    if (reply->body && cfg_reply_is_unmodified(&request->head, reply->body, reply->dated)) {
        kind = CFG_WIRE_NOT_MODIFIED;
        status = 304;
    }
    /* a chunked body's end is the library's reading, so nothing may follow it */
    reply->close = reply->close || request->loop->draining || request->head.chunked;
    struct cfg_wire *wire = cfg_wire_new(reply, kind);
    enum MHD_Result result = wire ? queue(request, wire, status) : MHD_NO;
    cfg_wire_release(wire);
    cfg_reply_release(reply);
    return result;
}

static enum MHD_Result send_ready(struct cfg_request *request, struct cfg_ready *ready)
{
    if (!cfg_reply_is_unmodified(&request->head, ready->body, ready->dated))
        return queue(request, ready->full, 200);
    if (ready->not_modified == NULL) {
        struct cfg_reply reply = {.status = 200, .body = ready->body, .dated = ready->dated};
        ready->not_modified = cfg_wire_new(&reply, CFG_WIRE_NOT_MODIFIED);
    }
    return ready->not_modified ? queue(request, ready->not_modified, 304) : MHD_NO;
}

/* The call of a request of which no more is known than its target. */
static void begin_call(struct cfg_request *request)
{
    request->parsed = (struct cfg_target){.path = cfg_buf_view(&request->target)};
    request->parsed.path =
        cfg_str_sub(request->parsed.path, 0, cfg_str_chr(request->parsed.path, '?'));
    request->call = (struct cfg_call){
        .options = request->loop->options,
        .service = request->loop->service,
        .arena = &request->arena,
        .head = &request->head,
        .target = &request->parsed,
        .match = &request->match,
    };
}

/* Refuses what is malformed: whatever follows on this connection is not to be trusted. */
static enum MHD_Result refuse(struct cfg_request *request, unsigned status, const char *why)
{
    struct cfg_err err = CFG_ERR_INIT;
    begin_call(request);
    if (status >= 500) {
        (void)cfg_err_set(&err, CFG_NO_MEMORY, "%s", why);
        log_failure(request, status, &err);
    }
    (void)cfg_on_problem(&request->call, status, why);
    request->call.reply.close = true;
    return send_reply(request, &request->call.reply);
}

static enum MHD_Result send_error(struct cfg_request *request, const struct cfg_err *err)
{
    int status = cfg_status_http(err->status);
    if (status >= 500)
        log_failure(request, (unsigned)status, err);
    if (err->status == CFG_NOT_FOUND && request->call.bare)
        request->call.reply = cfg_reply_empty(404);
    else
        (void)cfg_on_error(&request->call, err);
    return send_reply(request, &request->call.reply);
}

/* Sends the body of a question. Owns: takes `body`. `keep`: the next one who asks may have it as well. */
static enum MHD_Result send_body(struct cfg_request *request, struct cfg_body *body, bool keep)
{
    struct cfg_reply reply = {
        .status = 200, .type = request->call.type, .body = body, .dated = request->call.dated};
    struct cfg_loop *loop = request->loop;
    if (keep && request->key.len && !loop->draining) {
        struct cfg_ready *ready =
            cfg_responses_put(loop->responses, cfg_buf_view(&request->key), &reply);
        if (ready) {
            cfg_reply_release(&reply);
            return send_ready(request, ready);
        }
    }
    return send_reply(request, &reply);
}

/* ---- questions ---- */

static void unlink_parked(struct cfg_request *request)
{
    CFG_ASSERT(request->stage == PARKED);
    list_remove(&request->loop->parked, request);
    request->stage = RESUMED;
}

static void drop_job(struct cfg_request *request)
{
    if (request->job)
        request->job->request = NULL;
    cfg_job_unref(request->job);
    request->job = NULL;
}

static enum MHD_Result park(struct cfg_request *request)
{
    struct cfg_loop *loop = request->loop;
    struct cfg_err err = CFG_ERR_INIT;
    if (cfg_job_start(loop->service, loop->mailbox, &request->call.ask, request, &request->job,
                      &err) != CFG_OK)
        return send_error(request, &err);
    request->stage = PARKED;
    request->deadline_ms = cfg_clock_ms() + loop->options->answer_timeout_ms;
    list_append(&loop->parked, request);
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static void resume(struct cfg_request *request)
{
    unlink_parked(request);
    MHD_resume_connection(request->connection);
}

void cfg_request_arrived(struct cfg_loop *loop, struct cfg_job *jobs)
{
    (void)loop;
    while (jobs) {
        struct cfg_job *job = jobs;
        jobs = job->next;
        struct cfg_request *request = job->request;
        if (request)
            resume(request);
        cfg_job_unref(job); /* the worker's hold; the request has its own */
    }
}

int64_t cfg_request_deadline(const struct cfg_loop *loop)
{
    return loop->parked.first ? loop->parked.first->deadline_ms : -1;
}

void cfg_request_expire(struct cfg_loop *loop, int64_t now_ms)
{
    while (loop->parked.first && loop->parked.first->deadline_ms <= now_ms) {
        struct cfg_request *request = loop->parked.first;
        drop_job(request);
        resume(request);
    }
}

static enum MHD_Result ask_now(struct cfg_request *request)
{
    struct cfg_body *body = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    bool must_wait = false;
    if (cfg_desk_answer(request->loop->desk, &request->call.ask, CFG_DESK_NOW, &body, &must_wait,
                        &err) != CFG_OK)
        return send_error(request, &err);
    return must_wait ? park(request) : send_body(request, body, true);
}

/*
 * Goes on after a worker. The desk is asked again first: what the worker read is in reach now, and only
 * an answer of this desk may be kept, since the worker's may be of another moment.
 */
static enum MHD_Result finish(struct cfg_request *request)
{
    struct cfg_job *job = request->job;
    struct cfg_body *body = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    enum MHD_Result result;
    bool must_wait = false;

    if (job == NULL) {
        (void)cfg_err_set(&err, CFG_TIMEOUT,
                          request->loop->draining ? "The server is stopping"
                                                  : "The answer takes too long");
        return send_error(request, &err);
    }
    if (job->status != CFG_OK)
        result = send_error(request, &job->err);
    else if (cfg_desk_answer(request->loop->desk, &job->ask, CFG_DESK_NOW, &body, &must_wait,
                             &err) == CFG_OK &&
             !must_wait)
        result = send_body(request, body, true);
    else
        result = send_body(request, cfg_body_ref(job->body), false);
    drop_job(request);
    return result;
}

/* ---- from the head to a question ---- */

static bool peer_is_local(struct cfg_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && cfg_peer_is_local(info->client_addr);
}

static enum cfg_status
find_route(struct cfg_request *request, enum cfg_routing *out_routing, struct cfg_err *err)
{
    const struct cfg_http_options *options = request->loop->options;
    struct cfg_bases bases = {.prefix = options->prefix, .monitor = options->monitor_path};
    return cfg_router_find(&request->arena, &request->parsed, request->method, &bases,
                           &request->match, out_routing, err);
}

/* Whether somebody reads the body: strangers' bodies only where they may post one. */
static bool wants_post(struct cfg_request *request)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    enum cfg_routing routing;
    if (request->method != CFG_METHOD_POST)
        return false;
    if (peer_is_local(request))
        return true;
    return cfg_target_parse(cfg_buf_view(&request->target), &request->parsed, &ignored) == CFG_OK &&
           find_route(request, &routing, &ignored) == CFG_OK && routing == CFG_ROUTED &&
           request->match.route->id == CFG_ROUTE_MONITOR;
}

static enum MHD_Result route(struct cfg_request *request)
{
    struct cfg_call *call = &request->call;
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_routing routing;

    begin_call(request);
    if (cfg_target_parse(cfg_buf_view(&request->target), &request->parsed, &err) != CFG_OK)
        return refuse(request, 400, err.message);
    call->post = cfg_buf_view(&request->post);
    call->local = peer_is_local(request);
    if (find_route(request, &routing, &err) != CFG_OK)
        return send_error(request, &err);
    switch (routing) {
    case CFG_ROUTE_NONE:
        (void)cfg_on_problem(call, 404, "There is no such endpoint");
        break;
    case CFG_ROUTE_METHOD:
        (void)cfg_on_problem(call, 405, "The method is not allowed here");
        call->reply.allow = request->match.allow;
        break;
    case CFG_ROUTE_OPTIONS:
        call->reply = cfg_reply_empty(200);
        call->reply.allow = request->match.allow;
        break;
    case CFG_ROUTED:
        if (cfg_on_call(call) == CFG_ON_REPLY)
            break;
        call->ask.gzip = cfg_negotiate_gzip(request->head.values[CFG_HEADER_ACCEPT_ENCODING]);
        return ask_now(request);
    }
    return send_reply(request, &call->reply);
}

/*
 * Everything that an answer depends on, word for word. Lines cannot hold a line feed, so it separates.
 * Whatever comes to decide about answers must come in here.
 */
static void make_key(struct cfg_request *request)
{
    static const enum cfg_header deciding[] = {CFG_HEADER_ACCEPT, CFG_HEADER_ACCEPT_CHARSET};
    struct cfg_head *head = &request->head;
    bool gzip = cfg_negotiate_gzip(head->values[CFG_HEADER_ACCEPT_ENCODING]);
    cfg_buf_char(&request->key, gzip ? 'z' : 'p');
    cfg_buf_str(&request->key, cfg_buf_view(&request->target));
    for (size_t i = 0; i < CFG_COUNT(deciding); i++) {
        cfg_buf_char(&request->key, '\n');
        cfg_buf_str(&request->key, head->values[deciding[i]]);
    }
    if (request->key.failed != CFG_OK)
        cfg_buf_reset(&request->key);
}

static enum MHD_Result answer(struct cfg_request *request)
{
    struct cfg_loop *loop = request->loop;
    if (request->post_bytes > loop->options->post_bytes || request->post.failed == CFG_TOO_LARGE)
        return refuse(request, 413, "The body is too large");
    if (request->post.failed != CFG_OK)
        return refuse(request, 500, "There is no memory for the body");
    if (request->no_room)
        return refuse(request, 503, "Too many bodies come at the same time");
    if (request->is_get && !request->head.chunked && !loop->draining) {
        make_key(request);
        struct cfg_ready *ready =
            request->key.len ? cfg_responses_find(loop->responses, cfg_buf_view(&request->key))
                             : NULL;
        if (ready)
            return send_ready(request, ready);
    }
    return route(request);
}

/*
 * The library splits lines in place and leaves a NUL for each delimiter, so the lengths of all parts add
 * up to the head's, if it was written plainly. They do not when a line ended in a bare line feed, was
 * folded, or held a NUL: all of them ways to be read otherwise by somebody else.
 */
static bool is_plain(const struct cfg_request *request, const char *method, const char *version)
{
    size_t bytes = cfg_check_line_bytes(cfg_str_of(method), cfg_buf_view(&request->target),
                                        cfg_str_of(version));
    bytes += request->head.line_bytes + request->blank_bytes + 2;
    return !request->misshapen && bytes == request->head_bytes;
}

/* Later versions of the library parse in another way, and refuse such heads themselves. */
static bool splits_in_place(void)
{
    return strncmp(MHD_get_version(), "0.9.7", 5) == 0;
}

/*
 * Stands in front of all headers, so that the library takes it for the cookies: it would split real ones
 * in its pool, and sends a reply with two heads when there is no room for them.
 */
static const char no_cookie[] = "";

static enum MHD_Result on_header(void *cls,
                                 enum MHD_ValueKind kind,
                                 const char *name,
                                 size_t name_len,
                                 const char *value,
                                 size_t value_len)
{
    struct cfg_request *request = cls;
    (void)kind;
    if (value == no_cookie)
        return MHD_YES;
    uintptr_t gap = (uintptr_t)value - (uintptr_t)(name + name_len);
    if (gap == 0 || gap > request->head_bytes)
        request->misshapen = true;
    else
        request->blank_bytes += gap - 1;
    cfg_check_header(&request->head, cfg_str_make(name, name_len), cfg_str_make(value, value_len));
    return MHD_YES;
}

static void leave_fresh(struct cfg_request *request)
{
    if (request->stage != FRESH)
        return;
    list_remove(&request->loop->fresh, request);
    request->stage = READING;
}

/* Half of the pool is the first read: a head that is a little too large still gets our 431. */
static size_t pool_bytes(const struct cfg_http_options *options)
{
    return options->head_bytes * 2 + POOL_EXTRA_BYTES;
}

/* Whether the head and the library's records of it leave room for that of a reply. */
static bool has_room(const struct cfg_request *request, size_t lines)
{
    size_t taken = request->head_bytes + (lines + 1) * RECORD_BYTES; /* and one for no_cookie */
    return taken + REPLY_BYTES <= pool_bytes(request->loop->options);
}

static enum MHD_Result begin(struct cfg_request *request, const char *method, const char *version)
{
    const struct cfg_http_options *options = request->loop->options;
    struct cfg_head *head = &request->head;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    leave_fresh(request);
    request->head_bytes = info ? info->header_size : 0;
    cfg_check_begin(head, &request->arena);
    int lines =
        MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, on_header, request);
    if (!has_room(request, (size_t)lines)) {
        if (request->link)
            cfg_link_refuse(request->link, "431 Request Header Fields Too Large");
        return MHD_NO;
    }
    if (request->no_memory || head->no_memory)
        return refuse(request, 500, "There is no memory for the request");
    if (request->head_bytes > options->head_bytes)
        return refuse(request, 431, "The head is too large");
    if (!cfg_check_end(head, cfg_str_of(method), cfg_str_of(version)))
        return refuse(request, 400, head->fault);
    if (splits_in_place() && !is_plain(request, method, version))
        return refuse(request, 400, "The head is not written plainly");
    if (head->length > options->post_bytes)
        return refuse(request, 413, "The body is too large");
    request->method = cfg_router_method(method);
    request->is_get = request->method == CFG_METHOD_GET;
    request->keep_post = wants_post(request);
    if (head->chunked && request->link)
        cfg_link_watch(request->link, cfg_clock_ms());
    return MHD_YES;
}

static enum MHD_Result read_body(struct cfg_request *request, const char *bytes, size_t *len)
{
    struct cfg_loop *loop = request->loop;
    size_t limit = loop->options->post_bytes, before = request->post.len;
    size_t room = limit > KEPT_POST_BYTES ? limit : KEPT_POST_BYTES;
    request->post_bytes += *len;
    request->no_room |= request->keep_post && loop->kept_post_bytes + *len > room;
    if (request->keep_post && !request->no_room)
        cfg_buf_append(&request->post, bytes, *len);
    loop->kept_post_bytes += request->post.len - before;
    *len = 0;
    /* a reply has to wait for the end of the body, but not for ever */
    return request->post_bytes > limit + EXCESS_BYTES ? MHD_NO : MHD_YES;
}

/* ---- the library's callbacks ---- */

static void end_request(struct cfg_request *request)
{
    drop_job(request);
    if (request->stage == PARKED)
        unlink_parked(request);
    leave_fresh(request);
    store_request(request);
}

static struct cfg_link *link_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/*
 * The library would make a record of each parameter, in a pool in which no reply has room then, and leave
 * the request without an answer. Nothing of ours reads them: it finds an empty query instead. The line is
 * in a buffer of the library that it writes to itself.
 */
static void hide_query(const char *target)
{
    char *mark = (char *)(uintptr_t)strchr(target, '?');
    if (mark && mark[1])
        mark[1] = '\0';
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct cfg_request *request = take_request(cls);
    if (request == NULL)
        return NULL;
    request->connection = connection;
    request->link = link_of(connection);
    if (request->link) {
        if (request->link->request)
            end_request(request->link->request);
        request->link->request = request;
    }
    cfg_buf_str(&request->target, cfg_str_of(target));
    request->no_memory = request->target.failed == CFG_NO_MEMORY;
    hide_query(target);
    (void)MHD_set_connection_value_n(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE,
                                     strlen(MHD_HTTP_HEADER_COOKIE), no_cookie, 0);
    return request;
}

static enum MHD_Result on_request(void *cls,
                                  struct MHD_Connection *connection,
                                  const char *url,
                                  const char *method,
                                  const char *version,
                                  const char *bytes,
                                  size_t *len,
                                  void **ctx)
{
    struct cfg_request *request = *ctx;
    (void)cls;
    (void)url; /* decoded in ways that nobody wants */
    if (request == NULL)
        return MHD_NO;
    CFG_ASSERT(request->magic == MAGIC && request->connection == connection);
    switch (request->stage) {
    case FRESH:
        return begin(request, method, version);
    case READING:
        return *len ? read_body(request, bytes, len) : answer(request);
    case RESUMED:
        return finish(request);
    case PARKED:
    case ANSWERED:
        break;
    }
    return MHD_YES;
}

static void on_completed(void *cls,
                         struct MHD_Connection *connection,
                         void **ctx,
                         enum MHD_RequestTerminationCode why)
{
    struct cfg_request *request = *ctx;
    (void)cls;
    (void)connection;
    (void)why;
    if (request == NULL)
        return;
    CFG_ASSERT(request->magic == MAGIC);
    end_request(request);
    *ctx = NULL;
}

static void on_connection(void *cls,
                          struct MHD_Connection *connection,
                          void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info;
    struct cfg_link *link = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info ? cfg_link_open(cls, info->connect_fd) : NULL;
        return;
    }
    if (link && link->request)
        end_request(link->request);
    cfg_link_close(link);
    *context = NULL;
}

/* The request whose head the library has read, and has not told of yet; NULL: none. */
static struct cfg_request *find_untold(struct cfg_loop *loop)
{
    struct cfg_request *request = loop->fresh.last;
    for (int i = 0; request && i < SUSPECTS; i++, request = request->earlier) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
        if (info && info->header_size > 0)
            return request;
    }
    return NULL;
}

static bool has_bad_length(struct cfg_request *request)
{
    const char *text = NULL;
    size_t len = 0;
    uint64_t ignored;
    return MHD_lookup_connection_value_n(
               request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH,
               strlen(MHD_HTTP_HEADER_CONTENT_LENGTH), &text, &len) == MHD_YES &&
           !cfg_check_length(cfg_str_make(text, len), &ignored);
}

/*
 * What the library finds wrong between the end of a head and its first call, it answers itself, with two
 * heads: a bad Content-Length, and no room for cookies. Its log speaks just before, though not of whom.
 * The client then has our answer, and the library finds the connection ended.
 */
static void on_log(void *cls, const char *format, va_list values)
{
    struct cfg_request *request = find_untold(cls);
    (void)format;
    (void)values;
    if (request == NULL || request->link == NULL)
        return;
    const char *status =
        has_bad_length(request) ? "400 Bad Request" : "431 Request Header Fields Too Large";
    leave_fresh(request);
    request->stage = ANSWERED;
    cfg_link_refuse(request->link, status);
}

size_t cfg_request_body_bytes(const struct cfg_request *request)
{
    return request ? request->post_bytes : 0;
}

bool cfg_request_is_whole(const struct cfg_request *request)
{
    return request && request->stage != FRESH && request->stage != READING;
}

/* Nothing of ours reads what the library would decode. */
static size_t leave_encoded(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

void *cfg_request_daemon(struct cfg_loop *loop)
{
    const struct cfg_http_options *options = loop->options;
    unsigned connections = (options->max_connections + options->loops - 1) / options->loops;
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
        loop, MHD_OPTION_EXTERNAL_LOGGER, on_log, loop, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        loop, MHD_OPTION_LISTEN_SOCKET, loop->listen_fd, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_bytes(options), MHD_OPTION_CONNECTION_TIMEOUT,
        options->idle_timeout_s, MHD_OPTION_URI_LOG_CALLBACK, on_target, loop,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, loop, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_encoded, loop, MHD_OPTION_END);
}
