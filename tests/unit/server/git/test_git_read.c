/* SPDX-License-Identifier: Apache-2.0 */
/* git_read: repositories in place: labels, trees, bytes, and every way in which they may be damaged. */
#include "server/git/git_read.h"

#include <pthread.h>

#include "server/git/tree.h"
#include "tests/unit/server/git/fixture.h"

static const struct cfg_git_options options = {0};

static struct cfg_store *open_in_place(const struct fixture *fixture, const char *name)
{
    char uri[256];

    snprintf(uri, sizeof uri, "file://%s/%s", fixture->dir, name);
    return open_at(cfg_str_of(uri), &options, "/nowhere", NULL);
}

static enum cfg_status try_commit(struct cfg_store *store, const char *label, char out[41])
{
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = tips_of(store);
    enum cfg_status status = cfg_store_commit(store, tips, cfg_str_of(label), out, &err);
    char want[128];

    snprintf(want, sizeof want, "No such label: %s", label);
    if (status == CFG_NOT_FOUND)
        assert_string_equal(err.message, want);
    cfg_tips_unref(tips);
    return status;
}

static void expect_commit(struct cfg_store *store, const char *label, const char *want)
{
    char commit[41];

    if (try_commit(store, label, commit) != CFG_OK)
        fail_msg("no label %s", label);
    assert_string_equal(commit, want);
}

static void test_name_and_kind(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_store *store = open_in_place(fixture, "absent/");
    struct cfg_tips *tips = NULL;
    char want[256];

    snprintf(want, sizeof want, "file://%s/absent", fixture->dir);
    assert_true(cfg_str_eq(cfg_store_name(store), cfg_str_of(want)));
    assert_int_equal(cfg_store_kind_of(store), CFG_STORE_IN_PLACE);
    assert_int_equal(cfg_store_watch_fd(store), -1);
    assert_int_equal(cfg_store_fetch(store, &err), CFG_OK);
    assert_int_equal(cfg_store_tips(store, &tips, &err), CFG_NOT_FOUND);
    cfg_err_clear(&err);
    make_repo(fixture, "absent"); /* it may come later */
    cfg_tips_unref(tips_of(store));
    run("mkdir -p '%s/absent/sub/deeper'", fixture->dir);
    cfg_store_close(store);
    store = open_in_place(fixture, "absent/sub"); /* nothing above is searched */
    assert_int_equal(cfg_store_tips(store, &tips, &err), CFG_NOT_FOUND);
    cfg_store_close(store);
    cfg_store_close(NULL);
}

static void test_tips(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "t");
    struct cfg_tips *before, *after;
    char main_id[256], dev_id[256], old_id[256];

    make_repo(fixture, "t");
    ask(old_id, "cd '%s/t' && git rev-parse HEAD", fixture->dir);
    run("cd '%s/t' && git checkout -q -b feature/dev && echo 'x: 1' > x.yml && git add . && git "
        "commit -q -m two && git tag light && git tag -a -m m annotated && git -c "
        "advice.nestedTag=false tag -a -m m twice "
        "annotated && git tag blob HEAD:x.yml && git checkout -q main && git commit -q "
        "--allow-empty -m three",
        fixture->dir);
    ask(main_id, "cd '%s/t' && git rev-parse main", fixture->dir);
    ask(dev_id, "cd '%s/t' && git rev-parse feature/dev", fixture->dir);
    before = tips_of(store);
    assert_int_equal(before->count, 5); /* the blob's tag is none */
    assert_string_equal(before->head, main_id);
    expect_commit(store, "main", main_id);
    expect_commit(store, "HEAD", main_id);
    expect_commit(store, "feature/dev", dev_id);
    expect_commit(store, "light", dev_id);
    expect_commit(store, "annotated", dev_id);
    expect_commit(store, "twice", dev_id);
    expect_commit(store, old_id, old_id);
    run("cd '%s/t' && git pack-refs --all && git gc -q", fixture->dir);
    after = tips_of(store);
    for (size_t i = 0, j = 0; j < after->count; j++) /* packed, the blob's tag is not told apart */
        if (!cfg_str_eq(after->items[j].name, CFG_STR("refs/tags/blob"))) {
            assert_true(cfg_str_eq(before->items[i].name, after->items[j].name));
            assert_string_equal(before->items[i++].commit, after->items[j].commit);
        }
    cfg_tips_unref(before);
    cfg_tips_unref(after);
    run("cd '%s/t' && git checkout -q --detach feature/dev && git branch -q -D main", fixture->dir);
    before = tips_of(store);
    assert_string_equal(before->head, dev_id);
    cfg_tips_unref(before);
    cfg_store_close(store);
}

