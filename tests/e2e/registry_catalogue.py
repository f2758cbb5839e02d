"""registry_catalogue.py: the catalogue as a customer finds it: `stoa search` and `stoa show` on either plane, tags, cards whose
publisher writes hostile text, and what is taken back.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess
import sys

from registry_hostile import MODEL, PLUGIN, Registry
from stoa_host import BUILD, Host, call, check, staging

STOA = os.path.join(BUILD, "bin/stoa")
HOSTILE = "<img src=x onerror=alert(1)>\n# [free](javascript:alert(1)) `rm` | \u202e \x1b[2J"


def run(*argv):
    done = subprocess.run([STOA, *argv], capture_output=True, text=True, timeout=60, env={**os.environ, "STOA_TOKEN_FILE": ""})
    return done.returncode, done.stdout, done.stderr


def text(*argv):
    status, out, err = run(*argv)
    check(status == 0, f"stoa {' '.join(argv)}: {status} {err}")
    return out


def refused(reason, *argv):
    status, _, err = run(*argv)
    check(status != 0 and f"reason: {reason}\n" in err and "hint: " in err, f"stoa {' '.join(argv)}: {status} {err}")


def publish(registry, version, change=lambda manifest: None):
    check(registry.made(lambda d: change(d.manifest), version=version) == "validating", f"{version} is refused")
    listed = registry.api.take("GET", f"/v1/releases?plugin={PLUGIN}", token=registry.token)["items"]
    release = next(each["id"] for each in listed if each["version"] == version)
    registry.api.take("POST", f"/v1/releases/{release}/review", {"verdict": "accept", "because": "good"},
                      token=registry.admin)
    return release


def told(manifest):
    manifest.update(changelog="- hears\n- " + "faster", description="Says which one it is.")
    manifest["models"][0].update(description=HOSTILE,
                                 prices=[{"meter": "call", "currency": "EUR", "nano": 2000000, "per": 1}])


def main():
    staging("release_1_0_0")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        registry = Registry(host)
        for url in (host.url, host.operator_url):
            check(text("search", "--registry", url) == "nothing is found\n", "an empty catalogue shows something")
        publish(registry, "1.0.0")
        second = publish(registry, "1.1.0", told)
        registry.api.take("PUT", "/v1/aliases", {"model": MODEL, "alias": "champion", "targets": [{"version": "1.0.0"}]},
                          token=registry.admin)
        for url in (host.url, host.operator_url):
            where = ("--registry", url)
            for found in (("release",), ("SELF", "demo", "--modality", "text"), ("--task", "self-description"),
                          ("--licence", "Apache-2.0", "--sort", "newest"), ("--price-max", "0.002", "--currency", "EUR"),
                          ("--publisher", "stoa-demo", "--meter", "call", "--price-max", "5", "--currency", "EUR")):
                check(f"{MODEL} 1.1.0 self-description" in " ".join(text("search", *found, *where).split()),
                      f"{found} finds nothing")
            for nothing in (("boots",), ("--modality", "image"), ("--licence", "MIT"), ("--price-max", "0"),
                            ("--publisher", "mallory-works")):
                check(text("search", *nothing, *where) == "nothing is found\n", f"{nothing} finds something")
            rows = json.loads(text("search", "--json", *where))["items"]
            check([row["version"] for row in rows] == ["1.1.0"] and rows[0]["versions"] == 2, f"{rows}")
            for name, version in ((MODEL, "1.1.0"), (MODEL + "@^1.0", "1.1.0"), (MODEL + "@1.0.0", "1.0.0"),
                                  (MODEL + "@champion", "1.0.0"), (MODEL + "@~1.0", "1.0.0")):
                shown = json.loads(text("show", name, "--json", *where))
                check(shown["card"]["version"] == version, f"{name} shows {shown['card']['version']}")
                check([each["version"] for each in shown["page"]["versions"]] == ["1.1.0", "1.0.0"], "its versions")
            page = text("show", MODEL, *where)
            check("0.002 EUR for 1 call" in page and "champion" in page and "- hears?- faster" in page, page)
            check(all(c == "\n" or ord(c) >= 0x20 for c in page) and "\x9b" not in page, f"a control character: {page!r}")
            for reason, name in (("model.unknown", "stoa-demo/nothing"), ("range.unmatched", MODEL + "@^3"),
                                 ("version.unknown", MODEL + "@1.0.9"), ("alias.unknown", MODEL + "@loser"),
                                 ("range.syntax", MODEL + "@>=")):
                refused(reason, "show", name, *where)
            refused("registry.query", "search", "--modality", "smell", *where)
        # A token in clear would not even leave for an address that nobody has (RFC 5737).
        (host.folder / "a.token").write_text(registry.token)
        refused("client.plain_http", "show", MODEL, "--registry", "http://192.0.2.1:1", "--token-file",
                str(host.folder / "a.token"))

        card = f"{host.url}/v1/catalogue/{MODEL}/card.md"
        status, headers, body = call(card)
        check(status == 200 and headers["Content-Type"] == "text/markdown; charset=utf-8", f"{card}: {status}")
        for sign in (b"<img", b"[free](", b"\x1b", "\u202e".encode(), b"\n# [", b"`rm`"):
            check(sign not in body, f"a card has {sign!r}: {body.decode()}")
        for path in ("", f"/{MODEL}", f"/{MODEL}/versions", f"/{MODEL}/card", f"/{MODEL}/card.md"):
            url = f"{host.url}/v1/catalogue{path}"
            tag = call(url)[1]["ETag"]
            status, headers, body = call(url, headers={"If-None-Match": tag})
            check((status, headers["ETag"], body) == (304, tag, b""), f"{url}: {status} for its own tag")

        registry.api.take("POST", f"/v1/releases/{second}/revoke", {"because": "leaks"}, token=registry.admin)
        where = ("--registry", host.url)
        check(f"{MODEL}  1.0.0" in text("search", *where), "what is revoked is still shown")
        refused("version.unknown", "show", MODEL + "@1.1.0", *where)
        registry.api.take("PUT", "/v1/publishers/stoa-demo/plugins/release/state", {"state": "delisted", "because": "done"},
                          token=registry.token)
        check(text("search", *where) == "nothing is found\n", "what is delisted is still shown")
        refused("model.unknown", "show", MODEL, *where)
        described = json.loads(call(host.url + "/openapi.json")[2])["paths"]
        check({"/v1/catalogue", "/v1/catalogue/{publisher}/{model}/card.md"} <= set(described), "openapi.json lacks it")
        print("search, pages, cards and tags on either plane")


if __name__ == "__main__":
    sys.exit(main())
