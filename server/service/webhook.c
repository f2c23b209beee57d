/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a message's fields and body. Gives: the news in it. Keeps: nothing.
 *
 * Two tables say it all: what each provider's message looks like, and where in a message repositories
 * and refs stand. The latter is asked of every message alike: a provider that borrows another's form
 * (Gitea, Gogs, Gitee and their forks) is understood as well.
 */
#include "server/service/webhook.h"

#include "core/base/map.h"
#include "core/model/node.h"
#include "core/parse/parse.h"

enum { MOST_MEMBERS = 1000 };

/* Where a message has the paths of changed files. */
enum paths {
    COMMITS,  /* commits[].added, removed, modified */
    PATH,     /* path: a text or a list of them */
    EVERYONE, /* nowhere: all applications are meant */
    NOWHERE, /* it tells of a change that the reference names nobody for: a tag, a branch deleted */
};

struct recogniser {
    const char *provider;
    size_t enabled;    /* offset of the switch; ALWAYS: there is none */
    const char *field; /* has the value `value`; NULL: any message */
    const char *value;
    const char *beside; /* a field that is not empty; NULL: none is asked for */
    const char *member; /* of the body: a list, or the text `word`; NULL: none is asked for */
    const char *word;
    enum paths paths;
};

#define SWITCH(name) offsetof(struct cfg_webhook_options, name)
#define ALWAYS       SIZE_MAX

/* In the reference's order. A row that gives no path leaves the message to the rows below. */
static const struct recogniser recognisers[] = {
    {"github", SWITCH(github), "x-github-event", "push", NULL, NULL, NULL, COMMITS},
    {"path", ALWAYS, NULL, NULL, NULL, NULL, NULL, PATH},
    {"gitlab", SWITCH(gitlab), "x-gitlab-event", "Push Hook", NULL, NULL, NULL, COMMITS},
    {"bitbucket", SWITCH(bitbucket), "x-event-key", "repo:push", "x-hook-uuid", "push.changes",
     NULL, EVERYONE},
    {"bitbucket", SWITCH(bitbucket), "x-event-key", "pullrequest:fulfilled", "x-hook-uuid",
     "push.changes", NULL, EVERYONE},
    {"bitbucket", SWITCH(bitbucket), "x-event-key", "repo:refs_changed", "x-request-id", "changes",
     NULL, EVERYONE},
    {"bitbucket", SWITCH(bitbucket), "x-event-key", "pr:merged", "x-request-id", NULL, NULL,
     EVERYONE},
    {"gitea", SWITCH(gitea), "x-gitea-event", "push", NULL, "commits", NULL, EVERYONE},
    {"gitee", SWITCH(gitee), "x-git-oschina-event", "Push Hook", NULL, NULL, NULL, COMMITS},
    {"gogs", SWITCH(gogs), "x-gogs-event", "push", NULL, NULL, NULL, COMMITS},
    {"azure", SWITCH(azure), NULL, NULL, NULL, "eventType", "git.push", EVERYONE},

    {"github", SWITCH(github), "x-github-event", "create", NULL, NULL, NULL, NOWHERE},
    {"github", SWITCH(github), "x-github-event", "delete", NULL, NULL, NULL, NOWHERE},
    {"gitlab", SWITCH(gitlab), "x-gitlab-event", "Tag Push Hook", NULL, NULL, NULL, NOWHERE},
    {"gitlab", SWITCH(gitlab), "x-gitlab-event", "System Hook", NULL, NULL, NULL, NOWHERE},
    {"bitbucket", SWITCH(bitbucket), "x-event-key", "pullrequest:fulfilled", "x-hook-uuid", NULL,
     NULL, NOWHERE},
    {"gitea", SWITCH(gitea), "x-gitea-event", "push", NULL, NULL, NULL, NOWHERE},
    {"gitea", SWITCH(gitea), "x-gitea-event", "create", NULL, NULL, NULL, NOWHERE},
    {"gitea", SWITCH(gitea), "x-gitea-event", "delete", NULL, NULL, NULL, NOWHERE},
    {"gitee", SWITCH(gitee), "x-git-oschina-event", "Tag Push Hook", NULL, NULL, NULL, NOWHERE},
    {"gogs", SWITCH(gogs), "x-gogs-event", "create", NULL, NULL, NULL, NOWHERE},
    {"gogs", SWITCH(gogs), "x-gogs-event", "delete", NULL, NULL, NULL, NOWHERE},
};

