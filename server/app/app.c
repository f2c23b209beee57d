/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the command line and the environment.
 * Gives: a server that runs until it is told to stop, or one answer on standard output.
 * Keeps: the order of starting, which is the table `steps`; stopping runs it backwards.
 */
#include "server/app/app.h"

#include "core/base/lock.h"
#include "core/base/log.h"
#include "server/app/command.h"
#include "server/app/listen.h"
#include "server/app/settings.h"
#include "server/app/signals.h"
#include "server/app/state_dir.h"
#include "server/git/store.h"
#include "server/http/http.h"
#include "server/service/service.h"

#include <errno.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    TEXT_BYTES = 1 << 20,
    SPARE_FILES = 128, /* descriptors that are no connections: repositories, logs, epolls */
    MALLOC_ARENAS = 2,
    FEW_FILES = 1024,
    SHOWN_BACKENDS = 8,
};

static const char default_file[] = "/etc/strata/stratad.yml";

struct cfg_app {
    struct cfg_command command;
    const char *const *environment;
    char directory[PATH_BYTES];
    struct cfg_settings *settings;
    struct cfg_state_dir state;
    struct cfg_listen listen;
    struct cfg_service *service;
    struct cfg_lock lock;
    struct cfg_http_options http_options; /* borrowed by http as long as it lives */
    struct cfg_http *http; /* under lock: news of the puller may come before and after it lives */
    bool git_started;
};

/* One thing with a lifetime. `exit` is what the process ends with when it does not start. */
struct step {
    const char *name;
    enum cfg_status (*start)(struct cfg_app *app, struct cfg_err *err);
    void (*stop)(struct cfg_app *app);
    int (*exit_of)(enum cfg_status status);
};

/* The process. */

static void raise_file_limit(void)
{
    struct rlimit limit;

    /* Every connection is a descriptor; the soft limit of 1,024 is a default for programs that use select. */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void prepare_process(void)
{
    struct rlimit none = {0, 0};

    raise_file_limit();
    /* Passwords and keys are in memory: they must not reach the disk in a core file. */
    setrlimit(RLIMIT_CORE, &none);
#ifdef M_ARENA_MAX
    /*
     * By default the allocator opens up to eight arenas a processor and keeps what each has freed: several
     * times the memory, for threads that mostly use arenas of our own and hardly meet in malloc.
     */
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
#endif
}

static unsigned long file_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
               ? (unsigned long)limit.rlim_cur
               : (unsigned long)FEW_FILES * FEW_FILES;
}

static unsigned loop_count(const struct cfg_settings *settings)
{
    long processors = settings->loops > 0 ? settings->loops : sysconf(_SC_NPROCESSORS_ONLN);

    return processors < 1 ? 1 : processors > CFG_LISTEN_MAX ? CFG_LISTEN_MAX : (unsigned)processors;
}

/* Settings. */

static void log_notes(const struct cfg_notes *notes)
{
    static const enum cfg_log_level levels[] = {CFG_LOG_ERROR, CFG_LOG_WARN, CFG_LOG_INFO};

    for (size_t i = 0; i < notes->count; i++)
        cfg_log(levels[notes->items[i].kind], "settings", "%.*s",
                CFG_STR_ARG(notes->items[i].text));
}

static void print_notes(const struct cfg_notes *notes)
{
    static const char *const names[] = {"error", "warning", "note"};

    for (size_t i = 0; i < notes->count; i++)
        fprintf(stderr, "%s: %.*s\n", names[notes->items[i].kind],
                CFG_STR_ARG(notes->items[i].text));
}

static enum cfg_status load(const struct cfg_app *app,
                            struct cfg_notes *notes,
                            struct cfg_settings **out,
                            struct cfg_err *err)
{
    struct cfg_settings_input input = {.args = app->command.settings,
                                       .arg_count = app->command.setting_count,
                                       .environment = app->environment,
                                       .file = app->command.file,
                                       .default_file = default_file,
                                       .directory = app->directory};

