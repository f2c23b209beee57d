/* SPDX-License-Identifier: Apache-2.0 */
/* build: what is parsed once, what is kept, and when it goes. */
#include "server/snapshot/build.h"

#include "core/base/rand.h"
#include "tests/unit/server/snapshot/trees.h"

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    run("git init -q -b main '%s/r' && cd '%s/r' && mkdir sub && echo 'x: 1' > a.yml && "
        "cp a.yml sub/b.yml && cp a.yml c.yaml && cp a.yml d.properties && "
        "printf 'x: 1\\ny: [\\n' > broken.yml && cp broken.yml sub/broken.yml && "
        "head -c 16777217 /dev/zero | tr '\\0' '#' > big.yml && cp big.yml sub/big.yml && "
        "printf 'k: \"{cipher}00\"\\n---\\nl: 2\\n' > two.yml && git add . && git commit -q -m one",
        fixture->dir, fixture->dir);
    return 0;
}

/* A shelf, a store and the tree of main. */
struct shelved {
    struct cfg_shelf shelf;
    struct cfg_store *store;
    struct cfg_tree *tree;
};

static void open_shelved(struct shelved *s, void **state)
{
    cfg_shelf_init(&s->shelf);
    s->store = open_repo(*state, "r");
    s->tree = tree_at(s->store, "main");
}

static void close_shelved(struct shelved *s)
{
    assert_int_equal(s->shelf.parsed.count, 0); /* the shelf itself holds nothing */
    cfg_shelf_release(&s->shelf);
    cfg_tree_unref(s->tree);
    cfg_store_close(s->store);
}

static struct cfg_parsed *parse(struct shelved *s, const char *path)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_parsed *parsed = NULL;

    if (cfg_shelf_parse(&s->shelf, s->store, s->tree, entry_at(s->tree, path), &parsed, &err) !=
        CFG_OK)
        fail_msg("%s", err.message);
    assert_int_equal(err.status, CFG_OK);
    assert_non_null(parsed);
    return parsed;
}

static void same_bytes_are_parsed_once(void **state)
{
    struct shelved s;
    open_shelved(&s, state);
    struct cfg_parsed *a = parse(&s, "a.yml");
    struct cfg_parsed *b = parse(&s, "sub/b.yml");
    struct cfg_parsed *properties = parse(&s, "d.properties");
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, properties); /* the same bytes read in another way */
    assert_int_equal(s.shelf.parsed.count, 2);
    assert_string_equal(text_of(&a->file, "x"), "1");
    cfg_parsed_unref(a);
    assert_string_equal(text_of(&b->file, "x"), "1"); /* held by its second name */
    cfg_parsed_unref(b);
    assert_int_equal(s.shelf.parsed.count, 1);
    cfg_parsed_unref(properties);
    close_shelved(&s);
}

static void only_what_is_held_is_found(void **state)
{
    struct shelved s;
    open_shelved(&s, state);
    const struct cfg_tree_entry *entry = entry_at(s.tree, "a.yml");
    assert_null(cfg_shelf_find(&s.shelf, entry));
    struct cfg_parsed *parsed = parse(&s, "a.yml");
    struct cfg_parsed *found = cfg_shelf_find(&s.shelf, entry);
    assert_ptr_equal(found, parsed);
    cfg_parsed_unref(cfg_parsed_ref(found));
    cfg_parsed_unref(parsed);
    cfg_parsed_unref(found);
    assert_null(cfg_shelf_find(&s.shelf, entry));
    cfg_parsed_unref(NULL);
    close_shelved(&s);
}

static void a_malformed_file_is_its_error(void **state)
{
    struct shelved s;
    open_shelved(&s, state);
    struct cfg_parsed *first = parse(&s, "broken.yml");
    struct cfg_parsed *second = parse(&s, "sub/broken.yml");
    assert_ptr_equal(first, second); /* it failed once */
    assert_int_equal(first->err.status, CFG_CORRUPT);
    assert_true(first->err.line >= 2);
    assert_string_equal(first->err.path, ""); /* the same bytes have two names */
    assert_string_equal(first->err.commit, "");
    assert_int_equal(first->file.count, 0);
    cfg_parsed_unref(first);
    cfg_parsed_unref(second);
    close_shelved(&s);
}

