#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles every header alone, as strict C11; the client's public ones as C++17 too. Guards follow the path.

usage: headers.py [--compiler=CC] [--cxx=CXX]
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

C_FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-pedantic-errors", "-Werror"]
CXX_FLAGS = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def headers():
    for top in ("core", "server", "client", "tests/support"):
        for folder, names, files in os.walk(top):
            names.sort()
            for name in sorted(files):
                if name.endswith(".h"):
                    yield os.path.join(folder, name)


def compile_alone(command, language, path):
    # Two times: a header without a working guard does not survive the second.
    program = '#include "%s"\n#include "%s"\n' % (path, path)
    run = subprocess.run(
        command + ["-D_POSIX_C_SOURCE=200809L", '-DTEST_DIR="."', "-I.", "-fsyntax-only", "-x", language, "-"],
        input=program, capture_output=True, text=True, check=False)
    return run.stderr if run.returncode else ""


def guard_of(path):
    return re.sub(r"[^A-Z0-9]", "_", path.removeprefix("client/include/").upper())


def check(path, compiler, cxx):
    found = []
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    if "#ifndef %s\n#define %s\n" % (guard_of(path), guard_of(path)) not in text:
        found.append("%s: its guard is not %s" % (path, guard_of(path)))
    said = compile_alone([compiler] + C_FLAGS, "c", path)
    if said:
        found.append(said)
    if path.startswith("client/include/"):
        if not cxx:
            found.append("%s: no C++ compiler to check it with" % path)
        else:
            said = compile_alone([cxx] + CXX_FLAGS, "c++", path)
            if said:
                found.append(said)
    return found


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--compiler", default="cc")
    options.add_argument("--cxx", default=shutil.which("c++") or shutil.which("clang++"))
    chosen = options.parse_args()
    paths = list(headers())
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda path: check(path, chosen.compiler, chosen.cxx), paths):
            for what in found:
                print(what)
                failed += 1
    print("headers: %d compiled alone, %d problems" % (len(paths), failed))
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
