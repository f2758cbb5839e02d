"""registry_hostile.py: what somebody who means harm sends to a running registry, each refused over HTTP for its own reason;
and after each one the host serves, searches and takes as before.

SPDX-License-Identifier: Apache-2.0
registry/checks/hostile_publisher_test.cpp has more packages; here is the way to them: names, tokens, keys, uploads, requests.
"""
import hashlib
import http.client
import itertools
import json
import shutil
import sys
import time

from package_maker import Draft, Key, archive, entries_of, envelope, header
from stoa_host import Host, call_json, check, staging, stoa

MODEL, PLUGIN = "stoa-demo/release", "stoa-demo/release"
ASSET = "assets/table.bin"


# What has to be among the attacks; the rollback of metadata is the follower's to refuse: tuf_client_test.cpp.
KINDS = ("squatting", "replayed old package", "same version, other bytes", "foreign namespace", "expired key", "before the key was revoked",
         "a key that is revoked", "swapped blobs", "zip", "gzip bomb", "huge manifest", "deep manifest", "deep JSON", "bad UTF-8")


class Api:
    """The operator plane, by one connection per request."""

    def __init__(self, port):
        self.port = port

    def send(self, method, path, body=b"", token=None, fields=None):
        """status and answer; a body that is no bytes is JSON."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(fields or {})}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        check("problem+json" in answer.headers["Content-Type"] or answer.status < 400 if text else True,
              f"{method} {path}: {answer.status} is no problem details: {text[:200]}")
        return answer.status, json.loads(text) if text else {}

    def reason(self, *argv, **named):
        status, answer = self.send(*argv, **named)
        return answer.get("reason", f"none, {status}: {answer}") if status >= 400 else f"accepted: {status}"

    def take(self, *argv, **named):
        status, answer = self.send(*argv, **named)
        check(status < 300, f"{argv[:2]}: {status} {answer}")
        return answer


class Registry:
    def __init__(self, host):
        self.host, self.api, self.numbers = host, Api(host.operator_port), itertools.count(1)
        self.published = None  # the good release's id
        self.admin = (host.folder / "registry/admin.token").read_text().strip()
        good = host.folder / "good.plugin"
        shutil.copytree(staging("release_1_0_0"), good)
        (good / "assets").mkdir()
        (good / ASSET).write_bytes(b"a table of no size")
        stoa("pack", good, "-o", host.folder / "good.stoa")
        self.key = Key(host.folder / "key.key.pem", host.folder / "key.pub.pem")
        self.token = self.publisher("stoa-demo", self.key)
        stoa("sign", host.folder / "good.stoa", "--key", self.key.private)
        self.good = (host.folder / "good.stoa").read_bytes()
        check(archive(entries_of(self.good)) == self.good, "the maker of packages does not make what `stoa pack` makes")
        self.rivals_key = Key.make(host.folder, "rival")
        self.rival = self.publisher("mallory-works", self.rivals_key)

    def publisher(self, name, key):
        made = self.api.take("POST", "/v1/publishers", {"name": name}, token=self.admin)
        if "held_because" in made:
            self.api.take("POST", f"/v1/publishers/{name}/let-pass", token=self.admin)
        self.add_key(name, key, made["token"])
        return made["token"]

    def add_key(self, name, key, token):
        self.api.take("POST", f"/v1/publishers/{name}/keys",
                      {"public_key": key.public, "possession": key.possession(name)}, token=token)

    def announcement(self, data, version, plugin=PLUGIN):
        return {"plugin": plugin, "version": version, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    def announce(self, data, version, token=None, plugin=PLUGIN):
        return self.api.take("POST", "/v1/releases", self.announcement(data, version, plugin), token=token or self.token)

    def sent(self, data, version, token=None, plugin=PLUGIN):
        """A draft and its bytes: the ids of both."""
        draft = self.announce(data, version, token, plugin)
        upload = draft.get("upload", {}).get("id")
        for at in range(0, len(data) if upload else 0, 16 << 20):
            self.api.take("PUT", f"/v1/uploads/{upload}?offset={at}", data[at:at + (16 << 20)], token=token or self.token)
        return draft["id"], upload

    def handed_in(self, data, version, token=None, plugin=PLUGIN):
        """The whole way of a package; the first reason that somebody gives against it, or the state it ends in."""
        token = token or self.token
        status, answer = self.api.send("POST", "/v1/releases", self.announcement(data, version, plugin), token=token)
        if status >= 400:
            return answer["reason"]
        release, upload = answer["id"], answer.get("upload", {}).get("id")
        if upload:
            self.api.take("PUT", f"/v1/uploads/{upload}?offset=0", data, token=token)
        status, answer = self.api.send("POST", f"/v1/releases/{release}/submit", {"upload": upload} if upload else {},
                                       token=token)
        if status >= 400:
            self.api.take("DELETE", f"/v1/releases/{release}", token=token)
            return answer["reason"]
        end = time.monotonic() + 60
        while True:
            known = self.api.take("GET", f"/v1/releases/{release}", token=token)
            if "checked" in known:
                break
            check(time.monotonic() < end, f"{version} is not checked within a minute: {known}")
            time.sleep(0.02)
        failed = [each for each in known["checks"] if each["verdict"] == "failed"]
        return failed[0]["reason"] if failed else known["state"]

    def made(self, change=lambda draft: None, version=None, key=None, **more):
        """What becomes of the good package with one thing wrong."""
        draft = Draft(self.good, key or self.key)
        draft.manifest["version"] = version or f"1.0.{next(self.numbers)}"
        change(draft)
        return self.handed_in(draft.bytes(), draft.manifest["version"], **more)


def squatters(registry):
    """Names that live on another's: held, so that nothing can be published under them."""
    def held(name, like):
        made = registry.api.take("POST", "/v1/publishers", {"name": name}, token=registry.admin)
        check(made.get("held_because", "").startswith(f"name.{like}: "), f"{name} is not held for {like}: {made}")
        key = Key.make(registry.host.folder, name)
        check(registry.api.reason("POST", "/v1/releases", registry.announcement(b"x", "1.0.0", name + "/release"),
                                  token=made["token"]) == "publisher.state", f"{name} announces without a key")
        return registry.api.reason("POST", f"/v1/publishers/{name}/keys", {
            "public_key": key.public, "possession": key.possession(name)}, token=made["token"])

    def refused(name):
        return registry.api.reason("POST", "/v1/publishers", {"name": name}, token=registry.admin)
    rows = [(f"squatting: {name}", lambda n=name, i=like: held(n, i), "publisher.held")
            for name, like in (("works-mallory", "word_order"), ("stoademo", "separators"), ("stoa-dem0", "look_alike"),
                               ("st0a-demo", "look_alike"), ("stoa-demos", "plural"), ("stoa-demo-official", "affix"),
                               ("malory-works", "one_edit"), ("openai", "reserved"), ("admin", "reserved"))]
    return rows + [(f"no name at all: {name!r}", lambda n=name: refused(n), reason) for name, reason in (
        ("st\u043ea-demo", "publisher.name"), ("stoa\u200bdemo", "publisher.name"), ("stoa/demo", "publisher.name"),
        ("../demo", "publisher.name"), ("xn--sta-demo", "name.punycode"),
        ("s" * 65, "publisher.name"), ("stoa-demo", "publisher.exists"))]


