/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler says that no local client over a socket can see.
 */
#include "server/http/on.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/http/fake_service.h"

static int status_for(const char *method, const char *raw, bool local)
{
    struct cfg_http_options options = {.show_message = true};
    struct cfg_service service;
    struct cfg_arena arena;
    struct cfg_head head;
    struct cfg_target target;
    struct cfg_match match;
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_routing routing;
    const struct cfg_bases bases = {.monitor = CFG_STR("/hooks")};

    fake_init(&service);
    cfg_arena_init(&arena, 1 << 20, 0);
    cfg_check_begin(&head, &arena);
    cfg_check_header(&head, CFG_STR("Content-Type"), CFG_STR("text/plain"));
    assert_int_equal(cfg_target_parse(cfg_str_of(raw), &target, &err), CFG_OK);
    assert_int_equal(
        cfg_router_find(&arena, &target, cfg_router_method(method), &bases, &match, &routing, &err),
        CFG_OK);
    assert_int_equal(routing, CFG_ROUTED);
    struct cfg_call call = {.options = &options,
                            .service = &service,
                            .arena = &arena,
                            .head = &head,
                            .target = &target,
                            .match = &match,
                            .post = CFG_STR("secret"),
                            .local = local};
    int status = 0;
    if (cfg_on_call(&call) == CFG_ON_REPLY) {
        status = (int)call.reply.status;
        assert_int_equal(cfg_str_find(call.reply.text, CFG_STR("secret")), call.reply.text.len);
    }
    cfg_arena_release(&arena);
    fake_finish(&service);
    return status;
}

static void strangers_are_kept_out(void **state)
{
    static const struct {
        const char *method, *target;
        int here, elsewhere; /* 0: a question for the service */
    } rows[] = {
        {"POST", "/encrypt", 404, 403},         {"POST", "/decrypt", 404, 403},
        {"POST", "/encrypt/foo/dev", 404, 403}, {"POST", "/decrypt/..foo/dev", 400, 403},
        {"GET", "/-/anything", 404, 403},       {"POST", "/-/any/thing/else", 404, 403},
        {"GET", "/encrypt/status", 404, 404},   {"GET", "/key", 404, 404},
        {"GET", "/actuator/health", 200, 200},  {"GET", "/foo/dev", 0, 0},
        {"GET", "/foo/dev/lab/n.txt", 0, 0},    {"POST", "/hooks/monitor", 415, 415},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        print_message("%s %s\n", rows[i].method, rows[i].target);
        assert_int_equal(status_for(rows[i].method, rows[i].target, true), rows[i].here);
        assert_int_equal(status_for(rows[i].method, rows[i].target, false), rows[i].elsewhere);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_kept_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
