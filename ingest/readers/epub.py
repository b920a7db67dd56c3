"""Read EPUB: the chapters in the order of reading, each cut at its headings.

ebooklib has a licence (AGPL) that this program cannot take over; an EPUB is a zip archive of XHTML
files with a list of them, which `zipfile` and lxml read.
"""

from __future__ import annotations

import logging
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import lxml.etree

from ingest.errors import UnreadableFile
from ingest.readers.archives import open_archive
from ingest.readers.decoding import declared_charset, decode
from ingest.readers.html import html_blocks
from ingest.readers.typesetting import Block, set_document, split_at_headings
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

logger = logging.getLogger(__name__)

_CONTAINER = "META-INF/container.xml"
_PARSER = lxml.etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, recover=True
)


def read_epub(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a book; a page is a heading with the text below it, or a chapter without headings.

    Raises:
        UnreadableFile: the file is missing, damaged, no book, protected, or has no text.
    """
    data, archive = open_archive(path, "EPUB")
    with archive:
        if "META-INF/rights.xml" in archive.namelist():
            raise UnreadableFile(f"{path.name}: is protected against copying and cannot be read")
        try:
            package = _xml(archive, _package_path(archive))
            title = package.findtext(".//{*}metadata/{*}title") or ""
            chapters = list(_chapters(archive, path.name, package))
        except Exception as error:  # a damaged archive or list raises whatever its parts raise
            raise UnreadableFile(
                f"{path.name}: is no readable book ({type(error).__name__}); download it again"
            ) from error
    groups = [group for chapter in chapters for group in split_at_headings(chapter)]
    return set_document(path, data, groups, title=title)


def _xml(archive: zipfile.ZipFile, name: str) -> lxml.etree._Element:
    root = lxml.etree.fromstring(archive.read(name), _PARSER)
    if root is None:
        raise ValueError(f"{name} is empty")
    return root


def _package_path(archive: zipfile.ZipFile) -> str:
    """The path of the file that lists the chapters."""
    rootfile = _xml(archive, _CONTAINER).find(".//{*}rootfile")
    if rootfile is None:
        raise ValueError("no rootfile")
    return str(rootfile.attrib["full-path"])


def _chapters(
    archive: zipfile.ZipFile, name: str, package: lxml.etree._Element
) -> Iterator[list[Block]]:
    folder = posixpath.dirname(_package_path(archive))
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    order = [items.get(r.get("idref")) for r in package.iterfind(".//{*}spine/{*}itemref")]
    if not any(item is not None for item in order):
        order = list(items.values())  # a list of chapters that names none
    for item in order:
        if item is None or "nav" in (item.get("properties") or "").split():
            continue
        is_page = "html" in (item.get("media-type") or "")
        if not is_page and not (item.get("href") or "").lower().endswith((".xhtml", ".html")):
            continue
        member = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        try:
            content = archive.read(member)
            yield html_blocks(decode(member, content, declared_charset(content)))
        except Exception as error:  # one damaged chapter costs only itself
            logger.info("%s: %s was left out: %s", name, member, error)
