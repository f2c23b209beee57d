/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is answered to what is asked, over real sockets.
 */
#include "tests/unit/server/http/wire_client.h"

#define V2   "application/vnd.spring-cloud.config-server.v2+json"
#define HASH "0123456789012345678901234567890123456789"

static int start(void **state)
{
    struct server *server = new_server();
    *state = server;
    start_server(server, 2);
    return 0;
}

static int stop(void **state)
{
    stop_server(*state, 1000);
    return 0;
}

static bool holds(const struct answer *answer, const char *text)
{
    bool found = strstr(answer->body, text) != NULL;
    if (!found)
        print_message("\"%s\" is not in \"%s\"\n", text, answer->body);
    return found;
}

/* Every row of the table of routes: status, type, and what the service was asked. */
static void routes(void **state)
{
    static const struct {
        const char *target;
        int status;
        const char *type, *asked;
    } rows[] = {
        {"/", 404, "application/json", "\"path\":\"/\""},
        {"/foo", 404, "application/json", "\"path\":\"/foo\""},
        {"/foo/", 404, "application/json", "\"path\":\"/foo/\""},
        {"/foo/dev", 200, "application/json", "env app=foo profiles=dev label=- "},
        {"/foo/dev/lab", 200, "application/json", "env app=foo profiles=dev label=lab "},
        {"/foo/dev/la(_)b", 200, "application/json", "label=la(_)b "},
        {"/foo/dev/la%28_%29b", 200, "application/json", "label=la(_)b "},
        {"/foo/dev/la%2Fb", 200, "application/json", "label=la(_)b "},
        {"/foo/d%2Fv", 400, "application/json", "\"status\":400"},
        {"/foo/dev.yml", 404, "application/json", "\"status\":404"},
        {"/foo/dev.properties", 404, "application/json", "\"status\":404"},
        {"/foo/dev.txt", 200, "application/json", "profiles=dev.txt "},
        {"/foo/dev.v1", 200, "application/json", "profiles=dev.v1 "},
        {"/foo-dev.yml", 200, "text/plain;charset=UTF-8", "yaml app=foo profiles=dev label=- "},
        {"/foo-dev.yaml", 200, "text/plain;charset=UTF-8", "yaml app=foo "},
        {"/foo-dev.json", 200, "application/json", "json app=foo "},
        {"/foo-dev.properties", 200, "text/plain;charset=UTF-8", "properties app=foo "},
        {"/foo-dev.YML", 404, "application/json", "\"status\":404"},
        {"/my-app-dev.yml", 200, "text/plain;charset=UTF-8", "app=my-app profiles=dev "},
        {"/my-app-dev-x.yml", 200, "text/plain;charset=UTF-8", "app=my-app-dev profiles=x "},
        {"/lab/foo-dev.yml", 200, "text/plain;charset=UTF-8", "profiles=dev label=lab "},
        {"/lab/foo-dev.json", 200, "application/json", "profiles=dev label=lab "},
        {"/a/b/foo-dev.yml", 200, "application/json", "app=a profiles=b label=foo-dev.yml "},
        {"/-dev.yml", 200, "text/plain;charset=UTF-8", "app= profiles=dev "},
        {"/foo,bar-dev.yml", 200, "text/plain;charset=UTF-8", "app=foo,bar "},
        {"/foo/-dev", 400, "application/json", "\"path\":\"/foo/-dev\""},
        {"/foo/d*v", 400, "application/json", "\"error\":\"Bad Request\""},
        {"/foo/dev%20x", 400, "application/json", "\"path\":\"/foo/dev%20x\""},
        {"/foo/a,,b", 400, "application/json", "\"status\":400"},
        {"/foo/a%2Cb", 200, "application/json", "profiles=a,b "},
        {"/foo(_)x/dev", 200, "application/json", "app=foo(_)x "},
        {"/..foo/dev", 400, "application/json", "\"status\":400"},
        {"/foo%23/dev", 400, "application/json", "\"status\":400"},
        {"/(_)foo/dev", 400, "application/json", "\"status\":400"},
        {"/foo/dev/%2Fx", 400, "application/json", "\"status\":400"},
        {"/foo/%252e%252e", 400, "application/json", "\"status\":400"},
        {"/foo/dev/%2e%2e", 400, "application/json", "\"status\":400"},
        {"/foo/dev;x=1", 200, "application/json", "profiles=dev "},
        {"/foo;v=1/dev", 200, "application/json", "app=foo "},
        {"//foo/dev", 404, "application/json", "\"path\":\"//foo/dev\""},
        {"/foo//dev", 404, "application/json", "\"status\":404"},
        {"/foo/dev?x=y", 200, "application/json", "profiles=dev "},
        {"/foo/d\xc3\xa9v", 200, "application/json", "profiles=d\xc3\xa9v "},
        {"/foo/d%C3%A9v", 200, "application/json", "profiles=d\xc3\xa9v "},
        {"/foo/d%ffv", 400, "application/json", "\"status\":400"},
        {"/foo-dev.yml?resolvePlaceholders=x", 400, "application/json",
         "\"path\":\"/foo-dev.yml\""},
        {"/foo-dev.yml?resolvePlaceholders=no", 200, "text/plain;charset=UTF-8", "resolve=0 "},
        {"/foo-dev.yml?resolvePlaceholders=OFF", 200, "text/plain;charset=UTF-8", "resolve=0 "},
        {"/foo-dev.yml?resolvePlaceholders=", 200, "text/plain;charset=UTF-8", "resolve=1 "},
        {"/foo-dev.yml?resolvePlaceholders=1&resolvePlaceholders=x", 200,
         "text/plain;charset=UTF-8", "resolve=1 "},
        {"/foo/dev/lab?resolvePlaceholders=x", 200, "application/json", "resolve=1 "},
        {"http://other/foo/dev", 200, "application/json", "app=foo "},
        {"/foo/dev/la/b", 200, "text/plain;charset=UTF-8",
         "text app=foo profiles=dev label=la path=b "},
        {"/foo/dev/lab/sub//n.txt", 200, "text/plain;charset=UTF-8", "path=sub/n.txt "},
        {"/foo/dev/lab/sub(_)n.txt", 200, "text/plain;charset=UTF-8", "path=sub(_)n.txt "},
        {"/foo/dev/lab/n.txt?resolvePlaceholders=false", 200, "text/plain;charset=UTF-8",
         "resolve=0 "},
        {"/foo/dev/lab/n.txt?resolvePlaceholders=junk", 400, "application/json", "\"status\":400"},
        {"/foo/dev/n.txt?useDefaultLabel", 200, "text/plain;charset=UTF-8", "label=- path=n.txt "},
        {"/foo/dev/sub/n.txt?useDefaultLabel", 200, "text/plain;charset=UTF-8",
         "label=sub path=n.txt "},
        {"/foo/dev/lab/../x", 400, "application/json", "\"status\":400"},
        {"/foo/dev/lab/a%23b", 400, "application/json", "\"status\":400"},
        {"/foo/-d/lab/n.txt", 400, "application/json", "\"status\":400"},
        {"/foo/dev/lab/a%2Fb", 400, "application/json", "\"status\":400"},
        {"/encrypt/status/x", 200, "application/json", "app=encrypt profiles=status label=x "},
        {"/key", 404, "application/json",
         "{\"status\":\"NOT_FOUND\",\"description\":\"No public key available\"}"},
        {"/key/foo/dev", 404, "application/json", "NOT_FOUND"},
        {"/key/..foo/dev", 400, "application/json", "\"path\":\"/key/..foo/dev\""},
        {"/encrypt/status", 404, "application/json",
         "{\"status\":\"NO_KEY\",\"description\":\"No key was installed for encryption service\"}"},
        {"/encrypt", 405, "application/json", "Method Not Allowed"},
        {"/actuator/health", 200, "application/vnd.spring-boot.actuator.v3+json",
         "{\"status\":\"UP\",\"groups\":[\"liveness\",\"readiness\"]}"},
        {"/actuator/info", 200, "application/vnd.spring-boot.actuator.v3+json", "{}"},
        {"/-/nothing", 404, "application/json", "\"status\":404"},
        {"/missing/dev/lab", 404, "application/json", "\"message\":\"No such label: lab\""},
        {"/broken/dev", 500, "application/json", "\"message\":\"broken.yml:3:7: mapping values"},
        {"/broken/dev/lab/n.txt", 500, "application/json", "\"path\":\"/broken/dev/lab/n.txt\""},
        {"/down/dev", 503, "application/json", "\"error\":\"Service Unavailable\""},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct answer answer;
        ask(*state, "GET", rows[i].target, "", &answer);
        if (answer.status != rows[i].status)
            fail_msg("%s: %d %s", rows[i].target, answer.status, answer.body);
        if (!has_header(&answer, "Content-Type", rows[i].type) || !holds(&answer, rows[i].asked))
            fail_msg("%s", rows[i].target);
    }
}

