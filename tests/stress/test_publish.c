/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits arrive as fast as git makes them while threads ask: every answer is of one commit, and time
 * runs forward only.
 *
 * A commit writes its own number, "QQ123QQ", into all of its files and says it in its message. Whatever
 * is asked, in any form, must show one number only, the one of the commit that `version` names. Every
 * so often a file is broken, and its questions are held back. In between everything is repacked.
 */
#include <dirent.h>
#include <stdatomic.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/rand.h"
#include "server/service/desk.h"
#include "tests/support/fixture.h"

enum {
    SECONDS = 10,
    THREADS = 4,
    COMMITS_A_SESSION = 60, /* of git fast-import; everything is repacked after each */
    BROKEN_EVERY = 13,
    SEEN = 200000,            /* answers to be checked against history at the end */
    FEWEST_PUBLICATIONS = 20, /* fewer, or fewer answers, would prove nothing */
    FEWEST_ANSWERS = 200,
    MOST_MORE_FILES = 16,        /* open at the end, beyond those of the middle */
    MOST_MORE_MEMORY = 48 << 20, /* the same of memory: bytes */
};

/* One answer: what it says that it is, and what it shows. */
struct seen {
    char version[41];
    long number;
};

struct stress {
    const struct fixture *fixture;
    struct cfg_service_options options;
    struct cfg_backend_options backend;
    struct cfg_str search_path;
    struct cfg_service *service;
    atomic_bool stop;
    atomic_long published;
    atomic_long committed; /* the last number that is in the repository */
    const char *trouble;   /* of the committing thread */
};

struct asker {
    struct stress *stress;
    pthread_t thread;
    atomic_bool told; /* something was published */
    uint64_t seed;
    struct cfg_rand rand;
    struct cfg_desk *desk;
    long last[3][2]; /* by label and application: the newest number so far */
    struct seen *seen;
    size_t seen_count;
    long answers, waited;
    char known[41]; /* some commit that was served */
    char complaint[2048];
};

static struct asker askers[THREADS];

static void on_publish(void *ctx)
{
    struct stress *stress = ctx;
    atomic_fetch_add(&stress->published, 1);
    for (size_t i = 0; i < THREADS; i++)
        atomic_store(&askers[i].told, true);
}

/* ---- commits ---- */

static void put_file(FILE *import, const char *path, const char *format, long number)
{
    char text[512];
    struct cfg_str rest = cfg_str_of(format);
    struct cfg_str piece;
    size_t len = 0;
    /* "@" stands for the number */
    while (cfg_str_cut(&rest, '@', &piece)) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s", CFG_STR_ARG(piece));
        if (rest.ptr)
            len += (size_t)snprintf(text + len, sizeof text - len, "QQ%ldQQ", number);
    }
    fprintf(import, "M 644 inline %s\ndata %zu\n%s\n", path, len, text);
}

static void put_commit(FILE *import, const char *branch, long number, bool first)
{
    char message[32];
    int len = snprintf(message, sizeof message, "%ld", number);
    bool broken = number % BROKEN_EVERY == 0;
    fprintf(import, "commit refs/heads/%s\ncommitter C <c@example.org> %ld +0000\ndata %d\n%s\n",
            branch, 1700000000 + number, len, message);
    if (first && number > 2)
        fprintf(import, "from refs/heads/%s^0\n", branch);
    put_file(import, "application.yml", "n: @\nlist:\n- @\nref: ${n}\n", number);
    put_file(import, "foo.yml",
             broken ? "a: [\n"
                    : "foo: @\n---\nspring.config.activate.on-profile: dev\nonly: @ ${n}\n",
             number);
    put_file(import, "foo-dev.properties", "p=@\nq=${p}\n", number);
    put_file(import, "sub/bar.yml", "bar: @\n", number);
    put_file(import, "note.txt", "@ ${n} ${foo:none} ${bar:none}\n", number);
    fprintf(import, "checkpoint\n");
}

