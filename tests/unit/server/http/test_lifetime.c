/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait, clients that leave, servers that stop, and many of each at once.
 */
#include "tests/unit/server/http/wire_client.h"

#include <netinet/tcp.h>

enum { CROWD = 300 };

static int start(void **state)
{
    struct server *server = new_server();
    *state = server;
    start_server(server, 2);
    return 0;
}

static int start_impatient(void **state)
{
    struct server *server = new_server();
    *state = server;
    server->options.answer_timeout_ms = 50;
    start_server(server, 2);
    return 0;
}

static int start_alone(void **state)
{
    struct server *server = new_server();
    *state = server;
    start_server(server, 1);
    return 0;
}

static int stop(void **state)
{
    stop_server(*state, 1000);
    return 0;
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"

/* Waits until so many workers are at it. */
static void await_working(struct server *server, unsigned count)
{
    for (int i = 0; i < PATIENCE_MS && fake_working(&server->service) != count; i++)
        nap_ms(1);
    assert_int_equal(fake_working(&server->service), count);
}

static void a_worker_answers(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    say(&client, GET("/cold/dev"));
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "env app=cold profiles=dev "));
    /* the connection goes on as any other, and the next answer is there at once */
    unsigned answers = 0;
    for (int i = 0; i < 3; i++) {
        answers = atomic_load(&server->service.answers);
        say(&client, GET("/cold/dev"));
        listen_to(&client, &answer, 0);
        assert_int_equal(answer.status, 200);
    }
    assert_int_equal(atomic_load(&server->service.answers), answers);
    hang_up(&client);
}

static void a_pipeline_waits_with_it(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    say(&client, GET("/cold-dev.yml") GET("/foo/dev") GET("/slow/dev/lab/n.txt") GET("/foo/dev"));
    listen_to(&client, &answer, 0);
    assert_non_null(strstr(answer.body, "yaml app=cold "));
    listen_to(&client, &answer, 0);
    assert_non_null(strstr(answer.body, "env app=foo "));
    await_working(server, 1);
    fake_release(&server->service);
    listen_to(&client, &answer, 0);
    assert_non_null(strstr(answer.body, "text app=slow "));
    listen_to(&client, &answer, 0);
    assert_non_null(strstr(answer.body, "env app=foo "));
    hang_up(&client);
}

static void others_are_served_meanwhile(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client slow = dial(server->port);
    say(&slow, GET("/slow/dev"));
    await_working(server, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(status_of(server, "/foo/dev"), 200);
    fake_release(&server->service);
    listen_to(&slow, &answer, 0);
    assert_int_equal(answer.status, 200);
    hang_up(&slow);
}

static void time_is_over(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    int64_t before = cfg_clock_ms();
    say(&client, GET("/slow/dev"));
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 503);
    assert_true(cfg_clock_ms() - before >= 50);
    assert_true(has_header(&answer, "Retry-After", "1"));
    assert_true(has_header(&answer, "Content-Type", "application/json"));
    assert_non_null(strstr(answer.body, "\"path\":\"/slow/dev\""));
    /* the same connection is good for more, and the late result harms nobody */
    say(&client, GET("/foo/dev"));
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    fake_release(&server->service);
    await_working(server, 0);
    say(&client, GET("/slow/dev"));
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    hang_up(&client);
}

static void the_queue_is_full(void **state)
{
    struct server *server = *state;
    struct answer answer;
    cfg_lock_enter(&server->service.lock);
    server->service.queue = 0;
    cfg_lock_leave(&server->service.lock);
    ask(server, "GET", "/slow/dev", "", &answer);
    assert_int_equal(answer.status, 503);
    assert_true(has_header(&answer, "Retry-After", "1"));
}

/* What a desk says after the worker was asked may also be an error. */
static void errors_come_back(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    say(&client, GET("/slow/dev"));
    await_working(server, 1);
    atomic_fetch_add(&server->service.generation, 1); /* published while it waits */
    cfg_http_publish(server->http);
    fake_release(&server->service);
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    hang_up(&client);
}

