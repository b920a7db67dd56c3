"""Pages without a picture of their own: their text with marked words, and a plain small picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape as html_escape
from typing import TYPE_CHECKING

from ingest.types import Line, Page

if TYPE_CHECKING:
    from PIL import Image

_HEADING_SIZE = 12.5  # points; a line of a larger size is a heading
_MAX_WORDS = 3000  # of a small picture; more would not be seen


def page_html(page: Page, marked: Sequence[tuple[int, int]] = ()) -> str:
    """A page's text as HTML, everything in it escaped.

    Args:
        page: The page.
        marked: (start, end) of the characters to mark, in order and apart.
    """
    rows: list[str] = []
    end = 0
    for line in page.lines:
        gap = page.text[end : line.start]
        indent = gap.rpartition("\n")[2]
        space = "0.8em" if rows and gap.count("\n") > 1 else "0"
        style = f"white-space: pre-wrap; overflow-wrap: anywhere; margin-top: {space};"
        if line.size > _HEADING_SIZE:
            style += " font-weight: 600; font-size: 1.15em;"
        content = html_escape(indent) + _marked(page.text, line, marked)
        rows.append(f'<div style="{style}">{content}</div>')
        end = line.end
    return f'<div class="page-text">{"".join(rows)}</div>'


def _marked(text: str, line: Line, marked: Sequence[tuple[int, int]]) -> str:
    parts = []
    position = line.start
    for start, end in marked:
        start, end = max(start, position), min(end, line.end)
        if start < end:
            parts.append(html_escape(text[position:start]))
            parts.append(f"<mark>{html_escape(text[start:end])}</mark>")
            position = end
    return "".join(parts) + html_escape(text[position : line.end])


def drawn_page(page: Page, scale: float) -> Image.Image:
    """A plain picture of a page's words at their places, `scale` pixels a point."""
    from PIL import Image, ImageDraw, ImageFont

    from ingest.readers.page_images import MAX_PIXELS

    scale = min(scale, (MAX_PIXELS / (max(page.width, 1) * max(page.height, 1))) ** 0.5)
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for text, left, top, points in _placed_words(page):
        font = ImageFont.load_default(max(points * scale, 1))
        pen.text((left * scale, top * scale), text, fill=(40, 40, 40), font=font)
    return picture


def _placed_words(page: Page) -> Iterator[tuple[str, float, float, float]]:
    """Each word with its left and top edge and its size, in points."""
    for word in page.words[:_MAX_WORDS]:
        text = page.text[word.start : word.end]
        yield text, word.box.x0, word.box.y0, word.box.height
