"""Signing in to a shared app: passwords, sessions, tries, and the wall before every address."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from contextlib import ExitStack, suppress
from functools import partial
from types import SimpleNamespace

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg

from rag.app_settings import AppSettings
from ui.identity import password, sessions
from ui.identity.page_sockets import BURST, PER_SECOND, PageSockets
from ui.identity.roles import Identity, Role
from ui.identity.sessions import COOKIE, Sessions
from ui.identity.sign_on import check_passwords, identity_of_claims, role_of_password
from ui.identity.tries import FORM_SECONDS, Device, Forms, TooManyTries, Tries
from ui.identity.wall import Wall

READERS, LECTURERS = "correct horse", "battery staple"
pytestmark = pytest.mark.hostile("a stranger at a shared app")


@pytest.fixture
def cheap(monkeypatch):
    """Hashes at a cost that a test can pay."""
    monkeypatch.setattr(password, "LOG_N", 4)


@pytest.fixture
def app(cheap):
    return AppSettings(
        password=password.hashed(READERS), lecturer_password=password.hashed(LECTURERS)
    )


# ---- passwords ----


@pytest.mark.slow
def test_a_password_is_hashed_at_the_recommended_cost():
    kind, *cost, salt, key = password.hashed(READERS).split("$")
    assert (kind, cost) == ("scrypt", ["17", "8", "1"])
    raw = password.base64.b64decode(salt)
    expected = hashlib.scrypt(READERS.encode(), salt=raw, n=2**17, r=8, p=1, maxmem=2**28)
    assert password.base64.b64decode(key) == expected


def test_a_password_matches_its_hash_alone(cheap):
    password_hash = password.hashed(READERS)
    assert password.matches(READERS, password_hash)
    assert not password.matches(f"{READERS} ", password_hash)
    assert password_hash != password.hashed(READERS)  # salted
    with pytest.raises(password.BadPassword, match="at least 10 characters"):
        password.hashed("nine char")
    made = password.new_password()
    assert len(made) == 23
    assert made != password.new_password()


@pytest.mark.parametrize("value", ["plain text", "scrypt$c2FsdA==$a2V5", "scrypt$14$8$1$c2F$a2V5"])
def test_a_hash_of_an_older_version_is_refused_with_the_command(value):
    with pytest.raises(password.BadPassword, match=r"app\.password .*`katheder password`"):
        check_passwords(AppSettings(password=value))


def test_each_password_gives_its_role(app):
    assert role_of_password(app, READERS) == Role.READER
    assert role_of_password(app, LECTURERS) == Role.LECTURER
    assert role_of_password(app, "guess guess") is None


def test_settings_that_would_leave_the_app_open_are_refused():
    for values in (
        {"auth": "none", "password": "x"},
        {"auth": "password"},
        {"owner_password": "x"},
        {"auth": "oidc", "address": "https://a.example"},
    ):
        with pytest.raises(ValueError, match=r"open|missing|need"):
            AppSettings(**values)


# ---- sessions ----


def test_a_session_ends_by_age_by_hand_and_by_another_password(tmp_path, app, monkeypatch):
    kept = Sessions(tmp_path / "sessions.sqlite")
    anna = Identity("anna", Role.LECTURER, "Anna")
    cookie, other = kept.begin(anna, app), kept.begin(anna, app)
    again = Sessions(tmp_path / "sessions.sqlite")  # after a restart
    assert again.identity_of(cookie, app) == anna
    signed, _, signature = cookie.rpartition(".")
    forged = f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    assert again.identity_of(forged, app) is None
    assert cookie.encode() not in (tmp_path / "sessions.sqlite").read_bytes()
    kept.end(cookie)
    assert kept.identity_of(cookie, app) is None
    assert kept.identity_of(other, app) == anna
    newer = app.model_copy(update={"lecturer_password": password.hashed("another one")})
    assert kept.identity_of(other, newer) is None
    now = time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 2 * 24 * 3600)
    renewed = kept.renewed(other)
    monkeypatch.setattr(sessions.time, "time", lambda: now + 31 * 24 * 3600)
    assert kept.identity_of(other, app) is None
    assert kept.identity_of(renewed, app) == anna
    assert kept.end_all() == 1
    assert kept.identity_of(renewed, app) is None


# ---- wrong tries ----


async def _compare(right: bool) -> bool | None:
    await asyncio.sleep(0)
    return True if right else None


def test_wrong_tries_slow_their_browser_and_a_little_its_address():
    async def run() -> list[float]:
        waited: list[float] = []

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        tries = Tries(sleep)
        for _ in range(20):
            await tries.check("guesser", "10.0.0.1", lambda: _compare(False), known=False)
        for device, known in (("guesser", False), ("new", False), ("old", True)):
            address = "10.0.0.1"
            assert await tries.check(device, address, lambda: _compare(True), known=known)
        assert await tries.check("elsewhere", "10.0.0.2", lambda: _compare(True), known=False)
        return waited

    waited = asyncio.run(run())
    assert waited[:5] == [0, 0.5, 1, 2, 4]
    assert waited[20:] == [30, 4, 0, 0]  # the guesser, the same address, a known browser, another


def test_a_flood_of_guesses_leaves_room_for_the_right_password_of_the_same_address():
    async def compare(right: bool) -> bool | None:
        await asyncio.sleep(0.02)
        return True if right else None

    async def run() -> list[float]:
        tries, numbers = Tries(), itertools.count()

        async def guess() -> None:  # by a program, each time as another browser
            while True:
                try:
                    device = f"g{next(numbers)}"
                    await tries.check(
                        device, "10.0.0.1", lambda: compare(False), known=False, hasty=True
                    )
                except TooManyTries:
                    await asyncio.sleep(0.002)

        guessers = [asyncio.create_task(guess()) for _ in range(40)]
        await asyncio.sleep(0.3)
        seconds = []
        for device, known in (("known", True), ("new", False)):
            begin = time.monotonic()
            assert await tries.check(device, "10.0.0.1", lambda: compare(True), known=known)
            seconds.append(time.monotonic() - begin)
        for guesser in guessers:
            guesser.cancel()
        return seconds

    known, new = asyncio.run(run())
    assert known < 2
    assert new < 12  # the delay of its address, which is four seconds, and no more


def test_a_flood_with_forms_collected_beforehand_leaves_room_too():
    async def compare(right: bool) -> bool | None:
        await asyncio.sleep(0.02)
        return True if right else None

    async def run() -> float:
        now = [0.0]
        tries, forms = Tries(), Forms(lambda: now[0])
        states = [forms.state_of_next("10.0.0.1") for _ in range(40_000)]  # collected
        assert states == ["new"] * 30 + ["crowd"] * 39_970
        now[0] = FORM_SECONDS / 2
        devices = [Device(f"g{n}", state, now[0]) for n, state in enumerate(states)]
        left = iter(devices)

        async def guess() -> None:
            for device in left:
                with suppress(TooManyTries):
                    wrong = partial(compare, False)
                    await tries.check(device.id, "10.0.0.1", wrong, known=False, hasty=device.hasty)
                await asyncio.sleep(0.02)

        guessers = [asyncio.create_task(guess()) for _ in range(40)]
        await asyncio.sleep(0.5)  # the thirty are spent
        now[0] += FORM_SECONDS
        new = Device("new", forms.state_of_next("10.0.0.1"), 5.0)
        begin = time.monotonic()
        right = partial(compare, True)
        assert await tries.check(new.id, "10.0.0.1", right, known=False, hasty=new.hasty)
        seconds = time.monotonic() - begin
        for guesser in guessers:
            guesser.cancel()
        assert next(left, None)  # the flood went on
        return seconds

    assert asyncio.run(run()) < 12


def test_a_form_is_a_person_s_for_a_while():
    assert [Device("a", "new", age).hasty for age in (1, 4, 800, 1000)] == [
        True,
        False,
        False,
        True,
    ]
    assert Device("a", "crowd", 100).hasty
    assert not Device("a", "known", 10**6).hasty


# ---- the wall ----


async def _streamlit(scope, receive, send):
    """In place of Streamlit: says what it was asked, by web socket too."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await socket.send_text(message.get("text") or "bytes")
        return
    kind = "text/html" if scope["path"] == "/" else "text/plain"
    await PlainTextResponse(f"secret {scope['path']}", media_type=kind)(scope, receive, send)


