/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a flat key. Gives: its steps. Keeps: nothing.
 */
#include "core/render/key_steps.h"

#include "core/model/limits.h"

struct splitter {
    struct cfg_str key;
    size_t at; /* of the first character not taken yet */
    struct cfg_arena *arena;
    struct cfg_key_steps *steps;
    struct cfg_err *err;
};

static enum cfg_status malformed(struct splitter *sp)
{
    return cfg_err_set(sp->err, CFG_INVALID, "Invalid key: %.*s", CFG_STR_ARG(sp->key));
}

static enum cfg_status add(struct splitter *sp, struct cfg_key_step step)
{
    struct cfg_key_steps *steps = sp->steps;

    if (steps->count == CFG_LIMIT_KEY_STEPS)
        return cfg_err_set(sp->err, CFG_TOO_LARGE, "a key has over %d steps", CFG_LIMIT_KEY_STEPS);
    if (!cfg_arena_grow(sp->arena, &steps->items, &steps->cap, steps->count, sizeof step))
        return cfg_arena_fail(sp->arena, sp->err);
    steps->items[steps->count++] = step;
    return CFG_OK;
}

static char char_at(const struct splitter *sp, size_t at)
{
    return at < sp->key.len ? sp->key.ptr[at] : '\0';
}

/* Reads digits from `at` on, as far as they go; a number beyond 32 bits saturates. */
static size_t read_digits(const struct splitter *sp, size_t at, uint64_t *out)
{
    *out = 0;
    for (; char_at(sp, at) >= '0' && char_at(sp, at) <= '9'; at++) {
        *out = *out * 10 + (uint64_t)(char_at(sp, at) - '0');
        if (*out > UINT32_MAX)
            *out = UINT32_MAX;
    }
    return at;
}

/* Does the bracket at `open` enclose a 32-bit integer? A signed one counts, though it is no index. */
static bool encloses_integer(const struct splitter *sp, size_t open)
{
    char sign = char_at(sp, open + 1);
    size_t first = open + 1 + (sign == '-' || sign == '+');
    uint64_t number;
    size_t end = read_digits(sp, first, &number);

    return end > first && char_at(sp, end) == ']' &&
           number <= (uint64_t)INT32_MAX + (sign == '-' ? 1 : 0);
}

/* One name; `*out_index_next` says whether an index follows, else a name or the end does. */
static enum cfg_status take_name(struct splitter *sp, bool *out_index_next, bool *out_end)
{
    size_t start = sp->at, end = start;

    while (end < sp->key.len && sp->key.ptr[end] != '.' &&
           !(sp->key.ptr[end] == '[' && encloses_integer(sp, end)))
        end++;
    *out_end = end == sp->key.len;
    *out_index_next = char_at(sp, end) == '[';
    if (end == start && !*out_end)
        return malformed(sp);
    sp->at = *out_index_next ? end : end + 1;
    return add(sp, (struct cfg_key_step){.name = cfg_str_sub(sp->key, start, end - start)});
}

/* One index and the "." behind it, if there is one. */
static enum cfg_status take_index(struct splitter *sp, bool *out_index_next, bool *out_end)
{
    uint64_t index;
    size_t end = read_digits(sp, sp->at + 1, &index);

    if (end == sp->at + 1 || char_at(sp, end) != ']' || index > INT32_MAX)
        return malformed(sp);
    if (index > CFG_LIMIT_LIST_INDEX)
        return cfg_err_set(sp->err, CFG_TOO_LARGE, "an index is over %d in key %.*s",
                           CFG_LIMIT_LIST_INDEX, CFG_STR_ARG(sp->key));
    end++;
    *out_end = end == sp->key.len;
    *out_index_next = char_at(sp, end) == '[';
    if (!*out_end && !*out_index_next && char_at(sp, end) != '.')
        return malformed(sp);
    sp->at = *out_index_next ? end : end + 1;
    return add(sp, (struct cfg_key_step){.index = (uint32_t)index, .is_index = true});
}

enum cfg_status cfg_key_split(struct cfg_str key,
                              struct cfg_arena *arena,
                              struct cfg_key_steps *out,
                              struct cfg_err *err)
{
    struct splitter sp = {.key = key, .arena = arena, .steps = out, .err = err};
    enum cfg_status status = CFG_OK;
    bool index_next = false, end = false;

    out->count = 0;
    if (key.len > CFG_LIMIT_KEY_BYTES)
        return cfg_err_set(err, CFG_TOO_LARGE, "a key is over %d bytes", CFG_LIMIT_KEY_BYTES);
    while (status == CFG_OK && !end)
        status =
            index_next ? take_index(&sp, &index_next, &end) : take_name(&sp, &index_next, &end);
    return status;
}
