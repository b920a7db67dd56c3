"""Compare each unit of a structured answer with the passages that the model was given.

A unit keeps the mark of a passage that supports it; where none of its marks does, it gets the one of
the passage that does; where several are named and say more of it together, it keeps those. What
no passage supports is kept as unsupported. A source is cut to the spans of its passage that support
something.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.text.languages import Language, language
from ingest.text.scripts import count_words
from rag.evidence import Judge
from rag.formula_check import contradicts
from rag.ground import content_stems, is_lexically_supported, numbers_in
from rag.settings import AnswerSettings
from rag.spans import TextSpan, judge_input, quotable_spans, span_text
from rag.types import Sentence, Source
from rag.written_units import WrittenUnit

_MARKUP = re.compile(r"\*{1,3}|`|(?<!\w)_{1,2}|_{1,2}(?!\w)")
_FORMULA = re.compile(r"\$+([^$]+)\$+")
_COMMAND = re.compile(
    r"\\(?:text|mathrm|mathbf|operatorname)\s*\{([^}]*)\}|\\[A-Za-z]+\*?|[{}\\^_&]"
)
_SYMBOL = re.compile(r"\\(?:var)?([a-zA-Z]+)|([^\W\d_]|\d+)")
_RIVALS = 8  # passages that are compared with a unit beside those that it names
_TOGETHER = 3  # passages that may support one unit together
_SHORT_RUN = 3  # letters of a product of variables, as "xy" or "KL"
_SYMBOLS_SHARE = 0.8  # of a formula's letters and numbers that its source must have


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """The units of an answer, its supported ones as sentences, and the sources that they name."""

    units: tuple[WrittenUnit, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitCheck:
    """Compares units with passages.

    `question` is the reader's, whose words need no source; `sources` are the passages that the model was
    given, numbered from 1; `language` is the answer's.
    """

    question: str
    sources: Sequence[Source]
    judge: Judge
    settings: AnswerSettings
    language: Language

    def check(self, units: Sequence[WrittenUnit]) -> CheckedAnswer:
        """The units with their sources, which are numbered from 1 in the order of their first use.

        Where no unit is supported there are no sentences and no sources.
        """
        header: tuple[str, ...] = ()
        checked: list[tuple[WrittenUnit, tuple[Source, ...]]] = []
        said: set[str] = set()
        for unit in units:
            if unit.kind == "header":
                header = unit.cells
            elif unit.words.casefold() in said:  # a repetition
                continue
            said.add(unit.words.casefold())
            spans: tuple[Source, ...] = ()
            support = 0.0
            status = unit.status
            if status == "plain":
                status = "plain" if self._numbers_known(unit) else "unsupported"
            else:
                support, spans = self._support(unit, header)
                status = "supported" if spans else "unsupported"
            checked.append((replace(unit, status=status, support=round(support, 4)), spans))
        return _numbered(checked)

    def _numbers_known(self, unit: WrittenUnit) -> bool:
        given = " ".join([self.question, *(_given(source) for source in self.sources)])
        return numbers_in(plain_text(unit)) <= numbers_in(given)

    def _support(
        self, unit: WrittenUnit, header: Sequence[str]
    ) -> tuple[float, tuple[Source, ...]]:
        """How well a unit is supported, and by which parts of which passages; () for by none."""
        named = [self.sources[mark - 1] for mark in unit.sources if 0 < mark <= len(self.sources)]
        if not self.settings.check:
            return 0.0, tuple(named[:1] or self.sources[:1])
        if unit.kind == "formula":
            ordered = [*named, *(one for one in self.sources if one not in named)]
            return self._formula_support(unit.text, ordered)
        text = plain_text(unit, header)
        if count_words(text) < 2:
            return 0.0, ()
        support, part = self._best_part(text, named)
        joint_support, parts = self._joint_support(text, named[:_TOGETHER])
        if parts and (part is None or self._covered(text, parts) > self._covered(text, [part])):
            return joint_support, parts
        if part is None:
            support, part = self._best_part(text, self._rivals(text, named))
        return support, () if part is None else (part,)

    def _covered(self, text: str, parts: Sequence[Source]) -> int:
        """How many of a text's words some parts have together."""
        given = " ".join(map(_given, parts))
        return len(content_stems(text, self.language) & content_stems(given, self.language)) + len(
            numbers_in(text) & numbers_in(given)
        )

    def _rivals(self, text: str, named: Sequence[Source]) -> list[Source]:
        """The other passages that share most words with a text, at most _RIVALS of them."""
        words = set(text.casefold().split())
        others = [source for source in self.sources if source not in named]
        shared = {one.number: len(words & set(one.quote.casefold().split())) for one in others}
        return sorted(others, key=lambda one: -shared[one.number])[:_RIVALS]

    def _best_part(self, text: str, sources: Sequence[Source]) -> tuple[float, Source | None]:
        """The span, or the whole of a passage, that supports a text best; None where none does."""
        parts = [part for source in sources for part in (*_spans_of(source), source)]
        if not parts:
            return 0.0, None
        scores = self.judge.score(text, [_judge_text(part) for part in parts])
        for row in sorted(range(len(parts)), key=lambda row: -scores[row]):
            if scores[row] < self.settings.min_support:
                break
            if self._says(text, parts[row]):
                return scores[row], parts[row]
        return 0.0, None

    def _joint_support(
        self, text: str, named: Sequence[Source]
    ) -> tuple[float, tuple[Source, ...]]:
        """The best spans of several passages, where together they support what none does alone."""
        if len(named) < 2:
            return 0.0, ()
        parts = []
        for source in named:
            spans = _spans_of(source) or [source]
            scores = self.judge.score(text, [_judge_text(span) for span in spans])
            parts.append(spans[max(range(len(spans)), key=scores.__getitem__)])
        joint = replace(parts[0], quote=" ".join(part.quote for part in parts))
        support = self.judge.score(text, [joint.quote])[0]
        if support >= self.settings.min_support and self._says(text, joint):
            return support, tuple(parts)
        return 0.0, ()

    def _says(self, text: str, part: Source) -> bool:
        """Whether a part has the numbers, the names and half of the words of a text."""
        composed = replace(part, quote=unicodedata.normalize("NFKC", part.quote))
        return is_lexically_supported(text, self.question, composed, self.language)

    def _formula_support(
        self, formula: str, sources: Sequence[Source]
    ) -> tuple[float, tuple[Source, ...]]:
        """The share of a formula's symbols that the first passage with enough of them has.

        The passage must also have all its numbers, and none of its parts the other way round.
        """
        symbols = symbols_of(formula)
        for source in sources:
            known = _symbols_in(_given(source), source.hit.passage.language)
            share = len(symbols & known) / len(symbols) if symbols else 0.0
            numbers = {symbol for symbol in symbols if symbol.isdigit()}
            if share < _SYMBOLS_SHARE or not numbers <= known:
                continue
            if not contradicts(formula, _given(source)):
                return share, (source,)
        return 0.0, ()


