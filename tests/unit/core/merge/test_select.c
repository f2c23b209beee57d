/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select: which documents answer, and in which order, as a Spring Cloud Config server answered.
 *
 * Files stand in a small notation: documents separated by "|", properties "key=value" by ";". Keys in
 * capitals are control keys with their lists separated by "+": ON, CLOUD, IMPORT, INCLUDE, ACTIVE,
 * DEFAULT, LEGACY, GROUP:name. Answers are written "path#number", the number only where a file has
 * several documents; a failure as "!status path:line".
 */
#include "core/merge/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/model/limits.h"

enum { FILES = 20 };

struct loader {
    struct cfg_arena *arena;
    const char *const (*files)[2]; /* path and text, ended by NULL */
    struct cfg_file parsed[FILES];
    bool known[FILES];
    size_t asked;
    const char *broken; /* a path that cannot be read */
};

static struct cfg_strs read_list(struct cfg_arena *arena, struct cfg_str text)
{
    struct cfg_strs out = {cfg_arena_zalloc(arena, text.len + 1, sizeof *out.items), 0};
    assert_non_null(out.items);
    struct cfg_str rest = text.len ? text : CFG_STR_NONE;
    while (cfg_str_cut(&rest, '+', &out.items[out.count]))
        out.count++;
    return out;
}

static bool read_control(struct cfg_arena *arena,
                         struct cfg_str key,
                         struct cfg_str value,
                         struct cfg_control *out)
{
    struct cfg_strs list = read_list(arena, value);
    if (cfg_str_eq(key, CFG_STR("ON"))) {
        static struct cfg_str empty = {"", 0};
        out->has_on_profile = true;
        out->on_profile = list.count ? list : (struct cfg_strs){&empty, 1};
    } else if (cfg_str_eq(key, CFG_STR("CLOUD"))) {
        out->has_on_cloud_platform = true;
    } else if (cfg_str_eq(key, CFG_STR("IMPORT"))) {
        out->imports = list;
    } else if (cfg_str_eq(key, CFG_STR("INCLUDE"))) {
        out->includes = list;
        out->has_include = true;
    } else if (cfg_str_eq(key, CFG_STR("ACTIVE"))) {
        out->has_active = true;
    } else if (cfg_str_eq(key, CFG_STR("DEFAULT"))) {
        out->has_default = true;
    } else if (cfg_str_eq(key, CFG_STR("LEGACY"))) {
        out->has_legacy_profiles = true;
    } else if (cfg_str_starts(key, CFG_STR("GROUP:"))) {
        size_t cap = out->group_count;
        assert_true(
            cfg_arena_grow(arena, &out->groups, &cap, out->group_count, sizeof *out->groups));
        out->groups[out->group_count++] = (struct cfg_group){cfg_str_sub(key, 6, key.len), list};
    } else {
        return false;
    }
    return true;
}

static void read_document(struct cfg_arena *arena, struct cfg_str text, struct cfg_document *out)
{
    struct cfg_control *control = cfg_arena_zalloc(arena, 1, sizeof *control);
    out->props.items = cfg_arena_zalloc(arena, text.len + 1, sizeof *out->props.items);
    assert_true(control && out->props.items);
    struct cfg_str pair;
    struct cfg_str rest = text;
    uint32_t line = 0;
    while (cfg_str_cut(&rest, ';', &pair)) {
        size_t at = cfg_str_chr(pair, '=');
        struct cfg_str key = cfg_str_sub(pair, 0, at);
        struct cfg_value value = {CFG_KIND_STRING, cfg_str_sub(pair, at + 1, pair.len)};
        line++;
        if (!read_control(arena, key, value.text, control)) {
            out->props.items[out->props.count++] = cfg_prop_make(key, value, line, 1);
        } else if (control->line == 0) {
            control->line = line;
            out->control = control;
        }
    }
}

static void read_file(struct cfg_arena *arena, const char *text, struct cfg_file *out)
{
    struct cfg_str rest = *text ? cfg_str_of(text) : CFG_STR_NONE;
    struct cfg_str part;
    out->documents = cfg_arena_zalloc(arena, rest.len + 1, sizeof *out->documents);
    assert_non_null(out->documents);
    for (; cfg_str_cut(&rest, '|', &part); out->count++) {
        out->documents[out->count].number = (uint32_t)out->count;
        read_document(arena, part, &out->documents[out->count]);
    }
}

static enum cfg_status
load(struct cfg_str path, const struct cfg_file **out, struct cfg_err *err, void *ctx)
{
    struct loader *loader = ctx;
    loader->asked++;
    assert_true(cfg_str_find(path, CFG_STR("..")) == path.len);
    if (loader->broken && cfg_str_eq(path, cfg_str_of(loader->broken))) {
        err->line = 4;
        return cfg_err_set(err, CFG_CORRUPT, "no YAML");
    }
    for (size_t i = 0; loader->files[i][0]; i++) {
        if (!cfg_str_eq(path, cfg_str_of(loader->files[i][0])))
            continue;
        if (!loader->known[i])
            read_file(loader->arena, loader->files[i][1], &loader->parsed[i]);
        loader->known[i] = true;
        *out = &loader->parsed[i];
    }
    return CFG_OK;
}

static struct cfg_str
show(struct cfg_arena *arena, enum cfg_status status, const struct cfg_err *err)
{
    struct cfg_str out;
    assert_true(
        cfg_arena_printf(arena, &out, "!%s %s:%u", cfg_status_text(status), err->path, err->line));
    return out;
}

