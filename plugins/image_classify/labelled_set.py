#!/usr/bin/python3
# labelled_set.py: the test images of Debian's package dataset-fashion-mnist as a labelled set for `stoa evaluate`: PNG files, and a
# line for each. Needs nothing but Python.
# SPDX-License-Identifier: Apache-2.0
import argparse
import gzip
import json
import pathlib
import struct
import zlib

DATA_DIR = pathlib.Path("/usr/share/datasets/fashion-mnist")
LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
SIDE, IMAGES_AT, LABELS_AT = 28, 16, 8  # of the IDX format: where its bytes begin


def png(pixels, width=SIDE):
    """8-bit grey (PNG specification, third edition)."""
    height = len(pixels) // width
    rows = b"".join(b"\0" + pixels[r * width:(r + 1) * width] for r in range(height))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, content in [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
                          (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]:
        out += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return out


def test_images(data_dir=DATA_DIR):
    """(pixels, label) of each, in the package's order."""
    images = gzip.decompress((pathlib.Path(data_dir) / "t10k-images-idx3-ubyte.gz").read_bytes())[IMAGES_AT:]
    labels = gzip.decompress((pathlib.Path(data_dir) / "t10k-labels-idx1-ubyte.gz").read_bytes())[LABELS_AT:]
    for i, label in enumerate(labels):
        yield images[i * SIDE * SIDE:(i + 1) * SIDE * SIDE], LABELS[label]


def write_set(folder, count=10_000, data_dir=DATA_DIR):
    """folder/fashion-mnist.jsonl and the pictures beside it; returns its rows."""
    folder = pathlib.Path(folder)
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    rows = []
    for i, (pixels, label) in enumerate(test_images(data_dir)):
        if i == count:
            break
        rows.append({"id": f"t10k-{i}", "file": f"pictures/{i}.png", "label": label})
        (folder / rows[-1]["file"]).write_bytes(png(pixels))
    (folder / "fashion-mnist.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def main():
    parser = argparse.ArgumentParser(description="Fashion-MNIST's test images as a labelled set: FOLDER/fashion-mnist.jsonl")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=10_000, help="only the first so many")
    parser.add_argument("--data", default=DATA_DIR)
    options = parser.parse_args()
    rows = write_set(options.folder, options.count, options.data)
    print(f"{len(rows)} examples in {options.folder}/fashion-mnist.jsonl")


if __name__ == "__main__":
    main()
