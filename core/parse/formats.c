/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: a path. Gives: how to parse what is there. Keeps: the order in which formats beat each other.
 */
#include "core/parse/parse.h"

#define EXTENSION(text)                                                                            \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

const struct cfg_format cfg_formats[CFG_FORMAT_COUNT] = {
    {EXTENSION("yaml"), cfg_parse_yaml},
    {EXTENSION("yml"), cfg_parse_yaml},
    {EXTENSION("xml"), cfg_parse_xml},
    {EXTENSION("properties"), cfg_parse_properties},
};

const struct cfg_format *cfg_format_of(struct cfg_str path)
{
    size_t dot = cfg_str_rchr(path, '.');
    struct cfg_str extension = cfg_str_sub(path, dot + 1, path.len);
    if (dot == path.len || cfg_str_chr(extension, '/') < extension.len)
        return NULL;
    for (size_t i = 0; i < CFG_FORMAT_COUNT; i++)
        if (cfg_str_eq(extension, cfg_formats[i].extension))
            return &cfg_formats[i];
    return NULL;
}
