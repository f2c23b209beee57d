/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a text, its form and a way to look names up.
 * Gives: the text with its placeholders resolved.
 * Keeps: nothing. Each value is resolved alone; nothing is remembered between two calls.
 *
 * Three passes: escapes are masked ("\${" becomes "$_{"), placeholders are expanded, the mask is taken
 * off. Values that were looked up are not masked: there a backslash escapes where it is met. Where a
 * placeholder ends is a matter of counting braces, as Spring does it: any "{" opens a level.
 *
 * Hostile text is bounded three ways: levels (placeholders within placeholders, or within the values
 * those lead to), bytes that placeholders may add, and work (bytes of looked-up values that are read,
 * plus a fixed price for each look-up that the text itself does not contain), so that chains which
 * double at each step end soon.
 */
#include "core/merge/placeholder.h"

#include <stdint.h>

#include "core/base/buf.h"
#include "core/model/limits.h"

enum {
    WORK_BYTES = 4 << 20,    /* beyond eight times the text */
    LOOK_UP_BYTES = 1 << 10, /* the price of one indirect look-up */
};

struct resolver {
    enum cfg_placeholder_form form;
    cfg_placeholder_find_fn find;
    void *find_ctx;
    struct cfg_arena *arena;
    struct cfg_err *err;
    size_t work_left;
};

/* The names whose values are being expanded, innermost first; NULL in the text itself. */
struct frame {
    struct cfg_str name;
    const struct frame *outer;
};

/* Where a piece of text stands: inside which names, how many levels down. */
struct scope {
    const struct frame *names;
    unsigned depth;
};

/* Braces that nothing closes, in order; found once a text turns out to have any. */
struct unclosed {
    size_t *items;
    size_t count, cap;
    size_t next; /* the first that is not passed yet */
    bool known;
};

static enum cfg_status put(struct resolver *r, struct cfg_buf *out, struct cfg_str s)
{
    cfg_buf_str(out, s);
    return cfg_buf_end(out, "a value with its placeholders", r->err);
}

/* The next "${" at or after `from`. */
static size_t find_open(struct cfg_str text, size_t from)
{
    while (from + 1 < text.len) {
        const char *dollar = memchr(text.ptr + from, '$', text.len - from - 1);
        if (dollar == NULL)
            break;
        if (dollar[1] == '{')
            return (size_t)(dollar - text.ptr);
        from = (size_t)(dollar - text.ptr) + 1;
    }
    return text.len;
}

/* The "}" that ends the placeholder at `open`; `text.len` when there is none. */
static size_t find_close(struct cfg_str text, size_t open)
{
    size_t level = 0;
    for (size_t i = open + 2; i < text.len; i++) {
        if (text.ptr[i] == '{')
            level++;
        else if (text.ptr[i] == '}' && level-- == 0)
            return i;
    }
    return text.len;
}

/* Every brace from `from` on that stays open. One pass, so that many of them cost no more than one. */
static enum cfg_status
list_unclosed(struct resolver *r, struct cfg_str text, size_t from, struct unclosed *out)
{
    for (size_t i = from; i < text.len; i++) {
        if (text.ptr[i] == '}' && out->count > 0)
            out->count--;
        if (text.ptr[i] != '{')
            continue;
        if (!cfg_arena_grow(r->arena, &out->items, &out->cap, out->count, sizeof *out->items))
            return cfg_arena_fail(r->arena, r->err);
        out->items[out->count++] = i;
    }
    out->known = true;
    return CFG_OK;
}

/* As find_close, for a text in which some placeholders may never close. */
static enum cfg_status find_close_of(
    struct resolver *r, struct cfg_str text, size_t open, struct unclosed *unclosed, size_t *out)
{
    while (unclosed->next < unclosed->count && unclosed->items[unclosed->next] <= open)
        unclosed->next++;
    *out = text.len;
    if (unclosed->next < unclosed->count && unclosed->items[unclosed->next] == open + 1)
        return CFG_OK;
    *out = find_close(text, open);
    if (*out < text.len || unclosed->known)
        return CFG_OK;
    return list_unclosed(r, text, open, unclosed);
}

/* In values that were looked up a backslash makes "${" ordinary text. */
static bool is_escaped(struct cfg_str text, size_t from, size_t open, const struct scope *scope)
{
    return scope->names && open > from && text.ptr[open - 1] == '\\';
}

/* The first ":" that separates a name from its default. */
static size_t find_separator(const struct resolver *r, struct cfg_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ':' &&
            (r->form == CFG_PLACEHOLDER_VALUE || i == 0 || text.ptr[i - 1] != '\\'))
            return i;
    return text.len;
}

/* Appends a part of a name without the backslashes that kept its colons from separating. */
static enum cfg_status put_name(struct resolver *r, struct cfg_buf *out, struct cfg_str part)
{
    size_t from = 0;
    for (size_t i = 1; r->form == CFG_PLACEHOLDER_TEXT && i < part.len; i++) {
        if (part.ptr[i] != ':' || part.ptr[i - 1] != '\\')
            continue;
        cfg_buf_append(out, part.ptr + from, i - 1 - from);
        from = i;
    }
    return put(r, out, cfg_str_sub(part, from, part.len));
}

