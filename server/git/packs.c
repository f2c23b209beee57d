/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a mirror's folder.
 * Gives: its packs by size, and what to do about them.
 * Keeps: files that are no packs.
 */
#include "server/git/packs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, COUNT_MAX = 100000 };

static const uint64_t small_bytes = 32 << 20; /* below this, doubles cost nothing */

static const char *const endings[] = {".idx", ".rev", ".bitmap", ".mtimes", ".pack"};

static bool file_bytes(int dir, const char *name, const char *ending, uint64_t *out)
{
    char path[CFG_PACK_NAME_BYTES + 16];
    struct stat about;

    snprintf(path, sizeof path, "%s%s", name, ending);
    if (fstatat(dir, path, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
        return false;
    *out += (uint64_t)about.st_size;
    return true;
}

static bool add_pack(struct cfg_packs *packs, int dir, struct cfg_str file)
{
    struct cfg_pack *grown, *pack;

    if ((packs->count & (packs->count - 1)) == 0) { /* full at 0, 1, 2, 4, 8… */
        size_t cap = packs->count ? 2 * packs->count : 1;
        grown = realloc(packs->items, cap * sizeof *grown);
        if (!grown)
            return false;
        packs->items = grown;
    }
    pack = &packs->items[packs->count++];
    *pack = (struct cfg_pack){.bytes = 0};
    memcpy(pack->name, file.ptr, file.len - 5);
    (void)file_bytes(dir, pack->name, ".pack", &pack->bytes);
    pack->indexed = file_bytes(dir, pack->name, ".idx", &pack->bytes);
    packs->bytes += pack->bytes;
    return true;
}

static int by_size(const void *a, const void *b)
{
    const struct cfg_pack *left = a, *right = b;

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? -1 : 1;
    return strcmp(left->name, right->name);
}

enum cfg_status cfg_packs_list(const char *dir, struct cfg_packs *out, struct cfg_err *err)
{
    enum cfg_status status = CFG_OK;
    char path[PATH_BYTES];
    struct dirent *entry;
    DIR *packs;

    *out = (struct cfg_packs){NULL, 0, 0};
    snprintf(path, sizeof path, "%s/objects/pack", dir);
    packs = opendir(path);
    if (!packs && errno != ENOENT && errno != ENOTDIR)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "reading %s", path);
    while (packs && status == CFG_OK && (entry = readdir(packs)) != NULL) {
        struct cfg_str file = cfg_str_of(entry->d_name);
        if (!cfg_str_starts(file, CFG_STR("pack-")) || !cfg_str_ends(file, CFG_STR(".pack")) ||
            file.len - 5 >= CFG_PACK_NAME_BYTES || out->count >= COUNT_MAX)
            continue;
        if (!add_pack(out, dirfd(packs), file))
            status = cfg_err_set(err, CFG_NO_MEMORY, "no memory for a list of packs");
    }
    if (packs)
        closedir(packs);
    if (status != CFG_OK)
        cfg_packs_release(out);
    else if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_size);
    return status;
}

void cfg_packs_release(struct cfg_packs *packs)
{
    free(packs->items);
    *packs = (struct cfg_packs){NULL, 0, 0};
}

bool cfg_packs_crowded(const struct cfg_packs *packs)
{
    uint64_t largest = packs->count ? packs->items[packs->count - 1].bytes : 0;

    return packs->count > CFG_PACKS_MANY ||
           (packs->bytes > small_bytes && packs->bytes - largest > largest);
}

size_t cfg_packs_to_merge(const struct cfg_packs *packs)
{
    uint64_t before = packs->bytes;

    for (size_t i = packs->count; i-- > 1;) {
        before -= packs->items[i].bytes;
        if (packs->items[i].bytes < 2 * before)
            return i + 1;
    }
    return 0;
}

void cfg_packs_delete(const char *dir, const struct cfg_pack *pack)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i < CFG_COUNT(endings); i++) {
        snprintf(path, sizeof path, "%s/objects/pack/%s%s", dir, pack->name, endings[i]);
        unlink(path);
    }
}
