/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java properties in XML: structure, document types, and that nothing is fetched or expanded.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/model/limits.h"

#define XML(cases) parse_cases(cfg_parse_xml, cases, CFG_COUNT(cases), false)
#define HEAD       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define JAVA_DTD   "<!DOCTYPE properties SYSTEM \"http://java.sun.com/dtd/properties.dtd\">\n"
#define STRUCTURE                                                                                  \
    "not Java's properties: <properties> holds one <comment> and <entry key=\"…\"> alone"

static void entries(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {HEAD JAVA_DTD "<properties>\n<comment>c</comment>\n<entry key=\"b\">1</entry>\n<entry "
                       "key=\"a\"> x y </entry>\n"
                       "<entry key=\"b\">2</entry><entry key=\"e\"/></properties>",
         "{b=s:2, a=s: x y , e=s:}"},
        {"<properties><entry key=\"a\">1</entry></properties>", "{a=s:1}"},
        {"<properties/>", "{}"},
        {"<properties version=\"1.0\"><entry key=\"a\" "
         "x=\"1\"><![CDATA[<x>]]>&amp;&#65;&#xe9;</entry></properties>",
         "{a=s:<x>&A\u00e9}"},
        {"<properties><entry key=\"a\">1</entry><comment>late</comment></properties>", "{a=s:1}"},
        {"<properties><entry key=\"a[]\">1,2</entry><entry key=\"\">3</entry></properties>",
         "{a[]=s:1,2, =s:3}"},
        {"<properties><entry key=\" a\n b \">1\r\n2</entry></properties>", "{ a  b =s:1\n2}"},
        {"<?pi x?><properties><!-- c --><entry key=\"a\">1<!-- c -->2</entry>text</properties>",
         "{a=s:12}"},
        {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><properties><entry "
         "key=\"a\">\xe9</entry></properties>",
         "{a=s:\u00e9}"},
        {"<!DOCTYPE properties PUBLIC \"x\" "
         "\"http://java.sun.com/dtd/properties.dtd\"><properties/>",
         "{}"},
        {"<!DOCTYPE properties><properties/>", "{}"},
    };
    XML(cases);
}

/* The same, two bytes a character. */
static void wide(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {JAVA_DTD "<properties><entry key=\"a&amp;b\">1</entry></properties>", "{a&b=s:1}"},
        {JAVA_DTD "<properties><entry key=\"&x;\"/></properties>",
         "!corrupt 2:13 a reference to an unknown entity"},
    };
    for (size_t i = 0; i < CFG_COUNT(cases) * 2; i++) {
        bool big_endian = i % 2;
        struct cfg_buf input;
        cfg_buf_init(&input, 1 << 10);
        cfg_buf_append(&input, big_endian ? "\xfe\xff" : "\xff\xfe", 2);
        for (const char *p = cases[i / 2].input; *p; p++) {
            char unit[2] = {big_endian ? '\0' : *p, big_endian ? *p : '\0'};
            cfg_buf_append(&input, unit, sizeof unit);
        }
        parse_begins(cfg_parse_xml, &input, cases[i / 2].want);
        cfg_buf_release(&input);
    }
}

static void no_places(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"<properties>\n<entry key=\"a\">1</entry></properties>", "{a=s:1@0:0}"},
    };
    parse_cases(cfg_parse_xml, cases, CFG_COUNT(cases), true);
}

