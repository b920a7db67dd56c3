"""generative/ around the models: data, training, checkpoints, metrics and commands."""

from __future__ import annotations

import itertools
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from generative import available, checkpoints, data, evaluate, hardness, latent, metrics
from generative.anomalies import KINDS, auroc, erased, letters, rotated
from generative.baselines import NAMES, figures_of_baseline
from generative.classifier import Classifier
from generative.cli import app
from generative.data import digits, read_idx
from generative.errors import CheckpointMissing, DataMissing, GenerativeError
from generative.families import FAMILIES, family
from generative.figures import Figures, Measurement, draw_bound, markdown_tables
from generative.fonts import printed_digit, printed_digits
from generative.model import GenerativeModel
from generative.pictures import grid
from generative.sampling import draw, samplers
from generative.train import Epoch, Recipe, fit
from generative.vae import VAE, VAEConfig

SHORT = Recipe(epochs=3, batch=64, rate=2e-3, warm_up=5)


# ---- data ----


def test_digits_are_split_without_overlap():
    parts = digits()
    assert [len(p) for p in (parts.train, parts.valid, parts.test)] == [1200, 200, 397]
    pixels = torch.cat([parts.train.pixels, parts.valid.pixels, parts.test.pixels]).flatten(1)
    assert len(pixels.unique(dim=0)) == 1797
    assert float(parts.train.floats.max()) == 1.0


def test_an_idx_file_is_read_as_written(tmp_path):
    file = tmp_path / "x-idx3-ubyte"
    file.write_bytes(struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 1, 3) + bytes(range(6)))
    assert read_idx(file).tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


def test_what_is_no_mnist_is_refused(tmp_path):
    with pytest.raises(DataMissing, match=r"faces.*digits"):
        data.load("faces")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"nothing")
    with pytest.raises(DataMissing):
        data.load("mnist", tmp_path)


# ---- training and checkpoints ----


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.slow) if n in ("autoregressive", "diffusion") else n
        for n in FAMILIES
        if n not in ("gan", "flow", "energy")
    ],
)
def test_training_lowers_the_validation_loss_on_small_digits(name):
    torch.manual_seed(0)
    model_family, images = family(name), digits()
    model = model_family.build(model_family.config_for("digits"))
    epochs = [e for e in fit(model, images, SHORT) if isinstance(e, Epoch)]
    assert epochs[-1].valid < epochs[0].valid


def small():
    torch.manual_seed(0)
    return VAE(VAEConfig(image_size=8, latent=4, hidden=16))


def test_a_checkpoint_gives_the_model_back_and_half_precision_nearly(tmp_path):
    model = small()
    checkpoints.save(model, tmp_path, {"dataset": "digits"})
    again = checkpoints.load(tmp_path)
    codes = torch.randn(3, 4)
    assert torch.equal(again.decode(codes), model.decode(codes))
    assert again.about == {"dataset": "digits"}
    size = (tmp_path / "model.safetensors").stat().st_size
    checkpoints.save(model, tmp_path, {}, half=True)
    assert (tmp_path / "model.safetensors").stat().st_size < 0.7 * size
    torch.testing.assert_close(
        checkpoints.load(tmp_path).decode(codes), model.decode(codes), atol=1e-2, rtol=0
    )


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    images, recipe = digits(), Recipe(epochs=2, batch=200, warm_up=2)
    whole, stopped = small(), small()
    list(fit(whole, images, recipe, output=tmp_path / "whole"))
    events = fit(stopped, images, recipe, output=tmp_path / "part", save_every=0)
    for event in events:
        if isinstance(event, Epoch):
            break
    events.close()
    again = small()
    list(fit(again, images, recipe, output=tmp_path / "part"))
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match="28 x 28 pixels, digits has 8 x 8"):
        next(fit(VAE(VAEConfig()), digits(), SHORT))


def test_a_changed_or_missing_model_is_not_loaded(tmp_path):
    checkpoints.save(small(), tmp_path / "vae", {})
    checkpoints.pin(tmp_path)
    assert isinstance(checkpoints.shipped("vae", tmp_path), VAE)
    with pytest.raises(CheckpointMissing, match=r"No model 'gan'.*vae"):
        checkpoints.shipped("gan", tmp_path)
    with (tmp_path / "vae" / "model.safetensors").open("ab") as file:
        file.write(b"!")
    with pytest.raises(CheckpointMissing, match="make train-generative"):
        checkpoints.shipped("vae", tmp_path)


