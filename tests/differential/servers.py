# SPDX-License-Identifier: Apache-2.0
"""Starting a configuration server on a folder, and asking it over one kept connection."""
import http.client
import json
import os
import socket
import subprocess
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def git(*args, cwd=None, data=None):
    return subprocess.run(["git", *args], cwd=cwd, input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def commit_stream(branch, files, message="c", stamp=1767225600):
    """one root commit as a fast-import stream"""
    out = [b"commit refs/heads/%s\ncommitter t <t@example.org> %d +0000\ndata %d\n%s\ndeleteall\n" % (branch.encode(), stamp, len(message), message.encode())]
    for path in sorted(files):
        quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
        out.append(b"M 100644 inline %s\ndata %d\n" % (quoted.encode(), len(files[path])) + files[path] + b"\n")
    return b"".join(out)


class Server:
    """A running server. It has its own repository, whose path reads <ROOT> in what ask() gives."""

    def __init__(self, name, program, folder, files, settings, extra=None):
        """settings: the keys below git, or with native: True those below native"""
        self.name, self.program, self.root = name, os.path.abspath(program), os.path.join(folder, name)
        self.connection = self.process = None
        repository = self.repository = os.path.join(self.root, "repo")
        os.makedirs(repository)
        settings = dict(settings)
        self.native = settings.pop("native", False)
        if self.native:
            for path, data in files.items():
                os.makedirs(os.path.dirname(os.path.join(repository, path)), exist_ok=True)
                with open(os.path.join(repository, path), "wb") as f:
                    f.write(data)
            keys = {"search-locations": ["file:" + os.path.join(repository, p) for p in settings["search-paths"]]}
            config = {"spring": {"profiles": {"active": "native"}, "cloud": {"config": {"server": {"native": keys}}}}}
        else:
            git("init", "-q", "-b", "main", cwd=repository)
            git("fast-import", "--quiet", "--force", cwd=repository, data=commit_stream("main", files))
            git("reset", "-q", "--hard", "main", cwd=repository)
            git("branch", "feature/x", cwd=repository)
            git("tag", "v1", cwd=repository)
            keys = {"uri": "file://" + repository, "refresh-rate": 1}
            keys.update(settings)
            config = {"spring": {"cloud": {"config": {"server": {"git": keys}}}}}
        config.update(extra or {})
        self.config = os.path.join(self.root, "server.yml")
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump(config, f)
        self.port = free_port()
        self.log = open(os.path.join(self.root, "log"), "wb")

    def start(self):
        self.process = subprocess.Popen([self.program, "--config=" + self.config, "--server.port=%d" % self.port], stdout=self.log, stderr=self.log, cwd=self.root)
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.ask("/actuator/health", {})[0]:
                    return self
            except ConnectionRefusedError:
                pass
            time.sleep(0.05)
        raise RuntimeError("%s did not start: %s" % (self.name, open(self.log.name, "rb").read()[-2000:].decode("utf-8", "replace")))

    def ask(self, path, headers):
        """-> (status, media type, text, bytes); every mention of the own root reads <ROOT>"""
        for again in (True, False):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                c = self.connection
                c.putrequest("GET", path, skip_accept_encoding=True)
                for k, v in headers.items():
                    c.putheader(k, v)
                c.endheaders()
                answer = c.getresponse()
                raw = answer.read()
                break
            except ConnectionRefusedError:
                self.connection = None
                raise
            except (http.client.HTTPException, OSError):
                self.connection = None
                if not again:
                    return 0, "", "<no answer>", b""
        kind = (answer.getheader("Content-Type") or "").split(";")[0].strip().lower()
        text = raw.decode("utf-8", "backslashreplace").replace("file://", "file:").replace(self.root, "<ROOT>")
        return answer.status, kind, text, raw

    def add_branches(self, trees):
        """trees: branch -> files; waits until the server knows them all"""
        git("fast-import", "--quiet", "--force", cwd=self.repository, data=b"".join(commit_stream(b, f, b) for b, f in trees.items()))
        end = time.monotonic() + 20
        for branch in trees:
            while self.ask("/nosuch/default/" + branch, {})[0] == 404 and time.monotonic() < end:
                time.sleep(0.05)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
