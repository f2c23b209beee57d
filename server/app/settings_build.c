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

static const char ssh_way_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-,.";

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
check_ssh(struct builder *b, const struct cfg_thing *thing, const struct cfg_git_options *git)
{
    const struct cfg_row *strict = find_row(CFG_SCOPE_GIT, "strict-host-key-checking");
    const struct cfg_given_value *lax = cfg_thing_value(thing, strict);
    struct cfg_str ways = git->preferred_authentications;
    struct cfg_buf name;

    if (git->private_key.len > 0 && git->private_key_file.len > 0)
        complain(b, thing, find_row(CFG_SCOPE_GIT, "private-key-file"),
                 "private-key is given beside it");
    for (size_t i = 0; i < ways.len; i++)
        if (ways.ptr[i] == '\0' || strchr(ssh_way_characters, ways.ptr[i]) == NULL) {
            complain(b, thing, find_row(CFG_SCOPE_GIT, "preferred-authentications"),
                     "it is no list such as publickey,password");
            break;
        }
    if (git->strict_host_key_checking)
        return;
    cfg_buf_init(&name, 1024);
    row_name(thing, strict, &name);
    cfg_note(b->notes, CFG_NOTE_WARNING, lax != NULL ? &lax->place : NULL,
             "%.*s is off: any SSH host that is not known yet is trusted, whoever it is",
             CFG_STR_ARG(cfg_buf_view(&name)));
    cfg_buf_release(&name);
}

/* A secret comes from one place. */
static void check_credentials(struct builder *b,
                              const struct cfg_thing *thing,
                              const struct cfg_git_options *git)
{
    if (git->username.len > 0 && git->username_file.len > 0)
        complain(b, thing, find_row(CFG_SCOPE_GIT, "username-file"), "username is given beside it");
    if (git->password.len > 0 && git->password_file.len > 0)
        complain(b, thing, find_row(CFG_SCOPE_GIT, "password-file"), "password is given beside it");
    if (git->client_key.len > 0 && git->client_cert.len == 0)
        complain(b, thing, find_row(CFG_SCOPE_GIT, "client-key"),
                 "client-cert is missing beside it");
}

/* "proxy.example.org", "10.0.0.1", "::1"; neither a uri nor a host with its port. */
static bool is_host(struct cfg_str text)
{
    size_t colon = cfg_str_chr(text, ':');
    bool address = colon < text.len && cfg_str_rchr(text, ':') != colon;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || strchr("/?#@%\\\"'{}", text.ptr[i]) != NULL)
            return false;
    return text.len <= 255 && (colon == text.len || address);
}

static void check_proxy(struct builder *b,
                        const struct cfg_thing *thing,
                        const struct cfg_git_proxy *proxy,
                        const char *host_key,
                        const char *port_key)
{
    if (proxy->host.len > 0 && !is_host(proxy->host))
        complain(b, thing, find_row(CFG_SCOPE_GIT, host_key),
                 "it is the name or the address of a host alone: the port has its own setting");
    if (proxy->host.len > 0 && proxy->port == 0 && !is_given(thing, port_key))
        complain(b, thing, find_row(CFG_SCOPE_GIT, port_key), "it is missing beside the host");
    if (proxy->host.len == 0 && proxy->port != 0)
        complain(b, thing, find_row(CFG_SCOPE_GIT, host_key), "it is missing beside the port");
}

