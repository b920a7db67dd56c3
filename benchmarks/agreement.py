"""How far our text of real pages agrees with two other readers: `pdftotext` and OCR of the drawn page.

    python -m benchmarks.agreement FOLDER [FILE...] [--work DIR] [--every N] [--threads N]
    python -m benchmarks.agreement FOLDER [FILE...] --without-ocr [--list CSV]

Neither of the two is right by itself: `pdftotext` reads what the file says, OCR what the eye sees.
Words that both give are on the page. The share of those that we give is the figure for us;
`pdftotext`'s share is 1 by definition, so that each page where we give fewer of OCR's words than
`pdftotext` does, or more words that neither gives, is listed to be looked at. OCR takes seconds a
page; its words are kept in the work folder page by page, so that an interrupted run goes on where it ended. Without OCR, which takes a twentieth of the time, pages are
ranked by the words that only `pdftotext` gives and by those that it gives in another order, the
better of its two orders; the list names pages and shares, and no words. Each page of the twenty lectures that
differs has a verdict in `agreement_verdicts.csv`: `pdftotext` (it is wrong), `notation` (a formula is written otherwise),
`order` (ours is the order in which one reads), `drawing` (labels, which have no one order) or `open` (ours is worse).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import subprocess
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import pypdfium2 as pdfium
from rapidfuzz.distance import LCSseq

from ingest.readers.pdf import read_pdf
from ingest.recognition import TextRecogniser, reading_scale

VERDICTS = Path(__file__).with_name("agreement_verdicts.csv")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LINK = re.compile(r"^Link: .*$", re.MULTILINE)
_BROKEN = re.compile(r"(?<=[a-zäöüß])[-\u2010\u00ad]\n\s*(?=[a-zäöüß])")
_SCRIPT = re.compile(r"[_^]\(?")
_WORSE = 0.02  # of OCR's words: a smaller difference is one of single letters
_LEAST_WORDS = 10  # of OCR on a page that is compared


@dataclass(frozen=True, slots=True)
class Agreement:
    """How three readings of a page agree, as shares in [0, 1].

    `both` is the share of the words of `pdftotext` and OCR that we give; `ours` and `theirs` are the
    shares of OCR's words that we and `pdftotext` give; `alone` is the share of our words, and
    `theirs_alone` of those of `pdftotext`, that no other reader gives.
    """

    file: str
    page: int
    words: int
    both: float
    ours: float
    theirs: float
    alone: float
    theirs_alone: float

    @property
    def is_worse(self) -> bool:
        """Whether `pdftotext` agrees with OCR clearly better than we do."""
        return self.ours < self.theirs - _WORSE or self.alone > self.theirs_alone + 2 * _WORSE


def words_of(text: str) -> Counter[str]:
    """The words of at least two letters, without case.

    Line ends break no word, and marks of indices and exponents no name, since the other readers write
    `xk`; addresses that links lead to, which no page shows, do not count.
    """
    return Counter(_sequence(text))


def agreement(file: str, page: int, ours: str, theirs: str, seen: str) -> Agreement:
    """Compare a page's three texts: ours, that of `pdftotext`, and OCR's."""
    own, other, ocr = words_of(ours), words_of(theirs), words_of(seen)
    both = other & ocr
    count = max(ocr.total(), 1)
    return Agreement(
        file,
        page,
        ocr.total(),
        (own & both).total() / max(both.total(), 1),
        (own & ocr).total() / count,
        (other & ocr).total() / count,
        (own - (other | ocr)).total() / max(own.total(), 1),
        (other - (own | ocr)).total() / max(other.total(), 1),
    )


def _sequence(text: str) -> list[str]:
    """The words that `words_of` counts, in order."""
    text = _BROKEN.sub("", unicodedata.normalize("NFKC", _LINK.sub("", text)))
    return _WORD.findall(_SCRIPT.sub("", text).casefold())


def pages_of_pdftotext(path: Path, order: str = "-layout") -> list[str]:
    """The text of each page by `pdftotext`, in the order of its option.

    Raises:
        SystemExit: it is not installed.
    """
    if shutil.which("pdftotext") is None:
        raise SystemExit("pdftotext is not installed: install poppler-utils")
    command = ["pdftotext", order, path, "-"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    return done.stdout.decode("utf-8", "replace").split("\f")


def recognised_pages(path: Path, work: Path, recogniser: TextRecogniser, every: int) -> list[str]:
    """OCR's text of every so many pages, "" for the others; kept in the work folder."""
    cache_file = work / f"{path.stem}.json"
    texts: dict[str, str] = (
        json.loads(cache_file.read_text("utf-8")) if cache_file.is_file() else {}
    )
    with pdfium.PdfDocument(path) as pdf:
        for number in range(0, len(pdf), every):
            if str(number) in texts:
                continue
            scale = reading_scale(*pdf[number].get_size())
            lines = recogniser.read(pdf[number].render(scale=scale).to_pil(), scale)
            texts[str(number)] = "\n".join(line.text for line in lines)
            work.mkdir(parents=True, exist_ok=True)
            part = cache_file.with_suffix(".part")  # an interrupted run leaves the last whole file
            part.write_text(json.dumps(texts), "utf-8")
            part.replace(cache_file)
        return [texts.get(str(number), "") for number in range(len(pdf))]