def test_an_unknown_field_of_a_config_is_named():
    with pytest.raises(GenerativeError, match=r"latents.*latent"):
        family("vae").config_for("digits", latents=3)


# ---- measures ----


def test_the_frechet_distance_of_two_gaussians_is_its_closed_form():
    generator = np.random.default_rng(0)
    one = generator.normal(0, 1, (200_000, 2))
    other = generator.normal(0, 1, (200_000, 2)) * [2, 3] + [1, 0]
    # |(1, 0)|^2 + (1 - 2)^2 + (1 - 3)^2 = 6 for independent components
    assert metrics.frechet_distance(one, other) == pytest.approx(6, abs=0.1)
    assert metrics.frechet_distance(one, one) == pytest.approx(0, abs=1e-6)


def test_precision_and_recall_by_hand():
    real = np.array([[0.0], [1.0], [2.0], [3.0]])  # with k = 1 each reaches 1 to both sides
    generated = np.array([[0.5], [2.5], [9.0], [9.25]])  # which reach 2, 2, 0.25 and 0.25
    assert metrics.precision_and_recall(generated, real, 1) == (0.5, 1.0)
    assert metrics.precision_and_recall(real, generated, 1) == (1.0, 0.5)
    # near one real point alone: good, but without variety
    assert metrics.precision_and_recall(0.01 * real, real, 1) == (1.0, 0.25)


def test_parts_of_samples_are_drawn_once_and_told_their_digits(tmp_path):
    torch.manual_seed(0)
    gan = family("gan").build(family("gan").config_for("digits", channels=4)).eval()
    (sampler,) = samplers(gan)
    whole = draw(gan, sampler, 60, 1, tmp_path)
    assert (len(whole.pixels), whole.labels.min() >= 0) == (60, True)
    assert len(list(tmp_path.iterdir())) == 2
    for value in gan.generator.parameters():
        value.data.zero_()
    again = draw(gan, sampler, 60, 1, tmp_path)  # the parts that are stored
    assert torch.equal(again.pixels, whole.pixels)
    assert not torch.equal(draw(gan, sampler, 60, 2, tmp_path).pixels, whole.pixels)
    vae = small()
    assert draw(vae, samplers(vae)[0], 3, 0).labels.tolist() == [-1, -1, -1]


def test_a_diffusion_model_is_measured_told_and_untold():
    torch.manual_seed(0)
    config = family("diffusion").config_for("digits", channels=8, steps=4)
    by_name = {sampler.name: sampler for sampler in samplers(family("diffusion").build(config))}
    assert by_name["DDIM 4"].labelled
    assert not by_name["DDIM 4, digit not given"].labelled
    assert by_name["DDPM 4"].options == {"method": "ddpm"}


def test_unusual_images_are_made_of_the_digits_that_are_given():
    digit = torch.zeros(200, 1, 28, 28)
    digit[:, :, 4:24, 12:16] = 1  # a bar
    turned = rotated(digit)
    across = turned.sum(dim=2).gt(0.5).sum(dim=-1)[:, 0]  # columns with ink: 4 before
    assert int(across.min()) > 14
    gaps = digit - erased(digit)
    assert gaps.min() >= 0
    areas = gaps.flatten(1).sum(dim=1)
    assert (int(areas.min()) >= 1, int(areas.max()) <= 4 * 11) == (True, True)  # side 0.4 * 28
    for name, kind in KINDS.items():
        unusual = kind(digit[:12], 3)
        assert unusual.shape == (12, 1, 28, 28), name
        assert 0 <= float(unusual.min()) <= float(unusual.max()) <= 1, name
        assert torch.equal(unusual, kind(digit[:12], 3)), name


def test_digits_of_fonts_are_read_by_the_classifier():
    images, labels = printed_digits(120)
    right = metrics.digits_right(available.judge("mnist"), images, labels)
    assert right.float().mean() > 0.7
    assert printed_digits(4, 8)[0].shape == (4, 1, 8, 8)
    with pytest.raises(ValueError, match="no standard font 'Comic'; expected one of Helvetica"):
        printed_digit(3, "Comic")


