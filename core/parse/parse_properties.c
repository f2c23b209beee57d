/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the bytes of a Java properties file. Gives: its documents as maps of strings.
 * Keeps: one character at hand, with the column that Spring Boot counts for it.
 *
 * Lines and columns are part of the wire (origins), so they are counted as Boot's reader does: an
 * escape counts once, an empty value lies behind its line's end, the end of the file ends a line.
 */
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/base/utf8.h"
#include "core/model/limits.h"
#include "core/parse/parse.h"

enum { END = -1 };

struct reader {
    struct cfg_str text;
    size_t at;
    int character;  /* UTF-16 unit or END */
    bool escaped;   /* `character` was written with a backslash: it separates nothing */
    bool fresh;     /* the line end was read while skipping blanks */
    int64_t column; /* of `character` from 0; -1: a new line comes */
    uint32_t line;  /* line ends read so far */
    bool line_open; /* characters were read since the last line end */
    int comment;    /* the sign that began the line before, if that was a comment */
    struct cfg_err *err;
};

struct document {
    struct cfg_node *map;
    struct cfg_map index; /* key → its node */
};

struct parser {
    struct reader reader;
    struct cfg_arena *arena;
    struct cfg_err *err;
    struct cfg_buf key, value;
    int32_t high_half; /* of a surrogate pair in the making; 0: none */
    struct document document;
    struct cfg_map previous_index; /* of the document before, which a comment may open again */
    size_t node_count, document_count;
    struct cfg_docs docs;
    size_t docs_cap;
};

/* --- characters --------------------------------------------------------------------------------- */

/* The next character as it stands; any line end is '\n'. */
static int next_raw(struct reader *r)
{
    if (r->at == r->text.len) {
        r->line += r->line_open;
        r->line_open = false;
        return END;
    }
    int c = (unsigned char)r->text.ptr[r->at++];
    if (c == '\r') {
        if (r->at < r->text.len && r->text.ptr[r->at] == '\n')
            r->at++;
        c = '\n';
    }
    r->line += c == '\n';
    r->line_open = c != '\n';
    return c;
}

static bool is_blank(const struct reader *r)
{
    return !r->escaped && (r->character == ' ' || r->character == '\t' || r->character == '\f');
}

static bool is_line_end(const struct reader *r)
{
    return r->character == END || (r->character == '\n' && !r->escaped);
}

static bool is_separator(const struct reader *r)
{
    return !r->escaped && (r->character == '=' || r->character == ':');
}

static void skip_blanks(struct reader *r)
{
    while (is_blank(r)) {
        r->character = next_raw(r);
        r->column++;
    }
}

static enum cfg_status bad_escape(struct reader *r)
{
    cfg_err_set(r->err, CFG_CORRUPT, "'\\u' needs four hexadecimal digits");
    cfg_err_place(r->err, CFG_STR_NONE, r->line + 1, (unsigned)r->column + 1);
    return r->err->status;
}

static enum cfg_status read_unicode(struct reader *r)
{
    r->character = 0;
    for (int i = 0; i < 4; i++) {
        int c = r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : 0;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return bad_escape(r);
        r->character = r->character << 4 | digit;
        r->at++;
    }
    r->line_open = true;
    return CFG_OK;
}

/* After a backslash; `*joined` when it only joined two lines. */
static enum cfg_status read_escaped(struct reader *r, bool *joined)
{
    static const char names[] = "trnf";
    static const char meant[] = "\t\r\n\f";
    r->escaped = true;
    r->character = next_raw(r);
    *joined = r->character == '\n';
    const char *name = r->character > 0 ? strchr(names, r->character) : NULL;
    if (r->character == 'u')
        return read_unicode(r);
    if (name)
        r->character = meant[name - names];
    return CFG_OK;
}

/* The next character: escapes undone, lines joined, the blanks that begin a line skipped. */
static enum cfg_status next(struct reader *r)
{
    bool joined;
    do {
        joined = false;
        r->escaped = false;
        r->character = next_raw(r);
        r->column++;
        if (r->column == 0 || r->fresh)
            skip_blanks(r);
        r->fresh = false;
        if (r->character == '\\') {
            if (read_escaped(r, &joined))
                return r->err->status;
            if (joined)
                r->column = -1;
        } else if (r->character == '\n') {
            r->column = -1;
        }
    } while (joined);
    return CFG_OK;
}

/* --- text --------------------------------------------------------------------------------------- */

static void put_point(struct cfg_buf *out, uint32_t point)
{
    char utf8[4];
    cfg_buf_append(out, utf8, cfg_utf8_put(point, utf8));
}

/* UTF-16 units become UTF-8; half a pair alone becomes U+FFFD. */
static void put_unit(struct parser *p, struct cfg_buf *out, int unit)
{
    bool low = unit >= 0xdc00 && unit <= 0xdfff;
    bool high = unit >= 0xd800 && unit <= 0xdbff;
    if (p->high_half && low) {
        put_point(out,
                  0x10000u + ((uint32_t)(p->high_half - 0xd800) << 10) + (uint32_t)(unit - 0xdc00));
        p->high_half = 0;
        return;
    }
    if (p->high_half)
        put_point(out, 0xfffd);
    p->high_half = high ? unit : 0;
    if (unit < 0x80)
        cfg_buf_char(out, (char)unit);
    else if (!high)
        put_point(out, low ? 0xfffd : (uint32_t)unit);
}

