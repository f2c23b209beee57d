# SPDX-License-Identifier: Apache-2.0
"""Repositories behind ssh, with OpenSSH's own server: every kind of key, host keys, and what goes wrong."""
import json
import os
import re
import shutil
import time
import unittest

import sshd
import support
from sshd import Agent, Silent, Sshd, key_parts, make_key, read
from support import git, wait_until


@unittest.skipUnless(sshd.PROGRAM and shutil.which("ssh"), "OpenSSH's server is not installed")
class Ssh(support.Case):
    @classmethod
    def prepare(cls):
        cls.helpers = []
        cls.r = cls.repo("shop.git", {"app.yml": "v: 1\n"})
        cls.key = make_key(cls.folder, "user")
        cls.host_key = make_key(cls.folder, "host")
        cls.sshd = cls.start_sshd("sshd", [(cls.key, None)])

    @classmethod
    def start_sshd(cls, name, authorized, **more):
        server = Sshd(cls.folder, name, more.pop("host_keys", [cls.host_key]), authorized, **more)
        cls.helpers.append(server)
        return server

    @classmethod
    def _end(cls):
        for helper in cls.helpers:
            helper.stop()
        super()._end()

    def own(self, uri=None, server=None, **more):
        """settings that leave the user's own alone"""
        server = server or self.sshd
        settings = {"git.uri": uri or server.uri(self.r.path), "git.refresh-rate": 1, "git.timeout": 20, "git.ignore-local-ssh-settings": True,
                    "git.known-hosts-file": server.known_hosts()}
        settings.update(more)
        return {k: v for k, v in settings.items() if v is not None}

    def fails(self, settings, status, *words, **more):
        """the server runs, and answers and logs why there is nothing; gives it"""
        s = self.server(settings, healthy=False, **more)
        answer = wait_until(lambda: (lambda a: a if a.status != 503 or "not been read" not in a.text else None)(s.get("/app/default")), "a reason")
        self.assert_error(answer, status, *words)
        self.one_line(s, *words)
        return s

    def one_line(self, s, *words):
        """the log says it in one line of its own"""
        def lines():
            return [line for line in s.log.splitlines() if '"repository_failed"' in line and all(json.dumps(w)[1:-1] in line for w in words)]
        wait_until(lines, "a line in the log with %r" % (words,))

    def serves(self, s, want=1):
        self.assertEqual(wait_until(lambda: (lambda a: a if a.status == 200 else None)(s.get("/app/default")), "it serves").value("v"), want)


