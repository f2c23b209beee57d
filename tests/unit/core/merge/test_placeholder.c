/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder: every row of the table in both forms, then cycles, depth, size and work.
 */
#include "core/merge/placeholder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/model/limits.h"

static const char *const known[][2] = {
    {"x", "X"},
    {"num", "5"},
    {"em", ""},
    {"kx", "x"},
    {"a5", "nested name"},
    {"chain", "${c1}"},
    {"c1", "${c2}"},
    {"c2", "${num} c"},
    {"open", "pre ${nope} post"},
    {"open2", "${open}"},
    {"num2", "${num}${num}"},
    {"l[0]", "first"},
    {"bool", "true"},
    {"we:ird", "W"},
    {"esc1", "\\${x}"},
    {"esc2", "\\\\${x}"},
    {"half", "${x"},
    {"blank", "${ x }"},
    {"mask", "$_{x}"},
    {"self", "${self}"},
    {"self2", "${self2:default}"},
    {"cy1", "${cy2}"},
    {"cy2", "a ${cy1}"},
    {"cyd", "${nope:${cyd}}"},
    {"hop", "${${kx}}"},
};

static bool find(struct cfg_str name, struct cfg_str *out, void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < CFG_COUNT(known); i++)
        if (cfg_str_eq(name, cfg_str_of(known[i][0]))) {
            *out = cfg_str_of(known[i][1]);
            return true;
        }
    return false;
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

static void
check(struct cfg_arena *arena, enum cfg_placeholder_form form, const char *text, const char *want)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_str in = cfg_str_of(text);
    struct cfg_str out;
    bool changed;
    enum cfg_status status =
        cfg_placeholder_resolve(in, form, find, NULL, arena, &out, &changed, &err);
    if (status != CFG_OK)
        fail_msg("%s: %s", text, err.message);
    if (!cfg_str_eq(out, cfg_str_of(want)))
        fail_msg("%s (%d): \"%.*s\" instead of \"%s\"", text, (int)form, CFG_STR_ARG(out), want);
    assert_int_equal(changed, strcmp(text, want) != 0);
    if (!changed)
        assert_ptr_equal(out.ptr, in.ptr);
}

