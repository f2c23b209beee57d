/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a place and a question. Gives: its documents, from the newest commit that is whole. Keeps:
 * what was worked out about broken tips, in the repository's holds.
 */
#include "server/service/selection.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/parse/parse.h"

enum { BACK_COMMITS = 1000, BACK_MS = 200, WHERE_BYTES = 1024 };

/* What select asks one place through. */
struct loading {
    struct cfg_task *task;
    struct cfg_snapshot *snapshot;
    const struct cfg_tree_entry *broken; /* out: malformed in itself; NULL: none is */
    bool unreadable;                     /* out: a file could not be read */
};

/* Tells a malformed file, whose fault is on record, from one that could not be read just now. */
static void note_fault(struct loading *loading, const struct cfg_tree_entry *entry)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    const struct cfg_file *file;
    if (cfg_snapshot_file(loading->snapshot, entry, false, &file, &ignored) != CFG_OK)
        loading->broken = entry;
    else
        loading->unreadable = true;
}

static enum cfg_status
load(struct cfg_str path, const struct cfg_file **out, struct cfg_err *err, void *ctx)
{
    struct loading *loading = ctx;
    const struct cfg_tree_entry *entry = cfg_snapshot_find(loading->snapshot, path);
    *out = NULL;
    if (entry == NULL || cfg_format_of(entry->path) == NULL)
        return CFG_OK;
    bool may_read = loading->task->wait == CFG_DESK_WAITS;
    enum cfg_status status = cfg_snapshot_file(loading->snapshot, entry, may_read, out, err);
    if (status != CFG_OK)
        note_fault(loading, entry);
    if (status != CFG_OK || *out)
        return status;
    loading->task->must_wait = true;
    return cfg_err_set(err, CFG_CANCELLED, "needs a worker");
}

/* Selects at the place's commit as it is. */
static enum cfg_status select_here(struct cfg_task *task,
                                   const struct cfg_question *question,
                                   const struct cfg_place *place,
                                   struct cfg_selection *out,
                                   struct loading *loading,
                                   struct cfg_err *err)
{
    *loading = (struct loading){.task = task, .snapshot = place->commit->snapshot};
    *out = (struct cfg_selection){.count = 0};
    enum cfg_status status = cfg_places_locations(task, place, question, &out->locations, err);
    if (status != CFG_OK)
        return status;
    struct cfg_select_input input = {
        .question = question,
        .locations = out->locations.items,
        .location_count = out->locations.count,
        .load = load,
        .load_ctx = loading,
    };
    status = cfg_select(&input, task->arena, &out->items, &out->count, err);
    if (status != CFG_OK && !task->must_wait && err->commit[0] == '\0')
        memcpy(err->commit, place->commit->id, sizeof err->commit);
    return status;
}

/*
 * Whether a failure lies in what was committed, so that an older commit may be better. Without a path
 * it is the question itself that goes over a limit, and does so at every commit.
 */
static bool is_content(const struct cfg_err *cause, const struct loading *loading)
{
    return (cause->status == CFG_CORRUPT || cause->status == CFG_TOO_LARGE) &&
           cause->path[0] != '\0' && !loading->unreadable;
}

/* "path:line" with everything but plain path characters percent-encoded. */
static bool make_where(struct cfg_arena *arena, const struct cfg_err *cause, struct cfg_str *out)
{
    char text[WHERE_BYTES];
    size_t len = 0;
    for (const char *c = cause->path; *c && len + 20 < sizeof text; c++) {
        unsigned char byte = (unsigned char)*c;
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') || (byte && strchr("/-_.~", byte));
        if (plain)
            text[len++] = (char)byte;
        else
            len += (size_t)snprintf(text + len, sizeof text - len, "%%%02X", byte);
    }
    snprintf(text + len, sizeof text - len, ":%u", cause->line);
    return cfg_arena_dup(arena, cfg_str_of(text), out);
}

/* What tells this question from others of the same repository, fit to be shown. */
static bool make_key(struct cfg_task *task,
                     const struct cfg_question *question,
                     const struct cfg_place *place,
                     struct cfg_str *out)
{
    struct cfg_str name = place->git->name;
    return cfg_arena_printf(task->arena, out, "%.*s/%.*s/%.*s%s%.*s [%zu]",
                            CFG_STR_ARG(question->name), CFG_STR_ARG(question->profiles_text),
                            CFG_STR_ARG(place->label), name.len ? " in " : "", CFG_STR_ARG(name),
                            place->backend);
}

