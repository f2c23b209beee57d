/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/responses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/http/fake_service.h"

static struct cfg_reply make_reply(struct cfg_service *service, size_t bytes)
{
    struct fake_body *body = calloc(1, sizeof *body);
    assert_non_null(body);
    cfg_ref_init(&body->body.ref);
    body->body.bytes = cfg_str_make(calloc(1, bytes + 1), bytes);
    assert_non_null(body->body.bytes.ptr);
    body->service = service;
    atomic_fetch_add(&service->bodies, 1);
    return (struct cfg_reply){.status = 200, .type = CFG_STR("a/b"), .body = &body->body};
}

static struct cfg_ready *
put(struct cfg_responses *responses, struct cfg_service *service, const char *key, size_t bytes)
{
    struct cfg_reply reply = make_reply(service, bytes);
    struct cfg_ready *ready = cfg_responses_put(responses, cfg_str_of(key), &reply);
    cfg_reply_release(&reply);
    return ready;
}

static void finds_what_was_put(void **state)
{
    struct cfg_responses *responses;
    struct cfg_service service;
    struct cfg_err err = CFG_ERR_INIT;
    (void)state;
    fake_init(&service);
    assert_int_equal(cfg_responses_new(&responses, &err), CFG_OK);
    assert_null(cfg_responses_find(responses, CFG_STR("a")));
    struct cfg_ready *ready = put(responses, &service, "a", 10);
    assert_non_null(ready);
    assert_ptr_equal(cfg_responses_find(responses, CFG_STR("a")), ready);
    assert_null(cfg_responses_find(responses, CFG_STR("b")));
    assert_int_equal(ready->body->bytes.len, 10);
    cfg_responses_clear(responses);
    assert_null(cfg_responses_find(responses, CFG_STR("a")));
    assert_int_equal(atomic_load(&service.bodies), 0);
    cfg_responses_release(responses);
    cfg_responses_release(NULL);
    fake_finish(&service);
}

static void bounds_hold(void **state)
{
    struct cfg_responses *responses;
    struct cfg_service service;
    struct cfg_err err = CFG_ERR_INIT;
    char key[CFG_RESPONSES_KEY_BYTES + 2];
    (void)state;
    fake_init(&service);
    assert_int_equal(cfg_responses_new(&responses, &err), CFG_OK);

    assert_null(put(responses, &service, "large", CFG_RESPONSES_BODY_BYTES + 1));
    assert_null(put(responses, &service, "", 1));
    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = '\0';
    assert_null(put(responses, &service, key, 1));
    key[CFG_RESPONSES_KEY_BYTES] = '\0';
    assert_non_null(put(responses, &service, key, 1));

    for (int i = 0; i < 3 * CFG_RESPONSES_ENTRIES; i++) {
        snprintf(key, sizeof key, "entry %d", i);
        assert_non_null(put(responses, &service, key, 1));
        assert_non_null(cfg_responses_find(responses, cfg_str_of(key)));
        assert_true(atomic_load(&service.bodies) <= CFG_RESPONSES_ENTRIES);
    }
    int most = CFG_RESPONSES_BYTES / CFG_RESPONSES_BODY_BYTES;
    for (int i = 0; i < 3 * most; i++) {
        snprintf(key, sizeof key, "large %d", i);
        assert_non_null(put(responses, &service, key, CFG_RESPONSES_BODY_BYTES));
    }
    assert_true(atomic_load(&service.bodies) <= most);
    cfg_responses_release(responses);
    assert_int_equal(atomic_load(&service.bodies), 0);
    fake_finish(&service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_put),
        cmocka_unit_test(bounds_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
