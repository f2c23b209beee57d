#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""README.md is true word for word: its commands are run against a real server over the sample, and compared.

In a ```console block a line "$ …" is a command and what follows is its output; a line "…" stands for any number
of lines. The commands run where build/sample is the sample repository, with the README's port and checkout
replaced by the real ones. Links to files of the project must lead somewhere.
"""
import fnmatch
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECKOUT = "/home/ada/strata"
PORT = "8888"
PATIENCE_S = 20  # how long an answer may take to become what the README says (a commit is seen in about 2 s)


def read(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def sessions(text):
    """Every (command, expected lines) of the README, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def fits(got, want):
    """Whether the lines are those, "…" standing for any number of them."""
    if not want:
        return not got
    if want[0] == "…":
        return any(fits(got[skip:], want[1:]) for skip in range(len(got) + 1))
    return bool(got) and got[0] == want[0] and fits(got[1:], want[1:])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(process, port):
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        if process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen("http://localhost:%d/actuator/health" % port, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.05)
    return False


def run(command, folder):
    environment = dict(os.environ, GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="A",
                       GIT_COMMITTER_EMAIL="a@example.com", no_proxy="*")
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=60, check=False)
    return (done.stdout + done.stderr).splitlines()


def check_sessions(text, folder, port):
    failed = 0
    for command, want in sessions(text):
        real = command.replace("localhost:" + PORT, "localhost:%d" % port)
        want = [line.replace(CHECKOUT, folder) for line in want]
        give_up = time.monotonic() + PATIENCE_S
        got = run(real, folder)
        # only asking may be repeated: a commit may not
        while not fits(got, want) and real.startswith("curl ") and time.monotonic() < give_up:
            time.sleep(0.2)
            got = run(real, folder)
        if not fits(got, want):
            failed += 1
            print("$ %s\n-- README says\n%s\n-- it is\n%s\n" % (command, "\n".join(want), "\n".join(got)))
    return failed


def check_links(name):
    failed = 0
    for target in re.findall(r"\]\(([^)#\s]+)", read(os.path.join(ROOT, name))):
        if re.match(r"[a-z]+:", target):
            continue
        if not os.path.exists(os.path.join(ROOT, os.path.dirname(name), target)):
            print("%s links to %s, which is not there" % (name, target))
            failed += 1
    return failed


def check_verbs(text):
    """What README says of ./dev and presets exists."""
    verbs = run("./dev", ROOT)
    failed = 0
    for verb in set(re.findall(r"\./dev ([a-z]+)", text)):
        if not any(re.match(r"  (.*\| )?%s\b" % verb, line) for line in verbs):
            print("README speaks of ./dev %s, which there is not" % verb)
            failed += 1
    return failed


def main():
    text = read(os.path.join(ROOT, "README.md"))
    documents = ["README.md", "config-repo-sample/README.md", "bench/README.md", "tests/conformance/README.md"]
    for folder, _, files in os.walk(os.path.join(ROOT, "docs")):
        documents += [os.path.relpath(os.path.join(folder, name), ROOT) for name in fnmatch.filter(files, "*.md")]
    failed = sum(check_links(name) for name in documents) + check_verbs(text)

    with tempfile.TemporaryDirectory(prefix="strata-readme-") as folder:
        folder = os.path.realpath(folder)
        subprocess.run([os.path.join(ROOT, "dev"), "sample", os.path.join(folder, "build", "sample")], check=True)
        port = free_port()
        log_path = os.path.join(folder, "log.txt")
        with open(log_path, "wb") as log:
            server = subprocess.Popen(
                [os.environ["STRATAD"], "--git.uri=file://%s/build/sample" % folder, "--git.search-paths={application}",
                 "--server.port=%d" % port], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            if wait_until_up(server, port):
                failed += check_sessions(text, folder, port)
            else:
                print("the server did not start:\n" + read(log_path)[-2000:])
                failed += 1
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
                print("the server did not stop within 15 s")
                failed += 1
    print("%d commands, %d documents, %d problems" % (len(sessions(text)), len(documents), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
