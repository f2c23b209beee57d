/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree: how the room's own modules put a struct cfg_tree or cfg_tips together; store.h says how
 * everybody else reads them.
 *
 * Keeps: 1. What comes out is sorted and has every path once, whatever came in: a repository may hold
 *           trees that no git would write. 2. Four pieces of memory a tree, however many entries.
 */
#ifndef SERVER_GIT_TREE_H
#define SERVER_GIT_TREE_H

#include "server/git/store.h"

enum {
    CFG_TREE_ENTRIES = 1000000,      /* files, links, submodules and directories of one tree */
    CFG_TREE_PATH_BYTES = 256 << 20, /* of all their paths */
};

/* Collects one tree. The paths lie back to back in the order of the entries until the end. */
struct cfg_tree_maker {
    struct cfg_tree_entry *entries;
    size_t count, cap;
    struct cfg_str *dirs;
    size_t dir_count, dir_cap;
    struct cfg_buf paths, dir_paths;
};

void cfg_tree_maker_init(struct cfg_tree_maker *maker);
void cfg_tree_maker_release(struct cfg_tree_maker *maker);

/* Adds the file `prefix` + `name`. Owns: copies both. Fails: too_large, no_memory. */
enum cfg_status cfg_tree_maker_add(struct cfg_tree_maker *maker,
                                   struct cfg_str prefix,
                                   struct cfg_str name,
                                   const struct cfg_tree_entry *entry,
                                   struct cfg_err *err) CFG_CHECK;

/* Adds a directory, "" or "sub/dir/". Owns and fails as above. */
enum cfg_status cfg_tree_maker_dir(struct cfg_tree_maker *maker,
                                   struct cfg_str path,
                                   struct cfg_err *err) CFG_CHECK;

/* Seals: `*out` is a new reference and the maker is empty. Fails: too_large, no_memory. */
enum cfg_status cfg_tree_maker_end(struct cfg_tree_maker *maker,
                                   const unsigned char id[CFG_ID_BYTES],
                                   struct cfg_tree **out,
                                   struct cfg_err *err) CFG_CHECK;

/*
 * Tips from `count` items in any order, whose names are copied; of equal names the first is kept.
 * Fails: no_memory.
 */
enum cfg_status cfg_tips_new(const struct cfg_tip *items,
                             size_t count,
                             const char *head,
                             struct cfg_tips **out,
                             struct cfg_err *err) CFG_CHECK;

/* The tip of that exact name; NULL: none. */
const struct cfg_tip *
cfg_tips_get(const struct cfg_tips *tips, struct cfg_str prefix, struct cfg_str name);

/* 40 lower-case digits and NUL from the bytes of an id, and back (either case; false: not digits). */
void cfg_id_hex(const unsigned char id[CFG_ID_BYTES], char out[41]);
bool cfg_id_parse(struct cfg_str hex, unsigned char out[CFG_ID_BYTES]);

#endif
