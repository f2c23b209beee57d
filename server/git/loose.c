/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the objects folder of a repository and an id.
 * Gives: the inflated object, or why not.
 * Keeps: input is read in blocks and every block makes progress, or it is an error.
 */
#include "server/git/loose.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "server/git/tree.h"

enum { BLOCK_BYTES = 16384, HEADER_BYTES = 64, PATH_BYTES = 4096 };

struct reader {
    int fd;
    z_stream zip;
    bool zip_open;
    bool ended; /* the zlib stream is complete */
    unsigned char block[BLOCK_BYTES];
    char hex[41];
};

static enum cfg_status damaged(const struct reader *reader, const char *how, struct cfg_err *err)
{
    return cfg_err_set(err, CFG_CORRUPT, "loose object %s %s", reader->hex, how);
}

static enum cfg_status open_object(struct reader *reader,
                                   const char *objects_dir,
                                   const unsigned char id[CFG_ID_BYTES],
                                   struct cfg_err *err)
{
    char path[PATH_BYTES];
    struct stat about;
    int length;

    reader->fd = -1;
    reader->zip = (z_stream){0};
    reader->zip_open = false;
    reader->ended = false;
    cfg_id_hex(id, reader->hex);
    length = snprintf(path, sizeof path, "%s/%.2s/%s", objects_dir, reader->hex, reader->hex + 2);
    if (length < 0 || (size_t)length >= sizeof path)
        return cfg_err_set(err, CFG_INVALID, "the path of the objects folder is too long");
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0)
        return cfg_err_set_errno(
            err, errno == ENOENT || errno == ENOTDIR ? CFG_NOT_FOUND : CFG_UNAVAILABLE, errno,
            "opening loose object %s", reader->hex);
    if (fstat(reader->fd, &about) != 0 || !S_ISREG(about.st_mode))
        return damaged(reader, "is no file", err);
    if (inflateInit(&reader->zip) != Z_OK)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory to inflate an object");
    reader->zip_open = true;
    return CFG_OK;
}

static void close_object(struct reader *reader)
{
    if (reader->zip_open)
        inflateEnd(&reader->zip);
    if (reader->fd >= 0)
        close(reader->fd);
}

/* Inflates into `to` until it is full or the stream ends; gives how much came. */
static enum cfg_status inflate_some(
    struct reader *reader, unsigned char *to, size_t room, size_t *out_len, struct cfg_err *err)
{
    z_stream *zip = &reader->zip;
    size_t done = 0;

    while (done < room && !reader->ended) {
        uInt part;
        int result;

        if (zip->avail_in == 0) {
            ssize_t got = read(reader->fd, reader->block, sizeof reader->block);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "reading loose object %s",
                                         reader->hex);
            if (got == 0)
                return damaged(reader, "is truncated", err);
            zip->next_in = reader->block;
            zip->avail_in = (uInt)got;
        }
        part = room - done > (1u << 30) ? 1u << 30 : (uInt)(room - done);
        zip->next_out = to + done;
        zip->avail_out = part;
        result = inflate(zip, Z_NO_FLUSH);
        done += part - zip->avail_out;
        if (result == Z_STREAM_END)
            reader->ended = true;
        else if (result == Z_MEM_ERROR)
            return cfg_err_set(err, CFG_NO_MEMORY, "no memory to inflate an object");
        else if (result != Z_OK && !(result == Z_BUF_ERROR && zip->avail_in == 0))
            return damaged(reader, "cannot be inflated", err);
    }
    *out_len = done;
    return CFG_OK;
}

/* "blob 123" and its NUL; gives where the object's own bytes begin in `head`. */
static bool
parse_header(const unsigned char *head, size_t len, struct cfg_loose *out, size_t *out_begin)
{
    static const struct {
        struct cfg_str word;
        enum cfg_git_type type;
    } types[] = {
        {{"commit ", 7}, CFG_GIT_COMMIT},
        {{"tree ", 5}, CFG_GIT_TREE},
        {{"blob ", 5}, CFG_GIT_BLOB},
        {{"tag ", 4}, CFG_GIT_TAG},
    };
    struct cfg_str text = cfg_str_make((const char *)head, len);
    size_t at = 0, size = 0, first;

    for (size_t i = 0; i < CFG_COUNT(types) && !at; i++)
        if (cfg_str_starts(text, types[i].word)) {
            out->type = types[i].type;
            at = types[i].word.len;
        }
    first = at;
    for (; at && at < len && head[at] >= '0' && head[at] <= '9'; at++) {
        if (size > SIZE_MAX / 20)
            return false;
        size = size * 10 + (size_t)(head[at] - '0');
    }
    if (at == first || at >= len || head[at] != '\0')
        return false;
    out->size = size;
    *out_begin = at + 1;
    return true;
}

