/* SPDX-License-Identifier: Apache-2.0 */
/* render_env: both forms of the document, its fragments, and what its identity covers. */
#include "core/render/render_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct sample {
    struct cfg_prop first[3], second[1];
    struct cfg_props props[2];
    struct cfg_source sources[2];
    struct cfg_answer answer;
};

static struct cfg_prop prop(const char *key, enum cfg_kind kind, const char *text, uint32_t line)
{
    return cfg_prop_make(cfg_str_of(key), (struct cfg_value){kind, cfg_str_of(text)}, line,
                         line ? 4 : 0);
}

static void make(struct sample *s)
{
    *s = (struct sample){
        .first = {prop("k", CFG_KIND_STRING, "a\"b", 1), prop("n", CFG_KIND_INT, "12", 4294967295u),
                  prop("d", CFG_KIND_DOUBLE, "NaN", 0)},
        .second = {prop("from", CFG_KIND_STRING, "o", 7)},
    };
    s->props[0] = (struct cfg_props){s->first, 3};
    s->props[1] = (struct cfg_props){s->second, 1};
    s->sources[0] = (struct cfg_source){
        .name = CFG_STR("file:/c/foo-dev.yml"), .props = &s->props[0], .plain_from = SIZE_MAX};
    s->sources[1] = (struct cfg_source){.name = CFG_STR("overrides"),
                                        .props = &s->props[1],
                                        .origin_text = CFG_STR("Config server overrides"),
                                        .plain_from = SIZE_MAX};
    s->answer = (struct cfg_answer){.name = CFG_STR("foo,bar"),
                                    .profiles = CFG_STR("dev,mysql"),
                                    .sources = s->sources,
                                    .count = 2};
}

static void expect(const struct sample *s, enum cfg_env_form form, const char *want)
{
    struct cfg_buf out;
    cfg_buf_init(&out, 1 << 16);
    cfg_render_env(&s->answer, form, &out);
    assert_string_equal(out.ptr, want);
    cfg_buf_release(&out);
}

static void test_v1(void **state)
{
    struct sample s;
    (void)state;
    make(&s);
    expect(
        &s, CFG_ENV_V1,
        "{\"name\":\"foo,bar\",\"profiles\":[\"dev,mysql\"],\"label\":null,\"version\":null,"
        "\"state\":null,\"propertySources\":["
        "{\"name\":\"file:/c/foo-dev.yml\",\"source\":{\"k\":\"a\\\"b\",\"n\":12,\"d\":\"NaN\"}},"
        "{\"name\":\"overrides\",\"source\":{\"from\":\"o\"}}]}");
    s.answer.count = 0;
    s.answer.has_label = s.answer.has_version = s.answer.has_state = true;
    s.answer.label = CFG_STR("feature/x");
    s.answer.version = CFG_STR("abc");
    expect(&s, CFG_ENV_V1,
           "{\"name\":\"foo,bar\",\"profiles\":[\"dev,mysql\"],\"label\":\"feature/x\","
           "\"version\":\"abc\",\"state\":\"\",\"propertySources\":[]}");
}

static void test_v2(void **state)
{
    struct sample s;
    (void)state;
    make(&s);
    expect(&s, CFG_ENV_V2,
           "{\"name\":\"foo,bar\",\"profiles\":[\"dev,mysql\"],\"label\":null,\"version\":null,"
           "\"state\":null,\"propertySources\":["
           "{\"name\":\"file:/c/foo-dev.yml\",\"source\":{"
           "\"k\":{\"value\":\"a\\\"b\",\"origin\":\"1:4\"},"
           "\"n\":{\"value\":12,\"origin\":\"4294967295:4\"},"
           "\"d\":\"NaN\"}},"
           "{\"name\":\"overrides\",\"source\":{"
           "\"from\":{\"value\":\"o\",\"origin\":\"Config server overrides\"}}}]}");
}

static void test_decrypted_values_are_bare(void **state)
{
    struct sample s;
    (void)state;
    make(&s);
    s.sources[0].plain_from = 1;
    s.answer.count = 1;
    expect(&s, CFG_ENV_V2,
           "{\"name\":\"foo,bar\",\"profiles\":[\"dev,mysql\"],\"label\":null,\"version\":null,"
           "\"state\":null,\"propertySources\":["
           "{\"name\":\"file:/c/foo-dev.yml\",\"source\":{"
           "\"k\":{\"value\":\"a\\\"b\",\"origin\":\"1:4\"},\"n\":12,\"d\":\"NaN\"}}]}");
}

