/* SPDX-License-Identifier: Apache-2.0 */
/* render_properties: "key: value" lines joined by LF, nothing escaped, no final newline (the wire's form). */
#ifndef CORE_RENDER_RENDER_PROPERTIES_H
#define CORE_RENDER_RENDER_PROPERTIES_H

#include "core/base/buf.h"
#include "core/model/merged.h"

void cfg_render_properties(const struct cfg_merged *items, size_t count, struct cfg_buf *out);

#endif
