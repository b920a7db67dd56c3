"""The generative laboratory's page, driven by AppTest with the models that come with the program."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from test_app import contrast, press, text_of

from generative import data, figures
from generative.errors import DataMissing
from generative.families import FAMILIES
from ui.german import GERMAN
from ui.laboratory import cache, canvas, compare, latent_map, train, widgets
from ui.session import background_jobs
from ui.views.generative import PARTS

PAGE = """
from ui.session import open_session
from ui.views.generative import page
page(open_session())
"""
CONFIG = Path(__file__).parents[1] / "ui" / ".streamlit" / "config.toml"


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the page where there is no library."""

    def at(part: str = "sample", **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=120)
        page.session_state["part"] = part
        for name, value in state.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception
        return page

    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield at
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def mnist() -> data.Dataset:
    try:
        return data.load("mnist")
    except DataMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def no_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("KATHEDER_MNIST", str(tmp_path))


def alts(page: AppTest) -> list[str]:
    """The alternative texts of the pictures."""
    return [image.alt for element in page.get("image") for image in element.proto.imgs]


def choose(page: AppTest, label: str, value: object) -> AppTest:
    inputs = [*page.selectbox, *page.slider, *page.number_input, *page.select_slider, *page.toggle]
    [widget] = [one for one in inputs if one.label == label]
    page = widget.set_value(value).run()
    assert not page.exception
    return page


# ---- sample ----


def test_the_page_opens_without_lectures_and_without_mnist(opened, no_mnist):
    page = opened()
    assert page.title[0].value == "Generative laboratory"
    assert not page.error
    assert alts(page) == ["16 digits sampled from: Variational autoencoder (VAE)"]
    assert "1 406 836 parameters; trained for 17 minutes" in text_of(page)


def test_every_fast_model_samples_or_explains_why_not(opened, no_mnist):
    page = opened()
    for name in cache.names():
        page = choose(page, "Model", name)
        text = text_of(page)
        assert widgets.SENTENCES[name] in text
        if name in ("autoencoder", "denoising"):
            assert "cannot draw images: it has no distribution of codes" in text
            assert alts(page) == []
        elif name == "autoregressive":
            assert "this takes 10 s or more" in text
            assert alts(page) == []
        elif name != "energy":
            assert f"digits sampled from: {widgets.TITLES[name]}" in alts(page)[0]


@pytest.mark.slow
def test_a_diffusion_model_draws_the_digit_that_is_wanted(opened):
    page = opened(sample_model="diffusion")
    page = choose(page, "Digit", 3)
    page = choose(page, "Guidance", 2.0)
    assert not page.error
    images, _ = cache.samples("diffusion", 9, 0, 3, 2.0)
    seen = cache.classifier().probabilities(images).argmax(dim=1)
    assert (seen == 3).float().mean() > 0.8


@pytest.mark.slow
def test_the_autoregressive_model_samples_after_the_button(opened):
    page = opened(sample_model="autoregressive")
    page = choose(page, "Number of images", 4)
    page = press(page, "Sample pixel by pixel")
    assert "4 digits sampled from: Autoregressive model (PixelCNN)" in alts(page)
    page.run()  # and stays
    assert alts(page)


# ---- latent space ----


def test_the_map_shows_codes_by_digit_and_the_sliders_move_the_image(opened, mnist):
    page = opened("latent")
    first = page.get("image")[0]
    page = choose(page, "First component", 2.0)
    assert page.get("image")[0].proto.imgs[0].url != first.proto.imgs[0].url
    page = choose(page, "Copy the other dimensions from the nearest image", True)
    assert "Nearest image on the map" in alts(page)
    assert "Images on the straight line between two codes" in alts(page)
    code_map = cache.code_map("vae")
    assert code_map.digits.tolist() == mnist.test.labels[: len(code_map.digits)].tolist()


def test_the_marker_at_the_point_of_an_image_gives_that_image(opened, mnist):
    code_map = cache.code_map("vae")
    at = code_map.points[7]
    assert code_map.nearest(at) == 7
    there = cache.decoded("vae", code_map.plane.code(at, code_map.codes[7]))
    expected = cache.model("vae").decode(cache.model("vae").encode(mnist.test.floats[7:8]))
    assert np.allclose(there, expected, atol=1e-4)


