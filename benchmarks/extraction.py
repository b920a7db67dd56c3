"""How well pages are read: word errors and reading order against pages whose text is known.

    python -m benchmarks.extraction              # generated pages and the corpus
    python -m benchmarks.extraction --pictures   # the corpus as pictures of 150 dpi, read by OCR; minutes
    python -m benchmarks.extraction --pictures --every 8   # each eighth page of them

Word errors are the edit distance of word sequences as a share of the words of the page; order is the
share of the right words that are in the right order. The corpus is compared with what typst exports
of its sources as HTML, formulas and drawings aside, which HTML cannot show: there, words that are
missing or out of order count.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2 as pdfium
import typst
from rapidfuzz.distance import LCSseq, Levenshtein

from benchmarks.page_layouts import (
    BROWSER_PAGES,
    CANVAS_PAGES,
    COURSE_PAGES,
    DECK_PAGES,
    DECK_PRINTS,
    LECTURE_PAGES,
    ODD_PAGES,
    ODD_PRINTS,
    TYPST_PAGES,
    print_pages,
)
from ingest.layout.page import lay_out
from ingest.readers.pdf import read_pdf
from ingest.readers.pdf.composition import compose_page, hyphenated_words
from ingest.readers.pdf.letters import restore_letters
from ingest.recognition import TextRecogniser
from ingest.types import Page, Region

# The dots between a heading and its page in a table of contents, and addresses that no page shows.
_LEADERS = re.compile(r"(?:[.…]\s?){4,}|^Link: .*$", re.MULTILINE)
CORPUS = Path(__file__).parent.parent / "corpus"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a page was read: `words` in it, `errors` among them, `order` from 0 to 1."""

    kind: str
    name: str
    words: int
    errors: int
    order: float
    text: str = ""

    @property
    def word_error_rate(self) -> float:
        """Errors as a share of the words."""
        return self.errors / max(self.words, 1)


def words_of(text: str) -> list[str]:
    """A text's words in one spelling, without the marks between a table's cells."""
    words = unicodedata.normalize("NFKC", text).replace("’", "'").split()
    return [word for word in words if word != "|"]


def compare(kind: str, name: str, expected: str, text: str) -> Reading:
    """Compare a page's text with what it should be."""
    right, read = words_of(expected), words_of(text)
    common = (Counter(right) & Counter(read)).total()
    order = LCSseq.similarity(right, read) / common if common else 0.0
    return Reading(kind, name, len(right), Levenshtein.distance(right, read), order, text)


def read_bytes(data: bytes) -> list[str]:
    """The texts of a PDF's pages."""
    with pdfium.PdfDocument(data) as pdf:
        layouts = [lay_out(page) for page in pdf]
    restore_letters(layouts, data)
    compounds = hyphenated_words(layouts)
    return [compose_page(n, layout, compounds).text for n, layout in enumerate(layouts, start=1)]


def readings() -> Iterator[Reading]:
    """Read all generated pages; those of the browser only where chromium is installed."""
    for page in (
        *TYPST_PAGES,
        *CANVAS_PAGES,
        *LECTURE_PAGES,
        *COURSE_PAGES,
        *ODD_PAGES,
        *DECK_PAGES,
    ):
        yield compare(page.kind, page.name, page.expected, "\n".join(read_bytes(page.make())))
    prints = (*BROWSER_PAGES, *ODD_PRINTS, *DECK_PRINTS)
    printed = print_pages(prints)
    if printed is not None:
        for page, text in zip(prints, read_bytes(printed), strict=False):
            yield compare(page.kind, page.name, page.expected, text)


