"""publish_race.py: two people publish one version at once: one of them has it. The other keeps what was sent until that one is
published, and has the version where it is rejected.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import shutil
import sys
import threading

from registry import MODEL, wait_for, with_publisher
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
    here = [one["state"] for one in of_version(admin, version) if one["state"] != "rejected"]
    check(here == ["published"], f"{version} is there {len(here)} times: {here}")


def of_version(admin, version):
    return [one for one in admin.json("releases", "list", "--model", MODEL)["items"] if one["version"] == version]


def checked(admin, release):
    wait_for(lambda: "checked" in admin.json("releases", "show", release), f"{release} is checked")


def by_request(host, admin, partner):
    """Both have announced and sent it before one of them submits: so it is the submission that meets the other."""
    api, token = Api(host.ports[1]), (host.folder / "partner.token").read_text().strip()
    for version in ("1.0.0", "1.1.0"):
        sent, files = [], packages(host, version)
        for file in files:
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
        check("if it is rejected, submit this one again" in problem["detail"], f"{version}: {problem}")
        check(problem["detail"].endswith("; the draft is kept, with its upload"), f"{version}: {problem}")
        (release, upload), (winner, _), file = sent[lost[0]], sent[1 - lost[0]], files[lost[0]]
        checked(admin, winner)
        if version == "1.0.0":
            admin.text("releases", "accept", winner)
            status, problem = submit[lost[0]]()
            check((status, problem["reason"]) == (409, "release.version_taken"), f"{version}: {status} {problem}")
            check(problem["detail"].endswith("; the draft was dropped"), f"{version}: {problem}")
            check(api.reason("GET", f"/v1/releases/{release}", token=token) == "release.unknown", f"{version}: the draft is there")
        else:
            status, _, words = partner.run("publish", file)
            check(status != 0 and "the same command submits it then" in words, f"{version}: {status} {words}")
            admin.text("releases", "reject", winner, "--because", "the licence is missing")
            check(partner.json("publish", file, "--wait")["id"] == release, f"{version}: it is another draft")
            admin.text("releases", "accept", release)
        nothing_is_left(admin, version)


def by_command(host, admin, partner):
    """The same by the command line, however the two happen to meet."""
    version = "1.2.0"
    files = packages(host, version)
    ended = together(*[lambda file=file: partner.run("publish", file, "--wait") for file in files])
    check(sorted(status == 0 for status, _, _ in ended) == [False, True], f"{version}: {ended}")
    words = next(err for status, _, err in ended if status != 0)
    check("reason: release.version_taken\n" in words, f"{version}: {words}")
    admin.text("releases", "accept", next(one["id"] for one in of_version(admin, version) if one["state"] == "validating"))
    loser = next(file for file, (status, _, _) in zip(files, ended) if status != 0)
    status, _, words = partner.run("publish", loser)
    check(status != 0 and "holds this version with other bytes" in words, f"{version}: {status} {words}")
    check(not loser.with_name(loser.name + ".upload").exists(), f"{version}: it would be taken up again")
    nothing_is_left(admin, version)


def main():
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        admin, partner = with_publisher(host)
        by_request(host, admin, partner)
        by_command(host, admin, partner)
        check('"draft.' not in admin.text("doctor", "--json"), "the doctor finds a draft")
    print("ok")


if __name__ == "__main__":
    sys.exit(main())
