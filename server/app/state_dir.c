/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the settings' wish, or nothing.
 * Gives: a folder that exists.
 * Keeps: whether it was made here.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "server/app/state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_DEPTH = 64 };

static enum cfg_status
fail(struct cfg_err *err, int saved_errno, const char *what, const char *path)
{
    enum cfg_status status = saved_errno == EACCES || saved_errno == EPERM || saved_errno == EROFS
                                 ? CFG_DENIED
                                 : CFG_UNAVAILABLE;

    return cfg_err_set_errno(err, status, saved_errno, "%s %s", what, path);
}

enum cfg_status cfg_state_dir_make(struct cfg_str path, struct cfg_err *err)
{
    char text[CFG_STATE_DIR_BYTES];
    struct stat info;

    if (path.len >= sizeof(text))
        return cfg_err_set(err, CFG_TOO_LARGE, "the path of a folder is over %d bytes",
                           CFG_STATE_DIR_BYTES - 1);
    memcpy(text, path.ptr, path.len);
    text[path.len] = '\0';
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && text[i] != '/')
            continue;
        text[i] = '\0';
        if (mkdir(text, 0700) != 0 && errno != EEXIST && stat(text, &info) != 0)
            return fail(err, errno, "making the folder", text);
        if (i < path.len)
            text[i] = '/';
    }
    if (stat(text, &info) != 0)
        return fail(err, errno, "looking at the folder", text);
    if (!S_ISDIR(info.st_mode))
        return cfg_err_set(err, CFG_UNAVAILABLE, "%s is no folder", text);
    return CFG_OK;
}

static enum cfg_status make_temporary(struct cfg_state_dir *out, struct cfg_err *err)
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(out->path, sizeof(out->path), "%s/strata-XXXXXX",
                       parent != NULL && parent[0] == '/' ? parent : "/tmp");

    if (len < 0 || (size_t)len >= sizeof(out->path))
        return cfg_err_set(err, CFG_TOO_LARGE, "$TMPDIR is too long");
    if (mkdtemp(out->path) == NULL)
        return fail(err, errno, "making the temporary folder", out->path);
    out->temporary = true;
    return CFG_OK;
}

enum cfg_status
cfg_state_dir_open(struct cfg_str basedir, struct cfg_state_dir *out, struct cfg_err *err)
{
    struct cfg_str wanted = basedir, given = cfg_str_of(getenv("STATE_DIRECTORY"));
    enum cfg_status status;

    out->path[0] = '\0';
    out->temporary = false;
    if (wanted.len == 0)
        cfg_str_cut(&given, ':', &wanted); /* systemd lists several with colons */
    if (wanted.len == 0) {
        status = make_temporary(out, err);
    } else {
        status = cfg_state_dir_make(wanted, err);
        if (status == CFG_OK)
            snprintf(out->path, sizeof(out->path), "%.*s", CFG_STR_ARG(wanted));
    }
    if (status != CFG_OK)
        out->path[0] = '\0';
    return status;
}

/* Descriptors, never paths: a link that somebody puts in between leads nowhere. */
static void remove_below(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 && depth < TREE_DEPTH ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        remove_below(fd, entry->d_name, depth + 1);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

void cfg_state_dir_close(struct cfg_state_dir *state)
{
    if (state->temporary) {
        remove_below(AT_FDCWD, state->path, 0);
        rmdir(state->path);
    }
    state->path[0] = '\0';
    state->temporary = false;
}
