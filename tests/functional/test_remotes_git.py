# SPDX-License-Identifier: Apache-2.0
"""Repositories behind git's own daemon: whatever happens to their branches, to the daemon and to the mirror,
the right state is served, and what was served stays served."""
import glob
import os

import support
from git_daemon import Daemon
from sshd import Silent
from support import wait_until


class Remote(support.Case):
    @classmethod
    def prepare(cls):
        cls.daemon = Daemon(cls.folder)

    @classmethod
    def _end(cls):
        if hasattr(cls, "daemon"):
            cls.daemon.stop()
        super()._end()

    def setUp(self):
        if not self.daemon.listens():
            self.daemon.start()
        self.name = self.id().rsplit(".", 1)[1]
        self.r = self.repo(self.name + ".git", {"app.yml": "v: 1\n"})
        self.settings = {"git.refresh-rate": 1, "git.timeout": 2, "git.basedir": os.path.join(self.folder, self.name + ".state")}
        os.makedirs(self.settings["git.basedir"])

    def serve(self, healthy=True, **more):
        return self.git_server(self.daemon.uri(self.name), healthy, **dict(self.settings, **more))

    def value(self, s, label=None):
        a = s.get("/app/default" + ("/" + label if label else ""))
        return a.value("v") if a.status == 200 else a.status

    def expect(self, s, value, label=None):
        wait_until(lambda: self.value(s, label) == value, "%s of %s is %s" % (label, self.name, value), 20)

    def test_pushes_are_followed(self):
        s = self.serve()
        self.expect(s, 1)
        self.r.commit({"app.yml": "v: 2\n"})
        self.expect(s, 2)
        self.r.commit({"app.yml": "v: 3\n"}, fresh=True)  # a force push of unrelated history
        self.expect(s, 3)

    def test_branches_come_and_go(self):
        self.r.commit({"app.yml": "v: 10\n"}, branch="a")
        s = self.serve()
        self.expect(s, 10, "a")
        self.r.delete_branch("a")
        self.expect(s, 404, "a")
        self.r.commit({"app.yml": "v: 11\n"}, branch="a/b")  # where a file was is a folder now
        self.expect(s, 11, "a(_)b")
        self.r.delete_branch("a/b")
        self.r.commit({"app.yml": "v: 12\n"}, branch="a")
        self.expect(s, 12, "a")

    def test_tag_moved(self):
        self.r.tag("v1")
        s = self.serve()
        self.expect(s, 1, "v1")
        self.r.commit({"app.yml": "v: 2\n"})
        self.r.tag("v1", annotated=True)
        self.expect(s, 2, "v1")

    def test_remote_gone_for_a_while(self):
        s = self.serve()
        self.expect(s, 1)
        self.daemon.stop()
        wait_until(lambda: "repository_failed" in s.log, "the failure is logged")
        for _ in range(50):
            self.assertEqual(self.value(s), 1)
        self.assertEqual(s.health(), 200)
        self.assertEqual(s.log.count("repository_failed"), 1)
        self.r.commit({"app.yml": "v: 2\n"})
        self.daemon.start()
        self.expect(s, 2)
        self.assertIn("repository_recovered", s.log)

    def test_restart_while_the_remote_is_silent(self):
        s = self.serve()
        self.expect(s, 1)
        s.stop()
        self.daemon.stop()
        silent = Silent(self.daemon.port)
        try:
            # a fetch that hangs for ten minutes must not keep the server from being ready
            again = self.serve(healthy=False, **{"git.timeout": 600})
            wait_until(lambda: again.health() == 200, "ready from the mirror", 5)
            self.assertEqual(self.value(again), 1)
        finally:
            silent.close()
        again.stop()

    def damaged(self, damage):
        """a mirror that is damaged under a running server serves on, and heals with the next push"""
        s = self.serve()
        self.expect(s, 1)
        for pack in glob.glob(self.settings["git.basedir"] + "/**/*.pack", recursive=True):
            os.chmod(pack, 0o600)
            damage(pack)
        self.assertEqual(self.value(s), 1)  # in memory
        for v in (2, 3):
            self.r.commit({"app.yml": "v: %d\n" % v})
            self.expect(s, v)

    def test_overwritten_pack(self):
        def overwrite(pack):
            with open(pack, "r+b") as f:
                for at in range(12, os.path.getsize(pack) - 20, 5):
                    f.seek(at)
                    f.write(b"\xff")
        self.damaged(overwrite)

    def test_truncated_pack(self):
        self.damaged(lambda pack: os.truncate(pack, os.path.getsize(pack) // 2))

    def test_empty_pack(self):
        self.damaged(lambda pack: os.truncate(pack, 0))

    def test_lost_pack(self):
        self.damaged(os.unlink)

    def test_lost_index(self):
        self.damaged(lambda pack: os.unlink(pack[:-4] + "idx"))

    def test_truncated_index(self):
        self.damaged(lambda pack: (os.chmod(pack[:-4] + "idx", 0o600), os.truncate(pack[:-4] + "idx", 100)))

    def test_many_pushes_leave_few_packs(self):
        s = self.serve(**{"git.refresh-rate": -1})
        self.expect(s, 1)
        for i in range(2, 122):
            self.r.commit({"app.yml": "v: %d\n" % i})
            s.ask("POST", "/monitor", {"Content-Type": "application/json"}, b'{"path": "app.yml"}')
            if i % 20 == 1:
                self.expect(s, i)
        self.expect(s, 121)
        packs = glob.glob(self.settings["git.basedir"] + "/**/*.pack", recursive=True)
        self.assertLess(len(packs), 60, packs)

    def test_empty_repository_gets_its_first_commit(self):
        empty = self.repo(self.name + "-empty.git")
        s = self.git_server(self.daemon.uri(self.name + "-empty"), healthy=False, **self.settings)
        wait_until(lambda: s.get("/app/default").status in (404, 503), "there is nothing")
        empty.commit({"app.yml": "v: 1\n"})
        self.expect(s, 1)


if __name__ == "__main__":
    support.main()
