/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression: a line of profiles separated by commas, then a profile expression.
 */
#include <stdint.h>

#include "core/merge/activate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cfg_str items[16];
    struct cfg_strs profiles = {items, 0};
    struct cfg_str rest = cfg_str_make((const char *)data, size);
    struct cfg_str line = CFG_STR_NONE;
    struct cfg_err err = CFG_ERR_INIT;
    bool active = true;
    if (!cfg_str_cut(&rest, '\n', &line))
        return 0;
    while (profiles.count < CFG_COUNT(items) && cfg_str_cut(&line, ',', &items[profiles.count]))
        profiles.count++;
    enum cfg_status status = cfg_activate_expression(rest, &profiles, &active, &err);
    CFG_ASSERT(status == err.status);
    CFG_ASSERT(status == CFG_OK || status == CFG_INVALID || status == CFG_TOO_LARGE);
    CFG_ASSERT(status == CFG_OK || (!active && err.message[0] != '\0'));
    return 0;
}
