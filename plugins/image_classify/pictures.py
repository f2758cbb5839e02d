#!/usr/bin/python3
# pictures.py: takes pictures out of the test set for people (pictures/) and for the golden cases (assets/golden/), and
# prints what the model says of them.
# SPDX-License-Identifier: Apache-2.0
import ctypes
import json
import pathlib

import torch

import fashion_mnist
import labelled_set

# One test image per class, by its index in the test set: a demonstration, not a measure of accuracy.
PICTURES = {"ankle_boot": 0, "pullover": 1, "trouser": 2, "shirt": 4, "sandal": 8, "sneaker": 9, "dress": 13, "bag": 18}
ENLARGED = 8  # 28 x 28 pixels are a stamp; the model shrinks them again by their mean, which gives the original back


def png(image):
    return labelled_set.png(bytes(image.flatten().tolist()), image.shape[1])


def jpeg(image, quality=95):
    turbojpeg = ctypes.CDLL("libturbojpeg.so.0")
    turbojpeg.tjInitCompress.restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(turbojpeg.tjInitCompress())
    height, width = image.shape
    grey, subsampling = 6, 3  # TJPF_GRAY, TJSAMP_GRAY
    out, size = ctypes.c_void_p(), ctypes.c_ulong()
    if turbojpeg.tjCompress2(encoder, bytes(image.flatten().tolist()), width, 0, height, grey, ctypes.byref(out),
                             ctypes.byref(size), subsampling, quality, 0) != 0:
        raise RuntimeError("TurboJPEG did not encode the picture")
    return ctypes.string_at(out, size.value)


def main():
    images, labels = fashion_mnist.load("t10k")
    model = torch.jit.load("assets/weights.pt")
    for name, index in PICTURES.items():
        image = images[index]
        large = image.repeat_interleave(ENLARGED, 0).repeat_interleave(ENLARGED, 1)
        pathlib.Path("pictures", name + ".png").write_bytes(png(large))
        with torch.inference_mode():
            said = model(image[None, None].float() / 255)[0]
        print(f"{name}: {fashion_mnist.LABELS[said.argmax()]} {said.max():.4f}, "
              f"it is {fashion_mnist.LABELS[labels[index]]}")
    # For the golden cases: the original as PNG, its bare pixels, and a JPEG of another.
    golden = pathlib.Path("assets/golden")
    boot = images[PICTURES["ankle_boot"]]
    golden.joinpath("ankle_boot.png").write_bytes(png(boot))
    golden.joinpath("ankle_boot.u8").write_bytes(bytes(boot.flatten().tolist()))
    golden.joinpath("bag.jpg").write_bytes(
        jpeg(images[PICTURES["bag"]].repeat_interleave(ENLARGED, 0).repeat_interleave(ENLARGED, 1)))
    with torch.inference_mode():
        print("ankle_boot", json.dumps([round(p, 6) for p in model(boot[None, None].float() / 255)[0].tolist()]))


if __name__ == "__main__":
    main()
