# SPDX-License-Identifier: Apache-2.0
"""Says whether two answers to one question differ, and in what words the cause is grouped."""
import difflib
import re

import oracle


def scrub(value):
    """what counts of a JSON value: kinds of scalars stay apart, "timestamp" and "message" do not count"""
    if isinstance(value, dict):
        return {k: scrub(v) for k, v in value.items() if k not in ("timestamp", "message")}
    if isinstance(value, list):
        return [scrub(v) for v in value]
    if isinstance(value, oracle.Number):
        return ("number", str(value))
    return value


def shape(text):
    """a value with its accidents taken away"""
    text = re.sub(r"[0-9a-f]{40}", "<commit>", text)
    text = re.sub(r"\d+", "0", text)
    text = re.sub(r"[A-Za-z\u00c0-\uffff]{3,}", "w", text)
    return text[:50]


def first_difference(got, want, at=""):
    """-> (where, got, want) of the first place where two JSON values part"""
    if isinstance(got, dict) and isinstance(want, dict):
        for k in want:
            if k not in got:
                return at + "." + k, "<absent>", want[k]
            if got[k] != want[k]:
                return first_difference(got[k], want[k], at + "." + k)
        for k in got:
            if k not in want:
                return at + "." + k, got[k], "<absent>"
    if isinstance(got, list) and isinstance(want, list):
        for i, (x, y) in enumerate(zip(got, want)):
            if x != y:
                return first_difference(x, y, at + "[]")
        return at, "%d elements" % len(got), "%d elements" % len(want)
    return at, got, want


def kind_of(value):
    if isinstance(value, tuple):
        return "number " + shape(value[1])
    if isinstance(value, (dict, list)):
        return type(value).__name__
    return "%s %s" % (type(value).__name__, shape(str(value)))


def difference(question, got, want):
    """-> None, or (signature, explanation)"""
    family = {"env": "env", "env2": "env2", "yml": "yaml", "yaml": "yaml"}.get(question["form"], question["form"])
    g_status, g_kind, g_text, g_raw = got
    w_status, w_kind, w_text, w_raw = want
    if g_status != w_status:
        return "%s: status %s instead of %s" % (family, g_status, w_status), "status %s, want %s\n      got  %s\n      want %s" % (g_status, w_status, g_text[:400], w_text[:400])
    if w_status < 300 and g_kind != w_kind:
        return "%s: Content-Type %s instead of %s" % (family, g_kind, w_kind), "Content-Type"
    if w_status >= 400:
        if bool(g_text) != bool(w_text):
            return "%s: body of %s %s" % (family, w_status, "missing" if w_text else "where there is none"), "got %r, want %r" % (g_text[:200], w_text[:200])
        if not w_text or w_kind != "application/json":
            return None
        try:
            g, w = scrub(oracle.loads(g_text)), scrub(oracle.loads(w_text))
        except ValueError:
            return "%s: error body is not JSON" % family, "got %r" % g_text[:200]
        wrong = {k: v for k, v in w.items() if g.get(k) != v}
        return ("%s: error body's %s" % (family, ",".join(sorted(wrong))), "got %s\n      want %s" % (g_text, w_text)) if wrong else None
    if g_raw == w_raw:
        return None
    if question["form"] in ("env", "env2", "json"):
        try:
            g = scrub(oracle.loads(g_text))
        except ValueError:
            return "%s: not JSON" % family, "got %r" % g_text[:300]
        try:
            w = scrub(oracle.loads(w_text))
        except ValueError:
            return "%s: the reference's is not JSON" % family, "got %s\n      want %s" % (g_text[:600], w_text[:600])
        if g == w:
            return None
        where, x, y = first_difference(g, w)
        place = re.sub(r"source\..*", "source.KEY", where) if family != "json" else ""
        return "%s: %s %s instead of %s" % (family, place, kind_of(x), kind_of(y)), "at %s\n      got  %s\n      want %s" % (where, str(x)[:600], str(y)[:600])
    if g_text == w_text:
        return None
    g_lines, w_lines = g_text.split("\n"), w_text.split("\n")
    n = next((i for i, (x, y) in enumerate(zip(g_lines, w_lines)) if x != y), min(len(g_lines), len(w_lines)))
    x, y = "\n".join(g_lines[n:n + 1]), "\n".join(w_lines[n:n + 1])
    delta = list(difflib.unified_diff(w_lines, g_lines, "want", "got", lineterm="", n=1))[2:40]
    value = lambda s: shape(re.sub(r"^[\s-]*[^:]*: ?", "", s))
    order = sorted(g_lines) == sorted(w_lines)
    return "%s: %s" % (family, "order of lines" if order else "%r instead of %r" % (value(x), value(y))), "line %d\n      " % (n + 1) + "\n      ".join(repr(d)[1:-1] for d in delta)