static void every_row(void **state)
{
    static const struct {
        const char *text, *value; /* value NULL: unchanged; text_form NULL: as in the value form */
        const char *text_form;
    } rows[] = {
        {"", NULL, NULL},
        {"plain", NULL, NULL},
        {"$x {x} #{x} $ { }", NULL, NULL},
        {"$", NULL, NULL},
        {"${", NULL, NULL},
        {"$${", NULL, NULL},
        {"${x}", "X", NULL},
        {"${num}", "5", NULL},
        {"${bool}", "true", NULL},
        {"pre ${x} mid ${num} post", "pre X mid 5 post", NULL},
        {"${nope}", NULL, NULL},
        {"${X}", NULL, NULL},
        {"${l}", NULL, NULL},
        {"${l[0]}", "first", NULL},
        /* defaults */
        {"${nope:def}", "def", NULL},
        {"${nope:}", "", NULL},
        {"${nope:a:b}", "a:b", NULL},
        {"${nope:http://h:80/p}", "http://h:80/p", NULL},
        {"${em:dflt}", "", NULL},
        {"[${em}]", "[]", NULL},
        {"${nope:${x}}", "X", NULL},
        {"${nope:pre ${x} post}", "pre X post", NULL},
        {"${n1:${n2:${n3:d}}}", "d", NULL},
        {"${nope:{a}}", "{a}", NULL},
        {"${nope:{}}", "{}", NULL},
        {"${nope:}}", "}", NULL},
        {"${n1:${x}:${y1}}", "X:${y1}", NULL},
        {"${:d}", "d", NULL},
        {"${ :d}", "d", NULL},
        /* names in names */
        {"${${kx}}", "X", NULL},
        {"${a${num}}", "nested name", NULL},
        {"${${nope:x}}", "X", NULL},
        {"${n${x}:d:e}", "d:e", NULL},
        {"${${x}:${x}}", "X", NULL},
        {"${a${x}z}", "${aXz}", NULL}, /* what could be resolved is */
        {"${{x}}", NULL, NULL},
        {"${hop}", "X", NULL},
        /* blanks */
        {"${ x }", "X", "${ x }"},
        {"${x :y}", "X", "y"},
        {"${ nope : z }", " z ", NULL},
        {"${ nope }", NULL, NULL},
        {"${blank}", "X", "${ x }"},
        /* escapes */
        {"\\${x}", "${x}", NULL},
        {"\\\\${x}", "${x}", NULL},
        {"\\\\\\${x}", "\\${x}", NULL},
        {"${nope:\\${x}}", "${x}", NULL},
        {"${\\${x}}", "${${x}}", NULL},
        {"\\${x} ${x}", "${x} X", NULL},
        {"\\${x", "${x", NULL},
        {"$\\{x}", NULL, NULL},
        {"a\\b${x}", "a\\bX", NULL},
        {"$_{x}", "${x}", NULL},
        {"$_{x", "${x", NULL},
        {"${nope:$_{x}}", "${x}", NULL},
        {"${mask}", "${x}", NULL},
        {"${esc1}", "${x}", NULL},
        {"${esc2}", "\\${x}", NULL},
        /* dollars and braces */
        {"$${x}", "$X", NULL},
        {"$$${x}", "$$X", NULL},
        {"${x", NULL, NULL},
        {"${}", NULL, NULL},
        {"${}${x}", "${}X", NULL},
        {"${x}}", "X}", NULL},
        {"${x}${x", "X${x", NULL},
        {"${x ${num} ${x}", "${x 5 X", NULL},
        {"${x:${x", NULL, NULL},
        {"${a {b ${x} c", "${a {b X c", NULL},
        {"${x\nsecond ${x} }", "${x\nsecond X }", NULL},
        {"${half}", "${x", NULL},
        {"${x\\}", NULL, NULL},
        /* the separator */
        {"${we:ird}", "W", NULL},
        {"${we\\:ird}", "ird", "W"},
        {"${nope\\:k:dflt}", "k:dflt", "dflt"},
        {"${nope\\:k}", "k", "${nope:k}"},
        {"${n1:\\:}", "\\:", NULL},
        {"a\\:b", NULL, NULL},
        /* values that lead on */
        {"${chain}", "5 c", NULL},
        {"${num2}", "55", NULL},
        {"${open}", "pre ${nope} post", NULL},
        {"${open2}", "pre ${nope} post", NULL},
        {"${open2:dflt}", "pre ${nope} post", NULL},
        {"{\"json\": \"${x}\"}", "{\"json\": \"X\"}", NULL},
        {"${x}\n${num}", "X\n5", NULL},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        const char *value = rows[i].value ? rows[i].value : rows[i].text;
        check(*state, CFG_PLACEHOLDER_VALUE, rows[i].text, value);
        check(*state, CFG_PLACEHOLDER_TEXT, rows[i].text,
              rows[i].text_form ? rows[i].text_form : value);
    }
}

/* A file as it is served, with placeholders that never close. */
static void a_plain_file(void **state)
{
    check(*state, CFG_PLACEHOLDER_TEXT,
          "x=${x} esc=\\${x} dbl=\\\\${x} dd=$${x} nope=${nope} d=${nope:def} em=[${em:dflt}] "
          "sp=[${ x }] [${x :y}] [${ nope : z }] chain=${chain} unclosed=${x\nsecond ${x} } "
          "$_{x} {x} #{x}\n",
          "x=X esc=${x} dbl=${x} dd=$X nope=${nope} d=def em=[] sp=[${ x }] [y] [ z ] chain=5 c "
          "unclosed=${x\nsecond X } ${x} {x} #{x}\n");
}

static void cycles(void **state)
{
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"${self}", "\"self\""},
        {"${self2}", "\"self2\""},
        {"${self2:default}", "\"self2\""},
        {"${cy1}", "\"cy1\""},
        {"${cyd}", "\"cyd\""},
        {"x ${nope:${cy2}}", "\"cy2\""},
        {"${${nope:self}}", "\"self\""},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++)
        for (int form = CFG_PLACEHOLDER_VALUE; form <= CFG_PLACEHOLDER_TEXT; form++) {
            struct cfg_err err = CFG_ERR_INIT;
            struct cfg_str out;
            bool changed;
            assert_int_equal(cfg_placeholder_resolve(cfg_str_of(rows[i].text),
                                                     (enum cfg_placeholder_form)form, find, NULL,
                                                     *state, &out, &changed, &err),
                             CFG_INVALID);
            assert_int_equal(err.status, CFG_INVALID);
            assert_non_null(strstr(err.message, rows[i].names));
            assert_false(changed);
            assert_int_equal(out.len, 0);
        }
}

