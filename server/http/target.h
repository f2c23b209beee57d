/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: the text between a request's method and its version, taken apart byte by byte.
 *
 * Keeps: 1. A target that was parsed has no control character, blank, backslash or "#" in it, raw or
 *           escaped, and every percent escape is whole. 2. Segments have lost their ";parameters" and
 *           are not decoded yet: a slash that was escaped never becomes a separator.
 * Does not know: routes.
 */
#ifndef SERVER_HTTP_TARGET_H
#define SERVER_HTTP_TARGET_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/str.h"

enum { CFG_TARGET_SEGMENTS = 3 };

struct cfg_target {
    struct cfg_str path;  /* as received, "/foo/dev"; "*" for the whole server */
    struct cfg_str query; /* behind the "?", which is not part of it; empty when none */
    struct cfg_str segments[CFG_TARGET_SEGMENTS];
    struct cfg_str rest; /* count is 4: raw, what follows the third segment's slash */
    size_t count;        /* 1 to 4; 4: there is a rest, which may be empty */
};

/*
 * Checks and splits. Accepts the origin form ("/a/b?c"), the absolute form ("http://host/a/b?c") and "*".
 * Owns: `out` borrows `raw`. Fails: invalid (the message says what is wrong with it; `path` is set even so,
 * to be shown).
 */
enum cfg_status
cfg_target_parse(struct cfg_str raw, struct cfg_target *out, struct cfg_err *err) CFG_CHECK;

/* Splits again behind `prefix` ("/config" or "config", without a final slash); false: not below it. */
bool cfg_target_strip(struct cfg_target *target, struct cfg_str prefix);

/*
 * Decodes one segment. An escaped slash becomes "(_)", which every reader takes for a slash inside a
 * name, and sets `*out_slash`.
 * Owns: `*out` borrows `raw` when nothing is escaped, else lives in `arena`.
 * Fails: invalid (not UTF-8), no_memory, too_large.
 */
enum cfg_status cfg_target_decode(struct cfg_arena *arena,
                                  struct cfg_str raw,
                                  struct cfg_str *out,
                                  bool *out_slash,
                                  struct cfg_err *err) CFG_CHECK;

/*
 * Decodes a rest into the path of a file: parameters, empty segments and "." are dropped.
 * Gives: "sub/n.txt", or empty. Fails: as above, and invalid for an escaped slash.
 */
enum cfg_status cfg_target_decode_rest(struct cfg_arena *arena,
                                       struct cfg_str rest,
                                       struct cfg_str *out,
                                       struct cfg_err *err) CFG_CHECK;

/*
 * The first value of a query parameter, decoded, "+" as a blank; `*out_found` false when it is not there.
 * Fails: no_memory, too_large.
 */
enum cfg_status cfg_target_query(struct cfg_arena *arena,
                                 struct cfg_str query,
                                 struct cfg_str name,
                                 struct cfg_str *out,
                                 bool *out_found,
                                 struct cfg_err *err) CFG_CHECK;

#endif
