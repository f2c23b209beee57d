/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages: whose they are, the names and repositories in them; who may send them. The names are the
 * ones that the reference gave for the same messages.
 */
#include "server/service/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "server/service/webhook_guard.h"

#define PUSH                                                                                       \
    "{\"ref\":\"refs/heads/main\",\"commits\":[{\"added\":[\"new-svc.yml\"],\"modified\":"         \
    "[\"orders-dev.yml\"],\"removed\":[\"old.yml\"]},{\"added\":[\"a.yml\"]}]}"
#define PUSH_NAMES "new-svc,new,old,orders-dev,orders,a"

static const struct cfg_webhook_options all_on = {.github = true,
                                                  .gitlab = true,
                                                  .bitbucket = true,
                                                  .gitea = true,
                                                  .gitee = true,
                                                  .gogs = true,
                                                  .azure = true};

/* "name: value" lines. */
static struct cfg_str find(const char *name, void *ctx)
{
    struct cfg_str rest = cfg_str_of(ctx), line;
    while (cfg_str_cut(&rest, '\n', &line)) {
        size_t colon = cfg_str_chr(line, ':');
        if (cfg_str_eq(cfg_str_sub(line, 0, colon), cfg_str_of(name)))
            return cfg_str_trim(cfg_str_sub(line, colon + 1, line.len));
    }
    return CFG_STR_NONE;
}

static struct cfg_hook hook_of(const char *fields, struct cfg_str body, bool is_form)
{
    return (struct cfg_hook){
        .find = find, .ctx = (void *)(uintptr_t)fields, .is_form = is_form, .body = body};
}

static void join(const struct cfg_strs *items, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < items->count; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", i ? "," : "",
                                CFG_STR_ARG(items->items[i]));
}

static void gives(const struct cfg_webhook_options *options,
                  const char *fields,
                  const char *body,
                  bool is_form,
                  const char *provider,
                  const char *names)
{
    struct cfg_hook hook = hook_of(fields, cfg_str_of(body), is_form);
    struct cfg_webhook_news news;
    struct cfg_arena arena;
    struct cfg_err err = CFG_ERR_INIT;
    char text[4096];
    print_message("%s %.60s\n", fields, body);
    cfg_arena_init(&arena, CFG_WEBHOOK_ARENA_BYTES, 0);
    assert_int_equal(cfg_webhook_read(options, &hook, &arena, &news, &err), CFG_OK);
    join(&news.names, text, sizeof text);
    assert_string_equal(text, names);
    if (provider)
        assert_string_equal(news.provider, provider);
    else
        assert_null(news.provider);
    cfg_arena_release(&arena);
}

static void providers(void **state)
{
    static const struct {
        const char *fields, *body, *provider, *names;
    } rows[] = {
        {"x-github-event: push", PUSH, "github", PUSH_NAMES},
        {"x-github-event: PUSH", PUSH, NULL, ""},
        {"x-github-event: ping", "{\"zen\":\"x\"}", NULL, ""},
        {"x-github-event: ping", "{\"path\":\"z.yml\"}", "path", "z"},
        {"x-github-event: push", "{\"commits\":[],\"path\":\"z.yml\"}", "github", "z"},
        {"x-github-event: push", "{\"commits\":[]}", "github", ""},
        {"x-github-event: push", "{\"commits\":\"x\"}", "github", ""},
        {"x-github-event: push", "{\"commits\":[\"x\",{\"added\":[1,\"x.yml\"]}]}", "github", "x"},
        {"x-github-event: delete", "{\"ref\":\"old\"}", "github", ""},
        {"x-gitlab-event: Push Hook", PUSH, "gitlab", PUSH_NAMES},
        {"x-gitlab-event: Tag Push Hook", PUSH, "gitlab", ""},
        {"x-gitlab-event: Issue Hook", PUSH, NULL, ""},
        {"x-git-oschina-event: Push Hook", PUSH, "gitee", PUSH_NAMES},
        {"x-gogs-event: push", PUSH, "gogs", PUSH_NAMES},
        {"x-gitea-event: push", PUSH, "gitea", "*"},
        {"x-gitea-event: push", "{}", "gitea", ""},
        {"x-gitea-event: push\nx-github-event: push", PUSH, "github", PUSH_NAMES},
        {"x-gitea-event: push\nx-gogs-event: push", PUSH, "gitea", "*"},
        {"x-gitea-event: push\nx-gitlab-event: Push Hook", PUSH, "gitlab", PUSH_NAMES},
        {"x-event-key: repo:push\nx-hook-uuid: u", "{\"push\":{\"changes\":[]}}", "bitbucket", "*"},
        {"x-event-key: repo:push\nx-hook-uuid:", "{\"push\":{\"changes\":[]}}", NULL, ""},
        {"x-event-key: repo:push\nx-hook-uuid: u", "{\"push\":\"x\"}", NULL, ""},
        {"x-event-key: pullrequest:fulfilled\nx-hook-uuid: u", "{}", "bitbucket", ""},
        {"x-event-key: repo:refs_changed\nx-request-id: r", "{\"changes\":[]}", "bitbucket", "*"},
        {"x-event-key: repo:refs_changed", "{\"changes\":[]}", NULL, ""},
        {"x-event-key: pr:merged\nx-request-id: r", "{}", "bitbucket", "*"},
        {"", "{\"eventType\":\"git.push\"}", "azure", "*"},
        {"", "{\"eventType\":\"workitem.created\"}", NULL, ""},
        {"", "{}", NULL, ""},
        {"", "{\"path\":[\"a.yml\",\"b-c.yml\",\"a.yml\",3,null]}", "path", "a,b-c,b"},
        {"", "{\"path\":5}", NULL, ""},
        {"", "{\"path\":[]}", NULL, ""},
        {"x-gitlab-event: Push Hook", "{\"path\":\"p.yml\",\"commits\":[]}", "path", "p"},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++)
        gives(&all_on, rows[i].fields, rows[i].body, false, rows[i].provider, rows[i].names);
}