static enum cfg_status
expand(struct resolver *r, struct cfg_str text, struct scope scope, struct cfg_buf *out);
static enum cfg_status
resolve_one(struct resolver *r, struct cfg_str body, struct scope scope, struct cfg_buf *out);

/* Expands the value of `name` if there is one. */
static enum cfg_status look_up(struct resolver *r,
                               struct cfg_str name,
                               struct scope scope,
                               struct cfg_buf *out,
                               bool *out_found)
{
    struct cfg_str value;
    if (r->form == CFG_PLACEHOLDER_VALUE)
        name = cfg_str_trim(name);
    *out_found = r->find(name, &value, r->find_ctx);
    if (!*out_found)
        return CFG_OK;
    for (const struct frame *frame = scope.names; frame; frame = frame->outer)
        if (cfg_str_eq(frame->name, name))
            return cfg_err_set(r->err, CFG_INVALID, "Circular placeholder reference \"%.*s\"",
                               CFG_STR_ARG(cfg_str_sub(name, 0, 200)));
    size_t work = value.len + (scope.names ? LOOK_UP_BYTES : 0);
    if (work > r->work_left)
        return cfg_err_set(r->err, CFG_TOO_LARGE,
                           "placeholders lead to over %d bytes of values to read", WORK_BYTES);
    r->work_left -= work;
    struct frame frame = {name, scope.names};
    return expand(r, value, (struct scope){&frame, scope.depth}, out);
}

/*
 * Reads the name at the front of a placeholder's body, the placeholders inside it resolved, up to the
 * first separator outside of those.
 */
static enum cfg_status read_name(struct resolver *r,
                                 struct cfg_str body,
                                 struct scope scope,
                                 struct cfg_buf *name,
                                 struct cfg_str *out_default,
                                 bool *out_has_default)
{
    enum cfg_status status = CFG_OK;
    size_t at = 0;
    *out_has_default = false;
    while (status == CFG_OK && at < body.len) {
        size_t open = find_open(body, at);
        size_t close = open < body.len ? find_close(body, open) : body.len;
        bool escaped = open < body.len && is_escaped(body, at, open, &scope);
        struct cfg_str part = cfg_str_sub(body, at, open - at - escaped);
        size_t separator = find_separator(r, part);
        if (separator < part.len) {
            *out_has_default = true;
            *out_default = cfg_str_sub(body, at + separator + 1, body.len);
            return put_name(r, name, cfg_str_sub(part, 0, separator));
        }
        status = put_name(r, name, part);
        at = body.len;
        if (status != CFG_OK || open == body.len)
            break;
        if (escaped || close == body.len) {
            status = put(r, name, CFG_STR("${"));
            at = open + 2;
        } else {
            status = resolve_one(r, cfg_str_sub(body, open + 2, close - open - 2), scope, name);
            at = close + 1;
        }
    }
    return status;
}

/* One placeholder, without its braces: the value of its name, else its default, else itself. */
static enum cfg_status
resolve_one(struct resolver *r, struct cfg_str body, struct scope scope, struct cfg_buf *out)
{
    struct cfg_str fallback = CFG_STR_NONE;
    struct cfg_buf name;
    bool has_fallback = false;
    bool found = false;
    if (scope.depth >= CFG_LIMIT_PLACEHOLDER_DEPTH)
        return cfg_err_set(r->err, CFG_TOO_LARGE, "placeholders lead over %d levels",
                           CFG_LIMIT_PLACEHOLDER_DEPTH);
    scope.depth++;
    /* names as long as the text itself are only text that looks like one */
    cfg_buf_init(&name, body.len + CFG_LIMIT_KEY_BYTES);
    enum cfg_status status = read_name(r, body, scope, &name, &fallback, &has_fallback);
    /* a key may itself hold a separator: the whole body is tried first */
    bool plain = find_open(body, 0) == body.len;
    if (status == CFG_OK && plain && (has_fallback || name.len != body.len))
        status = look_up(r, body, scope, out, &found);
    if (status == CFG_OK && !found)
        status = look_up(r, cfg_buf_view(&name), scope, out, &found);
    if (status == CFG_OK && !found && has_fallback) {
        status = expand(r, fallback, scope, out);
    } else if (status == CFG_OK && !found) {
        cfg_buf_str(out, CFG_STR("${"));
        cfg_buf_str(out, cfg_buf_view(&name));
        status = put(r, out, CFG_STR("}"));
    }
    cfg_buf_release(&name);
    return status;
}

