# SPDX-License-Identifier: Apache-2.0
"""Webhooks: what hosting services post after a push, who may post it, what is fetched then, how soon the
new value is served, and what a flood of messages costs. Payloads have the shapes that the services send."""
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time

import support
from git_daemon import Daemon
from support import wait_until

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECRET = "It's a Secret to Everybody"
COMMITS = 200  # measured for each kind of repository
REPOSITORIES = 10  # among which they are spread: each is refreshed for hooks once a second


def commits(*paths):
    return [{"id": "1" * 40, "message": "change", "timestamp": "2026-11-22T10:00:00Z", "added": [], "removed": [], "modified": list(paths)}]


def payloads(name, paths=("orders-dev.yml",), host="127.0.0.1"):
    """for each provider (headers, payload, the names answered) that speaks of the repository host/name"""
    http_url, ssh_url = "https://%s/%s.git" % (host, name), "git@%s:%s.git" % (host, name)
    github = {"ref": "refs/heads/main", "before": "0" * 40, "after": "1" * 40, "repository": {"id": 1, "full_name": name, "clone_url": http_url, "ssh_url": ssh_url, "git_url": http_url.replace("https", "git"), "html_url": http_url[:-4], "owner": {"name": "x"}}, "pusher": {"name": "x"}, "commits": commits(*paths), "head_commit": None}
    gitlab = {"object_kind": "push", "ref": "refs/heads/main", "project": {"id": 15, "git_http_url": http_url, "git_ssh_url": ssh_url, "web_url": http_url[:-4]}, "commits": commits(*paths), "total_commits_count": 1}
    gitee = {"hook_name": "push_hooks", "ref": "refs/heads/main", "repository": {"git_http_url": http_url, "git_ssh_url": ssh_url, "clone_url": http_url}, "commits": commits(*paths)}
    cloud = {"push": {"changes": [{"new": {"type": "branch", "name": "main"}, "old": {"name": "main"}}]}, "repository": {"full_name": name, "links": {"html": {"href": http_url[:-4]}, "self": {"href": "https://api.%s/%s" % (host, name)}}}}
    center = {"eventKey": "repo:refs_changed", "repository": {"slug": name, "links": {"clone": [{"href": "ssh://git@%s:7999/%s.git" % (host, name), "name": "ssh"}, {"href": http_url, "name": "http"}]}}, "changes": [{"ref": {"id": "refs/heads/main"}, "refId": "refs/heads/main", "type": "UPDATE"}]}
    merged = {"eventKey": "pr:merged", "pullRequest": {"toRef": {"id": "refs/heads/main", "repository": center["repository"]}}}
    azure = {"eventType": "git.push", "publisherId": "tfs", "resource": {"refUpdates": [{"name": "refs/heads/main"}], "repository": {"name": name, "remoteUrl": http_url[:-4]}}}
    named = ["orders-dev", "orders"]
    return {
        "github": ({"X-GitHub-Event": "push", "X-GitHub-Delivery": "d"}, github, named),
        "gitlab": ({"X-Gitlab-Event": "Push Hook"}, gitlab, named),
        "gitee": ({"X-Git-Oschina-Event": "Push Hook"}, gitee, named),
        "gogs": ({"X-Gogs-Event": "push"}, github, named),
        "gitea": ({"X-Gitea-Event": "push"}, github, ["*"]),
        "gitea-modern": ({"X-Gitea-Event": "push", "X-Gogs-Event": "push", "X-GitHub-Event": "push"}, github, named),
        "bitbucket-cloud": ({"X-Event-Key": "repo:push", "X-Hook-UUID": "u"}, cloud, ["*"]),
        "bitbucket-center": ({"X-Event-Key": "repo:refs_changed", "X-Request-Id": "r"}, center, ["*"]),
        "bitbucket-merged": ({"X-Event-Key": "pr:merged", "X-Request-Id": "r"}, merged, ["*"]),
        "azure": ({}, azure, ["*"]),
        "path": ({}, {"path": list(paths)}, named),
        "tag": ({"X-Gitlab-Event": "Tag Push Hook"}, dict(gitlab, ref="refs/tags/v1"), []),
        "deleted": ({"X-GitHub-Event": "delete"}, dict(github, ref="old", ref_type="branch"), []),
    }


