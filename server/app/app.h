/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app: the life of stratad from its command line to its exit code.
 *
 * Keeps: everything with a lifetime is started in one written order, and stopped in its reverse.
 */
#ifndef SERVER_APP_APP_H
#define SERVER_APP_APP_H

/* What the process ends with (sysexits.h has the names; the meaning is docs/operations.md's). */
enum cfg_exit {
    CFG_EXIT_OK = 0,
    CFG_EXIT_USAGE = 64,
    CFG_EXIT_FILE = 65, /* --check: a file that would not be served */
    CFG_EXIT_REPO = 69, /* neither the remote nor a mirror */
    CFG_EXIT_INTERNAL = 70,
    CFG_EXIT_LISTEN = 71, /* port in use, or not permitted */
    CFG_EXIT_SETTINGS = 78,
};

/* Does what the command line says and gives the exit code. */
int cfg_app_main(int argc, char **argv, char **environment);

#endif
