/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the code that a call of libgit2 gave, and its last error.
 * Gives: a status that a caller can act upon, by two tables.
 * Keeps: credentials out of messages.
 */
/* First: libgit2 has a field of the name "ctime", which banned.h forbids. */
#include <git2.h>

#include "server/git/git_fail.h"

#include <stdarg.h>

#include "server/git/uri.h"

static const struct {
    int code;
    enum cfg_status status;
} by_code[] = {
    {GIT_ENOTFOUND, CFG_NOT_FOUND},   {GIT_EUNBORNBRANCH, CFG_NOT_FOUND},
    {GIT_EAMBIGUOUS, CFG_CONFLICT},   {GIT_ELOCKED, CFG_CONFLICT},
    {GIT_EAUTH, CFG_UNAUTHENTICATED}, {GIT_ECERTIFICATE, CFG_UNAVAILABLE},
    {GIT_EEOF, CFG_UNAVAILABLE},      {GIT_EMISMATCH, CFG_CORRUPT},
    {GIT_EOWNER, CFG_DENIED},
};

static const struct {
    int klass;
    enum cfg_status status;
} by_class[] = {
    {GIT_ERROR_NOMEMORY, CFG_NO_MEMORY},
    {GIT_ERROR_OS, CFG_UNAVAILABLE},
    {GIT_ERROR_FILESYSTEM, CFG_UNAVAILABLE},
    {GIT_ERROR_NET, CFG_UNAVAILABLE},
    {GIT_ERROR_HTTP, CFG_UNAVAILABLE},
    {GIT_ERROR_SSL, CFG_UNAVAILABLE},
    {GIT_ERROR_SSH, CFG_UNAVAILABLE},
    {GIT_ERROR_ZLIB, CFG_CORRUPT},
    {GIT_ERROR_ODB, CFG_CORRUPT},
    {GIT_ERROR_OBJECT, CFG_CORRUPT},
    {GIT_ERROR_TREE, CFG_CORRUPT},
    {GIT_ERROR_TAG, CFG_CORRUPT},
    {GIT_ERROR_INDEXER, CFG_CORRUPT},
    {GIT_ERROR_SHA, CFG_CORRUPT},
    {GIT_ERROR_REFERENCE, CFG_CORRUPT},
    {GIT_ERROR_CONFIG, CFG_CORRUPT},
    {GIT_ERROR_REPOSITORY, CFG_INVALID},
    {GIT_ERROR_INVALID, CFG_INVALID},
};

static enum cfg_status status_of(int code, int klass)
{
    /* the class wins for want of memory only: everything else says less than the code */
    if (klass == GIT_ERROR_NOMEMORY)
        return CFG_NO_MEMORY;
    for (size_t i = 0; i < CFG_COUNT(by_code); i++)
        if (by_code[i].code == code)
            return by_code[i].status;
    for (size_t i = 0; i < CFG_COUNT(by_class); i++)
        if (by_class[i].klass == klass)
            return by_class[i].status;
    return CFG_INTERNAL;
}

enum cfg_status cfg_git_fail(struct cfg_err *err, int code, const char *format, ...)
{
    const git_error *last = git_error_last();
    char what[CFG_ERR_MESSAGE_BYTES], why[CFG_ERR_MESSAGE_BYTES];
    enum cfg_status status = status_of(code, last ? last->klass : GIT_ERROR_NONE);
    bool first = err->status == CFG_OK;
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(why, sizeof why, "%s", last && last->message ? last->message : "no reason given");
    cfg_uri_scrub(what);
    cfg_uri_scrub(why);
    status = cfg_err_set(err, status, "%s: %s", what, why);
    if (first) {
        err->foreign_code = last ? last->klass : code;
        err->foreign_domain = "libgit2";
    }
    git_error_clear();
    return status;
}
