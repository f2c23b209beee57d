/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: folders, and the tree of the scan before.
 * Gives: a tree that holds every file's bytes.
 * Keeps: files are opened relative to a folder that is open already, so that nobody can swap a folder
 *        for a link in between; what a link led to is looked at once more after opening.
 */
#define _XOPEN_SOURCE 700 /* realpath, which POSIX calls an X/Open extension */

#include "server/git/folder_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/map.h"
#include "server/git/tree.h"

enum {
    PATH_BYTES = 4096,
    ARENA_BYTES = 512 << 20,
    READ_TRIES = 3,
    SETTLE_MS = 100, /* a change this close to the last one may not show in the times */
};

/* One content, shared by files and by scans. */
struct blob {
    struct cfg_ref ref;
    unsigned char id[CFG_ID_BYTES];
    size_t len;
    char bytes[];
};

/* What tells whether a file is still the same. All zero: never. */
struct stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec modified, changed;
};

struct record {
    struct cfg_str path; /* in the scan's arena; only while scanning */
    unsigned char id[CFG_ID_BYTES];
    struct stamp stamp;
    struct blob *blob; /* NULL: `failed` says why */
    enum cfg_status failed;
    int error; /* errno */
};

/* The tree's own: one record an entry, in the same order. */
struct holdings {
    struct record *records;
    size_t count;
};

struct scan {
    struct cfg_folder_watch *watch;
    struct cfg_tree *known;
    struct cfg_arena arena;
    struct cfg_tree_maker maker;
    struct record *records;
    size_t count, cap;
    struct cfg_map blobs; /* id → blob; counted by the records */
    size_t total_bytes;
    const char *real_root;
    struct cfg_buf path; /* of the folder being read, as it is shown, with its slash */
    struct stat above[CFG_FOLDER_DEPTH];
    struct cfg_err *err;
};

/* ---- contents ---- */

static void blob_unref(struct blob *blob)
{
    if (blob && cfg_ref_drop(&blob->ref))
        free(blob);
}

static bool hash_id(const void *bytes, size_t len, unsigned char out[CFG_ID_BYTES])
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (EVP_Digest(bytes, len, hash, NULL, EVP_sha256(), NULL) != 1)
        return false;
    memcpy(out, hash, CFG_ID_BYTES);
    return true;
}

