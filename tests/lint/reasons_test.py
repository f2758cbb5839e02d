#!/usr/bin/env python3
"""reasons_test.py: the table of reasons in docs/reference/http-v2.md is the code's: every reason a client may read stands
there, and every one that stands there is made somewhere.

SPDX-License-Identifier: Apache-2.0

  reasons_test.py SOURCE_DIR
"""
import pathlib
import re
import sys

ROOMS = ("http", "request", "route", "server", "model", "output", "plugin")
REASON = re.compile(r'"((?:%s)\.[a-z0-9_]+)"' % "|".join(ROOMS))
TABLED = re.compile(r"`((?:%s)\.[a-z0-9_]+)`" % "|".join(ROOMS))
# Reasons of host/http that no client reads, and why.
NEVER_SENT = {
    "http.address": "the server does not start",
    "http.bind": "the server does not start",
    "http.tls": "the server does not start",
    "http.route": "the server does not start",
    "http.client_gone": "nobody is left to read it",
    "http.body_taken": "a defect of a handler",
}


def reasons_in(folder):
    found = {}
    for path in sorted(folder.rglob("*.[ch]pp")):
        if re.search(r"_(test|fuzz)\.cpp$|^(test|bench)_", path.name):
            continue
        code = re.sub(r"(?m)^\s*//.*$", "", path.read_text())
        for reason in REASON.findall(code):
            found.setdefault(reason, path)
    return found


def compare(sent, anywhere, tabled):
    """What is wrong, as lines."""
    yield from (f"{path}: {reason} is not in the table" for reason, path in sent.items()
                if reason not in tabled and reason not in NEVER_SENT)
    yield from (f"the table has {reason}, the code has not" for reason in sorted(tabled - set(anywhere)))
    yield from (f"the table has {reason}, which no client reads: {NEVER_SENT[reason]}"
                for reason in sorted(tabled & set(NEVER_SENT)))
    yield from (f"NEVER_SENT has {reason}, the code has not" for reason in sorted(set(NEVER_SENT) - set(anywhere)))


def refusals(source, page):
    """The reasons of admission, in the order of the code, in both pages that have them."""
    order = re.findall(r'\{Refusal::\w+, "([a-z_.]+)"', (source / "licensing/terms/refusal.cpp").read_text())
    assert len(order) > 20
    constitution = (source / "licensing/README.md").read_text()
    in_rules = re.findall(r"(?m)^\| \d+ \| `([a-z_.]+)` \|", constitution)
    part = page[page.index("\n## Who may call"):page.index("\n## Not offered")]
    in_page = re.findall(r"`((?:key|customer|licence|lease)\.[a-z_]+)`", "".join(re.findall(r"(?m)^\| [45].*$", part)))
    if in_rules != order:
        yield "licensing/README.md has the refusals in another order than licensing/terms/refusal.cpp"
    if in_page != order:
        yield "docs/reference/http-v2.md has the refusals in another order than licensing/terms/refusal.cpp"


def main():
    source = pathlib.Path(sys.argv[1])
    page = (source / "docs/reference/http-v2.md").read_text()
    tabled = set(TABLED.findall(page[page.index("\n## Errors"):page.index("\n## /metrics")]))
    sent = reasons_in(source / "host/http") | reasons_in(source / "host/api")
    anywhere = reasons_in(source / "host") | reasons_in(source / "sdk/cpp")
    wrong = list(compare(sent, anywhere, tabled))
    wrong += refusals(source, page)
    # The check itself: it sees a reason that is missing on either side.
    assert list(compare({"http.x": "f"}, {"http.x": "f"}, set()))[0] == "f: http.x is not in the table"
    assert "the table has http.x, the code has not" in compare({}, {}, {"http.x"})
    print("\n".join(wrong))
    print(f"{len(sent)} reasons in the code, {len(tabled)} in the table, {len(wrong)} differences")
    return 1 if wrong or not tabled else 0


if __name__ == "__main__":
    sys.exit(main())
