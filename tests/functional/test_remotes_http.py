# SPDX-License-Identifier: Apache-2.0
"""Remotes over HTTP, with git http-backend behind nginx: TLS, proxies, credentials, and what happens when one of
them is wrong."""
import glob
import os
import socket
import time

import http_remote
import support

MARK = "MaRkEr-5ecret"  # every secret of these tests begins with it
FAR = ("20200101000000Z", "20200201000000Z")
COMING = ("20480101000000Z", "20490101000000Z")


def content(value):
    return {"application.yml": "who: %s\n" % value}


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


class Remote(support.Case):
    """nginx with one site for each way to be reached; the repository is app.git on all of them"""

    @classmethod
    def prepare(cls):
        cls.root = os.path.join(cls.folder, "root")
        os.makedirs(cls.root)
        cls.app = support.Repo(os.path.join(cls.root, "app.git"))
        cls.app.commit(content("v1"))
        cls.local = cls.repo("local", content("local"))
        cls.ca = http_remote.Authority(cls.folder, "The right one")
        cls.other = http_remote.Authority(cls.folder, "Somebody else")
        cls.good = cls.ca.issue("good", "DNS:localhost,DNS:git.example.invalid,IP:127.0.0.1,IP:::1")
        cls.web = http_remote.Web(cls.folder, cls.root)
        cls.proxies = []
        cls.set_up_sites()
        cls.web.start()

    @classmethod
    def set_up_sites(cls):
        pass

    @classmethod
    def _end(cls):
        for stopped in [getattr(cls, "web", None)] + getattr(cls, "proxies", []):
            if stopped is not None:
                stopped.stop()
        super()._end()

    @classmethod
    def tearDownClass(cls):
        try:
            secrets = cls.spilled()
        finally:
            super().tearDownClass()
        if secrets:
            raise AssertionError("secrets came out:\n" + "\n".join(secrets))

    @classmethod
    def spilled(cls):
        """where a secret is in what the servers gave out, wrote to the disk or show to other processes"""
        found = []
        for server in cls._servers:
            texts = {"the log": server.log}
            if server.alive():
                for path in ("/actuator/health", "/actuator/info", "/-/repositories", "/-/metrics", "/actuator/prometheus",
                             "/app/default", "/nobody/default/nolabel", "/app/default/none/x.txt"):
                    a = server.get(path)
                    texts["GET " + path] = repr(a.headers) + a.text
                for pid in [server.process.pid] + workers(server):
                    for name in ("cmdline", "environ") if pid != server.process.pid else ("cmdline",):
                        try:
                            with open("/proc/%d/%s" % (pid, name), "rb") as f:
                                texts["/proc/%d/%s" % (pid, name)] = f.read().decode("utf-8", "replace")
                        except OSError:
                            pass
            for folder, _, names in os.walk(os.path.join(server.folder, "state")):
                for name in names:
                    try:
                        with open(os.path.join(folder, name), "rb") as f:
                            texts[os.path.join(folder, name)] = f.read().decode("latin-1")
                    except OSError:
                        pass  # a fetch goes on
            found += ["%s: …%s…" % (where, text[max(0, text.index(MARK) - 200):][:300])
                      for where, text in texts.items() if MARK in text]
        return found

    @classmethod
    def remote(cls, settings, healthy=True, **more):
        settings = {"git.refresh-rate": 1, "git.timeout": 5, "git.basedir": "./state", **settings}
        return cls.server(settings, healthy, **more)

    def uri(self, site, host="localhost", scheme="https", user="", repo="app.git"):
        return "%s://%s%s:%d/%s" % (scheme, user and user + "@", host, self.web.port(site), repo)

    def assert_serves(self, server, value, path="/app/default", seconds=20):
        def ready():
            a = server.get(path)
            return a.status == 200 and a.value("who") == value
        support.wait_until(ready, "%s of %s: now %r\n%s" % (value, path, server.get(path), server.log[-3000:]), seconds)


def workers(server):
    try:
        with open("/proc/%d/task/%d/children" % (server.process.pid, server.process.pid), encoding="ascii") as f:
            listed = [int(pid) for pid in f.read().split()]
    except OSError:
        listed = []
    for path in glob.glob("/proc/%d/task/*/children" % server.process.pid):
        try:
            with open(path, encoding="ascii") as f:
                listed += [int(pid) for pid in f.read().split()]
        except OSError:
            pass
    return sorted(set(listed))


