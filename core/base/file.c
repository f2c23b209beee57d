/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a path of the operator's. Gives: its bytes, or new bytes in one step. Keeps: nothing.
 */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cfg_status status_of_errno(int saved_errno)
{
    switch (saved_errno) {
    case ENOENT:
    case ENOTDIR:
        return CFG_NOT_FOUND;
    case EACCES:
    case EPERM:
        return CFG_DENIED;
    case ENOMEM:
        return CFG_NO_MEMORY;
    default:
        return CFG_UNAVAILABLE;
    }
}

enum cfg_status cfg_file_read(const char *path, struct cfg_buf *out, struct cfg_err *err)
{
    bool done = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int saved = errno;
        return cfg_err_set_errno(err, status_of_errno(saved), saved, "opening %s", path);
    }
    while (!done) {
        char chunk[16 << 10];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int saved = errno;
            cfg_err_set_errno(err, status_of_errno(saved), saved, "reading %s", path);
            goto out;
        }
        cfg_buf_append(out, chunk, (size_t)got);
        if (cfg_buf_end(out, path, err) != CFG_OK)
            goto out;
        done = got == 0;
    }
out:
    close(fd);
    return cfg_err_end(err, done);
}

static bool write_all(int fd, struct cfg_str bytes)
{
    while (bytes.len) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            bytes = cfg_str_sub(bytes, (size_t)put, bytes.len);
    }
    return true;
}

enum cfg_status
cfg_file_write(const char *path, struct cfg_str bytes, unsigned mode, struct cfg_err *err)
{
    bool done = false;
    char beside[4096];
    int fd = -1;
    int len = snprintf(beside, sizeof beside, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof beside)
        return cfg_err_set(err, CFG_INVALID, "path is too long: %.80s…", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0 || !write_all(fd, bytes) || fsync(fd) != 0 || rename(beside, path) != 0) {
        int saved = errno;
        cfg_err_set_errno(err, status_of_errno(saved), saved, "writing %s", path);
        if (fd >= 0)
            unlink(beside);
        goto out;
    }
    done = true;
out:
    if (fd >= 0)
        close(fd);
    return cfg_err_end(err, done);
}