/* "${k1}", "${k1}${k1}" …: each name leads to the next one, `width` times. */
struct ladder {
    struct cfg_arena *arena;
    unsigned steps, width;
    const char *end;
};

static bool climb(struct cfg_str name, struct cfg_str *out, void *ctx)
{
    const struct ladder *ladder = ctx;
    unsigned step = 0;
    if (name.len < 2 || name.ptr[0] != 'k')
        return false;
    for (size_t i = 1; i < name.len; i++)
        step = step * 10 + (unsigned)(name.ptr[i] - '0');
    *out = cfg_str_of(step < ladder->steps ? "" : ladder->end);
    for (unsigned i = 0; step < ladder->steps && i < ladder->width; i++)
        assert_true(
            cfg_arena_printf(ladder->arena, out, "%.*s${k%u}", CFG_STR_ARG(*out), step + 1));
    return true;
}

static enum cfg_status climb_from(
    struct cfg_arena *arena, unsigned steps, unsigned width, const char *end, struct cfg_str *out)
{
    struct ladder ladder = {arena, steps, width, end};
    struct cfg_err err = CFG_ERR_INIT;
    bool changed;
    int64_t from = cfg_clock_ms();
    enum cfg_status status = cfg_placeholder_resolve(CFG_STR("${k1}"), CFG_PLACEHOLDER_VALUE, climb,
                                                     &ladder, arena, out, &changed, &err);
    assert_int_equal(status, err.status);
    assert_true(cfg_clock_ms() - from < 5000);
    return status;
}

static void depth(void **state)
{
    struct cfg_str out;
    assert_int_equal(climb_from(*state, CFG_LIMIT_PLACEHOLDER_DEPTH, 1, "end", &out), CFG_OK);
    assert_true(cfg_str_eq(out, CFG_STR("end")));
    assert_int_equal(climb_from(*state, CFG_LIMIT_PLACEHOLDER_DEPTH + 1, 1, "end", &out),
                     CFG_TOO_LARGE);
    assert_int_equal(out.len, 0);
}

static void doubling(void **state)
{
    struct cfg_str out;
    assert_int_equal(climb_from(*state, 8, 2, "x", &out), CFG_OK);
    assert_int_equal(out.len, 128);
    /* 2^15 of them, of nothing and of much */
    assert_int_equal(climb_from(*state, 16, 2, "", &out), CFG_TOO_LARGE);
    assert_int_equal(climb_from(*state, 16, 2, "0123456789abcdef0123456789abcdef", &out),
                     CFG_TOO_LARGE);
    assert_int_equal(climb_from(*state, 12, 9, "x", &out), CFG_TOO_LARGE);
}

static enum cfg_status
resolve_text(struct cfg_arena *arena, struct cfg_str text, struct cfg_str *out)
{
    struct cfg_err err = CFG_ERR_INIT;
    bool changed;
    int64_t from = cfg_clock_ms();
    enum cfg_status status =
        cfg_placeholder_resolve(text, CFG_PLACEHOLDER_TEXT, find, NULL, arena, out, &changed, &err);
    assert_true(cfg_clock_ms() - from < 5000);
    return status;
}

static struct cfg_str repeated(struct cfg_arena *arena, const char *piece, size_t times)
{
    size_t len = strlen(piece);
    char *text = cfg_arena_alloc(arena, len * times);
    assert_non_null(text);
    for (size_t i = 0; i < len * times; i++)
        text[i] = piece[i % len];
    return cfg_str_make(text, len * times);
}

