/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a tree. Gives: block YAML. Keeps: where the line stands, while it writes.
 * It writes straight down instead of driving libyaml's emitter (docs/decisions/0003-own-yaml-emitter.md), and
 * recurses: the depth is bounded by the steps of a key (key_steps.h).
 */
#include "core/render/render_yaml.h"

#include "core/base/utf8.h"
#include "core/render/yaml_scalar.h"

enum {
    INDENT = 2,
    BEST_WIDTH = 80,
    SIMPLE_UNITS = 128, /* a key and its tag stay below this, or it is written as "? key" */
    TAG_UNITS = 5,      /* "!!str", counted though it is not written */
    BINARY_UNITS = 8,   /* "!!binary" */
};

struct emitter {
    struct cfg_buf *out;
    size_t column; /* in UTF-16 units */
    bool spaced;   /* the last thing written was blank, or nothing yet */
    bool fresh;    /* only indentation and "-", "?", ":" so far on this line */
};

static void new_line(struct emitter *e)
{
    cfg_buf_char(e->out, '\n');
    e->column = 0;
    e->spaced = e->fresh = true;
}

/* Goes to that column, on a new line unless this one has not come further than that. */
static void go_to(struct emitter *e, size_t column)
{
    static const char blanks[] = "                                                                ";

    if (!e->fresh || e->column > column || (e->column == column && !e->spaced))
        new_line(e);
    for (size_t left = column - e->column; left > 0 && e->out->failed == CFG_OK;) {
        size_t part = left < sizeof blanks - 1 ? left : sizeof blanks - 1;
        cfg_buf_append(e->out, blanks, part);
        left -= part;
        e->spaced = true;
    }
    e->column = column;
}

/* Goes on with a scalar on the next line. */
static void fold(struct emitter *e, size_t column)
{
    go_to(e, column);
    e->spaced = e->fresh = false;
}

static size_t units_of(struct cfg_str text)
{
    size_t units = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        units += (c & 0xC0) != 0x80;
        units += c >= 0xF0;
    }
    return units;
}

/* Bytes of a text as they are, malformed UTF-8 as U+FFFD. */
static void write_text(struct emitter *e, struct cfg_str text)
{
    while (text.len > 0) {
        size_t valid = cfg_utf8_valid(text);
        struct cfg_str part = cfg_str_sub(text, 0, valid);
        cfg_buf_str(e->out, part);
        e->column += units_of(part);
        if (valid == text.len)
            return;
        cfg_buf_str(e->out, CFG_STR("\xEF\xBF\xBD"));
        e->column++;
        text = cfg_str_sub(text, valid + 1, text.len - valid - 1);
    }
}

static void write_part(struct emitter *e, struct cfg_str text, size_t from, size_t to)
{
    write_text(e, cfg_str_sub(text, from, to - from));
}

/* Begins something that is set off by a blank from what stands before it. */
static void set_off(struct emitter *e)
{
    if (!e->spaced) {
        cfg_buf_char(e->out, ' ');
        e->column++;
    }
    e->spaced = e->fresh = false;
}

/* "-", "?" and the ":" of a long key: what follows may begin on the same line. */
static void write_mark(struct emitter *e, char mark)
{
    bool fresh = e->fresh;
    set_off(e);
    cfg_buf_char(e->out, mark);
    e->column++;
    e->fresh = fresh;
}

static void write_word(struct emitter *e, struct cfg_str word)
{
    set_off(e);
    write_text(e, word);
}

/*
 * A text without line breaks, plain or in single quotes (then doubled): folded at single blanks
 * behind the best width, but in quotes not at the first and last character.
 */
static void
write_foldable(struct emitter *e, struct cfg_str text, size_t indent, bool may_fold, bool quoted)
{
    size_t from = 0;

    for (size_t at = 0; at < text.len; at++) {
        if (quoted && text.ptr[at] == '\'') {
            write_part(e, text, from, at + 1);
            from = at; /* once more */
        }
        if (text.ptr[at] != ' ')
            continue;
        write_part(e, text, from, at);
        from = at;
        while (at + 1 < text.len && text.ptr[at + 1] == ' ')
            at++;
        bool inside = !quoted || (from > 0 && at + 1 < text.len);
        if (at == from && may_fold && inside && e->column > BEST_WIDTH) {
            fold(e, indent);
            from = at + 1;
        }
    }
    write_part(e, text, from, text.len);
}