    return cfg_settings_load(&input, notes, out, err);
}

static enum cfg_status start_settings(struct cfg_app *app, struct cfg_err *err)
{
    struct cfg_notes notes;
    enum cfg_status status;

    cfg_notes_init(&notes);
    status = load(app, &notes, &app->settings, err);
    if (status == CFG_OK)
        cfg_log_setup((enum cfg_log_form)app->settings->log_form,
                      (enum cfg_log_level)app->settings->log_level);
    log_notes(&notes);
    cfg_notes_release(&notes);
    return status;
}

static void stop_settings(struct cfg_app *app)
{
    cfg_settings_free(app->settings);
    app->settings = NULL;
}

/* On SIGHUP: only what can change under a running server. */
static void reload(struct cfg_app *app)
{
    struct cfg_settings *fresh = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_notes notes;

    cfg_notes_init(&notes);
    if (load(app, &notes, &fresh, &err) == CFG_OK) {
        cfg_log_set_level((enum cfg_log_level)fresh->log_level);
        cfg_log(CFG_LOG_INFO, "reloaded",
                "settings were read again: the log level holds from now on");
    } else {
        log_notes(&notes);
        cfg_log(CFG_LOG_ERROR, "reload_failed", "settings are wrong: nothing was changed");
    }
    cfg_notes_release(&notes);
    cfg_settings_free(fresh);
}

/* Git. */

static enum cfg_status start_git(struct cfg_app *app, struct cfg_err *err)
{
    enum cfg_status status = cfg_git_start(err);

    app->git_started = status == CFG_OK;
    return status;
}

static void stop_git(struct cfg_app *app)
{
    if (app->git_started)
        cfg_git_stop();
    app->git_started = false;
}

/* Folders for mirrors. */

static enum cfg_status make_basedirs(const struct cfg_service_options *service, struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;

    for (size_t i = 0; i < service->backend_count && status == CFG_OK; i++) {
        const struct cfg_git_options *git = &service->backends[i].git;

        if (service->backends[i].kind != CFG_BACKEND_GIT)
            continue;
        if (git->basedir.len > 0)
            status = cfg_state_dir_make(git->basedir, err);
        for (size_t j = 0; j < git->repo_count && status == CFG_OK; j++)
            if (git->repos[j].basedir.len > 0)
                status = cfg_state_dir_make(git->repos[j].basedir, err);
    }
    return status;
}

static enum cfg_status start_state(struct cfg_app *app, struct cfg_err *err)
{
    struct cfg_settings *settings = app->settings;
    enum cfg_status status = make_basedirs(&settings->service, err);

    /* Only what is mirrored needs a folder: with file: alone nothing is written anywhere. */
    if (status == CFG_OK && (settings->needs_state || settings->basedir.len > 0))
        status = cfg_state_dir_open(settings->needs_state ? CFG_STR_NONE : settings->basedir,
                                    &app->state, err);
    settings->service.state_dir = cfg_str_of(app->state.path);
    settings->service.program = "/proc/self/exe";
    return status;
}

static void stop_state(struct cfg_app *app)
{
    cfg_state_dir_close(&app->state);
}

/* Listening. */

static enum cfg_status start_listen(struct cfg_app *app, struct cfg_err *err)
{
    unsigned loops = loop_count(app->settings);
    enum cfg_status status = cfg_listen_inherit(loops, &app->listen, err);

    if (status == CFG_OK && app->listen.count == 0)
        status =
            cfg_listen_open(app->settings->address, app->settings->port, loops, &app->listen, err);
    return status;
}

static void stop_listen(struct cfg_app *app)
{
    cfg_listen_close(&app->listen);
}

/* Service and wire. */

static void on_publish(void *ctx)
{
    struct cfg_app *app = ctx;

    cfg_lock_enter(&app->lock);
    cfg_http_publish(app->http);
    cfg_lock_leave(&app->lock);
}

static enum cfg_status start_service(struct cfg_app *app, struct cfg_err *err)
{
    return cfg_service_start(&app->settings->service, on_publish, app, &app->service, err);
}

