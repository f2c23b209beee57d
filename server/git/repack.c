/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a mirror with many packs.
 * Gives: the same mirror with few.
 * Keeps: the old packs until the new one is on the disk.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>
#include <git2/sys/odb_backend.h>

#include "server/git/repack.h"

#include <stdlib.h>
#include <string.h>

#include "server/git/git_fail.h"
#include "server/git/packs.h"

enum { PATH_BYTES = 4096, HEX = 40 };

struct repack {
    const struct cfg_fetch_job *job;
    cfg_fetch_alive_fn alive;
    void *alive_ctx;
    bool given_up;
    char dir[PATH_BYTES];
    git_repository *repo;
    git_packbuilder *builder;
    struct cfg_packs packs;
    size_t merged; /* the first ones of `packs` */
};

static int go_on(struct repack *repack)
{
    if (!repack->given_up && !repack->alive(repack->alive_ctx))
        repack->given_up = true;
    return repack->given_up ? GIT_EUSER : 0;
}

static int on_packing(int stage, uint32_t current, uint32_t total, void *ctx)
{
    (void)stage;
    (void)current;
    (void)total;
    return go_on(ctx);
}

static int on_writing(const git_indexer_progress *progress, void *ctx)
{
    (void)progress;
    return go_on(ctx);
}

static enum cfg_status
fail(const struct repack *repack, int code, const char *doing, struct cfg_err *err)
{
    enum cfg_status status;

    if (repack->given_up)
        return cfg_err_set(err, CFG_CANCELLED, "packing was given up");
    status = cfg_git_fail(err, code, "%s", doing);
    if (status == CFG_NOT_FOUND)
        err->status = status = CFG_CORRUPT; /* an object that must be there */
    return status;
}

/* ---- what goes in ---- */

/* A branch's commit goes with its history; everything else by itself: a tag, and what it names. */
static int insert_ref(struct repack *repack, git_revwalk *walk, git_reference *ref)
{
    const git_oid *id = git_reference_target(ref);
    git_object *object = NULL, *commit = NULL;
    int code = id ? git_object_lookup(&object, repack->repo, id, GIT_OBJECT_ANY) : 0;

    if (!object)
        return code;
    if (git_object_type(object) != GIT_OBJECT_COMMIT)
        code = git_packbuilder_insert_recur(repack->builder, id, NULL);
    if (code == 0 && git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0)
        code = git_revwalk_push(walk, git_object_id(commit));
    git_object_free(commit);
    git_object_free(object);
    return code < 0 ? code : 0;
}

static int insert_refs(struct repack *repack, git_revwalk *walk)
{
    git_reference_iterator *refs = NULL;
    git_reference *ref = NULL;
    int code = git_reference_iterator_new(&refs, repack->repo);

    while (code == 0 && (code = git_reference_next(&ref, refs)) == 0) {
        code = insert_ref(repack, walk, ref);
        git_reference_free(ref);
        if (code == 0)
            code = go_on(repack);
    }
    git_reference_iterator_free(refs);
    return code == GIT_ITEROVER ? 0 : code;
}

/* One that has gone already cannot be kept. */
static int insert_kept(struct repack *repack)
{
    struct cfg_str rest = repack->job->keep;
    int code = 0;

    for (; rest.len >= HEX && code == 0; rest = cfg_str_sub(rest, HEX, rest.len)) {
        git_oid id;
        git_commit *commit = NULL;

        if (git_oid_fromstrn(&id, rest.ptr, HEX) != 0 ||
            git_commit_lookup(&commit, repack->repo, &id) != 0)
            continue;
        git_commit_free(commit);
        code = git_packbuilder_insert_commit(repack->builder, &id);
        if (code == GIT_ENOTFOUND)
            code = 0;
        if (code == 0)
            code = go_on(repack);
    }
    return code;
}

static int insert_reachable(struct repack *repack)
{
    git_revwalk *walk = NULL;
    git_oid id;
    int code = git_revwalk_new(&walk, repack->repo);
    int head = git_reference_name_to_id(&id, repack->repo, "HEAD");

    if (code == 0 && head == 0) /* may be detached */
        code = git_revwalk_push(walk, &id);
    if (code == 0)
        code = insert_refs(repack, walk);
    if (code == 0)
        code = git_packbuilder_insert_walk(repack->builder, walk);
    if (code == 0)
        code = insert_kept(repack);
    git_revwalk_free(walk);
    return code;
}

