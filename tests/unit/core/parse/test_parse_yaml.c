/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML as SnakeYAML reads it with timestamps off: types, tags, keys, merging, documents, places, limits.
 */
#include "tests/unit/core/parse/parse_text.h"

#include "core/model/limits.h"

#define YAML(cases)        parse_cases(cfg_parse_yaml, cases, CFG_COUNT(cases), false)
#define YAML_PLACES(cases) parse_cases(cfg_parse_yaml, cases, CFG_COUNT(cases), true)

static void booleans(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"[yes, Yes, YES, true, True, TRUE, on, On, ON]",
         "[b:true, b:true, b:true, b:true, b:true, b:true, b:true, b:true, b:true]"},
        {"[no, No, NO, false, False, FALSE, off, Off, OFF]",
         "[b:false, b:false, b:false, b:false, b:false, b:false, b:false, b:false, b:false]"},
        {"[y, n, Y, N, tRUE, yES, oN, 'yes', \"no\"]",
         "[s:y, s:n, s:Y, s:N, s:tRUE, s:yES, s:oN, s:yes, s:no]"},
    };
    YAML(cases);
}

static void integers(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"[0, 42, -7, +5, 1_000, 12_, -0, +0]", "[i:0, i:42, i:-7, i:5, i:1000, i:12, i:0, i:0]"},
        {"[0755, 010, 00, 0_7, -012]", "[i:493, i:8, i:0, i:7, i:-10]"},
        {"[0xFF, -0x1F, 0x_f, 0b101, -0b11, 0b_1]", "[i:255, i:-31, i:15, i:5, i:-3, i:1]"},
        {"[1:30, 12:30:45, 8:30, 23:59:59, 190:20:30, -1:30, 1:5]",
         "[i:90, i:45045, i:510, i:86399, i:685230, i:-90, i:65]"},
        {"[089, 0o17, 0b2, 0x, _1, 08:30, 1:60, '1,000', 1.2.3, 192.168.0.1, 0xZZ, +, --, 1__x]",
         "[s:089, s:0o17, s:0b2, s:0x, s:_1, s:08:30, s:1:60, s:1,000, s:1.2.3, s:192.168.0.1, "
         "s:0xZZ, s:+, s:--, s:1__x]"},
        {"[9223372036854775808, 123456789012345678901234567890, -9223372036854775809]",
         "[i:9223372036854775808, i:123456789012345678901234567890, i:-9223372036854775809]"},
        {"[0xFFFFFFFFFFFFFFFFFFFFFFFF, 0777777777777777777777777777777, -0xFFFFFFFFFFFFFFFFFFFF]",
         "[i:79228162514264337593543950335, i:1237940039285380274899124223, "
         "i:-1208925819614629174706175]"},
        {"[99999999999999999999:30, 99999999999:30]",
         "[i:5999999999999999999970, i:5999999999970]"},
    };
    YAML(cases);
}

static void floats(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"[1.5, .5, 5., 1e3, 1E+3, 1_000.5, 1.10, -.5, +.5, -0.0]",
         "[d:1.5, d:0.5, d:5.0, d:1000.0, d:1000.0, d:1000.5, d:1.1, d:-0.5, d:0.5, d:-0.0]"},
        {"[1:30.5, 1:2:3.5, 190:20:30.15, -1:30.5]", "[d:90.5, d:3723.5, d:685230.15, d:-90.5]"},
        {"[.inf, .Inf, .INF, -.inf, +.INF, .nan, .NaN, .NAN, 1E400, -1e400]",
         "[d:Infinity, d:Infinity, d:Infinity, d:-Infinity, d:Infinity, d:NaN, d:NaN, d:NaN, "
         "d:Infinity, d:-Infinity]"},
        {"[.iNf, -.nan, .Nan, 1e, 1.2e, e1, ., .., 1.000.5, 0x1.5]",
         "[s:.iNf, s:-.nan, s:.Nan, s:1e, s:1.2e, s:e1, s:., s:.., s:1.000.5, s:0x1.5]"},
        {"[0.001, 0.00099, 9999999.0, 1e7, 123456789.123456789, 6.02E23, 1e-7, 4.9e-324]",
         "[d:0.001, d:9.9E-4, d:9999999.0, d:1.0E7, d:1.2345678912345679E8, d:6.02E23, d:1.0E-7, "
         "d:4.9E-324]"},
        {"a: ._", "!corrupt 1:4 not a value of the type float"},
    };
    YAML(cases);
}

