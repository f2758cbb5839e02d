"""hostile_terms.py: rows of market_hostile.py: prices and agreements that make no sense, or that nobody signed.

SPDX-License-Identifier: Apache-2.0
"""
from market import AGREEMENT, NULL
from package_maker import envelope

CALL = {"meter": "call", "tiers": [{"price": "0.01"}]}


def prices(market):
    def made(meters=(CALL,), **more):
        document = {"publisher": "stoa-demo", "currency": "EUR", "meters": list(meters), **more}
        return market.reason("POST", "/v1/prices", {key: value for key, value in document.items() if value is not None})

    def tiers(*rows, **more):
        return made([{"meter": "token.out", "model": "graduated", "tiers": list(rows), **more}])

    def next_of(prices, **more):
        return market.reason("PUT", f"/v1/prices/{prices}", {"publisher": "stoa-demo", "currency": "EUR", "meters": [CALL], **more})
    return [
        ("a price below zero", lambda: made([{"meter": "call", "tiers": [{"price": "-0.01"}]}]), "price.terms"),
        ("a price as a number", lambda: made([{"meter": "call", "tiers": [{"price": 0.01}]}]), "price.type"),
        ("a price of less than a billionth", lambda: made([{"meter": "call", "tiers": [{"price": "0.0000000001"}]}]), "price.amount"),
        ("overflow: a price above 64 bits", lambda: made([{"meter": "call", "tiers": [{"price": "9300000000"}]}]), "price.amount"),
        ("quantities below zero", lambda: tiers({"up_to": -5, "price": "1"}, {"price": "2"}), "price.type"),
        ("quantities of 2^64", lambda: made([{"meter": "call", "model": "graduated", "tiers": [{"up_to": 2**64, "price": "1"}, {
            "price": "2"}]}]), "price.type"),
        ("a price per nothing", lambda: tiers({"price": "1"}, per_units=0), "price.range"),
        ("tiers that fall", lambda: tiers({"up_to": 10, "price": "1"}, {"up_to": 5, "price": "2"}, {"price": "3"}), "price.terms"),
        ("tiers with an end", lambda: tiers({"up_to": 10, "price": "1"}), "price.terms"),
        ("tiers with a hole", lambda: tiers({"price": "1"}, {"price": "2"}), "price.terms"),
        ("packages that are cut", lambda: made([{"meter": "token.out", "model": "package", "per_units": 1000, "tiers": [
            {"up_to": 1500, "price": "1"}, {"price": "2"}]}]), "price.terms"),
        ("a meter twice", lambda: made([CALL, CALL]), "price.terms"),
        ("a meter that is no name", lambda: made([{"meter": "token out\n", "tiers": [{"price": "1"}]}]), "price.name"),
        ("an unknown model of price", lambda: made([{"meter": "call", "model": "auction", "tiers": [{"price": "1"}]}]), "price.value"),
        ("a member that nobody knows", lambda: made(discount="0.5"), "price.unknown_key"),
        ("no currency", lambda: made(currency=None), "price.missing_key"),
        ("a currency that is none", lambda: made(currency="EURO"), "price.currency"),
        ("a minimum without a period", lambda: made(minimum="5"), "price.terms"),
        ("prices that are over before they begin", lambda: made(**{"from": "2031-05-01", "until": "2031-04-30"}), "price.terms"),
        ("a price gap between versions", lambda: next_of(market.ending_prices, **{"from": "2031-08-01"}), "price.gap"),
        ("a version in another currency", lambda: next_of(market.demo_prices, currency="USD"), "price.terms"),
        ("a version of another publisher's", lambda: next_of(market.demo_prices, publisher="stoa-test"), "price.terms"),
        ("a version of no list", lambda: next_of("pri_00000000000000000000000000"), "price.unknown"),
    ]


def agreements(market):
    def proposed(parties, **more):
        return market.reason("POST", "/v1/agreements", {
            "publisher": "stoa-demo", "currency": "EUR", "platform_fee": [{"ppm": 0}],
            "parties": [{"name": name, "ppm": ppm} for name, ppm in parties], **more})
    whole = [("publisher/stoa-demo", 700_000), ("data/corpus", 200_000), ("platform", 100_000)]
    rows = [
        ("shares that do not sum up", lambda: proposed(whole[:2]), "agreement.terms"),
        ("shares that sum to more", lambda: proposed([*whole, ("data/extra", 1)]), "agreement.terms"),
        ("a share below zero", lambda: proposed([("publisher/stoa-demo", 1_100_000), ("data/corpus", -100_000)]), "agreement.range"),
        ("a party twice", lambda: proposed([("publisher/stoa-demo", 500_000), ("publisher/stoa-demo", 500_000)]), "agreement.terms"),
        ("without its publisher", lambda: proposed([("publisher/stoa-test", 1_000_000)]), "agreement.terms"),
        ("a party that is none", lambda: proposed([("publisher/stoa-demo", 500_000), ("corpus", 500_000)]), "agreement.party"),
        ("a fee above the whole", lambda: proposed(whole, platform_fee=[{"ppm": 1_000_001}]), "agreement.range"),
        ("an advance below zero", lambda: proposed(whole, advance={"amount": "-1"}), "agreement.terms"),
        ("overflow: a guarantee above 64 bits", lambda: proposed(whole, guarantee="9300000000"), "agreement.amount"),
        ("no fee at all", lambda: proposed(whole, platform_fee=[]), "agreement.length"),
    ]
    return rows + signatures(market) + charges(market)


