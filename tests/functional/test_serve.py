# SPDX-License-Identifier: Apache-2.0
"""The main job: files of a repository become answers in every format, under every kind of label, and
follow the repository when it changes."""
import json
import os

import support
from support import V2, wait_until

SHOP = {
    "application.yml": "info:\n  company: Example Shop\nlogging:\n  level: INFO\ncurrency: EUR\n",
    "application-dev.yml": "logging:\n  level: DEBUG\n",
    "orders.yml": "db:\n  url: jdbc:postgresql://db.internal:5432/orders\n  pool: {min: 2, max: 10}\nfeature:\n  discounts: [10, 20, 30]\n  express: false\ngreeting: Hello from ${info.company}\nratio: 1.10\n",
    "orders-dev.yml": "db:\n  pool:\n    max: 4\nfeature:\n  discounts: [50]\n",
    "billing.properties": "# comment\ninvoice.start = 1000\ntax.rate:0.19\nlong.line=first, \\\n    second\n",
    "logback.xml": "<configuration><property name=\"company\" value=\"${info.company}\"/>\\${kept}</configuration>\n",
    "logback-dev.xml": "<configuration debug=\"true\"/>\n",
    "nginx/site.conf": "server_name ${info.company};\n",
    "icon.bin": bytes(range(256)),
    "wide.yml": "".join("server%d:\n  url: http://service-%d.example.org:8080/api\n" % (i, i) for i in range(200)),
    "multi.yml": "a: 1\n---\nspring.config.activate.on-profile: dev\na: 2\n---\nspring:\n  config.activate.on-profile: '!dev'\na: 3\n",
}


