"""fashion_accuracy.py: the image classifier's accuracy on Fashion-MNIST's 10,000 test images, measured over HTTP.

SPDX-License-Identifier: Apache-2.0
All images go as UINT8 binary tensors in batches of 100; the first 200 go again as PNG files one by one, and must get the
same answers.
"""
import gzip
import json
import os
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "plugins/image_classify"))
from labelled_set import png  # noqa: E402
from stoa_host import Host, call, check, skip  # noqa: E402

FOLDERS = ["/usr/share/datasets/fashion-mnist", "/usr/share/dataset-fashion-mnist", "/usr/share/fashion-mnist"]
MODEL = "/v2/models/stoa-demo/fashion/infer"


def read_idx(name):
    for folder in FOLDERS + [os.environ.get("STOA_FASHION_MNIST_DIR", "")]:
        for path in (os.path.join(folder, name), os.path.join(folder, name + ".gz")):
            if os.path.exists(path):
                raw = open(path, "rb").read()
                raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
                dims = raw[3]
                shape = struct.unpack(f">{dims}I", raw[4:4 + 4 * dims])
                return shape, raw[4 + 4 * dims:]
    skip("Debian's dataset-fashion-mnist is not installed")


def infer_binary(url, images, count):
    head = json.dumps({"inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [count, 28, 28],
                                   "parameters": {"binary_data_size": count * 784}}]}).encode()
    status, _, body = call(url + MODEL, head + images, {"Inference-Header-Content-Length": str(len(head)),
                                                        "Content-Type": "application/octet-stream"})
    check(status == 200, f"infer answered {status}: {body[:300]!r}")
    outputs = {o["name"]: o["data"] for o in json.loads(body)["outputs"]}
    return outputs["class_index"], outputs["probabilities"]


def main():
    (count, _, _), images = read_idx("t10k-images-idx3-ubyte")
    _, labels = read_idx("t10k-labels-idx1-ubyte")
    check(count == 10_000, f"the test set has {count} images")
    with Host(["image_classify"]) as host:
        predicted, probabilities = [], []
        for start in range(0, count, 100):
            indices, p = infer_binary(host.url, images[start * 784:(start + 100) * 784], 100)
            predicted += indices
            probabilities += p
        right = sum(int(a == b) for a, b in zip(predicted, labels))
        print(f"figure e2e.fashion.accuracy {right / count:.4f} fraction target >=0.90 tier=T0")
        check(right / count >= 0.90, f"{right} of {count} right")
        for i in range(200):
            status, _, body = call(host.url + MODEL, png(images[i * 784:(i + 1) * 784]), {"Content-Type": "image/png"})
            check(status == 200, f"PNG {i} answered {status}: {body[:300]!r}")
            outputs = {o["name"]: o["data"] for o in json.loads(body)["outputs"]}
            check(outputs["class_index"] == [predicted[i]], f"PNG {i}: {outputs['class_index']} against {predicted[i]}")
            worst = max(abs(a - b) for a, b in zip(outputs["probabilities"], probabilities[i * 10:i * 10 + 10]))
            check(worst < 1e-4, f"PNG {i}: probabilities differ by {worst}")
    print("200 PNG files got the answers of their tensors")


if __name__ == "__main__":
    sys.exit(main())
