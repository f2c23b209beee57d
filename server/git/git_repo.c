/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the path of a repository; ids.
 * Gives: objects as bytes, through a handle of libgit2 with our own reader for loose objects in it.
 * Keeps: a handle is used by one thread at a time; nothing is ever written.
 *
 * The handle's object database is put together by hand (packs, then loose objects, then the same for
 * every alternate) because the one that libgit2 makes would read loose objects itself, and 1.5 never
 * returns from a truncated one. A work tree's objects are mostly loose, and disks do fail.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 8
#include <git2/sys/errors.h>
#endif

#include "server/git/git_repo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "server/git/git_fail.h"
#include "server/git/tree.h"

enum {
    LOOSE_PRIORITY = 1, /* packs first: most objects of a mirror are there */
    PACKED_PRIORITY = 2,
    ALTERNATE_DEPTH = 5,
    ALTERNATE_BYTES = 65536,
    LOOSE_BYTES = 1 << 30, /* who asks for less says so earlier */
    CACHE_BYTES = 32 << 20,
    MAPPED_PACKS = 256,
    PATH_BYTES = 4096,
};

struct cfg_git_repo {
    git_repository *repo;
    git_odb *odb;
};

/* ---- process-wide ---- */

enum cfg_status cfg_git_start(struct cfg_err *err)
{
    int code = git_libgit2_init();

    if (code < 0)
        return cfg_git_fail(err, code, "starting libgit2");
    code = 0;
    /* What is served must not depend on somebody's ~/.gitconfig or on /etc/gitconfig. */
    for (int level = GIT_CONFIG_LEVEL_PROGRAMDATA; level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
        code |= git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    /* Of a local remote; the check protects from commands in a stranger's files, and we run none. */
    code |= git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    code |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
    code |= git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES);
    code |= git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, (size_t)MAPPED_PACKS);
    if (code < 0) {
        enum cfg_status status = cfg_git_fail(err, code, "setting up libgit2");
        git_libgit2_shutdown();
        return status;
    }
    return CFG_OK;
}

void cfg_git_stop(void)
{
    git_libgit2_shutdown();
}

/* ---- loose objects, as libgit2 wants to be given them ---- */

struct loose_backend {
    git_odb_backend head; /* first: libgit2 sees this part */
    char *objects_dir;
};

static int loose_fail(const struct cfg_err *err)
{
    if (err->status == CFG_NOT_FOUND)
        return GIT_ENOTFOUND;
    if (err->status == CFG_CONFLICT)
        return GIT_EAMBIGUOUS;
    if (err->status == CFG_NO_MEMORY)
        git_error_set_oom();
    else
        git_error_set(err->status == CFG_UNAVAILABLE ? GIT_ERROR_OS : GIT_ERROR_ODB, "%s",
                      err->message);
    return GIT_ERROR;
}

static const char *dir_of(const git_odb_backend *backend)
{
    return ((const struct loose_backend *)backend)->objects_dir;
}

static int
on_read_header(size_t *out_len, git_object_t *out_type, git_odb_backend *backend, const git_oid *id)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_loose loose;

    if (cfg_loose_header(dir_of(backend), id->id, &loose, &err) != CFG_OK)
        return loose_fail(&err);
    *out_len = loose.size;
    *out_type = (git_object_t)loose.type;
    return 0;
}

static int on_read(void **out,
                   size_t *out_len,
                   git_object_t *out_type,
                   git_odb_backend *backend,
                   const git_oid *id)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_loose loose;
    void *copy;

    if (cfg_loose_read(dir_of(backend), id->id, LOOSE_BYTES, &loose, &err) != CFG_OK)
        return loose_fail(&err);
    copy = git_odb_backend_data_alloc(backend, loose.size + 1); /* it frees only its own memory */
    if (copy)
        memcpy(copy, loose.bytes, loose.size + 1);
    free(loose.bytes);
    if (!copy)
        return GIT_ERROR;
    *out = copy;
    *out_len = loose.size;
    *out_type = (git_object_t)loose.type;
    return 0;
}

static int on_exists(git_odb_backend *backend, const git_oid *id)
{
    size_t len;
    git_object_t type;

    return on_read_header(&len, &type, backend, id) == 0;
}

