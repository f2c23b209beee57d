/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the command line, the environment and the settings file.
 * Gives: one list of entries, strongest origin first, and their placeholders' values.
 * Keeps: no opinion on what a name means: settings_match.c has that.
 */
#include "server/app/settings_parts.h"

#include "core/base/file.h"
#include "core/flatten/flatten.h"
#include "core/merge/activate.h"
#include "core/merge/placeholder.h"
#include "core/model/limits.h"
#include "core/parse/parse.h"

static enum cfg_status add_entry(struct cfg_loader *loader,
                                 struct cfg_place place,
                                 struct cfg_str key,
                                 struct cfg_str text,
                                 struct cfg_err *err)
{
    struct cfg_arena *arena = &loader->given->arena;
    struct cfg_entry entry = {.place = place};

    if (!cfg_arena_dup(arena, place.name, &entry.place.name) ||
        !cfg_arena_dup(arena, key, &entry.key) || !cfg_arena_dup(arena, text, &entry.text) ||
        !cfg_arena_grow(arena, &loader->entries, &loader->cap, loader->count,
                        sizeof(*loader->entries)))
        return cfg_arena_fail(arena, err);
    loader->entries[loader->count++] = entry;
    return CFG_OK;
}

/* The command line. */

static enum cfg_status read_command(struct cfg_loader *loader, struct cfg_err *err)
{
    const struct cfg_settings_input *input = loader->input;
    enum cfg_status status = CFG_OK;

    for (size_t i = 0; i < input->arg_count && status == CFG_OK; i++) {
        struct cfg_str arg = cfg_str_of(input->args[i]);
        size_t equals = cfg_str_chr(arg, '=');
        struct cfg_place place = {CFG_SAID_COMMAND, cfg_str_sub(arg, 0, equals), 0, 0};
        struct cfg_str key = cfg_str_sub(place.name, 2, equals);
        /* "--git.clone-on-start" alone switches it on. */
        struct cfg_str text =
            equals < arg.len ? cfg_str_sub(arg, equals + 1, arg.len) : CFG_STR("true");

        if (!cfg_str_starts(arg, CFG_STR("--")) || key.len == 0)
            cfg_note(loader->notes, CFG_NOTE_ERROR, &place, "a setting is given as --name=value");
        else
            status = add_entry(loader, place, key, text, err);
    }
    return status;
}

/* The environment. */

static bool has_our_root(struct cfg_str name)
{
    static const char *const roots[] = {"SPRING_", "SERVER_", "ENCRYPT_", "MANAGEMENT_", "STRATA_",
                                        "spring.", "server.", "encrypt.", "management.", "strata."};

    for (size_t i = 0; i < CFG_COUNT(roots); i++)
        if (cfg_str_starts(name, cfg_str_of(roots[i])))
            return true;
    return false;
}

/* What Kubernetes injects for a service called "server" or "strata", besides its *_PORT. */
static bool is_service_variable(struct cfg_str name)
{
    static const char *const protocols[] = {"_TCP", "_UDP", "_SCTP"};
    size_t port = cfg_str_find(name, CFG_STR("_PORT_"));

    if (cfg_str_ends(name, CFG_STR("_SERVICE_HOST")) ||
        cfg_str_ends(name, CFG_STR("_SERVICE_PORT")) ||
        cfg_str_find(name, CFG_STR("_SERVICE_PORT_")) < name.len)
        return true;
    for (size_t i = 0; i < CFG_COUNT(protocols) && port < name.len; i++)
        if (cfg_str_find(cfg_str_sub(name, port, name.len), cfg_str_of(protocols[i])) <
            name.len - port)
            return true;
    return false;
}

static bool is_service_address(struct cfg_str name, struct cfg_str text)
{
    return cfg_str_ends(name, CFG_STR("_PORT")) &&
           (cfg_str_starts(text, CFG_STR("tcp://")) || cfg_str_starts(text, CFG_STR("udp://")));
}

static enum cfg_status read_environment(struct cfg_loader *loader, struct cfg_err *err)
{
    const char *const *variable = loader->input->environment;
    enum cfg_status status = CFG_OK;

