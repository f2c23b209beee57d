/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: argv.
 * Gives: the server, one of its fetch workers, or the answer to a question of ssh's.
 * Keeps: nothing.
 */
#include "server/app/app.h"
#include "server/git/ssh_secret.h"
#include "server/git/store.h"

#include <string.h>

extern char **environ;

int main(int argc, char **argv)
{
    /* A worker is this same program; it must not read settings, open logs or take descriptors first. */
    if (argc > 1 && strcmp(argv[1], "--fetch-worker") == 0)
        return cfg_fetch_worker_main();
    if (cfg_ssh_is_asked()) /* a fetch worker started ssh, and ssh this */
        return cfg_ssh_answer(argc > 1 ? argv[1] : NULL);
    return cfg_app_main(argc, argv, environ);
}
