/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a uri, a folder, fetch jobs.
 * Gives: a bare repository on disk that follows the remote.
 * Keeps: the lock on it; its old state until the new one is whole.
 */
#include "server/git/mirror.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "server/git/fetchers.h"
#include "server/git/mirror_files.h"
#include "server/git/packs.h"

enum {
    REMAKE_MS = 60000,         /* a damaged mirror is made anew at most this often */
    NOTE_MS = 60000,           /* an unchanged one is noted this often */
    REPACK_SILENCE_MS = 30000, /* merging is counted in objects, of which one may be large */
    REPACK_MS = 600000,        /* packing that did not help is tried again this often */
    QUEUE_MS = 70000, /* a waiter's patience beyond the timeout: a fetch may have to wait too */
    NOTE_BYTES = 8192,
};

enum file { MADE, NEW, OLD, NOTE, LOCK, FILES };

static const char *const endings[FILES] = {".git", ".new.git", ".old.git", ".json", ".lock"};

struct cfg_mirror {
    struct cfg_mirror *next; /* under the set's lock */
    unsigned users;          /* under the set's lock */
    char *uri;
    char *files[FILES];
    int lock_fd;
    atomic_bool suspect;
    struct cfg_lock lock;
    struct cfg_cond ended;
    bool fetching;       /* under lock */
    uint64_t rounds;     /* under lock: fetches that ended */
    struct cfg_err last; /* under lock: how the last one did */
    int64_t made_ms;     /* the fetcher's: when it was made anew because of damage */
    int64_t noted_ms;    /* the fetcher's */
    int64_t packed_ms;   /* the fetcher's: when packing did not help; 0: it may */
    enum cfg_repack due; /* the fetcher's */
    bool looked;         /* the fetcher's: its packs were counted once */
    struct cfg_pins *pins;
};

/* ---- the set ---- */

void cfg_mirror_set_init(struct cfg_mirror_set *set)
{
    set->first = NULL;
    cfg_lock_init(&set->lock);
}

void cfg_mirror_set_release(struct cfg_mirror_set *set)
{
    CFG_ASSERT(!set->first);
    cfg_lock_release(&set->lock);
}

static void free_mirror(struct cfg_mirror *mirror)
{
    if (!mirror)
        return;
    if (mirror->lock_fd >= 0) {
        if (!cfg_mirror_is_folder(mirror->files[MADE])) {
            unlink(mirror->files[NOTE]);
            unlink(mirror->files[LOCK]); /* before it is unlocked: see cfg_mirror_lock_file */
        }
        close(mirror->lock_fd);
    }
    for (size_t i = 0; i < FILES; i++)
        free(mirror->files[i]);
    free(mirror->uri);
    cfg_pins_unref(mirror->pins);
    cfg_cond_release(&mirror->ended);
    cfg_lock_release(&mirror->lock);
    free(mirror);
}

static char *join(const char *folder, const char *name, const char *ending)
{
    size_t size = strlen(folder) + strlen(name) + strlen(ending) + 2;
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s%s", folder, name, ending);
    return path;
}

static struct cfg_mirror *new_mirror(const char *folder, const char *name, const char *uri)
{
    struct cfg_mirror *mirror = calloc(1, sizeof *mirror);
    bool whole;

    if (!mirror)
        return NULL;
    mirror->lock_fd = -1;
    mirror->users = 1;
    atomic_init(&mirror->suspect, false);
    cfg_lock_init(&mirror->lock);
    cfg_cond_init(&mirror->ended);
    mirror->uri = strdup(uri);
    mirror->pins = cfg_pins_new();
    whole = mirror->uri != NULL && mirror->pins != NULL;
    for (size_t i = 0; i < FILES; i++) {
        mirror->files[i] = join(folder, name, endings[i]);
        whole = whole && mirror->files[i];
    }
    if (!whole) {
        free_mirror(mirror);
        return NULL;
    }
    return mirror;
}