/* 404 and 406 without a body, and without a type. */
static void bare(void **state)
{
    static const struct {
        const char *target, *accept;
        int status;
    } rows[] = {
        {"/foo/dev/lab/", "", 404},
        {"/missing/dev/lab/n.txt", "", 404},
        {"/missing/dev/lab/n.txt", "Accept: application/json\r\n", 404},
        {"/foo/dev/lab", "Accept: text/plain\r\n", 404},
        {"/foo/dev/lab", "Accept: junk\r\n", 404},
        {"/foo/dev", "Accept: text/html\r\n", 406},
        {"/foo/dev", "Accept: application/vnd.spring-cloud.config-server.v1+json\r\n", 406},
        {"/foo/dev/lab/n.txt", "Accept: junk\r\n", 406},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct answer answer;
        ask(*state, "GET", rows[i].target, rows[i].accept, &answer);
        assert_int_equal(answer.status, rows[i].status);
        assert_true(has_header(&answer, "Content-Length", "0"));
        assert_true(has_header(&answer, "Content-Type", ""));
    }
}

static void forms(void **state)
{
    static const struct {
        const char *target, *lines, *type, *asked;
    } rows[] = {
        {"/foo/dev", "Accept: " V2 "\r\n", V2, "env2 "},
        {"/foo/dev/lab", "Accept: application/*+json\r\n", V2, "env2 "},
        {"/foo/dev", "Accept: text/plain\r\nAccept: application/json\r\n", "application/json",
         "env "},
        {"/foo-dev.yml", "Accept: application/json\r\n", "text/plain;charset=UTF-8", "yaml "},
        {"/foo-dev.json", "Accept: junk\r\n", "application/json", "json "},
        {"/foo/dev/lab/n", "Accept: application/octet-stream\r\n", "application/octet-stream",
         "binary "},
        {"/foo/dev/lab/n?resolvePlaceholders=junk", "Accept: application/octet-stream\r\n",
         "application/octet-stream", "binary "},
        {"/foo/dev/lab/n", "Accept: text/html\r\n", "text/html;charset=UTF-8", "text "},
        {"/foo/dev/lab/n", "Accept-Charset: nosuch, latin1\r\n", "text/plain;charset=UTF-8",
         "charset=ISO-8859-1 "},
        {"/foo/dev/lab/n", "Accept-Charset: utf-8, latin1;q=0.5\r\n", "text/plain;charset=UTF-8",
         "charset= "},
        {"/actuator/health", "Accept: application/json\r\n", "application/json", "UP"},
        {"/actuator/health", "Accept: text/plain\r\n",
         "application/vnd.spring-boot.actuator.v3+json", "UP"},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++)
        for (int again = 0; again < 2; again++) { /* the second comes from the ready ones */
            struct answer answer;
            ask(*state, "GET", rows[i].target, rows[i].lines, &answer);
            assert_int_equal(answer.status, 200);
            if (!has_header(&answer, "Content-Type", rows[i].type) ||
                !holds(&answer, rows[i].asked))
                fail_msg("%s %s", rows[i].target, rows[i].lines);
        }
    struct answer answer;
    ask(*state, "GET", "/nope", "Accept: " V2 "\r\n", &answer);
    assert_int_equal(answer.status, 404);
    assert_true(has_header(&answer, "Content-Type", V2));
}

