/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: blobs. Gives: files parsed, flattened and rendered once. Keeps: weak pointers to what is held.
 *
 * A shelf entry is taken out by whoever drops the last reference, under the shelf's lock; a finder adds
 * a reference under the same lock, and only to an object whose count has not yet reached zero.
 */
#include "server/snapshot/build.h"

#include "core/flatten/flatten.h"
#include "core/model/limits.h"
#include "core/parse/parse.h"
#include "core/render/render_env.h"

enum {
    PARSE_BYTES =
        256
        << 20, /* the trees of one file while it is read; far above what limits.h lets through */
    KEEP_BYTES = 256 << 20, /* what is kept of one file */
};

void cfg_shelf_init(struct cfg_shelf *shelf)
{
    cfg_lock_init(&shelf->lock);
    cfg_map_init(&shelf->parsed);
}

void cfg_shelf_release(struct cfg_shelf *shelf)
{
    CFG_ASSERT(shelf->parsed.count == 0);
    cfg_map_release(&shelf->parsed);
    cfg_lock_release(&shelf->lock);
}

static void make_key(const struct cfg_tree_entry *entry, char out[CFG_PARSED_KEY_BYTES])
{
    const struct cfg_format *format = cfg_format_of(entry->path);
    CFG_ASSERT(format != NULL);
    memcpy(out, entry->id, CFG_ID_BYTES);
    out[CFG_ID_BYTES] = (char)(format - cfg_formats);
}

