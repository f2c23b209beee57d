#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads every #include and holds it against the floors of docs/architecture.md.

usage: floors.py [ROOT]

A file may include its own room and rooms on lower floors. Rooms of one floor do not see each other, client
and server never do. A third-party header is allowed in the .c files named below and in no header. A test
sees the room that it tests, what lies below that, headers beside it and tests/support. No .c is ever included.
"""
import fnmatch
import os
import re
import sys

FLOORS = {
    "core/base": 0,
    "core/model": 1,
    "core/parse": 2,
    "core/flatten": 2,
    "core/merge": 2,
    "core/render": 2,
    "server/git": 3,
    "server/crypto": 3,
    "server/snapshot": 4,
    "server/service": 5,
    "server/http": 6,
    "server/app": 7,
    "server": 8,
    "client/include/strata": 3,
    "client/lib": 4,
    "client/cli": 5,
}
SHARED = {"core/model/limits.h"}  # plain numbers that every floor may read

THIRD_PARTY = {
    "xxhash.h": ["core/base/hash128.c"],
    "yaml.h": ["core/parse/parse_yaml.c"],
    "jansson.h": ["core/parse/parse_json.c"],
    "expat.h": ["core/parse/parse_xml.c"],
    "git2.h": ["server/git/*.c"],
    "git2/*": ["server/git/*.c"],
    "openssl/*": ["server/crypto/*.c", "server/git/*.c"],
    "zlib.h": ["server/service/*.c", "server/git/loose.c"],
    "microhttpd.h": ["server/http/*.c"],
    "curl/*": ["client/lib/transport_curl.c"],
    "cmocka.h": ["tests/*.c", "tests/*.h"],
}

# What C11, POSIX and Linux bring along. Anything else in angle brackets must stand in the table above.
SYSTEM = set("""
assert ctype errno fcntl float inttypes iso646 limits locale math poll pthread pwd setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings syslog termios time unistd
wchar wctype dirent fnmatch ftw getopt glob grp iconv langinfo libgen malloc netdb regex sched semaphore
spawn utime
""".split())
SYSTEM_FOLDERS = ("sys/", "arpa/", "net/", "netinet/", "linux/")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>|(\S+))', re.M)


def room_of(path):
    """The longest room that holds the file, or None."""
    folder = os.path.dirname(path)
    while folder:
        if folder in FLOORS:
            return folder
        folder = os.path.dirname(folder)
    return None


def viewpoint(path):
    """(room, whether it is a test): a test stands in the room that it tests; other tests see everything."""
    if path.startswith("tests/unit/"):
        return room_of(path[len("tests/unit/"):]), True
    if path.startswith("tests/"):
        return None, True
    return room_of(path), False


def third_party(path, header):
    for pattern, allowed in THIRD_PARTY.items():
        if fnmatch.fnmatch(header, pattern):
            if any(fnmatch.fnmatch(path, one) for one in allowed):
                return None
            return "%s belongs to %s" % (header, ", ".join(allowed))
    if header.startswith(SYSTEM_FOLDERS) or (header.endswith(".h") and header[:-2] in SYSTEM):
        return None
    return "%s is neither a system header nor in the table of floors.py" % header


def sees(room, target_path):
    """Why `room` may not include this file of ours, or None."""
    if target_path in SHARED:
        return None
    target = room_of(target_path)
    if target is None:
        return "it lies in no room"
    if target == room:
        return None
    sides = {room.split("/")[0], target.split("/")[0]}
    if sides == {"client", "server"}:
        return "client and server do not see each other"
    if FLOORS[target] > FLOORS[room]:
        return "%s lies above %s" % (target, room)
    if FLOORS[target] == FLOORS[room]:
        return "%s and %s are siblings" % (target, room)
    return None


def test_header(path, ours):
    """A test may share a header with the tests beside it, or with all of them."""
    if ours.startswith("tests/support/") or os.path.dirname(ours) == os.path.dirname(path):
        return None
    return "it lies neither in tests/support nor beside the test"


def problems(path, text):
    """Every broken rule of one file as (line, what)."""
    room, is_test = viewpoint(path)
    found = []
    if room is None and not is_test:
        found.append((1, "the file lies in no room"))
        return found
    for match in INCLUDE.finditer(text):
        ours, theirs, other = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        why = None
        if other:
            why = "an include made by a macro cannot be checked"
        elif theirs:
            why = third_party(path, theirs)
        elif ours.endswith(".c"):
            why = "a .c is never included"
        elif ours.startswith("tests/"):
            why = test_header(path, ours) if is_test else "the product does not see the tests"
        elif "/" not in ours:
            why = "includes are spelled from the root"
        elif room is None:
            why = None if room_of(ours) else "it lies in no room"
        else:
            why = sees(room, ours)
        if why:
            found.append((line, "includes %s: %s" % (ours or theirs or other, why)))
    return found


def sources(root):
    for top in ("core", "server", "client", "tests"):
        for folder, names, files in os.walk(os.path.join(root, top)):
            names.sort()
            for name in sorted(files):
                if name.endswith((".c", ".h", ".def")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    count = failed = 0
    for path in sources(root):
        count += 1
        with open(os.path.join(root, path), encoding="utf-8") as stream:
            text = stream.read()
        for line, what in problems(path, text):
            print("%s:%d: %s" % (path, line, what))
            failed += 1
    print("floors: %d files, %d broken rules" % (count, failed))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