static void end_text(struct parser *p, struct cfg_buf *out)
{
    if (p->high_half)
        put_point(out, 0xfffd);
    p->high_half = 0;
}

static enum cfg_status fail_here(struct parser *p)
{
    cfg_err_place(p->err, CFG_STR_NONE, p->reader.line + (p->reader.column >= 0), 0);
    return p->err->status;
}

/* Off both ends go all characters up to the blank, escaped or not, as Java trims. */
static struct cfg_str trim(struct cfg_str s)
{
    while (s.len && (unsigned char)s.ptr[0] <= ' ')
        s = cfg_str_sub(s, 1, s.len);
    while (s.len && (unsigned char)s.ptr[s.len - 1] <= ' ')
        s.len--;
    return s;
}

/* Up to a separator, which is passed, or to what follows blanks. */
static enum cfg_status read_key(struct parser *p)
{
    struct reader *r = &p->reader;
    bool after_blank = false;
    cfg_buf_reset(&p->key);
    while (!is_line_end(r)) {
        if (is_separator(r)) {
            if (next(r))
                return r->err->status;
            break;
        }
        if (after_blank && !is_blank(r))
            break;
        after_blank = is_blank(r);
        put_unit(p, &p->key, r->character);
        if (next(r))
            return r->err->status;
    }
    end_text(p, &p->key);
    return cfg_buf_end(&p->key, "a key", p->err) ? fail_here(p) : CFG_OK;
}

/* Up to the line's end, or to a comma when the value is a list. Gives where it begins. */
static enum cfg_status read_value(struct parser *p, bool is_list, uint32_t *line, uint32_t *column)
{
    struct reader *r = &p->reader;
    cfg_buf_reset(&p->value);
    while (is_blank(r) && !is_line_end(r))
        if (next(r))
            return r->err->status;
    *line = r->line + 1;
    *column = (uint32_t)(r->column + 1);
    while (!is_line_end(r) && !(is_list && r->character == ',' && !r->escaped)) {
        put_unit(p, &p->value, r->character);
        if (next(r))
            return r->err->status;
    }
    end_text(p, &p->value);
    if (cfg_buf_end(&p->value, "a value", p->err))
        return fail_here(p);
    return CFG_OK;
}

/* --- documents ---------------------------------------------------------------------------------- */

static bool is_empty(const struct document *document)
{
    return document->map == NULL;
}

static enum cfg_status add_node(struct parser *p, enum cfg_node_kind kind, struct cfg_node **out)
{
    if (++p->node_count > CFG_LIMIT_NODES) {
        cfg_err_set(p->err, CFG_TOO_LARGE, "over %d values in the file", CFG_LIMIT_NODES);
        return fail_here(p);
    }
    *out = cfg_node_new(p->arena, kind);
    return *out ? CFG_OK : cfg_arena_fail(p->arena, p->err);
}

/* A key that is there already keeps its position and gets the new value and its place. */
static enum cfg_status find_or_add(struct parser *p, struct cfg_str key, struct cfg_node **out)
{
    struct document *d = &p->document;
    if (d->map == NULL && add_node(p, CFG_NODE_MAP, &d->map))
        return p->err->status;
    *out = cfg_map_find(&d->index, key);
    if (*out)
        return CFG_OK;
    if (add_node(p, CFG_NODE_SCALAR, out))
        return p->err->status;
    if (!cfg_arena_dup(p->arena, key, &(*out)->key))
        return cfg_arena_fail(p->arena, p->err);
    if (!cfg_map_put(&d->index, (*out)->key, *out))
        return cfg_err_set(p->err, CFG_NO_MEMORY, "no memory for the keys");
    cfg_node_append(d->map, *out);
    return CFG_OK;
}

static enum cfg_status put(struct parser *p, struct cfg_str key, uint32_t line, uint32_t column)
{
    struct cfg_node *node;
    if (key.len > CFG_LIMIT_KEY_BYTES) {
        cfg_err_set(p->err, CFG_TOO_LARGE, "over %d bytes in a key", CFG_LIMIT_KEY_BYTES);
        cfg_err_place(p->err, CFG_STR_NONE, line, 0);
        return p->err->status;
    }
    if (key.len == 0)
        return CFG_OK;
    if (find_or_add(p, key, &node))
        return p->err->status;
    node->value.kind = CFG_KIND_STRING;
    node->line = line;
    node->column = column;
    if (!cfg_arena_dup(p->arena, cfg_buf_view(&p->value), &node->value.text))
        return cfg_arena_fail(p->arena, p->err);
    return CFG_OK;
}

