# SPDX-License-Identifier: Apache-2.0
"""The wire below well-behaved clients: malformed and ambiguous requests are refused, slow and many
connections cost themselves alone."""
import json
import select
import socket
import threading
import time

import support
from support import read_all, split_answers, status_of, wait_until

HOST = b"Host: x\r\n"
LAST = b"Connection: close\r\n\r\n"


class Raw(support.Case):
    @classmethod
    def prepare(cls):
        cls.r = cls.repo("r.git", {"app.yml": "v: 1\n", "application.yml": "shared: 1\n"})
        cls.s = cls.git_server(cls.r)

    def tearDown(self):
        self.assertTrue(self.s.alive())
        a = self.s.get("/app/default")
        self.assertEqual((a.status, a.value("v")), (200, 1), a)

    def one(self, data, timeout=10):
        return status_of(self.s.raw(data, timeout))

    def refused(self, data, *statuses):
        """no 200, and nothing after the refusal is taken for a second request"""
        got = self.s.raw(data, 3)
        if not got:
            return
        answers = split_answers(got)
        self.assertEqual(len(answers), 1, (data[:200], got[:600]))
        self.assertIn(answers[0][0], statuses or (400,), (data[:200], got[:300]))

    def test_plain(self):
        self.assertEqual(self.one(b"GET /app/default HTTP/1.1\r\n" + HOST + LAST), 200)

    def test_smuggling(self):
        tail = b"GET /app/default HTTP/1.1\r\n" + HOST + b"\r\n"
        post = b"POST /app/default HTTP/1.1\r\n" + HOST
        self.refused(post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde" + tail)
        self.refused(post + b"Content-Length: 5, 6\r\n\r\nabcde" + tail)
        self.refused(post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + tail)
        self.refused(post + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + tail)
        self.refused(post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + tail, 400, 501)
        self.refused(post + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + tail, 400, 501)
        for length in (b"-1", b"+5", b"0x5", b"5 5", b"99999999999999999999999", b"5a", b"", b"1e3"):
            self.refused(post + b"Content-Length: " + length + b"\r\n\r\nabcde" + tail, 400, 413)
        for chunk in (b"-5", b"zz", b"FFFFFFFFFFFFFFFFFF", b"0x5", b""):
            self.refused(post + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"\r\nabcde\r\n0\r\n\r\n" + tail, 400, 413)
        self.refused(b"GET /app/default HTTP/1.1\r\nContent-Length : 5\r\n" + HOST + b"\r\nabcde" + tail)
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b"X: a\r\n Content-Length: 5\r\n\r\n" + tail)

    def test_body_of_a_get_is_not_a_request(self):
        got = self.s.raw(b"GET /app/default HTTP/1.1\r\n" + HOST + b"Content-Length: 33\r\n\r\nGET /app-default.yml HTTP/1.1\r\n\r\n" + b"x" + b"GET /app-default.json HTTP/1.1\r\n" + HOST + LAST, 5)
        kinds = [(s, h.get("content-type", "").split(";")[0]) for s, h, _ in split_answers(got)]
        self.assertNotIn((200, "text/plain"), kinds)

    def test_request_lines(self):
        for line in (b"GET /app/default HTTP/2.0", b"GET /app/default HTTP/3", b"GET /app/default HTTP/1.1x", b"GET /app/default http/1.1", b"GET /app/default JUNK/1.1", b"GET /app/default HTTP/9.9", b"GET /app/default HTTP/11.1", b"GET  /app/default HTTP/1.1", b"GET\t/app/default\tHTTP/1.1",
                     b"GET /app/def\x01ault HTTP/1.1", b"GET /app/de\x00fault HTTP/1.1", b"GET /app /default HTTP/1.1", b"GET", b"GET ", b" GET /app/default HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0", b"GET app/default HTTP/1.1", b"GET \\app\\default HTTP/1.1", b"G@T /app/default HTTP/1.1"):
            got = self.s.raw(line + b"\r\n" + HOST + LAST, 2)
            self.assertNotEqual(status_of(got), 200, (line, got[:200]))

    def test_old_protocol(self):
        for data in (b"GET /app/default\r\n", b"GET /app/default\r\n\r\n", b"GET /app/default\n\n"):
            got = self.s.raw(data, 2, half_close=True)
            self.assertNotIn(b"propertySources", got, data)

    def test_percent_and_control_characters(self):
        for path in (b"/app/%00", b"/app%00/default", b"/app/default/main/x%00.txt", b"/app-default%00.yml", b"/app/%0d%0aX:%20y", b"/app/%zz", b"/app/%", b"/app/%4", b"/app/default/%ff%fe", b"/app/%c0%af", b"/app/default/main/%0a", b"/app/def%1bault"):
            got = self.s.raw(b"GET " + path + b" HTTP/1.1\r\n" + HOST + LAST)
            self.assertIn(status_of(got), (400, 404), (path, got[:300]))
            self.assertNotIn(b"\r\nX: y", got)

    def test_control_characters_do_not_forge_log_lines(self):
        self.s.raw(b"GET /app/default/a%0aFORGED%20LINE HTTP/1.1\r\n" + HOST + LAST)
        self.s.raw(b"GET /nosuch%0d%0aFORGED%20LINE/-x HTTP/1.1\r\n" + HOST + LAST)
        self.assertFalse([line for line in self.s.log.split("\n") if line.startswith("FORGED")])

    def test_header_values(self):
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n" + LAST)
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b": empty\r\n" + LAST)
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b"no colon\r\n" + LAST)
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b"Bad Name: x\r\n" + LAST)
        self.refused(b"GET /app/default HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b"Host: y\r\n" + LAST)
        for value in (b"application/json" + b"," * 4000, b"a/b;" * 500, b"*/*;q=99999", b"\xff\xfe", b";;;q=", b"application/json;q=-1", b'"' * 1000):
            self.assertIn(self.one(b"GET /app/default HTTP/1.1\r\n" + HOST + b"Accept: " + value + b"\r\n" + LAST), (200, 400, 406), value[:30])
        for name in (b"If-None-Match", b"Accept-Encoding", b"If-Modified-Since", b"Accept-Charset", b"Range", b"Expect", b"Authorization", b"Prefer", b"X-Config-Token"):
            for value in (b"", b",", b'"', b"W/", b"W/\"", b"x" * 3000, b"\xff", b"1,2,3", b"=,;q", b"bytes=0-0"):
                self.assertIn(self.one(b"GET /app/default HTTP/1.1\r\n" + HOST + name + b": " + value + b"\r\n" + LAST), (200, 304, 400, 401, 417), (name, value[:20]))

    def test_bare_line_feeds(self):
        got = self.s.raw(b"GET /app/default HTTP/1.1\nHost: x\nContent-Length: 0\n\nGET /app-default.yml HTTP/1.1\r\n" + HOST + LAST, 3)
        self.assertLessEqual(len(split_answers(got)) if got else 0, 2)
        self.refused(b"GET /app/default HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n" + LAST)

    def test_large_heads(self):
        big = b"X: " + b"a" * 100000 + b"\r\n"
        for data in (b"GET /app/default HTTP/1.1\r\n" + HOST + big + LAST, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n" + HOST + LAST, b"GET /app/default HTTP/1.1\r\n" + HOST + b"".join(b"X%d: y\r\n" % i for i in range(20000)) + LAST, b"GET /app/default?" + b"q" * 60000 + b" HTTP/1.1\r\n" + HOST + LAST):
            got = self.s.raw(data, 5)
            self.assertIn(status_of(got), (414, 431), (data[:40], got[:200]))
        self.assertEqual(self.one(b"GET /app/default HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 4000 + b"\r\n" + LAST), 200)

    def test_many_parameters(self):
        for n in (100, 400, 1500):
            got = self.s.raw(b"GET /app/default?" + b"a=b&" * n + b" HTTP/1.1\r\n" + HOST + LAST, 5)
            self.assertIn(status_of(got), (200, 400, 414, 431), (n, got[:200]))
        self.assertIn(self.one(b"GET /app/default?" + b"&" * 4000 + b" HTTP/1.1\r\n" + HOST + LAST, 5), (200, 400, 414, 431))
        self.assertIn(self.one(b"GET /app/default HTTP/1.1\r\n" + HOST + b"".join(b"X%d: y\r\n" % i for i in range(700)) + LAST, 5), (200, 431))
        self.assertIn(self.one(b"GET /app/default HTTP/1.1\r\n" + HOST + b"Cookie: " + b"a=b; " * 900 + b"\r\n" + LAST, 5), (200, 431))

    def test_431(self):
        got = self.s.raw(b"GET /app/default HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20000 + b"\r\n" + LAST, 5)
        self.assertEqual(status_of(got), 431, got[:200])

    def test_large_bodies(self):
        for head, statuses in ((b"Content-Length: 67108864\r\n", (413,)), (b"Content-Length: 9223372036854775807\r\n", (400, 413))):
            got = self.s.raw(b"POST /encrypt HTTP/1.1\r\n" + HOST + head + b"\r\n" + b"x" * 100000, 5)
            self.assertIn(status_of(got), statuses, got[:200])
        before = self.s.memory_kb()
        with self.s.connect() as c:
            c.sendall(b"POST /encrypt HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            try:
                for _ in range(1000):
                    c.sendall(piece)
                    if select.select([c], [], [], 0)[0]:
                        break
            except OSError:
                pass
            got = read_all(c)
        self.assertIn(status_of(got), (0, 413), got[:200])
        self.assertLess(self.s.memory_kb() - before, 64 * 1024)

    def test_expect_continue(self):
        got = self.s.raw(b"POST /encrypt HTTP/1.1\r\n" + HOST + b"Content-Length: 67108864\r\nExpect: 100-continue\r\n\r\n", 3)
        self.assertEqual(status_of(got), 413, got[:200])

    def test_slow_head_and_body_beside_a_normal_client(self):
        slow = []
        for i in range(50):
            c = self.s.connect()
            c.sendall(b"POST /encrypt HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\nab" if i % 2 else b"GET /app/default HTTP/1.1\r\nHo")
            slow.append(c)
        try:
            for n in range(20):
                began = time.monotonic()
                self.assertEqual(self.s.get("/app/default").status, 200)
                self.assertLess(time.monotonic() - began, 2 * support.SLOW)
                for c in slow:
                    c.sendall(b"x")
        finally:
            for c in slow:
                c.close()

    def test_slow_reader(self):
        self.r.commit({"large.yml": "".join("key%d: %s\n" % (i, "v" * 200) for i in range(20000))})
        wait_until(lambda: len(self.s.get("/large/default").sources) == 2, "the large file is served")
        conns = []
        for _ in range(20):
            c = socket.socket()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.connect(("127.0.0.1", self.s.port))
            c.sendall(b"GET /large-default.yml HTTP/1.1\r\n" + HOST + b"\r\n")
            conns.append(c)
        try:
            for _ in range(20):
                began = time.monotonic()
                self.assertEqual(self.s.get("/app/default").status, 200)
                self.assertLess(time.monotonic() - began, 2 * support.SLOW)
            conns[0].settimeout(20)
            got = read_all(conns[0], until_closed=False)
            self.assertEqual(status_of(got), 200)
            self.assertIn(b"key19999: vv", got)
        finally:
            for c in conns:
                c.close()

    def test_pipelining(self):
        paths = [b"/app/default", b"/app-default.yml", b"/app-default.json", b"/nosuch", b"/app/default/main/app.yml", b"/app-default.properties"]
        with self.s.connect() as c:
            c.sendall(b"".join(b"GET " + p + b" HTTP/1.1\r\n" + HOST + b"\r\n" for p in paths * 20) + b"GET /app/default HTTP/1.1\r\n" + HOST + LAST)
            answers = split_answers(read_all(c))
        self.assertEqual([a[0] for a in answers], [200, 200, 200, 404, 200, 200] * 20 + [200])
        self.assertEqual(answers[1][2], b"shared: 1\nv: 1\n")
        self.assertEqual(json.loads(answers[2][2]), {"shared": 1, "v": 1})

    def test_head_then_get_keeps_framing(self):
        with self.s.connect() as c:
            c.sendall(b"HEAD /app-default.yml HTTP/1.1\r\n" + HOST + b"\r\n")
            data = b""
            while b"\r\n\r\n" not in data:
                data += c.recv(65536)
            c.sendall(b"GET /app-default.yml HTTP/1.1\r\n" + HOST + LAST)
            rest = read_all(c)
        self.assertEqual(data.split(b"\r\n\r\n", 1)[1], b"")
        self.assertEqual(split_answers(rest)[0][2], b"shared: 1\nv: 1\n")

    def test_keep_alive(self):
        with self.s.connect() as c:
            for _ in range(100):
                c.sendall(b"GET /app/default HTTP/1.1\r\n" + HOST + b"\r\n")
                self.assertEqual(status_of(read_all(c, until_closed=False)), 200)
            c.sendall(b"GET /nosuch HTTP/1.1\r\n" + HOST + b"\r\n")
            self.assertEqual(status_of(read_all(c, until_closed=False)), 404)
            c.sendall(b"DELETE /app/default HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc")
            self.assertEqual(status_of(read_all(c, until_closed=False)), 405)

    def test_http_1_0(self):
        got = self.s.raw(b"GET /app/default HTTP/1.0\r\n\r\n", 5)
        self.assertEqual(status_of(got), 200, got[:200])
        self.assertNotIn(b"chunked", got.split(b"\r\n\r\n")[0].lower())
        with self.s.connect() as c:
            for _ in range(3):
                c.sendall(b"GET /app/default HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                got = read_all(c, until_closed=False)
                self.assertEqual(status_of(got), 200)
                self.assertIn(b"keep-alive", got.split(b"\r\n\r\n")[0].lower())

    def test_half_close(self):
        got = self.s.raw(b"GET /app-default.yml HTTP/1.1\r\n" + HOST + b"\r\n", 5, half_close=True)
        self.assertEqual(status_of(got), 200, got[:200])
        self.assertTrue(got.endswith(b"shared: 1\nv: 1\n"))

    def test_absolute_form_and_asterisk(self):
        self.assertIn(self.one(b"GET http://x/app/default HTTP/1.1\r\n" + HOST + LAST), (200, 400, 404))
        self.assertIn(self.one(b"OPTIONS * HTTP/1.1\r\n" + HOST + LAST), (200, 400, 404))
        for method in (b"TRACE", b"CONNECT", b"FOO", b"x" * 1000):
            got = self.s.raw(method + b" /app/default HTTP/1.1\r\n" + HOST + b"X-Secret: s3cr3t\r\n" + LAST, 3)
            self.assertIn(status_of(got), (0, 400, 405, 501), (method[:10], got[:200]))
            self.assertNotIn(b"s3cr3t", got)

    def test_many_connections_at_once(self):
        held = [self.s.connect() for _ in range(300)]
        try:
            for c in held:
                c.sendall(b"GET /app/default HTTP/1.1\r\n" + HOST + b"\r\n")
            self.assertEqual({status_of(read_all(c, until_closed=False)) for c in held}, {200})
            for c in held:
                c.sendall(b"GET /app-default.json HTTP/1.1\r\n" + HOST + b"\r\n")
            self.assertEqual({status_of(read_all(c, until_closed=False)) for c in held}, {200})
        finally:
            for c in held:
                c.close()

    def test_connections_that_leave(self):
        before = self.s.descriptors()
        for i in range(300):
            c = self.s.connect()
            c.sendall((b"GET /app/default HTTP/1.1\r\n" + HOST + b"\r\n")[:i % 40 + 1])
            if i % 3 == 0:
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            c.close()
        wait_until(lambda: self.s.descriptors() <= before + 4, "descriptors are given back", 10)

    def test_many_threads(self):
        wrong = []

        def work(n):
            try:
                for i in range(40):
                    a = self.s.get(["/app/default", "/app-default.yml", "/app/p%d" % (n * 40 + i), "/nosuch"][i % 4])
                    if a.status != (404 if i % 4 == 3 else 200):
                        wrong.append(a)
            except Exception as e:
                wrong.append(e)
        threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(wrong[:3], [])


class IdleConnections(support.Case):
    def test_idle_connections_are_closed(self):
        s = self.git_server(self.repo("idle.git", {"app.yml": "v: 1\n"}), **{"strata.http.idle-timeout": "1s"})
        silent, half, used = s.connect(), s.connect(), s.connect()
        half.sendall(b"GET /app/default HTTP/1.1\r\nHo")
        used.sendall(b"GET /app/default HTTP/1.1\r\n" + HOST + b"\r\n")
        self.assertEqual(status_of(read_all(used, until_closed=False)), 200)
        for c in (silent, half, used):
            c.settimeout(15 * support.SLOW)
            while True:
                try:
                    if not c.recv(4096):
                        break
                except ConnectionResetError:
                    break
            c.close()

    def test_limit_of_connections(self):
        s = self.git_server(self.repo("few.git", {"app.yml": "v: 1\n"}), **{"strata.http.max-connections": 20})
        held = []
        try:
            for _ in range(60):
                c = s.connect(2)
                held.append(c)
            self.assertTrue(s.alive())
        finally:
            for c in held:
                c.close()
        wait_until(lambda: self.works(s), "it serves again when they are gone", 10)

    @staticmethod
    def works(s):
        try:
            return s.get("/app/default").status == 200
        except OSError:
            return False


if __name__ == "__main__":
    support.main()