static void structure(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"", "!corrupt 1:1 no element found"},
        {"<props/>", "!corrupt 1:1 " STRUCTURE},
        {"<properties>\n <foo/></properties>", "!corrupt 2:2 " STRUCTURE},
        {"<properties><entry>1</entry></properties>", "!corrupt 1:13 an entry without a key"},
        {"<properties><entry key=\"a\">1<b/></entry></properties>", "!corrupt 1:29 " STRUCTURE},
        {"<properties><entry key=\"a\"><entry key=\"b\"/></entry></properties>",
         "!corrupt 1:28 " STRUCTURE},
        {"<properties><comment>a</comment><comment/></properties>", "!corrupt 1:33 " STRUCTURE},
        {"<properties><comment>a<b/></comment></properties>", "!corrupt 1:23 " STRUCTURE},
        {"<properties><properties/></properties>", "!corrupt 1:13 " STRUCTURE},
        {"<p:properties xmlns:p=\"x\"/>", "!corrupt 1:1 " STRUCTURE},
        {"<properties/><x/>", "!corrupt 1:14 junk after document element"},
        {"<properties>\n<entry key=\"a\">1</entri></properties>", "!corrupt 2:19 mismatched tag"},
        {"<properties><entry key=\"a\" key=\"b\"/></properties>",
         "!corrupt 1:28 duplicate attribute"},
        {"<properties><entry key=\"a\">\xff</entry></properties>",
         "!corrupt 1:28 not well-formed (invalid token)"},
    };
    XML(cases);
}

static void entities(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"<!DOCTYPE properties [<!ENTITY x \"y\">]><properties><entry "
         "key=\"a\">&x;</entry></properties>",
         "!corrupt 1:22 declarations in the document type are not read"},
        {"<!DOCTYPE properties SYSTEM \"http://java.sun.com/dtd/properties.dtd\" [<!ENTITY x "
         "SYSTEM \"file:///etc/passwd\">]>"
         "<properties/>",
         "!corrupt 1:70 declarations in the document type are not read"},
        {"<!DOCTYPE properties [<!ENTITY % x SYSTEM \"http://h/x\"> %x;]><properties/>",
         "!corrupt 1:22 declarations in the document type are not read"},
        {"<!DOCTYPE properties SYSTEM \"http://h/x.dtd\"><properties/>",
         "!corrupt 1:45 a document type other than that of Java's properties"},
        {JAVA_DTD "<properties><entry key=\"a\">&x;</entry></properties>",
         "!corrupt 2:28 a reference to an unknown entity"},
        {"<properties><entry key=\"a\">&x;</entry></properties>", "!corrupt 1:28 undefined entity"},
        {JAVA_DTD "<properties><entry key=\"a&amp;&#65;&x;\">1</entry></properties>",
         "!corrupt 2:13 a reference to an unknown entity"},
        {JAVA_DTD
         "<properties><entry key=\"&amp;&lt;&gt;&quot;&apos;&#65;\">1</entry></properties>",
         "{&<>\"'A=s:1}"},
    };
    XML(cases);
}

static void
hits(const char *before, const char *text, size_t count, const char *after, const char *want)
{
    struct cfg_buf input;
    cfg_buf_init(&input, 64 << 20);
    cfg_buf_str(&input, cfg_str_of(before));
    parse_repeat(&input, text, count);
    cfg_buf_str(&input, cfg_str_of(after));
    parse_begins(cfg_parse_xml, &input, want);
    cfg_buf_release(&input);
}

static void limits(void **state)
{
    (void)state;
    hits("", " ", CFG_LIMIT_FILE_BYTES + 1, "", "!too large 0:0 the file is over 16777216 bytes");
    hits("<properties><entry key=\"", "k", CFG_LIMIT_KEY_BYTES, "\"/></properties>", "{kkk");
    hits("<properties><entry key=\"", "k", CFG_LIMIT_KEY_BYTES + 1, "\"/></properties>",
         "!too large 1:13 over 4096 bytes in a key");
    hits("<properties>", "<a>", 100000, "", "!corrupt 1:13 not Java's properties");
    struct cfg_buf input;
    cfg_buf_init(&input, CFG_LIMIT_FILE_BYTES);
    cfg_buf_str(&input, CFG_STR("<properties>"));
    for (int i = 0; i < CFG_LIMIT_NODES; i++)
        cfg_buf_printf(&input, "<entry key=\"%x\"/>\n", (unsigned)i);
    cfg_buf_str(&input, CFG_STR("</properties>"));
    parse_begins(cfg_parse_xml, &input, "!too large 500000:21 over 500000 values in the file");
    cfg_buf_release(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries),   cmocka_unit_test(wide),     cmocka_unit_test(no_places),
        cmocka_unit_test(structure), cmocka_unit_test(entities), cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
