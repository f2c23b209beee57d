/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the uri of a repository and how it is reached.
 * Gives: the two git kinds of stores: read in place (file:), or through a mirror (all others).
 * Keeps: the name of the repository in front of every message, credentials out of it.
 */
#include <stdlib.h>
#include <string.h>

#include "server/git/credentials.h"
#include "server/git/fetchers.h"
#include "server/git/git_read.h"
#include "server/git/mirror.h"
#include "server/git/pins.h"
#include "server/git/proxy.h"
#include "server/git/store_kind.h"
#include "server/git/uri.h"

enum { TIMEOUT_MS = 5000 };

struct git_store {
    struct cfg_store head;
    const struct cfg_git_options *options;
    struct cfg_uri uri;
    struct cfg_git_reader *reader;
    struct cfg_fetchers *fetchers; /* mirrors only; counted */
    struct cfg_mirror *mirror;     /* mirrors only */
};

static struct git_store *git_of(struct cfg_store *store)
{
    return (struct git_store *)store;
}

/*
 * Says which repository failed, and remembers that a mirror may be damaged. That we are not let in is
 * no fault of whoever asks us: it comes to them as what is out of order.
 */
static enum cfg_status told(struct git_store *git, enum cfg_status status, struct cfg_err *err)
{
    if (status == CFG_OK)
        return status;
    cfg_err_prefix(err, "%s", git->uri.shown);
    if (status == CFG_UNAUTHENTICATED || status == CFG_DENIED)
        err->status = status = CFG_UNAVAILABLE;
    if (status == CFG_CORRUPT && git->mirror)
        cfg_mirror_suspect(git->mirror);
    return status;
}

static void close_git(struct cfg_store *store)
{
    struct git_store *git = git_of(store);

    cfg_git_reader_free(git->reader);
    if (git->mirror)
        cfg_mirror_close(cfg_fetchers_mirrors(git->fetchers), git->mirror);
    if (git->fetchers)
        cfg_fetchers_unref(git->fetchers);
    cfg_uri_release(&git->uri);
    free(git);
}

static enum cfg_status tips(struct cfg_store *store, struct cfg_tips **out, struct cfg_err *err)
{
    struct git_store *git = git_of(store);
    enum cfg_status status = cfg_git_reader_tips(git->reader, out, err);

    if (status == CFG_OK && (*out)->skipped && git->mirror)
        cfg_mirror_suspect(git->mirror); /* we wrote them: they were whole */
    return told(git, status, err);
}

static enum cfg_status commit(struct cfg_store *store,
                              const struct cfg_tips *known,
                              struct cfg_str label,
                              char out_commit[41],
                              struct cfg_err *err)
{
    struct git_store *git = git_of(store);
    enum cfg_status status = cfg_git_reader_commit(git->reader, known, label, out_commit, err);

    return status == CFG_NOT_FOUND ? status : told(git, status, err); /* the wire shows that text */
}

static enum cfg_status tree(struct cfg_store *store,
                            const char *id,
                            struct cfg_tree *known,
                            struct cfg_tree **out,
                            int64_t *out_wall_ms,
                            struct cfg_err *err)
{
    struct git_store *git = git_of(store);
    enum cfg_status status;

    status = cfg_git_reader_tree(git->reader, id, known, out, out_wall_ms, err);
    if (status == CFG_OK && git->mirror && *out != known) {
        status = cfg_pins_add(cfg_mirror_pins(git->mirror), id, *out, err);
        if (status != CFG_OK) {
            cfg_tree_unref(*out);
            *out = NULL;
        }
    }
    return told(git, status, err);
}

static enum cfg_status parent(struct cfg_store *store,
                              const char *id,
                              struct cfg_str path,
                              char out_parent[41],
                              unsigned char out_id[CFG_ID_BYTES],
                              bool *out_found,
                              struct cfg_err *err)
{
    struct git_store *git = git_of(store);

    return told(
        git, cfg_git_reader_parent(git->reader, id, path, out_parent, out_id, out_found, err), err);
}

static enum cfg_status read_entry(struct cfg_store *store,
                                  const struct cfg_tree *from,
                                  const struct cfg_tree_entry *entry,
                                  size_t max_bytes,
                                  struct cfg_buf *out,
                                  struct cfg_err *err)
{
    struct git_store *git = git_of(store);

