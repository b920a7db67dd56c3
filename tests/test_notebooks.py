"""notebooks/: each runs from top to bottom, and what its last cell shows is held to be so."""

from __future__ import annotations

import ast
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from generative import data
from generative.errors import DataMissing

ROOT = Path(__file__).parents[1]
FAMILIES = ("02_AE_MNIST", "03_VAE_MNIST", "04_GAN_MNIST", "05_diffusion_MNIST", "06_flow_MNIST",
            "07_autoregressive_MNIST", "08_energy_MNIST")  # fmt: skip
WITH_OUTPUTS = ("gpt", "tokenization")  # to be read without a Python
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def mnist() -> None:
    try:
        data.find_mnist()
    except DataMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Execute a notebook at small settings and give the value of its cell `results`."""
    monkeypatch.setenv("KATHEDER_NOTEBOOK_SMALL", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def execute(name: str) -> dict[str, Any]:
        book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        where = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(book, timeout=600, kernel_name="python3", resources=where).execute()
        (shown,) = next(cell for cell in book.cells if cell.id == "results").outputs
        return ast.literal_eval(shown.data["text/plain"])

    return execute


def test_there_are_notebooks():
    others = ["autoencoder", "gpt", "tokenization", "vae"]
    assert [file.stem for file in NOTEBOOKS] == [*FAMILIES, *others]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_notebooks_of_the_families_have_one_form(name):
    book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    ids = [cell.id for cell in book.cells]
    parts = ["title", "imports", "data", "architecture", "network", "training", "reconstruction",
             "sampling", "latent", "exercises", "results"]  # fmt: skip
    assert set(parts) <= set(ids)
    assert sorted(ids.index(part) for part in ("data", "network", "training", "exercises")) == [
        ids.index(part) for part in ("data", "network", "training", "exercises")
    ]
    cells = {cell.id: cell.source for cell in book.cells}
    assert "batch_size=32" in cells["data"]
    assert "struct.unpack" in cells["data"]
    drawing = cells["architecture"].split("```text\n")[1].split("```")[0]
    assert max(map(len, drawing.splitlines())) < 90  # wider ones are broken on a narrow page
    assert "loss.backward()" in cells["training"]
    assert cells["exercises"].count("<details><summary>Solution</summary>") == 3


@pytest.mark.slow
def test_the_notebooks_of_the_families_learn_in_few_steps(run, mnist):
    autoencoder = run("02_AE_MNIST")
    assert autoencoder["error"] < autoencoder["mean image"] < autoencoder["first"]
    assert autoencoder["same digit"] > 0.5
    vae = run("03_VAE_MNIST")
    assert -vae["first"] < -450 < -250 < vae["bound"] < -80
    assert 0 < vae["kl"] < 40
    gan = run("04_GAN_MNIST")
    assert abs(gan["after"] - gan["real"]) < abs(gan["before"] - gan["real"])
    diffusion = run("05_diffusion_MNIST")
    assert diffusion["last"] < diffusion["first"] / 3
    assert diffusion["predicted"] < diffusion["noised"]
    assert diffusion["finite"]
    assert diffusion["same noise, same image"]
    flow = run("06_flow_MNIST")
    assert flow["bits"] < flow["first"] - 1
    assert flow["largest difference"] < 0.01
    autoregressive = run("07_autoregressive_MNIST")
    assert -autoregressive["first"] < -400 < -200 < autoregressive["nats"] < -80
    assert not autoregressive["sees itself or later"]
    assert autoregressive["kept"]
    energy = run("08_energy_MNIST")
    assert energy["energy falls"]
    assert energy["digits"] < energy["noise"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_valid_and_has_outputs_only_where_they_are_to_be_read(file):
    book = json.loads(file.read_text(encoding="utf-8"))
    nbformat.validate(book)
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    if file.stem in WITH_OUTPUTS:
        assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
        assert any(cell["outputs"] for cell in code)
        assert str(ROOT.home()) not in file.read_text(encoding="utf-8")
        return
    for cell in code:
        assert not cell["outputs"], f"{file.name}: clear the outputs of cell {cell['id']}"
        assert cell["execution_count"] is None


@pytest.mark.slow
def test_the_autoencoder_notebook_shows_what_it_says(run, mnist):
    found = run("autoencoder")
    assert found["last"] < found["first"] / 3
    assert found["error"] < found["mean image"] / 2
    widths = found["error by width"]
    assert widths == sorted(widths, reverse=True)
    assert found["linear probe"] > 0.6  # chance is 0.1
    assert found["mnist error"] < 0.004
    assert found["cleaned"] < found["noisy"] / 5
    assert 0.6 < found["auroc letters"] < 0.9
    assert "no distribution of codes" in found["sampling"]


@pytest.mark.slow
def test_the_vae_notebook_shows_what_it_says(run, mnist):
    found = run("vae")
    assert found["last"] < found["first"] - 10
    closed_form, torchs, drawn = found["kl"]
    assert closed_form == pytest.approx(torchs, rel=1e-5)
    assert found["kl furthest apart"] < 1e-4
    assert drawn == pytest.approx(closed_form, rel=0.02)
    bounds = found["bounds"]
    assert bounds[0] == pytest.approx(found["elbo"], abs=0.2)  # k = 1 is the ELBO
    assert found["elbo"] < bounds[-1]
    assert all(more > fewer - 0.05 for fewer, more in pairwise(bounds))
    reconstructions, kls = zip(*(found[f"beta {b}"] for b in ("0.25", "1", "4")), strict=True)
    assert reconstructions[0] < reconstructions[1] < reconstructions[2]
    assert kls[0] > kls[1] > kls[2] >= 0
    assert reconstructions[1] + kls[1] == pytest.approx(-found["elbo"], abs=0.4)
    assert found["mnist nats"] > -91
    thinner, as_it_was, bolder = found["ink"]
    assert thinner < 0.8 * as_it_was
    assert bolder > 1.2 * as_it_was
    assert min(found["same digit"]) > 0.75


@pytest.mark.slow
def test_the_gpt_notebook_shows_what_it_says(run):
    results = run("gpt")
    assert results["vocabulary"] == 49_152
    assert results["einstein"][0] == " Einstein"
    assert results["einstein"][1] > 0.99
    sure, unsure = results["entropies"]
    assert sure < 0.1 < 3 < unsure
    right, wrong = results["likelihoods"]
    assert right > wrong
    assert results["greedy equals generate"]
    assert results["beam equals generate"]
    assert results["sampling equals generate"]
    assert results["beams"] == sorted(results["beams"], reverse=True)
    assert 0.5 <= results["nucleus"] < 1


@pytest.mark.slow
def test_the_tokenization_notebook_shows_what_it_says(run):
    results = run("tokenization")
    assert results["by hand"] == ["aaab", "d", "aaab", "a", "c"]
    assert results["textbook"] == [b"aa", b"ab", b"aaab"]
    assert results["lengths"] == sorted(results["lengths"], reverse=True)
    assert results["round trip"]
    assert results["equals tiktoken"]
    ratios = results["ratios"]
    assert ratios["o200k_base"] < ratios["cl100k_base"] < ratios["gpt2"]