static int insert_id(const git_oid *id, void *ctx)
{
    struct repack *repack = ctx;
    int code = git_packbuilder_insert(repack->builder, id, NULL);

    return code == 0 ? go_on(repack) : code;
}

static int insert_pack(struct repack *repack, const struct cfg_pack *pack)
{
    git_odb_backend *backend = NULL;
    char index[PATH_BYTES];
    git_odb *odb = NULL;
    int code;

    snprintf(index, sizeof index, "%s/objects/pack/%s.idx", repack->dir, pack->name);
    code = git_odb_new(&odb);
    if (code == 0)
        code = git_odb_backend_one_pack(&backend, index);
    if (code == 0)
        code = git_odb_add_backend(odb, backend, 1);
    if (code == 0)
        code = git_odb_foreach(odb, insert_id, repack);
    git_odb_free(odb);
    return code;
}

static int insert_small(struct repack *repack)
{
    int code = 0;

    for (size_t i = 0; i < repack->merged && code == 0; i++)
        if (repack->packs.items[i].indexed)
            code = insert_pack(repack, &repack->packs.items[i]);
    return code;
}

/* ---- the whole ---- */

static enum cfg_status begin(struct repack *repack, struct cfg_err *err)
{
    enum cfg_status status;
    int code;

    if (repack->job->path.len >= sizeof repack->dir)
        return cfg_err_set(err, CFG_INVALID, "the path of the mirror is too long");
    memcpy(repack->dir, repack->job->path.ptr, repack->job->path.len);
    status = cfg_packs_list(repack->dir, &repack->packs, err);
    if (status != CFG_OK)
        return status;
    code = git_repository_open_bare(&repack->repo, repack->dir);
    if (code == 0)
        code = git_packbuilder_new(&repack->builder, repack->repo);
    if (code == 0)
        code = git_packbuilder_set_callbacks(repack->builder, on_packing, repack);
    if (code < 0)
        return fail(repack, code, "opening the mirror", err);
    repack->merged = repack->job->repack == CFG_REPACK_ALL ? repack->packs.count
                                                           : cfg_packs_to_merge(&repack->packs);
    return CFG_OK;
}

/* The new pack may be one of the old ones: packs are named by their content. */
static void delete_merged(const struct repack *repack)
{
    const char *made = git_packbuilder_name(repack->builder);

    for (size_t i = 0; i < repack->merged; i++) {
        const struct cfg_pack *pack = &repack->packs.items[i];
        if (!made || strcmp(pack->name + strlen("pack-"), made) != 0)
            cfg_packs_delete(repack->dir, pack);
    }
}

static enum cfg_status merge(struct repack *repack, struct cfg_err *err)
{
    bool all = repack->merged == repack->packs.count;
    int code = all ? insert_reachable(repack) : insert_small(repack);

    if (code < 0)
        return fail(repack, code, "gathering objects", err);
    if (!git_packbuilder_object_count(repack->builder))
        return CFG_OK; /* nothing is needed any more; the next objects will show what to do */
    code = git_packbuilder_write(repack->builder, NULL, 0, on_writing, repack);
    if (code < 0)
        return fail(repack, code, "writing a pack", err);
    delete_merged(repack);
    return CFG_OK;
}

enum cfg_status cfg_repack_run(const struct cfg_fetch_job *job,
                               cfg_fetch_alive_fn alive,
                               void *ctx,
                               struct cfg_err *err)
{
    struct repack *repack = calloc(1, sizeof *repack);
    enum cfg_status status;

    if (!repack)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to pack");
    repack->job = job;
    repack->alive = alive;
    repack->alive_ctx = ctx;
    status = begin(repack, err);
    if (status == CFG_OK && repack->merged)
        status = merge(repack, err);
    git_packbuilder_free(repack->builder);
    git_repository_free(repack->repo);
    cfg_packs_release(&repack->packs);
    free(repack);
    return status;
}
