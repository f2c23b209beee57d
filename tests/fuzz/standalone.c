/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: files and folders by name. Gives: 0 when the fuzz target has seen every file, 1 when one cannot
 *        be read or there is none at all.
 * Keeps: the order of names, so that a failure repeats.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT_BYTES = 64 << 20 };

static bool replay_file(const char *path, size_t size)
{
    /* exactly as long as the input, so that reading one byte too many is seen */
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    bool done = data && file && fread(data, 1, size, file) == size;

    if (done) {
        (void)LLVMFuzzerTestOneInput(data, size);
    } else {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    if (file)
        fclose(file);
    free(data);
    return done;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool replay(const char *path, size_t *count)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    if (S_ISREG(about.st_mode)) {
        if (about.st_size > MAX_INPUT_BYTES) {
            fprintf(stderr, "%s: over %d bytes\n", path, MAX_INPUT_BYTES);
            return false;
        }
        ++*count;
        return replay_file(path, (size_t)about.st_size);
    }

    struct dirent **entries = NULL;
    int n = scandir(path, &entries, visible, alphasort);
    bool done = n >= 0;
    for (int i = 0; i < n; i++) {
        char child[4096];
        int len = snprintf(child, sizeof(child), "%s/%s", path, entries[i]->d_name);
        done = len > 0 && (size_t)len < sizeof(child) && replay(child, count) && done;
        free(entries[i]);
    }
    free(entries);
    return done;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    bool done = true;
    for (int i = 1; i < argc; i++)
        done = replay(argv[i], &count) && done;
    printf("%zu inputs replayed\n", count);
    return done && count > 0 ? 0 : 1;
}
