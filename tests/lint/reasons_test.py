#!/usr/bin/env python3
"""reasons_test.py: the tables of reasons in docs/reference are the code's: every reason a client may read stands there, and
every one that stands there is made somewhere.

SPDX-License-Identifier: Apache-2.0

  reasons_test.py SOURCE_DIR
"""
import pathlib
import re
import sys

ROOMS = ("http", "request", "route", "server", "model", "output", "plugin", "idempotency")
# licensing-api.md: all that the book and its routes make under these words; those of a key's and a call's refusal stand in
# licensing/README.md, with which they are compared by a test of their own.
BOOK_ROOMS = ("account", "agreement", "book", "charge", "customer", "key", "lease", "licence", "licensing", "offer", "price")
# receipt.md: what does not hold of a log, a receipt or an audit.
PROOF_ROOMS = ("audit", "checkpoint", "entry", "log", "note", "receipt")
# settlement-api.md: what the settlement and its routes make.
MONEY_ROOMS = ("act", "credit", "invoice", "month", "payee", "payout", "settlement", "statement")
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


def of_rooms(rooms, quote):
    return re.compile(r'%s((?:%s)\.[a-z0-9_]+)%s' % (quote, "|".join(rooms), quote))


def reasons_in(folder, pattern=REASON):
    found = {}
    for path in sorted(folder.rglob("*.[ch]pp")):
        if re.search(r"_(test|fuzz)\.cpp$|^(test|bench)_", path.name):
            continue
        code = re.sub(r"(?m)^\s*//.*$", "", path.read_text())
        for reason in pattern.findall(code):
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
    book = of_rooms(BOOK_ROOMS, '"')
    said = (source / "docs/reference/licensing-api.md").read_text()
    sent_by_book = reasons_in(source / "licensing/book", book) | reasons_in(source / "host/api/licensing", book)
    sent_by_book = {reason: path for reason, path in sent_by_book.items() if not reason.endswith((".sqlite", ".lock"))}  # files
    audited = set(re.findall(r'actor, "([a-z.]+)"|, "(lease\.[a-z]+)", ', "\n".join(
        path.read_text() for path in (source / "licensing/book").glob("*.?pp"))))
    actions = {name for pair in audited for name in pair if name}
    tabled_of_book = set(of_rooms(BOOK_ROOMS, "`").findall(said[said.index("\n## Reasons"):]))
    everywhere = reasons_in(source / "licensing", book) | sent_by_book
    wrong += [line for line in compare({r: p for r, p in sent_by_book.items() if r not in actions}, everywhere, tabled_of_book)
              if not line.startswith("NEVER_SENT")]
    proof = of_rooms(PROOF_ROOMS, '"')
    shown = (source / "docs/reference/receipt.md").read_text()
    sent_by_proof = {}
    for folder in ("licensing/log", "licensing/proof", "licensing/ledger", "licensing/billing", "licensing/statement", "host/api/licensing"):
        sent_by_proof |= reasons_in(source / folder, proof)
    tabled_of_proof = set(of_rooms(PROOF_ROOMS, "`").findall(shown[shown.index("\n## Reasons"):]))
    everywhere = sent_by_proof | reasons_in(source / "host/cli", proof) | reasons_in(source / "host/app", proof)
    wrong += [line for line in compare(sent_by_proof, everywhere, tabled_of_proof) if not line.startswith("NEVER_SENT")]
    money = of_rooms(MONEY_ROOMS, '"')
    page_of_money = (source / "docs/reference/settlement-api.md").read_text()
    tabled_of_money = set(of_rooms(MONEY_ROOMS, "`").findall(page_of_money[page_of_money.index("\n## Reasons"):]))
    sent_of_money = reasons_in(source / "licensing/settlement", money) | reasons_in(source / "licensing/statement", money)
    sent_of_money |= reasons_in(source / "host/app", money)
    noted = set(re.findall(r'"([a-z.]+)"', "\n".join(
        call for path in (source / "licensing/settlement").glob("*.cpp") for call in re.findall(r"note\(order, [^;]*;", path.read_text()))))
    noted |= {"payout.changed", "statement.issued"}  # types of events
    sent_of_money = {r: p for r, p in sent_of_money.items() if r not in noted and not r.endswith(".db")}
    wrong += [line for line in compare(sent_of_money, sent_of_money, tabled_of_money) if not line.startswith("NEVER_SENT")]
    # The check itself: it sees a reason that is missing on either side.
    assert list(compare({"http.x": "f"}, {"http.x": "f"}, set()))[0] == "f: http.x is not in the table"
    assert "the table has http.x, the code has not" in compare({}, {}, {"http.x"})
    print("\n".join(wrong))
    print(f"{len(sent) + len(sent_by_book) + len(sent_by_proof) + len(sent_of_money)} reasons in the code, {len(tabled) + len(tabled_of_book) + len(tabled_of_proof) + len(tabled_of_money)} in the tables, "
          f"{len(wrong)} differences")
    return 1 if wrong or not tabled or not tabled_of_book or not tabled_of_proof or not tabled_of_money else 0


if __name__ == "__main__":
    sys.exit(main())
