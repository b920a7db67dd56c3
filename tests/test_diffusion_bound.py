"""The bound of a diffusion model, held against torch's own divergences."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from generative.diffusion import Diffusion, DiffusionConfig, Schedule
from generative.diffusion_bound import (
    bits_per_dimension,
    bound_parts,
    level_log_prob,
    step_divergence,
)


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = Diffusion(DiffusionConfig(image_size=4, patch=1, channels=8, steps=12, classes=3))
    for value in model.parameters():
        value.data += 0.1 * torch.randn_like(value)
    return model.eval()


def test_a_step_is_the_divergence_of_the_two_posteriors():
    schedule, step = Schedule.cosine(20), 7
    x0, estimate, x = (torch.randn(3, 1, 2, 2) for _ in range(3))
    left, before = schedule.alpha_bar[step], schedule.alpha_bar[step - 1]
    alpha, beta = schedule.alpha[step], schedule.beta[step]

    def posterior(image):  # DDPM, equations 6 and 7
        mean = (before.sqrt() * beta * image + alpha.sqrt() * (1 - before) * x) / (1 - left)
        return Normal(mean, ((1 - before) / (1 - left) * beta).sqrt())

    expected = kl_divergence(posterior(x0), posterior(estimate)).flatten(1).sum(dim=1)
    torch.testing.assert_close(step_divergence(schedule, x0, estimate, step), expected.float())


def test_the_levels_of_a_pixel_have_mass_one():
    levels = (2 * torch.arange(256) / 255 - 1).reshape(-1, 1, 1, 1)
    for mean, deviation in ((0.3, 0.02), (-1.0, 0.5), (0.99, 0.004)):
        nats = level_log_prob(levels, torch.full_like(levels, mean), deviation)
        assert float(nats.exp().sum()) == pytest.approx(1, abs=1e-4)


def test_the_bound_has_a_part_for_each_step_and_its_last_is_the_start_of_sampling(model):
    images = torch.randint(256, (2, 1, 4, 4)).float() / 255
    parts = bound_parts(model, images, torch.tensor([0, 2]))
    assert parts.shape == (2, 13)
    assert bool((parts > 0).all())
    left = model.schedule.alpha_bar[-1]
    mean = left.sqrt() * (2 * images - 1).double()
    expected = kl_divergence(Normal(mean, (1 - left).sqrt()), Normal(torch.zeros_like(mean), 1.0))
    torch.testing.assert_close(
        parts[:, -1], expected.flatten(1).sum(dim=1).float(), atol=1e-5, rtol=1e-4
    )
    assert torch.equal(parts, bound_parts(model, images, torch.tensor([0, 2])))
    bits = bits_per_dimension(parts, 16)
    torch.testing.assert_close(bits, parts.sum(dim=1) / 16 / math.log(2))


def test_a_model_that_knows_the_image_needs_the_first_and_the_last_part_alone(model):
    images = torch.randint(256, (2, 1, 4, 4)).float() / 255

    class Knowing(Diffusion):
        def noise_in(self, x, step, labels, guidance):
            left = float(self.schedule.alpha_bar[step])
            return (x - math.sqrt(left) * (2 * images - 1)) / math.sqrt(1 - left)

    model.__class__ = Knowing
    parts = bound_parts(model, images)
    assert float(parts[:, 1:-1].max()) < 1e-4
