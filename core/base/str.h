/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str: a borrowed run of bytes (pointer and length). It owns nothing and is passed by value.
 * Keeps: `ptr` may be NULL only when `len` is 0. Bytes are not assumed to be text.
 */
#ifndef CORE_BASE_STR_H
#define CORE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct cfg_str {
    const char *ptr;
    size_t len;
};

#define CFG_STR(literal) ((struct cfg_str){"" literal, sizeof(literal) - 1})
#define CFG_STR_NONE     ((struct cfg_str){NULL, 0})
/* for printf("%.*s", CFG_STR_ARG(s)) */
#define CFG_STR_ARG(s) (int)(s).len, (s).len ? (s).ptr : ""

static inline struct cfg_str cfg_str_make(const char *ptr, size_t len)
{
    return (struct cfg_str){ptr, len};
}

struct cfg_str cfg_str_of(const char *terminated); /* NULL gives the empty string */

bool cfg_str_eq(struct cfg_str a, struct cfg_str b);
bool cfg_str_eq_nocase(struct cfg_str a, struct cfg_str b); /* ASCII letters only */
int cfg_str_cmp(struct cfg_str a, struct cfg_str b);        /* bytewise, then by length */
bool cfg_str_starts(struct cfg_str s, struct cfg_str prefix);
bool cfg_str_ends(struct cfg_str s, struct cfg_str suffix);

/* Index of the first, last, or first occurrence; `s.len` when there is none. */
size_t cfg_str_chr(struct cfg_str s, char c);
size_t cfg_str_rchr(struct cfg_str s, char c);
size_t cfg_str_find(struct cfg_str s, struct cfg_str needle);

/* The part from `from`, at most `len` bytes; both are clipped to `s`. */
struct cfg_str cfg_str_sub(struct cfg_str s, size_t from, size_t len);
struct cfg_str cfg_str_trim(struct cfg_str s); /* ASCII blanks, tabs and line ends off both ends */

int cfg_str_hex_digit(char c); /* its value; -1: it is none */

/* The byte of the escape "%XX" at `s.ptr[at]`; -1 when no whole escape stands there. */
int cfg_str_escape(struct cfg_str s, size_t at);

/* A NUL-terminated copy in memory of its own (free() it); NULL: out of memory. */
char *cfg_str_copy(struct cfg_str s);

/*
 * Cuts the next piece off `*rest` at `separator`; false when nothing is left.
 * "a,,b" gives "a", "", "b"; "a," gives "a" and "" ; "" gives one "", NULL gives nothing.
 * `*rest` has a NULL pointer when it is used up.
 */
bool cfg_str_cut(struct cfg_str *rest, char separator, struct cfg_str *out_piece);

#endif