def requests(registry):
    """Bodies and tokens that are none."""
    api, token = registry.api, registry.token
    announcement = registry.announcement(b"x", "1.0.0")

    def announce(**change):
        return api.reason("POST", "/v1/releases", {**announcement, **change}, token=token)

    def body(data, **named):
        return api.reason("POST", "/v1/releases", data, token=token, **named)
    return [
        ("no token", lambda: api.reason("POST", "/v1/releases", announcement), "token.missing"),
        ("a token that is mistyped", lambda: api.reason("POST", "/v1/releases", announcement, token=token[:-1] + "!"),
         "token.syntax"),
        ("a password instead of a token", lambda: api.reason(
            "POST", "/v1/releases", announcement, fields={"Authorization": "Basic YWRtaW46YWRtaW4="}), "token.scheme"),
        ("a publisher acts as a reviewer", lambda: api.reason(
            "POST", f"/v1/releases/{registry.published}/review", {"verdict": "reject", "because": "x"}, token=token),
         "role.not_allowed"),
        ("bad UTF-8", lambda: body(b'{"plugin":"\xc0\xaf\xff"}'), "registry.json"),
        ("a lone surrogate", lambda: body(b'{"plugin":"\\ud800"}'), "registry.json"),
        ("deep JSON", lambda: body(b'{"plugin":' + b"[" * 500_000), "registry.json"),
        ("a member twice", lambda: body(b'{"plugin":"a/b","plugin":"c/d"}'), "registry.json"),
        ("10,000 members", lambda: body(json.dumps({f"m{i}": 0 for i in range(10_000)}).encode()), "registry.json"),
        ("a body of 2 MiB", lambda: body(b" " * (2 << 20)), "http.body_too_large"),
        ("a member nobody knows", lambda: announce(state="published"), "registry.field"),
        ("a negative size", lambda: announce(bytes=-1), "registry.field"),
        ("a digest in capitals", lambda: announce(sha256="A" * 64), "registry.field"),
        ("a size of 2^64", lambda: body(json.dumps(announcement).replace('"bytes": 1', '"bytes": 18446744073709551616')
                                        .encode()), "registry.field"),
        ("no bytes", lambda: announce(bytes=0), "release.size"),
        ("more than its room", lambda: announce(version="9.0.0", bytes=1 << 50), "publisher.quota"),
        ("a version that is none", lambda: announce(version="1.0"), "release.version"),
        ("a path for a plugin", lambda: announce(plugin="stoa-demo/../../etc"), "release.plugin"),
        ("a changelog that moves the cursor", lambda: announce(version="9.0.0", changelog="\x1b[2J"), "text.control"),
        ("a changelog of 100 KB", lambda: announce(version="9.0.0", changelog="c" * 100_000), "text.too_long"),
    ]


