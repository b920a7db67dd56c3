"""Our PDF reader (on pdfium) beside pdftotext, pypdf and pdfium: CPU time a page, share of broken tokens.

    python -m benchmarks.readers corpus [MORE FILES OR FOLDERS]

A token (a run of characters without a space) is counted as broken when it holds a control,
private-use or replacement character, a mathematical letter, or an accent beside its letter, or
when it has over 30 letters, as words without their spaces do. `pdfium` is its raw text; ours is laid
out and mended, and each page is drawn once to see whether its pictures may hold words.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
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


def with_pdftotext(path: Path) -> list[str]:
    command = ["pdftotext", "-layout", path, "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "replace").split("\f")


READERS: dict[str, Callable[[Path], list[str]]] = {
    "pdftotext": with_pdftotext,
    "pypdf": with_pypdf,
    "pdfium": with_pdfium,
    "ours": with_ours,
}


def broken_share(texts: Iterable[str]) -> float:
    """Broken tokens in percent."""
    tokens = [token for text in texts for token in text.split()]
    return 100 * sum(bool(_BROKEN.search(token)) for token in tokens) / max(1, len(tokens))


def cpu_seconds() -> float:
    """CPU time of this process and of those that it waited for, which other work does not lengthen."""
    return sum(os.times()[:4])


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
    totals = dict.fromkeys(READERS, 0.0)
    for file in files:
        seconds, shares, pages = {}, {}, 0
        for name, reader in READERS.items():
            start = cpu_seconds()
            texts = reader(file)
            seconds[name] = cpu_seconds() - start
            totals[name] += seconds[name]
            shares[name], pages = broken_share(texts), len(texts)
        print(
            f"{file.name:<44}{pages:>6}"
            + "".join(f"{1000 * value / pages:>13.1f}" for value in seconds.values())
            + f"{seconds['pypdf'] / max(seconds['ours'], 1e-9):>12.1f}"
            + "".join(f"{value:>11.2f}" for value in shares.values()),
            flush=True,
        )
    print("all: " + ", ".join(f"{name} {value:.1f} s" for name, value in totals.items()))


if __name__ == "__main__":
    main()