static void test_commit_ids(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "c");
    char first[256], lost[256], tree[256], text[64], got[41];

    make_repo(fixture, "c");
    ask(first, "cd '%s/c' && git rev-parse HEAD", fixture->dir);
    ask(tree, "cd '%s/c' && git rev-parse HEAD^{tree}", fixture->dir);
    ask(lost,
        "cd '%s/c' && git commit -q --allow-empty -m lost && git rev-parse HEAD && git reset -q "
        "--hard HEAD^ && git commit -q --allow-empty -m two && git commit -q --allow-empty -m 3",
        fixture->dir);
    expect_commit(store, first, first);
    snprintf(text, sizeof text, "%.7s", first);
    expect_commit(store, text, first);
    snprintf(text, sizeof text, "%.12s", first);
    for (char *c = text; *c; c++)
        *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 32) : *c;
    expect_commit(store, text, first);
    snprintf(text, sizeof text, "%.6s", first);
    assert_int_equal(try_commit(store, text, got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, lost, got), CFG_NOT_FOUND); /* not reachable */
    snprintf(text, sizeof text, "%.10s", lost);
    assert_int_equal(try_commit(store, text, got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, tree, got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, "0123456789", got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, "HEAD~1", got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, "main^", got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, ":/one", got), CFG_NOT_FOUND);
    assert_int_equal(try_commit(store, "", got), CFG_NOT_FOUND);
    run("cd '%s/c' && git gc -q --prune=now", fixture->dir);
    expect_commit(store, first, first);
    snprintf(text, sizeof text, "%.9s", first);
    expect_commit(store, text, first);
    cfg_store_close(store);
}

/* Two objects with one beginning: the commit that can be reached is meant. */
static void test_ambiguous_id(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "amb");
    char first[256], text[64];

    make_repo(fixture, "amb");
    ask(first, "cd '%s/amb' && git rev-parse HEAD", fixture->dir);
    run("cd '%s/amb/.git/objects/%.2s' && cp -p %s %.10s0123456789012345678901234567", fixture->dir,
        first, first + 2, first + 2);
    snprintf(text, sizeof text, "%.8s", first);
    expect_commit(store, text, first);
    cfg_store_close(store);
}

