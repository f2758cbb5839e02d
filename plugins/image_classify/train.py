#!/usr/bin/python3
# train.py: trains the ResNet of this plugin on Fashion-MNIST (CPU, about ten minutes) and writes assets/weights.pt.
# SPDX-License-Identifier: Apache-2.0
import argparse
import hashlib
import os
import pathlib
import time
import zipfile

import torch
from torch import nn
from torch.nn import functional

import fashion_mnist

SEED = 20260
EPOCHS = 14
BATCH = 256
PEAK_LEARNING_RATE = 0.4
WEIGHT_DECAY = 5e-4
# Mean and deviation of the 60,000 training images, scaled to 0..1.
MEAN, DEVIATION = 0.2860, 0.3530


class Block(nn.Module):
    """Two 3x3 convolutions around a skip connection (He et al. 2015)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(y)) + self.skip(x))


class Resnet(nn.Module):
    """28x28 at 24 channels, 14x14 at 64, 7x7 at 128, mean, linear. Logits of images in 0..1."""

    def __init__(self):
        super().__init__()
        self.mean, self.deviation = MEAN, DEVIATION
        self.stem = nn.Conv2d(1, 24, 3, 1, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(24)
        self.block1 = Block(24, 64, 2)
        self.block2 = Block(64, 128, 2)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        x = (x - self.mean) / self.deviation
        x = functional.relu(self.stem_norm(self.stem(x)))
        x = self.block2(self.block1(x))
        return self.head(x.mean(dim=(2, 3)))


class Classifier(nn.Module):
    """What is shipped: FP32 [N,1,28,28] in 0..1 to probabilities [N,10]."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        return torch.softmax(self.network(images), dim=1)


def augment(images):
    """Each image is moved by up to two pixels and mirrored half of the time."""
    n = images.shape[0]
    padded = functional.pad(images, (2, 2, 2, 2))
    rows = torch.randint(5, (n, 1)) + torch.arange(28)
    columns = torch.randint(5, (n, 1)) + torch.arange(28)
    mirrored = torch.rand(n, 1) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None], 0, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def train(network, images, labels, epochs):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=WEIGHT_DECAY)
    batches = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, epochs * batches, pct_start=0.25)
    started = time.monotonic()
    for epoch in range(epochs):
        network.train()
        order = torch.randperm(len(images))
        loss_sum = right = 0
        for i in range(batches):
            index = order[i * BATCH:(i + 1) * BATCH]
            x = augment(images[index]).contiguous(memory_format=torch.channels_last)
            logits = network(x)
            loss = functional.cross_entropy(logits, labels[index], label_smoothing=0.05)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.item()
            right += (logits.argmax(1) == labels[index]).sum().item()
        print(f"epoch {epoch + 1}/{epochs} loss {loss_sum / batches:.4f} training accuracy "
              f"{right / (batches * BATCH):.4f} {time.monotonic() - started:.0f} s", flush=True)


def export(network, path):
    """Frozen: the batch norms are folded into the convolutions, which halves the operators of a forward pass."""
    network = network.to(memory_format=torch.contiguous_format)
    torch.jit.save(torch.jit.freeze(torch.jit.script(Classifier(network).eval())), path)
    # The debug records hold the paths of the sources on this machine: without them, and with a fixed date, the same
    # training gives the same file everywhere.
    with zipfile.ZipFile(path) as archive:
        records = [(name, archive.read(name)) for name in archive.namelist() if not name.endswith(".debug_pkl")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in records:
            archive.writestr(zipfile.ZipInfo(name), content)
    print(f"{path}: {path.stat().st_size} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=fashion_mnist.DATA_DIR)
    parser.add_argument("--out", default="assets/weights.pt")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    os.nice(10)
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)

    images, labels = fashion_mnist.load("train", options.data)
    images = images.unsqueeze(1).float() / 255
    network = Resnet().to(memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in network.parameters())} parameters", flush=True)
    train(network, images, labels, options.epochs)

    export(network, pathlib.Path(options.out))


if __name__ == "__main__":
    main()