def post(s, body, headers=None, path="/monitor", kind=JSON):
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return s.ask("POST", path, dict(kind, **(headers or {})), data)


class Monitor(support.Case):
    def served(self, s, path, key, value, seconds=10):
        wait_until(lambda: s.get(path).value(key) == value, "%s has %s=%s" % (path, key, value), seconds)


class Providers(Monitor):
    """Nothing is looked at without a hook; each provider's message brings the new value."""

    @classmethod
    def prepare(cls):
        cls.local = cls.repo("local.git", {"orders-dev.yml": "v: 0\n"})
        cls.remote = cls.repo("remote.git", {"orders-dev.yml": "v: 0\n"})
        cls.daemon = Daemon(cls.folder)
        cls.in_place = cls.git_server(cls.local, **{"git.refresh-rate": -1})
        cls.mirror = cls.git_server(cls.daemon.uri("remote"), **{"git.refresh-rate": -1})

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        super().tearDownClass()

    def each(self, s, repo, name):
        for n, (provider, (headers, payload, names)) in enumerate(sorted(payloads(name).items()), 1):
            with self.subTest(provider):
                repo.commit({"orders-dev.yml": "v: %d\n" % n})
                a = post(s, payload, headers)
                self.assertEqual((a.status, a.kind, a.json), (200, "application/json", names), a)
                self.served(s, "/orders/dev", "v", n)

    def test_in_place(self):
        self.each(self.in_place, self.local, "anything")

    def test_mirror(self):
        self.each(self.mirror, self.remote, "remote")

    def test_form(self):
        self.local.commit({"orders-dev.yml": "v: form\n"})
        a = post(self.in_place, "path=orders-dev.yml&path=x%2Fy.yml", kind=FORM)
        self.assertEqual((a.status, a.json), (200, ["orders-dev", "orders", "y"]), a)
        self.served(self.in_place, "/orders/dev", "v", "form")

    def test_payload_in_a_form(self):
        headers, payload, names = payloads("anything")["github"]
        self.local.commit({"orders-dev.yml": "v: payload\n"})
        quoted = "".join("%%%02X" % b for b in json.dumps(payload).encode())
        a = post(self.in_place, "payload=" + quoted, headers, kind=FORM)
        self.assertEqual((a.status, a.json), (200, names), a)
        self.served(self.in_place, "/orders/dev", "v", "payload")

    def test_what_changed_is_told(self):
        self.local.commit({"orders-dev.yml": "v: told\n", "application-qa.yml": "w: 1\n", "logo.png": "x"})
        post(self.in_place, {"path": "orders-dev.yml"})
        self.served(self.in_place, "/orders/dev", "v", "told")
        wait_until(lambda: '"repository_changed"' in self.in_place.log or "repository_changed:" in self.in_place.log, "it is in the log")

        def told():
            affected = self.in_place.get("/-/repositories").json["repositories"][0].get("affected", {})
            return affected.get("applications") == ["*/qa", "orders/dev", "orders-dev/*"] and affected["files"] == 3 and affected["more"] is False
        wait_until(told, "it is in /-/repositories")
        line = [x for x in self.in_place.log.splitlines() if "repository_changed" in x][-1]
        self.assertIn("*/qa, orders/dev, orders-dev/*", line)

    def test_nothing_happens_without_a_change_or_a_message(self):
        a = post(self.mirror, {"zen": "x"}, {"X-GitHub-Event": "ping"})
        self.assertEqual((a.status, a.json), (200, []), a)
        self.assertEqual(self.mirror.get("/monitor").status, 405)
        before = self.daemon.fetches("remote")
        time.sleep(1.5)
        self.assertEqual(self.daemon.fetches("remote"), before)