class _Prose(HTMLParser):
    """The text of an HTML page in which each formula is one mark."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("math", "style", "title", "svg"):
            self._skipped += 1
            self.text += "\0"
        elif not self._skipped and tag not in ("strong", "em", "code", "span", "sub", "sup", "a"):
            self.text += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("math", "style", "title", "svg"):
            self._skipped -= 1

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.text += data


def corpus_readings() -> Iterator[Reading]:
    """Compare each lecture of the corpus with the prose of its own source."""
    for pdf in sorted(CORPUS.glob("*.pdf")):
        prose = _Prose()
        source = CORPUS / "sources" / f"{pdf.stem}.typ"
        prose.feed(typst.compile(source, format="html", root=CORPUS).decode())
        right = [word for word in words_of(prose.text) if "\0" not in word]
        text = "\n".join(page.text for page in read_pdf(pdf).pages)
        in_order = LCSseq.similarity(right, words_of(text))
        common = (Counter(right) & Counter(words_of(text))).total()
        order = in_order / common
        yield Reading("corpus", pdf.stem, len(right), len(right) - in_order, order, text)


def picture_readings(every: int = 1, dots_per_inch: int = 150) -> Iterator[Reading]:
    """Compare the corpus drawn as pictures and read by OCR with its text layer, each lecture twice.

    "pictures" counts words in another order, formulas and labels of drawings as errors too. "prose"
    leaves out, on both sides, the words within the formulas and figures of the page with text:
    OCR writes what it sees, the text layer a formula in linear notation. In both, signs that look the
    same (quotation marks, dots and dashes of formulas) are one, and marks of lists do not count.
    """
    recogniser = TextRecogniser()
    for pdf in sorted(CORPUS.glob("*.pdf")):
        with tempfile.TemporaryDirectory() as folder:
            scan = Path(folder) / pdf.name
            with pdfium.PdfDocument(pdf) as drawn:
                pages = [drawn[number] for number in range(0, len(drawn), every)]
                images = [page.render(scale=dots_per_inch / 72).to_pil() for page in pages]
            images[0].save(scan, save_all=True, append_images=images[1:], resolution=dots_per_inch)
            pairs = list(
                zip(read_pdf(pdf).pages[::every], read_pdf(scan, recogniser).pages, strict=True)
            )
        right, text = (
            _plain("\n".join(page.text for page in side)) for side in zip(*pairs, strict=True)
        )
        yield compare("pictures", pdf.stem, right, text)
        outside = [(_outside(a, a.regions), _outside(b, a.regions)) for a, b in pairs]
        right, text = (_plain("\n".join(side)) for side in zip(*outside, strict=True))
        yield compare("prose", pdf.stem, right, text)


def _outside(page: Page, regions: Sequence[Region]) -> str:
    """A page's words outside formulas and drawings."""
    boxes = [region.box for region in regions if region.kind != "table"]
    words = []
    for word in page.words:
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        if not any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for box in boxes):
            words.append(page.text[word.start : word.end])
    return " ".join(words)


#: Signs that look the same, each with the one for which it counts.
_LOOKALIKES = str.maketrans("“”„‟″⋅∼−–‖", '"""""·~--∥')


def _plain(text: str) -> str:
    """A text without leaders and marks of lists, in which signs that look the same are one."""
    text = _LEADERS.sub("", text).replace("…", "...")
    text = re.sub(r"(?<!\S)[▸▶•‣■▪★–-](?!\S)", "", text)
    return text.translate(_LOOKALIKES)


def report(results: Sequence[Reading], *, show_all: bool = True) -> None:
    """Print a line for each page, and the sums of each kind."""
    if show_all:
        for reading in results:
            rate, order = reading.word_error_rate, reading.order
            mark = "" if rate == 0 and order == 1 else "  <"
            print(f"{reading.kind:8} {reading.name:36} {rate:7.2%} {order:7.3f}{mark}")
    for kind in dict.fromkeys(reading.kind for reading in results):
        group = [reading for reading in results if reading.kind == kind]
        words, errors = sum(r.words for r in group), sum(r.errors for r in group)
        wrong = sum(r.order < 1 for r in group)
        print(
            f"{kind}: {len(group)} pages, {words} words, WER {errors / words:.2%}, order wrong on {wrong}"
        )
    if results and results[0].kind == "pictures":
        return
    words, errors = sum(r.words for r in results), sum(r.errors for r in results)
    print(f"all: {len(results)} pages, {words} words, WER {errors / words:.2%}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pictures", action="store_true", help="read the corpus from pictures")
    parser.add_argument(
        "--every", type=int, default=1, help="read one page of so many as a picture"
    )
    parser.add_argument("--text", help="print the text of generated pages whose name holds this")
    arguments = parser.parse_args()
    if arguments.pictures:
        print(f"one page of {arguments.every}")
        report(list(picture_readings(arguments.every)))
        return
    results = list(readings())
    if arguments.text:
        for reading in results:
            if arguments.text in reading.name:
                print(f"--- {reading.kind}: {reading.name}\n{reading.text}")
        return
    report(results)
    report(list(corpus_readings()))


if __name__ == "__main__":
    main()
