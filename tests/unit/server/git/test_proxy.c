/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: proxies, lists of hosts that need none, uris.
 * Gives: which proxy counts.
 * Keeps: nothing.
 */
#include "server/git/proxy.h"

#include "tests/unit/server/git/fixture.h"

static void expect(const char *list, const char *text, bool proxied)
{
    struct cfg_str items[] = {CFG_STR("never.example.org"), cfg_str_of(list)};
    struct cfg_git_options options = {
        .http_proxy = {.host = CFG_STR("h"), .port = 1, .non_proxy_hosts = {items, 2}},
        .https_proxy = {.host = CFG_STR("s"), .port = 2, .non_proxy_hosts = {items, 2}}};
    const struct cfg_git_proxy *found;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_uri uri;

    assert_int_equal(cfg_uri_parse(cfg_str_of(text), &uri, &err), CFG_OK);
    found = cfg_proxy_of(&options, &uri);
    if (proxied && uri.kind == CFG_URI_HTTP)
        assert_ptr_equal(found, &options.http_proxy);
    else if (proxied)
        assert_ptr_equal(found, &options.https_proxy);
    else
        assert_null(found);
    cfg_uri_release(&uri);
}

static void test_lists(void **state)
{
    static const struct {
        const char *list, *uri;
        bool proxied;
    } rows[] = {
        {"", "http://git.example.org/a", true},
        {"", "https://git.example.org/a", true},
        {"", "ssh://git.example.org/a", false},
        {"", "git://git.example.org/a", false},
        {"", "git.example.org:a", false},
        {"", "/folder", false},
        {"", "https://never.example.org/a", false},
        {"", "https://u:p@NEVER.example.org:8443/a", false},
        {"git.example.org", "https://git.example.org", false},
        {"git.example.org", "https://git.example.org.evil/a", true},
        {"git.example.org", "https://agit.example.org/a", true},
        {"a|git.example.org |b", "https://git.example.org/a", false},
        {"*.example.org", "https://git.example.org/a", false},
        {"*.example.org", "https://example.org/a", true},
        {"*", "https://git.example.org/a", false},
        {"10.*", "http://10.0.0.1:80/a", false},
        {"10.*", "http://110.0.0.1/a", true},
        {"g*e*.org", "https://git.example.org/a", false},
        {"g*z*.org", "https://git.example.org/a", true},
        {"*.*.*.*", "https://git.example.org/a", true},
        {"[::1]", "https://[::1]:8443/a", false},
        {"::1", "https://[::1]/a", false},
        {"localhost|127.*", "https://[::1]/a", true},
        {"||", "https://git.example.org/a", true},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++)
        expect(rows[i].list, rows[i].uri, rows[i].proxied);
}

static void test_none(void **state)
{
    const struct cfg_git_options options = {.http_proxy = {.host = CFG_STR("h"), .port = 1}};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_uri uri;

    (void)state;
    assert_int_equal(cfg_uri_parse(CFG_STR("https://a/b"), &uri, &err), CFG_OK);
    assert_null(cfg_proxy_of(&options, &uri));
    cfg_uri_release(&uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