static void switches(void **state)
{
    struct cfg_webhook_options none = {.secret_file = CFG_STR_NONE};
    struct cfg_webhook_options no_github = all_on;
    (void)state;
    no_github.github = false;
    gives(&none, "x-github-event: push", PUSH, false, NULL, "");
    gives(&none, "x-event-key: pr:merged\nx-request-id: r", "{}", false, NULL, "");
    gives(&none, "", "{\"path\":\"a.yml\"}", false, "path", "a");
    gives(&no_github, "x-github-event: push\nx-gitea-event: push", PUSH, false, "gitea", "*");
}

static void names_of_paths(void **state)
{
    static const struct {
        const char *path, *names;
    } rows[] = {
        {"a/foo-bar-dev.yml", "foo-bar-dev,foo-bar,foo"},
        {"application", "*"},
        {"application-dev", "application-dev,*"},
        {"x/application.yml", "*"},
        {"application-application-x.yml", "application-application-x,application-application,*"},
        {"a.b.c", "a.b"},
        {"a.b-c.d", "a.b-c,a.b"},
        {"a-b.tar.gz", "a-b.tar,a"},
        {"a--b", "a--b,a-,a"},
        {"a-", "a-,a"},
        {"a\\\\b-c.yml", "b-c,b"},
        {"*", "*"},
        {"a b.yml", "a b"},
        {"\\u00e9-x.yml", "\xc3\xa9-x,\xc3\xa9"},
        {"file:/x/y-z.yml", "y-z,y"},
    };
    char body[200];
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        snprintf(body, sizeof body, "{\"path\":\"%s\"}", rows[i].path);
        gives(&all_on, "", body, false, "path", rows[i].names);
    }
}

static void forms(void **state)
{
    (void)state;
    gives(&all_on, "", "path=orders-dev.yml&path=x%2Fy.yml&q=1", true, "path",
          "orders-dev,orders,y");
    gives(&all_on, "", "path=a.yml,+b.yml", true, "path", "a,b");
    gives(&all_on, "", "path=a.yml,b.yml&path=c.yml", true, "path", "a.yml,b,c");
    gives(&all_on, "", "path=a+b.yml", true, "path", "a b");
    gives(&all_on, "", "path=", true, NULL, "");
    gives(&all_on, "x-github-event: push", "path=a.yml", true, "github", "a");
    gives(&all_on, "x-github-event: push",
          "payload=%7B%22commits%22%3A%5B%7B%22added%22%3A%5B%22n-p.yml%22%5D%7D%5D%7D", true,
          "github", "n-p,n");
}

static void query_counts_in_forms(void **state)
{
    struct cfg_hook hook = hook_of("", CFG_STR("path=c.yml"), true);
    struct cfg_webhook_news news;
    struct cfg_arena arena;
    struct cfg_err err = CFG_ERR_INIT;
    char text[100];
    (void)state;
    hook.query = CFG_STR("path=q.yml");
    cfg_arena_init(&arena, CFG_WEBHOOK_ARENA_BYTES, 0);
    assert_int_equal(cfg_webhook_read(&all_on, &hook, &arena, &news, &err), CFG_OK);
    join(&news.names, text, sizeof text);
    assert_string_equal(text, "q,c");
    cfg_arena_release(&arena);
}

