"""Print drawn study cards, or drawn questions of a quiz, with the marks that a reader gave them.

    python -m benchmarks.cards [--library DIR] [--kind cards|quiz] [--draw N --seed S --documents FILE...]

A mark is 1 (sound) or 0 (not sound) by the rubric of docs/study.md. The lists of marks
(`benchmarks/cards.jsonl`, `benchmarks/cards_dev.jsonl`, `benchmarks/quiz.jsonl`) hold the lecture's file, the page, the passage, the
offsets of the sentence in it, the form of the card, and the mark, not the words: the lectures are
not part of the repository. A mark counts only while the program makes the same card of the same place; of a
question of the quiz, while its wrong choices are the same too.

--draw writes a new list of N cards, all unmarked, which a reader fills in.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ingest.store import Library
from rag.evidence import judge_of
from rag.models import Models
from rag.settings import load_settings
from rag.study.cards import Card, cards_of, definitions_of, place_of
from rag.study.definitions import Definition
from rag.study.quiz import Choice, quiz

ROOT = Path(__file__).resolve().parents[1]
MARKS = {kind: ROOT / "benchmarks" / f"{kind}.jsonl" for kind in ("cards", "quiz")}
_SEED = 25

Item = Card | Choice


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of a card at a place; None where there is none yet.

    `form` is "definition", "cloze" or "choice"; `key` are the first 8 hexadecimal digits of the
    SHA-256 of what a reader sees, by which a changed card is told.
    """

    doc: str
    page: int
    passage: str
    start: int
    end: int
    form: Literal["definition", "cloze", "choice"]
    key: str
    mark: int | None


def mark_of(item: Item, mark: int | None = None) -> Mark:
    """The place of a card or question, with a mark."""
    place = place_of(item.definition)
    form: Literal["definition", "cloze", "choice"] = (
        item.kind if isinstance(item, Card) else "choice"
    )
    key = hashlib.sha256("\n".join(texts_of(item)).encode()).hexdigest()[:8]
    return Mark(
        place["file"],
        place["pages"][0],
        place["passage"],
        place["start"],
        place["end"],
        form,
        key,
        mark,
    )


def texts_of(item: Item) -> list[str]:
    """What a reader sees: question and answer, or question and choices in alphabetical order."""
    if isinstance(item, Card):
        return [item.question, item.answer]
    return [item.question, *sorted(item.choices)]


def read_marks(file: Path) -> list[Mark]:
    """The marks of a list, in order.

    Raises:
        ValueError: a mark is not 0, 1 or null.
    """
    marks = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        mark = Mark(**json.loads(line))
        if mark.mark not in (0, 1, None):
            raise ValueError(f"{file}:{number}: mark {mark.mark!r}; expected 0, 1 or null")
        marks.append(mark)
    return marks


def write_marks(marks: Sequence[Mark], file: Path) -> None:
    """Write a list that `read_marks` reads."""
    file.write_text("".join(json.dumps(asdict(mark)) + "\n" for mark in marks), encoding="utf-8")


def report(items: Sequence[Item], marks: Sequence[Mark]) -> Iterator[str]:
    """A text for each mark that still holds, then the share of sound ones with its 95 % interval."""
    by_key = {mark.key: mark for mark in map(mark_of, items)}
    items_by_key = {mark_of(item).key: item for item in items}
    holding: list[int] = []
    for number, mark in enumerate(marks, start=1):
        same = by_key.get(mark.key)
        if same is None or (same.doc, same.page) != (mark.doc, mark.page):
            yield f"{number:3d}  {mark.doc}, p. {mark.page}: no such {mark.form} any more"
            continue
        value = "unmarked" if mark.mark is None else str(mark.mark)
        yield f"{number:3d}  [{value}] {mark.doc}, p. {mark.page}, {mark.form}"
        item = items_by_key[mark.key]
        yield from (f"     {text}" for text in texts_of(item))
        if isinstance(item, Choice):
            yield f"     right: {item.choices[item.right]}"
        if mark.mark is not None:
            holding.append(mark.mark)
    if holding:
        rng = np.random.default_rng(0)
        means = rng.choice(holding, (10_000, len(holding))).mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        yield (
            f"{sum(holding)} of {len(holding)} marked are sound: "
            f"{statistics.mean(holding):.2f} ({low:.2f} to {high:.2f}); {len(marks)} drawn"
        )


def lectures_of(library: Library, names: Collection[str]) -> list[str]:
    """The ids of the documents of some file names, by file name; of all without any."""
    return [one.id for one in library.documents() if not names or one.file in names]


def all_items(definitions: Sequence[Definition], kind: str) -> list[Item]:
    """All cards, or all questions of the quiz that a seed gives, lecture by lecture."""
    if kind == "cards":
        return [*cards_of(definitions)]
    models = Models(load_settings().models)
    judge = judge_of(models.reranker, models.encoder)
    return [*quiz(definitions, judge, len(definitions), _SEED)]


def draw(items: Sequence[Item], number: int, rng: random.Random) -> list[Item]:
    """So many items at random, at most a third of them abbreviations, as a reader meets them."""
    short = [one for one in items if one.definition.kind == "abbreviation"]
    others = [one for one in items if one.definition.kind != "abbreviation"]
    few = min(len(short), number // 3)
    drawn = rng.sample(short, few) + rng.sample(others, min(len(others), number - few))
    rng.shuffle(drawn)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--kind", choices=MARKS, default="cards")
    parser.add_argument("--marks", type=Path)
    parser.add_argument("--documents", nargs="*", default=[], help="file names, for --draw")
    parser.add_argument("--draw", type=int)
    parser.add_argument("--seed", type=int, default=_SEED)
    options = parser.parse_args()
    file = options.marks or MARKS[options.kind]
    library = Library(options.library)
    names = options.documents if options.draw else {mark.doc for mark in read_marks(file)}
    items: list[Item] = []
    for document in lectures_of(library, names):  # each lecture alone, as a reader studies it
        items += all_items(definitions_of(library, [document]), options.kind)
    if options.draw:
        drawn = draw(items, options.draw, random.Random(options.seed))
        write_marks([mark_of(item) for item in drawn], file)
    for line in report(items, read_marks(file)):
        print(line)


if __name__ == "__main__":
    main()