def signatures(market):
    draft = market.propose("stoa-demo", {"publisher/stoa-demo": 700_000, "data/corpus": 200_000, "platform": 100_000})
    text = market.take("GET", f"/v1/agreements/{draft}/document")["document"]
    for party in ("publisher/stoa-demo", "data/corpus", "publisher/stoa-test"):
        market.party_key(party)

    def signed(party, file, agreement=draft, **named):
        return market.reason("POST", f"/v1/agreements/{agreement}/signatures", {"party": party, "file": file}, **named)

    def by(party, what=text, over=None, kind=AGREEMENT):
        key = market.party_key(party)
        return envelope(what.encode(), key, None if over is None else over.encode(), kind=kind).decode() + "\n"
    dearer = text.replace("700000", "600000").replace("200000", "300000")
    return [
        ("signed by the wrong party", lambda: signed("publisher/stoa-demo", by("data/corpus")), "agreement.foreign_key"),
        ("signed by a rival", lambda: signed("publisher/stoa-demo", by("publisher/stoa-test")), "agreement.foreign_key"),
        ("signed by who is no party", lambda: signed("publisher/stoa-test", by("publisher/stoa-test")), "agreement.not_a_party"),
        ("edited before it was signed", lambda: signed("publisher/stoa-demo", by("publisher/stoa-demo", dearer)), "agreement.other_terms"),
        ("edited after it was signed", lambda: signed("publisher/stoa-demo", by("publisher/stoa-demo", dearer, over=text)),
         "agreement.other_terms"),
        ("edited, with the signature of what it was", lambda: signed("publisher/stoa-demo", by("publisher/stoa-demo", over=dearer)),
         "signature.invalid"),
        ("a signature of something else", lambda: signed("publisher/stoa-demo", by(
            "publisher/stoa-demo", kind="application/vnd.stoa.manifest+json")), "signature.other_type"),
        ("a signature with something behind it", lambda: signed("publisher/stoa-demo", by("publisher/stoa-demo") + "\n"),
         "signature.envelope"),
        ("signed twice", lambda: signed("publisher/stoa-demo", market.signature(market.demo_agreement, "publisher/stoa-demo"),
                                        market.demo_agreement), "agreement.signed_already"),
        ("another agreement's signature", lambda: signed("publisher/stoa-demo", market.signature(
            market.demo_agreement, "publisher/stoa-demo")), "agreement.other_terms"),
        ("a publisher signs for another party", lambda: signed("data/corpus", by("data/corpus"), who="stoa-demo"),
         "agreement.foreign_party"),
        ("a rival signs", lambda: signed("publisher/stoa-demo", by("publisher/stoa-demo"), who="stoa-test"), "agreement.foreign_party"),
        ("a rival signs for itself", lambda: signed("publisher/stoa-test", by("publisher/stoa-test"), who="stoa-test"),
         "agreement.not_a_party"),
        ("the platform signs what is none", lambda: market.reason(
            "POST", "/v1/agreements/agr_00000000000000000000000000/signatures", {"party": "platform"}), "agreement.unknown"),
        ("wrong key: a party's key of low order", lambda: market.reason("POST", "/v1/party-keys", {
            "party": "data/corpus", "public_key": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                                  "-----END PUBLIC KEY-----\n"}), "key.low_order"),
        ("a draft is charged by", lambda: market.reason("POST", "/v1/charges", {
            "model": NULL, "price_list": market.demo_prices, "agreement": draft}), "charge.not_effective"),
    ]


def charges(market):
    def charged(model=NULL, prices=market.demo_prices, agreement=market.demo_agreement, **more):
        return market.reason("POST", "/v1/charges", {"model": model, "price_list": prices, "agreement": agreement, **more})
    return [
        ("an agreement for another's model", lambda: charged(agreement=market.test_agreement), "charge.foreign"),
        ("prices for another's model", lambda: charged("stoa-test/metered"), "charge.foreign"),
        ("prices in another currency than the shares", lambda: charged(prices=market.dollar_prices), "charge.currency"),
        ("no model", lambda: charged("stoa-demo/*"), "charge.model"),
        ("no prices", lambda: charged(prices="pri_00000000000000000000000000"), "price.unknown"),
        ("prices that are over by then", lambda: charged(prices=market.ending_prices, **{"from": "2031-07-01"}), "charge.not_effective"),
    ]