static void nulls_and_strings(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a:\nb: ~\nc: null\nd: Null\ne: NULL\nf: nULL\ng: ''\n",
         "{a=n:, b=n:, c=n:, d=n:, e=n:, f=s:nULL, g=s:}"},
        {"[2024-01-02, '2024-01-02T03:04:05Z', =, ~x, <, <<x]",
         "[s:2024-01-02, s:2024-01-02T03:04:05Z, s:=, s:~x, s:<, s:<<x]"},
        {"a: |\n  x\n   y\nb: >-\n  p\n  q\n\n  r\nc: |+\n  z\n\n",
         "{a=s:x\n y\n, b=s:p q\nr, c=s:z\n\n}"},
        {"a: one\n  two\n  three\nb: 'it''s'\nc: \"\\x41\\u00e9\\U0001F600\\t\"\n",
         "{a=s:one two three, b=s:it's, c=s:A\u00e9\U0001F600\t}"},
        {"a: http://h:80/p?q=1#f\nb: x#y\nc: x #y\n", "{a=s:http://h:80/p?q=1#f, b=s:x#y, c=s:x}"},
        {"a: <<", "!corrupt 1:4 '<<' is a merge key and no value; quote it"},
        {"a: '<<'", "{a=s:<<}"},
    };
    YAML(cases);
}

/* What libyaml alone would refuse. */
static void surrogates(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a: \"\\ud83d\\ude00\"\nb: 2", "{a=s:\U0001F600@1:4, b=i:2@2:4}"},
        {"[\"\\uD83D\\uDE00x\\ud83d\\ude01\", b]", "[s:\U0001F600x\U0001F601@1:2, s:b@1:31]"},
        {"\"\\ud83d\\ude00\": '\\ud83d\\ude00'", "{\U0001F600=s:\\ud83d\\ude00@1:17}"},
        {"a: \"\\ud83d\\ude00\"\nb: \\ud83d\\ude00\nc: |\n  \\uD83D\\uDE00\n",
         "{a=s:\U0001F600@1:4, b=s:\\ud83d\\ude00@2:4, c=s:\\uD83D\\uDE00\n@3:4}"},
        {"a: \"\\\\\\ud83d\\ude00\"", "{a=s:\\\U0001F600@1:4}"},
        {"a: \"\\ud83d\"",
         "!corrupt 1:7 while parsing a quoted scalar: found invalid Unicode character escape code"},
    };
    YAML_PLACES(cases);
}

static void tags(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"[!!str 123, !!str ~, !!str, !!int \"12\", !!int \"0x7f\", !!float 3, !!float \"-.iNf\", "
         "!!bool \"tRuE\"]",
         "[s:123, s:~, s:, i:12, i:127, d:3.0, d:-Infinity, b:true]"},
        {"[!!bool maybe, !!null x, ! 12, ! \"12\", !<tag:yaml.org,2002:str> 1]",
         "[n:, n:, i:12, i:12, s:1]"},
        {"[!!binary aGVsbG8=, !!binary \"aGVs bG9=\", !!binary AB, !!binary '']",
         "[x:aGVsbG8=, x:aGVsbG8=, x:AA==, x:]"},
        {"a: !!binary A", "!corrupt 1:4 not a value of the type binary"},
        {"a: !!binary 'A!=='", "!corrupt 1:4 not a value of the type binary"},
        {"a: !!binary 'AAA=='", "!corrupt 1:4 not a value of the type binary"},
        {"a: !!int x", "!corrupt 1:4 not a value of the type int"},
        {"a: !!int ''", "!corrupt 1:4 not a value of the type int"},
        {"a: !!int '08'", "!corrupt 1:4 not a value of the type int"},
        {"a: !!int '1:'", "!corrupt 1:4 not a value of the type int"},
        {"a: !!float x", "!corrupt 1:4 not a value of the type float"},
        {"a: !!float ''", "!corrupt 1:4 not a value of the type float"},
        {"a: !!float '--1'", "!corrupt 1:4 not a value of the type float"},
        {"a: !foo bar", "!corrupt 1:4 unknown tag '!foo'"},
        {"a: !!java.util.Date x", "!corrupt 1:4 unknown tag 'tag:yaml.org,2002:java.util.Date'"},
        {"a: !!merge x", "!corrupt 1:4 unknown tag 'tag:yaml.org,2002:merge'"},
        {"a: !!map x", "!corrupt 1:4 a scalar cannot have the tag '!!map'"},
        {"a: !!str [x]", "!corrupt 1:4 a list cannot have the tag '!!str'"},
        {"a: !!seq {x: 1}", "!corrupt 1:4 a map cannot have the tag '!!seq'"},
        {"a: !!seq [x]\nb: !!map {x: 1}\nc: ! [1]\nd: ! {x: 1}",
         "{a=[s:x], b={x=i:1}, c=[i:1], d={x=i:1}}"},
        {"%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1", "{a=s:1}"},
    };
    YAML(cases);
}

