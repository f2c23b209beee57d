/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource: plain files of a repository, as text or as they are.
 */
#ifndef SERVER_SERVICE_RESOURCE_H
#define SERVER_SERVICE_RESOURCE_H

#include "server/service/places.h"

enum { CFG_RESOURCE_BYTES = 32 << 20 }; /* one plain file; a larger one is not served */

struct cfg_resource {
    const struct cfg_place *place;
    const struct cfg_tree_entry *entry;
    int64_t modified_ms; /* the file's own time, or its commit's */
};

/*
 * Finds the file: locations in order, in each the variants for the profiles, then the bare name.
 * Fails: not_found, no_memory. `path` is checked already (cfg_question_check_path).
 */
enum cfg_status cfg_resource_find(struct cfg_task *task,
                                  const struct cfg_question *question,
                                  const struct cfg_places *places,
                                  struct cfg_str path,
                                  struct cfg_resource *out,
                                  struct cfg_err *err) CFG_CHECK;

/*
 * Appends the file's text as UTF-8, decoded from `charset` (empty or unknown: UTF-8); what is malformed
 * becomes U+FFFD. Fails: no_memory, too_large.
 */
enum cfg_status cfg_resource_decode(struct cfg_str bytes,
                                    struct cfg_str charset,
                                    struct cfg_buf *out,
                                    struct cfg_err *err) CFG_CHECK;

#endif