static const char *select_with(struct loader *loader,
                               const char *name,
                               const char *profiles,
                               const char *locations,
                               bool with_locations)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_question question;
    struct cfg_str places[8];
    struct cfg_select_input input = {
        .question = &question, .locations = places, .load = load, .load_ctx = loader};
    struct cfg_str rest = cfg_str_of(locations);
    struct cfg_selected *items;
    size_t count;
    assert_int_equal(cfg_question_parse(loader->arena, cfg_str_of(name), cfg_str_of(profiles),
                                        CFG_STR_NONE, false, &question, &err),
                     CFG_OK);
    while (cfg_str_cut(&rest, ',', &places[input.location_count]))
        input.location_count++;
    enum cfg_status status = cfg_select(&input, loader->arena, &items, &count, &err);
    assert_int_equal(status, err.status);
    if (status != CFG_OK) {
        assert_int_equal(count, 0);
        assert_int_not_equal(err.message[0], '\0');
        return show(loader->arena, status, &err).ptr;
    }
    struct cfg_str out = CFG_STR("");
    for (size_t i = 0; i < count; i++) {
        assert_true(cfg_arena_printf(loader->arena, &out, "%.*s%s%.*s", CFG_STR_ARG(out),
                                     i ? " " : "", CFG_STR_ARG(items[i].path)));
        if (items[i].several)
            assert_true(cfg_arena_printf(loader->arena, &out, "%.*s#%u", CFG_STR_ARG(out),
                                         (unsigned)items[i].document->number));
        if (with_locations)
            assert_true(cfg_arena_printf(loader->arena, &out, "%.*s@%.*s", CFG_STR_ARG(out),
                                         CFG_STR_ARG(items[i].location)));
    }
    return out.ptr;
}

struct row {
    const char *name; /* of the application and, behind a slash, the profiles */
    const char *want;
    const char *files[FILES][2];
    const char *locations; /* NULL: the root, and two/ */
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cfg_arena arena;
        char name[64];
        struct loader loader = {.arena = &arena, .files = rows[i].files};
        cfg_arena_init(&arena, 64 << 20, 0);
        snprintf(name, sizeof name, "%s", rows[i].name);
        char *slash = strchr(name, '/');
        assert_non_null(slash);
        *slash = '\0';
        const char *got = select_with(&loader, name, slash + 1,
                                      rows[i].locations ? rows[i].locations : ",two/", false);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu, %s:\n  %s\ninstead of\n  %s", i, rows[i].name, got, rows[i].want);
        cfg_arena_release(&arena);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, CFG_COUNT(rows))

static void order(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"foo/dev", "", {{0}}, NULL},
        {"foo/dev,mysql",
         "c/foo-mysql.yml c/application-mysql.yml c/foo-dev.properties c/foo-dev.yml "
         "c/application-dev.yml c/foo.properties c/foo.yml c/foo.yaml c/application.properties "
         "c/application.yml#2 c/application.yml#1 c/application.yml#0",
         {{"c/application.yml", "a=1|ON=dev;a=2|ON=!prod;a=3"},
          {"c/application.properties", "a=1"},
          {"c/application-dev.yml", "a=1"},
          {"c/application-mysql.yml", "a=1"},
          {"c/foo.yml", "a=1"},
          {"c/foo.yaml", "a=1"},
          {"c/foo.properties", "a=1"},
          {"c/foo-dev.yml", "a=1"},
          {"c/foo-dev.properties", "a=1"},
          {"c/foo-mysql.yml", "a=1"}},
         "c/"},
        /* locations beat names, profiles beat both */
        {"foo/dev",
         "c/A/foo-dev.yml c/A/application-dev.yml c/foo-dev.yml c/application-dev.yml c/A/foo.yml "
         "c/A/application.yml c/foo.yml c/application.yml",
         {{"c/application.yml", "a=1"},
          {"c/foo.yml", "a=1"},
          {"c/application-dev.yml", "a=1"},
          {"c/foo-dev.yml", "a=1"},
          {"c/A/application.yml", "a=1"},
          {"c/A/foo.yml", "a=1"},
          {"c/A/application-dev.yml", "a=1"},
          {"c/A/foo-dev.yml", "a=1"}},
         "c/,c/A/"},
        {"foo,bar/dev",
         "bar-dev.yml foo-dev.yml bar.yml foo.yml",
         {{"foo.yml", "a=1"}, {"bar.yml", "a=1"}, {"foo-dev.yml", "a=1"}, {"bar-dev.yml", "a=1"}},
         NULL},
        {"foo/dev",
         "foo.properties foo.xml foo.yml foo.yaml",
         {{"foo.yaml", "a=1"}, {"foo.yml", "a=1"}, {"foo.xml", "a=1"}, {"foo.properties", "a=1"}},
         NULL},
        /* the profile "default" has files, asked for or not */
        {"foo/default",
         "foo-default.yml foo.yml",
         {{"foo-default.yml", "a=1"}, {"foo.yml", "a=1"}},
         NULL},
        {"foo/", "foo-default.yml foo.yml", {{"foo-default.yml", "a=1"}, {"foo.yml", "a=1"}}, NULL},
        {"foo/dev", "foo.yml", {{"foo-default.yml", "a=1"}, {"foo.yml", "a=1"}}, NULL},
        {"foo/dev,default",
         "foo-default.yml foo-dev.yml",
         {{"foo-default.yml", "a=1"}, {"foo-dev.yml", "a=1"}},
         NULL},
        /* a file that is plain for one name and a profile's for another counts as plain */
        {"foo,foo-dev/dev",
         "foo-dev.yml foo.yml",
         {{"foo-dev.yml", "a=1"}, {"foo.yml", "a=1"}},
         NULL},
        {"foo/dev", "sub/foo.yml", {{"sub/foo.yml", "a=1"}}, "sub/,sub/"},
        {"a(_)b/dev", "a/b-dev.yml a/b.yml", {{"a/b.yml", "a=1"}, {"a/b-dev.yml", "a=1"}}, NULL},
        /* empty files and empty documents */
        {"foo,bar/dev",
         "bar.yml foo.yml#2 foo.yml#1 foo.yml#0",
         {{"foo.yml", "k=0|=|b=1"}, {"bar.yml", "="}, {"application.yml", ""}},
         NULL},
        {"foo/dev",
         "/abs/foo-dev.yml /abs/foo.yml",
         {{"/abs/foo.yml", "a=1"}, {"/abs/foo-dev.yml", "a=1"}},
         "/abs/"},
    };
    CHECK_ROWS(rows);
}

