/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: names of settings as people, files and the environment spell them.
 * Gives: their elements, comparison in uniform form, and how far two names are apart.
 * Keeps: nothing.
 */
#include "server/app/settings_parts.h"

#include <stdint.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Lower-case letter or digit of `c`; 0 for what uniform names leave out. */
static char uniform(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return is_digit(c) || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80 ? c : 0;
}

static bool add_element(struct cfg_path *path, struct cfg_str text, bool bracketed)
{
    if (path->count == CFG_PATH_ELEMENTS)
        return false;
    path->items[path->count++] = (struct cfg_element){text, bracketed};
    return true;
}

bool cfg_path_parse(struct cfg_str key, struct cfg_path *out)
{
    size_t at = 0;

    *out = (struct cfg_path){.count = 0};
    if (key.len == 0 || key.len > CFG_NAME_BYTES)
        return false;
    while (at < key.len) {
        bool bracketed = key.ptr[at] == '[';
        size_t from = bracketed ? at + 1 : at;
        size_t to = from;

        while (to < key.len &&
               (bracketed ? key.ptr[to] != ']' : key.ptr[to] != '.' && key.ptr[to] != '['))
            to++;
        if (bracketed && to == key.len)
            return false;
        /* Empty elements ("a..b") vanish, as they do in the reference. */
        if (to > from && !add_element(out, cfg_str_sub(key, from, to - from), bracketed))
            return false;
        at = bracketed ? to + 1 : to;
        if (at < key.len && key.ptr[at] == '.')
            at++;
    }
    return out->count > 0;
}

bool cfg_path_parse_env(struct cfg_str name, struct cfg_path *out)
{
    struct cfg_str rest = name, piece;

    *out = (struct cfg_path){.loose = true};
    if (name.len > CFG_NAME_BYTES)
        return false;
    while (cfg_str_cut(&rest, '_', &piece))
        if (piece.len > 0 && !add_element(out, piece, false))
            return false;
    return out->count > 0;
}

bool cfg_path_is(const struct cfg_path *path, size_t from, size_t to, const char *key)
{
    for (size_t i = from; i < to; i++) {
        struct cfg_str text = path->items[i].text;

        if (i > from && !path->loose && *key++ != '.')
            return false;
        for (size_t j = 0; j < text.len; j++) {
            char c = uniform(text.ptr[j]);

            while (*key == '-' || (path->loose && *key == '.'))
                key++;
            if (c != 0 && c != uniform(*key++))
                return false;
        }
    }
    return from < to && *key == '\0';
}

size_t cfg_path_eat(const struct cfg_path *path, size_t from, const char *key)
{
    for (size_t to = from + 1; to <= path->count; to++)
        if (cfg_path_is(path, from, to, key))
            return to - from;
    return 0;
}

bool cfg_path_index(const struct cfg_path *path, size_t at, size_t *out)
{
    const struct cfg_element *element = at < path->count ? &path->items[at] : NULL;
    size_t value = 0;

    *out = 0;
    if (element == NULL || !(element->bracketed || path->loose) || element->text.len > 6)
        return false;
    for (size_t i = 0; i < element->text.len; i++) {
        if (!is_digit(element->text.ptr[i]))
            return false;
        value = value * 10 + (size_t)(element->text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

/* The next character that counts, from *at on; 0 at the end. */
static char next_uniform(struct cfg_str s, size_t *at)
{
    while (*at < s.len) {
        char c = uniform(s.ptr[(*at)++]);

        if (c != 0)
            return c;
    }
    return 0;
}

bool cfg_name_same(struct cfg_str a, struct cfg_str b)
{
    size_t i = 0, j = 0;
    char c;

    do {
        c = next_uniform(a, &i);
        if (c != next_uniform(b, &j))
            return false;
    } while (c != 0);
    return true;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned cfg_name_distance(struct cfg_str a, struct cfg_str b)
{
    /* Three rows of the usual table: two ago, the last, the present. */
    unsigned rows[3][CFG_NAME_BYTES + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    a = cfg_str_sub(a, 0, CFG_NAME_BYTES);
    b = cfg_str_sub(b, 0, CFG_NAME_BYTES);
    for (size_t j = 0; j <= b.len; j++)
        before[j] = last[j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *spare = before;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned differs = a.ptr[i - 1] != b.ptr[j - 1];

            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + differs);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}
