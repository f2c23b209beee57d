/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: Accept and its kin. Gives: the form and the type of an answer.
 * Keeps: Spring's order of preference (quality, then how narrow a range is, then place), so that every
 *        existing client gets what it gets there; q=0 refuses, as the RFC says.
 */
#include "server/http/negotiate.h"

#include "server/http/check.h"

enum {
    RANGES = 32,         /* of one Accept; a longer one counts as malformed */
    FULL_QUALITY = 1000, /* q=1 */
};

/* How narrow a range is. */
enum width { ANY, ANY_SUBTYPE, ANY_SUFFIXED, EXACT };

struct range {
    struct cfg_str type;       /* "application" */
    struct cfg_str subtype;    /* "json", "*", "*+json" */
    struct cfg_str parameters; /* behind the first ";", without q */
    unsigned quality;          /* thousandths */
    enum width width;
};

/* "0.5" → 500. Fails for anything that is not 0 to 1 with at most three digits behind the point. */
static bool parse_quality(struct cfg_str text, unsigned *out)
{
    if (text.len == 0 || text.len > 5)
        return false;
    unsigned value = 0, unit = FULL_QUALITY;
    bool point = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (!point && i > 0))
            return false;
        if (i > 0)
            unit /= 10;
        value += (unsigned)(c - '0') * unit;
    }
    *out = value;
    return value <= FULL_QUALITY;
}

/* The value of parameter `name` in ";a=b;c=d", unquoted; false when it is not there. */
static bool find_parameter(struct cfg_str parameters, struct cfg_str name, struct cfg_str *out)
{
    struct cfg_str piece;
    while (cfg_str_cut(&parameters, ';', &piece)) {
        size_t equals = cfg_str_chr(piece, '=');
        if (equals == piece.len ||
            !cfg_str_eq_nocase(cfg_str_trim(cfg_str_sub(piece, 0, equals)), name))
            continue;
        *out = cfg_str_trim(cfg_str_sub(piece, equals + 1, piece.len));
        if (out->len >= 2 && out->ptr[0] == '"' && out->ptr[out->len - 1] == '"')
            *out = cfg_str_sub(*out, 1, out->len - 2);
        return true;
    }
    return false;
}

static bool parse_range(struct cfg_str item, struct range *out)
{
    struct cfg_str quality;
    size_t semicolon = cfg_str_chr(item, ';');
    struct cfg_str name = cfg_str_trim(cfg_str_sub(item, 0, semicolon));
    if (cfg_str_eq(name, CFG_STR("*"))) /* what some old clients send */
        name = CFG_STR("*/*");
    size_t slash = cfg_str_chr(name, '/');
    *out = (struct range){
        .type = cfg_str_sub(name, 0, slash),
        .subtype = cfg_str_sub(name, slash + 1, name.len),
        .parameters = cfg_str_sub(item, semicolon + 1, item.len),
        .quality = FULL_QUALITY,
        .width = EXACT,
    };
    if (slash == name.len || !cfg_check_is_token(out->type) || !cfg_check_is_token(out->subtype))
        return false;
    if (find_parameter(out->parameters, CFG_STR("q"), &quality) &&
        !parse_quality(quality, &out->quality))
        return false;
    if (cfg_str_eq(out->subtype, CFG_STR("*")))
        out->width = cfg_str_eq(out->type, CFG_STR("*")) ? ANY : ANY_SUBTYPE;
    else if (cfg_str_starts(out->subtype, CFG_STR("*+")))
        out->width = ANY_SUFFIXED;
    return out->width == ANY || cfg_str_chr(out->type, '*') == out->type.len;
}

static bool goes_before(const struct range *a, const struct range *b)
{
    return a->quality != b->quality ? a->quality > b->quality : a->width > b->width;
}

/* Parses and orders; false when it is malformed. An empty header is one range of everything. */
static bool parse_accept(struct cfg_str accept, struct range ranges[RANGES], size_t *out_count)
{
    struct cfg_str item;
    size_t count = 0;
    while (cfg_str_cut(&accept, ',', &item)) {
        struct range range;
        if (cfg_str_trim(item).len == 0)
            continue;
        if (count == RANGES || !parse_range(item, &range))
            return false;
        size_t at = count++;
        for (; at > 0 && goes_before(&range, &ranges[at - 1]); at--)
            ranges[at] = ranges[at - 1];
        ranges[at] = range;
    }
    if (count == 0)
        ranges[count++] = (struct range){
            .type = CFG_STR("*"), .subtype = CFG_STR("*"), .quality = FULL_QUALITY, .width = ANY};
    *out_count = count;
    return true;
}