def test_baselines_have_the_figures_that_are_known():
    images = digits()
    by_name = {
        name: {
            row.name: row.value
            for row in figures_of_baseline(
                name, available.judge("digits"), images, 300, "here"
            ).rows
        }
        for name in NAMES
    }
    nats = by_name["independent pixels"]["density"]
    mean = images.train.floats.mean(dim=0).clamp(1e-4, 1 - 1e-4).double()
    entropy = -(mean * mean.log() + (1 - mean) * (1 - mean).log()).sum()  # of the training pixels
    assert nats == pytest.approx(-float(entropy), abs=0.6)
    real, noise = (by_name[name]["Fréchet distance"] for name in NAMES[:2])
    assert real < noise / 5
    assert real < by_name["principal components"]["Fréchet distance"] < noise
    recall = {name: rows.get("recall") for name, rows in by_name.items()}
    assert recall["real images"] > max(0.8, recall["independent pixels"])
    assert by_name["nearest image"]["AUROC inverted"] > 0.99
    assert by_name["raw pixels"]["linear probe"] > 0.85


def test_auroc_by_hand():
    assert auroc(np.array([1.0, 2.0]), np.array([3.0, 1.5])) == 0.75


def test_letters_are_white_on_black_and_repeat_themselves():
    images = letters(20, 28, seed=1)
    assert images.shape == (20, 1, 28, 28)
    assert torch.equal(images, letters(20, 28, seed=1))
    assert 0.05 < float(images.mean()) < 0.35
    assert float(images[:, :, 0].mean()) < 0.05  # nothing at the border


class Doubling(GenerativeModel):
    """Code = twice the image, and the decoder halves it."""

    family = "doubling"

    def encode(self, images):
        return 2 * images.flatten(1)

    def decode(self, codes):
        return (codes / 2).reshape(-1, 1, 2, 2)


def test_ways_and_sums_of_codes_by_hand():
    model = Doubling(None)
    one, other = torch.zeros(1, 2, 2), torch.ones(1, 2, 2)
    line = latent.interpolate(model, one, other, 3)
    assert line.flatten(1).mean(dim=1).tolist() == [0.0, 0.5, 1.0]
    moved = latent.latent_arithmetic(model, other[None], one[None], one[None])
    assert torch.equal(moved, other[None])


def test_a_linear_probe_reads_what_is_linear():
    codes = np.random.default_rng(0).normal(size=(400, 3))
    assert metrics.linear_probe(codes, (codes[:, 0] > 0).astype(int), 200) > 0.95
    assert latent.neighbours(codes, codes[7], 1).tolist() == [7]


def test_a_grid_places_images_in_rows():
    images = torch.stack([torch.full((1, 2, 2), value) for value in (0.0, 1.0, 0.5)])
    picture = np.asarray(grid(images, 2, scale=1, gap=1))
    assert picture.tolist() == [
        [0, 0, 96, 255, 255],
        [0, 0, 96, 255, 255],
        [96] * 5,
        [128, 128, 96, 96, 96],
        [128, 128, 96, 96, 96],
    ]


def test_a_grid_keeps_colours():
    red, blue = torch.zeros(2, 3, 1, 1)
    red[0], blue[2] = 1, 1
    picture = np.asarray(grid(torch.stack([red, blue]), 2, scale=1, gap=1))
    assert picture.tolist() == [[[255, 0, 0], [96, 96, 96], [0, 0, 255]]]


# ---- commands ----


def test_an_own_model_is_trained_sampled_measured_and_compared(tmp_path, monkeypatch):
    monkeypatch.setenv("KATHEDER_OWN_MODELS", str(tmp_path))
    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == code, result.output
        return result.stderr if code else result.output

    small = ("--set", "latent=3", "--set", "bound_samples=5", "--set", "hidden=16")
    train = ("train", "vae", "--epochs", "2", *small)
    printed = run(*train)
    assert "epoch 2 of 2" in printed
    assert "notebooks/03_VAE_MNIST.ipynb" in printed
    folder = tmp_path / "vae-digits"
    assert (folder / "preview.png").is_file()
    assert "holds a finished model" in run(*train, code=1)
    assert available.own() == ["vae-digits"]
    assert available.open_model("vae-digits").config.latent == 3
    run("sample", "vae-digits", "--output", str(tmp_path / "s.png"))
    run("interpolate", str(folder), "--output", str(tmp_path / "w.png"))
    assert (tmp_path / "w.png").is_file()
    assert "AUROC" in run("anomaly", "vae-digits", "--images", "40")
    rows = json.loads(run("evaluate", "vae-digits", "--images", "100", "--json").splitlines()[-1])
    names = {row["name"]: row["value"] for row in rows}
    assert {"density", "Fréchet distance", "AUROC letters", "linear probe"} <= names.keys()
    table = run("compare", "vae-digits", "--images", "100")
    assert "generation" not in table  # the figures of the same weights are not measured again
    assert f"| vae-digits | digits | {parameters(folder):,} |" in table