/* The longest place there is: both numbers at their ceiling. */
static void test_longest_origin(void **state)
{
    struct sample s;
    (void)state;
    make(&s);
    s.second[0] = cfg_prop_make(CFG_STR("k"), (struct cfg_value){CFG_KIND_INT, CFG_STR("1")},
                                UINT32_MAX, UINT32_MAX);
    s.sources[1].origin_text = CFG_STR_NONE;
    s.answer.sources = &s.sources[1];
    s.answer.count = 1;
    expect(&s, CFG_ENV_V2,
           "{\"name\":\"foo,bar\",\"profiles\":[\"dev,mysql\"],\"label\":null,\"version\":null,"
           "\"state\":null,\"propertySources\":[{\"name\":\"overrides\",\"source\":{"
           "\"k\":{\"value\":1,\"origin\":\"4294967295:268435455\"}}}]}");
}

static void test_fragment(void **state)
{
    struct sample s;
    struct cfg_buf out;
    struct cfg_hash128 hash, again;
    (void)state;
    make(&s);
    cfg_buf_init(&out, 1 << 16);
    cfg_buf_str(&out, CFG_STR("before"));
    cfg_render_fragment(&s.props[0], &out, &hash);
    assert_string_equal(out.ptr, "before{\"k\":\"a\\\"b\",\"n\":12,\"d\":\"NaN\"}");
    s.first[0].line = 99; /* places are not covered */
    cfg_render_fragment(&s.props[0], &out, &again);
    assert_true(cfg_hash128_eq(hash, again));
    s.first[1] = prop("n", CFG_KIND_STRING, "12", 2); /* kinds are */
    cfg_render_fragment(&s.props[0], &out, &again);
    assert_false(cfg_hash128_eq(hash, again));
    cfg_buf_release(&out);
    cfg_buf_init(&out, 10);
    cfg_render_fragment(&s.props[0], &out, &again);
    assert_int_equal(out.failed, CFG_TOO_LARGE);
    assert_true(cfg_hash128_eq(again, (struct cfg_hash128){0}));
    cfg_buf_release(&out);
}

static void test_ready_fragment_is_used(void **state)
{
    struct sample s;
    (void)state;
    make(&s);
    s.sources[0].fragment = CFG_STR("{\"ready\":1}");
    s.answer.count = 1;
    expect(&s, CFG_ENV_V1,
           "{\"name\":\"foo,bar\",\"profiles\":[\"dev,mysql\"],\"label\":null,\"version\":null,"
           "\"state\":null,\"propertySources\":["
           "{\"name\":\"file:/c/foo-dev.yml\",\"source\":{\"ready\":1}}]}");
}

static struct cfg_hash128 identity(const struct sample *s)
{
    struct cfg_hash128 hash;
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_render_env_hash(&s->answer, &hash, &err), CFG_OK);
    return hash;
}

static void test_identity(void **state)
{
    struct sample s;
    struct cfg_buf fragment;
    char hex[33];
    (void)state;
    make(&s);
    struct cfg_hash128 base = identity(&s);
    cfg_hash128_hex(base, hex);
    assert_string_equal(hex, "5da1e20414e5da353db58f971624d6a4"); /* on every machine */

    /* without version, state and origins */
    s.answer.version = CFG_STR("abc");
    s.answer.has_version = true;
    s.first[0].line = 12;
    s.sources[1].origin_text = CFG_STR_NONE;
    assert_true(cfg_hash128_eq(base, identity(&s)));

    /* the same whether rendered and hashed before or not */
    cfg_buf_init(&fragment, 1000);
    cfg_render_fragment(&s.props[0], &fragment, &s.sources[0].hash);
    assert_true(cfg_hash128_eq(base, identity(&s)));
    s.sources[0].fragment = cfg_buf_view(&fragment);
    assert_true(cfg_hash128_eq(base, identity(&s)));
    s.sources[0].hash = (struct cfg_hash128){0};
    assert_true(cfg_hash128_eq(base, identity(&s)));
    cfg_buf_release(&fragment);
}

static void test_identity_covers(void **state)
{
    struct sample s;
    struct cfg_hash128 seen[8];
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(seen); i++) {
        make(&s);
        switch (i) {
        case 1:
            s.answer.name = CFG_STR("foo");
            break;
        case 2:
            s.answer.profiles = CFG_STR("dev");
            break;
        case 3:
            s.answer.has_label = true; /* an empty label is not none */
            break;
        case 4:
            s.sources[0].name = CFG_STR("file:/c/foo.yml");
            break;
        case 5:
            s.first[1] = prop("n", CFG_KIND_STRING, "12", 2);
            break;
        case 6:
            s.answer.count = 1;
            break;
        case 7: { /* the order of sources */
            struct cfg_source source = s.sources[0];
            s.sources[0] = s.sources[1];
            s.sources[1] = source;
            break;
        }
        default:
            break;
        }
        seen[i] = identity(&s);
        for (size_t j = 0; j < i; j++)
            assert_false(cfg_hash128_eq(seen[i], seen[j]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v1),
        cmocka_unit_test(test_v2),
        cmocka_unit_test(test_decrypted_values_are_bare),
        cmocka_unit_test(test_longest_origin),
        cmocka_unit_test(test_fragment),
        cmocka_unit_test(test_ready_fragment_is_used),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_identity_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
