"""A second network for a diffusion model, which draws without a digit as well as the first with one.

The estimate of the noise without the digit is the mean of those with it, over the digits that the
noised image may show:

    E[noise | x_t] = E over y given x_t of E[noise | x_t, y].

So the target of the second network is not the noise itself, but the estimate of the first one, which is
told the digit of the image: a target with the same mean and far less variance, since only the digit
is random in it. The first network is not changed.

Sources: an estimate without the label, Ho and Salimans, "Classifier-Free Diffusion Guidance" (2022); a
network as the target of another, Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural
Network" (2015).
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from generative.diffusion import Diffusion

_NOISY = (0.9, 0.4)  # this share of the steps is drawn from those above this share of the chain


def told_alone(model: Diffusion) -> Diffusion:
    """The model of the first network, which is the whole model where there is no second one."""
    if not model.config.pair:
        return model
    alone = Diffusion(replace(model.config, pair=False))
    alone.network.load_state_dict(model.unet(told=True).state_dict())
    return alone.eval()


def pair(first: Diffusion, untold: Diffusion) -> Diffusion:
    """One model of both networks, each with its weights as they are."""
    model = Diffusion(replace(first.config, pair=True))
    for told, source in ((True, first), (False, untold)):
        model.unet(told=told).load_state_dict(source.network.state_dict())
    return model.eval()


class UntoldStage(Diffusion):
    """The second network in training: it learns from the first one, with the digit hidden."""

    def __init__(self, first: Diffusion, label_dropout: float = 1.0) -> None:
        """Begin with the weights of `first`.

        Args:
            first: The teacher, with one network; it stays as it is.
            label_dropout: The share of training images whose label is hidden, in [0, 1].
        """
        super().__init__(replace(first.config, label_dropout=label_dropout))
        self.load_state_dict(first.state_dict())
        self._first = [first.requires_grad_(False).eval()]  # in a list: its weights are not saved

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Mean squared difference from the teacher's estimate with the digit, at random steps.

        `hidden` and `shown` are its means over the images without and with their label.

        Raises:
            ValueError: there are no labels.
        """
        if labels is None:
            raise ValueError("the teacher needs the digit of each image, got no labels")
        x0 = 2 * images - 1
        step = self._steps(len(x0)).to(x0.device)
        x = self.schedule.add_noise(x0, torch.randn_like(x0), step)
        hidden = torch.rand(len(x0), device=x0.device) < self.config.label_dropout
        none = torch.full_like(labels, self.config.classes)
        with torch.no_grad():
            target = self._first[0].network(x, step, labels).float()
        estimate = self.network(x, step, torch.where(hidden, none, labels)).float()
        errors = F.mse_loss(estimate, target, reduction="none").flatten(1).mean(dim=1)
        return {
            "loss": errors.mean(),
            "hidden": (errors * hidden).sum() / hidden.sum().clamp(min=1),
            "shown": (errors * ~hidden).sum() / (~hidden).sum().clamp(min=1),
        }

    def _steps(self, count: int) -> Tensor:
        """Random steps, int64 (count,), more of them noisy: there the image does not show its digit."""
        share, start = _NOISY
        uniform = torch.rand(count)
        noisy = torch.rand(count) < share
        return (
            torch.where(noisy, start + (1 - start) * uniform, uniform) * len(self.schedule)
        ).long()
