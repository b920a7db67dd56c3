"""What pypdf finds in a file that pdfium cannot read, or not wholly.

pypdf reads the same objects by other rules, more slowly. It is asked only where there is a doubt: a
file that does not open, a page that does not load, draws nothing, or comes twice.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import cast

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject, StreamObject

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its advice is for programmers

_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_MAX_PAGES = 100_000
# Operators that show text, paint a path, a picture, a shading or a form.
_PAINTING = re.compile(rb"(?<![\w/])(?:Tj|TJ|Do|BI|sh|[fFSsBb]\*?)(?![\w/])|\)\s*['\"]")
_SUBSET = re.compile(r"^[A-Z]{6}\+")
# "/f_f_i", "/f_t.liga", "/uni00660069"
_LIGATURE_NAME = re.compile(r"/(?:((?:[A-Za-z]_)+[A-Za-z])|uni((?:00[0-9A-F]{2}){2,3}))(?:\.\w+)?")
_LATIN_FONT = {
    "/Type": "/Font",
    "/Subtype": "/Type1",
    "/BaseFont": "/Helvetica",
    "/Encoding": "/WinAnsiEncoding",
}
_LETTER = (612, 792)  # points; the size that readers assume where a page has none


def flat_copy(data: bytes) -> tuple[bytes, list[int]] | None:
    """A copy of a PDF file whose page tree is one flat list.

    Args:
        data: The file's bytes.

    Returns:
        The copy and the pages, from 1, that the tree promises and nobody finds (a missing object,
        or a part of the tree that leads back to the tree); each is a blank page of the copy. None
        if pypdf finds no page either.
    """
    try:
        reader = _open(data)
        writer = pypdf.PdfWriter()
        missing = []
        for number, page in enumerate(_pages(reader), start=1):
            if page is None:
                missing.append(number)
                writer.add_blank_page(*_LETTER)
                continue
            leaf = pypdf.PageObject(reader)
            leaf.update(page)
            writer.add_page(leaf)
        copy = io.BytesIO()
        writer.write(copy)
    except Exception:  # whatever pypdf stumbles over: it is only the second opinion
        return None
    return (copy.getvalue(), missing) if len(writer.pages) > len(missing) else None


def with_usable_fonts(data: bytes) -> bytes | None:
    """A copy in which each composite font without glyphs of its own is a simple one.

    pdfium draws nothing in such a font; others read its codes as Latin letters. None where the file
    has no such font, or pypdf cannot copy it.
    """
    try:
        writer = pypdf.PdfWriter(clone_from=_open(data))
        fonts = [
            font
            for page in writer.pages
            for resources in _resources(page)
            for font in _values(resources.get("/Font"))
            if font.get("/Subtype") == "/Type0" and not _has_glyphs(font)
        ]
        for font in fonts:
            font.clear()
            font.update({NameObject(key): NameObject(value) for key, value in _LATIN_FONT.items()})
        copy = io.BytesIO()
        writer.write(copy)
    except Exception:  # whatever pypdf stumbles over: it is only the second opinion
        return None
    return copy.getvalue() if fonts else None


def _has_glyphs(font: DictionaryObject) -> bool:
    """Whether a composite font names a font with its glyphs."""
    descendants = font.get("/DescendantFonts")
    descendants = descendants.get_object() if descendants is not None else None
    if not isinstance(descendants, ArrayObject) or not descendants:
        return False
    first = descendants[0]
    return isinstance(first, DictionaryObject) and "CIDFont" in str(first.get("/Subtype"))


def pages_that_draw(data: bytes, numbers: list[int]) -> list[int]:
    """Which of some pages, from 1, have operators that draw something, or contents that are damaged."""
    try:
        pages = list(_pages(_open(data)))
    except Exception:
        return []
    drawing = []
    for number in numbers:
        try:
            if number <= len(pages) and _draws(pages[number - 1]):
                drawing.append(number)
        except Exception:  # what is damaged was meant to draw something
            drawing.append(number)
    return drawing


def texts(data: bytes) -> list[str]:
    """Each page's text as pypdf reads it; "" for a page that it cannot read."""
    try:
        pages = list(_open(data).pages)
    except Exception:
        return []
    contents = []
    for page in pages:
        try:
            contents.append(page.extract_text())
        except Exception:
            contents.append("")
    return contents


def _open(data: bytes) -> pypdf.PdfReader:
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        reader.decrypt("")
    return reader


