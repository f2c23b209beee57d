/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the sources of an answer, strongest first.
 * Gives: its properties in the order of the converted formats: plain keys where they first appeared,
 *        walking from the weakest source, then the lists in the order of their first appearance.
 * Keeps: nothing.
 *
 * All keys with the same text before the first bracket are one list; the elements that the strongest
 * source with such keys has replace those of all others.
 */
#include "core/merge/merge.h"

#include "core/base/map.h"

struct element {
    const struct cfg_prop *prop;
    struct element *next;
};

struct list {
    size_t source; /* the strongest so far that has it */
    struct element *first, *last;
    struct list *next; /* by first appearance */
};

struct merging {
    struct cfg_arena *arena;
    struct cfg_err *err;
    struct cfg_map plain; /* key → its place in `out` */
    struct cfg_map lists; /* text before the first bracket → struct list */
    struct list *first_list, *last_list;
    struct cfg_merged *out;
    size_t count;
    size_t source_count;
};

static struct cfg_merged make(const struct merging *m, const struct cfg_prop *prop, size_t source)
{
    return (struct cfg_merged){
        .key = cfg_prop_key(prop),
        .value = cfg_prop_value(prop),
        .rank = (unsigned)(m->source_count - 1 - source),
        .source = source,
        .line = prop->line,
        .column = cfg_prop_column(prop),
    };
}

static enum cfg_status add_plain(struct merging *m, const struct cfg_prop *prop, size_t source)
{
    struct cfg_str key = cfg_prop_key(prop);
    /* this key alone never shows: Spring's own mark of profiles before its 2.4 */
    if (cfg_str_eq(key, CFG_STR("spring.profiles")))
        return CFG_OK;
    struct cfg_merged *place = cfg_map_find(&m->plain, key);
    if (place == NULL) {
        place = &m->out[m->count];
        if (!cfg_map_put(&m->plain, key, place))
            return cfg_arena_fail(m->arena, m->err);
        m->count++;
    }
    *place = make(m, prop, source);
    return CFG_OK;
}

static struct list *get_list(struct merging *m, struct cfg_str name, size_t source)
{
    struct list *list = cfg_map_find(&m->lists, name);
    if (list)
        return list;
    list = cfg_arena_zalloc(m->arena, 1, sizeof *list);
    if (list == NULL || !cfg_map_put(&m->lists, name, list))
        return NULL;
    list->source = source;
    if (m->last_list)
        m->last_list->next = list;
    else
        m->first_list = list;
    m->last_list = list;
    return list;
}

static enum cfg_status
add_element(struct merging *m, const struct cfg_prop *prop, size_t bracket, size_t source)
{
    struct cfg_str key = cfg_prop_key(prop);
    struct list *list = get_list(m, cfg_str_sub(key, 0, bracket), source);
    struct element *element = cfg_arena_alloc(m->arena, sizeof *element);
    if (list == NULL || element == NULL)
        return cfg_arena_fail(m->arena, m->err);
    *element = (struct element){.prop = prop};
    if (list->source != source) {
        list->source = source;
        list->first = NULL;
    }
    if (list->first)
        list->last->next = element;
    else
        list->first = element;
    list->last = element;
    return CFG_OK;
}

static enum cfg_status add_source(struct merging *m, const struct cfg_props *props, size_t source)
{
    for (size_t i = 0; i < props->count; i++) {
        const struct cfg_prop *prop = &props->items[i];
        struct cfg_str key = cfg_prop_key(prop);
        size_t bracket = cfg_str_chr(key, '[');
        enum cfg_status status =
            bracket < key.len ? add_element(m, prop, bracket, source) : add_plain(m, prop, source);
        if (status != CFG_OK)
            return status;
    }
    return CFG_OK;
}

enum cfg_status cfg_merge(const struct cfg_answer *answer,
                          struct cfg_arena *arena,
                          struct cfg_merged **out,
                          size_t *out_count,
                          struct cfg_err *err)
{
    struct merging m = {.arena = arena, .err = err, .source_count = answer->count};
    enum cfg_status status = CFG_OK;
    size_t most = 0;
    *out = NULL;
    *out_count = 0;
    cfg_map_init(&m.plain);
    cfg_map_init(&m.lists);
    for (size_t i = 0; i < answer->count; i++)
        most += answer->sources[i].props->count;
    m.out = most < SIZE_MAX / sizeof *m.out ? cfg_arena_alloc(arena, most * sizeof *m.out) : NULL;
    if (m.out == NULL)
        status = cfg_arena_fail(arena, err);
    for (size_t i = answer->count; status == CFG_OK && i-- > 0;)
        status = add_source(&m, answer->sources[i].props, i);
    for (struct list *list = m.first_list; status == CFG_OK && list; list = list->next)
        for (struct element *element = list->first; element; element = element->next)
            m.out[m.count++] = make(&m, element->prop, list->source);
    cfg_map_release(&m.plain);
    cfg_map_release(&m.lists);
    if (status == CFG_OK) {
        *out = m.out;
        *out_count = m.count;
    }
    return status;
}
