/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: an answer and a form. Gives: bytes and their tag. Keeps: one order of stages: merge, then
 * placeholders value by value, then nest, then render.
 */
#include "server/service/compose.h"

#include <zlib.h>

#include "core/merge/merge.h"
#include "core/merge/placeholder.h"
#include "core/model/limits.h"
#include "core/render/nest.h"
#include "core/render/render_env.h"
#include "core/render/render_json.h"
#include "core/render/render_properties.h"
#include "core/render/render_yaml.h"

enum { GZIP_LEAST_BYTES = 256, GZIP_WINDOW = 15 + 16 /* zlib: a gzip header */, GZIP_MEMORY = 8 };

static void strong_tag(struct cfg_str bytes, char out[48])
{
    char hex[33];
    cfg_hash128_hex(cfg_hash128(bytes), hex);
    snprintf(out, 48, "\"%s\"", hex);
}

static enum cfg_status compose_environment(const struct cfg_ask *ask,
                                           const struct cfg_answer *answer,
                                           struct cfg_buf *out,
                                           char out_etag[48],
                                           struct cfg_err *err)
{
    bool v2 = ask->form == CFG_FORM_ENV2;
    struct cfg_hash128 hash;
    char hex[33];
    enum cfg_status status = cfg_render_env_hash(answer, &hash, err);
    if (status != CFG_OK)
        return status;
    cfg_hash128_hex(hash, hex);
    snprintf(out_etag, 48, "W/\"%s%s\"", hex, v2 ? "2" : "");
    cfg_render_env(answer, v2 ? CFG_ENV_V2 : CFG_ENV_V1, out);
    return cfg_buf_end(out, "the answer", err);
}

/* Placeholders of every value, and for .properties of every key, in place. */
static enum cfg_status resolve(struct cfg_task *task,
                               const struct cfg_answer *answer,
                               enum cfg_placeholder_form form,
                               struct cfg_merged *items,
                               size_t count,
                               struct cfg_err *err)
{
    struct cfg_placeholder_index index;
    enum cfg_status status = cfg_placeholder_index(&index, answer, task->arena, err);
    for (size_t i = 0; i < count && status == CFG_OK; i++) {
        bool changed = false;
        struct cfg_err cause = CFG_ERR_INIT;
        if (items[i].value.kind == CFG_KIND_STRING)
            status = cfg_placeholder_resolve(items[i].value.text, form, cfg_placeholder_index_find,
                                             &index, task->arena, &items[i].value.text, &changed,
                                             &cause);
        if (status == CFG_OK && form == CFG_PLACEHOLDER_TEXT)
            status = cfg_placeholder_resolve(items[i].key, form, cfg_placeholder_index_find, &index,
                                             task->arena, &items[i].key, &changed, &cause);
        if (status != CFG_OK) {
            cfg_err_prefix(&cause, "%.*s", CFG_STR_ARG(cfg_str_sub(items[i].key, 0, 128)));
            *err = cause;
        }
    }
    return status;
}

static enum cfg_status compose_nested(struct cfg_task *task,
                                      const struct cfg_ask *ask,
                                      const struct cfg_merged *items,
                                      size_t count,
                                      struct cfg_buf *out,
                                      struct cfg_err *err)
{
    struct cfg_node *root = NULL;
    enum cfg_status status = cfg_nest(items, count, task->arena, &root, err);
    if (status != CFG_OK)
        return status;
    if (ask->form == CFG_FORM_YAML)
        return cfg_render_yaml(root, task->desk->service->options->strip_document, out, err);
    cfg_render_json(root, out);
    return CFG_OK;
}

static enum cfg_status compose_converted(struct cfg_task *task,
                                         const struct cfg_ask *ask,
                                         const struct cfg_answer *answer,
                                         struct cfg_buf *out,
                                         struct cfg_err *err)
{
    bool properties = ask->form == CFG_FORM_PROPERTIES;
    struct cfg_merged *items = NULL;
    size_t count = 0;
    enum cfg_status status = cfg_merge(answer, task->arena, &items, &count, err);
    if (status == CFG_OK && !ask->no_resolve)
        status = resolve(task, answer, properties ? CFG_PLACEHOLDER_TEXT : CFG_PLACEHOLDER_VALUE,
                         items, count, err);
    if (status != CFG_OK)
        return status;
    if (properties)
        cfg_render_properties(items, count, out);
    else
        status = compose_nested(task, ask, items, count, out, err);
    return status == CFG_OK ? cfg_buf_end(out, "the answer", err) : status;
}

