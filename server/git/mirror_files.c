/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: paths below the state folder.
 * Gives: folders with our mark, locks, and their end.
 * Keeps: what we did not make.
 */
#include "server/git/mirror_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, DEPTH = 16, LOCK_TRIES = 10 };

static const char mark_name[] = "strata-mirror";

bool cfg_mirror_name(const char *uri, char out[17])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(uri, strlen(uri), hash, &len, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < 8; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    return true;
}

bool cfg_mirror_is_folder(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum cfg_status cfg_mirror_make_folders(const char *path, struct cfg_err *err)
{
    char part[PATH_BYTES];
    size_t len = strlen(path);

    if (len >= sizeof part)
        return cfg_err_set(err, CFG_INVALID, "the path of the state folder is too long");
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "making %s", part);
    }
    return CFG_OK;
}

enum cfg_status cfg_mirror_make_marked(const char *path, struct cfg_err *err)
{
    char mark[PATH_BYTES];
    int fd;

    if (mkdir(path, 0700) != 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "making %s", path);
    snprintf(mark, sizeof mark, "%s/%s", path, mark_name);
    fd = open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        enum cfg_status status = cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "making %s", mark);
        rmdir(path);
        return status;
    }
    close(fd);
    return CFG_OK;
}

static bool is_folder_at(int parent, const char *name)
{
    struct stat about;

    return fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

/* Everything in the folder `name` of `parent` but, on the first level, the mark; then the folder. */
static void delete_at(int parent, const char *name, unsigned depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir && fd >= 0)
        close(fd);
    while (dir && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (depth == 0 && strcmp(entry->d_name, mark_name) == 0)
            continue; /* last, so that an interrupted deletion can be taken up again */
        if (!is_folder_at(fd, entry->d_name))
            unlinkat(fd, entry->d_name, 0);
        else if (depth < DEPTH)
            delete_at(fd, entry->d_name, depth + 1);
    }
    if (dir && depth == 0)
        unlinkat(fd, mark_name, 0);
    if (dir)
        closedir(dir);
    unlinkat(parent, name, AT_REMOVEDIR);
}

bool cfg_mirror_delete_marked(const char *path)
{
    char mark[PATH_BYTES];
    struct stat about;

    snprintf(mark, sizeof mark, "%s/%s", path, mark_name);
    if (lstat(mark, &about) == 0 && S_ISREG(about.st_mode))
        delete_at(AT_FDCWD, path, 0);
    return lstat(path, &about) != 0 && errno == ENOENT;
}

void cfg_mirror_sweep_packs(const char *path)
{
    char packs[PATH_BYTES];
    struct dirent *entry;
    DIR *dir;

    snprintf(packs, sizeof packs, "%s/objects/pack", path);
    dir = opendir(packs);
    while (dir && (entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, "pack_", 5) == 0 || strncmp(entry->d_name, "tmp_", 4) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

static bool is_still(int fd, const char *path)
{
    struct stat open_one, named_one;

    return fstat(fd, &open_one) == 0 && stat(path, &named_one) == 0 &&
           open_one.st_dev == named_one.st_dev && open_one.st_ino == named_one.st_ino;
}

/*
 * Opens and locks. For reading only, so that an operator can turn the disk read-only under a running
 * server; NFS, which locks by fcntl(2), wants a descriptor for writing (EBADF).
 * Gives the errno of what failed, 0 for none.
 */
static int open_locked(const char *path, int *out_fd)
{
    static const int modes[] = {O_RDONLY, O_RDWR};
    int error = 0;

    for (size_t i = 0; i < CFG_COUNT(modes) && (i == 0 || error == EBADF); i++) {
        *out_fd = open(path, modes[i] | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*out_fd < 0)
            return errno;
        error = flock(*out_fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        if (error)
            close(*out_fd);
    }
    return error;
}

enum cfg_status cfg_mirror_lock_file(const char *path, int *out_fd, struct cfg_err *err)
{
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        int fd = -1;
        int error = open_locked(path, &fd);

        *out_fd = -1;
        if (error == EWOULDBLOCK)
            return cfg_err_set(err, CFG_CONFLICT, "the mirror is in use by another process (%s)",
                               path);
        if (error)
            return cfg_err_set_errno(err, CFG_UNAVAILABLE, error, "locking %s", path);
        if (is_still(fd, path)) { /* else its last user deleted it in between */
            *out_fd = fd;
            return CFG_OK;
        }
        close(fd);
    }
    return cfg_err_set(err, CFG_UNAVAILABLE, "cannot lock %s", path);
}
