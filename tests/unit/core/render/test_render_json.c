/* SPDX-License-Identifier: Apache-2.0 */
/* render_json: compact, in order, without a final newline. */
#include "core/render/render_json.h"

#include "tests/support/tree.h"

static void test_round_trip(void **state)
{
    static const char *const lines[] = {
        "{}",
        "[]",
        "\"x\"",
        "{\"b\":1,\"a\":[null,true,[{}],{\"\":\"é\\n\"}],\"d\":1.5E-7,\"i\":12345678901}",
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(lines); i++) {
        struct cfg_arena arena;
        struct cfg_buf out;
        cfg_arena_init(&arena, 1 << 20, 0);
        cfg_buf_init(&out, 1 << 16);
        cfg_render_json(tree_read(&(struct tree_reader){&arena, lines[i]}), &out);
        assert_string_equal(out.ptr, lines[i]);
        cfg_buf_release(&out);
        cfg_arena_release(&arena);
    }
    (void)tree_each_line;
    (void)tree_child;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
