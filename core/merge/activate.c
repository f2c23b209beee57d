/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: an expression and the set of profiles.
 * Gives: whether it accepts them, or what is malformed.
 * Keeps: nothing. Evaluates while it reads; every part is read, so that a mistake behind a decided
 * operand is still found.
 */
#include "core/merge/activate.h"

#include "core/model/limits.h"

enum place { AT_TOP, IN_PARENTHESES, BEHIND_NOT };

struct reader {
    struct cfg_str expression;
    size_t at;
    unsigned depth;
    const struct cfg_strs *profiles;
    struct cfg_err *err;
};

/* What the operands of one level have come to. */
struct level {
    char operator_seen; /* '&', '|' or '\0' */
    size_t operands;
    bool all, any;
};

static const struct level no_operands = {.all = true};

static enum cfg_status refuse(struct reader *reader, const char *why)
{
    return cfg_err_set(reader->err, CFG_INVALID, "Malformed profile expression \"%.*s\": %s",
                       CFG_STR_ARG(cfg_str_sub(reader->expression, 0, 200)), why);
}

static bool is_sign(char c)
{
    return c == '(' || c == ')' || c == '&' || c == '|' || c == '!';
}

/* The next sign or name without the blanks around it; false at the end. */
static bool next_token(struct reader *reader, struct cfg_str *out)
{
    struct cfg_str text = reader->expression;
    while (reader->at < text.len) {
        size_t from = reader->at++;
        if (!is_sign(text.ptr[from]))
            while (reader->at < text.len && !is_sign(text.ptr[reader->at]))
                reader->at++;
        *out = cfg_str_trim(cfg_str_sub(text, from, reader->at - from));
        if (out->len > 0)
            return true;
    }
    return false;
}

static bool is_profile(const struct cfg_strs *profiles, struct cfg_str name)
{
    for (size_t i = 0; i < profiles->count; i++)
        if (cfg_str_eq(profiles->items[i], name))
            return true;
    return false;
}

static void add_operand(struct level *level, bool value)
{
    level->operands++;
    level->all = level->all && value;
    level->any = level->any || value;
}

static enum cfg_status close_level(struct reader *reader, const struct level *level, bool *out)
{
    if (level->operands == 0)
        return refuse(reader, "a profile is missing");
    *out = level->operator_seen == '&' ? level->all : level->any;
    return CFG_OK;
}

static enum cfg_status read_operands(struct reader *reader, enum place place, bool *out);

static enum cfg_status read_level(struct reader *reader, enum place place, bool *out)
{
    if (reader->depth == CFG_LIMIT_EXPRESSION_DEPTH)
        return cfg_err_set(reader->err, CFG_TOO_LARGE,
                           "a profile expression is nested over %d levels",
                           CFG_LIMIT_EXPRESSION_DEPTH);
    reader->depth++;
    enum cfg_status status = read_operands(reader, place, out);
    reader->depth--;
    return status;
}

/* Reads to the end of its level; behind a "!" that is after one operand. */
static enum cfg_status read_operands(struct reader *reader, enum place place, bool *out)
{
    struct level level = no_operands;
    struct cfg_str token;
    bool value = false;
    while (next_token(reader, &token)) {
        enum cfg_status status = CFG_OK;
        char sign = is_sign(token.ptr[0]) ? token.ptr[0] : '\0';
        switch (sign) {
        case '&':
        case '|':
            if (level.operator_seen && level.operator_seen != sign)
                return refuse(reader, "& and | need parentheses");
            level.operator_seen = sign;
            continue;
        case ')':
            status = close_level(reader, &level, &value);
            if (status != CFG_OK)
                return status;
            if (place == IN_PARENTHESES) {
                *out = value;
                return CFG_OK;
            }
            /* one that nothing opened closes what was read so far */
            level = no_operands;
            add_operand(&level, value);
            continue;
        case '(':
            status = read_level(reader, IN_PARENTHESES, &value);
            break;
        case '!':
            status = read_level(reader, BEHIND_NOT, &value);
            value = !value;
            break;
        default:
            value = is_profile(reader->profiles, token);
            break;
        }
        if (status != CFG_OK)
            return status;
        if (place == BEHIND_NOT && sign != '!') {
            *out = value;
            return CFG_OK;
        }
        add_operand(&level, value);
    }
    return close_level(reader, &level, out);
}

enum cfg_status cfg_activate_expression(struct cfg_str expression,
                                        const struct cfg_strs *profiles,
                                        bool *out_active,
                                        struct cfg_err *err)
{
    struct reader reader = {.expression = expression, .profiles = profiles, .err = err};
    *out_active = false;
    if (expression.len > CFG_LIMIT_EXPRESSION_BYTES)
        return cfg_err_set(err, CFG_TOO_LARGE, "a profile expression is over %d bytes",
                           CFG_LIMIT_EXPRESSION_BYTES);
    bool active = false;
    enum cfg_status status = read_level(&reader, AT_TOP, &active);
    *out_active = status == CFG_OK && active;
    return status;
}