static void headers_of_an_answer(void **state)
{
    struct answer answer;
    char value[512];
    for (int again = 0; again < 2; again++) {
        ask(*state, "GET", "/foo/dev", "", &answer);
        assert_int_equal(answer.status, 200);
        assert_true(cfg_str_starts(cfg_str_of(header(&answer, "ETag", value)), CFG_STR("W/\"")));
        assert_true(has_header(&answer, "X-Config-Version", HASH));
        assert_true(has_header(&answer, "Cache-Control", "private, no-cache"));
        assert_true(has_header(&answer, "Vary", "Accept, Accept-Encoding, Authorization"));
        assert_true(has_header(&answer, "Last-Modified", ""));
        assert_true(has_header(&answer, "Content-Encoding", ""));
        assert_true(has_header(&answer, "Connection", ""));
        ask(*state, "GET", "/plain/dev/lab/n.txt", "", &answer);
        assert_true(has_header(&answer, "X-Config-Version", ""));
        assert_true(has_header(&answer, "Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"));
        ask(*state, "GET", "/empty-dev.yml", "", &answer);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body_len, 0);
        assert_true(has_header(&answer, "Content-Length", "0"));
    }
    ask(*state, "GET", "/down/dev", "", &answer);
    assert_true(has_header(&answer, "Retry-After", "1"));
    assert_true(has_header(&answer, "ETag", ""));
}

