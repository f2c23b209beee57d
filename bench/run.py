#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures a server over a repository of 250 applications (1,004 files), beside nginx with the same bytes.

usage: run.py --server PATH [--rounds N] [--seconds N] [--applications N] [--output FILE]

See README.md in this folder for what each figure is. Everything stays on the loopback interface and under one
temporary folder, which goes at the end.
"""
import argparse
import datetime
import http.client
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path, timeout=5):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def family(pid):
    """The process and everything below it."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        try:
            for thread in os.listdir("/proc/%d/task" % one):
                with open("/proc/%d/task/%s/children" % (one, thread), encoding="ascii") as stream:
                    todo += [int(child) for child in stream.read().split()]
        except OSError:
            continue
        found.append(one)
    return found


def cpu_seconds(pid):
    total = 0
    for one in family(pid):
        try:
            with open("/proc/%d/stat" % one, encoding="utf-8") as stream:
                fields = stream.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


FIGURES = (("resident", ("Rss",)), ("its own", ("Private_Dirty",)), ("private", ("Private_Dirty", "Private_Clean")))


def memory_mib(pid):
    """the three figures of README.md, of the process and everything below it"""
    sums = dict.fromkeys((name for name, _ in FIGURES), 0)
    for one in family(pid):
        with open("/proc/%d/smaps_rollup" % one, encoding="ascii") as stream:
            for line in stream:
                name, _, rest = line.partition(":")
                for figure, parts in FIGURES:
                    if name in parts:
                        sums[figure] += int(rest.split()[0]) / 1024
    return sums


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Server:
    """A stratad on a free port; `first_ms` is the time from its start to its first good answer."""

    def __init__(self, program, repository, root):
        self.port = free_port()
        self.log = open(os.path.join(root, "stratad.log"), "ab")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [program, "--server.port=%d" % self.port, "--server.address=127.0.0.1", "--git.uri=file://" + repository],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while True:
            try:
                status, body = get(self.port, "/app-00000/prod")
                if status == 200 and b"app-00000-prod.yml" in body:
                    break
            except (OSError, http.client.HTTPException):
                pass
            if self.process.poll() is not None or time.monotonic() - began > 30:
                self.close()
                sys.exit("the server did not answer; see its log:\n" + open(self.log.name, encoding="utf-8").read()[-2000:])
            time.sleep(0.0005)
        self.first_ms = (time.monotonic() - began) * 1000

    def close(self):
        stop(self.process)
        self.log.close()


