/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a message's fields and body. Gives: whether to listen to it.
 * Keeps: the secret, as it is in the settings or was in its file.
 */
#include "server/service/webhook_guard.h"

#include <errno.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/lock.h"
#include "core/base/log.h"
#include "server/crypto/hmac.h"

struct stamp {
    bool there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct cfg_webhook_guard {
    const struct cfg_webhook_options *options;
    char *file; /* constant; NULL: the secret is in the settings, or there is none */
    struct cfg_lock lock;
    struct cfg_buf secret; /* under lock; of the file */
    struct stamp stamp;    /* under lock: the file's when it was looked at last */
};

/* Where a proof may stand. Any one that is right is enough: some services send several at a time. */
static const struct {
    const char *field;
    const char *mark; /* in front of the code's digits; NULL: the secret itself is sent */
} proofs[] = {
    {"x-hub-signature-256", "sha256="}, /* GitHub, Gitea */
    {"x-hub-signature", "sha256="},     /* Bitbucket; others send a weaker code here */
    {"x-gitea-signature", ""},          {"x-gogs-signature", ""},
    {"x-gitlab-token", NULL},           {"x-gitee-token", NULL},
    {"x-strata-token", NULL}, /* for those who can send any field, and for people */
};

/* ---- the secret ---- */

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->there == b->there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

static struct stamp look(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return (struct stamp){.there = false};
    return (struct stamp){true, info.st_dev, info.st_ino, info.st_size, info.st_mtim, info.st_ctim};
}

/* The file's secret without the line end that editors leave. */
static enum cfg_status read_secret(const char *path, struct cfg_buf *out, struct cfg_err *err)
{
    enum cfg_status status = cfg_file_read(path, out, err);
    while (status == CFG_OK && out->len &&
           (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r'))
        out->len--;
    if (status == CFG_OK && out->len == 0)
        status = cfg_err_set(err, CFG_INVALID, "%s is empty", path);
    return status;
}

/* Reads the file again if it has changed; what cannot be read is told once a change. */
static void refresh(struct cfg_webhook_guard *guard)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct stamp now = look(guard->file);
    struct cfg_buf fresh;
    cfg_lock_enter(&guard->lock);
    bool same = same_stamp(&now, &guard->stamp);
    cfg_lock_leave(&guard->lock);
    if (same)
        return;
    cfg_buf_init(&fresh, CFG_WEBHOOK_SECRET_BYTES);
    enum cfg_status status = read_secret(guard->file, &fresh, &err);
    cfg_lock_enter(&guard->lock);
    same = same_stamp(&now, &guard->stamp); /* another thread was faster */
    guard->stamp = now;
    if (status == CFG_OK) {
        struct cfg_buf old = guard->secret;
        guard->secret = fresh;
        fresh = old;
    }
    cfg_lock_leave(&guard->lock);
    cfg_buf_wipe(&fresh);
    if (status != CFG_OK && !same)
        cfg_log_err(CFG_LOG_WARN, "webhook_secret_failed", &err,
                    "the secret of /monitor cannot be read");
}

/* A copy of the secret; empty: it cannot be read. */
static void copy_secret(struct cfg_webhook_guard *guard, struct cfg_buf *out)
{
    if (guard->file == NULL) {
        cfg_buf_str(out, guard->options->secret);
        return;
    }
    refresh(guard);
    cfg_lock_enter(&guard->lock);
    cfg_buf_append(out, guard->secret.ptr, guard->secret.len);
    cfg_lock_leave(&guard->lock);
}

/* ---- the proof ---- */

static enum cfg_status check_code(struct cfg_str secret,
                                  struct cfg_str body,
                                  struct cfg_str given,
                                  bool *out,
                                  struct cfg_err *err)
{
    unsigned char wanted[CFG_HMAC_BYTES], got[CFG_HMAC_BYTES];
    if (!cfg_hmac_parse(given, got))
        return CFG_OK;
    enum cfg_status status = cfg_hmac_sha256(secret, body, wanted, err);
    if (status == CFG_OK)
        *out = cfg_hmac_same(wanted, got);
    return status;
}

static enum cfg_status
check(struct cfg_str secret, const struct cfg_hook *hook, struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    bool came = false, right = false;
    for (size_t i = 0; i < CFG_COUNT(proofs) && status == CFG_OK && !right; i++) {
        struct cfg_str given = hook->find(proofs[i].field, hook->ctx);
        struct cfg_str mark = cfg_str_of(proofs[i].mark);
        came = came || given.ptr != NULL;
        if (given.ptr == NULL || !cfg_str_starts(given, mark))
            continue;
        if (proofs[i].mark)
            status = check_code(secret, hook->body, cfg_str_sub(given, mark.len, given.len), &right,
                                err);
        else
            status = cfg_hmac_same_text(given, secret, &right, err);
    }
    if (status != CFG_OK || right)
        return status;
    return cfg_err_set(err, CFG_UNAUTHENTICATED,
                       came ? "The signature or token is wrong"
                            : "A signature or token is missing");
}

enum cfg_status cfg_webhook_guard_check(struct cfg_webhook_guard *guard,
                                        const struct cfg_hook *hook,
                                        struct cfg_err *err)
{
    struct cfg_buf secret;
    enum cfg_status status;
    if (guard->file == NULL && guard->options->secret.len == 0)
        return CFG_OK;
    cfg_buf_init(&secret, CFG_WEBHOOK_SECRET_BYTES);
    copy_secret(guard, &secret);
    if (secret.failed == CFG_OK && secret.len)
        status = check(cfg_buf_view(&secret), hook, err);
    else
        status = cfg_err_set(err, CFG_UNAVAILABLE, "The secret cannot be read");
    cfg_buf_wipe(&secret);
    return status;
}

/* ---- the guard ---- */

enum cfg_status cfg_webhook_guard_new(const struct cfg_webhook_options *options,
                                      struct cfg_webhook_guard **out,
                                      struct cfg_err *err)
{
    struct cfg_webhook_guard *guard = calloc(1, sizeof *guard);
    bool has_file = options->secret_file.len > 0;
    *out = NULL;
    if (guard == NULL)
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    guard->options = options;
    guard->file = has_file ? cfg_str_copy(options->secret_file) : NULL;
    cfg_lock_init(&guard->lock);
    cfg_buf_init(&guard->secret, CFG_WEBHOOK_SECRET_BYTES);
    if (has_file && guard->file == NULL) {
        cfg_webhook_guard_free(guard);
        return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
    }
    guard->stamp.size = -1; /* no file's: a missing one is told as well */
    if (has_file)
        refresh(guard);
    else if (options->secret.len == 0)
        cfg_log(CFG_LOG_WARN, "webhook_open",
                "POST /monitor asks for no proof: set strata.monitor.secret or "
                "strata.monitor.secret-file");
    *out = guard;
    return CFG_OK;
}

void cfg_webhook_guard_free(struct cfg_webhook_guard *guard)
{
    if (guard == NULL)
        return;
    cfg_buf_wipe(&guard->secret);
    cfg_lock_release(&guard->lock);
    free(guard->file);
    free(guard);
}