    for (; variable != NULL && *variable != NULL && status == CFG_OK; variable++) {
        struct cfg_str line = cfg_str_of(*variable);
        size_t equals = cfg_str_chr(line, '=');
        struct cfg_str name = cfg_str_sub(line, 0, equals);
        struct cfg_str text = cfg_str_sub(line, equals + 1, line.len);
        struct cfg_place place = {CFG_SAID_ENVIRONMENT, name, 0, 0};

        if (!has_our_root(name) || cfg_str_eq(name, CFG_STR("STRATA_CONFIG")) ||
            is_service_variable(name))
            continue;
        if (is_service_address(name, text))
            cfg_note(loader->notes, CFG_NOTE_INFO, &place,
                     "ignored: %.*s is the address of a service, set by Kubernetes",
                     CFG_STR_ARG(text));
        else if (text.len > 0) /* set to nothing, as compose files do: not set */
            status = add_entry(loader, place, name, text, err);
    }
    return status;
}

static bool find_variable(const struct cfg_loader *loader, struct cfg_str name, struct cfg_str *out)
{
    const char *const *variable = loader->input->environment;

    for (; variable != NULL && *variable != NULL; variable++) {
        struct cfg_str line = cfg_str_of(*variable);

        if (line.len > name.len && line.ptr[name.len] == '=' && cfg_str_starts(line, name)) {
            *out = cfg_str_sub(line, name.len + 1, line.len);
            return true;
        }
    }
    return false;
}

/* Placeholders. */

/* "my.db-url" is also looked for as MY_DBURL and MY_DB_URL. */
static bool
find_relaxed_variable(const struct cfg_loader *loader, struct cfg_str name, struct cfg_str *out)
{
    char text[CFG_NAME_BYTES];

    for (int dashes = 0; dashes < 2; dashes++) {
        size_t len = 0;

        for (size_t i = 0; i < name.len && len < sizeof(text); i++) {
            char c = name.ptr[i];

            if (c >= 'a' && c <= 'z')
                text[len++] = (char)(c - 'a' + 'A');
            else if (c != '-')
                text[len++] = c == '.' ? '_' : c;
            else if (dashes == 1)
                text[len++] = '_';
        }
        if (find_variable(loader, cfg_str_make(text, len), out))
            return true;
    }
    return false;
}

/* Strongest first; of one origin the last: that is the one that counts. */
static struct cfg_entry *
find_entry(const struct cfg_loader *loader, struct cfg_str name, enum cfg_said said)
{
    struct cfg_entry *found = NULL;
    struct cfg_path path;
    char key[CFG_NAME_BYTES + 1];

    if (name.len > CFG_NAME_BYTES)
        return NULL;
    memcpy(key, name.ptr, name.len);
    key[name.len] = '\0';
    for (size_t i = 0; i < loader->count; i++) {
        struct cfg_entry *entry = &loader->entries[i];

        if (entry->place.said != said)
            continue;
        if (cfg_str_eq(entry->key, name) ||
            (cfg_path_parse(entry->key, &path) && cfg_path_is(&path, 0, path.count, key)))
            found = entry;
    }
    return found;
}

static bool find_placeholder(struct cfg_str name, struct cfg_str *out, void *ctx)
{
    const struct cfg_loader *loader = ctx;
    struct cfg_entry *entry;

    if (name.len == 0)
        return false;
    entry = find_entry(loader, name, CFG_SAID_COMMAND);
    if (entry == NULL) {
        if (find_variable(loader, name, out) || find_relaxed_variable(loader, name, out))
            return true;
        entry = find_entry(loader, name, CFG_SAID_FILE);
    }
    if (entry == NULL)
        return false;
    entry->used = true;
    *out = entry->text;
    return true;
}

/*
 * Spring resolves settings with one level of escapes, the resolver of answers has two: an escaped
 * placeholder goes through it in disguise, and so does what that one would take for its own mark.
 */
static const struct disguise {
    const char *shown, *hidden, *meant;
} disguises[] = {{"\\${", "\x01{", "${"}, {"$_{", "\x02{", "$_{"}};

static bool replace(struct cfg_arena *arena, const char *from, const char *to, struct cfg_str *text)
{
    struct cfg_str needle = cfg_str_of(from), rest = *text;
    struct cfg_buf buf;
    bool done;

    if (cfg_str_find(rest, needle) == rest.len)
        return true;
    cfg_buf_init(&buf, text->len + 1);
    for (size_t at = cfg_str_find(rest, needle); at < rest.len; at = cfg_str_find(rest, needle)) {
        cfg_buf_str(&buf, cfg_str_sub(rest, 0, at));
        cfg_buf_str(&buf, cfg_str_of(to));
        rest = cfg_str_sub(rest, at + needle.len, rest.len);
    }
    cfg_buf_str(&buf, rest);
    done = buf.failed == CFG_OK && cfg_arena_dup(arena, cfg_buf_view(&buf), text);
    cfg_buf_wipe(&buf); /* it may hold a password */
    return done;
}