static void conditions(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"foo/dev",
         "foo.yml#3 foo.yml#2 foo.yml#0",
         {{"foo.yml", "a=1|ON=x+y|ON=dev+prod|ON="}},
         NULL},
        {"foo/y",
         "foo.yml#3 foo.yml#1 foo.yml#0",
         {{"foo.yml", "a=1|ON=x+y|ON=dev+prod|ON="}},
         NULL},
        {"foo/default", "foo.yml#1", {{"foo.yml", "ON=prod|ON=!prod"}}, NULL},
        {"foo/", "foo.yml#1", {{"foo.yml", "ON=!default|ON=default"}}, NULL},
        /* a document that is left out still counts for the number */
        {"foo/prod", "foo.yml#0", {{"foo.yml", "a=1|ON=dev|ON=!prod"}}, NULL},
        {"foo/dev,prod", "foo-dev.yml", {{"foo-dev.yml", "ON=prod"}}, NULL},
        {"foo/dev", "", {{"foo-dev.yml", "ON=prod"}}, NULL},
        {"cloud/dev", "cloud.yml#1", {{"cloud.yml", "CLOUD=kubernetes;q=1|r=1"}}, NULL},
        /* the one condition that cannot hold hides the other, however malformed */
        {"foo/dev", "foo.yml#1", {{"foo.yml", "CLOUD=k;ON=&;q=1|r=1"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:2", {{"foo.yml", "a=1;ON=dev & !"}, {"x.yml", ""}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "a=1|ON=)"}}, NULL},
        /* every expression is read, whatever decides */
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "ON=dev+()"}}, NULL},
        {"foo/default", "!corrupt foo.yml:1", {{"foo.yml", "ON=+"}}, NULL},
    };
    CHECK_ROWS(rows);
}