/* A walk back in time from one commit. */
struct walk {
    struct cfg_task *task;
    const struct cfg_question *question;
    const struct cfg_place *place; /* at the tip */
    int64_t deadline_ms;
    unsigned left;
    unsigned char broken_id[CFG_ID_BYTES]; /* of the malformed file that was met last */
    struct cfg_str broken_path;            /* empty: the fault was in no single file */
};

static void remember_broken(struct walk *walk, const struct loading *loading)
{
    walk->broken_path = CFG_STR_NONE;
    if (loading->broken == NULL ||
        !cfg_arena_dup(walk->task->arena, loading->broken->path, &walk->broken_path))
        return;
    memcpy(walk->broken_id, loading->broken->id, CFG_ID_BYTES);
}

static void unref_snapshot(void *snapshot)
{
    cfg_snapshot_unref(snapshot);
}

/* Reads one commit; the task's arena keeps its snapshot. */
static enum cfg_status
open_commit(struct walk *walk, const char *id, struct cfg_commit *out, struct cfg_err *err)
{
    struct cfg_repo *repo = walk->place->repo;
    struct cfg_tree *tree = NULL;
    *out = (struct cfg_commit){.snapshot = NULL};
    memcpy(out->id, id, sizeof out->id);
    enum cfg_status status = cfg_store_tree(repo->store, id, NULL, &tree, &out->wall_ms, err);
    if (status != CFG_OK)
        return status;
    status = cfg_snapshot_new(repo->shelf, repo->store, tree, walk->place->commit->snapshot,
                              &out->snapshot, err);
    if (status != CFG_OK) {
        cfg_tree_unref(tree);
        return status;
    }
    if (cfg_arena_defer(walk->task->arena, unref_snapshot, out->snapshot))
        return CFG_OK;
    cfg_snapshot_unref(out->snapshot);
    return cfg_arena_fail(walk->task->arena, err);
}

/* Whether everything that the question selects is whole at this commit. */
static enum cfg_status
try_commit(struct walk *walk, const char *id, struct cfg_commit *out, bool *out_whole)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_place place = *walk->place;
    struct cfg_selection selection;
    struct loading loading;
    *out_whole = false;
    enum cfg_status status = open_commit(walk, id, out, &err);
    if (status != CFG_OK)
        return status;
    place.commit = out;
    status = select_here(walk->task, walk->question, &place, &selection, &loading, &err);
    *out_whole = status == CFG_OK;
    if (!is_content(&err, &loading))
        return status;
    remember_broken(walk, &loading);
    return CFG_OK;
}

