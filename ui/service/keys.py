"""The keys of a library's service: made once, kept as hashes, each with what it opens.

A key is 32 random bytes, so that a plain SHA-256 keeps it (there is nothing to guess that a slow
hash would protect).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest.errors import KathederError

FILE = "service-keys.json"
_FORMAT = 1
_PREFIX = "kd-"


class BadKey(KathederError):
    """A key's name that exists already, or does not exist, or a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key without itself: its name, its hash, the one course that it opens, and what it may do.

    `course` is "" for all courses; `write` allows adding and removing documents and evaluations.
    """

    name: str
    hash: str
    course: str = ""
    write: bool = False
    created: str = ""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys in a library's folder, and the secret that signs the links to page images."""

    keys: tuple[Key, ...] = ()
    secret: str = ""

    def owner_of(self, key: str) -> Key | None:
        """The entry of a key; None for one that is wrong."""
        given = _hash(key)
        owners = [entry for entry in self.keys if hmac.compare_digest(entry.hash, given)]
        return owners[0] if owners else None


def read_keys(folder: Path) -> KeyFile:
    """The keys of the library in a folder; none where there is no file.

    Raises:
        BadKey: the file is damaged.
    """
    path = folder / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != _FORMAT:
            raise ValueError(f"format {values['format']}, expected {_FORMAT}")
        return KeyFile(tuple(Key(**entry) for entry in values["keys"]), str(values["secret"]))
    except FileNotFoundError:
        return KeyFile()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadKey(
            f"The keys in {path} cannot be read ({error}). Move the file away and make new ones "
            "with `katheder key add`."
        ) from error


def add_key(folder: Path, name: str, course: str = "", *, write: bool = False) -> str:
    """Make a key, and return it; it is nowhere to be seen afterwards.

    Raises:
        BadKey: there is one of that name.
    """
    file = read_keys(folder)
    if any(entry.name == name for entry in file.keys):
        raise BadKey(
            f"There is a key named {name!r} already; remove it with `katheder key remove {name}`, "
            "or choose another name."
        )
    key = _PREFIX + secrets.token_urlsafe(32)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    _write(folder, file, [*file.keys, Key(name, _hash(key), course, write, now)])
    return key


def remove_key(folder: Path, name: str) -> None:
    """Remove a key; a running service refuses it from then on.

    Raises:
        BadKey: there is none of that name.
    """
    file = read_keys(folder)
    others = [entry for entry in file.keys if entry.name != name]
    if len(others) == len(file.keys):
        names = ", ".join(entry.name for entry in file.keys) or "none"
        raise BadKey(f"There is no key named {name!r}; the keys are: {names}.")
    _write(folder, file, others)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _write(folder: Path, before: KeyFile, keys: Sequence[Key]) -> None:
    """Replace the file as a whole; only its user may read it."""
    file = replace(before, keys=tuple(keys), secret=before.secret or secrets.token_hex(32))
    values = {"format": _FORMAT, **asdict(file)}
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.{os.getpid()}.tmp"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(values, stream, indent=2)
    new.replace(folder / FILE)
