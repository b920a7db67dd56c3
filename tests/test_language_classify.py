"""Classifiers on an encoder: states as in transformers, what learns, and the real figures."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from test_language_masked import tiny_config, tiny_tokenizer
from transformers import BertModel

from language.classify import Classifier, Recipe, measure, recipe_for, text_encoder, train
from language.errors import LanguageError
from language.pairs import compare, ranks_of, to_unit_interval
from language.tasks import read_task, task_of


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(1)
    bert = BertModel(
        tiny_config(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0),
        add_pooling_layer=False,
    ).eval()
    return text_encoder(bert, tiny_tokenizer(), "tiny")


def sentences(part: str, count: int, seed: int) -> list[dict]:
    """Sentences about a cat or a dog; what they do does not matter."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        animal = ("cat", "dog")[number % 2]
        words = [str(generator.choice(["the", "sleeps", "eats"])) for _ in range(3)] + [animal]
        text = " ".join(generator.permutation(words))
        rows.append({"text": text, "label": animal, "language": "en", "part": part})
    return rows


@pytest.fixture(scope="module")
def animals():
    return task_of("animals", sentences("train", 400, 0) + sentences("test", 20, 1))


def test_the_untrained_layers_give_the_states_of_transformers(encoder):
    rows = [["the", "cat", "sleeps"], ["dog"]]
    features = tiny_tokenizer()([" ".join(row) for row in rows], padding=True, return_tensors="pt")
    with torch.inference_mode():
        expected = encoder.bert(
            input_ids=features["input_ids"], attention_mask=features["attention_mask"]
        ).last_hidden_state
        mask = features["attention_mask"][:, :, None]
        mean = (expected * mask).sum(1) / mask.sum(1)
        for layers in (0, 1, 2):
            whole = Classifier(encoder, ["a", "b"], False, layers).eval()
            torch.testing.assert_close(whole(whole.prepare(rows)), whole.head(mean))
            words = Classifier(encoder, ["a", "b"], True, layers).eval()
            states = torch.cat([expected[0, 1:4], expected[1, 1:2]])
            torch.testing.assert_close(words(words.prepare(rows)), words.head(states))


def test_a_sentence_is_learned_and_the_encoder_stays(encoder, animals):
    before = {name: value.clone() for name, value in encoder.bert.state_dict().items()}
    recipe = Recipe(layers=1, epochs=6, layer_rate=1e-2, head_rate=5e-2)
    states = list(train(encoder, animals, recipe))
    assert states[-1].measure >= 0.95
    assert [s.step for s in states] == list(range(1, states[-1].steps + 1))
    assert states[-1].loss < states[0].loss
    classifier = states[-1].classifier
    assert classifier is not None
    predictions = classifier.predict([one.words for one in animals.test])
    right = [(row[0],) == one.labels for row, one in zip(predictions, animals.test, strict=True)]
    assert np.mean(right) == pytest.approx(states[-1].measure)
    for name, value in encoder.bert.state_dict().items():
        assert torch.equal(value, before[name]), name
    changed = [
        not torch.equal(ours, theirs)
        for ours, theirs in zip(
            classifier.upper[0].parameters(),
            encoder.bert.encoder.layer[1].parameters(),
            strict=True,
        )
    ]
    assert all(changed)


def test_a_frozen_encoder_trains_the_head_alone_and_a_seed_repeats_it(encoder, animals):
    recipe, animals = Recipe(layers=0, epochs=3, head_rate=1e-2), animals.small(40, 0)
    one, two = (list(train(encoder, animals, recipe))[-1].classifier for _ in range(2))
    assert one is not None
    assert two is not None
    assert [name for name, _ in one.named_parameters()] == ["head.weight", "head.bias"]
    assert torch.equal(one.head.weight, two.head.weight)


def test_training_leaves_the_random_numbers_of_others_alone(encoder, animals):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    list(train(encoder, animals.small(16, 0), Recipe(layers=1, epochs=1)))
    assert torch.equal(torch.rand(1), expected)


