#!/usr/bin/env python3
# train.py: trains the n-gram model of this plugin on Jane Austen's six novels (a minute) and writes assets/austen.ngram.
# SPDX-License-Identifier: Apache-2.0
# Pieces: byte-pair encoding (Sennrich et al. 2016) over the characters of the novels. Probabilities: interpolated
# Kneser-Ney (Chen and Goodman 1998, section 2.7), one discount per order, n-grams seen rarely are pruned into the
# back-off mass. The file format is described in README.md and read by ngram_model.cpp.
import argparse
import collections
import hashlib
import math
import pathlib
import re
import struct

import austen

VOCABULARY = 2048
ORDER = 5
SEEN_MIN = [1, 1, 2, 2, 2]  # an n-gram counted less often is dropped, unless it is the beginning of one that is kept
HELD_OUT_EVERY = 20         # each 20th paragraph is not trained on: the perplexity is measured on those
HEADING = re.compile(r"(chapter|volume)\b|(by|finis|the end|jane austen|by jane austen.*|\(?1[0-9]{3}\)?)$", re.I)


def paragraphs(novels):
    for lines in novels.values():
        for block in re.split(r"\n\s*\n", "\n".join(lines)):
            text = re.sub(r"[_*\[\]£&]", "", block)
            text = re.sub(r"\s+", " ", text).strip()
            if len(text) >= 20 and not text.isupper() and not HEADING.match(text):
                yield text


def kind(c):
    return 0 if c == " " else 1 if c == "\n" else 2 if c == "'" or c.isalpha() else 3


def words(text):
    """Runs of one kind of character; one space belongs to the run after it. The same rule is in pieces.cpp."""
    found, start = [], 0
    for i in range(1, len(text)):
        here, before = kind(text[i]), kind(text[i - 1])
        if here < 2 or before == 1 or (before != 0 and here != before):
            found.append(text[start:i])
            start = i
    return found + [text[start:]]


def learn_pieces(text):
    """Joins the most frequent neighbours until there are VOCABULARY pieces; their order is the order of joining."""
    counts = collections.Counter(words(text))
    spelled = {word: list(word) for word in counts}
    pieces = sorted(set(text))
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for word, parts in spelled.items():
        for pair in zip(parts, parts[1:]):
            pairs[pair] += counts[word]
            where[pair].add(word)
    while len(pieces) < VOCABULARY:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        pieces.append(best[0] + best[1])
        for word in where.pop(best):
            parts = spelled[word]
            for pair in zip(parts, parts[1:]):
                pairs[pair] -= counts[word]
            spelled[word] = parts = join(parts, best)
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
                where[pair].add(word)
        del pairs[best]
    return pieces, spelled


def join(parts, pair):
    out, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


class Encoder:
    """Joins the two neighbours whose piece is the oldest until none can be joined."""

    def __init__(self, pieces):
        self.ids = {piece: i for i, piece in enumerate(pieces)}
        self.known = {}

    def word(self, word):
        if word not in self.known:
            parts = list(word)
            while True:
                ranks = [(self.ids.get(a + b, len(self.ids)), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))]
                if not ranks or min(ranks)[0] == len(self.ids):
                    break
                i = min(ranks)[1]
                parts[i:i + 2] = [parts[i] + parts[i + 1]]
            self.known[word] = [self.ids[part] for part in parts if part in self.ids]
        return self.known[word]

    def text(self, text):
        return [token for word in words(text) for token in self.word(word)]