static enum cfg_status
expand(struct resolver *r, struct cfg_str text, struct scope scope, struct cfg_buf *out)
{
    struct unclosed unclosed = {0};
    enum cfg_status status = CFG_OK;
    size_t at = 0;
    while (status == CFG_OK) {
        size_t open = find_open(text, at);
        size_t close = text.len;
        if (open == text.len)
            return put(r, out, cfg_str_sub(text, at, text.len));
        status = find_close_of(r, text, open, &unclosed, &close);
        if (status != CFG_OK)
            break;
        if (close == text.len) {
            status = put(r, out, cfg_str_sub(text, at, open + 2 - at));
            at = open + 2;
        } else if (is_escaped(text, at, open, &scope)) {
            cfg_buf_str(out, cfg_str_sub(text, at, open - 1 - at));
            status = put(r, out, CFG_STR("${"));
            at = open + 2;
        } else {
            cfg_buf_str(out, cfg_str_sub(text, at, open - at));
            status = resolve_one(r, cfg_str_sub(text, open + 2, close - open - 2), scope, out);
            at = close + 1;
        }
    }
    return status;
}

static const struct cfg_str mask = {"$_{", 3};

/* "\${" and "\\${" become "$_{"; a third backslash stays. */
static void mask_escapes(struct cfg_str text, struct cfg_buf *out)
{
    size_t from = 0;
    for (size_t open = find_open(text, 0); open < text.len; open = find_open(text, open + 2)) {
        size_t slashes = 0;
        while (slashes < 2 && open - slashes > from && text.ptr[open - slashes - 1] == '\\')
            slashes++;
        if (slashes == 0)
            continue;
        cfg_buf_append(out, text.ptr + from, open - slashes - from);
        cfg_buf_str(out, mask);
        from = open + 2;
    }
    cfg_buf_str(out, cfg_str_sub(text, from, text.len));
}

/* "$_{" becomes "${", in place. */
static void take_off_masks(struct cfg_buf *buf)
{
    size_t to = 0;
    for (size_t i = 0; i < buf->len; i++) {
        if (cfg_str_starts(cfg_str_make(buf->ptr + i, buf->len - i), mask)) {
            buf->ptr[to++] = '$';
            i++;
        } else {
            buf->ptr[to++] = buf->ptr[i];
        }
    }
    buf->len = to;
}

/* Nothing to do in most values. */
static bool is_plain(struct cfg_str text)
{
    return text.len < 3 || memchr(text.ptr, '$', text.len) == NULL ||
           (find_open(text, 0) == text.len && cfg_str_find(text, mask) == text.len);
}

enum cfg_status cfg_placeholder_resolve(struct cfg_str text,
                                        enum cfg_placeholder_form form,
                                        cfg_placeholder_find_fn find,
                                        void *find_ctx,
                                        struct cfg_arena *arena,
                                        struct cfg_str *out,
                                        bool *out_changed,
                                        struct cfg_err *err)
{
    struct resolver resolver = {form, find, find_ctx, arena, err, 0};
    struct cfg_buf masked;
    struct cfg_buf buf;
    bool done = false;
    *out = text;
    *out_changed = false;
    if (is_plain(text))
        return CFG_OK;
    resolver.work_left = text.len < SIZE_MAX / 16 ? WORK_BYTES + 8 * text.len : 0;
    cfg_buf_init(&masked, text.len);
    cfg_buf_init(&buf, text.len + CFG_LIMIT_VALUE_BYTES);
    if (cfg_str_find(text, CFG_STR("\\${")) < text.len) {
        mask_escapes(text, &masked);
        if (cfg_buf_end(&masked, "a text with placeholders", err) != CFG_OK)
            goto out;
    }
    if (expand(&resolver, masked.len ? cfg_buf_view(&masked) : text, (struct scope){0}, &buf) !=
        CFG_OK)
        goto out;
    take_off_masks(&buf);
    if (!cfg_str_eq(cfg_buf_view(&buf), text)) {
        if (!cfg_arena_dup(arena, cfg_buf_view(&buf), out)) {
            cfg_arena_fail(arena, err);
            goto out;
        }
        *out_changed = true;
    }
    done = true;
out:
    if (!done)
        *out = CFG_STR_NONE;
    cfg_buf_release(&masked);
    cfg_buf_release(&buf);
    return cfg_err_end(err, done);
}

enum cfg_status cfg_placeholder_index(struct cfg_placeholder_index *index,
                                      const struct cfg_answer *answer,
                                      struct cfg_arena *arena,
                                      struct cfg_err *err)
{
    cfg_map_init(&index->map);
    /* weakest first: a stronger source replaces what is there */
    for (size_t i = answer->count; i-- > 0;) {
        const struct cfg_props *props = answer->sources[i].props;
        for (size_t k = 0; k < props->count; k++)
            if (!cfg_map_put(&index->map, cfg_prop_key(&props->items[k]), &props->items[k]))
                goto fail;
    }
    /* the table itself, not `index`, which may leave the stack before the arena goes */
    if (index->map.entries == NULL || cfg_arena_defer(arena, free, index->map.entries))
        return CFG_OK;
fail:
    cfg_map_release(&index->map);
    return cfg_err_set(err, CFG_NO_MEMORY, "no memory for the keys of the answer");
}

bool cfg_placeholder_index_find(struct cfg_str name, struct cfg_str *out, void *index)
{
    const struct cfg_placeholder_index *known = index;
    const struct cfg_prop *prop = cfg_map_find(&known->map, name);
    if (prop)
        *out = cfg_prop_value(prop).text;
    return prop != NULL;
}
