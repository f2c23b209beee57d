/* SPDX-License-Identifier: Apache-2.0 */
/* resource: which plain file it is, and its text. */
#include "server/service/resource.h"

#include "tests/unit/server/service/serving.h"

static int start(void **state)
{
    if (fixture_start(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    run("git init -q -b main '%s/r' && cd '%s/r' && mkdir -p sub lab && "
        "for f in n.txt n-dev.txt n-prod.txt plain plain-dev sub/s.txt sub/n.txt lab/n.txt "
        "only-dev.txt META-INF.txt a.tar-dev.gz a.tar.gz; do printf '%%s' $f > $f; done && "
        "printf 'v: 7\\n' > application.yml && printf 'x=${v} ${none:d} \\\\${v}' > holes.txt && "
        "ln -s n.txt link.txt && ln -s /etc/passwd passwd && ln -s . here && "
        "git add . && git commit -q -m one && mkdir -p '%s/n/lab' && printf root > '%s/n/n.txt' && "
        "printf lab > '%s/n/lab/n.txt' && printf 'v: 8\\n' > '%s/n/application.yml'",
        fixture->dir, fixture->dir, fixture->dir, fixture->dir, fixture->dir, fixture->dir);
    return 0;
}

static void serve(struct serving *s, void **state)
{
    serving_init(s, state);
    serving_add_git(s, "r");
    serving_start(s);
}

static struct cfg_ask file(enum cfg_form form, const char *profiles, const char *path)
{
    struct cfg_ask question = serving_ask(form, "foo", profiles, "main");
    question.path = cfg_str_of(path);
    return question;
}

static void variants_of_profiles(void **state)
{
    static const char *const cases[][3] = {
        {"dev", "n.txt", "n-dev.txt"},
        {"default", "n.txt", "n.txt"},
        {"qa", "n.txt", "n.txt"},
        {"dev,prod", "n.txt", "n-dev.txt"}, /* the first profile wins */
        {"prod,dev", "n.txt", "n-prod.txt"},
        {"qa,prod", "n.txt", "n-prod.txt"},
        {"dev", "plain", "plain-dev"},
        {"dev", "sub/s.txt", "sub/s.txt"},
        {"dev", "sub//./s.txt", "sub/s.txt"},
        {"dev", "only.txt", "only-dev.txt"},
        {"dev", "a.tar.gz", "a.tar-dev.gz"},
        {"qa", "a.tar.gz", "a.tar.gz"},
        {"qa", "link.txt", "n.txt"},
        {"qa", "here/here/sub/s.txt", "sub/s.txt"},
    };
    struct serving s;
    serve(&s, state);
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_ask question = file(CFG_FORM_BINARY, cases[i][0], cases[i][1]);
        serving_expect(&s, &question, cases[i][2]);
    }
    serving_stop(&s);
}

static void what_is_no_file(void **state)
{
    static const char *const paths[] = {
        "nothing.txt", "sub",    "sub/",    "only.txt", "META-INF.txt",
        "passwd",      "n.txt/", "n.txt/x", "",         "x://n.txt"};
    struct serving s;
    serve(&s, state);
    for (size_t i = 0; i < CFG_COUNT(paths); i++) {
        struct cfg_ask question = file(CFG_FORM_BINARY, "qa", paths[i]);
        struct cfg_body *body = NULL;
        struct cfg_err err = CFG_ERR_INIT;
        enum cfg_status status = serving_try(&s, &question, &body, &err);
        if (cfg_str_eq(question.path, CFG_STR("n.txt/"))) /* a slash more or less is no matter */
            assert_int_equal(status, CFG_OK);
        else if (status != CFG_NOT_FOUND && status != CFG_INVALID)
            fail_msg("\"%s\": %s", paths[i], body ? body->bytes.ptr : err.message);
        cfg_body_unref(body);
    }
    serving_stop(&s);
}

static void text_has_its_placeholders_filled(void **state)
{
    struct serving s;
    serve(&s, state);
    struct cfg_ask question = file(CFG_FORM_TEXT, "dev", "holes.txt");
    serving_expect(&s, &question, "x=7 d ${v}");
    question.no_resolve = true;
    serving_expect(&s, &question, "x=${v} ${none:d} \\${v}");
    question = file(CFG_FORM_BINARY, "dev", "holes.txt");
    serving_expect(&s, &question, "x=${v} ${none:d} \\${v}");
    struct cfg_body *body = serving_get(&s, &question);
    assert_true(body->modified_ms == INT64_C(1700000001000)); /* the commit's */
    assert_int_equal(body->version.len, 40);
    cfg_body_unref(body);
    serving_stop(&s);
}

static void locations_in_order_or_in_reverse(void **state)
{
    struct serving s;
    serving_init(&s, state);
    struct cfg_native_options *native = serving_add_native(&s);
    struct cfg_str location = serving_text(&s, "file:%s/n", s.fixture->dir);
    native->search_locations = (struct cfg_strs){&location, 1};
    struct cfg_ask question = serving_ask(CFG_FORM_BINARY, "foo", "qa", "lab");
    question.path = CFG_STR("n.txt");
    serving_start(&s);
    serving_expect(&s, &question, "root"); /* the first location wins, unlike in answers */
    struct cfg_body *body = serving_get(&s, &question);
    assert_true(body->modified_ms > 0); /* the file's own */
    cfg_body_unref(body);
    serving_stop(&s);
    s.options.reverse_location_order = true;
    serving_start(&s);
    serving_expect(&s, &question, "lab");
    serving_stop(&s);
}

static void expect_text(struct cfg_str bytes, const char *charset, const char *want)
{
    struct cfg_buf out;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_buf_init(&out, 1 << 20);
    assert_int_equal(cfg_resource_decode(bytes, cfg_str_of(charset), &out, &err), CFG_OK);
    cfg_buf_char(&out, '\0');
    assert_string_equal(out.ptr, want);
    cfg_buf_release(&out);
}

static void charsets_are_decoded(void **state)
{
    (void)state;
    expect_text(CFG_STR("gr\xc3\xbc\xc3\x9f"), "", "gr\xc3\xbc\xc3\x9f");
    expect_text(CFG_STR("gr\xc3\xbc\xc3\x9f"), "utf-8", "gr\xc3\xbc\xc3\x9f");
    expect_text(CFG_STR("gr\xfc\xdf"), "ISO-8859-1", "gr\xc3\xbc\xc3\x9f");
    expect_text(CFG_STR("\x80"), "windows-1252", "\xe2\x82\xac");
    expect_text(CFG_STR("a\0b\0"), "UTF-16LE", "ab");
    /* malformed bytes, one replacement for each */
    expect_text(CFG_STR("a\xff"
                        "b"),
                "",
                "a\xef\xbf\xbd"
                "b");
    expect_text(CFG_STR("a\xff"
                        "b"),
                "US-ASCII",
                "a\xef\xbf\xbd"
                "b");
    expect_text(CFG_STR("a\0b"), "UTF-16LE", "a\xef\xbf\xbd"); /* half a character at the end */
    expect_text(CFG_STR(""), "ISO-8859-1", "");
}

/* Such decoders keep the last letter back: a mark that belongs to it might follow. */
static void the_last_letter_is_not_lost(void **state)
{
    (void)state;
    expect_text(CFG_STR("cha"), "windows-1258", "cha");
    expect_text(CFG_STR("ab\xe0"), "windows-1255", "ab\xd7\x90");
}

static void unknown_charsets_are_utf8(void **state)
{
    static char endless[100];
    (void)state;
    memset(endless, 'x', sizeof endless - 1);
    expect_text(CFG_STR("\xc3\xbc"), "no-such-charset", "\xc3\xbc");
    expect_text(CFG_STR("\xc3\xbc"), "ISO-8859-1//IGNORE", "\xc3\xbc"); /* it has no slashes */
    expect_text(CFG_STR("\xc3\xbc"), "../../x", "\xc3\xbc");
    expect_text(CFG_STR("\xc3\xbc"), endless, "\xc3\xbc");
}

static void long_texts_come_in_pieces(void **state)
{
    enum { SIZE = 20011 };
    static char bytes[SIZE];
    static char want[2 * SIZE + 1];
    (void)state;
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = '\xfc';
        memcpy(want + 2 * i, "\xc3\xbc", 2);
    }
    expect_text(cfg_str_make(bytes, SIZE), "ISO-8859-1", want);
    struct cfg_buf out;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_buf_init(&out, SIZE);
    assert_int_equal(
        cfg_resource_decode(cfg_str_make(bytes, SIZE), CFG_STR("ISO-8859-1"), &out, &err),
        CFG_TOO_LARGE);
    cfg_buf_release(&out);
}

static void charsets_of_a_question(void **state)
{
    struct serving s;
    serve(&s, state);
    run("cd '%s/r' && printf '\\374' > latin.txt && git add . && git commit -q -m latin",
        s.fixture->dir);
    serving_stop(&s);
    serve(&s, state);
    struct cfg_ask question = file(CFG_FORM_TEXT, "dev", "latin.txt");
    serving_expect(&s, &question, "\xef\xbf\xbd");
    question.charset = CFG_STR("ISO-8859-1");
    serving_expect(&s, &question, "\xc3\xbc");
    question.form = CFG_FORM_BINARY;
    serving_expect(&s, &question, "\xfc");
    serving_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_of_profiles),
        cmocka_unit_test(what_is_no_file),
        cmocka_unit_test(text_has_its_placeholders_filled),
        cmocka_unit_test(locations_in_order_or_in_reverse),
        cmocka_unit_test(charsets_are_decoded),
        cmocka_unit_test(the_last_letter_is_not_lost),
        cmocka_unit_test(unknown_charsets_are_utf8),
        cmocka_unit_test(long_texts_come_in_pieces),
        cmocka_unit_test(charsets_of_a_question),
    };
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
