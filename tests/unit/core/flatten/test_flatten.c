/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flatten, row by row: trees are written in a small notation ({k: v}, [v], ~, numbers, text) and their
 * properties are compared as "key=value" lines.
 */
#include "core/flatten/flatten.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/limits.h"

struct notation {
    const char *at;
    struct cfg_arena *arena;
};

static void skip_blanks(struct notation *n)
{
    while (*n->at == ' ')
        n->at++;
}

static struct cfg_str word(struct notation *n, const char *stops)
{
    const char *from = n->at;
    n->at += strcspn(n->at, stops);
    return cfg_str_make(from, (size_t)(n->at - from));
}

static struct cfg_node *read_node(struct notation *n);

static void read_children(struct notation *n, struct cfg_node *parent, char end)
{
    for (n->at++, skip_blanks(n); *n->at != end; skip_blanks(n)) {
        struct cfg_str key = CFG_STR_NONE;
        if (parent->kind == CFG_NODE_MAP) {
            key = word(n, ":");
            n->at++;
            skip_blanks(n);
        }
        struct cfg_node *child = read_node(n);
        child->key = key;
        cfg_node_append(parent, child);
        skip_blanks(n);
        n->at += *n->at == ',';
    }
    n->at++;
}

static struct cfg_node *read_node(struct notation *n)
{
    skip_blanks(n);
    enum cfg_node_kind kind = *n->at == '{'   ? CFG_NODE_MAP
                              : *n->at == '[' ? CFG_NODE_LIST
                                              : CFG_NODE_SCALAR;
    struct cfg_node *node = cfg_node_new(n->arena, kind);
    assert_non_null(node);
    node->line = 7;
    node->column = 3;
    if (kind != CFG_NODE_SCALAR) {
        read_children(n, node, kind == CFG_NODE_MAP ? '}' : ']');
        return node;
    }
    node->value.text = word(n, ",]}");
    node->value.kind =
        cfg_str_eq(node->value.text, CFG_STR("~")) ? CFG_KIND_NULL
        : node->value.text.len && node->value.text.ptr[0] >= '0' && node->value.text.ptr[0] <= '9'
            ? CFG_KIND_INT
            : CFG_KIND_STRING;
    return node;
}

static struct cfg_node *tree(struct cfg_arena *arena, const char *text)
{
    struct notation n = {text, arena};
    return read_node(&n);
}

static int setup(void **state)
{
    struct cfg_arena *arena = calloc(1, sizeof *arena);
    cfg_arena_init(arena, 512 << 20, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    cfg_arena_release(*state);
    free(*state);
    return 0;
}

static const char *flat(struct cfg_arena *arena, const char *text)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_props props;
    struct cfg_str out = CFG_STR("");
    assert_int_equal(cfg_flatten(tree(arena, text), arena, &props, &err), CFG_OK);
    for (size_t i = 0; i < props.count; i++) {
        struct cfg_value value = cfg_prop_value(&props.items[i]);
        assert_int_not_equal(value.kind, CFG_KIND_NULL);
        assert_int_equal(props.items[i].key_ptr[props.items[i].key_len], '\0');
        assert_int_equal(value.text.ptr[value.text.len], '\0');
        assert_int_equal(props.items[i].line, 7);
        assert_int_equal(cfg_prop_column(&props.items[i]), 3);
        assert_true(cfg_arena_printf(arena, &out, "%.*s%s%.*s=%.*s", CFG_STR_ARG(out),
                                     i ? "\n" : "", CFG_STR_ARG(cfg_prop_key(&props.items[i])),
                                     CFG_STR_ARG(value.text)));
    }
    return out.ptr;
}

static void every_row(void **state)
{
    static const struct {
        const char *tree, *want;
    } rows[] = {
        {"{a: {b: {c: 1}}}", "a.b.c=1"},
        {"{l: [x, {k: v}, [1]]}", "l[0]=x\nl[1].k=v\nl[2][0]=1"},
        {"{e: [], d: [[]]}", "e=\nd[0]="},
        {"{m: {}}", ""},
        {"{m: {n: {}}, l: [{}], k: 1}", "k=1"},
        {"{n: ~, l: [~]}", "n=\nl[0]="},
        {"{a.b: 1, z: 0, a: {b: 2}}", "a.b=2\nz=0"},
        {"{a: {b: 2}, a.b: 1}", "a.b=1"},
        {"{a: 1, a.b: 2}", "a=1\na.b=2"},
        {"{[1]: x, [true]: y, [null]: z}", "[1]=x\n[true]=y\n[null]=z"},
        {"{a: {[1]: x, [x.y]: z, [[c]]: w}}", "a[1]=x\na[x.y]=z\na[[c]]=w"},
        {"{l: [{[1]: x}]}", "l[0][1]=x"},
        {"{l[0]: a, l: [b, c]}", "l[0]=b\nl[1]=c"},
        {"{: 1}", "=1"},
        {"{a: {: 1}}", "a.=1"},
        {"{a: {: {b: 1}}}", "a..b=1"},
        /* a blank parent leaves no trace in the keys of its children */
        {"{: {a: 1, b: {c: 2}}, d: 3}", "a=1\nb.c=2\nd=3"},
        {"{: [x, y]}", "[0]=x\n[1]=y"},
        {"{with space: 1, sla/sh: 2, \xc3\xa9: 3}", "with space=1\nsla/sh=2\n\xc3\xa9=3"},
        {"{}", ""},
        {"text", "document=text"},
        {"5", "document=5"},
        {"~", "document="},
        {"[a, {b: c}]", "document[0]=a\ndocument[1].b=c"},
        {"[]", "document="},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++)
        assert_string_equal(flat(*state, rows[i].tree), rows[i].want);
}

