# fashion_mnist.py: reads the images and labels of Debian's package dataset-fashion-mnist.
# SPDX-License-Identifier: Apache-2.0
import gzip
import pathlib
import struct
import warnings

import torch

from labelled_set import DATA_DIR, LABELS  # noqa: F401: for whoever loads


def _read_idx(path):
    """The IDX format (http://yann.lecun.com/exdb/mnist/): big-endian magic, extents, then the bytes."""
    raw = gzip.decompress(path.read_bytes())
    magic, = struct.unpack_from(">I", raw)
    dimensions = magic & 0xFF
    if magic >> 8 != 0x08:
        raise ValueError(f"{path} is not an IDX file of bytes: magic {magic:#x}")
    shape = struct.unpack_from(f">{dimensions}I", raw, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the buffer is read-only, and so is everything done with it
        return torch.frombuffer(raw, dtype=torch.uint8, offset=4 + 4 * dimensions).reshape(shape)


def load(split, data_dir=DATA_DIR):
    """split: "train" (60,000) or "t10k" (10,000). Returns images uint8 [N,28,28] and labels int64 [N]."""
    images = _read_idx(pathlib.Path(data_dir) / f"{split}-images-idx3-ubyte.gz")
    labels = _read_idx(pathlib.Path(data_dir) / f"{split}-labels-idx1-ubyte.gz").long()
    return images, labels
