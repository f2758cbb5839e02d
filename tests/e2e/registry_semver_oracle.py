#!/usr/bin/env python3
"""registry_semver_oracle.py: our ranges mean what npm's own package "semver" says they mean.

SPDX-License-Identifier: Apache-2.0

Seeded random ranges and versions: ranges of npm's grammar must agree in everything (validity, comparators, which versions are
in, which is the highest); texts with random damage too, but for what npm takes by accident (registry/versions/version_range.hpp).
"""
import pathlib
import random
import re
import subprocess
import sys

from npm_tool import npm_package
from stoa_host import BUILD, check

LINES = pathlib.Path(BUILD) / "bin" / "stoa_semver_lines"
SCRIPT = pathlib.Path(__file__).with_name("registry_semver_oracle.cjs")
SEED, GRAMMATICAL, DAMAGED, VERSIONS = 20260, 12_000, 12_000, 12
# A star that touches a digit, letter, star or operator on its wrong side; build metadata without a version before it, twice,
# or in the middle of one.
ACCIDENT = re.compile(r"[0-9A-Za-z*+-](\*|[<>]=?\s*\*|=\s*\*)|\*[0-9A-Za-z*+<>=]|(^|[^0-9A-Za-z*-])\+|\+[0-9A-Za-z.-]*[+*]")
NPM_NUMBER_MAX = 2**53 - 1  # ours have no limit

pick = random.Random(SEED)


def number():
    large = pick.randrange(2**21 - 2, 2**21 + 2), pick.randrange(2**33), 2**53 - 3
    return str(pick.choice((0, 0, 0, 1, 1, 2, 3, 9, 10, 99) if pick.random() < 0.95 else large))


def identifiers(words):
    return ".".join(pick.choice(words) for _ in range(pick.choice((1, 1, 1, 2, 3))))


def prerelease():
    return "-" + identifiers(("0", "1", "2", "10", "alpha", "beta", "rc", "RC", "x", "-", "1a", "00a", "v1"))


def build():
    return "+" + identifiers(("b", "1", "007", "x", "-", "v"))


def version():
    return (".".join(number() for _ in range(3)) + (prerelease() if pick.random() < 0.4 else "") +
            (build() if pick.random() < 0.1 else ""))


def partial():
    if pick.random() < 0.45:
        return version()
    parts = [number() if pick.random() < 0.75 else pick.choice("xX*") for _ in range(pick.choice((1, 2, 2, 3)))]
    tail = prerelease() if len(parts) == 3 and pick.random() < 0.2 else ""
    return ".".join(parts) + tail


def space():
    return pick.choice(("", "", "", " ", "  ", "\v"))


def term():
    sign = pick.choice(("", "", "=", "<", "<=", ">", ">=", "~", "^", "^", "~>"))
    habit = pick.choice(("",) * 60 + ("v", "=", "v=", "==", " =", "= ", "v "))
    return sign + space() + habit + partial()


def alternative():
    kind = pick.random()
    if kind < 0.05:
        return ""
    if kind < 0.2:
        habit = pick.choice(("",) * 12 + ("v", "=", "v ", "= ", "=v"))
        return partial() + " " + space() + "-" + space() + " " + habit + partial()
    return pick.choice((" ", " ", "  ")).join(term() for _ in range(pick.choice((1, 1, 2, 2, 3))))


def grammatical():
    return (space() + "||" + space()).join(alternative() for _ in range(pick.choice((1, 1, 1, 2, 3))))


def damaged():
    text = list(grammatical())
    for _ in range(pick.choice((1, 1, 2, 3))):
        at = pick.randrange(len(text) + 1)
        if pick.random() < 0.5:
            text[at:at + 1] = []
        else:
            text.insert(at, pick.choice("0019.xX*v=<>~^|+- -+ab!,"))
    return "".join(text)


def near(text):
    """A version that the range speaks of, or one beside it: random ones are seldom in."""
    numbers = re.findall(r"\d+", text)[:3] or ["1"]
    parts = [pick.choice(numbers) if pick.random() < 0.8 else number() for _ in range(3)]
    if pick.random() < 0.6:
        parts[:len(numbers)] = numbers
    if pick.random() < 0.3:
        place = pick.randrange(3)
        parts[place] = str(max(0, int(parts[place]) + pick.choice((-1, 1))))
    named = re.findall(r"-[0-9A-Za-z.-]+", text)
    tail = pick.choice(named + [prerelease()]) if pick.random() < 0.4 else ""
    made = ".".join(str(min(int(part), 2**53 - 2)) for part in parts)
    return made + tail if re.fullmatch(r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?",
                                       tail) else made


def answers(command, lines):
    done = subprocess.run(command, input="".join(line + "\n" for line in lines), text=True, capture_output=True, timeout=120)
    check(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    found = done.stdout.split("\n")[:-1]
    check(len(found) == len(lines), f"{command[0]}: {len(found)} answers to {len(lines)} lines")
    return found


def main():
    package = npm_package("semver@7")
    ranges = [grammatical() for _ in range(GRAMMATICAL)] + [damaged() for _ in range(DAMAGED)]
    ranges = [text for text in ranges if len(text) <= 256  # our bound; npm has none
              and all(int(digits) < NPM_NUMBER_MAX for digits in re.findall(r"\d+", text))]
    lines = ["\t".join([text, *(near(text) if pick.random() < 0.8 else version() for _ in range(VERSIONS))]) for text in ranges]
    ours, theirs = answers([LINES], lines), answers(["node", SCRIPT, package], lines)
    agreed = refused = accidents = inside = 0
    wrong = []
    for line, our, their in zip(lines, ours, theirs):
        text = line.split("\t")[0]
        if our[0] == their[0] == "!":
            refused += 1
        elif our == their:
            agreed += 1
            inside += our.split("\t")[1].count("1")
        elif our[0] == "!" and ACCIDENT.search(text):
            accidents += 1
        else:
            wrong.append(f"{line!r}\n  ours   {our!r}\n  npm's  {their!r}")
    print(f"{len(lines)} ranges (seed {SEED}): {agreed} agree on {VERSIONS} versions each ({inside} inside), both refuse {refused}, "
          f"npm alone takes {accidents} by accident, {len(wrong)} differ")
    print("\n".join(wrong[:20]))
    check(agreed > 10_000 and refused > 1_000 and inside > 20_000, "the comparison has lost its weight")
    check(not wrong, "ranges differ from npm's")


if __name__ == "__main__":
    sys.exit(main())
