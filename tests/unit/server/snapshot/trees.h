/* SPDX-License-Identifier: Apache-2.0 */
/* trees: a store opened on a fixture's repository, and its trees, for the tests of this room. */
#ifndef TESTS_UNIT_SERVER_SNAPSHOT_TREES_H
#define TESTS_UNIT_SERVER_SNAPSHOT_TREES_H

#include <pthread.h>

#include "server/snapshot/snapshot.h"
#include "tests/support/fixture.h"

static const struct cfg_git_options plain_git = {.timeout_s = 20};

static inline struct cfg_store *open_repo(const struct fixture *fixture, const char *name)
{
    char uri[256];

    snprintf(uri, sizeof uri, "file:%s/%s", fixture->dir, name);
    return open_at(cfg_str_of(uri), &plain_git, fixture->dir, NULL);
}

static inline struct cfg_tree *tree_at(struct cfg_store *store, const char *label)
{
    struct cfg_tips *tips = tips_of(store);
    char commit[41];

    if (!cfg_tips_find(tips, cfg_str_of(label), commit))
        fail_msg("no label %s", label);
    cfg_tips_unref(tips);
    return tree_of(store, commit);
}

static inline const struct cfg_tree_entry *entry_at(const struct cfg_tree *tree, const char *path)
{
    const struct cfg_tree_entry *entry = cfg_tree_find(tree, cfg_str_of(path));

    if (!entry)
        fail_msg("no %s", path);
    return entry;
}

/* The text of a key in the first document. */
static inline const char *text_of(const struct cfg_file *file, const char *key)
{
    const struct cfg_prop *prop;

    assert_non_null(file);
    assert_true(file->count > 0);
    prop = cfg_props_find(&file->documents[0].props, cfg_str_of(key));
    return prop ? prop->text_ptr : "(none)";
}

#endif
