/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java properties as Spring Boot reads them: keys, values, escapes, documents, lists, places, limits.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/model/limits.h"

#define PROPERTIES(cases) parse_cases(cfg_parse_properties, cases, CFG_COUNT(cases), true)

static void keys_and_values(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a=1\nb:2\nc 3\nd", "{a=s:1@1:3, b=s:2@2:3, c=s:3@3:3, d=s:@5:2}"},
        {"  a  b\n c = d \n", "{a=s:b@1:6, c=s:d @2:6}"},
        {"a:=b\nc= :d\ne\\:=f", "{a=s:=b@1:3, c=s::d@2:4, e:=s:f@3:4}"},
        {"a\\ b=c\nd\\=e : f\\tg\n", "{a b=s:c@1:5, d=e=s:f\tg@2:7}"},
        {"a=x y  \n", "{a=s:x y  @1:3}"},
        {"a=b\\c\\\\d\\n\\r\\f", "{a=s:bc\\d\n\r\f@1:3}"},
        {"a=1\nb=2\na=3", "{a=s:3@3:3, b=s:2@2:3}"},
        {"=x\n: y\n", ""},
        {"\\ a\\t=1", "{a=s:1@1:5}"},
        {"\fa\f=\fb\f", "{a=s:b\f@1:6}"},
        {"", ""},
        {"# only\n! these\n\n", ""},
        {"\\#a=1\nb=2", "{b=s:2@2:3}"},
        {"a=x # y", "{a=s:x # y@1:3}"},
        {"novalue\nb=1", "{novalue=s:@2:0, b=s:1@2:3}"},
        {"a=\nb= \n", "{a=s:@2:0, b=s:@3:0}"},
    };
    PROPERTIES(cases);
}

static void characters(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a=\xe9\xff", "{a=s:\u00e9\u00ff@1:3}"},
        {"a=\xc3\xa9", "{a=s:\u00c3\u00a9@1:3}"},
        {"\xef\xbb\xbf"
         "a=1",
         "{\u00ef\u00bb\u00bf"
         "a=s:1@1:6}"},
        {"a=\\u00e9\\u4e2D\\ud83d\\ude00", "{a=s:\u00e9\u4e2d\U0001F600@1:3}"},
        {"a=\\ud83d\nb=x\\ude00y\\ud83d\\ud83d\\ude00",
         "{a=s:\ufffd@1:3, b=s:x\ufffdy\ufffd\U0001F600@2:3}"},
        {"\\u0061\\u003d=\\u0020\\u000a", "{a==s: \n@1:4}"},
        {"a=\\u12", "!corrupt 1:3 '\\u' needs four hexadecimal digits"},
        {"a=1\nb=\\u12g4", "!corrupt 2:3 '\\u' needs four hexadecimal digits"},
        {"a\\u", "!corrupt 1:2 '\\u' needs four hexadecimal digits"},
    };
    PROPERTIES(cases);
}

static void lines(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a=1\r\nb=2\r\n", "{a=s:1@1:3, b=s:2@2:3}"},
        {"a=b\rc=d\r\ne=f\n\rg=h", "{a=s:b@1:3, c=s:d@2:3, e=s:f@3:3, g=s:h@5:3}"},
        {"a=one \\\n   two\nb=1", "{a=s:one two@1:3, b=s:1@3:3}"},
        {"a=\\\n\\\r\n  b", "{a=s:b@3:3}"},
        {"a=x\\\n\n b=2", "{a=s:x@1:3, b=s:2@3:4}"},
        {"a\\\n", "{a=s:@2:1}"},
        {"a=\\", "{a=s:@2:3}"},
        {"a=x\\\\\nb=1", "{a=s:x\\@1:3, b=s:1@2:3}"},
        {"a\\\n  b=1", "{ab=s:1@2:5}"},
        {"# c \\\na=1", "{a=s:1@2:3}"},
        /* a comment's second character is read as any other */
        {"#\\\na=1\nb=2", "{b=s:2@3:3}"},
    };
    PROPERTIES(cases);
}

