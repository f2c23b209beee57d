/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loose: reads the loose objects of a repository (objects/ab/cdef…, one zlib stream each).
 *
 * Keeps: 1. Every call ends, however the file was damaged: libgit2 1.5 loops for ever on a truncated
 *           one. 2. Memory is the declared size at most, and that is checked before it is taken.
 * Does not know: packs, what the bytes mean. The id is verified by who asks (libgit2 does).
 */
#ifndef SERVER_GIT_LOOSE_H
#define SERVER_GIT_LOOSE_H

#include "server/git/store.h"

/* git's own numbers */
enum cfg_git_type {
    CFG_GIT_COMMIT = 1,
    CFG_GIT_TREE = 2,
    CFG_GIT_BLOB = 3,
    CFG_GIT_TAG = 4,
};

struct cfg_loose {
    enum cfg_git_type type;
    size_t size;
    unsigned char *bytes; /* `size` of them and a NUL; NULL when only the header was asked for */
};

/*
 * The type and size of an object; opens one file, reads its first block.
 * Fails: not_found, corrupt, unavailable (other input errors).
 */
enum cfg_status cfg_loose_header(const char *objects_dir,
                                 const unsigned char id[CFG_ID_BYTES],
                                 struct cfg_loose *out,
                                 struct cfg_err *err) CFG_CHECK;

/* The whole object. Owns: the caller frees `out->bytes`. Fails: as above, too_large, no_memory. */
enum cfg_status cfg_loose_read(const char *objects_dir,
                               const unsigned char id[CFG_ID_BYTES],
                               size_t max_bytes,
                               struct cfg_loose *out,
                               struct cfg_err *err) CFG_CHECK;

/*
 * The one loose object whose id begins with these hex digits (2 to 40, lower case).
 * Fails: not_found, conflict (several).
 */
enum cfg_status cfg_loose_find(const char *objects_dir,
                               struct cfg_str digits,
                               unsigned char out_id[CFG_ID_BYTES],
                               struct cfg_err *err) CFG_CHECK;

#endif