static void write_single(struct emitter *e, struct cfg_str text, size_t indent, bool may_fold)
{
    write_word(e, CFG_STR("'"));
    write_foldable(e, text, indent, may_fold, true);
    write_text(e, CFG_STR("'"));
}

/* The letter behind the backslash; 0: the character is written as it is. */
static char escape_of(uint32_t point)
{
    switch (point) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '"':
    case '\\':
        return (char)point;
    case 0x85:
        return 'N';
    case 0xA0:
        return '_';
    case 0x2028:
        return 'L';
    case 0x2029:
        return 'P';
    default:
        return '\0';
    }
}

/*
 * A text in double quotes. A line that has passed the best width ends in a backslash before the next
 * blank, or behind a character that is not plain ASCII.
 */
static void write_double(struct emitter *e, struct cfg_str text, size_t indent, bool may_fold)
{
    size_t from = 0; /* of what is not written yet */

    write_word(e, CFG_STR("\""));
    for (size_t at = 0, len; at < text.len; at += len) {
        uint32_t point;
        len = cfg_utf8_next(text, at, &point);
        if (len == 0) {
            len = 1;
            point = 0xFFFD;
        }
        char escape = escape_of(point);
        size_t width = e->column; /* that this line has, or would have had before the last unit */
        if (escape || point > 0x7E) {
            write_part(e, text, from, at);
            if (escape)
                write_text(e, cfg_str_make((char[]){'\\', escape}, 2));
            else
                write_part(e, text, at, at + len);
            from = at + len;
            width = e->column - 1;
        } else {
            width += units_of(cfg_str_sub(text, from, at - from));
        }
        bool inside = at + len < text.len && (at > 0 || point > 0xFFFF);
        if (!may_fold || !inside || !(point == ' ' || from >= at) || width <= BEST_WIDTH)
            continue;
        if (from < at) {
            write_part(e, text, from, at);
            from = at;
        }
        write_text(e, CFG_STR("\\"));
        fold(e, indent);
        if (text.ptr[from] == ' ')
            write_text(e, CFG_STR("\\"));
    }
    write_part(e, text, from, text.len);
    write_text(e, CFG_STR("\""));
}

/* Length of the line break at the end of `text`; 0: none. */
static size_t final_break(struct cfg_str text)
{
    for (size_t len = 1; len <= 3 && len <= text.len; len++) {
        uint32_t point;
        if (cfg_utf8_next(text, text.len - len, &point) == len && cfg_yaml_scalar_is_break(point))
            return len;
    }
    return 0;
}

/* Length of the line break at `at`; 0: none. */
static size_t break_at(struct cfg_str text, size_t at)
{
    uint32_t point;
    size_t len = cfg_utf8_next(text, at, &point);
    return len && cfg_yaml_scalar_is_break(point) ? len : 0;
}

/* The digit says how far the text is indented where it cannot be seen, the sign what its end is. */
static void write_literal_head(struct emitter *e, struct cfg_str text)
{
    size_t last = final_break(text);

    write_word(e, CFG_STR("|"));
    if (text.ptr[0] == ' ' || break_at(text, 0))
        cfg_buf_char(e->out, '0' + INDENT);
    if (last == 0)
        cfg_buf_char(e->out, '-');
    else if (last == text.len || final_break(cfg_str_sub(text, 0, text.len - last)))
        cfg_buf_char(e->out, '+');
    new_line(e);
}

