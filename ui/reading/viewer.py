"""The one viewer: a document's pages below each other, with marks, search, zoom and thumbnails.

The browser asks for the pages that come into view, and a fragment draws them; the rest of the page
is not run again for that.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ingest import resources
from ingest.citations import unit_of
from ingest.errors import KathederError, UndrawablePage
from ingest.store import Library
from ingest.types import Box, Document, Page
from ui.page_view import page_picture, pictured_file, thumbnail
from ui.reading.search import boxes_of_range, find_text
from ui.session import plain_error
from ui.text import UNIT, t
from ui.text_view import drawn_page, page_html

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDTH = 1500  # pixels of a page's picture
_KEPT = 24  # pages that are sent again when the page is run again
_MOST = 6  # pages drawn at once
_MOST_THUMBNAILS = 16
_HITS = 500  # places of a search
_CHARACTERS = 200  # of a search

Size = tuple[float, float]  # width and height in points
Pin = Callable[[Document, int, str], None]  # saves words of a page as a note


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a page: `ranges` (start, end) in its text, `boxes` in points."""

    page: int
    boxes: tuple[Box, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()


@dataclass
class _View:
    """What a browser has asked of one document."""

    document: str
    pages: dict[int, None] = field(default_factory=dict)  # the last asked for at the end
    thumbnails: dict[int, None] = field(default_factory=dict)
    query: str = ""


def show_viewer(
    library: Library,
    document: Document,
    *,
    key: str,
    page: int,
    token: str,
    places: Sequence[Place] = (),
    others: Sequence[Place] = (),
    quote: str = "",
    pin: Pin | None = None,
) -> None:
    """Draw the viewer of a document.

    Args:
        library: Holds the document.
        document: What to show.
        key: Of the component; one viewer has one key.
        page: Where it opens, from 1, unless there are places.
        token: What it is opened for; the same token leaves the reader where they are.
        places: What is marked and stepped through; it opens at the first one.
        others: What is marked more lightly.
        quote: The words of `places`, for the pictures' alternative texts.
        pin: What the button beside selected words does; None for no such button.
    """
    view = _view(key, document)
    first = places[0].page if places else page
    for number in (first - 1, first + 1, first):
        _ask_for(view.pages, number, document.pages)
    _draw(library, document, key, first, token, tuple(places), tuple(others), quote, pin)


def _view(key: str, document: Document) -> _View:
    state = st.session_state
    view = state.get(f"view-{key}")
    if not isinstance(view, _View) or view.document != document.id:
        view = state[f"view-{key}"] = _View(document.id)
    return view


def _ask_for(numbers: dict[int, None], number: object, last: int) -> None:
    """Note a page as asked for last; what is no page of the document is left out."""
    if isinstance(number, int) and 1 <= number <= last:
        numbers.pop(number, None)
        numbers[number] = None


@st.fragment
def _draw(
    library: Library,
    document: Document,
    key: str,
    page: int,
    token: str,
    places: tuple[Place, ...],
    others: tuple[Place, ...],
    quote: str,
    pin: Pin | None,
) -> None:
    view = _view(key, document)

    def note_request() -> None:
        request = _event(key, "request", document)
        for number in reversed(_numbers(request.get("pages"))[:_MOST]):
            _ask_for(view.pages, number, document.pages)
        for number in _numbers(request.get("thumbnails"))[:_MOST_THUMBNAILS]:
            _ask_for(view.thumbnails, number, document.pages)

    def note_search() -> None:
        view.query = str(_event(key, "search", document).get("text", ""))[:_CHARACTERS]

    def note_pin() -> None:
        event = st.session_state[key].pin
        number, text = event.get("page"), str(event.get("text", "")).strip()
        if pin is not None and text and isinstance(number, int) and 1 <= number <= document.pages:
            pin(document, number, text[:2000])

    try:
        pictured = pictured_file(library, document)
    except KathederError:
        pictured = None
    sizes = _sizes(library, document)
    numbers = list(view.pages)[-_KEPT:]
    hits = find_in_document(library, document, view.query) if view.query else []
    marked: dict[int, list[tuple[int, int]]] = {}
    for place in hits or places:
        marked.setdefault(place.page, []).extend(place.ranges)
    alts = {place.page for place in places if quote}
    contents = {
        n: _content(library, document, pictured, n, marked.get(n, []), quote if n in alts else "")
        for n in numbers
    }
    data = {
        "document": document.id,
        "token": token,
        "page": page,
        "is_text": pictured is None,
        "sizes": sizes,
        "contents": contents,
        "thumbnails": _thumbnails(library, document, list(view.thumbnails)),
        "places": [_shares(place, sizes) for place in places],
        "others": [_shares(place, sizes) for place in others],
        "found": _found(view.query, hits, sizes),
        "library": f"{_base()}/library",
        "can_pin": pin is not None,
        "labels": _labels(document),
    }
    _component()(
        data=data,
        key=key,
        on_request_change=note_request,
        on_search_change=note_search,
        on_pin_change=note_pin,
    )


def _component() -> Any:
    folder = resources.package_file("ui", "reading")
    html, css, js = (
        (folder / f"viewer.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component("katheder_viewer", html=html, css=css, js=js)


def _event(key: str, name: str, document: Document) -> Mapping[str, Any]:
    """What the browser sent; {} where it is about another document."""
    event = getattr(st.session_state[key], name, None) or {}
    return event if event.get("document") == document.id else {}


def _numbers(value: object) -> list[int]:
    return [n for n in value if isinstance(n, int)] if isinstance(value, list) else []


# ---- pages ----


def _content(
    library: Library,
    document: Document,
    pictured: Path | None,
    number: int,
    marked: Sequence[tuple[int, int]],
    quote: str,
) -> dict[str, Any]:
    """A page as the browser draws it: a picture with its words, or text as HTML."""
    label = t(UNIT[unit_of(document.file)], number=number)
    page = library.page(document.id, number)
    if pictured is None:
        html = page_html(page, marked) if page else ""
        return {"key": f"text {marked}", "html": html, "label": label}
    try:
        width = page.width if page else 0.0
        url, ratio = _picture(pictured, number, page, _WIDTH / width if width else 2.0)
    except KathederError as error:
        return {"key": "error", "error": plain_error(error), "label": label}
    alt = t("Page {number} of {file}", number=number, file=document.file)
    if quote:
        alt += t(", highlighted: {quote}", quote=quote)
    words = _words(page) if page and pictured == Path(document.path) else []
    return {
        "key": "picture",
        "url": url,
        "alt": alt,
        "label": label,
        "words": words,
        "ratio": ratio,
    }


def _picture(file: Path, number: int, page: Page | None, scale: float) -> tuple[str, str]:
    """The address of a page's picture, and its width and height as a ratio in CSS.

    A page that cannot be drawn is a plain picture of its words.
    """
    try:
        data, size = _png(str(file), file.stat().st_mtime if file.exists() else 0.0, number, scale)
    except UndrawablePage:
        if page is None:
            raise
        plain = drawn_page(page, min(max(scale, 0.5), 4.0))
        data, size = _encoded(plain), plain.size
    return _served(data, f"{file}-{number}"), f"{size[0]} / {size[1]}"


@st.cache_data(max_entries=120, show_spinner=False)
def _png(path: str, _modified: float, number: int, scale: float) -> tuple[bytes, tuple[int, int]]:
    picture = page_picture(Path(path), number, min(max(scale, 0.5), 4.0))
    return _encoded(picture), picture.size


def _encoded(picture: Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=2)
    return file.getvalue()


def _thumbnails(library: Library, document: Document, numbers: Sequence[int]) -> dict[int, str]:
    urls = {}
    for number in numbers:
        try:
            data = _encoded(thumbnail(library, document, number))
        except KathederError:
            continue
        urls[number] = _served(data, f"thumbnail-{document.id}-{number}")
    return urls


def _served(data: bytes, name: str) -> str:
    """The address at which the app's own server has a picture while the page is open."""
    address = st.runtime.get_instance().media_file_mgr.add(data, "image/png", f"viewer-{name}")
    return f"{_base()}{address}"


def _base() -> str:
    return str(st.get_option("server.baseUrlPath")).rstrip("/")


def _sizes(library: Library, document: Document) -> list[Size]:
    """Width and height of each page in points; of a page without a size, of A4."""
    outlines = library.page_outlines(document.id)
    return [(width or 595.0, height or 842.0) for _, _, width, height in outlines]


def _words(page: Page) -> list[tuple[float, float, float, float, str]]:
    """The words of a page with their places, in percent of its width and height."""
    size = (page.width, page.height)
    return [
        (*_percent(word.box, size), page.text[word.start : word.end]) for word in page.words[:2500]
    ]


def _percent(box: Box, size: Size) -> tuple[float, float, float, float]:
    """Left, top, width and height of a box in percent of a page's width and height."""
    width, height = size[0] or 1.0, size[1] or 1.0
    return (
        round(100 * box.x0 / width, 2),
        round(100 * box.y0 / height, 2),
        round(100 * (box.x1 - box.x0) / width, 2),
        round(100 * box.height / height, 2),
    )


def _shares(place: Place, sizes: Sequence[Size]) -> dict[str, Any]:
    size = sizes[place.page - 1] if place.page <= len(sizes) else (0.0, 0.0)
    return {"page": place.page, "boxes": [_percent(box, size) for box in place.boxes]}


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs={Library: Library.content_hash})
def find_in_document(library: Library, document: Document, query: str) -> list[Place]:
    """Each place of the words in a document, in order; the first 500."""
    places: list[Place] = []
    for id, number, text in library.page_texts():
        ranges = find_text(text, query) if id == document.id else []
        page = library.page(id, number) if ranges else None
        for start, end in ranges if page else ():
            boxes = tuple(boxes_of_range(page, start, end)) if page else ()
            places.append(Place(number, boxes, ((start, end),)))
        if len(places) >= _HITS:
            break
    return places[:_HITS]


def _found(query: str, hits: Sequence[Place], sizes: Sequence[Size]) -> dict[str, Any] | None:
    """The places of a search as the browser marks them; None without a search."""
    if not query:
        return None
    count = Counter[int]()
    places: list[dict[str, Any]] = []
    for place in hits:
        places.append({**_shares(place, sizes), "nth": count[place.page]})
        count[place.page] += 1
    return {"query": query, "places": places}


def _labels(document: Document) -> dict[str, Any]:
    return {
        "buttons": {
            "toggle-thumbs": t("Small pages (T)"),
            "smaller": t("Smaller (-)"),
            "larger": t("Larger (+)"),
            "fit": t("Fit the width (0)"),
            "mark-back": t("Previous marked place"),
            "mark-next": t("Next marked place (M)"),
            "to-mark": t("Back to the quote"),
            "hit-back": t("Previous hit"),
            "hit-next": t("Next hit"),
            "link": t("Copy a link to this page"),
        },
        "page": t("Page number"),
        "find": t("Search in the document"),
        "region": t("Pages of {file}", file=document.name),
        "pin": t("Pin to the notes"),
        "copy": t("Copy"),
        "quote": t("Quote"),
    }
