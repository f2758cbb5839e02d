"""month_books.py: the terms of market_month.py, and what its calls come to by them: balances, and the lines of documents.

SPDX-License-Identifier: Apache-2.0
"""
import json

from market import METERED, NULL
from market_arithmetic import MILLION, Prices, Shares, Taxes

PACKAGED, QUOTA = "stoa-demo/null-threaded", "stoa-demo/identity"
EARLY, LATE = ([{"meter": "call", "model": "graduated", "tiers": [{"up_to": 10, "price": "0"}, {"up_to": 200, "price": cheap}, {
    "price": dear}]}] for cheap, dear in (("0.013", "0.007"), ("0.017", "0.011000001")))
LISTS = {
    NULL: ("EUR", EARLY, {"period": "month", "minimum": "30.00"}),
    PACKAGED: ("EUR", [{"meter": "call", "model": "package", "per_units": 7, "tiers": [{"price": "0.05"}]}], {}),
    QUOTA: ("EUR", [{"meter": "call", "model": "graduated", "tiers": [{"up_to": 5, "price": "0", "flat": "1.00"}, {"price": "0.25"}]},
                    {"meter": "byte.in", "per_units": MILLION, "tiers": [{"price": "0.12345"}]}], {"period": "month"}),
    METERED: ("USD", [{"meter": "call", "tiers": [{"price": "0.003"}]}, {"meter": "token.out", "model": "volume", "tiers": [
        {"up_to": 100, "price": "0.02"}, {"price": "0.015"}]}], {"period": "month"}),
}


def parties(**ppm):
    return [{"name": name.replace("_", "/", 1).replace("_", "-"), "ppm": part} for name, part in ppm.items()]


WHOLE = parties(publisher_stoa_demo=700_000, data_corpus=200_000, platform=100_000)
REFERRED = {"platform_fee": [{"ppm": 150_000}], "processing": {"ppm": 14_000, "flat": "0.002"},
            "referral": {"party": "partner/blog", "ppm": 200_000, "of": "gross"}, "advance": {"amount": "0.50", "ppm": 500_000},
            "parties": parties(publisher_stoa_demo=800_000, data_corpus=200_000)}
TIERED = {"platform_fee": [{"up_to": "1.5", "ppm": 200_000}, {"ppm": 100_000}], "period": "month", "guarantee": "20.00",
          "parties": parties(publisher_stoa_test=MILLION)}
AGREEMENTS = {NULL: {"platform_fee": [{"ppm": 0}], "parties": WHOLE}, PACKAGED: {"platform_fee": [{"ppm": 0}], "parties": WHOLE},
              QUOTA: REFERRED, METERED: TIERED}
TAXES = {"northwind": ("DE", 190_000), "fabrikam": ("CH", 77_000)}


class Books:
    """The month as the test works it out: what every account came to, and the lines of documents."""

    def __init__(self):
        self.shares, self.prices, self.taxes = {}, {}, {name: Taxes(ppm) for name, (_, ppm) in TAXES.items()}
        self.lines, self.balance = {}, {}  # by (party, kind, model, price): [entries, units, gross, amount]; by account

    def post(self, account, credit):
        self.balance[account] = self.balance.get(account, 0) + credit

    def line(self, who, kind, model, price, amount, gross=0, units=None):
        line = self.lines.setdefault((who, kind, model, price), [0, {}, 0, 0])
        line[0] += 1
        line[2] += gross
        line[3] += amount
        for meter, count in (units or {}).items():
            line[1][meter] = line[1].get(meter, 0) + count

    def book(self, kind, credits, customer, paid, model="", price="", gross=0, units=None):
        """credits: by account; paid: by the customer, below zero what it got back."""
        for account, credit in credits.items():
            self.post(account, credit)
            if account.startswith("payable:") and credit:
                self.line(account[8:], kind, model, price, credit, gross, units)
        if customer and paid:
            self.post(customer, -paid)
            self.line(customer, kind, model, price, -paid, gross, units)

    def call(self, customer, model, price, units):
        """Credits, gross and tax of it."""
        meters = LATE if model == NULL and price.endswith("/2") else LISTS[model][1]
        gross = self.prices.setdefault((customer, price), Prices(meters)).charge(units)
        terms = AGREEMENTS[model]
        credits = self.shares.setdefault(json.dumps(terms), Shares(model.split("/")[0], terms)).share(gross)
        tax = self.taxes[customer].on(gross)
        if tax:
            credits["tax:" + TAXES[customer][0]] = tax
        self.book("usage", credits, customer, gross + tax, model, price, gross, units)
        return credits, gross, tax