static void timestamps(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"[!!timestamp 2024-01-02, !!timestamp 2001-1-1, !!timestamp 2001-12-14t21:59:43.10-05:00]",
         "[t:2024-01-02T00:00:00.000Z, t:2001-01-01T00:00:00.000Z, t:2001-12-15T02:59:43.100Z]"},
        {"[!!timestamp 2001-12-14 21:59:43.10 -5, !!timestamp 2001-12-15 2:59:43.10]",
         "[t:2001-12-15T02:59:43.100Z, t:2001-12-15T02:59:43.100Z]"},
        {"[!!timestamp 2001-13-45, !!timestamp 2000-02-30, !!timestamp 2024-00-00]",
         "[t:2002-02-14T00:00:00.000Z, t:2000-03-01T00:00:00.000Z, t:2023-11-30T00:00:00.000Z]"},
        {"[!!timestamp '2001-12-14T01:01:01.9999Z', !!timestamp '2001-12-14T01:01:01.0005Z']",
         "[t:2001-12-14T01:01:02.000Z, t:2001-12-14T01:01:01.000Z]"},
        {"[!!timestamp '1969-12-31T23:59:59.999Z', !!timestamp '2001-12-14T01:01:01 +99:00', "
         "!!timestamp 0001-01-01]",
         "[t:1969-12-31T23:59:59.999Z, t:2001-12-14T01:01:01.000Z, t:0001-01-01T00:00:00.000Z]"},
        {"a: !!timestamp x", "!corrupt 1:4 not a value of the type timestamp"},
        {"a: !!timestamp 2001-1", "!corrupt 1:4 not a value of the type timestamp"},
        {"a: !!timestamp 2001-01-01T", "!corrupt 1:4 not a value of the type timestamp"},
        {"a: !!timestamp '2001-01-01 1:1:1'", "!corrupt 1:4 not a value of the type timestamp"},
        {"a: !!timestamp '2001-01-01 01:01:01 +1:2'",
         "!corrupt 1:4 not a value of the type timestamp"},
    };
    YAML(cases);
}

static void sets_and_ordered_maps(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a: !!set {x, y}\nb: 1", "{a=[s:x@0:0, s:y@0:0], b=i:1@2:4}"},
        {"a: !!set {1, 2.0, yes}", "{a=[i:1@0:0, d:2.0@0:0, b:true@0:0]}"},
        {"a: !!set {}\n", "{a=[]@0:0}"},
        {"a: !!set\n  ? x\n  ? [p, q]\n", "{a=[s:x@0:0, [s:p@3:6, s:q@3:9]]}"},
        {"!!set {}", "[]@0:0"},
        {"a: !!set {x, x}", "!corrupt 1:14 duplicate key 'x'"},
        {"a: !!set [x]", "!corrupt 1:4 a list cannot have the tag '!!set'"},
        {"a: !!omap [x: 1, y: 2, x: 3]", "{a={x=i:3@1:27, y=i:2@1:21}}"},
        {"a: !!omap [1: {y: [2]}]", "{a={[1]={y=[i:2@1:20]}}}"},
        {"a: !!omap []", "{a=[]@1:4}"},
        {"a: !!omap [x]",
         "!corrupt 1:12 an ordered map or list of pairs needs maps of one key each"},
        {"a: !!omap [{x: 1, y: 2}]",
         "!corrupt 1:12 an ordered map or list of pairs needs maps of one key each"},
        {"a: !!pairs [x: 1, x: 2]", "{a=[{x=i:1@1:16}, {x=i:2@1:22}]}"},
    };
    YAML_PLACES(cases);
}

