/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: every ceiling that a configuration file meets on its way to an answer, by name. Going over one is
 * too_large, with the limit's number in the message; only the asker of that file sees it.
 */
#ifndef CORE_MODEL_LIMITS_H
#define CORE_MODEL_LIMITS_H

enum {
    CFG_LIMIT_FILE_BYTES = 16 << 20,   /* one configuration file */
    CFG_LIMIT_DEPTH = 64,              /* nested maps and lists */
    CFG_LIMIT_NODES = 500000,          /* scalars, maps and lists of a file, aliases expanded */
    CFG_LIMIT_ANCHORS = 1000,          /* named nodes of a document */
    CFG_LIMIT_ALIAS_NODES = 100000,    /* nodes that aliases and merge keys may add to a file */
    CFG_LIMIT_DOCUMENTS = 1000,        /* documents of one file */
    CFG_LIMIT_KEY_BYTES = 4096,        /* one flat key */
    CFG_LIMIT_KEY_STEPS = 256,         /* its names and indexes: how deep a tree may be */
    CFG_LIMIT_FLAT_BYTES = 64 << 20,   /* keys and values of a file after flattening */
    CFG_LIMIT_LIST_INDEX = 10000,      /* l[N]=x in a nested answer; the gap is padded */
    CFG_LIMIT_NEST_NODES = 1000000,    /* nodes of a nested answer, padding included */
    CFG_LIMIT_PLACEHOLDER_DEPTH = 32,  /* ${a} → ${b} → … */
    CFG_LIMIT_VALUE_BYTES = 1 << 20,   /* one value after placeholders */
    CFG_LIMIT_EXPRESSION_BYTES = 4096, /* one profile expression */
    CFG_LIMIT_EXPRESSION_DEPTH = 64,   /* its "(" and "!"; each costs a frame of the stack */
    CFG_LIMIT_CONTROL_KEYS = 4096,     /* of a document, below spring.config and .profiles */
    CFG_LIMIT_CANDIDATES = 200000,     /* paths that one question may look for */
    CFG_LIMIT_COMPARED = 20000000,     /* names, for placeholders in its control keys */
    CFG_LIMIT_IMPORTS = 256,           /* files that spring.config.import adds to an answer */
    CFG_LIMIT_PROFILES = 256,          /* of a question, groups and includes expanded */
    CFG_LIMIT_ANSWER_BYTES = 64 << 20, /* one rendered answer */
};

#endif
