/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a request target, and header lines below it. Checks: what routing and negotiation give is clean
 *        text: no separator, no control character, nothing that would split a header.
 */
#include <stdint.h>

#include "core/base/utf8.h"
#include "server/http/check.h"
#include "server/http/negotiate.h"
#include "server/http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_clean(struct cfg_str text, bool slashes)
{
    CFG_ASSERT(cfg_utf8_valid(text) == text.len);
    CFG_ASSERT(slashes || cfg_str_chr(text, '/') == text.len);
    for (size_t i = 0; i < text.len; i++)
        CFG_ASSERT((unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f &&
                   text.ptr[i] != '\\');
}

static void is_path(struct cfg_str path)
{
    struct cfg_str piece;
    is_clean(path, true);
    while (path.len && cfg_str_cut(&path, '/', &piece))
        CFG_ASSERT(piece.len && !cfg_str_eq(piece, CFG_STR(".")));
}

static void route(struct cfg_arena *arena, struct cfg_str raw, struct cfg_str prefix)
{
    const struct cfg_bases bases = {.prefix = prefix, .monitor = CFG_STR("/hooks")};
    static const enum cfg_method methods[] = {CFG_METHOD_GET, CFG_METHOD_POST, CFG_METHOD_OPTIONS,
                                              CFG_METHOD_OTHER};
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_target target;
    if (cfg_target_parse(raw, &target, &err) != CFG_OK) {
        CFG_ASSERT(err.message[0]);
        return;
    }
    CFG_ASSERT(target.path.len && (target.path.ptr[0] == '/' || target.path.ptr[0] == '*'));
    for (size_t m = 0; m < CFG_COUNT(methods); m++) {
        struct cfg_match match;
        enum cfg_routing routing;
        struct cfg_err why = CFG_ERR_INIT;
        if (cfg_router_find(arena, &target, methods[m], &bases, &match, &routing, &why) != CFG_OK) {
            CFG_ASSERT(why.message[0]);
            continue;
        }
        CFG_ASSERT((routing == CFG_ROUTED) == (match.route != NULL));
        is_clean(match.app, false);
        is_clean(match.profiles, false);
        is_clean(match.label, false);
        is_path(match.path);
    }
}

static void read_headers(struct cfg_arena *arena, struct cfg_str text)
{
    struct cfg_head head;
    struct cfg_str line, type;
    cfg_check_begin(&head, arena);
    while (cfg_str_cut(&text, '\n', &line)) {
        size_t colon = cfg_str_chr(line, ':');
        cfg_check_header(&head, cfg_str_sub(line, 0, colon),
                         cfg_str_sub(line, colon + 1, line.len));
    }
    bool taken = cfg_check_end(&head, CFG_STR("GET"), CFG_STR("HTTP/1.1"));
    CFG_ASSERT(taken == (head.fault == NULL));
    if (!taken)
        return;
    (void)cfg_negotiate_environment(head.values[CFG_HEADER_ACCEPT], &type);
    is_clean(type, true);
    (void)cfg_negotiate_resource(arena, head.values[CFG_HEADER_ACCEPT], &type);
    is_clean(type, true);
    is_clean(cfg_negotiate_problem(head.values[CFG_HEADER_ACCEPT]), true);
    is_clean(cfg_negotiate_charset(head.values[CFG_HEADER_ACCEPT_CHARSET]), false);
    (void)cfg_negotiate_gzip(head.values[CFG_HEADER_ACCEPT_ENCODING]);
    (void)cfg_negotiate_match(head.values[CFG_HEADER_IF_NONE_MATCH], CFG_STR("W/\"tag\""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cfg_arena arena;
    struct cfg_str input = cfg_str_make((const char *)data, size);
    size_t end = cfg_str_chr(input, '\n');
    cfg_arena_init(&arena, 4 << 20, 0);
    route(&arena, cfg_str_sub(input, 0, end), CFG_STR_NONE);
    route(&arena, cfg_str_sub(input, 0, end), CFG_STR("/config"));
    read_headers(&arena, cfg_str_sub(input, end + 1, size));
    cfg_arena_release(&arena);
    return 0;
}