/* A line a piece; LF is written as such, other breaks as themselves; empty lines are not indented. */
static void write_literal(struct emitter *e, struct cfg_str text, size_t indent)
{
    size_t from = 0; /* of the line */

    write_literal_head(e, text);
    for (size_t at = 0, len; at <= text.len; at += len) {
        size_t end = at < text.len ? break_at(text, at) : 0;
        len = end ? end : 1;
        if (end == 0 && at < text.len)
            continue;
        if (at > from) {
            go_to(e, indent);
            write_part(e, text, from, at);
            if (at == text.len)
                new_line(e);
        }
        if (end) {
            cfg_buf_append(e->out, text.ptr + at, end);
            e->column = 0;
            e->spaced = e->fresh = true;
        }
        from = at + len;
    }
}

static void write_base64(struct cfg_buf *out, struct cfg_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t left = bytes.len - at;
        uint32_t group = (uint32_t)(unsigned char)bytes.ptr[at] << 16;
        if (left > 1)
            group |= (uint32_t)(unsigned char)bytes.ptr[at + 1] << 8;
        if (left > 2)
            group |= (uint32_t)(unsigned char)bytes.ptr[at + 2];
        char four[4] = {
            digits[group >> 18],
            digits[group >> 12 & 63],
            left > 1 ? digits[group >> 6 & 63] : '=',
            left > 2 ? digits[group & 63] : '=',
        };
        cfg_buf_append(out, four, sizeof four);
    }
}

/* Where a scalar stands. */
struct place {
    size_t indent;  /* of its continued lines */
    bool one_line;  /* a simple key: no folding, no block */
    bool as_string; /* whatever it was: no tag is written, and plain only what reads as a string */
};

/* Bytes: base64 already (`encoded`), or a text that YAML cannot hold. */
static void write_binary(struct emitter *e, struct cfg_str text, bool encoded, struct place place)
{
    bool block = !place.one_line && text.len > 0;

    if (!place.as_string)
        write_word(e, CFG_STR("!!binary"));
    write_word(e, block ? CFG_STR("|-") : CFG_STR("\""));
    if (block) {
        new_line(e);
        go_to(e, place.indent);
    }
    size_t before = e->out->len;
    if (encoded)
        cfg_buf_str(e->out, text);
    else
        write_base64(e->out, text);
    e->column += e->out->len - before;
    if (block)
        new_line(e);
    else
        write_text(e, CFG_STR("\""));
}

static void
write_string(struct emitter *e, struct cfg_str text, enum cfg_yaml_form form, struct place place)
{
    switch (form) {
    case CFG_YAML_PLAIN:
        set_off(e);
        write_foldable(e, text, place.indent, !place.one_line, false);
        break;
    case CFG_YAML_SINGLE:
        write_single(e, text, place.indent, !place.one_line);
        break;
    case CFG_YAML_DOUBLE:
        write_double(e, text, place.indent, !place.one_line);
        break;
    case CFG_YAML_LITERAL:
        write_literal(e, text, place.indent);
        break;
    case CFG_YAML_BINARY:
        write_binary(e, text, false, place);
        break;
    }
}

/* YAML's own words for what is no finite number; other doubles are written as they are. */
static struct cfg_str double_text(struct cfg_str text)
{
    if (cfg_str_eq(text, CFG_STR("Infinity")))
        return CFG_STR(".inf");
    if (cfg_str_eq(text, CFG_STR("-Infinity")))
        return CFG_STR("-.inf");
    return cfg_str_eq(text, CFG_STR("NaN")) ? CFG_STR(".NaN") : text;
}

static void write_typed(struct emitter *e, struct cfg_str text, struct place place)
{
    if (place.as_string)
        write_string(e, text, cfg_yaml_scalar_look(text).form, place);
    else
        write_word(e, text);
}

/* Milliseconds only where there are some. */
static void write_time(struct emitter *e, struct cfg_str text, struct place place)
{
    char whole[40];
    const struct cfg_str none = CFG_STR(".000Z");

    if (cfg_str_ends(text, none) && text.len < sizeof whole) {
        size_t len = text.len - none.len;
        memcpy(whole, text.ptr, len);
        whole[len] = 'Z';
        text = cfg_str_make(whole, len + 1);
    }
    write_typed(e, text, place);
}

