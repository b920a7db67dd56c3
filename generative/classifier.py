"""The classifier in whose features generated digits are measured; it is not measured itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generative.model import GenerativeModel


@dataclass(frozen=True, slots=True)
class ClassifierConfig:
    """`features` is the size of the layer before the classes."""

    BOUNDS: ClassVar = {"shift": (0, None), "classes": (2, 10)}

    image_size: int = 28
    channels: int = 32
    features: int = 64
    classes: int = 10
    shift: int = 2


class Classifier(GenerativeModel):
    """p(digit | image) by a convolutional network; it has no p(image)."""

    family = "classifier"
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it models p(y|x), from which no image can be drawn.",
        "encode": "its features leave out what is irrelevant for the class.",
        "likelihood": "it models p(y|x), not p(x).",
    }

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__(config)
        self.config: ClassifierConfig = config
        wide, small = config.channels, config.image_size // 4
        self.body = nn.Sequential(
            nn.Conv2d(1, wide, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(wide, 2 * wide, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2 * wide, 2 * wide, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(2 * wide * small**2, config.features),
            nn.ReLU(),
        )
        self.head = nn.Linear(config.features, config.classes)

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Cross-entropy in nats, mean over the batch; in training images are shifted by up to `shift` pixels."""
        if labels is None:
            raise ValueError("the classifier learns from labels, got None")
        if self.training and self.config.shift:
            offset = torch.randint(-self.config.shift, self.config.shift + 1, (2,)).tolist()
            images = images.roll(offset, dims=(2, 3))
        logits = self.head(self.body(images)).float()
        return {"loss": F.cross_entropy(logits, labels)}

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """The activations before the classes, (batch, features)."""
        return torch.cat([self.body(part) for part in images.split(500)])

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """p(digit | image), (batch, classes)."""
        return self.head(self.features(images)).softmax(dim=1)
