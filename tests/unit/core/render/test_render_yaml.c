/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_yaml, byte for byte: golden/render/yaml/recorded.jsonl holds pairs from recorded answers,
 * odd.jsonl what SnakeYAML 2.5 wrote for random trees and strings.
 */
#include "core/render/render_yaml.h"

#include "core/model/limits.h"
#include "tests/support/tree.h"

/* {"name": text, "strip": bool, "tree": tree, "yaml": text} */
static void check_case(struct cfg_arena *arena, const struct cfg_node *line)
{
    struct cfg_str want = tree_child(line, "yaml")->value.text;
    bool strip = cfg_str_eq(tree_child(line, "strip")->value.text, CFG_STR("true"));
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf out;
    size_t at = 0;

    (void)arena;
    cfg_buf_init(&out, 1 << 24);
    assert_int_equal(cfg_render_yaml(tree_child(line, "tree"), strip, &out, &err), CFG_OK);
    while (at < out.len && at < want.len && out.ptr[at] == want.ptr[at])
        at++;
    if (out.len != want.len || at != want.len) {
        struct cfg_str name = tree_child(line, "name")->value.text;
        struct cfg_str wanted = cfg_str_sub(want, at > 40 ? at - 40 : 0, 80);
        struct cfg_str have = cfg_str_sub(cfg_buf_view(&out), at > 40 ? at - 40 : 0, 80);
        fail_msg("%.*s differs at byte %zu:\nwant …%.*s…\nhave …%.*s…", CFG_STR_ARG(name), at,
                 CFG_STR_ARG(wanted), CFG_STR_ARG(have));
    }
    cfg_buf_release(&out);
}

static void test_recorded(void **state)
{
    (void)state;
    assert_true(tree_each_line("yaml/recorded.jsonl", check_case) >= 45);
}

static void test_odd(void **state)
{
    (void)state;
    assert_true(tree_each_line("yaml/odd.jsonl", check_case) >= 130);
}

static struct cfg_buf yaml_of(const struct cfg_node *root)
{
    struct cfg_buf out;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_buf_init(&out, 1 << 24);
    assert_int_equal(cfg_render_yaml(root, false, &out, &err), CFG_OK);
    return out;
}

static void test_malformed_utf8_is_replaced(void **state)
{
    struct cfg_node leaf = {.key = CFG_STR("a\xFF"), .value = {CFG_KIND_STRING, CFG_STR("\xC3 b")}};
    struct cfg_node root = {.kind = CFG_NODE_MAP, .first = &leaf, .last = &leaf, .count = 1};
    (void)state;
    struct cfg_buf out = yaml_of(&root);
    assert_string_equal(out.ptr, "a\xEF\xBF\xBD: \xEF\xBF\xBD b\n");
    cfg_buf_release(&out);
    leaf.value.text = CFG_STR("\t\xE4\xB8");
    out = yaml_of(&root);
    assert_string_equal(out.ptr, "a\xEF\xBF\xBD: \"\\t\xEF\xBF\xBD\xEF\xBF\xBD\"\n");
    cfg_buf_release(&out);
    leaf.value.text = CFG_STR("\xFF\n\xFF");
    out = yaml_of(&root);
    assert_string_equal(out.ptr, "a\xEF\xBF\xBD: |-\n  \xEF\xBF\xBD\n  \xEF\xBF\xBD\n");
    cfg_buf_release(&out);
}

/* As deep as a key can go. */
static void test_depth(void **state)
{
    enum { DEPTH = CFG_LIMIT_KEY_STEPS };
    static struct cfg_node nodes[DEPTH + 1];
    struct cfg_buf out;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    for (size_t i = 0; i < DEPTH; i++)
        nodes[i] = (struct cfg_node){.kind = CFG_NODE_MAP,
                                     .key = CFG_STR("k"),
                                     .first = &nodes[i + 1],
                                     .last = &nodes[i + 1],
                                     .count = 1};
    nodes[DEPTH] = (struct cfg_node){.key = CFG_STR("k"), .value = {CFG_KIND_INT, CFG_STR("1")}};
    out = yaml_of(&nodes[0]);
    assert_int_equal(out.len, (size_t)DEPTH * (DEPTH - 1) + DEPTH * 3 + 2);
    cfg_buf_release(&out);
    cfg_buf_init(&out, 1000);
    assert_int_equal(cfg_render_yaml(&nodes[0], false, &out, &err), CFG_TOO_LARGE);
    cfg_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_malformed_utf8_is_replaced),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