static struct stamp stamp_of(const struct stat *about)
{
    return (struct stamp){.dev = about->st_dev,
                          .ino = about->st_ino,
                          .size = about->st_size,
                          .modified = about->st_mtim,
                          .changed = about->st_ctim};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->ino && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

static int64_t ms_of(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Reads to the end or to one byte more than fits. False: `errno`. */
static bool read_bytes(int fd, char *to, size_t room, size_t *out_len)
{
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, to + len, room - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *out_len = len;
    return true;
}

/* The bytes of an open file, read in one piece between two equal stamps if that can be had. */
static enum cfg_status load(struct scan *scan, int fd, struct record *record, struct blob **out)
{
    for (int tries = 0;; tries++) {
        struct stat before, after;
        struct blob *blob;
        size_t room, len = 0;

        if (fstat(fd, &before) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
            record->error = errno;
            return record->failed = CFG_UNAVAILABLE;
        }
        if (before.st_size > CFG_FOLDER_FILE_BYTES)
            return record->failed = CFG_TOO_LARGE;
        room = (size_t)before.st_size + 1;
        blob = malloc(sizeof *blob + room);
        if (!blob)
            return cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory for %zu bytes", room);
        if (!read_bytes(fd, blob->bytes, room, &len) || fstat(fd, &after) != 0) {
            record->error = errno;
            free(blob);
            return record->failed = CFG_UNAVAILABLE;
        }
        record->stamp = stamp_of(&before);
        struct stamp second = stamp_of(&after);
        if ((len == room || !same_stamp(&record->stamp, &second)) && tries < READ_TRIES) {
            free(blob); /* it is being written */
            continue;
        }
        if (len == room || !same_stamp(&record->stamp, &second) ||
            cfg_clock_wall_ms() - ms_of(after.st_ctim) < SETTLE_MS)
            record->stamp.ino = 0; /* look again next time */
        blob->len = len < room ? len : room - 1;
        *out = blob;
        return CFG_OK;
    }
}

/* Gives the record the one copy of this content. Owns: adopts `blob`. */
static enum cfg_status keep_blob(struct scan *scan, struct record *record, struct blob *blob)
{
    struct blob *same;

    cfg_ref_init(&blob->ref);
    if (!hash_id(blob->bytes, blob->len, blob->id)) {
        free(blob);
        return cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory to hash a file");
    }
    same = cfg_map_find(&scan->blobs, cfg_str_make((char *)blob->id, CFG_ID_BYTES));
    if (same) {
        cfg_ref_add(&same->ref);
        free(blob);
        blob = same;
    } else {
        scan->total_bytes += blob->len;
        if (!cfg_map_put(&scan->blobs, cfg_str_make((char *)blob->id, CFG_ID_BYTES), blob)) {
            free(blob);
            return cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory for a file");
        }
    }
    record->blob = blob;
    memcpy(record->id, blob->id, CFG_ID_BYTES);
    if (scan->total_bytes > CFG_FOLDER_TOTAL_BYTES)
        return cfg_err_set(scan->err, CFG_TOO_LARGE, "the folders hold over %d bytes",
                           CFG_FOLDER_TOTAL_BYTES);
    return CFG_OK;
}

/* The record of the scan before, if the file was not touched since. */
static const struct record *unchanged(struct scan *scan, const struct record *record)
{
    const struct cfg_tree_entry *entry =
        scan->known ? cfg_tree_find(scan->known, record->path) : NULL;
    const struct holdings *held = entry ? scan->known->hidden : NULL;
    const struct record *before = held ? &held->records[entry - scan->known->entries] : NULL;

    return before && before->blob && same_stamp(&before->stamp, &record->stamp) ? before : NULL;
}

/* A file that cannot be held is in the tree all the same; its id stands for why. */
static enum cfg_status mark_failed(struct scan *scan, struct record *record)
{
    const struct stamp *stamp = &record->stamp;
    char text[256];
    int len = snprintf(text, sizeof text, "not held: %d %d %llu %llu %lld %lld.%09ld",
                       (int)record->failed, record->error, (unsigned long long)stamp->dev,
                       (unsigned long long)stamp->ino, (long long)stamp->size,
                       (long long)stamp->changed.tv_sec, stamp->changed.tv_nsec);

    return len > 0 && hash_id(text, (size_t)len, record->id)
               ? CFG_OK
               : cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory to hash a file");
}

/* ---- where things really lie ---- */

static bool is_below(const char *path, const char *root)
{
    size_t len = strlen(root);

    if (len == 1) /* "/" */
        return true;
    return strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The place of what is open, asked of the kernel; false: it is not below the root. */
static bool is_inside(const struct scan *scan, int fd, char out[PATH_BYTES])
{
    char link[64];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, out, PATH_BYTES - 1);
    if (len <= 0)
        return false;
    out[len] = '\0';
    return is_below(out, scan->real_root);
}

/* ---- one file ---- */

/* A new record for `path`/`name`; NULL: recorded why. */
static struct record *add_record(struct scan *scan, const char *name)
{
    struct record *record;
    size_t at = scan->path.len;

    if (scan->count >= CFG_FOLDER_FILES) {
        (void)cfg_err_set(scan->err, CFG_TOO_LARGE, "the folders have over %d files",
                          CFG_FOLDER_FILES);
        return NULL;
    }
    if (!cfg_arena_grow(&scan->arena, &scan->records, &scan->cap, scan->count, sizeof *record)) {
        (void)cfg_arena_fail(&scan->arena, scan->err);
        return NULL;
    }
    record = &scan->records[scan->count];
    *record = (struct record){.failed = CFG_OK};
    cfg_buf_str(&scan->path, cfg_str_of(name));
    if (cfg_buf_end(&scan->path, "a path", scan->err) != CFG_OK)
        return NULL;
    if (!cfg_arena_dup(&scan->arena, cfg_buf_view(&scan->path), &record->path)) {
        (void)cfg_arena_fail(&scan->arena, scan->err);
        return NULL;
    }
    scan->path.len = at;
    scan->path.ptr[at] = '\0';
    scan->count++;
    return record;
}

/*
 * Adds a regular file: `name` as it is shown, opened as `target` of the folder `fd` (or absolute).
 * `about` is what it was when it was found.
 */
static enum cfg_status
add_file(struct scan *scan, const char *name, int fd, const char *target, const struct stat *about)
{
    struct record *record = add_record(scan, name);
    const struct record *before;
    struct blob *blob = NULL;
    char real[PATH_BYTES];
    enum cfg_status status;
    int file;

    if (!record)
        return scan->err->status;
    record->stamp = stamp_of(about);
    before = unchanged(scan, record);
    if (before) {
        bool first = !cfg_map_find(&scan->blobs, cfg_str_make((char *)before->id, CFG_ID_BYTES));
        cfg_ref_add(&before->blob->ref);
        record->blob = before->blob;
        memcpy(record->id, before->id, CFG_ID_BYTES);
        if (!first)
            return CFG_OK;
        scan->total_bytes += record->blob->len;
        return cfg_map_put(&scan->blobs, cfg_str_make((char *)record->blob->id, CFG_ID_BYTES),
                           record->blob)
                   ? CFG_OK
                   : cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory for a file");
    }
    file = openat(fd, target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        if (errno == ENOENT || errno == ELOOP) { /* gone, or swapped: the next scan sees it */
            scan->count--;
            return CFG_OK;
        }
        record->error = errno;
        record->failed = CFG_UNAVAILABLE;
        return mark_failed(scan, record);
    }
    if (fd == AT_FDCWD && !is_inside(scan, file, real)) { /* the link was turned meanwhile */
        close(file);
        scan->count--;
        return CFG_OK;
    }
    status = load(scan, file, record, &blob);
    close(file);
    if (status == CFG_OK)
        return keep_blob(scan, record, blob);
    return record->failed ? mark_failed(scan, record) : status;
}

/* ---- folders ---- */

static bool is_hidden(const char *name)
{
    return strncmp(name, "..", 2) == 0 || strcmp(name, ".") == 0 || strcmp(name, ".git") == 0;
}

static enum cfg_status read_folder(struct scan *scan, int fd, const char *real, unsigned depth);

/* A folder below the one that is open as `parent`, or at an absolute place. */
static enum cfg_status
enter_folder(struct scan *scan, const char *name, int parent, const char *target, unsigned depth)
{
    size_t at = scan->path.len;
    enum cfg_status status = CFG_OK;
    char real[PATH_BYTES];
    int fd = openat(parent, target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return CFG_OK; /* gone, or not for us */
    if (!is_inside(scan, fd, real)) {
        close(fd);
        return CFG_OK;
    }
    cfg_buf_str(&scan->path, cfg_str_of(name));
    cfg_buf_char(&scan->path, '/');
    status = cfg_buf_end(&scan->path, "a path", scan->err);
    if (status != CFG_OK) {
        close(fd);
        return status;
    }
    status = read_folder(scan, fd, real, depth);
    scan->path.len = at;
    scan->path.ptr[at] = '\0';
    return status;
}

/* The watch that notices when what a link leads to changes: of the folder where that lies. */
static void watch_folder_of(struct scan *scan, const char *target)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(target, '/');
    size_t len = slash ? (size_t)(slash - target) : 0;

    if (!len || len >= sizeof folder)
        return;
    memcpy(folder, target, len);
    folder[len] = '\0';
    (void)cfg_folder_watch_add(scan->watch, folder);
}

static enum cfg_status follow_link(struct scan *scan, const char *name, unsigned depth)
{
    enum cfg_status status = CFG_OK;
    size_t at = scan->path.len;
    struct stat about;
    char *target;

    cfg_buf_str(&scan->path, cfg_str_of(name));
    if (cfg_buf_end(&scan->path, "a path", scan->err) != CFG_OK)
        return scan->err->status;
    target = realpath(scan->path.ptr, NULL);
    scan->path.len = at;
    scan->path.ptr[at] = '\0';
    if (target && is_below(target, scan->real_root) && lstat(target, &about) == 0) {
        watch_folder_of(scan, target);
        if (S_ISDIR(about.st_mode))
            status = enter_folder(scan, name, AT_FDCWD, target, depth);
        else if (S_ISREG(about.st_mode))
            status = add_file(scan, name, AT_FDCWD, target, &about);
    }
    free(target);
    return status;
}

static enum cfg_status add_item(struct scan *scan, int fd, const char *name, unsigned depth)
{
    struct stat about;

    if (is_hidden(name) || fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return CFG_OK;
    if (S_ISDIR(about.st_mode))
        return enter_folder(scan, name, fd, name, depth + 1);
    if (S_ISREG(about.st_mode))
        return add_file(scan, name, fd, name, &about);
    if (S_ISLNK(about.st_mode))
        return follow_link(scan, name, depth + 1);
    return CFG_OK; /* pipes, sockets and devices are no configuration */
}

/* Whether a link led back to a folder that is being read. */
static bool is_loop(const struct scan *scan, const struct stat *about, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        if (scan->above[i].st_dev == about->st_dev && scan->above[i].st_ino == about->st_ino)
            return true;
    return false;
}

/* Everything in the folder `fd`, which is closed. Its path, as it is shown, is in `scan->path`. */
static enum cfg_status read_folder(struct scan *scan, int fd, const char *real, unsigned depth)
{
    enum cfg_status status;
    struct dirent *entry;
    DIR *dir;

    if (depth >= CFG_FOLDER_DEPTH) {
        close(fd);
        return cfg_err_set(scan->err, CFG_TOO_LARGE, "folders are nested deeper than %d",
                           CFG_FOLDER_DEPTH);
    }
    if (fstat(fd, &scan->above[depth]) != 0 || is_loop(scan, &scan->above[depth], depth)) {
        close(fd);
        return CFG_OK;
    }
    (void)cfg_folder_watch_add(scan->watch, real); /* before reading: nothing falls in between */
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return cfg_err_set_errno(scan->err, CFG_UNAVAILABLE, errno, "reading %s", real);
    }
    status = cfg_tree_maker_dir(&scan->maker, cfg_buf_view(&scan->path), scan->err);
    while (status == CFG_OK && (entry = readdir(dir)) != NULL)
        status = add_item(scan, dirfd(dir), entry->d_name, depth);
    if (status != CFG_OK)
        cfg_err_place(scan->err, cfg_buf_view(&scan->path), 0, 0);
    closedir(dir);
    return status;
}

static enum cfg_status scan_root(struct scan *scan, const char *root, int *missing)
{
    enum cfg_status status = CFG_OK;
    char *real = realpath(root, NULL);
    int fd = real ? open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

    if (fd < 0) {
        *missing = cfg_folder_watch_add_above(scan->watch, root);
    } else {
        scan->real_root = real;
        cfg_buf_reset(&scan->path);
        cfg_buf_printf(&scan->path, "%s/", root[1] ? root : "");
        status = cfg_buf_end(&scan->path, "a path", scan->err);
        if (status == CFG_OK)
            status = read_folder(scan, fd, real, 0);
        else
            close(fd);
    }
    free(real);
    return status;
}

/* ---- the tree ---- */

static int record_order(const void *a, const void *b)
{
    return cfg_str_cmp(((const struct record *)a)->path, ((const struct record *)b)->path);
}

/* Roots may overlap: each path once. */
static void sort_records(struct scan *scan)
{
    size_t kept = 0;

    if (scan->count)
        qsort(scan->records, scan->count, sizeof *scan->records, record_order);
    for (size_t i = 0; i < scan->count; i++)
        if (kept && record_order(&scan->records[kept - 1], &scan->records[i]) == 0)
            blob_unref(scan->records[i].blob);
        else
            scan->records[kept++] = scan->records[i];
    scan->count = kept;
}

static void free_holdings(struct cfg_tree *tree)
{
    struct holdings *held = tree->hidden;

    if (!held)
        return;
    for (size_t i = 0; i < held->count; i++)
        blob_unref(held->records[i].blob);
    free(held->records);
    free(held);
}

/* Over every path, what is there, and every folder. */
static bool hash_tree(const struct cfg_tree *tree, unsigned char out[CFG_ID_BYTES])
{
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    unsigned char hash[EVP_MAX_MD_SIZE];
    bool done = sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1;

    for (size_t i = 0; i < tree->count && done; i++) {
        const struct cfg_tree_entry *entry = &tree->entries[i];
        done = EVP_DigestUpdate(sum, entry->path.ptr, entry->path.len) == 1 &&
               EVP_DigestUpdate(sum, "", 1) == 1 &&
               EVP_DigestUpdate(sum, entry->id, CFG_ID_BYTES) == 1;
    }
    for (size_t i = 0; i < tree->dir_count && done; i++)
        done = EVP_DigestUpdate(sum, tree->dirs[i].ptr, tree->dirs[i].len) == 1 &&
               EVP_DigestUpdate(sum, "", 1) == 1;
    done = done && EVP_DigestFinal_ex(sum, hash, NULL) == 1;
    if (done)
        memcpy(out, hash, CFG_ID_BYTES);
    EVP_MD_CTX_free(sum);
    return done;
}

static bool same_tree(const struct cfg_tree *a, const struct cfg_tree *b)
{
    if (memcmp(a->id, b->id, CFG_ID_BYTES) != 0 || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->entries[i].modified_ms != b->entries[i].modified_ms)
            return false;
    return true;
}

/* The records leave the arena and become the tree's own. */
static enum cfg_status hold(struct scan *scan, struct cfg_tree *tree)
{
    struct holdings *held = calloc(1, sizeof *held);

    if (held)
        held->records = calloc(scan->count + 1, sizeof *held->records);
    if (!held || !held->records) {
        free(held);
        return cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory for %zu files", scan->count);
    }
    for (size_t i = 0; i < scan->count; i++) {
        held->records[i] = scan->records[i];
        held->records[i].path = CFG_STR_NONE;
    }
    held->count = scan->count;
    scan->count = 0;
    tree->hidden = held;
    tree->free_hidden = free_holdings;
    return CFG_OK;
}

static enum cfg_status make_tree(struct scan *scan, struct cfg_tree **out, int64_t *out_wall_ms)
{
    unsigned char id[CFG_ID_BYTES] = {0};
    struct cfg_tree *tree = NULL;
    enum cfg_status status = cfg_tree_maker_dir(&scan->maker, CFG_STR(""), scan->err);

    sort_records(scan);
    for (size_t i = 0; i < scan->count && status == CFG_OK; i++) {
        const struct record *record = &scan->records[i];
        struct cfg_tree_entry entry = {.kind = CFG_ENTRY_FILE,
                                       .modified_ms = ms_of(record->stamp.modified)};
        memcpy(entry.id, record->id, CFG_ID_BYTES);
        if (entry.modified_ms > *out_wall_ms)
            *out_wall_ms = entry.modified_ms;
        status = cfg_tree_maker_add(&scan->maker, CFG_STR_NONE, record->path, &entry, scan->err);
    }
    if (status == CFG_OK)
        status = cfg_tree_maker_end(&scan->maker, id, &tree, scan->err);
    if (status == CFG_OK && !hash_tree(tree, tree->id))
        status = cfg_err_set(scan->err, CFG_NO_MEMORY, "no memory to hash the folders");
    if (status == CFG_OK)
        status = hold(scan, tree);
    if (status != CFG_OK) {
        cfg_tree_unref(tree);
        return status;
    }
    if (scan->known && same_tree(tree, scan->known)) {
        cfg_tree_unref(tree);
        tree = cfg_tree_ref(scan->known);
    }
    *out = tree;
    return CFG_OK;
}

enum cfg_status cfg_folder_scan(char *const *roots,
                                size_t count,
                                struct cfg_folder_watch *watch,
                                int *missing,
                                struct cfg_tree *known,
                                struct cfg_tree **out,
                                int64_t *out_wall_ms,
                                struct cfg_err *err)
{
    struct scan *scan = calloc(1, sizeof *scan);
    enum cfg_status status = CFG_OK;

    *out = NULL;
    *out_wall_ms = 0;
    if (!scan)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to read folders");
    scan->watch = watch;
    scan->known = known;
    scan->err = err;
    cfg_arena_init(&scan->arena, ARENA_BYTES, 0);
    cfg_tree_maker_init(&scan->maker);
    cfg_map_init(&scan->blobs);
    cfg_buf_init(&scan->path, PATH_BYTES);
    for (size_t i = 0; i < count; i++) { /* before any root adds its own: a number may be shared */
        cfg_folder_watch_remove(watch, missing[i]);
        missing[i] = -1;
    }
    for (size_t i = 0; i < count && status == CFG_OK; i++)
        status = scan_root(scan, roots[i], &missing[i]);
    if (status == CFG_OK)
        status = make_tree(scan, out, out_wall_ms);
    for (size_t i = 0; i < scan->count; i++)
        blob_unref(scan->records[i].blob);
    cfg_buf_release(&scan->path);
    cfg_map_release(&scan->blobs);
    cfg_tree_maker_release(&scan->maker);
    cfg_arena_release(&scan->arena);
    free(scan);
    return status;
}

static enum cfg_status refuse(const struct record *record, struct cfg_err *err)
{
    if (record->failed == CFG_TOO_LARGE)
        return cfg_err_set(err, CFG_TOO_LARGE, "the file is over %d bytes", CFG_FOLDER_FILE_BYTES);
    return cfg_err_set_errno(err, record->failed, record->error, "reading the file");
}

enum cfg_status cfg_folder_read(const struct cfg_tree *tree,
                                const struct cfg_tree_entry *entry,
                                size_t max_bytes,
                                struct cfg_buf *out,
                                struct cfg_err *err)
{
    const struct holdings *held = tree->hidden;
    const struct cfg_tree_entry *found = cfg_tree_find(tree, entry->path);
    const struct record *record;
    enum cfg_status status;

    if (!found || !held) {
        status = cfg_err_set(err, CFG_NOT_FOUND, "no such file");
    } else {
        record = &held->records[found - tree->entries];
        if (!record->blob) {
            status = refuse(record, err);
        } else if (record->blob->len > max_bytes) {
            status =
                cfg_err_set(err, CFG_TOO_LARGE, "the file has %zu bytes, over the limit of %zu",
                            record->blob->len, max_bytes);
        } else {
            cfg_buf_append(out, record->blob->bytes, record->blob->len);
            status = cfg_buf_end(out, "the file", err);
        }
    }
    if (status != CFG_OK)
        cfg_err_place(err, entry->path, 0, 0);
    return status;
}