class Formats(support.Case):
    @classmethod
    def prepare(cls):
        cls.shop = cls.repo("shop.git", SHOP)
        cls.tip = cls.shop.git("rev-parse", "main")
        cls.s = cls.git_server(cls.shop)

    def test_environment(self):
        a = self.s.get("/orders/dev")
        self.assertEqual(a.status, 200, a)
        self.assertEqual(a.kind, "application/json")
        e = a.json
        self.assertEqual(sorted(e), ["label", "name", "profiles", "propertySources", "state", "version"])
        self.assertEqual((e["name"], e["profiles"], e["label"], e["version"], e["state"]), ("orders", ["dev"], None, self.tip, ""))
        self.assertEqual([s["name"] for s in e["propertySources"]], [self.shop.uri + "/" + f for f in ("orders-dev.yml", "application-dev.yml", "orders.yml", "application.yml")])
        self.assertEqual(e["propertySources"][0]["source"], {"db.pool.max": 4, "feature.discounts[0]": 50})
        self.assertEqual(list(e["propertySources"][2]["source"]), ["db.url", "db.pool.min", "db.pool.max", "feature.discounts[0]", "feature.discounts[1]", "feature.discounts[2]", "feature.express", "greeting", "ratio"])
        self.assertIs(a.value("feature.express"), False)
        self.assertEqual(a.value("ratio"), 1.1)
        self.assertEqual(a.value("greeting"), "Hello from ${info.company}")

    def test_environment_with_origins(self):
        a = self.s.get("/orders/default", {"Accept": V2})
        self.assertEqual((a.status, a.kind), (200, V2), a)
        self.assertEqual(a.sources[0]["source"]["db.pool.min"], {"value": 2, "origin": "3:15"})

    def test_converted(self):
        want = {"info": {"company": "Example Shop"}, "logging": {"level": "DEBUG"}, "currency": "EUR", "db": {"url": "jdbc:postgresql://db.internal:5432/orders", "pool": {"min": 2, "max": 4}},
                "feature": {"express": False, "discounts": [50]}, "greeting": "Hello from Example Shop", "ratio": 1.1}
        a = self.s.get("/orders-dev.json")
        self.assertEqual((a.status, a.kind, a.json), (200, "application/json", want), a)
        yaml = ("info:\n  company: Example Shop\nlogging:\n  level: DEBUG\ncurrency: EUR\ndb:\n  url: jdbc:postgresql://db.internal:5432/orders\n  pool:\n    min: 2\n    max: 4\n"
                "feature:\n  express: false\n  discounts:\n  - 50\ngreeting: Hello from Example Shop\nratio: 1.1\n")
        for extension in ("yml", "yaml"):
            a = self.s.get("/orders-dev." + extension)
            self.assertEqual((a.status, a.kind, a.text), (200, "text/plain", yaml), a)
            self.assertIn("utf-8", a.headers["content-type"].lower())
        a = self.s.get("/orders-dev.properties")
        self.assertEqual((a.status, a.kind), (200, "text/plain"), a)
        self.assertIn("utf-8", a.headers["content-type"].lower())
        self.assertEqual(a.text, "info.company: Example Shop\nlogging.level: DEBUG\ncurrency: EUR\ndb.url: jdbc:postgresql://db.internal:5432/orders\ndb.pool.min: 2\ndb.pool.max: 4\n"
                         "feature.express: false\ngreeting: Hello from Example Shop\nratio: 1.1\nfeature.discounts[0]: 50")
        self.assertIn("greeting: Hello from ${info.company}\n", self.s.get("/orders-dev.yml?resolvePlaceholders=false").text)

    def test_properties_file(self):
        a = self.s.get("/billing/default")
        self.assertEqual(a.sources[0]["source"], {"invoice.start": "1000", "tax.rate": "0.19", "long.line": "first, second"})

    def test_documents(self):
        self.assertIn("\na: 2\n", self.s.get("/multi-dev.yml").text)
        self.assertEqual(self.s.get("/multi/default").value("a"), 3)
        self.assertTrue(self.s.get("/multi/dev").sources[1]["name"].endswith("(document #1)"))

    def test_several_applications_and_profiles(self):
        a = self.s.get("/orders,billing/dev,prod")
        self.assertEqual((a.json["name"], a.json["profiles"]), ("orders,billing", ["dev,prod"]))
        self.assertEqual([s["name"].rsplit("/", 1)[1] for s in a.sources], ["orders-dev.yml", "application-dev.yml", "billing.properties", "orders.yml", "application.yml"])

    def test_plain_files(self):
        a = self.s.get("/orders/default/main/logback.xml")
        self.assertEqual((a.status, a.kind, a.text), (200, "text/plain", "<configuration><property name=\"company\" value=\"Example Shop\"/>${kept}</configuration>\n"), a)
        self.assertEqual(self.s.get("/orders/dev/main/logback.xml").text, SHOP["logback-dev.xml"])
        self.assertEqual(self.s.get("/orders/default/main/nginx/site.conf").text, "server_name Example Shop;\n")
        self.assertEqual(self.s.get("/orders/default/logback.xml?useDefaultLabel").status, 200)
        self.assertEqual(self.s.get("/orders/default/main/logback.xml?resolvePlaceholders=false").text, SHOP["logback.xml"])
        a = self.s.get("/orders/default/main/icon.bin", {"Accept": "application/octet-stream"})
        self.assertEqual((a.status, a.kind, a.body), (200, "application/octet-stream", bytes(range(256))))
        a = self.s.get("/orders/default/main/nosuch.txt")
        self.assertEqual((a.status, a.body), (404, b""), a)

    def test_unknown_application_has_the_shared_sources(self):
        a = self.s.get("/nosuch/default")
        self.assertEqual((a.status, len(a.sources)), (200, 1), a)

    def test_conditional(self):
        seen = set()
        for path, headers in (("/orders/dev", {}), ("/orders/dev", {"Accept": V2}), ("/orders-dev.yml", {}), ("/orders-dev.json", {}), ("/orders-dev.properties", {}), ("/orders/default/main/logback.xml", {})):
            a = self.s.get(path, headers)
            tag = a.headers.get("etag")
            self.assertTrue(tag, (path, a))
            self.assertEqual(tag.startswith("W/"), path == "/orders/dev", (path, tag))
            self.assertNotIn(tag, seen)
            seen.add(tag)
            self.assertEqual(a.headers.get("x-config-version"), self.tip, (path, a))
            self.assertEqual(a.headers.get("cache-control"), "private, no-cache", (path, a))
            self.assertEqual([v.strip() for v in a.headers.get("vary", "").split(",")], ["Accept", "Accept-Encoding", "Authorization"], (path, a))
            for value in (tag, "*", '"x", ' + tag, tag.replace("W/", "")):
                b = self.s.get(path, dict(headers, **{"If-None-Match": value}))
                self.assertEqual((b.status, b.body), (304, b""), (path, value, b))
                self.assertEqual(b.headers.get("etag"), tag, (path, value, b))
                self.assertEqual(b.headers.get("x-config-version"), self.tip, (path, b))
                self.assertIn("vary", b.headers)
            self.assertEqual(self.s.get(path, dict(headers, **{"If-None-Match": '"other"'})).status, 200)
        one, two = self.s.get("/orders/dev").headers["etag"], self.s.get("/orders/dev", {"Accept": V2}).headers["etag"]
        self.assertEqual(two, one[:-1] + '2"')

    def test_tag_is_of_the_content(self):
        self.shop.commit({"unrelated.txt": "x"}, branch="same", parent="main")
        wait_until(lambda: self.s.get("/orders/dev/same").status == 200, "the new branch is there")
        self.assertEqual(self.s.get("/same/orders-dev.yml").headers["etag"], self.s.get("/main/orders-dev.yml").headers["etag"])

    def test_last_modified(self):
        a = self.s.get("/orders/default/main/logback.xml")
        self.assertIn("last-modified", a.headers, a)
        self.assertEqual(self.s.get("/orders/default/main/logback.xml", {"If-Modified-Since": a.headers["last-modified"]}).status, 304)

    def test_gzip(self):
        for path in ("/wide/dev", "/wide-dev.yml", "/wide-dev.json", "/wide/dev/main/wide.yml"):
            plain, packed = self.s.get(path), self.s.get(path, {"Accept-Encoding": "br, gzip"})
            self.assertNotIn("content-encoding", plain.headers)
            self.assertEqual(packed.headers.get("content-encoding"), "gzip", packed)
            self.assertEqual(packed.body, plain.body)
            self.assertLess(len(packed.raw), len(plain.raw))
            if path != "/wide/dev":
                self.assertEqual(packed.headers["etag"], plain.headers["etag"][:-1] + '-gz"')
            b = self.s.get(path, {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
            self.assertEqual((b.status, b.headers.get("etag")), (304, packed.headers["etag"]), b)
            for refused in ("gzip;q=0", "identity", "br", "*;q=0", "identity, gzip;q=0"):
                self.assertNotIn("content-encoding", self.s.get(path, {"Accept-Encoding": refused}).headers, refused)

    def test_methods(self):
        for path in ("/orders/dev", "/orders-dev.yml", "/orders/dev/main", "/orders/default/main/logback.xml"):
            get, head = self.s.get(path), self.s.ask("HEAD", path)
            self.assertEqual((head.status, head.raw), (200, b""))
            for h in ("content-type", "content-length", "etag"):
                self.assertEqual(head.headers.get(h), get.headers.get(h), (path, h))
            o = self.s.ask("OPTIONS", path)
            self.assertEqual((o.status, o.raw), (200, b""), o)
            self.assertEqual(sorted(v.strip() for v in o.headers["allow"].split(",")), ["GET", "HEAD", "OPTIONS"])
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                a = self.s.ask(method, path, body=b"")
                self.assertEqual(a.status, 405, (method, path, a))
                self.assertIn("GET", a.headers.get("allow", ""), (method, path, a))
                self.assert_error(a, 405)

    def test_negotiation(self):
        for accept in ("text/plain", "application/xml", "junk", "application/vnd.spring-cloud.config-server.v1+json"):
            a = self.s.get("/orders/dev", {"Accept": accept})
            self.assertEqual((a.status, a.body), (406, b""), (accept, a))
            self.assertEqual(self.s.get("/orders-dev.yml", {"Accept": accept}).status, 200)
        for accept in ("*/*", "application/*", "application/json", "text/html, */*;q=0.8", "application/json, application/*+json"):
            self.assertEqual((self.s.get("/orders/dev", {"Accept": accept}).status), 200, accept)

    def test_errors(self):
        for path in ("/", "/orders", "/orders/", "/orders/dev/", "//orders/dev", "/orders/dev.yml", "/orders-dev.xml", "/orders/dev/nosuch"):
            a = self.s.get(path)
            self.assert_error(a, 404)
            self.assertEqual(a.json["path"], path)
            self.assertEqual(a.json["error"], "Not Found")
            self.assertRegex(a.json["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assert_error(self.s.get("/orders/dev/nosuch"), 404, "nosuch")
        for path in ("/orders/-dev", "/orders/a,,b", "/..x/dev", "/orders/dev/a..b", "/orders%23/dev", "/orders-dev.yml?resolvePlaceholders=x"):
            self.assert_error(self.s.get(path), 400)

    def test_health(self):
        a = self.s.get("/actuator/health")
        self.assertEqual((a.status, a.json["status"]), (200, "UP"), a)


class Labels(support.Case):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("labels.git")
        cls.first = cls.r.commit({"app.yml": "v: first\n"})
        cls.second = cls.r.commit({"app.yml": "v: second\n"})
        cls.r.tag("v1", cls.first)
        cls.r.tag("annotated", cls.first, annotated=True)
        cls.r.commit({"app.yml": "v: feature\n"}, branch="feature/x")
        cls.lost = cls.r.commit({"app.yml": "v: lost\n"}, branch="lost")
        cls.r.delete_branch("lost")
        cls.s = cls.git_server(cls.r)

    def v(self, label):
        a = self.s.get("/app/default/" + label)
        return a.value("v") if a.status == 200 else a.status

    def test_kinds_of_labels(self):
        for label, value in (("main", "second"), ("v1", "first"), ("annotated", "first"), ("feature(_)x", "feature"), ("feature%28_%29x", "feature"), ("HEAD", "second"), ("refs(_)heads(_)main", "second"),
                             ("refs(_)tags(_)v1", "first"), (self.first, "first"), (self.first[:7], "first"), (self.second[:12], "second"), ("nosuch", 404), ("HEAD~1", 404), ("v1^", 404), (self.first[:6], 404),
                             ("0" * 40, 404), (self.lost, 404), (self.lost[:8], 404)):
            self.assertEqual(self.v(label), value, label)

    def test_label_is_echoed(self):
        a = self.s.get("/app/default/feature(_)x")
        self.assertEqual(a.json["label"], "feature/x")
        self.assertEqual(self.s.get("/app/default/v1").json["version"], self.first)

    def test_label_in_converted_formats(self):
        self.assertEqual(self.s.get("/v1/app-default.yml").text, "v: first\n")
        self.assertEqual(self.s.get("/feature(_)x/app-default.json").json, {"v": "feature"})
        self.assertEqual(self.s.get("/nosuch/app-default.yml").status, 404)

    def test_several_labels(self):
        a = self.s.get("/app/default/v1,main")
        self.assertEqual(a.json["version"], self.first + "," + self.second)
        self.assertEqual([s["source"]["v"] for s in a.sources], ["second", "first"])
        self.assertEqual(self.s.get("/app/default/v1,nosuch").status, 404)

    def test_file_request_with_a_slash_in_the_label(self):
        a = self.s.get("/app/default/feature/x")
        self.assertEqual((a.status, a.body), (404, b""))


class DefaultLabel(support.Case):
    def test_master_when_there_is_no_main(self):
        r = self.repo("old.git", {"app.yml": "v: master\n"}, branch="master")
        s = self.git_server(r)
        for path in ("/app/default", "/app/default/main", "/app/default/master"):
            self.assertEqual(s.get(path).value("v"), "master", path)
        s = self.git_server(r, **{"git.try-master-branch": False})
        self.assert_error(s.get("/app/default"), 404)
        self.assertEqual(s.get("/app/default/master").value("v"), "master")

    def test_configured(self):
        r = self.repo("conf.git", {"app.yml": "v: main\n"})
        r.commit({"app.yml": "v: other\n"}, branch="other")
        for key in ("git.default-label", "spring.cloud.config.server.default-label"):
            s = self.git_server(r, **{key: "other"})
            self.assertEqual(s.get("/app/default").value("v"), "other", key)
            self.assertIsNone(s.get("/app/default").json["label"])


class Refresh(support.Case):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("live.git", {"app.yml": "v: 0\n", "f.txt": "0"})
        cls.s = cls.git_server(cls.r)

    def test_everything_follows(self):
        s, r = self.s, self.r
        value = lambda path="/app/default": (lambda a: a.value("v") if a.status == 200 else a.status)(s.get(path))
        self.assertEqual(value(), 0)
        tag = s.get("/app/default").headers["etag"]
        commit = r.commit({"app.yml": "v: 1\n", "f.txt": "1"})
        wait_until(lambda: value() == 1, "the new value is served", 6)
        a = s.get("/app/default", {"If-None-Match": tag})
        self.assertEqual((a.status, a.json["version"]), (200, commit))
        self.assertEqual(s.get("/app-default.yml").text, "v: 1\n")
        self.assertEqual(s.get("/app/default/main/f.txt").text, "1")

        self.assertEqual(value("/app/default/new"), 404)
        r.commit({"app.yml": "v: 2\n"}, branch="new")
        wait_until(lambda: value("/app/default/new") == 2, "the new branch is served", 6)
        r.commit({"app.yml": "v: 3\n"}, branch="new")
        wait_until(lambda: value("/app/default/new") == 3, "the branch moves", 6)
        r.delete_branch("new")
        wait_until(lambda: value("/app/default/new") == 404, "the deleted branch is gone", 6)

        forced = r.commit({"app.yml": "v: 4\n"}, fresh=True)
        wait_until(lambda: value() == 4, "the forced push is served", 6)
        self.assertEqual(s.get("/app/default").json["version"], forced)
        wait_until(lambda: value("/app/default/" + commit) == 404, "the old commit is not reachable any more", 6)

        r.tag("t", "main")
        wait_until(lambda: value("/app/default/t") == 4, "the tag is served", 6)
        r.commit({"app.yml": "v: 5\n"})
        r.tag("t", "main")
        wait_until(lambda: value("/app/default/t") == 5, "the moved tag is served", 6)

        r.commit({"other.yml": "v: 6\n"}, remove=["app.yml"])
        wait_until(lambda: s.get("/app/default").sources == [], "the removed file is gone", 6)
        r.commit({"application.yml": "shared: yes\n"})
        wait_until(lambda: s.get("/other/default").value("shared") is True, "a shared file appears", 6)
        r.git("pack-refs", "--all")
        r.git("gc", "-q", "--prune=now")
        r.commit({"application.yml": "shared: no\n"})
        wait_until(lambda: s.get("/other/default").value("shared") is False, "changes are seen after gc", 6)

    def test_branch_that_becomes_a_folder_of_branches(self):
        r = self.repo("ab.git", {"app.yml": "v: 0\n"})
        r.commit({"app.yml": "v: ab\n"}, branch="a/b")
        s = self.git_server(r)
        self.assertEqual(s.get("/app/default/a(_)b").value("v"), "ab")
        r.delete_branch("a/b")
        r.commit({"app.yml": "v: a\n"}, branch="a")
        wait_until(lambda: s.get("/app/default/a").status == 200, "the branch a is there", 6)
        wait_until(lambda: s.get("/app/default/a(_)b").status == 404, "the branch a/b is gone", 6)

    def test_repository_that_appears_and_goes(self):
        path = os.path.join(self.folder, "late.git")
        s = self.server({"git.uri": "file://" + path, "git.refresh-rate": 1}, healthy=False)

        def status():
            return s.get("/app/default").status
        wait_until(lambda: status() == 404, "a missing repository is 404", 10)
        self.assertNotEqual(s.get("/actuator/health").status, 200)
        self.repo("late.git", {"app.yml": "v: late\n"})
        wait_until(lambda: status() == 200, "the repository is found when it is there", 10)
        self.assertEqual(s.get("/actuator/health").status, 200)


class HeldBack(support.Case):
    """a commit with a file that does not parse is not served to the questions that select it"""

    def test_last_good_answer_stays(self):
        r = self.repo("held.git")
        good = r.commit({"app.yml": "v: 1\n", "other.yml": "v: 1\n", "f.txt": "one"})
        s = self.git_server(r)
        self.assertEqual(s.get("/app/default").value("v"), 1)
        bad = r.commit({"app.yml": "v: [\n", "app-dev.yml": "v: 2\n", "other.yml": "v: 2\n", "f.txt": "two"})
        wait_until(lambda: s.get("/other/default").value("v") == 2, "the others go on", 6)
        for path in ("/app/default", "/app/dev", "/app-default.yml", "/app/default/main/f.txt", "/app/default/main"):
            a = wait_until(lambda: (lambda x: x if "x-config-held" in x.headers else None)(s.get(path)), path + " is held", 6)
            self.assertEqual((a.status, a.headers["x-config-version"]), (200, good), a)
            self.assertRegex(a.headers["x-config-held"], r"^%s app\.yml:\d+$" % bad)
        self.assertEqual(s.get("/app/default").json["version"], good)
        self.assertEqual(s.get("/app/dev").value("v"), 1)
        self.assertEqual(s.get("/app/default/main/f.txt").text, "one")
        self.assertNotIn("x-config-held", s.get("/other/default").headers)
        a = s.get("/app/default")
        self.assertEqual(s.get("/app/default", {"If-None-Match": a.headers["etag"]}).headers.get("x-config-held"), a.headers["x-config-held"])
        again = self.git_server(r)
        self.assertEqual(again.get("/app/default").headers.get("x-config-version"), good, "another server agrees")
        mended = r.commit({"app.yml": "v: 3\n"})
        wait_until(lambda: s.get("/app/default").value("v") == 3, "the mended commit is served", 6)
        self.assertEqual(s.get("/app/default").headers["x-config-version"], mended)
        self.assertNotIn("x-config-held", s.get("/app/default").headers)

    def test_shared_file_holds_everybody(self):
        r = self.repo("held2.git")
        good = r.commit({"application.yml": "s: 1\n", "app.yml": "v: 1\n"})
        s = self.git_server(r)
        r.commit({"application.yml": "s: 1: 2\n", "app.yml": "v: 2\n"})
        a = wait_until(lambda: (lambda x: x if "x-config-held" in x.headers else None)(s.get("/app/default")), "it is held", 6)
        self.assertEqual((a.value("v"), a.headers["x-config-version"]), (1, good))
        self.assertEqual(s.get("/nosuch/default").value("s"), 1)

    def test_odd_paths_are_escaped(self):
        r = self.repo("held3.git")
        r.commit({"d e/\u00e9pp.yml": "v: 1\n"})
        s = self.git_server(r, **{"git.search-paths": "*"})
        self.assertEqual(s.get("/%C3%A9pp/default").value("v"), 1)
        r.commit({"d e/\u00e9pp.yml": "v: ]\n"})
        a = wait_until(lambda: (lambda x: x if "x-config-held" in x.headers else None)(s.get("/%C3%A9pp/default")), "it is held", 6)
        self.assertTrue(a.headers["x-config-held"].endswith(" d%20e/%C3%A9pp.yml:1"), a.headers)


class BackEnds(support.Case):
    def test_composite(self):
        one = self.repo("one.git", {"app.yml": "v: one\na: 1\n"})
        two = self.repo("two.git", {"app.yml": "v: two\nb: 2\n"})
        plain = os.path.join(self.folder, "plain")
        os.makedirs(plain)
        with open(os.path.join(plain, "app.yml"), "w") as f:
            f.write("v: plain\nc: 3\n")
        s = self.server({"spring.profiles.active": "composite", "spring.cloud.config.server.composite": [
            {"type": "git", "uri": one.uri, "refresh-rate": 1}, {"type": "native", "search-locations": "file:" + plain}, {"type": "git", "uri": two.uri, "refresh-rate": 1}]})
        a = s.get("/app/default")
        self.assertEqual([x["source"]["v"] for x in a.sources], ["one", "plain", "two"])
        self.assertIsNone(a.json["version"])
        self.assertIsNone(a.json["state"])
        self.assertEqual(a.headers.get("x-config-version"), one.git("rev-parse", "main") + "," + two.git("rev-parse", "main"))
        self.assertEqual(s.get("/app-default.json").json, {"v": "one", "b": 2, "c": 3, "a": 1})
        two.commit({"app.yml": "v: two\nb: 22\n"})
        wait_until(lambda: s.get("/app-default.json").json["b"] == 22, "the second back end is followed")

    def test_native_and_git(self):
        one = self.repo("ng.git", {"app.yml": "v: git\n"})
        plain = os.path.join(self.folder, "ngplain")
        os.makedirs(plain)
        with open(os.path.join(plain, "app.yml"), "w") as f:
            f.write("v: plain\n")
        s = self.server({"spring.profiles.active": "native,git", "git.uri": one.uri, "git.refresh-rate": 1, "native.search-locations": "file:" + plain})
        self.assertEqual([x["source"]["v"] for x in s.get("/app/default").sources], ["plain", "git"])

    def test_overrides(self):
        r = self.repo("ov.git", {"app.yml": "v: file\nw: ${v}\n"})
        s = self.git_server(r, **{"overrides": {"v": "over", "lit": "\\${v}", "n": 5}})
        a = s.get("/app/default")
        self.assertEqual(a.sources[0], {"name": "overrides", "source": {"v": "over", "lit": "${v}", "n": "5"}})
        self.assertEqual(s.get("/app-default.json").json["w"], "over")
        self.assertEqual(s.get("/app/default", {"Accept": V2}).sources[0]["source"]["v"], {"value": "over", "origin": "Config server overrides"})

    def test_accept_empty(self):
        r = self.repo("ae.git", {"app.yml": "v: 1\n"})
        s = self.git_server(r, **{"accept-empty": False})
        self.assertEqual(s.get("/app/default").status, 200)
        self.assert_error(s.get("/nosuch/default"), 404)
        self.assertEqual(s.get("/nosuch-default.yml").status, 404)

    def test_prefix(self):
        r = self.repo("pre.git", {"app.yml": "v: 1\n"})
        s = self.git_server(r, **{"prefix": "/config"})
        self.assertEqual(s.get("/config/app/default").status, 200)
        self.assertEqual(s.get("/config/app-default.yml").text, "v: 1\n")
        self.assertEqual(s.get("/app/default").status, 404)
        self.assertEqual(s.get("/actuator/health").status, 200)

    def test_patterns(self):
        default = self.repo("p-default.git", {"application.yml": "repo: default\n"})
        one = self.repo("p-one.git", {"application.yml": "repo: one\n"})
        two = self.repo("p-two.git", {"application.yml": "repo: two\n"})
        two.commit({"application.yml": "repo: two-rel\n"}, branch="rel")
        default.commit({"application.yml": "repo: default-only\n"}, branch="only")
        s = self.git_server(default, healthy=False, **{"git.repos": {"one": {"pattern": "svc*/dev,team-one*", "uri": one.uri}, "two": {"pattern": ["svc*", "*/staging"], "uri": two.uri}, "gone": {"pattern": "gone*", "uri": "file://" + self.folder + "/nothere"}, "simple": one.uri}})
        for path, repo in (("/svc/dev", "one"), ("/svc/prod", "two"), ("/svc/dev,prod", "one"), ("/any/staging", "two"), ("/team-one/x", "one"), ("/simple/default", "one"), ("/other/default", "default"), ("/gone/default", "default"),
                           ("/svc/prod/rel", "two-rel"), ("/svc/prod/only", "default-only")):
            self.assertEqual(s.get(path).value("repo"), repo, path)
        self.assertEqual(s.get("/svc/prod/nowhere").status, 404)

    def test_placeholders_in_the_uri(self):
        self.repo("apps/team-a", {"application.yml": "who: a\n"})
        self.repo("apps/team-b", {"application.yml": "who: b\n"})
        s = self.git_server("file://" + self.folder + "/apps/{application}")
        self.assertEqual(s.get("/team-a/default").value("who"), "a")
        self.assertEqual(s.get("/team-b/default").value("who"), "b")
        self.assertEqual(s.get("/team-a/default").sources[0]["name"], "file://" + self.folder + "/apps/team-a/application.yml")
        self.assertEqual(s.get("/team-c/default").status, 404)
        before = sorted(os.listdir(self.folder + "/apps"))
        for name in ("..", "team-a(_)..(_)team-b", "(_)etc", "team-a(_)", "."):
            self.assertIn(s.get("/%s/default" % name).status, (400, 404), name)
        self.assertEqual(sorted(os.listdir(self.folder + "/apps")), before)

    def test_search_paths(self):
        r = self.repo("sp.git", {"app.yml": "v: root\nr: 1\n", "d1/app.yml": "v: d1\n", "d2/app.yml": "v: d2\n", "app/app.yml": "v: own\n", "dev/app.yml": "v: profile\n", "d2/n.txt": "in d2"})
        s = self.git_server(r, **{"git.search-paths": ["d*", "{application}"]})
        self.assertEqual([x["name"][len(r.uri):] for x in s.get("/app/default").sources], ["/app/app.yml", "/dev/app.yml", "/d2/app.yml", "/d1/app.yml", "/app.yml"])
        self.assertEqual(s.get("/app/default/main/n.txt").text, "in d2")


class Native(support.Case):
    def put(self, path, text):
        full = os.path.join(self.plain, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full + ".new", "w") as f:
            f.write(text)
        os.rename(full + ".new", full)

    def test_folders(self):
        self.plain = os.path.join(self.folder, "config")
        self.put("app.yml", "v: 0\n")
        self.put("app-dev.yml", "v: dev\n")
        self.put("master/app.yml", "label: master\n")
        self.put("lab/app.yml", "label: lab\n")
        s = self.server({"spring.profiles.active": "native", "native.search-locations": "file:" + self.plain, "native.version": "v9"})
        a = s.get("/app/default")
        self.assertEqual(a.json["version"], "v9")
        self.assertEqual(a.sources[-1]["name"], "file:%s/app.yml" % self.plain)
        self.assertEqual((a.value("v"), a.value("label")), (0, "master"))
        self.assertEqual(s.get("/app/default/lab").value("label"), "lab")
        self.assertIsNone(s.get("/app/default/nosuch").value("label"))
        self.assertNotIn("x-config-version", a.headers)
        self.put("app.yml", "v: 1\n")
        wait_until(lambda: s.get("/app/default").value("v") == 1, "a changed file is seen", 6)
        self.put("extra.yml", "v: 2\n")
        wait_until(lambda: s.get("/extra/default").value("v") == 2, "a new file is seen", 6)
        self.put("newlab/app.yml", "label: newlab\n")
        wait_until(lambda: s.get("/app/default/newlab").value("label") == "newlab", "a new folder is seen", 6)
        os.remove(os.path.join(self.plain, "app-dev.yml"))
        wait_until(lambda: s.get("/app/dev").value("v") == 1, "a removed file is gone", 6)
        with open(os.path.join(self.plain, "app.yml"), "w") as f:  # in place, not renamed
            f.write("v: 3\n")
        wait_until(lambda: s.get("/app-default.json").json["v"] == 3, "a file written in place is seen", 6)


if __name__ == "__main__":
    support.main()