class Choice(Monitor):
    """Only the repositories that a message names are fetched; all of them when it names none of ours."""

    @classmethod
    def prepare(cls):
        for name in ("one", "two"):
            cls.repo(name + ".git", {name + ".yml": "v: 0\n"})
        cls.daemon = Daemon(cls.folder)
        cls.s = cls.server({"git.uri": cls.daemon.uri("one"), "git.refresh-rate": -1, "git.repos.two.pattern": "two*", "git.repos.two.uri": cls.daemon.uri("two"), "git.repos.two.refresh-rate": -1})
        wait_until(lambda: cls.s.get("/two/default").value("v") == 0, "both are there")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        super().tearDownClass()

    def counts(self):
        return self.daemon.fetches("one"), self.daemon.fetches("two")

    def settle(self):
        """until both have been quiet for longer than a refresh may be put off"""
        last, since = self.counts(), time.monotonic()
        while time.monotonic() - since < 1.5:
            time.sleep(0.1)
            if self.counts() != last:
                last, since = self.counts(), time.monotonic()
        return last

    def after(self, payload, headers, one, two):
        before = self.settle()
        self.assertEqual(post(self.s, payload, headers).status, 200)
        wanted = (before[0] + one, before[1] + two)
        wait_until(lambda: self.counts() == wanted, "what was named is fetched: %s, now %s" % (wanted, self.counts()))
        self.assertEqual(self.settle(), wanted)

    def test_named(self):
        for provider in ("github", "gitlab", "bitbucket-cloud", "bitbucket-center", "azure"):
            with self.subTest(provider):
                headers, payload, _ = payloads("two")[provider]
                self.after(payload, headers, 0, 1)

    def test_unknown(self):
        headers, payload, _ = payloads("elsewhere", host="git.example.org")["github"]
        self.after(payload, headers, 1, 1)
        self.after({"path": "a.yml"}, {}, 1, 1)

    def test_storm(self):
        headers, payload, _ = payloads("one")["github"]
        before = self.settle()
        began = time.monotonic()
        c = http.client.HTTPConnection("127.0.0.1", self.s.port, timeout=30)
        data = json.dumps(payload)
        for n in range(500):
            if n == 499:  # what the last message stands for must not be lost
                support.Repo.commit(self.repo_one(), {"one.yml": "v: storm\n"})
            c.request("POST", "/monitor", data, dict(JSON, **headers))
            a = c.getresponse()
            a.read()
            self.assertEqual(a.status, 200)
        c.close()
        seconds = time.monotonic() - began
        self.served(self.s, "/one/default", "v", "storm")
        after = self.settle()
        print("storm: 500 messages in %.2f s, %d fetches" % (seconds, after[0] - before[0]), file=sys.stderr)
        self.assertLessEqual(after[0] - before[0], seconds + 3)
        self.assertEqual(after[1], before[1])
        self.assertLessEqual(len(re.findall(r"webhook[\":]", self.s.log)), 15 * (seconds + 60))

    def repo_one(self):
        r = support.Repo.__new__(support.Repo)
        r.path, r.count = os.path.join(self.folder, "one.git"), 1000
        return r


