/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/check.h"
#include "server/http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct line {
    const char *name, *value;
};

static bool
check(struct cfg_arena *arena, struct cfg_head *head, const char *version, const struct line *lines)
{
    cfg_check_begin(head, arena);
    for (; lines->name; lines++)
        cfg_check_header(head, cfg_str_of(lines->name), cfg_str_of(lines->value));
    return cfg_check_end(head, CFG_STR("GET"), cfg_str_of(version));
}

static void refused_heads(void **state)
{
    static const struct {
        const char *version;
        struct line lines[4];
    } rows[] = {
        {"HTTP/1.1", {{NULL, NULL}}},
        {"HTTP/1.2", {{"Host", "h"}}},
        {"", {{"Host", "h"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Host", "h"}}},
        {"HTTP/1.1", {{"Host", "a b"}}},
        {"HTTP/1.1", {{"Host", "a/b"}}},
        {"HTTP/1.1", {{"Host", "a@b"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", "5"}, {"content-length", "5"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", "5"}, {"Content-Length", "6"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", "5, 6"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", "+5"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", ""}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", "9999999999999999999"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Transfer-Encoding", "gzip, chunked"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Transfer-Encoding", "identity"}}},
        {"HTTP/1.0", {{"Host", "h"}, {"Transfer-Encoding", "chunked"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"Content-Length ", "5"}}},
        {"HTTP/1.1", {{"Host", "h"}, {" X", "5"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"", "5"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"X", "a\x01z"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"X", "a\rz"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"X", "a\x7fz"}}},
        {"HTTP/1.1", {{"Host", "h"}, {"X\xc3\xa9", "a"}}},
    };
    (void)state;
    struct cfg_arena arena;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_head head;
        if (check(&arena, &head, rows[i].version, rows[i].lines))
            fail_msg("row %zu was taken", i);
        assert_non_null(head.fault);
    }
    cfg_arena_release(&arena);
}

static void taken_heads(void **state)
{
    struct cfg_arena arena;
    struct cfg_head head;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    assert_true(check(&arena, &head, "HTTP/1.0", (struct line[]){{NULL, NULL}}));
    assert_true(head.old);
    assert_true(check(&arena, &head, "HTTP/1.1",
                      (struct line[]){{"HOST", "[::1]:8888"},
                                      {"accept", "a/b "},
                                      {"Accept", "c/d"},
                                      {"X", "d\xc3\xa9v\ttab"},
                                      {"Content-Length", "17"},
                                      {"If-Modified-Since", "x"},
                                      {"If-Modified-Since", "y"},
                                      {NULL, NULL}}));
    assert_true(cfg_str_eq(head.values[CFG_HEADER_ACCEPT], CFG_STR("a/b, c/d")));
    assert_true(cfg_str_eq(head.values[CFG_HEADER_IF_MODIFIED_SINCE], CFG_STR("x")));
    assert_false(head.present[CFG_HEADER_IF_NONE_MATCH]);
    assert_int_equal(head.length, 17);
    assert_false(head.chunked);
    assert_true(
        check(&arena, &head, "HTTP/1.1",
              (struct line[]){{"Host", ""}, {"Transfer-Encoding", "Chunked"}, {NULL, NULL}}));
    assert_true(head.chunked);
    cfg_arena_release(&arena);
}

static void a_method_is_a_token(void **state)
{
    struct cfg_arena arena;
    struct cfg_head head;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    cfg_check_begin(&head, &arena);
    cfg_check_header(&head, CFG_STR("Host"), CFG_STR("h"));
    assert_false(cfg_check_end(&head, CFG_STR("G\x01T"), CFG_STR("HTTP/1.1")));
    cfg_arena_release(&arena);
}

static bool local4(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return cfg_peer_is_local((struct sockaddr *)&address);
}

static bool local6(const char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return cfg_peer_is_local((struct sockaddr *)&address);
}

static void peers(void **state)
{
    struct sockaddr odd = {.sa_family = AF_UNSPEC};
    (void)state;
    assert_true(local4("127.0.0.1"));
    assert_true(local4("127.9.9.9"));
    assert_false(local4("128.0.0.1"));
    assert_false(local4("10.0.0.1"));
    assert_true(local6("::1"));
    assert_true(local6("::ffff:127.0.0.1"));
    assert_false(local6("::ffff:10.0.0.1"));
    assert_false(local6("::127.0.0.1"));
    assert_false(local6("fe80::1"));
    assert_false(local6("::"));
    assert_false(cfg_peer_is_local(NULL));
    assert_false(cfg_peer_is_local(&odd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_heads),
        cmocka_unit_test(taken_heads),
        cmocka_unit_test(a_method_is_a_token),
        cmocka_unit_test(peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
