/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals: what the system tells the process to do, read by one thread at a time of its own choosing.
 *
 * Keeps: 1. No handler runs: the signals are blocked in every thread and waited for. 2. Once released,
 *        SIGTERM and SIGINT end the process at once, whatever any thread is doing.
 */
#ifndef SERVER_APP_SIGNALS_H
#define SERVER_APP_SIGNALS_H

enum cfg_signal { CFG_SIGNAL_STOP, CFG_SIGNAL_RELOAD };

/* Before any thread is started: they inherit it. SIGPIPE is ignored from here on. */
void cfg_signals_block(void);

/* Waits for the next one. */
enum cfg_signal cfg_signals_wait(void);

/* From now on the next SIGTERM or SIGINT ends the process. For the thread that waited. */
void cfg_signals_release(void);

#endif