/* Long texts stay linear, and are not refused for their length. */
static void long_texts(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_str out;
    struct cfg_str text = repeated(arena, "${", 200000);
    assert_int_equal(resolve_text(arena, text, &out), CFG_OK);
    assert_true(cfg_str_eq(out, text));
    text = repeated(arena, "${x} ", 200000);
    assert_int_equal(resolve_text(arena, text, &out), CFG_OK);
    assert_int_equal(out.len, 400000);
    text = repeated(arena, "${ unclosed ${x} ", 20000);
    assert_int_equal(resolve_text(arena, text, &out), CFG_OK);
    assert_int_equal(out.len, text.len - 3 * 20000);
    text = repeated(arena, "{${nope:y}}", 100000);
    assert_int_equal(resolve_text(arena, text, &out), CFG_OK);
    assert_int_equal(out.len, 300000);
    /* one name as long as the text that only looks like one */
    text = repeated(arena, "x", 100000);
    ((char *)(uintptr_t)text.ptr)[0] = '$';
    ((char *)(uintptr_t)text.ptr)[1] = '{';
    ((char *)(uintptr_t)text.ptr)[text.len - 1] = '}';
    assert_int_equal(resolve_text(arena, text, &out), CFG_OK);
    assert_ptr_equal(out.ptr, text.ptr);
}

static void deep_nesting(void **state)
{
    struct cfg_arena *arena = *state;
    struct cfg_str out;
    struct cfg_str text;
    struct cfg_str head = repeated(arena, "${a:", 20);
    struct cfg_str tail = repeated(arena, "}", 20);
    assert_true(cfg_arena_printf(arena, &text, "%.*sx%.*s", CFG_STR_ARG(head), CFG_STR_ARG(tail)));
    assert_int_equal(resolve_text(arena, text, &out), CFG_OK);
    assert_true(cfg_str_eq(out, CFG_STR("x")));
    head = repeated(arena, "${", 20000);
    tail = repeated(arena, "}", 20000);
    assert_true(cfg_arena_printf(arena, &text, "%.*sx%.*s", CFG_STR_ARG(head), CFG_STR_ARG(tail)));
    assert_int_equal(resolve_text(arena, text, &out), CFG_TOO_LARGE);
}

static void look_up_in_an_answer(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_arena arena;
    struct cfg_value one = {CFG_KIND_INT, CFG_STR("1")};
    struct cfg_value two = {CFG_KIND_STRING, CFG_STR("two")};
    struct cfg_prop strong[] = {cfg_prop_make(CFG_STR("a"), one, 1, 1)};
    struct cfg_prop weak[] = {cfg_prop_make(CFG_STR("a"), two, 1, 1),
                              cfg_prop_make(CFG_STR("l[1]"), two, 2, 1)};
    struct cfg_props props[] = {{strong, 1}, {weak, 2}};
    struct cfg_source sources[] = {{.props = &props[0]}, {.props = &props[1]}};
    struct cfg_answer answer = {.sources = sources, .count = 2};
    struct cfg_str out;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    {
        /* gone before the arena is */
        struct cfg_placeholder_index index;
        assert_int_equal(cfg_placeholder_index(&index, &answer, &arena, &err), CFG_OK);
        assert_true(cfg_placeholder_index_find(CFG_STR("a"), &out, &index));
        assert_true(cfg_str_eq(out, CFG_STR("1")));
        assert_true(cfg_placeholder_index_find(CFG_STR("l[1]"), &out, &index));
        assert_true(cfg_str_eq(out, CFG_STR("two")));
        assert_false(cfg_placeholder_index_find(CFG_STR("A"), &out, &index));
        assert_false(cfg_placeholder_index_find(CFG_STR("l"), &out, &index));
        answer.count = 0;
        assert_int_equal(cfg_placeholder_index(&index, &answer, &arena, &err), CFG_OK);
        assert_false(cfg_placeholder_index_find(CFG_STR("a"), &out, &index));
    }
    cfg_arena_release(&arena);
}

static void arena_at_its_ceiling(void **state)
{
    (void)state;
    for (size_t ceiling = 0; ceiling < 600; ceiling += 16) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_arena small;
        struct cfg_str out;
        bool changed;
        cfg_arena_init(&small, ceiling, 64);
        enum cfg_status status =
            cfg_placeholder_resolve(CFG_STR("${ { ${x} \\${num}"), CFG_PLACEHOLDER_TEXT, find, NULL,
                                    &small, &out, &changed, &err);
        assert_int_equal(status, err.status);
        assert_true(status == CFG_OK ? cfg_str_eq(out, CFG_STR("${ { X ${num}")) : out.len == 0);
        cfg_arena_release(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(a_plain_file),
        cmocka_unit_test(cycles),
        cmocka_unit_test(depth),
        cmocka_unit_test(doubling),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(look_up_in_an_answer),
        cmocka_unit_test(arena_at_its_ceiling),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
