/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the path of a repository, a commit, an entry of its tree.
 * Gives: tips, the whole tree of a commit, the bytes of a file.
 * Keeps: limits on everything that a repository may claim; a few idle handles.
 */
#include "server/git/git_read.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/lock.h"
#include "server/git/git_repo.h"
#include "server/git/refs.h"
#include "server/git/tree.h"

enum {
    IDLE_HANDLES = 4,
    HANDLE_MS = 30000,     /* a handle is not used for longer */
    META_BYTES = 64 << 20, /* one commit, tag or tree object */
    TREE_DEPTH = 64,
    TAG_HOPS = 8,
    PATH_BYTES = 4096,
    TREE_PATH = 65536,
};

/* Which folder a path means: that of the path, and its .git. */
struct place {
    dev_t dev, git_dev;
    ino_t ino, git_ino;
};

struct handle {
    struct cfg_git_repo *repo;
    struct place place;
    int64_t born_ms;
};

struct cfg_git_reader {
    char *path;
    struct cfg_lock lock;
    struct handle idle[IDLE_HANDLES]; /* under lock */
    size_t idle_count;                /* under lock */
};

/* ---- handles ---- */

enum cfg_status
cfg_git_reader_new(const char *path, struct cfg_git_reader **out, struct cfg_err *err)
{
    struct cfg_git_reader *reader = calloc(1, sizeof *reader);

    *out = NULL;
    if (reader)
        reader->path = strdup(path);
    if (!reader || !reader->path) {
        free(reader);
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a repository");
    }
    cfg_lock_init(&reader->lock);
    *out = reader;
    return CFG_OK;
}

void cfg_git_reader_free(struct cfg_git_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < reader->idle_count; i++)
        cfg_git_repo_close(reader->idle[i].repo);
    cfg_lock_release(&reader->lock);
    free(reader->path);
    free(reader);
}

static bool find_place(const char *path, struct place *out)
{
    char below[PATH_BYTES];
    struct stat about;

    *out = (struct place){0};
    if (stat(path, &about) != 0)
        return false;
    out->dev = about.st_dev;
    out->ino = about.st_ino;
    snprintf(below, sizeof below, "%s/.git", path);
    if (stat(below, &about) == 0) {
        out->git_dev = about.st_dev;
        out->git_ino = about.st_ino;
    }
    return true;
}

static bool is_current(const struct handle *handle, const struct place *place, int64_t now_ms)
{
    return handle->place.dev == place->dev && handle->place.ino == place->ino &&
           handle->place.git_dev == place->git_dev && handle->place.git_ino == place->git_ino &&
           now_ms - handle->born_ms < HANDLE_MS;
}

/* An idle handle out of the pool; false when there is none. */
static bool take_idle(struct cfg_git_reader *reader, struct handle *out)
{
    bool taken;

    cfg_lock_enter(&reader->lock);
    taken = reader->idle_count > 0;
    if (taken)
        *out = reader->idle[--reader->idle_count];
    cfg_lock_leave(&reader->lock);
    return taken;
}

static enum cfg_status
take_handle(struct cfg_git_reader *reader, struct handle *out, struct cfg_err *err)
{
    struct place place;
    int64_t now_ms = cfg_clock_ms();

    if (!find_place(reader->path, &place))
        return cfg_err_set(err, CFG_NOT_FOUND, "there is no repository");
    while (take_idle(reader, out)) {
        if (is_current(out, &place, now_ms))
            return CFG_OK;
        cfg_git_repo_close(out->repo);
    }
    *out = (struct handle){.place = place, .born_ms = now_ms};
    return cfg_git_repo_open(reader->path, &out->repo, err);
}

