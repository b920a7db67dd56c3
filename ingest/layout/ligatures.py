"""Ligatures whose letters a file does not tell, which would give "oen" for "often".

A font's table to Unicode may lack its ligatures, or hold nothing, one letter or a foreign one for
them. Such characters go through the layout as *stand-ins*. When all pages of a file are laid out, the
name of the glyph says what they are, or else their width together with the words that they make.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

from ingest.layout.glyphs import UNREADABLE, Glyph
from ingest.layout.segments import PlacedWord
from ingest.text.languages.alphabets import letters_of_languages

#: Ligatures of fonts for Latin letters.
LIGATURES = (
    *("fi", "fl", "ff", "ffi", "ffl", "ft", "fft", "fti", "tt", "ti", "tti", "tf", "fj", "ffj"),
    *("fb", "ffb", "fh", "ffh", "fk", "ffk", "Th", "ct", "st", "ch", "ck"),
)
_STANDARD = frozenset({"fi", "fl", "ff", "ffi", "ffl"})  # those that nearly all fonts have
_RARE = frozenset({"ct", "st", "ch", "ck"})  # those of few fonts; the words must be twice as clear
#: A ligature is as wide as its letters, but for so many em a letter.
WIDTH_TOLERANCE = 0.07
#: But for so many where the font does not show how wide its letters are.
UNSURE_TOLERANCE = 0.12
#: A word that only has parts of known words around its ligature is so much of a known word.
PART_WEIGHT = 0.3
#: A word that stands elsewhere in the file is so many words.
OWN_WEIGHT = 1.5
#: A letter so much wider, in em, than others of its kind and font may stand for a ligature.
EXCESS_WIDTH = 0.15
#: Fonts of which more characters, as a share, have no meaning are not mended letter by letter.
MAX_SHARE = 0.3

_FIRST = 0x100000  # of the stand-ins, in the last plane for private use
_STAND_IN = re.compile("[\U00100000-\U0010fffd]")
_TOKEN = re.compile("(?:[^\\W\\d_]|[\U00100000-\U0010fffd])+")
_FOREIGN = re.compile("[\u014c-\u014f\u0180-\u024f\ue000-\uefff]")  # no letters of these languages
# Ligatures that many fonts draw equally wide.
_TWINS = {"fi": "fl", "fl": "fi", "ffi": "ffl", "ffl": "ffi"}
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_FIRST_LETTERS = frozenset("ftTcs")
# Widths in em that a letter has in most fonts, where a font shows none of it.
_USUAL_WIDTHS = {"f": 0.3, "t": 0.33, "i": 0.27, "l": 0.27, "j": 0.28, "T": 0.6, "s": 0.42} | {
    "c": 0.46, "h": 0.55, "k": 0.53, "b": 0.55,
}  # fmt: skip
_MIN_LETTERS = 3  # of a word that is evidence


class Suspect(NamedTuple):
    """A kind of character without a sure meaning.

    `text` is what the file gives for it, "" for nothing; `code` its code in the font where the file
    has no Unicode for it, else None; `width` its advance in hundredths of an em.
    """

    font: str
    text: str
    code: int | None
    width: int


@dataclass(frozen=True, slots=True)
class Suspects:
    """The suspects of a page by their stand-ins, and the widths of letters, in em, by font and letter."""

    by_stand_in: dict[str, Suspect]
    widths: dict[tuple[str, str], float]


class Line(Protocol):
    """A line of a layout."""

    words: list[PlacedWord]


class Layout(Protocol):
    """A laid-out page."""

    @property
    def lines(self) -> Sequence[Line]:
        """Its lines."""

    @property
    def suspects(self) -> Suspects | None:
        """Its characters without a sure meaning."""


def mark_suspects(glyphs: Sequence[Glyph]) -> Suspects | None:
    """Put stand-ins for the characters of a page that may be ligatures; None if there are none.

    Only a character beside a letter of its own font is marked.

    Args:
        glyphs: In the order of the file; the text of those that are marked is changed.
    """
    wide = _too_wide(glyphs)
    own = letters_of_languages(glyph.text for glyph in glyphs)
    marked = [
        n
        for n, g in enumerate(glyphs)
        if g.order in wide or (_is_doubtful(g) and g.text not in own)
    ]
    if not marked:
        return None
    total = Counter(glyph.font.name for glyph in glyphs if not glyph.is_blank)
    doubtful = Counter(glyphs[n].font.name for n in marked if glyphs[n].order not in wide)
    stand_ins: dict[Suspect, str] = {}
    for n in marked:
        glyph = glyphs[n]
        name = glyph.font.name
        if doubtful[name] > MAX_SHARE * total[name] or not any(
            0 <= m < len(glyphs) and _is_beside(glyph, glyphs[m]) for m in (n - 1, n + 1)
        ):
            continue
        is_private = "\ue000" <= glyph.text <= "\uf8ff"
        text = "" if is_private or glyph.text == UNREADABLE else glyph.text
        suspect = Suspect(name, text, glyph.code, round(100 * (glyph.x1 - glyph.x0) / glyph.size))
        glyph.text = stand_ins.setdefault(suspect, chr(_FIRST + len(stand_ins)))
    if not stand_ins:
        return None
    fonts = {suspect.font for suspect in stand_ins}
    widths: dict[tuple[str, str], float] = {}
    for glyph in glyphs:
        if glyph.font.name in fonts and glyph.text in _USUAL_WIDTHS:
            key, width = (glyph.font.name, glyph.text), (glyph.x1 - glyph.x0) / glyph.size
            widths[key] = min(width, widths.get(key, width))
    for font in fonts:  # some fonts have a wider f for the end of a word
        if both := [widths[font, letter] for letter in "ft" if (font, letter) in widths]:
            widths[font, "f"] = min(both)
    return Suspects({stand_in: suspect for suspect, stand_in in stand_ins.items()}, widths)


def _is_doubtful(glyph: Glyph) -> bool:
    return (
        not glyph.is_blank
        and (
            glyph.code is not None
            or glyph.text == UNREADABLE
            or (glyph.text > "\u0140" and bool(_FOREIGN.fullmatch(glyph.text)))
        )
        and not glyph.font.has_symbols
    )


def _too_wide(glyphs: Sequence[Glyph]) -> set[int]:
    """The orders of letters that are much wider than the narrowest of their kind and font."""
    by_kind: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for glyph in glyphs:
        if glyph.text in _FIRST_LETTERS and glyph.size:
            width = (glyph.x1 - glyph.x0) / glyph.size
            kind = "f" if glyph.text == "t" else glyph.text  # about as wide as each other
            by_kind[glyph.font.name, kind].append((width, glyph.order))
    wide = set()
    for letters in by_kind.values():
        least = min(letters)[0]
        wide |= {order for width, order in letters if width > least + EXCESS_WIDTH}
    return wide


def _is_beside(glyph: Glyph, other: Glyph) -> bool:
    """Whether another glyph is a letter of the same font next to this one."""
    reach = 0.25 * glyph.size
    return (
        other.text.isalpha()
        and other.font.name == glyph.font.name
        and abs(other.y - glyph.y) < reach
        and min(abs(other.x0 - glyph.x1), abs(glyph.x0 - other.x1)) < reach
    )


def restore_ligatures(
    layouts: Sequence[Layout],
    names: Callable[[], Mapping[tuple[str, int], str]],
    known_words: Callable[[], Set[str]],
) -> None:
    """Replace the stand-ins of a file's pages by the letters that they stand for.

    Args:
        layouts: All pages of one file; their words are changed.
        names: Gives what the names of glyphs say, by the font's name without the mark of a subset and
            the code; called if needed.
        known_words: Gives words in small letters that exist; called if needed.
    """
    words = list(_marked_words(layouts))
    if not words:
        return
    suspects = {suspect for _, own in words for suspect in own.by_stand_in.values()}
    letters: dict[Suspect, str] = {}
    if any(suspect.code is not None for suspect in suspects):
        named = names()
        letters = {
            suspect: named[font, suspect.code]
            for suspect in suspects
            if suspect.code is not None
            and ((font := _SUBSET.sub("", suspect.font)), suspect.code) in named
        }
    lexicon = Lexicon(set())
    if unnamed := suspects - letters.keys():
        lexicon = Lexicon(known_words())
        lexicon.add_own(_own_words(layouts))
        widths: dict[tuple[str, str], float] = {}
        for layout in layouts:
            if layout.suspects is not None:
                widths |= layout.suspects.widths
        for is_last in (False, True):  # the second time with what the first one has made sure
            for suspect, contexts in _contexts(words, letters).items():
                if suspect not in unnamed:
                    continue
                if text := _ligature(suspect, contexts, lexicon, widths, is_last=is_last):
                    letters[suspect] = text
                    lexicon.add_own(
                        before + text + behind
                        for before, behind in contexts
                        if lexicon.weight(before, text, behind) >= 1
                    )
    for word, own in words:
        word.text = _TOKEN.sub(
            lambda token, own=own: _whole(token[0], own, letters, lexicon),  # type: ignore[misc]
            word.text,
        )


class Lexicon:
    """Words that exist, and what stands around ligatures in them; case does not matter."""

    def __init__(self, words: Set[str]) -> None:
        self._words = words
        self._own: set[str] = set()

    @cached_property
    def _parts(self) -> Counter[tuple[str, str, str]]:
        return _parts_of_words(frozenset(self._words))

    def add_own(self, words: Iterable[str]) -> None:
        """Add words of the file that is read, which weigh more than others."""
        self._own.update(word.casefold() for word in words if len(word) > _MIN_LETTERS)

    def weight(self, before: str, letters: str, behind: str) -> float:
        """How surely a word exists, from 0 to `OWN_WEIGHT`; 1 where only other files have it."""
        before, letters, behind = before.casefold(), letters.casefold(), behind.casefold()
        word = before + letters + behind
        if len(word) < _MIN_LETTERS:
            return 0.0
        if word in self._own:
            return OWN_WEIGHT
        if word in self._words:
            return 1.0
        return PART_WEIGHT * (self._parts[_parts(before, letters, behind)[0]] > 0)

    def is_short_word(self, word: str) -> bool:
        """Whether a word exists that is too short to be evidence."""
        return len(word) < _MIN_LETTERS and word.casefold() in self._words

    def frequencies(self, before: str, letters: str, behind: str) -> list[int]:
        """In how many words the letters have such neighbours, from many neighbours to few."""
        parts = _parts(before.casefold(), letters.casefold(), behind.casefold())
        return [self._parts[part] for part in parts]


@lru_cache(maxsize=2)
def _parts_of_words(words: frozenset[str]) -> Counter[tuple[str, str, str]]:
    """What stands around ligatures in some words; for the many files that one process reads."""
    longest_first = sorted(map(str.casefold, LIGATURES), key=len, reverse=True)
    ligature = re.compile(f"(?=({'|'.join(longest_first)}))")
    return Counter(
        part
        for word in words
        for match in ligature.finditer(word)
        for part in _parts(word[: match.start()], match[1], word[match.end(1) :])
    )


def _parts(before: str, letters: str, behind: str) -> list[tuple[str, str, str]]:
    before, behind = f"^{before}", f"{behind}$"
    return [(before[-n:], letters, behind[:n]) for n in (3, 2, 1)]


def _whole(token: str, own: Suspects, letters: Mapping[Suspect, str], lexicon: Lexicon) -> str:
    """A token with its stand-ins replaced.

    Where the file gives nothing by which two ligatures of one width differ, the word decides.
    """
    whole = token
    for match in reversed(list(_STAND_IN.finditer(token))):
        suspect = own.by_stand_in[match[0]]
        text = letters.get(suspect, suspect.text)
        before, behind = whole[: match.start()], whole[match.end() :]
        twin = _TWINS.get(text)
        if twin and suspect.code is None:
            first = _STAND_IN.sub(lambda m: letters.get(own.by_stand_in[m[0]], ""), before)
            text = max(
                (text, twin),
                key=lambda one: (
                    lexicon.weight(first, one, behind),
                    lexicon.frequencies(first, one, behind),
                ),
            )
        whole = before + text + behind
    return whole


def _marked_words(layouts: Iterable[Layout]) -> Iterable[tuple[PlacedWord, Suspects]]:
    """The words with stand-ins, each with its page's suspects."""
    for layout in layouts:
        if layout.suspects is not None:
            for line in layout.lines:
                for word in line.words:
                    if _STAND_IN.search(word.text):
                        yield word, layout.suspects