def _pages(reader: pypdf.PdfReader) -> Iterator[DictionaryObject | None]:
    """The leaves of the page tree in order, each with what it inherits; None for one not found."""
    root = cast(DictionaryObject, reader.trailer["/Root"].get_object()).raw_get("/Pages")
    seen: set[int] = set()
    stack: list[tuple[PdfObject | None, dict[str, PdfObject]]] = [(root, {})]
    count = 0
    while stack and count < _MAX_PAGES:
        reference, inherited = stack.pop()
        node, number = None, getattr(reference, "idnum", None)
        if reference is not None and number not in seen:
            node = reference.get_object()
        if not isinstance(node, DictionaryObject):
            count += 1
            yield None
            continue
        inherited = inherited | {key: node.raw_get(key) for key in _INHERITED if key in node}
        kids = node.get("/Kids")
        if isinstance(kids, ArrayObject) and node.get("/Type") != "/Page":
            if number is not None:
                seen.add(number)
            references = list(ArrayObject.__iter__(kids))
            stack.extend((kid, inherited) for kid in reversed(references))
            continue
        count += 1
        yield DictionaryObject(
            {**node, **{NameObject(key): value for key, value in inherited.items()}}
        )


def _draws(page: DictionaryObject | None) -> bool:
    if page is None:
        return True
    contents = page.get("/Contents")
    contents = contents.get_object() if contents is not None else None
    if contents is None:
        return False
    streams = contents if isinstance(contents, ArrayObject) else [contents]
    for stream in streams:
        stream = stream.get_object()
        if not isinstance(stream, StreamObject):
            return True
        try:
            content = stream.get_data()
        except Exception:  # a damaged stream was meant to draw something
            return True
        is_lost = not content.strip() and bool(stream._data.strip())
        if _PAINTING.search(content) or is_lost or content.count(b"BT") > content.count(b"ET"):
            return True
    return False


def ligature_names(data: bytes) -> dict[tuple[str, int], str]:
    """What glyph names such as "f_t" say of a file's characters, by the font's name and the code.

    Fonts are named as pdfium does, without the mark of a subset; two that contradict each other are
    left out.
    """
    letters: dict[tuple[str, int], str] = {}
    disputed: set[tuple[str, int]] = set()
    try:
        for page in _pages(_open(data)):
            for key, text in _named_ligatures(page):
                if letters.setdefault(key, text) != text:
                    disputed.add(key)
    except Exception:  # whatever pypdf stumbles over: it is only the second opinion
        return {}
    return {key: text for key, text in letters.items() if key not in disputed}


def _named_ligatures(page: DictionaryObject | None) -> Iterator[tuple[tuple[str, int], str]]:
    """The ligatures that the fonts of a page and of its forms name."""
    for resources in _resources(page):
        for font in _values(resources.get("/Font")):
            encoding = font.get("/Encoding")
            encoding = encoding.get_object() if encoding is not None else None
            if isinstance(encoding, DictionaryObject) and "/Differences" in encoding:
                name = _SUBSET.sub("", str(font.get("/BaseFont", "")).lstrip("/"))
                code = 0
                for entry in cast(ArrayObject, encoding["/Differences"]):
                    if isinstance(entry, NameObject):
                        if match := _LIGATURE_NAME.fullmatch(str(entry)):
                            yield (name, code), _named_letters(match)
                        code += 1
                    else:
                        code = int(cast(int, entry))


def _resources(page: DictionaryObject | None) -> Iterator[DictionaryObject]:
    """The resources of a page and of the forms that it draws, each once."""
    queue = [page.get("/Resources")] if page is not None else []
    seen: set[int] = set()
    while queue:
        resources = queue.pop()
        resources = resources.get_object() if resources is not None else None
        if isinstance(resources, DictionaryObject) and id(resources) not in seen:
            seen.add(id(resources))
            yield resources
            queue += [form.get("/Resources") for form in _values(resources.get("/XObject"))]


def _named_letters(match: re.Match[str]) -> str:
    return match[1].replace("_", "") if match[1] else bytes.fromhex(match[2]).decode("utf-16-be")


def _values(dictionary: PdfObject | None) -> Iterator[DictionaryObject]:
    dictionary = dictionary.get_object() if dictionary is not None else None
    if isinstance(dictionary, DictionaryObject):
        for value in dictionary.values():
            value = value.get_object()
            if isinstance(value, DictionaryObject):
                yield value
