#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lines run by the tests, by file, from what gcov says about a build folder.

usage: coverage.py BUILD_FOLDER
"""
import collections
import json
import os
import subprocess
import sys


def data_files(build):
    for folder, _, files in os.walk(build):
        for name in files:
            # the product's objects only: a test's own lines say nothing
            if name.endswith(".gcda") and os.sep + "tests" + os.sep not in folder:
                yield os.path.join(folder, name)


def main():
    build = os.path.abspath(sys.argv[1])
    root = os.getcwd()
    counts = collections.defaultdict(dict)  # path → line → times run
    for path in data_files(build):
        said = subprocess.run(["gcov", "--json-format", "--stdout", path], capture_output=True, check=True)
        for record in said.stdout.splitlines():
            for source in json.loads(record)["files"]:
                name = os.path.relpath(os.path.join(root, source["file"]), root)
                if not name.startswith(("core/", "server/", "client/")):
                    continue
                lines = counts[name]
                for line in source["lines"]:
                    number = line["line_number"]
                    lines[number] = lines.get(number, 0) + line["count"]
    total = run = 0
    for name in sorted(counts):
        mine = sum(1 for count in counts[name].values() if count)
        total += len(counts[name])
        run += mine
        print("%5.1f %%  %5d of %5d  %s" % (100 * mine / max(1, len(counts[name])), mine, len(counts[name]), name))
    print("%5.1f %%  %5d of %5d  in all" % (100 * run / max(1, total), run, total))
    return 0 if total else 1


if __name__ == "__main__":
    sys.exit(main())
