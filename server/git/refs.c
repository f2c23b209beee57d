/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the folder of a repository.
 * Gives: its tips; the other way round, the two files that hold a mirror's tips.
 * Keeps: every file is bounded before it is read; a damaged ref is skipped, a damaged list named.
 */
#include "server/git/refs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/arena.h"
#include "core/base/file.h"
#include "server/git/tree.h"

enum {
    LOOSE_BYTES = 4096,
    DEPTH = 32, /* folders below refs/ */
    HOPS = 5,   /* of a ref that names a ref */
    HEX = 40,
    PATH_BYTES = 4096,
    ARENA_BYTES = 256 << 20,
};

static const char packed_head[] = "# pack-refs with: peeled fully-peeled sorted \n";

struct ref {
    struct cfg_str name;
    struct cfg_str target; /* another ref's name; empty: `object` counts */
    char object[41];
    char commit[41];
    bool peeled;  /* `commit` is known */
    bool skipped; /* damaged; what is there is from packed-refs, or "" */
    size_t order; /* of appearance: loose refs come first and hide packed ones */
};

struct reading {
    const char *dir, *common_dir;
    struct cfg_arena arena;
    struct ref *refs;
    size_t count, cap;
};

/* ---- reading ---- */

static bool is_blank_end(struct cfg_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!memchr(" \t\r\n", s.ptr[i], 4))
            return false;
    return true;
}

static bool take_hex(struct cfg_str s, char out[41])
{
    unsigned char id[CFG_ID_BYTES];

    if (!cfg_id_parse(cfg_str_sub(s, 0, HEX), id))
        return false;
    cfg_id_hex(id, out);
    return true;
}

static enum cfg_status corrupt_ref(struct cfg_str name, struct cfg_err *err)
{
    enum cfg_status status = cfg_err_set(err, CFG_CORRUPT, "the ref holds no commit id");

    cfg_err_place(err, name, 0, 0);
    return status;
}

/* A new ref in the list; NULL: recorded why. */
static struct ref *add_ref(struct reading *reading, struct cfg_str name, struct cfg_err *err)
{
    struct ref *ref;

    if (reading->count >= CFG_REFS_COUNT) {
        (void)cfg_err_set(err, CFG_TOO_LARGE, "the repository has over %d branches and tags",
                          CFG_REFS_COUNT);
        return NULL;
    }
    if (!cfg_arena_grow(&reading->arena, &reading->refs, &reading->cap, reading->count,
                        sizeof *ref)) {
        (void)cfg_arena_fail(&reading->arena, err);
        return NULL;
    }
    ref = &reading->refs[reading->count];
    *ref = (struct ref){.order = reading->count};
    if (!cfg_arena_dup(&reading->arena, name, &ref->name)) {
        (void)cfg_arena_fail(&reading->arena, err);
        return NULL;
    }
    reading->count++;
    return ref;
}

/* "<40 digits>\n" or "ref: refs/heads/x\n" */
static enum cfg_status
parse_loose(struct reading *reading, struct ref *ref, struct cfg_str text, struct cfg_err *err)
{
    if (cfg_str_starts(text, CFG_STR("ref:"))) {
        struct cfg_str target = cfg_str_trim(cfg_str_sub(text, 4, text.len));
        if (!target.len)
            return corrupt_ref(ref->name, err);
        return cfg_arena_dup(&reading->arena, target, &ref->target)
                   ? CFG_OK
                   : cfg_arena_fail(&reading->arena, err);
    }
    if (!is_blank_end(cfg_str_sub(text, HEX, text.len)) || !take_hex(text, ref->object))
        return corrupt_ref(ref->name, err);
    return CFG_OK;
}

/* Whether the process could not read, rather than that file be read. */
static bool is_ours(const struct cfg_err *cause)
{
    return cause->status == CFG_NO_MEMORY || cause->foreign_code == EMFILE ||
           cause->foreign_code == ENFILE;
}

/* One loose ref; one that vanished meanwhile is no error, and a damaged one is skipped. */
static enum cfg_status
read_loose(struct reading *reading, const char *path, struct cfg_str name, struct cfg_err *err)
{
    struct cfg_err cause = CFG_ERR_INIT;
    struct cfg_buf text;
    struct ref *ref = NULL;

    cfg_buf_init(&text, LOOSE_BYTES);
    if (cfg_file_read(path, &text, &cause) == CFG_NOT_FOUND)
        goto out;
    if (is_ours(&cause)) {
        (void)cfg_err_set(err, cause.status, "%s", cause.message);
        cfg_err_place(err, name, 0, 0);
        goto out;
    }
    ref = add_ref(reading, name, err);
    if (ref && cause.status == CFG_OK &&
        parse_loose(reading, ref, cfg_buf_view(&text), &cause) == CFG_NO_MEMORY)
        *err = cause;
    if (ref)
        ref->skipped = cause.status != CFG_OK;
out:
    cfg_buf_release(&text);
    return err->status;
}