def uploads(registry):
    api, rival = registry.api, registry.rival

    def sender():
        """A publisher of its own for each: eight unfinished uploads are all that one may have."""
        name = f"sender-{next(registry.numbers)}"
        return name, registry.publisher(name, Key.make(registry.host.folder, name))

    def with_draft(act):
        name, token = sender()
        draft = registry.announce(name.encode() * 400, "7.0.0", token, name + "/release")
        return act(token, draft["id"], draft["upload"]["id"])

    def put(token, upload, offset, chunk):
        return api.reason("PUT", f"/v1/uploads/{upload}?offset={offset}", chunk, token=token)

    def submit(token, release, upload):
        return api.reason("POST", f"/v1/releases/{release}/submit", {"upload": upload}, token=token)

    def twice(token, release, upload):
        api.take("PUT", f"/v1/uploads/{upload}?offset=0", b"a" * 100, token=token)
        return put(token, upload, 0, b"b" * 100)

    def swapped(token, release, upload):
        bytes_max = api.take("GET", f"/v1/uploads/{upload}", token=token)["bytes"]
        api.take("PUT", f"/v1/uploads/{upload}?offset=0", b"z" * bytes_max, token=token)
        return submit(token, release, upload)

    def many():
        name, token = sender()
        reasons = [api.reason("POST", "/v1/releases", registry.announcement(b"%d" % i, f"1.0.{i}", name + "/release"),
                              token=token) for i in range(9)]
        check(reasons[:8] == ["accepted: 201"] * 8, f"{reasons}")
        return reasons[8]
    return [
        ("another's upload", lambda: with_draft(lambda t, r, u: put(rival, u, 0, b"x")), "upload.not_found"),
        ("another's draft", lambda: with_draft(lambda t, r, u: submit(rival, r, u)), "publisher.foreign"),
        ("another's draft dropped", lambda: with_draft(lambda t, r, u: api.reason(
            "DELETE", f"/v1/releases/{r}", token=rival)), "publisher.foreign"),
        ("an upload that is a path", lambda: put(rival, "..%2F..%2Fcatalogue.db", 0, b"x"), "upload.not_found"),
        ("a gap", lambda: with_draft(lambda t, r, u: put(t, u, 1000, b"x")), "upload.offset"),
        ("an offset of 2^64", lambda: with_draft(lambda t, r, u: put(t, u, 1 << 64, b"x")), "registry.query"),
        ("more than announced", lambda: with_draft(lambda t, r, u: put(t, u, 0, b"x" * 5000)), "upload.too_large"),
        ("a chunk of 17 MiB", lambda: with_draft(lambda t, r, u: put(t, u, 0, bytes(17 << 20))), "http.body_too_large"),
        ("other bytes for a chunk", lambda: with_draft(twice), "upload.different"),
        ("submitted half", lambda: with_draft(submit), "upload.incomplete"),
        ("other bytes than announced", lambda: with_draft(swapped), "upload.digest_mismatch"),
        ("more uploads than anybody finishes", many, "upload.too_many"),
    ]