class Proof(Monitor):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("r.git", {"app.yml": "v: 0\n"})
        cls.s = cls.git_server(cls.r, **{"git.refresh-rate": -1, "strata.monitor.secret": SECRET})
        cls.count = 0

    def good(self, headers, body=b'{"path":"app.yml"}'):
        Proof.count += 1
        self.r.commit({"app.yml": "v: %d\n" % Proof.count})
        a = post(self.s, body, headers)
        self.assertEqual((a.status, a.json), (200, ["app"]), (headers, a))
        self.served(self.s, "/app/default", "v", Proof.count)

    def bad(self, headers, body=b'{"path":"app.yml"}'):
        self.r.commit({"app.yml": "v: bad\n"})
        self.assert_error(post(self.s, body, headers), 401)

    def code(self, body=b'{"path":"app.yml"}', secret=SECRET, kind=hashlib.sha256):
        return hmac.new(secret.encode(), body, kind).hexdigest()

    def test_right(self):
        for headers in ({"X-Hub-Signature-256": "sha256=" + self.code()}, {"X-Hub-Signature": "sha256=" + self.code()}, {"X-Gitea-Signature": self.code()}, {"X-Gogs-Signature": self.code()},
                        {"X-Gitlab-Token": SECRET}, {"X-Gitee-Token": SECRET}, {"X-Strata-Token": SECRET}, {"X-Hub-Signature": "sha1=" + self.code(kind=hashlib.sha1), "X-Hub-Signature-256": "sha256=" + self.code()}):
            with self.subTest(list(headers)):
                self.good(headers)

    def test_wrong_or_missing(self):
        for headers in ({}, {"X-Hub-Signature-256": "sha256=" + self.code(secret="other")}, {"X-Hub-Signature-256": "sha256=" + self.code(b"other body")}, {"X-Hub-Signature-256": self.code()}, {"X-Hub-Signature-256": "sha256="},
                        {"X-Hub-Signature": "sha1=" + self.code(kind=hashlib.sha1)}, {"X-Gitlab-Token": "x"}, {"X-Gitlab-Token": ""}, {"X-Gitlab-Token": SECRET + "x"}, {"X-Gitee-Token": SECRET[:-1]}, {"X-Gogs-Signature": "0" * 64}):
            with self.subTest(headers):
                self.bad(headers)
        time.sleep(0.5)
        self.assertNotEqual(self.s.get("/app/default").value("v"), "bad", "a refused message fetches nothing")
        self.assertIn("webhook_refused", self.s.log)
        self.assertNotIn(SECRET, self.s.log)

    def test_refusals_do_not_flood_the_log(self):
        before, began = len(re.findall("webhook_refused", self.s.log)), time.monotonic()
        for _ in range(100):
            self.assertEqual(post(self.s, b"{}").status, 401)
        lines = len(re.findall("webhook_refused", self.s.log)) - before
        self.assertLessEqual(lines, time.monotonic() - began + 2)

    def test_proof_comes_before_the_body_is_read(self):
        self.assert_error(post(self.s, b"garbage"), 401)
        self.assert_error(post(self.s, b"garbage", {"X-Gitlab-Token": SECRET}), 400)

    def test_form_is_signed_as_it_came(self):
        body = b"path=app.yml"
        a = post(self.s, body, {"X-Hub-Signature-256": "sha256=" + self.code(body)}, kind=FORM)
        self.assertEqual((a.status, a.json), (200, ["app"]), a)

    def test_secret_file(self):
        path = os.path.join(self.folder, "hook-secret")
        with open(path, "w") as f:
            f.write("first\n")
        s = self.git_server(self.r, **{"strata.monitor.secret-file": path})
        self.assertNotIn("webhook_open", s.log)
        self.assertEqual(post(s, b"{}", {"X-Gitlab-Token": "first"}).status, 200)
        with open(path + ".new", "w") as f:
            f.write("second")
        os.replace(path + ".new", path)
        self.assertEqual(post(s, b"{}", {"X-Gitlab-Token": "second"}).status, 200)
        self.assertEqual(post(s, b"{}", {"X-Gitlab-Token": "first"}).status, 401)
        os.unlink(path)
        self.assertEqual(post(s, b"{}", {"X-Gitlab-Token": "second"}).status, 200, "the last one holds")

    def test_missing_secret_file_lets_nobody_in(self):
        s = self.git_server(self.r, **{"strata.monitor.secret-file": os.path.join(self.folder, "nothing")})
        self.assertIn("webhook_secret_failed", s.log)
        for headers in ({}, {"X-Gitlab-Token": ""}, {"X-Gitlab-Token": "x"}):
            self.assert_error(post(s, b"{}", headers), 503)


