"""inject.py: one injection: the call that makes a fault act, what came of it, and the proof that it acted.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import os
import secrets
import socket
import tempfile
import threading
import time

from fault_host import infer

READY_S = 30.0  # a worker that crashed is replaced in milliseconds; this is the bound of a restart with backoff


class Field:
    """What the faults reach for: the host's pid and files, and two sockets that listen and never answer."""

    def __init__(self, host, work, wants_stderr=False):
        self.host, self.more = host, " proof=stderr" if wants_stderr else ""
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.unix_path = os.path.join(tempfile.mkdtemp(dir=work), "s")
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(self.unix_path)
        os.chmod(os.path.dirname(self.unix_path), 0o755)  # it is the sandbox that refuses, not the mode
        os.chmod(self.unix_path, 0o777)
        self.unix.listen(64)
        for listening in (self.tcp, self.unix):
            threading.Thread(target=self.accept, args=(listening,), daemon=True).start()

    @staticmethod
    def accept(listening):
        try:
            while True:
                listening.accept()[0].close()
        except OSError:
            pass  # closed: the field is gone

    def text(self, kind, injection):
        files = ",".join(["/etc/passwd", "/etc/shadow", *self.host.secrets])
        return (f"injection={injection} secret={secrets.token_hex(8)} host={self.host.process.pid} files={files} "
                f"tcp={self.tcp.getsockname()[1]} unix={self.unix_path} {kind.get('send', '')}{self.more}").strip()

    def close(self):
        for listening in (self.tcp, self.unix):
            try:
                listening.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listening.close()


def classify(status, reason, text):
    """One word of kinds.toml, with a colon and the details."""
    if status == 200 and reason:
        return f"broken: {reason}"
    if status == 200:
        return text if text.startswith("MISDEED") else text if text.startswith("refused") else "answers: " + text[:80]
    if status == 502 and reason == "plugin.crashed":
        return "crashed"
    if status == 504:
        return "deadline"
    if status == 503:
        return f"unavailable: {reason}"
    return f"error: {status} {reason}" if reason else f"broken: {status} without a reason"


def judge(seen, wanted):
    return seen.split(":")[0] in wanted


def call_once(field, name, kind, injection):
    deadline_ms = kind.get("deadline_ms", 5000)
    try:
        connection = field.host.connect(deadline_ms / 1000 + 10)
        try:
            return classify(*infer(connection, "stoa-faults/" + name, field.text(kind, injection), deadline_ms,
                                   kind.get("output", "text")))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"


def burst(field, name, kind, injection):
    """All at once; the first outcome that is unwanted, else the first that is wanted most, else any."""
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(call_once(field, name, kind, injection)))
               for _ in range(kind["burst"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    unwanted = [o for o in outcomes if not judge(o, kind["expect"])]
    wanted = [o for o in outcomes if o.split(":")[0] == kind["expect"][0]]
    if unwanted:
        return unwanted[0]
    return wanted[0] if wanted else f"never {kind['expect'][0]}"


def inject(field, name, kind, injection, wants_proof=True):
    """(what was seen, whether the fault proved that it acted). Waits, within bounds, for the model to be ready."""
    begun = field.host.log_size()
    end = time.monotonic() + READY_S
    seen = "unavailable: "
    while field.host.is_alive() and seen.startswith("unavailable") and time.monotonic() < end:
        if field.host.wait_ready("stoa-faults/" + name, READY_S):
            once = burst if kind.get("burst", 1) > 1 else call_once
            seen = once(field, name, kind, injection)
        else:
            break
    has_fired = not wants_proof or field.host.has_logged(f"fault fired kind={name} injection={injection}", begun)
    time.sleep(kind.get("settle_ms", 0) / 1000)
    return seen, has_fired
