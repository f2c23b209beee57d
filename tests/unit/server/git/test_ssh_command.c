/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_command: every form of uri, and that no uri becomes an option or a word of a shell's. */
#include "server/git/ssh_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_uris(void **state)
{
    static const struct {
        const char *uri, *user, *host, *port, *path, *shown;
    } cases[] = {
        {"ssh://h/a/b.git", "git", "h", "", "/a/b.git", "h"},
        {"ssh://h:2222/a", "", "h", "2222", "/a", "h:2222"},
        {"ssh://h:/a", "", "h", "", "/a", "h"},
        {"ssh://h:0022/a", "", "h", "22", "/a", "h:22"},
        {"git+ssh://h/a", "git", "h", "", "/a", "h"},
        {"ssh+git://h/a", "git", "h", "", "/a", "h"},
        {"ssh://[::1]:22/a", "git", "::1", "22", "/a", "::1:22"},
        {"ssh://[fe80::1%eth0]/a", "git", "fe80::1%eth0", "", "/a", "fe80::1%eth0"},
        {"ssh://h/~me/a", "git", "h", "", "~me/a", "h"},
        {"ssh://h/a%20b%27c", "git", "h", "", "/a b'c", "h"},
        {"ssh://h/a%zz", "git", "h", "", "/a%zz", "h"},
        {"h:a/b.git", "git", "h", "", "a/b.git", "h"},
        {"h:/a%20b", "git", "h", "", "/a%20b", "h"},
        {"h:~/a", "git", "h", "", "~/a", "h"},
        {"h:a:b", "git", "h", "", "a:b", "h"},
        {"[::1]:a", "git", "::1", "", "a", "::1"},
        {"[h:2222]:a", "git", "h", "2222", "a", "h:2222"},
        {"h:a", "corp\\anna@x", "h", "", "a", "h"},
    };

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_ssh_target target;

        if (cfg_ssh_target_parse(cfg_str_of(cases[i].uri), cfg_str_of(cases[i].user), &target,
                                 &err) != CFG_OK)
            fail_msg("%s: %s", cases[i].uri, err.message);
        assert_string_equal(target.user, cases[i].user);
        assert_string_equal(target.host, cases[i].host);
        assert_string_equal(target.port, cases[i].port);
        assert_string_equal(target.path, cases[i].path);
        assert_string_equal(target.shown, cases[i].shown);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *uri, *user;
    } cases[] = {
        {"ssh://-oProxyCommand=touch%20x/a", ""},
        {"-oProxyCommand=x:a", ""},
        {"ssh://[-oProxyCommand=x]/a", ""},
        {"[-oProxyCommand=x]:a", ""},
        {"ssh://h/-a", "-oProxyCommand=x"},
        {"ssh://h/a", "-oProxyCommand=x"},
        {"ssh://h/a", "a`id`"},
        {"ssh://h/a", "$(id)"},
        {"ssh://h/a", "a;id"},
        {"ssh://h/a", "a b"},
        {"ssh://h/a", "a\\"},
        {"ssh://h$(id)/a", ""},
        {"ssh://h;id/a", ""},
        {"ssh://h%20/a", ""},
        {"ssh://%h/a", ""},
        {"ssh://h/a%00b", ""},
        {"ssh://h/a%0ab", ""},
        {"ssh://h/", ""},
        {"ssh://h", ""},
        {"h:", ""},
        {"h:-a", ""},
        {":a", ""},
        {"ssh:///a", ""},
        {"ssh://h:0/a", ""},
        {"ssh://h:65536/a", ""},
        {"ssh://h:22x/a", ""},
        {"ssh://[::1/a", ""},
        {"ssh://[::1]x/a", ""},
    };
    char long_user[300];

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_ssh_target target;

        if (cfg_ssh_target_parse(cfg_str_of(cases[i].uri), cfg_str_of(cases[i].user), &target,
                                 &err) != CFG_INVALID)
            fail_msg("taken: %s of %s", cases[i].uri, cases[i].user);
        assert_true(err.message[0]);
    }
    memset(long_user, 'a', sizeof long_user);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_target target;
    assert_int_equal(cfg_ssh_target_parse(CFG_STR("h:a"), cfg_str_make(long_user, sizeof long_user),
                                          &target, &err),
                     CFG_INVALID);
}

static struct cfg_ssh_command command;

static void build(const char *uri, const char *user, const struct cfg_ssh_how *how)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_target target;

    assert_int_equal(cfg_ssh_target_parse(cfg_str_of(uri), cfg_str_of(user), &target, &err),
                     CFG_OK);
    if (cfg_ssh_command_build(&target, how, &command, &err) != CFG_OK)
        fail_msg("%s", err.message);
    assert_null(command.arguments[command.count]);
}

