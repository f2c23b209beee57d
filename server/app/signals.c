/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: SIGTERM, SIGINT, SIGHUP.
 * Gives: one word for each.
 * Keeps: the process's signal mask.
 */
#include "server/app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void cfg_signals_block(void)
{
    sigset_t set;

    /* A peer that leaves is an error of write(2), never the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    fill(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

enum cfg_signal cfg_signals_wait(void)
{
    sigset_t set;
    int number = 0;

    fill(&set);
    while (sigwait(&set, &number) != 0)
        continue;
    return number == SIGHUP ? CFG_SIGNAL_RELOAD : CFG_SIGNAL_STOP;
}

void cfg_signals_release(void)
{
    sigset_t set;

    /*
     * The kernel gives a signal of the process to any thread that does not block it, and the default
     * action ends all of them: nothing that hangs while stopping can keep the second one away.
     */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
