"""The training texts: passages with questions, answers and their evidence.

`training/data/passages/` holds a file for each subject, with a passage a line:

    {"id", "lang", "style", "title", "text": [unit, ...],
     "questions":    [{"q", "lang", "answer": [[sentence, unit number from 1], ...]}, ...],
     "unanswerable": [{"q", "lang"}, ...],
     "followups":    [{"q", "lang", "after": number of a question from 1, "answer": ...}, ...]}

A unit is a sentence, a bullet, a table's row or a formula with its line. Check the files with
`python -m training.data [FILE...]`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "passages"

STYLES = ("slide", "notes", "textbook", "table")
_WORDS = (60, 180)
_QUESTIONS = 5
_SUPPORT = 0.6  # least share of an answer's content words that its evidence must hold
_STEM = 5  # letters by which two forms of a word are taken for the same

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


def stems(text: str) -> set[str]:
    """The first letters of each content word, lower case."""
    words = re.findall(r"[^\W\d_]{4,}", text.lower())
    return {word[:_STEM] for word in words if word not in _STOP}


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


def main(names: Sequence[str]) -> int:
    """Print the faults of some files, or of all, and what they hold; 1 where there are faults."""
    texts = read_texts([Path(name) for name in names])
    found = list(faults(texts))
    print("\n".join(found) or "no faults")
    asked = [item for text in texts for item in text.asked]
    answered = [item for item in asked if ".q" in item.id]
    by_id = {text.id: text for text in texts}
    german = [item for item in answered if item.lang == "de"]
    about_english = sum(by_id[item.passage].lang == "en" for item in german)
    shares = [
        overlap(item.question, by_id[item.passage].title + " " + by_id[item.passage].text)
        for item in answered
        if item.lang == by_id[item.passage].lang
    ]
    print(
        f"{len(texts)} passages ({sum(text.lang == 'de' for text in texts)} German) "
        f"in {len({text.subject for text in texts})} subjects, "
        f"{len(answered)} questions ({len(german)} German, {about_english} of them about "
        f"English passages), {sum('.u' in item.id for item in asked)} unanswerable, "
        f"{sum('.f' in item.id for item in asked)} follow-ups; "
        f"{sum(shares) / max(len(shares), 1):.0%} of a question's content words in its passage"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
