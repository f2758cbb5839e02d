"""hostile_calls.py: rows of market_hostile.py: calls that somebody means not to pay for, replays, licences, and readers of what is another's.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import datetime
import json

from market import METERED, NULL

HUGE = 2**63 - 1


def refused(market, key, *argv, **named):
    status, reason, receipt, answer = market.infer(key, *argv, **named)
    return reason if status >= 400 and receipt is None else f"served: {status} {receipt} {answer}"


def generated(market, key, parameters=None, **inputs):
    return refused(market, key, METERED, {"text_input": "a", "parameters": parameters or {}, **inputs}, "generate")


def claimed(market, key):
    """A plugin that counts 2^63 is believed up to what was held."""
    number = market.infer(key, METERED, {"text_input": "a", "claims": HUGE, "parameters": {"max_tokens": 4}}, "generate")[2]
    units = market.take("GET", f"/v1/receipts/{number}")["entry"]["usage"]["units"]
    return f"charged {units['token.out']} of {units['token.out/reported']}"


def calls(market):
    own, poor, owing, few = market.shop, market.poor, market.owing, {"max_tokens": 4}

    def raised(key):
        return refused(market, key, NULL)
    return [
        ("no key", lambda: refused(market, ""), "key.missing"),
        ("a key with a character changed", lambda: raised(own[:-1] + ("0" if own[-1] != "0" else "1")), "key.malformed"),
        ("an operator's token for a key", lambda: raised(market.tokens["admin"]), "key.malformed"),
        ("a revoked key", lambda: raised(market.revoked), "key.revoked"),
        ("a key without the scope", lambda: raised(market.reader), "key.scope"),
        ("overspend: a wallet that has less than the call may cost", lambda: raised(poor), "billing.no_funds"),
        ("overspend: what would go beyond the credit limit", lambda: raised(owing), "billing.no_funds"),
        ("overspend: a key's budget is used up", lambda: raised(market.bounded), "key.budget"),
        ("a customer who agreed to pay nothing", lambda: raised(market.unbilled), "billing.no_customer"),
        ("a price in another currency than the customer's", lambda: raised(market.dollars), "billing.no_customer"),
        ("a model that has no price", lambda: refused(market, own, "stoa-demo/null-text", {
            "inputs": [{"name": "in", "datatype": "BYTES", "shape": [1], "data": ["a"]}]}), "billing.no_price"),
        ("overflow: a call that may cost more than 64 bits hold", lambda: generated(market, own, {"max_tokens": HUGE}), "money.overflow"),
        ("a plugin that meters 2^63", lambda: claimed(market, own), "charged 4 of 9223372036855", 1),
        ("a plugin that meters less than nothing", lambda: generated(market, own, few, claims=-1), "plugin.meter"),
        ("a plugin that meters less than it had", lambda: generated(market, own, few, claims=1), "plugin.meter"),
        ("a plugin that meters -2^63", lambda: generated(market, own, few, claims=-HUGE - 1), "plugin.meter"),
    ]


def replays(market):
    own = market.shop

    def keyed(text, *argv):
        return refused(market, own, *argv, fields={"Idempotency-Key": text})

    def replayed():
        status, fields, _ = market.send("POST", f"/v2/models/{NULL}/infer", market.replayed_body, key=own,
                                        fields={"Idempotency-Key": "paid-once"})
        return f"{status} {fields.get('idempotent-replayed')} {int(fields['x-stoa-receipt']) == market.replayed}"
    other = {"inputs": [{"name": "in", "datatype": "FP32", "shape": [1], "data": [2]}]}
    return [
        ("replay: a key with its own body costs nothing again", replayed, "200 true True"),
        ("replay: a key with another body", lambda: keyed("paid-once", NULL, other), "idempotency.other_body"),
        ("replay: a key with another model", lambda: keyed("paid-once", "stoa-demo/null-threaded"), "idempotency.other_body"),
        ("replay: a key that is too long", lambda: keyed("k" * 300), "idempotency.key"),
        ("replay: an empty key", lambda: keyed(""), "idempotency.key"),
        ("replay: a key that does not print", lambda: keyed("a\x7fb"), "http.bad_head"),
        ("replay: a top-up's token with another amount", lambda: market.reason(
            "POST", "/v1/wallets/northwind/top-ups", {"amount": "21", "currency": "EUR", "reason": "a transfer"},
            fields={"Idempotency-Key": "transfer-1"}), "request.token_reused"),
        ("replay: a top-up's token for another customer", lambda: market.reason(
            "POST", "/v1/wallets/contoso/top-ups", {"amount": "20", "currency": "EUR", "reason": "a transfer"},
            fields={"Idempotency-Key": "transfer-1"}), "request.token_reused"),
    ]


def licences(market):
    """Of the licence file of northwind, which the platform signed."""
    issuer = ("--issuer", "platform=platform.pub.pem")

    def verified(change, with_=issuer, *more):
        file = market.folder / "hostile.stoa-licence"
        file.write_bytes(change((market.folder / "good.stoa-licence").read_bytes()))
        return market.command_reason("licences", "verify", file, *with_, *more)

    def changed(data):
        """All models, for what was one publisher's."""
        envelope = json.loads(data)
        terms = base64.b64decode(envelope["payload"]).replace(b"stoa-demo/*", b"stoa-test/*")
        return data.replace(envelope["payload"].encode(), base64.b64encode(terms))

    def clock_back():
        """Beyond the five minutes that a clock may be wrong by; then as it was."""
        market.clock.set(market.clock.now() - datetime.timedelta(days=2))
        try:
            market.wait_for(lambda: refused(market, market.strict) == "licence.clock", 10)
            return refused(market, market.strict)
        finally:
            market.clock.set(market.clock.now() + datetime.timedelta(days=2))
            market.wait_for(lambda: refused(market, market.strict) == "billing.no_customer", 10)
    return [
        ("forged licence: terms changed under the signature", lambda: verified(changed), "signature.invalid"),
        ("forged licence: signed by a publisher for the platform", lambda: verified(
            lambda data: data, ("--issuer", "platform=stoa-test.pub.pem")), "signature.unknown_key"),
        ("forged licence: cut", lambda: verified(lambda data: data[:-9]), "signature.envelope"),
        ("forged licence: something around it", lambda: verified(lambda data: b" " + data), "signature.envelope"),
        ("clock back", clock_back, "licence.clock"),
    ]


