"""Read plain text: its paragraphs, in parts of about a printed page."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.readers.decoding import decode, read_bytes
from ingest.readers.typesetting import Block, set_document
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

_PART = 3000  # characters from which on the next paragraph begins a part
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s")


def read_plain(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a text file in any usual encoding; a form feed ends a part.

    Raises:
        UnreadableFile: the file is missing, empty, too large, or no text.
    """
    data = read_bytes(path)
    parts: list[list[Block]] = []
    for printed in decode(path.name, data).split("\f"):
        part: list[Block] = []
        length = 0
        for paragraph in paragraphs(printed):
            if length and length + len(paragraph.text) > _PART:
                parts.append(part)
                part, length = [], 0
            part.append(paragraph)
            length += len(paragraph.text)
        if part:
            parts.append(part)
    return set_document(path, data, parts)


def paragraphs(text: str) -> list[Block]:
    """The paragraphs of a text, which empty lines separate; each item of a list is one.

    Indented lines keep their breaks and blanks, as those of a table or of a program.
    """
    blocks: list[Block] = []
    for group in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in group.split("\n") if line.strip()]
        if not lines:
            continue
        if all(line.startswith(("    ", "\t")) for line in lines):
            blocks.append(Block("code", "\n".join(lines)))
            continue
        joined: list[list[str]] = []
        length = 0  # of the last of them
        for line in lines:
            if not joined or _ITEM.match(line) or length > _PART:
                joined.append([])
                length = 0
            joined[-1].append(line.strip())
            length += len(line)
        blocks.extend(Block("text", " ".join(parts)) for parts in joined)
    return blocks
