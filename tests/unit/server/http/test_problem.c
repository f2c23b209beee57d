/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/negotiate.h"

static void is_behind_the_time(struct cfg_str got, const char *want)
{
    static const struct cfg_str head = {"{\"timestamp\":\"", 14};
    assert_true(cfg_str_starts(got, head));
    size_t end = cfg_str_find(got, CFG_STR("Z\","));
    assert_int_equal(end, head.len + strlen("2026-11-22T10:04:28.323"));
    struct cfg_str rest = cfg_str_sub(got, end + 3, got.len);
    assert_int_equal(rest.len, strlen(want));
    assert_memory_equal(rest.ptr, want, rest.len);
}

static void bodies(void **state)
{
    struct cfg_arena arena;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    struct cfg_problem problem = {
        .status = 404, .path = CFG_STR("/foo/\"x"), .message = "No such label: \"a\nb\""};
    struct cfg_reply reply = cfg_problem_reply(&arena, &problem);
    assert_int_equal(reply.status, 404);
    assert_true(cfg_str_eq(reply.type, CFG_STR("application/json")));
    assert_false(reply.later);
    is_behind_the_time(reply.text,
                       "\"status\":404,\"error\":\"Not Found\",\"path\":\"/foo/\\\"x\"}");

    problem.show_message = true;
    reply = cfg_problem_reply(&arena, &problem);
    is_behind_the_time(reply.text,
                       "\"status\":404,\"error\":\"Not Found\",\"message\":\"No such label: "
                       "\\\"a\\nb\\\"\",\"path\":\"/foo/\\\"x\"}");
    problem.message = NULL;
    problem.status = 503;
    problem.accept = CFG_STR(CFG_TYPE_V2);
    reply = cfg_problem_reply(&arena, &problem);
    assert_true(reply.later);
    assert_true(cfg_str_eq(reply.type, CFG_STR(CFG_TYPE_V2)));
    is_behind_the_time(reply.text,
                       "\"status\":503,\"error\":\"Service Unavailable\",\"path\":\"/foo/\\\"x\"}");
    cfg_arena_release(&arena);
}

static void no_body(void **state)
{
    struct cfg_arena arena;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    struct cfg_problem problem = {.status = 406, .path = CFG_STR("/x")};
    struct cfg_reply reply = cfg_problem_reply(&arena, &problem);
    assert_int_equal(reply.text.len, 0);
    assert_int_equal(reply.type.len, 0);
    cfg_arena_release(&arena);

    cfg_arena_init(&arena, 16, 0); /* no room: the status alone */
    problem.status = 500;
    reply = cfg_problem_reply(&arena, &problem);
    assert_int_equal(reply.status, 500);
    assert_int_equal(reply.text.len, 0);
    assert_int_equal(reply.type.len, 0);
    cfg_arena_release(&arena);
}

static void reasons(void **state)
{
    (void)state;
    assert_string_equal(cfg_problem_reason(431), "Request Header Fields Too Large");
    assert_string_equal(cfg_problem_reason(299), "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(no_body),
        cmocka_unit_test(reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
