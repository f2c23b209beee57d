/* SPDX-License-Identifier: Apache-2.0 */
/* mirror: follows real remotes through everything that may happen to them, by real worker processes. */
#include "server/git/mirror.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/base/clock.h"
#include "server/git/fetchers.h"
#include "tests/unit/server/git/fixture.h"

static const struct cfg_git_options plain = {.timeout_s = 20};
static const struct cfg_git_options hasty = {.timeout_s = 1};

static struct cfg_fetchers *start_fetchers(const char *program, unsigned count)
{
    struct cfg_fetchers *fetchers = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_fetchers_start(program, count, &fetchers, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return fetchers;
}

static struct cfg_store *open_remote(const struct fixture *fixture,
                                     const char *uri,
                                     const struct cfg_git_options *options,
                                     struct cfg_fetchers *fetchers)
{
    char state[128];

    snprintf(state, sizeof state, "%s/state", fixture->dir);
    return open_at(cfg_str_of(uri), options, state, fetchers);
}

static void fetch(struct cfg_store *store)
{
    struct cfg_err err = CFG_ERR_INIT;

    if (cfg_store_fetch(store, &err) != CFG_OK)
        fail_msg("%s: %s", cfg_status_text(err.status), err.message);
}

static enum cfg_status try_fetch(struct cfg_store *store, struct cfg_err *err)
{
    cfg_err_clear(err);
    return cfg_store_fetch(store, err);
}

static void expect_no_label(struct cfg_store *store, const char *label)
{
    struct cfg_tips *tips = tips_of(store);
    char commit[41];

    assert_false(cfg_tips_find(tips, cfg_str_of(label), commit));
    cfg_tips_unref(tips);
}

static void expect_files(const struct fixture *fixture, const char *what, int count)
{
    char text[256];

    ask(text, "ls -A '%s/state/repos' 2>/dev/null | grep -c '%s' || true", fixture->dir, what);
    assert_int_equal(strtol(text, NULL, 10), count);
}

/* A port of loopback that was free a moment ago. */
static int free_port(int *out_listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    if (out_listener)
        *out_listener = fd;
    else
        close(fd);
    return ntohs(address.sin_port);
}

/* Everything that a remote does to its branches and tags, seen through one uri. */
static void follow_changes(const struct fixture *fixture, const char *uri, const char *name)
{
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 2);
    struct cfg_store *store = open_remote(fixture, uri, &plain, fetchers);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *before = NULL, *after;

    assert_int_equal(cfg_store_kind_of(store), CFG_STORE_MIRROR);
    assert_int_equal(cfg_store_tips(store, &before, &err), CFG_NOT_FOUND); /* nothing fetched */
    fetch(store);
    expect_at(store, "main", "sub/foo.yml", "b: 2\n");
    before = tips_of(store);
    fetch(store); /* nothing new */
    after = tips_of(store);
    assert_true(cfg_tips_equal(before, after));
    cfg_tips_unref(before);
    cfg_tips_unref(after);

    run("cd '%s/%s' && echo 'a: 2' > application.yml && git commit -q -a -m two && git tag -a -m m "
        "v1 && git tag v2 && git branch fx && git branch gone",
        fixture->dir, name);
    fetch(store);
    expect_at(store, "main", "application.yml", "a: 2\n");
    expect_at(store, "v1", "application.yml", "a: 2\n");
    expect_at(store, "fx", "application.yml", "a: 2\n");

    /* rewritten, moved, deleted; fx becomes fx/y */
    run("cd '%s/%s' && echo 'a: 3' > application.yml && git commit -q -a --amend -m other && git "
        "tag -f -a -m m v1 >/dev/null && git tag -d v2 >/dev/null && git branch -q -D fx gone && "
        "git "
        "branch fx/y",
        fixture->dir, name);
    fetch(store);
    expect_at(store, "main", "application.yml", "a: 3\n");
    expect_at(store, "v1", "application.yml", "a: 3\n");
    expect_at(store, "fx/y", "application.yml", "a: 3\n");
    expect_no_label(store, "fx");
    expect_no_label(store, "gone");
    expect_no_label(store, "v2");

