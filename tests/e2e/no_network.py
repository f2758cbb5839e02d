"""no_network.py: runs a test in a network namespace that has nothing but its own loopback.

SPDX-License-Identifier: Apache-2.0
"""
import errno
import fcntl
import os
import socket
import struct
import subprocess
import sys

from stoa_host import check, skip

MARK = "STOA_TEST_WITHOUT_NETWORK"
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        flags = struct.unpack("16sh", fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def command():
    """What runs a program in such a namespace; None where this machine gives none."""
    for unshare in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if subprocess.run([*unshare, "true"], capture_output=True, timeout=20).returncode == 0:
            return unshare
    return None


def enter():
    """Returns inside the namespace; outside it runs this program there and ends with its status."""
    if not os.environ.get(MARK):
        unshare = command() or skip("this machine gives no network namespace (unshare --net)")
        sys.exit(subprocess.run([*unshare, sys.executable, "-B", *sys.argv], env={**os.environ, MARK: "1"}).returncode)
    loopback_up()
    names = [name for _, name in socket.if_nameindex()]
    check(names == ["lo"], f"the namespace has {names}")
    for address in ("192.0.2.1", "1.1.1.1"):
        with socket.socket() as probe:
            probe.settimeout(2)
            check(probe.connect_ex((address, 80)) == errno.ENETUNREACH, f"{address} can be reached")
