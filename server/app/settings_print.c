/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the table, and what was given.
 * Gives: the texts for people: --help, --print-settings, docs/settings.md.
 * Keeps: secrets to itself.
 */
#include "server/app/settings_parts.h"

enum { HELP_WIDTH = 100, HELP_INDENT = 6, ORIGIN_COLUMN = 72 };

/* Effective settings. */

static bool is_secret_name(struct cfg_str key)
{
    static const char *const words[] = {"password",   "passwd", "secret",     "token",
                                        "credential", "apikey", "privatekey", "passphrase",
                                        "key",        "salt"};
    char name[CFG_NAME_BYTES];
    size_t len = 0;

    for (size_t i = 0; i < key.len && len < sizeof(name); i++) {
        char c = key.ptr[i];

        if (c != '-' && c != '_' && c != '.')
            name[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    for (size_t i = 0; i < CFG_COUNT(words); i++)
        if (cfg_str_find(cfg_str_make(name, len), cfg_str_of(words[i])) < len)
            return true;
    return false;
}

static bool is_plain_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
}

/* A YAML scalar: bare where that is safe, else in double quotes. */
static void put_scalar(struct cfg_buf *out, struct cfg_str text)
{
    bool plain = text.len > 0 && text.ptr[0] != '-' && text.ptr[0] != '.';

    for (size_t i = 0; i < text.len; i++)
        plain &= is_plain_char(text.ptr[i]) || (text.ptr[i] == ':' && i > 0 && i + 1 < text.len &&
                                                is_plain_char(text.ptr[i + 1]));
    if (plain) {
        cfg_buf_str(out, text);
        return;
    }
    cfg_buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x20 || c == 0x7f)
            cfg_buf_printf(out, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            cfg_buf_printf(out, "\\%c", c);
        else
            cfg_buf_char(out, (char)c);
    }
    cfg_buf_char(out, '"');
}

static void put_masked(struct cfg_buf *out, struct cfg_str text, bool secret)
{
    struct cfg_buf masked;

    if (secret && text.len > 0) {
        cfg_buf_str(out, CFG_STR("\"******\""));
        return;
    }
    cfg_buf_init(&masked, 2 * CFG_NAME_BYTES + 2 * text.len);
    cfg_settings_mask(text, &masked);
    put_scalar(out, cfg_buf_view(&masked));
    if (masked.failed != CFG_OK)
        out->failed = masked.failed;
    cfg_buf_release(&masked);
}

static void put_list(struct cfg_buf *out, const struct cfg_strs *items)
{
    cfg_buf_char(out, '[');
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0)
            cfg_buf_str(out, CFG_STR(", "));
        put_masked(out, items->items[i], false);
    }
    cfg_buf_char(out, ']');
}

/* " # origin", in its column where the value leaves room. */
static void put_origin(struct cfg_buf *out, size_t line_from, const struct cfg_place *place)
{
    size_t width = out->len - line_from;

    do
        cfg_buf_char(out, ' ');
    while (++width < ORIGIN_COLUMN && out->failed == CFG_OK);
    cfg_buf_str(out, CFG_STR("# "));
    if (place == NULL)
        cfg_buf_str(out, CFG_STR("default"));
    else
        cfg_place_text(place, out);
}

static void put_default(struct cfg_buf *out, const struct cfg_row *row)
{
    struct cfg_str rest = cfg_str_of(row->fallback), piece;

    if (row->type != CFG_TYPE_LIST) {
        put_masked(out, rest, row->type == CFG_TYPE_SECRET);
        return;
    }
    cfg_buf_char(out, '[');
    while (rest.len > 0 && cfg_str_cut(&rest, ',', &piece)) {
        put_scalar(out, piece);
        if (rest.ptr != NULL)
            cfg_buf_str(out, CFG_STR(", "));
    }
    cfg_buf_char(out, ']');
}

static void print_row(struct cfg_buf *out,
                      const struct cfg_str prefix,
                      const struct cfg_row *row,
                      const struct cfg_given_value *value)
{
    size_t from = out->len;

    cfg_buf_printf(out, "%.*s%s: ", CFG_STR_ARG(prefix), row->key);
    if (value == NULL)
        put_default(out, row);
    else if (row->type == CFG_TYPE_LIST)
        put_list(out, &value->items);
    else
        put_masked(out, value->text, row->type == CFG_TYPE_SECRET);
    put_origin(out, from, value != NULL ? &value->place : NULL);
    if (value != NULL && row->effect == CFG_EFFECT_NONE)
        cfg_buf_str(out, CFG_STR(" (without effect)"));
    cfg_buf_char(out, '\n');
}

