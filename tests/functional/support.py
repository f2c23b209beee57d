# SPDX-License-Identifier: Apache-2.0
"""What the functional tests stand on: the real server on a free port, bare repositories made commit by
commit, conditions to wait for, raw sockets. The server is taken from --server PATH or $STRATAD."""
import gzip
import http.client
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

STAMP = 1767225600
PREFIX = "spring.cloud.config.server."
V2 = "application/vnd.spring-cloud.config-server.v2+json"
SLOW = float(os.environ.get("STRATA_TEST_SLOWNESS", "1"))  # raise it for sanitizers, valgrind, busy machines


def program():
    path = os.environ.get("STRATAD")
    if not path:
        sys.exit("name the server: --server PATH, or STRATAD in the environment")
    return os.path.abspath(path)


def main():
    """like unittest.main, with --server PATH"""
    args = sys.argv[1:]
    if "--server" in args:
        i = args.index("--server")
        os.environ["STRATAD"] = args[i + 1]
        del args[i:i + 2]
    unittest.main(module="__main__", argv=[sys.argv[0]] + args)


def wait_until(condition, what, seconds=10):
    """waits for the condition to be true and gives its value"""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %g s: %s" % (seconds * SLOW, what))
        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def git(*args, cwd=None, data=None):
    env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null")
    done = subprocess.run(["git", *args], cwd=cwd, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    if done.returncode:
        raise AssertionError("git %s: %s" % (" ".join(args), done.stderr.decode("utf-8", "replace")))
    return done.stdout.decode("utf-8", "replace").strip()


def link(target):
    """a symbolic link, as a file of Repo.commit"""
    return ("120000", target.encode())


def submodule(commit="1" * 40):
    return ("160000", commit)


class Repo:
    """A bare repository; every commit is made by hand, so its id depends on its content and number alone."""

    def __init__(self, path, bare=True, branch="main"):
        self.path, self.count = path, 0
        os.makedirs(path)
        git("init", "-q", "-b", branch, *(["--bare"] if bare else []), path)

    @property
    def uri(self):
        return "file://" + self.path

    def commit(self, files, branch="main", remove=(), fresh=False, parent=None):
        """adds a commit to the branch (fresh: a new root that replaces it); gives its id"""
        self.count += 1
        ref = "refs/heads/" + branch
        out = [b"commit %s\ncommitter Test <test@example.org> %d +0000\ndata 1\nc\n" % (ref.encode(), STAMP + self.count)]
        if parent is None and not fresh and self.has(ref):
            parent = ref
        if parent:
            out.append(b"from %s^0\n" % parent.encode())
        for path in remove:
            out.append(b"D %s\n" % path.encode())
        for path, data in files.items():
            mode, data = data if isinstance(data, tuple) else ("100644", data)
            quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
            if mode == "160000":
                out.append(b"M 160000 %s %s\n" % (data.encode(), quoted.encode()))
                continue
            data = data.encode() if isinstance(data, str) else data
            out.append(b"M %s inline %s\ndata %d\n" % (mode.encode(), quoted.encode(), len(data)) + data + b"\n")
        git("fast-import", "--quiet", "--force", cwd=self.path, data=b"".join(out))
        return git("rev-parse", ref, cwd=self.path)

    def has(self, ref):
        return subprocess.run(["git", "rev-parse", "-q", "--verify", ref], cwd=self.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def git(self, *args, data=None):
        return git(*args, cwd=self.path, data=data)

    def tag(self, name, target="main", annotated=False):
        if annotated:
            git("-c", "user.name=t", "-c", "user.email=t@example.org", "tag", "-f", "-a", "-m", "m", name, target, cwd=self.path)
        else:
            git("tag", "-f", name, target, cwd=self.path)

    def delete_branch(self, name):
        git("update-ref", "-d", "refs/heads/" + name, cwd=self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.raw = status, headers, body
        self.body = gzip.decompress(body) if headers.get("content-encoding") == "gzip" and body else body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def sources(self):
        return self.json["propertySources"]

    def value(self, key):
        """what the strongest source says of a key; None when there is none"""
        for source in self.sources:
            if key in source["source"]:
                return source["source"][key]
        return None

    @property
    def kind(self):
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def __repr__(self):
        return "<%s %r %r>" % (self.status, self.headers, self.body[:400])


class Server:
    """A stratad of our own. settings: full or short keys -> values, written as the settings file."""

    def __init__(self, settings, folder, args=(), env=None, start=True):
        self.folder = tempfile.mkdtemp(prefix="server-", dir=folder)
        self.config = os.path.join(self.folder, "stratad.yml")
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump(settings, f)
        self.args, self.env, self.process, self.port = list(args), env or {}, None, None
        self.log_path = os.path.join(self.folder, "log")
        if start:
            self.start()

    def launch(self, *args):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("STRATA_CONFIG", "SPRING_", "SERVER_"))}
        env.setdefault("ASAN_OPTIONS", "quarantine_size_mb=16")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        env.update(self.env)
        with open(self.log_path, "ab") as log:
            return subprocess.Popen([program(), "--config=" + self.config, *args, *self.args], stdout=log, stderr=log, cwd=self.folder, env=env)

    def start(self, healthy=True):
        """healthy: waits for good health, not just for an answer"""
        self.port = free_port()
        self.process = self.launch("--server.address=127.0.0.1", "--server.port=%d" % self.port)
        wait_until(self.answers if healthy else self.speaks, "the server answers health" + " with 200" * healthy, 30)
        return self

    def health(self):
        """the status of the health page; 0 when nobody listens yet"""
        if self.process.poll() is not None:
            raise AssertionError("the server ended with %s:\n%s" % (self.process.returncode, self.log[-3000:]))
        try:
            return self.get("/actuator/health").status
        except OSError:
            return 0

    def speaks(self):
        return self.health() != 0

    def answers(self):
        return self.health() == 200

    @property
    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read().decode("utf-8", "replace")

    def ask(self, method, path, headers=None, body=None, timeout=30):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLOW)
        try:
            c.putrequest(method, path, skip_accept_encoding=True)
            headers = dict(headers or {})
            if body is not None:
                headers.setdefault("Content-Length", str(len(body)))
            for k, v in headers.items():
                c.putheader(k, v)
            c.endheaders(body)
            a = c.getresponse()
            return Answer(a.status, {k.lower(): v for k, v in a.getheaders()}, a.read())
        finally:
            c.close()

    def get(self, path, headers=None, **more):
        return self.ask("GET", path, headers, **more)

    def connect(self, timeout=20):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout * SLOW)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def raw(self, data, timeout=10, half_close=False):
        """sends bytes and gives all that comes back until the server closes, or nothing more comes"""
        with self.connect(timeout) as s:
            try:
                s.sendall(data)
                if half_close:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_all(s)

    def memory_kb(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """SIGTERM; gives the exit code"""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(20 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not stop within %g s of SIGTERM" % (20 * SLOW))
        log = self.log
        for word in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer"):
            if word in log:
                raise AssertionError("a sanitizer complains:\n" + log[log.index(word):][:3000])
        return code


def read_all(s, until_closed=True):
    out = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return out
            out += piece
            if not until_closed and complete(out):
                return out
    except (socket.timeout, ConnectionResetError):
        return out


def complete(data):
    """whether one answer with a Content-Length is all there"""
    head, sep, body = data.partition(b"\r\n\r\n")
    m = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(sep) and m is not None and len(body) >= int(m.group(1))


def split_answers(data):
    """the answers of a connection, each (status, headers, body)"""
    out = []
    while data:
        head, sep, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        m = re.match(r"HTTP/1\.[01] (\d{3})", lines[0])
        if not m or not sep:
            raise AssertionError("not an answer: %r" % data[:200])
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        status = int(m.group(1))
        if status == 100:
            data = rest
            continue
        n = int(headers.get("content-length", len(rest)))
        out.append((status, headers, rest[:n]))
        data = rest[n:]
    return out


def status_of(data):
    """the status of the first answer; 0 when the connection was closed without one"""
    m = re.match(rb"HTTP/1\.[01] (\d{3})", data)
    return int(m.group(1)) if m else 0


class Case(unittest.TestCase):
    """A test with a folder of its own, removed at the end; servers() are stopped and must end with 0."""

    longMessage = True
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.folder = os.path.realpath(tempfile.mkdtemp(prefix="strata-functional-"))
        cls._servers = []
        try:
            cls.prepare()
        except BaseException:
            cls._end()
            raise

    @classmethod
    def prepare(cls):
        pass

    @classmethod
    def _end(cls):
        for s in cls._servers:
            if s.process is not None and s.process.poll() is None:
                s.process.kill()
                s.process.wait()
        if not os.environ.get("STRATA_TEST_KEEP"):
            shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def tearDownClass(cls):
        trouble = []
        for s in cls._servers:
            was = s.process.poll() if s.process is not None else 0
            try:
                code = s.stop()
            except AssertionError as e:
                trouble.append(str(e))
                continue
            if was is None and code != 0 or was not in (None, 0) and not getattr(s, "expected_end", False):
                trouble.append("a server ended with %s:\n%s" % (code, s.log[-3000:]))
        cls._end()
        if trouble:
            raise AssertionError("\n".join(trouble))

    @classmethod
    def repo(cls, name, files=None, **more):
        r = Repo(os.path.join(cls.folder, name), **more)
        if files is not None:
            r.commit(files, branch=more.get("branch", "main"))
        return r

    @classmethod
    def server(cls, settings, healthy=True, **more):
        s = Server(settings, cls.folder, start=False, **more)
        cls._servers.append(s)
        return s.start(healthy)

    @classmethod
    def git_server(cls, repo, healthy=True, **more):
        settings = {"git.uri": repo if isinstance(repo, str) else repo.uri, "git.refresh-rate": 1}
        settings.update(more)
        return cls.server(settings, healthy)

    def assert_error(self, answer, status, *words):
        """an error answer of the status, in JSON, whose message has the words"""
        statuses = status if isinstance(status, tuple) else (status,)
        self.assertIn(answer.status, statuses, answer)
        self.assertEqual(answer.kind, "application/json", answer)
        body = answer.json
        self.assertEqual(body.get("status"), answer.status, answer)
        for w in words:
            self.assertIn(w, body.get("message", ""), answer)