static void test_tree(void **state)
{
    static const struct {
        const char *path;
        uint8_t kind;
    } want[] = {
        {"a-b/x", CFG_ENTRY_FILE},
        {"a.yml", CFG_ENTRY_FILE},
        {"a/b/c/deep.yml", CFG_ENTRY_FILE},
        {"a/run.sh", CFG_ENTRY_FILE},
        {"application.yml", CFG_ENTRY_FILE},
        {"link", CFG_ENTRY_LINK},
        {"module", CFG_ENTRY_OTHER},
        {"sub/foo.yml", CFG_ENTRY_FILE},
        {"\xff\xfe odd\nname", CFG_ENTRY_FILE},
    };
    static const char *const dirs[] = {"", "a-b/", "a/", "a/b/", "a/b/c/", "sub/"};
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "tree");
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree *tree, *again;
    struct cfg_buf bytes;
    int64_t wall_ms;
    char commit[256];

    make_repo(fixture, "tree");
    run("cd '%s/tree' && mkdir -p a/b/c a-b && echo deep > a/b/c/deep.yml && echo '#!' > a/run.sh "
        "&& "
        "chmod +x a/run.sh && echo 1 > a.yml && echo 2 > a-b/x && ln -s sub/foo.yml link && "
        "printf odd > \"$(printf '\\377\\376 odd\\nname')\" && git update-index --add --cacheinfo "
        "160000,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,module && git add --all . "
        "':!module' && git update-index --add --cacheinfo "
        "160000,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,module && git commit -q -m tree && echo "
        "uncommitted > a.yml && echo x > untracked.yml",
        fixture->dir);
    ask(commit, "cd '%s/tree' && git rev-parse HEAD", fixture->dir);
    assert_int_equal(cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err), CFG_OK);
    assert_true(wall_ms == INT64_C(1700000001000));
    assert_int_equal(tree->count, CFG_COUNT(want));
    for (size_t i = 0; i < tree->count; i++) {
        assert_true(cfg_str_eq(tree->entries[i].path, cfg_str_of(want[i].path)));
        assert_int_equal(tree->entries[i].kind, want[i].kind);
    }
    assert_int_equal(tree->dir_count, CFG_COUNT(dirs));
    for (size_t i = 0; i < tree->dir_count; i++)
        assert_true(cfg_str_eq(tree->dirs[i], cfg_str_of(dirs[i])));
    expect_bytes(store, tree, "a.yml", "1\n"); /* what is committed */
    expect_bytes(store, tree, "link", "sub/foo.yml");
    expect_bytes(store, tree, "a/b/c/deep.yml", "deep\n");
    assert_null(cfg_tree_find(tree, CFG_STR("untracked.yml")));
    assert_null(cfg_tree_find(tree, CFG_STR(".git/config")));

    cfg_buf_init(&bytes, 1000);
    assert_int_equal(
        cfg_store_read(store, tree, cfg_tree_find(tree, CFG_STR("module")), 100, &bytes, &err),
        CFG_NOT_FOUND);
    cfg_err_clear(&err);
    assert_int_equal(
        cfg_store_read(store, tree, cfg_tree_find(tree, CFG_STR("a.yml")), 1, &bytes, &err),
        CFG_TOO_LARGE);
    assert_string_equal(err.path, "a.yml");
    assert_int_equal(bytes.len, 0);
    cfg_err_clear(&err);
    cfg_buf_release(&bytes);
    assert_int_equal(cfg_store_tree(store, commit, tree, &again, &wall_ms, &err), CFG_OK);
    assert_ptr_equal(again, tree);
    cfg_tree_unref(again);
    cfg_tree_unref(tree);
    assert_int_equal(cfg_store_tree(store, "0123456789012345678901234567890123456789", NULL, &tree,
                                    &wall_ms, &err),
                     CFG_NOT_FOUND);
    assert_null(tree);
    cfg_store_close(store);
}

/* Trees that git would not write, made by hand. */
static void test_hostile_trees(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "h");
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tree *tree = NULL;
    char commit[256];
    int64_t wall_ms;

    make_repo(fixture, "h");
    /* out of order, twice, and names that no path can have */
    ask(commit,
        "cd '%s/h' && b=$(git rev-parse HEAD:application.yml) && t=$(python3 -c \""
        "import sys; b=bytes.fromhex('$b'); "
        "e=lambda m,n: m+b' '+n+b'\\0'+b; "
        "sys.stdout.buffer.write(e(b'100644',b'z')+e(b'100644',b'a')+e(b'100644',b'a')+"
        "e(b'100644',b'..')+e(b'100644',b'x/y')+e(b'100644',b'')+e(b'100644',b'.'))\" | "
        "git hash-object -w -t tree --literally --stdin) && git commit-tree -m h $t",
        fixture->dir);
    tree = tree_of(store, commit);
    assert_int_equal(tree->count, 2);
    expect_bytes(store, tree, "a", "a: 1\n");
    expect_bytes(store, tree, "z", "a: 1\n");
    cfg_tree_unref(tree);
    /* damaged in the middle */
    ask(commit,
        "cd '%s/h' && t=$(printf '100644 a\\0123' | git hash-object -w -t tree --literally "
        "--stdin) && git commit-tree -m h $t",
        fixture->dir);
    assert_int_equal(cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err), CFG_CORRUPT);
    assert_string_equal(err.commit, commit);
    cfg_err_clear(&err);
    /* deeper than any configuration */
    ask(commit,
        "cd '%s/h' && t=$(git rev-parse HEAD^{tree}) && for i in $(seq 70); do t=$(printf '040000 "
        "tree %%s\\td\\n' $t | git mktree); done && git commit-tree -m h $t",
        fixture->dir);
    assert_int_equal(cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err), CFG_TOO_LARGE);
    cfg_err_clear(&err);
    /* 10^9 files in ten objects */
    ask(commit,
        "cd '%s/h' && t=$(git rev-parse HEAD^{tree}) && for i in $(seq 9); do t=$(for j in $(seq "
        "10); do printf '040000 tree %%s\\td%%s\\n' $t $j; done | git mktree); done && git "
        "commit-tree -m h $t",
        fixture->dir);
    assert_int_equal(cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err), CFG_TOO_LARGE);
    cfg_err_clear(&err);
    cfg_store_close(store);
}