/* After a failure of the repository itself a fresh handle has the better chances. */
static void
give_handle(struct cfg_git_reader *reader, struct handle *handle, enum cfg_status status)
{
    struct cfg_git_repo *surplus = handle->repo;
    bool sound = status == CFG_OK || status == CFG_NOT_FOUND || status == CFG_TOO_LARGE;

    cfg_lock_enter(&reader->lock);
    if (sound && reader->idle_count < IDLE_HANDLES) {
        reader->idle[reader->idle_count++] = *handle;
        surplus = NULL;
    }
    cfg_lock_leave(&reader->lock);
    cfg_git_repo_close(surplus);
}

/* ---- what commits and tags say ---- */

/* The id behind `word` at the beginning of a commit or tag object: "tree 3fa2…\n". */
static bool
id_field(const struct cfg_git_object *object, struct cfg_str word, unsigned char out[CFG_ID_BYTES])
{
    struct cfg_str text = cfg_str_make((const char *)object->bytes, object->len);

    return cfg_str_starts(text, word) && text.len > word.len + 40 &&
           text.ptr[word.len + 40] == '\n' && cfg_id_parse(cfg_str_sub(text, word.len, 40), out);
}

/* The seconds in "committer A U Thor <a@b> 1700000000 +0100"; 0 when there are none. */
static int64_t committer_seconds(const struct cfg_git_object *commit)
{
    struct cfg_str rest = cfg_str_make((const char *)commit->bytes, commit->len);
    struct cfg_str line;
    int64_t seconds = 0;

    while (cfg_str_cut(&rest, '\n', &line) && line.len) {
        size_t at = cfg_str_rchr(line, '>');
        if (!cfg_str_starts(line, CFG_STR("committer ")))
            continue;
        for (at += 2; at < line.len && line.ptr[at] >= '0' && line.ptr[at] <= '9'; at++)
            if (seconds < INT64_C(100000000000))
                seconds = seconds * 10 + (line.ptr[at] - '0');
        break;
    }
    return seconds;
}

/* Of a tag (any number of tags deep) the commit; not_found when it is none. */
static enum cfg_status
peel(const char object[41], char out_commit[41], struct cfg_err *err, void *ctx)
{
    struct cfg_git_repo *repo = ctx;
    unsigned char id[CFG_ID_BYTES];
    enum cfg_git_type type = CFG_GIT_BLOB;
    enum cfg_status status = CFG_OK;

    if (!cfg_id_parse(cfg_str_make(object, 40), id))
        return cfg_err_set(err, CFG_CORRUPT, "no object id");
    for (unsigned hops = 0; status == CFG_OK && hops < TAG_HOPS; hops++) {
        struct cfg_git_object tag = {0};
        status = cfg_git_repo_type(repo, id, &type, err);
        if (status == CFG_NOT_FOUND)
            err->status = status = CFG_CORRUPT; /* the tag is there, its object is not */
        if (status != CFG_OK || type != CFG_GIT_TAG)
            break;
        status = cfg_git_repo_read(repo, id, CFG_GIT_TAG, META_BYTES, &tag, err);
        if (status == CFG_OK && !id_field(&tag, CFG_STR("object "), id))
            status = cfg_err_set(err, CFG_CORRUPT, "tag object %s has no target", object);
        cfg_git_object_release(&tag);
    }
    if (status == CFG_OK && type != CFG_GIT_COMMIT)
        return cfg_err_set(err, CFG_NOT_FOUND, "the tag is of no commit");
    if (status == CFG_OK)
        cfg_id_hex(id, out_commit);
    return status;
}

/* ---- tips and labels ---- */

enum cfg_status
cfg_git_reader_tips(struct cfg_git_reader *reader, struct cfg_tips **out, struct cfg_err *err)
{
    struct handle handle = {0};
    enum cfg_status status = take_handle(reader, &handle, err);

    *out = NULL;
    if (status != CFG_OK)
        return status;
    status = cfg_refs_read(cfg_git_repo_dir(handle.repo), cfg_git_repo_common_dir(handle.repo),
                           peel, handle.repo, out, err);
    give_handle(reader, &handle, status);
    return status;
}