static void keys(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"1: a\n0x10: b\n1.5: c\n1e3: d\ntrue: e\n~: f\non: g",
         "!corrupt 7:1 duplicate key '[true]'"},
        {"1: a\n0x10: b\n1.5: c\n1e3: d\ntrue: e\n~: f\noff: g",
         "{[1]=s:a, [16]=s:b, [1.5]=s:c, [1000.0]=s:d, [true]=s:e, [null]=s:f, [false]=s:g}"},
        {"\"\": a\n\" s \": b\n\"[x]\": c\n'1': d\n2024-01-02: e\na.b/c: f",
         "{=s:a,  s =s:b, [x]=s:c, 1=s:d, 2024-01-02=s:e, a.b/c=s:f}"},
        {"? [c, d]\n: 1\n? {a: 1, 2: x, e: [y, ~]}\n: 2\n? []\n: 3\n? {}\n: 4",
         "{[[c, d]]=i:1, [{a=1, 2=x, e=[y, ]}]=i:2, =i:3, [{}]=i:4}"},
        {"!!str 1: a\n!!int \"1\": b", "{1=s:a, [1]=s:b}"},
        {"a: 1\na: 2", "!corrupt 2:1 duplicate key 'a'"},
        {"a: 1\n\"a\": 2", "!corrupt 2:1 duplicate key 'a'"},
        {"x:\n  y: {b: 1, c: 2, b: 3}", "!corrupt 2:19 duplicate key 'b'"},
        {"1: a\n01: b", "!corrupt 2:1 duplicate key '[1]'"},
        {".nan: a\n.NaN: b", "!corrupt 2:1 duplicate key '[NaN]'"},
        {"? [a]\n: 1\n? [a]\n: 2", "!corrupt 3:3 duplicate key '[[a]]'"},
        {"1: a\n1.0: b\n\"1\": c", "{[1]=s:a, [1.0]=s:b, 1=s:c}"},
        /* two keys to YAML, one to flattening */
        {"1: a\nz: 0\n\"[1]\": b", "{[1]=s:b, z=i:0}"},
        {"\"[1]\": a\n1: b\n1: c", "!corrupt 3:1 duplicate key '[1]'"},
        {"a.b: 1\na: {b: 2}", "{a.b=i:1, a={b=i:2}}"},
    };
    YAML(cases);
}

/* A map large enough for an index behaves as a small one does. */
static void large_maps(void **state)
{
    (void)state;
    struct cfg_buf input;
    cfg_buf_init(&input, 1 << 20);
    for (int i = 0; i < 1000; i++)
        cfg_buf_printf(&input, "k%d: %d\n", i, i);
    parse_begins(cfg_parse_yaml, &input, "{k0=i:0, k1=i:1, k2=i:2,");
    cfg_buf_str(&input, CFG_STR("k777: again\n"));
    parse_begins(cfg_parse_yaml, &input, "!corrupt 1001:1 duplicate key 'k777'");
    cfg_buf_reset(&input);
    cfg_buf_str(&input, CFG_STR("a: &a {"));
    for (int i = 0; i < 100; i++)
        cfg_buf_printf(&input, "k%d: %d, ", i, i);
    cfg_buf_str(&input, CFG_STR("}\nb: {k50: own, <<: *a, k0: own}\nc: 1\n"));
    struct cfg_buf got;
    cfg_buf_init(&got, PARSE_TEXT_BYTES);
    parse_text(cfg_parse_yaml, cfg_buf_view(&input), false, &got);
    assert_non_null(strstr(got.ptr, "b={k50=s:own, k0=s:own, k1=i:1,"));
    assert_non_null(strstr(got.ptr, "k99=i:99}, c=i:1}"));
    cfg_buf_release(&got);
    cfg_buf_release(&input);
}