static int
on_exists_prefix(git_oid *out, git_odb_backend *backend, const git_oid *prefix, size_t len)
{
    struct cfg_err err = CFG_ERR_INIT;
    char hex[41];

    cfg_id_hex(prefix->id, hex);
    if (len < 2)
        return GIT_EAMBIGUOUS;
    if (cfg_loose_find(dir_of(backend), cfg_str_make(hex, len), out->id, &err) != CFG_OK)
        return loose_fail(&err);
    return 0;
}

static int on_read_prefix(git_oid *out_id,
                          void **out,
                          size_t *out_len,
                          git_object_t *out_type,
                          git_odb_backend *backend,
                          const git_oid *prefix,
                          size_t len)
{
    int code = on_exists_prefix(out_id, backend, prefix, len);

    return code ? code : on_read(out, out_len, out_type, backend, out_id);
}

static void on_free(git_odb_backend *backend)
{
    free(((struct loose_backend *)backend)->objects_dir);
    free(backend);
}

static git_odb_backend *loose_backend_new(const char *objects_dir)
{
    struct loose_backend *backend = calloc(1, sizeof *backend);

    if (!backend || git_odb_init_backend(&backend->head, GIT_ODB_BACKEND_VERSION) < 0) {
        free(backend);
        return NULL;
    }
    backend->head.read = on_read;
    backend->head.read_prefix = on_read_prefix;
    backend->head.read_header = on_read_header;
    backend->head.exists = on_exists;
    backend->head.exists_prefix = on_exists_prefix;
    backend->head.free = on_free;
    backend->objects_dir = strdup(objects_dir);
    if (!backend->objects_dir) {
        free(backend);
        return NULL;
    }
    return &backend->head;
}

/* ---- opening ---- */

static enum cfg_status
add_backend(git_odb *odb, git_odb_backend *backend, int priority, struct cfg_err *err)
{
    int code;

    if (!backend)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to open a repository");
    code = git_odb_add_backend(odb, backend, priority);
    if (code < 0) {
        backend->free(backend);
        return cfg_git_fail(err, code, "opening the objects of a repository");
    }
    return CFG_OK;
}

static enum cfg_status
add_objects(git_odb *odb, const char *objects_dir, unsigned depth, struct cfg_err *err);

/* Every line of objects/info/alternates is another objects folder. */
static enum cfg_status
add_alternates(git_odb *odb, const char *objects_dir, unsigned depth, struct cfg_err *err)
{
    struct cfg_err cause = CFG_ERR_INIT;
    enum cfg_status status;
    struct cfg_str rest, line;
    struct cfg_buf text, path;

    cfg_buf_init(&text, ALTERNATE_BYTES);
    cfg_buf_init(&path, ALTERNATE_BYTES);
    cfg_buf_printf(&path, "%s/info/alternates", objects_dir);
    status = cfg_buf_end(&path, "the path of the alternates", err);
    if (status == CFG_OK)
        status = cfg_file_read(path.ptr, &text, &cause);
    if (status == CFG_NOT_FOUND)
        status = CFG_OK; /* most repositories have none */
    else if (status != CFG_OK)
        status = cfg_err_set(err, status, "%s", cause.message);
    for (rest = cfg_buf_view(&text); status == CFG_OK && cfg_str_cut(&rest, '\n', &line);) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        cfg_buf_reset(&path);
        if (line.ptr[0] != '/')
            cfg_buf_printf(&path, "%s/", objects_dir);
        cfg_buf_str(&path, line);
        status = cfg_buf_end(&path, "an alternate", err);
        if (status == CFG_OK)
            status = add_objects(odb, path.ptr, depth + 1, err);
    }
    cfg_buf_release(&text);
    cfg_buf_release(&path);
    return status;
}

static enum cfg_status
add_objects(git_odb *odb, const char *objects_dir, unsigned depth, struct cfg_err *err)
{
    git_odb_backend *packs = NULL;
    enum cfg_status status;
    int code;

    if (depth > ALTERNATE_DEPTH)
        return CFG_OK;
    code = git_odb_backend_pack(&packs, objects_dir);
    if (code < 0)
        return cfg_git_fail(err, code, "opening the packs of a repository");
    status = add_backend(odb, packs, PACKED_PRIORITY, err);
    if (status == CFG_OK)
        status = add_backend(odb, loose_backend_new(objects_dir), LOOSE_PRIORITY, err);
    return status == CFG_OK ? add_alternates(odb, objects_dir, depth, err) : status;
}

