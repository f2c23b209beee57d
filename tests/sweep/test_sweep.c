/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the way from bytes to bodies (parse, flatten, select, merge, nest, render) over a small repository.
 * Gives: proof that it survives the failure of each single allocation, and of every one from some point on:
 *        no crash, no leak (with AddressSanitizer), and the status no_memory with a cause.
 * Keeps: the linker sends this program's malloc, calloc and realloc here; libraries keep their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/flatten/flatten.h"
#include "core/merge/merge.h"
#include "core/merge/placeholder.h"
#include "core/merge/select.h"
#include "core/parse/parse.h"
#include "core/render/nest.h"
#include "core/render/render_env.h"
#include "core/render/render_json.h"
#include "core/render/render_properties.h"
#include "core/render/render_yaml.h"

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* The one thing that a wrapped malloc can reach. */
static struct {
    size_t seen;    /* allocations so far */
    size_t fail_at; /* the first to fail, counted from 1; 0: none */
    bool stay;      /* every later one fails too */
} failing;

static bool fails_now(void)
{
    failing.seen++;
    return failing.fail_at &&
           (failing.seen == failing.fail_at || (failing.stay && failing.seen > failing.fail_at));
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

static const struct {
    const char *path;
    const char *text;
} files[] = {
    {"application.yml", "shop: {name: Hazel, tags: [a, b], empty: [], none: ~}\n"
                        "base: &base {durable: true, prefetch: 50}\n"
                        "queue: {<<: *base, prefetch: 5}\n"
                        "---\n"
                        "spring.config.activate.on-profile: \"!prod | (dev & eu)\"\n"
                        "shop.banner: \"not real, ${shop.name:nobody}\"\n"},
    {"application.properties", "list[]=x,y\nlong=one \\\n  two\nesc=\\u00e9\n#---\nsecond=2\n"},
    {"orders.yaml", "spring.config.import: extra.yml\nspring.profiles.include: more\nweak: 1\n"},
    {"orders.xml", "<?xml version=\"1.0\"?>\n<properties><entry key=\"x.y\">v &amp; "
                   "w</entry><entry key=\"z\">1</entry></properties>\n"},
    {"orders-dev.yml",
     "text: |\n  two\n  lines\n"
     "yes: on\nhex: 0x1F\nbig: 123456789012345678901234567890\nfloat: 1e7\nbytes: !!binary "
     "aGVsbG8=\n"
     "shop.tags: [c]\nshop.name.first: H\nurl: http://${host:localhost}:${port:80}/${shop.name}\n"
     "deep: {a: {b: {c: [1, [2, {d: 3}]]}}}\n"},
    {"orders-more.yml", "more: \"a rather long text that has to be folded because it does not fit "
                        "into eighty columns\"\n"},
    {"extra.yml", "imported: true\n"},
};

enum { ARENA_BYTES = 16 << 20, BODY_BYTES = 1 << 20 };

/* What one walk holds outside the arena. */
struct walk {
    struct cfg_arena arena;
    struct cfg_file parsed[CFG_COUNT(files)];
    struct cfg_buf bodies;
};

static enum cfg_status
load(struct cfg_str path, const struct cfg_file **out, struct cfg_err *err, void *ctx)
{
    struct walk *walk = ctx;
    (void)err;
    *out = NULL;
    for (size_t i = 0; i < CFG_COUNT(files); i++) {
        if (cfg_str_eq(path, cfg_str_of(files[i].path)))
            *out = &walk->parsed[i];
    }
    return CFG_OK;
}

static enum cfg_status read_files(struct walk *walk, struct cfg_err *err)
{
    for (size_t i = 0; i < CFG_COUNT(files); i++) {
        const struct cfg_format *format = cfg_format_of(cfg_str_of(files[i].path));
        struct cfg_docs docs;
        assert_non_null(format);
        enum cfg_status status = format->parse(cfg_str_of(files[i].text), &walk->arena, &docs, err);
        if (status == CFG_OK)
            status = cfg_flatten_file(&docs, &walk->arena, &walk->parsed[i], err);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}

static enum cfg_status choose(struct walk *walk, struct cfg_answer *answer, struct cfg_err *err)
{
    static const struct cfg_str root = {"", 0};
    struct cfg_question question;
    struct cfg_selected *selected = NULL;
    size_t count = 0;
    enum cfg_status status = cfg_question_parse(&walk->arena, CFG_STR("orders"), CFG_STR("dev,eu"),
                                                CFG_STR("feature(_)x"), true, &question, err);
    if (status != CFG_OK)
        return status;
    struct cfg_select_input input = {.question = &question,
                                     .locations = &root,
                                     .location_count = 1,
                                     .load = load,
                                     .load_ctx = walk};
    status = cfg_select(&input, &walk->arena, &selected, &count, err);
    if (status != CFG_OK)
        return status;
    assert_int_equal(count, 9);

    *answer = (struct cfg_answer){.name = question.name,
                                  .profiles = question.profiles_text,
                                  .label = question.label,
                                  .has_label = question.has_label};
    answer->sources = cfg_arena_zalloc(&walk->arena, count, sizeof(*answer->sources));
    if (!answer->sources)
        return cfg_arena_fail(&walk->arena, err);
    for (size_t i = 0; i < count; i++) {
        answer->sources[i].name = selected[i].path;
        answer->sources[i].props = &selected[i].document->props;
        answer->sources[i].plain_from = SIZE_MAX;
    }
    answer->count = count;
    return CFG_OK;
}

static enum cfg_status resolve(struct walk *walk,
                               const struct cfg_answer *answer,
                               struct cfg_merged *items,
                               size_t count,
                               struct cfg_err *err)
{
    struct cfg_placeholder_index index;
    enum cfg_status status = cfg_placeholder_index(&index, answer, &walk->arena, err);
    for (size_t i = 0; i < count && status == CFG_OK; i++) {
        bool changed = false;
        status = cfg_placeholder_resolve(items[i].value.text, CFG_PLACEHOLDER_VALUE,
                                         cfg_placeholder_index_find, &index, &walk->arena,
                                         &items[i].value.text, &changed, err);
    }
    return status;
}

static enum cfg_status write_bodies(struct walk *walk,
                                    const struct cfg_answer *answer,
                                    const struct cfg_merged *items,
                                    size_t count,
                                    struct cfg_err *err)
{
    struct cfg_node *root = NULL;
    struct cfg_hash128 hash;
    enum cfg_status status = cfg_nest(items, count, &walk->arena, &root, err);
    if (status != CFG_OK)
        return status;
    cfg_render_json(root, &walk->bodies);
    status = cfg_render_yaml(root, true, &walk->bodies, err);
    if (status != CFG_OK)
        return status;
    cfg_render_properties(items, count, &walk->bodies);
    cfg_render_env(answer, CFG_ENV_V1, &walk->bodies);
    cfg_render_env(answer, CFG_ENV_V2, &walk->bodies);
    for (size_t i = 0; i < answer->count; i++)
        cfg_render_fragment(answer->sources[i].props, &walk->bodies, &hash);
    status = cfg_render_env_hash(answer, &hash, err);
    return status == CFG_OK ? cfg_buf_end(&walk->bodies, "the bodies", err) : status;
}

static enum cfg_status corridor(struct walk *walk, struct cfg_err *err)
{
    struct cfg_answer answer;
    struct cfg_merged *items = NULL;
    size_t count = 0;

    enum cfg_status status = read_files(walk, err);
    if (status == CFG_OK)
        status = choose(walk, &answer, err);
    if (status == CFG_OK)
        status = cfg_merge(&answer, &walk->arena, &items, &count, err);
    if (status == CFG_OK)
        status = resolve(walk, &answer, items, count, err);
    if (status == CFG_OK)
        status = write_bodies(walk, &answer, items, count, err);
    return status;
}

/* One walk with the given allocation failing; gives its bodies when it went well (free() them). */
static enum cfg_status
walk_once(size_t fail_at, bool stay, char **out, size_t *out_len, struct cfg_err *err)
{
    struct walk walk = {0};
    *err = CFG_ERR_INIT;
    *out = NULL;
    *out_len = 0;
    cfg_arena_init(&walk.arena, ARENA_BYTES, 0);
    cfg_buf_init(&walk.bodies, BODY_BYTES);
    failing.seen = 0;
    failing.fail_at = fail_at;
    failing.stay = stay;
    enum cfg_status status = corridor(&walk, err);
    failing.fail_at = 0;
    if (status == CFG_OK)
        *out = cfg_buf_take(&walk.bodies, out_len);
    cfg_buf_release(&walk.bodies);
    cfg_arena_release(&walk.arena);
    return status;
}

static void sweep(bool stay)
{
    struct cfg_err err;
    size_t want_len = 0;
    char *want = NULL;
    assert_int_equal(walk_once(0, false, &want, &want_len, &err), CFG_OK);
    assert_non_null(want);
    size_t total = failing.seen;
    assert_true(total > 4);

    for (size_t n = 1; n <= total; n++) {
        size_t len = 0;
        char *bodies = NULL;
        enum cfg_status status = walk_once(n, stay, &bodies, &len, &err);
        if (status != CFG_NO_MEMORY || err.status != CFG_NO_MEMORY || !err.message[0]) {
            print_error("allocation %zu of %zu: status %d, \"%s\"\n", n, total, (int)status,
                        err.message);
        }
        assert_int_equal(status, CFG_NO_MEMORY);
        assert_int_equal(err.status, CFG_NO_MEMORY);
        assert_true(err.message[0] != '\0');
    }

    /* and nothing of all this is remembered */
    size_t len = 0;
    char *again = NULL;
    assert_int_equal(walk_once(0, false, &again, &len, &err), CFG_OK);
    assert_int_equal(len, want_len);
    assert_memory_equal(again, want, len);
    print_message("%zu allocations, %zu bytes of bodies\n", total, len);
    free(again);
    free(want);
}

static void test_each_single_allocation(void **state)
{
    (void)state;
    sweep(false);
}

static void test_every_allocation_from_one_on(void **state)
{
    (void)state;
    sweep(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_single_allocation),
        cmocka_unit_test(test_every_allocation_from_one_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