static void aliases(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a: &x 1\nb: *x", "{a=i:1@1:4, b=i:1@1:4}"},
        {"a: &x [1, {k: v}]\nb: *x", "{a=[i:1@1:8, {k=s:v@1:15}], b=[i:1@1:8, {k=s:v@1:15}]}"},
        {"a: &x\nb: *x", "{a=n:@1:4, b=n:@1:4}"},
        {"&x a: 1\n*x : 2", "!corrupt 2:1 duplicate key 'a'"},
        {"&x a: 1\nb: {*x : 2}", "{a=i:1@1:7, b={a=i:2@2:10}}"},
        {"a: &x [p]\n*x : 2", "{a=[s:p@1:8], [[p]]=i:2@2:6}"},
        {"a: &x 1\nb: &x 2\nc: *x", "{a=i:1@1:4, b=i:2@2:4, c=i:2@2:4}"},
        {"a: &x [&x 1, *x]", "{a=[i:1@1:8, i:1@1:8]}"},
        {"a: !!int &x \"1\"\nb: *x", "{a=i:1@1:4, b=i:1@1:4}"},
        {"a: *x", "!corrupt 1:4 unknown alias 'x'"},
        {"a: &x 1\n---\nb: *x", "!corrupt 3:4 unknown alias 'x'"},
        {"a: &x [*x]", "!corrupt 1:8 a node that contains itself: alias 'x'"},
        {"a: &x {k: {l: *x}}", "!corrupt 1:15 a node that contains itself: alias 'x'"},
        {"&x {? *x : 1}", "!corrupt 1:7 a node that contains itself: alias 'x'"},
        {"&x {<<: *x}", "!corrupt 1:9 a node that contains itself: alias 'x'"},
    };
    YAML_PLACES(cases);
}

static void merge_keys(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a: &A {k: 1, j: 2}\nx: {k: 5, <<: *A}\ny: {<<: *A, k: 5}",
         "{a={k=i:1@1:11, j=i:2@1:17}, x={k=i:5@2:8, j=i:2@1:17}, y={k=i:5@3:16, j=i:2@1:17}}"},
        {"a: &A {k: 1}\nb: &B {k: 2, c: 3}\nx: {<<: [*A, *B]}\ny: {<<: [*B, *A]}\nz: {<<: *A, <<: "
         "*B}",
         "{a={k=i:1@1:11}, b={k=i:2@2:11, c=i:3@2:17}, x={k=i:1@1:11, c=i:3@2:17}, "
         "y={k=i:2@2:11, c=i:3@2:17}, z={k=i:1@1:11, c=i:3@2:17}}"},
        {"c: {<<: {a: 1, b: 2}, a: 0}", "{c={a=i:0@1:26, b=i:2@1:19}}"},
        {"c: {<<: [{a: 1}, {a: 2}]}", "{c={a=i:1@1:14}}"},
        {"c: {<<: []}\nd: {<<: {}}", "{c={}@1:4, d={}@2:4}"},
        {"a: &A {k: {m: 1}}\nc: {<<: *A, k: {n: 2}}", "{a={k={m=i:1@1:15}}, c={k={n=i:2@2:20}}}"},
        {"a: &A {k: 1}\nb: &B {<<: *A, l: 2}\nc: {<<: *B, k: 3}",
         "{a={k=i:1@1:11}, b={k=i:1@1:11, l=i:2@2:19}, c={k=i:3@3:16, l=i:2@2:19}}"},
        {"- <<: {k: 1}\n  k: 2", "[{k=i:2@2:6}]"},
        {"c: &C {<<: &D {k: 1}}\nd: *D\ne: *C", "{c={k=i:1@1:19}, d={k=i:1@1:19}, e={k=i:1@1:19}}"},
        {"\"<<\": {a: 1}", "{<<={a=i:1@1:11}}"},
        {"c: {<<: 1}", "!corrupt 1:5 a merge key '<<' needs a map or a list of maps"},
        {"c: {<<: }", "!corrupt 1:5 a merge key '<<' needs a map or a list of maps"},
        {"c: {<<: [1]}", "!corrupt 1:5 a merge key '<<' needs a map or a list of maps"},
        {"c: !!set {<<: {a: 1}}", "!corrupt 1:11 a merge key '<<' has no meaning in a set"},
    };
    YAML_PLACES(cases);
}

/* The keys of an inline merge map come in again, as the later ones: the reference's answers show it. */
static void inline_merge_maps(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"x: {k: 5, <<: {k: 1}}", "{x={k=i:1}}"},
        {"a: &A {k: 1, j: 2}\nz:\n  <<: [*A, {w: 9, k: 8}]",
         "{a={k=i:1, j=i:2}, z={k=i:8, j=i:2, w=i:9}}"},
        {"a: &A {k: 1}\nc: {<<: [{k: 2}, *A]}", "{a={k=i:1}, c={k=i:1}}"},
        {"a: &A {k: 1}\nc: {<<: [{k: 2}, *A], k: 3}", "{a={k=i:1}, c={k=i:3}}"},
        {"a: &A {k: 1}\nc: {<<: [*A, {k: 2}], k: 3}", "{a={k=i:1}, c={k=i:2}}"},
        {"c: {a: 9, <<: {a: 1, <<: {a: 2, b: 3}}}", "{c={a=i:1, b=i:3}}"},
        {"c: &y {k: 1, <<: {k: 2}}\nd: {<<: *y}\ne: {k: 7, <<: *y}",
         "{c={k=i:2}, d={k=i:2}, e={k=i:2}}"},
    };
    YAML(cases);
}

