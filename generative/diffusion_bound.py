"""The lower bound on ln p(x) of a diffusion model, with its parts by step.

-ln p(x_0) <= L_T + sum over t > 1 of L_{t-1} + L_0 (DDPM, equation 5):

- L_T is the KL from q(x_T|x_0) to the standard normal, from which sampling starts.
- L_{t-1} is the KL from q(x_{t-1}|x_t, x_0) to the model's step. Both have the posterior's variance,
  so that it is the squared distance of their means over twice that variance.
- L_0 is -ln p(x_0|x_1) of the grey levels: the Gaussian around the estimated image with variance
  beta_1, integrated over each level's interval (DDPM, equation 13).

Source: Ho, Jain and Abbeel (2020), sections 2 and 3.3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from generative.diffusion import Diffusion
from generative.schedule import Schedule

_LEVELS = 256


@torch.no_grad()
def bound_parts(
    model: Diffusion, images: Tensor, labels: Tensor | None = None, *, seed: int = 0
) -> Tensor:
    """The parts of the bound in nats, (batch, steps + 1): L_0, L_1, ..., L_T.

    Their sum bounds -ln p of the grey levels from above, in expectation over the noise; each part
    is estimated by one draw of it.

    Args:
        model: It is evaluated once for each step.
        images: (batch, 1, height, width) in [0, 1], multiples of 1/255.
        labels: int64, (batch,); None: the model is not told the digit.
        seed: Of the noise.
    """
    x0, schedule = 2 * images - 1, model.schedule
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for step in range(len(schedule)):
        noise = torch.randn(x0.shape, generator=generator).to(x0.device)
        x = schedule.add_noise(x0, noise, torch.full((len(x0),), step, device=x0.device))
        estimate = schedule.image_from(x, model.noise_in(x, step, labels, 0.0), step)
        if step == 0:
            variance = float(schedule.beta[0])
            parts.append(-level_log_prob(x0, estimate, math.sqrt(variance)))
        else:
            parts.append(step_divergence(schedule, x0, estimate, step))
    left = float(schedule.alpha_bar[-1])
    prior = 0.5 * (left * x0.square() + (1 - left) - 1 - math.log(1 - left))
    parts.append(prior.flatten(1).sum(dim=1))
    return torch.stack(parts, dim=1)


def step_divergence(schedule: Schedule, x0: Tensor, estimate: Tensor, step: int) -> Tensor:
    """KL from q(x_{t-1}|x_t, x_0) to the same with the estimated x_0, in nats, (batch,).

    The means differ by sqrt(alpha_bar_{t-1}) beta_t / (1 - alpha_bar_t) times the difference of the
    images (DDPM, equation 7).
    """
    left, before = float(schedule.alpha_bar[step]), float(schedule.alpha_bar[step - 1])
    beta = float(schedule.beta[step])
    variance = (1 - before) / (1 - left) * beta
    weight = before * beta**2 / (1 - left) ** 2 / (2 * variance)
    return weight * (x0 - estimate).square().flatten(1).sum(dim=1)


def level_log_prob(x0: Tensor, mean: Tensor, deviation: float) -> Tensor:
    """ln of a Gaussian's mass on each pixel's grey level, summed over pixels, in nats, (batch,).

    The intervals are 2/255 wide; those of the lowest and the highest level are open.
    """
    half = 1 / (_LEVELS - 1)
    normal = torch.distributions.Normal(mean.double(), deviation)
    x0 = x0.double()
    below, above = normal.cdf(x0 - half), normal.cdf(x0 + half)
    below = torch.where(x0 <= -1 + half, 0.0, below)
    above = torch.where(x0 >= 1 - half, 1.0, above)
    return (above - below).clamp(min=1e-12).log().flatten(1).sum(dim=1).float()


def bits_per_dimension(parts: Tensor, dimensions: int) -> Tensor:
    """The bound in bits a pixel, (batch,), from `bound_parts`."""
    return parts.sum(dim=1) / (dimensions * math.log(2))