class Wire(Monitor):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("r.git", {"app.yml": "v: 0\n"})
        cls.s = cls.git_server(cls.r, **{"git.refresh-rate": -1})

    def test_open_is_warned_about(self):
        self.assertEqual(len([x for x in self.s.log.splitlines() if "webhook_open" in x]), 1, self.s.log)

    def test_garbage(self):
        for body in (b"", b"[]", b"null", b"3", b"{", b"not json", b"{}x", b"\xff\xfe", b'{"path":"a\\u0000"}', b"[" * 50):
            with self.subTest(body):
                self.assert_error(post(self.s, body), 400)
        for body in (b"", b"q=1", b"path=%zz", b"payload=x"):
            with self.subTest(body):
                self.assert_error(post(self.s, body, kind=FORM), 400)
        self.assert_error(post(self.s, b"[" * 5000), 413)
        self.assert_error(post(self.s, b"{" + b"," * 100000), 413)
        too_long = b"POST /monitor HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n"
        self.assertEqual(support.status_of(self.s.raw(too_long)), 413)
        for kind in ({"Content-Type": "text/plain"}, {"Content-Type": "nonsense"}, {}, {"Content-Type": "multipart/form-data; boundary=x"}):
            with self.subTest(kind):
                self.assert_error(post(self.s, b'{"path":"x"}', kind=kind), 415)
        for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"):
            self.assertEqual(post(self.s, b'{"path":"x.yml"}', kind={"Content-Type": kind}).json, ["x"])
        self.assertEqual(post(self.s, b"{}").json, [])
        self.assertEqual(self.s.get("/app/default").status, 200)

    def test_hostile(self):
        began = time.monotonic()
        a = post(self.s, {"path": "-" * 100000})
        self.assertEqual((a.status, a.json), (200, []), a)
        a = post(self.s, {"path": ["%d%s.yml" % (i, "-" * 240) for i in range(3500)]})
        self.assertEqual(a.status, 200)
        self.assertEqual((len(a.json), a.json[-1]), (10001, "*"))
        a = post(self.s, "{%s}" % ",".join('"%x":1' % i for i in range(45000)))
        self.assertEqual((a.status, a.json), (200, []), a)
        print("hostile: three messages in %.2f s" % (time.monotonic() - began), file=sys.stderr)
        before = self.s.memory_kb()
        waiting = []
        for _ in range(80):  # bodies that never end
            c = self.s.connect()
            c.sendall(b"POST /monitor HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 999000)
            waiting.append(c)
        self.assertEqual(self.s.get("/app/default").status, 200)
        grown = self.s.memory_kb() - before
        print("80 unfinished bodies of 1 MB: %d MB" % (grown >> 10), file=sys.stderr)
        for c in waiting:
            c.close()

    def test_methods_and_paths(self):
        a = self.s.get("/monitor")
        self.assert_error(a, 405)
        self.assertEqual(a.headers["allow"], "POST,OPTIONS")
        for method in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self.s.ask(method, "/monitor", JSON, b"{}").status, 405)
        self.assertEqual(post(self.s, {"path": "x.yml"}, path="/monitor/").status, 404)
        self.assertEqual(post(self.s, b"path=b.yml", path="/monitor?path=a.yml", kind=FORM).json, ["a", "b"])
        self.assertEqual(self.s.get("/monitor/default").status, 200, "an application may be called so")

    def test_elsewhere(self):
        s = self.git_server(self.r, **{"spring.cloud.config.server.prefix": "/config", "spring.cloud.config.monitor.endpoint.path": "/hooks", "monitor.github.enabled": False})
        self.assertEqual(post(s, {"path": "x.yml"}, path="/hooks/monitor").json, ["x"])
        self.assertEqual(post(s, {"path": "x.yml"}).status, 404)
        self.assertEqual(post(s, {"path": "x.yml"}, path="/config/monitor").status, 404)
        headers, payload, _ = payloads("x")["github"]
        self.assertEqual(post(s, payload, headers, path="/hooks/monitor").json, [])
        headers, payload, _ = payloads("x")["gitea-modern"]
        self.assertEqual(post(s, payload, headers, path="/hooks/monitor").json, ["*"])

    def test_strangers_may_post(self):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
                u.connect(("192.0.2.1", 9))  # sends nothing: says which address would be ours
                address = u.getsockname()[0]
        except OSError:
            self.skipTest("this machine has no other address")
        if address.startswith("127."):
            self.skipTest("this machine has no other address")
        s = self.git_server(self.r, **{"server.address": "0.0.0.0"})
        s.process.terminate()
        s.process.wait()
        s.expected_end = True
        s.process = s.launch("--server.address=0.0.0.0", "--server.port=%d" % s.port)
        wait_until(s.answers, "it answers on every address", 15)
        for path, kind, status in (("/monitor", JSON, 200), ("/encrypt", {"Content-Type": "text/plain"}, 403), ("/-/x", JSON, 403)):
            c = http.client.HTTPConnection(address, s.port, timeout=20)
            c.request("POST", path, json.dumps({"path": "far.yml"}), kind)
            a = c.getresponse()
            text = a.read()
            c.close()
            self.assertEqual(a.status, status, (path, text))
            if status == 200:
                self.assertEqual(json.loads(text), ["far"])


