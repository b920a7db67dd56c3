"""The generative laboratory's page, driven by AppTest with the models that come with the program."""

from __future__ import annotations

import io
import re
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from test_app import contrast, press, text_of

from generative import available, checkpoints, data, figures
from generative.cars import COLOURS
from generative.errors import DataMissing
from generative.families import FAMILIES
from generative.toy import models as planar
from generative.toy.shapes import SHAPES
from ui.german import GERMAN
from ui.laboratory import cache, canvas, compare, latent_map, train, unet, widgets
from ui.laboratory import german as laboratory
from ui.laboratory.foundations import TOPICS, anomaly, block, difficulty, similarity, taxonomy
from ui.language_laboratory import german as language_laboratory
from ui.reading import german as reading
from ui.session import background_jobs
from ui.study import german as study
from ui.views.generative import PARTS
from ui.views.language import ROOMS

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
    monkeypatch.setenv("KATHEDER_OWN_MODELS", str(tmp_path / "models"))
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
    assert "1\u202f406\u202f836 parameters; trained for 17 minutes" in text_of(page)


@pytest.mark.slow
def test_every_fast_model_samples_or_explains_why_not(opened, no_mnist):
    page = opened()
    for name in cache.names():
        if name == "autoregressive":
            continue  # it takes seconds; see below
        page = choose(page, "Model", name)
        text = text_of(page)
        assert widgets.SENTENCES[name] in text
        if name in ("autoencoder", "denoising"):
            assert "cannot draw images: it has no distribution of codes" in text
            assert not alts(page)
            assert not page.error
        elif name != "energy":
            assert f"digits sampled from: {widgets.TITLES[name]}" in alts(page)[0]


@pytest.mark.slow
def test_a_diffusion_model_draws_the_digit_that_is_wanted(opened):
    page = opened(sample_model="diffusion")
    page = choose(page, "Digit", 3)
    page = choose(page, "Guidance", 2.0)
    assert not page.error
    images, _ = cache.samples("diffusion", 9, 0, 3, cache.Sampler(2.0))
    seen = cache.classifier().probabilities(images).argmax(dim=1)
    assert (seen == 3).float().mean() > 0.8


@pytest.mark.slow
def test_the_samplers_of_diffusion_can_be_chosen_and_ddpm_has_all_steps(opened):
    page = opened(sample_model="diffusion")
    before = page.get("image")[0].proto.imgs[0].url
    page = choose(page, "Guidance", 2.0)  # it acts without a chosen digit too
    assert page.get("image")[0].proto.imgs[0].url != before
    assert "cosine, 250 steps; DDPM uses all of them" in text_of(page)
    page = choose(page, "Noise of each step (eta)", 0.0)
    page = choose(page, "Sampling steps (DDIM)", 5)
    assert not page.error
    images, _ = cache.samples("diffusion", 9, 0, None, cache.Sampler(2.0, "ddim", 5, 0.0))
    expected = cache.model("diffusion").sample(9, seed=0, steps=5, guidance=2.0, eta=0.0)
    torch.testing.assert_close(images, expected)


@pytest.mark.slow
def test_an_own_model_is_in_every_part_of_the_page(opened, no_mnist, tmp_path):
    own_models = {
        "vae": {"latent": 3, "hidden": 16, "bound_samples": 5},
        "diffusion": {"channels": 8},
    }
    own_models |= {"autoregressive": {"channels": 4, "layers": 2}, "gan": {"channels": 8}}
    torch.manual_seed(0)
    for name, changes in own_models.items():
        config = FAMILIES[name].config_for("digits", **changes)
        checkpoints.save(
            FAMILIES[name].build(config), tmp_path / "models" / f"my-{name}", {"dataset": "digits"}
        )
    for name in own_models:
        page = opened("sample", sample_model=f"my-{name}")
        assert not page.error
        assert f"digits sampled from: my-{name} (your own)" in alts(page)[0]
    for name in ("vae", "gan"):
        page = opened("latent", latent_model=f"my-{name}")
        assert not page.error
        assert "Images on the straight line between two codes" in alts(page)
    page = opened("denoise", denoise_model="my-diffusion")
    assert not page.error
    page = opened("complete", complete_model="my-autoregressive")
    assert not page.error
    assert [f"Completion {n}" for n in range(1, 5)] == alts(page)[2:]
    ink = np.zeros((280, 280))
    ink[50:230, 130:150] = 1
    page = opened("draw", drawing=canvas.data_url(ink), neighbours="my-vae")
    assert "my-vae (your own)" in alts(page)
    assert "my-gan (your own)" in page.dataframe[0].value["Model"].tolist()
    assert "Nearest first:" in alts(page)[-1]
    page = opened("compare")
    assert [b.label for b in page.button] == [
        "Measure my models: my-autoregressive, my-diffusion, my-gan, my-vae"
    ]