@pytest.fixture
def wall(app, tmp_path):
    return Wall(_streamlit, app, tmp_path)


def client_of(wall, scheme="http"):
    return TestClient(wall, base_url=f"{scheme}://katheder.example", follow_redirects=False)


def sign_in(client, text=READERS, **query):
    client.get("/login")
    return client.post("/login", params=query, data={"password": text})


ADDRESSES = [
    "/", "/ask", "/library?lecture=0123456789", "/_stcore/health", "/_stcore/host-config",
    "/_stcore/metrics", "/_stcore/agent/openapi.json", "/media/abc.png", "/component/x/index.html",
    "/static/js/index.js", "/_stcore/bidi-components/x.js", "/login/x", "//login", "/app/static/x",
    "/auth/login", "/oauth2callback",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_sent_before_the_sign_in(wall, address):
    client = client_of(wall)
    for cookie in ("", "a.b.c"):
        for method in ("GET", "HEAD", "POST", "PUT"):
            reply = client.request(method, address, headers={"Cookie": f"{COOKIE}={cookie}"})
            assert reply.status_code == 401, method
            assert "secret" not in reply.text
        page = client.get(address, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"][:12]) == (303, "/login?next=")


def test_no_web_socket_opens_before_the_sign_in(wall):
    client = client_of(wall)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass


def test_the_right_password_sets_a_cookie_that_scripts_and_other_sites_do_not_get(wall):
    client = client_of(wall)
    assert sign_in(client, "wrong wrong").status_code == 403
    assert COOKIE not in client.cookies
    reply = sign_in(client, next="/library?lecture=1")
    assert (reply.status_code, reply.headers["location"]) == (303, "/library?lecture=1")
    [line] = [c for c in reply.headers.get_list("set-cookie") if c.startswith(COOKIE)]
    assert line.endswith("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax")
    assert client.get("/").text == "secret /"
    assert client.get("/").headers["cache-control"] == "private, no-store"
    assert client.get("/_stcore/metrics").status_code == 404
    assert "; Secure" in sign_in(client_of(wall, "https")).headers.get_list("set-cookie")[0]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "a\r\nb"]
)
def test_signing_in_leads_to_this_app_alone(wall, target):
    assert sign_in(client_of(wall), next=target).headers["location"] == "/"