static void too_large_a_file_is_its_error(void **state)
{
    const struct fixture *fixture = *state;
    struct shelved s;
    open_shelved(&s, state);
    struct cfg_parsed *parsed = parse(&s, "big.yml");
    struct cfg_parsed *same = parse(&s, "sub/big.yml");
    assert_ptr_equal(parsed, same);
    assert_int_equal(parsed->err.status, CFG_TOO_LARGE);
    assert_string_equal(parsed->err.path, "");
    /* another repository may hold the same bytes */
    assert_null(strstr(parsed->err.message, fixture->dir));
    assert_non_null(strstr(parsed->err.message, "16777216"));
    cfg_parsed_unref(parsed);
    cfg_parsed_unref(same);
    close_shelved(&s);
}

static void fragments_are_rendered_but_for_ciphers(void **state)
{
    struct shelved s;
    open_shelved(&s, state);
    struct cfg_parsed *parsed = parse(&s, "two.yml");
    assert_int_equal(parsed->file.count, 2);
    assert_true(parsed->file.documents[0].has_cipher);
    assert_int_equal(parsed->file.documents[0].fragment.len, 0);
    assert_true(cfg_str_eq(parsed->file.documents[1].fragment, CFG_STR("{\"l\":2}")));
    cfg_parsed_unref(parsed);
    close_shelved(&s);
}

/* What could not be read is asked for again: it says nothing about the file. */
static void a_failed_reading_is_not_kept(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_parsed *parsed = NULL;
    struct shelved s;
    open_shelved(&s, state);
    run("cd '%s/r/.git' && mv objects aside && mkdir objects", fixture->dir);
    assert_int_not_equal(
        cfg_shelf_parse(&s.shelf, s.store, s.tree, entry_at(s.tree, "a.yml"), &parsed, &err),
        CFG_OK);
    assert_null(parsed);
    assert_int_not_equal(err.status, CFG_OK);
    assert_int_equal(s.shelf.parsed.count, 0);
    run("cd '%s/r/.git' && rmdir objects && mv aside objects", fixture->dir);
    parsed = parse(&s, "a.yml");
    assert_int_equal(parsed->err.status, CFG_OK);
    cfg_parsed_unref(parsed);
    close_shelved(&s);
}

enum { THREADS = 4, ROUNDS = 400 };

static void *parse_and_drop(void *ctx)
{
    struct shelved *s = ctx;
    static const char *const paths[] = {"a.yml", "sub/b.yml", "broken.yml", "two.yml"};
    struct cfg_parsed *held[CFG_COUNT(paths)] = {NULL};
    struct cfg_rand rand;
    cfg_rand_seed(&rand, cfg_rand_fresh());
    for (int i = 0; i < ROUNDS; i++) {
        size_t at = (size_t)cfg_rand_below(&rand, CFG_COUNT(paths));
        struct cfg_err err = CFG_ERR_INIT;
        if (held[at]) {
            cfg_parsed_unref(held[at]);
            held[at] = NULL;
        } else if (cfg_shelf_parse(&s->shelf, s->store, s->tree,
                                   cfg_tree_find(s->tree, cfg_str_of(paths[at])), &held[at],
                                   &err) != CFG_OK) {
            return (void *)"cannot parse";
        }
        if (held[0] && held[1] && held[0] != held[1])
            return (void *)"parsed twice";
    }
    for (size_t i = 0; i < CFG_COUNT(paths); i++)
        cfg_parsed_unref(held[i]);
    return NULL;
}

/* The last holder leaves while others come: nobody gets what is gone, and nothing stays. */
static void threads_come_and_go(void **state)
{
    struct shelved s;
    pthread_t threads[THREADS];
    open_shelved(&s, state);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_and_drop, &s), 0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        if (complaint)
            fail_msg("%s", (const char *)complaint);
    }
    close_shelved(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_are_parsed_once),
        cmocka_unit_test(only_what_is_held_is_found),
        cmocka_unit_test(a_malformed_file_is_its_error),
        cmocka_unit_test(too_large_a_file_is_its_error),
        cmocka_unit_test(fragments_are_rendered_but_for_ciphers),
        cmocka_unit_test(a_failed_reading_is_not_kept),
        cmocka_unit_test(threads_come_and_go),
    };
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
