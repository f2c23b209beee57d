# SPDX-License-Identifier: Apache-2.0
"""Random configuration repositories and questions about them; the same seed gives the same ones.

A repository is a dict path -> bytes. Many independent applications live in it (a00, a01, ...), each of
a theme that stresses one part of the way from files to answers; application.* is shared by all and
kept tame, so that one application's trouble stays its own.
"""
import json
import random
from urllib.parse import quote

PROFILES = ["dev", "prod", "mysql", "qa1", "eu", "default"]
WORDS = ["name", "port", "url", "host", "level", "pool", "retry", "size", "mode", "user", "item", "zone"]

PLAIN_SCALARS = """
0 1 42 -7 +5 1_000 2147483647 2147483648 -2147483648 -2147483649 9223372036854775807 9223372036854775808
-9223372036854775808 -9223372036854775809 123456789012345678901234567890 0755 0644 010 00 007 0_7 089 08 09
0o17 0xFF 0xff 0x_F -0x1F 0x 0b101 0b2 0B1 0b_1 0X1F 1:30 12:30 12:30:45 08:30 8:30 1:60 -1:30 190:20:30 1:30.5 20:30.15
1.2.3 10.0.0.1 1.5 1e3 1E3 1e+3 1e-3 1.0e+3 .5 5. 1.10 -0.0 0.0 -0 +0 0. -.5 +.5 1E400 1e-400 123456789.123456789 0.0001 0.001
0.00099 1.0e7 9999999.9 10000000.0 12345678.9 1e21 1e22 4.9e-324 1.7976931348623157e308 2e-3 0.1 0.30000000000000004
100 1e2 100.0 1e16 1234567890123456.7 5e-5 3.0e-44 2.2250738585072014E-308 1_0.5 1_000.5_0 1e 1e+ e3 .e3 . .. ...x
.inf -.inf +.inf .Inf .INF .iNF .nan .NaN .NAN inf nan
true false True False TRUE FALSE tRUE yes no Yes No YES NO yEs on off On Off ON OFF y n Y N t f
null Null NULL nULL ~ = << - -- -1- - ? ?x :x x:y -x none None nil void
2024-01-02 2024-1-2 2024-01-02T03:04:05Z 2024-01-02 03:04:05 24-01-02 2024-13-45 12:30pm
http://h:80/p?q=1#f a,b 1,000 a b /path C:\\x a|b a>b a%b a&b a*b a!b a@b a`b a'b a"b {} []
v1.0 1.0.0-SNAPSHOT 0.5.1.RELEASE 5s 10m 10MB PT5S 50% $x #x $ {x x} $_{ a=b ==x 1- +1x 0x1g 0b12
_1 1_ 1__0 0_ 0_8 0x1_f +0x1f -0755 -0b11 +.INF 1_000_000 1_000.000 0.1e1_0 6.8523015e+5 685.230_15e+03 685_230.15
""".split()

STRINGS = [
    "", " ", "  ", " lead", "trail ", " both ", "a b", "a  b", "a: b", "a:b", "a #b", "a#b", "it's", 'say "hi"', "tab\there", "\t", "\tlead", "trail\t",
    "a\r\nb", "a\rb", "a\nb", "a\nb\n", "a\nb\n\n", "\na", "\n", "\n\n", "\n a", " \na", "a \nb", "a\n b", "a\n\nb", "a\n\n\nb\n", "  a\nb", "a\n  b\n c\n", "a\nb ", "#a\nb", "- a\n- b",
    "a\tb\nc", "a\u0085b", "a\u2028b", "a\u2029b\n", "\u00e9t\u00e9", "\u65e5\u672c\u8a9e", "\U0001f600", "a\U0001f600b \U0001f680", "\ufeffx", "x\ufeff", "\u200b", "\u00a0", "\u00a0x", "\u00ad",
    "\x01", "a\x00b", "\x1b[0m", "\x7f", "a\x7f", "\x80", "\x9f", "\ue000", "\ufffd", "\ufffe", "\uffff", "\ud7ff", "\u2029",
    "---", "--- a", "---a", "...", "... a", "-", "- a", "-a", "?", "? a", "?a", ":", ": a", ":a", "a:", "a::", "a: ", "a -", "a ?", "a, b", "[a]", "[", "]", "{a}", "{", "}", "a[0]", "a{b}",
    "#", "#a", "&a", "*a", "!a", "|", "|a", ">", ">a", "'", "'a", "'a'", '"', '"a"', '"a', "%a", "@a", "`a", "a%", "a@", "\\", "a\\", "\\n", "a\\nb", "C:\\dir\\new",
    "=", "<<", "~", "null", "true", "yes", "off", "y", "N", "12", "1.5", "1e3", "0x1F", "0b1", "089", "0_8", "08", "0", "00", "12:30", "1:2:3", "2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05.5 +01:00",
    "2024-1-2", "1_000", "+1", "-0", ".5", "5.", ".", "..", ".inf", "-.INF", ".nan", "1,000", "1.", "1e", "e1", "0.", "0o17", "1:60", "a'b\"c", "it's: \"x\"",
    "word " * 15, "word " * 30, "x" * 100, "x" * 79 + " y", "x" * 80 + " y z", "x" * 81 + "  y z", ("ab  cd " * 20), "long: " + "text # with specials " * 8, "'" + "quote ' here " * 10,
    "tab\t" + "and words " * 15, "é" * 50 + " " + "ü" * 50, "\U0001f600 " * 40, ("w " * 60).strip(), ("w " * 60) + "\nsecond line " + "z " * 50, " " + "lead and long " * 8, ("trail and long " * 8), "a" * 1030, ("0123456789 " * 20).strip(),
    "12345678901234567890 " * 5 + ": x", "k: v\nk2: v2", "{\"json\": [1, 2, {\"a\": null}]}", "<xml a='b'>t &amp; u</xml>", "SELECT *\n  FROM t\n WHERE a = 'b';\n", "-----BEGIN X-----\nabc==\n-----END X-----\n",
    "a\\tb", "a/b", "</script>", "\u0000", "caf\u00e9: na\u00efve", "{notcipher}abc", "$", "$$", "$x", "100%", "a=b", "a = b", "!x y", "key[0]", "*", "**/*.yml", "&amp;", "\u2014 dash", "\u00ab\u00bb", "\u202e", "\u061c",
]

