/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each folder of tests/golden/parse holds an input, named for its format, and `want`: a line for each
 * value, "key @line:column kind text", documents parted by "---"; or `want.err`: the failure's line.
 * UPDATE_GOLDEN=1 rewrites what is wanted.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/base/file.h"

#include <dirent.h>
#include <unistd.h>

#define GOLDEN TEST_DIR "/golden/parse"

static const struct {
    const char *name;
    cfg_parse_fn parse;
} inputs[] = {
    {"input.yml", cfg_parse_yaml},
    {"input.properties", cfg_parse_properties},
    {"input.xml", cfg_parse_xml},
    {"input.json", cfg_parse_json},
};

static void print_escaped(struct cfg_str text, struct cfg_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == '\\')
            cfg_buf_printf(out, "\\x%02x", (unsigned char)text.ptr[i]);
        else
            cfg_buf_char(out, text.ptr[i]);
    }
}

/* `path` is the key so far; each level of the tree adds "/key" or "/index". */
static void print_node(const struct cfg_node *node, struct cfg_str path, struct cfg_buf *out)
{
    static const char *const kinds[] = {"null", "bool", "int", "double", "string", "bytes", "time"};
    size_t index = 0;
    if (node->first == NULL) {
        const char *kind = node->kind == CFG_NODE_MAP    ? "map"
                           : node->kind == CFG_NODE_LIST ? "list"
                                                         : kinds[node->value.kind];
        print_escaped(path, out);
        cfg_buf_printf(out, " @%u:%u %s ", node->line, node->column, kind);
        print_escaped(node->value.text, out);
        cfg_buf_char(out, '\n');
    }
    for (const struct cfg_node *child = node->first; child; child = child->next) {
        struct cfg_buf full;
        cfg_buf_init(&full, PARSE_TEXT_BYTES);
        cfg_buf_str(&full, path);
        cfg_buf_char(&full, '/');
        if (node->kind == CFG_NODE_MAP)
            cfg_buf_str(&full, child->key);
        else
            cfg_buf_printf(&full, "%zu", index++);
        print_node(child, cfg_buf_view(&full), out);
        cfg_buf_release(&full);
    }
}

static void read_file(const char *folder, const char *name, struct cfg_buf *out)
{
    char path[1024];
    struct cfg_err err = CFG_ERR_INIT;
    snprintf(path, sizeof path, GOLDEN "/%s/%s", folder, name);
    cfg_buf_init(out, PARSE_TEXT_BYTES);
    if (access(path, F_OK) == 0)
        assert_int_equal(cfg_file_read(path, out, &err), CFG_OK);
    cfg_buf_char(out, '\0');
}

static void rewrite(const char *folder, const char *name, const struct cfg_buf *got)
{
    char path[1024];
    struct cfg_err err = CFG_ERR_INIT;
    snprintf(path, sizeof path, GOLDEN "/%s/%s", folder, name);
    assert_int_equal(cfg_file_write(path, cfg_str_make(got->ptr, got->len - 1), 0644, &err),
                     CFG_OK);
}

static void check(const char *folder, cfg_parse_fn parse, struct cfg_str input)
{
    struct cfg_arena arena;
    struct cfg_docs docs;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf got, want;
    cfg_buf_init(&got, PARSE_TEXT_BYTES);
    cfg_arena_init(&arena, PARSE_ARENA_BYTES, 0);
    const char *name = "want";
    if (parse(input, &arena, &docs, &err)) {
        name = "want.err";
        cfg_buf_printf(&got, "%s %u:%u %s\n", cfg_status_text(err.status), err.line, err.column,
                       err.message);
    }
    for (size_t i = 0; i < docs.count; i++) {
        cfg_buf_str(&got, i ? CFG_STR("---\n") : CFG_STR(""));
        print_node(docs.roots[i], CFG_STR(""), &got);
    }
    cfg_buf_char(&got, '\0');
    if (getenv("UPDATE_GOLDEN") != NULL)
        rewrite(folder, name, &got);
    read_file(folder, name, &want);
    if (strcmp(got.ptr, want.ptr) != 0)
        fail_msg("%s: got\n%s\nwant\n%s", folder, got.ptr, want.ptr);
    cfg_buf_release(&want);
    cfg_buf_release(&got);
    cfg_arena_release(&arena);
}

static void folders(void **state)
{
    (void)state;
    size_t count = 0;
    DIR *dir = opendir(GOLDEN);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        for (size_t i = 0; i < CFG_COUNT(inputs) && entry->d_name[0] != '.'; i++) {
            char path[1024];
            struct cfg_buf input;
            snprintf(path, sizeof path, GOLDEN "/%s/%s", entry->d_name, inputs[i].name);
            if (access(path, F_OK) != 0)
                continue;
            read_file(entry->d_name, inputs[i].name, &input);
            check(entry->d_name, inputs[i].parse, cfg_str_make(input.ptr, input.len - 1));
            cfg_buf_release(&input);
            count++;
        }
    }
    closedir(dir);
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