static void clients_leave_while_they_wait(void **state)
{
    struct server *server = *state;
    struct client clients[20];
    for (int i = 0; i < 20; i++) {
        clients[i] = dial(server->port);
        say(&clients[i], GET("/slow/dev"));
    }
    await_working(server, 20);
    for (int i = 0; i < 20; i++) {
        if (i % 2) { /* with a reset */
            struct linger linger = {.l_onoff = 1};
            setsockopt(clients[i].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        }
        hang_up(&clients[i]);
    }
    assert_int_equal(status_of(server, "/foo/dev"), 200);
    fake_release(&server->service);
    await_working(server, 0);
    assert_int_equal(status_of(server, "/slow/dev"), 200);
}

static void stop_while_they_wait(void **state)
{
    struct server *server = *state;
    struct client clients[20];
    struct answer answer;
    for (int i = 0; i < 20; i++) {
        clients[i] = dial(server->port);
        say(&clients[i], GET("/slow/dev"));
    }
    await_working(server, 20);
    int64_t before = cfg_clock_ms();
    cfg_http_stop(server->http, 100);
    assert_true(cfg_clock_ms() - before >= 100);
    server->http = NULL;
    for (int i = 0; i < 20; i++) {
        listen_to(&clients[i], &answer, 0);
        assert_int_equal(answer.status, 503);
        assert_true(has_header(&answer, "Connection", "close"));
        assert_true(is_over(&clients[i]));
        hang_up(&clients[i]);
    }
    /* the workers come back to a loop that is gone */
    fake_release(&server->service);
    await_working(server, 0);
}

/* Says the last words and goodbye in one segment. */
static void say_and_end(struct client *client, const char *text)
{
    int on = 1;
    assert_int_equal(setsockopt(client->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on), 0);
    say(client, text);
    assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
}

/* Whoever goes in the middle of a request is let go long before the idle timeout. */
static void an_end_in_the_middle(void **state)
{
    static const char *const parts[] = {
        "G",
        "GET /foo/dev",
        "GET /foo/dev HTTP/1.1\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost: h\r\nX",
        "POST /encrypt HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
        "POST /encrypt HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST /encrypt HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: x",
    };
    struct server *server = *state;
    for (size_t i = 0; i < CFG_COUNT(parts); i++) {
        struct client client = dial(server->port);
        int64_t before = cfg_clock_ms();
        say_and_end(&client, parts[i]);
        assert_true(is_over(&client));
        assert_true(cfg_clock_ms() - before < 5000);
        hang_up(&client);
    }
    assert_int_equal(status_of(server, "/foo/dev"), 200);
}

/* Whoever says goodbye after whole requests gets all the answers, and then the end. */
static void an_end_after_whole_requests(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    say_and_end(&client, GET("/foo/dev") GET("/slow/dev") GET("/big/dev") GET("/foo/dev") "GET /");
    await_working(server, 1);
    nap_ms(300); /* while it is looked at */
    fake_release(&server->service);
    for (int i = 0; i < 4; i++) {
        listen_to(&client, &answer, 0);
        assert_int_equal(answer.status, 200);
    }
    assert_true(is_over(&client));
    hang_up(&client);
}

static int try_to_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    int failed = connect(fd, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    close(fd);
    return failed;
}

/* After quiesce the descriptors are the caller's to close, and those who are there are still served. */
static void quiet_refuses_newcomers(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client waiting = dial(server->port);
    struct client idle = dial(server->port);
    say(&idle, GET("/foo/dev"));
    listen_to(&idle, &answer, 0);
    say(&waiting, GET("/slow/dev"));
    await_working(server, 1);
    assert_true(cfg_http_quiesce(server->http));
    assert_true(cfg_http_quiesce(server->http)); /* again is no harm */
    for (unsigned i = 0; i < server->options.loops; i++)
        close(server->fds[i]);
    server->options.loops = 0;
    assert_int_equal(try_to_connect(server->port), ECONNREFUSED);
    say(&idle, GET("/foo/dev"));
    listen_to(&idle, &answer, 0);
    assert_int_equal(answer.status, 200);
    fake_release(&server->service);
    listen_to(&waiting, &answer, 0);
    assert_int_equal(answer.status, 200);
    cfg_http_stop(server->http, 1000);
    server->http = NULL;
    assert_true(is_over(&idle));
    hang_up(&waiting);
    hang_up(&idle);
}

static void a_grace_lets_them_end(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client waiting = dial(server->port);
    struct client idle = dial(server->port);
    say(&idle, GET("/foo/dev"));
    listen_to(&idle, &answer, 0);
    say(&waiting, GET("/slow/dev"));
    await_working(server, 1);
    fake_release(&server->service);
    int64_t before = cfg_clock_ms();
    cfg_http_stop(server->http, 8000);
    server->http = NULL;
    assert_true(cfg_clock_ms() - before < 4000);
    listen_to(&waiting, &answer, 0);
    assert_int_equal(answer.status, 200);
    assert_true(is_over(&waiting));
    assert_true(is_over(&idle));
    hang_up(&waiting);
    hang_up(&idle);
}

static void stop_with_a_slow_reader(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    say(&client, GET("/big/dev"));
    assert_true(read_more(&client)); /* and no more */
    int64_t before = cfg_clock_ms();
    cfg_http_stop(server->http, 50);
    server->http = NULL;
    assert_true(cfg_clock_ms() - before < 4000);
    hang_up(&client);
}

/* As many pending events as the library's own loop stalls at, and more. */
static void a_crowd(void **state)
{
    struct server *server = *state;
    static const int sizes[] = {127, 128, 129, 256, CROWD};
    struct client *clients = calloc(CROWD, sizeof *clients);
    struct answer *answer = malloc(sizeof *answer);
    assert_non_null(clients);
    assert_non_null(answer);
    for (size_t s = 0; s < CFG_COUNT(sizes); s++) {
        for (int i = 0; i < sizes[s]; i++)
            clients[i] = dial(server->port);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < sizes[s]; i++)
                say(&clients[i], round == 1 ? GET("/cold/dev") : GET("/foo/dev"));
            for (int i = 0; i < sizes[s]; i++) {
                listen_to(&clients[i], answer, 0);
                /* a cold one may find the queue full */
                assert_true(answer->status == 200 || (round == 1 && answer->status == 503));
            }
        }
        for (int i = 0; i < sizes[s]; i++)
            hang_up(&clients[i]);
    }
    free(clients);
    free(answer);
}