/* A blob, a tree and a commit as loose objects, each damaged in each way; all end soon as corrupt. */
static void test_damaged_loose(void **state)
{
    static const char *const objects[] = {"HEAD:application.yml", "HEAD:sub", "HEAD^{tree}",
                                          "HEAD"};
    static const char *const damages[] = {
        "truncate -s -6",
        "truncate -s 10",
        "truncate -s 0",
        "rm -f",
        "python3 -c 'import sys; f=open(sys.argv[1],\"r+b\"); f.seek(12); b=f.read(1)[0]; "
        "f.seek(12); f.write(bytes([b^16]))'",
        "python3 -c 'import sys,zlib; "
        "open(sys.argv[1],\"wb\").write(zlib.compress(b\"blob 5\\0wrong\"))'",
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < CFG_COUNT(objects); i++)
        for (size_t j = 0; j < CFG_COUNT(damages); j++) {
            struct cfg_store *store = open_in_place(fixture, "d");
            struct cfg_err err = CFG_ERR_INIT;
            struct cfg_tree *tree = NULL;
            struct cfg_buf bytes;
            char id[256], commit[256];
            int64_t wall_ms;
            enum cfg_status status;

            run("rm -rf '%s/d'", fixture->dir);
            make_repo(fixture, "d");
            ask(commit, "cd '%s/d' && git rev-parse HEAD", fixture->dir);
            ask(id, "cd '%s/d' && git rev-parse '%s'", fixture->dir, objects[i]);
            run("cd '%s/d/.git/objects/%.2s' && chmod u+w %s && %s %s", fixture->dir, id, id + 2,
                damages[j], id + 2);
            cfg_tips_unref(tips_of(store));
            cfg_buf_init(&bytes, 1000);
            status = cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err);
            if (i == 0) {
                assert_int_equal(status, CFG_OK);
                status =
                    cfg_store_read(store, tree, cfg_tree_find(tree, CFG_STR("application.yml")),
                                   1000, &bytes, &err);
                assert_string_equal(err.path, "application.yml");
            }
            if (status != CFG_CORRUPT)
                fail_msg("%s %s: %s", damages[j], objects[i], err.message);
            cfg_tree_unref(tree);
            cfg_buf_release(&bytes);
            cfg_store_close(store);
        }
}

