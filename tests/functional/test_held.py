# SPDX-License-Identifier: Apache-2.0
"""A broken commit is never served: the questions that it breaks stay at the newest commit that is whole for
them, all others go on, and a server that starts with a broken tip comes to the same choice."""
import support
from support import wait_until

GOOD = {
    "application.yml": "shared: 1\n",
    "orders.yml": "n: 1\n",
    "cart.yml": "n: 1\n",
    "note.txt": "note 1 ${n}\n",
}
BROKEN = "n: [1\n"


class Held(support.Case):
    def setUp(self):
        self.shop = self.repo(self.id().rsplit(".", 1)[1] + ".git", GOOD)
        self.first = self.shop.git("rev-parse", "main")
        self.s = self.git_server(self.shop)

    def push(self, files, **more):
        self.shop.commit(files, **more)
        return self.shop.git("rev-parse", "main")

    def version(self, path):
        return self.s.get(path).headers.get("x-config-version")

    def wait_version(self, path, commit):
        wait_until(lambda: self.version(path) == commit, "%s at %s" % (path, commit))

    def held(self, path):
        return self.s.get(path).headers.get("x-config-held")

    def test_only_what_is_broken_stays(self):
        tip = self.push({"orders.yml": BROKEN, "cart.yml": "n: 2\n", "note.txt": "note 2 ${n}\n"})
        self.wait_version("/cart/dev", tip)
        a = self.s.get("/orders/dev")
        self.assertEqual((a.status, a.json["version"], a.value("n")), (200, self.first, 1), a)
        self.assertRegex(a.headers["x-config-held"], "^%s orders\\.yml:[12]$" % tip)
        self.assertIsNone(self.held("/cart/dev"))
        # every form, and plain files, come from the one commit
        self.assertEqual(self.s.get("/orders-dev.yml").text, "shared: 1\nn: 1\n")
        self.assertEqual(self.s.get("/orders/dev/main/note.txt").text, "note 1 1\n")
        self.assertEqual(self.s.get("/cart/dev/main/note.txt").text, "note 2 2\n")
        # the tag is the content's: a client that has it is told nothing new
        again = self.s.get("/orders/dev", {"If-None-Match": a.headers["etag"]})
        self.assertEqual(again.status, 304)
        self.assertEqual(again.headers["x-config-held"], a.headers["x-config-held"])

    def test_shared_file_holds_everybody(self):
        second = self.push({"cart.yml": "n: 2\n"})
        tip = self.push({"application.yml": "shared: {\n", "orders.yml": "n: 3\n"})
        wait_until(lambda: self.held("/orders/dev"), "orders is held")
        for app in ("orders", "cart", "unheard-of"):
            a = self.s.get("/%s/dev" % app)
            self.assertEqual((a.status, a.json["version"]), (200, second), a)
            self.assertTrue(a.headers["x-config-held"].startswith(tip + " application.yml:"), a)

    def test_healing(self):
        self.push({"orders.yml": BROKEN})
        wait_until(lambda: self.held("/orders/dev"), "orders is held")
        tip = self.push({"orders.yml": "n: 4\n"})
        self.wait_version("/orders/dev", tip)
        self.assertIsNone(self.held("/orders/dev"))

    def test_a_restart_agrees(self):
        for i in range(30):
            self.push({"orders.yml": BROKEN + "# %d\n" % i if i % 2 else BROKEN, "cart.yml": "n: %d\n" % i})
        tip = self.shop.git("rev-parse", "main")
        self.wait_version("/cart/dev", tip)
        before = self.s.get("/orders/dev")
        self.assertEqual(before.json["version"], self.first)
        fresh = self.git_server(self.shop)
        after = fresh.get("/orders/dev")
        self.assertEqual((after.status, after.json, after.headers["x-config-held"]),
                         (200, before.json, before.headers["x-config-held"]))

    def test_broken_from_the_beginning(self):
        repo = self.repo("broken.git", {"application.yml": "a: 1\n", "orders.yml": BROKEN})
        s = self.git_server(repo)
        self.assert_error(s.get("/orders/dev"), 500, "orders.yml:")
        self.assertEqual(s.get("/cart/dev").status, 200)

    def test_history_rewritten_into_broken(self):
        second = self.push({"orders.yml": "n: 2\n"})
        self.wait_version("/orders/dev", second)
        tip = self.push({"orders.yml": BROKEN, "application.yml": "shared: 9\n"}, fresh=True)
        wait_until(lambda: self.held("/orders/dev"), "orders is held")
        a = self.s.get("/orders/dev")
        self.assertEqual((a.status, a.json["version"], a.value("n")), (200, second, 2), a)
        self.wait_version("/cart/dev", tip)

    def test_a_rule_that_is_broken_holds_too(self):
        tip = self.push({"orders.yml": "spring.config.activate.on-profile: 'a & b | c'\nn: 5\n", "cart.yml": "n: 5\n"})
        self.wait_version("/cart/dev", tip)
        a = self.s.get("/orders/dev")
        self.assertEqual((a.status, a.json["version"]), (200, self.first), a)

    def test_report_and_log(self):
        tip = self.push({"orders.yml": BROKEN})
        wait_until(lambda: self.held("/orders/dev"), "orders is held")
        for _ in range(20):
            self.s.get("/orders/dev")
        report = self.s.get("/-/repositories").json["repositories"][0]
        self.assertTrue(report["readable"])
        self.assertEqual([(h["tip"], h["served"]) for h in report["held"]], [(tip, self.first)])
        self.assertIn("orders.yml:", report["held"][0]["reason"])
        self.assertEqual([l["commit"] for l in report["labels"] if l["label"] == "main"], [tip])
        lines = [l for l in self.s.log.splitlines() if "question_held" in l]
        self.assertEqual(len(lines), 1, lines)


if __name__ == "__main__":
    support.main()
