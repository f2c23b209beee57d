/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: keys and replies. Gives: replies that are ready to be sent. Keeps: the bounds; four places a
 *        set, so that a flood of odd targets costs the popular ones a few places and no time.
 */
#include "server/http/responses.h"

#include "core/base/hash128.h"

enum { WAYS = 4, SETS = CFG_RESPONSES_ENTRIES / WAYS };

struct entry {
    uint64_t hash;
    struct cfg_str key; /* ptr NULL: the place is free */
    struct cfg_ready ready;
};

struct cfg_responses {
    struct entry entries[SETS][WAYS];
    unsigned char next[SETS]; /* the place that the next newcomer takes */
    size_t body_bytes;
};

enum cfg_status cfg_responses_new(struct cfg_responses **out, struct cfg_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? CFG_OK : cfg_err_set(err, CFG_NO_MEMORY, "no memory for ready responses");
}

static void empty_entry(struct cfg_responses *responses, struct entry *entry)
{
    if (entry->key.ptr == NULL)
        return;
    responses->body_bytes -= entry->ready.body->bytes.len;
    cfg_wire_release(entry->ready.full);
    cfg_wire_release(entry->ready.not_modified);
    cfg_body_unref(entry->ready.body);
    free((void *)(uintptr_t)entry->key.ptr);
    *entry = (struct entry){.hash = 0};
}

void cfg_responses_clear(struct cfg_responses *responses)
{
    for (size_t set = 0; set < SETS; set++)
        for (size_t way = 0; way < WAYS; way++)
            empty_entry(responses, &responses->entries[set][way]);
}

void cfg_responses_release(struct cfg_responses *responses)
{
    if (responses == NULL)
        return;
    cfg_responses_clear(responses);
    free(responses);
}

struct cfg_ready *cfg_responses_find(struct cfg_responses *responses, struct cfg_str key)
{
    uint64_t hash = cfg_hash64(key);
    struct entry *set = responses->entries[hash % SETS];
    for (size_t way = 0; way < WAYS; way++)
        if (set[way].hash == hash && set[way].key.ptr && cfg_str_eq(set[way].key, key))
            return &set[way].ready;
    return NULL;
}

static bool
fill_entry(struct entry *entry, uint64_t hash, struct cfg_str key, const struct cfg_reply *reply)
{
    char *copy = cfg_str_copy(key);
    struct cfg_wire *full = cfg_wire_new(reply, CFG_WIRE_FULL);
    if (copy == NULL || full == NULL) {
        free(copy);
        cfg_wire_release(full);
        return false;
    }
    *entry = (struct entry){
        .hash = hash,
        .key = {copy, key.len},
        .ready = {.body = cfg_body_ref(reply->body), .full = full, .dated = reply->dated},
    };
    return true;
}

struct cfg_ready *cfg_responses_put(struct cfg_responses *responses,
                                    struct cfg_str key,
                                    const struct cfg_reply *reply)
{
    CFG_ASSERT(reply->status == 200 && reply->body);
    size_t bytes = reply->body->bytes.len;
    if (key.len == 0 || key.len > CFG_RESPONSES_KEY_BYTES || bytes > CFG_RESPONSES_BODY_BYTES)
        return NULL;
    if (bytes > CFG_RESPONSES_BYTES - responses->body_bytes)
        cfg_responses_clear(responses);
    uint64_t hash = cfg_hash64(key);
    size_t set = hash % SETS;
    struct entry *entry = &responses->entries[set][responses->next[set]++ % WAYS];
    empty_entry(responses, entry);
    if (!fill_entry(entry, hash, key, reply))
        return NULL;
    responses->body_bytes += bytes;
    return &entry->ready;
}
