/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the values that each thing was given.
 * Gives: the options of each room, typed, checked and complete.
 * Keeps: going after an error, so that all are told at once.
 */
#include "server/app/settings_parts.h"

struct builder {
    struct cfg_loader *loader;
    struct cfg_arena *arena;
    struct cfg_notes *notes;
    struct cfg_settings *settings;
    struct cfg_err *err; /* of memory only: what is wrong with settings goes to the notes */
    bool failed;
};

/* The name of a row as its thing's operator would write it. */
static void row_name(const struct cfg_thing *thing, const struct cfg_row *row, struct cfg_buf *out)
{
    if (thing->parent != NULL && thing->parent->kind == CFG_THING_COMPOSITE)
        cfg_buf_printf(out, "composite[%zu].repos.%.*s.", thing->parent->index,
                       CFG_STR_ARG(thing->name));
    else if (thing->kind == CFG_THING_REPO)
        cfg_buf_printf(out, "git.repos.%.*s.", CFG_STR_ARG(thing->name));
    else if (thing->kind == CFG_THING_COMPOSITE)
        cfg_buf_printf(out, "composite[%zu].", thing->index);
    else if (thing->kind != CFG_THING_ROOT)
        cfg_buf_printf(out, "%s.", thing->kind == CFG_THING_GIT ? "git" : "native");
    cfg_buf_str(out, cfg_str_of(row->key));
}

/* One error about a row: "place: git.uri: why"; without a place when nobody said anything. */
static void complain(struct builder *b,
                     const struct cfg_thing *thing,
                     const struct cfg_row *row,
                     const char *why)
{
    const struct cfg_given_value *value = cfg_thing_value(thing, row);
    struct cfg_buf name;

    cfg_buf_init(&name, 1024);
    row_name(thing, row, &name);
    cfg_note(b->notes, CFG_NOTE_ERROR, value != NULL ? &value->place : NULL, "%.*s: %s",
             CFG_STR_ARG(cfg_buf_view(&name)), why);
    cfg_buf_release(&name);
}

/* The same with the value in front of the reason; never for secrets. */
static void complain_value(struct builder *b,
                           const struct cfg_thing *thing,
                           const struct cfg_row *row,
                           struct cfg_str text,
                           const char *joint,
                           const char *why)
{
    struct cfg_buf line;

    cfg_buf_init(&line, 1024);
    cfg_buf_char(&line, '"');
    cfg_settings_mask(cfg_str_sub(text, 0, 200), &line);
    cfg_buf_printf(&line, "\"%s%s", joint, why);
    complain(b, thing, row, line.ptr != NULL ? line.ptr : why);
    cfg_buf_release(&line);
}

static const struct cfg_row *find_row(unsigned scope, const char *key)
{
    for (size_t i = 0; i < cfg_row_count; i++)
        if ((cfg_rows[i].scope & scope) != 0 && strcmp(cfg_rows[i].key, key) == 0)
            return &cfg_rows[i];
    CFG_ASSERT(key == NULL); /* a name of ours that is not in the table */
    return NULL;
}

static bool is_given(const struct cfg_thing *thing, const char *key)
{
    const struct cfg_given_value *value = cfg_thing_value(thing, find_row(thing->scopes, key));

    return value != NULL && (value->text.len > 0 || value->items.count > 0);
}

/* Applying rows. */

static bool has_control(struct cfg_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    return false;
}

/* The text with its placeholders resolved. False: refused, and said. */
static bool resolve(struct builder *b,
                    const struct cfg_thing *thing,
                    const struct cfg_given_value *value,
                    struct cfg_str *text)
{
    struct cfg_err cause = CFG_ERR_INIT;
    struct cfg_str open;
    enum cfg_status status = cfg_loader_resolve(b->loader, *text, text, &open, &cause);
    char why[256];