static enum cfg_status no_such_label(struct cfg_str label, struct cfg_err *err)
{
    cfg_err_clear(err);
    return cfg_err_set(err, CFG_NOT_FOUND, "No such label: %.*s", CFG_STR_ARG(label));
}

enum cfg_status cfg_git_reader_commit(struct cfg_git_reader *reader,
                                      const struct cfg_tips *tips,
                                      struct cfg_str label,
                                      char out_commit[41],
                                      struct cfg_err *err)
{
    struct handle handle = {0};
    const struct cfg_tip *skipped;
    enum cfg_status status;

    if (cfg_tips_find(tips, label, out_commit))
        return CFG_OK;
    skipped = cfg_tips_skipped(tips, label);
    if (skipped) {
        status = cfg_err_set(err, CFG_CORRUPT, "the ref or its object is damaged");
        cfg_err_place(err, skipped->name, 0, 0);
        return status;
    }
    if (!cfg_store_may_be_commit(label))
        return no_such_label(label, err);
    status = take_handle(reader, &handle, err);
    if (status != CFG_OK)
        return status;
    status = cfg_git_repo_commit(handle.repo, tips, label, out_commit, err);
    give_handle(reader, &handle, status);
    return status == CFG_NOT_FOUND ? no_such_label(label, err) : status;
}

/* ---- trees ---- */

struct level {
    struct cfg_git_object object;
    size_t at;         /* in its bytes */
    size_t prefix_len; /* of the path in front of its names */
};

struct walk {
    struct cfg_git_repo *repo;
    struct cfg_tree_maker maker;
    struct cfg_buf prefix; /* "sub/dir/" */
    struct level levels[TREE_DEPTH];
    size_t depth;
};

/* One line of a tree object: mode, name, id. */
struct item {
    unsigned mode;
    struct cfg_str name;
    const unsigned char *id;
};

enum { MODE_TYPE = 0170000, MODE_TREE = 0040000, MODE_FILE = 0100000, MODE_LINK = 0120000 };

/* "100644 foo.yml\0<20 bytes>"; false: damaged. */
static bool next_item(struct level *level, struct item *out)
{
    const unsigned char *bytes = level->object.bytes, *nul;
    size_t len = level->object.len, at = level->at;

    out->mode = 0;
    for (; at < len && bytes[at] >= '0' && bytes[at] <= '7'; at++)
        out->mode = (out->mode << 3 | (unsigned)(bytes[at] - '0')) & 0xffffffu;
    if (at == level->at || at >= len || bytes[at] != ' ')
        return false;
    at++;
    nul = memchr(bytes + at, '\0', len - at);
    if (!nul || len - (size_t)(nul + 1 - bytes) < CFG_ID_BYTES)
        return false;
    out->name = cfg_str_make((const char *)bytes + at, (size_t)(nul - (bytes + at)));
    out->id = nul + 1;
    level->at = (size_t)(nul + 1 - bytes) + CFG_ID_BYTES;
    return true;
}

/* Names that no path can have; whoever pushes them gets nothing, and stops nobody else. */
static bool is_unaskable(struct cfg_str name)
{
    return !name.len || cfg_str_eq(name, CFG_STR(".")) || cfg_str_eq(name, CFG_STR("..")) ||
           cfg_str_chr(name, '/') < name.len;
}

static enum cfg_status
push_level(struct walk *walk, const unsigned char id[CFG_ID_BYTES], struct cfg_err *err)
{
    struct level *level = &walk->levels[walk->depth];
    enum cfg_status status;

    if (walk->depth == TREE_DEPTH) {
        status =
            cfg_err_set(err, CFG_TOO_LARGE, "directories are nested deeper than %d", TREE_DEPTH);
        cfg_err_place(err, cfg_buf_view(&walk->prefix), 0, 0);
        return status;
    }
    status = cfg_git_repo_read(walk->repo, id, CFG_GIT_TREE, META_BYTES, &level->object, err);
    if (status == CFG_NOT_FOUND)
        err->status = status = CFG_CORRUPT; /* a parent says that it is there */
    if (status == CFG_OK)
        status = cfg_tree_maker_dir(&walk->maker, cfg_buf_view(&walk->prefix), err);
    if (status != CFG_OK) {
        cfg_git_object_release(&level->object);
        cfg_err_place(err, cfg_buf_view(&walk->prefix), 0, 0);
        return status;
    }
    level->at = 0;
    level->prefix_len = walk->prefix.len;
    walk->depth++;
    return CFG_OK;
}

