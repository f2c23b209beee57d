/* SPDX-License-Identifier: Apache-2.0 */
/* fixture: what the tests of this room ask of a store; repositories come from tests/support. */
#ifndef TESTS_UNIT_SERVER_GIT_FIXTURE_H
#define TESTS_UNIT_SERVER_GIT_FIXTURE_H

#include "tests/support/fixture.h"

/* The bytes of a path in a tree must be these. */
static inline void
expect_bytes(struct cfg_store *store, struct cfg_tree *tree, const char *path, const char *want)
{
    const struct cfg_tree_entry *entry = cfg_tree_find(tree, cfg_str_of(path));
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf bytes;

    if (!entry)
        fail_msg("no %s", path);
    cfg_buf_init(&bytes, 1 << 20);
    if (cfg_store_read(store, tree, entry, 1 << 20, &bytes, &err) != CFG_OK)
        fail_msg("%s: %s", path, err.message);
    cfg_buf_char(&bytes, '\0');
    assert_string_equal(bytes.ptr, want);
    cfg_buf_release(&bytes);
}

/* Reads a path of the tip of a branch. */
static inline void
expect_at(struct cfg_store *store, const char *label, const char *path, const char *want)
{
    struct cfg_tips *tips = tips_of(store);
    struct cfg_tree *tree;
    char commit[41];

    if (!cfg_tips_find(tips, cfg_str_of(label), commit))
        fail_msg("no label %s", label);
    tree = tree_of(store, commit);
    expect_bytes(store, tree, path, want);
    cfg_tree_unref(tree);
    cfg_tips_unref(tips);
}

#endif