ODD_KEYS = ["a.b", "a.b.c", "[x]", "[x.y]", "k[0]", "k[1]", "k[2]", "k[0].z", "k[a]", "m[/api/**]", "1", "2", "0", "true", "1.5", "on", "'1'", "\"yes\"", '""', '" sp "', "with space", "sl/ash", "uni-\u00e9", '"\U0001f600"',
            "a..b", ".lead", "trail.", "x[", "x]", "x[0", "x[-1]", "x[3]", "x[01]", "'#h'", "'- d'", "'a: b'", "\"t\\tb\"", "\"n\\nl\"", "k-e-b", "camelCase", "UPPER_CASE", "under_score", "$dollar", "~t", "=", "-x", "?x", ":x", "0755", "2024-01-02", "0x1F", "1e3", "'12:30'", "\"\\x01\"", "'''q'", "a\\b",
            "spring.profiles", "document", "k" * 130]
# The older reference fails with 500 on these, and on !!omap, in a map that a list holds.
NOT_IN_LISTS = {"[x]", "[x.y]", "1", "2", "0", "true", "1.5", "on", "0755", "0x1F", "1e3", "!!omap"}

PLACEHOLDERS = ["${%s}", "${%s}", "${%s}", "pre ${%s} post", "${%s}${%s}", "${nope%s}", "${nope%s:def}", "${nope%s:}", "${nope:a:%s}", "${nope:http://h:80/%s}", "${nope:${%s}}", "${nope:${nope2:${%s}}}", "${${kx}}", "${${%s}}", "${%s:dflt}",
                "${ %s }", "${%s :y}", "${ nope : z%s }", "\\${%s}", "\\\\${%s}", "$${%s}", "${}", "$%s", "#{%s}", "{%s}", "${nope:\\${%s}}", "${nope:{%s}}", "${%s}}", "{${%s}}", "${nope:${%s:x}y}", "${em}", "${em:x}", "${num}", "${bool}", "${flt}", "${list[0]}", "${list}",
                "a${num}b${x}", "${kx}", "${a${num}}", "$_{%s}", "${%s\\:x}", "'${%s}'", "\"${%s}\"", "${x}: ${num}", "# ${%s}", "${%s} ", " ${%s}", "${deep.er.key}", "${nope.${x}.y:z}", "%{%s}", "$ {%s}", "${multi}", "${x:${num}}", "${nope:\u00e9}", "[${%s}]", "${nope:[a, b]}"]
RISKY_PLACEHOLDERS = ["${%s", "${", "x ${ y", "${self}", "${nope:${%s}", "${a\nb}", "}${%s", "${cyc1}", "${dangling}"]

EXPRESSIONS = ["dev", "prod", "!prod", "!dev", "default", "dev & mysql", "dev | prod", "(dev & mysql) | qa1", "!(dev | prod)", "dev,prod", "eu, qa1", "dev & !mysql", "!!dev", "(dev)", "((prod))", "dev&eu", "dev|eu", "${nope:dev}", "${x}", "nosuch", "\"\"", "[dev, prod]", "[\"!dev\", eu]", "more"]
BAD_EXPRESSIONS = ["dev & prod | eu", "dev &", "(dev", "& dev", "dev prod", "!", "dev && prod", "()"]


def sq(s):
    """single quoted YAML"""
    return "'" + s.replace("'", "''") + "'"


def dq(s):
    """double quoted YAML"""
    out = []
    for c in s:
        o = ord(c)
        if c in '"\\':
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif c == "\t":
            out.append("\\t")
        elif c == "\r":
            out.append("\\r")
        elif o < 0x20 or 0x7F <= o < 0xA0:
            out.append("\\x%02x" % o)
        elif o in (0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF):
            out.append("\\u%04x" % o)
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def printable(s):
    return all(0x20 <= ord(c) < 0x7F or 0xA0 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE and ord(c) != 0xFEFF or ord(c) >= 0x10000 for c in s) and not any(c in "\u2028\u2029" for c in s)


