/* SPDX-License-Identifier: Apache-2.0 */
/* render_json: a nested answer as compact JSON, without a final newline. */
#ifndef CORE_RENDER_RENDER_JSON_H
#define CORE_RENDER_RENDER_JSON_H

#include "core/base/buf.h"
#include "core/model/node.h"

void cfg_render_json(const struct cfg_node *root, struct cfg_buf *out);

#endif