static void pop_level(struct walk *walk)
{
    cfg_git_object_release(&walk->levels[--walk->depth].object);
}

static enum cfg_status enter_folder(struct walk *walk, const struct item *item, struct cfg_err *err)
{
    enum cfg_status status;

    cfg_buf_str(&walk->prefix, item->name);
    cfg_buf_char(&walk->prefix, '/');
    status = cfg_buf_end(&walk->prefix, "the path of a directory", err);
    return status == CFG_OK ? push_level(walk, item->id, err) : status;
}

static enum cfg_status add_item(struct walk *walk, const struct item *item, struct cfg_err *err)
{
    struct cfg_tree_entry entry = {.kind = CFG_ENTRY_OTHER};

    if ((item->mode & MODE_TYPE) == MODE_FILE)
        entry.kind = CFG_ENTRY_FILE;
    else if ((item->mode & MODE_TYPE) == MODE_LINK)
        entry.kind = CFG_ENTRY_LINK;
    memcpy(entry.id, item->id, CFG_ID_BYTES);
    return cfg_tree_maker_add(&walk->maker, cfg_buf_view(&walk->prefix), item->name, &entry, err);
}

/* Depth first: git's order of names makes that the order of whole paths. */
static enum cfg_status walk_tree(struct walk *walk, struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;

    while (walk->depth && status == CFG_OK) {
        struct level *level = &walk->levels[walk->depth - 1];
        struct item item;

        walk->prefix.len = level->prefix_len;
        if (level->at == level->object.len) {
            pop_level(walk);
        } else if (!next_item(level, &item)) {
            status = cfg_err_set(err, CFG_CORRUPT, "the tree object of this directory is damaged");
            cfg_err_place(err, cfg_buf_view(&walk->prefix), 0, 0);
        } else if (!is_unaskable(item.name)) {
            status = (item.mode & MODE_TYPE) == MODE_TREE ? enter_folder(walk, &item, err)
                                                          : add_item(walk, &item, err);
        }
    }
    return status;
}

static enum cfg_status make_tree(struct cfg_git_repo *repo,
                                 const unsigned char id[CFG_ID_BYTES],
                                 struct cfg_tree **out,
                                 struct cfg_err *err)
{
    struct walk *walk = calloc(1, sizeof *walk);
    enum cfg_status status;

    if (!walk)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to walk a tree");
    walk->repo = repo;
    cfg_tree_maker_init(&walk->maker);
    cfg_buf_init(&walk->prefix, TREE_PATH);
    status = push_level(walk, id, err);
    if (status == CFG_OK)
        status = walk_tree(walk, err);
    if (status == CFG_OK)
        status = cfg_tree_maker_end(&walk->maker, id, out, err);
    while (walk->depth)
        pop_level(walk);
    cfg_buf_release(&walk->prefix);
    cfg_tree_maker_release(&walk->maker);
    free(walk);
    return status;
}

/* Whether a branch or tag still says that this commit is there. */
static bool is_tip(struct cfg_git_repo *repo, const char *commit)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;
    bool found = false;

    if (cfg_refs_read(cfg_git_repo_dir(repo), cfg_git_repo_common_dir(repo), peel, repo, &tips,
                      &ignored) != CFG_OK)
        return false;
    for (size_t i = 0; i < tips->count && !found; i++)
        found = strcmp(tips->items[i].commit, commit) == 0;
    found = found || strcmp(tips->head, commit) == 0;
    cfg_tips_unref(tips);
    return found;
}