/* All that have an effect, and of the others what was given. */
static void print_thing(struct cfg_buf *out, struct cfg_str prefix, const struct cfg_thing *thing)
{
    for (size_t i = 0; i < cfg_row_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];
        const struct cfg_given_value *value = cfg_thing_value(thing, row);

        if ((row->scope & thing->scopes) == 0 || row->type == CFG_TYPE_TREE ||
            row->type == CFG_TYPE_MAP)
            continue;
        if (value != NULL || (row->effect == CFG_EFFECT_YES && thing->kind != CFG_THING_REPO))
            print_row(out, prefix, row, value);
    }
}

static void print_repos(struct cfg_buf *out,
                        const struct cfg_settings_given *given,
                        struct cfg_str prefix,
                        const struct cfg_thing *parent)
{
    for (const struct cfg_thing *thing = given->things; thing != NULL; thing = thing->next) {
        struct cfg_buf name;

        if (thing->parent != parent)
            continue;
        cfg_buf_init(&name, 4 * CFG_NAME_BYTES);
        cfg_buf_printf(&name, "%.*srepos.%.*s.", CFG_STR_ARG(prefix), CFG_STR_ARG(thing->name));
        print_thing(out, cfg_buf_view(&name), thing);
        cfg_buf_release(&name);
    }
}

static void print_composites(struct cfg_buf *out, const struct cfg_settings_given *given)
{
    for (const struct cfg_thing *thing = given->things; thing != NULL; thing = thing->next) {
        struct cfg_buf name;
        size_t from = out->len;

        if (thing->kind != CFG_THING_COMPOSITE)
            continue;
        cfg_buf_init(&name, 4 * CFG_NAME_BYTES);
        cfg_buf_printf(&name, CFG_SERVER_PREFIX ".composite[%zu].", thing->index);
        cfg_buf_printf(out, "%.*stype: %s", CFG_STR_ARG(cfg_buf_view(&name)),
                       thing->scopes == CFG_SCOPE_GIT ? "git" : "native");
        put_origin(out, from, &thing->type_place);
        cfg_buf_char(out, '\n');
        print_thing(out, cfg_buf_view(&name), thing);
        print_repos(out, given, cfg_buf_view(&name), thing);
        cfg_buf_release(&name);
    }
}

static void print_overrides(struct cfg_buf *out, const struct cfg_settings *settings)
{
    for (const struct cfg_override *override = settings->given->overrides; override != NULL;
         override = override->next) {
        const struct cfg_prop *prop = cfg_props_find(&settings->service.overrides, override->key);
        size_t from = out->len;

        cfg_buf_printf(out, CFG_SERVER_PREFIX ".overrides.%.*s: ", CFG_STR_ARG(override->key));
        put_masked(out, prop != NULL ? cfg_prop_value(prop).text : CFG_STR_NONE,
                   is_secret_name(override->key));
        put_origin(out, from, &override->place);
        cfg_buf_char(out, '\n');
    }
}

static bool serves(const struct cfg_settings *settings, enum cfg_backend_kind kind)
{
    for (size_t i = 0; i < settings->service.backend_count; i++)
        if (settings->service.backends[i].kind == kind)
            return true;
    return false;
}

void cfg_settings_print(const struct cfg_settings *settings, struct cfg_buf *out)
{
    const struct cfg_settings_given *given = settings->given;
    struct cfg_str git = CFG_STR(CFG_SERVER_PREFIX ".git.");

    cfg_buf_printf(out, "# effective settings, file: %.*s\n",
                   CFG_STR_ARG(settings->file.len > 0 ? settings->file : CFG_STR("none")));
    print_thing(out, CFG_STR_NONE, &given->root);
    print_overrides(out, settings);
    if (given->git.values != NULL || serves(settings, CFG_BACKEND_GIT)) {
        print_thing(out, git, &given->git);
        print_repos(out, given, git, &given->git);
    }
    if (given->native.values != NULL || serves(settings, CFG_BACKEND_NATIVE))
        print_thing(out, CFG_STR(CFG_SERVER_PREFIX ".native."), &given->native);
    print_composites(out, given);
}

/* Help. */

