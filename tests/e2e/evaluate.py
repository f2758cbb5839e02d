"""evaluate.py: `stoa evaluate` with real models: pictures of Fashion-MNIST, numbers, two releases in a registry; every figure
is worked out a second time here, from the outcomes.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "plugins/image_classify"))
from labelled_set import DATA_DIR, write_set  # noqa: E402
from registry import Registry  # noqa: E402
from stoa_host import BUILD, Host, HostProcess, call, check, staging, stoa  # noqa: E402

STOA = os.path.join(BUILD, "bin/stoa")


def run(*argv, folder=None):
    done = subprocess.run([STOA, "evaluate", *map(str, argv)], cwd=folder, capture_output=True, text=True, timeout=150)
    return done.returncode, done.stdout, done.stderr


def good(*argv, folder=None):
    status, out, err = run(*argv, "--json", folder=folder)
    check(status == 0, f"stoa evaluate {' '.join(map(str, argv))} ended with {status}: {out}{err}")
    return json.loads(out)


def refused(reason, *argv):
    status, out, err = run(*argv)
    check(status != 0 and f"reason: {reason}\n" in err and not out, f"{argv} is not refused with {reason}: {status} {err}")
    return err


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def signed_package(folder, plugin, name):
    source = folder / (name + ".plugin")
    shutil.copytree(staging(plugin), source)
    if plugin.startswith("release_"):
        (source / "assets").mkdir()
        (source / "assets/table.bin").write_bytes(plugin.encode())
    stoa("pack", source, "-o", folder / name)
    stoa("sign", folder / name, "--key", folder / "key.key.pem")
    return folder / name


def near(got, want, what):
    check(abs(got - want) <= 1e-6 * max(1, abs(want)), f"{what} is {got}, worked out here it is {want}")


def wilson(hits, of):
    """The roots of (p - q)^2 = z^2 q (1 - q) / n: the interval's definition, not the formula of the implementation."""
    z2, p = 1.959963984540054 ** 2 / of, hits / of
    a, b, c = 1 + z2, -(2 * p + z2), p * p
    root = math.sqrt(max(0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def verify_figures(evaluation, outcomes, expected):
    """A second implementation, by the definitions that stand in docs/reference/evaluation.md."""
    scores, rows = evaluation["scores"], outcomes["outcomes"]
    check([row["expected"] for row in rows] == expected, "the outcomes have other expected values than the set")
    answered = [row for row in rows if "answer" in row]
    check(scores["examples"] == len(rows) and scores["answered"] == len(answered), f"the numbers do not fit: {scores}")
    check(scores["failed"] == len(rows) - len(answered) == sum(one["count"] for one in scores["failures"]), "failures")
    times = sorted(row["took_us"] for row in answered)
    for percent, name in ((50, "p50"), (99, "p99"), (100, "max")):
        rank = math.ceil(len(times) * percent / 100)
        check(scores["latency_us"][name] == (times[rank - 1] if times else 0), f"latency {name}")
    if scores["task"] == "regression":
        errors = [abs(row["answer"] - row["expected"]) for row in answered]
        near(scores["mae"], sum(errors) / len(errors), "mae")
        near(scores["rmse"], math.sqrt(sum(e * e for e in errors) / len(errors)), "rmse")
        return
    near(scores["accuracy"], sum(row["answer"] == row["expected"] for row in answered) / len(rows), "accuracy")
    for got, want in zip(scores["accuracy_95"], wilson(scores["right"], len(rows))):
        near(got, want, "a bound of the interval")
    f1 = {}
    for label in sorted(set(expected)):
        true = sum(row["answer"] == label == row["expected"] for row in answered)
        false = sum(row["answer"] == label != row["expected"] for row in answered)
        missed = sum(row["expected"] == label != row.get("answer") for row in rows)
        f1[label] = (true, false, missed)
        row = next(one for one in scores["classes"] if one["label"] == label)
        near(row["precision"], true / (true + false) if true + false else 0, f"precision of {label}")
        near(row["recall"], true / (true + missed), f"recall of {label}")
    near(scores["macro_f1"], sum(2 * t / (2 * t + f + m) for t, f, m in f1.values()) / len(f1), "macro F1")
    t, f, m = (sum(one[i] for one in f1.values()) for i in range(3))
    near(scores["micro_f1"], 2 * t / (2 * t + f + m), "micro F1")


def outcomes_beside(file):
    return json.loads(pathlib.Path(str(file).replace(".evaluation.json", ".outcomes.json")).read_text())


def payload(file):
    import base64
    return json.loads(base64.b64decode(json.loads(pathlib.Path(file).read_text())["payload"]))


def numbers(folder):
    """Every build has this model: it gives back what it gets."""
    package = signed_package(folder, "null", "null.stoa")
    how = ["--trust", f"stoa-demo={folder}/key.pub.pem", "--in-process", "stoa-demo/*", "--model", "null"]

    def tensor(*values, datatype="FP32"):
        return [{"name": "in", "datatype": datatype, "shape": [len(values)], "data": list(values)}]
    targets = [0.5 * i + (0.25 if i % 3 else -1) for i in range(60)]
    rows = [{"inputs": tensor(0.5 * i), "target": target} for i, target in enumerate(targets)]
    rows[7]["inputs"] = tensor(1, datatype="INT8")  # what the model refuses is a failure of the example
    rows[8]["inputs"] = tensor(1, 2)                # no single number
    data = lines(folder / "numbers.jsonl", rows)
    file = folder / "numbers.evaluation.json"
    answer = good(package, *how, "--dataset", data, "--key", folder / "key.key.pem", "--out", file, "--concurrency", 3)
    evaluation = payload(file)
    check(answer["evaluation"] == evaluation, "what is shown is not what is signed")
    reasons = {one["reason"] for one in evaluation["scores"]["failures"]}
    check(reasons == {"evaluation.answer_shape", "request.bad_datatype"} or len(reasons) == 2, f"{reasons}")
    verify_figures(evaluation, outcomes_beside(file), targets)
    digest = hashlib.sha256(f"{hashlib.sha256(data.read_bytes()).hexdigest()}  -\n".encode()).hexdigest()
    check(evaluation["dataset"] == {"name": "numbers", "sha256": digest, "examples": 60}, f"{evaluation['dataset']}")
    check(evaluation["release"]["package_sha256"] == hashlib.sha256(package.read_bytes()).hexdigest(), "the package")
    check(evaluation["run"]["isolation"] == "T0" and evaluation["run"]["on"] == "package", f"{evaluation['run']}")

    # The place of the greatest number is a class.
    ranked = lines(folder / "ranked.jsonl", [{"inputs": tensor(*[float(j == i % 4) for j in range(4)]), "label": i % 3}
                                             for i in range(24)])
    best = folder / "ranked.evaluation.json"
    good(package, *how, "--dataset", ranked, "--key", folder / "key.key.pem", "--out", best)
    verify_figures(payload(best), outcomes_beside(best), [str(i % 3) for i in range(24)])
    check(payload(best)["scores"]["foreign"] == 6, "answers that are no label of the set are not told")

    # A signature that fits nothing else; what was changed is refused, by whoever signs.
    good("verify", file, "--public-key", folder / "key.pub.pem")
    verified = good("verify", file, "--trust", f"stoa-demo={folder}/key.pub.pem")
    check(verified["outcomes"] == "agree", "the outcomes are not looked at")
    stoa("keygen", "--out", folder / "other")
    refused("signature.unknown_key", "verify", file, "--public-key", folder / "other.pub.pem")
    refused("signature.unknown_key", "verify", file)
    spoilt = folder / "spoilt.evaluation.json"
    spoilt.write_text(file.read_text())
    spoilt_outcomes = outcomes_beside(file)
    spoilt_outcomes["outcomes"][0]["answer"] += 1
    (folder / "spoilt.outcomes.json").write_text(json.dumps(spoilt_outcomes, separators=(",", ":")))
    refused("evaluation.outcomes", "verify", spoilt, "--public-key", folder / "key.pub.pem")
    refused("comparison.dataset", "compare", file, best)
    openssl(folder, file)
    check(not list(pathlib.Path(os.environ["TMPDIR"]).glob("stoa-evaluate-*")), "a run leaves its folder behind")

    # Bad input, each with its reason; nothing is written.
    refused("dataset.json", package, *how, "--dataset", lines(folder / "nan.jsonl", [{"inputs": tensor(1.0),
                                                                                    "target": float("nan")}]))
    (folder / "empty.jsonl").write_text("")
    refused("dataset.empty", package, *how, "--dataset", folder / "empty.jsonl")
    lines(folder / "out.jsonl", [{"file": "../etc/passwd.txt", "label": "x"}])
    refused("dataset.path", package, *how, "--dataset", folder / "out.jsonl")
    refused("evaluate.model", package, *how[:-1], "nothing", "--dataset", data)
    refused("evaluate.output", package, *how, "--dataset", data, "--output", "nothing")
    refused("signature.unknown_key", package, "--dataset", data, "--model", "null")
    refused("usage", "stoa-demo/null", "--dataset", data)
    refused("usage", package, *how, "--dataset", data, "--attach")
    refused("client.connection", "stoa-demo/null", "--server", "http://127.0.0.1:1", "--package", package,
            "--dataset", data)
    interrupted(folder, package, how, data)


def openssl(folder, file):
    """The documented way to verify without this program."""
    script = """
      jq -rj .payload "$1" | base64 -d > payload.bin
      jq -rj '.signatures[0].sig' "$1" | base64 -d > sig.bin
      { printf 'DSSEv1 36 application/vnd.stoa.evaluation+json %d ' "$(stat -c %s payload.bin)"; cat payload.bin; } > signed.bin
      openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in signed.bin -sigfile sig.bin"""
    if not shutil.which("jq") or not shutil.which("openssl"):
        return
    done = subprocess.run(["sh", "-ec", script, "sh", file, folder / "key.pub.pem"], cwd=folder, capture_output=True,
                          text=True)
    check(done.returncode == 0 and "Verified Successfully" in done.stdout, f"openssl: {done.stdout}{done.stderr}")


def interrupted(folder, package, how, data):
    rows = data.read_text()
    long = folder / "long.jsonl"
    long.write_text("".join(rows.replace('"inputs"', f'"id": "{i}", "inputs"', 1).splitlines(True)[0]
                            for i in range(20_000)))
    process = subprocess.Popen([STOA, "evaluate", package, *how, "--dataset", long, "--key", folder / "key.key.pem", "--out",
                                folder / "long.evaluation.json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    temporary = pathlib.Path(os.environ["TMPDIR"])
    end = time.monotonic() + 60
    while not list(temporary.glob("stoa-evaluate-*/state/*")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode != 0:  # else it was done before
        check("reason: evaluate.interrupted\n" in err, f"SIGINT: {process.returncode} {err}")
        check(not (folder / "long.evaluation.json").exists(), "an interrupted run wrote a result")
    check(not list(temporary.glob("stoa-evaluate-*")), "an interrupted run leaves its folder behind")


def page_commands():
    """Every command of the how-to, in its order."""
    page = (pathlib.Path(__file__).parents[2] / "docs/how-to/evaluate-a-release.md").read_text()
    return [line for block in re.findall(r"```sh\n(.*?)```", page, re.S) for line in block.splitlines()]


def follow_page(host, first, second, data):
    """As they stand there, with the names that things have here."""
    folder = host.folder
    for name, package in (("old.stoa", first), ("new.stoa", second)):
        shutil.copy(package, folder / name)
    shutil.copy(data, folder / "test.jsonl")
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
    ours = {"acme=acme.pub.pem": "stoa-demo=key.pub.pem", "acme.key.pem": "key.key.pem", "acme.pub.pem": "key.pub.pem",
            "acme/classify@": "stoa-demo/release@", "http://127.0.0.1:8081": host.operator_url,
            "http://127.0.0.1:8080": host.url, "acme.token": "partner.token"}
    done = 0
    for line in page_commands():
        if not line.startswith("stoa ") and not (shutil.which("jq") and shutil.which("openssl")):
            continue
        for theirs, here in ours.items():
            line = line.replace(theirs, here)
        ran = subprocess.run(line, shell=True, cwd=folder, env=environment, timeout=120, capture_output=True, text=True)
        check(ran.returncode == 0, f"{line}: ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        done += 1
    print(f"{done} commands of the how-to")


def releases():
    """Two releases of one plugin: attached by publisher and operator, side by side, and what is refused."""
    with Host([], '[registry]\nfolder = "registry"\nextra_wait_ms = 0\n', in_process=()) as host:
        folder = host.folder
        admin = Registry(host.operator_url, folder / "registry/admin.token")
        partner = Registry(host.operator_url, folder / "partner.token")
        admin.json("publishers", "create", "stoa-demo", "--token-out", folder / "partner.token")
        if "held_because" in admin.json("publishers", "show", "stoa-demo"):
            admin.text("publishers", "let-pass", "stoa-demo")
        partner.json("publishers", "add-key", "stoa-demo", "--key", folder / "key.key.pem")
        data = lines(folder / "which.jsonl",
                     [{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}],
                       "label": "1.1.0" if i % 10 else "1.0.0"} for i in range(40)])
        files, ids = [], []
        for version in ("1.0.0", "1.1.0"):
            package = signed_package(folder, "release_" + version.replace(".", "_"), version + ".stoa")
            ids.append(partner.json("publish", package, "--wait")["id"])
            admin.text("releases", "accept", ids[-1])
            file = folder / (version + ".evaluation.json")
            partner.json("evaluate", package, "--trust", f"stoa-demo={folder}/key.pub.pem", "--in-process", "stoa-demo/*",
                         "--dataset", data, "--key", folder / "key.key.pem", "--out", file, "--attach")
            files.append(file)
        said = admin.json("evaluate", "list", ids[1])["items"]
        check(len(said) == 1 and said[0]["said_by"] == "publisher:stoa-demo" and said[0]["value"] == 0.9, f"{said}")
        check(said[0]["signature"] == "good" and said[0]["has_outcomes"], f"{said}")
        other = admin.json("evaluate", "list", ids[0])["items"][0]["id"]
        for pair in ((other, said[0]["id"]), files):  # from the registry, and from files
            compared = admin.json("evaluate", "compare", *pair)
            check(compared["paired"]["first_better"] == 4 and compared["paired"]["second_better"] == 36, f"{compared}")
            near(compared["paired"]["p"], 2 * sum(math.comb(40, i) for i in range(5)) / 2 ** 40, "McNemar's p")
        table = admin.text("evaluate", "compare", *files)
        check("McNemar's exact test" in table and "0.9000" in table, table)

        # An operator measures on a running host, with a key of its own, and says so too.
        stoa("keygen", "--out", folder / "operator")
        model = "stoa-demo/release@1.1.0"
        end = time.monotonic() + 60
        while admin.run("evaluate", model, "--server", host.url, "--dataset", data, "--limit", "1")[0] != 0:
            check(time.monotonic() < end, "the host does not serve the release")
            time.sleep(0.1)
        admin.json("evaluate", model, "--server", host.url, "--dataset", data, "--key", folder / "operator.key.pem",
                   "--out", folder / "mine.evaluation.json", "--attach")
        check(payload(folder / "mine.evaluation.json")["run"]["on"] == "server", "where it ran is not told")
        check([(one["said_by"], one["key_of"]) for one in admin.json("evaluate", "list", ids[1])["items"]] ==
              [("publisher:stoa-demo", "publisher"), ("operator:admin", "operator")], "who said it is not shown")
        partner.refused("evaluation.key", "evaluate", "attach", folder / "mine.evaluation.json", "--public-key",
                        folder / "operator.pub.pem")
        partner.refused("evaluation.exists", "evaluate", "attach", files[0])
        few = folder / "few.evaluation.json"
        partner.json("evaluate", folder / "1.0.0.stoa", "--trust", f"stoa-demo={folder}/key.pub.pem", "--in-process",
                     "stoa-demo/*", "--dataset", data, "--limit", "10", "--key", folder / "key.key.pem", "--out", few)
        partner.refused("comparison.examples", "evaluate", "compare", few, files[0])
        check("said by operator:admin" in admin.text("evaluate", "show", admin.json("evaluate", "list", ids[1])["items"][1]["id"]),
              "show does not tell who said it")
        has_it_loaded(host, admin, data, ids[0])
        follow_page(host, folder / "1.0.0.stoa", folder / "1.1.0.stoa", data)
        admin.text("releases", "revoke", ids[0], "--because", "leaks inputs")
        admin.refused("release.revoked", "evaluate", "stoa-demo/release@1.0.0", "--server", host.url, "--dataset", data)
        check(admin.text("audit", "verify").startswith("whole: "), "the log")


def has_it_loaded(host, admin, data, older):
    """What nothing in the catalogue names is loaded because it is to be measured; who will not load it says why."""
    listed = json.loads(call(f"{host.url}/v2/models/stoa-demo/release")[2])["versions"]
    check(listed == ["1.1.0"], f"the older one is there already: {listed}")
    asked = ("stoa-demo/release@1.0.0", "--server", host.url, "--dataset", data)
    admin.refused("evaluate.loading", "evaluate", *asked, "--wait-s", "0")
    end = time.monotonic() + 60
    while "1.0.0" not in json.loads(call(f"{host.url}/v2/models/stoa-demo/release")[2])["versions"]:
        check(time.monotonic() < end, "what was asked for once is never loaded")
        time.sleep(0.1)
    admin.text("releases", "deprecate", older, "--because", "there is a better one")
    other = signed_package(host.folder, "release_1_2_0", "1.2.0.stoa")
    admin.refused("version.unknown", "evaluate", "stoa-demo/release", "--server", host.url, "--package", other, "--dataset", data)
    host.stop()
    host.serve()  # and has forgotten what was asked for
    admin.environment["STOA_REGISTRY"] = host.operator_url
    status, out, err = admin.run("evaluate", "stoa-demo/release@1.0.0", "--server", host.url, "--dataset", data, "--json")
    check(status == 0 and json.loads(out)["scores"]["failed"] == 0, f"{status} {out} {err}")
    check(err.startswith("waiting for the host: stoa-demo/release 1.0.0 is being loaded"), f"it does not say what it waits for: {err}")


def over_tls(folder):
    """A host over TLS: asked by name, with its certificate's issuer or not at all."""
    at = folder / "tls"
    (at / "packages").mkdir(parents=True)
    for name in ("tls", "other"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        at / f"{name}.key", "-out", at / f"{name}.crt", "-days", "1", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost"], check=True, capture_output=True, timeout=60)
    shutil.copy(folder / "null.stoa", at / "packages")
    host = HostProcess(at, 'packages = "packages"\nstate = "state"\nin_process = ["stoa-demo/*"]\n[trust]\n'
                           f'stoa-demo = "{folder}/key.pub.pem"\n',
                       customer='tls_certificate = "tls.crt"\ntls_key = "tls.key"\n')
    try:
        check(host.wait_ports() and host.has_logged('"host.ready"', seconds=60), f"no host over TLS: {host.log_text()[-2000:]}")
        server = f"https://localhost:{host.ports[0]}"
        asked = ["stoa-demo/null", "--package", folder / "null.stoa", "--dataset", folder / "ranked.jsonl"]
        file = at / "tls.evaluation.json"
        good(*asked, "--server", server, "--ca-file", at / "tls.crt", "--concurrency", 3, "--key", folder / "key.key.pem",
             "--out", file)
        check(payload(file)["run"]["on"] == "server" and payload(file)["scores"]["failed"] == 0, f"{payload(file)}")
        verify_figures(payload(file), outcomes_beside(file), [str(i % 3) for i in range(24)])
        refused("client.tls", *asked, "--server", server)  # whom this system trusts did not vouch for it
        refused("client.tls", *asked, "--server", server, "--ca-file", at / "other.crt")
        refused("client.tls", *asked, "--server", f"https://127.0.0.1:{host.ports[0]}", "--ca-file", at / "tls.crt")
        refused("client.connection", *asked, "--server", f"http://localhost:{host.ports[0]}")
        refused("client.tls", *asked, "--server", server, "--ca-file", at / "none.crt")
        check(host.stop() == 0, "the host did not drain")
    finally:
        host.discard()


def pictures(folder, count=200):
    """The test set of Fashion-MNIST as PNG files, in a sandboxed worker where this machine has one."""
    if not (DATA_DIR / "t10k-images-idx3-ubyte.gz").exists():
        return "dataset-fashion-mnist is not installed"
    if not os.path.isdir(os.path.join(BUILD, "plugins/image_classify/image_classify.plugin/lib")):
        return "image_classify is not built in this preset"
    folder = folder / "fashion"
    rows = write_set(folder, count)
    data = folder / "fashion-mnist.jsonl"
    shutil.copy(folder.parent / "key.key.pem", folder)
    package = signed_package(folder, "image_classify", "fashion.stoa")
    file = folder / "fashion.evaluation.json"
    good(package, "--trust", f"stoa-demo={folder.parent}/key.pub.pem", "--allow", "stoa-demo/image-classify=jit", "--dataset",
         data, "--key", folder / "key.key.pem", "--out", file)
    evaluation = payload(file)
    verify_figures(evaluation, outcomes_beside(file), [row["label"] for row in rows])
    sums = f"{hashlib.sha256(data.read_bytes()).hexdigest()}  -\n" + "".join(
        f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n" for path in sorted(r["file"] for r in rows))
    check(evaluation["dataset"]["sha256"] == hashlib.sha256(sums.encode()).hexdigest(), "the set's digest")
    scores = evaluation["scores"]
    print(f"figure e2e.evaluate.fashion {scores['accuracy']:.4f} of {count} target >=0.90 "
          f"tier={evaluation['run']['isolation']}")
    check(scores["accuracy"] >= 0.88 and scores["failed"] == 0, f"{scores['right']} of {count} right")
    return ""


def main():
    staging("null")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stoa-e2e-"))
    os.environ["TMPDIR"] = str(folder / "tmp")
    (folder / "tmp").mkdir()
    try:
        stoa("keygen", "--out", folder / "key")
        numbers(folder)
        over_tls(folder)
        why = pictures(folder)
        print("pictures are left out: " + why if why else "pictures: every figure agrees")
        if os.path.isdir(os.path.join(BUILD, "tests/e2e/release/release_1_0_0.plugin/lib")):
            releases()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
