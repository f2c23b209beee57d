/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_parse: what holds of every parser: the tree is whole and within its limits, or the error has a
 * cause.
 */
#ifndef TESTS_FUZZ_FUZZ_PARSE_H
#define TESTS_FUZZ_FUZZ_PARSE_H

#include <stdint.h>

#include "core/model/limits.h"
#include "core/parse/parse.h"

/* Walks everything, so that a sanitizer sees each byte; gives the number of nodes. */
static inline size_t fuzz_walk(const struct cfg_node *node, unsigned depth)
{
    size_t count = 1;
    uint32_t children = 0;
    const struct cfg_node *last = NULL;
    CFG_ASSERT(depth <= CFG_LIMIT_DEPTH);
    CFG_ASSERT(node->key.len == 0 || node->key.ptr[node->key.len] == '\0');
    CFG_ASSERT(node->kind == CFG_NODE_SCALAR || node->value.text.len == 0);
    if (node->kind == CFG_NODE_SCALAR)
        CFG_ASSERT(node->value.text.ptr && node->value.text.ptr[node->value.text.len] == '\0');
    for (const struct cfg_node *child = node->first; child; child = child->next) {
        count += fuzz_walk(child, depth + 1);
        children++;
        last = child;
    }
    CFG_ASSERT(children == node->count && last == node->last);
    return count;
}

static inline int fuzz_parse(cfg_parse_fn parse, const uint8_t *data, size_t size)
{
    struct cfg_arena arena;
    struct cfg_docs docs;
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 0;
    cfg_arena_init(&arena, (size_t)64 << 20, 0);
    if (parse(cfg_str_make((const char *)data, size), &arena, &docs, &err)) {
        CFG_ASSERT(err.message[0] != '\0' && docs.count == 0);
        CFG_ASSERT(err.status == CFG_CORRUPT || err.status == CFG_TOO_LARGE);
    }
    for (size_t i = 0; i < docs.count; i++)
        count += fuzz_walk(docs.roots[i], 0);
    CFG_ASSERT(count <= CFG_LIMIT_NODES && docs.count <= CFG_LIMIT_DOCUMENTS);
    cfg_arena_release(&arena);
    return 0;
}

#endif