static const char *type_name(const struct cfg_row *row)
{
    switch (row->type) {
    case CFG_TYPE_TEXT:
    case CFG_TYPE_TREE:
        return "text";
    case CFG_TYPE_SECRET:
        return "secret";
    case CFG_TYPE_URI:
        return "uri";
    case CFG_TYPE_PATH:
        return "path";
    case CFG_TYPE_LIST:
        return "list";
    case CFG_TYPE_MAP:
        return "map";
    case CFG_TYPE_BOOL:
        return "true|false";
    case CFG_TYPE_NUMBER:
        return "number";
    case CFG_TYPE_SECONDS:
        return "seconds";
    case CFG_TYPE_MILLIS:
        return "time";
    case CFG_TYPE_BYTES:
        return "size";
    case CFG_TYPE_PICK:
        return row->choices;
    }
    return "";
}

/* The key as help shows it: the shortest form that the command line takes. */
static void put_short_key(struct cfg_buf *out, const struct cfg_row *row)
{
    struct cfg_str key = cfg_str_of(row->key), server = CFG_STR(CFG_SERVER_PREFIX ".");

    if (cfg_str_starts(key, server))
        key = cfg_str_sub(key, server.len, key.len);
    cfg_buf_printf(out, "%s%.*s",
                   row->scope == CFG_SCOPE_GIT      ? "git."
                   : row->scope == CFG_SCOPE_REPO   ? "git.repos.NAME."
                   : row->scope == CFG_SCOPE_NATIVE ? "native."
                                                    : "",
                   CFG_STR_ARG(key));
}

/* A sentence without its backquotes, wrapped. */
static void put_wrapped(struct cfg_buf *out, const char *sentence)
{
    struct cfg_str rest = cfg_str_of(sentence), word;
    size_t column = 0;

    while (cfg_str_cut(&rest, ' ', &word)) {
        if (column > 0 && column + 1 + word.len > HELP_WIDTH) {
            cfg_buf_char(out, '\n');
            column = 0;
        }
        if (column == 0)
            cfg_buf_printf(out, "%*s", HELP_INDENT, "");
        else
            cfg_buf_char(out, ' ');
        column += (column == 0 ? HELP_INDENT : 1) + word.len;
        for (size_t i = 0; i < word.len; i++)
            if (word.ptr[i] != '`')
                cfg_buf_char(out, word.ptr[i]);
    }
    cfg_buf_char(out, '\n');
}

static void help_row(struct cfg_buf *out, const struct cfg_row *row)
{
    cfg_buf_str(out, CFG_STR("  --"));
    put_short_key(out, row);
    cfg_buf_printf(out, "%s=<%s>", row->type == CFG_TYPE_MAP ? ".KEY" : "", type_name(row));
    if (row->fallback[0] != '\0')
        cfg_buf_printf(out, "  (default: %s)", row->fallback);
    cfg_buf_char(out, '\n');
    put_wrapped(out, row->sentence);
}

static bool group_has_effect(size_t heading)
{
    for (size_t i = heading + 1; i < cfg_row_count && cfg_rows[i].scope != CFG_SCOPE_HEADING; i++)
        if (cfg_rows[i].effect == CFG_EFFECT_YES)
            return true;
    return false;
}

void cfg_settings_help(struct cfg_buf *out)
{
    bool wanted = false;

    for (size_t i = 0; i < cfg_row_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];

        if (row->scope == CFG_SCOPE_HEADING) {
            wanted = group_has_effect(i);
            if (wanted)
                cfg_buf_printf(out, "\n%s\n", row->key);
        } else if (wanted && row->effect == CFG_EFFECT_YES) {
            help_row(out, row);
        }
    }
}

/* Documentation. */

static const char *effect_name(enum cfg_effect effect)
{
    switch (effect) {
    case CFG_EFFECT_YES:
        return "yes";
    case CFG_EFFECT_LATER:
        return "not yet";
    case CFG_EFFECT_NONE:
        return "none: ignored with a notice";
    case CFG_EFFECT_REFUSED:
        return "refused";
    }
    return "";
}

/* In a table's cell "|" needs its backslash. */
static void put_cell(struct cfg_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            cfg_buf_char(out, '\\');
        cfg_buf_char(out, *text);
    }
}

static void doc_row(struct cfg_buf *out, const struct cfg_row *row)
{
    const char *below = row->type == CFG_TYPE_MAP ? ".KEY" : "";

    cfg_buf_printf(out, "| `%s%s%s` | ", cfg_scope_prefix(row->scope), row->key, below);
    put_cell(out, row->type == CFG_TYPE_TREE ? "" : type_name(row));
    if (row->max != 0)
        cfg_buf_printf(out, ", %lld to %lld%s", (long long)row->min, (long long)row->max,
                       row->type == CFG_TYPE_MILLIS ? " ms" : "");
    cfg_buf_str(out, CFG_STR(" | "));
    if (row->fallback[0] != '\0')
        cfg_buf_printf(out, "`%s`", row->fallback);
    cfg_buf_printf(out, " | %s | ", effect_name(row->effect));
    put_cell(out, row->sentence);
    cfg_buf_str(out, CFG_STR(" |\n"));
}

