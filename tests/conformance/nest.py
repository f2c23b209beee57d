"""The slow, obvious oracle of the conversion to nested form: docs/http-api.md, merging and nesting, with its rule for clashes of kind."""
import json, re, sys

def merge(sources):
    """sources: strongest first → [(key, value, rank)] in the order of merging; a higher rank is a stronger source"""
    plain, groups = {}, {}
    for rank, src in enumerate(reversed(sources)):
        mine = {}
        for k, v in src.items():
            if "[" in k: mine.setdefault(k[:k.index("[")], []).append((k, v, rank))
            elif k in plain: plain[k] = (v, rank)
            else: plain[k] = (v, rank)
        groups.update(mine)
    plain.pop("spring.profiles", None)
    return [(k, v, r) for k, (v, r) in plain.items()] + [x for g in groups.values() for x in g]

class Bad(Exception): pass

class Node:
    """kind: scalar, map or list; rank of the source that made it"""
    def __init__(self, kind, rank): self.kind, self.rank, self.v = kind, rank, {} if kind == "map" else [] if kind == "list" else None

def steps(key):
    out, buf, i = [], "", 0
    while i < len(key):
        c = key[i]
        m = re.match(r"\[(\d{1,9})\]", key[i:]) if c == "[" else None
        if m:
            if buf or not out: out.append(buf)
            out.append(int(m[1])); buf = ""; i += m.end()
            if i < len(key) and key[i] == ".": i += 1
            elif i < len(key) and key[i] != "[": raise Bad(key)
            continue
        if c == ".":
            out.append(buf); buf = ""
        else: buf += c
        i += 1
        if i == len(key): out.append(buf)
    return out

def put(root, key, value, rank):
    path = steps(key); node = root
    for n, s in enumerate(path):
        last = n == len(path) - 1; want = "scalar" if last else "list" if isinstance(path[n + 1], int) else "map"
        if isinstance(s, int):
            while len(node.v) <= s: node.v.append(None)
            child = node.v[s]
        else:
            if node.kind == "map" and s in node.v and node.v[s].kind == "scalar" and want == "map":
                path[n + 1] = s + "." + path[n + 1]; continue          # scalar, then child: the dotted form
            child = node.v.get(s)
        if child is None or (last and child.kind == "scalar") or (last and child.kind == "map" and not isinstance(s, int)):
            new = Node(want, rank)
        elif child.kind == want:
            child.rank = max(child.rank, rank); node = child
            if last: child.v = value
            continue
        elif rank >= child.rank: new = Node(want, rank)                 # the clash: the stronger source, then the later key
        else: return
        if last: new.v = value
        if isinstance(s, int): node.v[s] = new
        else: node.v[s] = new
        node = new

def plain(n):
    if n is None: return None
    if n.kind == "map": return {k: plain(x) for k, x in n.v.items()}
    if n.kind == "list": return [plain(x) for x in n.v]
    return n.v

def nest(sources):
    root = Node("map", 0)
    for k, v, r in merge(sources): put(root, k, v, r)
    return plain(root)
