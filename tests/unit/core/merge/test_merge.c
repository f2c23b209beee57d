/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge: worked examples, and random sources against a slow, obvious model of the same rule.
 */
#include "core/merge/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/rand.h"

static int setup(void **state)
{
    struct cfg_arena *arena = calloc(1, sizeof *arena);
    cfg_arena_init(arena, 1 << 30, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    cfg_arena_release(*state);
    free(*state);
    return 0;
}

enum { SOURCES = 6, PROPS = 16 };

struct input {
    struct cfg_prop items[SOURCES][PROPS];
    struct cfg_props props[SOURCES];
    struct cfg_source sources[SOURCES];
    struct cfg_answer answer;
};

static void add(struct input *in, size_t source, struct cfg_str key, struct cfg_str text)
{
    struct cfg_props *props = &in->props[source];
    struct cfg_value value = {CFG_KIND_STRING, text};
    if (cfg_props_find(props, key) || props->count == PROPS)
        return;
    props->items[props->count] = cfg_prop_make(key, value, (uint32_t)props->count + 1, 2);
    props->count++;
}

static void begin(struct input *in, size_t sources)
{
    *in = (struct input){.answer = {.sources = in->sources, .count = sources}};
    for (size_t i = 0; i < SOURCES; i++) {
        in->props[i].items = in->items[i];
        in->sources[i].props = &in->props[i];
    }
}

static const char *
show(struct cfg_arena *arena, const struct cfg_merged *items, size_t count, size_t sources)
{
    struct cfg_str out = CFG_STR("");
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].rank, sources - 1 - items[i].source);
        assert_int_equal(items[i].column, 2);
        assert_true(cfg_arena_printf(arena, &out, "%.*s%.*s=%.*s@%u:%u\n", CFG_STR_ARG(out),
                                     CFG_STR_ARG(items[i].key), CFG_STR_ARG(items[i].value.text),
                                     items[i].rank, items[i].line));
    }
    return out.ptr;
}

static const char *merged(struct cfg_arena *arena, const struct input *in)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_merged *items;
    size_t count;
    assert_int_equal(cfg_merge(&in->answer, arena, &items, &count, &err), CFG_OK);
    return show(arena, items, count, in->answer.count);
}

/* "k=v k=v", strongest source first. */
static const char *merged_text(struct cfg_arena *arena, size_t count, const char *const texts[])
{
    struct input in;
    begin(&in, count);
    for (size_t i = 0; i < count; i++) {
        struct cfg_str rest = *texts[i] ? cfg_str_of(texts[i]) : CFG_STR_NONE;
        struct cfg_str pair;
        while (cfg_str_cut(&rest, ' ', &pair)) {
            size_t at = cfg_str_chr(pair, '=');
            add(&in, i, cfg_str_sub(pair, 0, at), cfg_str_sub(pair, at + 1, pair.len));
        }
    }
    return merged(arena, &in);
}

#define MERGED(...)                                                                                \
    merged_text(*state, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                    \
                (const char *[]){__VA_ARGS__})

static void examples(void **state)
{
    assert_string_equal(MERGED(""), "");
    assert_string_equal(MERGED("a=1 b=2"), "a=1@0:1\nb=2@0:2\n");
    /* the weakest source gives the order, the strongest the values */
    assert_string_equal(MERGED("b=3 c=4", "a=1 b=2"), "a=1@0:1\nb=3@1:1\nc=4@1:2\n");
    /* lists come last, and are replaced as a whole */
    assert_string_equal(MERGED("l[0]=z m.y=2", "l[0]=a l[1]=b l[2]=c m.x=1"),
                        "m.x=1@0:4\nm.y=2@1:2\nl[0]=z@1:1\n");
    assert_string_equal(MERGED("k=1", "b[0]=x a[0]=y", "a[0]=1 a[1]=2"),
                        "k=1@2:1\na[0]=y@1:2\nb[0]=x@1:1\n");
    /* what stands before the first bracket is the list, whatever the brackets hold */
    assert_string_equal(MERGED("a.b[1].d=n", "a.b[0].c=o a.b=s"), "a.b=s@0:2\na.b[1].d=n@1:1\n");
    assert_string_equal(MERGED("c[/api/**]=n", "c[/x]=o c.d=1"), "c.d=1@0:2\nc[/api/**]=n@1:1\n");
    assert_string_equal(MERGED("[1]=n", "[0]=o []=p"), "[1]=n@1:1\n");
    /* one key is left out, its relatives stay */
    assert_string_equal(MERGED("spring.profiles=dev spring.profiles.active=x spring.profiles[0]=y"),
                        "spring.profiles.active=x@0:2\nspring.profiles[0]=y@0:3\n");
    /* an empty list is a plain key and does not touch the elements */
    assert_string_equal(MERGED("l=", "l[0]=a"), "l=@1:1\nl[0]=a@0:1\n");
}

static void no_sources(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_answer answer = {0};
    struct cfg_merged *items;
    size_t count = 7;
    assert_int_equal(cfg_merge(&answer, *state, &items, &count, &err), CFG_OK);
    assert_int_equal(count, 0);
}

/* ---- the model: lists of pairs that are searched from end to end ---- */

struct model {
    struct cfg_merged items[SOURCES * PROPS];
    size_t count;
};

static struct cfg_merged item(const struct input *in, size_t source, size_t at)
{
    const struct cfg_prop *prop = &in->props[source].items[at];
    return (struct cfg_merged){.key = cfg_prop_key(prop),
                               .value = cfg_prop_value(prop),
                               .rank = (unsigned)(in->answer.count - 1 - source),
                               .source = source,
                               .line = prop->line,
                               .column = cfg_prop_column(prop)};
}

