"""Passwords: checked for length or made, kept as scrypt hashes, compared in constant time.

`katheder password` makes the hash; `app.password`, `app.lecturer_password` and
`app.owner_password` in the settings hold one for each role.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading

from ingest.errors import KathederError

MIN_CHARS = 10
_MAX_BYTES = 1024  # of a password; hashing a longer one tells nothing more
#: OWASP's first choice for scrypt: N = 2^17, 128 MiB for each check. The hash names its cost, so
#: that a later version can raise it.
LOG_N = 17
_R, _P = 8, 1
_MEMORY = 256 * 1024 * 1024
_AT_ONCE = threading.BoundedSemaphore(2)  # checks in this process
# No 0, 1, O, I, l; 32 letters are 5 bits each.
_LETTERS = "23456789abcdefghijkmnpqrstuvwxyz"
_GROUPS, _GROUP = 4, 5


class BadPassword(KathederError):
    """A password that is too short, or a hash that cannot be compared with one."""


def new_password() -> str:
    """A random password of 100 bits, such as `k7mzp-3qxwa-9tfhe-u2rbn`."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def check_length(password: str) -> None:
    """Refuse a password that can be guessed by its length.

    Raises:
        BadPassword: it has fewer than ten characters, or more than 1024 bytes.
    """
    if len(password.strip()) < MIN_CHARS or len(password.encode()) > _MAX_BYTES:
        raise BadPassword(
            f"A password has at least {MIN_CHARS} characters (this one: {len(password.strip())}) "
            f"and at most {_MAX_BYTES} bytes. `katheder password --make` makes one."
        )


def hashed(password: str) -> str:
    """The hash to store: `scrypt$17$8$1$salt$key`, salt and key in base64.

    Raises:
        BadPassword: the password is too short.
    """
    check_length(password)
    salt = secrets.token_bytes(16)
    parts = (base64.b64encode(part).decode() for part in (salt, _key(password, salt)))
    return "$".join(["scrypt", str(LOG_N), str(_R), str(_P), *parts])


def check_hash(password_hash: str, setting: str) -> None:
    """Refuse a setting that is no hash of today's cost.

    Raises:
        BadPassword: it was made by an older version, or by hand.
    """
    _parts(password_hash, setting)


def matches(password: str, password_hash: str, setting: str = "app.password") -> bool:
    """Whether a password has this hash; takes a third of a second, and two at most run at once.

    Raises:
        BadPassword: the hash was not made by `hashed`.
    """
    salt, expected = _parts(password_hash, setting)
    if len(password.encode()) > _MAX_BYTES:
        return False
    return hmac.compare_digest(_key(password, salt), expected)


def _key(password: str, salt: bytes) -> bytes:
    with _AT_ONCE:
        return hashlib.scrypt(password.encode(), salt=salt, n=2**LOG_N, r=_R, p=_P, maxmem=_MEMORY)


def _parts(password_hash: str, setting: str) -> tuple[bytes, bytes]:
    fields = password_hash.split("$")
    try:
        kind, *cost, salt, key = fields
        raw, expected = base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        kind, cost, raw, expected = "", [], b"", b""
    if (kind, cost) != ("scrypt", [str(LOG_N), str(_R), str(_P)]) or not (raw and expected):
        raise BadPassword(
            f"{setting} is not a password hash of this version (expected "
            f"scrypt${LOG_N}${_R}${_P}$SALT$KEY). Make one with `katheder password`."
        )
    return raw, expected
