/* SPDX-License-Identifier: Apache-2.0 */
/* compose: what gzip does to bytes and tags; the forms themselves are seen through whole answers. */
#include "server/service/compose.h"

#include "core/base/file.h"
#include "core/base/rand.h"
#include "tests/unit/server/service/serving.h"

static void gzip_is_undone_by_gzip(void **state)
{
    const struct fixture *fixture = *state;
    static char text[100000];
    struct cfg_buf packed;
    struct cfg_buf back;
    struct cfg_err err = CFG_ERR_INIT;
    char path[128];
    char plain[128];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "key: value\n"[(i * i / 7) % 11];
    cfg_buf_init(&packed, sizeof text);
    assert_true(cfg_compose_gzip(cfg_str_make(text, sizeof text), &packed));
    assert_true(packed.len > 0 && packed.len < sizeof text);
    snprintf(path, sizeof path, "%s/body.gz", fixture->dir);
    snprintf(plain, sizeof plain, "%s/body", fixture->dir);
    assert_int_equal(cfg_file_write(path, cfg_buf_view(&packed), 0600, &err), CFG_OK);
    run("gzip -t '%s' && gzip -dc '%s' > '%s'", path, path, plain);
    cfg_buf_init(&back, sizeof text);
    assert_int_equal(cfg_file_read(plain, &back, &err), CFG_OK);
    assert_true(cfg_str_eq(cfg_buf_view(&back), cfg_str_make(text, sizeof text)));
    cfg_buf_release(&back);
    cfg_buf_release(&packed);
}

static void what_does_not_shrink_is_left_alone(void **state)
{
    static char noise[5000];
    struct cfg_buf packed;
    struct cfg_rand rand;
    (void)state;
    cfg_rand_seed(&rand, 7);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)cfg_rand_below(&rand, 256);
    cfg_buf_init(&packed, 1 << 20);
    assert_false(cfg_compose_gzip(cfg_str_make(noise, sizeof noise), &packed));
    assert_false(
        cfg_compose_gzip(CFG_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &packed)); /* too short */
    assert_false(cfg_compose_gzip(CFG_STR_NONE, &packed));
    assert_int_equal(packed.len, 0);
    cfg_buf_release(&packed);
}

static void tags_of_packed_bytes_differ(void **state)
{
    char strong[48] = "\"0123456789abcdef0123456789abcdef\"";
    char weak[48] = "W/\"0123456789abcdef0123456789abcdef2\"";
    (void)state;
    cfg_compose_gzip_tag(strong);
    assert_string_equal(strong, "\"0123456789abcdef0123456789abcdef-gz\"");
    cfg_compose_gzip_tag(weak); /* it says nothing about bytes */
    assert_string_equal(weak, "W/\"0123456789abcdef0123456789abcdef2\"");
}

static void every_form_of_one_answer(void **state)
{
    static const struct {
        enum cfg_form form;
        const char *want;
        const char *tag_begins;
    } forms[] = {
        {CFG_FORM_YAML, "a:\n  b: 1\ntext: x1\n", "\""},
        {CFG_FORM_JSON, "{\"a\":{\"b\":1},\"text\":\"x1\"}", "\""},
        {CFG_FORM_PROPERTIES, "a.b: 1\ntext: x1", "\""},
    };
    struct serving s;
    serving_init(&s, state);
    run("git init -q -b main '%s/forms' && cd '%s/forms' && "
        "printf 'a:\\n  b: 1\\ntext: x${a.b}\\n' > application.yml && git add . && "
        "git commit -q -m one",
        s.fixture->dir, s.fixture->dir);
    serving_add_git(&s, "forms");
    serving_start(&s);
    for (size_t i = 0; i < CFG_COUNT(forms); i++) {
        struct cfg_ask ask_now = serving_ask(forms[i].form, "foo", "dev", NULL);
        struct cfg_body *body = serving_get(&s, &ask_now);
        assert_string_equal(body->bytes.ptr, forms[i].want);
        assert_true(cfg_str_starts(cfg_str_of(body->etag), cfg_str_of(forms[i].tag_begins)));
        assert_int_equal(body->version.len, 40);
        cfg_body_unref(body);
    }
    struct cfg_ask unresolved = serving_ask(CFG_FORM_PROPERTIES, "foo", "dev", NULL);
    unresolved.no_resolve = true;
    serving_expect(&s, &unresolved, "a.b: 1\ntext: x${a.b}");
    struct cfg_ask v1 = serving_ask(CFG_FORM_ENV, "foo", "dev", NULL);
    struct cfg_ask v2 = serving_ask(CFG_FORM_ENV2, "foo", "dev", NULL);
    struct cfg_body *first = serving_get(&s, &v1);
    struct cfg_body *second = serving_get(&s, &v2);
    assert_true(cfg_str_starts(cfg_str_of(first->etag), CFG_STR("W/\"")));
    /* v2 has the tag of v1 with a 2 behind */
    size_t len = strlen(first->etag);
    assert_int_equal(strlen(second->etag), len + 1);
    assert_memory_equal(first->etag, second->etag, len - 1);
    assert_int_equal(second->etag[len - 1], '2');
    cfg_body_unref(first);
    cfg_body_unref(second);
    serving_stop(&s);
}

static void a_circle_of_placeholders_is_an_error(void **state)
{
    struct serving s;
    serving_init(&s, state);
    run("git init -q -b main '%s/circle' && cd '%s/circle' && "
        "printf 'a: ${b}\\nb: ${a}\\n' > application.yml && git add . && git commit -q -m one",
        s.fixture->dir, s.fixture->dir);
    serving_add_git(&s, "circle");
    serving_start(&s);
    struct cfg_ask converted = serving_ask(CFG_FORM_YAML, "foo", "dev", NULL);
    struct cfg_body *body = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_not_equal(serving_try(&s, &converted, &body, &err), CFG_OK);
    assert_int_equal(cfg_status_http(err.status), 400);
    struct cfg_ask environment = serving_ask(CFG_FORM_ENV, "foo", "dev", NULL);
    cfg_body_unref(serving_get(&s, &environment)); /* clients resolve those themselves */
    serving_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_undone_by_gzip),
        cmocka_unit_test(what_does_not_shrink_is_left_alone),
        cmocka_unit_test(tags_of_packed_bytes_differ),
        cmocka_unit_test(every_form_of_one_answer),
        cmocka_unit_test(a_circle_of_placeholders_is_an_error),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
