"""publish_race.py: two people publish one version at once: one of them has it, and nothing is left of the other.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import shutil
import sys
import threading

from registry import MODEL, with_publisher
from registry_hostile import Api
from stoa_host import Host, check, staging, stoa


def packages(host, version):
    """Two packages of one version, signed, with other bytes."""
    made = []
    for who in ("mine", "yours"):
        folder, file = host.folder / f"{version}-{who}.plugin", host.folder / f"{version}-{who}.stoa"
        shutil.copytree(staging("release_" + version.replace(".", "_")), folder)
        (folder / "assets").mkdir()
        (folder / "assets/table.bin").write_bytes(who.encode() * 100_000)
        stoa("pack", folder, "-o", file)
        stoa("sign", file, "--key", host.folder / "key.key.pem")
        made.append(file)
    return made


def together(*acts):
    """What each came to, begun at the same moment."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(i):
        gate.wait()
        answers[i] = acts[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    check(None not in answers, "one of them never ended")
    return answers


def nothing_is_left(admin, version):
    check(admin.json("releases", "list", "--state", "draft")["items"] == [], f"{version}: a draft is left")
    here = [one for one in admin.json("releases", "list", "--model", MODEL)["items"] if one["version"] == version]
    check(len(here) == 1, f"{version} is there {len(here)} times: {here}")


def by_request(host, admin):
    """Both have announced and sent it before one of them submits: so it is the submission that meets the other."""
    api, token = Api(host.ports[1]), (host.folder / "partner.token").read_text().strip()
    for version in ("1.0.0", "1.1.0"):
        sent = []
        for file in packages(host, version):
            body = file.read_bytes()
            release = api.take("POST", "/v1/releases", {"plugin": MODEL, "version": version, "bytes": len(body),
                                                        "sha256": hashlib.sha256(body).hexdigest()}, token)
            upload = release["upload"]["id"]
            api.take("PUT", f"/v1/uploads/{upload}?offset=0", body, token)
            sent.append((release["id"], upload))
        check(len({release for release, _ in sent}) == 2, f"{version}: they share a draft: {sent}")
        submit = [lambda of=of: api.send("POST", f"/v1/releases/{of[0]}/submit", {"upload": of[1]}, token) for of in sent]
        answers = together(*submit)
        lost = [i for i, (status, _) in enumerate(answers) if status >= 400]
        check(len(lost) == 1, f"{version}: {answers}")
        status, problem = answers[lost[0]]
        check((status, problem["reason"]) == (409, "release.version_taken"), f"{version}: {status} {problem}")
        check("the draft was dropped" in problem["detail"], f"{version}: {problem}")
        release, upload = sent[lost[0]]
        check(api.reason("GET", f"/v1/releases/{release}", token=token) == "release.unknown", f"{version}: the draft is there")
        nothing_is_left(admin, version)


def by_command(host, admin, partner):
    """The same by the command line, however the two happen to meet."""
    version = "1.2.0"
    ended = together(*[lambda file=file: partner.run("publish", file, "--wait") for file in packages(host, version)])
    check(sorted(status == 0 for status, _, _ in ended) == [False, True], f"{version}: {ended}")
    words = next(err for status, _, err in ended if status != 0)
    check("reason: release.version_taken\n" in words, f"{version}: {words}")
    nothing_is_left(admin, version)


def main():
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        admin, partner = with_publisher(host)
        by_request(host, admin)
        by_command(host, admin, partner)
        check('"draft.' not in admin.text("doctor", "--json"), "the doctor finds a draft")
    print("ok")


if __name__ == "__main__":
    sys.exit(main())