class Yaml:
    """Writes random YAML documents; odd says how strange (0..1), keys holds the plain keys made so far"""

    def __init__(self, rng, odd, theme):
        self.r, self.odd, self.theme, self.anchors, self.count, self.keys, self.lists = rng, odd, theme, [], 0, [], 0

    def string(self):
        r = self.r
        if r.random() < 0.15:
            chars = "-?:,[]{}#&*!|>'\"%@`~=<.0123456789eE+_xXob ttrueyNaN/\\\u00e9\n\t"
            return "".join(r.choice(chars) for _ in range(r.randint(1, 12)))
        return r.choice(STRINGS)

    def quoted(self, s):
        return sq(s) if printable(s) and self.r.random() < 0.5 else dq(s)

    def placeholder(self):
        r = self.r
        pool = RISKY_PLACEHOLDERS if r.random() < (0.04 if self.theme != "risky" else 0.3) else PLACEHOLDERS
        t = r.choice(pool)
        for _ in range(t.count("%s")):
            t = t.replace("%s", r.choice(["x", "num", "k1", "k2", "nested.k", "list[1]", "em", "kx", "multi"] + (self.keys[-4:] or ["x"])), 1)
        return t

    def scalar(self, flow=False):
        r = self.r
        if self.theme in ("placeholders", "risky") and r.random() < 0.5:
            return self.quoted(self.placeholder())
        d = r.random()
        if d < 0.30:
            return r.choice(["%d" % r.randint(0, 99), "plain", "value-%d" % r.randint(0, 9), "true", "some words here"])
        if d < 0.55:
            s = r.choice(PLAIN_SCALARS)
            if s in ("-", "?", "<<", "{x", "x}", "#x", "?x", ":x", "{}", "[]", "...x") or s[0] in "`@%&*!|>'\"#," or flow and any(c in s for c in ",[]{}?:"):
                return self.quoted(s)
            return s
        if d < 0.60:
            s = "".join(r.choice("0123456789_:.eE+-xXbo") for _ in range(r.randint(1, 9)))
            if s[0] in "-?:" or s.endswith(":") or flow or s.startswith("..."):
                return self.quoted(s)
            return s
        if d < 0.63 and self.odd > 0.2:
            return r.choice(["!!str 123", "!!str true", "!!int \"12\"", "!!float 3", "!!float \"1e3\"", "!!bool yes", "!!bool \"no\"", "!!str", "!!null x" if r.random() < 0.02 else "!!null ''", "! 12", "!!int 0x1F", "!!str 1.10", "!!str ~", "!!float 1", "!!str 2024-01-02"])
        if d < 0.66:
            return r.choice(["~", "null", "", "''", '""']) if not flow else r.choice(["~", "null", "''"])
        return self.quoted(self.string())

    def key(self, used):
        r = self.r
        for _ in range(40):
            if r.random() < self.odd * 0.25:
                k = r.choice(ODD_KEYS)
            elif r.random() < 0.1:
                k = ".".join(r.choice(WORDS) for _ in range(r.randint(2, 3)))
            else:
                k = r.choice(WORDS) + r.choice(["", "", "1", "2", "-a", "_b", "B"])
            if self.lists and k in NOT_IN_LISTS:
                continue
            if k not in used and k.strip("'\"") not in used:
                used.add(k)
                used.add(k.strip("'\""))
                return k
        k = "z%d" % len(used)
        used.add(k)
        return k

    def flow(self, depth):
        r, d = self.r, self.r.random()
        if depth <= 0 or d < 0.6:
            return self.scalar(flow=True)
        if d < 0.8:
            self.lists += 1
            text = "[" + ", ".join(self.flow(depth - 1) for _ in range(r.randint(0, 3))) + "]"
            self.lists -= 1
            return text
        used = set()
        return "{" + ", ".join("%s: %s" % (self.flow_key(used), self.flow(depth - 1)) for _ in range(r.randint(0, 3))) + "}"

    def flow_key(self, used):
        k = self.key(used)
        return k if k[0] in "'\"" or not any(c in k for c in "[]{},?") else sq(k)

    def block_scalar(self, indent):
        r = self.r
        text = r.choice(["one\ntwo\n", "one\n\n\ntwo\n\n", "a\n b\n  c\nd\n", "only", "long " * 30 + "\nend", "#!/bin/sh\necho \"x\"\n", "k: v\n- x\n", "tail  \nx\t\n", "\u00e9\n\U0001f600\n", "${x}\n${num}\n" if self.theme == "placeholders" else "p\nq\n"])
        lines = text.split("\n")
        head = r.choice("|>") + r.choice(["", "-", "+"])
        return head + "\n" + "\n".join((" " * indent + ln) if ln else "" for ln in lines)

    def node(self, indent, depth, inline):
        """the text after a key's colon or a list's dash; inline: may start on the same line only"""
        r, d = self.r, self.r.random()
        self.count += 1
        if depth <= 0 or d < 0.5:
            if d < 0.04 and indent > 0:
                return " " + self.block_scalar(indent)
            if d < 0.06:
                return " plain\n" + " " * indent + "continued # comment"
            return " " + self.scalar()
        if d < 0.53:
            return r.choice([" []", " {}", " [ ]", "", " [[]]", " [{}]", " {a: }", " [~]", " ['']", " [,]" if r.random() < 0.03 else " []"])
        if d < 0.58:
            return " " + self.flow(2)
        if d < 0.60 and self.anchors and self.odd > 0.1 and not self.lists:
            return " *" + r.choice(self.anchors)
        if d < 0.62 and self.odd > 0.4:
            return r.choice([" !!set {a, b}", " !!omap [ x: 1, y: 2 ]" if not self.lists else " !!seq [x]", " !!binary aGVsbG8=", " !!binary |\n" + " " * indent + "aGVs\n" + " " * indent + "bG8=", " !!timestamp 2024-01-02", " !!seq [a]", " !!map {a: 1}"])
        anchor = ""
        if r.random() < 0.08 and self.odd > 0.1:
            name = "n%d" % self.count
            anchor = " &" + name
        if d < 0.8:
            text = anchor + "\n" + "\n".join(self.map_lines(indent, depth - 1))
        else:
            text = anchor + "\n" + "\n".join(self.list_lines(indent if r.random() < 0.5 or inline else max(indent - 2, 0), depth - 1))
        if anchor:
            self.anchors.append(anchor[2:])
        return text

    def map_lines(self, indent, depth):
        r, out, used = self.r, [], set()
        pad = " " * indent
        for _ in range(r.randint(1, 5)):
            if r.random() < 0.03:
                out.append(pad + "# comment: ${x} [")
            k = self.key(used)
            if k == "" or k.startswith("- "):
                continue
            sep = ":"
            body = self.node(indent + 2, depth, False)
            if len(k) > 1000 or k.startswith("?"):
                k = sq(k)
            out.append(pad + k + sep + body)
            if not any(c in k for c in "'\"[]"):
                self.keys.append(k)
        if self.anchors and r.random() < 0.06 * (1 + self.odd * 3) and self.theme in ("merge", "odd"):
            maps = self.anchors[-2:]
            out.insert(r.randint(0, len(out)) if not any("\n" in x for x in out) else 0, pad + "<<: " + ("*" + maps[-1] if r.random() < 0.6 else "[" + ", ".join("*" + m for m in maps) + "]"))
        return out or [pad + "only: 1"]

    def list_lines(self, indent, depth):
        self.lists += 1
        out = self.items(indent, depth)
        self.lists -= 1
        return out

    def items(self, indent, depth):
        r, out = self.r, []
        pad = " " * indent
        for _ in range(r.randint(1, 4)):
            d = r.random()
            if d < 0.3 and depth > 0:
                first = self.map_lines(indent + 2, depth - 1)
                text = "\n".join(first)
                out.append(pad + "- " + text[indent + 2:] if not text.lstrip().startswith("#") else pad + "-\n" + text)
            elif d < 0.4 and depth > 0:
                out.append(pad + "-" + "\n" + "\n".join(self.list_lines(indent + 2, depth - 1)))
            else:
                body = self.scalar()
                out.append(pad + "- " + body if body else pad + "-")
        return out

    def document(self, size=3):
        self.anchors = []
        lines, used = [], set()
        for _ in range(self.r.randint(1, size)):
            k = self.key(used)
            if k.startswith("?") or k.startswith("- "):
                k = sq(k)
            lines.append(k + ":" + self.node(2, 3, False))
        return "\n".join(lines) + "\n"


