"""Addresses of libraries in Milvus, and the folder on this machine that belongs to each."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ingest.errors import LibraryMissing

_FILE = "milvus.address"  # in the folder
_SERVER = re.compile(r"milvus\+(https?):/{1,2}([^/]+)/([A-Za-z_]\w*)/?")  # Path drops one of two /
_LITE = re.compile(r"milvus\+file:(.+\.db)")
_LITE_NAME = "katheder"
_LONGEST_NAME = 200  # letters; Milvus takes 255 for a collection


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """Where a library is: `uri` of the server or file of milvus-lite, `name` of its collections."""

    uri: str
    name: str

    def __str__(self) -> str:
        if "://" in self.uri:
            return f"milvus+{self.uri}/{self.name}"
        return f"milvus+file:{self.uri}"


def parse_address(text: str) -> MilvusAddress | None:
    """The address that a text is; None for the name of a folder.

    Raises:
        LibraryMissing: it begins as an address and is none.
    """
    if not text.startswith("milvus+"):
        return None
    if match := _LITE.fullmatch(text):
        return MilvusAddress(str(Path(match[1]).expanduser().absolute()), _LITE_NAME)
    match = _SERVER.fullmatch(text)
    if match and len(match[3]) <= _LONGEST_NAME and match[3].isascii():
        return MilvusAddress(f"{match[1]}://{match[2]}", match[3])
    raise LibraryMissing(
        f"{text} is no address of a library in Milvus; expected milvus+http://HOST:PORT/NAME (NAME "
        "of ASCII letters, digits and _) or milvus+file:PATH.db. Correct it and run the command "
        "again."
    )


def library_path(name: str | Path) -> Path:
    """The folder of a library: the named one, or the one on this machine that an address has.

    Raises:
        LibraryMissing: see `parse_address`.
    """
    address = parse_address(str(name))
    if address is None:
        return Path(name)
    digest = hashlib.sha256(str(address).encode()).hexdigest()[:12]
    folder = Path(platformdirs.user_data_dir("katheder")) / "milvus" / f"{address.name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(str(address), encoding="utf-8")
    return folder


def address_of(folder: Path) -> MilvusAddress | None:
    """The address that a folder belongs to; None for a library that is in the folder itself."""
    try:
        return parse_address((folder / _FILE).read_text(encoding="utf-8"))
    except OSError:
        return None
