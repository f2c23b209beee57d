/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: header lines as the library split them. Gives: the ones that are read, or why the request is
 *        refused. Keeps: one reading of where a request ends, the one that every proxy shares.
 */
#include "server/http/check.h"

enum repeats { LIST, FIRST, ONCE };

static const struct {
    struct cfg_str name;
    enum repeats repeats;
} headers[CFG_HEADER_COUNT] = {
#define X(name, text, repeats) {{text, sizeof(text) - 1}, repeats},
#include "server/http/headers.def"
#undef X
};

bool cfg_check_is_token(struct cfg_str s)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && (c == '\0' || strchr(marks, c) == NULL))
            return false;
    }
    return s.len > 0;
}

static bool has_control(struct cfg_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static void refuse(struct cfg_head *head, const char *fault)
{
    if (head->fault == NULL)
        head->fault = fault;
}

void cfg_check_begin(struct cfg_head *head, struct cfg_arena *arena)
{
    *head = (struct cfg_head){.arena = arena};
}

static void keep(struct cfg_head *head, enum cfg_header which, struct cfg_str value)
{
    struct cfg_str *kept = &head->values[which];
    if (!head->present[which]) {
        head->present[which] = true;
        *kept = cfg_str_trim(value);
        return;
    }
    if (headers[which].repeats == ONCE)
        refuse(head, "A header that may come once came twice");
    if (headers[which].repeats != LIST)
        return;
    struct cfg_str joined;
    if (cfg_arena_printf(head->arena, &joined, "%.*s, %.*s", CFG_STR_ARG(*kept),
                         CFG_STR_ARG(value)))
        *kept = joined;
    else
        head->no_memory = true;
}

void cfg_check_header(struct cfg_head *head, struct cfg_str name, struct cfg_str value)
{
    head->line_bytes += name.len + value.len + sizeof ":\r\n" - 1;
    if (!cfg_check_is_token(name))
        refuse(head, "A header's name holds a character that it may not");
    if (has_control(value))
        refuse(head, "A header's value holds a control character");
    for (size_t i = 0; i < CFG_HEADER_COUNT; i++)
        if (name.len == headers[i].name.len && cfg_str_eq_nocase(name, headers[i].name)) {
            keep(head, (enum cfg_header)i, value);
            return;
        }
}

bool cfg_check_length(struct cfg_str text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0 || text.len > 18) /* within 64 bits */
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

/* How long the body is: exactly one way to say it. */
static void check_framing(struct cfg_head *head)
{
    bool length = head->present[CFG_HEADER_CONTENT_LENGTH];
    head->chunked = head->present[CFG_HEADER_TRANSFER_ENCODING];
    if (length && head->chunked)
        refuse(head, "Content-Length and Transfer-Encoding exclude each other");
    if (length && !cfg_check_length(head->values[CFG_HEADER_CONTENT_LENGTH], &head->length))
        refuse(head, "Content-Length is no number");
    if (!head->chunked)
        return;
    if (!cfg_str_eq_nocase(head->values[CFG_HEADER_TRANSFER_ENCODING], CFG_STR("chunked")))
        refuse(head, "Transfer-Encoding is not chunked");
    if (head->old)
        refuse(head, "HTTP/1.0 has no Transfer-Encoding");
}

static void check_host(struct cfg_head *head)
{
    struct cfg_str host = head->values[CFG_HEADER_HOST];
    static const char foreign[] = " \t/\\?#@,<>\"{}|^`";
    if (!head->present[CFG_HEADER_HOST] && !head->old)
        refuse(head, "HTTP/1.1 wants a Host");
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] == '\0' || strchr(foreign, host.ptr[i]))
            refuse(head, "Host holds a character that it may not");
}

bool cfg_check_end(struct cfg_head *head, struct cfg_str method, struct cfg_str version)
{
    head->old = cfg_str_eq(version, CFG_STR("HTTP/1.0"));
    if (!head->old && !cfg_str_eq(version, CFG_STR("HTTP/1.1")))
        refuse(head, "The version is neither HTTP/1.0 nor HTTP/1.1");
    if (!cfg_check_is_token(method))
        refuse(head, "The method holds a character that it may not");
    check_framing(head);
    check_host(head);
    return head->fault == NULL;
}

struct cfg_str cfg_check_value(const struct cfg_head *head, struct cfg_str name)
{
    for (size_t i = 0; i < CFG_HEADER_COUNT; i++)
        if (head->present[i] && cfg_str_eq_nocase(headers[i].name, name))
            return head->values[i].ptr ? head->values[i] : CFG_STR("");
    return CFG_STR_NONE;
}

size_t cfg_check_line_bytes(struct cfg_str method, struct cfg_str target, struct cfg_str version)
{
    return method.len + 1 + target.len + 1 + version.len + 2;
}
