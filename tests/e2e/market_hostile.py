"""market_hostile.py: one table of what somebody tries who means not to pay, to be paid more, or to see what is another's: each is refused by
a whole host or by `stoa` for its own reason, books nothing, and at the end the ledger is sound.

SPDX-License-Identifier: Apache-2.0
A row: what is tried, how, the reason; and how many entries it books where it is to book some. The rows are in hostile_*.py.
"""
import json
import sys

import hostile_calls
import hostile_money
import hostile_proofs
import hostile_terms
from market import METERED, NULL, NULL_BODY, Market, day
from stoa_host import check

CONFIG = ('[settlement]\nname = "Hall Ltd"\niban = "DE89370400440532013000"\n[webhooks]\nretry_first_ms = 100\n')
ROWS = (hostile_calls.calls, hostile_calls.replays, hostile_calls.licences, hostile_calls.readers, hostile_money.refunds,
        hostile_money.adjustments, hostile_money.months, hostile_money.payouts, hostile_money.roles, hostile_money.webhooks,
        hostile_terms.prices, hostile_terms.agreements, hostile_proofs.receipts, hostile_proofs.audits)
# Of issue and brief: each is somewhere in the table.
NAMED = ("replay", "altered receipt", "old receipt", "overspend", "clock back", "forged licence", "wrong key", "refund of a refund",
         "above the rest", "rounding", "below zero", "overflow", "gap between versions", "meters 2^63", "do not sum", "wrong party",
         "edited after", "signed twice", "another's model", "below the threshold", "payout twice", "without a reason", "another customer's usage",
         "another customer's invoice", "another publisher's statement", "too long", "webhook to", "bit changed", "leaf left out")
ROWS_LEAST = 250