/* The name of a placeholder that is still there. */
static struct cfg_str open_placeholder(struct cfg_str text)
{
    size_t at = cfg_str_find(text, CFG_STR("${"));
    size_t end = at + 2;

    while (end < text.len && text.ptr[end] != ':' && text.ptr[end] != '}')
        end++;
    return end < text.len ? cfg_str_sub(text, at + 2, end - at - 2) : CFG_STR_NONE;
}

enum cfg_status cfg_loader_resolve(struct cfg_loader *loader,
                                   struct cfg_str text,
                                   struct cfg_str *out,
                                   struct cfg_str *out_open,
                                   struct cfg_err *err)
{
    struct cfg_arena *arena = &loader->given->arena;
    enum cfg_status status;
    bool changed;

    *out = text;
    *out_open = CFG_STR_NONE;
    if (cfg_str_chr(text, '$') == text.len)
        return CFG_OK;
    for (size_t i = 0; i < CFG_COUNT(disguises); i++)
        if (!replace(arena, disguises[i].shown, disguises[i].hidden, &text))
            return cfg_arena_fail(arena, err);
    status = cfg_placeholder_resolve(text, CFG_PLACEHOLDER_VALUE, find_placeholder, loader, arena,
                                     out, &changed, err);
    if (status != CFG_OK)
        return status;
    *out_open = open_placeholder(*out);
    for (size_t i = 0; i < CFG_COUNT(disguises); i++)
        if (!replace(arena, disguises[i].hidden, disguises[i].meant, out))
            return cfg_arena_fail(arena, err);
    return CFG_OK;
}

/* The file. */

/* The profiles that documents of the file are selected by, as far as they are known yet. */
static enum cfg_status
find_profiles(struct cfg_loader *loader, struct cfg_strs *out, struct cfg_err *err)
{
    static const char key[] = "spring.profiles.active";
    struct cfg_arena *arena = &loader->given->arena;
    const struct cfg_entry *first = NULL;
    enum cfg_status status = CFG_OK;
    size_t cap = 0;

    *out = (struct cfg_strs){NULL, 0};
    for (size_t i = 0; i < loader->count && status == CFG_OK; i++) {
        struct cfg_entry *entry = &loader->entries[i];
        struct cfg_path path;
        struct cfg_str text, open;
        struct cfg_strs pieces;
        bool known = entry->place.said == CFG_SAID_ENVIRONMENT
                         ? cfg_path_parse_env(entry->key, &path)
                         : cfg_path_parse(entry->key, &path);

        if (!known || cfg_path_eat(&path, 0, key) == 0 ||
            (first != NULL && first->place.said != entry->place.said))
            continue;
        if (first == NULL)
            first = entry;
        if (cfg_path_is(&path, 0, path.count, key))
            out->count = 0; /* a later whole value of the same origin */
        status = cfg_loader_resolve(loader, entry->text, &text, &open, err);
        if (status == CFG_OK && !cfg_value_split(arena, text, &pieces))
            status = cfg_arena_fail(arena, err);
        for (size_t j = 0; status == CFG_OK && j < pieces.count; j++) {
            if (!cfg_arena_grow(arena, &out->items, &cap, out->count, sizeof(*out->items)))
                status = cfg_arena_fail(arena, err);
            else
                out->items[out->count++] = pieces.items[j];
        }
    }
    return status;
}

static enum cfg_status is_active(struct cfg_loader *loader,
                                 const struct cfg_control *control,
                                 bool *out,
                                 struct cfg_err *err)
{
    struct cfg_str fallback = CFG_STR("default");
    struct cfg_strs profiles;
    enum cfg_status status = CFG_OK;

    *out = control == NULL || (!control->has_on_profile && !control->has_on_cloud_platform);
    if (*out || control->has_on_cloud_platform)
        return CFG_OK;
    status = find_profiles(loader, &profiles, err);
    if (status == CFG_OK && profiles.count == 0)
        profiles = (struct cfg_strs){&fallback, 1};
    for (size_t i = 0; status == CFG_OK && !*out && i < control->on_profile.count; i++) {
        struct cfg_str text, open;

        status = cfg_loader_resolve(loader, control->on_profile.items[i], &text, &open, err);
        if (status == CFG_OK)
            status = cfg_activate_expression(text, &profiles, out, err);
    }
    return status;
}