static bool covers(const struct range *range, struct cfg_str full)
{
    size_t slash = cfg_str_chr(full, '/');
    struct cfg_str type = cfg_str_sub(full, 0, slash);
    struct cfg_str subtype = cfg_str_sub(full, slash + 1, full.len);
    if (range->width == ANY)
        return true;
    if (!cfg_str_eq_nocase(range->type, type))
        return false;
    if (range->width == ANY_SUBTYPE)
        return true;
    if (range->width == EXACT)
        return cfg_str_eq_nocase(range->subtype, subtype);
    struct cfg_str suffix = cfg_str_sub(range->subtype, 1, range->subtype.len); /* "+json" */
    return subtype.len > suffix.len &&
           cfg_str_eq_nocase(cfg_str_sub(subtype, subtype.len - suffix.len, suffix.len), suffix);
}

/* The first of `types` that the first wanted range covers, in order of preference; `count` when none. */
static size_t
pick(const struct range *ranges, size_t n, const struct cfg_str *types, size_t count, size_t *range)
{
    for (size_t r = 0; r < n; r++) {
        if (ranges[r].quality == 0)
            break;
        for (size_t t = 0; t < count; t++) {
            bool refused = false; /* by name, with q=0 */
            for (size_t z = n; z > 0 && ranges[z - 1].quality == 0; z--)
                refused = refused || (ranges[z - 1].width > ranges[r].width &&
                                      covers(&ranges[z - 1], types[t]));
            if (!refused && covers(&ranges[r], types[t])) {
                *range = r;
                return t;
            }
        }
    }
    return count;
}

static bool says_utf8(const struct range *range)
{
    struct cfg_str charset;
    return find_parameter(range->parameters, CFG_STR("charset"), &charset) &&
           cfg_str_eq_nocase(charset, CFG_STR("UTF-8"));
}

enum cfg_accepted cfg_negotiate_environment(struct cfg_str accept, struct cfg_str *out_type)
{
    /* a type that names its charset is echoed so; these four are all that there is to echo */
    static const struct cfg_str types[] = {{CFG_TYPE_JSON, sizeof CFG_TYPE_JSON - 1},
                                           {CFG_TYPE_V2, sizeof CFG_TYPE_V2 - 1}};
    static const char *const with_charset[] = {CFG_TYPE_JSON ";charset=UTF-8",
                                               CFG_TYPE_V2 ";charset=UTF-8"};
    struct range ranges[RANGES];
    size_t count, range;
    *out_type = CFG_STR_NONE;
    if (!parse_accept(accept, ranges, &count))
        return CFG_ACCEPTED_NONE;
    size_t t = pick(ranges, count, types, CFG_COUNT(types), &range);
    if (t == CFG_COUNT(types))
        return CFG_ACCEPTED_NONE;
    bool echo = ranges[range].width == EXACT && says_utf8(&ranges[range]);
    *out_type = echo ? cfg_str_of(with_charset[t]) : types[t];
    return t == 0 ? CFG_ACCEPTED_V1 : CFG_ACCEPTED_V2;
}

static bool is_json(struct cfg_str subtype)
{
    return cfg_str_eq_nocase(subtype, CFG_STR("json")) ||
           (subtype.len > 5 &&
            cfg_str_eq_nocase(cfg_str_sub(subtype, subtype.len - 5, 5), CFG_STR("+json")));
}

/* The type of a plain file under one range; false when that range does not say which. */
static bool
resource_type(struct cfg_arena *arena, const struct range *range, struct cfg_str *out_type)
{
    bool text = cfg_str_eq_nocase(range->type, CFG_STR("text"));
    if (range->width == ANY || (range->width == ANY_SUBTYPE && text)) {
        *out_type = CFG_STR(CFG_TYPE_TEXT);
        return true;
    }
    if (range->width == ANY_SUFFIXED && is_json(range->subtype) &&
        cfg_str_eq_nocase(range->type, CFG_STR("application"))) {
        *out_type = CFG_STR(CFG_TYPE_JSON);
        return true;
    }
    if (range->width != EXACT || cfg_str_chr(range->subtype, '*') < range->subtype.len)
        return false;
    return cfg_arena_printf(arena, out_type, "%.*s/%.*s%s", CFG_STR_ARG(range->type),
                            CFG_STR_ARG(range->subtype),
                            is_json(range->subtype) ? "" : ";charset=UTF-8");
}

enum cfg_accepted
cfg_negotiate_resource(struct cfg_arena *arena, struct cfg_str accept, struct cfg_str *out_type)
{
    struct range ranges[RANGES];
    size_t count;
    *out_type = CFG_STR_NONE;
    if (!parse_accept(accept, ranges, &count))
        return CFG_ACCEPTED_NONE;
    /* raw bytes win over every text type of the header, unless "anything" is preferred to them */
    for (size_t i = 0; i < count && ranges[i].quality > 0 && ranges[i].width != ANY; i++)
        if (covers(&ranges[i], CFG_STR(CFG_TYPE_BINARY))) {
            *out_type = CFG_STR(CFG_TYPE_BINARY);
            return CFG_ACCEPTED_BINARY;
        }
    for (size_t i = 0; i < count && ranges[i].quality > 0; i++)
        if (resource_type(arena, &ranges[i], out_type))
            return CFG_ACCEPTED_TEXT;
    return CFG_ACCEPTED_NONE;
}