/* Placeholders in conditions and imports look at the document itself and what is active. */
static void placeholders(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"foo/dev", "foo.yml", {{"foo.yml", "ON=${p};p=dev"}}, NULL},
        {"foo/dev", "foo.yml#1 foo.yml#0", {{"foo.yml", "ON=${p}|p=dev"}}, NULL},
        {"foo/dev", "foo.yml#1 foo.yml#0", {{"foo.yml", "p=dev|ON=${p}"}}, NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "ON=${nope:dev}"}}, NULL},
        {"foo/dev", "", {{"foo.yml", "ON=${nope}"}}, NULL},
        /* files of profiles come too late for plain ones, not for each other */
        {"foo/dev",
         "foo-dev.yml foo.yml#0",
         {{"foo.yml", "a=b|ON=${p}"}, {"foo-dev.yml", "p=dev"}},
         NULL},
        {"foo/dev",
         "foo-dev.yml foo.yml",
         {{"foo.yml", "p=dev"}, {"foo-dev.yml", "ON=${p}"}},
         NULL},
        {"foo/dev", "foo.yml#2 foo.yml#0", {{"foo.yml", "p=dev|ON=qa;p=x|ON=${p}"}}, NULL},
        /* commas that come out of a placeholder separate */
        {"foo/dev", "foo.yml#1 foo.yml#0", {{"foo.yml", "p=dev,qa|ON=${p}"}}, NULL},
        {"foo/dev", "foo.yml#1 foo.yml#0", {{"foo.yml", "p=dev,qa|ON=${p} & !x"}}, NULL},
        {"foo/dev", "foo.yml#1 foo.yml#0", {{"foo.yml", "p=|ON=${p}"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "p=${q};q=${p}|ON=${p} & !x"}}, NULL},
        {"foo/dev", "x.yml foo.yml", {{"foo.yml", "IMPORT=${n}.yml;n=x"}, {"x.yml", "k=x"}}, NULL},
        {"foo/dev",
         "x.yml foo.yml application.yml",
         {{"foo.yml", "IMPORT=${n}.yml"}, {"application.yml", "n=x"}, {"x.yml", "k=x"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=${nope}.yml"}}, NULL},
        {"foo/dev",
         "foo-y.yml foo-h.yml foo-x.yml foo-dev.yml foo.yml",
         {{"foo.yml", "INCLUDE=${i};i=x,y;GROUP:x=${g};g=h"},
          {"foo-h.yml", ""},
          {"foo-h.yml", "k=h"},
          {"foo-x.yml", "k=x"},
          {"foo-y.yml", "k=y"},
          {"foo-dev.yml", "k=dev"}},
         NULL},
    };
    CHECK_ROWS(rows);
}

#define PROFILE_FILES                                                                              \
    {"foo-a.yml", "k=1"}, {"foo-b.yml", "k=1"}, {"foo-c.yml", "k=1"}, {"foo-x.yml", "k=1"},        \
        {"foo-y.yml", "k=1"},                                                                      \
    {                                                                                              \
        "foo-dev.yml", "k=1"                                                                       \
    }

static void includes_and_groups(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"inc/x",
         "inc-more.yml inc.yml",
         {{"inc.yml", "INCLUDE=more"}, {"inc-more.yml", "k=1"}},
         NULL},
        {"inc/default", "inc.yml", {{"inc.yml", "INCLUDE=more"}, {"inc-more.yml", "k=1"}}, NULL},
        {"inc/DeFault,x", "inc.yml", {{"inc.yml", "INCLUDE=more"}, {"inc-more.yml", "k=1"}}, NULL},
        {"inc/", "inc.yml", {{"inc.yml", "INCLUDE=more"}, {"inc-more.yml", "k=1"}}, NULL},
        /* what the strongest document includes comes first, and so is the weakest */
        {"foo/x,y",
         "foo-a.yml foo-c.yml foo-b.yml foo-dev.yml foo-y.yml foo-x.yml foo.yml#1 foo.yml#0 "
         "application.yml",
         {{"foo.yml", "INCLUDE=b+c|INCLUDE=dev"}, {"application.yml", "INCLUDE=a"}, PROFILE_FILES},
         NULL},
        {"foo/dev,y",
         "foo-x.yml foo-y.yml foo-dev.yml foo.yml",
         {{"foo.yml", "INCLUDE=dev+x"}, PROFILE_FILES},
         NULL},
        {"foo/dev", "foo-dev.yml foo.yml", {{"foo.yml", "INCLUDE=;ACTIVE=a"}, PROFILE_FILES}, NULL},
        /* included profiles count in conditions */
        {"foo/y",
         "foo-x.yml foo-y.yml foo.yml#1 foo.yml#0",
         {{"foo.yml", "INCLUDE=x|ON=x"}, PROFILE_FILES},
         NULL},
        /* groups, each right behind its name */
        {"foo/y",
         "foo-b.yml foo-c.yml foo-a.yml foo-x.yml foo-y.yml foo.yml",
         {{"foo.yml", "INCLUDE=x;GROUP:x=a+b;GROUP:a=x+c"}, PROFILE_FILES},
         NULL},
        {"foo/x",
         "foo-b.yml foo-c.yml foo-a.yml foo-x.yml foo.yml",
         {{"foo.yml", "INCLUDE=x;GROUP:x=a+b;GROUP:a=x+c"}, PROFILE_FILES},
         NULL},
        {"foo/a,y",
         "foo-y.yml foo-c.yml foo-b.yml foo-x.yml foo-a.yml foo.yml",
         {{"foo.yml", "INCLUDE=x;GROUP:x=a+b;GROUP:a=x+c"}, PROFILE_FILES},
         NULL},
        /* the strongest document with a group says what is in it */
        {"foo/x,y",
         "foo-c.yml foo-y.yml foo-a.yml foo-x.yml foo.yml application.yml",
         {{"foo.yml", "GROUP:x=a"}, {"application.yml", "GROUP:x=b+c;GROUP:y=c"}, PROFILE_FILES},
         NULL},
        /* groups count in documents whose condition does not hold, too */
        {"foo/dev,x",
         "foo-a.yml foo-x.yml foo-dev.yml foo.yml#1 foo.yml#0",
         {{"foo.yml", "GROUP:x=b|ON=dev;GROUP:x=a"}, PROFILE_FILES},
         NULL},
        {"foo/x",
         "foo-a.yml foo-x.yml foo.yml#0",
         {{"foo.yml", "GROUP:x=b|ON=dev;GROUP:x=a"}, PROFILE_FILES},
         NULL},
        {"foo/x",
         "foo-a.yml foo-x.yml foo.yml#0",
         {{"foo.yml", "k=1|CLOUD=k;GROUP:x=a"}, PROFILE_FILES},
         NULL},
        {"foo/default", "foo.yml", {{"foo.yml", "GROUP:default=a"}, PROFILE_FILES}, NULL},
        {"foo/x", "foo-x.yml foo.yml", {{"foo.yml", "GROUP:x="}, PROFILE_FILES}, NULL},
        /* a profile file is too late to add any */
        {"foo/dev", "foo-dev.yml", {{"foo-dev.yml", "GROUP:dev=a"}, {"foo-a.yml", "k=1"}}, NULL},
    };
    CHECK_ROWS(rows);
}

