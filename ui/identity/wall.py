"""What stands before the app's pages and files: nothing of them is sent before the sign-in.

The service's own routes have keys (`ui.service.access`); every other path comes through here.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

from itsdangerous import BadSignature
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.app_settings import AppSettings
from ui.identity.login_page import Words, password_form, sign_out_form, signed_out
from ui.identity.oidc import Provider
from ui.identity.page_messages import RUN, kind_of, may_send
from ui.identity.page_sockets import PageSockets, TooManySockets
from ui.identity.paths import LOGIN, LOGOUT, PROVIDER_PATHS, action_of_path
from ui.identity.reader_uploads import ReaderUploads
from ui.identity.roles import THIS_MACHINE, Identity
from ui.identity.sessions import COOKIE, SECONDS, Sessions, open_sessions
from ui.identity.sign_on import role_of_password
from ui.identity.tries import Device, Forms, TooManyTries, Tries

_DEVICE = "katheder_device"
_DEVICE_SECONDS = 365 * 24 * 3600
_AHEAD = 1024 * 1024  # bytes of messages that are read while a run waits
_AGAIN = 1.0  # seconds after which an open web socket's session is looked up again


#: A header of each web socket that comes through the wall, for the pages.
PASSED = "x-katheder-wall"


class Wall:
    """Let through who is signed in and may; sign in and out."""

    def __init__(
        self,
        app: ASGIApp,
        settings: AppSettings,
        folder: Path,
        provider: Provider | None = None,
        sockets: PageSockets | None = None,
    ) -> None:
        """Args:
        app: Streamlit's application.
        settings: How readers sign in.
        folder: The library's, which has the sessions.
        provider: The sign-on of a university, for `auth = "oidc"`.
        sockets: Bounds the web sockets of pages; by default at the usual limits.
        """
        self._app, self._settings, self._folder = app, settings, folder
        self._provider = provider
        self._is_open = settings.sign_on == "none"
        self._tries, self._forms = Tries(), Forms()
        self._uploads = ReaderUploads(settings.reader_upload_mb)
        self._sockets = sockets or PageSockets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path, is_page = scope["path"], scope["type"] == "http"
        if self._is_open:
            identity = self._identity(scope)
        elif is_page and path in (LOGIN, LOGOUT):
            serve = self._login if path == LOGIN else self._logout
            await (await serve(Request(scope, receive)))(scope, receive, send)
            return
        elif is_page and self._provider is not None and path in PROVIDER_PATHS:
            await self._app(scope, receive, self._provider.noting(self.begin_session, scope, send))
            return
        else:
            identity = await run_in_threadpool(self._identity, scope)
        action = action_of_path(scope["type"], scope.get("method", "GET"), path)
        if identity is None:
            await self._refuse(scope, receive, send, 401, "Sign in first.")
        elif action is None:
            await self._refuse(scope, receive, send, 404, "This address is closed.")
        elif not identity.may(action):
            await self._refuse(scope, receive, send, 403, "Your role may not do this.")
        elif not is_page:
            await self._serve_socket(identity, scope, receive, send)
        elif self._is_open:
            await self._app(scope, receive, send)
        else:
            if action == "lecture.upload" and not identity.may("lecture.add"):
                self._uploads.check(scope["method"], HTTPConnection(scope).headers)
            await self._app(scope, receive, partial(self._send_page, scope, send))

    async def _serve_socket(
        self, identity: Identity, scope: Scope, receive: Receive, send: Send
    ) -> None:
        sockets = None if self._is_open else self._sockets
        watch = _Watch(identity, partial(self._identity, scope), receive, send, sockets)
        passed = {**scope, "headers": [*scope["headers"], (PASSED.encode(), b"yes")]}
        address = scope["client"][0] if scope.get("client") else "local"
        try:
            with nullcontext() if sockets is None else sockets.held(identity.reader, address):
                await self._app(passed, watch.receive, watch.send)
        except TooManySockets as refused:
            await self._refuse(scope, receive, send, 429, str(refused))

    def _sessions(self) -> Sessions:
        return open_sessions(self._folder, self._settings.database)

    def _identity(self, scope: Scope) -> Identity | None:
        if self._is_open:
            return THIS_MACHINE
        cookie = HTTPConnection(scope).cookies.get(COOKIE, "")
        return self._sessions().identity_of(cookie, self._settings) if cookie else None

    async def _send_page(self, scope: Scope, send: Send, event: Message) -> None:
        """Keep what is private out of shared caches, and renew the cookie with a page."""
        if event["type"] == "http.response.start":
            headers = MutableHeaders(scope=event)
            if not scope["path"].startswith("/static/"):
                headers["Cache-Control"] = "private, no-store"
            if "text/html" in headers.get("content-type", ""):
                cookie = HTTPConnection(scope).cookies[COOKIE]
                renewed = await run_in_threadpool(self._sessions().renewed, cookie)
                if renewed is not None:
                    headers.append("set-cookie", self._cookie(scope, COOKIE, renewed, SECONDS))
        await send(event)

    # ---- signing in and out ----

    async def _login(self, request: Request) -> Response:
        t = Words(request.headers.get("accept-language", ""))
        target = _own_path(request.query_params.get("next", "/"))
        action = f"{LOGIN}?next={quote(target)}"
        if self._provider is not None:
            return await self._provider.login(request, t)
        device = self._device(request)
        address = request.client.host if request.client else "local"
        if request.method != "POST" or not device.id:
            fault = (
                t("Allow this site to keep cookies, and try again.")
                if request.method == "POST"
                else ""
            )
            response: Response = password_form(t, action, fault)
            if not device.id or device.is_old:
                self._give_form(request, response, address)
            return response
        password = str((await request.form()).get("password", ""))
        try:
            role = await self._tries.check(
                device.id,
                address,
                lambda: run_in_threadpool(role_of_password, self._settings, password),
                known=device.known,
                hasty=device.hasty,
            )
        except TooManyTries:
            response = password_form(
                t, action, t("Too many tries wait already. Try again in a moment."), 429
            )
            response.headers["Retry-After"] = "5"
            if device.is_old:
                self._give_form(request, response, address)
            return response
        if role is None:
            fault = t("Wrong password. Ask the person who runs this Katheder server.")
            return password_form(t, action, fault, 403)
        reader = "" if role == THIS_MACHINE.role else secrets.token_urlsafe(16)
        response = RedirectResponse(target, 303)
        await self.begin_session(request.scope, response.headers, Identity(reader, role))
        self._keep_device(request, response, Device(device.id, "known"))
        return response

    async def begin_session(
        self, scope: Scope, headers: MutableHeaders, identity: Identity
    ) -> None:
        """Begin a session with a fresh cookie in a reply's headers; the browser's old one ends."""
        sessions = self._sessions()
        if old := HTTPConnection(scope).cookies.get(COOKIE, ""):
            await run_in_threadpool(sessions.end, old)
        cookie = await run_in_threadpool(sessions.begin, identity, self._settings)
        headers.append("set-cookie", self._cookie(scope, COOKIE, cookie, SECONDS))

    async def _logout(self, request: Request) -> Response:
        t = Words(request.headers.get("accept-language", ""))
        if request.method != "POST":
            return sign_out_form(t, LOGOUT, named=self._provider is not None)
        cookie = request.cookies.get(COOKIE, "")
        await run_in_threadpool(self._sessions().end, cookie)
        if self._provider is None:
            response: Response = RedirectResponse(LOGIN, 303)
        else:  # a redirect of a form to the provider is one that its policy forbids
            response = signed_out(t, self._provider.logout_path)
        response.headers.append("set-cookie", self._cookie(request.scope, COOKIE, "", 0))
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def _device(self, request: Request) -> Device:
        """The browser that its cookie names."""
        signer = self._sessions().signer(_DEVICE)
        try:
            value, when = signer.unsign(
                request.cookies.get(_DEVICE, ""), max_age=_DEVICE_SECONDS, return_timestamp=True
            )
        except (BadSignature, UnicodeError):
            return Device()
        id, _, state = value.decode().partition(":")
        return Device(id, state, time.time() - when.timestamp())

    def _give_form(self, request: Request, response: Response, address: str) -> None:
        new = Device(secrets.token_urlsafe(16), self._forms.state_of_next(address))
        self._keep_device(request, response, new)

    def _keep_device(self, request: Request, response: Response, device: Device) -> None:
        value = f"{device.id}:{device.state}"
        signed = self._sessions().signer(_DEVICE).sign(value).decode()
        line = self._cookie(request.scope, _DEVICE, signed, _DEVICE_SECONDS, path=LOGIN)
        response.headers.append("set-cookie", line)

    @staticmethod
    def _cookie(scope: Scope, name: str, value: str, seconds: int, path: str = "/") -> str:
        secure = "; Secure" if scope["scheme"] in ("https", "wss") else ""
        return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    # ---- refusing ----

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, status: int, text: str
    ) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": text})
            return
        headers = HTTPConnection(scope).headers
        is_navigation = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if status == 401 and is_navigation:
            query = scope["query_string"].decode("latin-1")
            target = scope["path"] + (f"?{query}" if query else "")
            response: Response = RedirectResponse(f"{LOGIN}?next={quote(target)}", 303)
        else:
            fault = {"error": {"type": "Refused", "message": text}}
            response = JSONResponse(fault, status)
        await response(scope, receive, send)


def _own_path(target: str) -> str:
    """Where to go after signing in: a path of this app, whatever an address asks for."""
    parts = urlsplit(target)
    is_own = target.startswith("/") and not target.startswith(("//", "/\\"))
    safe = is_own and not (parts.scheme or parts.netloc) and target.isprintable()
    return target if safe and parts.path not in (LOGIN, LOGOUT) else "/"


def _size(event: Message) -> int:
    return 100 + len(event.get("bytes") or event.get("text") or "")


class _Watch:
    """A web socket of the messages that its reader may send, in the pace of `PageSockets`; closed when
    the session ends."""

    def __init__(
        self,
        reader: Identity,
        identity: Callable[[], Identity | None],
        receive: Receive,
        send: Send,
        sockets: PageSockets | None,
    ) -> None:
        self._reader, self._sockets = reader, sockets
        self._identity, self._receive, self._send = identity, receive, send
        self._looked = time.monotonic()
        self._is_over = False
        self._ahead, self._ahead_bytes = deque[Message](), 0  # read while a run waited

    async def receive(self) -> Message:
        """The next message; a disconnection where the session has ended."""
        while True:
            event = await self._next()
            if await self._ended():
                return {"type": "websocket.disconnect", "code": 1008}
            content = event.get("bytes") if event["type"] == "websocket.receive" else None
            kind = None if content is None else kind_of(content)
            if not may_send(self._reader, kind):
                continue
            if kind == RUN and self._sockets is not None:
                delay = self._sockets.run_delay(self._reader.reader)
                return await self._left_within(delay) or event
            return event

    async def _next(self) -> Message:
        if not self._ahead:
            return await self._receive()
        event = self._ahead.popleft()
        self._ahead_bytes -= _size(event)
        return event

    async def _left_within(self, seconds: float) -> Message | None:
        """Wait; the disconnection where it comes meanwhile, with which all other messages end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._ahead_bytes >= _AHEAD:
                await asyncio.sleep(left)
                break
            try:
                event = await asyncio.wait_for(self._receive(), left)
            except TimeoutError:
                break
            if event["type"] == "websocket.disconnect":
                self._ahead.clear()
                return event
            self._ahead.append(event)
            self._ahead_bytes += _size(event)
        return None

    async def send(self, event: Message) -> None:
        """Send a message, or nothing where the session has ended."""
        if not await self._ended():
            await self._send(event)

    async def _ended(self) -> bool:
        now = time.monotonic()
        if not self._is_over and now - self._looked >= _AGAIN:
            self._looked = now
            self._is_over = await run_in_threadpool(self._identity) is None
            if self._is_over:
                await self._send({"type": "websocket.close", "code": 1008, "reason": "signed out"})
        return self._is_over
