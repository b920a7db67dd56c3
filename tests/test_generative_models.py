"""The families of generative/, held against closed forms, inverses, gradients and other libraries."""

from __future__ import annotations

import math
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from generative.autoencoder import Autoencoder, AutoencoderConfig
from generative.autoregressive import Autoregressive, AutoregressiveConfig, CachedFeatures
from generative.classifier import Classifier, ClassifierConfig
from generative.diffusion import Diffusion, DiffusionConfig
from generative.energy import Energy, EnergyConfig, gradient, langevin_step
from generative.errors import NotDefined
from generative.flow import Flow, FlowConfig, Gaussianise
from generative.gan import GAN, GANConfig
from generative.model import bernoulli_log_prob, binarise, seeded
from generative.schedule import Schedule
from generative.vae import VAE, VAEConfig, gaussian_kl

SMALL_FLOW = FlowConfig(image_size=4, levels=4, couplings=(2, 2), channels=(8, 8))


@pytest.fixture(autouse=True)
def fixed():
    torch.manual_seed(0)


def shake(model):
    """Weights that do something: training begins with some layers at zero."""
    for value in model.parameters():
        value.data += 0.2 * torch.randn_like(value)
    return model.eval()


# ---- VAE ----


def test_gaussian_kl_agrees_with_torch():
    mean, log_var = torch.randn(4, 3), torch.randn(4, 3)
    expected = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(gaussian_kl(mean, log_var), expected)


def test_bernoulli_log_prob_agrees_with_torch():
    logits, pixels = torch.randn(3, 1, 2, 2), torch.randint(2, (3, 1, 2, 2)).float()
    expected = Bernoulli(logits=logits).log_prob(pixels).flatten(1).sum(dim=1)
    torch.testing.assert_close(bernoulli_log_prob(logits, pixels), expected)


@pytest.mark.slow
def test_the_importance_weighted_bound_lies_between_elbo_and_truth():
    """With one latent number the truth is an integral, taken here on a grid."""
    model = shake(VAE(VAEConfig(image_size=2, latent=1, hidden=8)))
    images = binarise(torch.rand(6, 1, 2, 2))
    grid = torch.linspace(-8, 8, 4001)[:, None]
    log_prior = Normal(0.0, 1.0).log_prob(grid[:, 0])
    with torch.no_grad():
        logits = model.logits(grid)
        truth = torch.stack(
            [
                (bernoulli_log_prob(logits, image.expand(4001, -1, -1, -1)) + log_prior).logsumexp(
                    0
                )
                for image in images
            ]
        ) + math.log(16 / 4000)
    elbo = torch.stack([model.elbo(images) for _ in range(2000)]).mean(dim=0)
    few = torch.stack([model.log_likelihood(images, 5).nats for _ in range(400)]).mean(dim=0)
    many = model.log_likelihood(images, 5000).nats
    assert (elbo < few + 0.02).all()
    assert (few < truth + 0.02).all()
    torch.testing.assert_close(many, truth, atol=0.1, rtol=0)


# ---- flow ----


def test_the_log_determinant_is_that_of_the_jacobian():
    flow = shake(Flow(SMALL_FLOW)).double()
    values = torch.rand(1, 1, 4, 4).double() * 4
    jacobian = torch.autograd.functional.jacobian(
        lambda x: flow.to_noise(x.reshape(1, 1, 4, 4))[0].flatten(), values.flatten()
    )
    expected = torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(flow.to_noise(values)[1][0], expected, atol=1e-6, rtol=1e-6)


def test_the_inverse_gives_the_image_back():
    flow = shake(Flow(SMALL_FLOW)).double()
    values = torch.rand(5, 1, 4, 4).double() * 3.9 + 0.05
    noise, _ = flow.to_noise(values)
    torch.testing.assert_close(flow.from_noise(noise), values, atol=1e-5, rtol=0)


def test_gaussianise_turns_its_own_histogram_into_a_normal():
    layer = Gaussianise(4)
    levels = torch.tensor([0] * 70 + [1] * 10 + [3] * 20)
    layer.fit(levels)
    quantiles, _ = layer(levels.repeat(200) + torch.rand(20000))
    assert abs(float(quantiles.mean())) < 0.03
    assert float(quantiles.std()) == pytest.approx(1, abs=0.03)


# ---- autoregressive ----