@pytest.mark.slow
def test_own_models_are_measured_beside_the_page(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path / "cache"))
    config = FAMILIES["vae"].config_for("digits", latent=3, hidden=16, bound_samples=5)
    model = FAMILIES["vae"].build(config)
    checkpoints.save(model, tmp_path / "models" / "mine", {"dataset": "digits"})
    page = opened("compare")
    page.button[0].click().run(timeout=240)
    assert not page.exception
    table = page.dataframe[0].value.set_index("Model")
    assert table.loc["mine (your own)"]["Images"] == "small digits, 8 x 8"
    detection = page.dataframe[1].value.set_index("Model")
    assert 0 < float(detection.loc["mine (your own)"]["AUROC letters"]) < 1
    assert page.button == []


@pytest.mark.slow
def test_the_autoregressive_model_samples_row_by_row(opened):
    page = opened(sample_model="autoregressive")
    page = choose(page, "Number of images", 4)
    assert "4 digits sampled from: Autoregressive model (PixelCNN)" in alts(page)
    drawn, _ = page.session_state["drawn_pixels"][
        ("autoregressive", cache.version("autoregressive"), 4, 0.0, 0, 0)
    ]
    assert torch.equal(drawn, cache.model("autoregressive").sample(4, seed=0))


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


@pytest.mark.slow
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
    assert "Features at the fine scale: 48 x 14 x 14" in alts(page)
    assert "The noisy image, at step t = 0" in alts(page)


def test_noise_is_added_to_a_test_image_and_its_bound_is_drawn(opened, mnist):
    page = opened("denoise", bound=True)
    assert "A test image to which noise is added in equal steps" in alts(page)
    parts = unet.bound_of("diffusion", cache.version("diffusion"), 0)
    assert parts.shape == (1, 251)
    assert f"-ln p of the image is at most {float(parts.sum()):.0f} nats" in text_of(page)


def test_the_chain_ends_with_the_sample_of_its_seed_and_begins_with_noise(opened):
    steps, frames = cache.chain(3, 7, cache.Sampler(1.0, steps=25))
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
    assert [f"Completion {n}" for n in range(1, 5)] == alts(page)[2:]
    expected = (mnist.test.floats[:1] > 0.5).float()
    rows = list(cache.drawn_rows("autoregressive", expected.repeat(4, 1, 1, 1), 22, 0))
    assert len(rows) == 6
    completions = rows[-1]
    assert bool((completions[:, :, :22] == expected[:, :, :22]).all())
    assert set(completions.unique().tolist()) == {0.0, 1.0}


# ---- drawing ----


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_small_model_is_trained_beside_the_page_and_stays_to_be_seen(opened, monkeypatch):
    monkeypatch.setitem(FAMILIES["vae"].recipes, "digits", {"epochs": 5, "batch": 64})
    page = press(opened("train"), "Train")
    assert "Epoch 5 of 5" in text_of(page)
    assert alts(page) == ["Samples of the current model"]
    page.text_input[0].set_value("mine")
    page = press(page, "Keep this model")
    assert "offers mine" in text_of(page).replace("\\", "") or page.success
    assert available.own() == ["mine"]
    assert available.open_model("mine").about["dataset"] == "digits"
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


# ---- foundations ----