/* Adds a reference unless the last one is gone already and its holder waits for the shelf's lock. */
static bool ref_if_held(struct cfg_parsed *parsed)
{
    unsigned count = atomic_load_explicit(&parsed->ref.count, memory_order_relaxed);
    while (count > 0)
        if (atomic_compare_exchange_weak_explicit(&parsed->ref.count, &count, count + 1,
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    return false;
}

static struct cfg_parsed *find_held(struct cfg_shelf *shelf, struct cfg_str key)
{
    CFG_ASSERT(cfg_lock_mine(&shelf->lock));
    struct cfg_parsed *parsed = cfg_map_find(&shelf->parsed, key);
    return parsed && ref_if_held(parsed) ? parsed : NULL;
}

struct cfg_parsed *cfg_shelf_find(struct cfg_shelf *shelf, const struct cfg_tree_entry *entry)
{
    char key[CFG_PARSED_KEY_BYTES];
    make_key(entry, key);
    cfg_lock_enter(&shelf->lock);
    struct cfg_parsed *parsed = find_held(shelf, cfg_str_make(key, sizeof key));
    cfg_lock_leave(&shelf->lock);
    return parsed;
}

struct cfg_parsed *cfg_parsed_ref(struct cfg_parsed *parsed)
{
    cfg_ref_add(&parsed->ref);
    return parsed;
}

void cfg_parsed_unref(struct cfg_parsed *parsed)
{
    if (parsed == NULL || !cfg_ref_drop(&parsed->ref))
        return;
    struct cfg_shelf *shelf = parsed->shelf;
    if (shelf) {
        struct cfg_str key = cfg_str_make(parsed->key, sizeof parsed->key);
        cfg_lock_enter(&shelf->lock);
        /* another one may stand there by now: it was parsed again after our count fell to zero */
        if (cfg_map_find(&shelf->parsed, key) == parsed)
            cfg_map_remove(&shelf->parsed, key);
        cfg_lock_leave(&shelf->lock);
    }
    cfg_arena_release(&parsed->arena);
    free(parsed);
}

/* Renders every document's fragment into the file's arena; one with ciphers is rendered when asked. */
static enum cfg_status render_fragments(struct cfg_parsed *parsed, struct cfg_err *err)
{
    struct cfg_buf buf;
    enum cfg_status status = CFG_OK;
    cfg_buf_init(&buf, CFG_LIMIT_ANSWER_BYTES);
    for (size_t i = 0; i < parsed->file.count && status == CFG_OK; i++) {
        struct cfg_document *document = &parsed->file.documents[i];
        if (document->has_cipher)
            continue;
        cfg_buf_reset(&buf);
        cfg_render_fragment(&document->props, &buf, &document->hash);
        status = cfg_buf_end(&buf, "a rendered document", err);
        if (status == CFG_OK &&
            !cfg_arena_dup(&parsed->arena, cfg_buf_view(&buf), &document->fragment))
            status = cfg_arena_fail(&parsed->arena, err);
    }
    cfg_buf_release(&buf);
    return status;
}

/* The corridor of one file: bytes → nodes → properties → fragments. */
static enum cfg_status build(struct cfg_parsed *parsed,
                             const struct cfg_format *format,
                             struct cfg_str bytes,
                             struct cfg_err *err)
{
    struct cfg_arena trees;
    struct cfg_docs docs = {0};
    cfg_arena_init(&trees, PARSE_BYTES, bytes.len * 4 + 4096);
    cfg_arena_init(&parsed->arena, KEEP_BYTES, bytes.len * 3 + 512);
    enum cfg_status status = format->parse(bytes, &trees, &docs, err);
    if (status == CFG_OK)
        status = cfg_flatten_file(&docs, &parsed->arena, &parsed->file, err);
    if (status == CFG_OK)
        status = render_fragments(parsed, err);
    cfg_arena_release(&trees);
    return status;
}

/* Puts a freshly parsed file on the shelf, or drops it for the one that came first. */
static struct cfg_parsed *shelve(struct cfg_shelf *shelf, struct cfg_parsed *parsed)
{
    struct cfg_str key = cfg_str_make(parsed->key, sizeof parsed->key);
    cfg_lock_enter(&shelf->lock);
    struct cfg_parsed *first = find_held(shelf, key);
    /* without memory for its place it is simply not shared */
    if (first == NULL && cfg_map_put(&shelf->parsed, key, parsed))
        parsed->shelf = shelf;
    cfg_lock_leave(&shelf->lock);
    if (first == NULL)
        return parsed;
    cfg_parsed_unref(parsed);
    return first;
}

/*
 * Reads and builds into `parsed`. What is wrong with the content becomes `parsed->err`, which names
 * neither path nor repository: the same bytes may lie elsewhere too.
 */
static enum cfg_status fill(struct cfg_parsed *parsed,
                            struct cfg_store *store,
                            const struct cfg_tree *tree,
                            const struct cfg_tree_entry *entry,
                            struct cfg_err *err)
{
    struct cfg_buf bytes;
    struct cfg_err read_err = CFG_ERR_INIT;
    cfg_buf_init(&bytes, CFG_LIMIT_FILE_BYTES);
    enum cfg_status status =
        cfg_store_read(store, tree, entry, CFG_LIMIT_FILE_BYTES, &bytes, &read_err);
    if (status == CFG_OK)
        status = build(parsed, cfg_format_of(entry->path), cfg_buf_view(&bytes), &parsed->err);
    else if (status == CFG_TOO_LARGE)
        cfg_err_set(&parsed->err, CFG_TOO_LARGE, "the file is over %d bytes", CFG_LIMIT_FILE_BYTES);
    else
        *err = read_err;
    cfg_buf_release(&bytes);
    if (parsed->err.status == CFG_NO_MEMORY)
        *err = parsed->err;
    if (err->status != CFG_OK)
        return err->status;
    if (status != CFG_OK) { /* the half-built file goes, the reason stays */
        cfg_arena_release(&parsed->arena);
        parsed->file = (struct cfg_file){0};
    }
    return CFG_OK;
}

enum cfg_status cfg_shelf_parse(struct cfg_shelf *shelf,
                                struct cfg_store *store,
                                const struct cfg_tree *tree,
                                const struct cfg_tree_entry *entry,
                                struct cfg_parsed **out,
                                struct cfg_err *err)
{
    *out = cfg_shelf_find(shelf, entry);
    if (*out)
        return CFG_OK;
    struct cfg_parsed *parsed = calloc(1, sizeof *parsed);
    if (parsed == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    cfg_ref_init(&parsed->ref);
    make_key(entry, parsed->key);
    enum cfg_status status = fill(parsed, store, tree, entry, err);
    if (status == CFG_OK)
        *out = shelve(shelf, parsed);
    else
        cfg_parsed_unref(parsed);
    return status;
}