def parameters(folder) -> int:
    return sum(value.numel() for value in checkpoints.load(folder).parameters())


def test_a_preview_is_of_the_averaged_weights(tmp_path):
    model = small()
    events = fit(model, digits(), Recipe(epochs=1, batch=400, averaging=0.9), output=tmp_path)
    epoch = next(event for event in events if isinstance(event, Epoch))
    codes = torch.randn(3, 4)
    saved = checkpoints.load(tmp_path).decode(codes)
    assert torch.equal(epoch.model.decode(codes), saved)
    assert not torch.equal(model.eval().decode(codes), saved)


def test_a_run_is_limited_by_the_clock_that_it_is_given():
    ticks = itertools.count(0, 6.0)  # seconds, one tick for each step
    recipe = Recipe(epochs=50, batch=400, minutes=1)  # 3 steps in an epoch
    events = fit(small(), digits(), recipe, clock=lambda: next(ticks))
    assert [event.number for event in events if isinstance(event, Epoch)] == [1, 2, 3, 4]


def test_figures_with_and_without_the_digit_are_kept_apart():
    rows = tuple(
        Measurement(name, value, "", 10)
        for name, value in (
            ("density", 2.0),
            ("density, digit given", 1.9),
            ("Fréchet distance DDIM 25", 8.0),
            ("Fréchet distance DDIM 25, digit not given", 20.0),
            ("digit drawn DDIM 25", 0.9),
            ("AUROC letters", 0.5),
        )
    )
    both = Figures(
        "diffusion",
        "x",
        1,
        1.0,
        rows,
        "lower bound",
        "grey",
        (),
        10,
        "",
        "",
        samples="x",
        told=True,
    )
    assert both.tellings == (True, False)
    assert replace(both, rows=rows[:1]).tellings == (True,)

    def values(name):
        found = [both.value(name, told=told) for told in (True, False)]
        return [None if row is None else row.value for row in found]

    assert values("density") == [1.9, 2.0]
    assert values("Fréchet distance") == [8.0, 20.0]
    assert values("digit drawn") == [0.9, None]
    assert values("AUROC letters") == [0.5, 0.5]
    lines = markdown_tables({"diffusion": both}).splitlines()
    first, second, *_ = (line for line in lines if line.startswith("| diffusion |"))
    assert "| yes |" in first
    assert "| no |" in second


def test_the_bound_of_the_figures_has_its_parts_and_a_picture(tmp_path):
    torch.manual_seed(0)
    config = family("diffusion").config_for("digits", channels=8, steps=4)
    model = family("diffusion").build(config).eval()
    rows = evaluate.measure(
        model, available.judge("digits"), digits(), parts=["density"], bound_images=12
    )
    without, given = rows
    assert (without.name, given.name) == ("density", "density, digit given")
    assert (without.images, len(without.by_step)) == (12, 5)
    assert sum(without.by_step) == pytest.approx(without.value, rel=1e-3)
    draw_bound(without, tmp_path / "bound.svg")
    assert "<svg" in (tmp_path / "bound.svg").read_text(encoding="utf-8")


def test_the_judge_of_the_small_digits_reads_them():
    assert metrics.accuracy(available.judge("digits"), digits()) > 0.95


def test_a_model_of_an_unknown_size_is_named_with_the_sizes():
    assert checkpoints.dataset_of(small()) == "digits"
    with pytest.raises(CheckpointMissing, match=r"4 x 4 pixels.*8 x 8 .digits."):
        checkpoints.dataset_of(VAE(VAEConfig(image_size=4, latent=2, hidden=4)))


