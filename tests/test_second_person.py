"""A second person with the readers' password, who sends what no browser sends, against the real server.

The messages of the pages' web socket are those of Streamlit's protocol; what they show is compared
with what their owner sees by the same message.
"""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("playwright")  # whose helpers start the server
import httpx
from service_builders import make_library
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from test_browser_identity import shared_app
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from rag.app_settings import AppSettings
from ui.conversations import FILE, Conversations
from ui.identity.page_messages import MESSAGES
from ui.identity.page_sockets import MOST_OF_READER
from ui.identity.password import hashed
from ui.identity.roles import Identity
from ui.identity.sessions import COOKIE, open_sessions
from ui.own_conversations import OwnConversations
from ui.reading.notes import FILE as NOTES
from ui.reading.notes import Note, Notes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.hostile("a second person with the password"),
]
READERS, OWNERS = "correct horse", "purple monkey"
SECRET = "zinnober"  # in the conversation, the note and the upload of each other person


@dataclass
class Person:
    """Somebody who is signed in."""

    cookie: str
    identity: Identity
    conversation: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"}


@dataclass
class App:
    """The running app and who uses it."""

    url: str
    folder: Path
    people: dict[str, Person]

    def is_well(self) -> bool:
        return httpx.get(f"{self.url}/health", timeout=60).json() == {"status": "ok"}

    def socket(self, person: str, **options: object) -> ClientConnection:
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {**self.people[person].headers, "Origin": self.url}
        return connect(
            address,
            subprotocols=["streamlit"],
            additional_headers=headers,
            max_size=None,
            open_timeout=60,
            proxy=None,
            **options,
        )

    def shown(self, person: str, query: str = "", page: str = "") -> bytes:
        """All that one run of a page sends."""
        with self.socket(person) as connection:
            connection.send(rerun(query, page))
            return until_finished(connection)


def rerun(query: str = "", page: str = "") -> bytes:
    """The message that runs a page at an address with a query."""
    message = BackMsg()
    message.rerun_script.SetInParent()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    return message.SerializeToString()


def until_finished(connection: ClientConnection) -> bytes:
    """What a page sends until its run has ended."""
    content = b""
    for _ in range(100_000):
        frame = connection.recv(timeout=600)
        assert isinstance(frame, bytes)
        content += frame
        message = ForwardMsg.FromString(frame)
        if message.WhichOneof("type") == "script_finished":
            return content
    raise AssertionError("the run does not end")


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[App]:
    library = make_library(tmp_path_factory.mktemp("second")).folder
    passwords = {"password": hashed(READERS), "owner_password": hashed(OWNERS)}
    # The models would be at another service; what is tried here needs none.
    elsewhere = "http://127.0.0.1:9"
    with shared_app(library, **passwords, reader_upload_mb=1, service=elsewhere) as url:
        people = {}
        for name, password in (("owner", OWNERS), ("anna", READERS), ("ben", READERS)):
            with httpx.Client(base_url=url, timeout=120) as client:
                client.get("/login")
                reply = client.post("/login", data={"password": password})
                assert reply.status_code == 303
                cookie = reply.cookies[COOKIE]
            settings = AppSettings(**passwords, reader_upload_mb=1)
            identity = open_sessions(library).identity_of(cookie, settings)
            assert identity is not None
            people[name] = Person(cookie, identity)
        for name in ("owner", "anna"):
            one = people[name]
            own = OwnConversations(Conversations(library / FILE), one.identity)
            one.conversation, exchange = own.add_question(None, f"What is {SECRET}?")
            own.save_error(exchange, f"{SECRET} of {name}")
            Notes(library / NOTES).add(one.identity.reader, Note(text=f"{SECRET} note of {name}"))
        (library / "uploads").mkdir(exist_ok=True)
        (library / "uploads" / "private.md").write_text(f"# {SECRET}\n")
        yield App(url, library, people)


PAGES = ["", "study", "library", "notes", "passages", "settings", "evaluate", "lecturers"]


def test_the_owner_of_a_conversation_sees_it_by_the_same_messages(app):
    for name in ("owner", "anna"):
        one = app.people[name]
        assert f"{SECRET} of {name}".encode() in app.shown(name, f"c={one.conversation}")
        assert SECRET.encode() in app.shown(name, page="notes")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_what_another_asked_or_noted(app, page):
    for other in ("owner", "anna"):
        one = app.people[other]
        for query in (
            f"c={one.conversation}",
            f"c={one.conversation}&reader={one.identity.reader}",
            f"reader={one.identity.reader}&c={one.conversation}&source=1&lecture=1",
        ):
            assert SECRET.encode() not in app.shown("ben", query, page)


