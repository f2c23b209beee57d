/* SPDX-License-Identifier: Apache-2.0 */
/* uri: kinds, parts, what is shown; nothing secret is ever repeated. */
#include "server/git/uri.h"

#include "tests/unit/server/git/fixture.h"

static void test_parts(void **state)
{
    static const struct {
        const char *text;
        enum cfg_uri_kind kind;
        const char *shown, *path, *user, *password;
    } rows[] = {
        {"file:/a/b", CFG_URI_FILE, "file:/a/b", "/a/b", NULL, NULL},
        {"file:///a/b//", CFG_URI_FILE, "file:///a/b", "/a/b", NULL, NULL},
        {"file://localhost/a", CFG_URI_FILE, "file://localhost/a", "/a", NULL, NULL},
        {"file://repos/x", CFG_URI_FILE, "file://repos/x", "/repos/x", NULL, NULL},
        {"file:/a%20b/%zz", CFG_URI_FILE, "file:/a%20b/%zz", "/a b/%zz", NULL, NULL},
        {"file:./a", CFG_URI_FILE, "file:./a", "./a", NULL, NULL},
        {"FILE:/", CFG_URI_FILE, "FILE:/", "/", NULL, NULL},
        {"/srv/git/", CFG_URI_PATH, "/srv/git", "/srv/git", NULL, NULL},
        {"/srv/a:b", CFG_URI_PATH, "/srv/a:b", "/srv/a:b", NULL, NULL},
        {"https://h/x.git", CFG_URI_HTTPS, "https://h/x.git", NULL, NULL, NULL},
        {"https://h", CFG_URI_HTTPS, "https://h/", NULL, NULL, NULL},
        {"https://h///", CFG_URI_HTTPS, "https://h/", NULL, NULL, NULL},
        {"http://u:p%40%2fq@h:80/x/", CFG_URI_HTTP, "http://h:80/x", NULL, "u", "p@/q"},
        {"https://tok@h/@scope/x", CFG_URI_HTTPS, "https://h/@scope/x", NULL, "tok", NULL},
        {"https://u:a@b@h/x", CFG_URI_HTTPS, "https://h/x", NULL, "u", "a@b"},
        {"http://[::1]:8080/x", CFG_URI_HTTP, "http://[::1]:8080/x", NULL, NULL, NULL},
        {"git://h/x", CFG_URI_GIT, "git://h/x", NULL, NULL, NULL},
        {"ssh://git@h:22/x", CFG_URI_SSH, "ssh://h:22/x", NULL, "git", NULL},
        {"git@h:org/x.git", CFG_URI_SSH, "h:org/x.git", NULL, "git", NULL},
        {"h:x", CFG_URI_SSH, "h:x", NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_uri uri;

        if (cfg_uri_parse(cfg_str_of(rows[i].text), &uri, &err) != CFG_OK)
            fail_msg("%s: %s", rows[i].text, err.message);
        assert_int_equal(uri.kind, rows[i].kind);
        assert_string_equal(uri.shown, rows[i].shown);
        assert_string_equal(uri.path ? uri.path : "-", rows[i].path ? rows[i].path : "-");
        assert_string_equal(uri.user ? uri.user : "-", rows[i].user ? rows[i].user : "-");
        assert_string_equal(uri.password ? uri.password : "-",
                            rows[i].password ? rows[i].password : "-");
        cfg_uri_release(&uri);
    }
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "file:",
        "file:/a%00b",
        "ftp://h/x",
        "https:///x",
        "https://",
        "https://u:secret@/x",
        "https://u:secret/word@h/x", /* an unescaped slash */
        "https://h:secret/x",
        "secret:word@https://h",
        "https://h/{application}",
        "/srv/{label}",
        "https://h/a\nb",
        "-upload-pack=secret",
        "ssh://-oProxyCommand=secret/x",
        "git@-oProxy:x",
        "@:x",
        "https://[::1/x",
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(texts); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_uri uri;

        if (cfg_uri_parse(cfg_str_of(texts[i]), &uri, &err) != CFG_INVALID)
            fail_msg("%s was taken", texts[i]);
        assert_null(strstr(err.message, "secret"));
        assert_null(uri.shown);
    }
}

static void test_too_long(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    char text[CFG_URI_BYTES + 2];
    struct cfg_uri uri;

    (void)state;
    memset(text, 'a', sizeof text);
    text[0] = '/';
    assert_int_equal(cfg_uri_parse(cfg_str_make(text, sizeof text), &uri, &err), CFG_INVALID);
}

static void test_scrub(void **state)
{
    char text[] = "cannot open 'https://u:secret@h/x' nor http://h/@y nor ssh://v@w@h";

    (void)state;
    cfg_uri_scrub(text);
    assert_string_equal(text, "cannot open 'https://h/x' nor http://h/@y nor ssh://h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_scrub),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
