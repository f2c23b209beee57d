/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a message: fields as "name: value" lines, an empty line, the body; a first line "form" makes it
 *        a form. Checks: names are each there once and within their bounds; places have no user.
 */
#include <stdint.h>

#include "server/service/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cfg_str find(const char *name, void *ctx)
{
    struct cfg_str rest = *(const struct cfg_str *)ctx, line;
    while (cfg_str_cut(&rest, '\n', &line)) {
        size_t colon = cfg_str_chr(line, ':');
        if (cfg_str_eq_nocase(cfg_str_sub(line, 0, colon), cfg_str_of(name)))
            return cfg_str_trim(cfg_str_sub(line, colon + 1, line.len));
    }
    return CFG_STR_NONE;
}

static void check_names(const struct cfg_strs *names)
{
    CFG_ASSERT(names->count <= CFG_WEBHOOK_NAMES + 1);
    for (size_t i = 0; i < names->count; i++) {
        CFG_ASSERT(names->items[i].len <= CFG_WEBHOOK_NAME_BYTES);
        CFG_ASSERT(cfg_str_chr(names->items[i], '/') == names->items[i].len);
        for (size_t k = 0; k < i && i < 200; k++)
            CFG_ASSERT(!cfg_str_eq(names->items[i], names->items[k]));
    }
}

static void check_places(const struct cfg_strs *places)
{
    CFG_ASSERT(places->count <= CFG_WEBHOOK_PLACES);
    for (size_t i = 0; i < places->count; i++) {
        struct cfg_str place = places->items[i];
        CFG_ASSERT(place.len > 0 && cfg_str_find(place, CFG_STR("//")) == place.len);
        for (size_t k = 0; k < place.len; k++)
            CFG_ASSERT(place.ptr[k] < 'A' || place.ptr[k] > 'Z');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cfg_webhook_options options = {.github = true,
                                                       .gitlab = true,
                                                       .bitbucket = true,
                                                       .gitea = true,
                                                       .gitee = true,
                                                       .gogs = true,
                                                       .azure = true};
    struct cfg_str input = cfg_str_make((const char *)data, size);
    size_t gap = cfg_str_find(input, CFG_STR("\n\n"));
    struct cfg_str fields = cfg_str_sub(input, 0, gap);
    struct cfg_hook hook = {.find = find,
                            .ctx = &fields,
                            .is_form = cfg_str_starts(fields, CFG_STR("form")),
                            .body = cfg_str_sub(input, gap + 2, size)};
    struct cfg_webhook_news news;
    struct cfg_arena arena;
    struct cfg_err err = CFG_ERR_INIT;
    cfg_arena_init(&arena, CFG_WEBHOOK_ARENA_BYTES, 0);
    if (cfg_webhook_read(&options, &hook, &arena, &news, &err) != CFG_OK) {
        CFG_ASSERT(err.message[0]);
        CFG_ASSERT(err.status == CFG_INVALID || err.status == CFG_TOO_LARGE);
    } else {
        check_names(&news.names);
        check_places(&news.places);
        CFG_ASSERT(news.provider || (news.names.count == 0 && news.places.count == 0));
    }
    cfg_arena_release(&arena);
    return 0;
}
