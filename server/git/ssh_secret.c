/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: secrets of one repository.
 * Gives: paths below /proc that ssh can open, and answers to ssh's questions.
 * Keeps: only the ssh that we started gets an answer: one that it starts for a jump host gets none.
 */
#define _GNU_SOURCE /* memfd_create */

#include "server/git/ssh_secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

enum { ANSWER_BYTES = 64 << 10 };

static const char asker[] = "STRATA_SSH_ASKS_FOR_PROCESS";
static const char passphrase_at[] = "STRATA_SSH_PASSPHRASE_AT";
static const char password_at[] = "STRATA_SSH_PASSWORD_AT";

static bool write_all(int fd, struct cfg_str bytes)
{
    while (bytes.len) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes = cfg_str_sub(bytes, (size_t)written, bytes.len);
    }
    return true;
}

enum cfg_status
cfg_ssh_secret_make(struct cfg_str bytes, struct cfg_ssh_secret *out, struct cfg_err *err)
{
    struct rlimit no_core = {0, 0};
    int fd;

    *out = CFG_SSH_SECRET_NONE;
    /* ssh can only look at our descriptors while we are an ordinary process; cores stay forbidden. */
    (void)!setrlimit(RLIMIT_CORE, &no_core);
    (void)!prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    fd = memfd_create("strata", MFD_CLOEXEC);
    if (fd < 0)
        return cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "a file in memory");
    if (fchmod(fd, 0600) != 0 || !write_all(fd, bytes)) {
        enum cfg_status status = cfg_err_set_errno(err, CFG_UNAVAILABLE, errno, "a file in memory");
        close(fd);
        return status;
    }
    out->fd = fd;
    snprintf(out->path, sizeof out->path, "/proc/%ld/fd/%d", (long)getpid(), fd);
    return CFG_OK;
}

void cfg_ssh_secret_release(struct cfg_ssh_secret *secret)
{
    if (secret->fd >= 0)
        close(secret->fd);
    *secret = CFG_SSH_SECRET_NONE;
}

/* Line ends of any kind, also written as \n, become line feeds; ssh refuses a key without the last. */
void cfg_ssh_key_text(struct cfg_str key, struct cfg_buf *out)
{
    bool escaped = cfg_str_chr(key, '\n') == key.len;

    key = cfg_str_trim(key);
    for (size_t i = 0; i < key.len; i++) {
        bool two = escaped && key.ptr[i] == '\\' && i + 1 < key.len;
        if (two && (key.ptr[i + 1] == 'n' || key.ptr[i + 1] == 'r')) {
            if (key.ptr[++i] == 'n')
                cfg_buf_char(out, '\n');
        } else if (key.ptr[i] != '\r') {
            cfg_buf_char(out, key.ptr[i]);
        }
    }
    cfg_buf_char(out, '\n');
}

void cfg_ssh_ask_us(const struct cfg_ssh_secret *passphrase, const struct cfg_ssh_secret *password)
{
    char text[48];

    snprintf(text, sizeof text, "/proc/%ld/exe", (long)getppid());
    setenv("SSH_ASKPASS", text, 1);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    snprintf(text, sizeof text, "%ld", (long)getpid());
    setenv(asker, text, 1);
    if (passphrase->fd >= 0)
        setenv(passphrase_at, passphrase->path, 1);
    if (password->fd >= 0)
        setenv(password_at, password->path, 1);
}

bool cfg_ssh_is_asked(void)
{
    const char *process = getenv(asker);

    return process && strtol(process, NULL, 10) == (long)getppid();
}

int cfg_ssh_answer(const char *question)
{
    struct cfg_err ignored = CFG_ERR_INIT;
    const char *path = NULL;
    struct cfg_buf answer;
    bool done;

    if (!question)
        return 1;
    if (strstr(question, "assphrase"))
        path = getenv(passphrase_at);
    else if (strstr(question, "assword"))
        path = getenv(password_at);
    if (!path)
        return 1; /* host keys are never confirmed here, and nobody is asked for a PIN */
    cfg_buf_init(&answer, ANSWER_BYTES);
    done = cfg_file_read(path, &answer, &ignored) == CFG_OK;
    if (done)
        cfg_buf_char(&answer, '\n');
    done = done && !answer.failed && write_all(STDOUT_FILENO, cfg_buf_view(&answer));
    cfg_buf_wipe(&answer);
    return done ? 0 : 1;
}
