"""Put pdfium's characters together to words and lines, in pdfium's reading order."""

from __future__ import annotations

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.readers.pdf.lines import RawLine, RawWord
from ingest.text.repair import LINE_END_HYPHENS

_BOLD_WEIGHT = 600  # of a font, from 100 to 900


def read_lines(textpage: pdfium.PdfTextPage) -> list[RawLine]:
    """The page's lines, each of at least one word."""
    raw, get_unicode = textpage.raw, pdfium_c.FPDFText_GetUnicode
    lines, line = [], RawLine()
    letters: list[str] = []

    def end_word(end: int) -> None:
        if letters:
            line.words.append(_word(textpage, "".join(letters), end - len(letters), end - 1))
            letters.clear()

    def end_line(end: int) -> None:
        nonlocal line
        end_word(end)
        if line.words:
            lines.append(line)
        line = RawLine()

    for position in range(textpage.count_chars()):
        letter = chr(get_unicode(raw, position))
        if letter in "\r\n":
            end_line(position)
        elif letter in " \t\u00a0":
            end_word(position)
        elif letter in LINE_END_HYPHENS:
            end_word(position)
            line.hyphenated = bool(line.words)
            end_line(position)
        else:
            letters.append(letter)
    end_line(textpage.count_chars())
    return lines


def _word(textpage: pdfium.PdfTextPage, text: str, first: int, last: int) -> RawWord:
    """A word of the characters from position `first` to position `last`.

    The first and the last one span its box: reading every character's box would take most of
    the time.
    """
    first_box = _character_box(textpage, first)
    last_box = _character_box(textpage, last) if last > first else first_box
    return RawWord(
        _join_surrogates(text),
        min(first_box[0], last_box[0]),
        min(first_box[1], last_box[1]),
        max(first_box[2], last_box[2]),
        max(first_box[3], last_box[3]),
        bold=pdfium_c.FPDFText_GetFontWeight(textpage.raw, last) >= _BOLD_WEIGHT,
    )


def _character_box(
    textpage: pdfium.PdfTextPage, position: int
) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a character, in points from the bottom left."""
    rect = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(textpage.raw, position, rect)
    return rect.left, rect.bottom, rect.right, rect.top


def _join_surrogates(text: str) -> str:
    """Join UTF-16 halves: pdfium counts UTF-16 units, so a mathematical letter comes as two."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
