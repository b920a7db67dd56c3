"""The sentences of the language laboratory: counts, balance, tags, no leak from test to training."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import snowballstemmer

from ingest.text.languages import language

FOLDER = Path(__file__).parents[1] / "language" / "data"
TOPICS = {"mathematics", "biology", "history", "economics", "computer science"}
SENTIMENTS = {"positive", "negative"}
ENTITIES = {"PER", "LOC", "ORG", "DATE"}
LONGEST = 120  # characters
SHARED_WORDS = 5  # a sequence of this many words may not occur in both parts


def records(name: str) -> list[dict]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def text_of(record: dict) -> str:
    return record["text"] if "text" in record else " ".join(record["tokens"])


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def sequences(text: str) -> set[tuple[str, ...]]:
    """All runs of SHARED_WORDS words of a text."""
    row = words(text)
    return {tuple(row[i : i + SHARED_WORDS]) for i in range(len(row) - SHARED_WORDS + 1)}


def leaks(rows: list[dict]) -> list[str]:
    """The test sentences that share a run of words with a training sentence."""
    known = {run for row in rows if row["part"] == "train" for run in sequences(text_of(row))}
    tests = (text_of(row) for row in rows if row["part"] != "train")
    return [text for text in tests if sequences(text) & known]


def tag_faults(tags: list[str]) -> list[str]:
    """The tags that are unknown, or an I- that does not follow its own kind."""
    faults = []
    for before, tag in zip(["O", *tags], tags, strict=False):
        prefix, _, kind = tag.partition("-")
        known = tag == "O" or (prefix in {"B", "I"} and kind in ENTITIES)
        follows = prefix != "I" or before in {f"B-{kind}", f"I-{kind}"}
        if not (known and follows):
            faults.append(tag)
    return faults


def names(row: dict) -> set[tuple[str, str]]:
    """The (name, kind) pairs of one sentence."""
    spans: list[tuple[list[str], str]] = []
    for token, tag in zip(row["tokens"], row["tags"], strict=True):
        if tag.startswith("B-"):
            spans.append(([token], tag[2:]))
        elif tag.startswith("I-"):
            spans[-1][0].append(token)
    return {(" ".join(tokens), kind) for tokens, kind in spans}


def test_a_leak_is_detected():
    train = {"text": "we prove the chain rule for two variables", "part": "train"}
    leak = {"text": "Today, we prove the chain rule!", "part": "test"}
    fresh = {"text": "The chain rule for functions", "part": "test"}
    assert leaks([train, leak, fresh]) == [leak["text"]]


def test_a_wrong_tag_is_detected():
    assert tag_faults(["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]) == []
    assert tag_faults(["I-PER", "O"]) == ["I-PER"]
    assert tag_faults(["B-PER", "I-LOC", "I-LOC"]) == ["I-LOC"]
    assert tag_faults(["O", "I-ORG", "B-ORGAN"]) == ["I-ORG", "B-ORGAN"]


@pytest.mark.parametrize(
    ("name", "labels", "least"),
    [("topics", TOPICS, 640), ("sentiment", SENTIMENTS, 640)],
)
def test_labels_and_languages_are_balanced_in_both_parts(name, labels, least):
    rows = records(name)
    assert len(rows) >= least
    for row in rows:
        plain = {"judgement"} if row["part"] == "plain" else set()
        assert set(row) == {"text", "label", "language", "part"} | plain, row
    parts = [("train", 600), ("test", 160)] + [("plain", 160)] * (name == "sentiment")
    for part, part_least in parts:
        counts = Counter((row["label"], row["language"]) for row in rows if row["part"] == part)
        assert counts.total() >= part_least
        assert set(counts) == {(label, code) for label in labels for code in ("en", "de")}
        assert len(set(counts.values())) == 1, counts
    assert {row["part"] for row in rows} == {part for part, _ in parts}


@pytest.mark.parametrize("name", ["topics", "sentiment", "entities"])
def test_sentences_are_short_and_occur_once(name):
    texts = [text_of(row) for row in records(name)]
    assert [text for text in texts if len(text) > LONGEST or text != text.strip()] == []
    counts = Counter(" ".join(words(text)) for text in texts)
    assert {text: count for text, count in counts.items() if count > 1} == {}


@pytest.mark.parametrize("name", ["topics", "sentiment", "entities"])
def test_no_test_sentence_shares_five_words_in_a_row_with_training(name):
    assert leaks(records(name)) == []


@pytest.mark.parametrize(("name", "most"), [("topics", 0.25), ("sentiment", 0.25)])
def test_no_single_word_gives_a_label_away(name, most):
    """A word found in the sentences of one label alone covers only a small share of them."""
    rows = records(name)
    for label in sorted({row["label"] for row in rows}):
        for code in ("en", "de"):
            own = [row for row in rows if row["language"] == code and row["label"] == label]
            rest = [row for row in rows if row["language"] == code and row["label"] != label]
            elsewhere = {word for row in rest for word in words(row["text"])}
            counts = Counter(word for row in own for word in set(words(row["text"])) - elsewhere)
            word, count = counts.most_common(1)[0]
            assert count <= most * len(own), (label, code, word, count)


def stems(text: str, code: str) -> set[str]:
    stemmer = snowballstemmer.stemmer(language(code).stemmer)
    return set(stemmer.stemWords(words(text)))


def frame(text: str, code: str) -> tuple[str, ...]:
    """A sentence with a gap for each word that is no function word."""
    stop_words = language(code).stop_words
    return tuple(word if word in stop_words else "_" for word in words(text))


def content_pairs(text: str, code: str) -> set[tuple[str, ...]]:
    """All pairs of stems of a sentence's words, without function words."""
    content = [word for word in words(text) if word not in language(code).stop_words]
    return set(combinations(sorted(stems(" ".join(content), code)), 2))