def test_the_tree_names_each_family_once_and_links_to_its_model(opened):
    page = opened("foundations", topic="taxonomy")
    [tree] = [one.proto.body for one in page.get("html") if 'class="tree"' in one.proto.body]
    links = re.findall(r'href="generative\?part=sample&amp;model=(\w+)"', tree)
    assert sorted(links) == sorted(planar.FAMILIES)
    assert set(page.dataframe[0].value["Family"]) == {widgets.TITLES[name] for name in links}
    files = {file.name for file in (CONFIG.parents[2] / "notebooks").glob("*.ipynb")}
    assert set(page.dataframe[0].value["Notebook"]) < files
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params["part"] = "sample"
    page.query_params["model"] = "gan"
    page.run()
    assert "digits sampled from: Generative adversarial network (GAN)" in alts(page)[0]
    assert not page.query_params


def test_docs_list_the_same_topics_and_each_opens(opened):
    docs = (CONFIG.parents[2] / "docs" / "generative.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \d+ \| (.+?) \| `(\w+)\?(.+?)` \|", docs, re.MULTILINE)
    assert len(listed) == 16
    assert listed == [(name, module, urlencode(values)) for name, module, values in block.TOPICS]
    for _, module, values in block.TOPICS:
        if module == "language":
            assert values["room"] in ROOMS
            continue
        assert values["part"] in PARTS
        assert values.get("topic", "cars") in TOPICS
        assert values.get("model", "vae") in cache.names()
    assert not opened("foundations", topic="block").error


@pytest.mark.slow
def test_the_share_of_taxis_moves_both_models_as_the_table(opened):
    page = opened("foundations", topic="cars")
    page = choose(page, "Share of taxis, p(taxi)", 0.8)
    [text] = [one.value for one in page.markdown if "expectation maximisation" in one.value]
    given, guess = (int(number) for number in re.findall(r"(\d+) \\?%", text))
    assert given == 80
    assert guess == pytest.approx(80, abs=8)
    table = page.dataframe[1].value
    assert table["p(taxi|x), discriminative"].tolist()[3] == "not defined"
    board = float(table["p(taxi|x), generative"].tolist()[3])
    assert board == pytest.approx(0.25, abs=0.03)  # the share among the training pictures


@pytest.mark.slow
def test_random_images_anomalies_and_similar_codes(opened, mnist):
    page = choose(opened("foundations", topic="difficulty"), "Images drawn", 1000)
    assert "of 1\u202f000 in all" in text_of(page)
    assert "99 % of real digits: 0." in text_of(page).replace("\\", "")
    page = choose(page, "Random images", "vae")
    near = re.search(r"real digits: ([\d\u202f]+)", text_of(page).replace("\\", ""))
    assert int(near[1].replace("\u202f", "")) > 300
    page = opened("foundations", topic="anomaly", anomaly_kind="inverted")
    assert "AUROC 1.00" in text_of(page).replace("\\", "")
    page = opened("foundations", topic="similarity")
    agreement = page.dataframe[0].value.set_index("Measure")
    assert agreement.loc["Euclidean distance", "Pixels"] > 0.85
    assert (agreement.loc["Cosine"] >= agreement.loc["Scalar product"]).all()


# ---- two dimensions ----


@pytest.mark.slow
def test_all_families_are_trained_on_points_and_each_shows_its_idea(opened, monkeypatch):
    for family in planar.FAMILIES.values():
        monkeypatch.setitem(family.recipe, "epochs", 1)
    page = choose(opened("toy"), "Data", "gaussians")
    page = press(page, "Train all six")
    assert [image for image in alts(page) if image.startswith("Strays:")]
    assert "Modes:" in text_of(page)
    for name, label, value in (
        ("vae", None, None),
        ("diffusion", "Step", 0),
        ("flow", "Couplings", 3),
        ("autoregressive", "x1", 0.5),
        ("energy", "Steps of the chains", 0),
        ("gan", None, None),
    ):
        page.session_state["toy_family"] = name
        page.run()
        assert not page.exception
        if label is not None:
            page = choose(page, label, value)
    page = press(page, "Provoke and cure")
    assert "Without a gradient penalty:" in alts(page)[-2]
    assert "of 8 modes after 1 epochs" in alts(page)[-1]


# ---- comparison ----


