# SPDX-License-Identifier: Apache-2.0
"""The program as operators see it: start, stop, exit codes, settings and where they come from."""
import json
import os
import re
import signal
import socket
import subprocess
import time

import support
from support import Server, program, read_all, status_of, wait_until

REQUEST = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


class Life(support.Case):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("life.git", {"app.yml": "v: 1\n", "large.yml": "".join("key%d: %s\n" % (i, "v" * 500) for i in range(20000))})

    def run_it(self, *args, env=None, seconds=30, cwd=None):
        """runs the program to its end -> (exit code, stdout, stderr)"""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("STRATA_", "SPRING_", "SERVER_"))}
        clean.update(env or {})
        done = subprocess.run([program(), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean, timeout=seconds * support.SLOW, cwd=cwd or self.folder)
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def settings_file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def stuck_client(self, s):
        """a connection whose large answer is under way and is not read"""
        c = socket.socket()
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.settimeout(20 * support.SLOW)
        c.connect(("127.0.0.1", s.port))
        c.sendall(REQUEST % b"large-default.yml")
        self.assertTrue(c.recv(100).startswith(b"HTTP/1.1 200"))
        return c

    def refuses(self, s):
        """whether a new client is turned away at once, rather than left hanging"""
        try:
            with s.connect(1) as c:
                c.sendall(REQUEST % b"app/default")
                got = c.recv(1000)
                return not got or got.startswith(b"HTTP/1.1 503")
        except socket.timeout:
            return False
        except OSError:
            return True


class Stop(Life):
    def test_stops_at_once_when_idle(self):
        s = self.git_server(self.r)
        kept = s.connect()
        kept.sendall(REQUEST % b"app/default")
        self.assertEqual(status_of(read_all(kept, until_closed=False)), 200)
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        self.assertLess(time.monotonic() - began, 3 * support.SLOW, "an idle kept connection holds nothing up")
        kept.close()

    def test_running_answers_are_finished(self):
        s = self.git_server(self.r, **{"strata.shutdown.grace": "30s"})
        c = self.stuck_client(s)
        self.addCleanup(c.close)
        s.process.send_signal(signal.SIGTERM)
        wait_until(lambda: self.refuses(s), "it does not accept any more", 10)
        self.assertTrue(s.alive(), "the running answer is waited for")
        rest = read_all(c)
        self.assertTrue(rest.endswith(b"v" * 500 + b"\n"), rest[-100:])
        self.assertEqual(s.process.wait(10 * support.SLOW), 0)

    def test_grace_ends(self):
        s = self.git_server(self.r, **{"strata.shutdown.grace": "1s"})
        c = self.stuck_client(s)
        began = time.monotonic()
        s.process.send_signal(signal.SIGTERM)
        self.assertEqual(s.process.wait(10 * support.SLOW), 0)
        self.assertLess(time.monotonic() - began, 5 * support.SLOW)
        c.close()

    def test_second_signal_stops_at_once(self):
        s = self.git_server(self.r, **{"strata.shutdown.grace": "60s"})
        c = self.stuck_client(s)
        self.addCleanup(c.close)
        s.process.send_signal(signal.SIGTERM)
        wait_until(lambda: self.refuses(s), "it does not accept any more", 10)
        self.assertTrue(s.alive())
        began = time.monotonic()
        s.expected_end = True
        s.process.send_signal(signal.SIGTERM)
        s.process.wait(10 * support.SLOW)
        self.assertLess(time.monotonic() - began, 3 * support.SLOW)

    def test_slow_request_does_not_hold_up_the_stop(self):
        s = self.git_server(self.r, **{"strata.shutdown.grace": "2s"})
        c = s.connect()
        c.sendall(b"POST /encrypt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        h = s.connect()
        h.sendall(b"GET /app")
        began = time.monotonic()
        self.assertEqual(s.stop(), 0)
        self.assertLess(time.monotonic() - began, 6 * support.SLOW)
        c.close()
        h.close()

    def test_interrupt_stops_too(self):
        s = self.git_server(self.r)
        s.process.send_signal(signal.SIGINT)
        self.assertEqual(s.process.wait(10 * support.SLOW), 0)

    def test_hangup_does_not_stop(self):
        s = self.git_server(self.r)
        for _ in range(3):
            s.process.send_signal(signal.SIGHUP)
            self.assertEqual(s.get("/app/default").status, 200)
        self.assertTrue(s.alive())

    def test_restarts_on_the_same_port(self):
        s = self.git_server(self.r)
        port = s.port
        self.assertEqual(s.stop(), 0)
        s.process = s.launch("--server.address=127.0.0.1", "--server.port=%d" % port)
        wait_until(s.answers, "it answers again", 15)

    def test_leaves_nothing_behind(self):
        tmp = os.path.join(self.folder, "tmp")
        os.makedirs(tmp)
        s = Server({"git.uri": self.r.path, "git.refresh-rate": 1}, self.folder, env={"TMPDIR": tmp}, start=False)
        self._servers.append(s)
        s.start()
        wait_until(lambda: s.get("/app/default").status == 200, "the mirror is served", 15)
        self.assertEqual(s.stop(), 0)
        self.assertEqual(os.listdir(tmp), [])
        children = subprocess.run(["ps", "-eo", "ppid"], stdout=subprocess.PIPE, text=True).stdout.split()
        self.assertNotIn(str(s.process.pid), children)


class Exit(Life):
    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, out, err = self.run_it("--git.uri=" + self.r.uri, "--server.address=127.0.0.1", "--server.port=%d" % port)
        self.assertEqual(code, 71, err)
        lines = [line for line in (out + err).splitlines() if str(port) in line]
        self.assertEqual(len(lines), 1, out + err)

    def test_two_servers_do_not_share_a_port(self):
        s = self.git_server(self.r)
        code, out, err = self.run_it("--git.uri=" + self.r.uri, "--server.address=127.0.0.1", "--server.port=%d" % s.port)
        self.assertEqual(code, 71, err)

    def test_bad_settings(self):
        for args, words in ((["--git.ury=x"], ["git.ury", "git.uri"]), (["--spring.cloud.config.server.git.serch-paths=x"], ["search-paths"]), (["--server.prot=1"], ["server.prot", "server.port"]), (["--server.port=abc"], ["server.port", "abc"]), (["--server.port=70000"], ["server.port", "70000"]),
                            (["--git.refresh-rate=soon"], ["refresh-rate", "soon"]), (["--git.clone-on-start=maybe"], ["clone-on-start"]), (["--spring.cloud.config.server.vault.host=x"], ["Vault"]), (["--strata.log.levle=debug"], ["strata.log.level"]), (["--git.uri=https://{application}.example.org/x"], ["git.uri"]),
                            (["--git.uri="], ["uri"]), (["--server.ssl.key-store=x"], ["server.ssl"])):
            base = [] if any(a.startswith("--git.uri") for a in args) else ["--git.uri=" + self.r.uri]
            code, out, err = self.run_it(*base, *args)
            self.assertEqual(code, 78, (args, err))
            lines = [line for line in err.splitlines() if all(w in line for w in words)]
            self.assertEqual(len(lines), 1, (args, err))

    def test_bad_settings_file(self):
        for name, text, place in (("a.yml", "git:\n  uri: x\n  ury: y\n", "a.yml:3"), ("b.yml", "git: [1\n", "b.yml"), ("c.properties", "git.uri=x\nserver.prot=1\n", "c.properties:2"), ("d.yml", "- a\n- b\n", "d.yml")):
            path = self.settings_file(name, text)
            code, out, err = self.run_it("--config=" + path)
            self.assertEqual(code, 78, (text, err))
            self.assertIn(place, err)
        code, out, err = self.run_it("--config=" + os.path.join(self.folder, "none.yml"))
        self.assertEqual(code, 78, err)
        self.assertIn("none.yml", err)

    def test_every_problem_is_told(self):
        code, out, err = self.run_it("--git.ury=x", "--server.port=abc", "--server.prot=1")
        self.assertEqual(code, 78, err)
        for word in ("git.ury", "abc", "server.prot"):
            self.assertEqual(len([line for line in err.splitlines() if word in line]), 1, err)

    def test_no_uri(self):
        code, out, err = self.run_it()
        self.assertEqual(code, 78, err)
        self.assertIn("git.uri", err)

    def test_usage(self):
        for args in (["--config"], ["extra"], ["-x"], ["--nosuch"]):
            code, out, err = self.run_it(*args)
            self.assertIn(code, (64, 78), (args, out, err))
            self.assertTrue(err.strip(), args)

    def test_clone_on_start_without_remote(self):
        code, out, err = self.run_it("--git.uri=" + os.path.join(self.folder, "nothing.git"), "--git.clone-on-start=true", "--server.port=0")
        self.assertEqual(code, 69, err)
        self.assertIn("nothing.git", err)

    def test_check(self):
        config = self.settings_file("check.yml", {"git.uri": self.r.uri})
        code, out, err = self.run_it("--check", "--config=" + config)
        self.assertEqual(code, 0, out + err)
        broken = self.repo("broken.git", {"ok.yml": "a: 1\n", "bad.yml": "a: 1\nb: [\nc: 1\n", "worse.properties": "a=\\u00zz\n"})
        code, out, err = self.run_it("--check", "--git.uri=" + broken.uri)
        self.assertEqual(code, 65, out + err)
        self.assertRegex(out + err, r"bad\.yml:\d+")
        self.assertRegex(out + err, r"worse\.properties:1")
        self.assertNotIn("ok.yml:", out + err)
        code, out, err = self.run_it("--check", "--git.uri=file://" + self.folder + "/nothing.git")
        self.assertEqual(code, 69, out + err)
        code, out, err = self.run_it("--check", "--git.ury=x")
        self.assertEqual(code, 78, out + err)

    def test_help_and_version(self):
        code, out, err = self.run_it("--help")
        self.assertEqual((code, err), (0, ""))
        for word in ("--config", "--check", "--print-settings", "server.port", "git.uri", "strata.shutdown.grace", "native.search-locations"):
            self.assertIn(word, out)
        code, out, err = self.run_it("--version")
        self.assertEqual((code, err, len(out.splitlines())), (0, "", 1))
        self.assertRegex(out, r"\d+\.\d+\.\d+")


class Settings(Life):
    def printed(self, *args, env=None, code=0):
        got, out, err = self.run_it("--print-settings", *args, env=env)
        self.assertEqual(got, code, err)
        return out

    def port(self, *args, env=None):
        m = re.search(r"(?m)^\s*(?:server\.)?\"?port\"?: *\"?(\d+)", self.printed(*args, env=env))
        self.assertIsNotNone(m)
        return int(m.group(1))

    def test_secrets_are_masked(self):
        secrets = {"git.uri": "https://bob:hunter2@127.0.0.1/r.git", "git.username": "alice-name", "git.password": "pa55w0rd", "git.passphrase": "phr4se", "git.private-key": "-----BEGIN KEY-----\nk3yb0dy\n-----END KEY-----\n", "encrypt.key": "cr1ptk3y"}
        config = self.settings_file("secret.yml", secrets)
        out = self.printed("--config=" + config)
        for word in ("hunter2", "pa55w0rd", "phr4se", "k3yb0dy", "cr1ptk3y", "alice-name", "bob"):
            self.assertNotIn(word, out)
        self.assertIn("127.0.0.1/r.git", out)
        self.assertIn("***", out)
        code, out, err = self.run_it("--check", "--config=" + config, seconds=60)
        for word in ("hunter2", "pa55w0rd", "bob:"):
            self.assertNotIn(word, out + err)

    def test_precedence(self):
        config = self.settings_file("prec.yml", {"git.uri": self.r.uri, "server": {"port": 1111}})
        self.assertEqual(self.port("--git.uri=" + self.r.uri), 8888)
        self.assertEqual(self.port("--config=" + config), 1111)
        self.assertEqual(self.port("--config=" + config, env={"SERVER_PORT": "2222"}), 2222)
        self.assertEqual(self.port("--config=" + config, "--server.port=3333", env={"SERVER_PORT": "2222"}), 3333)

    def test_config_from_the_environment(self):
        config = self.settings_file("env.yml", {"git.uri": self.r.uri, "server.port": 4444})
        self.assertEqual(self.port(env={"STRATA_CONFIG": config}), 4444)
        other = self.settings_file("other.yml", {"git.uri": self.r.uri, "server.port": 5555})
        self.assertEqual(self.port("--config=" + other, env={"STRATA_CONFIG": config}), 5555)

    def test_forms_of_the_file(self):
        nested = self.settings_file("nested.yml", "spring:\n  cloud:\n    config:\n      server:\n        git:\n          uri: %s\nserver:\n  port: 6001\n" % self.r.uri)
        dotted = self.settings_file("dotted.yml", "spring.cloud.config.server.git.uri: %s\nserver.port: 6002\n" % self.r.uri)
        props = self.settings_file("p.properties", "spring.cloud.config.server.git.uri=%s\nserver.port=6003\n" % self.r.uri)
        for path, port in ((nested, 6001), (dotted, 6002), (props, 6003)):
            self.assertEqual(self.port("--config=" + path), port)

    def test_environment_in_values(self):
        config = self.settings_file("ph.yml", {"git.uri": self.r.uri, "server.port": "${MY_PORT:7001}", "git.default-label": "${MY_LABEL:trunk}"})
        self.assertEqual(self.port("--config=" + config), 7001)
        self.assertEqual(self.port("--config=" + config, env={"MY_PORT": "7002"}), 7002)
        self.assertIn("trunk", self.printed("--config=" + config))

    def test_foreign_environment_does_no_harm(self):
        env = {"SPRING_NOPE": "1", "STRATA_NOPE": "1", "SERVER_NOPE": "x", "SPRING_CLOUD_CONFIG_SERVER_NOPE": "1", "SERVER_PORT": "tcp://10.0.0.1:8888", "STRATA_PORT": "tcp://10.0.0.2:80", "STRATA_SERVICE_HOST": "10.0.0.2", "SERVER_PORT_80_TCP": "tcp://10.0.0.1:80"}
        self.assertEqual(self.port("--git.uri=" + self.r.uri, env=env), 8888)

    def test_environment_starts_a_server(self):
        s = Server({}, self.folder, env={"SPRING_CLOUD_CONFIG_SERVER_GIT_URI": self.r.uri, "SPRING_CLOUD_CONFIG_SERVER_GIT_DEFAULTLABEL": "main", "SPRING_CLOUD_CONFIG_SERVER_PREFIX": "/p"}, start=False)
        self._servers.append(s)
        s.start()
        self.assertEqual(s.get("/p/app/default").value("v"), 1)

    def test_keys_of_other_modules_are_ignored(self):
        s = self.git_server(self.r, **{"spring.application.name": "config-server", "spring.cloud.bus.enabled": False, "management.endpoints.web.exposure.include": "*", "logging.level.root": "WARN", "eureka.client.enabled": False, "server.tomcat.threads.max": 10})
        self.assertEqual(s.get("/app/default").status, 200)

    def test_free_port(self):
        s = Server({"git.uri": self.r.uri}, self.folder, start=False)
        self._servers.append(s)
        s.process = s.launch("--server.address=127.0.0.1", "--server.port=0")

        def found():
            self.assertTrue(s.alive(), s.log)
            for number in re.findall(r"\b(\d{4,5})\b", s.log):
                s.port = int(number)
                try:
                    if 1024 <= s.port <= 65535 and s.get("/actuator/health").status == 200:
                        return True
                except (OSError, support.http.client.HTTPException):
                    pass
            return False
        wait_until(found, "the log tells the free port that was taken", 15)

    def test_both_families(self):
        s = Server({"git.uri": self.r.uri}, self.folder, start=False)
        self._servers.append(s)
        s.port = support.free_port()
        s.process = s.launch("--server.port=%d" % s.port)
        wait_until(s.answers, "it answers on IPv4 by default", 15)
        if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
            try:
                c = socket.create_connection(("::1", s.port), 5)
            except OSError:
                return
            c.sendall(b"GET /app/default HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertEqual(status_of(read_all(c)), 200)
            c.close()

    def test_log_has_no_secrets(self):
        s = self.server({"git.uri": "http://bob:hunter2@127.0.0.1:1/r.git", "git.refresh-rate": 1, "strata.log.level": "debug"}, healthy=False)
        self.assertIn(s.get("/app/default").status, (404, 503))
        self.assertNotIn("hunter2", s.log)


if __name__ == "__main__":
    support.main()
