"""generative/ for the app: drawings, planes of codes, short training runs, stored figures."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from generative import available, baselines, checkpoints, data, figures, live
from generative.anomalies import anomaly_scores
from generative.data import Dataset, digits
from generative.drawing import as_digits, as_mnist
from generative.errors import CheckpointMissing, DataMissing, NothingDrawn
from generative.evaluate import figures_of
from generative.families import FAMILIES
from generative.figures import Measurement
from generative.latent import Plane
from generative.pictures import evenly, strip
from generative.vae import VAE, VAEConfig

# ---- drawings ----


def test_a_bar_becomes_a_bar_of_twenty_pixels_in_the_middle():
    ink = np.zeros((300, 200))
    ink[10:110, 140:190] = 1  # 100 x 50, so 20 x 10
    rows, columns = as_mnist(ink)[0, 0].nonzero(as_tuple=True)
    assert (int(rows.min()), int(rows.max())) == (4, 23)
    # half-way between two places: from 9 or 10 on
    assert int(columns.max()) - int(columns.min()) == 9
    assert int(columns.min()) in (9, 10)


def test_the_centre_of_mass_not_of_the_box_is_in_the_middle():
    ink = np.tri(20)  # a right triangle: its centre of mass is a third of its side from both legs
    picture = as_mnist(ink)[0, 0]
    rows, columns = picture.nonzero(as_tuple=True)
    # 14.5 less two thirds of 20, and less one third
    assert (int(rows.min()), int(columns.min())) == (1, 8)
    assert np.array_equal(picture[1:21, 8:28].numpy(), ink)


@pytest.mark.parametrize(("down", "right", "times"), [(0, 0, 10), (35, -40, 10), (0, 0, 3)])
def test_where_and_how_large_it_is_drawn_does_not_matter(down, right, times):
    small = np.zeros((28, 28))
    small[6:22, 8:11] = small[6:9, 8:20] = small[13:16, 8:17] = 1  # an F
    ink = np.kron(small, np.ones((times, times)))
    ink = np.roll(ink, (down, right), axis=(0, 1))
    expected = as_mnist(np.kron(small, np.ones((20, 20))))
    torch.testing.assert_close(as_mnist(ink), expected, atol=0.25, rtol=0)
    assert float((as_mnist(ink) - expected).abs().mean()) < 0.01


def test_a_test_image_drawn_ten_times_as_large_comes_back():
    try:
        test = data.load("mnist").test.first(100).floats
    except DataMissing as error:
        pytest.skip(str(error))
    errors = [
        float((as_mnist(np.kron(image[0].numpy(), np.ones((10, 10))))[0] - image).abs().mean())
        for image in test
    ]
    assert np.mean(np.array(errors) < 1e-3) > 0.95


def test_a_blank_canvas_is_refused():
    with pytest.raises(NothingDrawn, match="Draw a digit"):
        as_mnist(np.zeros((280, 280)))


def test_a_bar_of_mnist_fills_the_small_frame_from_top_to_bottom():
    picture = torch.zeros(1, 1, 28, 28)
    picture[:, :, 4:20, 12:16] = 1  # 16 x 4, so two of eight columns
    small = as_digits(picture)
    expected = torch.zeros(1, 1, 8, 8)
    expected[:, :, :, 3:5] = 1
    torch.testing.assert_close(small, expected)


# ---- the plane ----


def codes(count: int = 60, latent: int = 7) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.normal(2, np.linspace(4, 1, latent), (count, latent))


def test_the_plane_is_that_of_the_first_two_principal_components():
    values = codes()
    plane, reference = Plane.of(values), PCA(2).fit(values)
    assert np.allclose(np.abs(plane.coordinates(values)), np.abs(reference.transform(values)))
    assert np.allclose(plane.axes @ plane.axes.T, np.eye(2))


def test_the_code_at_a_point_has_the_points_coordinates():
    plane, point = Plane.of(codes()), np.array([1.5, -0.3])
    assert plane.coordinates(plane.code(point)[None])[0] == pytest.approx(point)
    base = codes()[5]
    moved = plane.code(point, base)
    assert plane.coordinates(moved[None])[0] == pytest.approx(point)
    assert plane.code(plane.coordinates(base[None])[0], base) == pytest.approx(base)


def test_with_pictures_the_plane_is_where_they_change():
    noise = np.random.default_rng(0).normal(size=(500, 6))
    pictures = noise[:, [2, 4]] * [3.0, 1.0]  # two pixels, which show two dimensions alone
    axes = np.abs(Plane.of(noise, pictures).axes)
    assert axes[0].argmax() == 2
    assert axes[1].argmax() == 4


# ---- film strips ----


def test_frames_are_evenly_spaced_with_both_ends():
    assert evenly(9, 5) == [0, 2, 4, 6, 8]
    assert evenly(3, 5) == [0, 1, 2]
    assert evenly(5, 1) == [0]
    images = torch.linspace(0, 1, 9).reshape(9, 1, 1, 1)
    strip_row = np.asarray(strip(images, 3, scale=1))[0]
    assert strip_row.tolist() == [0, 96, 96, 128, 96, 96, 255]  # 96: the line between frames


# ---- short trainings ----


def few() -> Dataset:
    whole = digits()
    return Dataset("digits", whole.train.first(128), whole.valid.first(50), whole.test.first(50))


def test_a_watched_training_ends_with_its_recipe_and_lowers_the_loss(monkeypatch):
    monkeypatch.setitem(FAMILIES["vae"].recipes, "digits", {"epochs": 12, "batch": 64})
    glimpses = list(live.watch("vae", few(), threading.Event()))
    assert [one.epoch.number for one in glimpses] == [*range(1, 13), 12]
    assert glimpses[-1].epoch.valid < glimpses[0].epoch.valid
    assert glimpses[0].preview is not None
    assert glimpses[-1].preview is not None
    parts = live.curves(glimpses[0].epoch)
    assert set(parts) == {"training", "validation", "reconstruction", "kl"}
    assert parts["training"] == pytest.approx(parts["reconstruction"] + parts["kl"], rel=1e-5)


@pytest.mark.slow
def test_a_watched_training_stops_when_asked_and_when_time_is_up():
    stop, numbers = threading.Event(), []
    for one in live.watch("vae", few(), stop):
        numbers.append(one.epoch.number)
        if one.epoch.number == 3:
            stop.set()
    assert numbers == [1, 2, 3, 3]
    started = time.monotonic()
    list(live.watch("gan", few(), threading.Event(), seconds=1.0))
    assert time.monotonic() - started < 60


def test_a_training_leaves_its_turn_between_epochs():
    turn, stop = threading.Lock(), threading.Event()
    for one in live.watch("vae", few(), stop, turn=turn):
        assert turn.acquire(timeout=60)
        turn.release()
        if one.epoch.number == 2:
            stop.set()


def test_what_cannot_be_sampled_is_previewed_by_its_reconstructions():
    torch.manual_seed(0)
    model = FAMILIES["autoencoder"].build(FAMILIES["autoencoder"].config_for("digits"))
    images = few()
    preview = live.preview(model.train(), images, 0)
    assert model.training
    test = images.test.floats
    torch.testing.assert_close(preview[:8], test[:8])
    torch.testing.assert_close(preview[16:24], test[8:16])
    torch.testing.assert_close(preview[8:16], model.eval().reconstruct(test[:8]))


# ---- figures ----


def measured_vae() -> tuple[VAE, figures.Figures]:
    torch.manual_seed(0)
    model = VAE(VAEConfig(image_size=8, latent=4, hidden=16, bound_samples=5))
    rows = [Measurement("density", -20.0, "nats", 50), Measurement("sampling DDIM 25", 3.0, "", 50)]
    return model, figures_of(model, "abc", rows, few(), generated=50, seeds=(0, 1))


def test_figures_come_back_as_they_were_written_beside_those_of_others(tmp_path):
    _, entry = measured_vae()
    file = tmp_path / "figures.json"
    figures.write({"vae": entry}, file)
    figures.write({"other": entry}, file)
    assert figures.read(file) == {"vae": entry, "other": entry}
    assert (entry.kind, entry.pixels) == ("lower bound", "binary")
    assert entry.value("sampling").value == 3.0
    assert entry.value("linear probe") is None


def test_a_share_of_test_images_is_less_strange():
    model, entry = measured_vae()
    scores = anomaly_scores(model, baselines.random_part(few().test, 50).floats)
    for score in (scores.min() - 1, float(np.median(scores)), scores[7], scores.max() + 1):
        assert entry.stranger_than(score) == pytest.approx(np.mean(scores < score), abs=0.03)


def test_a_file_that_is_no_figures_is_told_with_the_command(tmp_path):
    file = tmp_path / "figures.json"
    with pytest.raises(CheckpointMissing, match=r"python -m generative\.evaluate --output"):
        figures.read(file)
    for content in ("{", "[]", json.dumps({"vae": {"family": "vae"}})):
        file.write_text(content)
        with pytest.raises(CheckpointMissing, match=r"Measure the models again"):
            figures.read(file)


def test_the_figures_that_come_along_are_of_the_models_that_come_along():
    entries = figures.read()
    assert set(entries) == {*available.bundled(), *baselines.NAMES}
    for name in entries:
        assert entries[name].sha256 == checkpoints.pinned(name), name
        assert list(entries[name].strangeness) == sorted(entries[name].strangeness)
    if "vae" in entries:
        assert -120 < entries["vae"].value("density").value < -60


def test_docs_have_the_stored_figures_and_the_table_is_as_measured():
    stored = figures.read()
    docs = (Path(__file__).parents[1] / "docs" / "generative.md").read_text(encoding="utf-8")
    message = "print the table with `python -m generative.figures` into docs/generative.md"
    assert figures.markdown_tables(stored) in docs, message
    rows = (
        Measurement("density", -81.25, "nats", 400, 0.125, k=500),
        Measurement("Fréchet distance", 5.0, "", 50, by_seed=(4.5, 5.5)),
        Measurement("AUROC fonts", 0.25, "", 50),
        Measurement("AUROC noisy", 0.75, "", 50, first=100),
        Measurement("Fréchet distance DDIM 5", 7.0, "", 50),
        Measurement("sampling DDIM 5", 2.0, "", 50),
    )
    one = replace(stored["vae"], rows=rows, told=True, minutes=2.6, parameters=1234)
    first, second, third = (
        table.splitlines()[-1] for table in figures.markdown_tables({"mine": one}).split("\n\n")
    )
    assert first == (
        "| mine | 1,234 | 3 | yes | 50 | 4.5, 5.5 | – | – | – | – | – | −81.25 ± 0.12 nats, lower bound, k = 500, "
        "400 images |"
    )
    assert second == "| mine | – | 0.25 | – | – | – | 0.75* | – | – |"
    assert third == "| mine, DDIM 5 | 7.0 | – | – | – | 2.0 |"