    if (status == CFG_NO_MEMORY) {
        cfg_err_set(b->err, status, "%s", cause.message);
        b->failed = true;
        return false;
    }
    if (status != CFG_OK) {
        /* The cause may quote the value. */
        complain(b, thing, value->row,
                 value->row->type == CFG_TYPE_SECRET ? "its placeholders cannot be resolved"
                                                     : cause.message);
        return false;
    }
    if (open.len > 0) {
        snprintf(why, sizeof(why), "the placeholder ${%.*s} has no value",
                 CFG_STR_ARG(cfg_str_sub(open, 0, 100)));
        complain(b, thing, value->row,
                 value->row->type == CFG_TYPE_SECRET ? "a placeholder in it has no value" : why);
        return false;
    }
    return true;
}

static void apply_text(struct builder *b,
                       const struct cfg_thing *thing,
                       const struct cfg_row *row,
                       struct cfg_str text,
                       void *base)
{
    bool secret = row->type == CFG_TYPE_SECRET;
    char why[200];

    if (!secret && has_control(text))
        complain(b, thing, row, "it has a control character");
    else if (!cfg_value_set(row, secret ? text : cfg_str_trim(text), base, why, sizeof(why)))
        complain_value(b, thing, row, text, " ", why);
}

static void apply_list(struct builder *b,
                       const struct cfg_thing *thing,
                       const struct cfg_row *row,
                       struct cfg_given_value *value,
                       struct cfg_strs *out)
{
    struct cfg_strs items = {NULL, 0};
    struct cfg_str text = value != NULL ? value->text : cfg_str_of(row->fallback);
    size_t cap = 0;

    if (value != NULL && value->items.count == 0 && !resolve(b, thing, value, &text))
        return;
    if ((value == NULL || value->items.count == 0) && !cfg_value_split(b->arena, text, &items))
        b->failed = true;
    for (size_t i = 0; value != NULL && i < value->items.count && !b->failed; i++) {
        struct cfg_str item = value->items.items[i];

        if (!resolve(b, thing, value, &item))
            return;
        item = cfg_str_trim(item);
        if (item.len == 0)
            continue;
        if (!cfg_arena_grow(b->arena, &items.items, &cap, items.count, sizeof(*items.items)))
            b->failed = true;
        else
            items.items[items.count++] = item;
    }
    for (size_t i = 0; i < items.count; i++) {
        if (has_control(items.items[i])) {
            complain(b, thing, row, "it has a control character");
            return;
        }
    }
    if (value != NULL)
        value->items = items; /* as they count; for printing */
    *out = items;
}

/* The table's sentence as the end of a line: without its marks and its dot. */
static void put_sentence(struct cfg_buf *out, const char *sentence)
{
    for (; *sentence != '\0'; sentence++)
        if (*sentence != '`' && (*sentence != '.' || sentence[1] != '\0'))
            cfg_buf_char(out, *sentence);
}

/* What is accepted without effect, when it asks for something that is not there; what is refused. */
static void
note_idle(struct builder *b, const struct cfg_thing *thing, const struct cfg_given_value *value)
{
    const struct cfg_row *row = value->row;
    bool refused = row->effect == CFG_EFFECT_REFUSED;
    struct cfg_buf line;

    if (!refused && row->type != CFG_TYPE_TREE &&
        cfg_str_eq_nocase(value->text, cfg_str_of(row->fallback)))
        return;
    cfg_buf_init(&line, 2048);
    row_name(thing, row, &line);
    cfg_buf_str(&line, refused ? CFG_STR(" is refused: ") : CFG_STR(" has no effect: "));
    put_sentence(&line, row->sentence);
    cfg_note(b->notes, refused ? CFG_NOTE_ERROR : CFG_NOTE_WARNING, &value->place, "%.*s",
             CFG_STR_ARG(cfg_buf_view(&line)));
    cfg_buf_release(&line);
}

static void
apply_row(struct builder *b, struct cfg_thing *thing, const struct cfg_row *row, void *base)
{
    struct cfg_given_value *value = thing->values;
    struct cfg_str text = cfg_str_of(row->fallback);

    while (value != NULL && value->row != row)
        value = value->next;
    if (row->effect == CFG_EFFECT_NONE || row->effect == CFG_EFFECT_REFUSED) {
        if (value != NULL)
            note_idle(b, thing, value);
        return;
    }
    if (row->type == CFG_TYPE_MAP)
        return; /* settings_overrides.c */
    if (row->type == CFG_TYPE_LIST) {
        apply_list(b, thing, row, value, (struct cfg_strs *)((char *)base + row->offset));
        return;
    }
    if (value != NULL && value->text.len > 0) {
        if (!resolve(b, thing, value, &value->text))
            return;
        text = value->text;
    }
    if (text.len > 0 || row->type == CFG_TYPE_TEXT || row->type == CFG_TYPE_SECRET)
        apply_text(b, thing, row, text, base);
}