/* Every byte of a pack turned in its turn: never a hang or wrong bytes. */
static void test_damaged_pack(void **state)
{
    const struct fixture *fixture = *state;
    char commit[256], size[256];
    int corrupt = 0;

    make_repo(fixture, "p");
    ask(commit, "cd '%s/p' && git rev-parse HEAD && git gc -q", fixture->dir);
    ask(size,
        "cd '%s/p/.git/objects/pack' && chmod u+w *.pack && cp *.pack '%s/p.pack' && stat -c %%s "
        "*.pack",
        fixture->dir, fixture->dir);
    for (long at = 12; at < strtol(size, NULL, 10) - 20; at += 7) {
        struct cfg_store *store = open_in_place(fixture, "p");
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_tree *tree = NULL;
        struct cfg_buf bytes;
        int64_t wall_ms;

        run("cd '%s/p/.git/objects/pack' && cp '%s/p.pack' *.pack && python3 -c 'import sys; "
            "f=open(sys.argv[1],\"r+b\"); f.seek(%ld); b=f.read(1)[0]; f.seek(%ld); "
            "f.write(bytes([b^33]))' *.pack",
            fixture->dir, fixture->dir, at, at);
        cfg_buf_init(&bytes, 1000);
        if (cfg_store_tree(store, commit, NULL, &tree, &wall_ms, &err) == CFG_OK &&
            cfg_store_read(store, tree, cfg_tree_find(tree, CFG_STR("sub/foo.yml")), 1000, &bytes,
                           &err) == CFG_OK)
            assert_true(cfg_str_eq(cfg_buf_view(&bytes), CFG_STR("b: 2\n")));
        else if (err.status == CFG_CORRUPT)
            corrupt++;
        else
            fail_msg("byte %ld: %s", at, err.message);
        cfg_buf_release(&bytes);
        cfg_tree_unref(tree);
        cfg_store_close(store);
    }
    assert_true(corrupt > 5);
}

static void test_damaged_refs(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "r");
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips;
    char commit[41];

    make_repo(fixture, "r");
    run("cd '%s/r' && git branch other && : > .git/refs/heads/other && git tag -a -m m gone && "
        "rm -f .git/objects/$(git rev-parse gone | sed 's:^..:&/:')",
        fixture->dir);
    tips = tips_of(store);
    assert_int_equal(tips->skipped, 2);
    /* not "there is no such label": it is there */
    assert_int_equal(cfg_store_commit(store, tips, CFG_STR("other"), commit, &err), CFG_CORRUPT);
    assert_string_equal(err.path, "refs/heads/other");
    assert_non_null(strstr(err.message, "file://"));
    cfg_err_clear(&err);
    assert_int_equal(cfg_store_commit(store, tips, CFG_STR("gone"), commit, &err), CFG_CORRUPT);
    assert_string_equal(err.path, "refs/tags/gone");
    cfg_err_clear(&err);
    assert_int_equal(cfg_store_commit(store, tips, CFG_STR("main"), commit, &err), CFG_OK);
    assert_int_equal(cfg_store_commit(store, tips, CFG_STR("none"), commit, &err), CFG_NOT_FOUND);
    cfg_tips_unref(tips);
    cfg_store_close(store);
}

/* Bare, a linked work tree, a .git file, alternates, a shallow clone. */
static void test_shapes(void **state)
{
    static const char *const names[] = {"s", "bare.git", "s/.git", "linked", "borrower", "shallow"};
    const struct fixture *fixture = *state;

    make_repo(fixture, "s");
    run("cd '%s' && git clone -q --bare s bare.git && cd s && git worktree add -q -b extra "
        "../linked "
        "&& cd .. && git clone -q -s bare.git borrower && git clone -q --depth 1 "
        "'file://%s/bare.git' shallow && git -C s config extensions.worktreeConfig true && git -C "
        "s "
        "config core.repositoryformatversion 1",
        fixture->dir, fixture->dir);
    for (size_t i = 0; i < CFG_COUNT(names); i++) {
        struct cfg_store *store = open_in_place(fixture, names[i]);

        expect_at(store, "main", "sub/foo.yml", "b: 2\n");
        expect_at(store, "HEAD", "application.yml", "a: 1\n");
        cfg_store_close(store);
    }
}

static void test_unsupported(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "sha256");
    struct cfg_err err = CFG_ERR_INIT;
    struct cfg_tips *tips = NULL;
    enum cfg_status status;

    run("git init -q --object-format=sha256 '%s/sha256' 2>/dev/null", fixture->dir);
    status = cfg_store_tips(store, &tips, &err);
    assert_int_equal(status, CFG_INVALID);
    assert_non_null(strstr(err.message, "objectformat"));
    cfg_store_close(store);
}

static void test_empty(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "empty");
    struct cfg_tips *tips;

    run("git init -q '%s/empty'", fixture->dir);
    tips = tips_of(store);
    assert_int_equal(tips->count, 0);
    assert_string_equal(tips->head, "");
    cfg_tips_unref(tips);
    cfg_store_close(store);
}