/* Opens and gives the header; `*out_early` bytes of the object follow it in `head` already. */
static enum cfg_status begin(struct reader *reader,
                             const char *objects_dir,
                             const unsigned char id[CFG_ID_BYTES],
                             struct cfg_loose *out,
                             unsigned char head[HEADER_BYTES],
                             size_t *out_begin,
                             size_t *out_len,
                             struct cfg_err *err)
{
    enum cfg_status status;

    *out = (struct cfg_loose){.type = CFG_GIT_BLOB};
    status = open_object(reader, objects_dir, id, err);
    if (status == CFG_OK)
        status = inflate_some(reader, head, HEADER_BYTES, out_len, err);
    if (status == CFG_OK &&
        (!parse_header(head, *out_len, out, out_begin) || *out_len - *out_begin > out->size))
        status = damaged(reader, "has a bad header", err);
    return status;
}

enum cfg_status cfg_loose_header(const char *objects_dir,
                                 const unsigned char id[CFG_ID_BYTES],
                                 struct cfg_loose *out,
                                 struct cfg_err *err)
{
    struct reader reader;
    unsigned char head[HEADER_BYTES];
    size_t start = 0, len = 0;
    enum cfg_status status = begin(&reader, objects_dir, id, out, head, &start, &len, err);

    close_object(&reader);
    return status;
}

/* Everything behind the header, to the stream's end and the file's. */
static enum cfg_status
read_rest(struct reader *reader, struct cfg_loose *out, size_t early, struct cfg_err *err)
{
    unsigned char extra;
    size_t len = 0;
    enum cfg_status status = inflate_some(reader, out->bytes + early, out->size - early, &len, err);

    if (status == CFG_OK && early + len != out->size)
        status = damaged(reader, "ends too early", err);
    if (status == CFG_OK && !reader->ended) { /* only the check sum may follow */
        status = inflate_some(reader, &extra, 1, &len, err);
        if (status == CFG_OK && len)
            status = damaged(reader, "is longer than it says", err);
    }
    return status;
}

enum cfg_status cfg_loose_read(const char *objects_dir,
                               const unsigned char id[CFG_ID_BYTES],
                               size_t max_bytes,
                               struct cfg_loose *out,
                               struct cfg_err *err)
{
    struct reader reader;
    unsigned char head[HEADER_BYTES];
    size_t start = 0, len = 0;
    enum cfg_status status = begin(&reader, objects_dir, id, out, head, &start, &len, err);

    if (status == CFG_OK && out->size > max_bytes)
        status = cfg_err_set(err, CFG_TOO_LARGE, "object %s has %zu bytes, over the limit of %zu",
                             reader.hex, out->size, max_bytes);
    if (status == CFG_OK) {
        out->bytes = malloc(out->size + 1);
        if (!out->bytes)
            status = cfg_err_set(err, CFG_NO_MEMORY, "no memory for object %s", reader.hex);
    }
    if (status == CFG_OK) {
        memcpy(out->bytes, head + start, len - start);
        out->bytes[out->size] = '\0';
        status = read_rest(&reader, out, len - start, err);
    }
    if (status != CFG_OK) {
        free(out->bytes);
        out->bytes = NULL;
    }
    close_object(&reader);
    return status;
}

enum cfg_status cfg_loose_find(const char *objects_dir,
                               struct cfg_str digits,
                               unsigned char out_id[CFG_ID_BYTES],
                               struct cfg_err *err)
{
    char path[PATH_BYTES], hex[41];
    struct dirent *entry;
    size_t found = 0;
    int length = snprintf(path, sizeof path, "%s/%.2s", objects_dir, digits.ptr);
    DIR *dir;

    if (length < 0 || (size_t)length >= sizeof path)
        return cfg_err_set(err, CFG_INVALID, "the path of the objects folder is too long");
    dir = opendir(path);
    while (dir && (entry = readdir(dir)) != NULL) {
        struct cfg_str name = cfg_str_of(entry->d_name);
        if (name.len != 38 || !cfg_str_starts(name, cfg_str_sub(digits, 2, digits.len)))
            continue;
        snprintf(hex, sizeof hex, "%.2s%.38s", digits.ptr, entry->d_name);
        if (cfg_id_parse(cfg_str_make(hex, 40), out_id))
            found++;
    }
    if (dir)
        closedir(dir);
    if (found == 1)
        return CFG_OK;
    return cfg_err_set(err, found ? CFG_CONFLICT : CFG_NOT_FOUND,
                       "%zu loose objects begin with %.*s", found, CFG_STR_ARG(digits));
}
