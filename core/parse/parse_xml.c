/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the bytes of a Java properties file in XML. Gives: one document, a map of strings.
 * Keeps: the entry at hand.
 *
 * A document type is read over when it is that of Java's properties, and nothing is fetched. Without
 * declarations of its own there are no entities to expand, so the text can only shrink.
 * Values have no place: the reference knows none for this format and its answers show none.
 */
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/model/limits.h"
#include "core/parse/parse.h"

#include <expat.h>

static const char dtd_uri[] = "http://java.sun.com/dtd/properties.dtd";

static const char unknown_entity[] = "a reference to an unknown entity";

enum place { PLACE_OUTSIDE, PLACE_PROPERTIES, PLACE_COMMENT, PLACE_ENTRY };

struct reader {
    XML_Parser parser;
    struct cfg_str text;
    struct cfg_arena *arena;
    struct cfg_err *err;
    enum place place;
    bool has_comment;
    struct cfg_node *map;
    struct cfg_map index; /* key → its node */
    struct cfg_str key;
    struct cfg_buf value;
};

/* Places the error just set and ends the parse. */
static void stop(struct reader *r)
{
    cfg_err_place(r->err, CFG_STR_NONE, (unsigned)XML_GetCurrentLineNumber(r->parser),
                  (unsigned)XML_GetCurrentColumnNumber(r->parser) + 1);
    XML_StopParser(r->parser, XML_FALSE);
}

static void refuse(struct reader *r, const char *why)
{
    cfg_err_set(r->err, CFG_CORRUPT, "%s", why);
    stop(r);
}

static bool stopped(const struct reader *r)
{
    return r->err->status != CFG_OK;
}

static const XML_Char *find_attribute(const XML_Char **pairs, const char *name)
{
    for (size_t i = 0; pairs[i]; i += 2)
        if (strcmp(pairs[i], name) == 0)
            return pairs[i + 1];
    return NULL;
}

/* The character at a place of the text, which is ASCII where it matters, in UTF-8 or UTF-16. */
static char char_at(struct cfg_str raw, size_t index)
{
    bool wide = raw.len > 1 && (raw.ptr[0] == '\0' || raw.ptr[1] == '\0');
    bool big_endian = wide && raw.ptr[0] == '\0';
    size_t at = wide ? index * 2 + big_endian : index;
    if (at >= raw.len)
        return '\0';
    return wide && raw.ptr[at ^ 1] != '\0' ? '?' : raw.ptr[at];
}

/* A reference to an entity that is neither a number nor one of XML's own five. */
static bool is_entity(struct cfg_str raw, size_t index)
{
    static const char *const known[] = {"amp;", "lt;", "gt;", "quot;", "apos;", "#"};
    for (size_t i = 0; i < CFG_COUNT(known); i++) {
        size_t len = 0;
        while (known[i][len] && char_at(raw, index + len) == known[i][len])
            len++;
        if (known[i][len] == '\0')
            return false;
    }
    return true;
}

/*
 * With an outer document type expat drops unknown entities from attributes without a word, so the tag
 * is looked at as it was written.
 */
static bool tag_has_entity(const struct reader *r)
{
    size_t from = (size_t)XML_GetCurrentByteIndex(r->parser);
    struct cfg_str raw = cfg_str_sub(r->text, from, (size_t)XML_GetCurrentByteCount(r->parser));
    for (size_t i = 0; i < raw.len; i++)
        if (char_at(raw, i) == '&' && is_entity(raw, i + 1))
            return true;
    return false;
}

static void begin_entry(struct reader *r, const XML_Char **attributes)
{
    struct cfg_str key = cfg_str_of(find_attribute(attributes, "key"));
    if (key.ptr == NULL) {
        refuse(r, "an entry without a key");
    } else if (key.len > CFG_LIMIT_KEY_BYTES) {
        cfg_err_set(r->err, CFG_TOO_LARGE, "over %d bytes in a key", CFG_LIMIT_KEY_BYTES);
        stop(r);
    } else if (!cfg_arena_dup(r->arena, key, &r->key)) {
        cfg_arena_fail(r->arena, r->err);
        stop(r);
    } else {
        r->place = PLACE_ENTRY;
        cfg_buf_reset(&r->value);
    }
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = ctx;
    if (stopped(r))
        return;
    if (tag_has_entity(r)) {
        refuse(r, unknown_entity);
        return;
    }
    if (r->place == PLACE_OUTSIDE && strcmp(name, "properties") == 0) {
        r->place = PLACE_PROPERTIES;
    } else if (r->place == PLACE_PROPERTIES && strcmp(name, "entry") == 0) {
        begin_entry(r, attributes);
    } else if (r->place == PLACE_PROPERTIES && strcmp(name, "comment") == 0 && !r->has_comment) {
        r->has_comment = true;
        r->place = PLACE_COMMENT;
    } else {
        refuse(
            r,
            "not Java's properties: <properties> holds one <comment> and <entry key=\"…\"> alone");
    }
}

static struct cfg_node *find_or_add(struct reader *r)
{
    struct cfg_node *node = cfg_map_find(&r->index, r->key);
    if (node)
        return node;
    if (r->map->count + 1 == CFG_LIMIT_NODES) {
        cfg_err_set(r->err, CFG_TOO_LARGE, "over %d values in the file", CFG_LIMIT_NODES);
        return NULL;
    }
    node = cfg_node_new(r->arena, CFG_NODE_SCALAR);
    if (node == NULL) {
        cfg_arena_fail(r->arena, r->err);
        return NULL;
    }
    node->key = r->key;
    if (!cfg_map_put(&r->index, r->key, node)) {
        cfg_err_set(r->err, CFG_NO_MEMORY, "no memory for the keys");
        return NULL;
    }
    cfg_node_append(r->map, node);
    return node;
}

