/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tokenizer is given for the bytes of a file, and how marks are undone.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/parse/yaml_source.h"

static void opens(struct cfg_str input, const char *want, bool copied, bool has_marks)
{
    struct cfg_yaml_source source;
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_yaml_source_open(input, &source, &err), CFG_OK);
    assert_true(cfg_str_eq(source.text, cfg_str_of(want)));
    assert_int_equal(source.owned != NULL, copied);
    assert_int_equal(source.has_marks, has_marks);
    cfg_yaml_source_release(&source);
}

static void plain_text_is_borrowed(void **state)
{
    (void)state;
    opens(CFG_STR(""), "", false, false);
    opens(CFG_STR("a: 1\n"), "a: 1\n", false, false);
    opens(CFG_STR("\xef\xbb\xbf"
                  "a: 1\n"),
          "a: 1\n", false, false);
    opens(CFG_STR("a: '\\ud83d \\u0041 \\\\ud83d\\ude00'\n"),
          "a: '\\ud83d \\u0041 \\\\ud83d\\ude00'\n", false, false);
}

static void wide_text(void **state)
{
    (void)state;
    opens(CFG_STR("\xff\xfe"
                  "a\0\xe9\0"),
          "a\u00e9", true, false);
    opens(CFG_STR("\xfe\xff"
                  "\xd8\x3d\xde\0"),
          "\U0001F600", true, false);
    opens(CFG_STR("\xff\xfe"), "", false, false);
}

/* Every change keeps the number of characters in front of what follows. */
static void directives(void **state)
{
    (void)state;
    opens(CFG_STR("%YAML 1.37\n---\n"), "%YAML 1.1 \n---\n", true, false);
    opens(CFG_STR("%YAML 2.0\n---\n"), "%YAML 2.0\n---\n", true, false);
    opens(CFG_STR("# c\n%FOO x\n%TAG ! y\n\n---\n"), "# c\n#FOO x\n%TAG ! y\n\n---\n", true, false);
    opens(CFG_STR("a: 1\n...\n%FOO\n---\n"), "a: 1\n...\n#FOO\n---\n", true, false);
    opens(CFG_STR("\"\n%FOO\nx\"\n---\n"), "\"\n%FOO\nx\"\n---\n", true, false);
}

static void marks(void **state)
{
    (void)state;
    opens(CFG_STR("\"\\ud83d\\uDE00\\\\\\ud83d\\ude01\""), "\"\\x01d83dDE00\\\\\\x01d83dde01\"",
          true, true);
    static const struct {
        const char *text;
        bool double_quoted;
        const char *want;
    } cases[] = {
        {"\x01"
         "d83dDE00",
         true, "\U0001F600"},
        {"a\x01"
         "d83dde00\x01"
         "d83dde01z",
         true, "a\U0001F600\U0001F601z"},
        {"\\x01d83dDE00", false, "\\ud83d\\uDE00"},
        {"a\\x01d83dde00b", false, "a\\ud83d\\ude00b"},
        {"\x01"
         "d83dde0",
         true,
         "\x01"
         "d83dde0"},
        {"\x01"
         "0041de00",
         true,
         "\x01"
         "0041de00"},
        {"\\x01d83dde00", true, "\\x01d83dde00"},
        {"", true, ""},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        char text[64];
        size_t len = strlen(cases[i].text);
        memcpy(text, cases[i].text, len + 1);
        assert_int_equal(cfg_yaml_restore(text, len, cases[i].double_quoted),
                         strlen(cases[i].want));
        assert_string_equal(text, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_borrowed),
        cmocka_unit_test(wide_text),
        cmocka_unit_test(directives),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