/* A tip that is no commit: an object that really is something else, or a damaged commit. */
static enum cfg_status not_a_commit(struct cfg_git_repo *repo,
                                    const unsigned char id[CFG_ID_BYTES],
                                    enum cfg_git_type type,
                                    struct cfg_err *err)
{
    struct cfg_git_object object = {0};
    enum cfg_status status = cfg_git_repo_read(repo, id, type, META_BYTES, &object, err);

    cfg_git_object_release(&object);
    if (status == CFG_CORRUPT)
        return status;
    cfg_err_clear(err);
    return cfg_err_set(err, CFG_NOT_FOUND, "the object is no commit");
}

static enum cfg_status read_commit(struct cfg_git_repo *repo,
                                   const char *commit,
                                   unsigned char out_tree[CFG_ID_BYTES],
                                   int64_t *out_wall_ms,
                                   struct cfg_err *err)
{
    struct cfg_git_object object = {0};
    unsigned char id[CFG_ID_BYTES];
    enum cfg_git_type type;
    enum cfg_status status;

    if (!cfg_id_parse(cfg_str_of(commit), id))
        return cfg_err_set(err, CFG_NOT_FOUND, "no commit id");
    status = cfg_git_repo_type(repo, id, &type, err);
    if (status == CFG_NOT_FOUND && is_tip(repo, commit))
        err->status = status = CFG_CORRUPT;
    if (status == CFG_OK && type != CFG_GIT_COMMIT)
        return not_a_commit(repo, id, type, err);
    if (status == CFG_OK)
        status = cfg_git_repo_read(repo, id, CFG_GIT_COMMIT, META_BYTES, &object, err);
    if (status == CFG_OK && !id_field(&object, CFG_STR("tree "), out_tree))
        status = cfg_err_set(err, CFG_CORRUPT, "commit %s names no tree", commit);
    if (status == CFG_OK)
        *out_wall_ms = committer_seconds(&object) * 1000;
    cfg_git_object_release(&object);
    return status;
}

enum cfg_status cfg_git_reader_tree(struct cfg_git_reader *reader,
                                    const char *commit,
                                    struct cfg_tree *known,
                                    struct cfg_tree **out,
                                    int64_t *out_wall_ms,
                                    struct cfg_err *err)
{
    struct handle handle = {0};
    unsigned char id[CFG_ID_BYTES];
    enum cfg_status status;

    *out = NULL;
    *out_wall_ms = 0;
    status = take_handle(reader, &handle, err);
    if (status != CFG_OK)
        return status;
    status = read_commit(handle.repo, commit, id, out_wall_ms, err);
    if (status == CFG_OK && known && memcmp(known->id, id, CFG_ID_BYTES) == 0)
        *out = cfg_tree_ref(known);
    else if (status == CFG_OK)
        status = make_tree(handle.repo, id, out, err);
    if (status != CFG_OK)
        snprintf(err->commit, sizeof err->commit, "%.40s", commit);
    give_handle(reader, &handle, status);
    return status;
}

/* ---- history ---- */

/* The id of the commit's first parent; not_found when it has none. */
static enum cfg_status first_parent(const struct cfg_git_object *commit,
                                    unsigned char out[CFG_ID_BYTES],
                                    struct cfg_err *err)
{
    enum { TREE_LINE = 46 }; /* "tree ", 40 digits, a line end */
    struct cfg_git_object rest = *commit;

    if (commit->len > TREE_LINE) {
        rest.bytes = commit->bytes + TREE_LINE;
        rest.len = commit->len - TREE_LINE;
        if (id_field(&rest, CFG_STR("parent "), out))
            return CFG_OK;
    }
    return cfg_err_set(err, CFG_NOT_FOUND, "the commit has no parent");
}

/* Follows one name in a tree; false when it is not there. */
static enum cfg_status step_into(struct cfg_git_repo *repo,
                                 struct cfg_str name,
                                 unsigned char id[CFG_ID_BYTES],
                                 bool *out_found,
                                 struct cfg_err *err)
{
    struct level level = {0};
    struct item item;
    enum cfg_status status =
        cfg_git_repo_read(repo, id, CFG_GIT_TREE, META_BYTES, &level.object, err);

