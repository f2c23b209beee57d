/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree: test data as JSON. Numbers keep their text (INT, or DOUBLE when they have a dot or exponent);
 * {"!double":"NaN"}, {"!time":"…"} and {"!bytes":"base64"} are what JSON has no form for.
 * A file that is not as expected ends the test.
 */
#ifndef TESTS_SUPPORT_TREE_H
#define TESTS_SUPPORT_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/file.h"
#include "core/base/utf8.h"
#include "core/model/node.h"

struct tree_reader {
    struct cfg_arena *arena;
    const char *at; /* NUL-terminated */
};

static char tree_next(struct tree_reader *r)
{
    while (*r->at == ' ')
        r->at++;
    return *r->at;
}

static void tree_expect(struct tree_reader *r, char c)
{
    if (tree_next(r) != c)
        fail_msg("'%c' expected before: %.60s", c, r->at);
    r->at++;
}

static uint32_t tree_hex(struct tree_reader *r)
{
    char digits[5] = {0};
    memcpy(digits, r->at, 4);
    r->at += 4;
    return (uint32_t)strtoul(digits, NULL, 16);
}

static uint32_t tree_escape(struct tree_reader *r)
{
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    char c = *r->at++;
    const char *letter = c ? strchr(letters, c) : NULL;

    if (letter)
        return (uint32_t)values[letter - letters];
    if (c != 'u')
        return (uint32_t)c;
    uint32_t point = tree_hex(r);
    if (point < 0xD800 || point > 0xDBFF)
        return point;
    r->at += 2;
    return 0x10000 + ((point - 0xD800) << 10) + (tree_hex(r) - 0xDC00);
}

static struct cfg_str tree_string(struct tree_reader *r)
{
    tree_expect(r, '"');
    char *text = cfg_arena_alloc(r->arena, strcspn(r->at, "\n") + 1);
    size_t len = 0;
    assert_non_null(text);
    while (*r->at != '"') {
        assert_true(*r->at);
        if (*r->at != '\\') {
            text[len++] = *r->at++;
            continue;
        }
        r->at++;
        len += cfg_utf8_put(tree_escape(r), text + len);
    }
    r->at++;
    return cfg_str_make(text, len);
}

static struct cfg_value tree_word(struct tree_reader *r)
{
    struct cfg_value value = {CFG_KIND_INT, {r->at, strcspn(r->at, ",]} \n")}};

    r->at += value.text.len;
    if (cfg_str_eq(value.text, CFG_STR("null")))
        return (struct cfg_value){.kind = CFG_KIND_NULL};
    if (cfg_str_eq(value.text, CFG_STR("true")) || cfg_str_eq(value.text, CFG_STR("false")))
        value.kind = CFG_KIND_BOOL;
    else if (cfg_str_find(value.text, CFG_STR(".")) < value.text.len)
        value.kind = CFG_KIND_DOUBLE;
    return value;
}

static void tree_marked(struct cfg_node *node)
{
    static const struct {
        const char *mark;
        enum cfg_kind kind;
    } marks[] = {
        {"!double", CFG_KIND_DOUBLE}, {"!time", CFG_KIND_TIME}, {"!bytes", CFG_KIND_BYTES}};

    for (size_t i = 0; i < CFG_COUNT(marks); i++) {
        if (node->count == 1 && cfg_str_eq(node->first->key, cfg_str_of(marks[i].mark))) {
            node->kind = CFG_NODE_SCALAR;
            node->value = (struct cfg_value){marks[i].kind, node->first->value.text};
            node->first = node->last = NULL;
            node->count = 0;
        }
    }
}

static struct cfg_node *tree_read(struct tree_reader *r)
{
    char c = tree_next(r), close = c == '{' ? '}' : ']';
    struct cfg_node *node = cfg_node_new(r->arena, c == '{'   ? CFG_NODE_MAP
                                                   : c == '[' ? CFG_NODE_LIST
                                                              : CFG_NODE_SCALAR);
    assert_non_null(node);
    if (node->kind == CFG_NODE_SCALAR) {
        node->value = c == '"' ? (struct cfg_value){CFG_KIND_STRING, tree_string(r)} : tree_word(r);
        return node;
    }
    r->at++;
    while (tree_next(r) != close) {
        struct cfg_str key = CFG_STR_NONE;
        if (node->kind == CFG_NODE_MAP) {
            key = tree_string(r);
            tree_expect(r, ':');
        }
        struct cfg_node *child = tree_read(r);
        child->key = key;
        cfg_node_append(node, child);
        if (tree_next(r) == ',')
            r->at++;
    }
    r->at++;
    tree_marked(node);
    return node;
}

static const struct cfg_node *tree_child(const struct cfg_node *map, const char *key)
{
    return cfg_node_find(map, cfg_str_of(key));
}

/* Calls `check` for each line of TEST_DIR/golden/render/NAME; gives how many there were. */
static size_t tree_each_line(const char *name,
                             void (*check)(struct cfg_arena *arena, const struct cfg_node *line))
{
    char path[512];
    struct cfg_buf file;
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 0;

    snprintf(path, sizeof path, "%s/golden/render/%s", TEST_DIR, name);
    cfg_buf_init(&file, 16 << 20);
    if (cfg_file_read(path, &file, &err) != CFG_OK)
        fail_msg("%s", err.message);
    struct cfg_str rest = cfg_buf_view(&file), line;
    while (cfg_str_cut(&rest, '\n', &line) && line.len > 0) {
        struct cfg_arena arena;
        cfg_arena_init(&arena, 64 << 20, 0);
        struct tree_reader reader = {&arena, line.ptr};
        check(&arena, tree_read(&reader));
        cfg_arena_release(&arena);
        count++;
    }
    cfg_buf_release(&file);
    return count;
}

#endif