def test_no_pixel_sees_itself_or_those_after_it():
    model = shake(
        Autoregressive(AutoregressiveConfig(image_size=5, channels=8, layers=3, first_kernel=5))
    )
    for place in range(25):
        image = torch.rand(1, 1, 5, 5, requires_grad=True)
        model.logits(image).flatten()[place].backward()
        seen = image.grad.flatten()
        assert (seen[place:] == 0).all()
        if place == 12:  # and what lies before it does matter, the row above to the right too
            assert (seen[[11, 10, 7, 8, 6]] != 0).all()


def test_the_probabilities_of_all_small_images_sum_to_one():
    model = shake(
        Autoregressive(AutoregressiveConfig(image_size=3, channels=8, layers=2, first_kernel=3))
    )
    every = torch.tensor([[n >> k & 1 for k in range(9)] for n in range(512)]).float()
    nats = model.log_likelihood(every.reshape(-1, 1, 3, 3)).nats
    assert float(nats.exp().sum()) == pytest.approx(1, abs=1e-4)


def test_an_image_is_drawn_from_the_log_odds_of_the_whole_network():
    model = shake(
        Autoregressive(AutoregressiveConfig(image_size=6, channels=8, layers=4, first_kernel=5))
    )
    images = binarise(torch.rand(3, 1, 6, 6))
    draws = torch.Generator().manual_seed(2)
    expected = images.clone()
    for pixel in range(12, 36):  # the whole network for each pixel, on all of the image
        row, column = divmod(pixel, 6)
        logits = model.logits(expected)[:, :, row, column]
        expected[:, :, row, column] = torch.bernoulli(logits.sigmoid(), generator=draws)
    steps = list(model.rows(images, 2, seed=2))
    assert len(steps) == 4
    assert torch.equal(steps[-1], expected)
    assert torch.equal(steps[1][:, :, :4], expected[:, :, :4])
    assert (steps[1][:, :, 4:] == 0).all()
    features, errors = CachedFeatures(model, 3), []
    for pixel in range(36):
        row, column = divmod(pixel, 6)
        if column == 0:
            features.begin(row)
        with torch.no_grad():
            difference = features.logits(column) - model.logits(images)[:, :, row, column]
        errors.append(float(difference.abs().max()))
        features.set(column, images[:, :, row, column])
    assert max(errors) < 4e-6


def test_completing_keeps_the_upper_rows_and_repeats_itself():
    model = shake(
        Autoregressive(AutoregressiveConfig(image_size=4, channels=8, layers=2, first_kernel=3))
    )
    images = binarise(torch.rand(3, 1, 4, 4))
    done = model.complete(images, 2, seed=1)
    assert torch.equal(done[:, :, :2], images[:, :, :2])
    assert torch.equal(done, model.complete(images, 2, seed=1))
    assert set(done.unique().tolist()) <= {0.0, 1.0}


# ---- diffusion ----