    (void)from;
    return told(git, cfg_git_reader_read(git->reader, entry, max_bytes, out, err), err);
}

static void add_proxy(const struct git_store *git, struct cfg_fetch_job *job)
{
    const struct cfg_git_proxy *proxy = cfg_proxy_of(git->options, &git->uri);

    if (!proxy)
        return;
    job->proxy_host = proxy->host;
    job->proxy_port = (uint64_t)proxy->port;
    job->proxy_username = proxy->username;
    job->proxy_password = proxy->password;
}

static enum cfg_status fetch(struct cfg_store *store, struct cfg_err *err)
{
    struct git_store *git = git_of(store);
    const struct cfg_git_options *options = git->options;
    struct cfg_credentials credentials;
    int seconds = options->timeout_s;
    enum cfg_status status;
    struct cfg_fetch_job job = {
        .uri = cfg_str_of(git->uri.shown),
        .passphrase = options->passphrase,
        .private_key = options->private_key,
        .host_key = options->host_key,
        .host_key_algorithm = options->host_key_algorithm,
        .known_hosts_file = options->known_hosts_file,
        .private_key_file = options->private_key_file,
        .preferred_authentications = options->preferred_authentications,
        .max_bytes = options->mirror_max_bytes,
        .ca_file = options->ca_file,
        .client_cert = options->client_cert,
        .client_key = options->client_key,
        .timeout_ms = seconds > 0 ? (uint64_t)seconds * 1000 : TIMEOUT_MS,
        .skip_ssl_validation = options->skip_ssl_validation,
        .ignore_local_ssh_settings = options->ignore_local_ssh_settings,
        .strict_host_key_checking = options->strict_host_key_checking,
    };

    add_proxy(git, &job);
    status = cfg_credentials_read(options, &git->uri, &credentials, err);
    job.username = credentials.username;
    job.password = credentials.password;
    if (status == CFG_OK)
        status = cfg_mirror_fetch(git->mirror, git->fetchers, &job, err);
    cfg_credentials_release(&credentials);
    return told(git, status, err);
}

static const struct cfg_store_ops in_place_ops = {.close = close_git,
                                                  .tips = tips,
                                                  .commit = commit,
                                                  .tree = tree,
                                                  .parent = parent,
                                                  .read = read_entry};

static const struct cfg_store_ops mirror_ops = {.close = close_git,
                                                .fetch = fetch,
                                                .tips = tips,
                                                .commit = commit,
                                                .tree = tree,
                                                .parent = parent,
                                                .read = read_entry};

static enum cfg_status open_kind(struct git_store *git,
                                 struct cfg_str state_dir,
                                 struct cfg_fetchers *fetchers,
                                 struct cfg_err *err)
{
    struct cfg_str basedir = git->options->basedir;
    enum cfg_status status;

    git->head.name = cfg_str_of(git->uri.shown);
    if (git->uri.kind == CFG_URI_FILE) {
        git->head.kind = CFG_STORE_IN_PLACE;
        git->head.ops = &in_place_ops;
        return cfg_git_reader_new(git->uri.path, &git->reader, err);
    }
    CFG_ASSERT(fetchers != NULL);
    git->head.kind = CFG_STORE_MIRROR;
    git->head.ops = &mirror_ops;
    git->fetchers = cfg_fetchers_ref(fetchers);
    status = cfg_mirror_open(cfg_fetchers_mirrors(fetchers), basedir.len ? basedir : state_dir,
                             git->uri.shown, &git->mirror, err);
    if (status == CFG_OK)
        status = cfg_git_reader_new(cfg_mirror_path(git->mirror), &git->reader, err);
    return status;
}

enum cfg_status cfg_store_open_git(struct cfg_str uri,
                                   const struct cfg_git_options *options,
                                   struct cfg_str state_dir,
                                   struct cfg_fetchers *fetchers,
                                   struct cfg_store **out,
                                   struct cfg_err *err)
{
    struct git_store *git = calloc(1, sizeof *git);
    enum cfg_status status;

    *out = NULL;
    if (!git)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a repository");
    git->options = options;
    status = cfg_uri_parse(uri, &git->uri, err);
    if (status != CFG_OK) {
        free(git);
        return status;
    }
    status = told(git, open_kind(git, state_dir, fetchers, err), err);
    if (status != CFG_OK) {
        close_git(&git->head);
        return status;
    }
    *out = &git->head;
    return CFG_OK;
}
