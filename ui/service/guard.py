"""What every request passes first: host and origin by name, size and time of the body, headers.

A web page elsewhere must not reach a service on its reader's machine: neither by a name of its own
that leads here (DNS rebinding; the Host header then has that name) nor by a request or web socket
from its own origin.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.service.errors import Refused, message
from ui.service.page_policy import page_policy

#: Addresses and names that only this machine itself reaches.
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_UPLOADS = ("/documents", "/_stcore/upload_file")
_SMALL_BODY = 1024 * 1024  # bytes of everything that is no upload
_BODY_SECONDS, _UPLOAD_SECONDS = 20.0, 600.0
_AUTHORITY = re.compile(r"^(\[[0-9a-fA-F:.]+\]|[^:/?#@\[\]\s]+)(?::(\d{1,5}))?$")
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a form of these pages has Origin: null
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def local_names(host: str) -> frozenset[str]:
    """The names by which a service that listens at an address is reached."""
    names = {*THIS_MACHINE, host.lower()}
    if host not in THIS_MACHINE:
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(names)


class Guard:
    """Refuse requests from elsewhere and bodies that are too large or too slow; add the headers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str],
        max_upload_mb: int,
        has_pages: bool,
        is_worker: bool = False,
    ) -> None:
        """Args:
        app: What is guarded.
        hosts: Allowed names; an address in digits is always allowed, since no rebinding has one.
        max_upload_mb: Largest upload, for each of the files of one request together.
        has_pages: Whether the application has pages for a browser.
        is_worker: Whether only this user can reach it; a request may then be as large as an upload.
        """
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._max_upload = (max_upload_mb + 1) * 1024 * 1024  # and what is around the file
        self._has_pages = has_pages
        self._large = ("/",) if is_worker else _UPLOADS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check_source(Headers(scope=scope), scope["type"])
            limited = self._limited(scope, receive)
        except Refused as refused:
            await _refuse(scope, send, refused)
            return
        started = False

        async def send_with_headers(event: Message) -> None:
            nonlocal started
            if event["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=event)
                is_page = self._has_pages and "text/html" in headers.get("content-type", "")
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["X-Frame-Options"] = "SAMEORIGIN" if self._has_pages else "DENY"
                if (is_page or not self._has_pages) and "content-security-policy" not in headers:
                    headers["Content-Security-Policy"] = page_policy() if is_page else _API_POLICY
            await send(event)

        try:
            await self._app(scope, limited, send_with_headers)
        except Refused as refused:
            if started:
                raise
            await _refuse(scope, send, refused)

    def _check_source(self, headers: Headers, kind: str) -> None:
        host = headers.get("host", "")
        if not self._is_allowed(host):
            raise Refused(
                421,
                f"The host {host[:100]!r} is not one of this service's names. Add the name that "
                "readers use to app.allowed_hosts in the settings.",
            )
        origin = headers.get("origin")
        if origin is None:
            return
        scheme, _, authority = origin.partition("://")
        same = scheme in ("http", "https") and authority.lower() == host.lower()
        name = _AUTHORITY.match(authority)
        # The pages' web socket is for these pages alone, whoever else may ask the service.
        listed = (
            kind == "http" and name is not None and name[1].lower() in self._hosts - THIS_MACHINE
        )
        if not same and not listed:
            raise Refused(
                403,
                f"A page of {origin[:100]!r} asked, and only pages of this service may. Add its "
                "host to app.allowed_hosts in the settings if you trust it.",
            )

    def _is_allowed(self, host: str) -> bool:
        parts = _AUTHORITY.match(host)
        if parts is None:
            return False
        name = parts[1].strip("[]").lower()
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """The same messages, until the body is larger or slower than it may be."""
        if scope["type"] != "http":
            return receive
        is_upload = scope["path"].startswith(self._large)
        limit = self._max_upload if is_upload else _SMALL_BODY
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            raise _too_large(limit)
        end = asyncio.get_running_loop().time() + (_UPLOAD_SECONDS if is_upload else _BODY_SECONDS)
        size, complete = 0, False

        async def limited() -> Message:
            nonlocal size, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    event = await receive()
            except TimeoutError:
                raise Refused(
                    408, "The body of the request came too slowly; send it again."
                ) from None
            if event["type"] == "http.request":
                size += len(event.get("body", b""))
                complete = not event.get("more_body", False)
                if size > limit:
                    raise _too_large(limit)
            return event

        return limited


def _too_large(limit: int) -> Refused:
    return Refused(
        413,
        f"The body of the request is larger than {limit // 1024} kB; for files the limit is "
        "app.max_upload_mb.",
    )


async def _refuse(scope: Scope, send: Send, refused: Refused) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        return
    body = json.dumps(message("Refused", str(refused))).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