def start_nginx(root, workers):
    port = free_port()
    with open(os.path.join(HERE, "nginx.conf.in"), encoding="utf-8") as stream:
        text = stream.read().replace("@ROOT@", root).replace("@PORT@", str(port)).replace("@WORKERS@", str(workers))
    if os.getuid() == 0:
        text = "user root;\n" + text  # the temporary folder belongs to root
    path = os.path.join(root, "nginx.conf")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    process = subprocess.Popen(
        ["nginx", "-e", os.path.join(root, "nginx-error.log"), "-c", path, "-g", "daemon off;"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up and process.poll() is None:
        try:
            if get(port, "/app-00000/prod")[0] == 200:
                return process, port
        except OSError:
            time.sleep(0.02)
    stop(process)
    sys.exit("nginx did not answer")


def load(port, pid, seconds, connections, applications):
    """One run of wrk: requests a second, 99th percentile in ms, CPU of the server in µs a request, errors."""
    before = cpu_seconds(pid)
    run = subprocess.run(
        ["wrk", "--latency", "-t1", "-c%d" % connections, "-d%ds" % seconds, "-s", os.path.join(HERE, "urls.lua"),
         "http://127.0.0.1:%d" % port, "--", str(applications)],
        capture_output=True, text=True, check=True, timeout=seconds + 60)
    spent = cpu_seconds(pid) - before
    requests = int(re.search(r"(\d+) requests in", run.stdout)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)[1])
    tail, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", run.stdout).groups()
    late = float(tail) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", run.stdout)
    errors = int(wrong[1]) if wrong else 0
    errors += sum(int(one) for one in sockets.groups()) if sockets else 0
    return {"rate": rate, "late": late, "cpu": spent * 1e6 / max(1, requests), "errors": errors}


def save_answers(port, root, applications):
    """What the server answers becomes nginx's files."""
    total = 0
    for number in range(applications):
        status, body = get(port, "/app-%05d/prod" % number)
        if status != 200:
            sys.exit("app-%05d: status %d" % (number, status))
        folder = os.path.join(root, "www", "app-%05d" % number)
        os.makedirs(folder)
        with open(os.path.join(folder, "prod"), "wb") as stream:
            stream.write(body)
        total += len(body)
    return total // applications


def first_line(command):
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return (run.stdout + run.stderr).strip().splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return "%s, %d cores, Linux %s" % (model, os.cpu_count(), platform.release())


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--server", required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--applications", type=int, default=250)
    options.add_argument("--output", default=os.path.join(HERE, "results.md"))
    chosen = options.parse_args()
    program = os.path.abspath(chosen.server)
    root = os.path.realpath(tempfile.mkdtemp(prefix="strata-bench-"))
    nginx = server = None
    try:
        repository = os.path.join(root, "repository.git")
        subprocess.run([sys.executable, os.path.join(HERE, "gen-repo.py"), repository, str(chosen.applications)],
                       check=True)
        starts = []
        for _ in range(9):
            server = Server(program, repository, root)
            starts.append(server.first_ms)
            server.close()

        server = Server(program, repository, root)
        time.sleep(1)
        memory_first = memory_mib(server.process.pid)
        body_bytes = save_answers(server.port, root, chosen.applications)
        workers = os.cpu_count() or 1
        nginx, nginx_port = start_nginx(root, workers)
        seats = {"stratad": (server.port, server.process.pid), "nginx": (nginx_port, nginx.pid)}
        rounds = []
        for number in range(chosen.rounds + 1):
            one = {}
            # who goes first changes, so that neither has the warmer machine each time
            for name in sorted(seats, reverse=bool(number % 2)):
                port, pid = seats[name]
                one[name] = load(port, pid, chosen.seconds, chosen.connections, chosen.applications)
            if number:  # the first round only warms up
                rounds.append(one)
                print("round %d: " % number + ", ".join(
                    "%s %.0f/s %.1f µs" % (name, one[name]["rate"], one[name]["cpu"]) for name in sorted(one)), flush=True)
        memory_load = memory_mib(server.process.pid)
        memory_nginx = memory_mib(nginx.pid)
    finally:
        if server:
            server.close()
        if nginx:
            stop(nginx)
        shutil.rmtree(root, ignore_errors=True)

    def middle(name, figure):
        return statistics.median(one[name][figure] for one in rounds)

    ratio = statistics.median(one["stratad"]["rate"] / one["nginx"]["rate"] for one in rounds)
    ratio_cpu = statistics.median(one["stratad"]["cpu"] / one["nginx"]["cpu"] for one in rounds)
    errors = sum(one[name]["errors"] for one in rounds for name in one)
    lines = [
        "# Results",
        "",
        "%s. %s." % (datetime.date.today().isoformat(), machine()),
        "%s; %s; `./dev bench` (%d rounds of %d s, %d connections, %d applications, answers of %d bytes on average)." % (
            first_line([program, "--version"]), first_line(["nginx", "-v"]), chosen.rounds, chosen.seconds,
            chosen.connections, chosen.applications, body_bytes),
        "",
        "| figure | stratad | nginx, the same bytes as files |",
        "|---|---:|---:|",
        "| start to first answer, median of %d | %.1f ms | |" % (len(starts), statistics.median(starts)),
        "| start to first answer, slowest | %.1f ms | |" % max(starts),
        "| requests a second, median | %.0f | %.0f |" % (middle("stratad", "rate"), middle("nginx", "rate")),
        "| 99th percentile | %.2f ms | %.2f ms |" % (middle("stratad", "late"), middle("nginx", "late")),
        "| CPU a request | %.1f µs | %.1f µs |" % (middle("stratad", "cpu"), middle("nginx", "cpu")),
        *("| memory after the first answer, %s | %.1f MiB | |" % (name, memory_first[name]) for name, _ in FIGURES),
        *("| memory after the load, %s | %.1f MiB | %.1f MiB |" % (name, memory_load[name], memory_nginx[name]) for name, _ in FIGURES),
        "",
        "In the same round stratad answers %.2f times as many requests a second as nginx and takes %.2f times its CPU a" % (
            ratio, ratio_cpu),
        "request (medians of the rounds' ratios). Answers that were not 200, and broken connections: %d." % errors,
        "",
    ]
    with open(chosen.output, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines))
    print("\n".join(lines))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