    *out_found = false;
    while (status == CFG_OK && !*out_found && level.at < level.object.len &&
           next_item(&level, &item))
        if (cfg_str_eq(item.name, name)) {
            memcpy(id, item.id, CFG_ID_BYTES);
            *out_found = true;
        }
    cfg_git_object_release(&level.object);
    return status;
}

static enum cfg_status find_path(struct cfg_git_repo *repo,
                                 struct cfg_str path,
                                 unsigned char id[CFG_ID_BYTES],
                                 bool *out_found,
                                 struct cfg_err *err)
{
    struct cfg_str rest = path;
    struct cfg_str name;
    enum cfg_status status = CFG_OK;

    *out_found = true;
    while (status == CFG_OK && *out_found && cfg_str_cut(&rest, '/', &name))
        status = step_into(repo, name, id, out_found, err);
    return status;
}

enum cfg_status cfg_git_reader_parent(struct cfg_git_reader *reader,
                                      const char *commit,
                                      struct cfg_str path,
                                      char out_parent[41],
                                      unsigned char out_id[CFG_ID_BYTES],
                                      bool *out_found,
                                      struct cfg_err *err)
{
    struct handle handle = {0};
    struct cfg_git_object object = {0};
    unsigned char id[CFG_ID_BYTES];
    int64_t wall_ms;
    enum cfg_status status = take_handle(reader, &handle, err);

    if (status != CFG_OK)
        return status;
    if (!cfg_id_parse(cfg_str_of(commit), id))
        status = cfg_err_set(err, CFG_NOT_FOUND, "no commit id");
    if (status == CFG_OK)
        status = cfg_git_repo_read(handle.repo, id, CFG_GIT_COMMIT, META_BYTES, &object, err);
    if (status == CFG_OK)
        status = first_parent(&object, id, err);
    if (status == CFG_OK) {
        cfg_id_hex(id, out_parent);
        status = read_commit(handle.repo, out_parent, out_id, &wall_ms, err);
    }
    if (status == CFG_OK)
        status = find_path(handle.repo, path, out_id, out_found, err);
    cfg_git_object_release(&object);
    give_handle(reader, &handle, status);
    return status;
}

/* ---- bytes ---- */

static enum cfg_status read_blob(struct cfg_git_repo *repo,
                                 const struct cfg_tree_entry *entry,
                                 size_t max_bytes,
                                 struct cfg_buf *out,
                                 struct cfg_err *err)
{
    struct cfg_git_object object = {0};
    enum cfg_status status =
        cfg_git_repo_read(repo, entry->id, CFG_GIT_BLOB, max_bytes, &object, err);

    if (status == CFG_NOT_FOUND)
        err->status = status = CFG_CORRUPT; /* the tree says that it is there */
    if (status == CFG_OK) {
        cfg_buf_append(out, object.bytes, object.len);
        status = cfg_buf_end(out, "the file", err);
    }
    cfg_git_object_release(&object);
    return status;
}

enum cfg_status cfg_git_reader_read(struct cfg_git_reader *reader,
                                    const struct cfg_tree_entry *entry,
                                    size_t max_bytes,
                                    struct cfg_buf *out,
                                    struct cfg_err *err)
{
    struct handle handle = {0};
    enum cfg_status status;

    if (entry->kind == CFG_ENTRY_OTHER) {
        status = cfg_err_set(err, CFG_NOT_FOUND, "a submodule has no bytes");
    } else {
        status = take_handle(reader, &handle, err);
        if (status == CFG_OK) {
            status = read_blob(handle.repo, entry, max_bytes, out, err);
            give_handle(reader, &handle, status);
        }
    }
    if (status != CFG_OK)
        cfg_err_place(err, entry->path, 0, 0);
    return status;
}
