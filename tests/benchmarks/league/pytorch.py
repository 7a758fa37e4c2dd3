"""PyTorch: the MLP of a recipe, and the network of its own example for MNIST."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.league.run import Classify


def mlp(
    images: np.ndarray, labels: np.ndarray, seed: int, params: dict[str, Any]
) -> Iterator[Classify]:
    """Train as a recipe says, with its augmentation but for elastic distortions."""
    torch.manual_seed(seed)
    train = params["train"]
    sizes = (784, *train["hidden"], 10)
    layers: list[nn.Module] = [nn.Flatten()]
    for n_inputs, n_neurons in itertools.pairwise(sizes):
        layers += [nn.Linear(n_inputs, n_neurons), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    rate, weight_decay = train["learning_rate"], train["weight_decay"]
    optimiser: torch.optim.Optimizer
    if train["optimizer"] == "adam":
        optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=weight_decay)
    else:
        optimiser = torch.optim.SGD(network.parameters(), lr=rate, momentum=train["momentum"])
    n_epochs, batch_size = train["epochs"], train["batch_size"]
    n_steps = n_epochs * -(-len(images) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, n_steps)
    pixels, targets = _pixels(images), torch.from_numpy(labels.astype(np.int64))
    for _ in range(n_epochs):
        for indices in torch.randperm(len(pixels)).split(batch_size):
            optimiser.zero_grad()
            inputs = _augment(pixels[indices], params["augment"])
            functional.cross_entropy(network(inputs), targets[indices]).backward()
            optimiser.step()
            schedule.step()
        yield lambda images: _classify(network, images)


def cnn(images: np.ndarray, labels: np.ndarray, seed: int) -> Iterator[Classify]:
    """Train the network of pytorch/examples, mnist/main.py, with its own settings."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU()),
        *(nn.Dropout(0.5), nn.Linear(128, 10)),
    )
    optimiser = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=1, gamma=0.7)
    pixels = (_pixels(images) - 0.1307) / 0.3081
    targets = torch.from_numpy(labels.astype(np.int64))
    for _ in range(14):
        network.train()
        for indices in torch.randperm(len(pixels)).split(64):
            optimiser.zero_grad()
            functional.cross_entropy(network(pixels[indices]), targets[indices]).backward()
            optimiser.step()
        schedule.step()
        network.eval()
        yield lambda images: _classify(network, images, 0.1307, 0.3081)


def _pixels(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images[:, None].astype(np.float32) / 255)


def _augment(images: torch.Tensor, augment: dict[str, float]) -> torch.Tensor:
    """Shift, rotate, scale and shear each image in its own way."""
    n, strength = len(images), augment["strength"]
    if not strength:
        return images

    def draw(largest: float) -> torch.Tensor:
        return (2 * torch.rand(n) - 1) * strength * largest

    angle, shear = torch.deg2rad(draw(augment["rotation"])), draw(augment["shear"])
    height, width = 1 + draw(augment["scale"]), 1 + draw(augment["scale"])
    # A grid goes from -1 to 1, 28 pixels.
    x, y = (draw(augment["shift"]) / 14 for _ in range(2))
    cos, sin = torch.cos(angle), torch.sin(angle)
    first = torch.stack([width * cos, shear - height * sin, x], dim=1)
    second = torch.stack([width * sin, height * cos, y], dim=1)
    grid = functional.affine_grid(
        torch.stack([first, second], dim=1), list(images.shape), align_corners=False
    )
    return functional.grid_sample(images, grid, align_corners=False)


def _classify(
    network: nn.Module, images: np.ndarray, mean: float = 0.0, std: float = 1.0
) -> np.ndarray:
    batches = ((_pixels(images) - mean) / std).split(1000)
    with torch.no_grad():
        classes: np.ndarray = torch.cat([network(batch).argmax(dim=1) for batch in batches]).numpy()
    return classes
