# SPDX-License-Identifier: Apache-2.0
"""Differences from the reference that are wanted. Each rule has a reason and a predicate over a Case; the
first that holds takes the difference out of the report (and counts it). A rule should not only know that
the reference is wrong, but check what is right.

A Case has: question, got and want (status, media type, text, bytes), sources (the reference's flat sources of
the same question, strongest first, or None), labelled (the reference's answer to the same question with the
label v1, which has no retry), right (what oracle.py says: see differential.py), files."""
import json
import re

import oracle


def converted(case):
    return case.question["form"] in ("yml", "yaml", "json")


def tree_is_right(case, status, text):
    try:
        tree = oracle.loads(text)
    except ValueError:
        return False
    if reads_xml(case):  # whose keys come in no order
        return status == 200 and json.dumps(tree, sort_keys=True) == json.dumps(case.tree, sort_keys=True)
    return status == 200 and tree == case.tree


def as_right(case):
    """the answer is what the oracle says: for .json by value and order, for .yml by the reference's text of the resolved twin"""
    kind, value = case.right
    if kind == "status":
        return case.got[0] == value
    if kind == "json":
        return tree_is_right(case, case.got[0], case.got[2])
    if case.got[0] != 200 or kind == "unknown":
        return False
    if kind == "text" and case.got[2] == value:
        return True
    # the text is not known to the byte (no twin, bytes that the sources give as base64, or an order that the
    # twin cannot make): its lines, where known, and the JSON form are looked at
    status, _, text, _ = case.ask_subject("json")
    loose = kind == "tree" or "!!binary" in case.got[2]
    return (loose or (kind == "lines" or reads_xml(case)) and lines_of(case.got[2]) == lines_of(value)) and tree_is_right(case, status, text)


def lines_of(text):
    return sorted(text.split("\n"))


def reads_xml(case):
    """a .xml file is a Java hash table to the reference: its keys come in no order"""
    return any(p.endswith(".xml") and p.rsplit("/", 1)[-1].startswith(tuple(case.question["app"].split(","))) for p in case.files)


def hash_order(case):
    return case.got[0] == case.want[0] == 200 and case.question["form"] in ("yml", "yaml", "properties") and lines_of(case.got[2]) == lines_of(case.want[2]) and reads_xml(case)


def holds_placeholder(case):
    return case.sources is not None and any(isinstance(v, str) and ("${" in v or "$_{" in v) or "${" in k for s in case.sources for k, v in s.items())


def placeholders_by_value(case):
    return converted(case) and case.question.get("resolve") and holds_placeholder(case) and as_right(case)


def clash_of_kinds(case):
    return converted(case) and case.want[0] == 500 and as_right(case)


def child_of_a_scalar(case):
    keys = {k for s in case.sources or () for k in s}
    return converted(case) and case.want[0] == 200 and any(k[:i] in keys for k in keys for i in range(len(k)) if k[i] == ".") and as_right(case)


def refused_profile(case):
    return case.got[0] == 400 and case.want[0] in (404, 500) and any(re.fullmatch(r"[^\W_]([\w.+@-]*[^\W_])?", p) is None for p in case.question["profiles"].split(","))


def error_of_binary(case):
    return case.question["form"] == "file" and case.question["headers"].get("Accept") == "application/octet-stream" and case.got[0] == case.want[0] >= 500 and not case.want[2]


def java_date(case):
    if case.question["form"] != "properties" or case.got[0] != 200:
        return False
    pattern = re.sub(r"(?m): (?:\w{3} ){2}\d\d \d\d:\d\d:\d\d UTC \d{4}$", ": <date>", case.want[2])
    return "<date>" in pattern and re.sub(r"(?m): \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", ": <date>", case.got[2]) == pattern


def malformed_key(case):
    return converted(case) and case.want[0] == 500 and case.right == ("status", 400) and case.got[0] == 400


def retry_on_master(case):
    return case.question["label"] in (None, "main") and case.want[0] == 404 and case.labelled() is not None and case.labelled()[0] in (400, 500) and case.got[0] == case.labelled()[0]


def open_brace(case):
    return case.question["form"] == "properties" and case.question.get("resolve") and case.sources is not None and any(
        isinstance(v, str) and oracle.close_of(v, v.rfind("${")) < 0 for s in case.sources for v in s.values() if isinstance(v, str) and "${" in v)


def java_bytes(case):
    if case.question["form"] != "properties" or "[B@" not in case.want[2] or case.got[0] != 200:
        return False
    pattern = "(?s)" + re.sub(r"\\\[B@[0-9a-f]+", "[A-Za-z0-9+/=]*", re.escape(case.want[2]))
    return re.fullmatch(pattern, case.got[2]) is not None


RULES = [
    ("placeholders are put in value by value", "the older reference resolves the dumped text: multi-line values, numbers and quotes break", placeholders_by_value),
    ("clash of kinds", "the reference fails when a list meets a scalar or a map; the stronger source stays", clash_of_kinds),
    ("malformed key", "newer lines of the reference refuse a malformed key with 400, the older one fails with 500", malformed_key),
    ("child of a scalar", "a.b.c below a scalar a or a.b keeps its whole dotted rest; the reference moves it to another place", child_of_a_scalar),
    ("refused profile", "newer lines of the reference refuse a profile outside the grammar with 400", refused_profile),
    ("error of a binary file", "an error says what is wrong even to who asked for bytes", error_of_binary),
    ("dates in .properties", "a timestamp is written as in the other formats, not as Java prints a date", java_date),
    ("retry on master", "a file that does not parse is no reason to say that the label master does not exist", retry_on_master),
    ("order of .xml", "either will do", hash_order),
    ("bytes in .properties", "the reference prints the identity of a Java array; base64 says what it holds", java_bytes),
    ("open brace", "an unclosed ${ of one value must not be closed by the next line", open_brace),
]


def rule_for(case):
    for name, reason, predicate in RULES:
        if predicate(case):
            return name, reason
    return None
