/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every folder of tests/golden/settings: a settings file, with it an `env` and `args` where there are
 * any, and what becomes of them: the notes, the back ends, the overrides. UPDATE_GOLDEN=1 rewrites.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/file.h"
#include "server/app/settings.h"

#include <dirent.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20, LINES = 64, PATH_BYTES = 1024 };

#define GOLDEN TEST_DIR "/golden/settings"

static void put_strs(struct cfg_buf *out, const char *name, const struct cfg_strs *items)
{
    if (items->count == 0)
        return;
    cfg_buf_printf(out, "  %s:", name);
    for (size_t i = 0; i < items->count; i++)
        cfg_buf_printf(out, " [%.*s]", CFG_STR_ARG(items->items[i]));
    cfg_buf_char(out, '\n');
}

static void put_str(struct cfg_buf *out, const char *name, struct cfg_str text)
{
    if (text.len > 0)
        cfg_buf_printf(out, "  %s: %.*s\n", name, CFG_STR_ARG(text));
}

static void put_flag(struct cfg_buf *out, const char *name, bool value, bool usual)
{
    if (value != usual)
        cfg_buf_printf(out, "  %s: %s\n", name, value ? "true" : "false");
}

static void put_proxy(struct cfg_buf *out, const char *name, const struct cfg_git_proxy *proxy)
{
    if (proxy->host.len == 0)
        return;
    cfg_buf_printf(out, "  %s: %.*s port %d, %.*s:%.*s\n", name, CFG_STR_ARG(proxy->host),
                   proxy->port, CFG_STR_ARG(proxy->username), CFG_STR_ARG(proxy->password));
    put_strs(out, "not through it", &proxy->non_proxy_hosts);
}

static void put_git(struct cfg_buf *out, const struct cfg_git_options *git)
{
    put_str(out, "name", git->name);
    put_str(out, "uri", git->uri);
    put_strs(out, "patterns", &git->patterns);
    put_strs(out, "search paths", &git->search_paths);
    put_str(out, "default label", git->default_label);
    cfg_buf_printf(out, "  refresh %d s, timeout %d s\n", git->refresh_rate_s, git->timeout_s);
    put_flag(out, "try master", git->try_master_branch, true);
    put_flag(out, "clone on start", git->clone_on_start, false);
    put_flag(out, "continue", git->continue_on_multiple_label_failure, false);
    put_flag(out, "skip ssl validation", git->skip_ssl_validation, false);
    put_flag(out, "ignore local ssh", git->ignore_local_ssh_settings, false);
    put_flag(out, "strict host keys", git->strict_host_key_checking, true);
    put_str(out, "username", git->username);
    put_str(out, "password", git->password);
    put_str(out, "username file", git->username_file);
    put_str(out, "password file", git->password_file);
    put_str(out, "ca file", git->ca_file);
    put_str(out, "client cert", git->client_cert);
    put_str(out, "client key", git->client_key);
    put_proxy(out, "http proxy", &git->http_proxy);
    put_proxy(out, "https proxy", &git->https_proxy);
    put_str(out, "passphrase", git->passphrase);
    put_str(out, "private key", git->private_key);
    put_str(out, "host key", git->host_key);
    put_str(out, "host key algorithm", git->host_key_algorithm);
    put_str(out, "known hosts", git->known_hosts_file);
    put_str(out, "private key file", git->private_key_file);
    put_str(out, "authentications", git->preferred_authentications);
    if (git->mirror_max_bytes != (size_t)4 << 30)
        cfg_buf_printf(out, "  mirror %zu bytes\n", git->mirror_max_bytes);
    put_str(out, "basedir", git->basedir);
}

static void put_backend(struct cfg_buf *out, const struct cfg_backend_options *backend)
{
    if (backend->kind == CFG_BACKEND_NATIVE) {
        cfg_buf_str(out, CFG_STR("native\n"));
        put_strs(out, "locations", &backend->native.search_locations);
        put_str(out, "default label", backend->native.default_label);
        put_flag(out, "add label locations", backend->native.add_label_locations, true);
        put_str(out, "version", backend->native.version);
        return;
    }
    cfg_buf_str(out, CFG_STR("git\n"));
    put_git(out, &backend->git);
    for (size_t i = 0; i < backend->git.repo_count; i++) {
        cfg_buf_printf(out, " repository %zu\n", i);
        put_git(out, &backend->git.repos[i]);
    }
}

