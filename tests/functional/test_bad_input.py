# SPDX-License-Identifier: Apache-2.0
"""Hostile and broken repositories and questions: each gets a clear error or a documented answer within
seconds, everything else is served meanwhile, and the server is alive with flat memory at the end."""
import os
import time

import support
from support import link, submodule, wait_until

GOOD = {"good.yml": "v: good\n", "application.yml": "shared: 1\n"}


def lines(count, form):
    return "".join(form % i for i in range(count)).encode()


def laughs(levels=12, width=10):
    rows = ["l0: &l0 [lol]"] + ["l%d: &l%d [%s]" % (i, i, ", ".join(["*l%d" % (i - 1)] * width)) for i in range(1, levels)]
    return "\n".join(rows) + "\n"


def merge_bomb(levels=24):
    rows = ["m0: &m0 {a: 1, b: 2}"] + ["m%d: &m%d\n  x: {<<: *m%d}\n  y: {<<: *m%d}" % (i, i, i - 1, i - 1) for i in range(1, levels)]
    return "\n".join(rows) + "\n"


class BadFiles(support.Case):
    """one repository of many applications, each with one trouble; good.yml beside them is always served"""

    @classmethod
    def prepare(cls):
        cls.r = cls.repo("bad.git", GOOD)
        cls.s = cls.git_server(cls.r)

    def setUp(self):
        self.began = time.monotonic()

    def put(self, files, branch):
        """the files on a branch of their own beside the good ones; waits until it is known"""
        self.r.commit(dict(GOOD, **files), branch=branch, fresh=True)
        wait_until(lambda: self.s.get("/good/default/" + branch).status == 200, "branch %s with good.yml is served" % branch, 20)
        self.began = time.monotonic()

    def tearDown(self):
        a = self.s.get("/good/default")
        self.assertEqual((a.status, a.value("v")), (200, "good"), a)
        self.assertTrue(self.s.alive())
        self.assertLess(self.s.memory_kb(), 1500 * 1024)

    def quick(self, seconds=5):
        self.assertLess(time.monotonic() - self.began, seconds * support.SLOW, "took too long")

    def every_form(self, app, branch):
        yield from ("/%s/default/%s" % (app, branch), "/%s/%s-default.yml" % (branch, app), "/%s/%s-default.json" % (branch, app), "/%s/%s-default.properties" % (branch, app))

    def test_broken_yaml_names_file_and_line(self):
        self.put({"broken.yml": "a: 1\nb: [1, 2\nc: 3\n", "dup.yml": "a: 1\nb: 2\na: 3\n", "tag.yml": "a: 1\nb: !foo x\n", "tab.yml": "a:\n\tb: 1\n", "latin.yml": b"a: 1\nb: \xff\xfe\xe9\n",
                  "esc.properties": "a=1\nb=\\u00zz\n", "xml.xml": "<properties><entry>", "alias.yml": "a: *nope\n", "loop.yml": "a: &A\n  b: *A\n", "legacy.yml": "spring.profiles: dev\na: 1\n", "expr.yml": "spring.config.activate.on-profile: a & b | c\n"}, "broken")
        for app, path, line in (("broken", "broken.yml", 3), ("dup", "dup.yml", 3), ("tag", "tag.yml", 2), ("tab", "tab.yml", 2), ("latin", "latin.yml", 2), ("esc", "esc.properties", 2), ("xml", "xml.xml", 1), ("alias", "alias.yml", 1), ("loop", "loop.yml", None), ("legacy", "legacy.yml", None), ("expr", "expr.yml", None)):
            for url in self.every_form(app, "broken"):
                with self.subTest(url=url):
                    a = self.s.get(url)
                    self.assert_error(a, 500, path)
                    if line:
                        self.assertRegex(a.json["message"], r"%s:%d\b|%s.*line %d\b" % (path.replace(".", r"\."), line, path.replace(".", r"\."), line))
        self.quick(10)

    def test_broken_in_a_profile_file_hurts_that_profile_alone(self):
        self.put({"half.yml": "a: 1\n", "half-dev.yml": "a: [\n"}, "half")
        self.assertEqual(self.s.get("/half/default/half").value("a"), 1)
        self.assert_error(self.s.get("/half/dev/half"), 500, "half-dev.yml")

    def test_mended_file_heals(self):
        self.put({"mend.yml": "a: [\n"}, "mend")
        self.assert_error(self.s.get("/mend/default/mend"), 500, "mend.yml")
        self.r.commit({"mend.yml": "a: 1\n"}, branch="mend")
        wait_until(lambda: self.s.get("/mend/default/mend").status == 200, "the mended file is served", 6)

    def test_error_on_main_is_not_a_missing_master(self):
        r = self.repo("brokenmain.git", dict(GOOD, **{"broken.yml": "a: [\n"}))
        s = self.git_server(r)
        self.assert_error(s.get("/broken/default"), 500, "broken.yml")
        self.assertEqual(s.get("/good/default").value("v"), "good")

    def test_huge_file(self):
        self.put({"huge.yml": b"a: " + b"x" * (100 << 20) + b"\n", "huge.txt": b"y" * (100 << 20)}, "huge")
        for url in self.every_form("huge", "huge"):
            self.assert_error(self.s.get(url), (413, 500), "huge.yml")
        a = self.s.get("/good/default/huge/huge.txt")
        self.assertIn(a.status, (413, 500), a.status)
        self.quick(10)

    def test_a_million_keys(self):
        self.put({"million.yml": lines(1000000, "k%d: 1\n"), "million2.properties": lines(1000000, "k%d=1\n")}, "million")
        for app in ("million", "million2"):
            for url in self.every_form(app, "million"):
                self.assert_error(self.s.get(url), (413, 500), app)
        self.quick(20)

    def test_many_keys_are_fine(self):
        self.put({"many.yml": lines(50000, "k%d: 1\n")}, "many")
        self.assertEqual(len(self.s.get("/many/default/many").sources[0]["source"]), 50000)
        self.assertEqual(self.s.get("/many/many-default.yml").text.count("\n"), 50001)
        self.assertEqual(len(self.s.get("/many/many-default.json").json), 50001)
        self.quick(20)

    def test_bombs(self):
        self.put({"laughs.yml": laughs(), "merge.yml": merge_bomb(), "deep.yml": "[" * 100000 + "]" * 100000, "deepmap.yml": "".join(" " * i + "a:\n" for i in range(3000)), "deepjson.yml": "{a: " * 5000 + "1" + "}" * 5000,
                  "anchors.yml": "".join("k%d: &a%d v\n" % (i, i) for i in range(20000)), "docs.yml": "---\na: 1\n" * 10000, "docs2.properties": "a=1\n#---\n" * 10000, "longkey.yml": "k" * 100000 + ": 1\n",
                  "dots.yml": "a." * 50000 + "b: 1\n", "expr.yml": "spring.config.activate.on-profile: '%s'\n" % ("(" * 50000 + "a" + ")" * 50000)}, "bombs")
        for app in ("laughs", "merge", "deep", "deepmap", "deepjson", "anchors", "docs", "docs2", "longkey", "dots", "expr"):
            for url in self.every_form(app, "bombs"):
                with self.subTest(url=url):
                    began = time.monotonic()
                    a = self.s.get(url)
                    self.assert_error(a, (413, 500), app + ".")
                    self.assertLess(time.monotonic() - began, 5 * support.SLOW)

    def test_limits_are_named(self):
        self.put({"depth.yml": "[" * 200 + "]" * 200, "docs.yml": "---\na: 1\n" * 1001}, "named")
        self.assertIn("64", self.s.get("/depth/default/named").json["message"])
        self.assertIn("1000", self.s.get("/docs/default/named").json["message"])

    def test_index_bomb(self):
        self.put({"idx.properties": "l[2000000000]=x\nok=1\n", "idx2.properties": "l[99999999999999999999]=x\n", "idx3.properties": "".join("a%d[9999]=x\n" % i for i in range(2000))}, "idx")
        self.assertEqual(self.s.get("/idx/default/idx").value("l[2000000000]"), "x")
        self.assertIn("l[2000000000]: x", self.s.get("/idx/idx-default.properties").text)
        for url in ("/idx/idx-default.yml", "/idx/idx-default.json"):
            self.assert_error(self.s.get(url), (400, 500), "l[2000000000]")
        self.assertEqual(self.s.get("/idx/idx2-default.json").status, 200)
        for url in ("/idx/idx3-default.yml", "/idx/idx3-default.json"):
            self.assertIn(self.s.get(url).status, (400, 413, 500), url)
        self.quick(15)

    def test_placeholder_bombs(self):
        double = "".join("a%d: ${a%d}${a%d}\n" % (i, i + 1, i + 1) for i in range(60)) + "a60: xxxxxxxxxx\n"
        chain = "".join("c%d: ${c%d}\n" % (i, i + 1) for i in range(5000)) + "c5000: end\n"
        self.put({"double.yml": double, "chain.yml": chain, "cycle.yml": "a: ${b}\nb: ${a}\n", "nest.yml": "a: '%s'\n" % ("${" * 20000 + "x" + "}" * 20000), "open.yml": "a: '%s'\n" % ("${" * 100000), "t.txt": "${a0}\n"}, "ph")
        for app, status in (("double", (400, 413, 500)), ("chain", (400, 413, 500)), ("cycle", 400), ("nest", (200, 400, 413, 500)), ("open", (200, 400, 413, 500))):
            self.assertEqual(self.s.get("/%s/default/ph" % app).status, 200)
            for url in list(self.every_form(app, "ph"))[1:]:
                with self.subTest(url=url):
                    began = time.monotonic()
                    a = self.s.get(url)
                    self.assertIn(a.status, status if isinstance(status, tuple) else (status,), (url, a.status, a.body[:200]))
                    self.assertLess(time.monotonic() - began, 5 * support.SLOW)
        self.assertIn(self.s.get("/double/default/ph/t.txt").status, (400, 413, 500))

    def test_links(self):
        self.put({"real.txt": "real\n", "real.yml": "v: real\n", "in.txt": link("real.txt"), "sub/in.txt": link("../real.txt"), "lnk.yml": link("real.yml"), "dirlink": link("sub"), "sub/x.txt": "x", "abs.txt": link("/etc/passwd"),
                  "out.txt": link("../../../../../../etc/passwd"), "sub/out.txt": link("../../etc/passwd"), "proc.txt": link("/proc/self/environ"), "zero.txt": link("/dev/zero"), "self.txt": link("self.txt"), "one.txt": link("two.txt"),
                  "two.txt": link("one.txt"), "dangling.txt": link("nosuch"), "outdir": link("/etc"), "abs.yml": link("/etc/hostname"), "empty.txt": link(" "), "gitdir": link(".git"), "chain1.txt": link("chain2.txt"), "chain2.txt": link("in.txt")}, "links")
        for path, text in (("in.txt", "real\n"), ("sub/in.txt", "real\n"), ("chain1.txt", "real\n")):
            a = self.s.get("/good/default/links/" + path)
            self.assertEqual((a.status, a.text), (200, text), path)
        self.assertEqual(self.s.get("/lnk/default/links").value("v"), "real")
        for path in ("abs.txt", "out.txt", "sub/out.txt", "proc.txt", "zero.txt", "self.txt", "one.txt", "dangling.txt", "outdir/passwd", "outdir", "empty.txt", "gitdir/config"):
            a = self.s.get("/good/default/links/" + path)
            self.assertEqual((a.status, a.body), (404, b""), (path, a))
        self.assertEqual([x["name"].rsplit("/", 1)[1] for x in self.s.get("/abs/default/links").sources], ["application.yml"])
        self.quick(10)

    def test_submodules_and_pointers(self):
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12345\n" % ("a" * 64)
        self.put({"mod": submodule(), "lfs.bin": pointer, "lfs.yml": pointer, ".gitmodules": "[submodule \"mod\"]\n\tpath = mod\n\turl = /etc\n", "mod.yml": "v: beside\n"}, "mods")
        for path in ("mod", "mod/config", "mod/.git/config"):
            self.assertEqual(self.s.get("/good/default/mods/" + path).status, 404, path)
        self.assertEqual(self.s.get("/good/default/mods/lfs.bin").text, pointer)
        self.assertEqual(self.s.get("/mod/default/mods").value("v"), "beside")
        self.assertIn(self.s.get("/lfs/default/mods").status, (200, 500))

    def test_hostile_file_names(self):
        r = self.r
        blob = r.git("hash-object", "-w", "--stdin", data=b"v: 1\n")
        rows = b"".join(b"100644 blob %s\t%s\0" % (blob.encode(), n) for n in (b"a\nb.yml", b"\xff\xfe.yml", b"app .yml", b"app-*.yml", b"ok.yml", b"CON.yml", b"application-\x01.yml", b" .yml", b"x" * 3000 + b".yml", "\u202e.yml".encode(), b"a\"b.yml", b"${x}.yml", b"-rf.yml", b"a:b.yml", b"good.yml", b"%2e%2e.yml"))
        good = r.git("mktree", "-z", data=rows)
        evil = []
        for name in (b"..", b".git", b".", b"a/b", b".GIT"):
            entry = b"100644 " + name + b"\0" + bytes.fromhex(blob)
            path = os.path.join(self.folder, "entry")
            with open(path, "wb") as f:
                f.write(entry)
            evil.append(r.git("hash-object", "-t", "tree", "-w", "--literally", path))
        trees = [("names", good)] + [("names%d" % i, t) for i, t in enumerate(evil)]
        for branch, tree in trees:
            commit = r.git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit-tree", tree, "-m", "x")
            r.git("update-ref", "refs/heads/" + branch, commit)
        wait_until(lambda: self.s.get("/good/default/names").status == 200, "the odd names do not stop the branch", 10)
        self.assertEqual(self.s.get("/ok/default/names").value("v"), 1)
        self.assertEqual(self.s.get("/-rf/default/names").value("v"), 1)
        for branch, _ in trees[1:]:
            for path in ("/x/default/" + branch, "/x/default/%s/.git" % branch, "/x/default/%s/.git/config" % branch):
                wait_until(lambda: self.s.get(path).status in (200, 400, 404, 500), path, 10)
        r.commit({"good.yml": "v: good\n", "later.yml": "v: later\n"}, branch="names")
        wait_until(lambda: self.s.get("/later/default/names").value("v") == "later", "later commits are still followed", 10)

    def test_repository_itself_is_not_served(self):
        r = self.repo("work", {"good.yml": "v: good\n"}, bare=False)
        with open(os.path.join(r.path, "untracked.txt"), "w") as f:
            f.write("secret\n")
        s = self.git_server(r)
        self.assertEqual(s.get("/good/default").value("v"), "good")
        for path in (".git/config", ".git/HEAD", "untracked.txt", "sub/.git/config"):
            a = s.get("/good/default/main/" + path)
            self.assertEqual((a.status, a.body), (404, b""), (path, a))
        s = self.git_server(self.r)
        for path in ("config", "HEAD", "refs/heads/main", "packed-refs"):
            self.assertEqual(s.get("/good/default/main/" + path).status, 404, path)

    def test_climbing(self):
        r = self.repo("climb/inner.git", GOOD)
        self.repo("climb/other.git", {"application.yml": "secret: 1\n"})
        s = self.git_server(r, **{"git.search-paths": ["{application}", "{profile}", "{label}"]})
        for path in ("/../default", "/..%2fother/default", "/good/..", "/good/default/..", "/good/default/..(_)..(_)etc", "/good/default/(_)etc", "/(_)etc/default", "/..(_)other/default", "/good/default/main/..(_)..(_)etc(_)passwd",
                     "/good/default/main/../../etc/passwd", "/good/default/main/%2e%2e/%2e%2e/etc/passwd", "/good/default/main/%252e%252e/etc/passwd", "/good/default/main/..%2f..%2fetc%2fpasswd", "/good/default/main/..%5c..%5cetc",
                     "/good/default/main//etc/passwd", "/good/default/main/(_)etc/passwd", "/good/default/main/./.git/config", "/good/default/refs(_)..(_)..(_)config", "/good/default/%00", "/good/default/main/a%00b", "/good%00/default",
                     "/good/default/main/%c0%ae%c0%ae/etc", "/good-default%00.yml", "/main/..-default.yml", "/..(_)x/good-default.yml", "/good/default/a%0ab", "/good/default/..;/x", "/good/default/main/..;/..;/etc/passwd", "/good/default/main/\\..\\x"):
            a = s.get(path)
            self.assertIn(a.status, (400, 404), (path, a))
            self.assertNotIn(b"root:", a.body)
            self.assertNotIn(b"secret", a.body)
        self.assertEqual(s.get("/good/default").value("v"), "good")

    def test_long_and_many_names(self):
        for path in ("/" + "a" * 5000 + "/default", "/good/" + ",".join("p%d" % i for i in range(1000)), "/" + ",".join("a%d" % i for i in range(1000)) + "/default", "/good/default/" + "l," * 1500 + "main", "/good/default/main/" + "a/" * 2000 + "x", "/good/" + "-" * 4000 + ".yml", "/" + "-" * 6000 + ".yml",
                     "/good/default/" + "(_)".join("x" for _ in range(1000)), "/good-default.yml?" + "a=b&" * 1500):
            began = time.monotonic()
            a = self.s.get(path)
            self.assertIn(a.status, (200, 400, 404, 414, 431), (path[:60], a))
            self.assertLess(time.monotonic() - began, 5 * support.SLOW, path[:60])

    def test_imports_out_of_the_repository(self):
        self.put({"imp.yml": "spring.config.import: ['file:/etc/x.yml', 'optional:file:/etc/y.yml', '/etc/z.yml', '../../x.yml', 'http://127.0.0.1:1/x.yml', 'classpath:x.yml', 'sub/in.yml']\nv: 1\n", "noext.yml": "spring.config.import: file:/etc/hostname\n", "cs.yml": "spring.config.import: 'optional:configserver:http://127.0.0.1:1'\n", "sub/in.yml": "imported: yes\n", "loop.yml": "spring.config.import: loop.yml\nv: 1\n",
                  "loop1.yml": "spring.config.import: loop2.yml\nv: 1\n", "loop2.yml": "spring.config.import: loop1.yml\nw: 1\n"}, "imports")
        a = self.s.get("/imp/default/imports")
        self.assertEqual(a.status, 200, a)
        self.assertEqual(a.value("imported"), True)
        self.assertEqual(sorted(x["name"].rsplit("/", 1)[1] for x in a.sources), ["application.yml", "imp.yml", "in.yml"])
        for app in ("loop", "loop1", "noext", "cs"):
            a = self.s.get("/%s/default/imports" % app)
            self.assertIn(a.status, (200, 500), a)
        self.quick(10)