class Kinds(Remote):
    """Each way to be reached, all in one server: every pattern repository is reached another way."""

    @classmethod
    def set_up_sites(cls):
        site = cls.web.site
        site("plain")
        site("tls", tls=cls.good)
        site("tls12", tls=cls.good, protocols="TLSv1.2")
        site("tls13", tls=cls.good, protocols="TLSv1.3")
        site("wrong", tls=cls.other.issue("elsewhere.example.org", "DNS:elsewhere.example.org"))
        site("basic", tls=cls.good, users={"jane": MARK + "-jane", "x-token-auth": MARK + "-token", MARK + "-only": ""})
        site("client", tls=cls.good, client_ca=cls.ca.pem)
        site("moved", redirect="http://127.0.0.1:%d" % cls.web.port("plain"))
        site("secured", redirect="https://localhost:%d" % cls.web.port("tls"))
        if has_ipv6():
            site("six", address="[::1]", tls=cls.good)
        cls.client = cls.ca.issue("client", "")
        cls.locked = cls.ca.issue("locked", "", passphrase=MARK + "-key")
        cls.proxy = http_remote.Proxy()
        cls.guarded = http_remote.Proxy("prue:" + MARK + "-proxy")
        cls.proxies = [cls.proxy, cls.guarded]

    def secret(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def kinds(self):
        tls = {"ca-file": self.ca.pem}
        proxied = lambda kind, proxy, **more: {"proxy.%s.host" % kind: "127.0.0.1", "proxy.%s.port" % kind: proxy.port,
                                               **{"proxy.%s.%s" % (kind, k): v for k, v in more.items()}}
        kinds = {
            "plain": {"uri": self.uri("plain", scheme="http")},
            "name": {"uri": self.uri("tls"), **tls},
            "address": {"uri": self.uri("tls", "127.0.0.1"), **tls},
            "twelve": {"uri": self.uri("tls12"), **tls},
            "thirteen": {"uri": self.uri("tls13"), **tls},
            "unchecked": {"uri": self.uri("wrong"), "skip-ssl-validation": True},
            "jane": {"uri": self.uri("basic"), "username": "jane", "password": MARK + "-jane", **tls},
            "userinfo": {"uri": self.uri("basic", user="jane:%s-jane" % MARK), **tls},
            "files": {"uri": self.uri("basic"), "username-file": self.secret("name", "jane\n"),
                      "password-file": self.secret("pass", MARK + "-jane\r\n"), **tls},
            "token": {"uri": self.uri("basic"), "password": MARK + "-token", **tls},
            "tokenfile": {"uri": self.uri("basic"), "password-file": self.secret("token", MARK + "-token\n"), **tls},
            "tokenname": {"uri": self.uri("basic"), "username": MARK + "-only", **tls},
            "environment": {"uri": self.uri("basic"), "username": "jane", "password": "${JANES}", **tls},
            "client": {"uri": self.uri("client"), "client-cert": self.client[0], "client-key": self.client[1], **tls},
            "locked": {"uri": self.uri("client"), "client-cert": self.locked[0], "client-key": self.locked[1],
                       "passphrase": MARK + "-key", **tls},
            "both": {"uri": self.uri("client", "127.0.0.1"), "client-cert": self.joined(), **tls},
            "secured": {"uri": self.uri("secured", scheme="http"), **tls},
            "proxied": {"uri": self.uri("plain", "git.example.invalid", scheme="http"), **proxied("http", self.proxy)},
            "tunnel": {"uri": self.uri("tls", "git.example.invalid"), **proxied("https", self.proxy), **tls},
            "guarded": {"uri": self.uri("plain", "git2.example.invalid", scheme="http"),
                        **proxied("http", self.guarded, username="prue", password=MARK + "-proxy")},
            "guardedtunnel": {"uri": self.uri("basic", "git.example.invalid"), "username": "jane",
                              "password": MARK + "-jane",
                              **proxied("https", self.guarded, username="prue", password=MARK + "-proxy"), **tls},
            "unproxied": {"uri": self.uri("tls13", "127.0.0.1"),
                          **proxied("https", self.guarded, **{"non-proxy-hosts": "other|127.*"}), **tls},
        }
        if has_ipv6():
            kinds["six"] = {"uri": self.uri("six", "[::1]"), **tls}
        return kinds

    def joined(self):
        path = os.path.join(self.folder, "both.pem")
        with open(path, "w", encoding="utf-8") as out:
            for part in self.client:
                with open(part, encoding="utf-8") as f:
                    out.write(f.read())
        return path

    def test_each(self):
        kinds = self.kinds()
        settings = {"git.uri": self.local.uri, "strata.git.fetch-workers": 4}
        for name, options in kinds.items():
            # a fragment of the path of its own, so that no two share a mirror
            settings["git.repos.%s.pattern" % name] = name
            for key, value in options.items():
                settings["git.repos.%s.%s" % (name, key)] = value
        for name in kinds:
            os.symlink("app.git", os.path.join(self.root, name + ".git"))
            key = "git.repos.%s.uri" % name
            settings[key] = settings[key].replace("/app.git", "/%s.git" % name)
        server = self.remote(settings, env={"JANES": MARK + "-jane", "http_proxy": "http://127.0.0.1:1",
                                            "https_proxy": "http://127.0.0.1:1"})
        for name in kinds:
            with self.subTest(kind=name):
                self.assert_serves(server, "v1", "/%s/default" % name)
        self.app.commit(content("v2"))
        for name in kinds:
            with self.subTest(kind=name, after="a push"):
                self.assert_serves(server, "v2", "/%s/default" % name)

        self.assertTrue(workers(server), "the secrets are looked for in the fetch workers as well")
        self.assertIn("TLSv1.3", self.web.seen("tls"))
        self.assertIn("TLSv1.2", self.web.seen("tls12"))
        self.assertIn("TLSv1.3 %s-only" % MARK, self.web.seen("basic"))
        self.assertIn("GET http://git.example.invalid:%d/" % self.web.port("plain"), "\n".join(self.proxy.requests))
        self.assertIn("POST http://", "\n".join(self.proxy.requests))
        self.assertIn("CONNECT git.example.invalid:%d" % self.web.port("tls"), "\n".join(self.proxy.requests))
        self.assertNotIn(str(self.web.port("tls13")), "\n".join(self.guarded.requests))
        warnings = [line for line in server.log.splitlines() if "any certificate is accepted" in line]
        self.assertEqual(len(warnings), 1, server.log)
        self.assertIn("git.repos.unchecked.skip-ssl-validation", warnings[0])

    def test_system_authorities(self):
        server = self.remote({"git.uri": self.uri("tls")}, env={"SSL_CERT_FILE": self.ca.pem})
        self.assertEqual(server.get("/app/default").status, 200)

    def test_inherited(self):
        """what stands at git.* holds for pattern repositories, unless they say something themselves"""
        os.symlink("app.git", os.path.join(self.root, "child.git"))
        server = self.remote({
            "git.uri": self.uri("basic"), "git.username": "jane", "git.password-file": self.secret("parent", MARK + "-jane"),
            "git.ca-file": self.ca.pem, "git.proxy.https.host": "127.0.0.1", "git.proxy.https.port": self.guarded.port,
            "git.proxy.https.username": "prue", "git.proxy.https.password": MARK + "-proxy",
            "git.repos.child.uri": self.uri("basic", "git.example.invalid", repo="child.git"),
            "git.repos.own.uri": self.uri("basic", user="jane:%s-wrong" % MARK, repo="own.git")})
        self.assert_serves(server, self.value_now(), "/child/default")
        self.assertEqual(server.get("/own/default").status, 503)
        self.assertIn("refused the user name or the password", server.log)

    def value_now(self):
        return self.app.git("show", "main:application.yml").split()[-1]

    def test_off_the_host(self):
        """a redirect to another host is not followed: our credentials are not for it"""
        server = self.remote({"git.uri": self.uri("moved", scheme="http", user="jane:%s-jane" % MARK)}, healthy=False)
        self.assertEqual(server.get("/app/default").status, 503)
        self.assertIn("cannot redirect from 'localhost' to '127.0.0.1'", server.log)

    def test_print_settings(self):
        server = self.remote({"git.uri": self.uri("basic", user="jane:%s" % MARK), "git.password": MARK, "git.username": MARK,
                              "git.proxy.http.host": "proxy", "git.proxy.http.port": 3128,
                              "git.proxy.http.username": MARK, "git.proxy.http.password": MARK}, healthy=False)
        end = time.time() + 30 * support.SLOW
        printing = server.launch("--print-settings")
        self.assertEqual(printing.wait(max(1, end - time.time())), 0)
        self.assertIn("proxy", server.log)


class Faults(Remote):
    """One server, one fault after another: what was served stays served, one line says why, and when the fault is
    gone the newest commit is served."""

    @classmethod
    def set_up_sites(cls):
        cls.users = {"jane": MARK + "-1"}
        cls.web.site("main", tls=cls.good, users=cls.users)
        cls.password = os.path.join(cls.folder, "password")
        with open(cls.password, "w", encoding="utf-8") as f:
            f.write(MARK + "-1\n")

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.count = 1
        cls.stratad = cls.remote({"git.uri": "https://localhost:%d/app.git" % cls.web.port("main"), "git.username": "jane",
                                  "git.password-file": cls.password, "git.ca-file": cls.ca.pem, "git.timeout": 2})

    def change(self, **options):
        self.web.halt()
        self.web.site("main", **options)
        self.web.start()

    def heal(self):
        self.change(tls=self.good, users=self.users, client_ca=None)

    def lines(self, word):
        return [line for line in self.stratad.log.splitlines() if word in line]

    def whole(self):
        """waits for the fault before to be over; gives how many there were"""
        self.assert_serves(self.stratad, "v%d" % Faults.count)
        support.wait_until(lambda: len(self.lines("repository_failed")) == len(self.lines("repository_recovered")),
                           "it has recovered", 40)
        return len(self.lines("repository_failed"))

    def fault(self, words, breaks, heals):
        server, failed = self.stratad, self.whole()
        breaks()
        try:
            Faults.count += 1
            self.app.commit(content("v%d" % Faults.count))
            support.wait_until(lambda: len(self.lines("repository_failed")) > failed, "a line about the fault", 20)
            answer = server.get("/app/default")
            self.assertEqual((answer.status, answer.value("who")), (200, "v%d" % (Faults.count - 1)), answer)
        finally:
            heals()
        self.assert_serves(server, "v%d" % Faults.count, seconds=40)
        self.whole()
        said = self.lines("repository_failed")[failed:]
        self.assertEqual(len(said), 1, said)
        self.assertIn("https://localhost:%d/app.git" % self.web.port("main"), said[0])
        self.assertRegex(said[0], words)

    def certificate(self, words, pair):
        self.fault(words, lambda: self.change(tls=pair), self.heal)

    def test_expired(self):
        self.certificate("its certificate expired on 2020-02-01", self.ca.issue("expired", "DNS:localhost", FAR))

    def test_not_yet(self):
        self.certificate("its certificate is not valid before 2048-01-01", self.ca.issue("early", "DNS:localhost", COMING))

    def test_wrong_host(self):
        self.certificate("its certificate is not for localhost but for a.example.org, 10.1.2.3",
                         self.ca.issue("wrong", "DNS:a.example.org,IP:10.1.2.3"))

    def test_no_name(self):
        self.certificate("its certificate is not for localhost but for no host at all", self.ca.issue("nameless", ""))

    def test_unknown_authority(self):
        self.certificate(r'its certificate is signed by .*Somebody else.*, who is not trusted here',
                         self.other.issue("stranger", "DNS:localhost"))

    def test_self_signed(self):
        pair = (self.folder + "/self.pem", self.folder + "/self.key")
        http_remote.quiet("openssl", "req", "-x509", "-config", self.ca.config, "-newkey", "rsa:2048", "-nodes", "-subj",
                          "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", pair[1], "-out", pair[0])
        self.certificate("its certificate is signed by itself", pair)

    def test_client_certificate_asked_for(self):
        self.fault("status code: 400", lambda: self.change(client_ca=self.ca.pem), self.heal)

    def test_wrong_password(self):
        self.fault("the remote refused the user name or the password", lambda: self.change(users={"jane": MARK + "-2"}), self.heal)

    def test_two_tries(self):
        """once without and once with the password: nobody's account is locked by us"""
        failed = self.whole()
        self.web.halt()
        self.web.site("main", users={"jane": MARK + "-2"})
        before = len(self.web.seen("main").splitlines())
        self.web.start()
        support.wait_until(lambda: len(self.lines("repository_failed")) > failed, "a line about the fault", 20)
        tries = [line for line in self.web.seen("main").splitlines()[before:] if " 401" in line]
        self.heal()
        self.assertIn(len(tries), (2, 4), tries)  # one fetch, or the next one as well

    def test_rotated(self):
        """a new token in the file is used at the next fetch"""
        def rotate():
            Faults.users = {"jane": MARK + "-3"}
            with open(self.password, "w", encoding="utf-8") as f:
                f.write(MARK + "-3")
        self.fault("refused the user name or the password", lambda: self.change(users={"jane": MARK + "-3"}), rotate)

    def test_password_file_gone(self):
        def heal():
            os.rename(self.password + ".away", self.password)
        self.fault("git.password-file: .*password", lambda: os.rename(self.password, self.password + ".away"), heal)

    def test_repository_missing(self):
        here, away = self.app.path, self.app.path + ".away"

        def move(to):
            os.rename(self.app.path, to)
            self.app.path = to
        self.fault("status code: 404", lambda: move(away), lambda: move(here))

    def test_refused(self):
        self.fault("localhost, port %d, refuses connections" % self.web.port("main"), self.web.halt, self.web.start)

    def stand_in(self, expected, **more):
        """something else answers on the port"""
        other = []

        def breaks():
            self.web.halt()
            other.append(http_remote.Silent(self.web.port("main"), **more))

        def heals():
            other[0].stop()
            self.web.start()
        self.fault(expected, breaks, heals)

    def test_silent(self):
        self.stand_in("the remote was silent for 1900 ms|the time for the fetch is over|the fetch took longer than")

    def test_no_tls(self):
        self.stand_in("it does not speak TLS on this port", words=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    def test_hung_up(self):
        self.stand_in("it closes the connection during the|the remote broke the connection", words=b"")


class FirstTime(Remote):
    """Without a mirror: 503 for what may pass, 404 for a repository that is not there; one line each."""

    @classmethod
    def set_up_sites(cls):
        cls.web.site("main", tls=cls.good, users={"jane": MARK})

    def ask(self, settings, status, words):
        server = self.remote({"git.uri": self.uri("main"), "git.ca-file": self.ca.pem, **settings}, healthy=False)
        support.wait_until(lambda: "repository_failed" in server.log, "a line about it\n" + server.log, 20)
        answer = server.get("/app/default")
        self.assertEqual(answer.status, status, answer)
        said = [line for line in server.log.splitlines() if "repository_failed" in line]
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], words)
        self.assertNotIn(MARK, answer.text)
        if status == 503:
            self.assertIn("retry-after", answer.headers, answer)

    def test_no_password(self):
        self.ask({}, 503, "the remote asks for a user name and a password")

    def test_wrong_password(self):
        self.ask({"git.username": "jane", "git.password": MARK + "?"}, 503, "refused the user name or the password")

    def test_missing(self):
        self.ask({"git.uri": self.uri("main", user="jane:" + MARK, repo="none.git")}, 404, "status code: 404")

    def test_not_trusted(self):
        self.ask({"git.ca-file": self.other.pem}, 503, 'signed by .*The right one.*git.ca-file names whom to trust')

    def test_ca_file_missing(self):
        self.ask({"git.ca-file": "/nowhere/ca.pem"}, 503, "reading git.ca-file: No such file or directory")

    def test_client_key_does_not_fit(self):
        pem = self.ca.issue("misfit", "")[0]
        self.ask({"git.client-cert": pem, "git.client-key": self.good[1]}, 503, "reading git.client-key.*key values mismatch")

    def test_name_unknown(self):
        self.ask({"git.uri": "https://nobody.invalid/app.git"}, 503,
                 "the name nobody.invalid (is not known|could not be looked up)")

    def test_proxy_refuses(self):
        port = support.free_port()
        self.ask({"git.proxy.https.host": "127.0.0.1", "git.proxy.https.port": port}, 503,
                 "the proxy: 127.0.0.1, port %d, refuses connections" % port)

    def test_proxy_asks(self):
        proxy = http_remote.Proxy("prue:" + MARK)
        self.proxies.append(proxy)
        more = {"git.proxy.https.host": "127.0.0.1", "git.proxy.https.port": proxy.port}
        self.ask(more, 503, "the proxy asks for a user name and a password")
        self.ask({**more, "git.proxy.https.username": "prue", "git.proxy.https.password": MARK + "?"}, 503,
                 "the proxy refused the user name or the password")


if __name__ == "__main__":
    support.main()
