#!/usr/bin/python3
# evaluate.py: the accuracy of assets/weights.pt on the 10,000 test images, TorchScript called directly.
# SPDX-License-Identifier: Apache-2.0
import argparse

import torch

import fashion_mnist


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=fashion_mnist.DATA_DIR)
    parser.add_argument("--weights", default="assets/weights.pt")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = torch.jit.load(options.weights)
    images, labels = fashion_mnist.load("t10k", options.data)
    right = torch.zeros(10, dtype=torch.long)
    total = torch.bincount(labels, minlength=10)
    with torch.inference_mode():
        for first in range(0, len(images), 500):
            x = images[first:first + 500].unsqueeze(1).float() / 255
            y = labels[first:first + 500]
            right += torch.bincount(y[model(x).argmax(1) == y], minlength=10)
    for name, r, t in zip(fashion_mnist.LABELS, right.tolist(), total.tolist()):
        print(f"{name:12} {r / t:.4f}")
    print(f"accuracy {right.sum().item() / total.sum().item():.4f} of {total.sum().item()} test images")


if __name__ == "__main__":
    main()
