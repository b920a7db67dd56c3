"""Three tasks for an encoder, with their sentences and measures: topics, sentiment, entities.

A topic or a sentiment is one label for a sentence. Entities are tags, one for each word: B-PER
begins a person, I-PER goes on, O is outside of each name (Ramshaw and Marcus, 1995). The test part
is about other subjects and other names than the training part; see `language/data/README.md`.
Sentiment has a second test part, plain reviews: their judgement is in their words ("a terrific
haircut"), that of most others in a fact ("one gentle wash, and the shirt would fit a doll").
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest import resources
from language.errors import LanguageError
from language.text import check_text

TASKS = ("topics", "sentiment", "entities")
_WORD = re.compile(r"['’]s\b|\w+(?:-\w+|['’](?!s\b)\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence: its words, and one label for it or one for each word."""

    words: tuple[str, ...]
    labels: tuple[str, ...]
    language: str

    @property
    def text(self) -> str:
        """The sentence."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Task:
    """A task: its labels in order, whether each word has one, and its parts; most have no `plain`."""

    name: str
    labels: tuple[str, ...]
    per_word: bool
    train: tuple[Example, ...]
    test: tuple[Example, ...]
    plain: tuple[Example, ...] = ()

    def rows(self, examples: Sequence[Example]) -> list[int]:
        """The labels' numbers, of all words in order or of all sentences."""
        number = {label: n for n, label in enumerate(self.labels)}
        return [number[label] for example in examples for label in example.labels]

    def only(self, languages: Sequence[str]) -> Task:
        """The task with the sentences of some languages alone."""
        return replace(
            self,
            train=tuple(one for one in self.train if one.language in languages),
            test=tuple(one for one in self.test if one.language in languages),
            plain=tuple(one for one in self.plain if one.language in languages),
        )

    def small(self, count: int, seed: int) -> Task:
        """The task with some of its training sentences, labels and languages in equal parts.

        Raises:
            LanguageError: the count is not between one for each label and all.
        """
        least = 2 if self.per_word else len(self.labels)
        if not least <= count <= len(self.train):
            raise LanguageError(
                f"{count} training sentences, expected {least} to {len(self.train)}"
            )
        groups = defaultdict(list)
        for example in self.train:
            groups["" if self.per_word else example.labels[0], example.language].append(example)
        generator = random.Random(seed)
        queues = [generator.sample(group, len(group)) for group in groups.values()]
        generator.shuffle(queues)
        queues.sort(key=lambda queue: queue[0].language)  # a label in each language by turns
        turns = [
            queue[place]
            for place in range(max(map(len, queues)))
            for queue in queues
            if place < len(queue)
        ]
        return replace(self, train=tuple(turns[:count]))


def read_task(name: str) -> Task:
    """A task with the sentences that come with the program.

    Raises:
        LanguageError: there is no task of that name.
    """
    if name not in TASKS:
        raise LanguageError(f"There is no task {name!r}; expected {', '.join(TASKS)}")
    file = resources.package_file("language", "data", f"{name}.jsonl")
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return task_of(name, records)


def task_of(name: str, records: Sequence[dict]) -> Task:
    """A task from records: `text` and `label`, or `tokens` and `tags`; `language`, `part`."""
    parts: dict[str, list[Example]] = {"train": [], "test": [], "plain": []}
    for record in records:
        if "tags" in record:
            words, labels = tuple(record["tokens"]), tuple(record["tags"])
        else:
            words, labels = tuple(record["text"].split()), (record["label"],)
        parts[record["part"]].append(Example(words, labels, record["language"]))
    distinct = {label for part in parts.values() for one in part for label in one.labels}
    per_word = any("tags" in record for record in records)
    return Task(
        name,
        tuple(
            sorted(
                distinct, key=lambda label: (label == "O", label[2:] if per_word else label, label)
            )
        ),
        per_word,
        tuple(parts["train"]),
        tuple(parts["test"]),
        tuple(parts["plain"]),
    )


def words_of(sentence: str, per_word: bool) -> tuple[str, ...]:
    """The words of one's own sentence as the task's data has them.

    Raises:
        LanguageError: there is none, or it is no text.
    """
    check_text(sentence, "The sentence")
    return tuple(_WORD.findall(sentence) if per_word else sentence.split())


# ---- measures ----


def accuracy(right: Sequence[int], predictions: Sequence[int]) -> float:
    """The share of equal pairs, in [0, 1]."""
    return float(np.mean(np.asarray(right) == np.asarray(predictions)))


def accuracy_interval(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of an accuracy, in [0, 1], of `right` out of `count` > 0 (Wilson, 1927)."""
    from scipy import stats

    interval = stats.binomtest(right, count).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def confusion(right: Sequence[int], predictions: Sequence[int], size: int) -> np.ndarray:
    """Counts (size, size): row is the right label, column the predicted one."""
    table = np.zeros((size, size), dtype=int)
    np.add.at(table, (np.asarray(right), np.asarray(predictions)), 1)
    return table


def spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """The entities of BIO tags: (first word, word behind the last, kind).

    An I- tag that follows no tag of its kind begins an entity, as in the CoNLL-2000 evaluation.
    """
    entities, start, kind = set(), 0, ""
    for place, tag in enumerate([*tags, "O"]):
        goes_on = tag.startswith("I-") and tag[2:] == kind
        if kind and not goes_on:
            entities.add((start, place, kind))
            kind = ""
        if tag != "O" and not goes_on:
            start, kind = place, tag[2:]
    return entities


@dataclass(frozen=True, slots=True)
class SpanScore:
    """How many entities were predicted rightly, predicted at all, and are there."""

    right: int
    predicted: int
    there: int

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are right; 0 where there is none."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the entities that are predicted; 0 where there is none."""
        return self.right / self.there if self.there else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.predicted + self.there
        return 2 * self.right / total if total else 0.0


def span_score(right: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> SpanScore:
    """The score over sentences: an entity is right if its words and its kind are."""
    pairs = [(spans(r), spans(p)) for r, p in zip(right, predictions, strict=True)]
    return SpanScore(
        sum(len(r & p) for r, p in pairs),
        sum(len(p) for _, p in pairs),
        sum(len(r) for r, _ in pairs),
    )