static void fails(struct cfg_str body, bool is_form, enum cfg_status status)
{
    struct cfg_hook hook = hook_of("", body, is_form);
    struct cfg_webhook_news news;
    struct cfg_arena arena;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_arena_init(&arena, CFG_WEBHOOK_ARENA_BYTES, 0);
    assert_int_equal(cfg_webhook_read(&all_on, &hook, &arena, &news, &err), status);
    assert_int_equal(err.status, status);
    assert_true(err.message[0]);
    cfg_arena_release(&arena);
}

static void garbage(void **state)
{
    static const char *const texts[] = {"",  "[]",  "null", "3",         "{",
                                        "x", "{}x", "\xff", "{\"a\":1,", "{\"path\":\"a\\u0000\"}"};
    static const char *const bad_forms[] = {"", "q=1", "path=%zz", "path=%2", "path=%", "payload="};
    struct cfg_buf many;
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(texts); i++)
        fails(cfg_str_of(texts[i]), false, CFG_INVALID);
    fails(CFG_STR_NONE, false, CFG_INVALID);
    for (size_t i = 0; i < CFG_COUNT(bad_forms); i++)
        fails(cfg_str_of(bad_forms[i]), true, CFG_INVALID);
    fails(CFG_STR("payload=x"), true, CFG_INVALID);

    cfg_buf_init(&many, 1 << 20);
    for (int i = 0; i < 100; i++)
        cfg_buf_char(&many, '[');
    fails(cfg_buf_view(&many), false, CFG_TOO_LARGE);
    cfg_buf_reset(&many);
    for (int i = 0; i <= CFG_WEBHOOK_MARKS; i++)
        cfg_buf_char(&many, ',');
    fails(cfg_buf_view(&many), false, CFG_TOO_LARGE);
    cfg_buf_release(&many);
}

/* What hostile messages of a megabyte cost: a bounded list, in time that grows with their length. */
static void bounded(void **state)
{
    struct cfg_buf body;
    struct cfg_webhook_news news;
    struct cfg_err err = CFG_ERR_INIT;
    int64_t began = cfg_clock_ms();
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct cfg_arena arena;
        cfg_arena_init(&arena, CFG_WEBHOOK_ARENA_BYTES, 0);
        cfg_buf_init(&body, 2 << 20);
        cfg_buf_str(&body, CFG_STR("{\"path\":[\"x.yml\""));
        for (int i = 0; body.len < 1000000 && i < 40000; i++) {
            int hyphens = kind == 0 ? 100000 : kind == 1 ? 240 : 1;
            cfg_buf_printf(&body, ",\"%d", i);
            for (int k = 0; k < hyphens; k++)
                cfg_buf_char(&body, '-');
            cfg_buf_str(&body, CFG_STR("z.yml\""));
        }
        cfg_buf_str(&body, CFG_STR("]}"));
        assert_int_equal(body.failed, CFG_OK);
        struct cfg_hook hook = hook_of("", cfg_buf_view(&body), false);
        assert_int_equal(cfg_webhook_read(&all_on, &hook, &arena, &news, &err), CFG_OK);
        if (kind == 0)
            assert_int_equal(news.names.count, 1); /* too long for the name of a file */
        else
            assert_int_equal(news.names.count, CFG_WEBHOOK_NAMES + 1);
        if (kind > 0)
            assert_true(cfg_str_eq(news.names.items[CFG_WEBHOOK_NAMES], CFG_STR("*")));
        cfg_buf_release(&body);
        cfg_arena_release(&arena);
    }
    assert_true(cfg_clock_ms() - began < 20000); /* without the bounds: hours */
}

static void places(void **state)
{
    static const struct {
        const char *uri, *place;
    } rows[] = {
        {"https://github.com/Acme/Config.git", "github.com/acme/config"},
        {"https://user:p%40ss@github.com/acme/config", "github.com/acme/config"},
        {"https://user:p@ss@github.com/acme/config/", "github.com/acme/config"},
        {"git@github.com:acme/config.git", "github.com/acme/config"},
        {"github.com:acme/config", "github.com/acme/config"},
        {"ssh://git@github.com:22/acme/config.git/", "github.com/acme/config"},
        {"git://github.com/acme/config.git", "github.com/acme/config"},
        {"http://host:3000/a/b.git", "host/a/b"},
        {"ssh://git@[::1]:7999/a/b.git", "[::1]/a/b"},
        {"host:22/a", "host/22/a"},
        {"file:///srv/Repo.git", "/srv/repo"},
        {"file:/srv/repo", "/srv/repo"},
        {"/srv/repo.git/", "/srv/repo"},
        {"https://dev.azure.com/o/My%20Project/_git/r", "dev.azure.com/o/my%20project/_git/r"},
        {"https://h//a///b", "h/a/b"},
        {"", ""},
        {"://", ""},
        {".git", ".git"},
        {"@", ""},
    };
    struct cfg_arena arena;
    struct cfg_str place;
    (void)state;
    cfg_arena_init(&arena, 1 << 20, 0);
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        print_message("%s\n", rows[i].uri);
        assert_true(cfg_webhook_place(cfg_str_of(rows[i].uri), &arena, &place));
        assert_int_equal(place.len, strlen(rows[i].place));
        assert_memory_equal(place.ptr, rows[i].place, place.len);
    }
    cfg_arena_release(&arena);
}

