/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: what the files of settings have to say.
 * Gives: one line each, with its place.
 * Keeps: the lines, in the order found.
 */
#include "server/app/settings_parts.h"

#include <stdarg.h>

enum { NOTES_BYTES = 4 << 20, LINE_BYTES = 1024 };

void cfg_notes_init(struct cfg_notes *notes)
{
    *notes = (struct cfg_notes){.count = 0};
    cfg_arena_init(&notes->arena, NOTES_BYTES, 0);
}

void cfg_notes_release(struct cfg_notes *notes)
{
    cfg_arena_release(&notes->arena);
    *notes = (struct cfg_notes){.count = 0};
}

void cfg_place_text(const struct cfg_place *place, struct cfg_buf *out)
{
    cfg_buf_str(out, place->name);
    if (place->said == CFG_SAID_ENVIRONMENT)
        cfg_buf_str(out, CFG_STR(" in the environment"));
    if (place->line > 0)
        cfg_buf_printf(out, ":%u", place->line);
    if (place->line > 0 && place->column > 0)
        cfg_buf_printf(out, ":%u", place->column);
}

void cfg_note(struct cfg_notes *notes,
              enum cfg_note_kind kind,
              const struct cfg_place *place,
              const char *format,
              ...)
{
    char message[LINE_BYTES];
    struct cfg_buf line;
    struct cfg_str text;
    va_list args;

    notes->error_count += kind == CFG_NOTE_ERROR;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    cfg_buf_init(&line, 4 * LINE_BYTES);
    if (place != NULL) {
        cfg_place_text(place, &line);
        cfg_buf_str(&line, CFG_STR(": "));
    }
    cfg_buf_str(&line, cfg_str_of(message));
    if (line.failed == CFG_OK && cfg_arena_dup(&notes->arena, cfg_buf_view(&line), &text) &&
        cfg_arena_grow(&notes->arena, &notes->items, &notes->cap, notes->count,
                       sizeof(*notes->items)))
        notes->items[notes->count++] = (struct cfg_note){kind, text};
    cfg_buf_release(&line);
}