/* Where a repository stands, and under which names it has its uris. */
static const char *const repositories[] = {"repository", "project", "resource.repository",
                                           "pullRequest.toRef.repository"};
static const char *const uris[] = {
    "clone_url", "ssh_url", "git_url",  "html_url",  "git_http_url", "git_ssh_url",     "http_url",
    "svn_url",   "web_url", "homepage", "remoteUrl", "sshUrl",       "links.html.href", "url",
};
static const char *const refs[] = {"ref",
                                   "push.changes.0.new.name",
                                   "changes.0.refId",
                                   "changes.0.ref.id",
                                   "resource.refUpdates.0.name",
                                   "pullRequest.toRef.id"};

struct reading {
    const struct cfg_node *body; /* a map */
    struct cfg_arena *arena;
    struct cfg_webhook_news *news;
    struct cfg_map seen; /* names that are in `news` */
    size_t name_cap, place_cap;
    bool failed; /* out of memory */
};

/* ---- nodes ---- */

static const struct cfg_node *child(const struct cfg_node *node, struct cfg_str name)
{
    if (node->kind == CFG_NODE_MAP) /* no service sends larger ones, and each look walks through */
        return node->count <= MOST_MEMBERS ? cfg_node_find(node, name) : NULL;
    return node->kind == CFG_NODE_LIST && cfg_str_eq(name, CFG_STR("0")) ? node->first : NULL;
}

/* What lies at "push.changes.0.new"; NULL: nothing. */
static const struct cfg_node *at(const struct cfg_node *node, const char *path)
{
    struct cfg_str rest = cfg_str_of(path), name;
    while (node && cfg_str_cut(&rest, '.', &name))
        node = child(node, name);
    return node;
}

static struct cfg_str text_of(const struct cfg_node *node)
{
    bool is_text = node && node->kind == CFG_NODE_SCALAR && node->value.kind == CFG_KIND_STRING;
    return is_text ? node->value.text : CFG_STR_NONE;
}

static bool is_list(const struct cfg_node *node)
{
    return node && node->kind == CFG_NODE_LIST;
}

/* ---- names ---- */

/* Adds a name; false: it is there already, and with it all that it could be cut to. */
static bool add_name(struct reading *r, struct cfg_str name)
{
    struct cfg_strs *names = &r->news->names;
    bool full = names->count >= CFG_WEBHOOK_NAMES;
    if (full || cfg_str_eq(name, CFG_STR("application")))
        name = CFG_STR("*");
    if (r->failed || cfg_map_find(&r->seen, name))
        return false;
    if (!cfg_arena_grow(r->arena, &names->items, &r->name_cap, names->count,
                        sizeof *names->items) ||
        !cfg_map_put(&r->seen, name, r)) {
        r->failed = true;
        return false;
    }
    names->items[names->count++] = name;
    return !full;
}

/* "a/foo-bar-dev.yml" → "foo-bar-dev", "foo-bar", "foo". */
static void add_path(struct reading *r, struct cfg_str path)
{
    struct cfg_str name = path;
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] == '/' || path.ptr[i] == '\\')
            name = cfg_str_sub(path, i + 1, path.len);
    name = cfg_str_sub(name, 0, cfg_str_rchr(name, '.'));
    if (name.len > CFG_WEBHOOK_NAME_BYTES)
        return;
    while (add_name(r, name)) {
        size_t hyphen = cfg_str_rchr(name, '-');
        if (hyphen == name.len)
            return;
        name = cfg_str_sub(name, 0, hyphen);
    }
}

static void add_paths(struct reading *r, const struct cfg_node *list)
{
    if (!is_list(list))
        return;
    for (const struct cfg_node *item = list->first; item; item = item->next)
        if (item->kind == CFG_NODE_SCALAR && item->value.kind == CFG_KIND_STRING)
            add_path(r, item->value.text);
}