def packages(registry):
    made, key, rivals_key = registry.made, registry.key, registry.rivals_key
    stranger = Key.make(registry.host.folder, "stranger")

    def entries(edit):
        def change(draft):
            def edited(entries):
                entries = [list(entry) for entry in entries]
                return [tuple(entry) for entry in edit(entries) or entries]
            draft.edit_entries = edited
        return lambda: made(change)

    def manifest(edit):
        return lambda: made(lambda draft: edit(draft.manifest))

    def text(edit):
        return lambda: made(lambda draft: setattr(draft, "edit_json", edit))

    def whole(edit):
        return lambda: made(lambda draft: setattr(draft, "edit_bytes", edit))

    def head(**fields):
        return lambda: made(lambda draft: draft.heads.update(
            {ASSET: header(fields.pop("path", ASSET), len(draft.files[ASSET]), **fields)}))

    def swap(entries, a, b):
        entries[a][1], entries[b][1] = entries[b][1], entries[a][1]

    def set_bytes(entries, at, data):
        entries[at][1] = data

    def with_asset(data):
        def change(draft):
            draft.files[ASSET] = data
            draft.settle()
        return lambda: made(change)

    def other_announcement():
        draft = Draft(registry.good, key)
        draft.manifest["version"] = "8.0.1"
        return registry.handed_in(draft.bytes(), "8.0.0")
    return [
        # Speaking for others.
        ("foreign namespace, announced", lambda: registry.handed_in(b"x", "1.0.1", token=registry.rival), "publisher.foreign"),
        ("foreign namespace, in the package alone", lambda: registry.handed_in(
            Draft(registry.good, rivals_key).bytes(), "1.0.0", registry.rival, "mallory-works/release"),
         "release.other_package"),
        ("another version than announced", other_announcement, "release.other_package"),
        ("another publisher's key", lambda: made(key=rivals_key), "signature.other_publisher"),
        ("a key that nobody registered", lambda: made(key=stranger), "signature.unknown_key"),
        ("no signature", lambda: made(lambda d: setattr(d, "key", None)), "signature.missing"),
        ("a signature of other bytes", entries(lambda e: set_bytes(e, 1, envelope(e[0][1], key, b"{}"))),
         "signature.invalid"),
        ("a signature of another manifest", entries(lambda e: set_bytes(e, 0, e[0][1].replace(b"Says", b"Sais"))),
         "signature.other_manifest"),
        ("an envelope in another form", entries(lambda e: set_bytes(e, 1, e[1][1] + b"\n")), "signature.envelope"),
        # What was here before.
        ("a replayed old package", lambda: registry.handed_in(registry.good, "1.0.0"), "release.exists"),
        ("same version, other bytes", lambda: made(lambda d: d.manifest.update(description="new"), version="1.0.0"),
         "release.version_taken"),
        ("same version with build metadata", lambda: made(version="1.0.0+patched"), "release.version_taken"),
        ("a pre-release of what is out", lambda: made(version="1.0.0-rc.1"), "version.behind"),
        # Other content than was signed.
        ("swapped blobs", entries(lambda e: swap(e, 2, 3)), "package.size_mismatch"),
        ("a library changed in one byte", entries(lambda e: set_bytes(e, 2, e[2][1][:-1] + bytes([e[2][1][-1] ^ 1]))),
         "package.digest_mismatch"),
        ("a file that nobody signed", entries(lambda e: e + [["lib/linux-x86_64/extra.so", b"x"]]),
         "package.unlisted_entry"),
        ("a file left out", entries(lambda e: e[:-1]), "package.missing_entry"),
        ("two manifests", entries(lambda e: e + [e[0]]), "package.duplicate_entry"),
        # Tricks with archives.
        ("zip", whole(lambda b: b"PK\x03\x04" + b[4:]), "package.compressed"),
        ("gzip bomb", whole(lambda b: b"\x1f\x8b\x08" + bytes(5000)), "package.compressed"),
        ("no archive", whole(lambda b: b"x" * 8192), "package.not_an_archive"),
        ("leads out of the folder", head(path="../../evil.so"), "package.parent_path"),
        ("absolute path", head(path="/etc/ld.so.preload"), "package.absolute_path"),
        ("control character in a path", head(path=b"assets/\x1b[2J"), "package.unclean_path"),
        ("symbolic link", head(kind=b"2", link="/etc/passwd"), "package.link"),
        ("device", head(kind=b"3"), "package.special_file"),
        ("set-uid bit", head(mode=b"004755 \0"), "package.not_canonical"),
        ("a size that lies", head(size_field=b"77777777777 "), "package.truncated"),
        ("something behind the end", whole(lambda b: b + b), "package.trailing_bytes"),
        ("5,000 files", entries(lambda e: e + [[f"assets/n{i}", b""] for i in range(5000)]), "package.too_many_entries"),
        # Manifests.
        ("huge manifest", text(lambda j: j + b" " * (1 << 20)), "manifest.too_large"),
        ("deep manifest", text(lambda j: b'{"stoa":1,"config":' + b"[" * 100_000), "manifest.too_deep"),
        ("bad UTF-8 in the manifest", text(lambda j: j.replace(b"Says", b"\xc0\xaf\xff\xfe")), "manifest.json"),
        ("a key twice", text(lambda j: b'{"id":"evil/x",' + j[1:]), "manifest.duplicate_key"),
        ("an unknown key", manifest(lambda m: m.update(hooks="rm")), "manifest.unknown_key"),
        ("NUL in a text", manifest(lambda m: m.update(description="a\0b")), "manifest.nul_character"),
        ("a changelog in the manifest that moves the cursor", manifest(lambda m: m.update(changelog="\x1b[2J")), "manifest.changelog"),
        ("a price for what is not counted", manifest(lambda m: m["models"][0].update(
            prices=[{"meter": "soul", "currency": "EUR", "nano": 1}])), "manifest.price"),
        ("a permission that no sandbox has", manifest(lambda m: m.update(permissions=["filesystem:/"])),
         "manifest.permission"),
        ("a model named like a route", manifest(lambda m: (m["models"][0].update(name="infer"),
                                                           m.pop("golden"))), "manifest.name"),
        ("a path in the manifest leads out", manifest(lambda m: m["assets"][0].update(path="assets/../../x")),
         "manifest.path"),
        # What would not fit here.
        ("ABI of the future", manifest(lambda m: m.update(abi={"min": 9, "max": 9})), "abi.too_new"),
        ("a signing key in an asset", with_asset(b"-----BEGIN " + b"PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHkD3o7pQmVx8s"
                                                 b"WbYtR2nUe5aJf0LgKcZi9MvNhT1qXd\n"), "secret.found"),
        ("a library that is none", lambda: made(lambda d: (d.files.update(
            {d.manifest["platforms"][0]["library"]: b"\x7fELF and nothing else"}), d.settle())), "plugin.lint.not_elf"),
        ("a model that answers otherwise", manifest(lambda m: m["golden"][0]["outputs"][0].update(data="9.9.9")),
         "golden.failed"),
    ]