/* Sweeps up what an earlier process left when it was killed. */
static void tidy(struct cfg_mirror *mirror)
{
    if (!cfg_mirror_is_folder(mirror->files[MADE]) && cfg_mirror_is_folder(mirror->files[OLD]))
        (void)!rename(mirror->files[OLD], mirror->files[MADE]); /* between two renames */
    (void)cfg_mirror_delete_marked(mirror->files[OLD]);
    (void)cfg_mirror_delete_marked(mirror->files[NEW]);
}

static enum cfg_status open_new(struct cfg_mirror_set *set,
                                const char *folder,
                                const char *uri,
                                struct cfg_mirror **out,
                                struct cfg_err *err)
{
    struct cfg_mirror *mirror;
    enum cfg_status status;
    char name[17];

    mirror = cfg_mirror_name(uri, name) ? new_mirror(folder, name, uri) : NULL;
    if (!mirror)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a mirror");
    status = cfg_mirror_make_folders(folder, err);
    if (status == CFG_OK)
        status = cfg_mirror_lock_file(mirror->files[LOCK], &mirror->lock_fd, err);
    if (status != CFG_OK) {
        free_mirror(mirror);
        return status;
    }
    tidy(mirror);
    mirror->next = set->first;
    set->first = mirror;
    *out = mirror;
    return CFG_OK;
}

enum cfg_status cfg_mirror_open(struct cfg_mirror_set *set,
                                struct cfg_str folder,
                                const char *uri,
                                struct cfg_mirror **out,
                                struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    struct cfg_mirror *mirror;
    struct cfg_buf repos;

    *out = NULL;
    cfg_buf_init(&repos, NOTE_BYTES);
    cfg_buf_str(&repos, folder.len ? folder : CFG_STR("."));
    cfg_buf_str(&repos, CFG_STR("/repos"));
    status = cfg_buf_end(&repos, "the path of the state folder", err);
    if (status != CFG_OK) {
        cfg_buf_release(&repos);
        return status;
    }
    /* Held while a folder is made and a lock is tried: two of one uri must not both do so. */
    cfg_lock_enter(&set->lock);
    for (mirror = set->first; mirror; mirror = mirror->next)
        if (strcmp(mirror->uri, uri) == 0 &&
            strncmp(mirror->files[MADE], repos.ptr, repos.len) == 0 &&
            !strchr(mirror->files[MADE] + repos.len + 1, '/'))
            break;
    if (mirror) {
        mirror->users++;
        *out = mirror;
    } else {
        status = open_new(set, repos.ptr, uri, out, err);
    }
    cfg_lock_leave(&set->lock);
    cfg_buf_release(&repos);
    return status;
}

void cfg_mirror_close(struct cfg_mirror_set *set, struct cfg_mirror *mirror)
{
    struct cfg_mirror **at;

    if (!mirror)
        return;
    cfg_lock_enter(&set->lock);
    if (--mirror->users == 0) {
        for (at = &set->first; *at != mirror; at = &(*at)->next)
            continue;
        *at = mirror->next;
        free_mirror(mirror);
    }
    cfg_lock_leave(&set->lock);
}

const char *cfg_mirror_path(const struct cfg_mirror *mirror)
{
    return mirror->files[MADE];
}

struct cfg_pins *cfg_mirror_pins(const struct cfg_mirror *mirror)
{
    return mirror->pins;
}

void cfg_mirror_suspect(struct cfg_mirror *mirror)
{
    atomic_store(&mirror->suspect, true);
}

/* ---- one fetch ---- */

static void put_json_text(struct cfg_buf *out, const char *text)
{
    cfg_buf_char(out, '"');
    for (; *text; text++) { /* control characters are not in a uri */
        if (*text == '"' || *text == '\\')
            cfg_buf_char(out, '\\');
        cfg_buf_char(out, *text);
    }
    cfg_buf_char(out, '"');
}

/* {"uri":"…","fetched":"2026-11-22T10:04:28.323Z"}, for people and for the age after a restart */
static enum cfg_status write_note(struct cfg_mirror *mirror, struct cfg_err *err)
{
    char now[CFG_CLOCK_ISO_BYTES];
    enum cfg_status status;
    struct cfg_buf text;