enum cfg_status cfg_compose_answer(struct cfg_task *task,
                                   const struct cfg_ask *ask,
                                   const struct cfg_answer *answer,
                                   struct cfg_buf *out,
                                   char out_etag[48],
                                   struct cfg_err *err)
{
    if (ask->form == CFG_FORM_ENV || ask->form == CFG_FORM_ENV2)
        return compose_environment(ask, answer, out, out_etag, err);
    enum cfg_status status = compose_converted(task, ask, answer, out, err);
    if (status == CFG_OK)
        strong_tag(cfg_buf_view(out), out_etag);
    return status;
}

static enum cfg_status resolve_text(struct cfg_task *task,
                                    const struct cfg_answer *answer,
                                    struct cfg_str text,
                                    struct cfg_str *out,
                                    struct cfg_err *err)
{
    struct cfg_placeholder_index index;
    bool changed;
    *out = text;
    if (cfg_str_find(text, CFG_STR("${")) == text.len)
        return CFG_OK;
    enum cfg_status status = cfg_placeholder_index(&index, answer, task->arena, err);
    if (status != CFG_OK)
        return status;
    return cfg_placeholder_resolve(text, CFG_PLACEHOLDER_TEXT, cfg_placeholder_index_find, &index,
                                   task->arena, out, &changed, err);
}

enum cfg_status cfg_compose_file(struct cfg_task *task,
                                 const struct cfg_ask *ask,
                                 const struct cfg_answer *answer,
                                 const struct cfg_resource *resource,
                                 struct cfg_buf *out,
                                 char out_etag[48],
                                 struct cfg_err *err)
{
    struct cfg_buf bytes;
    struct cfg_buf text;
    struct cfg_str resolved;
    cfg_buf_init(&bytes, CFG_RESOURCE_BYTES);
    cfg_buf_init(&text, 2 * (size_t)CFG_RESOURCE_BYTES);
    enum cfg_status status = cfg_snapshot_read(resource->place->commit->snapshot, resource->entry,
                                               CFG_RESOURCE_BYTES, &bytes, err);
    if (status != CFG_OK) {
        cfg_err_place(err, resource->entry->path, 0, 0);
    } else if (ask->form == CFG_FORM_BINARY) {
        cfg_buf_str(out, cfg_buf_view(&bytes));
    } else {
        status = cfg_resource_decode(cfg_buf_view(&bytes), ask->charset, &text, err);
        resolved = cfg_buf_view(&text);
        if (status == CFG_OK && !ask->no_resolve)
            status = resolve_text(task, answer, cfg_buf_view(&text), &resolved, err);
        if (status == CFG_OK)
            cfg_buf_str(out, resolved);
    }
    if (status == CFG_OK)
        status = cfg_buf_end(out, "the file", err);
    if (status == CFG_OK)
        strong_tag(cfg_buf_view(out), out_etag);
    cfg_buf_release(&text);
    cfg_buf_release(&bytes);
    return status;
}

bool cfg_compose_gzip(struct cfg_str bytes, struct cfg_buf *out)
{
    z_stream stream = {0};
    bool done = false;
    if (bytes.len < GZIP_LEAST_BYTES || bytes.len > UINT32_MAX)
        return false;
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    /* room for one byte less than it has now: what does not fit is not shorter */
    if (cfg_buf_reserve(out, bytes.len - 1)) {
        stream.next_in = (Bytef *)(uintptr_t)bytes.ptr;
        stream.avail_in = (uInt)bytes.len;
        stream.next_out = (Bytef *)(out->ptr + out->len);
        stream.avail_out = (uInt)bytes.len - 1;
        done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        if (done)
            out->len += stream.total_out;
    }
    deflateEnd(&stream);
    return done;
}

void cfg_compose_gzip_tag(char etag[48])
{
    size_t len = strlen(etag);
    if (etag[0] == '"' && len + 4 < 48)
        memcpy(etag + len - 1, "-gz\"", 5);
}