def base_document(rng):
    """keys that placeholders of the same application look up"""
    return ("x: X\nnum: %d\nbool: true\nflt: 1.10\nem: ''\nkx: x\nk1: one\nk2: ${x}\nnested:\n  k: v\nlist: [l0, l1, {k: 1}]\ndeep.er.key: dotted\na5: A5\nmulti: |\n  m1\n  m2\n"
            "cyc1: cyc\nself: me\ndangling: ok\n") % rng.choice([5, 5, 7])


def properties_text(rng, theme):
    lines = []
    esc = lambda s: s.replace("\\", "\\\\").replace("\n", "\\n")
    for _ in range(rng.randint(2, 9)):
        d = rng.random()
        key = rng.choice(["a", "b", "a.b", "a.c", "port", "l[0]", "l[1]", "m.n[0].x", "m.n[0].y", "name", "x", "sp\\ ace", "co\\:lon", "eq\\=ual", "uni\\u00e9", "back\\\\slash", "UPPER", "[q]", "l[2]"] if theme == "odd" or rng.random() < 0.3 else WORDS)
        sep = rng.choice(["=", "=", "=", ":", " ", " = ", ": ", "\t", "  =  "])
        if d < 0.5:
            value = rng.choice(["1", "true", "value", "a b c", "trail  ", "x=y", "a:b", "#notcomment", "!x", "12:30", "", "0755", "1.10", "null", "yes", "v # c", "http://h:80/?a=b&c=d", "caf\u00e9", "\u65e5", "C:\\\\dir", "tab\\there", "nl\\nhere", "\\u0041\\u00e9\\u20ac", "q\\q\\=\\:\\#\\!", "\\ lead", "cr\\rx", "\\ud83d\\ude00", "ff\\fx"])
            lines.append(key + sep + value)
        elif d < 0.6:
            lines.append(key + sep + "one,\\\n    two,\\\n\tthree")
        elif d < 0.65:
            lines.append(rng.choice(["# comment", "! comment", "   # indented", "#", "", "   ", "#---x", "# ---"]))
        elif d < 0.72:
            lines.append(rng.choice(["list[]", "li.st[]", "m.n[]"]) + "=" + rng.choice(["a,b , c", "one", "", "a,,b", "x\\,y", " a, b"]))
        elif d < 0.8:
            lines.append(rng.choice(["novalue", "novalue=", "novalue:", "=novalue", "k==v", "k=:v", "k  v w", "k:=v"]))
        elif d < 0.9 and theme == "placeholders":
            t = rng.choice(PLACEHOLDERS)
            lines.append(key + "=" + esc(t.replace("%s", "x")))
        else:
            lines.append(key + "=" + esc(rng.choice([s for s in STRINGS if "\r" not in s and "\x00" not in s and "\n" not in s and len(s) < 200])))
        if d > 0.95:
            lines.append(rng.choice(["#---", "!---", "#---  "]))
            if rng.random() < 0.6:
                lines.append("spring.config.activate.on-profile=" + rng.choice(["dev", "prod", "!dev", "dev,eu", "dev | prod"]))
    nl = rng.choice(["\n", "\n", "\n", "\r\n"])
    text = nl.join(lines) + rng.choice([nl, nl, "", nl + nl])
    return text.encode("utf-8") if rng.random() < 0.8 else text.encode("latin-1", "replace")


