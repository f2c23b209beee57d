/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a JSON text. Gives: one document of nodes without places.
 * Keeps: the order of members.
 *
 * A first walk over the text counts what jansson would have to build, so that hostile input ends
 * before it costs memory. The same walk finds integers beyond 64 bits, which jansson refuses: they
 * reach it as strings that begin with NUL. No string of the text can, because that is refused here
 * (it could not be a NUL-terminated property either).
 */
#include <stdint.h>

#include "core/base/buf.h"
#include "core/model/limits.h"
#include "core/parse/number.h"
#include "core/parse/parse.h"
#include "core/parse/place.h"

#include <jansson.h>

enum { SHORT_DIGITS = 18 /* so many always fit 64 bits */ };

static const struct cfg_str long_open = {"\"\\u0000", 7};
static const struct cfg_str long_close = {"\"", 1};

/* --- the walk ahead ----------------------------------------------------------------------------- */

struct walk {
    struct cfg_str text;
    size_t at;
    size_t depth, count;
    struct cfg_buf *rewritten; /* NULL: only count */
    size_t long_count;
    size_t copied; /* of `text`, into `rewritten` */
    struct cfg_err *err;
};

static enum cfg_status fail_at(struct walk *w, size_t offset)
{
    unsigned line, column;
    cfg_place_of(w->text, offset, &line, &column);
    cfg_err_place(w->err, CFG_STR_NONE, line, column);
    return w->err->status;
}

/* Past a string's closing quote, or to the end when it has none. */
static enum cfg_status walk_string(struct walk *w)
{
    for (w->at++; w->at < w->text.len && w->text.ptr[w->at] != '"'; w->at++) {
        if (w->text.ptr[w->at] != '\\')
            continue;
        if (cfg_str_starts(cfg_str_sub(w->text, w->at, w->text.len), CFG_STR("\\u0000"))) {
            cfg_err_set(w->err, CFG_CORRUPT, "a NUL character in a string");
            return fail_at(w, w->at);
        }
        w->at++;
    }
    w->at++;
    return CFG_OK;
}

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* An integer as JSON writes it, of more digits than surely fit. */
static bool is_long(struct cfg_str token)
{
    struct cfg_str digits = token.ptr[0] == '-' ? cfg_str_sub(token, 1, token.len) : token;
    if (digits.len <= SHORT_DIGITS || digits.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
    return true;
}

static void rewrite(struct walk *w, size_t from, size_t to)
{
    cfg_buf_append(w->rewritten, w->text.ptr + w->copied, from - w->copied);
    cfg_buf_str(w->rewritten, long_open);
    cfg_buf_append(w->rewritten, w->text.ptr + from, to - from);
    cfg_buf_str(w->rewritten, long_close);
    w->copied = to;
}

static enum cfg_status walk_number(struct walk *w)
{
    size_t from = w->at;
    while (w->at < w->text.len && is_number_char(w->text.ptr[w->at]))
        w->at++;
    if (!is_long(cfg_str_sub(w->text, from, w->at - from)))
        return CFG_OK;
    if (w->at - from > CFG_NUMBER_INT_CHARS) {
        cfg_err_set(w->err, CFG_TOO_LARGE, "a number of over %d characters", CFG_NUMBER_INT_CHARS);
        return fail_at(w, from);
    }
    w->long_count++;
    if (w->rewritten)
        rewrite(w, from, w->at);
    return CFG_OK;
}

/* A bracket or comma: each comma or opening makes one value more at most. */
static enum cfg_status walk_mark(struct walk *w, char c)
{
    size_t at = w->at++;
    if (c == ']' || c == '}') {
        w->depth -= w->depth > 0;
        return CFG_OK;
    }
    if (c != '[' && c != '{' && c != ',')
        return CFG_OK;
    if (c != ',' && ++w->depth > CFG_LIMIT_DEPTH) {
        cfg_err_set(w->err, CFG_TOO_LARGE, "over %d levels of objects and arrays", CFG_LIMIT_DEPTH);
        return fail_at(w, at);
    }
    if (++w->count > (size_t)CFG_LIMIT_NODES * 2) {
        cfg_err_set(w->err, CFG_TOO_LARGE, "over %d values in the text", CFG_LIMIT_NODES);
        return fail_at(w, at);
    }
    return CFG_OK;
}

static enum cfg_status walk_text(struct walk *w)
{
    enum cfg_status status = CFG_OK;
    while (w->at < w->text.len && status == CFG_OK) {
        char c = w->text.ptr[w->at];
        if (c == '"')
            status = walk_string(w);
        else if (c == '-' || (c >= '0' && c <= '9'))
            status = walk_number(w);
        else
            status = walk_mark(w, c);
    }
    if (status == CFG_OK && w->rewritten)
        cfg_buf_append(w->rewritten, w->text.ptr + w->copied, w->text.len - w->copied);
    return status;
}

/* An offset of the rewritten text in the text as it was. */
static size_t original_offset(struct cfg_str text, size_t offset)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct walk w = {.text = text, .err = &ignored};
    size_t grown = 0;
    while (w.at < text.len && w.at + grown < offset) {
        size_t long_before = w.long_count;
        char c = text.ptr[w.at];
        enum cfg_status status = c == '"' ? walk_string(&w) : CFG_OK;
        if (c == '-' || (c >= '0' && c <= '9'))
            status = walk_number(&w);
        else if (c != '"')
            w.at++;
        if (status)
            break;
        grown += (w.long_count - long_before) * (long_open.len + long_close.len);
    }
    return offset > grown ? offset - grown : 0;
}