def test_the_table_holds_the_figures_of_the_file(opened):
    page = opened("compare")
    table = page.dataframe[0].value.set_index("Model")
    figures_by_model = figures.read()
    names = [name for name in cache.names() if name in figures_by_model]
    titles = widgets.TITLES | widgets.BASELINES
    baselines = [name for name in widgets.BASELINES if name in figures_by_model]
    detection = page.dataframe[1].value.set_index("Model")
    assert {*table.index, *detection.index} == {titles[name] for name in [*names, *baselines]}
    vae, flow = figures_by_model["vae"], figures_by_model["flow"]
    row = table.loc["Variational autoencoder (VAE)"]
    assert row["Fréchet distance"] == vae.value("Fréchet distance").value  # a number, to be sorted
    assert row["ln p (nats)"] == vae.value("density").value
    assert np.isnan(row["Bits per dimension"])
    assert row["Precision"] == vae.value("precision").value
    assert "Diffusion model, DDIM 25, digit not given" in [*page.dataframe[2].value["Sampler"]]
    assert row["Kind of ln p"] == "lower bound, binary, ± 0.23, k = 500"
    by_sampler = page.dataframe[2].value.set_index("Sampler")
    distance = figures_by_model["diffusion"].value("Fréchet distance DDIM 25")
    cell = by_sampler.loc["Diffusion model, DDIM 25"]["Fréchet distance"]
    assert cell.startswith(f"{(*distance.by_seed, distance.value)[0]:.1f}")
    assert table.loc["Normalising flow", "Bits per dimension"] == flow.value("density").value
    assert "Autoencoder" not in table.index  # it neither samples nor has a density
    assert detection.loc["Normalising flow", "AUROC letters"] == flow.value("AUROC letters").value
    assert np.isnan(detection.loc["Mean pixel", "Linear probe"])
    drawing = [name for name in names if name not in ("autoencoder", "denoising")]
    for name in drawing:
        (first, *_) = table.loc[[widgets.TITLES[name]], "Samples"]
        sheet = Image.open(io.BytesIO(b64decode(first[22:])))
        assert sheet.size == (4 * 29 - 1, 4 * 29 - 1)
    diffusion = table.loc["Diffusion model"]
    assert diffusion["Digit given"].tolist() == [True, False]
    assert diffusion["Fréchet distance"].tolist() == [
        figures_by_model["diffusion"].value("Fréchet distance", told=told).value
        for told in (True, False)
    ]
    assert diffusion["Digit drawn as given"].isna().tolist() == [False, True]
    assert not table.loc["Normalising flow", "Digit given"]
    expected = f"{vae.images} test images of MNIST, 28 x 28, with {vae.generated} generated images"
    assert expected in text_of(page)


def test_missing_figures_and_figures_of_other_weights_are_named():
    figures_by_model = figures.read()
    gan = replace(figures_by_model["gan"], sha256="of other weights")
    incomplete = {n: f for n, f in figures_by_model.items() if n != "flow"} | {"gan": gan}
    assert compare.missing_figures(incomplete) == ["flow"]
    assert compare.outdated_figures(incomplete) == ["gan"]


# ---- words and colours ----


def test_all_words_of_the_laboratory_have_german_ones():
    headings = [heading for heading, _ in compare.COLUMNS.values()]
    kinds = ["exact", "lower bound", "grey", "binary", compare.NOT_GIVEN]
    tables = (widgets.TITLES, widgets.SENTENCES, PARTS, train.PARTS, compare.DATASETS)
    expected = {*headings, *kinds, *(value for table in tables for value in table.values())}
    expected |= {*widgets.BASELINES.values(), *unet.STAGES.values()}
    tables = (TOPICS, difficulty.SOURCES, anomaly.KINDS, similarity.MEASURES)
    expected |= {value for table in tables for value in table.values()}
    expected |= {value for row in taxonomy.PROPERTIES.values() for value in row} | {*COLOURS}
    expected |= {shape.title for shape in SHAPES.values()} | {name for name, _, _ in block.TOPICS}
    assert expected - GERMAN.keys() == set()
    assert set(FAMILIES) <= widgets.TITLES.keys()
    assert widgets.TITLES.keys() == widgets.SENTENCES.keys()


def test_no_other_page_gives_a_word_another_meaning():
    pages = (laboratory.GERMAN, language_laboratory.GERMAN, reading.GERMAN, study.GERMAN)
    assert [page.items() - GERMAN.items() for page in pages] == [set()] * len(pages)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_in_german(opened, mnist, part):
    page = opened(part, language="de", changes={}, topic="taxonomy")
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
