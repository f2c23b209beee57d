/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a reply. Gives: a response of the library. Keeps: the body's bytes where they are.
 */
#include "server/http/wire.h"

#include <microhttpd.h>
#include <stdint.h>

#include "core/base/clock.h"

static struct MHD_Response *response_of(struct cfg_wire *wire)
{
    return (struct MHD_Response *)wire;
}

static void drop_body(void *body)
{
    cfg_body_unref(body);
}

/* The library's buffers are not const, but it only reads them. */
static void *bytes_of(struct cfg_str text)
{
    return (void *)(uintptr_t)text.ptr;
}

/*
 * A 304 is made of nothing, and says so: Content-Length: 0. Better would be no length at all, but the
 * library leaves it out only of a reply that ends its connection, or that is chunked, whose last chunk it
 * then sends although a 304 has no body. The length of the 200 would be right as well, but older parsers
 * of HTTP (Node's, for one) then wait for that body.
 */
static struct MHD_Response *make_response(const struct cfg_reply *reply, enum cfg_wire_kind kind)
{
    struct cfg_str text = kind == CFG_WIRE_NOT_MODIFIED ? CFG_STR_NONE : reply->text;
    if (reply->body == NULL || kind == CFG_WIRE_NOT_MODIFIED)
        return MHD_create_response_from_buffer(text.len, bytes_of(text), MHD_RESPMEM_MUST_COPY);
    struct cfg_body *body = cfg_body_ref(reply->body);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        body->bytes.len, bytes_of(body->bytes), drop_body, body);
    if (response == NULL)
        cfg_body_unref(body);
    return response;
}

/* An empty value adds nothing. */
static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return value == NULL || value[0] == '\0' ||
           MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_str(struct MHD_Response *response, const char *name, struct cfg_str value)
{
    char *copy = cfg_str_copy(value);
    if (copy == NULL)
        return false;
    bool done = add(response, name, copy);
    free(copy);
    return done;
}

static bool add_modified(struct MHD_Response *response, int64_t wall_ms)
{
    char date[CFG_CLOCK_ISO_BYTES] = "";
    if (wall_ms > 0)
        cfg_clock_http(wall_ms, date);
    return add(response, MHD_HTTP_HEADER_LAST_MODIFIED, date);
}

/* What a 200 with a body and its 304 share. */
static bool add_validators(struct MHD_Response *response, const struct cfg_body *body)
{
    return add(response, MHD_HTTP_HEADER_ETAG, body->etag) &&
           add_str(response, "X-Config-Version", body->version) &&
           add_str(response, "X-Config-Held", body->held) &&
           add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache") &&
           add(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding, Authorization");
}

static bool add_content(struct MHD_Response *response, const struct cfg_reply *reply)
{
    if (!add_str(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type))
        return false;
    if (reply->body == NULL)
        return true;
    return add(response, MHD_HTTP_HEADER_CONTENT_ENCODING, reply->body->gzip ? "gzip" : "") &&
           add_modified(response, reply->dated ? reply->body->modified_ms : 0);
}

static bool add_rest(struct MHD_Response *response, const struct cfg_reply *reply)
{
    return add(response, MHD_HTTP_HEADER_ALLOW, reply->allow) &&
           add(response, MHD_HTTP_HEADER_RETRY_AFTER, reply->later ? "1" : "") &&
           add(response, MHD_HTTP_HEADER_CONNECTION, reply->close ? "close" : "");
}

struct cfg_wire *cfg_wire_new(const struct cfg_reply *reply, enum cfg_wire_kind kind)
{
    struct MHD_Response *response = make_response(reply, kind);
    if (response == NULL)
        return NULL;
    bool done = (reply->body == NULL || add_validators(response, reply->body)) &&
                (kind == CFG_WIRE_NOT_MODIFIED || add_content(response, reply)) &&
                add_rest(response, reply);
    if (done)
        return (struct cfg_wire *)response;
    MHD_destroy_response(response);
    return NULL;
}

void cfg_wire_release(struct cfg_wire *wire)
{
    if (wire)
        MHD_destroy_response(response_of(wire));
}

bool cfg_wire_queue(struct cfg_wire *wire, void *connection, unsigned status)
{
    return MHD_queue_response(connection, status, response_of(wire)) == MHD_YES;
}