ADDRESSES = [
    *("/{c}", "/?c={c}", "/ask?c={c}&reader=", "/notes?reader={reader}", "/export/{c}.pdf"),
    *("/conversations.sqlite", "/notes.sqlite", "/sessions.sqlite", "/keys.json", "/settings.toml"),
    *("/uploads/private.md", "/media/private.md", "/media/../uploads/private.md"),
    *("/static/../../conversations.sqlite", "/static/..%2f..%2fconversations.sqlite"),
    *("/component/x/../../conversations.sqlite", "/app/static/conversations.sqlite"),
    *("/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/sessions"),
    *("/_stcore/script-health-check", "/_stcore/message?hash=x", "/_stcore/upload_file/x/y"),
    *("//conversations.sqlite", "/%2e%2e/conversations.sqlite", "/..\\conversations.sqlite"),
    *("/file:///etc/passwd", "/proc/self/environ", "/media/%00", "/static/%c0%ae%c0%ae/x"),
]
SERVICE = [
    *("GET /documents", "POST /documents", "DELETE /documents/0123456789abcdef", "GET /jobs"),
    *("POST /search", "POST /ask", "POST /evaluate", "GET /metrics", "GET /openapi.json"),
    *("GET /v1/models", "POST /v1/chat/completions", "POST /pipeline/events"),
    *("POST /pipeline/stop/x", "GET /pages/0123456789abcdef/1.png"),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_gives_another_s_things(app, address):
    for other in ("owner", "anna"):
        one = app.people[other]
        path = address.format(c=one.conversation, reader=one.identity.reader)
        for method in ("GET", "POST", "PUT", "DELETE"):
            reply = raw(app, method, path, app.people["ben"].headers["Cookie"])
            assert SECRET.encode() not in reply, method
            assert b"SQLite format" not in reply
            assert b"root:x:0" not in reply
    assert app.is_well()


@pytest.mark.parametrize("route", SERVICE)
def test_the_service_s_routes_take_no_cookie(app, route):
    method, path = route.split()
    reply = raw(app, method, path, app.people["ben"].headers["Cookie"], body=b'{"question": "x"}')
    assert reply.split()[1] in (b"401", b"422")
    assert SECRET.encode() not in reply


def raw(app: App, method: str, path: str, cookie: str, body: bytes = b"") -> bytes:
    """The reply to a request whose path is sent as it is."""
    host, port = app.url.removeprefix("http://").split(":")
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reply = b""
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        with suppress(ConnectionError):  # refused before all of it was read
            connection.sendall(head.encode() + body)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                reply += part
    assert reply.startswith(b"HTTP/1.1 ") or len(body) > 1000
    return reply


def test_closed_messages_have_no_effect_and_the_page_goes_on(app):
    for kind, action in MESSAGES.items():
        if action is not None:
            continue
        with app.socket("ben") as connection:
            field, _, operation = kind.partition(".")
            message = BackMsg()
            if operation:
                message.backend_operation_request.request_id = "mine"
                getattr(message.backend_operation_request, operation).SetInParent()
            else:
                setattr(message, field, True)
            connection.send(message.SerializeToString())
            connection.send(rerun())
            assert b"mine" not in until_finished(connection), kind  # no reply
            connection.send(rerun())
            until_finished(connection)
        assert app.is_well()
    assert not [path for path in app.folder.rglob("*") if "skill" in path.name.lower()]


def test_frames_of_all_kinds_cost_their_own_socket_at_most(app):
    frames: list[bytes | str] = [
        b"",
        b"\0" * 1000,
        b"\xff" * 100_000,
        "text",
        b"\x5a" + b"\xff" * 20,
        b"x" * 30_000_000,
        rerun("c=1")[:-1],
    ]
    for frame in frames:
        with app.socket("ben") as connection:
            try:
                connection.send(frame)
                connection.recv(timeout=5)
            except (WebSocketException, TimeoutError, OSError):
                pass
        assert app.is_well()


def test_a_hundred_sockets_and_a_flood_of_reruns_leave_the_app_to_others(app):
    connections = [app.socket("ben") for _ in range(MOST_OF_READER)]
    for _ in range(100 - MOST_OF_READER):
        with pytest.raises(InvalidStatus, match="403"):
            app.socket("ben")
    for connection in connections:
        for _ in range(30):
            connection.send(rerun())
    assert b"Ask the lectures" in app.shown("anna")
    for connection in connections:
        connection.close()
    assert b"Ask the lectures" in app.shown("ben")  # his sockets are free again
    assert app.is_well()


def test_an_unexpected_error_shows_a_page_of_our_own(app):
    file = app.folder / NOTES

    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(file)) as db, db:
            db.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename("notes", "notes_away")
    try:
        content = app.shown("ben", page="notes")
    finally:
        rename("notes_away", "notes")
    assert b"Nothing that was saved is lost" in content
    assert b"sqlite3" not in content
    assert str(app.folder).encode() not in content
    assert SECRET.encode() in app.shown("anna", page="notes")


def test_large_and_torn_requests_cost_themselves(app):
    cookie = app.people["ben"].headers["Cookie"]
    for path in ("/login", "/logout", "/", "/_stcore/stream", "/search"):
        reply = raw(app, "POST", path, cookie, body=b"x" * 1_000_000)
        assert SECRET.encode() not in reply
    host, port = app.url.removeprefix("http://").split(":")
    for torn in (b"", b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 100, b"A" * 200_000):
        with (
            socket.create_connection((host, int(port)), timeout=60) as connection,
            suppress(ConnectionError),
        ):
            connection.sendall(torn)
    assert app.is_well()
