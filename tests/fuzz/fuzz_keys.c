/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_keys: each line is "RKEY", R the rank's digit: all of them through nest and both renderers.
 * Besides crashes: the answer is a map or a refusal with a reason, and the same keys give it twice.
 */
#include <stdint.h>

#include "core/render/nest.h"
#include "core/render/render_json.h"
#include "core/render/render_yaml.h"

enum { ITEMS = 200, TREE_BYTES = 32 << 20, OUT_BYTES = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void render(const struct cfg_merged *items, size_t count, struct cfg_buf *out)
{
    struct cfg_arena arena;
    struct cfg_node *root;
    struct cfg_err err = CFG_ERR_INIT;

    cfg_arena_init(&arena, TREE_BYTES, 0);
    enum cfg_status status = cfg_nest(items, count, &arena, &root, &err);
    if (status == CFG_OK) {
        CFG_ASSERT(root->kind == CFG_NODE_MAP);
        cfg_render_json(root, out);
        cfg_buf_reset(out);
        status = cfg_render_yaml(root, true, out, &err);
        CFG_ASSERT(status == CFG_TOO_LARGE || out->ptr[out->len - 1] == '\n');
    } else {
        CFG_ASSERT(status == CFG_INVALID || status == CFG_TOO_LARGE);
        CFG_ASSERT(root == NULL && err.message[0] != '\0');
    }
    cfg_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cfg_str rest = cfg_str_make((const char *)data, size), line;
    struct cfg_merged items[ITEMS];
    struct cfg_buf first, second;
    size_t count = 0;

    while (count < ITEMS && cfg_str_cut(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        struct cfg_str key = cfg_str_sub(line, 1, line.len - 1);
        items[count++] = (struct cfg_merged){
            .key = key, .value = {CFG_KIND_STRING, key}, .rank = (unsigned char)line.ptr[0]};
    }
    cfg_buf_init(&first, OUT_BYTES);
    cfg_buf_init(&second, OUT_BYTES);
    render(items, count, &first);
    render(items, count, &second);
    CFG_ASSERT(cfg_str_eq(cfg_buf_view(&first), cfg_buf_view(&second)));
    cfg_buf_release(&first);
    cfg_buf_release(&second);
    return 0;
}
