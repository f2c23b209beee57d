/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry: every repository that the server knows, by its uri: those of the settings from the start,
 * those behind placeholders from the first question that names them.
 *
 * Keeps: 1. A repository whose first reading failed and that no setting names is forgotten again.
 *        2. `generation` moves with every publication, after the view is in its slot.
 */
#ifndef SERVER_SNAPSHOT_REGISTRY_H
#define SERVER_SNAPSHOT_REGISTRY_H

#include "server/snapshot/repo.h"

enum { CFG_REGISTRY_REPOS = 10000 }; /* placeholders make no more than this */

struct cfg_registry;

/* `on_publish` is called after each publication, without any lock. */
enum cfg_status cfg_registry_new(struct cfg_str state_dir,
                                 struct cfg_fetchers *fetchers,
                                 void (*on_publish)(void *ctx),
                                 void *publish_ctx,
                                 struct cfg_registry **out,
                                 struct cfg_err *err) CFG_CHECK;
void cfg_registry_free(
    struct cfg_registry *registry); /* when nobody holds a view any more; accepts NULL */

/*
 * The repository of an expanded uri, opened when it is new. Owns: `*out` is a new reference; `options`
 * outlive the registry.
 */
enum cfg_status cfg_registry_git(struct cfg_registry *registry,
                                 struct cfg_str uri,
                                 const struct cfg_git_options *options,
                                 struct cfg_repo **out,
                                 struct cfg_err *err) CFG_CHECK;

/* The folders of one native back end; `key` tells them apart from others. */
enum cfg_status cfg_registry_folders(struct cfg_registry *registry,
                                     struct cfg_str key,
                                     const struct cfg_strs *roots,
                                     struct cfg_repo **out,
                                     struct cfg_err *err) CFG_CHECK;

/* Takes a repository out that holds nothing readable. */
void cfg_registry_forget(struct cfg_registry *registry, struct cfg_repo *repo);

/* Changes whenever any view, or the set of repositories, has changed. Threads: any. */
uint64_t cfg_registry_generation(const struct cfg_registry *registry);

/* Calls for every repository with a reference held for the call. Threads: any. */
enum cfg_status cfg_registry_each(struct cfg_registry *registry,
                                  bool (*visit)(struct cfg_repo *repo, void *ctx),
                                  void *ctx,
                                  struct cfg_err *err) CFG_CHECK;

struct cfg_shelf *cfg_registry_shelf(struct cfg_registry *registry);

#endif