def xml_text(rng):
    rows = "".join('<entry key="%s">%s</entry>\n' % (rng.choice(WORDS) + str(i), rng.choice(["v", "a &amp; b", " sp ", "\u00e9", "", "1", "a\nb", "<![CDATA[<x>]]>", "&#65;"])) for i in range(rng.randint(1, 4)))
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd">\n<properties>\n<comment>c</comment>\n%s</properties>\n' % rows).encode()


THEMES = ["plain", "plain", "types", "odd", "odd", "lists", "lists", "documents", "documents", "expressions", "profiles", "include", "imports", "placeholders", "placeholders", "placeholders", "risky", "properties", "properties", "xml", "strings", "strings", "merge", "merge", "clash", "broken", "files", "top", "empty", "sub", "crlf"]


def yaml_file(rng, theme):
    odd = {"plain": 0.05, "odd": 1.0, "merge": 0.5, "types": 0.4}.get(theme, 0.15)
    y = Yaml(rng, odd, theme)
    if theme == "types":
        picks = [s for s in rng.sample(PLAIN_SCALARS, min(40, len(PLAIN_SCALARS))) if s not in ("-", "?", "<<", "{x", "x}", "#x", "#", "...x") and s[0] not in "`@%&*!|>'\"#,{["]
        return "".join("t%d: %s\n" % (i, s) for i, s in enumerate(picks))
    if theme == "strings":
        return "".join("%s: %s\n" % ("s%d" % i if rng.random() < 0.8 else dq(rng.choice(STRINGS)[:60] + str(i)), y.quoted(y.string())) for i in range(12))
    if theme == "merge":
        return ("base: &B {p: 1, q: 2, l: [1, 2]}\nother: &O\n  q: 3\n  r: {s: 4}\n" + "one:\n  <<: *B\n  q: 5\n" + rng.choice(["two: {<<: [*B, *O], z: 1}\n", "two:\n  z: 0\n  <<: [*O, *B]\n", "two:\n  q: 9\n  <<: *O\n", "two: &T\n  <<: *B\nthree:\n  <<: *T\n  p: 7\n", "lst: [*B, *O, &S s, *S]\n", "two: {<<: {}, a: 1}\n", "two:\n  <<: *B\n  r:\n    <<: *O\n"]) + y.document(2).replace("base:", "based:"))
    if theme == "lists":
        n = rng.randint(0, 4)
        return ("l:%s\n" % (" []" if not n else "".join("\n%s- %s" % (rng.choice(["", "  "]) if False else "  ", y.scalar() or "e") for _ in range(n)))
                + "lm:\n" + "".join("  - name: n%d\n    v: %s\n%s" % (i, y.scalar(), "    sub: [1, [2, 3], {z: %d}]\n" % i if rng.random() < 0.5 else "") for i in range(rng.randint(1, 3)))
                + rng.choice(["e: []\n", "e: {}\n", "e: [[], {}]\n", "m: {}\nk: 1\n", "nested: [[1, 2], [3]]\n", "f: [a, b]\nf.x: 1\n" if rng.random() < 0.2 else "f: [~, '', x]\n", "g[0]: a\ng[2]: c\n", "h: {i: [a]}\nh.i[1]: b\n"]))
    if theme == "clash":
        return rng.choice(["a: 1\na.b: 2\n", "a.b: 2\na: 1\n", "a: s\na[0]: x\n", "a[0]: x\na: s\n", "a: {x: 1}\na[0]: y\n", "a[0]: x\na[0].y: z\n", "a: 1\na.b: 2\na.b.c: 3\na.b.d.e: 4\n", "a: [1, 2]\n", "a: []\n", "a: x,y\n", "a: {x: {y: 1}}\n", "a.x: 5\n", "a[0].b: 1\na[0]: c\n", "a[0][0]: 1\na[0].b: 2\n", "a[1][0]: x\n", "a[x]: 1\na[y.z]: 2\n", "a[0]b: 1\n", "a..b: 1\n", "a.: 1\n", "a.b[0]: 1\na.b.c: 2\n"]) + "keep: %d\n" % rng.randint(0, 9)
    if theme == "broken":
        return rng.choice(["a: 1\na: 2\n", "a: b: c\n", "\ta: 1\n", "a: @x\n", "a: %x\n", "a: !foo x\n", "a: [1, 2\n", "a: {b: 1\n", "a: 'x\n", "- a\nb: c\n", "a: *nope\n", "a: &A [*A]\n", "a: \"\\q\"\n", "<<: 5\n", "x: <<\n", "a: 1\n b: 2\n", "%YAML 2.0\n---\na: 1\n", "%YAML 1.2\n---\na: 1\n", "a: `x`\n", "? a\n? b\n", "a: \x01\n", "a: !!int x\n", "a: !!float x\n", "a: !!bool x\n", "a: |x\n  y\n", "true: 1\nyes: 2\n", "a: ]\n", "!!str a: b\n", "--- !foo\na: 1\n", "a: \u2028b\n", "a: \ufeffb\n", "%TAG ! tag:x,2000:\n---\na: 1\n", "spring.profiles: dev\na: 1\n", "a: 1\n...\nb: 2\n", "a: 1\n---\nb: [\n", "a: 1\n<<: [1]\n", "{a: 1}}\n", "a: 'b' c\n", "a:\n  - b\n c: d\n", "a: \"x\n y\n\n z\"\n", "a: 'x\n  y'\n", "? |\n  k\n: v\n", "a: !!set {x: 1}\n"])
    if theme == "top":
        return rng.choice(["5\n", "just text\n", "'quoted'\n", "[a, b]\n", "- a\n- {b: c}\n", "[]\n", "{}\n", "~\n", "# only\n", "", "---\n", "--- a\n--- b\n", "|\n  a\n  b\n", "true\n", "document: x\n", "document: [a, {b: 1}]\n", "document: {a: 1}\n", "- - a\n  - b\n", "1.50\n", "---\n---\na: 1\n", "...\n", "\ufeffa: 1\n", "document: 5\n", "''\n"])
    if theme == "empty":
        return rng.choice(["a:\nb: ~\nc: ''\nd: []\ne: {}\nf: {g: {}}\nh: [~, {}]\n", "m: {}\n", "l: []\n", "a: {b: {}}\n", "n: null\n", "a: [{}]\n", "a: {b: [], c: {}}\nd: 1\n"])
    return y.document(5)