static int start_small(void **state)
{
    struct server *server = new_server();
    *state = server;
    server->options.max_connections = 10;
    server->options.idle_timeout_s = 1;
    start_server(server, 1);
    return 0;
}

/* Those above the limit wait for a place, and idle ones lose theirs. */
static void no_more_places(void **state)
{
    struct server *server = *state;
    struct client clients[12];
    struct answer answer;
    for (int i = 0; i < 12; i++) {
        clients[i] = dial(server->port);
        if (i < 10) {
            say(&clients[i], GET("/foo/dev"));
            listen_to(&clients[i], &answer, 0);
            assert_int_equal(answer.status, 200);
        }
    }
    int64_t before = cfg_clock_ms();
    say(&clients[11], GET("/foo/dev"));
    listen_to(&clients[11], &answer, 0);
    assert_int_equal(answer.status, 200);
    assert_true(cfg_clock_ms() - before >= 500);
    for (int i = 0; i < 12; i++)
        hang_up(&clients[i]);
}

struct hammer {
    struct server *server;
    atomic_bool stop;
    atomic_uint wrong;
};

static void *hammer(void *ctx)
{
    struct hammer *hammer = ctx;
    struct client client = dial(hammer->server->port);
    struct answer *answer = malloc(sizeof *answer);
    unsigned turn = 0;
    unsigned seen = 0;
    while (answer && !atomic_load(&hammer->stop)) {
        say(&client, turn++ % 8 ? GET("/foo/dev") : GET("/cold/dev"));
        listen_to(&client, answer, 0);
        const char *at = strstr(answer->body, "gen=");
        unsigned generation = at ? (unsigned)strtoul(at + 4, NULL, 10) : 0;
        if (answer->status != 200 || generation < seen)
            atomic_fetch_add(&hammer->wrong, 1);
        if (turn % 8 != 1) /* a worker's answer may be newer than the next ready one */
            seen = generation;
    }
    free(answer);
    hang_up(&client);
    return NULL;
}

/* Publishing while reading: nobody sees an older generation after a newer one. */
static void publish_under_load(void **state)
{
    struct hammer hammers = {.server = *state};
    pthread_t threads[4];
    atomic_init(&hammers.stop, false);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &hammers), 0);
    for (int i = 0; i < 200; i++) {
        atomic_fetch_add(&hammers.server->service.generation, 1);
        cfg_http_publish(hammers.server->http);
        nap_ms(2);
    }
    atomic_store(&hammers.stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&hammers.wrong), 0);
}

static void start_and_stop_again(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct server *server = new_server();
        start_server(server, 1 + (unsigned)i % 2);
        if (i % 3)
            assert_int_equal(status_of(server, "/foo/dev"), 200);
        stop_server(server, 0);
    }
}

static void bad_options(void **state)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_http *http;
    int closed = -1;
    struct cfg_http_options options = {.listen_fds = &closed};
    struct cfg_service service;
    (void)state;
    fake_init(&service);
    assert_int_equal(cfg_http_start(&options, &service, &http, &err), CFG_INVALID);
    assert_null(http);
    options.loops = 1;
    options.max_connections = 10;
    options.head_bytes = 8192;
    cfg_err_clear(&err);
    assert_int_equal(cfg_http_start(&options, &service, &http, &err), CFG_UNAVAILABLE);
    assert_null(http);
    assert_true(cfg_http_quiesce(NULL));
    cfg_http_stop(NULL, 0);
    cfg_http_publish(NULL);
    fake_finish(&service);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(a_worker_answers),
        SERVED(a_pipeline_waits_with_it),
        cmocka_unit_test_setup_teardown(others_are_served_meanwhile, start_alone, stop),
        cmocka_unit_test_setup_teardown(time_is_over, start_impatient, stop),
        SERVED(the_queue_is_full),
        SERVED(errors_come_back),
        SERVED(clients_leave_while_they_wait),
        SERVED(stop_while_they_wait),
        SERVED(an_end_in_the_middle),
        SERVED(an_end_after_whole_requests),
        SERVED(quiet_refuses_newcomers),
        SERVED(a_grace_lets_them_end),
        SERVED(stop_with_a_slow_reader),
        cmocka_unit_test_setup_teardown(a_crowd, start_alone, stop),
        cmocka_unit_test_setup_teardown(no_more_places, start_small, stop),
        SERVED(publish_under_load),
        cmocka_unit_test(start_and_stop_again),
        cmocka_unit_test(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
