/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_yaml: a nested answer as block YAML, byte for byte as SnakeYAML's dumpAsMap writes it:
 * indent 2, lists at their parent's column, width 80, Unicode raw, one final newline, "{}" when empty.
 */
#ifndef CORE_RENDER_RENDER_YAML_H
#define CORE_RENDER_RENDER_YAML_H

#include "core/base/buf.h"
#include "core/model/node.h"

/* With `strip_document`, a tree whose only key is "document" is written as that key's bare value. */
enum cfg_status cfg_render_yaml(const struct cfg_node *root,
                                bool strip_document,
                                struct cfg_buf *out,
                                struct cfg_err *err) CFG_CHECK;

#endif