def add_yaml(rng, files, path, theme):
    docs = []
    many = theme in ("documents", "expressions") or rng.random() < 0.08
    for i in range(rng.randint(2, 4) if many else 1):
        head = ""
        if many and rng.random() < 0.65:
            e = rng.choice(BAD_EXPRESSIONS if theme == "expressions" and rng.random() < 0.15 else EXPRESSIONS)
            e = e if e[0] in "[\"" else sq(e)
            head = rng.choice(["spring.config.activate.on-profile: %s\n", "spring:\n  config:\n    activate:\n      on-profile: %s\n", "spring:\n  config.activate.onProfile: %s\n", "spring.config.activate.on_profile: %s\n"] if theme == "expressions" else ["spring.config.activate.on-profile: %s\n", "spring:\n  config:\n    activate:\n      on-profile: %s\n"]) % e
        body = yaml_file(rng, theme if theme not in ("documents", "expressions") else rng.choice(["plain", "lists", "plain"]))
        if theme in ("placeholders", "risky") and i == 0:
            body = base_document(rng) + "".join("ph%d: %s\n" % (j, Yaml(rng, 0, theme).quoted(Yaml(rng, 0, theme).placeholder())) for j in range(6))
            if theme == "risky":
                body += rng.choice(["cycA: ${cycB}\ncycB: ${cycA}\n", "selfref: ${selfref:d}\n", "ua: ${ub}\nub: ${nope}\n", "key${x}: v\n", "open: '${x'\nnext: '}'\n", "q: \"${x}\\n'\"\n", "esc\\:k: v\n"])
        if many and rng.random() < 0.08:
            body, head = rng.choice(["", "# nothing\n", "~\n"]), ""
        docs.append(head + body)
    if theme == "include" and not path.count("-"):
        docs[0] = rng.choice(["spring.profiles.include: more\n", "spring:\n  profiles:\n    include: [more, eu]\n", "spring.profiles.group.dev: mysql,qa1\n", "spring:\n  profiles:\n    group:\n      dev: [g1, g2]\n      g1: more\n", "spring.profiles.active: prod\n", "spring.profiles.include: more\nspring.profiles.group.more: [eu, qa1]\n", "spring.profiles.default: eu\n"]) + docs[0]
    elif theme == "include" and rng.random() < 0.15:
        docs[0] = rng.choice(["spring.profiles.include: eu\n", "spring.profiles.active: eu\n", "spring.profiles.group.eu: more\n"]) + docs[0]
    if theme == "imports":
        docs[0] = rng.choice(["spring.config.import: imp/one.yml\n", "spring:\n  config:\n    import: [imp/one.yml, imp/two.properties]\n", "spring.config.import: 'optional:imp/none.yml'\n", "spring.config.import: imp/none.yml\n", "spring.config.import: imp/\n", "spring.config.import: 'imp/one.yml,imp/two.properties'\n", "spring.config.import: ${nope:imp/one.yml}\n"]) + docs[0]
    text = rng.choice(["---\n", "---\n", "--- # next\n"]).join(docs)
    if rng.random() < 0.03:
        text = "---\n" + text
    if theme == "crlf":
        text = text.replace("\n", "\r\n")
    files[path] = text.encode("utf-8", "surrogatepass")