def test_a_wasserstein_critic_has_its_own_penalty():
    assert family("gan").config_for("digits").penalty == 0.2
    assert family("gan").config_for("digits", objective="wasserstein").penalty == 10
    assert family("gan").config_for("digits", objective="wasserstein", penalty=5).penalty == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "nothing"], "No model 'nothing'"),
        (["sample", "vae", "--label", "3"], "are conditioned on a digit"),
        (["sample", "vae", "--eta", "0"], "are for diffusion models"),
        (["sample", "autoencoder"], "cannot draw images"),
        (["train", "poem"], "No family 'poem'"),
        (["train", "vae", "--set", "latent"], "expected NAME=VALUE"),
        (["train", "vae", "--set", "latent=0"], "latent is 0 in the config of vae, expected a"),
        (["train", "vae", "--set", "latent=2.5"], "expected a whole number of at least 1"),
        (["train", "vae", "--set", "beta=-1"], "expected a number of at least 0"),
        (["train", "gan", "--set", "objective=foo"], "expected non-saturating or wasserstein"),
        (["train", "flow", "--set", "channels=[8,0]"], "a list of whole numbers of at least 1"),
        (["train", "autoregressive", "--set", "kernel=4"], "kernels must be odd"),
        (["train", "diffusion", "--set", "schedule=linear", "--set", "steps=5"], "21 steps"),
        (["train", "vae", "--device", "cuda:9"], "no device 'cuda:9' on this machine"),
        (
            ["anomaly", "vae", "--dataset", "digits"],
            "made for 28 x 28 pixels, and --dataset digits",
        ),
        (["sample", "diffusion", "--method", "euler"], "expected ddim or ddpm"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, message, tmp_path, monkeypatch):
    monkeypatch.setenv("KATHEDER_OWN_MODELS", str(tmp_path))
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


# ---- what comes with the program ----


def test_every_shipped_model_loads_and_is_small():
    total = 0
    for name in checkpoints.names():
        checkpoints.shipped(name)
        total += (checkpoints.FOLDER / name / "model.safetensors").stat().st_size
    assert set(checkpoints.names()) >= {
        *(name for name in FAMILIES if name != "energy"),
        "denoising",
    }
    assert total < 25e6


@pytest.mark.slow
def test_shipped_models_reach_their_figures_on_a_part_of_the_test_set():
    try:
        images = data.load("mnist")
    except DataMissing as error:
        pytest.skip(str(error))
    classifier = checkpoints.shipped("classifier")
    assert isinstance(classifier, Classifier)
    assert metrics.accuracy(classifier, images) > 0.99
    some = images.test.floats[:500]
    shipped = checkpoints.shipped
    assert float(shipped("autoencoder").anomaly_score(some).mean()) < 0.006
    assert float(metrics.log_likelihood(shipped("autoregressive"), some).nats.mean()) > -86
    assert float(metrics.log_likelihood(shipped("vae"), some[:100]).nats.mean()) > -91
    flow = metrics.log_likelihood(shipped("flow"), some)
    assert float(flow.bits_per_dimension.mean()) < 1.35
    assert metrics.digit_shares(classifier, shipped("gan").sample(300, seed=0)).min() > 0.01
    assert json.loads((checkpoints.FOLDER / "sha256.json").read_text()).keys() == set(
        checkpoints.names()
    )


# ---- why generation is hard ----


class Thresholder:
    """Takes an image for a digit with its share of white pixels as the probability."""

    def probabilities(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).mean(dim=1, keepdim=True)


def test_a_search_counts_the_images_that_are_taken_for_digits():
    random = hardness.random_pixels(torch.full((1, 4, 4), 0.9), 4)
    *_, found = hardness.search_digits(
        random, Thresholder(), torch.ones(1, 1, 4, 4), least=1.0, near=1.0, limit=1200, seed=1
    )
    assert found.tried == 1200
    # all 16 white: 0.9 ** 16 = 0.185; at most one black: 0.515
    assert found.accepted / 1200 == pytest.approx(0.185, abs=0.04)
    assert found.near / 1200 == pytest.approx(0.515, abs=0.05)
    assert 1 <= found.first < 60
    assert bool((found.example == 1).all())
    even = hardness.random_pixels(None, 4)(2000)
    assert float(even.mean()) == pytest.approx(0.5, abs=0.02)


def test_points_at_the_corners_of_a_square_have_a_contrast_of_one_over_root_two():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    assert hardness.distance_contrast(corners) == pytest.approx(0.5**0.5)
    rows = hardness.contrast_by_dimension(data.digits().train.floats, [2, 64], count=200)
    (_, low, _), (_, high, digits_high) = rows
    assert low < 0.1 < digits_high < high
    assert high > 0.55


def test_neighbours_depend_on_the_measure():
    codes = np.array([[1.0, 0.0], [3.0, 3.0], [0.0, 9.0]])
    query = np.array([1.0, 0.5])
    assert latent.neighbours(codes, query, 3).tolist() == [0, 1, 2]
    assert latent.neighbours(codes, query, 3, "cosine").tolist() == [1, 0, 2]
    assert latent.neighbours(codes, query, 1, "dot").tolist() == [1]  # 1, 4.5, 4.5: the first