def _own_words(layouts: Iterable[Layout]) -> set[str]:
    """The longer words of the file that have no stand-in, in small letters."""
    return {
        token.casefold()
        for layout in layouts
        for line in layout.lines
        for word in line.words
        for token in _TOKEN.findall(word.text)
        if len(token) > _MIN_LETTERS and not _STAND_IN.search(token)
    }


def _contexts(
    words: Iterable[tuple[PlacedWord, Suspects]], letters: Mapping[Suspect, str]
) -> dict[Suspect, set[tuple[str, str]]]:
    """For each suspect what stands before and behind it in words where it is the only open one."""
    contexts: dict[Suspect, set[tuple[str, str]]] = defaultdict(set)
    for word, own in words:
        for token in _TOKEN.findall(word.text):
            for match in _STAND_IN.finditer(token):
                parts = token[: match.start()], token[match.end() :]
                before, behind = (
                    _STAND_IN.sub(
                        lambda m: letters.get(own.by_stand_in[m[0]], m[0]),  # noqa: B023
                        part,
                    )
                    for part in parts
                )
                if not _STAND_IN.search(before + behind):
                    contexts[own.by_stand_in[match[0]]].add((before, behind))
    return contexts


def _ligature(
    suspect: Suspect,
    contexts: Set[tuple[str, str]],
    lexicon: Lexicon,
    widths: Mapping[tuple[str, str], float],
    *,
    is_last: bool,
) -> str:
    """The ligature that has the suspect's width and makes the most words; "" for none.

    At last, parts of words are enough where the file gives nothing, and one word elsewhere.
    """

    def error(letters: str) -> float:
        expected = sum(
            widths.get((suspect.font, letter), _USUAL_WIDTHS.get(letter, 0.5)) for letter in letters
        )
        return abs(suspect.width / 100 - expected)

    def is_possible(letters: str) -> bool:
        is_sure = all((suspect.font, letter) in widths for letter in letters)
        tolerance = WIDTH_TOLERANCE if is_sure else UNSURE_TOLERANCE
        return error(letters) <= tolerance * len(letters)

    def count(letters: str) -> float:
        weight = sum(lexicon.weight(before, letters, behind) for before, behind in contexts)
        return weight / 2 if letters in _RARE else weight

    options = [letters for letters in LIGATURES if is_possible(letters)]
    if not options:
        return ""
    if suspect.text:  # the wide last letter of "of" is no evidence of "off"
        contexts = {c for c in contexts if not lexicon.is_short_word(c[0] + suspect.text + c[1])}
    if not contexts:
        return ""
    best = max(options, key=lambda letters: (count(letters), letters in _STANDARD, -error(letters)))
    made, as_it_is = count(best), count(suspect.text)
    needed = 2.0 if not is_last else PART_WEIGHT if not suspect.text else 1.0
    is_clear = made >= needed and 3 * made >= PART_WEIGHT * len(contexts)
    better = made > as_it_is or (made == as_it_is and error(suspect.text) > EXCESS_WIDTH)
    return best if is_clear and better else ""