static void methods(void **state)
{
    struct answer answer;
    ask(*state, "POST", "/foo/dev", "Content-Length: 0\r\n", &answer);
    assert_int_equal(answer.status, 405);
    assert_true(has_header(&answer, "Allow", "GET,HEAD,OPTIONS"));
    assert_true(holds(&answer, "\"error\":\"Method Not Allowed\""));
    ask(*state, "DELETE", "/foo/dev/lab/n.txt", "", &answer);
    assert_int_equal(answer.status, 405);
    ask(*state, "BREW", "/foo-dev.yml", "", &answer);
    assert_int_equal(answer.status, 405);
    ask(*state, "POST", "/nope", "Content-Length: 0\r\n", &answer);
    assert_int_equal(answer.status, 404);
    ask(*state, "OPTIONS", "/foo/dev", "", &answer);
    assert_int_equal(answer.status, 200);
    assert_true(has_header(&answer, "Allow", "GET,HEAD,OPTIONS"));
    assert_true(has_header(&answer, "Content-Length", "0"));
    ask(*state, "OPTIONS", "*", "", &answer);
    assert_int_equal(answer.status, 200);
    ask(*state, "GET", "/decrypt", "", &answer);
    assert_int_equal(answer.status, 405);
    assert_true(has_header(&answer, "Allow", "POST,OPTIONS"));
}

static void heads(void **state)
{
    struct answer get, head;
    char value[512];
    static const char *const targets[] = {"/foo/dev", "/foo-dev.yml", "/foo/dev/lab/n.txt",
                                          "/nope"};
    for (size_t i = 0; i < CFG_COUNT(targets); i++) {
        ask(*state, "GET", targets[i], "", &get);
        ask(*state, "HEAD", targets[i], "", &head);
        assert_int_equal(get.status, head.status);
        assert_true(has_header(&head, "Content-Type", header(&get, "Content-Type", value)));
        assert_true(has_header(&head, "ETag", header(&get, "ETag", value)));
        if (get.status == 200)
            assert_true(has_header(&head, "Content-Length", header(&get, "Content-Length", value)));
    }
}

static void conditions(void **state)
{
    struct answer answer;
    char etag[512], lines[1024], length[512];
    ask(*state, "GET", "/foo/dev/lab/n.txt", "", &answer);
    header(&answer, "ETag", etag);
    header(&answer, "Content-Length", length);
    assert_true(etag[0] == '"');
    const struct {
        const char *line, *value;
        int status;
    } rows[] = {
        {"If-None-Match: %s\r\n", etag, 304},
        {"If-None-Match: W/%s\r\n", etag, 304},
        {"If-None-Match: \"x\", %s\r\n", etag, 304},
        {"If-None-Match: \"x\"\r\nIf-None-Match: %s\r\n", etag, 304},
        {"If-None-Match: %s\r\n", "*", 304},
        {"If-None-Match: %s\r\n", "\"other\"", 200},
        {"If-Modified-Since: %s\r\n", "Thu, 01 Jan 2026 00:00:00 GMT", 304},
        {"If-Modified-Since: %s\r\n", "Fri, 02 Jan 2026 00:00:00 GMT", 304},
        {"If-Modified-Since: %s\r\n", "Wed, 01 Jan 2020 00:00:00 GMT", 200},
        {"If-Modified-Since: %s\r\n", "yesterday", 200},
        {"If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\nIf-None-Match: %s\r\n", "\"other\"",
         200},
    };
    for (int target = 0; target < 2;
         target++) /* the second cannot be kept ready: its key is too long */
        for (size_t i = 0; i < CFG_COUNT(rows); i++) {
            char path[2048];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(lines, sizeof lines, rows[i].line, rows[i].value);
#pragma GCC diagnostic pop
            snprintf(path, sizeof path, "/foo/dev/lab/n.txt?%0*d", target ? 1500 : 1, 0);
            ask(*state, "GET", path, lines, &answer);
            if (answer.status != rows[i].status)
                fail_msg("%s: %d", lines, answer.status);
            assert_true(has_header(&answer, "ETag", etag));
            assert_true(has_header(&answer, "Content-Length", answer.status == 304 ? "0" : length));
            assert_true(has_header(&answer, "X-Config-Version", HASH));
            assert_true(has_header(&answer, "Cache-Control", "private, no-cache"));
            assert_true(has_header(&answer, "Vary", "Accept, Accept-Encoding, Authorization"));
            assert_true(has_header(&answer, "Content-Type",
                                   answer.status == 304 ? "" : "text/plain;charset=UTF-8"));
        }
    /* dates do not count for documents */
    ask(*state, "GET", "/foo/dev", "If-Modified-Since: Fri, 02 Jan 2026 00:00:00 GMT\r\n", &answer);
    assert_int_equal(answer.status, 200);
    ask(*state, "HEAD", "/foo/dev", "If-None-Match: *\r\n", &answer);
    assert_int_equal(answer.status, 304);
}