def readers(market):
    """Another's is not told from what is not there."""
    mine, rival = market.demo_call, "stoa-test"

    def as_rival(path):
        return market.reason("GET", path, who=rival)

    def as_contoso(path):
        return market.reason("GET", path, key=market.other)
    return [
        ("another customer's receipt", lambda: as_contoso(f"/v1/receipts/{mine}"), "ledger.no_entry"),
        ("another customer's proof", lambda: as_contoso(f"/v1/receipts/{mine}?form=tlog-proof"), "ledger.no_entry"),
        ("another customer's top-up", lambda: as_contoso(f"/v1/receipts/{market.top_up_entry}"), "ledger.no_entry"),
        ("another customer's invoice", lambda: as_contoso(f"/v1/account/invoices/{market.invoice}"), "invoice.unknown"),
        ("another customer's usage", lambda: market.reason("GET", "/v1/customers/northwind/usage", who=market.other), "token.syntax"),
        ("a key that may only call reads invoices", lambda: market.reason("GET", "/v1/account/invoices", key=market.caller), "key.scope"),
        ("another publisher's receipt", lambda: as_rival(f"/v1/receipts/{mine}"), "ledger.no_entry"),
        ("another publisher's entries", lambda: as_rival("/v1/publishers/stoa-demo/log"), "publisher.foreign"),
        ("another publisher's earnings", lambda: as_rival("/v1/publishers/stoa-demo/earnings"), "publisher.foreign"),
        ("another publisher's statements", lambda: as_rival("/v1/publishers/stoa-demo/statements"), "publisher.foreign"),
        ("another publisher's statement by its number", lambda: as_rival(
            f"/v1/publishers/stoa-test/statements/{market.statement}"), "statement.unknown"),
        ("another publisher's payouts", lambda: as_rival("/v1/publishers/stoa-demo/payouts"), "publisher.foreign"),
        ("another publisher's prices", lambda: as_rival(f"/v1/prices/{market.demo_prices}"), "price.unknown"),
        ("another publisher's agreement", lambda: as_rival(f"/v1/agreements/{market.demo_agreement}"), "agreement.unknown"),
        ("another publisher's webhook", lambda: as_rival(f"/v1/webhooks/{market.demo_webhook}"), "webhook.unknown"),
        ("a publisher reads everybody's statements", lambda: as_rival("/v1/statements"), "role.not_allowed"),
        ("a publisher reads a wallet", lambda: as_rival("/v1/wallets/northwind"), "role.not_allowed"),
        ("a publisher reads the ledger", lambda: as_rival("/v1/ledger/entries"), "role.not_allowed"),
    ]
