"""The generative model: p(x, y) = p(y) p(x|y), a mixture with one Gaussian for each colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal

from generative.cars.drawing import Cars, check_shape
from generative.cars.joint import COLOURS, USES, Joint, joint_from_counts
from generative.model import seeded


@dataclass(frozen=True, slots=True, eq=False)
class Generative:
    """p(x, y) = p(y) p(x|y) of a picture x and a use y: first the use, then a picture given the use.

    p(x|y) = sum_c p(c|y) N(x; mean_c, W W' + noise I) over the colours c. `joint` holds p(y) and
    p(c|y); `means` is (colours, pixels), `directions` W is (pixels, directions), shared by all
    colours as `noise`, a variance, is. Densities are of pixels as real numbers, so that ln p may
    be above 0. `shape` is that of a picture.
    """

    joint: Joint
    means: Tensor
    directions: Tensor
    noise: float
    shape: tuple[int, int, int]

    def log_joint(self, pictures: Tensor, hidden: Tensor | None = None) -> Tensor:
        """ln p(x, y) for each picture and use, (N, uses), in nats.

        Args:
            pictures: (N, 3, height, width).
            hidden: Bool, (height, width): pixels that are not visible. They are integrated out,
                which for a Gaussian means leaving out their rows.
        """
        check_shape(pictures, self.shape)
        visible = torch.ones(self.shape, dtype=torch.bool)
        if hidden is not None:
            visible = visible & ~hidden
        visible = visible.flatten()
        log_density = torch.zeros(len(pictures), len(COLOURS), dtype=torch.double)  # ln p(x|c)
        if visible.any():  # a Gaussian of no pixels has density 1
            noise = torch.full((int(visible.sum()),), self.noise, dtype=torch.double)
            gaussians = LowRankMultivariateNormal(
                self.means[:, visible], self.directions[visible], noise
            )
            log_density = gaussians.log_prob(pictures.double().flatten(1)[:, None, visible])
        log_cells = torch.from_numpy(self.joint.joint).log()  # ln p(c, y), -inf for an empty cell
        return (log_density[:, None] + log_cells).logsumexp(dim=2)

    def log_likelihood(self, pictures: Tensor) -> Tensor:
        """ln p(x) = ln sum_y p(x, y), exact, (N,), in nats; larger is likelier."""
        return self.log_joint(pictures).logsumexp(dim=1)

    def posterior(self, pictures: Tensor, hidden: Tensor | None = None) -> Tensor:
        """p(y|x) = p(x, y) / p(x) by Bayes' rule, (N, uses); of the pixels not hidden, if some are."""
        return self.log_joint(pictures, hidden).softmax(dim=1)

    def sample(self, count: int, *, seed: int = 0, use: str | None = None) -> Cars:
        """Sample a use, unless it is given, then a colour, then a picture, clipped to [0, 1]."""
        if count < 1:
            raise ValueError(f"count must be at least 1 picture, got {count}")
        if use is not None and use not in USES:
            raise ValueError(f"no use {use!r}; there are {' and '.join(USES)}")
        joint = (
            self.joint if use is None else self.joint.with_prior([float(use == y) for y in USES])
        )
        with seeded(seed):
            cells = torch.from_numpy(joint.joint).flatten().multinomial(count, replacement=True)
            uses, colours = cells // len(COLOURS), cells % len(COLOURS)
            coordinates = torch.randn(count, self.directions.shape[1], dtype=torch.double)
            pixels = self.means[colours] + coordinates @ self.directions.T
            pixels = pixels + math.sqrt(self.noise) * torch.randn_like(pixels)
        return Cars(pixels.clamp(0, 1).float().reshape(count, *self.shape), colours, uses)

    def with_prior(self, prior: Sequence[float]) -> Generative:
        """The same p(x|y) with another p(y); nothing is trained again."""
        return replace(self, joint=self.joint.with_prior(prior))


def fit_generative(cars: Cars, *, pseudo_count: float = 0.0, directions: int = 6) -> Generative:
    """Fit p(x, y) = p(y) sum_c p(c|y) p(x|c) in closed form, from known colours and uses.

    p(y) and p(c|y) come from counts. The Gaussians share a covariance: that of probabilistic
    principal components (Tipping and Bishop, 1999, equations 8 and 9) of the residuals, which
    are the pictures minus the mean of their colour. A pixel whose variance is explained by colour
    to less than a tenth has one mean for all colours: the random differences of a thousand such
    pixels would else add up and look like evidence for a colour.

    Args:
        cars: Including every colour.
        pseudo_count: As for `joint_from_counts`.
        directions: Number of directions in which pictures of one colour vary, such as position
            and light.
    """
    counts = np.bincount(cars.colours.numpy(), minlength=len(COLOURS))
    if not counts.all():
        colour = COLOURS[int(counts.argmin())]
        raise ValueError(f"cars must include every colour, got no {colour} one; draw more")
    pixels = cars.pictures.double().flatten(1)
    overall = pixels.mean(dim=0)
    means = torch.stack([pixels[cars.colours == c].mean(dim=0) for c in range(len(COLOURS))])
    explained = (means[cars.colours] - overall).square().mean(dim=0) / pixels.var(dim=0)
    means = torch.where(explained < 0.1, overall, means)
    residuals = pixels - means[cars.colours]
    values, vectors = torch.linalg.eigh(residuals.T @ residuals / len(residuals))  # ascending
    noise = float(values[:-directions].mean())
    scales = (values[-directions:] - noise).sqrt()
    return Generative(
        joint_from_counts(cars.counts(), pseudo_count),
        means,
        vectors[:, -directions:] * scales,
        noise,
        cars.shape,
    )
