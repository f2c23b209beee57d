#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a configuration repository of a given size, the same bytes every time.

usage: gen-repo.py FOLDER [APPLICATIONS]

Four shared files (application.yml and one each for dev, stage and prod) and four files an application: 250
applications, the default, make 1,004 files. Names are app-00000 and so on.
"""
import random
import subprocess
import sys

PROFILES = ("dev", "stage", "prod")
AREAS = ("server", "database", "cache", "queue", "upstream", "login", "limits", "metrics", "uploads", "mail")


def setting(area, number, dice):
    """One line below `area`, of the kinds that real files hold: numbers, switches, durations, addresses."""
    return (
        "pool-size: %d" % dice.randint(1, 512),
        "enabled: %s" % dice.choice(("true", "false")),
        "timeout: %ds" % dice.randint(1, 120),
        "address: https://%s-%d.internal.example:8443/v1" % (area, dice.randint(1, 900)),
        "comment: %s of %s, kept short" % (dice.choice(("limit", "place", "owner")), area),
    )[number % 5]


def document(title, settings, dice):
    lines = ["# %s" % title]
    for at in range(0, settings, 5):
        area = AREAS[at // 5 % len(AREAS)]
        lines.append("%s%s:" % (area, "" if at < 50 else "-%d" % (at // 50)))
        lines += ["  " + setting(area, number, dice) for number in range(min(5, settings - at))]
    return "\n".join(lines) + "\n"


def files(applications):
    dice = random.Random(20260101)
    yield "application.yml", document("for everybody", 40, dice)
    for profile in PROFILES:
        yield "application-%s.yml" % profile, document("for everybody in " + profile, 20, dice)
    for number in range(applications):
        name = "app-%05d" % number
        yield name + ".yml", document(name, 40, dice)
        for profile in PROFILES:
            yield "%s-%s.yml" % (name, profile), document("%s in %s" % (name, profile), 10, dice)


def stream(applications):
    """The whole repository as one commit for git fast-import."""
    yield "commit refs/heads/main\ncommitter Bench <bench@example.com> 1767225600 +0000\ndata 5\nbench\n"
    for path, text in files(applications):
        yield "M 100644 inline %s\ndata %d\n%s\n" % (path, len(text), text)


def main():
    folder = sys.argv[1]
    applications = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", folder], check=True)
    everything = "".join(stream(applications)).encode()
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input=everything, check=True)


if __name__ == "__main__":
    main()
