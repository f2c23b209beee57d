/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the settings of a repository and the userinfo of its uri.
 * Gives: the user name and the password of one fetch.
 * Keeps: secrets in buffers that are wiped.
 */
#include "server/git/credentials.h"

#include <string.h>

#include "core/base/file.h"

enum { FILE_BYTES = 64 << 10, PATH_BYTES = 4096 };

/* The file's text without the line end that editors and secret stores leave behind. */
static enum cfg_status read_secret(const char *setting,
                                   struct cfg_str path,
                                   struct cfg_buf *bytes,
                                   struct cfg_str *out,
                                   struct cfg_err *err)
{
    char name[PATH_BYTES];
    enum cfg_status status;

    if (path.len >= sizeof name)
        return cfg_err_set(err, CFG_UNAVAILABLE, "%s: the path is too long", setting);
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    status = cfg_file_read(name, bytes, err);
    if (status != CFG_OK) {
        if (status != CFG_NO_MEMORY)
            err->status = status = CFG_UNAVAILABLE; /* not_found is said of repositories */
        cfg_err_prefix(err, "%s", setting);
        return status;
    }
    *out = cfg_buf_view(bytes);
    while (out->len > 0 && strchr("\r\n", out->ptr[out->len - 1]))
        out->len--;
    return out->len > 0 ? CFG_OK
                        : cfg_err_set(err, CFG_UNAVAILABLE, "%s: %s is empty", setting, name);
}

enum cfg_status cfg_credentials_read(const struct cfg_git_options *options,
                                     const struct cfg_uri *uri,
                                     struct cfg_credentials *out,
                                     struct cfg_err *err)
{
    /* the "git" of git@host names the account, as ssh has it, whatever the settings say */
    bool account = uri->kind == CFG_URI_SSH && uri->user;
    bool own_name = options->username.len || options->username_file.len;
    enum cfg_status status = CFG_OK;

    cfg_buf_init(&out->username_bytes, FILE_BYTES);
    cfg_buf_init(&out->password_bytes, FILE_BYTES);
    out->username = own_name && !account ? options->username : cfg_str_of(uri->user);
    out->password = options->password;
    if ((!options->password.len && !own_name) || (account && uri->password))
        out->password = cfg_str_of(uri->password);
    if (options->username_file.len && !account)
        status = read_secret("git.username-file", options->username_file, &out->username_bytes,
                             &out->username, err);
    if (status == CFG_OK && options->password_file.len)
        status = read_secret("git.password-file", options->password_file, &out->password_bytes,
                             &out->password, err);
    return status;
}

void cfg_credentials_release(struct cfg_credentials *credentials)
{
    cfg_buf_wipe(&credentials->username_bytes);
    cfg_buf_wipe(&credentials->password_bytes);
    credentials->username = credentials->password = CFG_STR_NONE;
}
