# austen.py: takes the six novels out of Debian's package r-cran-janeaustenr, without R.
# SPDX-License-Identifier: Apache-2.0
# Format: R's serialization, "R Internals" section 1.8, in the lazy-load files of section "Lazy loading" of the same.
import gzip
import pathlib
import re
import struct
import zlib

NOVELS = ["sensesensibility", "prideprejudice", "mansfieldpark", "emma", "northangerabbey", "persuasion"]


class _Reader:
    """As much of the format as vectors of strings and numbers with names need."""

    def __init__(self, raw):
        self.raw, self.at, self.symbols = raw, 0, []
        if self._take(2) != b"X\n":
            raise ValueError("not R's binary (XDR) serialization")
        version, _, _ = self._int(), self._int(), self._int()
        if version == 3:
            self._take(self._int())  # the native encoding's name

    def _take(self, n):
        self.at += n
        return self.raw[self.at - n:self.at]

    def _int(self):
        return struct.unpack(">i", self._take(4))[0]

    def item(self):
        """Strings, numbers and lists as Python's; a list with names as a dict."""
        flags = self._int()
        kind = flags & 0xFF
        if kind == 254:  # NULL
            return None
        if kind == 255:  # a symbol seen before
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:  # symbol
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == 2:  # pair list
            pairs = {}
            while kind == 2:
                if flags & 0x200:
                    self.item()
                name = self.item() if flags & 0x400 else None
                pairs[name] = self.item()
                flags = self._int()
                kind = flags & 0xFF
            return pairs
        if kind == 9:  # one string
            n = self._int()
            return None if n < 0 else self._take(n).decode("utf-8")
        n = self._int()
        if kind in (16, 19):  # strings, list
            values = [self.item() for _ in range(n)]
        elif kind in (10, 13):  # logical, integer
            values = list(struct.unpack(f">{n}i", self._take(4 * n)))
        elif kind == 14:  # double
            values = list(struct.unpack(f">{n}d", self._take(8 * n)))
        else:
            raise ValueError(f"R type {kind} at byte {self.at} is not one that is read here")
        attributes = self.item() if flags & 0x200 else None
        if attributes and "names" in attributes:
            return dict(zip(attributes["names"], values))
        return values


def novels(package_dir):
    """package_dir: where the .deb was unpacked. Returns {novel: [lines]}."""
    data = pathlib.Path(package_dir) / "usr/lib/R/site-library/janeaustenr/data"
    index = _Reader(gzip_or_zlib(data.joinpath("Rdata.rdx").read_bytes())).item()["variables"]
    rdb = data.joinpath("Rdata.rdb").read_bytes()
    found = {}
    for name in NOVELS:
        offset, size = (int(v) for v in index[name])
        plain_size, = struct.unpack_from(">I", rdb, offset)
        packed = rdb[offset + 4:offset + size]
        raw = zlib.decompress(packed)
        if len(raw) != plain_size:
            raise ValueError(f"{name} has {len(raw)} bytes, {plain_size} were stated")
        found[name] = _Reader(raw).item()
    return found


def gzip_or_zlib(packed):
    return gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else zlib.decompress(packed)
