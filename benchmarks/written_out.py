"""The forward passes of models/generative, written out without the package's code.

Networks are written with torch.nn.functional; the matrix root, the normal distribution and ranks are
scipy's. Nothing of `generative` is imported; `tests/test_benchmark_recompute.py` compares single
images with the package, and `benchmarks.recompute` computes the stored figures again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.ndimage
import scipy.stats
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

Weights = dict[str, Tensor]
MODELS = Path("models") / "generative"
PIXELS = 28 * 28


def read_images(folder: Path, part: str) -> Tensor:
    """Grey levels from 0 to 255, float32 (images, 1, 28, 28), of `train` or `t10k`."""
    content = (folder / f"{part}-images-idx3-ubyte").read_bytes()
    levels = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return torch.from_numpy(levels.astype(np.float32))


def weights_of(name: str, folder: Path = MODELS) -> Weights:
    """A model's weights in single precision, by name."""
    loaded = load_file(folder / name / "model.safetensors")
    return {key: value.float() for key, value in loaded.items()}


def part(weights: Weights, prefix: str) -> Weights:
    """The weights below a prefix, by the rest of their name."""
    return {k[len(prefix) + 1 :]: v for k, v in weights.items() if k.startswith(f"{prefix}.")}


def batches(*tensors: Tensor, size: int = 250) -> Iterator[tuple[Tensor, ...]]:
    """The same rows of several tensors, some at a time."""
    yield from zip(*(one.split(size) for one in tensors), strict=True)


def linear(x: Tensor, w: Weights, name: str) -> Tensor:
    return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])


def convolve(x: Tensor, w: Weights, name: str, padding: int = 0, stride: int = 1) -> Tensor:
    return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding)


def group_norm(x: Tensor, w: Weights, name: str) -> Tensor:
    return F.group_norm(x, 8, w[f"{name}.weight"], w[f"{name}.bias"])


# ---- Fréchet distance ----


def features(w: Weights, images: Tensor) -> np.ndarray:
    """The classifier's 64 features of images in [0, 1], (images, 64)."""
    rows = []
    for (x,) in batches(images):
        x = F.max_pool2d(convolve(x, w, "body.0", 1).relu(), 2)
        x = F.max_pool2d(convolve(x, w, "body.3", 1).relu(), 2)
        x = convolve(x, w, "body.6", 1).relu().flatten(1)
        rows.append(linear(x, w, "body.10").relu())
    return torch.cat(rows).double().numpy()


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """Heusel et al. (2017), with the root of the product of both covariances."""
    ridge = 1e-8 * np.eye(one.shape[1])  # some features are always 0
    first, second = np.cov(one.T) + ridge, np.cov(other.T) + ridge
    root = scipy.linalg.sqrtm(first @ second).real
    between = np.square(one.mean(0) - other.mean(0)).sum()
    return float(between + np.trace(first + second - 2 * root))


# ---- variational autoencoder ----


def three_layers(x: Tensor, w: Weights, name: str) -> Tensor:
    x = F.silu(linear(x, w, f"{name}.0"))
    return linear(F.silu(linear(x, w, f"{name}.2")), w, f"{name}.4")


def vae_samples(w: Weights, count: int, generator: torch.Generator) -> Tensor:
    """Images (count, 1, 28, 28) of the pixels' probabilities."""
    codes = torch.randn(count, 50, generator=generator)
    return three_layers(codes, w, "decoder").sigmoid().reshape(-1, 1, 28, 28)


