/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a job: where the remote is, where the mirror is, credentials.
 * Gives: the mirror with the remote's branches, tags and HEAD.
 * Keeps: connect, compare, download, check, then switch all tips at once.
 *
 * libgit2's own fetch updates tips before it prunes, so a branch fx that replaces fx/y can never be
 * written. Here the whole set of tips is one file that is replaced: there is no order to get wrong, a
 * kill at any moment leaves the old set, and branches that collide on disk do not collide in it.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>

#include "server/git/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "server/git/git_fail.h"
#include "server/git/packs.h"
#include "server/git/refs.h"
#include "server/git/ssh_transport.h"
#include "server/git/streams.h"
#include "server/git/tree.h"
#include "server/git/uri.h"

enum { NAME_BYTES = 4096, PROXY_BYTES = 512 };

static const uint64_t default_max_bytes = (uint64_t)4 << 30;

struct fetch {
    const struct cfg_fetch_job *job;
    cfg_fetch_alive_fn alive;
    void *alive_ctx;
    git_repository *repo;
    git_remote *remote;
    struct cfg_ssh *ssh; /* NULL: the remote is not behind ssh */
    char uri[CFG_URI_BYTES + 1];
    char username[NAME_BYTES], password[NAME_BYTES];
    char proxy_username[NAME_BYTES], proxy_password[NAME_BYTES];
    char proxy_host[PROXY_BYTES], proxy_port[24];
    char proxy_uri[PROXY_BYTES + 48];
    struct cfg_stream_job streams;
    bool asked, proxy_asked; /* credentials were given once */
    bool too_much;
    uint64_t had_bytes; /* of the mirror's packs before */
    struct cfg_ref_offer *offers;
    size_t offer_count;
    char head[CFG_REFS_NAME_BYTES];
};

static bool to_text(struct cfg_str from, char *out, size_t size)
{
    if (from.len >= size || (from.len && memchr(from.ptr, '\0', from.len)))
        return false;
    if (from.len)
        memcpy(out, from.ptr, from.len);
    out[from.len] = '\0';
    return true;
}

/* ---- what libgit2 asks back ---- */

/* The same credentials twice would loop: what was refused once stays refused. */
static int give_credentials(git_credential **out,
                            const char *username,
                            const char *password,
                            unsigned allowed,
                            bool *asked,
                            const char *who)
{
    char why[128];

    if (!*asked && (username[0] || password[0]) && (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT)) {
        *asked = true;
        /* of a token alone most remotes take any name; Bitbucket takes this one */
        return git_credential_userpass_plaintext_new(out, username[0] ? username : "x-token-auth",
                                                     password);
    }
    snprintf(why, sizeof why, "%s %s", who,
             *asked                       ? "refused the user name or the password"
             : username[0] || password[0] ? "takes no user name and password"
                                          : "asks for a user name and a password");
    git_error_set_str(GIT_ERROR_NET, why);
    return GIT_EAUTH;
}

static int
on_credentials(git_credential **out, const char *uri, const char *user, unsigned allowed, void *ctx)
{
    struct fetch *fetch = ctx;

    (void)uri;
    (void)user;
    return give_credentials(out, fetch->username, fetch->password, allowed, &fetch->asked,
                            "the remote");
}

static int on_proxy_credentials(
    git_credential **out, const char *uri, const char *user, unsigned allowed, void *ctx)
{
    struct fetch *fetch = ctx;

    (void)uri;
    (void)user;
    return give_credentials(out, fetch->proxy_username, fetch->proxy_password, allowed,
                            &fetch->proxy_asked, "the proxy");
}

static uint64_t max_bytes_of(const struct fetch *fetch)
{
    return fetch->job->max_bytes ? fetch->job->max_bytes : default_max_bytes;
}

static int on_progress(const git_indexer_progress *progress, void *ctx)
{
    struct fetch *fetch = ctx;

    fetch->too_much = fetch->had_bytes + progress->received_bytes > max_bytes_of(fetch);
    return fetch->too_much || !fetch->alive(fetch->alive_ctx) ? GIT_EUSER : 0;
}