/* key[]=a,b is key[0]=a and key[1]=b; an empty piece at the end is none, except when it is alone. */
static enum cfg_status read_list(struct parser *p, struct cfg_str key)
{
    struct reader *r = &p->reader;
    struct cfg_str name = cfg_str_sub(key, 0, key.len - 2);
    unsigned index = 0;
    uint32_t line, column;
    struct cfg_buf full;
    enum cfg_status status;
    cfg_buf_init(&full, CFG_LIMIT_KEY_BYTES + 32);
    do {
        status = read_value(p, true, &line, &column);
        cfg_buf_reset(&full);
        cfg_buf_str(&full, name);
        cfg_buf_printf(&full, "[%u]", index++);
        if (status == CFG_OK)
            status = cfg_buf_end(&full, "a key", p->err);
        if (status == CFG_OK)
            status = put(p, cfg_buf_view(&full), line, column);
        if (status == CFG_OK && !is_line_end(r))
            status = next(r);
    } while (status == CFG_OK && !is_line_end(r));
    cfg_buf_release(&full);
    return status;
}

static enum cfg_status read_property(struct parser *p)
{
    uint32_t line, column;
    if (read_key(p))
        return p->err->status;
    struct cfg_str key = trim(cfg_buf_view(&p->key));
    if (cfg_str_ends(key, CFG_STR("[]")))
        return read_list(p, key);
    if (read_value(p, false, &line, &column))
        return p->err->status;
    return put(p, key, line, column);
}

/* What is gathered becomes a document of the file, unless it has no property. */
static enum cfg_status end_document(struct parser *p)
{
    if (++p->document_count > CFG_LIMIT_DOCUMENTS) {
        cfg_err_set(p->err, CFG_TOO_LARGE, "over %d documents in the file", CFG_LIMIT_DOCUMENTS);
        return fail_here(p);
    }
    if (is_empty(&p->document))
        return CFG_OK;
    if (!cfg_arena_grow(p->arena, &p->docs.roots, &p->docs_cap, p->docs.count,
                        sizeof *p->docs.roots))
        return cfg_arena_fail(p->arena, p->err);
    p->docs.roots[p->docs.count++] = p->document.map;
    cfg_map_release(&p->previous_index);
    p->previous_index = p->document.index;
    cfg_map_init(&p->document.index);
    p->document.map = NULL;
    return CFG_OK;
}

/* A comment right after a separator takes the separator back: the document before goes on. */
static void reopen_document(struct parser *p)
{
    if (!is_empty(&p->document) || p->docs.count == 0)
        return;
    p->document.map = p->docs.roots[--p->docs.count];
    p->document.index = p->previous_index;
    cfg_map_init(&p->previous_index);
}

/*
 * "#---" or "!---" at the very start of a line, then blanks alone, and no comment of the same sign on
 * the line before. Otherwise some of the comment has been read.
 */
static enum cfg_status read_mark(struct reader *r, bool *out)
{
    bool mark = r->column == 0;
    *out = false;
    if (r->comment == r->character)
        return CFG_OK;
    for (int i = 0; i < 3 && mark; i++) {
        if (next(r))
            return r->err->status;
        mark = r->character == '-';
    }
    if (!is_line_end(r)) {
        if (next(r))
            return r->err->status;
        skip_blanks(r);
        r->fresh = r->character == '\n' && r->column >= 0;
    }
    *out = mark && is_line_end(r);
    return CFG_OK;
}

static enum cfg_status read_comment(struct parser *p)
{
    struct reader *r = &p->reader;
    int sign = r->character;
    bool mark;
    if (read_mark(r, &mark))
        return r->err->status;
    if (mark)
        return end_document(p);
    reopen_document(p);
    r->comment = sign;
    while (r->character != '\n' && r->character != END)
        r->character = next_raw(r);
    r->column = -1;
    return CFG_OK;
}

static enum cfg_status run(struct parser *p)
{
    struct reader *r = &p->reader;
    for (;;) {
        if (next(r))
            return r->err->status;
        if (r->character == END)
            return end_document(p);
        if (r->character == '#' || r->character == '!') {
            if (read_comment(p))
                return p->err->status;
            continue;
        }
        r->comment = END;
        if (read_property(p))
            return p->err->status;
    }
}

enum cfg_status cfg_parse_properties(struct cfg_str text,
                                     struct cfg_arena *arena,
                                     struct cfg_docs *out,
                                     struct cfg_err *err)
{
    struct parser p = {
        .reader = {.text = text, .column = -1, .comment = END, .err = err},
        .arena = arena,
        .err = err,
    };
    bool done = false;
    *out = (struct cfg_docs){.count = 0};
    cfg_map_init(&p.document.index);
    cfg_map_init(&p.previous_index);
    cfg_buf_init(&p.key, CFG_LIMIT_FILE_BYTES * 2);
    cfg_buf_init(&p.value, CFG_LIMIT_FILE_BYTES * 2);
    if (text.len > CFG_LIMIT_FILE_BYTES) {
        cfg_err_set(err, CFG_TOO_LARGE, "the file is over %d bytes", CFG_LIMIT_FILE_BYTES);
        goto out;
    }
    if (run(&p))
        goto out;
    *out = p.docs;
    done = true;
out:
    cfg_map_release(&p.document.index);
    cfg_map_release(&p.previous_index);
    cfg_buf_release(&p.key);
    cfg_buf_release(&p.value);
    return cfg_err_end(err, done);
}