def vae_bound(w: Weights, binary: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """The importance-weighted bound of ln p by k samples (Burda et al., 2016), nats, (images,)."""
    flat = binary.flatten(1)
    mean, log_var = three_layers(2 * flat - 1, w, "encoder").chunk(2, dim=1)
    deviation = (log_var.clamp(-12, 6) / 2).exp()
    terms = []
    for _ in range(k):
        code = mean + deviation * torch.randn(mean.shape, generator=generator)
        logits = three_layers(code, w, "decoder")
        given = -F.binary_cross_entropy_with_logits(logits, flat, reduction="none").sum(1)
        prior = -(code**2).sum(1) / 2  # the constants of both normals cancel
        posterior = (-((code - mean) ** 2) / (2 * deviation**2) - deviation.log()).sum(1)
        terms.append(given + prior - posterior)
    return torch.logsumexp(torch.stack(terms), 0) - math.log(k)


# ---- PixelCNN ----


def gate(x: Tensor) -> Tensor:
    one, other = x.chunk(2, dim=1)
    return one.tanh() * other.sigmoid()


def pixelcnn_nats(w: Weights, binary: Tensor) -> Tensor:
    """ln p of binary images, the sum over pixels of ln p(pixel | those before), (images,)."""
    above = left = torch.cat([2 * binary - 1, torch.ones_like(binary)], dim=1)
    for number in range(7):
        layer, first = part(w, f"stack.{number}"), number == 0
        reach = 3 if first else 1
        if first:  # rows and columns before the pixel alone: shift by one
            rows = F.pad(above, (reach, reach, reach, 0))[:, :, :-1]
            columns = F.pad(left, (reach, 0))[..., :-1]
        else:
            rows, columns = F.pad(above, (reach, reach, reach, 0)), F.pad(left, (reach, 0))
        vertical = convolve(rows, layer, "vertical")
        horizontal = convolve(columns, layer, "horizontal") + convolve(vertical, layer, "across")
        out = convolve(gate(horizontal), layer, "out")
        above, left = gate(vertical), out if first else left + out
    head = convolve((left + w["place"]).relu(), w, "head.1").relu()
    logits = convolve(head, w, "head.3")
    return -F.binary_cross_entropy_with_logits(logits, binary, reduction="none").sum((1, 2, 3))


# ---- flow ----


def flow_bits(w: Weights, values: Tensor) -> np.ndarray:
    """-ln p in bits a pixel of grey levels plus uniform noise, values in [0, 256), (images,)."""
    mass = w["gaussianise.mass"].double().numpy()
    level = values.numpy().astype(int)
    inside = values.double().numpy() - level
    rank = np.clip(np.cumsum(mass)[level] - mass[level] * (1 - inside), 1e-6, 1 - 1e-6)
    noise = scipy.stats.norm.ppf(rank)
    log_det = (np.log(mass[level]) - scipy.stats.norm.logpdf(noise)).sum((1, 2, 3))
    x = torch.from_numpy(noise).float()
    for scale in range(2):
        x = F.pixel_unshuffle(x, 2)
        for number in range(8):
            c = part(w, f"scales.{scale}.{number}")
            hidden = F.silu(convolve(x * c["mask"], c, "first", 1) + c["place"])
            one, other = convolve(F.silu(convolve(hidden, c, "inner", 1)), c, "gate").chunk(2, 1)
            out = convolve(F.silu(hidden + one * other.sigmoid()), c, "last", 1)
            scales, shift = out.chunk(2, dim=1)
            scales = 3 * c["bound"] * (scales / 3).tanh() + c["base_scale"]
            changed = 1 - c["mask"]
            x = x * (scales * changed).exp() + (shift + c["base_shift"]) * changed
            log_det = log_det + (scales * changed).double().sum((1, 2, 3)).numpy()
    nats = scipy.stats.norm.logpdf(x.double().numpy()).sum((1, 2, 3)) + log_det
    return -nats / (PIXELS * math.log(2))


# ---- diffusion ----


def residual(x: Tensor, about: Tensor, w: Weights) -> Tensor:
    inner = convolve(F.silu(group_norm(x, w, "first.0")), w, "first.2", 1)
    scale, shift = linear(F.silu(about), w, "condition")[:, :, None, None].chunk(2, dim=1)
    inner = group_norm(inner, w, "norm") * (1 + scale) + shift
    straight = convolve(x, w, "shortcut") if "shortcut.weight" in w else x
    return straight + convolve(F.silu(inner), w, "second", 1)


def attend(x: Tensor, w: Weights) -> Tensor:
    query, key, value = (
        convolve(group_norm(x, w, "norm"), w, "query_key_value").flatten(2).chunk(3, 1)
    )
    weights = (query.transpose(1, 2) @ key / math.sqrt(query.shape[1])).softmax(dim=2)
    return x + convolve((value @ weights.transpose(1, 2)).reshape(x.shape), w, "out")


def noise_in(w: Weights, x: Tensor, step: int, labels: Tensor) -> Tensor:
    """The U-Net's estimate of the noise in x_t, in the shape of x; label 10 is any digit."""
    angle = step * torch.exp(-math.log(10000) * torch.arange(24) / 24)
    about = F.silu(linear(torch.cat([angle.sin(), angle.cos()]), w, "time.0"))
    about = linear(about, w, "time.2") + w["label.weight"][labels]
    first = convolve(F.pixel_unshuffle(x, 2), w, "first", 1)
    fine = residual(first, about, part(w, "down"))
    coarse = residual(convolve(fine, w, "shrink", 1, 2), about, part(w, "low"))
    coarse = attend(coarse, part(w, "attend"))
    middle = residual(coarse, about, part(w, "middle"))
    back = residual(torch.cat([middle, coarse], dim=1), about, part(w, "back"))
    grown = convolve(back.repeat_interleave(2, 2).repeat_interleave(2, 3), w, "grow", 1)
    up = residual(torch.cat([grown, fine], dim=1), about, part(w, "up"))
    return F.pixel_shuffle(convolve(F.silu(group_norm(up, w, "last.0")), w, "last.2", 1), 2)


def diffusion_bits(w: Weights, levels: Tensor, generator: torch.Generator) -> np.ndarray:
    """The bound of DDPM (equation 5) without the digit, in bits a pixel, (images,)."""
    network, steps = part(w, "network.untold") or part(w, "network"), 250
    angle = (np.arange(steps + 1) / steps + 0.008) / 1.008 * np.pi / 2
    left = np.cos(angle) ** 2
    beta = np.minimum(1 - left[1:] / left[:-1], 0.999)
    alpha_bar = np.cumprod(1 - beta)
    x0 = levels / 127.5 - 1
    labels = torch.full((len(x0),), 10)
    exact, nats = x0.double().numpy(), np.zeros(len(x0))
    for step in range(steps):
        noise = torch.randn(x0.shape, generator=generator)
        x = math.sqrt(alpha_bar[step]) * x0 + math.sqrt(1 - alpha_bar[step]) * noise
        error = math.sqrt(1 - alpha_bar[step]) * noise_in(network, x, step, labels)
        guess = ((x - error) / math.sqrt(alpha_bar[step])).clamp(-1, 1).double().numpy()
        if step == 0:  # the mass of a normal on the interval of the grey level
            normal = scipy.stats.norm(guess, math.sqrt(beta[0]))
            top = np.where(exact > 0.999, 1, normal.cdf(exact + 1 / 255))
            bottom = np.where(exact < -0.999, 0, normal.cdf(exact - 1 / 255))
            nats -= np.log(np.maximum(top - bottom, 1e-12)).sum((1, 2, 3))
        else:  # two normals of the posterior's variance, with different means
            before = alpha_bar[step - 1]
            variance = beta[step] * (1 - before) / (1 - alpha_bar[step])
            slope = math.sqrt(before) * beta[step] / (1 - alpha_bar[step])
            nats += np.square(slope * (exact - guess)).sum((1, 2, 3)) / (2 * variance)
    last = alpha_bar[-1]
    nats += (last * exact**2 - last - np.log(1 - last)).sum((1, 2, 3)) / 2
    return nats / (PIXELS * math.log(2))


# ---- anomaly scores ----


def reconstruction_errors(w: Weights, images: Tensor) -> np.ndarray:
    """The convolutional autoencoder's mean squared errors, (images,)."""
    x = F.silu(convolve(images, w, "encoder.0", 1, 2))
    x = F.silu(convolve(x, w, "encoder.2", 1, 2)).flatten(1)
    code = linear(F.silu(linear(x, w, "encoder.5")), w, "encoder.7")
    x = F.silu(linear(F.silu(linear(code, w, "decoder.0")), w, "decoder.2")).reshape(-1, 64, 7, 7)
    for name in ("decoder.5", "decoder.7"):
        x = F.conv_transpose2d(x, w[f"{name}.weight"], w[f"{name}.bias"], 2, 1)
        x = F.silu(x) if name == "decoder.5" else x.clamp(0, 1)
    return ((x - images) ** 2).mean((1, 2, 3)).double().numpy()


def auroc(usual: np.ndarray, unusual: np.ndarray) -> float:
    """The share of pairs in which the unusual image has the larger score, by ranks."""
    wins = scipy.stats.mannwhitneyu(unusual, usual).statistic
    return float(wins / (len(usual) * len(unusual)))


def turned(images: Tensor, generator: np.random.Generator) -> Tensor:
    """Each turned to the left or to the right by 60 to 120 degrees."""
    angles = generator.uniform(60, 120, len(images)) * generator.choice([-1, 1], len(images))
    pairs = zip(images[:, 0].numpy(), angles, strict=True)
    rows = [scipy.ndimage.rotate(image, angle, reshape=False, order=1) for image, angle in pairs]
    return torch.from_numpy(np.stack(rows))[:, None].clamp(0, 1)