    cfg_clock_iso(cfg_clock_wall_ms(), now);
    cfg_buf_init(&text, 4 * NOTE_BYTES);
    cfg_buf_str(&text, CFG_STR("{\"uri\":"));
    put_json_text(&text, mirror->uri);
    cfg_buf_printf(&text, ",\"fetched\":\"%s\"}\n", now);
    status = cfg_buf_end(&text, "the note of a mirror", err);
    if (status == CFG_OK)
        status = cfg_file_write(mirror->files[NOTE], cfg_buf_view(&text), 0600, err);
    cfg_buf_release(&text);
    mirror->noted_ms = cfg_clock_ms();
    return status;
}

/* The new mirror becomes the mirror; what was there is deleted when it is ours. */
static enum cfg_status swap_in(struct cfg_mirror *mirror, struct cfg_err *err)
{
    bool replaced = cfg_mirror_is_folder(mirror->files[MADE]);
    enum cfg_status status = write_note(mirror, err);

    if (status != CFG_OK)
        return status;
    if (replaced && rename(mirror->files[MADE], mirror->files[OLD]) != 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "putting %s aside",
                                 mirror->files[MADE]);
    if (rename(mirror->files[NEW], mirror->files[MADE]) != 0) {
        status = cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "renaming %s", mirror->files[NEW]);
        if (replaced && rename(mirror->files[OLD], mirror->files[MADE]) != 0)
            cfg_err_prefix(err, "and %s stays aside", mirror->files[OLD]);
        return status;
    }
    if (replaced)
        (void)cfg_mirror_delete_marked(mirror->files[OLD]);
    return CFG_OK;
}

/* Makes it beside the old one, so that a failure changes nothing and leaves nothing. */
static enum cfg_status make(struct cfg_mirror *mirror,
                            struct cfg_fetchers *fetchers,
                            struct cfg_fetch_job job,
                            struct cfg_err *err)
{
    enum cfg_status status;
    bool changed;

    (void)cfg_mirror_delete_marked(mirror->files[OLD]);
    (void)cfg_mirror_delete_marked(mirror->files[NEW]);
    status = cfg_mirror_make_marked(mirror->files[NEW], err);
    if (status != CFG_OK)
        return status;
    job.path = cfg_str_of(mirror->files[NEW]);
    job.create = 1;
    job.total_ms = job.timeout_ms * CFG_MIRROR_MAKING_TIMES;
    status = cfg_fetchers_run(fetchers, &job, &changed, err);
    if (status == CFG_OK)
        status = swap_in(mirror, err);
    if (status != CFG_OK)
        (void)cfg_mirror_delete_marked(mirror->files[NEW]);
    return status;
}

/* Counts the packs: whether the next fetch should begin with merging them. */
static void look(struct cfg_mirror *mirror)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct cfg_packs packs;

    if (cfg_packs_list(mirror->files[MADE], &packs, &ignored) != CFG_OK)
        return;
    mirror->due = cfg_packs_crowded(&packs) ? CFG_REPACK_SMALL : CFG_REPACK_NOT;
    mirror->looked = true;
    cfg_packs_release(&packs);
}

/* Merges packs. A failure costs disk space only, unless it shows that the mirror is damaged. */
static void
repack(struct cfg_mirror *mirror, struct cfg_fetchers *fetchers, const struct cfg_fetch_job *fetch)
{
    struct cfg_fetch_job job = {.path = cfg_str_of(mirror->files[MADE]), .repack = mirror->due};
    struct cfg_err ignored = CFG_ERR_INIT;
    enum cfg_status status = CFG_OK;
    struct cfg_buf keep;
    bool changed;

    job.timeout_ms = fetch->timeout_ms < REPACK_SILENCE_MS ? REPACK_SILENCE_MS : fetch->timeout_ms;
    job.total_ms = job.timeout_ms * CFG_MIRROR_MAKING_TIMES;
    cfg_buf_init(&keep, CFG_FETCH_MESSAGE_BYTES);
    if (cfg_pins_list(mirror->pins, &keep) && !keep.failed) {
        job.keep = cfg_buf_view(&keep);
        status = cfg_fetchers_run(fetchers, &job, &changed, &ignored);
    }
    cfg_buf_release(&keep);
    cfg_mirror_sweep_packs(mirror->files[MADE]);
    if (status == CFG_CORRUPT)
        cfg_mirror_suspect(mirror);
    look(mirror);
    if (status != CFG_OK || mirror->due || job.repack == CFG_REPACK_ALL)
        mirror->packed_ms = cfg_clock_ms();
    else
        mirror->packed_ms = 0;
}