static void documents(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"", ""},
        {"# only\n", ""},
        {"---\n---\na: 1\n---\n\n---\nb: 2\n...\n---\nnull\n", "{a=i:1} | {b=i:2}"},
        {"\"\"\n---\n[]\n---\n~\n---\n!!str\n---\n{}\n---\n[[]]", "{} | [[]]"},
        {"just text", "s:just text"},
        {"- a\n- b: c\n", "[s:a, {b=s:c}]"},
        {"5", "i:5"},
        {"--- a\n--- b\n", "s:a | s:b"},
        {"a: 1\n...\nb: 2\n", "!corrupt 3:1 did not find expected <document start>"},
        {"%YAML 1.1\n---\na: yes", "{a=b:true}"},
        {"%YAML 1.2\n---\na: yes", "{a=b:true}"},
        {"%YAML 1.0\n---\na: 1\n...\n# c\n%YAML 1.37\n---\nb: 2", "{a=i:1} | {b=i:2}"},
        {"%FOO bar\n\n%BAR\n---\na: 1", "{a=i:1}"},
        {"%YAML 2.0\n---\na: 1", "!corrupt 1:1 found incompatible YAML document"},
        {"a: |\n  %FOO\n  ---\n", "{a=s:%FOO\n---\n}"},
    };
    YAML(cases);
}

static void encodings(void **state)
{
    (void)state;
    static const struct {
        struct cfg_str input;
        const char *want;
    } cases[] = {
        {{"\xef\xbb\xbf"
          "a: bom",
          9},
         "{a=s:bom@1:4}"},
        {{"\xff\xfe"
          "a\0:\0 \0\xe9\0",
          10},
         "{a=s:\u00e9@1:4}"},
        {{"\xfe\xff"
          "\0a\0:\0 \xd8\x3d\xde\x00",
          12},
         "{a=s:\U0001F600@1:4}"},
        {{"\xff\xfe\0\0"
          "a\0\0\0:\0\0\0 \0\0\0\x00\xf6\x01\0",
          20},
         "{a=s:\U0001F600@1:4}"},
        {{"\0\0\xfe\xff"
          "\0\0\0a\0\0\0:\0\0\0 \0\0\0b",
          20},
         "{a=s:b@1:4}"},
        {{"\xff\xfe"
          "a\0\n\0:",
          7},
         "!corrupt 2:1 malformed UTF-16"},
        {{"\xff\xfe"
          "\x3d\xd8"
          "a\0",
          6},
         "!corrupt 1:1 malformed UTF-16"},
        {{"\xff\xfe"
          "\x00\xde",
          4},
         "!corrupt 1:1 malformed UTF-16"},
        {{"\0\0\xfe\xff"
          "\0\x11\0\0",
          8},
         "!corrupt 1:1 malformed UTF-32"},
        {{"a: \xe9\n", 5}, "!corrupt 1:4 incomplete UTF-8 octet sequence"},
        {{"a: b\nc: \xff", 9}, "!corrupt 2:4 invalid leading UTF-8 octet"},
        {{"a: \x01", 4}, "!corrupt 1:4 control characters are not allowed"},
        {{"a: \0", 4}, "!corrupt 1:4 control characters are not allowed"},
    };
    struct cfg_buf got;
    cfg_buf_init(&got, PARSE_TEXT_BYTES);
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        parse_text(cfg_parse_yaml, cases[i].input, true, &got);
        assert_string_equal(got.ptr, cases[i].want);
    }
    cfg_buf_release(&got);
}

