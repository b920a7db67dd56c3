"""Read DOCX with python-docx: headings, paragraphs, lists, tables, text boxes, notes and pictures."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import lxml.etree
from docx.oxml.ns import qn
from docx.table import Table

from ingest.errors import UnreadableFile
from ingest.readers.archives import open_archive
from ingest.readers.office_math import SKIPPED, paragraph_text
from ingest.readers.pictures_within import PictureText
from ingest.readers.typesetting import Block, clean, set_document, split_at_headings, table_rows
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

_HEADING = re.compile(r"heading (\d)", re.I)
_LIST = re.compile(r"list (bullet|number)(?: (\d))?", re.I)
_CODE = re.compile(r"code|source|html preformatted|plain text", re.I)


def read_docx(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a document; a page is a heading with what is below it.

    Footnotes, endnotes and comments follow the paragraph or the table that they belong to, as what
    they are.

    Raises:
        UnreadableFile: the file is missing, damaged, encrypted, no document, or has no text.
    """
    data, archive = open_archive(path, "DOCX")
    with archive:
        try:
            document = docx.Document(io.BytesIO(data))
            _unwrap_controls(document.element.body)
            blocks = list(_Body(document, PictureText(recogniser)).blocks())
            title = str(document.core_properties.title or "")
        except Exception as error:  # python-docx raises whatever its parts raise
            raise UnreadableFile(
                f"{path.name}: is no readable document ({type(error).__name__}); "
                "save it again as DOCX"
            ) from error
    return set_document(path, data, split_at_headings(blocks), title=title)


# What a paragraph refers to: the reference's element, the part that holds the notes, what they are called.
_NOTES = (
    ("w:footnoteReference", "footnotes", "Footnote"),
    ("w:endnoteReference", "endnotes", "Endnote"),
    ("w:commentReference", "comments", "Comment"),
)
_PARSER = lxml.etree.XMLParser(resolve_entities=False, no_network=True)


def _read_notes(part: Any) -> dict[tuple[str, str], str]:
    """The texts of a document's notes by their kind and id."""
    texts: dict[tuple[str, str], str] = {}
    kinds = {kind for _, kind, _ in _NOTES}
    for relation in part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if relation.is_external or kind not in kinds:
            continue
        root = lxml.etree.fromstring(relation.target_part.blob, _PARSER)
        for note in root:
            paragraphs = (clean(paragraph_text(p)) for p in note.iter(qn("w:p")))
            texts[kind, str(note.get(qn("w:id")))] = " ".join(filter(None, paragraphs))
    return texts


