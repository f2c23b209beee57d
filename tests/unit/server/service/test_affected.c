/* SPDX-License-Identifier: Apache-2.0 */
/* Two trees → the applications and profiles whose files differ. */
#include "server/service/affected.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST_FILES = 400 };

/* "path=content path=content", sorted by path; the content's first letter is its id. */
struct sample {
    struct cfg_tree tree;
    struct cfg_tree_entry entries[MOST_FILES];
};

static const struct cfg_tree *tree_of(struct sample *sample, const char *files)
{
    struct cfg_str rest = cfg_str_of(files), file;
    memset(sample, 0, sizeof *sample);
    sample->tree.entries = sample->entries;
    while (rest.len && cfg_str_cut(&rest, ' ', &file)) {
        struct cfg_tree_entry *entry = &sample->entries[sample->tree.count++];
        size_t equals = cfg_str_chr(file, '=');
        entry->path = cfg_str_sub(file, 0, equals);
        entry->id[0] = (unsigned char)file.ptr[equals + 1];
        if (sample->tree.count > 1)
            assert_true(cfg_str_cmp(entry[-1].path, entry->path) < 0);
        sample->tree.id[sample->tree.count % CFG_ID_BYTES] ^= entry->id[0];
    }
    return &sample->tree;
}

static void differ(const char *before, const char *after, size_t files, const char *want)
{
    struct sample old, new;
    struct cfg_affected *affected;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf text;
    print_message("%s | %s\n", before, after);
    assert_int_equal(
        cfg_affected_trees(tree_of(&old, before), tree_of(&new, after), &affected, &err), CFG_OK);
    if (files == 0) {
        assert_null(affected);
        return;
    }
    assert_non_null(affected);
    assert_int_equal(affected->file_count, files);
    assert_false(affected->cut);
    cfg_buf_init(&text, 4096);
    cfg_affected_text(affected, CFG_AFFECTED_PAIRS, &text);
    assert_string_equal(text.len ? text.ptr : "", want);
    cfg_buf_release(&text);
    cfg_affected_unref(affected);
}

static void pairs(void **state)
{
    (void)state;
    differ("a.yml=1", "a.yml=1", 0, "");
    differ("", "", 0, "");
    differ("a.yml=1", "a.yml=2", 1, "a/*");
    differ("a.yml=1", "", 1, "a/*");
    differ("", "a.yml=1", 1, "a/*");
    differ("a.yml=1 b.yml=1 c.yml=1", "b.yml=2 c.yml=1 d.yml=1", 3, "a/*, b/*, d/*");
    differ("", "orders-dev.yml=1", 1, "orders/dev, orders-dev/*");
    differ("", "x/y/orders-eu-dev.properties=1", 1,
           "orders/eu-dev, orders-eu/dev, orders-eu-dev/*");
    differ("", "application.yml=1", 1, "*/*");
    differ("", "x/application-dev.yaml=1", 1, "*/dev");
    differ("", "application-eu-dev.yml=1", 1, "*/eu-dev");
    differ("", "a-.yml=1", 1, "a-/*");
    differ("", "-a.yml=1", 1, "-a/*");
    differ("", "logo.png=1 n.txt=1", 2, "");
    differ("", ".yml=1", 1, "");
    differ("", "a.xml=1 x/a.yml=1 y/a.yml=1", 3, "a/*");
}

static void kinds_count(void **state)
{
    struct sample old, new;
    struct cfg_affected *affected;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    tree_of(&old, "a.yml=1");
    tree_of(&new, "a.yml=1");
    new.entries[0].kind = CFG_ENTRY_LINK;
    new.tree.id[0] = 1;
    assert_int_equal(cfg_affected_trees(&old.tree, &new.tree, &affected, &err), CFG_OK);
    assert_int_equal(affected->pair_count, 1);
    assert_true(affected->wall_ms > 0);
    assert_ptr_equal(cfg_affected_ref(affected), affected);
    cfg_affected_unref(affected);
    cfg_affected_unref(affected);
    cfg_affected_unref(NULL);
}

static void bounded(void **state)
{
    struct sample old, new;
    struct cfg_affected *affected;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf files, text;
    (void)state;
    cfg_buf_init(&files, 1 << 20);
    for (int i = 0; i < 300; i++)
        cfg_buf_printf(&files, "%sf%03d.yml=1", i ? " " : "", i);
    cfg_buf_str(&files, CFG_STR(" g"));
    for (int i = 0; i < 240; i++)
        cfg_buf_char(&files, '-');
    cfg_buf_str(&files, CFG_STR("x.yml=1 h"));
    for (int i = 0; i < 300; i++)
        cfg_buf_char(&files, 'h');
    cfg_buf_str(&files, CFG_STR(".yml=1"));
    assert_int_equal(
        cfg_affected_trees(tree_of(&old, ""), tree_of(&new, files.ptr), &affected, &err), CFG_OK);
    assert_int_equal(affected->file_count, 302);
    assert_int_equal(affected->pair_count, CFG_AFFECTED_PAIRS);
    assert_true(affected->cut);
    cfg_buf_init(&text, 4096);
    cfg_affected_text(affected, 2, &text);
    assert_string_equal(text.ptr, "f000/*, f001/* and more");
    cfg_buf_release(&text);
    cfg_buf_release(&files);
    cfg_affected_unref(affected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(kinds_count),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