class Keys(Ssh):
    """each way to prove oneself"""

    def test_kinds_of_keys(self):
        for kind, pem in (("ed25519", False), ("rsa", False), ("rsa", True), ("ecdsa", False), ("ecdsa", True)):
            with self.subTest(kind=kind, pem=pem):
                key = make_key(self.folder, "key-%s-%d" % (kind, pem), kind, pem=pem)
                server = self.start_sshd("sshd-%s-%d" % (kind, pem), [(key, None)])
                self.serves(self.server(self.own(server=server, **{"git.private-key-file": key})))

    def test_passphrase(self):
        for kind, pem in (("ed25519", False), ("rsa", True)):
            with self.subTest(kind=kind, pem=pem):
                key = make_key(self.folder, "locked-%s" % kind, kind, passphrase="open, sesame '\"$x", pem=pem)
                server = self.start_sshd("sshd-locked-%s" % kind, [(key, None)])
                settings = self.own(server=server, **{"git.private-key-file": key, "git.passphrase": "open, sesame '\"$x"})
                self.serves(self.server(settings))
                s = self.fails(dict(settings, **{"git.passphrase": "wrong words"}), 503, "passphrase")
                self.assertNotIn("wrong words", s.log)
                self.fails(self.own(server=server, **{"git.private-key-file": key}), 503, "passphrase")

    def test_inline_key(self):
        text = read(self.key)
        self.serves(self.server(self.own(**{"git.private-key": text})))
        self.serves(self.server(self.own(**{"git.private-key": text.replace("\n", "\r\n").strip()})))
        self.serves(self.server(self.own(), env={"SPRING_CLOUD_CONFIG_SERVER_GIT_PRIVATEKEY": text.replace("\n", "\\n")}))

    def test_key_file_is_read_anew(self):
        """a rotated key works without a restart, and whoever may read its file does not matter"""
        path = os.path.join(self.folder, "rotated")
        shutil.copy(make_key(self.folder, "stale"), path)
        os.chmod(path, 0o644)
        s = self.fails(self.own(**{"git.private-key-file": path}), 503, "Permission denied (publickey)")
        with open(path, "w") as f:
            f.write(read(self.key))
        self.serves(s)

    def test_missing_key_file(self):
        self.fails(self.own(**{"git.private-key-file": os.path.join(self.folder, "no such key")}), 503, "the private key", "no such key")

    def test_damaged_key(self):
        self.fails(self.own(**{"git.private-key": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"}), 503, "private key")

    def test_wrong_key(self):
        self.fails(self.own(**{"git.private-key-file": make_key(self.folder, "stranger")}), 503, "Permission denied (publickey)")

    def test_no_key(self):
        """of the user's own ones none is offered"""
        agent = Agent(self.folder, [self.key])
        self.helpers.append(agent)
        self.fails(self.own(), 503, "Permission denied (publickey)", env={"SSH_AUTH_SOCK": agent.socket})

    def test_agent(self):
        folder = os.path.join(self.folder, "agent")
        os.makedirs(folder)
        agent = Agent(folder, [self.key])
        self.helpers.append(agent)
        self.serves(self.server(self.own(**{"git.ignore-local-ssh-settings": None}), env={"SSH_AUTH_SOCK": agent.socket}))

    def test_two_deploy_keys(self):
        """each key opens one repository of the same host, under the same user"""
        keys = [make_key(self.folder, "deploy%d" % i) for i in (1, 2)]
        repos = [self.repo("deploy%d.git" % i, {"app.yml": "v: %d\n" % i}) for i in (1, 2)]
        server = self.start_sshd("sshd-deploy", [(k, "git-upload-pack '%s'" % r.path) for k, r in zip(keys, repos)])
        for ignore in (True, False):
            with self.subTest(ignore=ignore):
                settings = self.own(uri=server.uri(repos[0].path), server=server, **{"git.private-key-file": keys[0], "git.ignore-local-ssh-settings": ignore})
                settings.update({"git.repos.two.uri": server.uri(repos[1].path), "git.repos.two.pattern": "other*", "git.repos.two.private-key": read(keys[1])})
                s = self.server(settings)
                self.serves(s, 1)
                repos[1].commit({"other.yml": "w: two\n"})
                wait_until(lambda: s.get("/other/default").value("w") == "two", "the second repository with the second key")

    def test_secrets_are_nowhere_to_be_seen(self):
        """while ssh runs: not in its arguments, environment or open files, nor on the disk"""
        secret = "sesame-%d" % os.getpid()
        key = make_key(self.folder, "hidden", passphrase=secret)
        text = read(key).splitlines()[1]
        silent = Silent(support.free_port())
        temporary = os.path.join(self.folder, "tmp")
        os.makedirs(temporary)
        uri = "ssh://%s@127.0.0.1:%d/x" % (sshd.USER, silent.listener.getsockname()[1])
        s = self.server(self.own(uri=uri, **{"git.private-key": read(key), "git.passphrase": secret, "git.timeout": 60, "git.basedir": os.path.join(self.folder, "hidden-state")}), healthy=False, env={"TMPDIR": temporary})
        pid = wait_until(lambda: self.ssh_below(s.process.pid), "ssh runs")[0]
        for what in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (pid, what), "rb") as f:
                shown = f.read().decode("utf-8", "replace")
            self.assertNotIn(secret, shown)
            self.assertNotIn(text, shown)
        self.assertEqual(os.listdir(temporary), [])
        s.stop()
        wait_until(lambda: not os.path.exists("/proc/%d" % pid), "ssh is gone with the server")
        self.assertNotIn(secret, s.log)
        silent.close()

    def ssh_below(self, server):
        """the ssh processes whose grandparent is the server"""
        parents, names = {}, {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = read("/proc/%s/stat" % entry)
                except OSError:
                    continue
                names[int(entry)] = stat[stat.index("(") + 1:stat.rindex(")")]
                parents[int(entry)] = int(stat[stat.rindex(")") + 1:].split()[1])
        return [p for p, name in names.items() if name == "ssh" and parents.get(parents[p]) == server]


class Hosts(Ssh):
    """which server we speak to"""

    def test_pinned(self):
        algorithm, key = key_parts(self.host_key)
        pinned = {"git.private-key-file": self.key, "git.known-hosts-file": None, "git.host-key-algorithm": algorithm, "git.host-key": key}
        self.serves(self.server(self.own(**pinned)))
        other = key_parts(make_key(self.folder, "other-host"))[1]
        self.fails(self.own(**dict(pinned, **{"git.host-key": other})), 503, "the host key of 127.0.0.1:%d is not the known one" % self.sshd.port)

    def test_pinned_among_several(self):
        """of several host keys the pinned kind is asked for"""
        rsa = make_key(self.folder, "host-rsa", "rsa")
        server = self.start_sshd("sshd-several", [(self.key, None)], host_keys=[self.host_key, rsa])
        algorithm, key = key_parts(rsa)
        self.serves(self.server(self.own(server=server, **{"git.private-key-file": self.key, "git.known-hosts-file": None, "git.host-key-algorithm": algorithm, "git.host-key": key})))

    def test_unknown_is_refused(self):
        empty = os.path.join(self.folder, "empty")
        open(empty, "w").close()
        for hosts in (empty, None):
            with self.subTest(hosts=hosts):
                self.fails(self.own(**{"git.private-key-file": self.key, "git.known-hosts-file": hosts}), 503,
                           "the host key of 127.0.0.1:%d is not known: set git.host-key or git.known-hosts-file" % self.sshd.port)

    def test_learnt_host_without_restart(self):
        hosts = os.path.join(self.folder, "growing")
        open(hosts, "w").close()
        s = self.fails(self.own(**{"git.private-key-file": self.key, "git.known-hosts-file": hosts}), 503, "is not known")
        shutil.copy(self.sshd.known_hosts(), hosts)
        self.serves(s)

    def test_missing_known_hosts(self):
        self.fails(self.own(**{"git.private-key-file": self.key, "git.known-hosts-file": os.path.join(self.folder, "nowhere")}), 503, "the known hosts", "nowhere")

    def test_lax(self):
        """unknown hosts are taken, with a warning at the start, and not remembered"""
        empty = os.path.join(self.folder, "lax-hosts")
        open(empty, "w").close()
        s = self.server(self.own(**{"git.private-key-file": self.key, "git.known-hosts-file": empty, "git.strict-host-key-checking": False}))
        self.serves(s)
        self.assertIn("git.strict-host-key-checking is off", s.log)
        self.assertEqual(read(empty), "")
        wrong = self.sshd.known_hosts("wrong", [make_key(self.folder, "not-this-host")])
        self.fails(self.own(**{"git.private-key-file": self.key, "git.known-hosts-file": wrong, "git.strict-host-key-checking": False}), 503, "is not the known one")

    def test_changed_while_serving(self):
        """another server at the same place: nothing is fetched, and what was served stays served"""
        r = self.repo("changing.git", {"app.yml": "v: 1\n"})
        server = self.start_sshd("sshd-changing", [(self.key, None)])
        s = self.server(self.own(uri=server.uri(r.path), server=server, **{"git.private-key-file": self.key, "git.known-hosts-file": server.known_hosts()}))
        self.serves(s)
        server.stop()
        other = self.start_sshd("sshd-changed", [(self.key, None)], port=server.port, host_keys=[make_key(self.folder, "another-host")])
        r.commit({"app.yml": "v: 2\n"})
        wait_until(lambda: "is not the known one" in s.log, "it is said")
        self.serves(s, 1)
        other.stop()
        server.start()
        wait_until(lambda: s.get("/app/default").value("v") == 2, "the right one is back", 30)


class Places(Ssh):
    """where the repository is"""

    def keyed(self, **more):
        return dict({"git.private-key-file": self.key}, **more)

    def test_scheme_names(self):
        for scheme in ("ssh", "git+ssh", "ssh+git"):
            with self.subTest(scheme=scheme):
                self.serves(self.server(self.own(uri=self.sshd.uri(self.r.path).replace("ssh://", scheme + "://"), **self.keyed())))

    def test_scp_like(self):
        """host:path has no port; brackets give one"""
        s = self.server(self.own(uri="%s@[127.0.0.1:%d]:%s" % (sshd.USER, self.sshd.port, self.r.path), **self.keyed()))
        self.serves(s)

    def test_odd_path(self):
        r = self.repo("it's a $(odd) `path`;.git", {"app.yml": "v: 7\n"})
        quoted = "".join(c if c.isalnum() or c in "/.-" else "%%%02X" % ord(c) for c in r.path)
        self.serves(self.server(self.own(uri=self.sshd.uri(quoted), **self.keyed())), 7)

    def test_missing_repository(self):
        s = self.fails(self.own(uri=self.sshd.uri(self.folder + "/none.git"), **self.keyed()), 404, "there is no such repository on 127.0.0.1:%d" % self.sshd.port)
        git("init", "-q", "--bare", "-b", "main", self.folder + "/none.git")
        git("push", "-q", self.folder + "/none.git", "main", cwd=self.r.path)
        self.serves(s)

    def test_unknown_host(self):
        self.fails(self.own(uri="ssh://no-such-host.invalid/x", **self.keyed()), 503, "the host no-such-host.invalid cannot be resolved")

    def test_refused(self):
        port = support.free_port()
        self.fails(self.own(uri="ssh://127.0.0.1:%d/x" % port, **self.keyed()), 503, "127.0.0.1:%d refuses the connection" % port)

    def test_injection(self):
        """nothing in a uri becomes an option or a command"""
        mark = os.path.join(self.folder, "mark")
        for uri in ("ssh://-oProxyCommand=touch %s/x" % mark, "ssh://-oProxyCommand=touch$IFS%s@127.0.0.1/x" % mark, "-oProxyCommand=touch %s:x" % mark,
                    self.sshd.uri("/'; touch %s; '" % mark), self.sshd.uri("-oProxyCommand=x")):
            with self.subTest(uri=uri):
                s = support.Server(self.own(uri=uri, **self.keyed()), self.folder, start=False)
                s.port = support.free_port()
                s.process = s.launch("--server.address=127.0.0.1", "--server.port=%d" % s.port)
                wait_until(lambda: s.process.poll() is not None or "repository_failed" in s.log, "it is refused")
                s.process.terminate()
                s.process.wait(20 * support.SLOW)
                self.assertFalse(os.path.exists(mark))

    def test_own_configuration(self):
        """aliases, ports, keys and jump hosts of the user's own configuration work"""
        jump = self.start_sshd("sshd-jump", [(self.key, None)])
        hosts, config, bin_dir = os.path.join(self.folder, "all-hosts"), os.path.join(self.folder, "ssh-config"), os.path.join(self.folder, "bin")
        with open(hosts, "w") as f:
            f.write(read(jump.known_hosts()) + read(self.sshd.known_hosts()))
        with open(config, "w") as f:
            f.write("Host *\n User %s\n IdentityFile %s\n UserKnownHostsFile %s\nHost bastion\n HostName 127.0.0.1\n Port %d\n"
                    "Host forge\n HostName 127.0.0.1\n Port %d\n ProxyJump bastion\n" % (sshd.USER, self.key, hosts, jump.port, self.sshd.port))
        os.makedirs(bin_dir)
        with open(os.path.join(bin_dir, "ssh"), "w") as f:  # stands for ~/.ssh/config, which a test must not touch
            f.write('#!/bin/sh\nexec %s -F %s "$@"\n' % (shutil.which("ssh"), config))
        os.chmod(os.path.join(bin_dir, "ssh"), 0o755)
        s = self.server({"git.uri": "forge:" + self.r.path, "git.refresh-rate": 1, "git.timeout": 10}, env={"PATH": bin_dir + ":" + os.environ["PATH"]})
        self.serves(s)
        self.assertIn("Accepted publickey", read(jump.log_path))

    def test_no_ssh(self):
        empty = os.path.join(self.folder, "empty-bin")
        os.makedirs(empty, exist_ok=True)
        self.fails(self.own(**self.keyed()), 503, "the program ssh is missing", env={"PATH": empty})


class Faults(Ssh):
    """what a remote does when it does not behave"""

    def test_follows(self):
        r = self.repo("following.git", {"app.yml": "v: 1\n"})
        s = self.server(self.own(uri=self.sshd.uri(r.path), **{"git.private-key-file": self.key}))
        self.serves(s)
        for i in range(2, 6):
            r.commit({"app.yml": "v: %d\n" % i}, fresh=i == 4)
            wait_until(lambda: s.get("/app/default").value("v") == i, "push %d" % i)

    def test_silent(self):
        """a server that takes connections and never speaks: nobody notices, no process is left, and it heals"""
        r = self.repo("silent.git", {"app.yml": "v: 1\n"})
        server = self.start_sshd("sshd-silent", [(self.key, None)])
        s = self.server(self.own(uri=server.uri(r.path), server=server, **{"git.private-key-file": self.key, "git.timeout": 2}))
        self.serves(s)
        server.stop()
        silent = Silent(server.port)
        r.commit({"app.yml": "v: 2\n"})
        descriptors, worst, end = s.descriptors(), 0, time.monotonic() + 8 * support.SLOW
        while time.monotonic() < end:
            began = time.monotonic()
            self.assertEqual(s.get("/app/default").value("v"), 1)
            worst = max(worst, time.monotonic() - began)
            time.sleep(0.01)
        self.assertLess(worst, 0.5 * support.SLOW)
        self.assertLessEqual(s.descriptors(), descriptors + 4)
        self.assertTrue(re.search(r"does not speak|does not answer|took longer", s.log), s.log)
        silent.close()
        server.start()
        wait_until(lambda: s.get("/app/default").value("v") == 2, "it heals", 30)

    def test_hangs_after_login(self):
        """the remote's git never says a word"""
        server = self.start_sshd("sshd-hanging", [(self.key, "sleep 1000")])
        self.fails(self.own(server=server, **{"git.private-key-file": self.key, "git.timeout": 2}), 503, "does not answer within")

    def test_ends_after_login(self):
        server = self.start_sshd("sshd-ending", [(self.key, "echo we are closed for today >&2; exit 1")])
        self.fails(self.own(server=server, **{"git.private-key-file": self.key}), 503, "ssh: we are closed for today")

    def test_chatter(self):
        """a greeting on the error output is no failure, and garbage on the other one is"""
        server = self.start_sshd("sshd-greeting", [(self.key, "yes welcome | head -c 300000 >&2; git-upload-pack '%s'" % self.r.path)])
        self.serves(self.server(self.own(server=server, **{"git.private-key-file": self.key})))
        server = self.start_sshd("sshd-garbage", [(self.key, "echo Hello; git-upload-pack '%s'" % self.r.path)])
        s = self.server(self.own(server=server, **{"git.private-key-file": self.key}), healthy=False)
        wait_until(lambda: '"repository_failed"' in s.log, "it is refused")
        self.assertNotEqual(s.get("/app/default").status, 200)

    def test_down_at_restart(self):
        r = self.repo("restart.git", {"app.yml": "v: 1\n"})
        server = self.start_sshd("sshd-restart", [(self.key, None)])
        state = os.path.join(self.folder, "restart-state")
        settings = self.own(uri=server.uri(r.path), server=server, **{"git.private-key-file": self.key, "git.basedir": state})
        s = self.server(settings)
        self.serves(s)
        s.stop()
        server.stop()
        again = self.server(settings)
        self.serves(again)


if __name__ == "__main__":
    support.main()