    /* and back, and the default branch renamed */
    run("cd '%s/%s' && git branch -q -D fx/y && git branch fx && git branch -q -m main trunk && "
        "git update-ref refs/notes/x HEAD && git update-ref refs/pull/1/head HEAD",
        fixture->dir, name);
    fetch(store);
    expect_at(store, "fx", "application.yml", "a: 3\n");
    expect_at(store, "HEAD", "application.yml", "a: 3\n");
    expect_no_label(store, "fx/y");
    expect_no_label(store, "main");
    expect_no_label(store, "refs/notes/x");
    expect_files(fixture, "new.git", 0);

    /* after a restart, with the remote gone, the mirror serves */
    cfg_store_close(store);
    run("mv '%s/%s' '%s/away'", fixture->dir, name, fixture->dir);
    store = open_remote(fixture, uri, &plain, fetchers);
    expect_at(store, "trunk", "application.yml", "a: 3\n");
    assert_int_equal(try_fetch(store, &err), CFG_NOT_FOUND);
    expect_at(store, "trunk", "application.yml", "a: 3\n");
    run("mv '%s/away' '%s/%s'", fixture->dir, fixture->dir, name);
    fetch(store);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

static void test_by_path(void **state)
{
    const struct fixture *fixture = *state;
    char uri[128];

    make_repo(fixture, "path");
    snprintf(uri, sizeof uri, "%s/path/", fixture->dir);
    follow_changes(fixture, uri, "path");
}

static void test_by_daemon(void **state)
{
    const struct fixture *fixture = *state;
    int port = free_port(NULL);
    char uri[128];

    make_repo(fixture, "served");
    run("git daemon --reuseaddr --listen=127.0.0.1 --port=%d --export-all --base-path='%s' "
        "--detach "
        "--pid-file='%s/pid' && for i in $(seq 100); do git ls-remote -q git://127.0.0.1:%d/served "
        ">/dev/null 2>&1 && exit 0; sleep 0.05; done; exit 1",
        port, fixture->dir, fixture->dir, port);
    snprintf(uri, sizeof uri, "git://127.0.0.1:%d/served", port);
    follow_changes(fixture, uri, "served");
    run("kill $(cat '%s/pid')", fixture->dir);
}

/* The worker's own function, for the one scheme that stores do not mirror. */
static void test_by_file_uri(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_fetch_job job = {.timeout_ms = 20000, .total_ms = 20000, .create = 1};
    struct cfg_err err = CFG_ERR_INIT;
    char uri[128], path[128];
    bool changed;

    make_repo(fixture, "byfile");
    run("mkdir '%s/copy'", fixture->dir);
    snprintf(uri, sizeof uri, "file://%s/byfile", fixture->dir);
    snprintf(path, sizeof path, "%s/copy", fixture->dir);
    job.uri = cfg_str_of(uri);
    job.path = cfg_str_of(path);
    if (cfg_fetchers_run(fetchers, &job, &changed, &err) != CFG_OK)
        fail_msg("%s", err.message);
    assert_true(changed);
    job.create = 0;
    assert_int_equal(cfg_fetchers_run(fetchers, &job, &changed, &err), CFG_OK);
    assert_false(changed);
    run("cd '%s/copy' && git fsck --strict && test -z \"$(find objects -type f ! -path '*/pack/*' "
        "! -path '*/info/*')\"",
        fixture->dir);
    cfg_fetchers_stop(fetchers);
}

static const char http_server[] =
    "import base64, http.server, os, subprocess, sys\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "  protocol_version = 'HTTP/1.1'\n"
    "  def log_message(self, *a): pass\n"
    "  def do(self):\n"
    "    n = int(self.headers.get('Content-Length') or 0); body = self.rfile.read(n)\n"
    "    if self.headers.get('Transfer-Encoding') == 'chunked':\n"
    "      while True:\n"
    "        k = int(self.rfile.readline(), 16); part = self.rfile.read(k); self.rfile.readline()\n"
    "        if not k: break\n"
    "        body += part\n"
    "    path, _, query = self.path.partition('?')\n"
    "    want = 'Basic ' + base64.b64encode(b'us er:p@ss/word').decode()\n"
    "    if path.startswith('/forbidden'): return self.send(403, {}, b'no')\n"
    "    if path.startswith('/broken'): return self.send(500, {}, b'no')\n"
    "    if path.startswith('/private') and self.headers.get('Authorization') != want:\n"
    "      return self.send(401, {'WWW-Authenticate': 'Basic realm=x'}, b'')\n"
    "    env = dict(os.environ, GIT_PROJECT_ROOT=sys.argv[1], GIT_HTTP_EXPORT_ALL='1',\n"
    "      PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,\n"
    "      CONTENT_TYPE=self.headers.get('Content-Type') or '', REMOTE_USER='x',\n"
    "      CONTENT_LENGTH=str(len(body)), REMOTE_ADDR='127.0.0.1',\n"
    "      HTTP_CONTENT_ENCODING=self.headers.get('Content-Encoding') or '')\n"
    "    out = subprocess.run(['git', 'http-backend'], input=body, env=env,\n"
    "      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout\n"
    "    head, _, rest = out.partition(b'\\r\\n\\r\\n')\n"
    "    lines = dict(l.split(': ', 1) for l in head.decode().split('\\r\\n') if ': ' in l)\n"
    "    self.send(int(lines.pop('Status', '200').split()[0]), lines, rest)\n"
    "  do_GET = do_POST = do\n"
    "  def send(self, code, headers, body):\n"
    "    self.send_response(code)\n"
    "    for k, v in headers.items(): self.send_header(k, v)\n"
    "    self.send_header('Content-Length', str(len(body))); self.end_headers()\n"
    "    self.wfile.write(body)\n"
    "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)\n"
    "open(sys.argv[2] + '.new', 'w').write(str(s.server_port))\n"
    "os.rename(sys.argv[2] + '.new', sys.argv[2])\n"
    "s.serve_forever()\n";

static int start_http(const struct fixture *fixture, pid_t *out_pid)
{
    char path[128], text[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/server.py", fixture->dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(http_server, file);
    fclose(file);
    ask(text, "rm -f '%s/port'; python3 '%s' '%s' '%s/port' >/dev/null 2>&1 & echo $!",
        fixture->dir, path, fixture->dir, fixture->dir);
    *out_pid = (pid_t)strtol(text, NULL, 10);
    ask(text,
        "for i in $(seq 200); do test -f '%s/port' && cat '%s/port' && exit 0; sleep 0.05; done; "
        "exit 1",
        fixture->dir, fixture->dir);
    return (int)strtol(text, NULL, 10);
}

static void test_by_http(void **state)
{
    static const struct {
        const char *userinfo, *path;
        enum cfg_status want;
    } rows[] = {
        {"", "private", CFG_UNAVAILABLE}, {"us%%20er:wrong@", "private", CFG_UNAVAILABLE},
        {"", "absent", CFG_NOT_FOUND},    {"", "forbidden", CFG_UNAVAILABLE},
        {"", "broken", CFG_UNAVAILABLE},
    };
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_git_options with_password = plain;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store;
    char uri[128];
    pid_t pid;
    int port;

    make_repo(fixture, "private");
    make_repo(fixture, "web");
    port = start_http(fixture, &pid);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        snprintf(uri, sizeof uri, "http://%s127.0.0.1:%d/%s", rows[i].userinfo, port, rows[i].path);
        store = open_remote(fixture, uri, &plain, fetchers);
        if (try_fetch(store, &err) != rows[i].want)
            fail_msg("%s: %s: %s", uri, cfg_status_text(err.status), err.message);
        assert_null(strstr(err.message, "wrong"));
        assert_null(strchr(cfg_store_name(store).ptr, '@'));
        cfg_store_close(store);
    }
    expect_files(fixture, "\\.lock\\|new.git",
                 2); /* those of the other tests: none is left behind */
    with_password.username = CFG_STR("us er");
    with_password.password = CFG_STR("p@ss/word");
    snprintf(uri, sizeof uri, "http://127.0.0.1:%d/private", port);
    store = open_remote(fixture, uri, &with_password, fetchers);
    fetch(store);
    expect_at(store, "main", "sub/foo.yml", "b: 2\n");
    cfg_store_close(store);
    snprintf(uri, sizeof uri, "http://us%%20er:p%%40ss%%2Fword@127.0.0.1:%d/private", port);
    store = open_remote(fixture, uri, &plain, fetchers); /* the same mirror: userinfo is no part */
    expect_at(store, "main", "sub/foo.yml", "b: 2\n");
    fetch(store);
    cfg_store_close(store);
    run("! grep -r 'ss/word\\|p%%40' '%s/state'", fixture->dir);
    snprintf(uri, sizeof uri, "http://127.0.0.1:%d/web", port);
    cfg_fetchers_stop(fetchers);
    follow_changes(fixture, uri, "web");
    kill(pid, SIGTERM);
    run("for i in $(seq 100); do kill -0 %d 2>/dev/null || exit 0; sleep 0.05; done", (int)pid);
}

static void test_unreachable(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_err err = CFG_ERR_INIT;
    struct {
        char uri[128];
        enum cfg_status want;
    } rows[] = {
        {"", CFG_UNAVAILABLE},
        {"https://nowhere.invalid/x", CFG_UNAVAILABLE},
        {"git@nowhere.invalid:x", CFG_UNAVAILABLE}, /* no transport for it */
        {"/nowhere/at/all", CFG_NOT_FOUND},
        {"/proc", CFG_NOT_FOUND},
    };

    snprintf(rows[0].uri, sizeof rows[0].uri, "http://127.0.0.1:%d/x", free_port(NULL));
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_store *store = open_remote(fixture, rows[i].uri, &plain, fetchers);
        struct cfg_tips *tips = NULL;

        if (try_fetch(store, &err) != rows[i].want)
            fail_msg("%s: %s: %s", rows[i].uri, cfg_status_text(err.status), err.message);
        cfg_err_clear(&err);
        assert_int_equal(cfg_store_tips(store, &tips, &err), CFG_NOT_FOUND);
        cfg_store_close(store);
    }
    cfg_fetchers_stop(fetchers);
}

