/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the registry. Gives: its state as JSON, for people and their tools. Keeps: nothing; every
 * number is of the moment.
 */
#include "core/base/clock.h"
#include "core/render/json_writer.h"
#include "server/service/desk.h"
#include "server/service/puller.h"

enum { SHOWN_SKIPPED = 20 };

/* One document in the making; `first` of the list that is being written. */
struct report {
    struct cfg_buf *out;
    bool first;
    struct cfg_puller *puller; /* of the list of repositories */
};

static void key(struct cfg_buf *out, const char *name)
{
    cfg_json_string(out, cfg_str_of(name));
    cfg_buf_char(out, ':');
}

static void text_member(struct cfg_buf *out, const char *name, struct cfg_str value)
{
    cfg_buf_char(out, ',');
    key(out, name);
    cfg_json_string(out, value);
}

/* A time as text, or null for never. */
static void time_member(struct cfg_buf *out, const char *name, int64_t wall_ms)
{
    char text[CFG_CLOCK_ISO_BYTES];
    if (wall_ms == 0) {
        cfg_buf_char(out, ',');
        key(out, name);
        cfg_buf_str(out, CFG_STR("null"));
        return;
    }
    cfg_clock_iso(wall_ms, text);
    text_member(out, name, cfg_str_of(text));
}

static void separate(struct report *report)
{
    if (!report->first)
        cfg_buf_char(report->out, ',');
    report->first = false;
}

static const char *kind_of(const struct cfg_repo *repo)
{
    switch (cfg_store_kind_of(repo->store)) {
    case CFG_STORE_IN_PLACE:
        return "in place";
    case CFG_STORE_MIRROR:
        return "mirror";
    case CFG_STORE_FOLDERS:
        return "folders";
    }
    return "";
}

static struct cfg_str short_name(struct cfg_str ref)
{
    static const struct cfg_str heads = {"refs/heads/", 11};
    static const struct cfg_str tags = {"refs/tags/", 10};
    if (cfg_str_starts(ref, heads))
        return cfg_str_sub(ref, heads.len, ref.len);
    return cfg_str_starts(ref, tags) ? cfg_str_sub(ref, tags.len, ref.len) : ref;
}

/* The names of damaged refs, the first few. */
static void write_skipped(const struct cfg_tips *tips, struct cfg_buf *out)
{
    struct report list = {out, true, NULL};
    size_t left = SHOWN_SKIPPED;
    if (tips == NULL || tips->skipped == 0)
        return;
    cfg_buf_printf(out, ",\"damaged\":{\"count\":%zu,\"refs\":[", tips->skipped);
    for (size_t i = 0; i < tips->count && left > 0; i++) {
        if (!tips->items[i].skipped)
            continue;
        separate(&list);
        cfg_json_string(out, tips->items[i].name);
        left--;
    }
    cfg_buf_str(out, CFG_STR("]}"));
}

/* The labels in use: those whose commit is at hand. */
static void write_labels(const struct cfg_view *view, struct cfg_buf *out)
{
    struct report list = {out, true, NULL};
    cfg_buf_str(out, CFG_STR(",\"labels\":["));
    for (size_t i = 0; view->tips && i < view->tips->count; i++) {
        const struct cfg_commit *commit;
        struct cfg_str label = short_name(view->tips->items[i].name);
        if (cfg_view_label(view, view->tips->items[i].name, &commit) != CFG_LABEL_HERE)
            continue;
        separate(&list);
        cfg_buf_char(out, '{');
        key(out, "label");
        cfg_json_string(out, label);
        text_member(out, "commit", cfg_str_of(commit->id));
        time_member(out, "committed", commit->wall_ms);
        cfg_buf_char(out, '}');
    }
    cfg_buf_char(out, ']');
}

static void write_hold(const struct cfg_hold *hold, void *ctx)
{
    struct report *list = ctx;
    separate(list);
    cfg_buf_char(list->out, '{');
    key(list->out, "question");
    cfg_json_string(list->out, hold->question);
    text_member(list->out, "tip", cfg_str_of(hold->tip));
    if (hold->commit.snapshot)
        text_member(list->out, "served", cfg_str_of(hold->commit.id));
    text_member(list->out, "reason", hold->reason);
    time_member(list->out, "since", hold->since_wall_ms);
    cfg_buf_char(list->out, '}');
}

static void write_news(const struct cfg_repo_news *news, struct cfg_buf *out)
{
    char line[CFG_ERR_LINE_BYTES];
    time_member(out, "looked", news->looked_ms);
    time_member(out, "fresh", news->fresh_ms);
    time_member(out, "changed", news->changed_ms);
    if (news->err.status == CFG_OK)
        return;
    time_member(out, "failingSince", news->failing_since_ms);
    text_member(out, "error", cfg_str_of(cfg_err_line(&news->err, line, sizeof line)));
}

/* Whom the last change concerned; nothing when there was none since the start. */
static void write_affected(struct cfg_affected *affected, struct cfg_buf *out)
{
    if (affected == NULL)
        return;
    cfg_buf_printf(out, ",\"affected\":{\"files\":%zu", affected->file_count);
    time_member(out, "found", affected->wall_ms);
    cfg_buf_str(out, affected->cut ? CFG_STR(",\"more\":true") : CFG_STR(",\"more\":false"));
    cfg_buf_str(out, CFG_STR(",\"applications\":["));
    for (size_t i = 0; i < affected->pair_count; i++) {
        if (i)
            cfg_buf_char(out, ',');
        cfg_json_string(out, affected->pairs[i].text);
    }
    cfg_buf_str(out, CFG_STR("]}"));
    cfg_affected_unref(affected);
}

static bool write_repo(struct cfg_repo *repo, void *ctx)
{
    struct report *list = ctx;
    struct cfg_buf *out = list->out;
    struct report holds = {out, true, NULL};
    struct cfg_repo_news news;
    struct cfg_view *view = cfg_slot_acquire(&repo->view);
    bool readable = view && view->err.status == CFG_OK;
    cfg_repo_news(repo, &news);
    separate(list);
    cfg_buf_char(out, '{');
    key(out, "name");
    cfg_json_string(out, cfg_store_name(repo->store));
    text_member(out, "kind", cfg_str_of(kind_of(repo)));
    cfg_buf_str(out, readable ? CFG_STR(",\"readable\":true") : CFG_STR(",\"readable\":false"));
    write_news(&news, out);
    if (readable) {
        write_labels(view, out);
        write_skipped(view->tips, out);
    }
    write_affected(cfg_puller_affected(list->puller, repo), out);
    cfg_buf_str(out, CFG_STR(",\"held\":["));
    cfg_holds_each(repo->holds, write_hold, &holds);
    cfg_buf_str(out, CFG_STR("]}"));
    cfg_view_unref(view);
    return out->failed == CFG_OK;
}

enum cfg_status
cfg_service_report(struct cfg_service *service, struct cfg_buf *out, struct cfg_err *err)
{
    struct report list = {out, true, service->puller};
    cfg_buf_str(out, CFG_STR("{\"repositories\":["));
    enum cfg_status status = cfg_registry_each(service->registry, write_repo, &list, err);
    cfg_buf_str(out, CFG_STR("]}"));
    return status == CFG_OK ? cfg_buf_end(out, "the report", err) : status;
}
