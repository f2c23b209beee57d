/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_text: what a parser makes of a text, as one line to compare: documents parted by " | ", maps
 * {k=…, k=…}, lists […], scalars as a letter and their text: n null, b bool, i int, d double, s string,
 * x bytes, t time. With places each scalar and empty list or map is followed by @line:column.
 * A failure is "!status line:column message".
 */
#ifndef TESTS_UNIT_CORE_PARSE_PARSE_TEXT_H
#define TESTS_UNIT_CORE_PARSE_PARSE_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/parse/parse.h"

enum { PARSE_TEXT_BYTES = 4 << 20, PARSE_ARENA_BYTES = 512 << 20 };

static void parse_text_node(const struct cfg_node *node, bool places, struct cfg_buf *out)
{
    static const char letters[] = "nbidsxt";
    if (node->kind == CFG_NODE_SCALAR) {
        cfg_buf_printf(out, "%c:", letters[node->value.kind]);
        cfg_buf_str(out, node->value.text);
    } else {
        cfg_buf_char(out, node->kind == CFG_NODE_MAP ? '{' : '[');
        for (const struct cfg_node *child = node->first; child; child = child->next) {
            if (child != node->first)
                cfg_buf_str(out, CFG_STR(", "));
            if (node->kind == CFG_NODE_MAP) {
                cfg_buf_str(out, child->key);
                cfg_buf_char(out, '=');
            }
            parse_text_node(child, places, out);
        }
        cfg_buf_char(out, node->kind == CFG_NODE_MAP ? '}' : ']');
    }
    if (places && node->first == NULL)
        cfg_buf_printf(out, "@%u:%u", node->line, node->column);
}

/*
 * The input is copied to memory of its exact size, so that a sanitizer sees any byte read behind it,
 * and released before the tree is read, so that nothing in the tree may point into it.
 */
static void parse_text(cfg_parse_fn parse, struct cfg_str input, bool places, struct cfg_buf *out)
{
    struct cfg_arena arena;
    struct cfg_docs docs;
    struct cfg_err err = CFG_ERR_INIT;
    char *copy = malloc(input.len ? input.len : 1);
    assert_non_null(copy);
    if (input.len)
        memcpy(copy, input.ptr, input.len);
    cfg_arena_init(&arena, PARSE_ARENA_BYTES, 0);
    enum cfg_status status = parse(cfg_str_make(copy, input.len), &arena, &docs, &err);
    free(copy);
    cfg_buf_reset(out);
    if (status) {
        assert_int_equal(docs.count, 0);
        cfg_buf_printf(out, "!%s %u:%u %s", cfg_status_text(status), err.line, err.column,
                       err.message);
    }
    for (size_t i = 0; i < docs.count; i++) {
        if (i)
            cfg_buf_str(out, CFG_STR(" | "));
        parse_text_node(docs.roots[i], places, out);
    }
    cfg_buf_char(out, '\0');
    assert_int_equal(out->failed, CFG_OK);
    cfg_arena_release(&arena);
}

struct parse_case {
    const char *input, *want;
};

static inline void
parse_cases(cfg_parse_fn parse, const struct parse_case *cases, size_t count, bool places)
{
    struct cfg_buf got;
    cfg_buf_init(&got, PARSE_TEXT_BYTES);
    for (size_t i = 0; i < count; i++) {
        parse_text(parse, cfg_str_of(cases[i].input), places, &got);
        if (strcmp(got.ptr, cases[i].want) != 0)
            fail_msg("%s\n  got  %s\n  want %s", cases[i].input, got.ptr, cases[i].want);
    }
    cfg_buf_release(&got);
}

/* One made input, which may be large: its outcome must begin with `want`. */
static inline void parse_begins(cfg_parse_fn parse, const struct cfg_buf *input, const char *want)
{
    struct cfg_buf got;
    cfg_buf_init(&got, PARSE_TEXT_BYTES);
    assert_int_equal(input->failed, CFG_OK);
    parse_text(parse, cfg_buf_view(input), false, &got);
    if (strncmp(got.ptr, want, strlen(want)) != 0)
        fail_msg("got  %.200s\n  want %s", got.ptr, want);
    cfg_buf_release(&got);
}

/* Appends `text` that many times. */
static inline void parse_repeat(struct cfg_buf *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cfg_buf_str(out, cfg_str_of(text));
}

#endif