/* clang-format off: one line here is one line there */
static const char doc_head[] =
    "# Settings\n"
    "\n"
    "Made from `server/app/settings.def` by `stratad --print-settings-doc`; do not edit.\n"
    "\n"
    "## Where settings come from\n"
    "\n"
    "Strongest first; of one setting the strongest origin that names it wins, lists as a whole:\n"
    "\n"
    "1. The command line: `--any.setting=value`. A setting alone (`--git.clone-on-start`) is\n"
    "   `true`.\n"
    "2. The environment, under relaxed names: upper case, `_` for each dot, dashes left out or\n"
    "   written as `_`: `SPRING_CLOUD_CONFIG_SERVER_GIT_SEARCHPATHS`, `SERVER_PORT`,\n"
    "   `STRATA_LOG_LEVEL`. List elements end in their number (`…_SEARCHPATHS_0`), pattern\n"
    "   repositories carry their name (`…_GIT_REPOS_TEAM_URI`). Unknown names never fail; a\n"
    "   variable that is set to nothing counts as not set; `tcp://…` in a `*_PORT`, as\n"
    "   Kubernetes sets it, is ignored with a notice.\n"
    "3. The file: `--config=FILE`, else `$STRATA_CONFIG`, else `/etc/strata/stratad.yml` if it\n"
    "   is there. YAML, or Java properties when it ends in `.properties`; keys nested or\n"
    "   dotted. Documents with `spring.config.activate.on-profile` count when\n"
    "   `spring.profiles.active` satisfies them.\n"
    "4. The default.\n"
    "\n"
    "In file and command line `spring.cloud.config.server.` and `strata.` may be left out in\n"
    "front of a key (`git.uri`, `log.level`). Names are compared without regard to case, dashes\n"
    "and underscores.\n"
    "\n"
    "`${NAME}` and `${NAME:default}` in a value are replaced from the command line, the\n"
    "environment and the file, in this order; `\\${` is a literal `${`. One without a value is\n"
    "an error, except in overrides, where it is left to the clients.\n"
    "\n"
    "An unknown setting below `spring.cloud.config.server`, `strata`, `server`, `encrypt`,\n"
    "`git`, `native`, `composite` or `health` is an error that names the nearest known one, and\n"
    "so is any other name that is one slip away from a known one. Settings of other modules\n"
    "(`logging.…`, `spring.application.name`, …) are ignored with one notice. Below, a row\n"
    "without a type stands for everything below its name too. `stratad --check` says what is\n"
    "wrong without starting, `stratad --print-settings` shows what holds and where it was said.\n"
    "\n"
    "Times are `500ms`, `8s`, `2m`, `1h`, or a number of seconds. Sizes are `8KB`, `64MB`,\n"
    "`1GB` (of 1,024), or a number of bytes. Lists are YAML lists or texts with commas.\n"
    "\n"
    "## Several back ends\n"
    "\n"
    "With `spring.profiles.active=native,git` both serve; the smaller `order` is the stronger,\n"
    "and of equal ones plain folders are. With `spring.profiles.active=composite` the list\n"
    "`spring.cloud.config.server.composite` names them, strongest first: each entry has a\n"
    "`type` (`git` or `native`) and the keys of that back end.\n"
    "\n"
    "    spring.profiles.active: composite\n"
    "    spring.cloud.config.server.composite:\n"
    "      - type: native\n"
    "        search-locations: file:/etc/shared/\n"
    "      - type: git\n"
    "        uri: https://git.example.com/config.git\n"
    "\n"
    "## Pattern repositories\n"
    "\n"
    "`git.repos.NAME` is a uri, or has `uri`, `pattern`, `name` and every key of `git`. They\n"
    "are asked in the order of the file. What one leaves out it takes from `git` where that is\n"
    "a user name with its password, a passphrase, `timeout`, `refresh-rate`,\n"
    "`skip-ssl-validation` or `basedir`; everything else has its own default.\n";
/* clang-format on */

void cfg_settings_doc(struct cfg_buf *out)
{
    cfg_buf_str(out, cfg_str_of(doc_head));
    for (size_t i = 0; i < cfg_row_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];

        if (row->scope == CFG_SCOPE_HEADING)
            cfg_buf_printf(
                out, "\n## %s\n\n| setting | type | default | effect | |\n|---|---|---|---|---|\n",
                row->key);
        else
            doc_row(out, row);
    }
}
