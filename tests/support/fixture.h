/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: real repositories for tests, made by the git command line in a temporary folder that is
 * removed at the end.
 * Keeps: git's own configuration of the user and of the machine out of it.
 */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/git/store.h"

struct fixture {
    char dir[64];
};

/* Runs a shell script; it must succeed. */
CFG_PRINTF(1, 2) static inline void run(const char *format, ...)
{
    char script[8192];
    va_list args;
    int len, result;

    va_start(args, format);
    len = vsnprintf(script, sizeof script, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof script);
    result = system(script);
    if (result != 0)
        fail_msg("exit code %d of: %s", result, script);
}

/* The first line that a shell script prints. */
CFG_PRINTF(2, 3) static inline void ask(char out[256], const char *format, ...)
{
    char script[8192];
    va_list args;
    FILE *pipe;
    int len;

    va_start(args, format);
    len = vsnprintf(script, sizeof script, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof script);
    pipe = popen(script, "r");
    assert_non_null(pipe);
    if (!fgets(out, 256, pipe))
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

/* Between two looks at a condition that another thread will bring about. */
static inline void pause_a_little(void)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    nanosleep(&pause, NULL);
}

static inline int fixture_start(void **state)
{
    static const char *const environment[][2] = {
        {"GIT_CONFIG_GLOBAL", "/dev/null"},
        {"GIT_CONFIG_SYSTEM", "/dev/null"},
        {"GIT_AUTHOR_NAME", "A"},
        {"GIT_AUTHOR_EMAIL", "a@example.org"},
        {"GIT_COMMITTER_NAME", "C"},
        {"GIT_COMMITTER_EMAIL", "c@example.org"},
        {"GIT_AUTHOR_DATE", "1700000000 +0100"},
        {"GIT_COMMITTER_DATE", "1700000001 +0100"},
    };
    struct cfg_err err = CFG_ERR_INIT;
    struct fixture *fixture = calloc(1, sizeof *fixture);

    for (size_t i = 0; i < CFG_COUNT(environment); i++)
        setenv(environment[i][0], environment[i][1], 1);
    snprintf(fixture->dir, sizeof fixture->dir, "/tmp/strata-git-XXXXXX");
    if (!mkdtemp(fixture->dir) || cfg_git_start(&err) != CFG_OK)
        return -1;
    *state = fixture;
    return 0;
}

static inline int fixture_stop(void **state)
{
    struct fixture *fixture = *state;

    run("chmod -R u+rwx '%s'; rm -rf '%s'", fixture->dir, fixture->dir);
    free(fixture);
    cfg_git_stop();
    return 0;
}

/* A repository with a work tree at DIR/NAME, on main, with one commit of two files. */
static inline void make_repo(const struct fixture *fixture, const char *name)
{
    run("git init -q -b main '%s/%s' && cd '%s/%s' && mkdir sub && echo 'a: 1' > application.yml "
        "&& "
        "echo 'b: 2' > sub/foo.yml && git add . && git commit -q -m one",
        fixture->dir, name, fixture->dir, name);
}

static inline struct cfg_store *open_at(struct cfg_str uri,
                                        const struct cfg_git_options *options,
                                        const char *state_dir,
                                        struct cfg_fetchers *fetchers)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store = NULL;

    if (cfg_store_open_git(uri, options, cfg_str_of(state_dir), fetchers, &store, &err) != CFG_OK)
        fail_msg("%s", err.message);
    return store;
}

static inline struct cfg_tips *tips_of(struct cfg_store *store)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;

    if (cfg_store_tips(store, &tips, &err) != CFG_OK)
        fail_msg("%s (%s)", err.message, err.path);
    return tips;
}

static inline struct cfg_tree *tree_of(struct cfg_store *store, const char *commit)
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree *tree = NULL;
    int64_t wall_ms = 0;

    if (cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err) != CFG_OK)
        fail_msg("%s (%s)", err.message, err.path);
    return tree;
}

#endif
