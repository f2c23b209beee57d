/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: options. Gives: a line for everything that would not be served. Keeps: the very code that
 * serves.
 */
#include "core/base/clock.h"
#include "core/model/limits.h"
#include "core/parse/parse.h"
#include "server/service/desk.h"

enum { PATIENCE_MS = 600000 };

struct checking {
    cfg_say_fn say;
    void *ctx;
    enum cfg_status worst; /* a repository that cannot be read weighs more than a file */
};

static void published(void *ctx)
{
    (void)ctx;
}

/*
 * An .xml that is no properties document (logback.xml) is a plain file: nobody selects it as
 * configuration, so nothing is wrong with it.
 */
static bool is_plain_xml(const struct cfg_commit *commit, const struct cfg_tree_entry *entry)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    struct cfg_buf bytes;
    bool plain = false;
    if (!cfg_str_ends(entry->path, CFG_STR(".xml")))
        return false;
    cfg_buf_init(&bytes, CFG_LIMIT_FILE_BYTES);
    if (cfg_snapshot_read(commit->snapshot, entry, CFG_LIMIT_FILE_BYTES, &bytes, &ignored) ==
        CFG_OK) {
        struct cfg_str text = cfg_buf_view(&bytes);
        plain = cfg_str_find(text, CFG_STR("<properties")) == text.len;
    }
    cfg_buf_release(&bytes);
    return plain;
}

static void
check_files(struct checking *checking, struct cfg_str name, const struct cfg_commit *commit)
{
    const struct cfg_tree *tree = cfg_snapshot_tree(commit->snapshot);
    char line[CFG_ERR_LINE_BYTES + 256];
    size_t read = 0;
    size_t refused = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const struct cfg_tree_entry *entry = &tree->entries[i];
        struct cfg_err err = CFG_ERR_INIT;
        const struct cfg_file *file;
        if (entry->kind != CFG_ENTRY_FILE || cfg_format_of(entry->path) == NULL)
            continue;
        bool whole = cfg_snapshot_file(commit->snapshot, entry, true, &file, &err) == CFG_OK;
        if (!whole && is_plain_xml(commit, entry))
            continue;
        read++;
        if (whole)
            continue;
        refused++;
        checking->say(cfg_err_line(&err, line, sizeof line), checking->ctx);
        if (checking->worst == CFG_OK)
            checking->worst = CFG_CORRUPT;
    }
    snprintf(line, sizeof line, "%.*s: %zu configuration files read, %zu refused",
             CFG_STR_ARG(name), read, refused);
    checking->say(line, checking->ctx);
}

static void check_repo(struct checking *checking, struct cfg_repo *repo)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str name = cfg_store_name(repo->store);
    int64_t deadline_ms = cfg_clock_ms() + PATIENCE_MS;
    bool folders = cfg_store_kind_of(repo->store) == CFG_STORE_FOLDERS;
    struct cfg_str label = folders ? CFG_STR_NONE : CFG_STR("HEAD");
    enum cfg_status status = cfg_repo_need(repo, label, deadline_ms, &err);
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    const struct cfg_commit *commit = NULL;
    if (status == CFG_OK && view)
        (void)cfg_view_label(view, label, &commit);
    if (commit) {
        check_files(checking, folders ? CFG_STR("folders") : name, commit);
    } else {
        char line[CFG_ERR_LINE_BYTES + 256];
        char cause[CFG_ERR_LINE_BYTES];
        snprintf(line, sizeof line, "%.*s: %s", CFG_STR_ARG(name),
                 cfg_err_line(&err, cause, sizeof cause));
        checking->say(line, checking->ctx);
        checking->worst = CFG_UNAVAILABLE;
    }
    cfg_view_unref(view);
}

enum cfg_status cfg_service_check(const struct cfg_service_options *options,
                                  cfg_say_fn say,
                                  void *ctx,
                                  struct cfg_err *err)
{
    struct cfg_service *service = NULL;
    struct checking checking = {.say = say, .ctx = ctx, .worst = CFG_OK};
    enum cfg_status status = cfg_service_start(options, published, NULL, &service, err);
    if (status != CFG_OK)
        return status;
    for (size_t i = 0; i < service->known_count; i++)
        check_repo(&checking, service->known[i]);
    cfg_service_stop(service);
    if (checking.worst == CFG_OK)
        return CFG_OK;
    return cfg_err_set(err, checking.worst,
                       checking.worst == CFG_CORRUPT ? "some files are not served"
                                                     : "not every repository can be read");
}
