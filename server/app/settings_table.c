/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: settings.def.
 * Gives: its rows as data.
 * Keeps: nothing that changes.
 */
#include "server/app/settings_parts.h"

/* Which struct a scope's field names are of. */
#define TARGET_ROOT   struct cfg_settings
#define TARGET_GIT    struct cfg_git_target
#define TARGET_REPO   struct cfg_git_target
#define TARGET_NATIVE struct cfg_native_target

/* Without a field: never written to. */
enum { NOWHERE = 0 };

const struct cfg_row cfg_rows[] = {
#define ROW(scope, type, effect, key, offset, fallback, min, max, choices, sentence)               \
    {CFG_SCOPE_##scope, CFG_TYPE_##type, CFG_EFFECT_##effect, key, offset, fallback, min, max,     \
     choices,           sentence},
#define GROUP(title) ROW(HEADING, TREE, NONE, title, NOWHERE, "", 0, 0, NULL, "")
#define LIVE(scope, key, type, field, fallback, min, max, sentence)                                \
    ROW(scope, type, YES, key, offsetof(TARGET_##scope, field), fallback, min, max, NULL, sentence)
#define PICK(scope, key, choices, field, fallback, sentence)                                       \
    ROW(scope, PICK, YES, key, offsetof(TARGET_##scope, field), fallback, 0, 0, choices, sentence)
#define LATER(scope, key, type, field, fallback, sentence)                                         \
    ROW(scope, type, LATER, key, offsetof(TARGET_##scope, field), fallback, 0, 0, NULL, sentence)
#define IDLE(scope, key, type, fallback, sentence)                                                 \
    ROW(scope, type, NONE, key, NOWHERE, fallback, 0, 0, NULL, sentence)
#define IDLE_TREE(scope, key, sentence)                                                            \
    ROW(scope, TREE, NONE, key, NOWHERE, "", 0, 0, NULL, sentence)
#define BARRED(scope, key, sentence)                                                               \
    ROW(scope, TREE, REFUSED, key, NOWHERE, "", 0, 0, NULL, sentence)
#include "server/app/settings.def"
#undef ROW
};

const size_t cfg_row_count = CFG_COUNT(cfg_rows);

const char *cfg_scope_prefix(enum cfg_scope scope)
{
    switch (scope) {
    case CFG_SCOPE_GIT:
        return CFG_SERVER_PREFIX ".git.";
    case CFG_SCOPE_REPO:
        return CFG_SERVER_PREFIX ".git.repos.NAME.";
    case CFG_SCOPE_NATIVE:
        return CFG_SERVER_PREFIX ".native.";
    case CFG_SCOPE_HEADING:
    case CFG_SCOPE_ROOT:
        break;
    }
    return "";
}

const struct cfg_given_value *cfg_thing_value(const struct cfg_thing *thing,
                                              const struct cfg_row *row)
{
    for (const struct cfg_given_value *value = thing->values; value != NULL; value = value->next)
        if (value->row == row)
            return value;
    return NULL;
}