/* "Counting objects: 5", from the remote */
static int on_words(const char *words, int len, void *ctx)
{
    struct fetch *fetch = ctx;

    (void)words;
    (void)len;
    return fetch->alive(fetch->alive_ctx) ? 0 : GIT_EUSER;
}

/* A remote that is a folder has its pack made here. */
static int on_packing(int stage, uint32_t current, uint32_t total, void *ctx)
{
    (void)stage;
    (void)current;
    (void)total;
    return on_words(NULL, 0, ctx);
}

/* ---- errors ---- */

/* The remote's words for "no such repository" and "not you", which libgit2 gives as plain text. */
static const struct {
    const char *text;
    enum cfg_status status;
} remote_words[] = {
    {"status code: 404", CFG_NOT_FOUND},
    {"status code: 401", CFG_UNAUTHENTICATED},
    {"status code: 403", CFG_UNAUTHENTICATED},
    {"repository not exported", CFG_NOT_FOUND},
    {"repository not found", CFG_NOT_FOUND},
    {"Repository not found", CFG_NOT_FOUND},
    {"does not appear to be a git repository", CFG_NOT_FOUND},
    {"could not find repository", CFG_NOT_FOUND},
    {"failed to resolve path", CFG_NOT_FOUND},
};

static enum cfg_status
fail(const struct fetch *fetch, int code, const char *doing, struct cfg_err *err)
{
    enum cfg_status status;

    if (fetch->too_much)
        return cfg_err_set(err, CFG_TOO_LARGE,
                           "%s: the mirror would take over %llu bytes (git.mirror-max-bytes)",
                           doing, (unsigned long long)max_bytes_of(fetch));
    if (cfg_ssh_cause(fetch->ssh, err)) {
        git_error_clear();
        return err->status;
    }
    if (fetch->streams.why.status != CFG_OK) { /* it says more than libgit2 does on top */
        *err = fetch->streams.why;
        cfg_err_prefix(err, "%s", doing);
        git_error_clear();
        return err->status;
    }
    status = cfg_git_fail(err, code, "%s", doing);
    for (size_t i = 0; i < CFG_COUNT(remote_words); i++)
        if (strstr(err->message, remote_words[i].text)) {
            err->status = status = remote_words[i].status;
            break;
        }
    return status;
}

/* ---- the mirror ---- */

static enum cfg_status open_mirror(struct fetch *fetch, struct cfg_err *err)
{
    git_repository_init_options options;
    char path[NAME_BYTES];
    int code;

    if (!to_text(fetch->job->path, path, sizeof path))
        return cfg_err_set(err, CFG_INVALID, "the path of the mirror is too long");
    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT;
    code = fetch->job->create ? git_repository_init_ext(&fetch->repo, path, &options)
                              : git_repository_open_bare(&fetch->repo, path);
    if (code < 0) {
        enum cfg_status status = cfg_git_fail(err, code, "opening the mirror");
        if (status == CFG_NOT_FOUND || status == CFG_INVALID)
            err->status = CFG_CORRUPT; /* not_found is said of the remote */
        return err->status;
    }
    return CFG_OK;
}

/* ---- what the remote has ---- */

static bool is_mirrored(const char *name)
{
    int valid = 0;

    return (strncmp(name, "refs/heads/", 11) == 0 || strncmp(name, "refs/tags/", 10) == 0) &&
           strlen(name) < CFG_REFS_NAME_BYTES && git_reference_name_is_valid(&valid, name) == 0 &&
           valid;
}

/* "refs/tags/v1^{}": the commit of the annotated tag in front of it. */
static bool is_peeled(const char *name, const struct cfg_ref_offer *before)
{
    size_t len = strlen(name);

    return len > 3 && strcmp(name + len - 3, "^{}") == 0 &&
           cfg_str_eq(before->name, cfg_str_make(name, len - 3));
}