static void stop_service(struct cfg_app *app)
{
    cfg_service_stop(app->service);
    app->service = NULL;
}

static unsigned connection_limit(const struct cfg_settings *settings)
{
    unsigned long files = file_limit(), wanted = (unsigned long)settings->max_connections;
    unsigned long room = files > 2 * SPARE_FILES ? files - SPARE_FILES : files / 2;

    if (wanted <= room)
        return (unsigned)wanted;
    cfg_log(CFG_LOG_WARN, "few_files",
            "strata.http.max-connections is %lu, but the limit of open files leaves room for %lu",
            wanted, room);
    return (unsigned)room;
}

static void set_http(struct cfg_app *app, struct cfg_http *http)
{
    cfg_lock_enter(&app->lock);
    app->http = http;
    cfg_lock_leave(&app->lock);
}

static enum cfg_status start_http(struct cfg_app *app, struct cfg_err *err)
{
    const struct cfg_settings *settings = app->settings;
    app->http_options =
        (struct cfg_http_options){.listen_fds = app->listen.fds,
                                  .loops = app->listen.count,
                                  .prefix = settings->prefix,
                                  .monitor_path = settings->monitor_path,
                                  .max_connections = connection_limit(settings),
                                  .idle_timeout_s = (unsigned)settings->idle_timeout_s,
                                  .head_bytes = settings->head_bytes,
                                  .post_bytes = settings->post_bytes,
                                  .answer_timeout_ms = settings->answer_timeout_ms,
                                  .show_message = settings->include_message == CFG_MESSAGE_ALWAYS};
    struct cfg_http *http = NULL;
    enum cfg_status status = cfg_http_start(&app->http_options, app->service, &http, err);

    if (status == CFG_OK) {
        set_http(app, http);
        cfg_http_publish(http); /* what was published before it could be told */
    }
    return status;
}

static void stop_http(struct cfg_app *app)
{
    struct cfg_http *http = app->http;

    set_http(app, NULL);
    if (cfg_http_quiesce(http))
        cfg_listen_close(&app->listen); /* newcomers are refused while the last answers leave */
    cfg_http_stop(http, app->settings->grace_ms);
}

/* The order. */

static int exit_of_settings(enum cfg_status status)
{
    return status == CFG_NO_MEMORY || status == CFG_INTERNAL ? CFG_EXIT_INTERNAL
                                                             : CFG_EXIT_SETTINGS;
}

static int exit_of_listen(enum cfg_status status)
{
    return status == CFG_NO_MEMORY ? CFG_EXIT_INTERNAL : CFG_EXIT_LISTEN;
}

static int exit_of_internal(enum cfg_status status)
{
    (void)status;
    return CFG_EXIT_INTERNAL;
}

static int exit_of_service(enum cfg_status status)
{
    switch (status) {
    case CFG_OK:
        return CFG_EXIT_OK;
    case CFG_INVALID:
        return CFG_EXIT_SETTINGS;
    case CFG_NO_MEMORY:
    case CFG_INTERNAL:
    case CFG_STATUS_COUNT:
        return CFG_EXIT_INTERNAL;
    case CFG_NOT_FOUND:
    case CFG_CONFLICT:
    case CFG_UNAUTHENTICATED:
    case CFG_DENIED:
    case CFG_TOO_LARGE:
    case CFG_UNAVAILABLE:
    case CFG_TIMEOUT:
    case CFG_CORRUPT:
    case CFG_CANCELLED:
        break;
    }
    return CFG_EXIT_REPO;
}

static const struct step steps[] = {
    {"git", start_git, stop_git, exit_of_internal},
    {"settings", start_settings, stop_settings, exit_of_settings},
    {"the state folder", start_state, stop_state, exit_of_settings},
    {"listening", start_listen, stop_listen, exit_of_listen},
    {"the repositories", start_service, stop_service, exit_of_service},
    {"http", start_http, stop_http, exit_of_internal},
};

