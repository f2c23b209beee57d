/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: command line, environment, file.
 * Gives: settings as a whole, or the notes that say why not.
 * Keeps: one arena for all of it, as long as the settings live.
 */
#include "server/app/settings_parts.h"

enum { SETTINGS_BYTES = 256 << 20 };

static struct cfg_settings_given *new_given(void)
{
    struct cfg_settings_given *given = calloc(1, sizeof(*given));

    if (given == NULL)
        return NULL;
    cfg_arena_init(&given->arena, SETTINGS_BYTES, 0);
    given->root = (struct cfg_thing){.kind = CFG_THING_ROOT, .scopes = CFG_SCOPE_ROOT};
    given->git = (struct cfg_thing){.kind = CFG_THING_GIT, .scopes = CFG_SCOPE_GIT};
    given->native = (struct cfg_thing){.kind = CFG_THING_NATIVE, .scopes = CFG_SCOPE_NATIVE};
    return given;
}

static void free_given(struct cfg_settings_given *given)
{
    if (given != NULL)
        cfg_arena_release(&given->arena);
    free(given);
}

/* The first error, for those who look at `err` alone. */
static enum cfg_status refuse(const struct cfg_notes *notes, struct cfg_err *err)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].kind == CFG_NOTE_ERROR)
            return cfg_err_set(err, CFG_INVALID, "%.*s", CFG_STR_ARG(notes->items[i].text));
    return cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
}

enum cfg_status cfg_settings_load(const struct cfg_settings_input *input,
                                  struct cfg_notes *notes,
                                  struct cfg_settings **out,
                                  struct cfg_err *err)
{
    struct cfg_settings_given *given = new_given();
    struct cfg_settings *settings = NULL;
    struct cfg_loader loader = {.input = input, .given = given, .notes = notes};
    bool done = false;

    *out = NULL;
    if (given == NULL) {
        cfg_err_set(err, CFG_NO_MEMORY, "out of memory");
        goto out;
    }
    settings = cfg_arena_zalloc(&given->arena, 1, sizeof(*settings));
    if (settings == NULL) {
        cfg_arena_fail(&given->arena, err);
        goto out;
    }
    if (cfg_loader_read(&loader, err) != CFG_OK || cfg_loader_match(&loader, err) != CFG_OK ||
        cfg_settings_build(&loader, settings, err) != CFG_OK)
        goto out;
    cfg_loader_note_foreign(&loader);
    if (notes->error_count > 0) {
        refuse(notes, err);
        goto out;
    }
    if (loader.file.len > 0 && !cfg_arena_dup(&given->arena, loader.file, &settings->file)) {
        cfg_arena_fail(&given->arena, err);
        goto out;
    }
    settings->given = given;
    given = NULL;
    *out = settings;
    done = true;
out:
    free_given(given);
    return cfg_err_end(err, done);
}

void cfg_settings_free(struct cfg_settings *settings)
{
    if (settings != NULL)
        free_given(settings->given); /* the settings live in it */
}