def plain_faults(rows: list[dict]) -> list[str]:
    """What the plain reviews share with training: a word of judgement, a pair of words, a frame."""
    faults = []
    for code in ("en", "de"):
        train = [r["text"] for r in rows if (r["part"], r["language"]) == ("train", code)]
        known_stems = set().union(*(stems(text, code) for text in train))
        pairs = set().union(*(content_pairs(text, code) for text in train))
        frames = {frame(text, code) for text in train}
        for row in rows:
            if (row["part"], row["language"]) != ("plain", code):
                continue
            text = row["text"]
            shared = stems(" ".join(row["judgement"]), code) & known_stems
            shared_pairs = content_pairs(text, code) & pairs
            if shared or shared_pairs or frame(text, code) in frames or not row["judgement"]:
                faults.append(text)
    return faults


def test_plain_reviews_judge_with_words_that_training_never_uses():
    rows = records("sentiment")
    assert plain_faults(rows) == []
    plain = [row for row in rows if row["part"] == "plain"]
    assert all(set(words(" ".join(row["judgement"]))) <= set(words(row["text"])) for row in plain)


@pytest.mark.parametrize(
    ("train", "judgement"),
    [
        ("He was terrific.", ["terrific"]),  # the word of judgement
        ("At noon no barber works.", ["grand"]),  # two words side by side, barber and noon
        ("The baker gave me a bad loaf.", ["grand"]),  # the frame
    ],
)
def test_what_a_plain_review_shares_with_training_is_detected(train, judgement):
    texts = {
        "terrific": "Such a terrific tent!",
        "noon": "The barber is grand at noon.",
        "loaf": "The barber gave me a grand haircut.",
    }
    text = next(text for word, text in texts.items() if word in train)
    plain = {"text": text, "part": "plain", "language": "en", "judgement": judgement}
    known = {"text": train, "part": "train", "language": "en"}
    other = {"text": "Nothing is alike here.", "part": "train", "language": "en"}
    german = {"text": "Hier ist nichts gleich.", "part": "train", "language": "de"}
    assert plain_faults([known, german, plain]) == [text]
    assert plain_faults([other, german, plain]) == []


def test_entities_are_well_tagged_in_both_languages():
    rows = records("entities")
    assert len(rows) >= 420
    assert {row["part"] for row in rows} == {"train", "test"}
    for row in rows:
        assert set(row) == {"tokens", "tags", "language", "part"}, row
        assert len(row["tokens"]) == len(row["tags"]), row
        assert all(token and not re.search(r"\s", token) for token in row["tokens"]), row
        assert tag_faults(row["tags"]) == [], row
    for part, least in (("train", 320), ("test", 100)):
        counts = Counter(row["language"] for row in rows if row["part"] == part)
        assert counts.total() >= least
        assert counts["en"] == counts["de"] == counts.total() / 2
        for code in ("en", "de"):
            here = [row for row in rows if row["part"] == part and row["language"] == code]
            kinds = Counter(kind for row in here for _, kind in names(row))
            assert set(kinds) == ENTITIES
            assert min(kinds.values()) >= 9, kinds
            without = sum(set(row["tags"]) == {"O"} for row in here)
            assert 0.08 <= without / len(here) <= 0.2, (part, code, without)


def test_the_names_of_the_test_part_are_new():
    rows = records("entities")
    known = {name for row in rows if row["part"] == "train" for name in names(row)}
    tests = {name for row in rows if row["part"] == "test" for name in names(row)}
    assert tests & known == set()


def test_a_name_inside_a_term_is_no_person():
    row = next(row for row in records("entities") if "A Turing machine" in text_of(row))
    assert row["tags"][row["tokens"].index("Turing")] == "O"
    person = next(row for row in records("entities") if text_of(row).startswith("Alan Turing"))
    assert person["tags"][:2] == ["B-PER", "I-PER"]


def test_parallel_pairs_are_sixty_different_translations():
    pairs = records("parallel")
    assert len(pairs) == 60
    for pair in pairs:
        assert set(pair) == {"en", "de"}
        assert pair["en"] != pair["de"]
        assert all(0 < len(text) <= LONGEST and text == text.strip() for text in pair.values())
    for code in ("en", "de"):
        assert len({pair[code] for pair in pairs}) == len(pairs)