def repository(seed):
    """-> (settings dict, files, apps: name -> theme); every fourth seed is for plain folders"""
    rng = random.Random("repository %s" % seed)
    settings = {}
    native = int(seed) % 4 == 0
    paths = rng.choice([[], ["config"], ["{application}"], ["d*", "config"], ["config/{application}", "config"], ["{profile}"], ["**"]])
    if native:
        settings = {"native": True, "search-paths": [""] + rng.choice([[], ["config/"], ["{application}"], ["d1", "d2/"], ["config/{application}", "config"], ["{profile}"], ["{label}"]])}
    elif paths:
        settings["search-paths"] = paths
    files = {"application.yml": b"shared: app\nsh:\n  level: base\n  list: [s1, s2, s3]\n  num: 1\n", "README.md": b"hello ${x} ${shared}\n"}
    if rng.random() < 0.6:
        files["application-dev.yml"] = b"sh:\n  level: dev\n  list: [d1]\nenv: dev\n"
    if rng.random() < 0.4:
        files["application.properties"] = b"sh.prop=p\nsh.num=2\nsh.text= with blank \n"
    if rng.random() < 0.4:
        files["application-prod.properties"] = b"env=prod\nsh.list[0]=p1\nsh.list[1]=p2\n"
    if rng.random() < 0.3:
        files["application.yml"] += b"---\nspring.config.activate.on-profile: mysql\ndb: mysql\n---\nspring.config.activate.on-profile: '!dev'\nnotdev: true\n"
    files["imp/one.yml"] = b"imported: one\nx: from-import\n"
    files["imp/two.properties"] = b"imported=two\ntwo=2\n"
    files["imp/application.yml"] = b"imported: directory\n"
    files["sub/n.txt"] = b"sub ${x} ${nope:d} \\${x} ${shared}\n"
    files["sub/n-dev.txt"] = b"sub dev ${env}\n"
    files["n.txt"] = "text \u00e9 ${x} ${num} ${nope} $x ${shared:y}\nline 2 ${list[0]}\n".encode()
    files["noext"] = b"no ext ${shared}"
    files["noext-dev"] = b"no ext dev"
    files["bin.dat"] = bytes(range(256))
    files["d.json"] = b"{\"a\": \"${x}\", \"b\": ${num:0}}\n"
    files["page.html"] = b"<p>${x}</p>"
    files["empty.txt"] = b""
    dirs = ["", "", "config/", "d1/", "d2/", "dev/", "prod/"] + ["master/", "main/", "nosuch/"] * native
    apps = {}
    # for plain folders differential.py has no twin to judge these by
    themes = [t for t in THEMES if not native or t not in ("clash", "risky", "placeholders")]
    rng.shuffle(themes)
    for i in range(34):
        app = "a%02d" % i if i % 5 else "my-app%02d" % i
        theme = themes[i % len(themes)]
        apps[app] = theme
        places = [""] + ([rng.choice(dirs + [app + "/", "config/" + app + "/"])] if rng.random() < 0.5 else [])
        for d in places:
            kinds = ["yml"]
            if theme == "properties":
                kinds = ["properties"]
            elif theme == "xml":
                kinds = ["xml", "yml"]
            elif rng.random() < 0.2:
                kinds = rng.choice([["yml", "properties"], ["yaml"], ["yml", "yaml"], ["properties", "yaml"]])
            for profile in [""] + rng.sample(["-dev", "-prod", "-mysql", "-default", "-more", "-g1", "-eu"], rng.randint(0, 3)):
                for kind in kinds:
                    path = d + app + profile + "." + kind
                    if kind == "properties":
                        files[path] = properties_text(rng, theme if theme == "placeholders" else rng.choice(["plain", "odd"]))
                    elif kind == "xml":
                        files[path] = xml_text(rng)
                    else:
                        t = theme
                        if profile and theme in ("broken", "top", "risky"):
                            t = "plain"
                        add_yaml(rng, files, path, t)
                        if theme in ("properties", "clash") and rng.random() < 0.3:
                            files[path] += b"z: 1\n"
        if theme == "properties" and rng.random() < 0.5:
            files[app + ".properties"] = properties_text(rng, "placeholders") + b"\nx=PX\nnum=5\nk1=K\n"
        if theme == "files":
            files[app + ".txt"] = b"for ${shared} ${name:none}\n"
            files["deep/" + app + "/f-dev.conf"] = b"dev ${x:1}\n"
            files["deep/" + app + "/f.conf"] = b"any ${x:2} ${%s}\n" % rng.choice([b"shared", b"port", b"name"])
    # a file and a directory of one name cannot live together
    for path in list(files):
        parts = path.split("/")
        for n in range(1, len(parts)):
            if "/".join(parts[:n]) in files:
                del files[path]
                break
    return settings, files, apps


