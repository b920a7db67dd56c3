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
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Execute a notebook at small settings and give the value of its cell `results`."""
    try:
        data.find_mnist()
    except DataMissing as error:
        pytest.skip(str(error))
    monkeypatch.setenv("KATHEDER_NOTEBOOK_SMALL", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def execute(name: str) -> dict[str, Any]:
        book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        where = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
        (shown,) = next(cell for cell in book.cells if cell.id == "results").outputs
        return ast.literal_eval(shown.data["text/plain"])

    return execute


def test_there_are_notebooks():
    assert [file.stem for file in NOTEBOOKS] == ["autoencoder", "vae"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_valid_and_kept_without_outputs(file):
    book = json.loads(file.read_text(encoding="utf-8"))
    nbformat.validate(book)
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in book["cells"]:
        assert not cell.get("outputs"), f"{file.name}: clear the outputs of cell {cell['id']}"
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_the_autoencoder_notebook_shows_what_it_says(run):
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
def test_the_vae_notebook_shows_what_it_says(run):
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
