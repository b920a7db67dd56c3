"""The training texts: passages with questions, answers and their evidence.

`training/data/passages/` holds a file for each subject, with a passage a line:

    {"id", "lang", "style", "title", "text": [unit, ...],
     "questions":    [{"q", "lang", "answer": [[sentence, unit number from 1], ...]}, ...],
     "unanswerable": [{"q", "lang"}, ...],
     "followups":    [{"q", "lang", "after": number of a question from 1, "answer": ...}, ...]}

A unit is a sentence, a bullet, a table's row or a formula with its line. Check the files with
`python -m training.data [FILE...]`; with `--embeddings` the bundled encoder also looks for texts
that say nearly the same, here and in the lectures that answers are measured on; with `--sample N`
a drawn sample is printed for reading. `training/data/README.md` is the data card.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest import resources
from rag.models import Models

if TYPE_CHECKING:
    from ingest.embed import Encoder

FOLDER = resources.package_file("training", "data", "passages")
CORPUS = resources.lectures()  # the lectures that answers are measured on

STYLES = ("slide", "notes", "textbook", "table")
_WORDS = (60, 180)
_QUESTIONS = 5
_SUPPORT = 0.6  # least share of an answer's content words that its evidence must hold
_STEM = 5  # letters by which two forms of a word are taken for the same
_ID = re.compile(r"[a-z]+(-[a-z]+)*-\d\d")

# Limits, each between the closest pair that asks or tells different things and the closest pair
# that does not; training/data/README.md has both. Cosines but for the first.
_SHARED_WORDS = 0.6  # of two questions' content words together
_CORPUS_QUESTION = 0.70
_CORPUS_PAGE = 0.60
_PASSAGE = 0.80
_QUESTION = 0.80
_QUESTION_SAME_PASSAGE = 0.90  # helium-3 and helium-4 may both be asked about

_STOPWORDS = (
    "about above after again against almost also always another any anything around because been "
    "before being below between both called cannot could does doing done down during each either "
    "else enough even every from further gets give given gives goes have having hence here however "
    "instead into itself just less like made make makes many means might more most much must need "
    "needs neither never only other others otherwise over rather same several should since some "
    "something still such than that their them then there therefore these they thing this those "
    "through thus together under until upon used uses using very well were what when where whether "
    "which while whole whose will with within without would your "
    "aber alle allem allen aller alles also andere anderen auch beide beiden beim bereits bleibt "
    "damit dann daher darf dass dazu dein denn deren dessen dies diese diesem diesen dieser dieses "
    "doch dort durch eine einem einen einer eines erst etwa etwas gegen gibt haben hier immer indem "
    "jede jedem jeden jeder jedes jedoch kann keine keinen können lässt machen macht mehr muss "
    "müssen nach nicht noch oder ohne sehr sein seine seinem seinen seiner selbst sich sind sodass "
    "soll sollen somit sondern statt über und viele vielen vom wann weil welche welchem welchen "
    "welcher welches wenn werden wird wobei wurde wurden zwar zwischen"
)
_STOP = frozenset(_STOPWORDS.split())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a passage; `answer` pairs sentences with unit numbers from 1.

    Without an answer the passage does not hold it. `after` is the question that a follow-up
    leans on, "" otherwise.
    """

    id: str
    passage: str
    question: str
    lang: str
    answer: tuple[tuple[str, int], ...] = ()
    after: str = ""

    @property
    def searched(self) -> str:
        """The question as it is searched for: a follow-up is led by the question before it."""
        return f"{self.after} {self.question}" if self.after else self.question

    @property
    def evidence(self) -> tuple[int, ...]:
        """The numbers of the units that answer it, in order."""
        return tuple(sorted({unit for _, unit in self.answer}))


@dataclass(frozen=True, slots=True)
class Text:
    """A passage: its units in order, and what is asked of it."""

    id: str
    lang: str
    style: str
    title: str
    units: tuple[str, ...]
    asked: tuple[Asked, ...]

    @property
    def text(self) -> str:
        """The units, a line each."""
        return "\n".join(self.units)

    @property
    def subject(self) -> str:
        """The part of the id before its number."""
        return self.id.rsplit("-", 1)[0]