def keys(registry):
    """In this order: each is a moment in the life of the keys of one more publisher."""
    api, folder = registry.api, registry.host.folder
    old, new, late = (Key.make(folder, name) for name in ("old", "new", "late"))
    token = registry.publisher("keyring-works", old)
    path, plugin = "/v1/publishers/keyring-works/keys", "keyring-works/release"

    def made(version, key):
        return registry.made(lambda d: d.manifest.update(id=plugin), version=version, key=key, token=token, plugin=plugin)

    def accept(version):
        listed = api.take("GET", f"/v1/releases?plugin={plugin}", token=token)["items"]
        release = next(each for each in listed if each["version"] == version)
        api.take("POST", f"/v1/releases/{release['id']}/review", {"verdict": "accept", "because": "good"},
                 token=registry.admin)
        return release

    def rotated():
        check(made("1.0.0", old) == "validating", "a good package is refused")
        accept("1.0.0")
        api.take("POST", f"{path}/{old.id}/rotate", {}, token=token)
        registry.add_key("keyring-works", new, token)
        return made("1.1.0", old)

    def revoked_since():
        check(made("1.1.0", new) == "validating", "a package with the new key is refused")
        release = accept("1.1.0")
        api.take("POST", f"{path}/{new.id}/revoke", {"because": "stolen", "from_ms": 1}, token=token)
        check(api.take("GET", f"/v1/releases/{release['id']}", token=token)["state"] == "quarantined",
              "what a revoked key signed is still there")
        return api.reason("GET", f"/v1/packages/{release['package']['sha256']}")

    def degenerate():
        # The point of order one, as PEM.
        pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" \
              "-----END PUBLIC KEY-----\n"
        return api.reason("POST", path, {"public_key": pem, "possession": "00" * 64}, token=token)

    def for_evaluations():
        added = api.take("POST", path, {"public_key": late.public, "possession": late.possession("keyring-works"),
                                        "role": "evaluation", "valid_until_ms": 4_000_000_000_000}, token=token)
        check(added["role"] == "evaluation" and added["valid_until"].startswith("2096-"), f"the key is {added}")
        return made("1.2.1", late)

    def registered_by_the_thief():
        return api.reason("POST", "/v1/publishers/mallory-works/keys", {
            "public_key": new.public, "possession": new.possession("mallory-works")}, token=registry.rival)

    def with_terms(**terms):
        return api.reason("POST", path, {"public_key": late.public, "possession": late.possession("keyring-works"), **terms},
                          token=token)
    return [
        ("another's key", lambda: api.reason("POST", path, {
            "public_key": registry.key.public, "possession": late.possession("keyring-works")}, token=token), "key.possession"),
        ("a proof for another namespace", lambda: api.reason("POST", path, {
            "public_key": late.public, "possession": late.possession("stoa-demo")}, token=token), "key.possession"),
        ("a degenerate key", degenerate, "key.low_order"),
        ("no key", lambda: api.reason("POST", path, {"public_key": "key", "possession": "00" * 64}, token=token), "key.syntax"),
        ("an expired key: it was rotated", rotated, "signature.key_expired"),
        ("what was signed before the key was revoked from", revoked_since, "package.unknown"),
        ("a key that is revoked", lambda: made("1.2.0", new), "signature.key_revoked"),
        ("a revoked key comes back", lambda: api.reason("POST", path, {
            "public_key": new.public, "possession": new.possession("keyring-works")}, token=token), "key.exists"),
        ("a revoked key comes back as another publisher's", registered_by_the_thief, "key.exists"),
        ("a key for what nobody knows", lambda: with_terms(role="master"), "key.role"),
        ("a key that has run out", lambda: with_terms(valid_until_ms=1), "key.validity"),
        ("a package by a key for evaluations", for_evaluations, "signature.key_role"),
        ("another publisher revokes it", lambda: api.reason(
            "POST", f"{path}/{old.id}/revoke", {"because": "x"}, token=registry.rival), "publisher.foreign"),
        ("the alias goes back behind its first step", lambda: (api.take("PUT", "/v1/aliases", {
            "model": MODEL, "alias": "first", "targets": [{"version": "1.0.0"}]}, token=registry.admin), api.reason(
                "POST", "/v1/aliases/take-back", {"model": MODEL, "alias": "first"}, token=registry.admin))[1],
         "alias.no_step_before"),
        ("an alias to what nobody accepted", lambda: api.reason("PUT", "/v1/aliases", {
            "model": MODEL, "alias": "evil", "targets": [{"version": "6.6.6"}]}, token=registry.admin), "version.unknown"),
    ]


