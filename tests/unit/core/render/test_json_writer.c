/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer: escapes at every offset of a word, malformed UTF-8, scalars by kind, ceilings. */
#include "core/render/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ASSERT_JSON(out, want) assert_string_equal((out).ptr, (want))

static struct cfg_buf string_of(struct cfg_str text)
{
    struct cfg_buf out;
    cfg_buf_init(&out, 1 << 16);
    cfg_json_string(&out, text);
    assert_int_equal(out.failed, CFG_OK);
    return out;
}

static void expect(struct cfg_str text, const char *want)
{
    struct cfg_buf out = string_of(text);
    ASSERT_JSON(out, want);
    cfg_buf_release(&out);
}

static void test_strings(void **state)
{
    (void)state;
    expect(CFG_STR_NONE, "\"\"");
    expect(CFG_STR("plain"), "\"plain\"");
    expect(CFG_STR("a/b \x7f <&>"), "\"a/b \x7f <&>\"");
    expect(CFG_STR("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    expect(CFG_STR("\0\x01\x1f"), "\"\\u0000\\u0001\\u001F\"");
    expect(CFG_STR("é中😀"), "\"é中😀\"");
    expect(CFG_STR("a long text, more than a word, é, and \" in it"),
           "\"a long text, more than a word, é, and \\\" in it\"");
}

static void test_malformed_utf8_is_replaced(void **state)
{
    (void)state;
    expect(CFG_STR("a\xFF"
                   "b"),
           "\"a\xEF\xBF\xBD"
           "b\"");
    expect(CFG_STR("\xC3"), "\"\xEF\xBF\xBD\"");
    expect(CFG_STR("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* A byte that needs an escape is found wherever it stands in a word. */
static void test_every_byte_at_every_offset(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 20; offset++) {
        for (int byte = 0; byte < 0x80; byte++) {
            char text[20], inner[16], want[128];
            memset(text, 'x', sizeof text);
            text[offset] = (char)byte;
            bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
            struct cfg_buf out = string_of(cfg_str_make(text, sizeof text));
            if (!escaped) {
                assert_int_equal(out.len, sizeof text + 2);
                assert_memory_equal(out.ptr + 1, text, sizeof text);
            } else {
                const char *names[0x80] = {
                    [8] = "\\b",  [9] = "\\t",    [10] = "\\n",   [12] = "\\f",
                    [13] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
                snprintf(inner, sizeof inner, "\\u%04X", (unsigned)byte);
                snprintf(want, sizeof want, "\"%.*s%s%.*s\"", (int)offset, "xxxxxxxxxxxxxxxxxxxx",
                         names[byte] ? names[byte] : inner, (int)(19 - offset),
                         "xxxxxxxxxxxxxxxxxxxx");
                ASSERT_JSON(out, want);
            }
            cfg_buf_release(&out);
        }
    }
}

static void test_values(void **state)
{
    static const struct {
        enum cfg_kind kind;
        const char *text, *want;
    } rows[] = {
        {CFG_KIND_NULL, "", "null"},
        {CFG_KIND_BOOL, "true", "true"},
        {CFG_KIND_INT, "123456789012345678901234567890", "123456789012345678901234567890"},
        {CFG_KIND_DOUBLE, "1.5E-7", "1.5E-7"},
        {CFG_KIND_DOUBLE, "-0.0", "-0.0"},
        {CFG_KIND_DOUBLE, "Infinity", "\"Infinity\""},
        {CFG_KIND_DOUBLE, "-Infinity", "\"-Infinity\""},
        {CFG_KIND_DOUBLE, "NaN", "\"NaN\""},
        {CFG_KIND_STRING, "12", "\"12\""},
        {CFG_KIND_STRING, "", "\"\""},
        {CFG_KIND_BYTES, "aGVsbG8=", "\"aGVsbG8=\""},
        {CFG_KIND_TIME, "2024-01-02T00:00:00.000Z", "\"2024-01-02T00:00:00.000Z\""},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_buf out;
        cfg_buf_init(&out, 100);
        cfg_json_value(&out, (struct cfg_value){rows[i].kind, cfg_str_of(rows[i].text)});
        ASSERT_JSON(out, rows[i].want);
        cfg_buf_release(&out);
    }
}

static void test_ceiling(void **state)
{
    (void)state;
    for (size_t max = 0; max < 12; max++) {
        struct cfg_buf out;
        cfg_buf_init(&out, max);
        cfg_json_string(&out, CFG_STR("0123456789"));
        assert_int_equal(out.failed, CFG_TOO_LARGE);
        cfg_buf_release(&out);
        cfg_buf_init(&out, max < 8 ? max : 8);
        cfg_json_string(&out, CFG_STR("01\"3456"));
        assert_int_equal(out.failed, CFG_TOO_LARGE);
        cfg_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_malformed_utf8_is_replaced),
        cmocka_unit_test(test_every_byte_at_every_offset),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