struct cfg_str cfg_negotiate_pick(struct cfg_str accept, const struct cfg_str *types, size_t count)
{
    struct range ranges[RANGES];
    size_t n, range;
    size_t t = parse_accept(accept, ranges, &n) ? pick(ranges, n, types, count, &range) : 0;
    return types[t < count ? t : 0];
}

struct cfg_str cfg_negotiate_problem(struct cfg_str accept)
{
    static const struct cfg_str types[] = {{CFG_TYPE_JSON, sizeof CFG_TYPE_JSON - 1},
                                           {CFG_TYPE_V2, sizeof CFG_TYPE_V2 - 1}};
    struct range ranges[RANGES];
    size_t n, range;
    if (!parse_accept(accept, ranges, &n))
        return types[0];
    if (pick(ranges, n, types, 1, &range) == 0)
        return types[0];
    size_t t = pick(ranges, n, types, CFG_COUNT(types), &range);
    /* "application/…*+json" takes either; only its full name asks for the v2 type */
    return t == 1 && ranges[range].width == EXACT ? types[1] : types[0];
}

bool cfg_negotiate_gzip(struct cfg_str accept_encoding)
{
    struct cfg_str item;
    unsigned any = 0;
    while (cfg_str_cut(&accept_encoding, ',', &item)) {
        size_t semicolon = cfg_str_chr(item, ';');
        struct cfg_str name = cfg_str_trim(cfg_str_sub(item, 0, semicolon));
        struct cfg_str text;
        unsigned quality = FULL_QUALITY;
        if (find_parameter(cfg_str_sub(item, semicolon + 1, item.len), CFG_STR("q"), &text) &&
            !parse_quality(text, &quality))
            quality = 0;
        if (cfg_str_eq_nocase(name, CFG_STR("gzip")) || cfg_str_eq_nocase(name, CFG_STR("x-gzip")))
            return quality > 0;
        if (cfg_str_eq(name, CFG_STR("*")))
            any = quality;
    }
    return any > 0;
}

struct cfg_str cfg_negotiate_charset(struct cfg_str accept_charset)
{
    /* a closed list: a converter is never looked up by text from a request */
    static const struct {
        struct cfg_str name, canonical;
    } known[] = {
        {{"utf-8", 5}, {NULL, 0}},
        {{"utf8", 4}, {NULL, 0}},
        {{"iso-8859-1", 10}, {"ISO-8859-1", 10}},
        {{"latin1", 6}, {"ISO-8859-1", 10}},
        {{"iso-8859-15", 11}, {"ISO-8859-15", 11}},
        {{"us-ascii", 8}, {"US-ASCII", 8}},
        {{"windows-1252", 12}, {"windows-1252", 12}},
        {{"utf-16", 6}, {"UTF-16", 6}},
        {{"utf-16be", 8}, {"UTF-16BE", 8}},
        {{"utf-16le", 8}, {"UTF-16LE", 8}},
    };
    struct cfg_str item;
    while (cfg_str_cut(&accept_charset, ',', &item)) {
        size_t semicolon = cfg_str_chr(item, ';');
        struct cfg_str name = cfg_str_trim(cfg_str_sub(item, 0, semicolon));
        struct cfg_str text;
        unsigned quality = FULL_QUALITY;
        if (find_parameter(cfg_str_sub(item, semicolon + 1, item.len), CFG_STR("q"), &text) &&
            (!parse_quality(text, &quality) || quality == 0))
            continue;
        for (size_t i = 0; i < CFG_COUNT(known); i++)
            if (cfg_str_eq_nocase(name, known[i].name))
                return known[i].canonical;
    }
    return CFG_STR_NONE;
}

static struct cfg_str without_weakness(struct cfg_str tag)
{
    return cfg_str_starts(tag, CFG_STR("W/")) ? cfg_str_sub(tag, 2, tag.len) : tag;
}

/* Cuts the next tag off: a comma within the quotes does not separate. */
static bool next_tag(struct cfg_str *rest, struct cfg_str *out)
{
    struct cfg_str s = *rest;
    size_t at = 0;
    while (at < s.len && (s.ptr[at] == ',' || s.ptr[at] == ' ' || s.ptr[at] == '\t'))
        at++;
    s = cfg_str_sub(s, at, s.len);
    size_t open = cfg_str_chr(s, '"');
    size_t close = open + 1 + cfg_str_chr(cfg_str_sub(s, open + 1, s.len), '"');
    if (s.len == 0 || open == s.len || close >= s.len)
        return false;
    *out = cfg_str_sub(s, 0, close + 1);
    *rest = cfg_str_sub(s, close + 1, s.len);
    return true;
}

bool cfg_negotiate_match(struct cfg_str if_none_match, struct cfg_str etag)
{
    struct cfg_str tag;
    if (cfg_str_eq(cfg_str_trim(if_none_match), CFG_STR("*")))
        return true;
    while (next_tag(&if_none_match, &tag))
        if (cfg_str_eq(without_weakness(tag), without_weakness(etag)))
            return true;
    return false;
}
