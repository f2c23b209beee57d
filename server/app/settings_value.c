/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: one setting's text and its row.
 * Gives: the typed field, or a reason; lists split at commas; texts with user information masked.
 * Keeps: nothing.
 */
#include "server/app/settings_parts.h"

#include <inttypes.h>
#include <limits.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* "KB" is 1,024 bytes, as in Spring's data sizes. */
static const struct unit byte_units[] = {
    {"", 1},          {"b", 1},        {"k", 1 << 10},   {"kb", 1 << 10},
    {"kib", 1 << 10}, {"m", 1 << 20},  {"mb", 1 << 20},  {"mib", 1 << 20},
    {"g", 1 << 30},   {"gb", 1 << 30}, {"gib", 1 << 30},
};

/* In milliseconds; a bare number is seconds. */
static const struct unit time_units[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

static bool refuse(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return false;
}

/* "-12" at the front of `text`; gives what follows. False: none, or too large. */
static bool take_number(struct cfg_str text, int64_t *out, struct cfg_str *out_rest)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    size_t from = negative ? 1 : 0, at = from;
    int64_t value = 0;

    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        if (value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (text.ptr[at] - '0');
    }
    *out = negative ? -value : value;
    *out_rest = cfg_str_trim(cfg_str_sub(text, at, text.len));
    return at > from;
}

static bool take_units(struct cfg_str text, const struct unit *units, size_t count, int64_t *out)
{
    struct cfg_str rest;

    if (!take_number(text, out, &rest))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!cfg_str_eq_nocase(rest, cfg_str_of(units[i].name)))
            continue;
        if (*out > INT64_MAX / units[i].factor || *out < INT64_MIN / units[i].factor)
            return false;
        *out *= units[i].factor;
        return true;
    }
    return false;
}

static bool in_range(const struct cfg_row *row, int64_t value)
{
    if (row->min == 0 && row->max == 0)
        return value >= INT_MIN && value <= INT_MAX;
    return value >= row->min && value <= row->max;
}

static bool set_bool(struct cfg_str text, bool *out, char *why, size_t size)
{
    static const char *const words[] = {"true", "yes", "on", "1", "false", "no", "off", "0"};

    for (size_t i = 0; i < CFG_COUNT(words); i++) {
        if (cfg_str_eq_nocase(text, cfg_str_of(words[i]))) {
            *out = i < CFG_COUNT(words) / 2;
            return true;
        }
    }
    return refuse(why, size, "is neither true nor false");
}

static bool
set_number(const struct cfg_row *row, struct cfg_str text, int *out, char *why, size_t size)
{
    struct cfg_str rest;
    int64_t value;

    if (take_number(text, &value, &rest) && rest.len == 0 && in_range(row, value)) {
        *out = (int)value;
        return true;
    }
    if (row->min == 0 && row->max == 0)
        return refuse(why, size, "is not a whole number");
    snprintf(why, size, "is not a number from %" PRId64 " to %" PRId64, row->min, row->max);
    return false;
}

static bool
set_time(const struct cfg_row *row, struct cfg_str text, void *out, char *why, size_t size)
{
    bool seconds = row->type == CFG_TYPE_SECONDS;
    int64_t ms, factor = seconds ? 1000 : 1;

    if (take_units(text, time_units, CFG_COUNT(time_units), &ms) && ms % factor == 0 &&
        in_range(row, ms / factor)) {
        int whole = (int)(ms / factor);

        memcpy(out, &whole,
               sizeof(whole)); /* int or unsigned: the range decides, the bytes agree */
        return true;
    }
    snprintf(why, size, "is no time such as %s, from %" PRId64 " to %" PRId64 " %s",
             seconds ? "30 or 30s" : "8s or 500ms", row->min, row->max, seconds ? "s" : "ms");
    return false;
}