def read_texts(files: Sequence[Path] = ()) -> list[Text]:
    """All passages of some files, or of the whole folder in the order of its names.

    Raises:
        ValueError: a line is no passage; file and line are named.
    """
    texts = []
    for file in files or sorted(FOLDER.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                texts.append(_text(json.loads(line)))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise ValueError(f"{file.name}, line {number}: {error!r}") from error
    return texts


def _text(raw: dict[str, Any]) -> Text:
    name = raw["id"]

    def answer(item: dict[str, Any]) -> tuple[tuple[str, int], ...]:
        return tuple((sentence, int(unit)) for sentence, unit in item["answer"])

    asked = [
        Asked(f"{name}.q{n}", name, item["q"], item["lang"], answer(item))
        for n, item in enumerate(raw["questions"], start=1)
    ]
    asked += [
        Asked(f"{name}.u{n}", name, item["q"], item["lang"])
        for n, item in enumerate(raw.get("unanswerable", []), start=1)
    ]
    asked += [
        Asked(
            f"{name}.f{n}",
            name,
            item["q"],
            item["lang"],
            answer(item),
            raw["questions"][item["after"] - 1]["q"],
        )
        for n, item in enumerate(raw.get("followups", []), start=1)
    ]
    return Text(name, raw["lang"], raw["style"], raw["title"], tuple(raw["text"]), tuple(asked))


def faults(texts: Sequence[Text]) -> Iterator[str]:
    """A line for each fault: what it is in, the value seen, the value wanted."""
    seen: dict[str, str] = {}
    for text in texts:
        if not _ID.fullmatch(text.id):
            yield f"{text.id}: wanted an id such as cell-biology-07"
        words = len(re.findall(r"\w+", text.text))
        if not _WORDS[0] <= words <= _WORDS[1]:
            yield f"{text.id}: {words} words, wanted {_WORDS[0]} to {_WORDS[1]}"
        if text.style not in STYLES:
            yield f"{text.id}: style {text.style!r}, wanted one of {', '.join(STYLES)}"
        if len(text.units) < 4:
            yield f"{text.id}: {len(text.units)} units, wanted at least 4"
        if sum(".q" in asked.id for asked in text.asked) < _QUESTIONS:
            yield f"{text.id}: fewer than {_QUESTIONS} questions"
        if not any(".u" in asked.id for asked in text.asked):
            yield f"{text.id}: no unanswerable question"
        for key, owner in [(text.id, text.id), (text.text, text.id)] + [
            (" ".join(re.findall(r"\w+", asked.question.lower())), asked.id)
            for asked in text.asked
            if not asked.after
        ]:
            if key in seen:
                yield f"{owner}: the same as in {seen[key]}: {key[:60]!r}"
            seen[key] = owner
        for asked in text.asked:
            yield from _asked_faults(text, asked)


def _asked_faults(text: Text, asked: Asked) -> Iterator[str]:
    if {text.lang, asked.lang} - {"en", "de"}:
        yield f"{asked.id}: language {asked.lang!r}, wanted en or de"
    if ".u" in asked.id:
        return
    if not 1 <= len(asked.answer) <= 3:
        yield f"{asked.id}: {len(asked.answer)} answer sentences, wanted 1 to 3"
    for sentence, unit in asked.answer:
        if not 1 <= unit <= len(text.units):
            yield f"{asked.id}: evidence unit {unit}, wanted 1 to {len(text.units)}"
            continue
        given = f"{text.title} {asked.after} {asked.question} {text.units[unit - 1]}"
        missing = numbers(sentence) - numbers(given)
        if missing:
            yield f"{asked.id}: numbers {sorted(missing)} do not stand in unit {unit}"
        if asked.lang == text.lang and (share := support(sentence, given)) < _SUPPORT:
            yield (
                f"{asked.id}: only {share:.0%} of the answer's words stand in unit {unit}, "
                f"wanted {_SUPPORT:.0%}: {sorted(stems(sentence) - stems(given))}"
            )
        if sentence[-1:] not in '.!”"':
            yield f"{asked.id}: an answer sentence ends with {sentence[-1:]!r}, wanted a full stop"


@lru_cache(maxsize=20_000)  # leaks() asks for the same few thousand texts over and over
def stems(text: str) -> frozenset[str]:
    """The first letters of each content word, lower case."""
    words = re.findall(r"[^\W\d_]{4,}", text.lower())
    return frozenset(word[:_STEM] for word in words if word not in _STOP)


def numbers(text: str) -> set[str]:
    """The numbers of a text, as written in digits."""
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def support(sentence: str, evidence: str) -> float:
    """The share of a sentence's content words, in [0, 1], that stand in its evidence."""
    wanted = stems(sentence)
    return len(wanted & stems(evidence)) / len(wanted) if wanted else 1.0


def overlap(question: str, passage: str) -> float:
    """The share of a question's content words, in [0, 1], that stand in the passage."""
    return support(question, passage)


def shared_words(one: str, other: str) -> float:
    """The content words that two texts share, as a share in [0, 1] of those of both."""
    first, second = stems(one), stems(other)
    return len(first & second) / max(len(first | second), 1)


def corpus_questions(folder: Path = CORPUS / "questions") -> dict[str, str]:
    """The questions that answers are measured on, by id; a follow-up is led by the one before."""
    rows = [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    asked = {row["id"]: row["question"] for row in rows}
    return {
        row["id"]: f"{asked[row['after']]} {row['question']}"
        if row.get("after")
        else row["question"]
        for row in rows
    }


def corpus_pages(folder: Path = CORPUS) -> dict[str, str]:
    """The text of every page of the lectures that answers are measured on, by file and page."""
    from ingest.readers import read

    return {
        f"{file.name}, p. {page.number}": page.text
        for file in sorted(folder.glob("*.pdf"))
        for page in read(file).pages
    }


def leaks(texts: Sequence[Text], kept: dict[str, str]) -> Iterator[str]:
    """A line for each question that shares too many words with one that answers are measured on.

    Args:
        texts: The passages with their questions.
        kept: The questions to keep out, by id.
    """
    plain = {" ".join(re.findall(r"\w+", question.lower())): id for id, question in kept.items()}
    for asked in (asked for text in texts for asked in text.asked):
        same = plain.get(" ".join(re.findall(r"\w+", asked.searched.lower())))
        if same:
            yield f"{asked.id}: the same as {same} of the corpus: {asked.searched!r}"
            continue
        for id, question in kept.items():
            if (share := shared_words(asked.searched, question)) >= _SHARED_WORDS:
                yield (
                    f"{asked.id}: shares {share:.0%} of its words with {id} of the corpus, "
                    f"wanted under {_SHARED_WORDS:.0%}: {asked.searched!r} and {question!r}"
                )


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by name, and their cosine."""

    cosine: float
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The pairs of a kind with a cosine of `limit` or more, and the closest one in any case.

    `pairs` is best first and empty only where there is nothing to compare.
    """

    kind: str
    limit: float
    pairs: tuple[Pair, ...]

    def faults(self) -> Iterator[str]:
        """A line for each pair that is too close."""
        for pair in self.pairs:
            if pair.cosine >= self.limit:
                yield (
                    f"{pair.one}: cosine {pair.cosine:.2f} with {pair.other}, "
                    f"wanted under {self.limit:.2f} for {self.kind}"
                )


def compare(
    texts: Sequence[Text], encoder: Encoder, kept: dict[str, str], pages: dict[str, str]
) -> list[Comparison]:
    """Hold passages and questions against each other and against the lectures, by embedding.

    A follow-up is read with the question before it, and left out within its own passage, where
    that question makes it alike.

    Args:
        texts: The passages with their questions.
        encoder: What turns texts into unit vectors.
        kept: The questions that answers are measured on, by id.
        pages: The pages that answers are measured on, by name.
    """
    asked = [item for text in texts for item in text.asked]
    ids, names = [item.id for item in asked], [text.id for text in texts]
    questions = encoder.encode([item.searched for item in asked])  # (questions, dim)
    passages = encoder.encode([f"{text.title}\n{text.text}" for text in texts])  # (passages, dim)
    among = np.triu(questions @ questions.T, k=1)  # 0 where a pair came before
    owners = np.array([item.passage for item in asked])
    leans = np.array([bool(item.after) for item in asked])
    same = owners[:, None] == owners[None, :]
    alone = ~(leans[:, None] | leans[None, :])
    return [
        _comparison("passages", _PASSAGE, np.triu(passages @ passages.T, k=1), names, names),
        _comparison("questions about different passages", _QUESTION, among * ~same, ids, ids),
        _comparison(
            "questions about the same passage",
            _QUESTION_SAME_PASSAGE,
            among * (same & alone),
            ids,
            ids,
        ),
        _comparison(
            "a question and one of the corpus",
            _CORPUS_QUESTION,
            questions @ encoder.encode(list(kept.values())).T,
            ids,
            list(kept),
        ),
        _comparison(
            "a passage and a page of the corpus",
            _CORPUS_PAGE,
            passages @ encoder.encode(list(pages.values())).T,
            names,
            list(pages),
        ),
    ]


def _comparison(
    kind: str, limit: float, cosines: np.ndarray, ones: Sequence[str], others: Sequence[str]
) -> Comparison:
    """The close pairs of a matrix whose rows are `ones` and whose columns are `others`."""
    if not cosines.size:
        return Comparison(kind, limit, ())
    close = {int(n) for n in np.flatnonzero(cosines >= limit)} | {int(cosines.argmax())}
    pairs = [
        Pair(float(cosines.flat[n]), ones[n // len(others)], others[n % len(others)]) for n in close
    ]
    return Comparison(kind, limit, tuple(sorted(pairs, key=lambda pair: -pair.cosine)))


def sample(texts: Sequence[Text], count: int, seed: int) -> list[tuple[Text, Asked]]:
    """Draw questions of every kind, one of each subject in turn, in an order that the seed fixes."""
    generator = random.Random(seed)
    piles: dict[str, list[tuple[Text, Asked]]] = {}
    for text in texts:
        piles.setdefault(text.subject, []).extend((text, asked) for asked in text.asked)
    for pile in piles.values():
        generator.shuffle(pile)
    drawn: list[tuple[Text, Asked]] = []
    while len(drawn) < count and any(piles.values()):
        drawn += [pile.pop() for pile in piles.values() if pile]
    return drawn[:count]


def _print_sample(texts: Sequence[Text], count: int, seed: int) -> None:
    """Print drawn questions for reading, each under its passage."""
    for text, asked in sample(texts, count, seed):
        print(f"\n## {asked.id}, {text.style}: {text.title}")
        print("\n".join(f"  {n}. {unit}" for n, unit in enumerate(text.units, start=1)))
        print(f"{asked.lang}: {asked.searched}")
        for sentence, unit in asked.answer:
            print(f"  -> {sentence} [{unit}]")


def _overlaps(texts: Sequence[Text], kind: str) -> list[float]:
    """The overlap of each question of a kind ("q", "u") with its passage in the same language."""
    return [
        overlap(asked.question, f"{text.title} {text.text}")
        for text in texts
        for asked in text.asked
        if f".{kind}" in asked.id and asked.lang == text.lang
    ]


def _print_counts(texts: Sequence[Text]) -> None:
    """Print how many passages and questions there are, of which kinds."""
    asked = [item for text in texts for item in text.asked]
    answered = [item for item in asked if ".q" in item.id]
    by_id = {text.id: text for text in texts}
    german = [item for item in answered if item.lang == "de"]
    about_english = sum(by_id[item.passage].lang == "en" for item in german)
    print(
        f"{len(texts)} passages ({sum(text.lang == 'de' for text in texts)} German) "
        f"in {len({text.subject for text in texts})} subjects, "
        f"{len(answered)} questions ({len(german)} German, {about_english} of them about "
        f"English passages), {sum('.u' in item.id for item in asked)} unanswerable, "
        f"{sum('.f' in item.id for item in asked)} follow-ups"
    )
    styles = Counter(text.style for text in texts)
    print("styles: " + ", ".join(f"{style} {styles[style]}" for style in STYLES))
    subjects = Counter(text.subject for text in texts)
    print("subjects: " + ", ".join(f"{name} {subjects[name]}" for name in sorted(subjects)))
    for kind, name in (("q", "questions"), ("u", "unanswerable questions")):
        if shares := _overlaps(texts, kind):
            low = sum(share < 1 / 3 for share in shares) / len(shares)
            print(
                f"content words that stand in the passage, {len(shares)} {name} in its language: "
                f"mean {statistics.mean(shares):.0%}, median {statistics.median(shares):.0%}; "
                f"{low:.0%} of the {name} share less than a third"
            )


def main(arguments: Sequence[str]) -> int:
    """Print the faults of some files, or of all, and what they hold; 1 where there are faults."""
    parser = argparse.ArgumentParser(prog="python -m training.data", description=main.__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="passages; all where none is named")
    parser.add_argument("--embeddings", action="store_true", help="look for near duplicates too")
    parser.add_argument("--sample", type=int, default=0, help="print this many questions to read")
    parser.add_argument("--seed", type=int, default=0, help="fixes the sample")
    options = parser.parse_args(arguments)
    texts = read_texts(options.files)
    if options.sample:
        _print_sample(texts, options.sample, options.seed)
        return 0
    kept = corpus_questions()
    found = [*faults(texts), *leaks(texts, kept)]
    if options.embeddings:
        for comparison in compare(texts, Models().encoder, kept, corpus_pages()):
            found += comparison.faults()
            for pair in comparison.pairs[:1]:
                print(
                    f"closest of {comparison.kind}: cosine {pair.cosine:.3f}, limit "
                    f"{comparison.limit:.2f}: {pair.one} and {pair.other}"
                )
    print("\n".join(found) or "no faults")
    _print_counts(texts)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
