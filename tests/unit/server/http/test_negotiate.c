/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void is(struct cfg_str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.len ? got.ptr : "", want, got.len);
}

#define V1   CFG_ACCEPTED_V1, "application/json"
#define V2   CFG_ACCEPTED_V2, CFG_TYPE_V2
#define NONE CFG_ACCEPTED_NONE, ""

static void environments(void **state)
{
    static const struct {
        const char *accept;
        enum cfg_accepted accepted;
        const char *type;
    } rows[] = {
        {"", V1},
        {",", V1},
        {"*", V1},
        {"*/*", V1},
        {"application/*", V1},
        {"application/json", V1},
        {"APPLICATION/JSON", V1},
        {"application/json;charset=UTF-8", CFG_ACCEPTED_V1, "application/json;charset=UTF-8"},
        {"application/json;charset=ISO-8859-1", V1},
        {CFG_TYPE_V2, V2},
        {CFG_TYPE_V2 ";charset=utf-8", CFG_ACCEPTED_V2, CFG_TYPE_V2 ";charset=UTF-8"},
        {"application/*+json", V2},
        {"application/json, application/*+json", V1},
        {"application/*+json, application/json", V1},
        {"application/json, " CFG_TYPE_V2, V1},
        {CFG_TYPE_V2 ", application/json", V2},
        {"application/json;q=0.5, " CFG_TYPE_V2, V2},
        {CFG_TYPE_V2 ";q=0.9, application/json;q=0.8", V2},
        {"*/*, " CFG_TYPE_V2, V2},
        {CFG_TYPE_V2 ";q=0.5, */*", V1},
        {"application/*;q=0.5, " CFG_TYPE_V2 ";q=0.1", V1},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", V1},
        {"text/html, image/gif, *; q=.2, */*; q=.2", V1},
        {"application/json, text/plain, */*", V1},
        {"text/plain", NONE},
        {"text/*", NONE},
        {"application/xml", NONE},
        {"text/yaml", NONE},
        {"application/octet-stream", NONE},
        {"text/event-stream", NONE},
        {"application/vnd.spring-cloud.config-server.v1+json", NONE},
        {"junk", NONE},
        {"application/json, junk", NONE},
        {"*/json", NONE},
        {"application/json;q=2", NONE},
        {"application/json;q=abc", NONE},
        {"application/json;q=1.0001", NONE},
        {"application/json;q=0", NONE},
        {"*/*;q=0", NONE},
        {"application/json;q=0, */*", V2},
        {"application/", NONE},
        {"/json", NONE},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_str type;
        print_message("%s\n", rows[i].accept);
        assert_int_equal(cfg_negotiate_environment(cfg_str_of(rows[i].accept), &type),
                         rows[i].accepted);
        is(type, rows[i].type);
    }
}

static void too_many_ranges(void **state)
{
    char accept[1024] = "*/*";
    struct cfg_str type;
    (void)state;
    for (size_t i = 0; i < 40; i++)
        memcpy(accept + 3 + 4 * i, ",*/*", 5);
    assert_int_equal(cfg_negotiate_environment(cfg_str_of(accept), &type), CFG_ACCEPTED_NONE);
}

#define TEXT(type) CFG_ACCEPTED_TEXT, type
#define RAW        CFG_ACCEPTED_BINARY, CFG_TYPE_BINARY

static void resources(void **state)
{
    static const struct {
        const char *accept;
        enum cfg_accepted accepted;
        const char *type;
    } rows[] = {
        {"", TEXT(CFG_TYPE_TEXT)},
        {"*/*", TEXT(CFG_TYPE_TEXT)},
        {"text/*", TEXT(CFG_TYPE_TEXT)},
        {"text/plain", TEXT(CFG_TYPE_TEXT)},
        {"text/plain;charset=ISO-8859-1", TEXT(CFG_TYPE_TEXT)},
        {"text/html", TEXT("text/html;charset=UTF-8")},
        {"application/json", TEXT("application/json")},
        {"application/*+json", TEXT("application/json")},
        {CFG_TYPE_V2, TEXT(CFG_TYPE_V2)},
        {"application/xml", TEXT("application/xml;charset=UTF-8")},
        {"text/yaml", TEXT("text/yaml;charset=UTF-8")},
        {"text/*;q=0.1, application/json", TEXT("application/json")},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
         TEXT("text/html;charset=UTF-8")},
        {"application/octet-stream", RAW},
        {"application/*", RAW},
        {"application/octet-stream, text/plain", RAW},
        {"text/plain, application/octet-stream", RAW},
        {"*/*, application/octet-stream", RAW},
        {"application/octet-stream;q=0.1, */*", TEXT(CFG_TYPE_TEXT)},
        {"junk", NONE},
        {"multipart/*", NONE},
        {"text/*+xml", NONE},
        {"text/html;q=0", NONE},
        {"image/*", NONE},
        {"a/b<script>", NONE},
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_str type;
        print_message("%s\n", rows[i].accept);
        assert_int_equal(cfg_negotiate_resource(&arena, cfg_str_of(rows[i].accept), &type),
                         rows[i].accepted);
        is(type, rows[i].type);
    }
    cfg_arena_release(&arena);
}