static size_t start_steps(struct cfg_app *app, int *out_exit)
{
    struct cfg_err err = CFG_ERR_INIT;

    *out_exit = CFG_EXIT_OK;
    for (size_t i = 0; i < CFG_COUNT(steps); i++) {
        enum cfg_status status = steps[i].start(app, &err);

        if (status == CFG_OK)
            continue;
        *out_exit = steps[i].exit_of(status);
        if (*out_exit == CFG_EXIT_SETTINGS && app->settings == NULL)
            cfg_log(CFG_LOG_ERROR, "start_failed", "the settings are wrong: see above");
        else
            cfg_log_err(CFG_LOG_ERROR, "start_failed", &err, "cannot start %s", steps[i].name);
        return i;
    }
    return CFG_COUNT(steps);
}

static void stop_steps(struct cfg_app *app, size_t started)
{
    while (started > 0)
        steps[--started].stop(app);
}

/* Lines of life. */

static void describe_backend(const struct cfg_backend_options *backend, struct cfg_buf *out)
{
    if (out->len > 0)
        cfg_buf_str(out, CFG_STR(", "));
    if (backend->kind == CFG_BACKEND_GIT) {
        cfg_settings_mask(backend->git.uri, out);
        if (backend->git.repo_count > 0)
            cfg_buf_printf(out, " and %zu by pattern", backend->git.repo_count);
        return;
    }
    for (size_t i = 0; i < backend->native.search_locations.count; i++) {
        if (i > 0)
            cfg_buf_str(out, CFG_STR(", "));
        cfg_buf_str(out, backend->native.search_locations.items[i]);
    }
}

static void log_started(const struct cfg_app *app)
{
    const struct cfg_service_options *service = &app->settings->service;
    struct cfg_buf text;

    cfg_buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < service->backend_count && i < SHOWN_BACKENDS; i++)
        describe_backend(&service->backends[i], &text);
    cfg_log(CFG_LOG_INFO, "started", "stratad " STRATA_VERSION " listens on %s%s, serving %.*s",
            app->listen.address, app->listen.inherited ? " (inherited)" : "",
            CFG_STR_ARG(cfg_buf_view(&text)));
    cfg_buf_release(&text);
}

static int run(struct cfg_app *app)
{
    size_t started;
    int exit_code;

    cfg_signals_block();
    cfg_lock_init(&app->lock);
    started = start_steps(app, &exit_code);
    if (started == CFG_COUNT(steps)) {
        log_started(app);
        while (cfg_signals_wait() == CFG_SIGNAL_RELOAD)
            reload(app);
        cfg_log(CFG_LOG_INFO, "stopping", "running requests may take %u ms to end",
                app->settings->grace_ms);
        cfg_signals_release();
    }
    stop_steps(app, started);
    if (exit_code == CFG_EXIT_OK)
        cfg_log(CFG_LOG_INFO, "stopped", "stratad " STRATA_VERSION " has stopped");
    cfg_lock_release(&app->lock);
    return exit_code;
}

/* The other verbs. */

static void say(const char *line, void *ctx)
{
    (void)ctx;
    printf("%s\n", line);
}

static int exit_of_check(enum cfg_status status)
{
    return status == CFG_INVALID || status == CFG_CORRUPT || status == CFG_TOO_LARGE
               ? CFG_EXIT_FILE
               : exit_of_service(status);
}

/*
 * The check has a state folder of its own and reads the remotes as they are now: it neither waits for
 * the lock of a server that runs beside it nor touches its mirrors.
 */