static void repositories(void **state)
{
    static const struct {
        const char *fields, *body, *places, *ref;
    } rows[] = {
        {"x-github-event: push",
         "{\"ref\":\"refs/heads/main\",\"repository\":{\"clone_url\":\"https://github.com/a/b.git\""
         ",\"ssh_url\":\"git@github.com:a/b.git\",\"id\":5}}",
         "github.com/a/b,github.com/a/b", "refs/heads/main"},
        {"x-gitlab-event: Push Hook",
         "{\"ref\":\"refs/heads/x\",\"project\":{\"git_http_url\":\"https://lab/a/b.git\","
         "\"git_ssh_url\":\"git@lab-ssh:a/b.git\"}}",
         "lab/a/b,lab-ssh/a/b", "refs/heads/x"},
        {"x-event-key: repo:push\nx-hook-uuid: u",
         "{\"push\":{\"changes\":[{\"new\":{\"name\":\"main\"}}]},\"repository\":{\"links\":{"
         "\"html\":{\"href\":\"https://bitbucket.org/t/r\"}}}}",
         "bitbucket.org/t/r", "main"},
        {"x-event-key: repo:refs_changed\nx-request-id: r",
         "{\"changes\":[{\"refId\":\"refs/heads/m\"}],\"repository\":{\"links\":{\"clone\":[{"
         "\"href\":\"https://h/scm/p/r.git\"},{\"href\":\"ssh://git@h:7999/p/r.git\"}]}}}",
         "h/scm/p/r,h/p/r", "refs/heads/m"},
        {"",
         "{\"eventType\":\"git.push\",\"resource\":{\"refUpdates\":[{\"name\":\"refs/heads/main\"}]"
         ",\"repository\":{\"remoteUrl\":\"https://me@dev.azure.com/o/p/_git/r\"}}}",
         "dev.azure.com/o/p/_git/r", "refs/heads/main"},
        {"", "{\"path\":\"a.yml\"}", "", ""},
        {"x-github-event: ping", "{\"repository\":{\"clone_url\":\"https://github.com/a/b\"}}", "",
         ""},
        {"x-github-event: push", "{\"repository\":{\"clone_url\":5},\"ref\":[]}", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        struct cfg_hook hook = hook_of(rows[i].fields, cfg_str_of(rows[i].body), false);
        struct cfg_webhook_news news;
        struct cfg_arena arena;
        struct cfg_err err = CFG_ERR_INIT;
        char text[1000];
        cfg_arena_init(&arena, 1 << 20, 0);
        assert_int_equal(cfg_webhook_read(&all_on, &hook, &arena, &news, &err), CFG_OK);
        join(&news.places, text, sizeof text);
        assert_string_equal(text, rows[i].places);
        assert_true(cfg_str_eq(news.ref, cfg_str_of(rows[i].ref)));
        cfg_arena_release(&arena);
    }
}

/* ---- who may send ---- */

#define SECRET "It's a Secret to Everybody"
/* GitHub's own example: the code of "Hello, World!" under that secret; and one of nothing. */
#define EXAMPLE "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define CODE    "0b16f22c93ad4e19872bd0a3ffb0d8ba25fa7f7f9e9ab2cd1efcf1bd7a2b86f5"

static enum cfg_status checked(struct cfg_webhook_guard *guard, const char *fields)
{
    struct cfg_hook hook = hook_of(fields, CFG_STR("Hello, World!"), false);
    struct cfg_err err = CFG_ERR_INIT;
    enum cfg_status status = cfg_webhook_guard_check(guard, &hook, &err);
    assert_null(strstr(err.message, "Secret to"));
    return status;
}

static struct cfg_webhook_guard *guard_of(const struct cfg_webhook_options *options)
{
    struct cfg_webhook_guard *guard;
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_webhook_guard_new(options, &guard, &err), CFG_OK);
    return guard;
}