class _Body:
    """Goes through a document's body in order."""

    def __init__(self, document: Any, pictures: PictureText) -> None:
        self._document = document
        self._pictures = pictures
        self._counters: dict[tuple[str, int], int] = defaultdict(int)
        self._notes = _read_notes(document.part)

    def blocks(self) -> Iterator[Block]:
        """All blocks of the body."""
        for part in self._document.iter_inner_content():
            if isinstance(part, Table):
                yield from self._table(part)
            else:
                yield from self._paragraph(part)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        text = paragraph_text(paragraph._p)
        style = str(getattr(paragraph.style, "name", "") or "")
        level = _heading_level(paragraph)
        marker = self._list_marker(paragraph, style) if text.strip() and level is None else None
        if not clean(text):
            pass
        elif level is not None:
            yield Block("heading", text, level)
        elif marker is not None:
            yield Block("item", marker[0] + text, marker[1])
        elif _CODE.search(style):
            yield Block("code", text)
        else:
            yield Block("text", text)
        yield from self._beside(paragraph._p)

    def _beside(self, element: Any) -> Iterator[Block]:
        """The notes, text boxes and pictures of a paragraph or a table."""
        for reference, kind, name in _NOTES:
            for mark in element.iter(qn(reference)):
                if note := self._notes.get((kind, str(mark.get(qn("w:id"))))):
                    yield Block("text", f"{name}: {note}")
        for box in element.iter(qn("w:txbxContent")):
            if not _is_fallback(box):
                for inner in box.iter(qn("w:p")):
                    yield Block("text", paragraph_text(inner))
        for blip in element.iter(qn("a:blip")):
            part = self._document.part.related_parts.get(blip.get(qn("r:embed")))
            if part is not None:
                yield from self._pictures.blocks(part.blob)

    def _table(self, table: Any) -> Iterator[Block]:
        rows = []
        for row in table.rows:
            cells = []
            before = None
            for cell in row.cells:
                if cell._tc is before:  # a merged cell comes once for each of its columns
                    cells.append("")
                else:
                    texts = (paragraph_text(p) for p in cell._tc.iter(qn("w:p")))
                    cells.append(" ".join(filter(None, texts)))
                before = cell._tc
            rows.append(cells)
        if max(map(len, rows), default=0) > 1:
            yield Block("table", table_rows(rows))
        else:
            for cells in rows:
                yield from (Block("text", cell) for cell in cells)
        yield from self._beside(table._tbl)

    def _list_marker(self, paragraph: Any, style: str) -> tuple[str, int] | None:
        """The mark of a list item and its level, from its own numbering or its style's."""
        numbering = paragraph._p.find(f".//{qn('w:numPr')}")
        named = _LIST.match(style)
        if numbering is None and named is None:
            return None
        level, list_id = (int(named[2]) - 1 if named and named[2] else 0), style
        is_numbered = bool(named and named[1].casefold() == "number")
        if numbering is not None:
            found = numbering.find(qn("w:ilvl")), numbering.find(qn("w:numId"))
            level = int(found[0].get(qn("w:val"))) if found[0] is not None else 0
            list_id = str(found[1].get(qn("w:val"))) if found[1] is not None else ""
            if list_id == "0":
                return None
            is_numbered = is_numbered or self._is_numbered(list_id, level)
        for key in [key for key in self._counters if key[0] == list_id and key[1] > level]:
            del self._counters[key]
        if not is_numbered:
            return "• ", level
        self._counters[list_id, level] += 1
        return f"{self._counters[list_id, level]}. ", level

    def _is_numbered(self, list_id: str, level: int) -> bool:
        try:
            root = self._document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return False
        for num in root.iter(qn("w:num")):
            if num.get(qn("w:numId")) == list_id:
                abstract = num.find(qn("w:abstractNumId")).get(qn("w:val"))
                for definition in root.iter(qn("w:abstractNum")):
                    if definition.get(qn("w:abstractNumId")) == abstract:
                        formats = [
                            one.find(qn("w:numFmt")).get(qn("w:val"))
                            for one in definition.iter(qn("w:lvl"))
                            if one.get(qn("w:ilvl")) == str(level)
                        ]
                        return any(one not in ("bullet", "none") for one in formats)
        return False


def _unwrap_controls(body: Any) -> None:
    """Put what content controls, and the like, hold in their place."""
    for wrapper in list(body.iter(*map(qn, ("w:sdt", "w:customXml", "w:smartTag")))):
        parent = wrapper.getparent()
        content = wrapper.find(qn("w:sdtContent")) if wrapper.tag == qn("w:sdt") else wrapper
        position = parent.index(wrapper)
        for offset, child in enumerate(list(content) if content is not None else ()):
            parent.insert(position + offset, child)
        parent.remove(wrapper)


def _outline_level(element: Any) -> int | None:
    """The level that a paragraph's properties, or a style's, give it among the headings."""
    level = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    value = int(level.get(qn("w:val"))) if level is not None else 9
    return value if value < 9 else None


def _heading_level(paragraph: Any) -> int | None:
    """A heading's level from 0 by its own outline level, its style or one that it is based on; None for other text."""
    style = paragraph.style
    if (level := _outline_level(paragraph._p)) is not None:
        return level
    for _ in range(10):
        if style is None:
            return None
        name = str(style.name or "")
        if name.casefold() == "title":
            return 0
        if match := _HEADING.match(name):
            return max(int(match[1]) - 1, 0)
        if (level := _outline_level(style.element)) is not None:
            return level
        style = style.base_style
    return None


def _is_fallback(element: Any) -> bool:
    return any(ancestor.tag in SKIPPED for ancestor in element.iterancestors())