/* Every file below `name` ("refs/heads/"); `path` and `name` are restored. */
static enum cfg_status read_folder(struct reading *reading,
                                   struct cfg_buf *path,
                                   struct cfg_buf *name,
                                   unsigned depth,
                                   struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    size_t path_len = path->len, name_len = name->len;
    struct dirent *entry;
    struct stat about;
    DIR *dir = opendir(path->ptr);

    if (!dir && errno != ENOENT && errno != ENOTDIR)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "reading %s", name->ptr);
    while (dir && status == CFG_OK && (entry = readdir(dir)) != NULL) {
        struct cfg_str item = cfg_str_of(entry->d_name);
        if (item.ptr[0] == '.' || cfg_str_ends(item, CFG_STR(".lock")))
            continue; /* no ref's part begins with a dot */
        cfg_buf_str(path, item);
        cfg_buf_str(name, item);
        if (path->failed || name->failed) {
            status = cfg_err_set(err, CFG_TOO_LARGE, "the name of a ref is too long");
        } else if (stat(path->ptr, &about) == 0 && S_ISDIR(about.st_mode)) {
            cfg_buf_char(path, '/');
            cfg_buf_char(name, '/');
            if (depth < DEPTH && !path->failed && !name->failed)
                status = read_folder(reading, path, name, depth + 1, err);
        } else {
            status = read_loose(reading, path->ptr, cfg_buf_view(name), err);
        }
        path->len = path_len;
        name->len = name_len;
        if (status == CFG_OK)
            path->ptr[path_len] = name->ptr[name_len] = '\0';
    }
    if (dir)
        closedir(dir);
    return status;
}

static enum cfg_status
read_loose_refs(struct reading *reading, const char *root, struct cfg_err *err)
{
    struct cfg_buf path, name;
    enum cfg_status status;

    cfg_buf_init(&path, PATH_BYTES);
    cfg_buf_init(&name, CFG_REFS_NAME_BYTES);
    cfg_buf_printf(&path, "%s%s", reading->common_dir, root);
    cfg_buf_printf(&name, "%s", root);
    status = cfg_buf_end(&path, "the path of a ref", err);
    if (status == CFG_OK)
        status = cfg_buf_end(&name, "the name of a ref", err);
    if (status == CFG_OK)
        status = read_folder(reading, &path, &name, 0, err);
    cfg_buf_release(&path);
    cfg_buf_release(&name);
    return status;
}

/*
 * One line of packed-refs: "<40 digits> refs/x", "^<40 digits>" (what the tag before stands for), "#…".
 * False: none of these.
 */
static bool parse_packed_line(struct reading *reading,
                              struct cfg_str line,
                              struct ref **last,
                              bool *all_peeled,
                              struct cfg_err *err)
{
    struct cfg_str name = cfg_str_sub(line, HEX + 1, line.len);
    char object[41];

    if (line.ptr[0] == '#') {
        *all_peeled = cfg_str_find(line, CFG_STR(" fully-peeled")) < line.len;
        return true;
    }
    if (line.ptr[0] == '^') {
        if (!take_hex(cfg_str_sub(line, 1, line.len), object))
            return false;
        if (*last) {
            memcpy((*last)->commit, object, sizeof object);
            (*last)->peeled = true;
        }
        return true;
    }
    if (!take_hex(line, object) || line.len < HEX + 2 || line.ptr[HEX] != ' ')
        return false;
    *last = NULL;
    if (!cfg_str_starts(name, CFG_STR("refs/heads/")) &&
        !cfg_str_starts(name, CFG_STR("refs/tags/")))
        return true;
    *last = add_ref(reading, name, err);
    if (!*last)
        return true; /* recorded why */
    memcpy((*last)->object, object, sizeof object);
    memcpy((*last)->commit, object, sizeof object);
    (*last)->peeled = *all_peeled;
    return true;
}

static enum cfg_status read_packed_refs(struct reading *reading, struct cfg_err *err)
{
    struct cfg_err cause = CFG_ERR_INIT;
    char path[PATH_BYTES];
    struct cfg_str rest, line;
    struct ref *last = NULL;
    struct cfg_buf text;
    bool all_peeled = false;
    enum cfg_status status;