static void write_scalar(struct emitter *e, struct cfg_value value, struct place place)
{
    switch (value.kind) {
    case CFG_KIND_STRING:
        write_string(e, value.text, cfg_yaml_scalar_look(value.text).form, place);
        break;
    case CFG_KIND_BYTES:
        write_binary(e, value.text, true, place);
        break;
    case CFG_KIND_TIME:
        write_time(e, value.text, place);
        break;
    case CFG_KIND_DOUBLE:
        write_typed(e, double_text(value.text), place);
        break;
    case CFG_KIND_NULL:
        write_typed(e, CFG_STR("null"), place);
        break;
    case CFG_KIND_BOOL:
    case CFG_KIND_INT:
        write_typed(e, value.text, place);
        break;
    }
}

/* May the key stand before its ":" on one line? */
static bool is_simple_key(struct cfg_str key, struct cfg_yaml_scalar scalar)
{
    if (scalar.form == CFG_YAML_BINARY)
        return key.len <= SIMPLE_UNITS && BINARY_UNITS + (key.len + 2) / 3 * 4 < SIMPLE_UNITS;
    return key.len > 0 && !scalar.has_break && TAG_UNITS + scalar.units < SIMPLE_UNITS;
}

static void write_key(struct emitter *e, struct cfg_str key, size_t indent)
{
    struct cfg_yaml_scalar scalar = cfg_yaml_scalar_look(key);
    bool simple = is_simple_key(key, scalar);

    go_to(e, indent);
    if (!simple)
        write_mark(e, '?');
    write_string(e, key, scalar.form,
                 (struct place){.indent = indent + INDENT, .one_line = simple});
    if (simple) {
        write_text(e, CFG_STR(":"));
        e->spaced = e->fresh = false;
    } else {
        go_to(e, indent);
        write_mark(e, ':');
    }
}

static void write_node(struct emitter *e, const struct cfg_node *node, size_t indent);

/* A list below a key stands at the key's own column, `indent` - INDENT, unless it begins on the key's line. */
static void write_children(struct emitter *e, const struct cfg_node *node, size_t indent)
{
    for (const struct cfg_node *child = node->first; child && e->out->failed == CFG_OK;
         child = child->next) {
        if (node->kind == CFG_NODE_MAP) {
            write_key(e, child->key, indent);
            bool outdent = child->kind == CFG_NODE_LIST && !e->fresh;
            write_node(e, child, outdent ? indent : indent + INDENT);
        } else {
            go_to(e, indent);
            write_mark(e, '-');
            write_node(e, child, indent + INDENT);
        }
    }
}

static void write_node(struct emitter *e, const struct cfg_node *node, size_t indent)
{
    if (node->kind == CFG_NODE_SCALAR)
        write_scalar(e, node->value, (struct place){.indent = indent});
    else if (node->first)
        write_children(e, node, indent);
    else
        write_word(e, node->kind == CFG_NODE_MAP ? CFG_STR("{}") : CFG_STR("[]"));
}

/* The value of "document" alone: a list as it is, anything else is called a string. */
static void write_stripped(struct emitter *e, const struct cfg_node *node)
{
    if (node->kind == CFG_NODE_SCALAR) {
        write_scalar(e, node->value, (struct place){.indent = INDENT, .as_string = true});
        return;
    }
    if (node->kind == CFG_NODE_MAP)
        write_word(e, CFG_STR("!!str"));
    write_node(e, node, 0);
}

enum cfg_status cfg_render_yaml(const struct cfg_node *root,
                                bool strip_document,
                                struct cfg_buf *out,
                                struct cfg_err *err)
{
    struct emitter e = {.out = out, .spaced = true, .fresh = true};
    const struct cfg_node *only = root->count == 1 ? root->first : NULL;

    if (strip_document && only && cfg_str_eq(only->key, CFG_STR("document")))
        write_stripped(&e, only);
    else
        write_node(&e, root, 0);
    go_to(&e, 0);
    return cfg_buf_end(out, "the YAML answer", err);
}