static void add_commits(struct reading *r)
{
    const struct cfg_node *commits = at(r->body, "commits");
    if (!is_list(commits))
        return;
    for (const struct cfg_node *commit = commits->first; commit; commit = commit->next) {
        add_paths(r, at(commit, "added"));
        add_paths(r, at(commit, "removed"));
        add_paths(r, at(commit, "modified"));
    }
}

/* False: there is no path at all, not even a list without any in it. */
static bool add_path_member(struct reading *r)
{
    const struct cfg_node *path = at(r->body, "path");
    if (path && path->kind == CFG_NODE_SCALAR && path->value.kind == CFG_KIND_STRING) {
        add_path(r, path->value.text);
        return true;
    }
    add_paths(r, path);
    return is_list(path) && path->count > 0;
}

/* ---- whose message it is ---- */

static bool is_on(const struct cfg_webhook_options *options, const struct recogniser *row)
{
    return row->enabled == ALWAYS || *(const bool *)((const char *)options + row->enabled);
}

static bool fits(const struct reading *r, const struct cfg_hook *hook, const struct recogniser *row)
{
    if (row->field && !cfg_str_eq(hook->find(row->field, hook->ctx), cfg_str_of(row->value)))
        return false;
    if (row->beside && hook->find(row->beside, hook->ctx).len == 0)
        return false;
    if (row->member == NULL)
        return true;
    const struct cfg_node *member = at(r->body, row->member);
    return row->word ? cfg_str_eq(text_of(member), cfg_str_of(row->word)) : is_list(member);
}

/* False: the row, which fits, has nothing to say. */
static bool take_names(struct reading *r, enum paths paths)
{
    switch (paths) {
    case COMMITS:
        add_commits(r);
        return true;
    case PATH:
        return add_path_member(r);
    case EVERYONE:
        add_path(r, CFG_STR("application.yml"));
        return true;
    case NOWHERE:
        break;
    }
    return true;
}

static void
recognise(struct reading *r, const struct cfg_webhook_options *options, const struct cfg_hook *hook)
{
    for (size_t i = 0; i < CFG_COUNT(recognisers) && r->news->names.count == 0; i++) {
        const struct recogniser *row = &recognisers[i];
        if (!is_on(options, row) || !fits(r, hook, row) || !take_names(r, row->paths))
            continue;
        if (r->news->provider == NULL)
            r->news->provider = row->provider;
    }
}

/* ---- which repository ---- */

/* Behind "user@" of an authority, which ends at the first of `ends`. */
static struct cfg_str without_user(struct cfg_str text, const char *ends)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len && strchr(ends, text.ptr[i]) == NULL; i++)
        if (text.ptr[i] == '@')
            from = i + 1;
    return cfg_str_sub(text, from, text.len);
}

static struct cfg_str without_tail(struct cfg_str text)
{
    while (cfg_str_ends(text, CFG_STR("/")))
        text.len--;
    if (text.len > 4 && cfg_str_eq_nocase(cfg_str_sub(text, text.len - 4, 4), CFG_STR(".git")))
        text.len -= 4;
    while (cfg_str_ends(text, CFG_STR("/")))
        text.len--;
    return text;
}

/* The colon behind the host; `text.len`: there is none. */
static size_t colon_of(struct cfg_str text)
{
    bool in_brackets = text.len && text.ptr[0] == '['; /* "[::1]:80/a" */
    for (size_t i = 0; i < text.len && text.ptr[i] != '/'; i++) {
        if (text.ptr[i] == ':' && !in_brackets)
            return i;
        if (text.ptr[i] == ']')
            in_brackets = false;
    }
    return text.len;
}