    snprintf(path, sizeof path, "%spacked-refs", reading->common_dir);
    cfg_buf_init(&text, CFG_REFS_PACKED_BYTES);
    status = cfg_file_read(path, &text, &cause);
    if (status == CFG_NOT_FOUND)
        status = CFG_OK;
    else if (status != CFG_OK)
        status = cfg_err_set(err, status, "%s", cause.message);
    rest = cfg_buf_view(&text);
    for (unsigned number = 1; status == CFG_OK && cfg_str_cut(&rest, '\n', &line); number++) {
        if (!line.len)
            continue;
        if (!parse_packed_line(reading, line, &last, &all_peeled, err)) {
            status = cfg_err_set(err, CFG_CORRUPT, "no line of packed refs");
            cfg_err_place(err, CFG_STR("packed-refs"), number, 0);
        } else {
            status = err->status;
        }
    }
    cfg_buf_release(&text);
    return status;
}

/* ---- putting together ---- */

static int ref_order(const void *a, const void *b)
{
    const struct ref *left = a, *right = b;
    int order = cfg_str_cmp(left->name, right->name);

    return order ? order : (left->order > right->order) - (left->order < right->order);
}

static bool is_empty(const struct ref *ref)
{
    return !ref->target.len && !ref->object[0];
}

/* Of each name the first, unless that holds nothing. */
static void sort_unique(struct reading *reading)
{
    size_t kept = 0;

    if (reading->count)
        qsort(reading->refs, reading->count, sizeof *reading->refs, ref_order);
    for (size_t i = 0; i < reading->count; i++) {
        struct ref *last = kept ? &reading->refs[kept - 1] : NULL;
        if (!last || !cfg_str_eq(last->name, reading->refs[i].name)) {
            reading->refs[kept++] = reading->refs[i];
        } else if (is_empty(last)) {
            *last = reading->refs[i];
            last->skipped = true;
        }
    }
    reading->count = kept;
}

static struct ref *find_ref(const struct reading *reading, struct cfg_str name)
{
    size_t low = 0, high = reading->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = cfg_str_cmp(reading->refs[mid].name, name);
        if (order == 0)
            return &reading->refs[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* The ref that `ref` names in the end; NULL: there is none. */
static const struct ref *follow(const struct reading *reading, const struct ref *ref)
{
    for (unsigned hops = 0; ref && ref->target.len && hops < HOPS; hops++)
        ref = find_ref(reading, ref->target);
    return ref && !ref->target.len ? ref : NULL;
}

/* Fills in what every ref stands for. Branches are commits by git's own rule: nothing is read. */
static enum cfg_status
peel_all(struct reading *reading, cfg_refs_peel_fn peel, void *ctx, struct cfg_err *err)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct cfg_err cause = CFG_ERR_INIT;
        struct ref *ref = &reading->refs[i];
        enum cfg_status status;

        if (is_empty(ref) || ref->target.len || ref->peeled)
            continue;
        memcpy(ref->commit, ref->object, sizeof ref->commit);
        ref->peeled = true;
        if (!cfg_str_starts(ref->name, CFG_STR("refs/tags/")))
            continue;
        status = peel(ref->object, ref->commit, &cause, ctx);
        if (status == CFG_NOT_FOUND || status == CFG_CORRUPT || status == CFG_TOO_LARGE) {
            ref->commit[0] = '\0';
            ref->skipped = status != CFG_NOT_FOUND;
        } else if (status != CFG_OK) {
            *err = cause;
            cfg_err_place(err, ref->name, 0, 0);
            return status;
        }
    }
    return CFG_OK;
}

static enum cfg_status read_head(struct reading *reading, char out[41], struct cfg_err *err)
{
    struct ref head = {.name = CFG_STR("HEAD")};
    char path[PATH_BYTES];
    const struct ref *found;
    struct cfg_buf text;
    enum cfg_status status;

    out[0] = '\0';
    snprintf(path, sizeof path, "%sHEAD", reading->dir);
    cfg_buf_init(&text, LOOSE_BYTES);
    status = cfg_file_read(path, &text, err);
    if (status == CFG_OK)
        status = parse_loose(reading, &head, cfg_buf_view(&text), err);
    if (status == CFG_OK && head.target.len) {
        found = follow(reading, &head);
        if (found)
            memcpy(out, found->commit, 41);
    } else if (status == CFG_OK) {
        memcpy(out, head.object, 41);
    }
    cfg_buf_release(&text);
    return status;
}

static enum cfg_status
make_tips(struct reading *reading, const char *head, struct cfg_tips **out, struct cfg_err *err)
{
    struct cfg_tip *tips = calloc(reading->count + 1, sizeof *tips);
    size_t count = 0;
    enum cfg_status status;

    if (!tips)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for %zu tips", reading->count);
    for (size_t i = 0; i < reading->count; i++) {
        const struct ref *ref = follow(reading, &reading->refs[i]);
        bool skipped = reading->refs[i].skipped || (ref && ref->skipped);
        if (!skipped && (!ref || !ref->commit[0]))
            continue;
        tips[count].skipped = skipped;
        tips[count].name = reading->refs[i].name;
        if (ref)
            memcpy(tips[count].commit, ref->commit, sizeof ref->commit);
        count++;
    }
    status = cfg_tips_new(tips, count, head, out, err);
    free(tips);
    return status;
}

