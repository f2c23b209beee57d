/* SPDX-License-Identifier: Apache-2.0 */
/* credentials: which source wins, files read anew each time, nothing secret in a message. */
#include "server/git/credentials.h"

#include "tests/unit/server/git/fixture.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect(const struct cfg_git_options *options,
                   const char *text,
                   const char *username,
                   const char *password)
{
    struct cfg_credentials credentials;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_uri uri;

    assert_int_equal(cfg_uri_parse(cfg_str_of(text), &uri, &err), CFG_OK);
    assert_int_equal(cfg_credentials_read(options, &uri, &credentials, &err), CFG_OK);
    if (!cfg_str_eq(credentials.username, cfg_str_of(username)) ||
        !cfg_str_eq(credentials.password, cfg_str_of(password)))
        fail_msg("%s: %.*s:%.*s, not %s:%s", text, CFG_STR_ARG(credentials.username),
                 CFG_STR_ARG(credentials.password), username, password);
    cfg_credentials_release(&credentials);
    cfg_uri_release(&uri);
}

static void test_sources(void **state)
{
    const struct cfg_git_options none = {.timeout_s = 1};
    const struct cfg_git_options both = {.username = CFG_STR("u"), .password = CFG_STR("p")};
    const struct cfg_git_options name = {.username = CFG_STR("token-as-name")};
    const struct cfg_git_options token = {.password = CFG_STR("p")};

    (void)state;
    expect(&none, "https://h/x", "", "");
    expect(&none, "https://a:b@h/x", "a", "b");
    expect(&none, "https://a@h/x", "a", "");
    expect(&both, "https://h/x", "u", "p");
    expect(&both, "https://a:b@h/x", "u", "p");
    expect(&name, "https://a:b@h/x", "token-as-name", "");
    expect(&token, "https://h/x", "", "p");
    expect(&token, "https://a@h/x", "a", "p");
    expect(&token, "https://a:b@h/x", "a", "p");
    expect(&both, "git@h:x", "git", "p");
    expect(&both, "ssh://git:own@h/x", "git", "own");
    expect(&both, "ssh://h/x", "u", "p");
}

static void test_files(void **state)
{
    const struct fixture *fixture = *state;
    char name[160], token[160];
    struct cfg_git_options options = {0};

    snprintf(name, sizeof name, "%s/name", fixture->dir);
    snprintf(token, sizeof token, "%s/token", fixture->dir);
    write_file(name, "jane\n");
    write_file(token, "one\r\n");
    options.password_file = cfg_str_of(token);
    expect(&options, "https://h/x", "", "one");
    expect(&options, "https://a:b@h/x", "a", "one");
    options.username_file = cfg_str_of(name);
    expect(&options, "https://a:b@h/x", "jane", "one");
    expect(&options, "git@h:x", "git", "one");
    write_file(token, " two words \n\n");
    expect(&options, "https://h/x", "jane", " two words ");
    write_file(token, "no line end");
    expect(&options, "https://h/x", "jane", "no line end");
}

static void test_bad_files(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_credentials credentials;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_git_options options = {.username = CFG_STR("hidden")};
    struct cfg_uri uri;
    char path[160];

    snprintf(path, sizeof path, "%s/none", fixture->dir);
    options.password_file = cfg_str_of(path);
    assert_int_equal(cfg_uri_parse(CFG_STR("https://h/x"), &uri, &err), CFG_OK);
    assert_int_equal(cfg_credentials_read(&options, &uri, &credentials, &err), CFG_UNAVAILABLE);
    assert_non_null(strstr(err.message, "git.password-file"));
    assert_non_null(strstr(err.message, path));
    cfg_credentials_release(&credentials);
    write_file(path, "\n");
    cfg_err_clear(&err);
    assert_int_equal(cfg_credentials_read(&options, &uri, &credentials, &err), CFG_UNAVAILABLE);
    assert_non_null(strstr(err.message, "is empty"));
    assert_null(strstr(err.message, "hidden"));
    cfg_credentials_release(&credentials);
    options.password_file = CFG_STR_NONE;
    options.username_file = cfg_str_of(fixture->dir); /* a folder */
    cfg_err_clear(&err);
    assert_int_equal(cfg_credentials_read(&options, &uri, &credentials, &err), CFG_UNAVAILABLE);
    cfg_credentials_release(&credentials);
    cfg_uri_release(&uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_bad_files),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
