"""ingest.weights.gguf_metadata: a file written by hand, and the bundled model's tokenizer."""

from __future__ import annotations

import struct

import pytest
from tokenizers import Tokenizer

from ingest import weights
from ingest.errors import ModelMissing
from ingest.weights.gguf_metadata import read_gguf_metadata


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def test_numbers_strings_and_lists_are_read(tmp_path):
    values = text("name") + struct.pack("<I", 8) + text("größe")
    values += text("layers") + struct.pack("<II", 4, 30)
    values += text("scale") + struct.pack("<If", 6, 0.5)
    values += text("words") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("")
    values += text("kinds") + struct.pack("<IIQ3i", 9, 5, 3, 1, -1, 3)
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 5) + values + b"weights")
    assert read_gguf_metadata(file) == {
        "name": "größe",
        "layers": 30,
        "scale": 0.5,
        "words": ["a", ""],
        "kinds": [1, -1, 3],
    }


def test_another_file_is_refused(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"E5S1 and more")
    with pytest.raises(ModelMissing, match="b'E5S1', expected b'GGUF'"):
        read_gguf_metadata(tmp_path / "model.gguf")


def test_a_vocabulary_of_another_kind_is_refused(tmp_path):
    values = text("tokenizer.ggml.model") + struct.pack("<I", 8) + text("llama")
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + values)
    located = weights.Weights("other", tmp_path, "folder", file="model.gguf")
    with pytest.raises(ModelMissing, match="'llama', expected 'gpt2'"):
        weights.decoder_tokenizer(located)


@pytest.mark.slow
def test_the_decoders_tokenizer_is_the_one_that_transformers_makes():
    located = weights.locate(weights.DECODER)
    own = weights.decoder_tokenizer(located)
    file = weights.decoder_folder(located) / "tokenizer.json"
    other = Tokenizer.from_file(str(file))
    assert own.get_vocab() == other.get_vocab()
    for line in (
        "Größe \x04 of 1234 cats\n\n  don't",
        "<|im_start|>user\nWhy?<|im_end|>",
        "注意力",
    ):
        assert own.encode(line).ids == other.encode(line).ids
        assert own.decode(own.encode(line).ids) == other.decode(other.encode(line).ids)