/* Follows first parents until one is whole; a parent with the same broken file is not even opened. */
static enum cfg_status
walk_back(struct walk *walk, const char *from, struct cfg_commit *out, bool *out_whole)
{
    char id[41];
    memcpy(id, from, sizeof id);
    *out_whole = false;
    while (!*out_whole && walk->left-- > 0 && cfg_clock_ms() < walk->deadline_ms) {
        struct cfg_err err = CFG_ERR_INIT; /* the end of history, or what could not be read */
        unsigned char blob[CFG_ID_BYTES];
        char parent[41];
        bool found;
        enum cfg_status status = cfg_store_parent(walk->place->repo->store, id, walk->broken_path,
                                                  parent, blob, &found, &err);
        if (status != CFG_OK)
            return status == CFG_NOT_FOUND ? CFG_OK : status;
        memcpy(id, parent, sizeof id);
        if (walk->broken_path.len && found && memcmp(blob, walk->broken_id, CFG_ID_BYTES) == 0)
            continue;
        status = try_commit(walk, id, out, out_whole);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}

/*
 * Looks for the commit to serve instead of a broken tip: along the tip's own history, and where that
 * holds nothing better (it was rewritten), what the label stood for before and its history.
 */
static enum cfg_status find_whole(struct walk *walk, struct cfg_commit *out, bool *out_whole)
{
    const struct cfg_commit *tip = walk->place->commit;
    enum cfg_status status = walk_back(walk, tip->id, out, out_whole);
    if (status != CFG_OK || *out_whole || tip->before[0] == '\0')
        return status;
    walk->left = BACK_COMMITS;
    if (try_commit(walk, tip->before, out, out_whole) != CFG_OK || *out_whole)
        return CFG_OK; /* what is gone from the repository cannot be served */
    return walk_back(walk, tip->before, out, out_whole);
}

static void announce(const struct cfg_hold *hold,
                     const struct cfg_place *place,
                     const struct cfg_question *question)
{
    cfg_log(CFG_LOG_WARN, "question_held", "%.*s/%.*s of %.*s is %s%.12s: %.*s",
            CFG_STR_ARG(question->name), CFG_STR_ARG(question->profiles_text),
            CFG_STR_ARG(cfg_store_name(place->store)),
            hold->commit.snapshot ? "held back at " : "broken at ",
            hold->commit.snapshot ? hold->commit.id : hold->tip, CFG_STR_ARG(hold->reason));
}

/* Works out, by a thread that may wait, what a question with a broken tip is answered from. */
static enum cfg_status work_out(struct cfg_task *task,
                                const struct cfg_question *question,
                                const struct cfg_place *place,
                                const struct loading *loading,
                                const struct cfg_err *cause,
                                struct cfg_hold *hold,
                                struct cfg_err *err)
{
    char line[CFG_ERR_LINE_BYTES];
    bool whole = false;
    struct walk walk = {
        .task = task,
        .question = question,
        .place = place,
        .deadline_ms = cfg_clock_ms() + BACK_MS,
        .left = BACK_COMMITS,
    };
    remember_broken(&walk, loading);
    cfg_err_line(cause, line, sizeof line);
    if (!make_where(task->arena, cause, &hold->where) ||
        !cfg_arena_dup(task->arena, cfg_str_of(line), &hold->reason))
        return cfg_arena_fail(task->arena, err);
    enum cfg_status status = find_whole(&walk, &hold->commit, &whole);
    if (!whole)
        hold->commit = (struct cfg_commit){.snapshot = NULL};
    if (status != CFG_OK) /* git could not be read: nothing is known, so nothing is remembered */
        return CFG_OK;
    hold->since_wall_ms = cfg_clock_wall_ms();
    if (cfg_holds_put(place->repo->holds, hold))
        announce(hold, place, question);
    return CFG_OK;
}

/* Moves the place to the commit that is served instead of its broken tip, if there is one. */
static enum cfg_status hold_back(struct cfg_task *task,
                                 const struct cfg_question *question,
                                 struct cfg_place *place,
                                 const struct loading *loading,
                                 const struct cfg_err *cause,
                                 bool *out_held,
                                 struct cfg_err *err)
{
    struct cfg_hold hold = {.since_wall_ms = 0};
    bool known = false;
    *out_held = false;
    memcpy(hold.tip, place->commit->id, sizeof hold.tip);
    if (!make_key(task, question, place, &hold.question))
        return cfg_arena_fail(task->arena, err);
    enum cfg_status status = cfg_holds_find(place->repo->holds, hold.tip, hold.question,
                                            task->arena, &hold, &known, err);
    if (status == CFG_OK && !known && task->wait == CFG_DESK_NOW) {
        task->must_wait = true;
        return CFG_OK;
    }
    if (status == CFG_OK && !known)
        status = work_out(task, question, place, loading, cause, &hold, err);
    if (status != CFG_OK || hold.commit.snapshot == NULL)
        return status;
    struct cfg_commit *commit = cfg_arena_alloc(task->arena, sizeof *commit);
    if (commit == NULL ||
        !cfg_arena_printf(task->arena, &place->held, "%s %.*s", hold.tip, CFG_STR_ARG(hold.where)))
        return cfg_arena_fail(task->arena, err);
    *commit = hold.commit;
    place->commit = commit;
    *out_held = true;
    return CFG_OK;
}

enum cfg_status cfg_selection_make(struct cfg_task *task,
                                   const struct cfg_question *question,
                                   struct cfg_place *place,
                                   struct cfg_selection *out,
                                   struct cfg_err *err)
{
    struct loading loading;
    struct cfg_err cause = CFG_ERR_INIT;
    bool held = false;
    enum cfg_status status = select_here(task, question, place, out, &loading, &cause);
    if (status == CFG_OK || task->must_wait)
        return status;
    if (place->git && is_content(&cause, &loading)) {
        status = hold_back(task, question, place, &loading, &cause, &held, err);
        if (status != CFG_OK || task->must_wait)
            return status;
    }
    if (held)
        return select_here(task, question, place, out, &loading, err);
    *err = cause;
    return err->status;
}