def plain_text(unit: WrittenUnit, header: Sequence[str] = ()) -> str:
    """A unit in plain words, as the judge reads it: of a row each cell behind its column's name."""
    text = unit.text
    if unit.cells:
        names = list(header[: len(unit.cells)]) + [""] * (len(unit.cells) - len(header))
        first, *cells = zip(names, unit.cells, strict=True)
        text = f"{first[1]}: " + "; ".join(f"{name} {cell}".strip() for name, cell in cells if cell)
    text = _FORMULA.sub(lambda match: _COMMAND.sub(lambda m: m[1] or " ", match[1]), text)
    return " ".join(unicodedata.normalize("NFKC", _MARKUP.sub("", text)).split())


def without_emphasis(text: str) -> str:
    """A line of Markdown without the signs of emphasis and code; formulas stay as they are."""
    pattern = rf"(\$+[^$]+\$+)|{_MARKUP.pattern}"
    return re.sub(pattern, lambda match: match[1] or "", text)


def symbols_of(formula: str) -> set[str]:
    """The letters and numbers of a formula in LaTeX, Greek ones as letters; no names of commands."""
    symbols = set[str]()
    for match in _SYMBOL.finditer(
        re.sub(r"\\(?:text|mathrm|operatorname)\s*\{[^}]*\}", " ", formula)
    ):
        symbol = _named_symbol(match)
        symbols |= {symbol} if symbol.strip() else set()
    return symbols


def _symbols_in(text: str, code: str) -> set[str]:
    """The letters and numbers of a text that can be a formula's: those of no longer word."""
    symbols = set[str]()
    for run in re.findall(r"\d+|[^\W\d_]+", text):
        if run.isdigit() or len(run) == 1:
            symbols.add(run)
        elif len(run) <= _SHORT_RUN and run.casefold() not in language(code).stop_words:
            symbols |= set(run)
    return symbols


def _named_symbol(match: re.Match[str]) -> str:
    """The Greek letter of a command, "" for any other command; a letter or number as it is."""
    if not match[1]:
        return match[2]
    name = {"lambda": "lamda"}.get(match[1].lower(), match[1])
    size = "CAPITAL" if match[1][0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}")
    except KeyError:
        return " "


def _given(source: Source) -> str:
    return unicodedata.normalize("NFKC", f"{source.hit.passage.context} {source.quote}")


def _judge_text(part: Source) -> str:
    return judge_input(part.hit.passage, TextSpan(part.start, part.end)) if part.end else part.quote


def _spans_of(source: Source) -> list[Source]:
    """The spans of a passage that are in a source, each as a source of its own."""
    passage = source.hit.passage
    return [
        replace(source, quote=span_text(passage, span), start=span.start, end=span.end)
        for span in quotable_spans(passage)
        if source.start <= span.start and span.end <= source.end
    ]


def _numbered(
    checked: Sequence[tuple[WrittenUnit, tuple[Source, ...]]],
) -> CheckedAnswer:
    """Number the passages in use from 1, each cut to what its spans cover together."""
    parts: dict[int, list[Source]] = {}
    for _, spans in checked:
        for part in spans:
            parts.setdefault(part.number, []).append(part)
    sources: list[Source] = []
    numbers: dict[int, int] = {}
    for old, group in parts.items():
        numbers[old] = len(sources) + 1
        start, end = min(one.start for one in group), max(one.end for one in group)
        passage = group[0].hit.passage
        quote = span_text(passage, TextSpan(start, end)) if end else group[0].quote
        sources.append(replace(group[0], number=numbers[old], quote=quote, start=start, end=end))
    units = tuple(
        replace(unit, sources=tuple(dict.fromkeys(numbers[part.number] for part in spans)))
        for unit, spans in checked
    )
    sentences = tuple(
        Sentence(without_emphasis(unit.words), unit.sources[0], unit.support, "written")
        for unit in units
        if unit.status == "supported"
    )
    return CheckedAnswer(units, sentences, tuple(sources))