static void lists(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"k[]=1,2 , 3\n", "{k[0]=s:1@1:5, k[1]=s:2 @1:7, k[2]=s:3@1:11}"},
        {"k[]=", "{k[0]=s:@2:5}"},
        {"k[]=a,", "{k[0]=s:a@1:5}"},
        {"k[]=,,a\n", "{k[0]=s:@1:5, k[1]=s:@1:6, k[2]=s:a@1:7}"},
        {"k[]=a\\,b,c\n", "{k[0]=s:a,b@1:5, k[1]=s:c@1:9}"},
        {"k[] x,y", "{k[0]=s:x@1:5, k[1]=s:y@1:7}"},
        {"[]=1", "{[0]=s:1@1:4}"},
        {"a[0]=x\na[]=y,z", "{a[0]=s:y@2:5, a[1]=s:z@2:7}"},
        {"a[]=x,y\na[0]=z", "{a[0]=s:z@2:6, a[1]=s:y@1:7}"},
    };
    PROPERTIES(cases);
}

static void documents(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a=1\n#---\na=2\n!---\nb=3", "{a=s:1@1:3} | {a=s:2@3:3} | {b=s:3@5:3}"},
        {"#---\na=1\n#---", "{a=s:1@2:3}"},
        {"a=1\n#---\n#---\nb=2", "{a=s:1@1:3} | {b=s:2@4:3}"},
        {"a=1\n#----\nb=2\n#--- x\nc=3\n #---\nd=4",
         "{a=s:1@1:3, b=s:2@3:3, c=s:3@5:3, d=s:4@7:3}"},
        {"a=1\n#c\n#---\nb=2", "{a=s:1@1:3, b=s:2@4:3}"},
        {"a=1\n!c\n#---\nb=2", "{a=s:1@1:3} | {b=s:2@4:3}"},
        {"a=1\n#---\n#c\nb=2", "{a=s:1@1:3, b=s:2@4:3}"},
        {"a=1\n#---\n!c\nb=2", "{a=s:1@1:3, b=s:2@4:3}"},
        {"a=1\n#---\n\n#c\na=2", "{a=s:2@5:3}"},
        {"a=1\n#---\nb=1\n#---\n#c\na=2\n#---\nc=1",
         "{a=s:1@1:3} | {b=s:1@3:3, a=s:2@6:3} | {c=s:1@8:3}"},
        {"a=1\n#-\\--\nb=2", "{a=s:1@1:3} | {b=s:2@3:3}"},
        /* blanks behind a separator shift the columns of the next line, and lose no key */
        {"a=1\n#---  \nb=2", "{a=s:1@1:3} | {b=s:2@3:10}"},
        {"a=1\n#---  \n  b=2\nc=3", "{a=s:1@1:3} | {b=s:2@3:12, c=s:3@4:3}"},
    };
    PROPERTIES(cases);
}

static void hits(const char *before, const char *text, size_t count, const char *want)
{
    struct cfg_buf input;
    cfg_buf_init(&input, 32 << 20);
    cfg_buf_str(&input, cfg_str_of(before));
    parse_repeat(&input, text, count);
    parse_begins(cfg_parse_properties, &input, want);
    cfg_buf_release(&input);
}

static void limits(void **state)
{
    (void)state;
    hits("", "#", CFG_LIMIT_FILE_BYTES + 1, "!too large 0:0 the file is over 16777216 bytes");
    hits("", "k", CFG_LIMIT_KEY_BYTES, "{kkk");
    hits("a=1\n", "k", CFG_LIMIT_KEY_BYTES + 1, "!too large 3:0 over 4096 bytes in a key");
    hits("", "a=1\n#---\n", CFG_LIMIT_DOCUMENTS - 1, "{a=s:1} | ");
    hits("", "a=1\n#---\n", 10000, "!too large 2002:0 over 1000 documents in the file");
    hits("k[]=", ",", CFG_LIMIT_NODES, "!too large 1:0 over 500000 values in the file");
    /* one line of joined lines, and a document that is opened again and again */
    hits("k=", "\\\n", 4000000, "{k=s:}");
    hits("a=1\n", "#---\n#c\n", 900, "{a=s:1}");
}

static void many_keys(void **state)
{
    (void)state;
    struct cfg_buf input;
    cfg_buf_init(&input, 32 << 20);
    for (int i = 0; i < 1000000; i++)
        cfg_buf_printf(&input, "k%d=1\n", i);
    parse_begins(cfg_parse_properties, &input,
                 "!too large 500000:0 over 500000 values in the file");
    cfg_buf_release(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_values), cmocka_unit_test(characters), cmocka_unit_test(lines),
        cmocka_unit_test(lists),           cmocka_unit_test(documents),  cmocka_unit_test(limits),
        cmocka_unit_test(many_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
