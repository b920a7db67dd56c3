"""Compile the lecture sources in `corpus/sources` to PDF files in `corpus`.

Run it with `make corpus`. The fonts come from the `font-source-sans-pro` package and from
Typst itself, never from the system, so that every machine gives the same pages.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import typst

from ingest import resources

CORPUS = resources.lectures()
FONTS = resources.package_file("font_source_sans_pro", "files")
# A fixed creation time keeps the bytes of a PDF, and so its identity, equal between builds.
WRITTEN_AT = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


def build(source: Path, target: Path) -> None:
    """Compile one Typst source to a PDF; raises typst.TypstError where the source is wrong."""
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
    compiler = typst.Compiler(root=CORPUS, font_paths=fonts)
    pdf = compiler.compile(source, format="pdf", timestamp=WRITTEN_AT, pdf_tags=False)
    assert isinstance(pdf, bytes)
    target.write_bytes(pdf)


def main(names: list[str]) -> None:
    """Build the named lectures, or all of them."""
    sources = sorted((CORPUS / "sources").glob("*.typ"))
    for source in sources:
        if source.stem == "lecture" or (names and source.stem not in names):
            continue
        target = CORPUS / f"{source.stem}.pdf"
        build(source, target)
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
