"""rag.models: what is loaded when, what is shared, and which reranker a folder holds."""

from __future__ import annotations

import json

import pytest
from tiny_models import make_cross_encoder, make_llama, make_split_cross_encoder

from ingest.errors import ModelMissing
from rag.cross_encoder import CrossEncoderReranker
from rag.models import NO_MODELS, Models
from rag.settings import ModelSettings
from rag.split_reranker import SplitReranker

CPU = {"device": "cpu", "dtype": "float32"}


def test_a_model_is_missed_when_it_is_used_and_not_before(tmp_path):
    nowhere = str(tmp_path / "nowhere")
    models = Models(ModelSettings(encoder=nowhere, reranker=nowhere, generator=nowhere))
    for name in ("encoder", "reranker", "writer"):
        with pytest.raises(ModelMissing, match="nowhere"):
            getattr(models, name)


def test_each_is_loaded_once_and_shared_where_the_settings_name_the_same(tmp_path):
    llama = str(make_llama(tmp_path / "llama"))
    cross_encoder = str(make_cross_encoder(tmp_path))
    models = Models(ModelSettings(generator=llama, reranker=cross_encoder, **CPU))
    assert models.writer is models.writer
    assert models.reranker is models.reranker
    other = models.with_settings(ModelSettings(generator=llama, reranker="none", **CPU))
    assert other.writer is models.writer
    assert other.reranker is None
    on_gpu = models.with_settings(ModelSettings(generator=llama, reranker=cross_encoder))
    assert on_gpu.writer is not models.writer  # another device is another model


def test_what_is_handed_in_wins_over_names(encoder):
    models = Models(NO_MODELS, encoder=encoder)
    assert models.encoder is encoder
    assert models.reranker is None
    with pytest.raises(ModelMissing, match="name no language model"):
        _ = models.writer
    assert models.with_settings(ModelSettings()).encoder is encoder
    other = type(encoder)()
    assert models.with_settings(NO_MODELS, encoder=other).encoder is other


def test_a_folder_says_which_reranker_it_holds(tmp_path):
    plain = make_cross_encoder(tmp_path)
    split = tmp_path / "split"
    make_split_cross_encoder().save(split)
    (split / "config.json").write_text(
        json.dumps({"model_type": "joint_reader", "joint_layers": 1})
    )
    kinds = {
        folder: type(Models(ModelSettings(reranker=str(folder))).reranker)
        for folder in (plain, split)
    }
    assert kinds == {plain: CrossEncoderReranker, split: SplitReranker}