static void apply_rows(struct builder *b, struct cfg_thing *thing, void *base)
{
    for (size_t i = 0; i < cfg_row_count && !b->failed; i++)
        if ((cfg_rows[i].scope & thing->scopes) != 0)
            apply_row(b, thing, &cfg_rows[i], base);
}

/* Paths. */

static struct cfg_str absolute(struct builder *b, struct cfg_str path)
{
    struct cfg_str out = path;

    if (path.len > 0 && path.ptr[0] == '/')
        return path;
    if (cfg_str_starts(path, CFG_STR("./")))
        path = cfg_str_sub(path, 2, path.len);
    if (path.len > 0 && !cfg_str_eq(path, CFG_STR(".")) &&
        !cfg_arena_printf(b->arena, &out, "%s/%.*s", b->loader->input->directory,
                          CFG_STR_ARG(path)))
        b->failed = true;
    else if ((path.len == 0 || cfg_str_eq(path, CFG_STR("."))) &&
             !cfg_arena_printf(b->arena, &out, "%s", b->loader->input->directory))
        b->failed = true;
    return out;
}

/* "file:./x", "file:///x/", "/x" → "file:/abs/x/". */
static struct cfg_str location_of(struct builder *b, struct cfg_str text)
{
    struct cfg_str path = text, out = text;

    if (cfg_str_starts(path, CFG_STR("file:")))
        path = cfg_str_sub(path, 5, path.len);
    if (cfg_str_starts(path, CFG_STR("///")))
        path = cfg_str_sub(path, 2, path.len);
    path = absolute(b, path);
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    if (!cfg_arena_printf(b->arena, &out, "file:%.*s%s", CFG_STR_ARG(path),
                          path.len > 1 ? "/" : ""))
        b->failed = true;
    return out;
}

/* Back ends. */

struct ranked {
    struct cfg_backend_options options;
    int order;
    unsigned tie; /* of equal orders the smaller is the stronger */
};

static void
check_host_key(struct builder *b, const struct cfg_thing *thing, const struct cfg_git_options *git)
{
    static const char *const known[] = {"ssh-dss",
                                        "ssh-rsa",
                                        "ssh-ed25519",
                                        "ecdsa-sha2-nistp256",
                                        "ecdsa-sha2-nistp384",
                                        "ecdsa-sha2-nistp521"};
    const struct cfg_row *row = find_row(CFG_SCOPE_GIT, "host-key-algorithm");

    if (git->host_key.len > 0 && git->host_key_algorithm.len == 0)
        complain(b, thing, row, "it is missing beside host-key");
    if (git->host_key_algorithm.len == 0)
        return;
    if (git->host_key.len == 0)
        complain(b, thing, row, "host-key is missing beside it");
    for (size_t i = 0; i < CFG_COUNT(known); i++)
        if (cfg_str_eq(git->host_key_algorithm, cfg_str_of(known[i])))
            return;
    complain(
        b, thing, row,
        "it is none of ssh-rsa, ssh-dss, ssh-ed25519, ecdsa-sha2-nistp256, -nistp384, -nistp521");
}

static void
check_uri(struct builder *b, const struct cfg_thing *thing, const struct cfg_git_options *git)
{
    const struct cfg_row *row = find_row(CFG_SCOPE_GIT, "uri");
    const char *why = git->uri.len > 0 ? cfg_uri_refusal(git->uri) : NULL;

    if (!is_given(thing, "uri"))
        why = thing->kind == CFG_THING_GIT ? "it is missing: name a repository, or "
                                             "spring.profiles.active=native for plain folders"
                                           : "it is missing";
    if (why != NULL)
        complain(b, thing, row, why);
}