static void places(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a: 1\nb:\n  c: [x, ~]\n", "{a=i:1@1:4, b={c=[s:x@3:7, n:@3:10]}}"},
        {"a:\nb:   # c\nc: \n", "{a=n:@1:3, b=n:@2:3, c=n:@3:3}"},
        {"- \n-   # c\n-\n", "[n:@1:2, n:@2:2, n:@3:2]"},
        {"a: {b: , c: {d:  }}", "{a={b=n:@1:7, c={d=n:@1:16}}}"},
        {"{\u00e9: , \u00fc:  , z}", "{\u00e9=n:@1:4, \u00fc=n:@1:9, z=n:@1:14}"},
        {"[a: , ? b : , {c: }]", "[{a=n:@1:4}, {b=n:@1:12}, {c=n:@1:18}]"},
        {"a: !!str 1\nb: &x 2\nc: &y\n  d: 1\n", "{a=s:1@1:4, b=i:2@2:4, c={d=i:1@4:6}}"},
        {"a: |\n  x\nb: >\n  y\n", "{a=s:x\n@1:4, b=s:y\n@3:4}"},
        {"a: []\nb: {}\n", "{a=[]@1:4, b={}@2:4}"},
        {"\u00e9: \u00fc\r\nb: 1\r\n", "{\u00e9=s:\u00fc@1:4, b=i:1@2:4}"},
        {"a: 1\rb: 2", "{a=i:1@1:4, b=i:2@2:4}"},
    };
    YAML_PLACES(cases);
}

static void malformed(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"a:\n\tb: 1\n", "!corrupt 2:1 while scanning for the next token: found character that "
                         "cannot start any token"},
        {"a: b: c", "!corrupt 1:5 mapping values are not allowed in this context"},
        {"a: - x", "!corrupt 1:4 block sequence entries are not allowed in this context"},
        {"a: @x", "!corrupt 1:4 while scanning for the next token: found character that cannot "
                  "start any token"},
        {"a: `x", "!corrupt 1:4 while scanning for the next token: found character that cannot "
                  "start any token"},
        {"a: %x", "!corrupt 1:4 while scanning for the next token: found character that cannot "
                  "start any token"},
        {"a: [x\nb: 1",
         "!corrupt 2:2 while parsing a flow sequence: did not find expected ',' or ']'"},
        {"a: 1\n b: 2", "!corrupt 2:3 mapping values are not allowed in this context"},
        {"a: \"x", "!corrupt 1:6 while scanning a quoted scalar: found unexpected end of stream"},
        {"a: 'x' y", "!corrupt 1:8 while parsing a block mapping: did not find expected key"},
        {"a: 1\n- b", "!corrupt 2:1 while parsing a block mapping: did not find expected key"},
        {"a: \"\\q\"",
         "!corrupt 1:5 while parsing a quoted scalar: found unknown escape character"},
    };
    YAML(cases);
}

static void long_scalars(void **state)
{
    (void)state;
    struct cfg_buf input;
    cfg_buf_init(&input, 1 << 20);
    parse_repeat(&input, "1", 1024);
    parse_begins(cfg_parse_yaml, &input, "i:111");
    parse_repeat(&input, "1", 1);
    parse_begins(cfg_parse_yaml, &input, "s:111");
    cfg_buf_reset(&input);
    cfg_buf_str(&input, CFG_STR("!!int '"));
    parse_repeat(&input, "1", 1025);
    cfg_buf_str(&input, CFG_STR("'"));
    parse_begins(cfg_parse_yaml, &input, "!too large 1:1 a number of over 1024 characters");
    cfg_buf_release(&input);
}

static void hits(const char *before, const char *text, size_t count, const char *want)
{
    struct cfg_buf input;
    cfg_buf_init(&input, 32 << 20);
    cfg_buf_str(&input, cfg_str_of(before));
    parse_repeat(&input, text, count);
    parse_begins(cfg_parse_yaml, &input, want);
    cfg_buf_release(&input);
}

