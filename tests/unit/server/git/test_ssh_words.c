/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_words: what real programs print, and the one line that is made of it. */
#include "server/git/ssh_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char changed[] =
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n"
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n"
    "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n"
    "Host key for h has changed and you have requested strict checking.\r\n"
    "Host key verification failed.\r\n";

static const struct {
    const char *said;
    int exit_code;
    enum cfg_status status;
    const char *part; /* of the message */
} cases[] = {
    {changed, 255, CFG_UNAVAILABLE, "the host key of h:22 is not the known one"},
    {"No ED25519 host key is known for [h]:22 and you have requested strict checking.\r\n"
     "Host key verification failed.\r\n",
     255, CFG_UNAVAILABLE, "the host key of h:22 is not known"},
    {"Host key verification failed.\r\n", 255, CFG_UNAVAILABLE, "h:22 was refused"},
    {"git@h: Permission denied (publickey,password).\r\n", 255, CFG_UNAUTHENTICATED,
     "ssh: git@h: Permission denied (publickey,password)"},
    {"Load key \"/proc/1/fd/7\": incorrect passphrase supplied to decrypt private key\r\n"
     "git@h: Permission denied (publickey).\r\n",
     255, CFG_UNAUTHENTICATED, "does not open with the passphrase"},
    {"Load key \"/proc/1/fd/7\": error in libcrypto\r\ngit@h: Permission denied (publickey).\r\n",
     255, CFG_UNAUTHENTICATED, "cannot be read"},
    {"Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures\r\n", 255,
     CFG_UNAUTHENTICATED, "too many keys"},
    {"ssh: Could not resolve hostname h: Name or service not known\r\n", 255, CFG_UNAVAILABLE,
     "h:22 cannot be resolved"},
    {"ssh: connect to host h port 22: Connection refused\r\n", 255, CFG_UNAVAILABLE,
     "h:22 refuses the connection"},
    {"ssh: connect to host h port 22: Connection timed out\r\n", 255, CFG_TIMEOUT,
     "does not answer in time"},
    {"Connection timed out during banner exchange\r\n", 255, CFG_TIMEOUT, "does not speak"},
    {"ssh: connect to host h port 22: No route to host\r\n", 255, CFG_UNAVAILABLE, "no route"},
    {"kex_exchange_identification: Connection closed by remote host\r\n"
     "Connection closed by 127.0.0.1 port 22\r\n",
     255, CFG_UNAVAILABLE, "h:22 closed the connection"},
    {"fatal: '/x' does not appear to be a git repository\n", 128, CFG_NOT_FOUND,
     "there is no such repository on h:22"},
    {"Welcome to the forge\nERROR: Repository not found.\n", 1, CFG_NOT_FOUND,
     "no such repository"},
    {"ERROR: The project you were looking for could not be found or you don't have permission to "
     "view it.\n",
     1, CFG_NOT_FOUND, "no such repository"},
    {"bash: line 1: git-upload-pack: command not found\n", 127, CFG_UNAVAILABLE,
     "git-upload-pack: command not found"},
    {"Unable to negotiate with 1.2.3.4 port 22: no matching host key type found. Their offer: "
     "ssh-dss\r\n",
     255, CFG_UNAVAILABLE, "Their offer: ssh-dss"},
    {"No user exists for uid 12345\r\n", 255, CFG_UNAVAILABLE, "/etc/passwd"},
    {"", 127, CFG_UNAVAILABLE, "the program ssh is missing"},
    {"", 0, CFG_UNAVAILABLE, "h:22 closed the connection without a word"},
    {"---\nsomething \x1b[31m odd\n***\n", 1, CFG_UNAVAILABLE, "ssh: something  [31m odd"},
};

static void test_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(cases); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        enum cfg_status status =
            cfg_ssh_explain(cfg_str_of(cases[i].said), "h:22", cases[i].exit_code, &err);

        if (status != cases[i].status || !strstr(err.message, cases[i].part))
            fail_msg("%s gave %s: %s", cases[i].said, cfg_status_text(status), err.message);
        for (const char *p = err.message; *p; p++)
            assert_true((unsigned char)*p >= 0x20);
        assert_int_not_equal(err.message[strlen(err.message) - 1], '.');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