class Latency(Monitor):
    """From the message to the served value; figures, no verdict."""

    def measure(self, title, uri_of, repos):
        settings = {"git.uri": uri_of("app0"), "git.refresh-rate": -1, "strata.git.fetch-workers": 2}
        for n in range(1, REPOSITORIES):
            settings.update({"git.repos.app%d.pattern" % n: "app%d*" % n, "git.repos.app%d.uri" % n: uri_of("app%d" % n), "git.repos.app%d.refresh-rate" % n: -1})
        s = self.server(settings)
        for n in range(REPOSITORIES):
            self.served(s, "/app%d/default" % n, "v", 0)
        last, took = [0.0] * REPOSITORIES, []
        c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=30)
        for i in range(COMMITS):
            n, value = i % REPOSITORIES, i // REPOSITORIES + 1
            headers, payload, _ = payloads("app%d" % n, ("app%d.yml" % n,))["github"]
            payload["repository"]["url"] = uri_of("app%d" % n)
            repos[n].commit({"app%d.yml" % n: "v: %d\n" % value})
            data = json.dumps(payload)
            time.sleep(max(0.0, last[n] + 1.1 - time.monotonic()))
            began = last[n] = time.monotonic()
            c.request("POST", "/monitor", data, dict(JSON, **headers))
            c.getresponse().read()
            wanted = '"v":%d}' % value
            while True:
                c.request("GET", "/app%d/default" % n)
                if wanted in c.getresponse().read().decode():
                    break
                self.assertLess(time.monotonic() - began, 20 * support.SLOW, (n, value))
            took.append((time.monotonic() - began) * 1000)
        c.close()
        took.sort()
        print("%s: message to served value over %d commits: p50 %.1f ms, p99 %.1f ms, most %.1f ms" % (title, COMMITS, took[COMMITS // 2], took[COMMITS * 99 // 100], took[-1]), file=sys.stderr)

    def test_in_place(self):
        repos = [self.repo("place/app%d.git" % n, {"app%d.yml" % n: "v: 0\n"}) for n in range(REPOSITORIES)]
        by_name = {"app%d" % n: r.uri for n, r in enumerate(repos)}
        self.measure("in place", by_name.get, repos)

    def test_mirror(self):
        folder = os.path.join(self.folder, "served")
        os.makedirs(folder)
        repos = [self.repo("served/app%d.git" % n, {"app%d.yml" % n: "v: 0\n"}) for n in range(REPOSITORIES)]
        daemon = Daemon(folder)
        try:
            self.measure("mirror of git daemon", daemon.uri, repos)
        finally:
            daemon.stop()


if __name__ == "__main__":
    support.main()