/* Odd numbers go to dev, even ones to main. */
static bool run_session(struct stress *stress, long *number)
{
    char command[256];
    snprintf(command, sizeof command, "git -C '%s/r' fast-import --quiet", stress->fixture->dir);
    FILE *import = popen(command, "w");
    if (import == NULL)
        return false;
    for (int i = 0; i < COMMITS_A_SESSION && !atomic_load(&stress->stop); i++) {
        ++*number;
        put_commit(import, *number % 2 ? "dev" : "main", *number, i < 2);
        if (fflush(import) != 0)
            break;
        pause_a_little();
    }
    return pclose(import) == 0;
}

static void *commit_all(void *ctx)
{
    struct stress *stress = ctx;
    char command[256];
    long number = 0;
    snprintf(command, sizeof command, "git -C '%s/r' repack -adq", stress->fixture->dir);
    while (!atomic_load(&stress->stop) && stress->trouble == NULL) {
        if (!run_session(stress, &number))
            stress->trouble = "git fast-import failed";
        atomic_store(&stress->committed, number);
        if (system(command) != 0)
            stress->trouble = "git repack failed";
    }
    return NULL;
}

/* ---- refreshes, as the puller would but without rest ---- */

static void *refresh_all(void *ctx)
{
    struct stress *stress = ctx;
    while (!atomic_load(&stress->stop)) {
        struct cfg_err err = CFG_ERR_INIT;
        bool changed;
        if (cfg_repo_refresh(stress->service->known[0], &changed, &err) != CFG_OK)
            print_error("refresh: %s\n", err.message); /* the next one may do better */
        pause_a_little();
    }
    return NULL;
}

/* ---- questions ---- */

static const struct {
    const char *label;
    int line; /* of history: what has the same one never goes back */
} labels[] = {{NULL, 0}, {"main", 0}, {"HEAD", 0}, {"refs/heads/main", 0}, {"dev", 1}};
static const char *const apps[] = {"foo", "bar"};
static const char *const profiles[] = {"dev", "default", "dev,default"};

struct job {
    struct cfg_ask ask;
    struct cfg_lock lock;
    struct cfg_cond cond;
    bool done; /* under lock */
    enum cfg_status status;
    struct cfg_body *body;
    struct cfg_err err;
};

static void work(struct cfg_desk *desk, void *ctx)
{
    struct job *job = ctx;
    bool must_wait;
    job->status =
        desk ? cfg_desk_answer(desk, &job->ask, CFG_DESK_WAITS, &job->body, &must_wait, &job->err)
             : cfg_err_set(&job->err, CFG_CANCELLED, "stopping");
    cfg_lock_enter(&job->lock);
    job->done = true;
    cfg_cond_wake(&job->cond);
    cfg_lock_leave(&job->lock);
}

/* Asks a worker, and waits for it. */
static enum cfg_status ask_worker(struct asker *asker,
                                  const struct cfg_ask *ask,
                                  struct cfg_body **out,
                                  struct cfg_err *err)
{
    struct job job = {.ask = *ask, .err = CFG_ERR_INIT};
    cfg_lock_init(&job.lock);
    cfg_cond_init(&job.cond);
    enum cfg_status status = cfg_service_work(asker->stress->service, work, &job, err);
    if (status == CFG_OK) {
        cfg_lock_enter(&job.lock);
        while (!job.done)
            (void)cfg_cond_wait(&job.cond, &job.lock, cfg_clock_ms() + 1000);
        cfg_lock_leave(&job.lock);
        status = job.status;
        *out = job.body;
        *err = job.err;
    }
    cfg_cond_release(&job.cond);
    cfg_lock_release(&job.lock);
    asker->waited++;
    /* the worker may be ahead: whatever this desk says next must not be older */
    (void)cfg_desk_refresh(asker->desk);
    return status;
}

/* As the HTTP room asks: at once where that can be, else through a worker and then again. */
static enum cfg_status
answer(struct asker *asker, const struct cfg_ask *ask, struct cfg_body **out, struct cfg_err *err)
{
    bool must_wait = false;
    struct cfg_body *made = NULL;
    struct cfg_err again = CFG_ERR_INIT;
    enum cfg_status status = cfg_desk_answer(asker->desk, ask, CFG_DESK_NOW, out, &must_wait, err);
    if (status != CFG_OK || !must_wait)
        return status;
    status = ask_worker(asker, ask, &made, err);
    if (status != CFG_OK)
        return status;
    if (cfg_desk_answer(asker->desk, ask, CFG_DESK_NOW, out, &must_wait, &again) == CFG_OK &&
        !must_wait) {
        cfg_body_unref(made);
        return CFG_OK;
    }
    *out = made;
    return CFG_OK;
}