/* Once per repository and start, whether it said so itself or its parent did. */
static void warn_of_unchecked_tls(struct builder *b,
                                  const struct cfg_thing *thing,
                                  const struct cfg_git_options *git)
{
    const struct cfg_row *row = find_row(CFG_SCOPE_GIT, "skip-ssl-validation");
    const struct cfg_given_value *value = cfg_thing_value(thing, row);
    struct cfg_buf name;

    if (!git->skip_ssl_validation ||
        !cfg_str_eq_nocase(cfg_str_sub(git->uri, 0, 6), CFG_STR("https:")))
        return;
    cfg_buf_init(&name, 1024);
    row_name(thing, row, &name);
    cfg_note(b->notes, CFG_NOTE_WARNING, value != NULL ? &value->place : NULL,
             "%.*s is on: any certificate is accepted, so that whoever is on the way can read the "
             "password and change the configuration",
             CFG_STR_ARG(cfg_buf_view(&name)));
    cfg_buf_release(&name);
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

/* Whether it says itself who we are: by a setting, or by "user:password@" in an http uri. */
static bool has_credentials(const struct cfg_thing *thing, const struct cfg_git_options *git)
{
    static const char *const keys[] = {"username", "password", "username-file", "password-file"};
    struct cfg_str rest = git->uri;
    size_t head = cfg_str_find(rest, CFG_STR("://"));

    for (size_t i = 0; i < CFG_COUNT(keys); i++)
        if (is_given(thing, keys[i]))
            return true;
    if (head == rest.len || !cfg_str_eq_nocase(cfg_str_sub(rest, 0, 4), CFG_STR("http")))
        return false;
    rest = cfg_str_sub(rest, head + 3, rest.len);
    return cfg_str_chr(rest, '@') < cfg_str_chr(rest, '/');
}

/* What a pattern repository takes from its parent where it says nothing itself. */
static void inherit(const struct cfg_thing *thing,
                    struct cfg_git_options *git,
                    const struct cfg_git_options *parent)
{
    if (!has_credentials(thing, git)) {
        git->username = parent->username;
        git->password = parent->password;
        git->username_file = parent->username_file;
        git->password_file = parent->password_file;
    }
    if (git->ca_file.len == 0)
        git->ca_file = parent->ca_file;
    if (git->client_cert.len == 0) {
        git->client_cert = parent->client_cert;
        git->client_key = parent->client_key;
    }
    if (git->http_proxy.host.len == 0)
        git->http_proxy = parent->http_proxy;
    if (git->https_proxy.host.len == 0)
        git->https_proxy = parent->https_proxy;
    if (!is_given(thing, "passphrase"))
        git->passphrase = parent->passphrase;
    if (!is_given(thing, "private-key") && !is_given(thing, "private-key-file")) {
        git->private_key = parent->private_key;
        git->private_key_file = parent->private_key_file;
    }
    if (!is_given(thing, "host-key") && !is_given(thing, "known-hosts-file")) {
        git->host_key = parent->host_key;
        git->host_key_algorithm = parent->host_key_algorithm;
        git->known_hosts_file = parent->known_hosts_file;
    }
    if (!is_given(thing, "strict-host-key-checking"))
        git->strict_host_key_checking = parent->strict_host_key_checking;
    if (!is_given(thing, "ignore-local-ssh-settings"))
        git->ignore_local_ssh_settings = parent->ignore_local_ssh_settings;
    if (!is_given(thing, "preferred-authentications"))
        git->preferred_authentications = parent->preferred_authentications;
    if (!is_given(thing, "mirror-max-bytes"))
        git->mirror_max_bytes = parent->mirror_max_bytes;
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
    struct cfg_str *files[] = {&git->basedir,       &git->known_hosts_file, &git->private_key_file,
                               &git->username_file, &git->password_file,    &git->ca_file,
                               &git->client_cert,   &git->client_key};

    *target = (struct cfg_git_target){.order = 0};
    apply_rows(b, thing, target);
    if (git->timeout_s == 0)
        git->timeout_s = 5;
    for (size_t i = 0; i < CFG_COUNT(files); i++)
        if (files[i]->len > 0)
            *files[i] = absolute(b, *files[i]);
    check_uri(b, thing, git);
    check_host_key(b, thing, git);
    check_ssh(b, thing, git);
    check_credentials(b, thing, git);
    check_proxy(b, thing, &git->http_proxy, "proxy.http.host", "proxy.http.port");
    check_proxy(b, thing, &git->https_proxy, "proxy.https.host", "proxy.https.port");
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
        warn_of_unchecked_tls(b, thing, &target.options);
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
        warn_of_unchecked_tls(b, thing, &target.options);
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
static void tidy_path(struct builder *b, const char *key, struct cfg_str *path)
{
    while (path->len > 0 && path->ptr[path->len - 1] == '/')
        path->len--;
    if (path->len > 0 && path->ptr[0] != '/' &&
        !cfg_arena_printf(b->arena, path, "/%.*s", CFG_STR_ARG(*path)))
        b->failed = true;
    for (size_t i = 0; i < path->len; i++) {
        if (strchr("?#%{}*\\ ", path->ptr[i]) != NULL) {
            complain(b, &b->loader->given->root, find_row(CFG_SCOPE_ROOT, key),
                     "it is no plain path such as /config");
            return;
        }
    }
}

static void check_monitor(struct builder *b)
{
    struct cfg_webhook_options *webhook = &b->settings->service.webhook;

    if (webhook->secret_file.len == 0)
        return;
    webhook->secret_file = absolute(b, webhook->secret_file);
    if (webhook->secret.len > 0)
        complain(b, &b->loader->given->root, find_row(CFG_SCOPE_ROOT, "strata.monitor.secret-file"),
                 "strata.monitor.secret is given beside it");
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
    tidy_path(&b, CFG_SERVER_PREFIX ".prefix", &settings->prefix);
    tidy_path(&b, "spring.cloud.config.monitor.endpoint.path", &settings->monitor_path);
    check_monitor(&b);
    build_backends(&b);
    b.failed |=
        !b.failed && cfg_overrides_build(loader, &settings->service.overrides, err) != CFG_OK;
    if (b.failed)
        return cfg_arena_fail(b.arena, err);
    find_state(&b);
    note_encryption(&b);
    return CFG_OK;
}