static void gzip(void **state)
{
    struct answer answer;
    char value[512];
    for (int again = 0; again < 2; again++) {
        ask(*state, "GET", "/zip-dev.yml", "Accept-Encoding: gzip, deflate\r\n", &answer);
        assert_true(has_header(&answer, "Content-Encoding", "gzip"));
        assert_non_null(strstr(header(&answer, "ETag", value), "-gz\""));
        ask(*state, "GET", "/zip-dev.yml", "Accept-Encoding: gzip;q=0\r\n", &answer);
        assert_true(has_header(&answer, "Content-Encoding", ""));
        assert_null(strstr(header(&answer, "ETag", value), "-gz\""));
        ask(*state, "GET", "/zip-dev.yml", "", &answer);
        assert_true(has_header(&answer, "Content-Encoding", ""));
    }
}

static void posts(void **state)
{
    static const struct {
        const char *target, *lines;
        const char *body;
        int status;
        const char *text;
    } rows[] = {
        {"/encrypt", "Content-Type: text/plain\r\n", "secret", 404, "\"NO_KEY\""},
        {"/decrypt", "Content-Type: text/plain\r\n", "00ff", 404, "\"NO_KEY\""},
        {"/encrypt/foo/dev", "Content-Type: a/b\r\n", "secret", 404, "\"NO_KEY\""},
        {"/encrypt", "Content-Type: text/plain\r\n", "", 400, "\"path\":\"/encrypt\""},
        {"/encrypt", "", "secret", 400, "\"path\":\"/encrypt\""},
        {"/encrypt/..a/p", "Content-Type: text/plain\r\n", "x", 400, "\"path\":\"/encrypt/..a/p\""},
        {"/-/x", "Content-Type: text/plain\r\n", "x", 404, "\"status\":404"},
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct answer answer;
        char text[1024];
        int len = snprintf(text, sizeof text,
                           "POST %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n%s",
                           rows[i].target, rows[i].lines, strlen(rows[i].body), rows[i].body);
        ask_raw(*state, text, (size_t)len, &answer);
        if (answer.status != rows[i].status || !holds(&answer, rows[i].text))
            fail_msg("%s: %d", rows[i].target, answer.status);
        assert_true(has_header(&answer, "Content-Type", "application/json"));
        assert_null(strstr(answer.body, "secret"));
    }
}

