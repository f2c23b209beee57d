/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse: bytes of a configuration file → documents of nodes. One function a format, one table of
 * extensions. Each reads hostile input within limits.h and gives the place of what it refuses.
 *
 * For all: Owns: nodes live in `arena` and borrow nothing from `text`. Fails: corrupt (malformed; err
 * has line and column), too_large (a limit, named in the message), no_memory; `*out` is empty then.
 * Threads: any. Nodes of YAML and .properties have the places that the reference shows as origins;
 * those of XML and JSON, and what became of a YAML set, have none.
 */
#ifndef CORE_PARSE_PARSE_H
#define CORE_PARSE_PARSE_H

#include "core/base/err.h"
#include "core/model/node.h"

typedef enum cfg_status (*cfg_parse_fn)(struct cfg_str text,
                                        struct cfg_arena *arena,
                                        struct cfg_docs *out,
                                        struct cfg_err *err);

/* YAML 1.1 as SnakeYAML reads it with timestamps switched off: several documents, anchors, merge keys. */
enum cfg_status cfg_parse_yaml(struct cfg_str text,
                               struct cfg_arena *arena,
                               struct cfg_docs *out,
                               struct cfg_err *err) CFG_CHECK;

/* Java properties (ISO-8859-1, escapes, "#---" separators, "key[]=a,b"): flat maps of strings. */
enum cfg_status cfg_parse_properties(struct cfg_str text,
                                     struct cfg_arena *arena,
                                     struct cfg_docs *out,
                                     struct cfg_err *err) CFG_CHECK;

/* Java's XML properties (<properties><entry key="k">v</entry></properties>), no DTD, no entities. */
enum cfg_status cfg_parse_xml(struct cfg_str text,
                              struct cfg_arena *arena,
                              struct cfg_docs *out,
                              struct cfg_err *err) CFG_CHECK;

/* JSON (RFC 8259): one document. Not a served format; for settings, webhooks and clients. */
enum cfg_status cfg_parse_json(struct cfg_str text,
                               struct cfg_arena *arena,
                               struct cfg_docs *out,
                               struct cfg_err *err) CFG_CHECK;

/* The served formats, weakest first: yaml, yml, xml, properties. */
struct cfg_format {
    struct cfg_str extension; /* without the dot */
    cfg_parse_fn parse;
};
enum { CFG_FORMAT_COUNT = 4 };
extern const struct cfg_format cfg_formats[CFG_FORMAT_COUNT];

/* By the extension of `path` (case-sensitive); NULL: not a configuration file. */
const struct cfg_format *cfg_format_of(struct cfg_str path);

#endif