static bool same_list(struct cfg_str a, struct cfg_str b)
{
    size_t at_a = cfg_str_chr(a, '[');
    size_t at_b = cfg_str_chr(b, '[');
    return at_a < a.len && at_b < b.len &&
           cfg_str_eq(cfg_str_sub(a, 0, at_a), cfg_str_sub(b, 0, at_b));
}

static void model_plain(const struct input *in, struct model *m)
{
    for (size_t s = in->answer.count; s-- > 0;)
        for (size_t i = 0; i < in->props[s].count; i++) {
            struct cfg_merged next = item(in, s, i);
            size_t at = 0;
            if (cfg_str_chr(next.key, '[') < next.key.len ||
                cfg_str_eq(next.key, CFG_STR("spring.profiles")))
                continue;
            while (at < m->count && !cfg_str_eq(m->items[at].key, next.key))
                at++;
            m->items[at] = next;
            m->count += at == m->count;
        }
}

/* The elements that the strongest source with this list has. */
static void model_list(const struct input *in, struct cfg_str key, struct model *m)
{
    for (size_t s = 0; s < in->answer.count; s++) {
        size_t before = m->count;
        for (size_t i = 0; i < in->props[s].count; i++)
            if (same_list(cfg_prop_key(&in->props[s].items[i]), key))
                m->items[m->count++] = item(in, s, i);
        if (m->count > before)
            return;
    }
}

static void model_lists(const struct input *in, struct model *m)
{
    struct cfg_str seen[SOURCES * PROPS];
    size_t seen_count = 0;
    for (size_t s = in->answer.count; s-- > 0;)
        for (size_t i = 0; i < in->props[s].count; i++) {
            struct cfg_str key = cfg_prop_key(&in->props[s].items[i]);
            size_t at = 0;
            if (cfg_str_chr(key, '[') == key.len)
                continue;
            while (at < seen_count && !same_list(seen[at], key))
                at++;
            if (at < seen_count)
                continue;
            seen[seen_count++] = key;
            model_list(in, key, m);
        }
}

static void random_sources(void **state)
{
    static const char *const names[] = {"a", "a.b", "b", "c", "spring.profiles", ""};
    static const char *const indexes[] = {"", "", "[0]", "[1]", "[2].x", "[x]", "[0][1]"};
    static const struct cfg_str texts[] = {{"1", 1}, {"2", 1}, {"3", 1}, {"", 0}};
    const char *given = getenv("TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : cfg_rand_fresh();
    struct cfg_rand rand;
    print_message("TEST_SEED=%llu\n", (unsigned long long)seed);
    cfg_rand_seed(&rand, seed);
    for (int round = 0; round < 3000; round++) {
        struct cfg_arena arena;
        struct input in;
        struct model model = {.count = 0};
        cfg_arena_init(&arena, 16 << 20, 0);
        begin(&in, cfg_rand_below(&rand, SOURCES + 1));
        for (size_t s = 0; s < in.answer.count; s++)
            for (uint64_t k = cfg_rand_below(&rand, PROPS); k > 0; k--) {
                struct cfg_str key;
                assert_true(cfg_arena_printf(&arena, &key, "%s%s",
                                             names[cfg_rand_below(&rand, CFG_COUNT(names))],
                                             indexes[cfg_rand_below(&rand, CFG_COUNT(indexes))]));
                add(&in, s, key, texts[cfg_rand_below(&rand, CFG_COUNT(texts))]);
            }
        model_plain(&in, &model);
        model_lists(&in, &model);
        const char *want = show(&arena, model.items, model.count, in.answer.count);
        assert_string_equal(merged(&arena, &in), want);
        cfg_arena_release(&arena);
    }
    (void)state;
}

/* Quadratic work would take minutes. */
static void linear(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 200000;
    struct cfg_prop *items = cfg_arena_zalloc(arena, count, sizeof *items);
    struct cfg_value value = {CFG_KIND_STRING, CFG_STR("v")};
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        struct cfg_str key;
        assert_true(cfg_arena_printf(arena, &key, i % 2 ? "k%zu" : "l%zu[0]", i));
        items[i] = cfg_prop_make(key, value, 1, 1);
    }
    struct cfg_props props = {items, count};
    struct cfg_source sources[] = {{.props = &props}, {.props = &props}};
    struct cfg_answer answer = {.sources = sources, .count = 2};
    struct cfg_merged *out;
    size_t out_count;
    int64_t from = cfg_clock_ms();
    assert_int_equal(cfg_merge(&answer, arena, &out, &out_count, &err), CFG_OK);
    assert_int_equal(out_count, count);
    assert_true(cfg_clock_ms() - from < 10000);
}

static void arena_at_its_ceiling(void **state)
{
    struct input in;
    (void)state;
    begin(&in, 2);
    add(&in, 0, CFG_STR("a[0]"), CFG_STR("x"));
    add(&in, 0, CFG_STR("b"), CFG_STR("x"));
    add(&in, 1, CFG_STR("a[0]"), CFG_STR("y"));
    for (size_t ceiling = 0; ceiling < 1200; ceiling += 16) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_arena small;
        struct cfg_merged *out;
        size_t count;
        cfg_arena_init(&small, ceiling, 64);
        enum cfg_status status = cfg_merge(&in.answer, &small, &out, &count, &err);
        assert_int_equal(status, err.status);
        assert_int_equal(count, status == CFG_OK ? 2 : 0);
        cfg_arena_release(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(no_sources),
        cmocka_unit_test(random_sources),
        cmocka_unit_test(linear),
        cmocka_unit_test(arena_at_its_ceiling),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
