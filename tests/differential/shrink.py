# SPDX-License-Identifier: Apache-2.0
"""Makes a repository smaller while a difference remains: whole files first, then their lines. Many
candidates are tried at once, each on a branch of its own, since a new branch costs a wait."""
import itertools
import time

import compare
import generate

_serial = itertools.count()


def tries(question, signature, servers, candidates):
    """-> for each candidate (a dict of files) whether the same difference is there"""
    trees = {"shrink%d" % next(_serial): files for files in candidates}
    for s in servers:
        s.add_branches(trees)
    out = []
    for branch in trees:
        q = dict(question, label=branch)
        q["path"] = generate.path_of(q)
        d = compare.difference(q, *(s.ask(q["path"], q["headers"]) for s in servers))
        out.append(d is not None and d[0] == signature)
    return out


def smaller(units, build, test, end):
    """delta debugging over a list of units; test takes many candidates"""
    n = 2
    while len(units) >= 2 and time.monotonic() < end:
        size = -(-len(units) // n)
        chunks = [units[i:i + size] for i in range(0, len(units), size)]
        others = [[u for j, c in enumerate(chunks) if j != i for u in c] for i in range(len(chunks))]
        candidates = (chunks if n > 1 else []) + (others if len(chunks) > 2 else [])
        good = next((c for c, ok in zip(candidates, test([build(c) for c in candidates])) if ok), None)
        if good is not None:
            n = 2 if good in chunks else max(n - 1, 2)
            units = good
        elif n >= len(units):
            break
        else:
            n = min(n * 2, len(units))
    return units


def shrink(question, signature, servers, files, seconds=60):
    """-> the smaller files, or None when the difference does not show on another label"""
    end = time.monotonic() + seconds
    test = lambda candidates: tries(question, signature, servers, candidates)
    names = [n for a in question["app"].split(",") for n in (a, "application")]
    near = {p: b for p, b in files.items() if any(p.rsplit("/", 1)[-1].startswith((n + ".", n + "-")) for n in names) or p.startswith("imp/") or p == question.get("file")}
    if not near or not test([near])[0]:
        if not test([files])[0]:
            return None
        near = files
    paths = smaller(sorted(near), lambda c: {p: near[p] for p in c}, test, end)
    files = {p: near[p] for p in paths}
    for path in sorted(files, key=lambda p: -len(files[p])):
        lines = files[path].splitlines(keepends=True)
        files[path] = b"".join(smaller(lines, lambda c: dict(files, **{path: b"".join(c)}), test, end))
    return files