def test_the_map_of_a_gan_needs_no_mnist(opened, no_mnist):
    page = opened("latent", latent_model="gan")
    assert not page.error
    assert "labelled with the digit that the classifier predicts" in text_of(page)
    page = choose(page, "Model", "vae")
    assert "train-images-idx3-ubyte" in page.error[0].value.replace("\\", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([0.5, -1], (0.5, -1.0)),
        ([9, -9.0], (2.0, -3.0)),
        ([float("nan"), 0], None),
        ([1], None),
        ("ab", None),
        ([[1], 2], None),
        (None, None),
    ],
)
def test_a_position_from_a_browser_is_limited_to_the_map(value, expected):
    assert latent_map.parse_position(value, (2.0, 3.0)) == expected


# ---- denoising ----


def test_the_chain_has_a_slider_over_its_steps_and_is_sampled_once(opened, no_mnist):
    page = opened("denoise")
    torch.manual_seed(123)
    state = torch.get_rng_state()
    page = choose(page, "Step", 25)
    assert torch.equal(torch.get_rng_state(), state)  # sampling would have set another seed
    assert "Noisy image, t = 0" in alts(page)


def test_noise_is_added_to_a_test_image(opened, mnist):
    assert "A test image to which noise is added in equal steps" in alts(opened("denoise"))


def test_the_chain_ends_with_the_sample_of_its_seed_and_begins_with_noise(opened):
    steps, frames = cache.chain(3, 7, 25, 1.0)
    assert (steps[0], steps[-1], len(steps)) == (249, 0, 25)
    model = cache.model("diffusion")
    expected = model.sample(1, seed=3, labels=torch.tensor([7]), guidance=1.0)
    torch.testing.assert_close(frames[-1, 1:], expected)
    assert frames[0, 0].std() > 0.3  # noise cut to [0, 1]


def test_without_mnist_the_way_out_of_noise_is_still_there(opened, no_mnist):
    page = opened("denoise")
    assert "Digit that the network predicts" in alts(page)
    assert len(page.error) == 1


# ---- a half ----


@pytest.mark.slow
def test_a_completed_half_keeps_the_rows_that_were_known(opened, mnist):
    page = opened("complete")
    page = choose(page, "Given rows (of 28)", 22)
    page = press(page, "Complete the image")
    assert [f"Completion {n}" for n in range(1, 5)] == alts(page)[2:]
    completions = cache.completed(0, 22, 4, 0)
    expected = (mnist.test.floats[:1] > 0.5).float()
    assert bool((completions[:, :, :22] == expected[:, :, :22]).all())
    assert set(completions.unique().tolist()) == {0.0, 1.0}


# ---- drawing ----


def test_a_test_image_is_rebuilt_named_measured_and_compared(opened, mnist):
    page = press(opened("draw"), "Use a test image")
    assert not page.error
    assert "The classifier predicts 7 (100 %)." in text_of(page)
    assert alts(page)[:2] == ["Prepared as in MNIST", "Autoencoder"]
    assert "Nearest first: 7, 7" in alts(page)[-1]
    table = page.dataframe[0].value
    row = table.set_index("Model").loc["Autoregressive model (PixelCNN)"]
    assert row["Kind of ln p"] == "exact, binary"
    assert -200 < float(row["ln p in nats"]) < -20
    assert 0 <= float(row["More anomalous than … % of test digits"]) <= 100


def test_a_drawn_picture_is_read_and_a_broken_one_refused(opened, mnist):
    seven = np.zeros((280, 280))
    seven[60:85, 80:200] = 1
    for step in range(150):
        seven[80 + step, 185 - step // 2 : 205 - step // 2] = 1
    page = opened("draw", drawing=canvas.data_url(seven))
    assert "The classifier predicts 7" in text_of(page)
    page = opened("draw", drawing="data:image/png;base64,AAAA")
    assert "Clear the canvas and draw again" in page.error[0].value.replace("\\", "")
    assert "Draw a digit on the canvas" in opened("draw").info[0].value


def test_a_strange_picture_is_stranger_than_most_digits(opened):
    from generative.anomalies import inverted, letters

    for name in ("vae", "autoencoder"):
        score = cache.anomaly(name, inverted(letters(1)))
        assert figures.read()[name].stranger_than(score) == 1.0


def test_a_drawing_without_mnist_lacks_its_neighbours_alone(opened, no_mnist):
    ink = np.zeros((280, 280))
    ink[50:230, 130:150] = 1
    page = opened("draw", drawing=canvas.data_url(ink))
    assert "The classifier predicts 1" in text_of(page)
    assert len(page.dataframe) == 1
    assert len(page.error) == 1
    assert "four IDX files" in page.error[0].value or "needs all of" in page.error[0].value
    page = press(page, "Use a test image")
    assert "needs all of" in text_of(page)


def test_a_picture_survives_its_way_as_an_address():
    pixels = np.random.default_rng(0).integers(0, 256, (28, 30)) / 255
    assert np.allclose(canvas.ink_of(canvas.data_url(pixels)), pixels)


def png(size: tuple[int, int]) -> str:
    import base64

    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    "picture",
    [
        "javascript:alert(1)",
        "data:image/png;base64,%%%",
        "data:image/png;base64," + "A" * 600_000,
        png((9000, 9000)),
        png((40, 40))[:-40],
        png((40, 40)).replace("image/png", "image/gif"),
    ],
)
def test_what_is_no_picture_of_a_canvas_is_refused(picture):
    with pytest.raises(ValueError, match="draw again"):
        canvas.ink_of(picture)


