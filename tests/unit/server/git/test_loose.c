/* SPDX-License-Identifier: Apache-2.0 */
/* loose: every damaged object is an error, soon; sound ones come back whole. */
#include "server/git/loose.h"

#include "server/git/tree.h"
#include "tests/unit/server/git/fixture.h"

enum { MAX = 1 << 20 };

/* The id of text as a blob that was written as a loose object. */
static void
write_blob(const struct fixture *fixture, const char *text, unsigned char id[20], char hex[256])
{
    ask(hex, "cd '%s/r' && printf '%%s' '%s' | git hash-object -w --stdin", fixture->dir, text);
    assert_true(cfg_id_parse(cfg_str_of(hex), id));
}

static void objects_of(const struct fixture *fixture, char out[128])
{
    snprintf(out, 128, "%s/r/.git/objects", fixture->dir);
}

static void test_sound(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    char dir[128], hex[256];
    unsigned char id[CFG_ID_BYTES], found[CFG_ID_BYTES];
    struct cfg_loose loose;

    run("git init -q '%s/r'", fixture->dir);
    objects_of(fixture, dir);
    write_blob(fixture, "hello", id, hex);
    assert_int_equal(cfg_loose_header(dir, id, &loose, &err), CFG_OK);
    assert_int_equal(loose.size, 5);
    assert_int_equal(loose.type, CFG_GIT_BLOB);
    assert_int_equal(cfg_loose_read(dir, id, MAX, &loose, &err), CFG_OK);
    assert_string_equal((char *)loose.bytes, "hello");
    free(loose.bytes);
    assert_int_equal(cfg_loose_read(dir, id, 4, &loose, &err), CFG_TOO_LARGE);
    assert_null(loose.bytes);
    cfg_err_clear(&err);
    write_blob(fixture, "", id, hex);
    assert_int_equal(cfg_loose_read(dir, id, MAX, &loose, &err), CFG_OK);
    assert_int_equal(loose.size, 0);
    free(loose.bytes);
    assert_int_equal(cfg_loose_find(dir, cfg_str_make(hex, 7), found, &err), CFG_OK);
    assert_memory_equal(found, id, CFG_ID_BYTES);
    assert_int_equal(cfg_loose_find(dir, CFG_STR("1234567"), found, &err), CFG_NOT_FOUND);
    cfg_err_clear(&err);
    id[0] ^= 1;
    assert_int_equal(cfg_loose_read(dir, id, MAX, &loose, &err), CFG_NOT_FOUND);
}

/* An object larger than any block, cut at every length that matters: never a hang, never a success. */
static void test_truncated(void **state)
{
    const struct fixture *fixture = *state;
    char dir[128], hex[256];
    unsigned char id[CFG_ID_BYTES];
    struct cfg_loose loose;
    long size;

    ask(hex, "cd '%s/r' && head -c 50000 /dev/urandom > big && git hash-object -w big",
        fixture->dir);
    assert_true(cfg_id_parse(cfg_str_of(hex), id));
    objects_of(fixture, dir);
    {
        char text[256];
        ask(text, "stat -c %%s '%s/%.2s/%s'", dir, hex, hex + 2);
        size = strtol(text, NULL, 10);
    }
    assert_true(size > 50000);
    run("chmod u+w '%s/%.2s/%s' && cp '%s/%.2s/%s' '%s/whole'", dir, hex, hex + 2, dir, hex,
        hex + 2, fixture->dir);
    for (long keep = 0; keep < size; keep += keep < 80 ? 1 : keep > size - 20 ? 1 : 4999) {
        struct cfg_err err = CFG_ERR_INIT;
        char path[512];

        if (keep > 80 && keep < size - 20 && keep + 4999 > size - 20)
            keep = size - 20;
        snprintf(path, sizeof path, "%s/%.2s/%s", dir, hex, hex + 2);
        assert_int_equal(truncate(path, keep), 0);
        if (cfg_loose_read(dir, id, MAX, &loose, &err) != CFG_CORRUPT)
            fail_msg("%ld of %ld bytes: %s", keep, size, err.message);
        run("cp '%s/whole' '%s'", fixture->dir, path);
    }
}

/* What a hostile or failing disk may hold instead of an object. */
static void test_damaged(void **state)
{
    static const char *const makers[] = {
        "print('blob 5', end='')",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blob 6\\0hello'))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blob 4\\0hello'))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blob 4\\0hell'+b'o'*100000))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blub 5\\0hello'))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blob \\0hello'))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blob -5\\0hello'))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b'blob 5'))",
        "import zlib,sys; "
        "sys.stdout.buffer.write(zlib.compress(b'blob 99999999999999999999999\\0hello'))",
        "import zlib,sys; sys.stdout.buffer.write(zlib.compress(b''))",
        "import zlib,sys; b=bytearray(zlib.compress(b'blob 5\\0hello')); b[-1]^=1; "
        "sys.stdout.buffer.write(b)",
        "import zlib,sys; b=bytearray(zlib.compress(b'blob 5\\0hello')); b[6]^=64; "
        "sys.stdout.buffer.write(b)",
    };
    const struct fixture *fixture = *state;
    char dir[128];
    unsigned char id[CFG_ID_BYTES] = {0xaa, 0xbb};
    struct cfg_loose loose;

    objects_of(fixture, dir);
    run("mkdir -p '%s/aa'", dir);
    for (size_t i = 0; i < CFG_COUNT(makers); i++) {
        struct cfg_err err = CFG_ERR_INIT;

        run("python3 -c \"%s\" > '%s/aa/bb000000000000000000000000000000000000'", makers[i], dir);
        if (cfg_loose_read(dir, id, MAX, &loose, &err) != CFG_CORRUPT)
            fail_msg("%s: %s", makers[i], err.message);
        assert_null(loose.bytes);
    }
}

/* A declared size is refused before its memory is taken; a pipe does not block. */
static void test_hostile(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    char dir[128];
    unsigned char id[CFG_ID_BYTES] = {0xaa, 0xbb};
    struct cfg_loose loose;

    objects_of(fixture, dir);
    run("python3 -c \"import zlib,sys; "
        "sys.stdout.buffer.write(zlib.compress(b'blob 1000000000000\\0x'))\" "
        "> '%s/aa/bb000000000000000000000000000000000000'",
        dir);
    assert_int_equal(cfg_loose_header(dir, id, &loose, &err), CFG_OK);
    assert_true(loose.size == 1000000000000u);
    assert_int_equal(cfg_loose_read(dir, id, MAX, &loose, &err), CFG_TOO_LARGE);
    cfg_err_clear(&err);
    run("cd '%s/aa' && rm bb* && mkfifo bb000000000000000000000000000000000000", dir);
    assert_int_equal(cfg_loose_read(dir, id, MAX, &loose, &err), CFG_CORRUPT);
    cfg_err_clear(&err);
    run("cd '%s/aa' && rm bb* && mkdir bb000000000000000000000000000000000000", dir);
    assert_int_equal(cfg_loose_read(dir, id, MAX, &loose, &err), CFG_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