CFG_PRINTF(2, 3) static void complain(struct asker *asker, const char *format, ...)
{
    va_list args;
    if (asker->complaint[0])
        return;
    va_start(args, format);
    vsnprintf(asker->complaint, sizeof asker->complaint, format, args);
    va_end(args);
}

/* The one number of a body; -1: there are different ones, -2: there is none. */
static long number_of(const struct cfg_body *body)
{
    long number = -2;
    for (const char *at = strstr(body->bytes.ptr, "QQ"); at; at = strstr(at, "QQ")) {
        char *end;
        long one = strtol(at + 2, &end, 10);
        if (number != -2 && one != number)
            return -1;
        number = one;
        at = end + 2;
    }
    return number;
}

static void remember(struct asker *asker, const struct cfg_body *body, long number)
{
    struct seen *last = asker->seen_count ? &asker->seen[asker->seen_count - 1] : NULL;
    if (body->version.len != 40) {
        complain(asker, "version \"%.*s\"", CFG_STR_ARG(body->version));
        return;
    }
    memcpy(asker->known, body->version.ptr, 40);
    if (asker->seen_count == SEEN ||
        (last && last->number == number && memcmp(last->version, body->version.ptr, 40) == 0))
        return;
    struct seen *seen = &asker->seen[asker->seen_count++];
    memcpy(seen->version, body->version.ptr, 40);
    seen->number = number;
}

static struct cfg_ask random_ask(struct asker *asker)
{
    struct cfg_ask ask = {
        .form = (enum cfg_form)cfg_rand_below(&asker->rand, CFG_FORM_BINARY + 1),
        .name = cfg_str_of(apps[cfg_rand_below(&asker->rand, CFG_COUNT(apps))]),
        .profiles = cfg_str_of(profiles[cfg_rand_below(&asker->rand, CFG_COUNT(profiles))]),
        .no_resolve = cfg_rand_below(&asker->rand, 4) == 0,
    };
    if (ask.form >= CFG_FORM_TEXT)
        ask.path = CFG_STR("note.txt");
    return ask;
}

static void ask_a_branch(struct asker *asker)
{
    size_t label = (size_t)cfg_rand_below(&asker->rand, CFG_COUNT(labels));
    struct cfg_ask ask = random_ask(asker);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;
    long *last = &asker->last[labels[label].line][cfg_str_eq(ask.name, CFG_STR("bar"))];
    ask.label = cfg_str_of(labels[label].label);
    ask.has_label = labels[label].label != NULL;
    if (answer(asker, &ask, &body, &err) != CFG_OK) {
        complain(asker, "%.*s at %s: %s: %s", CFG_STR_ARG(ask.name),
                 ask.has_label ? labels[label].label : "-", cfg_status_text(err.status),
                 err.message);
        return;
    }
    long number = number_of(body);
    if (number < 0)
        complain(asker, "numbers do not agree in form %d: %.1500s", (int)ask.form, body->bytes.ptr);
    else if (number < *last)
        complain(asker, "%.*s at %s went back from %ld to %ld in form %d", CFG_STR_ARG(ask.name),
                 ask.has_label ? labels[label].label : "-", *last, number, (int)ask.form);
    *last = number;
    remember(asker, body, number);
    cfg_body_unref(body);
}

/* A commit that was served some time ago, by a part of its id: always the same answer. */
static void ask_a_commit(struct asker *asker)
{
    struct cfg_ask ask = random_ask(asker);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;
    char commit[41];
    memcpy(commit, asker->known, sizeof commit);
    ask.label = cfg_str_make(commit, 12 + (size_t)cfg_rand_below(&asker->rand, 29));
    ask.has_label = true;
    if (commit[0] == '\0')
        return;
    if (answer(asker, &ask, &body, &err) != CFG_OK) {
        complain(asker, "%.*s: %s: %s", CFG_STR_ARG(ask.label), cfg_status_text(err.status),
                 err.message);
        return;
    }
    long number = number_of(body);
    if (number < 0)
        complain(asker, "numbers of a commit do not agree: %.1500s", body->bytes.ptr);
    remember(asker, body, number);
    cfg_body_unref(body);
}