static int offer_order(const void *a, const void *b)
{
    return cfg_str_cmp(((const struct cfg_ref_offer *)a)->name,
                       ((const struct cfg_ref_offer *)b)->name);
}

/* The default branch by name; of an old server that does not say, the one at HEAD's commit. */
static void find_head(struct fetch *fetch, const git_remote_head *head)
{
    git_buf branch = GIT_BUF_INIT;

    if (head && head->symref_target && is_mirrored(head->symref_target))
        snprintf(fetch->head, sizeof fetch->head, "%s", head->symref_target);
    else if (git_remote_default_branch(&branch, fetch->remote) == 0 && branch.ptr &&
             is_mirrored(branch.ptr))
        snprintf(fetch->head, sizeof fetch->head, "%s", branch.ptr);
    else if (head)
        git_oid_tostr(fetch->head, 41, &head->oid);
    git_buf_dispose(&branch);
}

static enum cfg_status list_offers(struct fetch *fetch, struct cfg_err *err)
{
    const git_remote_head **heads = NULL, *head = NULL;
    size_t count = 0;
    int code = git_remote_ls(&heads, &count, fetch->remote);

    if (code < 0)
        return fail(fetch, code, "listing the remote's branches", err);
    if (count > 2 * (size_t)CFG_REFS_COUNT)
        return cfg_err_set(err, CFG_TOO_LARGE, "the remote has over %d branches and tags",
                           CFG_REFS_COUNT);
    fetch->offers = calloc(count + 1, sizeof *fetch->offers);
    if (!fetch->offers)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for %zu branches and tags", count);
    for (size_t i = 0; i < count; i++) {
        struct cfg_ref_offer *offer = &fetch->offers[fetch->offer_count];
        if (strcmp(heads[i]->name, "HEAD") == 0) {
            head = heads[i];
        } else if (fetch->offer_count && is_peeled(heads[i]->name, offer - 1)) {
            git_oid_tostr(offer[-1].peeled, 41, &heads[i]->oid);
        } else if (is_mirrored(heads[i]->name)) {
            offer->name = cfg_str_of(heads[i]->name);
            git_oid_tostr(offer->object, 41, &heads[i]->oid);
            fetch->offer_count++;
        }
    }
    qsort(fetch->offers, fetch->offer_count, sizeof *fetch->offers, offer_order);
    find_head(fetch, head);
    return CFG_OK;
}

/*
 * Redirects stay on their host (GIT_REMOTE_REDIRECT_NONE allows that much, and http to https): libgit2
 * would give another host our credentials.
 */
static void set_callbacks(struct fetch *fetch, git_remote_callbacks *callbacks)
{
    callbacks->credentials = on_credentials;
    callbacks->transfer_progress = on_progress;
    callbacks->sideband_progress = on_words;
    callbacks->pack_progress = on_packing;
    callbacks->payload = fetch;
}

/*
 * libgit2 speaks to the proxy: CONNECT for https; for http it writes whole uris, but connects to the
 * remote all the same, so that streams.h leads its plain connections to the proxy.
 */
static void set_proxy(struct fetch *fetch, git_proxy_options *options)
{
    if (!fetch->proxy_host[0]) /* none: not what the environment or a file of git's says, either */
        return;
    options->type = GIT_PROXY_SPECIFIED;
    options->url = fetch->proxy_uri;
    options->credentials = on_proxy_credentials;
    options->payload = fetch;
}