static void broken_rules(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"foo/default", "!corrupt foo.yml:2", {{"foo.yml", "z=1;LEGACY=dev"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "LEGACY=dev"}}, NULL},
        {"foo/dev",
         "!corrupt foo.yml:2",
         {{"foo.yml", "a=1|ON=zz;b=1;LEGACY=q|z=1;LEGACY=q"}},
         NULL},
        {"foo/dev", "!corrupt foo-dev.yml:1", {{"foo-dev.yml", "ACTIVE=x"}}, NULL},
        {"foo/dev", "!corrupt foo-dev.yml:1", {{"foo-dev.yml", "INCLUDE=x"}}, NULL},
        {"foo/dev", "!corrupt foo-dev.yml:1", {{"foo-dev.yml", "DEFAULT=x"}}, NULL},
        {"foo/dev", "!corrupt foo-dev.yml:1", {{"foo-dev.yml", "a=1|ON=qa;INCLUDE=z"}}, NULL},
        {"foo/default,dev", "foo-dev.yml", {{"foo-dev.yml", "DEFAULT=x"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "a=1|ON=dev;INCLUDE=more"}}, NULL},
        {"foo/x", "!corrupt foo.yml:1", {{"foo.yml", "a=1|ON=dev;INCLUDE=more"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "a=1|ON=dev;INCLUDE="}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "a=1|CLOUD=k;INCLUDE=q"}}, NULL},
        {"foo/default", "foo.yml#0", {{"foo.yml", "a=1|ON=dev;INCLUDE=more"}}, NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "ON=;INCLUDE=more"}}, NULL},
        {"foo/dev", "foo.yml#1 foo.yml#0", {{"foo.yml", "a=1|ON=dev;ACTIVE=a;DEFAULT=b"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "INCLUDE=x y"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "INCLUDE=../x"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "INCLUDE=x++y"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "INCLUDE=-x"}}, NULL},
        {"foo/dev", "!corrupt foo.yml:1", {{"foo.yml", "GROUP:never=bad name"}}, NULL},
        {"foo/default", "foo.yml", {{"foo.yml", "GROUP:never=bad name;INCLUDE=-"}}, NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "INCLUDE=d\xc3\xa9v"}}, NULL},
        /* an imported profile file is a profile file; a plain file imported by one is not */
        {"foo/dev",
         "!corrupt x-dev.yml:1",
         {{"foo-dev.yml", "IMPORT=x.yml"}, {"x.yml", "k=x"}, {"x-dev.yml", "INCLUDE=z"}},
         NULL},
        {"foo/dev",
         "x.yml foo-dev.yml",
         {{"foo-dev.yml", "IMPORT=x.yml"}, {"x.yml", "INCLUDE=z"}, {"foo-z.yml", "k=z"}},
         NULL},
        {"foo/dev",
         "x.yml#1 x.yml#0 foo-dev.yml",
         {{"foo-dev.yml", "IMPORT=x.yml"}, {"x.yml", "k=0|ON=dev;INCLUDE=z"}},
         NULL},
    };
    CHECK_ROWS(rows);
}