static void large_bodies(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    char chunk[1024 + 9];

    /* refused by its length, before a byte of it was read */
    ask(server, "POST", "/encrypt", "Content-Type: a/b\r\nContent-Length: 4097\r\n", &answer);
    assert_int_equal(answer.status, 413);
    assert_true(has_header(&answer, "Connection", "close"));
    assert_true(holds(&answer, "\"status\":413"));

    /* chunked, its length comes out as it goes */
    say(&client, "POST /encrypt HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nTransfer-Encoding: "
                 "chunked\r\n\r\n");
    snprintf(chunk, sizeof chunk, "400\r\n%01024d\r\n", 0);
    for (int i = 0; i < 8; i++)
        say(&client, chunk);
    say(&client, "0\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 413);
    hang_up(&client);

    /* and there is an end to reading what is dropped anyway */
    client = dial(server->port);
    say(&client, "GET /foo/dev HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 4000; i++)
        say(&client, chunk);
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 0);
    hang_up(&client);

    /* a body that nobody wants, within the limit, is read over */
    client = dial(server->port);
    say(&client, "GET /foo/dev HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /bar/dev "
                 "HTTP/1.1\r\nHost: h\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_true(holds(&answer, "app=foo "));
    listen_to(&client, &answer, 0);
    assert_true(holds(&answer, "app=bar "));
    hang_up(&client);

    /* 100-continue */
    client = dial(server->port);
    say(&client, "POST /encrypt HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Length: "
                 "1\r\nExpect: 100-continue\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 100);
    say(&client, "x");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 404);
    hang_up(&client);
}

static void large_heads(void **state)
{
    struct answer answer;
    char lines[20000];
    static const size_t sizes[] = {8200, 9000, 10000, 15000};
    memset(lines, 'a', sizeof lines);
    memcpy(lines, "X: ", 3);
    for (size_t i = 0; i < CFG_COUNT(sizes); i++) {
        memcpy(lines + sizes[i], "\r\n", 3);
        ask(*state, "GET", "/foo/dev", lines, &answer);
        assert_int_equal(answer.status, 431);
        assert_true(has_header(&answer, "Content-Type", "application/json"));
        assert_true(has_header(&answer, "Connection", "close"));
        assert_true(holds(&answer, "\"error\":\"Request Header Fields Too Large\""));
        memcpy(lines + sizes[i], "aaa", 3);
    }
    memcpy(lines + 8000, "\r\n", 3);
    ask(*state, "GET", "/foo/dev", lines, &answer);
    assert_int_equal(answer.status, 200);
    /* a long target counts as well, and its path is shown */
    lines[0] = '/';
    memcpy(lines + 1, "aaaaaaaaa", 9);
    memcpy(lines + 8000, "aaa", 3);
    lines[9000] = '\0';
    ask(*state, "GET", lines, "", &answer);
    assert_int_equal(answer.status, 431);
    lines[7000] = '\0';
    ask(*state, "GET", lines, "", &answer);
    assert_int_equal(answer.status, 404);
}

#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* Everything that a proxy might read in another way: refused, and the connection ends. */
/* A head of one kind of part, over and over, between two fixed ends. */
static void say_many(
    struct client *client, const char *before, const char *part, size_t count, const char *after)
{
    struct cfg_buf text;
    cfg_buf_init(&text, 1 << 20);
    cfg_buf_printf(&text, "%s", before);
    for (size_t i = 0; i < count; i++)
        cfg_buf_str(&text, cfg_str_of(part));
    cfg_buf_printf(&text, "%s", after);
    say_bytes(client, text.ptr, text.len);
    cfg_buf_release(&text);
}

/* However much of the library's memory a head takes, there is one answer, at once, and an end. */
static void crowded_heads(void **state)
{
    static const struct {
        const char *before, *part, *after;
        size_t most; /* of parts */
        int status;
    } rows[] = {
        {"GET /foo/dev?", "a=b&", " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 2000, 200},
        {"GET /foo/dev?", "&", " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 8000, 200},
        {"GET /foo/dev?", "a=b&", " HTTP/1.1\r\nHost: h\r\n\r\n", 5100, 431},
        {"GET /foo/dev HTTP/1.1\r\nHost: h\r\nCookie: ", "a=b; ", "\r\n\r\n", 4100, 431},
        {"GET /foo/dev HTTP/1.1\r\nHost: h\r\n", "X: y\r\n", "\r\n", 500, 431},
        {"GET /foo/dev HTTP/1.1\r\nHost: h\r\nX: ", "y", "\r\n\r\n", 20600, 431},
    };
    struct server *server = *state;
    struct answer *answer = malloc(sizeof *answer);
    assert_non_null(answer);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        size_t step = rows[i].most / 50;
        for (size_t count = rows[i].most; count > 0; count -= count < step ? count : step) {
            struct client client = dial(server->port);
            say_many(&client, rows[i].before, rows[i].part, count, rows[i].after);
            listen_to(&client, answer, 0);
            if (answer->status != 200 && answer->status != 431)
                fail_msg("row %zu, %zu parts: %d", i, count, answer->status);
            if (count == rows[i].most)
                assert_int_equal(answer->status, rows[i].status);
            if (answer->status == 431 || rows[i].status == 200)
                assert_true(is_over(&client));
            hang_up(&client);
        }
    }
    free(answer);
}

/* The first line of a chunk that fills the library's memory. */
static void an_endless_chunk_line(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    struct answer answer;
    say_many(&client, "POST /encrypt HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;",
             "x", 100000, "\r\nhello\r\n0\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 400);
    hang_up(&client);
}

static void smuggling(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        BYTES("GET /foo/dev HTTP/1.1\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.2\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/dev\r\nHost: a\r\n\r\n"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: "
              "6\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: "
              "5\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello"),
        BYTES("GET /foo/dev HTTP/1.1\r\nContent-Length: 18446744073709551616\r\nHost: a\r\n\r\n"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\n"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        BYTES("POST /encrypt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
              "chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        BYTES("POST /encrypt HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BYTES(
            "POST /encrypt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\013chunked\r\n\r\n0\r\n\r\n"),
        BYTES(
            "POST /encrypt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: a\r\n\tfolded\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\nX: a\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\nHost: a\n\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: a\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: a\0z\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nX\0Y: a\r\n\r\n"),
        BYTES("GET /foo/dev\0/../x HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET\0 /foo/dev HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET  /foo/dev HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/dev  HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1 \r\nHost: a\r\n\r\n"),
        BYTES("GET /foo /dev HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a\r\n: v\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\n Host: a\r\n\r\n"),
        BYTES("GET /foo/dev HTTP/1.1\r\nHost: a b\r\n\r\n"),
        BYTES("GET /foo/a%00b HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/a%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/a%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/a% HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/dev?x=%0 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/a%5cb HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /foo/a\001b HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET foo/dev HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("CONNECT h:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("G(T /foo/dev HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("\x16\x03\x01\x02 x HTTP/1.1\r\nHost: a\r\n\r\n"),
    };
    struct server *server = *state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct client client = dial(server->port);
        struct answer answer;
        say_bytes(&client, rows[i].bytes, rows[i].len);
        listen_to(&client, &answer, 0);
        if (answer.status != 400)
            fail_msg("row %zu: %d\n%s", i, answer.status, rows[i].bytes);
        assert_true(has_header(&answer, "Connection", "close"));
        if (!is_over(&client))
            fail_msg("row %zu goes on: %.*s", i, (int)client.len, client.bytes);
        hang_up(&client);
    }
    assert_int_equal(status_of(server, "/foo/dev"), 200);
}

/* What is odd and yet clear. */
static void tolerated(void **state)
{
    static const char *const rows[] = {
        "\r\n\r\nGET /foo/dev HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost:a\r\n\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost: \t  a  \r\nX:\r\nY:   \r\n\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9\r\n\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost: a\r\nAuthorization: Basic Og==\r\n\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=\"d\"\r\n\r\n",
        "GET /foo/dev HTTP/1.0\r\n\r\n",
        "GET /foo/dev HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct answer answer;
        ask_raw(*state, rows[i], strlen(rows[i]), &answer);
        if (answer.status != 200)
            fail_msg("%s: %d", rows[i], answer.status);
    }
}

static void nothing_follows_a_chunked_body(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    struct answer answer;
    say(&client, "GET /foo/dev HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                 "GET /bar/dev HTTP/1.1\r\nHost: a\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    assert_true(has_header(&answer, "Connection", "close"));
    assert_true(is_over(&client));
    hang_up(&client);
}

static void keep_alive(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    struct answer answer;
    for (int i = 0; i < 20; i++) {
        say(&client, i % 3 ? "GET /foo/dev HTTP/1.1\r\nHost: h\r\n\r\n"
                           : "GET /nope HTTP/1.1\r\nHost: h\r\n\r\n");
        listen_to(&client, &answer, 0);
        assert_int_equal(answer.status, i % 3 ? 200 : 404);
        assert_true(has_header(&answer, "Connection", ""));
    }
    say(&client, "HEAD /foo/dev HTTP/1.1\r\nHost: h\r\n\r\n");
    listen_to(&client, &answer, NO_BODY);
    say(&client, "GET /foo/dev HTTP/1.1\r\nHost: h\r\nIf-None-Match: *\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 304);
    say(&client, "GET /foo/dev HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    assert_true(has_header(&answer, "Connection", "close"));
    assert_true(is_over(&client));
    hang_up(&client);
}

static void pipelines(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    struct answer answer;
    for (int i = 0; i < 50; i++)
        say(&client,
            "GET /foo/dev HTTP/1.1\r\nHost: h\r\n\r\nGET /missing/dev/l HTTP/1.1\r\nHost: h\r\n\r\n"
            "GET /bar-dev.yml HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int i = 0; i < 50; i++) {
        listen_to(&client, &answer, 0);
        assert_true(holds(&answer, "env app=foo "));
        listen_to(&client, &answer, 0);
        assert_int_equal(answer.status, 404);
        listen_to(&client, &answer, 0);
        assert_true(holds(&answer, "yaml app=bar "));
    }
    hang_up(&client);
}

static void old_clients(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    struct answer answer;
    say(&client, "GET /foo/dev HTTP/1.0\r\n\r\n");
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    assert_true(is_over(&client));
    hang_up(&client);

    client = dial(server->port);
    for (int i = 0; i < 2; i++) {
        say(&client, "GET /foo/dev HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        listen_to(&client, &answer, 0);
        assert_int_equal(answer.status, 200);
        assert_true(has_header(&answer, "Connection", "Keep-Alive"));
    }
    hang_up(&client);

    /* one that says nothing more after its request is still answered */
    client = dial(server->port);
    say(&client, "GET /foo/dev HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    hang_up(&client);
}

static void byte_by_byte(void **state)
{
    struct server *server = *state;
    struct client client = dial(server->port);
    struct answer answer;
    const char *text = "GET /foo/dev/lab/n.txt HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n";
    for (const char *c = text; *c; c++) {
        say_bytes(&client, c, 1);
        if (c - text == 40)
            nap_ms(2); /* let some of it be read for certain */
    }
    listen_to(&client, &answer, 0);
    assert_int_equal(answer.status, 200);
    hang_up(&client);
}

static void health(void **state)
{
    struct server *server = *state;
    struct answer answer;
    atomic_store(&server->service.healthy, false);
    ask(server, "GET", "/actuator/health", "", &answer);
    assert_int_equal(answer.status, 503);
    assert_true(holds(&answer, "{\"status\":\"DOWN\",\"groups\":"));
    assert_int_equal(status_of(server, "/actuator/health/liveness"), 200);
    assert_int_equal(status_of(server, "/actuator/health/readiness"), 503);
    atomic_store(&server->service.healthy, true);
    assert_int_equal(status_of(server, "/actuator/health/readiness"), 200);
    assert_int_equal(status_of(server, "/actuator/health"), 200);
}

/* Ready answers are used, and forgotten when something was published. */
static void ready_answers(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    unsigned before = 0;
    for (int i = 0; i < 10; i++) {
        say(&client, "GET /ready/dev HTTP/1.1\r\nHost: h\r\n\r\n");
        listen_to(&client, &answer, 0);
        if (i == 0)
            before = atomic_load(&server->service.answers);
    }
    assert_int_equal(atomic_load(&server->service.answers), before);
    assert_true(holds(&answer, "gen=1"));
    atomic_fetch_add(&server->service.generation, 1);
    cfg_http_publish(server->http);
    for (int i = 0; i < 1000 && !strstr(answer.body, "gen=2"); i++) {
        say(&client, "GET /ready/dev HTTP/1.1\r\nHost: h\r\n\r\n");
        listen_to(&client, &answer, 0);
    }
    assert_true(holds(&answer, "gen=2"));
    hang_up(&client);
}

/* More different answers than there is room for. */
static void many_answers(void **state)
{
    struct server *server = *state;
    struct answer answer;
    struct client client = dial(server->port);
    char text[256], want[64];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 6000; i++) {
            snprintf(text, sizeof text, "GET /app%d/dev HTTP/1.1\r\nHost: h\r\n\r\n", i);
            snprintf(want, sizeof want, "app=app%d ", i);
            say(&client, text);
            listen_to(&client, &answer, 0);
            assert_int_equal(answer.status, 200);
            assert_non_null(strstr(answer.body, want));
        }
    hang_up(&client);
}

static void big_answers(void **state)
{
    struct server *server = *state;
    struct answer *answer = malloc(sizeof *answer);
    assert_non_null(answer);
    for (int i = 0; i < 3; i++) {
        ask(server, "GET", "/big/dev", "", answer);
        assert_int_equal(answer->status, 200);
        assert_true(answer->body_len > FAKE_BIG_BYTES - 100000);
    }
    /* one that hangs up in the middle */
    struct client client = dial(server->port);
    say(&client, "GET /big/dev HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(read_more(&client));
    hang_up(&client);
    assert_int_equal(status_of(server, "/foo/dev"), 200);
    free(answer);
}

static int start_below_a_prefix(void **state)
{
    struct server *server = new_server();
    *state = server;
    server->options.prefix = CFG_STR("/config");
    server->options.show_message = false;
    start_server(server, 1);
    return 0;
}

static void prefix(void **state)
{
    struct answer answer;
    assert_int_equal(status_of(*state, "/foo/dev"), 404);
    assert_int_equal(status_of(*state, "/config/foo/dev"), 200);
    assert_int_equal(status_of(*state, "/config/foo-dev.yml"), 200);
    assert_int_equal(status_of(*state, "/config/foo/dev/lab/n.txt"), 200);
    assert_int_equal(status_of(*state, "/config/encrypt/status"), 404);
    assert_int_equal(status_of(*state, "/actuator/health"), 200);
    ask(*state, "GET", "/config/broken/dev", "", &answer);
    assert_int_equal(answer.status, 500);
    assert_null(strstr(answer.body, "message"));
    assert_true(holds(&answer, "\"path\":\"/config/broken/dev\""));
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(routes),
        SERVED(bare),
        SERVED(forms),
        SERVED(headers_of_an_answer),
        SERVED(methods),
        SERVED(heads),
        SERVED(conditions),
        SERVED(gzip),
        SERVED(posts),
        SERVED(large_bodies),
        SERVED(large_heads),
        SERVED(crowded_heads),
        SERVED(an_endless_chunk_line),
        SERVED(smuggling),
        SERVED(tolerated),
        SERVED(nothing_follows_a_chunked_body),
        SERVED(keep_alive),
        SERVED(pipelines),
        SERVED(old_clients),
        SERVED(byte_by_byte),
        SERVED(health),
        SERVED(ready_answers),
        SERVED(many_answers),
        SERVED(big_answers),
        cmocka_unit_test_setup_teardown(prefix, start_below_a_prefix, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