static enum cfg_status open_objects(struct cfg_git_repo *repo, struct cfg_err *err)
{
    enum cfg_status status;
    struct cfg_buf path;
    int code = git_odb_new(&repo->odb);

    if (code < 0)
        return cfg_git_fail(err, code, "opening a repository");
    cfg_buf_init(&path, ALTERNATE_BYTES);
    cfg_buf_printf(&path, "%sobjects", git_repository_commondir(repo->repo));
    status = cfg_buf_end(&path, "the path of the objects folder", err);
    if (status == CFG_OK)
        status = add_objects(repo->odb, path.ptr, 0, err);
    cfg_buf_release(&path);
    if (status == CFG_OK) {
        code = git_repository_set_odb(repo->repo, repo->odb);
        if (code < 0)
            status = cfg_git_fail(err, code, "opening a repository");
    }
    return status;
}

/* ---- finding the folder, and whether we can read it ---- */

static bool is_there(const char *dir, const char *name)
{
    char path[PATH_BYTES];
    struct stat about;
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);

    return len > 0 && (size_t)len < sizeof path && lstat(path, &about) == 0;
}

/*
 * Looks like a repository: HEAD, and beside it either everything or (a linked work tree) where that is.
 * Asked before libgit2 is: its open_bare leaks memory with each no.
 */
static bool is_git_dir(const char *dir)
{
    return is_there(dir, "HEAD") &&
           (is_there(dir, "commondir") || (is_there(dir, "objects") && is_there(dir, "refs")));
}

/* Follows a .git file ("gitdir: ../x"); `dir` is the folder that it lies in. */
static bool follow_git_file(const char *file, const char *dir, char out[PATH_BYTES])
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct cfg_str target;
    struct cfg_buf text;
    int len = -1;

    cfg_buf_init(&text, PATH_BYTES);
    if (cfg_file_read(file, &text, &ignored) == CFG_OK &&
        cfg_str_starts(cfg_buf_view(&text), CFG_STR("gitdir:"))) {
        target = cfg_str_trim(cfg_str_sub(cfg_buf_view(&text), 7, text.len));
        len = target.len && target.ptr[0] == '/'
                  ? snprintf(out, PATH_BYTES, "%.*s", CFG_STR_ARG(target))
                  : snprintf(out, PATH_BYTES, "%s/%.*s", dir, CFG_STR_ARG(target));
    }
    cfg_buf_release(&text);
    return len > 0 && len < PATH_BYTES;
}

/* The folder of the repository at `path`; false: none is there. */
static bool find_git_dir(const char *path, char out[PATH_BYTES])
{
    char below[PATH_BYTES];
    struct stat about;
    int len = snprintf(below, sizeof below, "%s/.git", path);

    if (len < 0 || (size_t)len >= sizeof below)
        return false;
    if (stat(below, &about) == 0 && S_ISREG(about.st_mode))
        return follow_git_file(below, path, out) && is_git_dir(out);
    snprintf(out, PATH_BYTES, "%s", is_git_dir(below) ? below : path);
    return is_git_dir(out);
}

/* Values of extensions.* other than these change where commits or branches are. */
static const struct {
    const char *key, *readable;
} formats[] = {{"extensions.objectformat", "sha1"}, {"extensions.refstorage", "files"}};

/*
 * Refuses what we would misread. By hand, because libgit2's own check (in open_ext) leaks 20 KiB for
 * every line of the configuration: 1.5 with PCRE2 forgets the data of a match that failed.
 */
static enum cfg_status check_format(git_repository *repo, struct cfg_err *err)
{
    git_config *config = NULL;
    int32_t version = 0;
    enum cfg_status status = CFG_OK;
    int code = git_repository_config_snapshot(&config, repo);