def test_schedules_agree_with_diffusers():
    schedulers = pytest.importorskip("diffusers").schedulers
    linear = schedulers.DDPMScheduler(1000, 1e-4, 0.02, "linear")
    cosine = schedulers.DDPMScheduler(200, beta_schedule="squaredcos_cap_v2")
    for ours, theirs in ((Schedule.linear(1000), linear), (Schedule.cosine(200), cosine)):
        np.testing.assert_allclose(ours.alpha_bar, theirs.alphas_cumprod, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("step", [0, 1, 57, 199])
def test_a_step_back_agrees_with_diffusers(step):
    schedulers = pytest.importorskip("diffusers").schedulers
    ours = Schedule.cosine(200)
    x, noise = torch.randn(2, 1, 4, 4), torch.randn(2, 1, 4, 4)
    kind = {"beta_schedule": "squaredcos_cap_v2", "clip_sample": True}
    ddim = schedulers.DDIMScheduler(200, **kind, set_alpha_to_one=True)
    ddim.set_timesteps(200)
    expected = ddim.step(noise, step, x, use_clipped_model_output=True).prev_sample
    torch.testing.assert_close(
        ours.ddim_step(x, noise, step, step - 1), expected, atol=1e-3, rtol=1e-3
    )
    fresh = torch.randn(x.shape)
    half = {"eta": 0.5, "variance_noise": fresh}
    expected = ddim.step(noise, step, x, use_clipped_model_output=True, **half).prev_sample
    torch.testing.assert_close(
        ours.ddim_step(x, noise, step, step - 1, 0.5, fresh), expected, atol=1e-3, rtol=1e-3
    )
    ddpm = schedulers.DDPMScheduler(200, **kind, variance_type="fixed_small")
    fresh = torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
    expected = ddpm.step(noise, step, x, generator=torch.Generator().manual_seed(5)).prev_sample
    torch.testing.assert_close(
        ours.ddpm_step(x, noise, step, fresh), expected, atol=1e-3, rtol=1e-3
    )


def test_the_true_noise_leads_back_to_the_image_in_any_number_of_steps():
    schedule = Schedule.cosine(100)
    x0, noise = torch.rand(2, 1, 4, 4) * 1.6 - 0.8, torch.randn(2, 1, 4, 4)
    x = schedule.add_noise(x0, noise, torch.tensor([90, 90]))
    for step, target in ((90, 40), (40, 10), (10, -1)):
        left = float(schedule.alpha_bar[step])
        x = schedule.ddim_step(x, (x - math.sqrt(left) * x0) / math.sqrt(1 - left), step, target)
    torch.testing.assert_close(x, x0, atol=1e-4, rtol=0)


def test_guidance_of_zero_is_the_model_and_more_moves_away_from_no_label():
    model = shake(Diffusion(DiffusionConfig(image_size=8, patch=1, channels=16, steps=20)))
    x, labels = torch.randn(2, 1, 8, 8), torch.tensor([3, 7])
    with torch.no_grad():
        plain, none = model.noise_in(x, 5, labels, 0.0), model.noise_in(x, 5, None, 0.0)
        guided = model.noise_in(x, 5, labels, 2.0)
    torch.testing.assert_close(guided, 3 * plain - 2 * none, atol=1e-4, rtol=1e-4)


# ---- GAN ----


def test_losses_of_the_gan_by_hand():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([0.0, -2.0])
    plain = GAN(GANConfig(image_size=8, latent=4, channels=8))
    soft = [math.log(2), math.log1p(math.exp(-2))]
    assert float(plain.discriminator_loss(real, fake)) == pytest.approx(sum(soft), abs=1e-5)
    assert float(plain.generator_loss(fake)) == pytest.approx(
        (math.log(2) + math.log1p(math.exp(2))) / 2, abs=1e-5
    )


def test_a_gan_of_classes_is_told_the_digit_and_scores_it_apart():
    model = GAN(GANConfig(image_size=8, latent=4, channels=8, classes=3)).eval()
    codes = model.draw_codes(3, torch.tensor([2, 0, 1]), seed=1)
    assert codes[:, 4:].tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    torch.testing.assert_close(codes[:, :4], model.draw_codes(3, seed=1)[:, :4])
    drawn = model.sample(3, seed=1, labels=torch.tensor([2, 0, 1]))
    torch.testing.assert_close(drawn, model.decode(codes))
    assert not torch.equal(drawn, model.sample(3, seed=1, labels=torch.tensor([0, 0, 1])))
    # Training that is told one digit alone moves the other digits' scores by shared weights only.
    images, optimizers = torch.rand(6, 1, 8, 8), model.optimizers(1e-2)
    before = model.discriminator[-1].weight.detach().clone()
    model.training_step(images, torch.full((6,), 1), optimizers, nullcontext())
    changed = (model.discriminator[-1].weight - before).abs().sum(dim=1) > 0
    assert changed.tolist() == [False, True, False]
    with pytest.raises(ValueError, match="needs labels in training"):
        model.training_step(images, None, optimizers, nullcontext())


# ---- energy ----


def test_a_gradient_is_that_of_the_energy_and_leaves_weights_alone():
    model = Energy(EnergyConfig(image_size=4, channels=4, buffer=8)).eval()
    x, direction = torch.randn(2, 1, 4, 4), torch.randn(2, 1, 4, 4)
    slope = gradient(model.energy, x)
    assert all(value.grad is None for value in model.parameters())
    ahead, behind = model.energy(x + 1e-2 * direction), model.energy(x - 1e-2 * direction)
    expected = (ahead - behind) / 2e-2
    torch.testing.assert_close(
        (slope * direction).flatten(1).sum(dim=1), expected, atol=1e-4, rtol=2e-2
    )


def test_langevin_steps_draw_from_a_gaussian_energy():
    """E = x^2 / (2 s^2): the variance settles at s^2 / (1 - step / (4 s^2))."""
    spread, size = 1.5, 0.4
    x = torch.zeros(40_000)
    for _ in range(200):
        x = langevin_step(x, lambda x: x / spread**2, size)
    assert float(x.var()) == pytest.approx(spread**2 / (1 - size / (4 * spread**2)), rel=0.03)


def test_training_pulls_the_energy_of_images_below_that_of_noise():
    model = Energy(EnergyConfig(image_size=4, channels=8, walk=5, buffer=64))
    images = torch.zeros(64, 1, 4, 4)
    images[:, :, 1:3, 1:3] = 1
    (optimizer,) = model.optimizers(1e-3)
    for _ in range(40):
        model.training_step(images, None, [optimizer], nullcontext())
    assert model.anomaly_score(images).mean() < model.anomaly_score(torch.rand(64, 1, 4, 4)).mean()


# ---- what a family has ----


@pytest.mark.parametrize(
    ("model", "lacking"),
    [
        (Autoencoder(AutoencoderConfig(image_size=8)), ("sample", "likelihood")),
        (Energy(EnergyConfig(image_size=8, buffer=8)), ("encode", "likelihood")),
        (GAN(GANConfig(image_size=8, latent=4, channels=8)), ("encode", "likelihood")),
        (Classifier(ClassifierConfig(image_size=8)), ("sample", "encode", "likelihood")),
        (Diffusion(DiffusionConfig(image_size=8, patch=1, channels=16)), ("encode", "likelihood")),
    ],
    ids=lambda value: getattr(value, "family", ""),
)
def test_what_a_family_lacks_is_refused_with_the_reason(model, lacking):
    images = torch.rand(2, 1, 8, 8)
    calls = {
        "sample": lambda: model.sample(2),
        "encode": lambda: model.encode(images),
        "likelihood": lambda: model.log_likelihood(images),
    }
    for part in lacking:
        with pytest.raises(NotDefined, match=model.family):
            calls[part]()


def test_a_seed_repeats_samples_and_leaves_the_global_generator_alone():
    model = VAE(VAEConfig(image_size=4, latent=2, hidden=8))
    before = torch.get_rng_state()
    first = model.sample(3, seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, model.sample(3, seed=4))
    assert not torch.equal(first, model.sample(3, seed=5))


# ---- one pixel of a known density ----


def descend(model, draw, steps, rate):
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    model.prepare(draw())
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(draw())["loss"].backward()
        optimizer.step()
    return model.eval()


ENTROPY = -(0.3 * math.log(0.3) + 0.7 * math.log(0.7))  # of a pixel that is white 3 times in 10


@pytest.mark.slow
def test_the_autoregressive_model_recovers_a_pixel():
    model = Autoregressive(AutoregressiveConfig(image_size=1, channels=4, layers=1, first_kernel=3))
    descend(model, lambda: torch.full((64, 1, 1, 1), 0.3), 80, 0.05)
    white = float(model.log_likelihood(torch.ones(1, 1, 1, 1)).nats.exp())
    assert white == pytest.approx(0.3, abs=0.05)


def test_the_vae_recovers_a_pixel():
    model = VAE(VAEConfig(image_size=1, latent=2, hidden=8))
    descend(model, lambda: torch.full((256, 1, 1, 1), 0.3), 300, 0.02)
    white = float(model.log_likelihood(torch.ones(1, 1, 1, 1), 2000).nats.exp())
    black = float(model.log_likelihood(torch.zeros(1, 1, 1, 1), 2000).nats.exp())
    assert white == pytest.approx(0.3, abs=0.05)
    assert white + black == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_the_flow_recovers_a_pixel():
    """Four alike pixels of four grey levels: at best ln p is minus four entropies."""
    shares = torch.tensor([0.6, 0.2, 0.15, 0.05])

    def draw():
        return torch.multinomial(shares, 4 * 256, replacement=True).reshape(-1, 1, 2, 2) / 3

    flow = Flow(FlowConfig(image_size=2, levels=4, couplings=(2,), channels=(8,)))
    descend(flow, draw, 60, 1e-3)
    with seeded(1):
        nats = float(flow.log_likelihood(torch.cat([draw() for _ in range(20)])).nats.mean()) / 4
    entropy = float(-(shares * shares.log()).sum())
    assert nats == pytest.approx(-entropy, abs=0.03)
