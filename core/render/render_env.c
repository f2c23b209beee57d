/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: an answer. Gives: its Environment document, and the hash that is its identity.
 * Keeps: nothing; the only memory is the output's (and a scratch buffer for unrendered hashes).
 */
#include "core/render/render_env.h"

#include "core/model/limits.h"
#include "core/render/json_writer.h"

static void write_v1(const struct cfg_props *props, struct cfg_buf *out)
{
    cfg_buf_char(out, '{');
    for (size_t i = 0; props && i < props->count; i++) {
        if (i > 0)
            cfg_buf_char(out, ',');
        cfg_json_string(out, cfg_prop_key(&props->items[i]));
        cfg_buf_char(out, ':');
        cfg_json_value(out, cfg_prop_value(&props->items[i]));
    }
    cfg_buf_char(out, '}');
}

void cfg_render_fragment(const struct cfg_props *props,
                         struct cfg_buf *out,
                         struct cfg_hash128 *out_hash)
{
    size_t start = out->len;
    write_v1(props, out);
    *out_hash = (struct cfg_hash128){0};
    if (out->failed == CFG_OK)
        *out_hash = cfg_hash128(cfg_str_sub(cfg_buf_view(out), start, out->len - start));
}

/* Decimal digits before `end`; gives where they begin. */
static char *put_number(char *end, uint32_t number)
{
    do
        *--end = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return end;
}

static void write_place(uint32_t line, uint32_t column, struct cfg_buf *out)
{
    char text[24], *end = text + sizeof text, *at = end;

    *--at = '"';
    at = put_number(at, column);
    *--at = ':';
    at = put_number(at, line);
    *--at = '"';
    cfg_buf_append(out, at, (size_t)(end - at));
}

static void
write_with_origin(const struct cfg_source *source, const struct cfg_prop *prop, struct cfg_buf *out)
{
    cfg_buf_str(out, CFG_STR("{\"value\":"));
    cfg_json_value(out, cfg_prop_value(prop));
    if (source->origin_text.len) {
        cfg_buf_str(out, CFG_STR(",\"origin\":"));
        cfg_json_string(out, source->origin_text);
    } else {
        cfg_buf_str(out, CFG_STR(",\"origin\":"));
        write_place(prop->line, cfg_prop_column(prop), out);
    }
    cfg_buf_char(out, '}');
}

/* A value whose place nobody knows (decrypted, a member of a set) is shown bare. */
static bool has_origin(const struct cfg_source *source, size_t at)
{
    return at < source->plain_from && (source->origin_text.len || source->props->items[at].line);
}

static void write_v2(const struct cfg_source *source, struct cfg_buf *out)
{
    const struct cfg_props *props = source->props;

    cfg_buf_char(out, '{');
    for (size_t i = 0; props && i < props->count; i++) {
        const struct cfg_prop *prop = &props->items[i];
        if (i > 0)
            cfg_buf_char(out, ',');
        cfg_json_string(out, cfg_prop_key(prop));
        cfg_buf_char(out, ':');
        if (has_origin(source, i))
            write_with_origin(source, prop, out);
        else
            cfg_json_value(out, cfg_prop_value(prop));
    }
    cfg_buf_char(out, '}');
}

static void write_text_or_null(struct cfg_str text, bool present, struct cfg_buf *out)
{
    if (present)
        cfg_json_string(out, text);
    else
        cfg_buf_str(out, CFG_STR("null"));
}

static void write_head(const struct cfg_answer *answer, struct cfg_buf *out)
{
    cfg_buf_str(out, CFG_STR("{\"name\":"));
    cfg_json_string(out, answer->name);
    cfg_buf_str(out, CFG_STR(",\"profiles\":["));
    cfg_json_string(out, answer->profiles);
    cfg_buf_str(out, CFG_STR("],\"label\":"));
    write_text_or_null(answer->label, answer->has_label, out);
    cfg_buf_str(out, CFG_STR(",\"version\":"));
    write_text_or_null(answer->version, answer->has_version, out);
    cfg_buf_str(out, CFG_STR(",\"state\":"));
    write_text_or_null(answer->state, answer->has_state, out);
}

void cfg_render_env(const struct cfg_answer *answer, enum cfg_env_form form, struct cfg_buf *out)
{
    write_head(answer, out);
    cfg_buf_str(out, CFG_STR(",\"propertySources\":["));
    for (size_t i = 0; i < answer->count; i++) {
        const struct cfg_source *source = &answer->sources[i];
        cfg_buf_str(out, i > 0 ? CFG_STR(",{\"name\":") : CFG_STR("{\"name\":"));
        cfg_json_string(out, source->name);
        cfg_buf_str(out, CFG_STR(",\"source\":"));
        if (form == CFG_ENV_V2)
            write_v2(source, out);
        else if (source->fragment.len)
            cfg_buf_str(out, source->fragment);
        else
            write_v1(source->props, out);
        cfg_buf_char(out, '}');
    }
    cfg_buf_str(out, CFG_STR("]}"));
}

/* Big-endian, so that the identity is the same on every machine. */
static void note_u64(struct cfg_buf *identity, uint64_t number)
{
    char bytes[8];
    for (int i = 7; i >= 0; i--, number >>= 8)
        bytes[i] = (char)(number & 0xFF);
    cfg_buf_append(identity, bytes, sizeof bytes);
}

/* With its length before it, so that no two lists of texts run into the same bytes. */
static void note_text(struct cfg_buf *identity, struct cfg_str text)
{
    note_u64(identity, text.len);
    cfg_buf_str(identity, text);
}

static struct cfg_hash128 source_hash(const struct cfg_source *source, struct cfg_buf *scratch)
{
    struct cfg_hash128 hash = source->hash;

    if (hash.high | hash.low)
        return hash;
    if (source->fragment.len)
        return cfg_hash128(source->fragment);
    cfg_buf_reset(scratch);
    cfg_render_fragment(source->props, scratch, &hash);
    return hash;
}

enum cfg_status
cfg_render_env_hash(const struct cfg_answer *answer, struct cfg_hash128 *out, struct cfg_err *err)
{
    struct cfg_buf identity, scratch;
    enum cfg_status status = CFG_OK;

    *out = (struct cfg_hash128){0};
    cfg_buf_init(&identity, CFG_LIMIT_ANSWER_BYTES);
    cfg_buf_init(&scratch, CFG_LIMIT_ANSWER_BYTES);
    note_text(&identity, answer->name);
    note_text(&identity, answer->profiles);
    note_u64(&identity, answer->has_label);
    note_text(&identity, answer->has_label ? answer->label : CFG_STR_NONE);
    note_u64(&identity, answer->count);
    for (size_t i = 0; i < answer->count && status == CFG_OK; i++) {
        struct cfg_hash128 hash = source_hash(&answer->sources[i], &scratch);
        status = cfg_buf_end(&scratch, "a source of the answer", err);
        note_text(&identity, answer->sources[i].name);
        note_u64(&identity, hash.high);
        note_u64(&identity, hash.low);
    }
    if (status == CFG_OK)
        status = cfg_buf_end(&identity, "the answer", err);
    if (status == CFG_OK)
        *out = cfg_hash128(cfg_buf_view(&identity));
    cfg_buf_release(&scratch);
    cfg_buf_release(&identity);
    return status;
}
