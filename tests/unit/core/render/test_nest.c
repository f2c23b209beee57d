/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nest: against the slow oracle (tests/conformance/nest.py): golden/render/nest/cases.jsonl holds its
 * answers to random keys, and what a Spring Cloud Config server answers to malformed ones.
 */
#include "core/render/nest.h"

#include "core/base/clock.h"
#include "core/model/limits.h"
#include "core/render/render_json.h"
#include "tests/support/tree.h"

static struct cfg_buf json_of(const struct cfg_node *node)
{
    struct cfg_buf out;
    cfg_buf_init(&out, 1 << 24);
    cfg_render_json(node, &out);
    assert_int_equal(out.failed, CFG_OK);
    return out;
}

static unsigned number(const struct cfg_node *node)
{
    return (unsigned)strtoul(node->value.text.ptr, NULL, 10);
}

/* {"items": [[key, value, rank], …], "want": tree} or "invalid": key */
static void check_case(struct cfg_arena *arena, const struct cfg_node *line)
{
    const struct cfg_node *list = tree_child(line, "items"), *want = tree_child(line, "want");
    struct cfg_merged *items = cfg_arena_zalloc(arena, list->count + 1, sizeof *items);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_node *root;
    size_t count = 0;

    assert_non_null(items);
    for (const struct cfg_node *item = list->first; item; item = item->next)
        items[count++] = (struct cfg_merged){.key = item->first->value.text,
                                             .value = item->first->next->value,
                                             .rank = number(item->last)};
    enum cfg_status status = cfg_nest(items, count, arena, &root, &err);
    if (want == NULL) {
        assert_int_equal(status, CFG_INVALID);
        struct cfg_str key = tree_child(line, "invalid")->value.text;
        char message[CFG_ERR_MESSAGE_BYTES];
        snprintf(message, sizeof message, "Invalid key: %.*s", CFG_STR_ARG(key));
        assert_string_equal(err.message, message);
        assert_null(root);
        return;
    }
    assert_int_equal(status, CFG_OK);
    struct cfg_buf have = json_of(root), wanted = json_of(want);
    assert_string_equal(have.ptr, wanted.ptr);
    cfg_buf_release(&have);
    cfg_buf_release(&wanted);
}

static void test_golden(void **state)
{
    (void)state;
    assert_true(tree_each_line("nest/cases.jsonl", check_case) > 1000);
}

static void test_nothing(void **state)
{
    struct cfg_arena arena;
    struct cfg_node *root;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    assert_int_equal(cfg_nest(NULL, 0, &arena, &root, &err), CFG_OK);
    assert_int_equal(root->kind, CFG_NODE_MAP);
    assert_null(root->first);
    cfg_arena_release(&arena);
}

/* Position and kind of the value reach the node. */
static void test_places(void **state)
{
    const struct cfg_merged item = {
        .key = CFG_STR("a.b"), .value = {CFG_KIND_INT, CFG_STR("7")}, .line = 3, .column = 9};
    struct cfg_arena arena;
    struct cfg_node *root;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    assert_int_equal(cfg_nest(&item, 1, &arena, &root, &err), CFG_OK);
    const struct cfg_node *leaf = root->first->first;
    assert_int_equal(leaf->line, 3);
    assert_int_equal(leaf->column, 9);
    assert_int_equal(leaf->value.kind, CFG_KIND_INT);
    cfg_arena_release(&arena);
}

static struct cfg_merged *
make_items(struct cfg_arena *arena, size_t count, const char *before, const char *after)
{
    struct cfg_merged *items = cfg_arena_zalloc(arena, count, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s%zu%s", before, i, after);
        assert_true(cfg_arena_dup(arena, cfg_str_of(text), &items[i].key));
        items[i].value = (struct cfg_value){CFG_KIND_STRING, items[i].key};
    }
    return items;
}

static enum cfg_status
nest_many(size_t count, const char *before, const char *after, struct cfg_err *err)
{
    struct cfg_arena arena;
    struct cfg_node *root;

    cfg_arena_init(&arena, 512 << 20, 0);
    enum cfg_status status =
        cfg_nest(make_items(&arena, count, before, after), count, &arena, &root, err);
    cfg_arena_release(&arena);
    return status;
}

static void test_limits(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    assert_int_equal(nest_many(90, "k", "[10000]", &err), CFG_OK);
    assert_int_equal(nest_many(101, "k", "[10000]", &err), CFG_TOO_LARGE);
    assert_non_null(strstr(err.message, "1000000"));
    cfg_err_clear(&err);
    assert_int_equal(nest_many(1, "k", "[10001]", &err), CFG_TOO_LARGE);
}

static void test_small_arena(void **state)
{
    struct cfg_arena plenty, arena;
    struct cfg_node *root;
    (void)state;
    cfg_arena_init(&plenty, 1 << 20, 0);
    struct cfg_merged *items = make_items(&plenty, 30, "a[", "].b.c[3]");
    for (size_t max = 64; max < 8192; max += 64) {
        struct cfg_err err = CFG_ERR_INIT;
        cfg_arena_init(&arena, max, 64);
        assert_int_equal(cfg_nest(items, 30, &arena, &root, &err), CFG_TOO_LARGE);
        assert_null(root);
        cfg_arena_release(&arena);
    }
    cfg_arena_release(&plenty);
}

/* Wide maps, long lists and replaced ones cost the same for each key: quadratic would be minutes. */
static void test_is_not_quadratic(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    int64_t start = cfg_clock_ms();
    (void)state;
    assert_int_equal(nest_many(200000, "key-number-", "", &err), CFG_OK);
    assert_int_equal(nest_many(10000, "a.list[", "].name", &err), CFG_OK);
    assert_int_equal(nest_many(100000, "a.", ".b.c", &err), CFG_OK);
    assert_true(cfg_clock_ms() - start < 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),      cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_places),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_small_arena), cmocka_unit_test(test_is_not_quadratic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