class BadRepositories(support.Case):
    def start(self, uri):
        return self.server({"git.uri": uri, "git.refresh-rate": 1}, healthy=False)

    def test_no_repository(self):
        for name in ("nothing.git", "file.git", "empty-dir"):
            path = os.path.join(self.folder, name)
            if name == "file.git":
                open(path, "w").close()
            elif name == "empty-dir":
                os.makedirs(path)
            s = self.start("file://" + path)
            self.assert_error(s.get("/app/default"), 404)
            self.assertIn(s.get("/app/default/main/x.txt").status, (404, 500, 503))
            self.assertEqual(s.get("/actuator/health").json["status"], "DOWN")
            self.assertEqual(s.get("/actuator/health").status, 503)

    def test_empty_repository(self):
        s = self.start(self.repo("empty.git").uri)
        self.assert_error(s.get("/app/default"), 404)

    def test_missing_branch(self):
        r = self.repo("nomain.git", {"app.yml": "v: 1\n"}, branch="trunk")
        s = self.git_server(r)
        a = s.get("/app/default")
        self.assert_error(a, 404, "main")
        self.assertEqual(s.get("/app/default/trunk").value("v"), 1)
        r.commit({"app.yml": "v: 2\n"}, branch="main")
        wait_until(lambda: s.get("/app/default").status == 200, "main is served when it is there", 6)

    def test_damaged_repository(self):
        r = self.repo("damaged.git", {"app.yml": "v: 1\n", "other.yml": "v: 2\n"})
        r.git("unpack-objects", data=open(self.only_pack(r), "rb").read()) if self.only_pack(r) else None
        good = self.git_server(r)
        self.assertEqual(good.get("/app/default").value("v"), 1)
        blob = r.git("rev-parse", "main:other.yml")
        for base, _, names in os.walk(os.path.join(r.path, "objects")):
            for n in names:
                path = os.path.join(base, n)
                if n.endswith((".pack", ".idx")) or n == blob[2:]:
                    os.chmod(path, 0o644)
                    with open(path, "wb") as f:
                        f.write(b"garbage")
        s = self.start(r.uri)
        self.assertIn(s.get("/other/default").status, (404, 500, 503))
        self.assertTrue(s.alive())
        self.assertEqual(good.get("/app/default").value("v"), 1)

    @staticmethod
    def only_pack(r):
        folder = os.path.join(r.path, "objects", "pack")
        return next((os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".pack")), None)

    def test_odd_refs(self):
        r = self.repo("refs.git", GOOD)
        heads = os.path.join(r.path, "refs", "heads")
        for name, data in (("garbage", b"not a commit\n"), ("empty", b""), ("zero", b"0" * 40 + b"\n"), ("missing", b"1" * 40 + b"\n"), ("loop", b"ref: refs/heads/loop\n"), ("sym", b"ref: refs/heads/main\n"), ("bad name", b"1" * 40), ("x.lock", b"")):
            with open(os.path.join(heads, name), "wb") as f:
                f.write(data)
        blob = r.git("rev-parse", "main:good.yml")
        r.git("update-ref", "refs/tags/blob", blob)
        r.git("update-ref", "refs/tags/tree", r.git("rev-parse", "main^{tree}"))
        s = self.git_server(r)
        self.assertEqual(s.get("/good/default").value("v"), "good")
        for label in ("garbage", "empty", "zero", "missing", "loop", "blob", "tree", "bad%20name", "x.lock"):
            self.assertIn(s.get("/good/default/" + label).status, (404, 500), label)
        r.commit({"good.yml": "v: better\n"})
        wait_until(lambda: s.get("/good/default").value("v") == "better", "main is still followed", 6)


class Memory(support.Case):
    def test_flat(self):
        r = self.repo("flat.git", dict(GOOD, **{"laughs.yml": laughs(), "million.properties": lines(300000, "k%d=1\n"), "ph.yml": "".join("a%d: ${a%d}${a%d}\n" % (i, i + 1, i + 1) for i in range(60)) + "a60: x\n", "big.yml": lines(20000, "k%d: some value\n")}))
        s = self.git_server(r)

        def round(n):
            for i in range(n):
                for path in ("/laughs/default", "/laughs-default.yml", "/million/default", "/ph-default.json", "/big-default.yml", "/big/default", "/good/default/nosuch%d" % i, "/nosuch%d/default" % i, "/good/p%d" % i, "/good/default/main/nosuch%d" % i, "/good-p%d.yml" % i):
                    s.get(path)
        round(3)
        before, fds = s.memory_kb(), s.descriptors()
        round(12)
        self.assertLess(s.memory_kb() - before, 150 * 1024, "memory grows")
        self.assertLessEqual(s.descriptors(), fds + 8, "descriptors grow")
        self.assertEqual(s.get("/good/default").value("v"), "good")


if __name__ == "__main__":
    support.main()