/* --- nodes -------------------------------------------------------------------------------------- */

struct builder {
    struct cfg_arena *arena;
    struct cfg_err *err;
    size_t node_count;
};

static enum cfg_status
keep(struct builder *b, struct cfg_node *node, enum cfg_kind kind, struct cfg_str text)
{
    node->value.kind = kind;
    return cfg_arena_dup(b->arena, text, &node->value.text) ? CFG_OK
                                                            : cfg_arena_fail(b->arena, b->err);
}

static enum cfg_status set_scalar(struct builder *b, struct cfg_node *node, const json_t *json)
{
    char number[CFG_NUMBER_JAVA_BYTES];
    switch (json_typeof(json)) {
    case JSON_STRING: {
        struct cfg_str text = cfg_str_make(json_string_value(json), json_string_length(json));
        if (text.len && text.ptr[0] == '\0')
            return keep(b, node, CFG_KIND_INT, cfg_str_sub(text, 1, text.len));
        return keep(b, node, CFG_KIND_STRING, text);
    }
    case JSON_INTEGER:
        node->value.kind = CFG_KIND_INT;
        if (cfg_arena_printf(b->arena, &node->value.text, "%" JSON_INTEGER_FORMAT,
                             json_integer_value(json)))
            return CFG_OK;
        return cfg_arena_fail(b->arena, b->err);
    case JSON_REAL:
        return keep(b, node, CFG_KIND_DOUBLE,
                    cfg_str_make(number, cfg_number_java(json_real_value(json), number)));
    case JSON_TRUE:
        return keep(b, node, CFG_KIND_BOOL, CFG_STR("true"));
    case JSON_FALSE:
        return keep(b, node, CFG_KIND_BOOL, CFG_STR("false"));
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    return keep(b, node, CFG_KIND_NULL, CFG_STR(""));
}

static enum cfg_status build(struct builder *b, json_t *json, struct cfg_node **out);

static enum cfg_status
build_member(struct builder *b, struct cfg_node *map, struct cfg_str key, json_t *json)
{
    struct cfg_node *child;
    if (key.len > CFG_LIMIT_KEY_BYTES)
        return cfg_err_set(b->err, CFG_TOO_LARGE, "over %d bytes in a key", CFG_LIMIT_KEY_BYTES);
    if (build(b, json, &child))
        return b->err->status;
    if (!cfg_arena_dup(b->arena, key, &child->key))
        return cfg_arena_fail(b->arena, b->err);
    cfg_node_append(map, child);
    return CFG_OK;
}

static enum cfg_status build_object(struct builder *b, struct cfg_node *map, json_t *json)
{
    const char *key;
    size_t key_len;
    json_t *value;
    json_object_keylen_foreach(json, key, key_len, value)
    {
        if (build_member(b, map, cfg_str_make(key, key_len), value))
            return b->err->status;
    }
    return CFG_OK;
}

static enum cfg_status build_array(struct builder *b, struct cfg_node *list, const json_t *json)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct cfg_node *child;
        if (build(b, json_array_get(json, i), &child))
            return b->err->status;
        cfg_node_append(list, child);
    }
    return CFG_OK;
}

