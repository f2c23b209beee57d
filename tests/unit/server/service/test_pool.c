/* SPDX-License-Identifier: Apache-2.0 */
/* pool: what is accepted runs once; a full queue refuses; the end leaves nothing behind. */
#include "server/service/pool.h"

#include <stdatomic.h>

#include "tests/unit/server/service/serving.h"

enum { QUEUE = 1024, TASKS = 5000 };

/* What jobs report to. */
struct count {
    struct cfg_service *service;
    atomic_bool began, go_on;
    atomic_int ran, ran_without_desk, accepted;
};

static void serve(struct serving *s, void **state, unsigned workers)
{
    serving_init(s, state);
    serving_add_folder(s);
    s->options.workers = workers;
    serving_start(s);
}

static void count_job(struct cfg_desk *desk, void *ctx)
{
    struct count *count = ctx;
    atomic_fetch_add(&count->ran, 1);
    if (desk == NULL)
        atomic_fetch_add(&count->ran_without_desk, 1);
}

static void block_job(struct cfg_desk *desk, void *ctx)
{
    struct count *count = ctx;
    assert_non_null(desk);
    atomic_store(&count->began, true);
    while (!atomic_load(&count->go_on))
        pause_a_little();
}

static void wait_for(atomic_bool *flag)
{
    int64_t deadline_ms = cfg_clock_ms() + 20000;
    while (!atomic_load(flag)) {
        assert_true(cfg_clock_ms() < deadline_ms);
        pause_a_little();
    }
}

static void the_queue_is_bounded(void **state)
{
    struct serving s;
    struct count count = {.service = NULL};
    struct cfg_err err = CFG_ERR_INIT;
    serve(&s, state, 1);
    assert_int_equal(cfg_service_work(s.service, block_job, &count, &err), CFG_OK);
    wait_for(&count.began);
    for (int i = 0; i < QUEUE; i++)
        assert_int_equal(cfg_service_work(s.service, count_job, &count, &err), CFG_OK);
    assert_int_equal(cfg_service_work(s.service, count_job, &count, &err), CFG_UNAVAILABLE);
    assert_int_equal(atomic_load(&count.ran), 0);
    atomic_store(&count.go_on, true);
    int64_t deadline_ms = cfg_clock_ms() + 20000;
    while (atomic_load(&count.ran) < QUEUE) {
        assert_true(cfg_clock_ms() < deadline_ms);
        pause_a_little();
    }
    serving_stop(&s);
    assert_int_equal(atomic_load(&count.ran), QUEUE); /* what was refused never runs */
    assert_int_equal(atomic_load(&count.ran_without_desk), 0);
}

/* Submits until it is refused though there is room: the service is stopping. */
static void submit_until_the_end(struct cfg_desk *desk, void *ctx)
{
    struct count *count = ctx;
    enum cfg_status status = CFG_OK;
    assert_non_null(desk);
    atomic_store(&count->began, true);
    wait_for(&count->go_on);
    while (status == CFG_OK) {
        struct cfg_err err = CFG_ERR_INIT;
        status = cfg_service_work(count->service, count_job, count, &err);
        if (status == CFG_OK)
            atomic_fetch_add(&count->accepted, 1);
        pause_a_little();
    }
}

static void queued_work_runs_without_a_desk_at_the_end(void **state)
{
    struct serving s;
    struct count count = {.service = NULL};
    struct cfg_err err = CFG_ERR_INIT;
    serve(&s, state, 1);
    count.service = s.service;
    assert_int_equal(cfg_service_work(s.service, submit_until_the_end, &count, &err), CFG_OK);
    wait_for(&count.began);
    for (int i = 0; i < 10; i++)
        assert_int_equal(cfg_service_work(s.service, count_job, &count, &err), CFG_OK);
    atomic_store(&count.go_on, true);
    serving_stop(&s);
    assert_true(atomic_load(&count.accepted) < QUEUE - 10);
    assert_int_equal(atomic_load(&count.ran), 10 + atomic_load(&count.accepted));
    assert_int_equal(atomic_load(&count.ran_without_desk), atomic_load(&count.ran));
}

static void *submit_many(void *ctx)
{
    struct count *count = ctx;
    for (int i = 0; i < TASKS; i++) {
        struct cfg_err err = CFG_ERR_INIT;
        if (cfg_service_work(count->service, count_job, count, &err) == CFG_OK)
            atomic_fetch_add(&count->accepted, 1);
    }
    return NULL;
}

static void everything_runs_once(void **state)
{
    struct serving s;
    struct count count = {.service = NULL};
    pthread_t threads[3];
    serve(&s, state, 3);
    count.service = s.service;
    for (size_t i = 0; i < CFG_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &count), 0);
    for (size_t i = 0; i < CFG_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    serving_stop(&s);
    assert_true(atomic_load(&count.accepted) > 0);
    assert_int_equal(atomic_load(&count.ran), atomic_load(&count.accepted));
}

static void look_at_the_desk(struct cfg_desk *desk, void *ctx)
{
    struct count *count = ctx;
    struct cfg_ask question = serving_ask(CFG_FORM_JSON, "foo", "dev", NULL);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;
    bool must_wait;
    assert_int_equal(cfg_desk_answer(desk, &question, CFG_DESK_WAITS, &body, &must_wait, &err),
                     CFG_OK);
    if (cfg_str_eq(body->bytes, CFG_STR("{\"a\":2}")))
        atomic_fetch_add(&count->ran, 1);
    cfg_body_unref(body);
    atomic_store(&count->began, true);
}

/* A worker answers from what is published when it begins. */
static void a_worker_knows_the_latest(void **state)
{
    struct serving s;
    struct count count = {.service = NULL};
    struct cfg_err err = CFG_ERR_INIT;
    bool changed;
    run("echo 'a: 1' > '%s/application.yml'", ((struct fixture *)*state)->dir);
    serve(&s, state, 1);
    run("echo 'a: 2' > '%s/application.yml'", s.fixture->dir);
    assert_int_equal(cfg_repo_refresh(s.service->known[0], &changed, &err), CFG_OK);
    assert_int_equal(cfg_service_work(s.service, look_at_the_desk, &count, &err), CFG_OK);
    wait_for(&count.began);
    assert_int_equal(atomic_load(&count.ran), 1);
    serving_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(queued_work_runs_without_a_desk_at_the_end),
        cmocka_unit_test(everything_runs_once),
        cmocka_unit_test(a_worker_knows_the_latest),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