static void proofs(void **state)
{
    static const struct {
        const char *fields;
        enum cfg_status status;
    } rows[] = {
        {"", CFG_UNAUTHENTICATED},
        {"x-hub-signature-256: sha256=" EXAMPLE, CFG_OK},
        {"x-hub-signature: sha256=" EXAMPLE, CFG_OK},
        {"x-gitea-signature: " EXAMPLE, CFG_OK},
        {"x-gogs-signature: " EXAMPLE, CFG_OK},
        {"x-gitlab-token: " SECRET, CFG_OK},
        {"x-gitee-token: " SECRET, CFG_OK},
        {"x-strata-token: " SECRET, CFG_OK},
        {"x-hub-signature: sha1=01\nx-hub-signature-256: sha256=" EXAMPLE, CFG_OK},
        {"x-hub-signature-256: " EXAMPLE, CFG_UNAUTHENTICATED},
        {"x-hub-signature-256: sha256=", CFG_UNAUTHENTICATED},
        {"x-hub-signature-256: sha256=" CODE, CFG_UNAUTHENTICATED},
        {"x-hub-signature-256: sha256=" EXAMPLE "0", CFG_UNAUTHENTICATED},
        {"x-hub-signature: sha1=" EXAMPLE, CFG_UNAUTHENTICATED},
        {"x-gitea-signature: sha256=" EXAMPLE, CFG_UNAUTHENTICATED},
        {"x-gitlab-token:", CFG_UNAUTHENTICATED},
        {"x-gitlab-token: " EXAMPLE, CFG_UNAUTHENTICATED},
        {"x-gitlab-token: It's a Secret to Everybod", CFG_UNAUTHENTICATED},
    };
    struct cfg_webhook_options options = {.secret = CFG_STR(SECRET)};
    struct cfg_webhook_options open = {.secret = CFG_STR_NONE};
    struct cfg_webhook_guard *guard = guard_of(&options);
    (void)state;
    for (size_t i = 0; i < CFG_COUNT(rows); i++) {
        print_message("%s\n", rows[i].fields);
        assert_int_equal(checked(guard, rows[i].fields), rows[i].status);
    }
    cfg_webhook_guard_free(guard);
    guard = guard_of(&open);
    assert_int_equal(checked(guard, ""), CFG_OK);
    assert_int_equal(checked(guard, "x-gitlab-token: x"), CFG_OK);
    cfg_webhook_guard_free(guard);
    cfg_webhook_guard_free(NULL);
}

static void write_file(const char *path, const char *text)
{
    struct cfg_err err = CFG_ERR_INIT;
    assert_int_equal(cfg_file_write(path, cfg_str_of(text), 0600, &err), CFG_OK);
}

static void secret_files(void **state)
{
    char path[] = "/tmp/strata-test-XXXXXX";
    (void)state;
    close(mkstemp(path));
    unlink(path);
    struct cfg_webhook_options options = {.secret_file = cfg_str_of(path)};
    struct cfg_webhook_guard *guard = guard_of(&options);
    assert_int_equal(checked(guard, ""), CFG_UNAVAILABLE); /* closed, not open */
    assert_int_equal(checked(guard, "x-gitlab-token:"), CFG_UNAVAILABLE);
    write_file(path, "one\n");
    assert_int_equal(checked(guard, "x-gitlab-token: one"), CFG_OK);
    assert_int_equal(checked(guard, "x-gitlab-token: two"), CFG_UNAUTHENTICATED);
    write_file(path, "two\r\n");
    assert_int_equal(checked(guard, "x-gitlab-token: two"), CFG_OK);
    assert_int_equal(checked(guard, "x-gitlab-token: one"), CFG_UNAUTHENTICATED);
    write_file(path, "\n"); /* while there is nothing better, the last one holds */
    assert_int_equal(checked(guard, "x-gitlab-token:"), CFG_UNAUTHENTICATED);
    assert_int_equal(checked(guard, "x-gitlab-token: two"), CFG_OK);
    unlink(path);
    assert_int_equal(checked(guard, "x-gitlab-token: two"), CFG_OK);
    write_file(path, "three");
    assert_int_equal(checked(guard, "x-gitlab-token: three"), CFG_OK);
    cfg_webhook_guard_free(guard);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(providers),
        cmocka_unit_test(switches),
        cmocka_unit_test(names_of_paths),
        cmocka_unit_test(forms),
        cmocka_unit_test(query_counts_in_forms),
        cmocka_unit_test(garbage),
        cmocka_unit_test(bounded),
        cmocka_unit_test(places),
        cmocka_unit_test(repositories),
        cmocka_unit_test(proofs),
        cmocka_unit_test(secret_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
