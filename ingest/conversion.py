"""PPTX and DOCX as PDF, where LibreOffice is installed: the picture of each slide or sheet.

The text comes from the file itself; the PDF only shows it. It is made once, when it is first
needed, and lies in the library's folder under the document's id.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.converted import converted_file, failure_mark
from ingest.errors import UnreadableFile
from ingest.layout.page import lay_out
from ingest.page_boxes import merge_adjacent
from ingest.readers.pdf.composition import compose_page, hyphenated_words
from ingest.readers.pdf.letters import restore_letters
from ingest.readers.pdf.opening import load_page, open_pdf, read_bytes
from ingest.types import Box, Document, Page

logger = logging.getLogger(__name__)

#: LibreOffice is stopped after so many seconds.
TIME_LIMIT = 120.0
_FILTERS = {
    # Hidden slides as well, so that slide n is page n.
    ".pptx": 'pdf:impress_pdf_Export:{"ExportHiddenSlides":{"type":"boolean","value":"true"}}',
    ".docx": "pdf:writer_pdf_Export",
}
# No macros, no contents from elsewhere, and a proxy that leads nowhere.
_OPTIONS = (
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)
_FEW_WORDS = 3  # a run of so many equal words is the same place


def office_program() -> str | None:
    """The path of LibreOffice, or None if it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def can_convert(document: Document, folder: Path) -> bool:
    """Whether `converted_pdf` has a PDF, or would try to make one."""
    if Path(document.path).suffix.lower() not in _FILTERS:
        return False
    return converted_file(document.id, folder).is_file() or (
        office_program() is not None and not failure_mark(document.id, folder).exists()
    )


def converted_pdf(document: Document, folder: Path, program: str | None = None) -> Path | None:
    """The PDF of a document, made if need be; None if there is none and none can be made.

    Args:
        document: A document of the library.
        folder: The library's.
        program: LibreOffice, if not the one on the PATH.
    """
    source = Path(document.path)
    conversion = _FILTERS.get(source.suffix.lower())
    if conversion is None:
        return None
    target = converted_file(document.id, folder)
    failed = failure_mark(document.id, folder)
    if target.is_file():
        return target
    program = program or office_program()
    if program is None or failed.exists():
        return None
    try:
        data = source.read_bytes()
        if hashlib.sha256(data).hexdigest() != document.id:
            return None  # it changed since it was read
        target.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="making-") as name:
            made = _convert(program, Path(name), data, source.suffix.lower(), conversion)
            if made is None:
                logger.warning("%s: LibreOffice made no PDF of it; its text is shown", source.name)
                failed.touch()
                return None
            made.replace(target)
    except OSError as error:
        logger.warning("%s: cannot be converted (%s); its text is shown", source.name, error)
        return None
    return target


def _convert(program: str, folder: Path, data: bytes, suffix: str, conversion: str) -> Path | None:
    source = folder / f"lecture{suffix}"
    source.write_bytes(data)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
    process = subprocess.Popen(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
            "--nolockcheck",
            "--nodefault",
            "--nofirststartwizard",
            "--convert-to",
            conversion,
            "--outdir",
            str(folder),
            str(source),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        start_new_session=True,  # so that its children end with it
    )
    try:
        process.wait(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        logger.warning("LibreOffice was stopped after %.0f s", TIME_LIMIT)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    made = source.with_suffix(".pdf")
    return made if made.is_file() and made.stat().st_size else None


def _registry() -> str:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _OPTIONS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry">' + items + "</oor:items>"
    )


def boxes_on_pdf(pdf: Path, number: int, quote: str) -> tuple[Box, ...]:
    """Where a page of a PDF shows the words of a text, in the order in which it shows them.

    Raises:
        UnreadableFile: the file or the page does not exist any more.
    """
    page = _page(pdf, number)
    words = [_letters(page.text[word.start : word.end]) for word in page.words]
    searched = [letters for letters in map(_letters, quote.split()) if letters]
    least = min(_FEW_WORDS, len(searched))
    return tuple(
        merge_adjacent([page.words[index].box for index in _common(words, searched, least)])
    )


def _common(words: Sequence[str], searched: Sequence[str], least: int) -> Iterator[int]:
    matcher = difflib.SequenceMatcher(None, words, searched, autojunk=False)
    for block in matcher.get_matching_blocks():
        if block.size >= max(least, 1):
            yield from range(block.a, block.a + block.size)


def _letters(word: str) -> str:
    return re.sub(r"\W+", "", word).casefold()


def _page(pdf: Path, number: int) -> Page:
    data = read_bytes(pdf, "convert the document again")
    with open_pdf(pdf.name, data) as opened:
        if not 1 <= number <= len(opened):
            raise UnreadableFile(f"{pdf.name}: has no page {number}; its last is {len(opened)}")
        layout = lay_out(load_page(opened, number))
    restore_letters([layout], data)
    return compose_page(number, layout, hyphenated_words([layout]))