/* How many characters from `text.ptr[from]` on are a port, its colon counted. */
static size_t port_bytes(struct cfg_str text, size_t from)
{
    size_t end = from + 1;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end == text.len || text.ptr[end] == '/' ? end - from : 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool cfg_webhook_place(struct cfg_str uri, struct cfg_arena *arena, struct cfg_str *out)
{
    size_t head = cfg_str_find(uri, CFG_STR("://"));
    bool has_scheme = head < cfg_str_chr(uri, '/');
    struct cfg_str text = has_scheme ? cfg_str_sub(uri, head + 3, uri.len) : uri;
    bool is_file = cfg_str_starts(uri, CFG_STR("file:"));
    if (is_file && !has_scheme)
        text = cfg_str_sub(uri, 5, uri.len);
    text = without_tail(without_user(text, has_scheme ? "/" : "/:"));
    size_t colon = is_file ? text.len : colon_of(text);
    /* of "host:22/path" the port goes; of "host:path" the colon becomes the slash that it means */
    size_t gap = colon < text.len && has_scheme ? port_bytes(text, colon) : 0;
    char *place = cfg_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (place == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i >= colon && i < colon + gap)
            continue;
        char c = i == colon ? '/' : lower(text.ptr[i]);
        if (c != '/' || len == 0 || place[len - 1] != '/')
            place[len++] = c;
    }
    *out = cfg_str_make(place, len);
    return true;
}

static void add_place(struct reading *r, struct cfg_str uri)
{
    struct cfg_strs *places = &r->news->places;
    struct cfg_str place;
    if (uri.len == 0 || places->count >= CFG_WEBHOOK_PLACES || r->failed)
        return;
    r->failed = !cfg_webhook_place(uri, r->arena, &place) ||
                !cfg_arena_grow(r->arena, &places->items, &r->place_cap, places->count,
                                sizeof *places->items);
    if (!r->failed && place.len)
        places->items[places->count++] = place;
}

static void take_places(struct reading *r)
{
    for (size_t i = 0; i < CFG_COUNT(repositories); i++) {
        const struct cfg_node *repository = at(r->body, repositories[i]);
        if (repository == NULL)
            continue;
        for (size_t k = 0; k < CFG_COUNT(uris); k++)
            add_place(r, text_of(at(repository, uris[k])));
        const struct cfg_node *links = at(repository, "links.clone");
        for (const struct cfg_node *link = is_list(links) ? links->first : NULL; link;
             link = link->next)
            add_place(r, text_of(at(link, "href")));
    }
    for (size_t i = 0; i < CFG_COUNT(refs) && r->news->ref.len == 0; i++)
        r->news->ref = text_of(at(r->body, refs[i]));
}

/* ---- the body ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

static enum cfg_status
decode(struct cfg_arena *arena, struct cfg_str raw, struct cfg_str *out, struct cfg_err *err)
{
    char *bytes = cfg_arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    if (bytes == NULL)
        return cfg_arena_fail(arena, err);
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_value(raw.ptr[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_value(raw.ptr[i + 2]);
            if (low < 0)
                return cfg_err_set(err, CFG_INVALID, "the form has a broken escape");
            c = (char)(high << 4 | low);
            i += 2;
        }
        bytes[len++] = raw.ptr[i] == '+' ? ' ' : c;
    }
    *out = cfg_str_make(bytes, len);
    return CFG_OK;
}

static enum cfg_status
add_text(struct cfg_arena *arena, struct cfg_node *list, struct cfg_str text, struct cfg_err *err)
{
    struct cfg_node *node = cfg_node_new(arena, CFG_NODE_SCALAR);
    if (node == NULL)
        return cfg_arena_fail(arena, err);
    node->value = (struct cfg_value){CFG_KIND_STRING, text};
    cfg_node_append(list, node);
    return CFG_OK;
}

/* The fields of a form that are understood: "path" into the list, "payload". */
static enum cfg_status read_fields(struct cfg_arena *arena,
                                   struct cfg_str form,
                                   struct cfg_node *paths,
                                   struct cfg_str *payload,
                                   struct cfg_err *err)
{
    struct cfg_str field, value;
    enum cfg_status status = CFG_OK;
    while (status == CFG_OK && cfg_str_cut(&form, '&', &field)) {
        size_t equals = cfg_str_chr(field, '=');
        struct cfg_str key = cfg_str_sub(field, 0, equals);
        bool is_path = cfg_str_eq(key, CFG_STR("path"));
        if (!is_path && !cfg_str_eq(key, CFG_STR("payload")))
            continue;
        status = decode(arena, cfg_str_sub(field, equals + 1, field.len), &value, err);
        if (status == CFG_OK && is_path)
            status = add_text(arena, paths, value, err);
        else if (status == CFG_OK)
            *payload = value;
    }
    return status;
}

