/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: everything that the service needs to know from the settings, as plain data. Made by
 * app/settings once; it outlives the service.
 */
#ifndef SERVER_SERVICE_OPTIONS_H
#define SERVER_SERVICE_OPTIONS_H

#include "server/git/options.h"

enum cfg_backend_kind { CFG_BACKEND_GIT, CFG_BACKEND_NATIVE };

struct cfg_backend_options {
    enum cfg_backend_kind kind;
    struct cfg_git_options git;
    struct cfg_native_options native;
};

/* Messages that something was pushed: who is let in, and whose messages are understood. */
struct cfg_webhook_options {
    struct cfg_str secret;      /* never shown; empty: no proof is asked for, unless by the file */
    struct cfg_str secret_file; /* absolute; wins over `secret` */
    bool github, gitlab, bitbucket, gitea, gitee, gogs, azure; /* default true */
};

struct cfg_service_options {
    struct cfg_backend_options *backends; /* strongest first */
    size_t backend_count;
    struct cfg_props overrides;   /* flat, values are STRINGs, "\{" not yet unescaped */
    struct cfg_str default_label; /* of all back ends; empty: each back end's own */
    struct cfg_str state_dir;     /* for mirrors; exists */
    bool accept_empty;            /* default true */
    bool strip_document;          /* default true */
    bool reverse_location_order;
    bool fail_on_composite_error;   /* default true */
    bool encrypt_enabled;           /* default true */
    bool prefix_invalid_properties; /* default true */
    size_t body_bytes;              /* ceiling of the cache of bodies */
    unsigned workers;               /* threads for cold questions */
    unsigned fetch_workers;         /* processes */
    const char *program;            /* for fetch workers */
    struct cfg_webhook_options webhook;
};

#endif