/* A key that is there already keeps its position and gets the new value. */
static void end_entry(struct reader *r)
{
    struct cfg_node *node;
    if (cfg_buf_end(&r->value, "a value", r->err)) {
        stop(r);
        return;
    }
    node = find_or_add(r);
    if (node == NULL) {
        stop(r);
        return;
    }
    node->value.kind = CFG_KIND_STRING;
    if (!cfg_arena_dup(r->arena, cfg_buf_view(&r->value), &node->value.text)) {
        cfg_arena_fail(r->arena, r->err);
        stop(r);
    }
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    struct reader *r = ctx;
    (void)name;
    if (stopped(r))
        return;
    if (r->place == PLACE_ENTRY)
        end_entry(r);
    r->place = r->place == PLACE_PROPERTIES ? PLACE_OUTSIDE : PLACE_PROPERTIES;
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int len)
{
    struct reader *r = ctx;
    if (r->place == PLACE_ENTRY && !stopped(r))
        cfg_buf_append(&r->value, text, (size_t)len);
}

static void XMLCALL on_doctype(void *ctx,
                               const XML_Char *name,
                               const XML_Char *system_id,
                               const XML_Char *public_id,
                               int has_subset)
{
    struct reader *r = ctx;
    (void)name;
    (void)public_id;
    if (has_subset)
        refuse(r, "declarations in the document type are not read");
    else if (system_id && strcmp(system_id, dtd_uri) != 0)
        refuse(r, "a document type other than that of Java's properties");
}

/* The first declaration, before anything can refer to it. */
static void XMLCALL on_entity(void *ctx,
                              const XML_Char *name,
                              int is_parameter,
                              const XML_Char *value,
                              int value_len,
                              const XML_Char *base,
                              const XML_Char *system_id,
                              const XML_Char *public_id,
                              const XML_Char *notation)
{
    (void)name, (void)is_parameter, (void)value, (void)value_len;
    (void)base, (void)system_id, (void)public_id, (void)notation;
    if (!stopped(ctx))
        refuse(ctx, "entities are not declared here");
}

/* With an outer document type expat passes over what it cannot know; here nothing is passed over. */
static void XMLCALL on_skipped(void *ctx, const XML_Char *name, int is_parameter)
{
    (void)name, (void)is_parameter;
    if (!stopped(ctx))
        refuse(ctx, unknown_entity);
}

static int XMLCALL on_external(XML_Parser parser,
                               const XML_Char *context,
                               const XML_Char *base,
                               const XML_Char *system_id,
                               const XML_Char *public_id)
{
    (void)parser, (void)context, (void)base, (void)system_id, (void)public_id;
    return XML_STATUS_ERROR; /* nothing is fetched */
}

static void set_handlers(struct reader *r)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    XML_SetEntityDeclHandler(r->parser, on_entity);
    XML_SetSkippedEntityHandler(r->parser, on_skipped);
    XML_SetExternalEntityRefHandler(r->parser, on_external);
    XML_SetParamEntityParsing(r->parser, XML_PARAM_ENTITY_PARSING_NEVER);
}

static enum cfg_status run(struct reader *r)
{
    struct cfg_str text = r->text;
    if (XML_Parse(r->parser, text.len ? text.ptr : "", (int)text.len, 1) == XML_STATUS_OK &&
        !stopped(r))
        return CFG_OK;
    enum XML_Error code = XML_GetErrorCode(r->parser);
    if (stopped(r))
        return r->err->status;
    if (code == XML_ERROR_NO_MEMORY)
        return cfg_err_set(r->err, CFG_NO_MEMORY, "no memory to read XML");
    r->err->foreign_domain = "expat";
    r->err->foreign_code = (int)code;
    refuse(r, XML_ErrorString(code));
    return r->err->status;
}

enum cfg_status cfg_parse_xml(struct cfg_str text,
                              struct cfg_arena *arena,
                              struct cfg_docs *out,
                              struct cfg_err *err)
{
    struct reader r = {.text = text, .arena = arena, .err = err};
    struct cfg_node **roots = NULL;
    bool done = false;
    *out = (struct cfg_docs){.count = 0};
    cfg_map_init(&r.index);
    cfg_buf_init(&r.value, CFG_LIMIT_FILE_BYTES * 2);
    if (text.len > CFG_LIMIT_FILE_BYTES) {
        cfg_err_set(err, CFG_TOO_LARGE, "the file is over %d bytes", CFG_LIMIT_FILE_BYTES);
        goto out;
    }
    r.parser = XML_ParserCreate(NULL);
    if (r.parser == NULL) {
        cfg_err_set(err, CFG_NO_MEMORY, "no memory to read XML");
        goto out;
    }
    roots = cfg_arena_alloc(arena, sizeof *roots);
    r.map = cfg_node_new(arena, CFG_NODE_MAP);
    if (roots == NULL || r.map == NULL) {
        cfg_arena_fail(arena, err);
        goto out;
    }
    set_handlers(&r);
    if (run(&r))
        goto out;
    roots[0] = r.map;
    *out = (struct cfg_docs){roots, 1};
    done = true;
out:
    if (r.parser)
        XML_ParserFree(r.parser);
    cfg_map_release(&r.index);
    cfg_buf_release(&r.value);
    return cfg_err_end(err, done);
}