static bool
set_bytes(const struct cfg_row *row, struct cfg_str text, size_t *out, char *why, size_t size)
{
    int64_t value;

    if (take_units(text, byte_units, CFG_COUNT(byte_units), &value) && in_range(row, value)) {
        *out = (size_t)value;
        return true;
    }
    snprintf(why, size, "is no size such as 64MB, from %" PRId64 " to %" PRId64 " bytes", row->min,
             row->max);
    return false;
}

static bool
set_pick(const struct cfg_row *row, struct cfg_str text, unsigned *out, char *why, size_t size)
{
    struct cfg_str rest = cfg_str_of(row->choices), choice;

    for (unsigned i = 0; cfg_str_cut(&rest, '|', &choice); i++) {
        if (cfg_name_same(choice, text)) {
            *out = i;
            return true;
        }
    }
    snprintf(why, size, "is none of %s", row->choices);
    return false;
}

bool cfg_value_set(
    const struct cfg_row *row, struct cfg_str text, void *base, char *why, size_t why_size)
{
    void *field = (char *)base + row->offset;

    switch (row->type) {
    case CFG_TYPE_TEXT:
    case CFG_TYPE_SECRET:
    case CFG_TYPE_URI:
    case CFG_TYPE_PATH:
        *(struct cfg_str *)field = text;
        return true;
    case CFG_TYPE_BOOL:
        return set_bool(text, field, why, why_size);
    case CFG_TYPE_NUMBER:
        return set_number(row, text, field, why, why_size);
    case CFG_TYPE_SECONDS:
    case CFG_TYPE_MILLIS:
        return set_time(row, text, field, why, why_size);
    case CFG_TYPE_BYTES:
        return set_bytes(row, text, field, why, why_size);
    case CFG_TYPE_PICK:
        return set_pick(row, text, field, why, why_size);
    case CFG_TYPE_LIST:
    case CFG_TYPE_MAP:
    case CFG_TYPE_TREE:
        break;
    }
    return refuse(why, why_size, "is no single value");
}

bool cfg_value_split(struct cfg_arena *arena, struct cfg_str text, struct cfg_strs *out)
{
    struct cfg_str rest = text, piece;
    size_t cap = 0;

    *out = (struct cfg_strs){NULL, 0};
    while (cfg_str_cut(&rest, ',', &piece)) {
        piece = cfg_str_trim(piece);
        if (piece.len == 0)
            continue;
        if (!cfg_arena_grow(arena, &out->items, &cap, out->count, sizeof(*out->items)))
            return false;
        out->items[out->count++] = piece;
    }
    return true;
}

/* Where the user information of an authority that begins at `from` ends (its "@"); `from`: none. */
static size_t userinfo_end(struct cfg_str text, size_t from)
{
    size_t slash = from, at;
    bool port_is_no_number = false;

    while (slash < text.len && strchr("/?#, \t", text.ptr[slash]) == NULL)
        slash++;
    for (at = slash; at > from; at--)
        if (text.ptr[at - 1] == '@')
            return at - 1;
    for (size_t i = from + cfg_str_chr(cfg_str_sub(text, from, slash - from), ':') + 1; i < slash;
         i++)
        port_is_no_number |= text.ptr[i] < '0' || text.ptr[i] > '9';
    if (!port_is_no_number)
        return from;
    /* "user:pass/word@host": a password whose slash was not escaped is still a password. */
    for (at = slash; at < text.len && strchr(", \t", text.ptr[at]) == NULL; at++)
        if (text.ptr[at] == '@')
            return at;
    return from;
}

void cfg_settings_mask(struct cfg_str text, struct cfg_buf *out)
{
    size_t done = 0;

    while (done < text.len) {
        struct cfg_str rest = cfg_str_sub(text, done, text.len);
        size_t found = cfg_str_find(rest, CFG_STR("://"));
        size_t from = done + found + 3, end;

        if (found == rest.len)
            break;
        cfg_buf_str(out, cfg_str_sub(text, done, found + 3));
        end = userinfo_end(text, from);
        if (end > from)
            cfg_buf_str(out, CFG_STR("***"));
        done = end;
    }
    cfg_buf_str(out, cfg_str_sub(text, done, text.len));
}
