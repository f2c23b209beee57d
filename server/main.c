/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: argv.
 * Gives: the server, or one of its fetch workers.
 * Keeps: nothing.
 */
#include "server/app/app.h"
#include "server/git/store.h"

#include <string.h>

extern char **environ;

int main(int argc, char **argv)
{
    /* A worker is this same program; it must not read settings, open logs or take descriptors first. */
    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    return cfg_app_main(argc, argv, environ);
}