    if (code < 0)
        return cfg_git_fail(err, code, "reading the configuration of the repository");
    if (git_config_get_int32(&version, config, "core.repositoryformatversion") == 0 &&
        (version < 0 || version > 1))
        status = cfg_err_set(err, CFG_INVALID, "the repository has the unknown format version %d",
                             (int)version);
    for (size_t i = 0; version == 1 && i < CFG_COUNT(formats) && status == CFG_OK; i++) {
        const char *value = NULL;
        if (git_config_get_string(&value, config, formats[i].key) == 0 &&
            strcmp(value, formats[i].readable) != 0)
            status =
                cfg_err_set(err, CFG_INVALID, "the repository has %s = %.32s, which cannot be read",
                            formats[i].key, value);
    }
    git_config_free(config);
    git_error_clear();
    return status;
}

/*
 * open_bare of the folder itself: it does not look at who owns the folder, and a server that reads a
 * volume of somebody else's has to.
 */
static enum cfg_status open_folder(struct cfg_git_repo *repo, const char *path, struct cfg_err *err)
{
    char dir[PATH_BYTES];
    int code;

    if (!find_git_dir(path, dir))
        return cfg_err_set(err, CFG_NOT_FOUND, "there is no repository");
    code = git_repository_open_bare(&repo->repo, dir);
    return code < 0 ? cfg_git_fail(err, code, "opening the repository")
                    : check_format(repo->repo, err);
}

enum cfg_status cfg_git_repo_open(const char *path, struct cfg_git_repo **out, struct cfg_err *err)
{
    struct cfg_git_repo *repo = calloc(1, sizeof *repo);
    enum cfg_status status;

    *out = NULL;
    if (!repo)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to open a repository");
    status = open_folder(repo, path, err);
    if (status == CFG_OK)
        status = open_objects(repo, err);
    if (status != CFG_OK) {
        cfg_git_repo_close(repo);
        return status;
    }
    *out = repo;
    return CFG_OK;
}

void cfg_git_repo_close(struct cfg_git_repo *repo)
{
    if (!repo)
        return;
    git_odb_free(repo->odb);
    git_repository_free(repo->repo);
    free(repo);
}

const char *cfg_git_repo_dir(const struct cfg_git_repo *repo)
{
    return git_repository_path(repo->repo);
}

const char *cfg_git_repo_common_dir(const struct cfg_git_repo *repo)
{
    return git_repository_commondir(repo->repo);
}

/* ---- objects ---- */

static git_oid oid_of(const unsigned char id[CFG_ID_BYTES])
{
    git_oid oid;

    memcpy(oid.id, id, CFG_ID_BYTES);
    return oid;
}

static enum cfg_status read_fail(int code, const git_oid *oid, struct cfg_err *err)
{
    char hex[41];

    cfg_id_hex(oid->id, hex);
    return cfg_git_fail(err, code, "reading object %s", hex);
}

enum cfg_status cfg_git_repo_type(struct cfg_git_repo *repo,
                                  const unsigned char id[CFG_ID_BYTES],
                                  enum cfg_git_type *out,
                                  struct cfg_err *err)
{
    git_oid oid = oid_of(id);
    size_t len;
    git_object_t type;
    int code = git_odb_read_header(&len, &type, repo->odb, &oid);

    if (code < 0)
        return read_fail(code, &oid, err);
    *out = (enum cfg_git_type)type;
    return CFG_OK;
}

enum cfg_status cfg_git_repo_read(struct cfg_git_repo *repo,
                                  const unsigned char id[CFG_ID_BYTES],
                                  enum cfg_git_type type,
                                  size_t max_bytes,
                                  struct cfg_git_object *out,
                                  struct cfg_err *err)
{
    git_oid oid = oid_of(id);
    git_odb_object *got = NULL;
    git_object_t found;
    size_t len;
    char hex[41];
    int code = git_odb_read_header(&len, &found, repo->odb, &oid);

    *out = (struct cfg_git_object){0};
    if (code < 0)
        return read_fail(code, &oid, err);
    cfg_id_hex(id, hex);
    if ((int)found != (int)type)
        return cfg_err_set(err, CFG_CORRUPT, "object %s is a %s, not a %s", hex,
                           git_object_type2string(found),
                           git_object_type2string((git_object_t)type));
    if (len > max_bytes)
        return cfg_err_set(err, CFG_TOO_LARGE, "object %s has %zu bytes, over the limit of %zu",
                           hex, len, max_bytes);
    code = git_odb_read(&got, repo->odb, &oid);
    if (code < 0)
        return read_fail(code, &oid, err);
    out->type = (enum cfg_git_type)git_odb_object_type(got);
    out->bytes = git_odb_object_data(got);
    out->len = git_odb_object_size(got);
    out->owner = got;
    return CFG_OK;
}