static void ask_for_nothing(struct asker *asker)
{
    struct cfg_ask ask = random_ask(asker);
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_body *body = NULL;
    ask.label = CFG_STR("no-such-branch");
    ask.has_label = true;
    if (answer(asker, &ask, &body, &err) != CFG_NOT_FOUND)
        complain(asker, "a label that nobody made: %s: %s", cfg_status_text(err.status),
                 err.message);
    cfg_body_unref(body);
}

static void *ask_all(void *ctx)
{
    struct asker *asker = ctx;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_rand_seed(&asker->rand, asker->seed);
    if (cfg_desk_open(asker->stress->service, &asker->desk, &err) != CFG_OK) {
        complain(asker, "no desk: %s", err.message);
        return NULL;
    }
    while (!atomic_load(&asker->stress->stop) && asker->complaint[0] == '\0') {
        uint64_t dice = cfg_rand_below(&asker->rand, 50);
        if (atomic_exchange(&asker->told, false))
            (void)cfg_desk_refresh(asker->desk);
        if (dice == 0)
            ask_a_commit(asker);
        else if (dice == 1)
            ask_for_nothing(asker);
        else
            ask_a_branch(asker);
        asker->answers++;
    }
    cfg_desk_close(asker->desk);
    return NULL;
}

/* ---- what is used ---- */