def agreements(
    path: Path, work: Path, recogniser: TextRecogniser, every: int
) -> Iterator[Agreement]:
    """Compare the pages of a PDF on which OCR sees at least ten words."""
    ocr = recognised_pages(path, work, recogniser, every)
    theirs = pages_of_pdftotext(path)
    for page in read_pdf(path).pages:
        seen = ocr[page.number - 1]
        if words_of(seen).total() >= _LEAST_WORDS:
            yield agreement(path.name, page.number, page.text, theirs[page.number - 1], seen)


@dataclass(frozen=True, slots=True)
class Difference:
    """How a page's text differs from `pdftotext`'s: numbers of words.

    `missing` are those that only `pdftotext` gives, `extra` those that only we give, `moved` those
    of both that are not in one order.
    """

    file: str
    page: int
    words: int
    missing: int
    extra: int
    moved: int


def difference(file: str, page: int, ours: str, theirs: Sequence[str]) -> Difference:
    """Compare a page's text with the readings of `pdftotext`, of which the nearest order counts."""
    own, others = _sequence(ours), [_sequence(text) for text in theirs]
    bag, other = Counter(own), Counter(others[0])
    moved = min((bag & Counter(o)).total() - LCSseq.similarity(own, o) for o in others)
    return Difference(
        file, page, len(own), (other - bag).total(), (bag - other).total(), int(moved)
    )


def differences(path: Path) -> Iterator[Difference]:
    """Compare the pages of a PDF with `pdftotext`, in its two orders."""
    readings = [pages_of_pdftotext(path), pages_of_pdftotext(path, "-raw")]
    for page in read_pdf(path).pages:
        theirs = [reading[page.number - 1] for reading in readings]
        yield difference(path.name, page.number, page.text, theirs)


def verdicts_of(rows: Sequence[Difference]) -> dict[str, list[Difference]]:
    """The pages that differ by their verdict, "" for those that have none."""
    with VERDICTS.open(encoding="utf-8", newline="") as file:
        verdicts = {(row["file"], int(row["page"])): row["verdict"] for row in csv.DictReader(file)}
    groups: dict[str, list[Difference]] = defaultdict(list)
    for row in rows:
        if row.missing + row.extra + row.moved:
            groups[verdicts.get((row.file, row.page), "")].append(row)
    return groups


def _print_verdicts(rows: Sequence[Difference]) -> None:
    for verdict, group in sorted(verdicts_of(rows).items()):
        missing, extra, moved = (
            sum(getattr(row, name) for row in group) for name in ("missing", "extra", "moved")
        )
        print(
            f"{verdict or 'no verdict'}: {len(group)} pages, {missing} words missing, {extra} extra, {moved} moved"
        )
        if verdict in ("", "open"):
            print("  " + ", ".join(f"{row.file} {row.page}" for row in group))


def _print_differences(files: Sequence[Path], csv_file: Path | None) -> None:
    """Print the sums and verdicts, and write the pages that differ, the worst first."""
    rows = [row for path in files for row in differences(path)]
    rows.sort(key=lambda row: -(row.missing + row.moved))
    words = sum(row.words for row in rows)
    for name in ("missing", "extra", "moved"):
        count = sum(getattr(row, name) for row in rows)
        pages = sum(getattr(row, name) > 0 for row in rows)
        print(f"{name}: {count} of {words} words, on {pages} of {len(rows)} pages")
    _print_verdicts(rows)
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([field.name for field in fields(Difference)])
            writer.writerows(astuple(row) for row in rows if row.missing + row.moved > 0)


def main() -> None:
    """Print the shares of each file, and each page where ours is worse."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of PDFs")
    parser.add_argument("names", nargs="*", help="files of that folder; all of them by default")
    parser.add_argument("--work", type=Path, default=Path("build/agreement"))
    parser.add_argument("--every", type=int, default=1, help="compare every so many pages")
    parser.add_argument("--threads", type=int, default=0, help="of OCR; 0: as many as cores")
    parser.add_argument("--without-ocr", action="store_true", help="compare with pdftotext alone")
    parser.add_argument("--list", type=Path, help="CSV of the pages that differ; without OCR only")
    options = parser.parse_args()
    names = options.names or sorted(path.name for path in options.folder.glob("*.pdf"))
    if options.without_ocr:
        _print_differences([options.folder / name for name in names], options.list)
        return
    recogniser = TextRecogniser(options.threads)
    rows: list[Agreement] = []
    print(f"{'file':44} pages   both   ours  pdftotext  alone  pdftotext alone")
    for name in [*names, ""]:
        part = (
            list(agreements(options.folder / name, options.work, recogniser, options.every))
            if name
            else rows
        )
        rows += part if name else []
        if part:
            means = [
                sum(getattr(row, field) for row in part) / len(part)
                for field in ("both", "ours", "theirs", "alone", "theirs_alone")
            ]
            cells = "  ".join(f"{mean:5.3f}" for mean in means)
            print(f"{name or 'all':44} {len(part):5}  {cells}", flush=True)
    worse = [row for row in rows if row.is_worse]
    print(
        f"{len(worse)} of {len(rows)} pages (every {options.every}) where pdftotext agrees better with OCR:"
    )
    for row in sorted(worse, key=lambda row: row.ours - row.theirs):
        print(
            f"  {row.file} p. {row.page}: ours {row.ours:.2f}, pdftotext {row.theirs:.2f}; "
            f"alone {row.alone:.2f}, pdftotext {row.theirs_alone:.2f}"
        )


if __name__ == "__main__":
    main()