/* What a pattern repository takes from its parent where it says nothing itself. */
static void inherit(const struct cfg_thing *thing,
                    struct cfg_git_options *git,
                    const struct cfg_git_options *parent)
{
    if (!is_given(thing, "username") && !is_given(thing, "password")) {
        git->username = parent->username;
        git->password = parent->password;
    }
    if (!is_given(thing, "passphrase"))
        git->passphrase = parent->passphrase;
    if (!is_given(thing, "timeout"))
        git->timeout_s = parent->timeout_s;
    if (git->refresh_rate_s == 0)
        git->refresh_rate_s = parent->refresh_rate_s;
    if (parent->skip_ssl_validation)
        git->skip_ssl_validation = true;
    if (git->basedir.len == 0)
        git->basedir = parent->basedir;
}

static void build_git(struct builder *b, struct cfg_thing *thing, struct cfg_git_target *target)
{
    struct cfg_git_options *git = &target->options;

    *target = (struct cfg_git_target){.order = 0};
    apply_rows(b, thing, target);
    if (git->timeout_s == 0)
        git->timeout_s = 5;
    if (git->basedir.len > 0)
        git->basedir = absolute(b, git->basedir);
    if (git->known_hosts_file.len > 0)
        git->known_hosts_file = absolute(b, git->known_hosts_file);
    check_uri(b, thing, git);
    check_host_key(b, thing, git);
}

static struct cfg_thing *next_repo(struct cfg_thing *things, const struct cfg_thing *parent)
{
    while (things != NULL && things->parent != parent)
        things = things->next;
    return things;
}

/* The file's order first, then what only the environment or the command line name. */
static bool thing_before(const struct cfg_thing *a, const struct cfg_thing *b)
{
    return a->place.said != b->place.said ? a->place.said > b->place.said
                                          : a->sequence < b->sequence;
}

static void
build_repos(struct builder *b, const struct cfg_thing *parent, struct cfg_git_options *git)
{
    struct cfg_thing *first = b->loader->given->things, *thing;
    size_t count = 0;

    for (thing = next_repo(first, parent); thing != NULL; thing = next_repo(thing->next, parent))
        count++;
    git->repos = count > 0 ? cfg_arena_zalloc(b->arena, count, sizeof(*git->repos)) : NULL;
    b->failed |= count > 0 && git->repos == NULL;
    for (thing = next_repo(first, parent); thing != NULL && !b->failed;
         thing = next_repo(thing->next, parent)) {
        const struct cfg_thing *other;
        struct cfg_git_target target;
        size_t at = 0;

        for (other = next_repo(first, parent); other != NULL;
             other = next_repo(other->next, parent))
            at += thing_before(other, thing);
        build_git(b, thing, &target);
        inherit(thing, &target.options, git);
        if (target.options.name.len == 0)
            target.options.name = thing->name;
        if (target.options.patterns.count == 0 &&
            !cfg_value_split(b->arena, thing->name, &target.options.patterns))
            b->failed = true;
        git->repos[at] = target.options;
    }
    git->repo_count = count;
}

static void
build_native(struct builder *b, struct cfg_thing *thing, struct cfg_native_target *target)
{
    const struct cfg_row *row = find_row(CFG_SCOPE_NATIVE, "search-locations");
    struct cfg_strs *locations = &target->options.search_locations;
    struct cfg_strs kept = {NULL, 0};

    *target = (struct cfg_native_target){.order = 0};
    apply_rows(b, thing, target);
    kept.items = cfg_arena_zalloc(b->arena, locations->count + 1, sizeof(*kept.items));
    b->failed |= kept.items == NULL;
    for (size_t i = 0; i < locations->count && !b->failed; i++) {
        struct cfg_str location = locations->items[i];
        const char *why = cfg_uri_refusal(location);

        if (why == NULL && cfg_str_find(location, CFG_STR("://")) < location.len &&
            !cfg_str_starts(location, CFG_STR("file:")))
            why = "only folders are read: file:/path";
        if (why != NULL)
            complain_value(b, thing, row, location, ": ", why);
        else if (cfg_str_ends(location, CFG_STR(".yml")) ||
                 cfg_str_ends(location, CFG_STR(".yaml")) ||
                 cfg_str_ends(location, CFG_STR(".properties")))
            cfg_note(b->notes, CFG_NOTE_WARNING, NULL,
                     "%.*s is left out of the search locations: only folders are read",
                     CFG_STR_ARG(location));
        else
            kept.items[kept.count++] = location_of(b, location);
    }
    *locations = kept;
}