static bool has(const char *argument)
{
    for (size_t i = 0; i < command.count; i++)
        if (strcmp(command.arguments[i], argument) == 0)
            return true;
    return false;
}

/* `first` with `second` right behind it */
static bool has_pair(const char *first, const char *second)
{
    for (size_t i = 0; i + 1 < command.count; i++)
        if (strcmp(command.arguments[i], first) == 0 &&
            strcmp(command.arguments[i + 1], second) == 0)
            return true;
    return false;
}

static void test_own_settings(void **state)
{
    const struct cfg_ssh_how how = {.timeout_s = 4};

    (void)state;
    build("ssh://h/a b", "", &how);
    assert_string_equal(command.arguments[0], "ssh");
    assert_string_equal(command.arguments[command.count - 2], "h");
    assert_string_equal(command.arguments[command.count - 1], "git-upload-pack '/a b'");
    assert_true(has_pair("-o", "BatchMode=yes"));
    assert_true(has_pair("-o", "StrictHostKeyChecking=yes"));
    assert_true(has("-oConnectTimeout=4"));
    assert_true(has("-oServerAliveInterval=2"));
    assert_false(has("-F"));
    assert_false(has("-p"));
    assert_false(has("-l"));
    assert_false(has("-i"));
    assert_false(has("IdentitiesOnly=yes"));
    for (size_t i = 0; i < command.count; i++)
        assert_null(strstr(command.arguments[i], "KnownHostsFile"));
}

static void test_only_ours(void **state)
{
    const struct cfg_ssh_how how = {
        .timeout_s = 1,
        .no_local = true,
        .key = "/proc/1/fd/9",
        .known_hosts = "/proc/1/fd/8",
        .can_answer = true,
        .preferred_authentications = CFG_STR("publickey,keyboard-interactive"),
    };
    const struct cfg_ssh_how bare = {.timeout_s = 1, .no_local = true};

    (void)state;
    build("ssh://h:2222/it's", "git", &how);
    assert_true(has_pair("-F", "/dev/null"));
    assert_true(has_pair("-i", "/proc/1/fd/9"));
    assert_true(has_pair("-p", "2222"));
    assert_true(has_pair("-l", "git"));
    assert_true(has_pair("-o", "IdentitiesOnly=yes"));
    assert_true(has_pair("-o", "IdentityAgent=none"));
    assert_true(has_pair("-o", "UserKnownHostsFile=/proc/1/fd/8"));
    assert_true(has_pair("-o", "GlobalKnownHostsFile=/dev/null"));
    assert_true(has_pair("-o", "BatchMode=no"));
    assert_true(has_pair("-o", "NumberOfPasswordPrompts=1"));
    assert_true(has("-oPreferredAuthentications=publickey,keyboard-interactive"));
    assert_true(has("git-upload-pack '/it'\\''s'"));

    build("h:a", "", &bare); /* no key, no known host: nothing is taken from elsewhere */
    assert_true(has_pair("-o", "IdentityFile=none"));
    assert_true(has_pair("-o", "UserKnownHostsFile=/dev/null"));
    assert_true(has_pair("-o", "StrictHostKeyChecking=yes"));
}

static void test_lax(void **state)
{
    const struct cfg_ssh_how how = {.timeout_s = 1, .lax = true, .known_hosts = "/proc/1/fd/8"};

    (void)state;
    build("h:a", "", &how);
    assert_true(has_pair("-o", "StrictHostKeyChecking=accept-new"));
    assert_true(
        has_pair("-o", "UserKnownHostsFile=/proc/1/fd/8 ~/.ssh/known_hosts ~/.ssh/known_hosts2"));
}

static void test_limits(void **state)
{
    const struct cfg_ssh_how odd = {.timeout_s = 1,
                                    .preferred_authentications = CFG_STR("publickey -oX=y")};
    const struct cfg_ssh_how plain = {.timeout_s = 1};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_ssh_target target;

    (void)state;
    assert_int_equal(cfg_ssh_target_parse(CFG_STR("h:a"), CFG_STR(""), &target, &err), CFG_OK);
    assert_int_equal(cfg_ssh_command_build(&target, &odd, &command, &err), CFG_INVALID);
    memset(target.path, '\'', CFG_URI_BYTES); /* four bytes each on the command line */
    target.path[CFG_URI_BYTES] = '\0';
    cfg_err_clear(&err);
    assert_int_equal(cfg_ssh_command_build(&target, &plain, &command, &err), CFG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uris),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_own_settings), cmocka_unit_test(test_only_ours),
        cmocka_unit_test(test_lax),          cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