static int check_repositories(struct cfg_app *app, struct cfg_settings *settings)
{
    struct cfg_service_options *service = &settings->service;
    struct cfg_err err = CFG_ERR_INIT;
    char line[CFG_ERR_LINE_BYTES];
    enum cfg_status status;

    for (size_t i = 0; i < service->backend_count; i++) {
        struct cfg_git_options *git = &service->backends[i].git;

        git->basedir = CFG_STR_NONE;
        git->clone_on_start = false; /* every repository is read below, and each is told about */
        for (size_t j = 0; j < git->repo_count; j++) {
            git->repos[j].basedir = CFG_STR_NONE;
            git->repos[j].clone_on_start = false;
        }
    }
    unsetenv("STATE_DIRECTORY");
    status = cfg_state_dir_open(CFG_STR_NONE, &app->state, &err);
    service->state_dir = cfg_str_of(app->state.path);
    service->program = "/proc/self/exe";
    if (status == CFG_OK)
        status = start_git(app, &err);
    if (status == CFG_OK)
        status = cfg_service_check(service, say, NULL, &err);
    if (status != CFG_OK)
        fprintf(stderr, "error: %s\n", cfg_err_line(&err, line, sizeof(line)));
    stop_git(app);
    cfg_state_dir_close(&app->state);
    return exit_of_check(status);
}

/* --check and --print-settings: settings first, told in plain lines. */
static int look(struct cfg_app *app)
{
    struct cfg_settings *settings = NULL;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_notes notes;
    struct cfg_buf text;
    enum cfg_status status;
    int exit_code;

    cfg_notes_init(&notes);
    cfg_buf_init(&text, TEXT_BYTES);
    status = load(app, &notes, &settings, &err);
    print_notes(&notes);
    if (status == CFG_INVALID) {
        exit_code = CFG_EXIT_SETTINGS;
    } else if (status != CFG_OK) {
        fprintf(stderr, "error: %s\n", err.message);
        exit_code = exit_of_settings(status);
    } else if (app->command.verb == CFG_VERB_CHECK) {
        exit_code = check_repositories(app, settings);
    } else {
        cfg_settings_print(settings, &text);
        fwrite(text.ptr, 1, text.len, stdout);
        exit_code = text.failed == CFG_OK ? CFG_EXIT_OK : CFG_EXIT_INTERNAL;
    }
    cfg_buf_release(&text);
    cfg_notes_release(&notes);
    cfg_settings_free(settings);
    return exit_code;
}

static int print_text(void (*make)(struct cfg_buf *out))
{
    struct cfg_buf text;
    bool done;

    cfg_buf_init(&text, TEXT_BYTES);
    make(&text);
    done = text.failed == CFG_OK && fwrite(text.ptr, 1, text.len, stdout) == text.len;
    cfg_buf_release(&text);
    return done && fflush(stdout) == 0 ? CFG_EXIT_OK : CFG_EXIT_INTERNAL;
}

static void put_version(struct cfg_buf *out)
{
    cfg_buf_str(out, CFG_STR("stratad " STRATA_VERSION "\n"));
}

int cfg_app_main(int argc, char **argv, char **environment)
{
    struct cfg_app app = {.environment = (const char *const *)environment};
    struct cfg_err err = CFG_ERR_INIT;
    int exit_code = CFG_EXIT_INTERNAL;

    cfg_log_setup(CFG_LOG_AUTO, CFG_LOG_INFO);
    prepare_process();
    if (cfg_command_parse(argc, argv, &app.command, &err) != CFG_OK) {
        fprintf(stderr, "stratad: %s\nstratad --help says more\n", err.message);
        return err.status == CFG_INVALID ? CFG_EXIT_USAGE : CFG_EXIT_INTERNAL;
    }
    if (getcwd(app.directory, sizeof(app.directory)) == NULL)
        snprintf(app.directory, sizeof(app.directory), "/");
    switch (app.command.verb) {
    case CFG_VERB_RUN:
        exit_code = run(&app);
        break;
    case CFG_VERB_CHECK:
    case CFG_VERB_PRINT:
        exit_code = look(&app);
        break;
    case CFG_VERB_HELP:
        exit_code = print_text(cfg_command_help);
        break;
    case CFG_VERB_VERSION:
        exit_code = print_text(put_version);
        break;
    case CFG_VERB_PRINT_DOC:
        exit_code = print_text(cfg_settings_doc);
        break;
    }
    cfg_command_release(&app.command);
    return exit_code;
}