class Model:
    """counts[k]: {(w1..wk): count}, Kneser-Ney's adjusted counts, pruned. totals[k]: {(w1..wk): of all continuations}."""

    def __init__(self, tokens, vocabulary):
        self.vocabulary = vocabulary
        raw = collections.Counter(zip(*(tokens[i:] for i in range(ORDER))))
        self.counts = [None] * ORDER + [raw]
        for k in range(ORDER - 1, 0, -1):  # how many different tokens come before it
            self.counts[k] = collections.Counter(ngram[1:] for ngram in self.counts[k + 1])
        for token in range(vocabulary):
            self.counts[1].setdefault((token,), 1)  # a piece that only occurs inside longer ones
        self.totals, self.discounts = [], []
        for k in range(1, ORDER + 1):
            totals = collections.Counter()
            for ngram, count in self.counts[k].items():
                totals[ngram[:-1]] += count
            self.totals.append(totals)
            of_counts = collections.Counter(self.counts[k].values())
            self.discounts.append(of_counts[1] / (of_counts[1] + 2 * of_counts[2]))
        self._prune()

    def _prune(self):
        kept = {ngram for ngram, c in self.counts[ORDER].items() if c >= SEEN_MIN[ORDER - 1]}
        self.counts[ORDER] = {ngram: self.counts[ORDER][ngram] for ngram in kept}
        for k in range(ORDER - 1, 0, -1):
            needed = {ngram[:-1] for ngram in self.counts[k + 1]}
            self.counts[k] = {ngram: c for ngram, c in self.counts[k].items()
                              if c >= SEEN_MIN[k - 1] or ngram in needed}
        self.kept_mass = []
        self.kept_children = []
        for k in range(1, ORDER + 1):
            mass, children = collections.Counter(), collections.Counter()
            for ngram, count in self.counts[k].items():
                mass[ngram[:-1]] += count
                children[ngram[:-1]] += 1
            self.kept_mass.append(mass)
            self.kept_children.append(children)

    def probability(self, context, token):
        p = 1 / self.vocabulary
        for k in range(1, ORDER + 1):
            if k - 1 > len(context):
                break
            history = tuple(context[len(context) - (k - 1):])
            children = self.kept_children[k - 1].get(history, 0)
            if not children:
                continue
            discount, total = self.discounts[k - 1], self.totals[k - 1][history]
            back_off = (total - self.kept_mass[k - 1][history] + discount * children) / total
            count = self.counts[k].get(history + (token,), 0)
            p = back_off * p + (max(count - discount, 0) / total if count else 0)
        return p

    def write(self, path, pieces):
        out = bytearray(b"STNG")
        out += struct.pack("<III", 1, len(pieces), ORDER)
        for piece in pieces:
            encoded = piece.encode()
            out += struct.pack("B", len(encoded)) + encoded
        out += struct.pack(f"<{ORDER}f", *self.discounts)
        for k in range(1, ORDER + 1):
            out += struct.pack("<I", len(self.counts[k]))
        for k in range(1, ORDER + 1):
            parent, next_token = None, 0
            for ngram in sorted(self.counts[k]):
                if ngram[:-1] != parent:
                    parent, next_token = ngram[:-1], 0
                out += varint(ngram[-1] - next_token) + varint(self.counts[k][ngram])
                next_token = ngram[-1] + 1
                if k < ORDER:
                    children = self.kept_children[k].get(ngram, 0)
                    out += varint(children)
                    if children:
                        out += varint(self.totals[k][ngram] - self.kept_mass[k][ngram])
        pathlib.Path(path).write_bytes(out)
        return out


def varint(n):
    """LEB128, as DWARF and WebAssembly have it."""
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("package", help="where r-cran-janeaustenr was unpacked (README.md)")
    parser.add_argument("--out", default="assets/austen.ngram")
    options = parser.parse_args()
    every = list(paragraphs(austen.novels(options.package)))
    held_out = every[::HELD_OUT_EVERY]
    text = "\n".join(p for i, p in enumerate(every) if i % HELD_OUT_EVERY) + "\n"
    print(f"{len(every)} paragraphs, {len(text)} characters to train on", flush=True)

    pieces, _ = learn_pieces(text)
    encoder = Encoder(pieces)
    tokens = encoder.text(text)
    print(f"{len(pieces)} pieces, {len(tokens)} tokens, {len(text) / len(tokens):.2f} characters each", flush=True)
    model = Model(tokens, len(pieces))
    written = model.write(options.out, pieces)
    print(f"{[len(c) for c in model.counts[1:]]} n-grams, discounts {[round(d, 3) for d in model.discounts]}")
    print(f"{options.out}: {len(written)} bytes, SHA-256 {hashlib.sha256(written).hexdigest()}")

    test = encoder.text("\n".join(held_out) + "\n")
    bits = -sum(math.log2(model.probability(test[max(0, i - ORDER + 1):i], token)) for i, token in enumerate(test))
    characters = sum(len(p) + 1 for p in held_out)
    print(f"held out: {len(held_out)} paragraphs, {bits / characters:.3f} bits per character, "
          f"perplexity {2 ** (bits / len(test)):.1f} per token of {len(test)}")


if __name__ == "__main__":
    main()