class HostileMarket(Market):
    """In April 2031, with a month behind it that was closed and paid."""

    def set_up(self):
        for role in ("auditor", "reviewer", "finance"):
            self.tokens[role] = self.take("POST", "/v1/operators", {"name": role, "role": role})["token"]
        self.terms()
        self.customers_come()
        self.march()
        self.keep_proofs()

    def terms(self):
        self.demo_prices = self.prices("stoa-demo", [{"meter": "call", "tiers": [{"price": "0.01"}]}])
        self.dollar_prices = self.prices("stoa-demo", [{"meter": "call", "tiers": [{"price": "0.01"}]}], currency="USD")
        self.ending_prices = self.prices("stoa-demo", [{"meter": "call", "tiers": [{"price": "0.01"}]}], until="2031-06-01")
        test_prices = self.prices("stoa-test", [{"meter": "call", "tiers": [{"price": "0.01"}]}, {"meter": "token.out", "tiers": [
            {"price": "5"}]}])
        self.demo_agreement = self.agree("stoa-demo", {"publisher/stoa-demo": 700_000, "data/corpus": 200_000, "platform": 100_000})
        self.test_agreement = self.agree("stoa-test", {"publisher/stoa-test": 900_000, "platform": 100_000})
        for model in (NULL, "stoa-demo/null-threaded"):
            self.charge(model, self.demo_prices, self.demo_agreement)
        self.charge(METERED, test_prices, self.test_agreement)
        self.demo_webhook = self.take("POST", "/v1/webhooks", {"url": "https://example.com/", "types": ["release.changed"]},
                                      who="stoa-demo")["id"]

    def customers_come(self):
        self.shop = self.add_customer("northwind", tax_ppm=190_000, tax_office="DE")
        self.caller = self.key_of("northwind", "infer", name="caller")
        self.reader = self.key_of("northwind", "account", name="reader")
        revoked = self.take("POST", "/v1/customers/northwind/keys", {"name": "revoked"})
        self.take("POST", f"/v1/keys/{revoked['id']}/revoke", {"because": "lost"})
        self.revoked = revoked["key"]
        self.bounded = self.take("POST", "/v1/customers/northwind/keys", {
            "name": "bounded", "budget": {"amount": 1, "meter": "call", "period": "none"}})["key"]
        self.other = self.add_customer("contoso")
        self.poor = self.add_customer("poor")
        self.owing = self.add_customer("owing", pays="afterwards", credit_limit="0.02")
        self.unbilled = self.add_customer("unbilled", currency=None)
        self.dollars = self.add_customer("dollars", currency="USD", pays="afterwards", credit_limit="100")
        self.strict = self.add_customer("strict", currency=None, licence={"on_clock": "deny"})
        self.top_up_entry = self.top_up("northwind", "20000", **{"Idempotency-Key": "transfer-1"})["entry"]
        self.top_up("contoso", "20")
        self.top_up("poor", "0.009999999")

    def march(self):
        self.demo_call = self.paid(self.shop)
        self.paid(self.other)
        for key, calls in ((self.owing, 2), (self.bounded, 1)):
            for _ in range(calls):
                self.paid(key)
        self.refunded, self.partly, self.thirds = (self.paid(self.shop) for _ in range(3))
        act = self.take("POST", "/v1/refunds", {"entry": self.refunded, "reason": "it was slow"})
        self.refund_entry = act["entry"]
        self.take("POST", "/v1/refunds", {"entry": self.partly, "amount": "0.002", "reason": "it was slow"})
        self.replayed_body = json.dumps(NULL_BODY).encode()
        self.replayed = int(self.send("POST", f"/v2/models/{NULL}/infer", self.replayed_body, key=self.shop,
                                      fields={"Idempotency-Key": "paid-once"})[1]["x-stoa-receipt"])
        self.paid(self.shop, METERED, {"text_input": "a", "times": 1, "parameters": {"max_tokens": 1}}, "generate")
        self.take("POST", "/v1/adjustments", {"currency": "EUR", "reason": "from before", "postings": [
            {"account": "suspense", "amount": "25"}, {"account": "payable:publisher/stoa-demo", "amount": "-25"}]})
        self.until_signed(self.replayed)
        self.fetch()
        self.clock.set(day("2031-04-10"))
        check(self.wait_for(lambda: self.send("POST", "/v1/periods/2031-03/close", {"reason": "over"})[0] == 200, 20), "March is not closed")
        self.statement = next(one["number"] for one in self.items("/v1/statements") if one["party"] == "publisher/stoa-demo")
        self.invoice = next(one["number"] for one in self.items("/v1/invoices?customer=northwind"))
        for publisher in self.trusted:
            self.take("PUT", "/v1/payees", {"party": f"publisher/{publisher}", "name": publisher, "iban": "GB82WEST12345698765432",
                                            "reason": "by letter"})
        run = {one["party"]: one for one in self.take("POST", "/v1/payouts/run", {"reason": "monthly"})["items"]}
        self.payout, self.held_payout = (run[f"publisher/{publisher}"]["id"] for publisher in self.trusted)
        self.take("POST", f"/v1/payouts/{self.payout}/settle", {"reason": "paid"})

    def until_signed(self, number):
        """The log follows the calls, each second; its head has its size in the second line."""
        check(self.wait_for(lambda: int(self.send("GET", "/log/checkpoint")[2].split(b"\n")[1]) > number, 20), f"{number} is not in the log")

    def fetch(self):
        (self.folder / "log.key").write_bytes(self.send("GET", "/log/key")[2])
        self.command("audit", "fetch", "earnings", "--publisher", "stoa-demo", "--log-key", "log.key", who="stoa-demo")

    def keep_proofs(self):
        last = self.paid(self.shop)
        self.until_signed(last)
        self.fetch()
        key = (self.folder / "log.key").read_text()
        (self.folder / "rival.log.key").write_text(self.take("GET", "/v1/statement-key")["key"])
        check("equal" in self.stoa("audit", "check", "earnings", "--log-key", "log.key"), "the audit is not equal before it is altered")
        for name, number in (("good", self.demo_call), ("other", last)):
            receipt = self.take("GET", f"/v1/receipts/{number}", key=self.shop)
            (self.folder / f"{name}.receipt.json").write_text(json.dumps(receipt))
            self.stoa("receipts", "verify", f"{name}.receipt.json", "--log-key", key.strip())
        licence = self.items("/v1/licences?customer=northwind")[0]["id"]
        (self.folder / "good.stoa-licence").write_text(self.take("GET", f"/v1/licences/{licence}/file")["file"])
        self.stoa("licences", "verify", "good.stoa-licence", "--issuer", "platform=platform.pub.pem", "--at", "2031-04-10")


def tried(market, rows):
    """Every row; what was not as the table says."""
    wrong = []
    for what, run, reason, *books in rows:
        before = market.metric("stoa_billing_entries_total")
        try:
            said = str(run())
        except SystemExit as failed:
            said = str(failed)
        booked = market.metric("stoa_billing_entries_total") - before
        if said != reason or booked != sum(books):
            wrong.append(f"{what}: {said}, want {reason}; {booked:.0f} entries, want {sum(books)}")
    return wrong


def main():
    with HostileMarket(begins="2031-03-10", more=CONFIG) as market:
        market.set_up()
        rows = [row for make in ROWS for row in make(market)]
        names = [row[0] for row in rows]
        check(len(set(names)) == len(names), f"rows of one name: {sorted(name for name in names if names.count(name) > 1)}")
        check(len(rows) >= ROWS_LEAST, f"the table has {len(rows)} rows")
        missing = [words for words in NAMED if not any(words in name for name in names)]
        check(not missing, f"no row is about: {missing}")
        wrong = tried(market, rows)
        print("\n".join(wrong))
        check(not wrong, f"{len(wrong)} of {len(rows)} rows are not as the table says")
        market.paid(market.shop)
        said = market.command("ledger", "verify")
        check("sound" in said, said)
        check("equal" in market.stoa("audit", "check", "earnings", "--log-key", "log.key"), "the audit is not equal any more")
        print(f"{len(rows)} hostile cases, each for its own reason; {said.splitlines()[-1]}")


sys.exit(main())