static void problems(void **state)
{
    (void)state;
    is(cfg_negotiate_problem(CFG_STR_NONE), CFG_TYPE_JSON);
    is(cfg_negotiate_problem(CFG_STR("text/html")), CFG_TYPE_JSON);
    is(cfg_negotiate_problem(CFG_STR("junk")), CFG_TYPE_JSON);
    is(cfg_negotiate_problem(CFG_STR("application/*+json")), CFG_TYPE_JSON);
    is(cfg_negotiate_problem(CFG_STR(CFG_TYPE_V2)), CFG_TYPE_V2);
    is(cfg_negotiate_problem(CFG_STR(CFG_TYPE_V2 ", application/json")), CFG_TYPE_JSON);
}

static void picks(void **state)
{
    static const struct cfg_str types[] = {{"a/v3+json", 9}, {"application/json", 16}};
    (void)state;
    is(cfg_negotiate_pick(CFG_STR_NONE, types, 2), "a/v3+json");
    is(cfg_negotiate_pick(CFG_STR("*/*"), types, 2), "a/v3+json");
    is(cfg_negotiate_pick(CFG_STR("application/json"), types, 2), "application/json");
    is(cfg_negotiate_pick(CFG_STR("text/html"), types, 2), "a/v3+json");
    is(cfg_negotiate_pick(CFG_STR("junk"), types, 2), "a/v3+json");
}

static void encodings(void **state)
{
    static const struct {
        const char *text;
        bool gzip;
    } rows[] = {
        {"", false},
        {"gzip", true},
        {"GZIP", true},
        {"deflate", false},
        {"deflate, gzip", true},
        {"gzip;q=0", false},
        {"gzip;q=0.001", true},
        {"*", true},
        {"*;q=0", false},
        {"identity", false},
        {"*, gzip;q=0", false},
        {"gzip;q=x", false},
        {"gzip ; q=1", true},
        {"x-gzip", true},
        {"br;q=1, gzip;q=0.2", true},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        print_message("%s\n", rows[i].text);
        assert_int_equal(cfg_negotiate_gzip(cfg_str_of(rows[i].text)), rows[i].gzip);
    }
}

static void charsets(void **state)
{
    (void)state;
    is(cfg_negotiate_charset(CFG_STR_NONE), "");
    is(cfg_negotiate_charset(CFG_STR("nosuchcs")), "");
    is(cfg_negotiate_charset(CFG_STR("utf-8, iso-8859-1;q=0.5")), "");
    is(cfg_negotiate_charset(CFG_STR("nosuch, latin1")), "ISO-8859-1");
    is(cfg_negotiate_charset(CFG_STR("iso-8859-1;q=0, windows-1252")), "windows-1252");
    is(cfg_negotiate_charset(CFG_STR("../../x")), "");
}

static void tags(void **state)
{
    static const struct {
        const char *list, *etag;
        bool match;
    } rows[] = {
        {"\"a\"", "\"a\"", true},
        {"W/\"a\"", "\"a\"", true},
        {"\"a\"", "W/\"a\"", true},
        {"W/\"a\"", "W/\"a\"", true},
        {"\"b\"", "\"a\"", false},
        {"\"x\", \"y\" ,W/\"a\"", "\"a\"", true},
        {"\"x,y\",\"a\"", "\"a\"", true},
        {"\"x,\"a\"\"", "\"a\"", false},
        {"*", "\"a\"", true},
        {" * ", "\"a\"", true},
        {"a", "\"a\"", false},
        {"", "\"a\"", false},
        {"\"a", "\"a\"", false},
        {",,,\"a\"", "\"a\"", true},
        {"\"a-gz\"", "\"a\"", false},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        print_message("%s\n", rows[i].list);
        assert_int_equal(cfg_negotiate_match(cfg_str_of(rows[i].list), cfg_str_of(rows[i].etag)),
                         rows[i].match);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environments), cmocka_unit_test(too_many_ranges),
        cmocka_unit_test(resources),    cmocka_unit_test(problems),
        cmocka_unit_test(picks),        cmocka_unit_test(encodings),
        cmocka_unit_test(charsets),     cmocka_unit_test(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