static bool take_texts(struct fetch *fetch)
{
    const struct cfg_fetch_job *job = fetch->job;
    bool bare =
        cfg_str_chr(job->proxy_host, ':') < job->proxy_host.len && job->proxy_host.ptr[0] != '[';

    if (!to_text(job->uri, fetch->uri, sizeof fetch->uri) ||
        !to_text(job->username, fetch->username, sizeof fetch->username) ||
        !to_text(job->password, fetch->password, sizeof fetch->password) ||
        !to_text(job->proxy_username, fetch->proxy_username, sizeof fetch->proxy_username) ||
        !to_text(job->proxy_password, fetch->proxy_password, sizeof fetch->proxy_password) ||
        !to_text(job->proxy_host, fetch->proxy_host, sizeof fetch->proxy_host))
        return false;
    snprintf(fetch->proxy_port, sizeof fetch->proxy_port, "%llu",
             (unsigned long long)job->proxy_port);
    snprintf(fetch->proxy_uri, sizeof fetch->proxy_uri, "http://%s%s%s:%s", bare ? "[" : "",
             fetch->proxy_host, bare ? "]" : "", fetch->proxy_port);
    return true;
}

/* A little less than the server grants, so that our own words are there before it gives up. */
static int64_t less_ms(uint64_t granted_ms)
{
    uint64_t margin_ms = granted_ms / 20 < 250 ? granted_ms / 20 : 250;

    return (int64_t)(granted_ms - margin_ms);
}

static void set_streams(struct fetch *fetch)
{
    const struct cfg_fetch_job *job = fetch->job;

    fetch->streams = (struct cfg_stream_job){
        .tls = {.ca_file = job->ca_file,
                .client_cert = job->client_cert,
                .client_key = job->client_key,
                .passphrase = job->passphrase,
                .skip_validation = job->skip_ssl_validation},
        .limits = {.end_ms = cfg_clock_ms() + less_ms(job->total_ms),
                   .silence_ms = less_ms(job->timeout_ms)},
        .why = CFG_ERR_INIT,
    };
    if (fetch->proxy_host[0]) {
        fetch->streams.proxy_host = fetch->proxy_host;
        fetch->streams.proxy_port = fetch->proxy_port;
    }
    cfg_streams_use(&fetch->streams);
}

static enum cfg_status connect_remote(struct fetch *fetch, struct cfg_err *err)
{
    git_remote_connect_options options;
    struct cfg_uri parsed = {0};
    enum cfg_status status;
    int code;

    if (!take_texts(fetch))
        return cfg_err_set(err, CFG_INVALID,
                           "the uri, the proxy, a user name or a password is too long");
    status = cfg_uri_parse(fetch->job->uri, &parsed, err);
    if (status == CFG_OK && parsed.kind == CFG_URI_SSH) {
        status = cfg_ssh_open(fetch->job, &fetch->ssh, err);
        snprintf(fetch->uri, sizeof fetch->uri, "%s", CFG_SSH_URI);
    }
    if (status == CFG_OK && parsed.path && access(parsed.path, F_OK) != 0)
        status =
            cfg_err_set(err, CFG_NOT_FOUND, "there is no such folder"); /* libgit2: "protocol" */
    set_streams(fetch);
    cfg_uri_release(&parsed);
    if (status != CFG_OK)
        return status;
    code = git_remote_create_anonymous(&fetch->remote, fetch->repo, fetch->uri);
    if (code == 0) {
        git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
        set_callbacks(fetch, &options.callbacks);
        set_proxy(fetch, &options.proxy_opts);
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
        code = git_remote_connect_ext(fetch->remote, GIT_DIRECTION_FETCH, &options);
    }
    return code < 0 ? fail(fetch, code, "connecting", err) : CFG_OK;
}

/* ---- the objects ---- */

static enum cfg_status download(struct fetch *fetch, struct cfg_err *err)
{
    char heads[] = "+refs/heads/*:refs/heads/*";
    char tags[] = "+refs/tags/*:refs/tags/*";
    char *specs[] = {heads, tags};
    const git_strarray list = {specs, CFG_COUNT(specs)};
    git_fetch_options options;
    struct cfg_packs packs;
    bool misses_object;
    int code;

