"""Our PDF reader (on pdfium) compared with pypdf: seconds per page and share of broken tokens.

    python -m benchmarks.readers corpus [MORE FILES OR FOLDERS]

A token (a run of characters without a space) is counted as broken when it holds a control,
private-use or replacement character, a mathematical letter, or an accent beside its letter, or
when it has over 30 letters, as words without their spaces do. The share is printed for pypdf's
text, for pdfium's raw text, and for ours, which is pdfium's text with repairs.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pypdf
import pypdfium2

from ingest.pipeline import find_files
from ingest.readers.pdf import read_pdf

_BROKEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\ue000-\uf8ff\ufffd\ufffe\U0001d400-\U0001d7ff]"
    "|[¨´ˆ˜ˇ˚][^\\W\\d_]|[^\\W\\d_]{31,}"
)


def with_pypdf(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def with_pdfium(path: Path) -> list[str]:
    pdf = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_range() for page in pdf]


def with_ours(path: Path) -> list[str]:
    return [page.text for page in read_pdf(path).pages]


READERS: dict[str, Callable[[Path], list[str]]] = {
    "pypdf": with_pypdf,
    "pdfium": with_pdfium,
    "ours": with_ours,
}


def broken_share(texts: Iterable[str]) -> float:
    """Broken tokens in percent."""
    tokens = [token for text in texts for token in text.split()]
    return 100 * sum(bool(_BROKEN.search(token)) for token in tokens) / max(1, len(tokens))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    files = find_files(parser.parse_args().paths)
    print(
        f"{'file':<44}{'pages':>6}"
        + "".join(f"{name:>10} ms" for name in READERS)
        + "  pypdf/ours"
        + "".join(f"{name:>9} %" for name in READERS)
        + " broken"
    )
    for file in files:
        seconds, shares, pages = {}, {}, 0
        for name, reader in READERS.items():
            start = time.perf_counter()
            texts = reader(file)
            seconds[name] = time.perf_counter() - start
            shares[name], pages = broken_share(texts), len(texts)
        print(
            f"{file.name:<44}{pages:>6}"
            + "".join(f"{1000 * value / pages:>13.1f}" for value in seconds.values())
            + f"{seconds['pypdf'] / seconds['ours']:>12.1f}"
            + "".join(f"{value:>11.2f}" for value in shares.values())
        )


if __name__ == "__main__":
    main()
