"""How well pages are read: word errors and reading order against pages whose text is known.

    python -m benchmarks.extraction                       # generated pages and the corpus
    python -m benchmarks.extraction --lectures FOLDER     # words agreeing with `pdftotext -layout`

Word errors are the edit distance of word sequences as a share of the words of the page; order is the
share of the right words that are in the right order. The corpus is compared with what typst exports
of its sources as HTML, formulas and drawings aside, which HTML cannot show: there, words that are
missing or out of order count.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2 as pdfium
import typst
from rapidfuzz.distance import LCSseq, Levenshtein

from benchmarks.page_layouts import BROWSER_PAGES, CANVAS_PAGES, TYPST_PAGES, print_pages
from ingest.layout.page import lay_out
from ingest.readers.pdf import read_pdf
from ingest.readers.pdf.composition import compose_page, hyphenated_words

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
    compounds = hyphenated_words(layouts)
    return [compose_page(n, layout, compounds).text for n, layout in enumerate(layouts, start=1)]


def readings() -> Iterator[Reading]:
    """Read all generated pages; those of the browser only where chromium is installed."""
    for page in (*TYPST_PAGES, *CANVAS_PAGES):
        yield compare(page.kind, page.name, page.expected, "\n".join(read_bytes(page.make())))
    printed = print_pages(BROWSER_PAGES)
    if printed is not None:
        for page, text in zip(BROWSER_PAGES, read_bytes(printed), strict=False):
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


_LATIN = re.compile(r"[^\W\d_]{2,}")


def agreement(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, int, float, float]]:
    """For each page: file, page, and the shares of `pdftotext`'s words in ours, and of ours in its.

    Raises:
        FileNotFoundError: pdftotext is not installed.
    """
    if shutil.which("pdftotext") is None:
        raise FileNotFoundError("pdftotext is not installed: install poppler-utils")
    for name in names:
        path = folder / name
        theirs = subprocess.run(
            ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, timeout=120
        ).stdout.decode("utf-8", "replace")
        pages = read_pdf(path).pages
        for page, text in zip(pages, theirs.split("\f"), strict=False):
            ours = Counter(_LATIN.findall(unicodedata.normalize("NFKC", page.text)))
            other = Counter(_LATIN.findall(unicodedata.normalize("NFKC", text)))
            common = (ours & other).total()
            if other.total() and page.origin == "text":
                share = common / max(ours.total(), 1)
                yield name, page.number, common / other.total(), share


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
    words, errors = sum(r.words for r in results), sum(r.errors for r in results)
    print(f"all: {len(results)} pages, {words} words, WER {errors / words:.2%}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lectures", type=Path, help="a folder of PDFs")
    parser.add_argument("names", nargs="*", help="files of that folder; all of them by default")
    parser.add_argument("--text", help="print the text of generated pages whose name holds this")
    arguments = parser.parse_args()
    if arguments.lectures:
        names = arguments.names or sorted(path.name for path in arguments.lectures.glob("*.pdf"))
        rows = list(agreement(arguments.lectures, names))
        for name in names:
            shares = [row[2] for row in rows if row[0] == name]
            if shares:
                print(
                    f"{name}: {sum(shares) / len(shares):.3f} of pdftotext's words, {len(shares)} pages"
                )
        for name, number, share, _ in sorted(rows, key=lambda row: row[2]):
            if share < 0.9:
                print(f"  {name} p. {number}: {share:.2f}")
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
