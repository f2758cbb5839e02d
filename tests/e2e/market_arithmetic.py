"""market_arithmetic.py: what calls cost and who earns it, worked out once more from docs/reference/billing-documents.md, with fractions.

SPDX-License-Identifier: Apache-2.0
Amounts are whole billionths. What is cut off of one amount comes with a later one: what is exact is summed up, and never rounded.
"""
import math
from fractions import Fraction

BILLION, MILLION = 10**9, 10**6


def nano(text):
    """Billionths of "12.50"."""
    amount = Fraction(text) * BILLION
    assert amount.denominator == 1, text
    return int(amount)


def cost(meter, units):
    """What so many units of a period cost together."""
    per, model = meter.get("per_units", 1), meter.get("model", "per_unit")
    total, begins, reached = Fraction(0), 0, None
    for tier in meter["tiers"]:
        if units <= begins:
            break
        ends = min(units, tier.get("up_to", units))
        inside, price, flat = ends - begins, nano(tier["price"]), nano(tier.get("flat", "0"))
        if model == "package":
            total += price * math.ceil(Fraction(inside, per)) + flat
        elif model == "volume":
            total = Fraction(price * units, per) + flat
        else:
            total += Fraction(price * inside, per) + flat
        begins, reached = ends, tier
    return math.floor(total) if reached else 0


class Rate:
    """Parts of one amount after another: all of them together are cut off once."""

    def __init__(self):
        self.exact, self.taken = Fraction(0), 0

    def take(self, exact):
        self.exact += exact
        part = math.floor(self.exact) - self.taken
        self.taken += part
        return part


class Shares:
    """An agreement's way of one amount after another."""

    def __init__(self, publisher, terms):
        self.publisher, self.terms = publisher, terms
        self.gross = self.recouped = 0
        self.rates = {step: Rate() for step in ("processing", "fee", "referral", "recoupment")}
        self.owed = [Fraction(0)] * len(terms["parties"])  # exact, less what was given

    def fee(self, gross):
        """By tiers of what the agreement grossed so far."""
        total, begins = Fraction(0), self.gross
        for tier in self.terms["platform_fee"]:
            ends = min(self.gross + gross, nano(tier["up_to"])) if "up_to" in tier else self.gross + gross
            if ends > begins:
                total += Fraction((ends - begins) * tier["ppm"], MILLION)
                begins = ends
        return total

    def share(self, gross):
        """Credits by account."""
        parts, rest = {}, gross

        def give(account, amount):
            if amount:
                parts[account] = parts.get(account, 0) + amount
        processing = self.terms.get("processing", {})
        taken = self.rates["processing"].take(Fraction(gross * processing.get("ppm", 0), MILLION))
        taken += min(nano(processing.get("flat", "0")) if gross else 0, rest - taken)
        give("income:processing", taken)
        rest -= taken
        fee = min(self.rates["fee"].take(self.fee(gross)), rest)
        give("income:platform_fee", fee)
        rest -= fee
        if referral := self.terms.get("referral"):
            assert referral["of"] == "gross" and "cap" not in referral
            referred = min(self.rates["referral"].take(Fraction(gross * referral["ppm"], MILLION)), rest)
            give("referral:" + referral["party"], referred)
            rest -= referred
        if advance := self.terms.get("advance"):
            room = min(rest, nano(advance["amount"]) - self.recouped)
            if room > 0 or self.recouped < nano(advance["amount"]):
                back = min(self.rates["recoupment"].take(Fraction(rest * advance["ppm"], MILLION)), room)
                self.recouped += back
                give("advance:" + self.publisher, back)
                rest -= back
        for party, amount in zip(self.terms["parties"], self.divide(rest)):
            give("income:share" if party["name"] == "platform" else "payable:" + party["name"], amount)
        self.gross += gross
        return parts

    def divide(self, amount):
        self.owed = [owed + Fraction(amount * party["ppm"], MILLION) for owed, party in zip(self.owed, self.terms["parties"])]
        parts = [max(0, math.floor(owed)) for owed in self.owed]
        self.owed = [owed - part for owed, part in zip(self.owed, parts)]
        for _ in range(amount - sum(parts)):
            most = self.owed.index(max(self.owed))
            parts[most] += 1
            self.owed[most] -= 1
        assert sum(parts) == amount and sum(self.owed) == 0
        return parts


class Taxes:
    """Of one customer, over all that it pays."""

    def __init__(self, ppm):
        self.ppm, self.rate = ppm, Rate()

    def on(self, gross):
        return self.rate.take(Fraction(gross * self.ppm, MILLION))


class Prices:
    """What a customer has used of one version of a list, in one period."""

    def __init__(self, meters):
        self.meters, self.used, self.charged = meters, {}, {}

    def charge(self, units):
        gross = 0
        for meter in self.meters:
            name = meter["meter"]
            if not units.get(name):
                continue
            self.used[name] = self.used.get(name, 0) + units[name]
            more = max(0, cost(meter, self.used[name]) - self.charged.get(name, 0))
            self.charged[name] = self.charged.get(name, 0) + more
            gross += more
        return gross


def taken_back(parts, given_back, amount):
    """A refund of a part: of what is left of each, in proportion; billionths over go to those whose part was cut most, the first first."""
    left = [part - back for part, back in zip(parts, given_back)]
    whole = sum(left)
    exact = [Fraction(one * amount, whole) for one in left]
    steps = [math.floor(one) for one in exact]
    by_cut = sorted(range(len(parts)), key=lambda i: (steps[i] - exact[i], i))
    for i in by_cut[:amount - sum(steps)]:
        steps[i] += 1
    return steps