static void build_backend(struct builder *b, struct cfg_thing *thing, struct ranked *out)
{
    *out = (struct ranked){.order = 0};
    if ((thing->scopes & CFG_SCOPE_GIT) != 0) {
        struct cfg_git_target target;

        build_git(b, thing, &target);
        build_repos(b, thing, &target.options);
        out->options = (struct cfg_backend_options){.kind = CFG_BACKEND_GIT, .git = target.options};
        out->order = target.order;
    } else {
        struct cfg_native_target target;

        build_native(b, thing, &target);
        out->options =
            (struct cfg_backend_options){.kind = CFG_BACKEND_NATIVE, .native = target.options};
        out->order = target.order;
    }
}

/* Profiles of the reference's other back ends. */
static bool is_foreign_profile(struct cfg_str profile)
{
    static const char *const names[] = {
        "vault",         "jdbc",           "redis",   "subversion", "awss3", "awssecretsmanager",
        "awsparamstore", "secret-manager", "credhub", "mongodb"};

    for (size_t i = 0; i < CFG_COUNT(names); i++)
        if (cfg_str_eq(profile, cfg_str_of(names[i])))
            return true;
    return false;
}

static bool has_profile(const struct cfg_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->profiles.count; i++)
        if (cfg_str_eq(settings->profiles.items[i], cfg_str_of(name)))
            return true;
    return false;
}

static struct cfg_thing *next_composite(struct cfg_thing *things)
{
    while (things != NULL && things->kind != CFG_THING_COMPOSITE)
        things = things->next;
    return things;
}

/* The things that serve, strongest first before their order counts: composite[0…], native, git. */
static size_t collect(struct builder *b, struct cfg_thing **out, size_t max)
{
    struct cfg_settings_given *given = b->loader->given;
    size_t count = 0, from;

    if (has_profile(b->settings, "composite")) {
        for (struct cfg_thing *t = next_composite(given->things); t != NULL;
             t = next_composite(t->next)) {
            if (t->scopes == 0 && t->type_place.name.len == 0)
                cfg_note(b->notes, CFG_NOTE_ERROR, &t->place, "composite[%zu].type is missing",
                         t->index);
            if (t->scopes == 0 || count == max)
                continue;
            for (from = count++; from > 0 && out[from - 1]->index > t->index; from--)
                out[from] = out[from - 1];
            out[from] = t;
        }
        if (count == 0 && b->notes->error_count == 0)
            cfg_note(b->notes, CFG_NOTE_ERROR, NULL,
                     "composite is active, but there is no composite[0].type");
    }
    /* The reference puts plain folders in front of git whichever is named first. */
    if (has_profile(b->settings, "native"))
        out[count++] = &given->native;
    if (has_profile(b->settings, "git") || (count == 0 && !has_profile(b->settings, "composite")))
        out[count++] = &given->git;
    return count;
}

static void note_unused(struct builder *b)
{
    struct cfg_settings_given *given = b->loader->given;
    const struct cfg_thing *composite = next_composite(given->things);

    if (given->native.values != NULL && !has_profile(b->settings, "native"))
        cfg_note(b->notes, CFG_NOTE_WARNING, &given->native.values->place,
                 "native has no effect: spring.profiles.active does not name it");
    if (composite != NULL && !has_profile(b->settings, "composite"))
        cfg_note(b->notes, CFG_NOTE_WARNING, &composite->place,
                 "composite has no effect: spring.profiles.active does not name it");
}

static bool ranked_before(const struct ranked *a, const struct ranked *b)
{
    return a->order != b->order ? a->order < b->order : a->tie < b->tie;
}

