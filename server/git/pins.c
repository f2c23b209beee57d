/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: trees as they are given out.
 * Gives: the commits that must not vanish.
 * Keeps: a list, short enough to be searched from its beginning.
 */
#include "server/git/pins.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/lock.h"
#include "server/git/tree.h"

enum { GRACE_MS = 600000 };

struct pin {
    struct pin *next;
    unsigned char commit[CFG_ID_BYTES];
    size_t trees;
    int64_t left_ms; /* when the last tree went; counts while there is none */
};

struct cfg_pins {
    struct cfg_ref ref;
    struct cfg_lock lock;
    struct pin *first; /* under lock */
};

/* What a tree carries in `hidden`. */
struct hold {
    struct cfg_pins *pins; /* a reference */
    struct pin *pin;
};

struct cfg_pins *cfg_pins_new(void)
{
    struct cfg_pins *pins = calloc(1, sizeof *pins);

    if (!pins)
        return NULL;
    cfg_ref_init(&pins->ref);
    cfg_lock_init(&pins->lock);
    return pins;
}

void cfg_pins_unref(struct cfg_pins *pins)
{
    if (!pins || !cfg_ref_drop(&pins->ref))
        return;
    while (pins->first) {
        struct pin *pin = pins->first;
        pins->first = pin->next;
        free(pin);
    }
    cfg_lock_release(&pins->lock);
    free(pins);
}

static void let_go(struct cfg_tree *tree)
{
    struct hold *hold = tree->hidden;

    cfg_lock_enter(&hold->pins->lock);
    if (--hold->pin->trees == 0)
        hold->pin->left_ms = cfg_clock_ms();
    cfg_lock_leave(&hold->pins->lock);
    cfg_pins_unref(hold->pins);
    free(hold);
}

/* Forgets commits that were let go long ago; called under the lock. */
static void tidy(struct cfg_pins *pins)
{
    int64_t oldest_ms = cfg_clock_ms() - GRACE_MS;

    for (struct pin **at = &pins->first; *at;) {
        struct pin *pin = *at;
        if (pin->trees || pin->left_ms > oldest_ms) {
            at = &pin->next;
            continue;
        }
        *at = pin->next;
        free(pin);
    }
}

/* Called under the lock; NULL: no memory. */
static struct pin *find_or_add(struct cfg_pins *pins, const unsigned char commit[CFG_ID_BYTES])
{
    struct pin *pin;

    for (pin = pins->first; pin; pin = pin->next)
        if (memcmp(pin->commit, commit, CFG_ID_BYTES) == 0)
            return pin;
    tidy(pins);
    pin = calloc(1, sizeof *pin);
    if (!pin)
        return NULL;
    memcpy(pin->commit, commit, CFG_ID_BYTES);
    pin->next = pins->first;
    pins->first = pin;
    return pin;
}

enum cfg_status cfg_pins_add(struct cfg_pins *pins,
                             const char commit[41],
                             struct cfg_tree *tree,
                             struct cfg_err *err)
{
    unsigned char id[CFG_ID_BYTES];
    struct hold *hold;

    if (tree->hidden || !cfg_id_parse(cfg_str_of(commit), id))
        return CFG_OK;
    hold = calloc(1, sizeof *hold);
    if (!hold)
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a tree");
    cfg_lock_enter(&pins->lock);
    hold->pin = find_or_add(pins, id);
    if (hold->pin)
        hold->pin->trees++;
    cfg_lock_leave(&pins->lock);
    if (!hold->pin) {
        free(hold);
        return cfg_err_set(err, CFG_NO_MEMORY, "no memory for a tree");
    }
    cfg_ref_add(&pins->ref);
    hold->pins = pins;
    tree->hidden = hold;
    tree->free_hidden = let_go;
    return CFG_OK;
}

bool cfg_pins_list(struct cfg_pins *pins, struct cfg_buf *out)
{
    size_t count = 0;

    cfg_lock_enter(&pins->lock);
    tidy(pins);
    for (const struct pin *pin = pins->first; pin && count <= CFG_PINS_LISTED; pin = pin->next) {
        char hex[41];
        cfg_id_hex(pin->commit, hex);
        cfg_buf_append(out, hex, 40);
        count++;
    }
    cfg_lock_leave(&pins->lock);
    return count <= CFG_PINS_LISTED;
}
