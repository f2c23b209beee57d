#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a server under test and the reference the same random questions and reports where they differ.

usage: differential.py --server PATH --reference PATH [--seeds 1-8] [--questions 250] [--keep DIR] [--shrink 10]

Each seed makes one repository of many applications and one settings file; both servers are started once on
copies of it. Status, JSON values with their types, and text byte for byte are compared. Differences are
grouped by a signature of their cause; the first of each group is shrunk to a small reproduction. accepted.py
knows the differences that are wanted. Exit code 1 when an unwanted difference was found.

Where the reference is known to fail (clashes of kind, placeholders resolved in dumped text) oracle.py says
what is right, and the right YAML text is had from the reference itself: it is asked for a twin application
that holds the resolved values as they are.
"""
import argparse
import collections
import difflib
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import accepted
import compare
import generate
import oracle
import servers
import shrink


class Case:
    def __init__(self, question, got, want, subject, reference, files):
        self.question, self.got, self.want, self.files = question, got, want, files
        self.subject, self.reference = subject, reference
        self.right = ("unknown", None)
        self.tree = self.rows = self.sources = None
        status, _, text, _ = reference.ask(self.path("env", question["label"]), {})
        if status == 200:
            self.sources = [s["source"] for s in oracle.loads(text)["propertySources"]]
            if question["form"] in ("yml", "yaml", "json"):
                self.judge()

    def path(self, form, label):
        return generate.path_of(dict(self.question, form=form, label=label))

    def labelled(self):
        q = dict(self.question, label="v1")
        return self.reference.ask(generate.path_of(q), q["headers"])

    def ask_subject(self, form):
        return self.subject.ask(self.path(form, self.question["label"]), {})

    def judge(self):
        try:
            self.tree = oracle.nested(self.sources, self.question["resolve"])
        except (oracle.Circular, oracle.Malformed, RecursionError):
            self.right = ("status", 400)
            return
        if self.question["form"] == "json":
            self.right = ("json", self.tree)
        else:
            self.right = ("tree", self.tree)  # until the twin says more
            self.rows = list(oracle.leaves(self.tree))

    def twin(self):
        """the files of an application that holds the right values as they are, or None"""
        lines = []
        for key, value in self.rows:
            if value is None:
                return None
            value = oracle.Number({"Infinity": ".inf", "-Infinity": "-.inf", "NaN": ".nan"}.get(value, "")) or value  # no generated string reads so
            plain = isinstance(value, (bool, oracle.Number))
            lines.append(generate.dq(key.replace("spring.config", "spring.conZig")) + ": " + (oracle.text_of(value) if plain else generate.dq(value)))
        return ("\n".join(lines) + "\n").encode("utf-8", "replace")

    def judge_text(self, name):
        q = dict(self.question, app=name, profiles="default", label="twin", query="?resolvePlaceholders=false", form="json")
        status, _, text, _ = self.reference.ask(generate.path_of(q), {})
        if status != 200:
            return
        back = lambda t: t.replace("conZig", "config").replace(oracle.DOT, ".")
        tree = oracle.loads(back(text))
        q["form"] = "yml"
        yaml = back(self.reference.ask(generate.path_of(q), {})[2])
        if tree == self.tree:
            self.right = ("text", yaml)
        elif json.dumps(tree, sort_keys=True) == json.dumps(self.tree, sort_keys=True):
            self.right = ("lines", yaml)


def add_twins(cases, reference):
    trees = {}
    for i, case in enumerate(c for c in cases if c.rows is not None):
        text = case.twin()
        if text is not None:
            trees["twin%d" % i] = (case, text)
    if trees and not reference.native:
        reference.add_branches({"twin": {name + ".yml": text for name, (_, text) in trees.items()}})
        for name, (case, _) in trees.items():
            case.judge_text(name)


def run_seed(seed, o, folder):
    settings, files, apps = generate.repository(seed)
    asked = generate.questions(seed, o.questions, apps, files)
    pair = [servers.Server("server", o.server, folder, files, settings), servers.Server("reference", o.reference, folder, files, settings)]
    try:
        for s in pair:
            s.start()
        subject, reference = pair
        cases, statuses = [], collections.Counter()
        for q in asked:
            got, want = subject.ask(q["path"], q["headers"]), reference.ask(q["path"], q["headers"])
            statuses[want[0]] += 1
            if o.verbose:
                print(got[0], want[0], q["path"])
            if compare.difference(q, got, want):
                cases.append(Case(q, got, want, subject, reference, files))
        add_twins(cases, reference)
        groups, wanted = collections.OrderedDict(), collections.Counter()
        for case in cases:
            rule = accepted.rule_for(case)
            if rule:
                wanted[rule[0]] += 1
            else:
                groups.setdefault(compare.difference(case.question, case.got, case.want)[0], []).append(case)
        print("seed %s: %d questions, answers %s; %d differ unwanted in %d groups; wanted: %s" % (
            seed, len(asked), dict(sorted(statuses.items())), sum(map(len, groups.values())), len(groups), dict(wanted)))
        for signature, members in groups.items():
            case = members[0]
            small = None
            if o.shrink > 0 and signature not in o.seen and not subject.native:
                o.shrink -= 1
                small = shrink.shrink(case.question, signature, pair, files, o.seconds)
            o.seen.setdefault(signature, 0)
            o.seen[signature] += len(members)
            report(signature, members, apps, small)
        sys.stdout.flush()
        return sum(map(len, groups.values()))
    finally:
        for s in pair:
            s.stop()


def report(signature, members, apps, small):
    case = members[0]
    print("\n  %s  (%d times)" % (signature, len(members)))
    for m in members[:4]:
        print("    GET %s %s  [%s]" % (m.question["path"], m.question["headers"] or "", apps.get(m.question["app"].split(",")[0], "-")))
    print("    " + compare.difference(case.question, case.got, case.want)[1])
    if case.right[0] == "text":
        print("    by the oracle:\n      " + "\n      ".join(difflib.unified_diff(case.right[1].split("\n"), case.got[2].split("\n"), "right", "got", lineterm="", n=0)))
    elif case.right[0] != "unknown":
        print("    by the oracle: %s %s" % (case.right[0], case.right[1] if case.right[0] == "status" else json.dumps(case.right[1], ensure_ascii=False)[:1500]))
    for path, data in sorted((small or {}).items()):
        print("    --- %s" % path)
        print("\n".join("    | " + ascii(line)[1:-1] for line in data.decode("utf-8", "backslashreplace").split("\n")[:40]))


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--server", required=True)
    a.add_argument("--reference", required=True)
    a.add_argument("--seeds", default="1-8", help="1-8 or 3,5,9")
    a.add_argument("--questions", type=int, default=250)
    a.add_argument("--keep", help="leave repositories, settings and logs in this folder")
    a.add_argument("--shrink", type=int, default=10, help="how many groups to shrink")
    a.add_argument("--seconds", type=int, default=45, help="time for one shrinking")
    a.add_argument("-v", "--verbose", action="store_true")
    o = a.parse_args()
    o.seen = collections.OrderedDict()
    seeds = [str(n) for part in o.seeds.split(",") for n in (range(int(part.split("-")[0]), int(part.split("-")[1]) + 1) if "-" in part else [int(part)])]
    folder = os.path.realpath(o.keep or tempfile.mkdtemp(prefix="differential-"))
    total, began = 0, time.monotonic()
    try:
        for seed in seeds:
            total += run_seed(seed, o, os.path.join(folder, "seed-" + seed))
    finally:
        if not o.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n%d unwanted differences in %d groups; %d seeds in %.0f s" % (total, len(o.seen), len(seeds), time.monotonic() - began))
    for signature, count in sorted(o.seen.items(), key=lambda x: -x[1]):
        print("  %4d  %s" % (count, signature))
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