def test_words_are_tagged(encoder):
    def tags(words: list[str]) -> list[str]:
        return ["B-ANIMAL" if word in ("cat", "dog") else "O" for word in words]

    records = [
        {
            "tokens": row["text"].split(),
            "tags": tags(row["text"].split()),
            "language": "en",
            "part": row["part"],
        }
        for row in sentences("train", 400, 0) + sentences("test", 20, 1)
    ]
    task = task_of("tags", records)
    recipe = Recipe(layers=1, epochs=8, layer_rate=1e-2, head_rate=5e-2)
    last = list(train(encoder, task, recipe, watch=False))[-1]
    assert last.measure >= 0.95
    assert last.classifier is not None
    assert last.classifier.predict([["eats", "the", "dog"]]) == [["O", "O", "B-ANIMAL"]]


def test_training_stops_when_it_is_told_to(encoder, animals):
    stop = threading.Event()
    stop.set()
    states = list(train(encoder, animals, Recipe(layers=1), stop))
    assert len(states) == 1
    assert states[0].classifier is not None
    with pytest.raises(LanguageError, match="expected 0 to 2"):
        Classifier(encoder, ["a"], False, 3)
    with pytest.raises(LanguageError, match=r"0 epochs .* expected at least 1"):
        Recipe(epochs=0)


def test_a_long_sentence_is_cut_and_words_beyond_the_end_get_a_label(encoder):
    long = encoder.bert.config.max_position_embeddings
    assert long == 12  # the encoder's own limit is smaller than LONGEST, so stay below it
    classifier = Classifier(encoder, ["a", "b"], True, 1)
    assert len(classifier.predict([["cat"] * 9])[0]) == 9


# ---- bi-encoder and cross-encoder ----


def letters(texts):
    """Unit vectors of the counts of a to d."""
    counts = np.array([[text.count(letter) + 1e-9 for letter in "abcd"] for text in texts])
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_scores_order_and_cost_of_both():
    seen = []

    def cross(question, texts):
        seen.append((question, tuple(texts)))
        return [0.1, 0.9, 0.5]

    result = compare("ab", ["ab", "cd", "abcd"], letters, cross)
    assert seen == [("ab", ("ab", "cd", "abcd"))]
    assert [one.bi for one in result.scores] == pytest.approx([1, 0.5, (1 + 0.5**0.5) / 2])
    assert [one.bi_rank for one in result.scores] == [1, 3, 2]
    assert [one.cross_rank for one in result.scores] == [3, 1, 2]
    assert result.agreement == pytest.approx(-1)
    ready, bi, full = result.seconds(3)
    assert full == pytest.approx(result.read_pairs)
    assert bi == pytest.approx(result.encode_question + result.dot_products)
    assert ready == pytest.approx(result.encode_texts)
    assert result.seconds(300)[2] == pytest.approx(100 * full)


def test_impossible_pairs_and_scores_are_refused():
    for texts, message in ((["a"], "at least 2"), (["a", ""], "Text 2 is empty")):
        with pytest.raises(LanguageError, match=message):
            compare("a", texts, letters, lambda q, t: [0.5] * len(t))
    with pytest.raises(LanguageError, match="in \\[0, 1\\]"):
        compare("a", ["a", "b"], letters, lambda q, t: [1.5, 0])
    assert to_unit_interval(np.array([-1.0, 0, 1])).tolist() == [0, 0.5, 1]
    assert ranks_of(np.array([0.2, 0.9, 0.9])) == [3, 1, 2]


# ---- the real encoder ----


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("name", "least"), [("topics", 0.88), ("sentiment", 0.72), ("entities", 0.80)]
)
def test_the_tasks_are_learned_on_the_multilingual_encoder(name, least):
    from ui.language_laboratory.models import text_encoder as bundled

    task, reader = read_task(name), bundled("multilingual")
    started = time.process_time()
    *_, last = train(reader, task, recipe_for(task, reader), watch=False)
    seconds = time.process_time() - started
    print(f"{name}: {last.measure:.3f} after {seconds:.0f} s of the processor")
    assert last.measure is not None
    assert last.measure >= least
    if task.plain:
        assert last.classifier is not None
        plain = measure(last.classifier, task, task.plain)
        print(f"plain reviews: {plain:.3f}")
        assert plain >= 0.85
    assert seconds < 240  # two minutes of two cores