/* The notation cannot write a blank key. */
static void blank_keys(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_props props;
    struct cfg_node *root = tree(arena, "{x: {a: 1, b: {c: 2}}, y: 3, z: 4}");
    root->first->key = CFG_STR("  ");
    root->first->next->key = CFG_STR(" ");
    assert_int_equal(cfg_flatten(root, arena, &props, &err), CFG_OK);
    assert_int_equal(props.count, 4);
    assert_string_equal(props.items[0].key_ptr, "a");
    assert_string_equal(props.items[1].key_ptr, "b.c");
    assert_string_equal(props.items[2].key_ptr, " ");
    assert_string_equal(props.items[3].key_ptr, "z");
}

/* Blank is what Java calls white space: neither all control characters nor no-break spaces are. */
static void blank_characters(void **state)
{
    static const char *const blank[] = {
        "\t",           "\n",           "\v",           "\f",           "\r",
        "\x1c",         "\x1d",         "\x1e",         "\x1f",         " ",
        "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x86", "\xe2\x80\x88", "\xe2\x80\x8a",
        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x81\x9f", "\xe3\x80\x80", " \t\xe3\x80\x80 ",
    };
    static const char *const text[] = {
        "\x01",         "\x08",         "\x0e",         "\x1b",         "\x7f",
        "\xc2\x85",     "\xc2\xa0",     "\xe1\xa0\x8e", "\xe2\x80\x87", "\xe2\x80\x8b",
        "\xe2\x80\xaf", "\xef\xbb\xbf", " \x01 ",
    };
    char want[64];
    for (size_t i = 0; i < CFG_COUNT(blank) + CFG_COUNT(text); i++) {
        bool is_text = i >= CFG_COUNT(blank);
        const char *key = is_text ? text[i - CFG_COUNT(blank)] : blank[i];
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_props props;
        struct cfg_node *root = tree(*state, "{x: {a: 1, b: {c: 2}}}");
        root->first->key = cfg_str_of(key);
        assert_int_equal(cfg_flatten(root, *state, &props, &err), CFG_OK);
        assert_int_equal(props.count, 2);
        snprintf(want, sizeof want, "%s%sa", is_text ? key : "", is_text ? "." : "");
        assert_string_equal(props.items[0].key_ptr, want);
        snprintf(want, sizeof want, "%s%sb.c", is_text ? key : "", is_text ? "." : "");
        assert_string_equal(props.items[1].key_ptr, want);
    }
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_props props;
    struct cfg_node *root = tree(*state, "{x: {a: 1}}");
    root->first->key = cfg_str_make("\0", 1);
    assert_int_equal(cfg_flatten(root, *state, &props, &err), CFG_OK);
    assert_int_equal(props.items[0].key_len, 3);
}

static void kinds_stay(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_props props;
    assert_int_equal(cfg_flatten(tree(*state, "{a: 1, b: x, c: ~}"), *state, &props, &err), CFG_OK);
    assert_int_equal(cfg_prop_value(&props.items[0]).kind, CFG_KIND_INT);
    assert_int_equal(cfg_prop_value(&props.items[1]).kind, CFG_KIND_STRING);
    assert_int_equal(cfg_prop_value(&props.items[2]).kind, CFG_KIND_STRING);
}

static void nothing_is_borrowed(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_props props;
    char text[] = "{key: value}";
    struct cfg_node *root = tree(*state, text);
    assert_int_equal(cfg_flatten(root, *state, &props, &err), CFG_OK);
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(props.items[0].key_ptr, "key");
    assert_string_equal(props.items[0].text_ptr, "value");
}

/* `levels` maps inside each other with a scalar at the end. */
static struct cfg_node *nested(struct cfg_arena *arena, size_t levels, struct cfg_str key)
{
    struct cfg_node *node = tree(arena, "1");
    for (size_t i = 0; i < levels; i++) {
        struct cfg_node *parent = cfg_node_new(arena, CFG_NODE_MAP);
        assert_non_null(parent);
        parent->line = 9;
        node->key = key;
        cfg_node_append(parent, node);
        node = parent;
    }
    return node;
}