def test_signing_out_ends_the_session_and_its_open_web_socket(wall, monkeypatch):
    monkeypatch.setattr("ui.identity.wall._AGAIN", 0.0)
    client = client_of(wall)
    sign_in(client)
    cookie = client.cookies[COOKIE]
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    with client.websocket_connect("/_stcore/stream", headers=headers) as socket:
        socket.send_text("a")
        assert socket.receive_text() == "a"
        assert client.get("/logout").status_code == 200
        assert client.get("/").status_code == 200  # the page alone signs nobody out
        client.post("/logout")
        socket.send_text("b")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    reply = client.get("/", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert reply.status_code == 401


def test_a_cookie_of_before_does_not_become_that_of_the_session(wall):
    client = client_of(wall)
    sign_in(client)
    before = client.cookies[COOKIE]
    sign_in(client, LECTURERS)
    assert client.cookies[COOKIE] != before
    assert client.get("/", headers={"Cookie": f"{COOKIE}={before}"}).status_code == 401


def test_a_form_without_its_cookie_tries_no_password(wall, monkeypatch):
    def compare(*_):
        raise AssertionError("a password was compared")

    monkeypatch.setattr("ui.identity.wall.role_of_password", compare)
    reply = client_of(wall).post("/login", data={"password": READERS})
    assert reply.status_code == 200
    assert "cookies" in reply.text


def test_the_sign_in_runs_and_fetches_nothing(wall):
    reply = client_of(wall).get("/login", headers={"Accept-Language": "de-DE,de"})
    assert "Passwort" in reply.text
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha")
    assert "script" not in reply.text


# ---- web sockets of open pages ----


def test_a_reader_and_an_address_hold_so_many_web_sockets(app, tmp_path):
    limits = PageSockets(most_of_reader=3, most_of_address=5)
    wall = Wall(_streamlit, app, tmp_path, sockets=limits)

    def opened(client, stack):
        headers = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        return stack.enter_context(client.websocket_connect("/_stcore/stream", headers=headers))

    anna, ben = client_of(wall), client_of(wall)
    sign_in(anna), sign_in(ben)
    with ExitStack() as stack:
        for _ in range(3):
            opened(anna, stack)
        with pytest.raises(WebSocketDisconnect) as refused:
            opened(anna, stack)
        assert refused.value.reason.startswith("3 pages are open")
        sockets = [opened(ben, stack) for _ in range(2)]
        with pytest.raises(WebSocketDisconnect) as refused:
            opened(ben, stack)  # both are at one address
        assert refused.value.reason.startswith("5 pages are open")
        sockets[0].close()
        again = opened(ben, stack)
        again.send_text("a")
        assert again.receive_text() == "a"


def test_runs_of_a_reader_s_pages_are_spaced_and_nobody_else_s():
    now = [0.0]
    sockets = PageSockets(lambda: now[0])
    assert [sockets.run_delay("anna") for _ in range(BURST)] == [0.0] * BURST
    delays = [sockets.run_delay("anna") for _ in range(3)]
    assert delays == pytest.approx([n / PER_SECOND for n in (1, 2, 3)])
    assert sockets.run_delay("ben") == 0.0
    now[0] = 3600.0
    assert sockets.run_delay("anna") == 0.0


def test_a_flood_of_runs_reaches_the_pages_slowly(app, tmp_path):
    limits = PageSockets(burst=2, per_second=5.0)
    client = client_of(Wall(_streamlit, app, tmp_path, sockets=limits))
    sign_in(client)
    message = BackMsg()
    message.rerun_script.SetInParent()
    heartbeat = BackMsg(app_heartbeat=True)
    headers = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    with client.websocket_connect("/_stcore/stream", headers=headers) as socket:
        for one, number, least in ((heartbeat, 20, 0.0), (message, 5, 0.55)):
            begin = time.monotonic()
            for _ in range(number):
                socket.send_bytes(one.SerializeToString())
                socket.receive_text()
            assert time.monotonic() - begin >= least


def test_messages_that_wait_end_with_their_web_socket(app, tmp_path):
    received: list[str] = []

    async def pages(scope, receive, send):
        await send({"type": "websocket.accept"})
        while not received or received[-1] != "websocket.disconnect":
            received.append((await receive())["type"])

    message = BackMsg()
    message.rerun_script.SetInParent()
    limits = PageSockets(burst=1, per_second=0.01)
    client = client_of(Wall(pages, app, tmp_path, sockets=limits))
    sign_in(client)
    headers = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    with client.websocket_connect("/_stcore/stream", headers=headers) as socket:
        for _ in range(1000):  # a day of runs
            socket.send_bytes(message.SerializeToString())
    assert received[0] == "websocket.connect"
    assert received.count("websocket.receive") <= 2


# ---- claims of a provider ----


def test_claims_give_a_role_by_subject_or_verified_mail():
    app = SimpleNamespace(owners=("s-1",), lecturers=("Anna@uni.example",))
    claims = {"iss": "https://uni.example", "sub": "s-2", "email": "anna@uni.example"}
    assert identity_of_claims(app, claims).role == Role.READER  # anybody could type it in
    lecturer = identity_of_claims(app, claims | {"email_verified": True})
    assert (lecturer.role, lecturer.name) == (Role.LECTURER, "anna@uni.example")
    assert identity_of_claims(app, claims | {"sub": "s-1"}).role == Role.OWNER
    assert identity_of_claims(app, claims | {"sub": ""}) is None
    elsewhere = identity_of_claims(app, claims | {"iss": "https://evil.example"})
    assert elsewhere.reader != lecturer.reader
