"""The bytes of a text file, and the text that they are."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

from ingest.errors import UnreadableFile

#: Larger files are refused, so that one file cannot fill the memory.
MAX_TEXT_BYTES = 100 * 1024 * 1024

# The longer marks first: that of UTF-16 is the beginning of that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 100_000  # bytes by which an encoding is judged
_FEW_ACCENTS = 0.25  # of the letters: a text in Latin letters has fewer outside ASCII
_NULS = 0.2  # of the bytes: UTF-16 of Latin letters has more
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)


def read_bytes(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """A file's bytes.

    Raises:
        UnreadableFile: the system cannot read it, it is empty, or larger than `limit` bytes.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise UnreadableFile(
                f"{path.name}: {size / 2**20:.0f} MB, at most {limit / 2**20:.0f} MB of this type "
                "are read; split the file"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path.name}: cannot be read ({error.strerror}); check the path"
        ) from error
    if not data:
        raise UnreadableFile(f"{path.name}: is empty (0 bytes); export or download it again")
    return data


def decode(name: str, data: bytes, declared: str = "") -> str:
    """The text in some bytes, with "\\n" at the line ends.

    The byte-order mark decides, then the declared encoding, then whether it is UTF-8. What is none
    of these is Windows-1252 (which holds Latin-1) if few of its letters are outside ASCII; else
    charset-normalizer judges.

    Args:
        name: The file's name, for the message.
        data: Its bytes.
        declared: The encoding that the file names, if it does.

    Raises:
        UnreadableFile: it is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lines(data.decode(encoding, errors="replace"))
    if declared:
        try:
            return _lines(data.decode(declared))
        except (LookupError, UnicodeError):
            pass  # it names another encoding than it has
    sample = data[:_SAMPLE]
    nuls = sample.count(0)
    if nuls > _NULS * len(sample):
        encoding = "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
        return _lines(data.decode(encoding, errors="replace"))
    if nuls:
        raise UnreadableFile(f"{name}: is no text file (it holds NUL bytes)")
    try:
        return _lines(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    foreign = sum(byte >= 0x80 for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 0x80) + foreign
    encoding = "cp1252"
    if foreign > _FEW_ACCENTS * letters:
        best = from_bytes(sample).best()
        encoding = best.encoding if best is not None else encoding
    return _lines(data.decode(encoding, errors="replace"))


def declared_charset(data: bytes) -> str:
    """The encoding that an HTML page names near its beginning, or ""."""
    match = _META_CHARSET.search(data[:4096])
    return match[1].decode("ascii", errors="ignore") if match else ""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
