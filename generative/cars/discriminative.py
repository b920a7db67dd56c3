"""The discriminative model: a network from a picture to p(y|x) of the use, and nothing else."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generative.cars.drawing import Cars, check_shape
from generative.cars.joint import USES, check_prior
from generative.errors import NotDefined
from generative.model import seeded


class Discriminative(nn.Module):
    """p(y|x) of the use given the picture, by a network with one hidden layer; it has no p(x).

    What needs more than p(y|x) raises NotDefined with the reason.
    """

    mean_picture: Tensor  # of the training pictures; subtracted from each input
    training_prior: Tensor  # p(y) among the training pictures, (uses,)
    prior: Tensor  # p(y) where the model is used, (uses,); `with_prior` changes it

    def __init__(self, shape: tuple[int, int, int], hidden: int = 32) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean_picture", torch.zeros(shape))
        for name in ("training_prior", "prior"):
            self.register_buffer(name, torch.full((len(USES),), 1 / len(USES)).double())
        self.network = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(shape), hidden),
            nn.ReLU(),
            nn.Linear(hidden, len(USES)),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of the uses, (N, uses), from pictures (N, 3, height, width)."""
        check_shape(pictures, self.shape)
        return self.network(2 * (pictures - self.mean_picture))

    @torch.no_grad()
    def posterior(self, pictures: Tensor, hidden: Tensor | None = None) -> Tensor:
        """p(y|x) of each picture, (N, uses), under the model's p(y).

        Raises:
            NotDefined: part of the picture is hidden.
        """
        if hidden is not None and bool(hidden.any()):
            raise NotDefined(
                "The discriminative model cannot leave out hidden pixels: p(y|visible) is a sum "
                "over their possible values, weighted by p(x), and it has no p(x). Use the "
                "generative model."
            )
        change = self.prior.log() - self.training_prior.log()
        return (self(pictures) + change).softmax(dim=1).float()

    def sample(self, count: int, *, seed: int = 0, use: str | None = None) -> Cars:
        """Raises NotDefined: the model cannot do this."""
        raise NotDefined(
            "The discriminative model cannot draw pictures: it has p(y|x), from which neither "
            "p(x) nor p(x|y) follows. Use the generative model."
        )

    def log_likelihood(self, pictures: Tensor) -> Tensor:
        """Raises NotDefined: the model cannot do this."""
        raise NotDefined(
            "The discriminative model cannot tell how usual a picture is: p(y|x) sums to 1 for "
            "every picture, however strange, and it has no p(x). Use the generative model."
        )

    def with_prior(self, prior: Sequence[float]) -> Discriminative:
        """The same model where the uses have other shares; nothing is trained again.

        p'(y|x) is proportional to p(y|x) p'(y) / p(y), where p(y) are the shares among the training
        pictures and p(x|y) stays. Source: Saerens, Latinne and Decaestecker (2002), equation 2.4.
        """
        changed = copy.copy(self)
        changed._buffers = {**self._buffers, "prior": torch.from_numpy(check_prior(prior))}
        return changed

    @torch.no_grad()
    def estimate_prior(self, pictures: Tensor, steps: int = 200) -> Tensor:
        """p(y) of unlabelled pictures, (uses,), by expectation maximisation from the present one.

        Each step is the mean of p'(y|x) over the pictures, with p'(y) from the step before.
        Source: Saerens, Latinne and Decaestecker (2002), equation 2.9.
        """
        posterior = self.posterior(pictures).double()
        prior = posterior.mean(dim=0)
        for _ in range(steps):
            weighted = posterior * (prior / self.prior)
            prior = (weighted / weighted.sum(dim=1, keepdim=True)).mean(dim=0)
        return prior


def train_discriminative(cars: Cars, *, seed: int = 0, epochs: int = 12) -> Discriminative:
    """Fit p(y|x) by minimising the cross-entropy, the mean of -ln p(y|x) over the cars.

    It learns from pictures and uses; colours are not given. All randomness comes from the seed.
    """
    if len(cars.uses.unique()) < len(USES):
        raise ValueError("cars must include both uses, got only one; draw more pictures")
    with seeded(seed):
        model = Discriminative(cars.shape)
        model.mean_picture = cars.pictures.mean(dim=0)
        shares = cars.uses.bincount(minlength=len(USES)).double() / len(cars.uses)
        model.training_prior, model.prior = shares, shares
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
        batch = 50
        steps = epochs * -(-len(cars.uses) // batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(epochs):
            for rows in torch.randperm(len(cars.uses)).split(batch):
                loss = F.cross_entropy(model(cars.pictures[rows]), cars.uses[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return model.eval()
