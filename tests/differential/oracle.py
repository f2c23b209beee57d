# SPDX-License-Identifier: Apache-2.0
"""Slow, obvious versions of what the older reference does not do as it should: placeholders put in value
by value, and the nested form with a rule for clashes of kind. They work on the sources of an Environment
answer and say what the converted answer must be."""
import json
import re
from collections import OrderedDict


class Circular(Exception):
    pass


class Malformed(Exception):
    pass


def text_of(value):
    """how a value reads inside a string; value is a str, bool, or a Number (its literal)"""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


class Number(str):
    """a JSON number, kept as its literal: 1, 1.0 and 1E0 stay three things"""


def loads(text):
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number, object_pairs_hook=OrderedDict)


def close_of(text, start):
    """index of the } that closes the ${ at start, or -1; a { opens a level"""
    level, i = 0, start + 2
    while i < len(text):
        if text[i] == "{":
            level += 1
        elif text[i] == "}":
            if level == 0:
                return i
            level -= 1
        i += 1
    return -1


def resolve_in(text, look_up, seen):
    i = text.find("${")
    while i >= 0:
        end = close_of(text, i)
        if end < 0:
            i = text.find("${", i + 2)
            continue
        raw = text[i + 2:end]
        if raw in seen:
            raise Circular(raw)
        name = resolve_in(raw, look_up, seen | {raw})
        value = look_up(name.strip())
        if value is None and ":" in name:
            key, default = name.split(":", 1)
            value = look_up(key.strip())
            if value is None:
                value = default
        value = "${" + name + "}" if value is None else resolve_in(value, look_up, seen | {raw})
        text = text[:i] + value + text[end + 1:]
        i = text.find("${", i + len(value))
    return text


def resolve(value, sources):
    """the value with its placeholders put in; sources: strongest first"""
    if not isinstance(value, str) or isinstance(value, Number) or "${" not in value and "$_{" not in value:
        return value

    def look_up(key):
        for source in sources:
            if key in source:
                return mask(text_of(source[key]))
        return None

    def mask(text):
        return text.replace("\\\\${", "$_{").replace("\\${", "$_{")
    return resolve_in(mask(value), look_up, frozenset()).replace("$_{", "${")


def merge(sources):
    """sources: strongest first -> [(key, value, rank)]; a higher rank is a stronger source"""
    plain, groups = OrderedDict(), OrderedDict()
    for rank, source in enumerate(reversed(sources)):
        mine = OrderedDict()
        for key, value in source.items():
            if "[" in key:
                mine.setdefault(key[:key.index("[")], []).append((key, value, rank))
            else:
                plain[key] = (value, rank)
        for prefix, rows in mine.items():
            groups[prefix] = rows
    plain.pop("spring.profiles", None)
    return [(k, v, r) for k, (v, r) in plain.items()] + [row for rows in groups.values() for row in rows]


class Node:
    def __init__(self, kind, rank):
        self.kind, self.rank = kind, rank
        self.value = OrderedDict() if kind == "map" else [] if kind == "list" else None


def steps(key):
    out, text, i = [], "", 0
    while i < len(key):
        c = key[i]
        m = re.match(r"\[(\d+)\]", key[i:]) if c == "[" else None
        if m and int(m[1]) < 2 ** 31:
            if not text and (not out or key[i - 1] == "."):
                raise Malformed(key)
            if text:
                out.append(text)
            out.append(int(m[1]))
            text = ""
            i += m.end()
            if i < len(key) and key[i] == ".":
                i += 1
                if i == len(key):
                    out.append("")
            elif i < len(key) and not re.match(r"\[(\d+)\]", key[i:]):
                raise Malformed(key)
            continue
        if c == ".":
            if not text:
                raise Malformed(key)
            out.append(text)
            text = ""
            if i + 1 == len(key):
                out.append("")
        else:
            text += c
        i += 1
        if i == len(key) and text:
            out.append(text)
    return out or [""]


def put(root, key, value, rank):
    path, node = steps(key), root
    for n, step in enumerate(path):
        last = n == len(path) - 1
        want = "scalar" if last else "list" if isinstance(path[n + 1], int) else "map"
        if isinstance(step, int):
            while len(node.value) <= step:
                node.value.append(None)
            child = node.value[step]
        else:
            child = node.value.get(step)
            if node.kind == "map" and child is not None and child.kind == "scalar" and want == "map":
                path[n + 1] = step + "." + path[n + 1]
                continue
        if child is None or last and child.kind == "scalar" or last and child.kind == "map" and not isinstance(step, int):
            new = Node(want, rank)
        elif child.kind == want:
            child.rank = max(child.rank, rank)
            node = child
            if last:
                child.value = value
            continue
        elif rank < child.rank:  # a clash of kinds: the stronger source, then the later key
            return
        else:
            new = Node(want, rank)
        if last:
            new.value = value
        if isinstance(step, int):
            node.value[step] = new
        else:
            node.value[step] = new
        node = new


def plain(node):
    if node is None:
        return None
    if node.kind == "map":
        return OrderedDict((k, plain(v)) for k, v in node.value.items())
    if node.kind == "list":
        return [plain(v) for v in node.value]
    return node.value


def nested(sources, resolving):
    """-> the tree; raises Circular, Malformed"""
    rows = [(k, resolve(v, sources) if resolving else v, r) for k, v, r in merge(sources)]
    root = Node("map", 0)
    for key, value, rank in rows:
        put(root, key, value, rank)
    return plain(root)


DOT = "\u00d8"  # stands for a dot that is part of a name


def leaves(tree, prefix=""):
    """flat keys that make the tree again, in its order; dots within names read DOT"""
    if isinstance(tree, dict):
        for k, v in tree.items():
            k = k.replace(".", DOT)
            yield from leaves(v, prefix + "." + k if prefix else k)
    elif isinstance(tree, list):
        for i, v in enumerate(tree):
            if v is not None:
                yield from leaves(v, "%s[%d]" % (prefix, i))
    else:
        yield prefix, tree