static void imports(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"foo/default",
         "other.yml foo.yml",
         {{"foo.yml", "IMPORT=other.yml"}, {"other.yml", "k=o"}, {"other-dev.yml", "k=d"}},
         NULL},
        /* an imported profile file beats the profile files beside the importing one */
        {"foo/dev",
         "other-dev.yml foo-dev.yml application-dev.yml other.yml foo.yml",
         {{"foo.yml", "IMPORT=other.yml"},
          {"other.yml", "k=o"},
          {"other-dev.yml", "k=d"},
          {"foo-dev.yml", "k=d"},
          {"application-dev.yml", "k=d"}},
         NULL},
        {"foo/dev",
         "b-dev.yml a-dev.yml foo-dev.yml foo.yml#1 b.yml a.yml#1 a.yml#0 foo.yml#0",
         {{"foo.yml", "IMPORT=a.yml+b.yml|k=d1"},
          {"a.yml", "k=a|k=a1"},
          {"b.yml", "k=b"},
          {"a-dev.yml", "k=d"},
          {"b-dev.yml", "k=d"},
          {"foo-dev.yml", "k=d"}},
         NULL},
        /* directories, and files below them */
        {"foo/dev",
         "dir/foo-dev.yml dir/foo.yml dir/application.yml foo.yml",
         {{"foo.yml", "IMPORT=dir/"},
          {"dir/foo.yml", "k=1"},
          {"dir/application.yml", "k=1"},
          {"dir/foo-dev.yml", "k=1"},
          {"dir/x.yml", "k=1"}},
         NULL},
        /* a file that is found already stays where it is */
        {"foo/dev",
         "two/foo-dev.yml two/foo.yml two/application.yml foo.yml",
         {{"foo.yml", "IMPORT=two/"},
          {"two/foo.yml", "k=1"},
          {"two/application.yml", "k=1"},
          {"two/foo-dev.yml", "k=1"}},
         NULL},
        {"foo/dev",
         "two/x-dev.yml two/x.yml#1 two/x.yml#0 foo.yml",
         {{"foo.yml", "IMPORT=two/x.yml"}, {"two/x.yml", "k=x|k=y"}, {"two/x-dev.yml", "k=d"}},
         NULL},
        {"foo/dev",
         "foo.yml application.yml",
         {{"foo.yml", "IMPORT=application.yml"}, {"application.yml", "k=1"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=foo.yml"}}, NULL},
        {"foo/dev",
         "x.yml foo.yml",
         {{"foo.yml", "IMPORT=x.yml"}, {"x.yml", "IMPORT=foo.yml"}},
         NULL},
        {"foo/dev",
         "a.yml foo.yml#1 foo.yml#0",
         {{"foo.yml", "IMPORT=a.yml|IMPORT=a.yml"}, {"a.yml", "k=a"}},
         NULL},
        /* the strongest importer gets the file */
        {"foo/dev",
         "x.yml two/foo.yml foo.yml",
         {{"foo.yml", "IMPORT=x.yml"}, {"two/foo.yml", "IMPORT=../x.yml"}, {"x.yml", "k=x"}},
         NULL},
        /* from a profile file, and from a conditional document */
        {"foo/dev",
         "x-dev.yml x.yml foo-dev.yml foo.yml",
         {{"foo-dev.yml", "IMPORT=x.yml"},
          {"x.yml", "k=x"},
          {"x-dev.yml", "k=d"},
          {"foo.yml", "k=1"}},
         NULL},
        {"foo/dev",
         "x-dev.yml foo-dev.yml x.yml foo.yml#1 foo.yml#0",
         {{"foo.yml", "k=1|ON=dev;IMPORT=x.yml"},
          {"x.yml", "k=x"},
          {"x-dev.yml", "k=d"},
          {"foo-dev.yml", "k=d"}},
         NULL},
        {"foo/qa", "foo.yml#0", {{"foo.yml", "k=1|ON=dev;IMPORT=x.yml"}, {"x.yml", "k=x"}}, NULL},
        /* chains: profile files rise one step */
        {"foo/dev",
         "a-dev.yml foo-dev.yml b-dev.yml b.yml a.yml foo.yml",
         {{"foo.yml", "IMPORT=a.yml"},
          {"a.yml", "IMPORT=b.yml"},
          {"b.yml", "k=b"},
          {"a-dev.yml", "k=d"},
          {"b-dev.yml", "k=d"},
          {"foo-dev.yml", "k=d"}},
         NULL},
        {"foo/dev,qa",
         "a-dev.yml b-dev.yml foo-dev.yml a.yml foo.yml b.yml application.yml",
         {{"foo.yml", "IMPORT=a.yml"},
          {"application.yml", "IMPORT=b.yml"},
          {"a.yml", "k=a"},
          {"b.yml", "k=b"},
          {"a-dev.yml", "k=d"},
          {"b-dev.yml", "k=d"},
          {"foo-dev.yml", "k=d"}},
         NULL},
        {"foo/dev",
         "x/y/foo.yml x/foo.yml foo.yml",
         {{"foo.yml", "IMPORT=x/"}, {"x/foo.yml", "IMPORT=y/"}, {"x/y/foo.yml", "k=1"}},
         NULL},
        /* imported files include profiles and have groups */
        {"foo/dev",
         "x-inc.yml foo-inc.yml x.yml foo.yml",
         {{"foo.yml", "IMPORT=x.yml"},
          {"x.yml", "INCLUDE=inc"},
          {"foo-inc.yml", "k=1"},
          {"x-inc.yml", "k=1"}},
         NULL},
        {"foo/dev",
         "foo-inc.yml dir/x.yml foo.yml",
         {{"foo.yml", "IMPORT=dir/x.yml"}, {"dir/x.yml", "INCLUDE=inc"}, {"foo-inc.yml", "k=1"}},
         NULL},
        /* ways to write them */
        {"foo/dev",
         "x.yml foo.yml",
         {{"foo.yml", "IMPORT=optional:x.yml"}, {"x.yml", "k=x"}},
         NULL},
        {"foo/dev",
         "x.yml foo.yml",
         {{"foo.yml", "IMPORT=resource:x.yml"}, {"x.yml", "k=x"}},
         NULL},
        {"foo/dev",
         "x-dev x foo.yml",
         {{"foo.yml", "IMPORT=x[.yaml]"}, {"x", "k=x"}, {"x-dev", "k=d"}, {"x.yaml", "k=no"}},
         NULL},
        {"foo/dev",
         "y.yml x.yml foo.yml",
         {{"foo.yml", "IMPORT=two/../x.yml+./y.yml"}, {"x.yml", "k=x"}, {"y.yml", "k=y"}},
         NULL},
        {"foo/dev",
         "b.yml a.yml foo.yml",
         {{"foo.yml", "IMPORT=a.yml+b.yml+"}, {"a.yml", "k=a"}, {"b.yml", "k=b"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=./"}}, NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=a.yml"}, {"a.yml", ""}}, NULL},
        {"foo/dev",
         "!corrupt foo.yml:2",
         {{"foo.yml", "a=1;IMPORT=noext"}, {"noext", "k=x"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=optional:noext"}, {"noext", "k=x"}}, NULL},
        /* absolute paths, of plain folders */
        {"foo/dev",
         "/c/x.yml /c/foo.yml",
         {{"/c/foo.yml", "IMPORT=/c/x.yml"}, {"/c/x.yml", "k=x"}},
         "/c/"},
        {"foo/dev",
         "/c/sub/x-dev.yml /c/sub/x.yml /c/foo.yml",
         {{"/c/foo.yml", "IMPORT=sub/x.yml"}, {"/c/sub/x.yml", "k=x"}, {"/c/sub/x-dev.yml", "k=d"}},
         "/c/"},
    };
    CHECK_ROWS(rows);
}

/* Data and nothing else: the paths are there, and are not asked for. */
static void imports_not_followed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=missing.yml"}}, NULL},
        {"foo/dev",
         "foo.yml",
         {{"foo.yml", "IMPORT=../x.yml"}, {"x.yml", "k=x"}, {"../x.yml", "k=x"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=two/../../x.yml"}, {"x.yml", "k=x"}}, NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=file:x.yml"}, {"x.yml", "k=x"}}, NULL},
        {"foo/dev",
         "foo.yml",
         {{"foo.yml", "IMPORT=http://localhost:1/x.yml"}, {"x.yml", "k=x"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=configserver:"}}, NULL},
        {"foo/dev",
         "foo.yml",
         {{"foo.yml", "IMPORT=classpath:/x.yml+classpath*:x.yml"}, {"x.yml", "k=x"}},
         NULL},
        {"foo/dev",
         "foo.yml",
         {{"foo.yml", "IMPORT=/x.yml"}, {"/x.yml", "k=x"}, {"x.yml", "k=x"}},
         NULL},
        {"foo/dev", "foo.yml", {{"foo.yml", "IMPORT=*/"}, {"a/foo.yml", "k=x"}}, NULL},
        {"foo/dev",
         "/c/foo.yml",
         {{"/c/foo.yml", "IMPORT=../x.yml+/x.yml+/c2/x.yml+/c/../x.yml"},
          {"/x.yml", "k=x"},
          {"/c2/x.yml", "k=x"}},
         "/c/"},
    };
    CHECK_ROWS(rows);
}

static void names_of_places(void **state)
{
    static const char *const files[][2] = {
        {"foo.yml", "IMPORT=optional:${d}x.yml+./y/;d=dir/"},
        {"dir/x.yml", "k=1|k=2"},
        {"y/foo.yml", "k=1"},
        {"two/foo-dev.yml", "k=1"},
        {NULL, NULL},
    };
    struct loader loader = {.arena = *state, .files = files};
    assert_string_equal(select_with(&loader, "foo", "dev", ",two/", true),
                        "two/foo-dev.yml@two/ y/foo.yml@./y/ dir/x.yml#1@optional:dir/x.yml "
                        "dir/x.yml#0@optional:dir/x.yml foo.yml@");
}

/* Places that one import groups share their profiles' order. */
static void grouped_imports(void **state)
{
    struct cfg_str import = CFG_STR("a.yml;b.yml");
    struct cfg_control control = {.imports = {&import, 1}, .line = 1};
    struct cfg_document importing = {.control = &control};
    static const char *const files[][2] = {
        {"foo.yml", ""},    {"a.yml", "k=1"},   {"b.yml", "k=1"},   {"a-x.yml", "k=1"},
        {"b-x.yml", "k=1"}, {"a-y.yml", "k=1"}, {"b-y.yml", "k=1"}, {NULL, NULL},
    };
    struct loader loader = {.arena = *state, .files = files};
    loader.parsed[0] = (struct cfg_file){&importing, 1};
    loader.known[0] = true;
    assert_string_equal(select_with(&loader, "foo", "x,y", "", false),
                        "b-y.yml a-y.yml b-x.yml a-x.yml b.yml a.yml foo.yml");
}

static void a_broken_file(void **state)
{
    static const char *const files[][2] = {{"foo.yml", "IMPORT=x.yml"}, {NULL, NULL}};
    struct loader loader = {.arena = *state, .files = files, .broken = "x.yml"};
    assert_string_equal(select_with(&loader, "foo", "dev", "", false), "!corrupt x.yml:4");
    loader.broken = "application-dev.yml";
    assert_string_equal(select_with(&loader, "foo", "dev", "", false),
                        "!corrupt application-dev.yml:4");
    loader.broken = "application-qa.yml";
    assert_string_equal(select_with(&loader, "foo", "dev", "", false), "foo.yml");
}

static void cost(void **state)
{
    static const char *const files[][2] = {{"application.yml", "k=1"},
                                           {"foo.yml", "k=1"},
                                           {"foo-dev.yml", "k=1"},
                                           {"foo-eu.yml", "k=1"},
                                           {NULL, NULL}};
    struct loader loader = {.arena = *state, .files = files};
    assert_string_equal(select_with(&loader, "foo", "dev,eu", "", false),
                        "foo-eu.yml foo-dev.yml foo.yml application.yml");
    assert_int_equal(loader.asked, 24);
}

/* x0.yml imports x1.yml and so on; every file is there. */
static enum cfg_status
load_chain(struct cfg_str path, const struct cfg_file **out, struct cfg_err *err, void *ctx)
{
    struct loader *loader = ctx;
    struct cfg_file *file = cfg_arena_zalloc(loader->arena, 1, sizeof *file);
    struct cfg_document *document = cfg_arena_zalloc(loader->arena, 1, sizeof *document);
    struct cfg_control *control = cfg_arena_zalloc(loader->arena, 1, sizeof *control);
    struct cfg_str *import = cfg_arena_zalloc(loader->arena, 1, sizeof *import);
    unsigned number = 0;
    (void)err;
    if (!cfg_str_eq(path, CFG_STR("foo.yml")) && path.ptr[0] != 'x')
        return CFG_OK;
    for (size_t i = 1; path.ptr[0] == 'x' && path.ptr[i] >= '0' && path.ptr[i] <= '9'; i++)
        number = number * 10 + (unsigned)(path.ptr[i] - '0') + (i == path.len);
    assert_true(file && document && control && import);
    assert_true(cfg_arena_printf(loader->arena, import, "x%u.yml", number + 1));
    control->imports = (struct cfg_strs){import, 1};
    document->control = control;
    *file = (struct cfg_file){document, 1};
    *out = file;
    return CFG_OK;
}

static void endless_imports(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct loader loader = {.arena = *state};
    struct cfg_str app = CFG_STR("foo");
    struct cfg_str root = CFG_STR("");
    struct cfg_question question = {.apps = {&app, 1}};
    struct cfg_select_input input = {&question, &root, 1, load_chain, &loader};
    struct cfg_selected *items;
    size_t count;
    assert_int_equal(cfg_select(&input, *state, &items, &count, &err), CFG_TOO_LARGE);
    assert_int_equal(count, 0);
}

/* A hostile question against an empty repository ends soon, and with a status. */
static void many_names(void **state)
{
    enum { NAMES = 3000 };
    static struct cfg_str names[NAMES];
    static const char *const files[][2] = {{NULL, NULL}};
    struct cfg_err err = CFG_ERR_INIT;
    struct loader loader = {.arena = *state, .files = files};
    struct cfg_str root = CFG_STR("");
    for (size_t i = 0; i < NAMES; i++)
        assert_true(cfg_arena_printf(*state, &names[i], "n%zu", i));
    struct cfg_question question = {.apps = {names, NAMES},
                                    .profiles = {names, CFG_LIMIT_PROFILES}};
    struct cfg_select_input input = {&question, &root, 1, load, &loader};
    struct cfg_selected *items;
    size_t count;
    int64_t from = cfg_clock_ms();
    assert_int_equal(cfg_select(&input, *state, &items, &count, &err), CFG_TOO_LARGE);
    assert_true(cfg_clock_ms() - from < 5000);
    err = CFG_ERR_INIT;
    question.profiles.count = CFG_LIMIT_PROFILES;
    question.apps.count = 2;
    assert_int_equal(cfg_select(&input, *state, &items, &count, &err), CFG_OK);
    assert_int_equal(count, 0);
}

/* Control keys that compare a lot: every condition asks for a name that nobody has. */
static void costly_placeholders(void **state)
{
    enum { DOCUMENTS = 1000, PROPS = 200, CONDITIONS = 200 };
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_document *documents = cfg_arena_zalloc(arena, DOCUMENTS, sizeof *documents);
    struct cfg_prop *items = cfg_arena_zalloc(arena, PROPS, sizeof *items);
    struct cfg_str *conditions = cfg_arena_zalloc(arena, CONDITIONS, sizeof *conditions);
    assert_true(documents && items && conditions);
    for (size_t i = 0; i < PROPS; i++)
        items[i] =
            cfg_prop_make(CFG_STR("abc"), (struct cfg_value){CFG_KIND_STRING, {"", 0}}, 1, 1);
    for (size_t i = 0; i < CONDITIONS; i++)
        conditions[i] = CFG_STR("${abd}");
    struct cfg_control control = {.has_on_profile = true, .on_profile = {conditions, CONDITIONS}};
    for (size_t i = 0; i < DOCUMENTS; i++)
        documents[i] = (struct cfg_document){
            .number = (uint32_t)i, .props = {items, PROPS}, .control = i ? NULL : &control};
    static const char *const files[][2] = {{"foo.yml", ""}, {NULL, NULL}};
    struct loader loader = {.arena = arena, .files = files};
    struct cfg_str app = CFG_STR("foo");
    struct cfg_str root = CFG_STR("");
    struct cfg_question question = {.apps = {&app, 1}};
    struct cfg_select_input input = {&question, &root, 1, load, &loader};
    struct cfg_selected *out;
    size_t count;
    loader.parsed[0] = (struct cfg_file){documents, DOCUMENTS};
    loader.known[0] = true;
    assert_int_equal(cfg_select(&input, arena, &out, &count, &err), CFG_TOO_LARGE);
    assert_string_equal(err.path, "foo.yml");
}

static void arena_at_its_ceiling(void **state)
{
    static const char *const files[][2] = {
        {"foo.yml", "INCLUDE=${i};i=x;GROUP:x=y|IMPORT=d/${i}.yml"},
        {"d/x.yml", "k=1|ON=${i} & y"},
        {"foo-y.yml", "k=1"},
        {NULL, NULL}};
    struct loader loader = {.arena = *state, .files = files};
    assert_string_equal(select_with(&loader, "foo", "z", "", false),
                        "foo-y.yml d/x.yml#1 d/x.yml#0 foo.yml#1 foo.yml#0");
    struct cfg_str names[] = {CFG_STR("application"), CFG_STR("foo")};
    struct cfg_str profile = CFG_STR("z");
    struct cfg_str root = CFG_STR("");
    struct cfg_question question = {.apps = {names, 2}, .profiles = {&profile, 1}};
    struct cfg_select_input input = {&question, &root, 1, load, &loader};
    bool reached = false;
    for (size_t ceiling = 0; ceiling < 8000; ceiling += 16) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_arena small;
        struct cfg_selected *items;
        size_t count;
        cfg_arena_init(&small, ceiling, 64);
        enum cfg_status status = cfg_select(&input, &small, &items, &count, &err);
        assert_int_equal(status, err.status);
        assert_int_equal(count, status == CFG_OK ? 5 : 0);
        reached = reached || status == CFG_OK;
        cfg_arena_release(&small);
    }
    assert_true(reached);
}

static int setup(void **state)
{
    struct cfg_arena *arena = calloc(1, sizeof *arena);
    cfg_arena_init(arena, 256 << 20, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    cfg_arena_release(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(conditions),
        cmocka_unit_test(placeholders),
        cmocka_unit_test(includes_and_groups),
        cmocka_unit_test(broken_rules),
        cmocka_unit_test(imports),
        cmocka_unit_test(imports_not_followed),
        cmocka_unit_test(names_of_places),
        cmocka_unit_test(grouped_imports),
        cmocka_unit_test(a_broken_file),
        cmocka_unit_test(cost),
        cmocka_unit_test(endless_imports),
        cmocka_unit_test(many_names),
        cmocka_unit_test(costly_placeholders),
        cmocka_unit_test(arena_at_its_ceiling),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
