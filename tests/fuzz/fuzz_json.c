/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: any bytes as JSON. Checks: fuzz_parse.h.
 */
#include "tests/fuzz/fuzz_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_parse(cfg_parse_json, data, size);
}