# ---- training ----


def test_a_small_model_is_trained_beside_the_page_and_stays_to_be_seen(opened, monkeypatch):
    monkeypatch.setitem(FAMILIES["vae"].recipes, "digits", {"epochs": 5, "batch": 64})
    page = press(opened("train"), "Train")
    assert "Epoch 5 of 5" in text_of(page)
    assert alts(page) == ["Samples of the current model"]
    assert "Epoch 5 of 5" in text_of(opened("train", language="de", changes={})).replace(
        "Epoche 5 von", "Epoch 5 of"
    )


def test_one_training_runs_at_a_time_and_can_be_stopped(opened):
    opened()
    train.start("diffusion", 60, 0)
    first = background_jobs()["laboratory training"]
    train.start("vae", 60, 0)
    assert background_jobs()["laboratory training"] is first
    first.job.stop.set()
    end = time.monotonic() + 30
    while not first.job.done and time.monotonic() < end:
        time.sleep(0.05)
    assert first.job.done
    page = opened("train")
    assert "Diffusion model" in [one.value for one in page.subheader]
    assert "Stop" not in [button.label for button in page.button]


# ---- comparison ----


def test_the_table_holds_the_figures_of_the_file(opened):
    page = opened("compare")
    table = page.dataframe[0].value.set_index("Model")
    figures_by_model = figures.read()
    names = [name for name in cache.names() if name in figures_by_model]
    assert set(table.index) == {widgets.TITLES[name] for name in names}
    vae = figures_by_model["vae"]
    assert table.loc["Variational autoencoder (VAE)", "Fréchet distance"] == (
        f"{vae.value('Fréchet distance').value:.1f}"
    )
    assert table.loc["Variational autoencoder (VAE)", "Kind of ln p"] == "lower bound, binary"
    assert table.loc["Autoencoder", "Density"] == "–"
    assert f"{vae.images} MNIST test images, {vae.date}" in text_of(page)


def test_missing_figures_and_figures_of_other_weights_are_named():
    figures_by_model = figures.read()
    gan = replace(figures_by_model["gan"], sha256="of other weights")
    incomplete = {n: f for n, f in figures_by_model.items() if n != "flow"} | {"gan": gan}
    assert compare.missing_figures(incomplete) == ["flow"]
    assert compare.outdated_figures(incomplete) == ["gan"]


# ---- words and colours ----


def test_all_words_of_the_laboratory_have_german_ones():
    headings = [heading for heading, _ in compare.COLUMNS.values()]
    kinds = ["exact", "lower bound", "grey", "binary"]
    tables = (widgets.TITLES, widgets.SENTENCES, PARTS, train.PARTS)
    expected = {*headings, *kinds, *(value for table in tables for value in table.values())}
    assert expected - GERMAN.keys() == set()
    assert set(FAMILIES) <= widgets.TITLES.keys()
    assert widgets.TITLES.keys() == widgets.SENTENCES.keys()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_in_german(opened, mnist, part):
    page = opened(part, language="de", changes={})
    assert page.title[0].value == "Generatives Labor"
    assert not page.error


def test_colours_of_map_and_charts_are_seen():
    grounds = re.findall(r'^backgroundColor = "(.*)"', CONFIG.read_text(), re.MULTILINE)
    assert len(grounds) >= 4
    for colour in latent_map.COLOURS:
        assert contrast(colour, latent_map.GROUND) >= 4.5, colour
    for colour in train.COLOURS:
        for ground in grounds:
            assert contrast(colour, ground) >= 3, (colour, ground)