static long count_open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    long count = 0;
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static long long resident_bytes(void)
{
    struct cfg_buf text;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_buf_init(&text, 4096);
    assert_int_equal(cfg_file_read("/proc/self/statm", &text, &err), CFG_OK);
    char *end;
    (void)strtoll(text.ptr, &end, 10);
    long long pages = strtoll(end, NULL, 10);
    cfg_buf_release(&text);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Sanitizers keep freed memory for themselves. */
static bool memory_can_be_measured(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return false;
#else
    return true;
#endif
#else
    return true;
#endif
}

/* ---- the end ---- */

static int by_version(const void *a, const void *b)
{
    return memcmp(((const struct seen *)a)->version, ((const struct seen *)b)->version, 40);
}

/* Holds every answer against history: the number is the message of the commit that `version` names. */
static void check_seen(const struct stress *stress)
{
    size_t cap = (size_t)atomic_load(&stress->committed) + 16;
    size_t count = 0;
    struct seen *all = calloc(cap, sizeof *all);
    char command[256];
    char line[128];
    assert_non_null(all);
    snprintf(command, sizeof command, "git -C '%s/r' log --all --format='%%H %%s'",
             stress->fixture->dir);
    FILE *log = popen(command, "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log)) {
        assert_true(count < cap && strlen(line) > 42);
        memcpy(all[count].version, line, 40);
        all[count++].number = strtol(line + 41, NULL, 10);
    }
    assert_int_equal(pclose(log), 0);
    qsort(all, count, sizeof *all, by_version);
    for (size_t i = 0; i < THREADS; i++)
        for (size_t k = 0; k < askers[i].seen_count; k++) {
            const struct seen *seen = &askers[i].seen[k];
            const struct seen *commit = bsearch(seen, all, count, sizeof *all, by_version);
            if (commit == NULL || commit->number != seen->number)
                fail_msg("%.40s has the number %ld, not %ld", seen->version,
                         commit ? commit->number : -1, seen->number);
        }
    free(all);
}

static void sleep_ms(int64_t ms)
{
    int64_t end_ms = cfg_clock_ms() + ms;
    while (cfg_clock_ms() < end_ms)
        pause_a_little();
}

static void start_service(struct stress *stress, void **state)
{
    static char uri[128];
    struct cfg_err err = CFG_ERR_INIT;
    *stress = (struct stress){.fixture = *state, .search_path = CFG_STR("sub")};
    run("git init -q --bare -b main '%s/r'", stress->fixture->dir);
    snprintf(uri, sizeof uri, "file:%s/r", stress->fixture->dir);
    stress->backend = (struct cfg_backend_options){
        .kind = CFG_BACKEND_GIT,
        .git = {.uri = cfg_str_of(uri),
                .default_label = CFG_STR("main"),
                .refresh_rate_s = -1,
                .timeout_s = 5,
                .search_paths = {&stress->search_path, 1}},
    };
    stress->options = (struct cfg_service_options){
        .backends = &stress->backend,
        .backend_count = 1,
        .state_dir = cfg_str_of(stress->fixture->dir),
        .accept_empty = true,
        .strip_document = true,
        .fail_on_composite_error = true,
        .encrypt_enabled = true,
        .body_bytes = 2 << 20,
        .workers = 2,
        .fetch_workers = 1,
        .program = "/bin/false",
    };
    if (cfg_service_start(&stress->options, on_publish, stress, &stress->service, &err) != CFG_OK)
        fail_msg("%s", err.message);
}

static void wait_for_first_commits(struct stress *stress)
{
    struct cfg_err err = CFG_ERR_INIT;
    int64_t deadline_ms = cfg_clock_ms() + 30000;
    for (size_t i = 0; i < CFG_COUNT(labels); i++) {
        struct cfg_str label = cfg_str_of(labels[i].label ? labels[i].label : "main");
        while (cfg_repo_need(stress->service->known[0], label, deadline_ms, &err) != CFG_OK) {
            if (cfg_clock_ms() > deadline_ms)
                fail_msg("%s", err.message);
            cfg_err_clear(&err);
            pause_a_little();
        }
    }
}

static void publish_while_reading(void **state)
{
    static struct stress stress;
    const char *wish = getenv("STRATA_STRESS_SECONDS");
    int64_t run_ms = 1000 * (wish ? strtol(wish, NULL, 10) : SECONDS);
    uint64_t seed = cfg_rand_fresh();
    pthread_t committer;
    pthread_t refresher;
    long answers = 0;
    long waited = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    start_service(&stress, state);
    assert_int_equal(pthread_create(&committer, NULL, commit_all, &stress), 0);
    assert_int_equal(pthread_create(&refresher, NULL, refresh_all, &stress), 0);
    wait_for_first_commits(&stress);
    for (size_t i = 0; i < THREADS; i++) {
        askers[i].stress = &stress;
        askers[i].seed = seed + i;
        askers[i].seen = calloc(SEEN, sizeof *askers[i].seen);
        assert_non_null(askers[i].seen);
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_all, &askers[i]), 0);
    }
    sleep_ms(run_ms / 2);
    long files = count_open_files();
    long long memory = resident_bytes();
    sleep_ms(run_ms / 2);
    atomic_store(&stress.stop, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(askers[i].thread, NULL);
    pthread_join(refresher, NULL);
    pthread_join(committer, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        answers += askers[i].answers;
        waited += askers[i].waited;
        if (askers[i].complaint[0])
            fail_msg("thread %zu: %s", i, askers[i].complaint);
    }
    if (stress.trouble)
        fail_msg("%s", stress.trouble);
    print_message("%ld commits, %ld publications, %ld answers, %ld of them by workers\n",
                  atomic_load(&stress.committed), atomic_load(&stress.published), answers, waited);
    assert_true(atomic_load(&stress.published) >= FEWEST_PUBLICATIONS);
    assert_true(answers >= FEWEST_ANSWERS);
    check_seen(&stress);
    print_message("open files: %ld, then %ld; memory: %lld, then %lld KiB\n", files,
                  count_open_files(), memory / 1024, resident_bytes() / 1024);
    assert_true(count_open_files() <= files + MOST_MORE_FILES);
    if (memory_can_be_measured())
        assert_true(resident_bytes() <= memory + MOST_MORE_MEMORY);
    for (size_t i = 0; i < THREADS; i++)
        free(askers[i].seen);
    cfg_service_stop(stress.service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(publish_while_reading)};
    cfg_log_set_level(CFG_LOG_ERROR); /* each broken commit is worth a line elsewhere */
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