    if (cfg_packs_list(git_repository_path(fetch->repo), &packs, err) != CFG_OK)
        return err->status;
    fetch->had_bytes = packs.bytes;
    cfg_packs_release(&packs);
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; /* all are asked for by name */
    options.update_fetchhead = 0;
    set_callbacks(fetch, &options.callbacks);
    set_proxy(fetch, &options.proxy_opts);
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    code = git_remote_download(fetch->remote, &list, &options);
    if (code == 0)
        return CFG_OK;
    misses_object = git_error_last() && git_error_last()->klass == GIT_ERROR_ODB;
    fail(fetch, code, "downloading", err);
    if (misses_object && err->status == CFG_NOT_FOUND)
        err->status = CFG_CORRUPT; /* the mirror lacks what it should have, not the remote */
    return err->status;
}

/* Every tip must be there before it is named; annotated tags of terse servers are peeled here. */
static enum cfg_status check_offers(struct fetch *fetch, struct cfg_err *err)
{
    git_odb *odb = NULL;
    enum cfg_status status = CFG_OK;
    int code = git_repository_odb(&odb, fetch->repo);

    if (code == 0)
        code = git_odb_refresh(odb);
    if (code < 0)
        status = cfg_git_fail(err, code, "opening the mirror");
    for (size_t i = 0; i < fetch->offer_count && status == CFG_OK; i++) {
        struct cfg_ref_offer *offer = &fetch->offers[i];
        git_object *object = NULL, *commit = NULL;
        git_oid id;

        code = git_oid_fromstr(&id, offer->object);
        if (code == 0 && !git_odb_exists(odb, &id))
            status = cfg_err_set(err, CFG_CORRUPT, "the remote did not send what %.*s stands for",
                                 CFG_STR_ARG(offer->name));
        if (status != CFG_OK || offer->peeled[0] ||
            !cfg_str_starts(offer->name, CFG_STR("refs/tags/")))
            continue;
        if (git_object_lookup(&object, fetch->repo, &id, GIT_OBJECT_TAG) == 0 &&
            git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0)
            git_oid_tostr(offer->peeled, 41, git_object_id(commit));
        git_object_free(commit);
        git_object_free(object);
    }
    git_odb_free(odb);
    return status;
}

static enum cfg_status bring_up_to_date(struct fetch *fetch, bool *out_changed, struct cfg_err *err)
{
    const char *dir = git_repository_path(fetch->repo);
    struct cfg_str head;
    enum cfg_status status;

    status = connect_remote(fetch, err);
    if (status == CFG_OK)
        status = list_offers(fetch, err);
    if (status != CFG_OK)
        return status;
    head = cfg_str_of(fetch->head);
    if (cfg_refs_same(dir, fetch->offers, fetch->offer_count, head))
        return CFG_OK;
    if (fetch->offer_count)
        status = download(fetch, err);
    if (status == CFG_OK)
        status = check_offers(fetch, err);
    if (status == CFG_OK)
        status = cfg_refs_write(dir, fetch->offers, fetch->offer_count, head, out_changed, err);
    return status;
}

enum cfg_status cfg_fetch_run(const struct cfg_fetch_job *job,
                              cfg_fetch_alive_fn alive,
                              void *ctx,
                              bool *out_changed,
                              struct cfg_err *err)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    enum cfg_status status;

    *out_changed = false;
    if (!fetch)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to fetch");
    fetch->job = job;
    fetch->alive = alive;
    fetch->alive_ctx = ctx;
    status = open_mirror(fetch, err);
    if (status == CFG_OK)
        status = bring_up_to_date(fetch, out_changed, err);
    if (fetch->remote)
        git_remote_disconnect(fetch->remote);
    git_remote_free(fetch->remote);
    cfg_ssh_close(fetch->ssh);
    git_repository_free(fetch->repo);
    cfg_streams_use(NULL);
    free(fetch->offers);
    for (volatile char *p = (char *)fetch; p < (char *)fetch + sizeof *fetch; p++)
        *p = '\0'; /* credentials are in it */
    free(fetch);
    return status;
}
