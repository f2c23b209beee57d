/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose: an answer → the bytes of one form, with their entity tag.
 */
#ifndef SERVER_SERVICE_COMPOSE_H
#define SERVER_SERVICE_COMPOSE_H

#include "server/service/environment.h"
#include "server/service/resource.h"

/* Appends the Environment or a converted format and gives the answer's tag. */
enum cfg_status cfg_compose_answer(struct cfg_task *task,
                                   const struct cfg_ask *ask,
                                   const struct cfg_answer *answer,
                                   struct cfg_buf *out,
                                   char out_etag[48],
                                   struct cfg_err *err) CFG_CHECK;

/* Appends a plain file: as it is, or as text with the answer's values in its placeholders. */
enum cfg_status cfg_compose_file(struct cfg_task *task,
                                 const struct cfg_ask *ask,
                                 const struct cfg_answer *answer,
                                 const struct cfg_resource *resource,
                                 struct cfg_buf *out,
                                 char out_etag[48],
                                 struct cfg_err *err) CFG_CHECK;

/* Appends `bytes` as gzip; false when that is not shorter (or memory is short): send them plain. */
bool cfg_compose_gzip(struct cfg_str bytes, struct cfg_buf *out);

/* Puts "-gz" inside the quotes of a strong tag. */
void cfg_compose_gzip_tag(char etag[48]);

#endif
