/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_job: what is encoded is decoded, and nothing else is. */
#include "server/git/fetch_job.h"

#include <sys/socket.h>

#include "core/base/clock.h"
#include "tests/unit/server/git/fixture.h"

static const struct cfg_fetch_job sample = {
    .uri = {"https://h/x", 11},
    .path = {"/state/x.git", 12},
    .username = {"u", 1},
    .password = {"p\0q", 3},
    .timeout_ms = 5000,
    .create = 1,
};

static void test_round_trip(void **state)
{
    struct cfg_fetch_result result = {
        .message = CFG_STR("no"), .status = CFG_TIMEOUT, .code = (uint64_t)-3, .changed = 1};
    struct cfg_fetch_result result_back;
    struct cfg_fetch_job back;
    struct cfg_buf buf;

    (void)state;
    cfg_buf_init(&buf, CFG_FETCH_MESSAGE_BYTES);
    cfg_fetch_job_encode(&sample, &buf);
    assert_true(cfg_fetch_job_decode(cfg_buf_view(&buf), &back));
    assert_true(cfg_str_eq(back.uri, sample.uri));
    assert_true(cfg_str_eq(back.password, sample.password));
    assert_int_equal(back.known_hosts_file.len, 0);
    assert_int_equal(back.timeout_ms, 5000);
    assert_int_equal(back.create, 1);
    assert_int_equal(back.skip_ssl_validation, 0);
    cfg_buf_reset(&buf);
    cfg_fetch_result_encode(&result, &buf);
    assert_true(cfg_fetch_result_decode(cfg_buf_view(&buf), &result_back));
    assert_int_equal((int)(int64_t)result_back.code, -3);
    assert_int_equal(result_back.status, CFG_TIMEOUT);
    cfg_buf_release(&buf);
}

static void test_damaged(void **state)
{
    struct cfg_fetch_job back;
    struct cfg_buf buf;

    (void)state;
    cfg_buf_init(&buf, CFG_FETCH_MESSAGE_BYTES);
    cfg_fetch_job_encode(&sample, &buf);
    for (size_t len = 0; len < buf.len; len++)
        assert_false(cfg_fetch_job_decode(cfg_str_make(buf.ptr, len), &back));
    cfg_buf_char(&buf, 'x');
    assert_false(cfg_fetch_job_decode(cfg_buf_view(&buf), &back));
    buf.ptr[0] = (char)0xff; /* a text of four gigabytes */
    assert_false(cfg_fetch_job_decode(cfg_buf_view(&buf), &back));
    cfg_buf_release(&buf);
}

static void test_socket(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf out, in;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cfg_buf_init(&out, CFG_FETCH_MESSAGE_BYTES);
    cfg_buf_init(&in, CFG_FETCH_MESSAGE_BYTES);
    cfg_fetch_job_encode(&sample, &out);
    assert_int_equal(cfg_fetch_send(ends[0], &out, &err), CFG_OK);
    assert_int_equal(cfg_fetch_receive(ends[1], cfg_clock_ms() + 5000, &in, &err), CFG_OK);
    assert_true(cfg_str_eq(cfg_buf_view(&in), cfg_buf_view(&out)));

    assert_int_equal(cfg_fetch_receive(ends[1], cfg_clock_ms() + 20, &in, &err), CFG_TIMEOUT);
    cfg_err_clear(&err);
    assert_int_equal(write(ends[0], "\x7f\0\0\0", 4), 4);
    assert_int_equal(cfg_fetch_receive(ends[1], cfg_clock_ms() + 5000, &in, &err), CFG_INVALID);
    cfg_err_clear(&err);
    assert_int_equal(write(ends[0], "\0\0\0\5ab", 6), 6);
    assert_int_equal(cfg_fetch_receive(ends[1], cfg_clock_ms() + 20, &in, &err), CFG_TIMEOUT);
    cfg_err_clear(&err);
    close(ends[0]);
    assert_int_equal(cfg_fetch_receive(ends[1], -1, &in, &err), CFG_CANCELLED);
    cfg_err_clear(&err);
    assert_int_equal(cfg_fetch_send(ends[1], &out, &err), CFG_UNAVAILABLE);
    close(ends[1]);
    cfg_buf_release(&in);
    cfg_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