/* A link that is switched to another repository is followed at once, open handles or not. */
static void test_switched_link(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "current");

    make_repo(fixture, "one");
    make_repo(fixture, "two");
    run("cd '%s/two' && echo 'a: other' > application.yml && git commit -q -a -m x && ln -s one "
        "../current",
        fixture->dir);
    expect_at(store, "main", "application.yml", "a: 1\n");
    run("cd '%s' && ln -s two next && mv -T next current", fixture->dir);
    expect_at(store, "main", "application.yml", "a: other\n");
    run("cd '%s/two' && rm -rf .git && git init -q -b main && echo 'a: new' > application.yml && "
        "git add . && git commit -q -m y",
        fixture->dir);
    expect_at(store, "main", "application.yml", "a: new\n");
    cfg_store_close(store);
}

struct storm {
    struct cfg_store *store;
    const char *commit;
    int failures;
};

static void *read_often(void *ctx)
{
    struct storm *storm = ctx;

    for (int i = 0; i < 60; i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_tree *tree = NULL;
        struct cfg_tips *tips = NULL;
        struct cfg_buf bytes;
        int64_t wall_ms;

        cfg_buf_init(&bytes, 1000);
        if (cfg_store_tips(storm->store, &tips, &err) != CFG_OK ||
            cfg_store_tree(storm->store, storm->commit, NULL, &tree, &wall_ms, &err) != CFG_OK ||
            cfg_store_read(storm->store, tree, &tree->entries[tree->count - 1], 1000, &bytes,
                           &err) != CFG_OK) {
            storm->failures++;
            print_error("%s\n", err.message);
        }
        cfg_tips_unref(tips);
        cfg_tree_unref(tree);
        cfg_buf_release(&bytes);
    }
    return NULL;
}

/* Many threads, while git commits, packs and prunes beside them. */
static void test_threads_and_gc(void **state)
{
    const struct fixture *fixture = *state;
    struct cfg_store *store = open_in_place(fixture, "g");
    struct storm storms[6];
    pthread_t threads[6];
    char commit[256];

    make_repo(fixture, "g");
    ask(commit, "cd '%s/g' && git rev-parse HEAD", fixture->dir);
    for (size_t i = 0; i < CFG_COUNT(threads); i++) {
        storms[i] = (struct storm){store, commit, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &storms[i]), 0);
    }
    run("cd '%s/g' && for i in 1 2 3 4 5; do git commit -q --allow-empty -m $i && git tag t$i && "
        "git "
        "gc -q --prune=now; done",
        fixture->dir);
    for (size_t i = 0; i < CFG_COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(storms[i].failures, 0);
    }
    cfg_store_close(store);
}

static void test_refused_uris(void **state)
{
    static const char *const uris[] = {"", "file:", "ftp://u:secret@h/x", "https://u:secret@/x",
                                       "file:/x/{application}"};

    (void)state;
    for (size_t i = 0; i < CFG_COUNT(uris); i++) {
        struct cfg_err err = CFG_ERR_INIT;
        struct cfg_store *store = NULL;

        assert_int_equal(cfg_store_open_git(cfg_str_of(uris[i]), &options, CFG_STR("/nowhere"),
                                            NULL, &store, &err),
                         CFG_INVALID);
        assert_null(store);
        assert_null(strstr(err.message, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_and_kind), cmocka_unit_test(test_tips),
        cmocka_unit_test(test_commit_ids),    cmocka_unit_test(test_ambiguous_id),
        cmocka_unit_test(test_tree),          cmocka_unit_test(test_hostile_trees),
        cmocka_unit_test(test_damaged_loose), cmocka_unit_test(test_damaged_pack),
        cmocka_unit_test(test_damaged_refs),  cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_unsupported),   cmocka_unit_test(test_empty),
        cmocka_unit_test(test_switched_link), cmocka_unit_test(test_threads_and_gc),
        cmocka_unit_test(test_refused_uris),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