/* Recursion is bounded by the walk ahead. */
static enum cfg_status build(struct builder *b, json_t *json, struct cfg_node **out)
{
    enum cfg_node_kind kind = json_is_object(json)  ? CFG_NODE_MAP
                              : json_is_array(json) ? CFG_NODE_LIST
                                                    : CFG_NODE_SCALAR;
    if (++b->node_count > CFG_LIMIT_NODES)
        return cfg_err_set(b->err, CFG_TOO_LARGE, "over %d values in the text", CFG_LIMIT_NODES);
    *out = cfg_node_new(b->arena, kind);
    if (*out == NULL)
        return cfg_arena_fail(b->arena, b->err);
    if (kind == CFG_NODE_MAP)
        return build_object(b, *out, json);
    if (kind == CFG_NODE_LIST)
        return build_array(b, *out, json);
    return set_scalar(b, *out, json);
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* jansson quotes the text "near" an error, which may be a secret: that part is cut off. */
static enum cfg_status
load_failed(const json_error_t *error, struct cfg_str text, struct cfg_err *err)
{
    struct cfg_str message = cfg_str_of(error->text);
    size_t offset = error->position > 0 ? (size_t)error->position : 0;
    unsigned line, column;
    /* it has no text for most failed allocations */
    if (json_error_code(error) == json_error_out_of_memory || message.len == 0)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to read JSON");
    err->foreign_domain = "jansson";
    err->foreign_code = (int)json_error_code(error);
    message = cfg_str_sub(message, 0, cfg_str_find(message, CFG_STR(" near ")));
    cfg_err_set(err, CFG_CORRUPT, "%.*s", CFG_STR_ARG(message));
    cfg_place_of(text, original_offset(text, offset), &line, &column);
    cfg_err_place(err, CFG_STR_NONE, line, column);
    return err->status;
}

static enum cfg_status
load(struct cfg_str text, struct cfg_buf *rewritten, json_t **out, struct cfg_err *err)
{
    struct walk count = {.text = text, .err = err};
    struct cfg_str input = text;
    json_error_t error;
    if (walk_text(&count))
        return err->status;
    if (count.long_count) {
        struct walk again = {.text = text, .rewritten = rewritten, .err = err};
        if (walk_text(&again) || cfg_buf_end(rewritten, "the text", err))
            return err->status;
        input = cfg_buf_view(rewritten);
    }
    *out = json_loadb(input.len ? input.ptr : "", input.len,
                      JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    return *out ? CFG_OK : load_failed(&error, text, err);
}

enum cfg_status cfg_parse_json(struct cfg_str text,
                               struct cfg_arena *arena,
                               struct cfg_docs *out,
                               struct cfg_err *err)
{
    struct builder b = {.arena = arena, .err = err};
    struct cfg_node **roots = NULL;
    struct cfg_buf rewritten;
    json_t *json = NULL;
    bool done = false;
    *out = (struct cfg_docs){.count = 0};
    /* a number that is rewritten has nineteen digits or more, and grows by eight characters */
    cfg_buf_init(&rewritten, (size_t)CFG_LIMIT_FILE_BYTES * 2);
    if (text.len > CFG_LIMIT_FILE_BYTES) {
        cfg_err_set(err, CFG_TOO_LARGE, "the text is over %d bytes", CFG_LIMIT_FILE_BYTES);
        goto out;
    }
    if (load(text, &rewritten, &json, err))
        goto out;
    roots = cfg_arena_alloc(arena, sizeof *roots);
    if (roots == NULL) {
        cfg_arena_fail(arena, err);
        goto out;
    }
    if (build(&b, json, &roots[0]))
        goto out;
    *out = (struct cfg_docs){roots, 1};
    done = true;
out:
    json_decref(json);
    cfg_buf_release(&rewritten);
    return cfg_err_end(err, done);
}
