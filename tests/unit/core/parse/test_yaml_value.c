/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tag of a plain scalar by its looks, and tags by name. What values come of them: test_parse_yaml.c.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/parse/yaml_value.h"

static void looks(void **state)
{
    (void)state;
    static const struct {
        enum cfg_yaml_tag tag;
        const char *texts; /* parted by blanks */
    } cases[] = {
        {CFG_TAG_BOOL, "yes No TRUE False on OFF"},
        {CFG_TAG_NULL, "~ null Null NULL"},
        {CFG_TAG_INT, "0 00 0_7 07 1_ 1__0 -1 +1 0b0 0b1_ 0b_1 -0x_F 0x1f 1:0 1:59:59 1_:3"},
        {CFG_TAG_FLOAT, "1. 1.5 1_.5 1._5 .5 ._5 ._ 1e1 1E-1 08e1 1.e5 0:1. 1:59.5 1:5._ .inf "
                        "+.INF -.Inf .nan .NaN .NAN"},
        {CFG_TAG_MERGE, "<<"},
        {CFG_TAG_STR, "0_ a y n yEs nULL ~~ < <<< = - + . .. 08 0b 0b2 0b_ 0x 0x_ 0o7 _1 1:60 1:3_ "
                      "1:3: :1 0:1 1e 1e+ 1.5e1_0 "
                      "e1 .e1 1.2.3 1:5e3 1:60.5 .iNf -.nan .Nan inf nan 0x1.5 2024-01-02 1,0"},
    };
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_str rest = cfg_str_of(cases[i].texts);
        struct cfg_str text;
        while (cfg_str_cut(&rest, ' ', &text))
            if (cfg_yaml_resolve(text) != cases[i].tag)
                fail_msg("'%.*s' is not %s", CFG_STR_ARG(text), cfg_yaml_tag_text(cases[i].tag));
    }
    assert_int_equal(cfg_yaml_resolve(CFG_STR("")), CFG_TAG_NULL);
    assert_int_equal(cfg_yaml_resolve(CFG_STR("1\0")), CFG_TAG_STR);
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(cfg_yaml_tag_of("tag:yaml.org,2002:str"), CFG_TAG_STR);
    assert_int_equal(cfg_yaml_tag_of("tag:yaml.org,2002:pairs"), CFG_TAG_PAIRS);
    assert_int_equal(cfg_yaml_tag_of("tag:yaml.org,2002:merge"), CFG_TAG_UNKNOWN);
    assert_int_equal(cfg_yaml_tag_of("tag:yaml.org,2002:unknown"), CFG_TAG_UNKNOWN);
    assert_int_equal(cfg_yaml_tag_of("tag:yaml.org,2002:"), CFG_TAG_UNKNOWN);
    assert_int_equal(cfg_yaml_tag_of("str"), CFG_TAG_UNKNOWN);
    assert_int_equal(cfg_yaml_tag_of(""), CFG_TAG_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