/* One path alone may be several with commas, as Spring binds lists. */
static enum cfg_status split_path(struct cfg_arena *arena,
                                  const struct cfg_node *one,
                                  struct cfg_node *out,
                                  struct cfg_err *err)
{
    struct cfg_str rest = one->value.text, piece;
    enum cfg_status status = CFG_OK;
    while (one->value.text.len && status == CFG_OK && cfg_str_cut(&rest, ',', &piece))
        status = add_text(arena, out, cfg_str_trim(piece), err);
    return status;
}

static enum cfg_status read_json(struct cfg_str text,
                                 struct cfg_arena *arena,
                                 const struct cfg_node **out,
                                 struct cfg_err *err)
{
    struct cfg_docs docs;
    size_t marks = 0;
    /* cheaper than the tree that it would make: nobody has to be let in to send this */
    for (size_t i = 0; i < text.len; i++)
        marks += text.ptr[i] == ',' || text.ptr[i] == '[' || text.ptr[i] == '{';
    if (marks > CFG_WEBHOOK_MARKS)
        return cfg_err_set(err, CFG_TOO_LARGE, "the message has over %d parts", CFG_WEBHOOK_MARKS);
    enum cfg_status status = cfg_parse_json(text, arena, &docs, err);
    if (status == CFG_CORRUPT)
        return err->status = CFG_INVALID; /* the asker's mistake, not a file's */
    if (status != CFG_OK)
        return status;
    *out = docs.count ? docs.roots[0] : NULL;
    if (*out == NULL || (*out)->kind != CFG_NODE_MAP)
        return cfg_err_set(err, CFG_INVALID, "the message is no JSON object");
    return CFG_OK;
}

/* A form with paths becomes what the same message is in JSON. */
static enum cfg_status read_form(const struct cfg_hook *hook,
                                 struct cfg_arena *arena,
                                 const struct cfg_node **out,
                                 struct cfg_err *err)
{
    struct cfg_node *body = cfg_node_new(arena, CFG_NODE_MAP);
    struct cfg_node *given = cfg_node_new(arena, CFG_NODE_LIST);
    struct cfg_node *paths = cfg_node_new(arena, CFG_NODE_LIST);
    struct cfg_str payload = CFG_STR_NONE;
    if (body == NULL || given == NULL || paths == NULL)
        return cfg_arena_fail(arena, err);
    enum cfg_status status = read_fields(arena, hook->query, given, &payload, err);
    if (status == CFG_OK)
        status = read_fields(arena, hook->body, given, &payload, err);
    if (status != CFG_OK)
        return status;
    if (given->count == 0 && payload.len)
        return read_json(payload, arena, out, err);
    if (given->count == 0)
        return cfg_err_set(err, CFG_INVALID, "the form has neither path nor payload");
    if (given->count == 1)
        status = split_path(arena, given->first, paths, err);
    else
        paths = given;
    paths->key = CFG_STR("path");
    cfg_node_append(body, paths);
    *out = body;
    return status;
}

enum cfg_status cfg_webhook_read(const struct cfg_webhook_options *options,
                                 const struct cfg_hook *hook,
                                 struct cfg_arena *arena,
                                 struct cfg_webhook_news *out,
                                 struct cfg_err *err)
{
    struct reading r = {.arena = arena, .news = out};
    *out = (struct cfg_webhook_news){.provider = NULL};
    enum cfg_status status = hook->is_form ? read_form(hook, arena, &r.body, err)
                                           : read_json(hook->body, arena, &r.body, err);
    if (status != CFG_OK)
        return status;
    cfg_map_init(&r.seen);
    recognise(&r, options, hook);
    cfg_map_release(&r.seen);
    if (out->provider)
        take_places(&r);
    return r.failed ? cfg_err_set(err, CFG_NO_MEMORY, "out of memory") : CFG_OK;
}