enum cfg_status cfg_refs_read(const char *dir,
                              const char *common_dir,
                              cfg_refs_peel_fn peel,
                              void *ctx,
                              struct cfg_tips **out,
                              struct cfg_err *err)
{
    struct reading reading = {.dir = dir, .common_dir = common_dir};
    enum cfg_status status;
    char head[41];

    *out = NULL;
    cfg_arena_init(&reading.arena, ARENA_BYTES, 0);
    status = read_loose_refs(&reading, "refs/heads/", err);
    if (status == CFG_OK)
        status = read_loose_refs(&reading, "refs/tags/", err);
    if (status == CFG_OK)
        status = read_packed_refs(&reading, err);
    if (status == CFG_OK) {
        sort_unique(&reading);
        status = peel_all(&reading, peel, ctx, err);
    }
    if (status == CFG_OK)
        status = read_head(&reading, head, err);
    if (status == CFG_OK)
        status = make_tips(&reading, head, out, err);
    cfg_arena_release(&reading.arena);
    return status;
}

/* ---- writing ---- */

static void packed_text(const struct cfg_ref_offer *items, size_t count, struct cfg_buf *out)
{
    cfg_buf_str(out, cfg_str_of(packed_head));
    for (size_t i = 0; i < count; i++) {
        cfg_buf_printf(out, "%s ", items[i].object);
        cfg_buf_str(out, items[i].name);
        cfg_buf_char(out, '\n');
        if (items[i].peeled[0])
            cfg_buf_printf(out, "^%s\n", items[i].peeled);
    }
}

static void head_text(struct cfg_str head, struct cfg_buf *out)
{
    if (cfg_str_starts(head, CFG_STR("refs/")))
        cfg_buf_str(out, CFG_STR("ref: "));
    cfg_buf_str(out, head);
    cfg_buf_char(out, '\n');
}

static bool file_holds(const char *path, const struct cfg_buf *want)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct cfg_buf text;
    bool same;

    cfg_buf_init(&text, CFG_REFS_PACKED_BYTES);
    same = cfg_file_read(path, &text, &ignored) == CFG_OK &&
           cfg_str_eq(cfg_buf_view(&text), cfg_buf_view(want));
    cfg_buf_release(&text);
    return same;
}

/* Replaces a file that holds something else; with `only_look` it stays. */
static enum cfg_status settle_file(const char *dir,
                                   const char *name,
                                   const struct cfg_buf *want,
                                   bool only_look,
                                   bool *changed,
                                   struct cfg_err *err)
{
    char path[PATH_BYTES];
    enum cfg_status status = cfg_buf_end(want, "the refs of the repository", err);

    if (status != CFG_OK)
        return status;
    snprintf(path, sizeof path, "%s%s", dir, name);
    if (file_holds(path, want))
        return CFG_OK;
    *changed = true;
    return only_look ? CFG_OK : cfg_file_write(path, cfg_buf_view(want), 0600, err);
}

static enum cfg_status settle(const char *dir,
                              const struct cfg_ref_offer *items,
                              size_t count,
                              struct cfg_str head,
                              bool only_look,
                              bool *changed,
                              struct cfg_err *err)
{
    struct cfg_buf packed, head_bytes;
    enum cfg_status status;

    *changed = false;
    cfg_buf_init(&packed, CFG_REFS_PACKED_BYTES);
    cfg_buf_init(&head_bytes, LOOSE_BYTES);
    packed_text(items, count, &packed);
    head_text(head, &head_bytes);
    /* The tips first: HEAD may name a branch that comes with them. */
    status = settle_file(dir, "packed-refs", &packed, only_look, changed, err);
    if (status == CFG_OK && head.len)
        status = settle_file(dir, "HEAD", &head_bytes, only_look, changed, err);
    cfg_buf_release(&packed);
    cfg_buf_release(&head_bytes);
    return status;
}

enum cfg_status cfg_refs_write(const char *dir,
                               const struct cfg_ref_offer *items,
                               size_t count,
                               struct cfg_str head,
                               bool *out_changed,
                               struct cfg_err *err)
{
    return settle(dir, items, count, head, false, out_changed, err);
}

bool cfg_refs_same(const char *dir,
                   const struct cfg_ref_offer *items,
                   size_t count,
                   struct cfg_str head)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    bool changed = true;

    return settle(dir, items, count, head, true, &changed, &ignored) == CFG_OK && !changed;
}