static void limits(void **state)
{
    (void)state;
    hits("", "#", CFG_LIMIT_FILE_BYTES + 1, "!too large 0:0 the file is over 16777216 bytes");
    hits("", "- ", 64, "[[[[");
    hits("", "- ", 65, "!too large 1:129 over 64 levels of maps and lists");
    hits("", "[", 16000, "!too large 1:65 over 64 levels of maps and lists");
    hits("", "{a: ", 16000, "!too large 1:257 over 64 levels of maps and lists");
    hits("", "? ", 16000, "!too large 1:129 over 64 levels of maps and lists");
    hits("", "- x\n", CFG_LIMIT_NODES, "!too large 500000:3 over 500000 values in the file");
    hits("", "- &a x\n", CFG_LIMIT_ANCHORS + 1,
         "!too large 1001:3 over 1000 anchors in a document");
    hits("", "--- &a x\n", CFG_LIMIT_DOCUMENTS, "s:x | s:x");
    hits("", "---\na: 1\n", 10000, "!too large 2001:1 over 1000 documents in the file");
    hits("", "---\n", 10000, "!too large 1001:1 over 1000 documents in the file");
    hits("- &a x\n", "- *a\n", CFG_LIMIT_ALIAS_NODES + 1,
         "!too large 100002:3 over 100000 values made by aliases");
    hits("? ", "k", CFG_LIMIT_KEY_BYTES, "{kkk");
    hits("? ", "k", CFG_LIMIT_KEY_BYTES + 1, "!too large 1:3 over 4096 bytes in a key");
    hits("?\n", "  - kkkkkkk\n", 1000, "!too large 2:3 over 4096 bytes in a key");
    hits("- &a [x, x]\n", "---\n- &a [x, x]\n- *a\n", 900, "[[s:x");
}

static void million_keys(void **state)
{
    (void)state;
    struct cfg_buf input;
    cfg_buf_init(&input, 32 << 20);
    for (int i = 0; i < 1000000; i++)
        cfg_buf_printf(&input, "k%d: 1\n", i);
    parse_begins(cfg_parse_yaml, &input, "!too large 500000:10 over 500000 values in the file");
    cfg_buf_release(&input);
}

/* Aliases of aliases, in lists, merge keys and depth: all end at a budget, none in the machine. */
static void bombs(void **state)
{
    (void)state;
    struct cfg_buf input;
    cfg_buf_init(&input, 1 << 20);
    cfg_buf_str(&input, CFG_STR("a0: &a0 [x, x, x, x, x, x, x, x, x]\n"));
    for (int i = 1; i < 10; i++) {
        cfg_buf_printf(&input, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            cfg_buf_printf(&input, "*a%d, ", i - 1);
        cfg_buf_str(&input, CFG_STR("]\n"));
    }
    parse_begins(cfg_parse_yaml, &input, "!too large 6:");

    cfg_buf_reset(&input);
    cfg_buf_str(&input, CFG_STR("a: &a {"));
    for (int i = 0; i < 1000; i++)
        cfg_buf_printf(&input, "k%d: 1, ", i);
    cfg_buf_str(&input, CFG_STR("}\nb: {<<: ["));
    parse_repeat(&input, "*a, ", 10000);
    cfg_buf_str(&input, CFG_STR("]}\n"));
    parse_begins(cfg_parse_yaml, &input, "!too large 2:");

    cfg_buf_reset(&input);
    cfg_buf_str(&input, CFG_STR("a0: &a0 [x]\n"));
    for (int i = 1; i < 100; i++)
        cfg_buf_printf(&input, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    parse_begins(cfg_parse_yaml, &input, "!too large 64:12 over 64 levels of maps and lists");
    cfg_buf_release(&input);
}

/* Where the arena ends: at its ceiling it is the text's fault. */
static void arena_ceiling(void **state)
{
    (void)state;
    struct cfg_arena arena;
    struct cfg_docs docs;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf input;
    cfg_buf_init(&input, 1 << 20);
    parse_repeat(&input, "- some text\n", 10000);
    cfg_arena_init(&arena, 64 << 10, 0);
    assert_int_equal(cfg_parse_yaml(cfg_buf_view(&input), &arena, &docs, &err), CFG_TOO_LARGE);
    assert_int_equal(docs.count, 0);
    cfg_arena_release(&arena);
    cfg_buf_release(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans),
        cmocka_unit_test(integers),
        cmocka_unit_test(floats),
        cmocka_unit_test(nulls_and_strings),
        cmocka_unit_test(surrogates),
        cmocka_unit_test(tags),
        cmocka_unit_test(timestamps),
        cmocka_unit_test(sets_and_ordered_maps),
        cmocka_unit_test(keys),
        cmocka_unit_test(large_maps),
        cmocka_unit_test(aliases),
        cmocka_unit_test(merge_keys),
        cmocka_unit_test(inline_merge_maps),
        cmocka_unit_test(documents),
        cmocka_unit_test(encodings),
        cmocka_unit_test(places),
        cmocka_unit_test(malformed),
        cmocka_unit_test(long_scalars),
        cmocka_unit_test(limits),
        cmocka_unit_test(million_keys),
        cmocka_unit_test(bombs),
        cmocka_unit_test(arena_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