static void build_backends(struct builder *b)
{
    enum { MAX = 100 };
    struct cfg_service_options *service = &b->settings->service;
    struct cfg_thing *things[MAX + 2];
    struct ranked ranked[MAX + 2], one;
    size_t count, at;

    for (size_t i = 0; i < b->settings->profiles.count; i++)
        if (is_foreign_profile(b->settings->profiles.items[i]))
            cfg_note(b->notes, CFG_NOTE_ERROR, NULL,
                     "spring.profiles.active: the back end %.*s is not supported: git, native and "
                     "composite are",
                     CFG_STR_ARG(b->settings->profiles.items[i]));
    note_unused(b);
    count = collect(b, things, MAX);
    for (size_t i = 0; i < count && !b->failed; i++) {
        build_backend(b, things[i], &one);
        one.tie = (unsigned)i;
        if (things[i]->kind == CFG_THING_COMPOSITE)
            one.order = 0; /* its place in the list is its order */
        for (at = i; at > 0 && ranked_before(&one, &ranked[at - 1]); at--)
            ranked[at] = ranked[at - 1];
        ranked[at] = one;
    }
    service->backends = cfg_arena_zalloc(b->arena, count + 1, sizeof(*service->backends));
    b->failed |= service->backends == NULL;
    for (size_t i = 0; i < count && !b->failed; i++)
        service->backends[i] = ranked[i].options;
    service->backend_count = count;
}

/* The rest. */

static bool is_in_place(struct cfg_str uri)
{
    return cfg_str_starts(uri, CFG_STR("file:"));
}

static void find_state(struct builder *b)
{
    const struct cfg_service_options *service = &b->settings->service;

    for (size_t i = 0; i < service->backend_count; i++) {
        const struct cfg_git_options *git = &service->backends[i].git;

        if (service->backends[i].kind != CFG_BACKEND_GIT)
            continue;
        if (b->settings->basedir.len == 0)
            b->settings->basedir = git->basedir;
        b->settings->needs_state |= !is_in_place(git->uri) && git->basedir.len == 0;
        for (size_t j = 0; j < git->repo_count; j++)
            b->settings->needs_state |=
                !is_in_place(git->repos[j].uri) && git->repos[j].basedir.len == 0;
    }
}

/* "/config/" → "/config", "config" → "/config", "/" → "". */
static void tidy_prefix(struct builder *b)
{
    struct cfg_str *prefix = &b->settings->prefix;

    while (prefix->len > 0 && prefix->ptr[prefix->len - 1] == '/')
        prefix->len--;
    if (prefix->len > 0 && prefix->ptr[0] != '/' &&
        !cfg_arena_printf(b->arena, prefix, "/%.*s", CFG_STR_ARG(*prefix)))
        b->failed = true;
    for (size_t i = 0; i < prefix->len; i++) {
        if (strchr("?#%{}*\\ ", prefix->ptr[i]) != NULL) {
            complain(b, &b->loader->given->root,
                     find_row(CFG_SCOPE_ROOT, CFG_SERVER_PREFIX ".prefix"),
                     "it is no plain path such as /config");
            return;
        }
    }
}

static void note_encryption(struct builder *b)
{
    const struct cfg_settings *settings = b->settings;

    if (settings->service.encrypt_enabled &&
        (settings->encrypt.key.len > 0 || settings->encrypt.store_location.len > 0))
        cfg_note(b->notes, CFG_NOTE_WARNING, NULL,
                 "a key is set, but this version cannot decrypt yet: {cipher} values are served as "
                 "invalid");
}

enum cfg_status
cfg_settings_build(struct cfg_loader *loader, struct cfg_settings *settings, struct cfg_err *err)
{
    struct cfg_settings_given *given = loader->given;
    struct builder b = {loader, &given->arena, loader->notes, settings, err, false};

    apply_rows(&b, &given->root, settings);
    tidy_prefix(&b);
    build_backends(&b);
    b.failed |=
        !b.failed && cfg_overrides_build(loader, &settings->service.overrides, err) != CFG_OK;
    if (b.failed)
        return cfg_arena_fail(b.arena, err);
    find_state(&b);
    note_encryption(&b);
    return CFG_OK;
}
