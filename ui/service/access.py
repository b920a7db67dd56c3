"""Who asks, what they may, and how often: keys, limits of rate, and signed links to pages."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from rag.scope import Scope
from ui.identity.roles import Identity, Role
from ui.service.errors import Refused
from ui.service.keys import FILE, KeyFile, read_keys

_LINK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: a key's name, or the address where none is needed.

    `course` is the only course that the client may ask, "" for all.
    """

    name: str
    course: str = ""
    may_write: bool = True

    @property
    def identity(self) -> Identity:
        """The client in the table of roles: a key that writes is a lecturer's."""
        return Identity(self.name, Role.LECTURER if self.may_write else Role.READER)

    def within(self, scope: Scope) -> Scope:
        """The scope, narrowed to the client's course.

        Raises:
            Refused: it names another course.
        """
        if not self.course:
            return scope
        if scope.course and scope.course.casefold() != self.course.casefold():
            raise Refused(403, f"This key opens the course {self.course!r}, not {scope.course!r}.")
        return replace(scope, course=self.course)


class Access:
    """Tells who asks.

    A service without keys that this machine alone can reach is open to it. Once there is a key,
    or others can reach the service, every request but those for its health needs one.
    """

    def __init__(self, folder: Path, *, is_open: bool, requests_per_minute: int) -> None:
        """Args:
        folder: The library's, which has the keys.
        is_open: Whether no key is needed as long as there are none.
        requests_per_minute: Of one client; one more is refused.
        """
        self._folder = folder
        self._is_open = is_open
        self._limit = RateLimitItemPerMinute(requests_per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._file = KeyFile()
        self._stamp: tuple[int, int] | None = None

    @property
    def keys(self) -> KeyFile:
        """The keys as they are now; the file is read again when it changed."""
        try:
            state = (self._folder / FILE).stat()
            stamp = (state.st_mtime_ns, state.st_ino)
        except OSError:
            stamp = (0, 0)
        if stamp != self._stamp:
            self._file, self._stamp = read_keys(self._folder), stamp
        return self._file

    def client_of(self, request: Request) -> Client:
        """Who asks.

        Raises:
            Refused: the key is missing or wrong, or the client asks too often.
        """
        address = request.client.host if request.client else "local"
        keys = self.keys
        if self._is_open and not keys.keys:
            client = Client(address)
        else:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            owner = keys.owner_of(given.strip()) if scheme.lower() == "bearer" else None
            if owner is None:
                self._count(f"refused {address}")
                raise Refused(
                    401,
                    "This service needs a key: send `Authorization: Bearer KEY`. Its owner makes "
                    "one with `katheder key add NAME`.",
                    {"WWW-Authenticate": "Bearer"},
                )
            client = Client(f"key {owner.name}", owner.course, owner.write)
        self._count(client.name)
        return client

    def _count(self, name: str) -> None:
        if not self._limiter.hit(self._limit, name):
            raise Refused(
                429,
                f"More than {self._limit.amount} requests in a minute (app.requests_per_minute); "
                "ask again in a moment.",
                {"Retry-After": "5"},
            )

    def link(self, path: str, query: Mapping[str, str | int]) -> str:
        """A path with its query, signed for a week where a key is needed to open it."""
        values = {name: str(value) for name, value in query.items()}
        keys = self.keys
        if keys.keys:
            values["expires"] = str(int(time.time()) + _LINK_SECONDS)
            values["signature"] = _signature(keys.secret, path, values)
        return f"{path}?{urlencode(values)}" if values else path

    def is_signed(self, request: Request) -> bool:
        """Whether an address was made by `link` and is not older than a week."""
        values = dict(request.query_params)
        given, expires = values.pop("signature", ""), values.get("expires", "")
        keys = self.keys
        if not (keys.keys and given.isascii() and expires.isascii() and expires.isdecimal()):
            return False
        expected = _signature(keys.secret, request.url.path, values)
        return hmac.compare_digest(given, expected) and time.time() < int(expires[:15])


def _signature(secret: str, path: str, values: Mapping[str, str]) -> str:
    text = f"{path}?{urlencode(sorted(values.items()))}"
    return hmac.new(bytes.fromhex(secret), text.encode(), hashlib.sha256).hexdigest()


def access_of(request: Request) -> Access:
    """The application's access."""
    access = request.app.state.access
    assert isinstance(access, Access)
    return access


class Allowed:
    """What a route depends on: its client, who must have an action of the table of roles."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(self, request: Request) -> Client:
        """The client.

        Raises:
            Refused: the key is missing or wrong, or its role has not the action.
        """
        client = access_of(request).client_of(request)
        if not client.identity.may(self.action):
            raise Refused(
                403,
                "This key only reads. Its owner makes one that writes: `katheder key add --write`.",
            )
        return client


class AllowedOrSigned(Allowed):
    """The same for a page, whose address may itself be signed; the client is None then."""

    def __call__(self, request: Request) -> Client | None:  # type: ignore[override]
        """The client."""
        return None if access_of(request).is_signed(request) else super().__call__(request)


Reader = Annotated[Client, Depends(Allowed("question.ask"))]
Uploader = Annotated[Client, Depends(Allowed("lecture.upload"))]
Remover = Annotated[Client, Depends(Allowed("lecture.remove"))]
Evaluator = Annotated[Client, Depends(Allowed("evaluation.start"))]
PageViewer = Annotated[Client | None, Depends(AllowedOrSigned("library.read"))]