/* A remote that accepts and says nothing costs its deadline, and the worker its life; nothing more. */
static void test_silent_remote(void **state)
{
    static const char *const schemes[] = {"git", "http", "https"};
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_store *good;
    int listener, port = free_port(&listener);
    char uri[128];

    make_repo(fixture, "good");
    for (size_t i = 0; i < CFG_COUNT(schemes); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_store *store;
        int64_t start_ms;

        snprintf(uri, sizeof uri, "%s://u:secret@127.0.0.1:%d/x", schemes[i], port);
        store = open_remote(fixture, uri, &hasty, fetchers);
        start_ms = cfg_clock_ms();
        if (try_fetch(store, &err) != CFG_TIMEOUT)
            fail_msg("%s", err.message);
        assert_in_range(cfg_clock_ms() - start_ms, 800,
                        20000); /* not for ever; not at once either */
        assert_null(strstr(err.message, "secret"));
        cfg_store_close(store);
        snprintf(uri, sizeof uri, "%s/good", fixture->dir);
        good = open_remote(fixture, uri, &plain, fetchers);
        fetch(good); /* by the next worker */
        cfg_store_close(good);
    }
    close(listener);
    cfg_fetchers_stop(fetchers);
}

/* ---- workers that misbehave ---- */

static void
make_program(const struct fixture *fixture, const char *name, const char *body, char out[128])
{
    FILE *file;

    snprintf(out, 128, "%s/%s", fixture->dir, name);
    file = fopen(out, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", body);
    fclose(file);
    run("chmod +x '%s'", out);
}

static void test_bad_workers(void **state)
{
    static const struct {
        const char *name, *body;
        enum cfg_status want;
    } rows[] = {
        {"hangs", "exec sleep 8765", CFG_TIMEOUT},
        {"hangs-below", "sleep 8765; exit 0", CFG_TIMEOUT}, /* a child holds the socket too */
        {"leaves", "exit 3", CFG_UNAVAILABLE},
        {"dies", "head -c 10 <&3 >/dev/null; kill -9 $$", CFG_UNAVAILABLE},
        {"babbles", "head -c 10 <&3 >/dev/null; printf 'GET / HTTP/1.0' >&3; exec sleep 8765",
         CFG_INTERNAL},
        {"lies", "head -c 10 <&3 >/dev/null; printf '\\000\\000\\000\\003abc' >&3; exec sleep 8765",
         CFG_INTERNAL},
        {"stops",
         "head -c 10 <&3 >/dev/null; printf '\\000\\000\\001\\000abc' >&3; exec sleep 8765",
         CFG_TIMEOUT},
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_fetchers *fetchers;
        struct cfg_store *store;
        char program[128];
        int64_t start_ms = cfg_clock_ms();
        enum cfg_status status;

        make_program(fixture, rows[i].name, rows[i].body, program);
        fetchers = start_fetchers(program, 1);
        store = open_remote(fixture, "/nowhere/bad", &hasty, fetchers);
        status = try_fetch(store, &err);
        if (status != rows[i].want && !(rows[i].want == CFG_INTERNAL && status == CFG_INVALID))
            fail_msg("%s: %s: %s", rows[i].name, cfg_status_text(status), err.message);
        assert_true(cfg_clock_ms() - start_ms < 1900);
        cfg_store_close(store);
        cfg_fetchers_stop(fetchers);
    }
}

/* Making a mirror may take longer than the timeout while something comes; following it may not. */
static void test_signs_of_life(void **state)
{
    static const char body[] = "say() { head -c 39 /dev/zero | (printf '\\000\\000\\000\\050'; "
                               "cat; printf \"$1\") >&3; }\n"
                               "while :; do head -c 20 <&3 >/dev/null; for i in 1 2 3; do sleep "
                               "0.5; say '\\001'; done; say "
                               "'\\000'; done";
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers;
    struct cfg_store *store;
    struct cfg_err err = CFG_ERR_INIT;
    char program[128];

    make_program(fixture, "slow", body, program);
    fetchers = start_fetchers(program, 1);
    store = open_remote(fixture, "/nowhere/slow", &hasty, fetchers);
    fetch(store);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
    fetchers = start_fetchers(program, 1);
    store = open_remote(fixture, "/nowhere/slow", &hasty, fetchers);
    assert_int_equal(try_fetch(store, &err), CFG_TIMEOUT);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

static void test_no_program(void **state)
{
    struct cfg_fetchers *fetchers = NULL;
    struct cfg_err err = CFG_ERR_INIT;

    (void)state;
    assert_int_equal(cfg_fetchers_start("/nowhere/stratad", 1, &fetchers, &err), CFG_UNAVAILABLE);
    assert_null(fetchers);
    cfg_fetchers_stop(NULL);
}

/* The worker of this process (there is one), by its parent. */
static pid_t worker_pid(void)
{
    char text[256];

    ask(text,
        "grep -ls '^PPid:[[:space:]]*%d$' /proc/[0-9]*/status | while read f; do d=${f%%/status}; "
        "grep -qsa '^fetch-worker.--fetch-worke[r]' $d/cmdline && echo ${d#/proc/}; done; true",
        (int)getpid());
    return (pid_t)strtol(text, NULL, 10);
}

struct fetching {
    struct cfg_store *store;
    struct cfg_err err;
    enum cfg_status status;
};

static void *fetch_in_thread(void *ctx)
{
    struct fetching *fetching = ctx;

    fetching->status = try_fetch(fetching->store, &fetching->err);
    return NULL;
}

static pid_t wait_for_worker(void)
{
    struct timespec pause = {0, 20000000};
    pid_t pid = 0;

    for (int tries = 0; tries < 200 && !pid; tries++) {
        nanosleep(&pause, NULL);
        pid = worker_pid();
    }
    return pid;
}

static void test_worker_killed(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    int listener, port = free_port(&listener);
    struct fetching fetching = {.err = CFG_ERR_INIT};
    struct cfg_store *good;
    pthread_t thread;
    char uri[128];

    snprintf(uri, sizeof uri, "git://127.0.0.1:%d/x", port);
    fetching.store = open_remote(fixture, uri, &plain, fetchers);
    assert_int_equal(pthread_create(&thread, NULL, fetch_in_thread, &fetching), 0);
    assert_int_equal(kill(wait_for_worker(), SIGKILL), 0); /* in the middle of its job */
    pthread_join(thread, NULL);
    if (fetching.status != CFG_UNAVAILABLE || !strstr(fetching.err.message, "signal 9"))
        fail_msg("%d: %s", (int)fetching.status, fetching.err.message);
    cfg_store_close(fetching.store);

    make_repo(fixture, "k");
    snprintf(uri, sizeof uri, "%s/k", fixture->dir);
    good = open_remote(fixture, uri, &plain, fetchers);
    fetch(good);
    assert_int_equal(kill(worker_pid(), SIGKILL), 0); /* while idle: nobody notices */
    fetch(good);
    expect_at(good, "main", "application.yml", "a: 1\n");
    cfg_store_close(good);
    close(listener);
    cfg_fetchers_stop(fetchers);
    assert_int_equal(worker_pid(), 0);
}

static void test_stop_cancels(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    int listener, port = free_port(&listener);
    struct fetching fetchings[3];
    pthread_t threads[3];
    int64_t start_ms;
    char uri[128];

    for (size_t i = 0; i < 3; i++) { /* two on one mirror, one that waits for the only worker */
        snprintf(uri, sizeof uri, "git://127.0.0.1:%d/%s", port, i < 2 ? "x" : "y");
        fetchings[i] = (struct fetching){.store = open_remote(fixture, uri, &plain, fetchers)};
        assert_int_equal(pthread_create(&threads[i], NULL, fetch_in_thread, &fetchings[i]), 0);
    }
    assert_true(wait_for_worker() > 0);
    start_ms = cfg_clock_ms();
    cfg_fetchers_stop(fetchers);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(fetchings[i].status, CFG_CANCELLED);
        assert_int_equal(try_fetch(fetchings[i].store, &fetchings[i].err), CFG_CANCELLED);
        cfg_store_close(fetchings[i].store); /* after the stop: allowed */
    }
    assert_true(cfg_clock_ms() - start_ms < 1000);
    close(listener);
}

/* ---- one mirror, several users ---- */

static void test_single_flight(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 4);
    struct fetching fetchings[6];
    pthread_t threads[6];
    char uri[128];

    make_repo(fixture, "sf");
    snprintf(uri, sizeof uri, "%s/sf", fixture->dir);
    for (size_t i = 0; i < 6; i++) {
        fetchings[i] = (struct fetching){.store = open_remote(fixture, uri, &plain, fetchers)};
        assert_int_equal(pthread_create(&threads[i], NULL, fetch_in_thread, &fetchings[i]), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        if (fetchings[i].status != CFG_OK)
            fail_msg("%s", fetchings[i].err.message);
        expect_at(fetchings[i].store, "main", "application.yml", "a: 1\n");
        cfg_store_close(fetchings[i].store);
    }
    cfg_fetchers_stop(fetchers);
}

static void test_two_processes(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_store *store, *second = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    char uri[128], state_dir[128];
    int how = 0;
    pid_t child;

    make_repo(fixture, "two-p");
    snprintf(uri, sizeof uri, "%s/two-p", fixture->dir);
    snprintf(state_dir, sizeof state_dir, "%s/state", fixture->dir);
    store = open_remote(fixture, uri, &plain, fetchers);
    child = fork();
    if (child == 0) {
        struct cfg_fetchers *others = NULL;
        bool as_it_should = cfg_fetchers_start("/proc/self/exe", 1, &others, &err) == CFG_OK &&
                            cfg_store_open_git(cfg_str_of(uri), &plain, cfg_str_of(state_dir),
                                               others, &second, &err) == CFG_CONFLICT &&
                            !second;
        _exit(as_it_should ? 0 : 1);
    }
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        continue;
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    fetch(store);
    cfg_store_close(store);
    store = open_remote(fixture, uri, &plain, fetchers); /* free again */
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

static void test_state_folder(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_git_options options = plain;
    struct cfg_store *store;
    struct cfg_err err = CFG_ERR_INIT;
    char uri[128], base[128], text[256];

    make_repo(fixture, "st");
    snprintf(uri, sizeof uri, "%s/st", fixture->dir);
    snprintf(base, sizeof base, "%s/base/deep", fixture->dir);
    options.basedir = cfg_str_of(base);
    store = open_remote(fixture, uri, &options, fetchers);
    fetch(store);
    cfg_store_close(store);
    ask(text,
        "n=$(printf %%s '%s' | sha256sum | cut -c1-16) && cd '%s/repos' && test -d $n.git && test "
        "\"$(stat -c %%a $n.git)\" = 700 && python3 -c 'import json,sys; "
        "print(json.load(open(sys.argv[1]))[\"uri\"])' $n.json",
        uri, base);
    assert_string_equal(text, uri);
    if (getuid() != 0) { /* a folder that cannot be written */
        run("chmod a-w '%s/repos' '%s'", base, base);
        options.basedir = cfg_str_of(base);
        assert_int_equal(cfg_store_open_git(CFG_STR("/nowhere/else"), &options, CFG_STR_NONE,
                                            fetchers, &store, &err),
                         CFG_UNAVAILABLE);
    }
    cfg_err_clear(&err);
    options.basedir = CFG_STR("/proc/nowhere");
    assert_int_equal(
        cfg_store_open_git(cfg_str_of(uri), &options, CFG_STR_NONE, fetchers, &store, &err),
        CFG_UNAVAILABLE);
    cfg_fetchers_stop(fetchers);
}

/* ---- damage ---- */

/* A mirror whose objects went bad is made anew; what others put there stays. */
static void test_damaged_mirror(void **state)
{
    static const char *const damages[] = {
        "truncate -s 100 objects/pack/*.pack",
        "rm objects/pack/*",
        ": > packed-refs; echo garbage > packed-refs",
        "rm HEAD",
    };
    const struct fixture *fixture = *state;
    char uri[128], commit[256];

    make_repo(fixture, "dm");
    ask(commit, "cd '%s/dm' && git rev-parse HEAD", fixture->dir);
    snprintf(uri, sizeof uri, "%s/dm", fixture->dir);
    for (size_t i = 0; i < CFG_COUNT(damages); i++) {
        struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
        struct cfg_store *store = open_remote(fixture, uri, &plain, fetchers);
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_tips *tips = NULL;
        struct cfg_tree *tree = NULL;
        int64_t wall_ms;

        fetch(store);
        cfg_store_close(store);
        run("cd '%s/state/repos/'$(printf %%s '%s' | sha256sum | cut -c1-16).git && chmod -R u+w . "
            "&& "
            "%s",
            fixture->dir, uri, damages[i]);
        store = open_remote(fixture, uri, &plain, fetchers);
        if (cfg_store_tips(store, &tips, &err) == CFG_OK)
            assert_int_equal(cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err),
                             CFG_CORRUPT);
        cfg_tips_unref(tips);
        for (int tries = 0; tries < 2; tries++)
            (void)!try_fetch(store, &err); /* the first may be what finds out */
        if (err.status != CFG_OK)
            fail_msg("%s: %s", damages[i], err.message);
        expect_at(store, "main", "application.yml", "a: 1\n");
        cfg_store_close(store);
        cfg_fetchers_stop(fetchers);
        expect_files(fixture, "old.git\\|new.git", 0);
    }
}

static void test_leftovers(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_store *store;
    struct cfg_err err = CFG_ERR_INIT;
    char uri[128], base[256];

    make_repo(fixture, "lo");
    snprintf(uri, sizeof uri, "%s/lo", fixture->dir);
    store = open_remote(fixture, uri, &plain, fetchers);
    fetch(store);
    cfg_store_close(store);
    ask(base, "printf '%%s/state/repos/' '%s'; printf %%s '%s' | sha256sum | cut -c1-16",
        fixture->dir, uri);
    /* killed while it replaced a mirror: the old one is taken back, half of a new one deleted */
    run("mv %s.git %s.old.git && mkdir %s.new.git && touch %s.new.git/strata-mirror", base, base,
        base, base);
    store = open_remote(fixture, uri, &plain, fetchers);
    expect_at(store, "main", "application.yml", "a: 1\n");
    fetch(store);
    cfg_store_close(store);
    /* somebody else's folder is not ours to delete */
    run("mkdir -p %s.new.git/keep && rm -rf %s.git", base, base);
    store = open_remote(fixture, uri, &plain, fetchers);
    assert_int_equal(try_fetch(store, &err), CFG_UNAVAILABLE);
    cfg_store_close(store);
    run("test -d %s.new.git/keep && rm -r %s.new.git", base, base);
    cfg_fetchers_stop(fetchers);
}

/* What a killed download leaves among the packs goes with the next failure. */
static void test_odd_remotes(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_fetchers *fetchers = start_fetchers("/proc/self/exe", 1);
    struct cfg_store *store;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips;
    char uri[128];

    run("git init -q -b main '%s/void'", fixture->dir); /* no commit yet */
    snprintf(uri, sizeof uri, "%s/void", fixture->dir);
    store = open_remote(fixture, uri, &plain, fetchers);
    fetch(store);
    tips = tips_of(store);
    assert_int_equal(tips->count, 0);
    cfg_tips_unref(tips);
    run("cd '%s/void' && echo 'a: 1' > application.yml && git add . && git commit -q -m one",
        fixture->dir);
    fetch(store);
    expect_at(store, "HEAD", "application.yml", "a: 1\n");
    run("cd '%s/void' && git checkout -q --detach && git branch -q -D main && git tag t",
        fixture->dir);
    fetch(store); /* a detached HEAD and only a tag */
    expect_at(store, "t", "application.yml", "a: 1\n");
    expect_no_label(store, "main");
    /* a remote that lost an object: the old state stays */
    run("cd '%s/void' && git checkout -q -b main && echo 'a: 2' > application.yml && git commit -q "
        "-a -m two && b=$(git rev-parse HEAD:application.yml) && rm -f .git/objects/$(echo $b | "
        "cut "
        "-c1-2)/$(echo $b | cut -c3-)",
        fixture->dir);
    assert_int_not_equal(try_fetch(store, &err), CFG_OK);
    expect_at(store, "t", "application.yml", "a: 1\n");
    expect_no_label(store, "main");
    run("test -z \"$(find '%s/state/repos' -name 'pack_*')\"", fixture->dir);
    cfg_store_close(store);
    cfg_fetchers_stop(fetchers);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_path),        cmocka_unit_test(test_by_daemon),
        cmocka_unit_test(test_by_file_uri),    cmocka_unit_test(test_by_http),
        cmocka_unit_test(test_unreachable),    cmocka_unit_test(test_silent_remote),
        cmocka_unit_test(test_bad_workers),    cmocka_unit_test(test_signs_of_life),
        cmocka_unit_test(test_no_program),     cmocka_unit_test(test_worker_killed),
        cmocka_unit_test(test_stop_cancels),   cmocka_unit_test(test_single_flight),
        cmocka_unit_test(test_two_processes),  cmocka_unit_test(test_state_folder),
        cmocka_unit_test(test_damaged_mirror), cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_odd_remotes),
    };

    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
