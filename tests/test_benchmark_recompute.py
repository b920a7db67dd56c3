"""benchmarks/written_out.py, which shares no code with `generative`, compared with it by image."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmarks import written_out
from generative import available, checkpoints, data, metrics
from generative.anomalies import anomaly_scores, auroc
from generative.diffusion_bound import bits_per_dimension, bound_parts
from generative.errors import DataMissing


@pytest.fixture(scope="module")
def levels() -> torch.Tensor:
    """Eight test images, grey levels from 0 to 255, read from the IDX file."""
    try:
        folder = data.find_mnist()
    except DataMissing as error:
        pytest.skip(str(error))
    return written_out.read_images(folder, "t10k")[3:11]


@pytest.fixture
def binary(levels) -> torch.Tensor:
    return (levels > 127).float()


def test_the_frechet_distance_is_that_of_scipys_root(levels):
    judge, weights = available.judge("mnist"), written_out.weights_of("classifier")
    images = levels / 255
    expected = metrics.features(judge, images)
    np.testing.assert_allclose(written_out.features(weights, images), expected, atol=1e-4)
    generator = np.random.default_rng(0)
    one, other = generator.normal(size=(500, 5)), generator.normal(1, 2, size=(300, 5))
    assert written_out.frechet(one, other) == pytest.approx(
        metrics.frechet_distance(one, other), rel=1e-6
    )


def test_the_vaes_bound_is_that_of_the_written_out_network(binary):
    vae, weights = checkpoints.shipped("vae"), written_out.weights_of("vae")
    own = written_out.vae_bound(weights, binary, 800, torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    nats = vae.log_likelihood(binary, samples=800).nats
    assert float((own - nats).abs().mean()) < 0.3  # other draws of z
    drawn = written_out.vae_samples(weights, 3, torch.Generator().manual_seed(5))
    torch.testing.assert_close(drawn, vae.sample(3, seed=5), atol=1e-5, rtol=0)


def test_ln_p_of_each_image_is_that_of_the_written_out_networks(levels, binary):
    pixelcnn = written_out.pixelcnn_nats(written_out.weights_of("autoregressive"), binary)
    expected = checkpoints.shipped("autoregressive").log_likelihood(binary).nats
    torch.testing.assert_close(pixelcnn, expected, atol=1e-2, rtol=0)
    values = levels + 0.25
    bits = written_out.flow_bits(written_out.weights_of("flow"), values)
    with torch.no_grad():
        nats = checkpoints.shipped("flow").log_prob(values)
    np.testing.assert_allclose(bits, -nats.numpy() / (784 * math.log(2)), atol=1e-4)


def test_the_estimated_noise_is_that_of_the_written_out_u_net():
    torch.manual_seed(0)
    x, labels = torch.randn(4, 1, 28, 28), torch.tensor([0, 3, 9, 10])
    weights = written_out.weights_of("diffusion")
    with torch.no_grad():
        expected = checkpoints.shipped("diffusion").network(x, torch.full((4,), 77), labels)
    for name, rows in (("told", slice(3)), ("untold", slice(3, 4))):
        network = written_out.part(weights, f"network.{name}")
        own = written_out.noise_in(network, x[rows], 77, labels[rows])
        torch.testing.assert_close(own, expected[rows], atol=1e-4, rtol=0)


@pytest.mark.slow
def test_the_diffusion_models_bound_is_that_of_the_written_out_network(levels):
    own = written_out.diffusion_bits(
        written_out.weights_of("diffusion"), levels[:3], torch.Generator().manual_seed(0)
    )
    parts = bound_parts(checkpoints.shipped("diffusion"), levels[:3] / 255, seed=0)
    np.testing.assert_allclose(own, bits_per_dimension(parts, 784).numpy(), atol=2e-3)


def test_auroc_of_two_anomaly_scores_is_the_share_of_pairs(levels):
    images = levels / 255
    own = written_out.reconstruction_errors(written_out.weights_of("denoising"), images)
    expected = anomaly_scores(checkpoints.shipped("denoising"), images)
    np.testing.assert_allclose(own, expected, atol=1e-6)
    turned = written_out.turned(images, np.random.default_rng(0))
    assert 0.5 < float(turned.sum() / images.sum()) < 1.2
    unusual = written_out.reconstruction_errors(written_out.weights_of("denoising"), turned)
    wins = np.mean([[u > v for u in unusual] for v in own])
    assert written_out.auroc(own, unusual) == pytest.approx(wins)
    assert written_out.auroc(own, unusual) == pytest.approx(auroc(own, unusual))