void cfg_git_object_release(struct cfg_git_object *object)
{
    git_odb_object_free(object->owner);
    *object = (struct cfg_git_object){0};
}

/* ---- commits by their id ---- */

static enum cfg_status no_commit(struct cfg_err *err)
{
    return cfg_err_set(err, CFG_NOT_FOUND, "no such commit can be reached from a branch or tag");
}

/* Every tip that is there; a tip may be missing from a damaged repository. */
static size_t tip_ids(const struct cfg_tips *tips, git_oid *out)
{
    size_t count = 0;

    for (size_t i = 0; i < tips->count; i++)
        if (git_oid_fromstr(&out[count], tips->items[i].commit) == 0)
            count++;
    return count;
}

static enum cfg_status check_reachable(struct cfg_git_repo *repo,
                                       const git_oid *id,
                                       const git_oid *tips,
                                       size_t count,
                                       struct cfg_err *err)
{
    int code;

    for (size_t i = 0; i < count; i++)
        if (git_oid_equal(id, &tips[i]))
            return CFG_OK;
    code = count ? git_graph_reachable_from_any(repo->repo, id, tips, count) : 0;
    if (code < 0)
        return cfg_git_fail(err, code, "walking the history");
    return code ? CFG_OK : no_commit(err);
}

/* The digits begin several objects, of which one may be a commit that can be reached. */
static enum cfg_status walk_for_prefix(struct cfg_git_repo *repo,
                                       struct cfg_str digits,
                                       const git_oid *tips,
                                       size_t count,
                                       git_oid *out,
                                       struct cfg_err *err)
{
    git_revwalk *walk = NULL;
    size_t found = 0;
    git_oid id;
    char hex[41];
    int code = git_revwalk_new(&walk, repo->repo);

    for (size_t i = 0; i < count && code == 0; i++)
        code = git_revwalk_push(walk, &tips[i]);
    while (code == 0 && (code = git_revwalk_next(&id, walk)) == 0) {
        cfg_id_hex(id.id, hex);
        if (!cfg_str_starts(cfg_str_make(hex, 40), digits))
            continue;
        *out = id;
        found++;
    }
    git_revwalk_free(walk);
    if (code != GIT_ITEROVER)
        return cfg_git_fail(err, code, "walking the history");
    return found == 1 ? CFG_OK : no_commit(err);
}

static enum cfg_status find_commit(struct cfg_git_repo *repo,
                                   struct cfg_str digits,
                                   const git_oid *tips,
                                   size_t count,
                                   git_oid *out,
                                   struct cfg_err *err)
{
    git_oid prefix;
    git_object_t type;
    size_t len;
    char hex[41];
    int code = git_oid_fromstrn(&prefix, digits.ptr, digits.len);

    if (code == 0)
        code = git_odb_exists_prefix(out, repo->odb, &prefix, digits.len);
    if (code == GIT_EAMBIGUOUS) {
        cfg_id_hex(prefix.id, hex); /* in lower case */
        return walk_for_prefix(repo, cfg_str_make(hex, digits.len), tips, count, out, err);
    }
    if (code == 0)
        code = git_odb_read_header(&len, &type, repo->odb, out);
    if (code == GIT_ENOTFOUND || (code == 0 && type != GIT_OBJECT_COMMIT))
        return no_commit(err);
    if (code < 0)
        return cfg_git_fail(err, code, "looking for a commit");
    return check_reachable(repo, out, tips, count, err);
}

enum cfg_status cfg_git_repo_commit(struct cfg_git_repo *repo,
                                    const struct cfg_tips *tips,
                                    struct cfg_str digits,
                                    char out_commit[41],
                                    struct cfg_err *err)
{
    git_oid *ids = calloc(tips->count + 1, sizeof *ids);
    git_oid found;
    enum cfg_status status;

    out_commit[0] = '\0';
    if (!ids)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to look for a commit");
    status = find_commit(repo, digits, ids, tip_ids(tips, ids), &found, err);
    if (status == CFG_OK)
        cfg_id_hex(found.id, out_commit);
    free(ids);
    return status;
}