static enum cfg_status
add_document(struct cfg_loader *loader, const struct cfg_document *document, struct cfg_err *err)
{
    struct cfg_place place = {CFG_SAID_FILE, loader->file, 0, 0};
    enum cfg_status status;
    bool active;

    if (document->control != NULL && document->control->has_legacy_profiles) {
        place.line = document->control->line;
        cfg_note(
            loader->notes, CFG_NOTE_ERROR, &place,
            "spring.profiles selects nothing any more: write spring.config.activate.on-profile");
        return CFG_OK;
    }
    status = is_active(loader, document->control, &active, err);
    for (size_t i = 0; status == CFG_OK && active && i < document->props.count; i++) {
        const struct cfg_prop *prop = &document->props.items[i];

        place.line = prop->line;
        place.column = cfg_prop_column(prop);
        status = add_entry(loader, place, cfg_prop_key(prop), cfg_prop_value(prop).text, err);
    }
    return status;
}

/* Settings have names: a list or a bare word at the top has none to give. */
static bool has_names(const struct cfg_loader *loader, const struct cfg_docs *docs)
{
    bool all = true;

    for (size_t i = 0; i < docs->count; i++) {
        const struct cfg_node *root = docs->roots[i];

        if (root->kind == CFG_NODE_MAP)
            continue;
        cfg_note(loader->notes, CFG_NOTE_ERROR,
                 &(struct cfg_place){CFG_SAID_FILE, loader->file, root->line, root->column},
                 "the settings must be names with values, not a %s",
                 root->kind == CFG_NODE_LIST ? "list" : "single value");
        all = false;
    }
    return all;
}

static cfg_parse_fn parser_of(struct cfg_str path)
{
    return cfg_str_ends(path, CFG_STR(".properties")) ? cfg_parse_properties : cfg_parse_yaml;
}

static enum cfg_status add_file(struct cfg_loader *loader, struct cfg_str text, struct cfg_err *err)
{
    struct cfg_arena *arena = &loader->given->arena;
    struct cfg_docs docs;
    struct cfg_file file;
    enum cfg_status status = parser_of(loader->file)(text, arena, &docs, err);

    if (status == CFG_OK && !has_names(loader, &docs))
        return CFG_OK; /* noted */
    if (status == CFG_OK)
        status = cfg_flatten_file(&docs, arena, &file, err);
    for (size_t i = 0; status == CFG_OK && i < file.count; i++)
        status = add_document(loader, &file.documents[i], err);
    return status;
}

static const char *choose_file(const struct cfg_loader *loader, bool *out_asked_for)
{
    struct cfg_str named = CFG_STR_NONE;

    *out_asked_for = true;
    if (loader->input->file != NULL)
        return loader->input->file;
    if (find_variable(loader, CFG_STR("STRATA_CONFIG"), &named) && named.len > 0)
        return named.ptr; /* the environment's strings end where the value ends */
    *out_asked_for = false;
    return loader->input->default_file;
}

static enum cfg_status read_file(struct cfg_loader *loader, struct cfg_err *err)
{
    bool asked_for;
    const char *name = choose_file(loader, &asked_for);
    struct cfg_str path = cfg_str_of(name);
    struct cfg_err cause = CFG_ERR_INIT;
    enum cfg_status status;
    struct cfg_buf text;

    if (name == NULL)
        return CFG_OK;
    cfg_buf_init(&text, CFG_LIMIT_FILE_BYTES);
    status = cfg_file_read(name, &text, &cause);
    if (status == CFG_OK) {
        loader->file = path;
        status = add_file(loader, cfg_buf_view(&text), &cause);
    }
    cfg_buf_wipe(&text); /* it may hold passwords */
    if (status == CFG_OK || (status == CFG_NOT_FOUND && !asked_for))
        return CFG_OK;
    if (status == CFG_NO_MEMORY)
        return cfg_err_set(err, status, "%s", cause.message);
    cfg_note(loader->notes, CFG_NOTE_ERROR,
             &(struct cfg_place){CFG_SAID_FILE, path, cause.line, cause.column}, "%s",
             cause.message);
    return CFG_OK;
}

enum cfg_status cfg_loader_read(struct cfg_loader *loader, struct cfg_err *err)
{
    enum cfg_status status = read_command(loader, err);

    if (status == CFG_OK)
        status = read_environment(loader, err);
    if (status == CFG_OK)
        status = read_file(loader, err);
    return status;
}