static void put_settings(struct cfg_buf *out, const struct cfg_settings *s)
{
    const struct cfg_service_options *service = &s->service;

    cfg_buf_printf(out, "listen %.*s port %d\n", CFG_STR_ARG(s->address), s->port);
    put_str(out, "prefix", s->prefix);
    put_strs(out, "profiles", &s->profiles);
    put_str(out, "default label", service->default_label);
    put_str(out, "basedir", s->basedir);
    put_flag(out, "needs state", s->needs_state, false);
    put_flag(out, "accept empty", service->accept_empty, true);
    put_flag(out, "strip document", service->strip_document, true);
    put_flag(out, "reverse location order", service->reverse_location_order, false);
    put_flag(out, "fail on composite error", service->fail_on_composite_error, true);
    put_flag(out, "encrypt", service->encrypt_enabled, true);
    put_flag(out, "prefix invalid", service->prefix_invalid_properties, true);
    put_str(out, "encrypt key", s->encrypt.key);
    put_str(out, "monitor path", s->monitor_path);
    put_str(out, "monitor secret", service->webhook.secret);
    put_str(out, "monitor secret file", service->webhook.secret_file);
    put_flag(out, "monitor github", service->webhook.github, true);
    put_flag(out, "monitor gitlab", service->webhook.gitlab, true);
    put_flag(out, "monitor bitbucket", service->webhook.bitbucket, true);
    put_flag(out, "monitor gitea", service->webhook.gitea, true);
    put_flag(out, "monitor gitee", service->webhook.gitee, true);
    put_flag(out, "monitor gogs", service->webhook.gogs, true);
    put_flag(out, "monitor azure", service->webhook.azure, true);
    cfg_buf_printf(
        out,
        "  log %u/%u, loops %d, connections %d, idle %d s, head %zu, post %zu, answer %u ms\n"
        "  grace %u ms, cache %zu, workers %u, fetch workers %u, message %u\n",
        s->log_level, s->log_form, s->loops, s->max_connections, s->idle_timeout_s, s->head_bytes,
        s->post_bytes, s->answer_timeout_ms, s->grace_ms, service->body_bytes, service->workers,
        service->fetch_workers, s->include_message);
    for (size_t i = 0; i < service->backend_count; i++)
        put_backend(out, &service->backends[i]);
    for (size_t i = 0; i < service->overrides.count; i++) {
        const struct cfg_prop *prop = &service->overrides.items[i];

        cfg_buf_printf(out, "override %.*s = %.*s\n", CFG_STR_ARG(cfg_prop_key(prop)),
                       CFG_STR_ARG(cfg_prop_value(prop).text));
    }
}

static void put_notes(struct cfg_buf *out, const struct cfg_notes *notes)
{
    static const char *const names[] = {"error", "warning", "info"};

    for (size_t i = 0; i < notes->count; i++)
        cfg_buf_printf(out, "%s: %.*s\n", names[notes->items[i].kind],
                       CFG_STR_ARG(notes->items[i].text));
}

/* The lines of a file, NUL-terminated in `text`; none when there is no such file. */
static size_t read_lines(const char *path, struct cfg_buf *text, const char *lines[LINES])
{
    struct cfg_err err = CFG_ERR_INIT;
    size_t count = 0;
    char *at, *end;

    if (cfg_file_read(path, text, &err) != CFG_OK || text->len == 0)
        return 0;
    for (at = text->ptr; *at != '\0' && count < LINES - 1; at = end + 1) {
        end = strchr(at, '\n');
        assert_non_null(end);
        *end = '\0';
        lines[count++] = at;
    }
    return count;
}

/* In the case's folder: what loading gives. */
static void load_case(struct cfg_buf *out)
{
    const char *env[LINES] = {NULL}, *args[LINES] = {NULL};
    struct cfg_buf env_text, args_text;
    struct cfg_settings *settings = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_notes notes;
    struct cfg_settings_input input = {
        .environment = env,
        .args = args,
        .directory = "/here",
        .file = access("server.properties", R_OK) == 0 ? "server.properties" : "server.yml"};
    enum cfg_status status;

    cfg_buf_init(&env_text, FILE_BYTES);
    cfg_buf_init(&args_text, FILE_BYTES);
    cfg_notes_init(&notes);
    read_lines("env", &env_text, env);
    input.arg_count = read_lines("args", &args_text, args);
    status = cfg_settings_load(&input, &notes, &settings, &err);
    assert_int_equal(status == CFG_OK, settings != NULL);
    assert_int_equal(status == CFG_OK, notes.error_count == 0);
    put_notes(out, &notes);
    if (status == CFG_OK)
        put_settings(out, settings);
    cfg_settings_free(settings);
    cfg_notes_release(&notes);
    cfg_buf_release(&env_text);
    cfg_buf_release(&args_text);
}

static void run_case(const char *name)
{
    char path[PATH_BYTES];
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_buf got, want;

    snprintf(path, sizeof(path), GOLDEN "/%s", name);
    assert_int_equal(chdir(path), 0);
    cfg_buf_init(&got, FILE_BYTES);
    cfg_buf_init(&want, FILE_BYTES);
    load_case(&got);
    assert_int_equal(got.failed, CFG_OK);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        assert_int_equal(cfg_file_write("want.txt", cfg_buf_view(&got), 0644, &err), CFG_OK);
    } else {
        assert_int_equal(cfg_file_read("want.txt", &want, &err), CFG_OK);
        if (!cfg_str_eq(cfg_buf_view(&want), cfg_buf_view(&got)))
            fail_msg("%s: got\n%s\nwant\n%s", name, got.ptr, want.ptr);
    }
    cfg_buf_release(&got);
    cfg_buf_release(&want);
}

static void test_every_folder(void **state)
{
    DIR *dir = opendir(GOLDEN);
    struct dirent *entry;
    int count = 0;

    (void)state;
    assert_non_null(dir);
    for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        run_case(entry->d_name);
        count++;
    }
    closedir(dir);
    assert_true(count >= 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_folder)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
