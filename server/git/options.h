/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: how one repository, or one set of plain folders, is reached. Plain data, made by
 * app/settings; it outlives everything that borrows it. All zero is the default unless said.
 */
#ifndef SERVER_GIT_OPTIONS_H
#define SERVER_GIT_OPTIONS_H

#include "core/model/document.h"

/* The keys git.proxy.http.* or git.proxy.https.*, named after the repository's scheme. */
struct cfg_git_proxy {
    struct cfg_str host; /* empty: no proxy */
    int port;
    struct cfg_str username, password; /* secrets: never shown */
    struct cfg_strs non_proxy_hosts;   /* each item "a|*.b": hosts that are reached without it */
};

/* The keys git.* and git.repos.NAME.*; names as in docs/settings.md. */
struct cfg_git_options {
    struct cfg_str name; /* the repository's key below git.repos; empty for the default one */
    struct cfg_str
        uri; /* may hold {application}, {profile}, {label} in its path; userinfo allowed */
    struct cfg_strs patterns;     /* git.repos.NAME.pattern; the name itself when none was given */
    struct cfg_strs search_paths; /* as configured, placeholders and wildcards kept */
    struct cfg_str default_label; /* "main" */
    bool try_master_branch;       /* default true */
    int refresh_rate_s; /* 0: 2 s for file:, 15 s for remotes; negative: never by itself */
    int timeout_s;      /* one fetch, in all; default 5 */
    bool clone_on_start;
    bool continue_on_multiple_label_failure;
    bool skip_ssl_validation;
    struct cfg_str username, password;           /* secrets: never shown */
    struct cfg_str username_file, password_file; /* hold them instead; read anew for each fetch */
    struct cfg_str ca_file, client_cert, client_key; /* TLS: paths of PEM files */
    struct cfg_git_proxy http_proxy, https_proxy;
    struct cfg_str passphrase, private_key, host_key, host_key_algorithm, known_hosts_file;
    struct cfg_str private_key_file, preferred_authentications;
    bool ignore_local_ssh_settings;
    bool strict_host_key_checking; /* default true */
    struct cfg_str basedir;        /* where mirrors live; empty: the state folder */
    size_t mirror_max_bytes;       /* of one mirror on disk; 0: 4 GiB */
    struct cfg_git_options *repos; /* pattern repositories, in the order of the file */
    size_t repo_count;
};

/* The keys native.*. */
struct cfg_native_options {
    struct cfg_strs search_locations; /* "file:/etc/cfg/", placeholders kept */
    struct cfg_str default_label;     /* "master" */
    bool add_label_locations;         /* default true */
    struct cfg_str version;           /* shown in answers; empty: null */
};

#endif
