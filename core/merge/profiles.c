/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: profiles and groups, one at a time.
 * Gives: the expanded list.
 * Keeps: no duplicates, so that groups which name each other end.
 */
#include "core/merge/profiles.h"

#include "core/model/limits.h"

/* Letters of other scripts count as letters; questions are checked more closely at the wire. */
static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

const char *cfg_profiles_flaw(struct cfg_str name)
{
    if (name.len == 0)
        return "is empty";
    for (size_t i = 0; i < name.len; i++)
        if (!is_letter_or_digit(name.ptr[i]) &&
            (name.ptr[i] == '\0' || strchr("-_.+@", name.ptr[i]) == NULL))
            return "holds more than letters, digits and - _ . + @";
    if (!is_letter_or_digit(name.ptr[0]) || !is_letter_or_digit(name.ptr[name.len - 1]))
        return "does not begin and end with a letter or digit";
    return NULL;
}

bool cfg_profiles_has(const struct cfg_profiles *profiles, struct cfg_str name)
{
    for (size_t i = 0; i < profiles->list.count; i++)
        if (cfg_str_eq(profiles->list.items[i], name))
            return true;
    return false;
}

static const struct cfg_group *find_group(const struct cfg_profiles *profiles, struct cfg_str name)
{
    for (size_t i = 0; i < profiles->group_count; i++)
        if (cfg_str_eq(profiles->groups[i].name, name))
            return &profiles->groups[i];
    return NULL;
}

enum cfg_status cfg_profiles_add_group(struct cfg_profiles *profiles,
                                       const struct cfg_group *group,
                                       struct cfg_arena *arena,
                                       struct cfg_err *err)
{
    if (find_group(profiles, group->name))
        return CFG_OK;
    if (!cfg_arena_grow(arena, &profiles->groups, &profiles->group_cap, profiles->group_count,
                        sizeof *profiles->groups))
        return cfg_arena_fail(arena, err);
    profiles->groups[profiles->group_count++] = *group;
    return CFG_OK;
}

/* Goes no deeper than the list gets long. */
enum cfg_status cfg_profiles_add(struct cfg_profiles *profiles,
                                 struct cfg_str name,
                                 struct cfg_arena *arena,
                                 struct cfg_err *err)
{
    struct cfg_strs *list = &profiles->list;
    enum cfg_status status = CFG_OK;
    if (cfg_profiles_has(profiles, name))
        return CFG_OK;
    if (list->count == CFG_LIMIT_PROFILES)
        return cfg_err_set(err, CFG_TOO_LARGE,
                           "more than %d profiles, groups and includes expanded",
                           CFG_LIMIT_PROFILES);
    if (!cfg_arena_grow(arena, &list->items, &profiles->cap, list->count, sizeof *list->items))
        return cfg_arena_fail(arena, err);
    list->items[list->count++] = name;
    const struct cfg_group *group = find_group(profiles, name);
    for (size_t i = 0; group && status == CFG_OK && i < group->members.count; i++)
        status = cfg_profiles_add(profiles, group->members.items[i], arena, err);
    return status;
}