static bool is_packing_due(struct cfg_mirror *mirror)
{
    if (!mirror->looked)
        look(mirror);
    return mirror->due && (!mirror->packed_ms || cfg_clock_ms() - mirror->packed_ms > REPACK_MS);
}

static enum cfg_status update(struct cfg_mirror *mirror,
                              struct cfg_fetchers *fetchers,
                              struct cfg_fetch_job job,
                              struct cfg_err *err)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    bool changed = false;
    enum cfg_status status;

    job.path = cfg_str_of(mirror->files[MADE]);
    job.total_ms = job.timeout_ms;
    status = cfg_fetchers_run(fetchers, &job, &changed, err);
    if (status == CFG_CORRUPT)
        cfg_mirror_suspect(mirror);
    if (changed)
        look(mirror);
    if (status == CFG_TOO_LARGE)
        mirror->due = CFG_REPACK_ALL; /* what is no longer needed may make room */
    if (status != CFG_OK)
        cfg_mirror_sweep_packs(mirror->files[MADE]);
    else if (changed || cfg_clock_ms() - mirror->noted_ms > NOTE_MS)
        (void)!write_note(mirror, &ignored); /* the mirror is right, its note a little old */
    return status;
}

static enum cfg_status fetch_now(struct cfg_mirror *mirror,
                                 struct cfg_fetchers *fetchers,
                                 const struct cfg_fetch_job *job,
                                 struct cfg_err *err)
{
    bool there = cfg_mirror_is_folder(mirror->files[MADE]);
    bool worn = atomic_load(&mirror->suspect) &&
                (!mirror->made_ms || cfg_clock_ms() - mirror->made_ms > REMAKE_MS);
    enum cfg_status status;

    if (there && !worn && is_packing_due(mirror))
        repack(mirror, fetchers, job);
    if (there && !worn)
        return update(mirror, fetchers, *job, err);
    if (worn)
        mirror->made_ms = cfg_clock_ms();
    status = make(mirror, fetchers, *job, err);
    if (status == CFG_OK)
        atomic_store(&mirror->suspect, false);
    return status;
}

/* Waits for the fetch that is under way; called and left under the lock. */
static enum cfg_status
wait_for_other(struct cfg_mirror *mirror, const struct cfg_fetch_job *job, struct cfg_err *err)
{
    int64_t deadline_ms =
        cfg_clock_ms() + (int64_t)job->timeout_ms * CFG_MIRROR_MAKING_TIMES + QUEUE_MS;
    uint64_t round = mirror->rounds;

    while (mirror->rounds == round)
        if (!cfg_cond_wait(&mirror->ended, &mirror->lock, deadline_ms) && mirror->rounds == round)
            return cfg_err_set(err, CFG_TIMEOUT, "another fetch of this repository does not end");
    if (mirror->last.status != CFG_OK)
        *err = mirror->last;
    return mirror->last.status;
}

enum cfg_status cfg_mirror_fetch(struct cfg_mirror *mirror,
                                 struct cfg_fetchers *fetchers,
                                 const struct cfg_fetch_job *job,
                                 struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    bool mine;

    cfg_lock_enter(&mirror->lock);
    mine = !mirror->fetching;
    mirror->fetching = true;
    if (!mine)
        status = wait_for_other(mirror, job, err);
    cfg_lock_leave(&mirror->lock);
    if (!mine)
        return status;
    status = fetch_now(mirror, fetchers, job, err);
    cfg_lock_enter(&mirror->lock);
    mirror->fetching = false;
    mirror->rounds++;
    mirror->last = status == CFG_OK ? CFG_ERR_INIT : *err;
    cfg_cond_wake(&mirror->ended);
    cfg_lock_leave(&mirror->lock);
    return status;
}
