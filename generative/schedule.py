"""The noise schedule of a diffusion model: how much noise each step adds, and how a step removes it.

Sources: Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models" (2020); cosine schedule:
Nichol and Dhariwal (2021); fewer steps: Song, Meng and Ermon, "Denoising Diffusion Implicit
Models" (2021). Images are in [-1, 1].
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Schedule:
    """The noise that each step adds, and values derived from it; all are float64, shape (T,).

    `beta` is the variance that a step adds, `alpha` = 1 - beta, `alpha_bar` the product of the
    alphas so far: the share of the image's variance that remains.
    """

    def __init__(self, beta: Tensor) -> None:
        self.beta = beta.double()
        self.alpha = 1 - self.beta
        self.alpha_bar = self.alpha.cumprod(0)

    def __len__(self) -> int:
        return len(self.beta)

    @classmethod
    def linear(cls, steps: int) -> Schedule:
        """Variances that grow linearly from 1e-4 to 0.02 over 1000 steps, faster over fewer."""
        scale = 1000 / steps
        return cls(torch.linspace(1e-4 * scale, 0.02 * scale, steps, dtype=torch.float64))

    @classmethod
    def cosine(cls, steps: int, offset: float = 0.008) -> Schedule:
        """alpha_bar falls along a squared cosine (Nichol and Dhariwal, equation 17)."""
        time = torch.arange(steps + 1, dtype=torch.float64) / steps
        left = ((time + offset) / (1 + offset) * math.pi / 2).cos().square()
        return cls((1 - left[1:] / left[:-1]).clamp(max=0.999))

    def add_noise(self, x0: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        """x_t by one draw: sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise (DDPM, equation 4)."""
        left = self._at(self.alpha_bar, step, x0)
        return left.sqrt() * x0 + (1 - left).sqrt() * noise

    def image_from(self, x: Tensor, noise: Tensor, step: int) -> Tensor:
        """The x_0 from which this noise gives x, clipped to [-1, 1]."""
        left = float(self.alpha_bar[step])
        return ((x - math.sqrt(1 - left) * noise) / math.sqrt(left)).clamp(-1, 1)

    def ddpm_step(self, x: Tensor, noise: Tensor, step: int, fresh: Tensor) -> Tensor:
        """x_{t-1} drawn from the posterior given x_t and the x_0 that the noise implies.

        Source: DDPM, equations 6 and 7, with the posterior's variance.

        Args:
            x: x_t, (batch, 1, height, width).
            noise: The network's estimate of the noise in it.
            step: t, from 0.
            fresh: Standard normal noise of x's shape; it has no effect at step 0.
        """
        x0 = self.image_from(x, noise, step)
        left = float(self.alpha_bar[step])
        before = float(self.alpha_bar[step - 1]) if step else 1.0
        alpha, beta = float(self.alpha[step]), float(self.beta[step])
        mean = (math.sqrt(before) * beta * x0 + math.sqrt(alpha) * (1 - before) * x) / (1 - left)
        return mean + math.sqrt((1 - before) / (1 - left) * beta) * fresh

    def ddim_step(
        self,
        x: Tensor,
        noise: Tensor,
        step: int,
        target: int,
        eta: float = 0.0,
        fresh: Tensor | None = None,
    ) -> Tensor:
        """x at an earlier step by the implied x_0 (DDIM, equation 12).

        Args:
            x: x_t.
            noise: The network's estimate of the noise in it.
            step: t, from 0.
            target: The step to go to, below t; -1 is the image without noise.
            eta: 0 adds no noise at all, 1 as much as DDPM.
            fresh: Standard normal noise of x's shape, needed if eta is not 0.
        """
        x0 = self.image_from(x, noise, step)
        left = float(self.alpha_bar[step])
        before = float(self.alpha_bar[target]) if target >= 0 else 1.0
        # x_0 was clipped, so the noise is computed again from x and x_0.
        noise = (x - math.sqrt(left) * x0) / math.sqrt(1 - left)
        sigma = eta * math.sqrt((1 - before) / (1 - left) * (1 - left / before))
        x = math.sqrt(before) * x0 + math.sqrt(max(0.0, 1 - before - sigma**2)) * noise
        if eta:
            if fresh is None:
                raise ValueError(f"eta is {eta}, so ddim_step needs fresh noise")
            x = x + sigma * fresh
        return x

    @staticmethod
    def _at(values: Tensor, step: Tensor, like: Tensor) -> Tensor:
        return values.to(like.device)[step].to(like.dtype).reshape(-1, *[1] * (like.ndim - 1))