def serves(host):
    body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}
    status, answer = call_json(f"{host.url}/v2/models/{MODEL}/infer", body)
    return status == 200 and answer["outputs"][0]["data"][0] == "1.0.0"


def main():
    staging("release_1_0_0")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        registry = Registry(host)
        state = registry.handed_in(registry.good, "1.0.0")
        check(state == "validating", f"the good package is refused: {state}")
        registry.published = registry.api.take("GET", f"/v1/releases?plugin={PLUGIN}", token=registry.admin)["items"][0]["id"]
        registry.api.take("POST", f"/v1/releases/{registry.published}/review", {"verdict": "accept", "because": "good"},
                          token=registry.admin)
        check(host.wait_for(lambda: serves(host), 60), "the good release does not answer")
        rows = squatters(registry) + requests(registry) + uploads(registry) + packages(registry) + keys(registry)
        names = [name for name, *_ in rows]
        check(len(rows) >= 100 and len(set(names)) == len(rows), f"{len(rows)} attacks, {len(set(names))} names")
        for kind in KINDS:
            check(any(kind in name for name in names), f"no attack is of the kind '{kind}'")
        wrong = []
        for name, attack, reason in rows:
            said = attack()
            if said != reason:
                wrong.append(f"{name}: {said}, not {reason}")
            check(host.is_alive(), f"{name}: the host is dead: {host.log_text()[-2000:]}")
            found = Api(host.port).take("GET", "/v1/catalogue?publisher=stoa-demo")["items"]
            check([each["version"] for each in found] == ["1.0.0"], f"{name}: the catalogue shows {found}")
            check(serves(host), f"{name}: the good release answers no more")
        check(not wrong, "\n  ".join(["refused for other reasons:", *wrong]))
        # The next good one is taken, by the same way.
        check(registry.made(lambda d: d.manifest.update(description="better"), version="1.9.0") == "validating",
              "a good package is refused after all that")
        whole = registry.api.take("GET", "/v1/audit/head", token=registry.admin)
        print(f"{len(rows)} attacks, each refused for its own reason; the audit log's {whole['audit']['lines']} lines are whole")


if __name__ == "__main__":
    sys.exit(main())