static void limits(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_props props;
    assert_int_equal(cfg_flatten(nested(arena, CFG_LIMIT_DEPTH, CFG_STR("k")), arena, &props, &err),
                     CFG_OK);
    assert_int_equal(props.count, 1);
    assert_int_equal(
        cfg_flatten(nested(arena, CFG_LIMIT_DEPTH + 1, CFG_STR("k")), arena, &props, &err),
        CFG_TOO_LARGE);
    assert_int_equal(props.count, 0);

    char key[CFG_LIMIT_KEY_BYTES / 2];
    memset(key, 'k', sizeof key);
    err = CFG_ERR_INIT;
    struct cfg_str half = cfg_str_make(key, sizeof key);
    assert_int_equal(cfg_flatten(nested(arena, 1, half), arena, &props, &err), CFG_OK);
    assert_int_equal(cfg_flatten(nested(arena, 2, half), arena, &props, &err), CFG_TOO_LARGE);
    assert_int_equal(err.line, 7);
    assert_non_null(strstr(err.message, "4096"));
}

/* A file is measured as a whole: 70 documents of 1 MiB each. */
static void flat_bytes_of_a_file(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_node *roots[70];
    struct cfg_file file;
    char *text = cfg_arena_alloc(arena, 1 << 20);
    assert_non_null(text);
    memset(text, 'x', 1 << 20);
    for (size_t i = 0; i < CFG_COUNT(roots); i++) {
        roots[i] = tree(arena, "text");
        roots[i]->value.text = cfg_str_make(text, 1 << 20);
    }
    struct cfg_docs docs = {roots, CFG_COUNT(roots)};
    assert_int_equal(cfg_flatten_file(&docs, arena, &file, &err), CFG_TOO_LARGE);
    assert_int_equal(file.count, 0);
    err = CFG_ERR_INIT;
    docs.count = 60;
    assert_int_equal(cfg_flatten_file(&docs, arena, &file, &err), CFG_OK);
}

static void whole_file(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_node *roots[] = {
        tree(arena, "{a: 1}"),
        tree(arena, "{spring: {config: {activate: {on-profile: dev}}}, b: 2}"),
        tree(arena, "{c: x}"),
        tree(arena, "{}"),
    };
    roots[2]->first->value.text = CFG_STR("{cipher}00");
    struct cfg_docs docs = {roots, CFG_COUNT(roots)};
    struct cfg_file file;
    assert_int_equal(cfg_flatten_file(&docs, arena, &file, &err), CFG_OK);
    assert_int_equal(file.count, 4);
    for (size_t i = 0; i < file.count; i++) {
        assert_int_equal(file.documents[i].number, i);
        assert_int_equal(file.documents[i].fragment.len, 0);
        assert_int_equal(file.documents[i].has_cipher, i == 2);
        assert_int_equal(file.documents[i].control != NULL, i == 1);
    }
    assert_int_equal(file.documents[3].props.count, 0);
    assert_string_equal(file.documents[1].control->on_profile.items[0].ptr, "dev");

    docs.count = 0;
    assert_int_equal(cfg_flatten_file(&docs, arena, &file, &err), CFG_OK);
    assert_int_equal(file.count, 0);
}

static void too_many_documents(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_node *roots[CFG_LIMIT_DOCUMENTS + 1];
    struct cfg_file file;
    for (size_t i = 0; i < CFG_COUNT(roots); i++)
        roots[i] = tree(arena, "{}");
    struct cfg_docs docs = {roots, CFG_LIMIT_DOCUMENTS};
    assert_int_equal(cfg_flatten_file(&docs, arena, &file, &err), CFG_OK);
    docs.count++;
    assert_int_equal(cfg_flatten_file(&docs, arena, &file, &err), CFG_TOO_LARGE);
}

static void arena_at_its_ceiling(void **state)
{
    struct cfg_node *root = tree(*state, "{a: {b: [one, two, three, four]}, spring.profiles: x}");
    struct cfg_docs docs = {&root, 1};
    for (size_t ceiling = 0; ceiling < 1200; ceiling += 16) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_arena small;
        struct cfg_file file;
        cfg_arena_init(&small, ceiling, 64);
        enum cfg_status status = cfg_flatten_file(&docs, &small, &file, &err);
        assert_true(status == CFG_OK || file.count == 0);
        assert_int_equal(status, err.status);
        cfg_arena_release(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(blank_keys),
        cmocka_unit_test(blank_characters),
        cmocka_unit_test(kinds_stay),
        cmocka_unit_test(nothing_is_borrowed),
        cmocka_unit_test(limits),
        cmocka_unit_test(flat_bytes_of_a_file),
        cmocka_unit_test(whole_file),
        cmocka_unit_test(too_many_documents),
        cmocka_unit_test(arena_at_its_ceiling),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