def path_of(q):
    """the request line's path of a question"""
    label = quote(q["label"].replace("/", "(_)"), safe="(),") if q["label"] else None
    app, profiles = quote(q["app"], safe=","), quote(q["profiles"], safe=",@+")
    if q["form"] in ("env", "env2"):
        return "/%s/%s" % (app, profiles) + ("/" + label if label else "")
    if q["form"] == "file":
        if label is None:
            return "/%s/%s/%s?useDefaultLabel%s" % (app, profiles, quote(q["file"]), q["query"].replace("?", "&"))
        return "/%s/%s/%s/%s%s" % (app, profiles, label, quote(q["file"]), q["query"])
    return ("/" + label if label else "") + "/%s-%s.%s%s" % (app, profiles, q["form"], q["query"])


V2 = "application/vnd.spring-cloud.config-server.v2+json"


def questions(seed, count, apps, files):
    """-> list of {id, path, headers, form, app, profiles, label}"""
    rng = random.Random("questions %s" % seed)
    names = list(apps)
    plain = [p for p in files if not p.split("/")[-1].startswith(("a", "my-")) or p.endswith((".txt", ".conf"))]
    out = []
    for i in range(count):
        app = names[i % len(names)] if rng.random() < 0.9 else rng.choice(["nosuch", "application", "a", "my-app", names[0] + "x"])
        if rng.random() < 0.12:
            app += "," + rng.choice(names + ["nosuch", "application"])
        d = rng.random()
        profiles = rng.choice(["default", "default", "dev", "dev", "prod", "mysql", "nosuch"]) if d < 0.65 else ",".join(rng.sample(["dev", "prod", "mysql", "eu", "more", "default", "nosuch", "qa1"], rng.randint(2, 3)))
        if d > 0.97:
            profiles = rng.choice(["default,dev", "dev,default", "dev,dev", "DEFAULT,dev", "dev-x", "d.v", "dev,", "-dev", "d\u00e9v", "a,,b", "Dev", "dev_1", "d+v@x"])
        label = rng.choice([None, None, None, None, "main", "main", "v1", "feature/x", "nosuch"]) if rng.random() < 0.5 else None
        form = rng.choice(["env", "env", "env2", "yml", "yml", "yaml", "json", "json", "properties", "properties", "file"])
        q = {"form": form, "app": app, "profiles": profiles, "label": label, "headers": {}}
        q["query"] = rng.choice(["", "", "", "?resolvePlaceholders=false", "?resolvePlaceholders=true", "?x=y"]) if form not in ("env", "env2") else ""
        if form == "env2":
            q["headers"]["Accept"] = V2
        elif form == "env" and rng.random() < 0.3:
            q["headers"]["Accept"] = rng.choice(["application/json", "*/*", "application/json, application/*+json", "text/html,application/xhtml+xml,*/*;q=0.8"])
        elif form == "file":
            q["file"] = rng.choice(plain if rng.random() < 0.85 else list(files) + ["nosuch.txt", "sub/none", "sub", "config"])
            if rng.random() < 0.25:
                q["headers"]["Accept"] = "application/octet-stream"
            if label is None and ("/" in q["file"] or rng.random() < 0.5):
                q["label"] = "main"
        q["resolve"] = "=false" not in q["query"]
        q["path"] = path_of(q)
        q["id"] = "%s-%d" % (seed, i)
        out.append(q)
    return out


if __name__ == "__main__":
    import sys
    s, f, a = repository(sys.argv[1] if len(sys.argv) > 1 else "1")
    print(json.dumps(s), a)
    for name in sorted(f):
        print("=====", name)
        print(f[name].decode("utf-8", "backslashreplace"))
