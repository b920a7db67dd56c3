"""A shared app in a real Chromium: two profiles, a password, and a provider on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect
from scripted_server import Script
from scripted_server import running as scripted
from test_browser import ROOT, screenshot

from ingest.store import Library
from ui.identity.password import hashed
from ui.identity.sessions import COOKIE, FILE, Sessions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.hostile("two browsers at a shared app"),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]
READERS, LECTURERS = "correct horse", "battery staple"
QUESTION = "How long does a cat sleep?"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 600
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)


@contextmanager
def running(
    *command: str, healthy: str, before: Sequence[str] = (), **environment: str
) -> Iterator[None]:
    process = subprocess.Popen(
        [*before, sys.executable, *command], env=os.environ | environment, cwd=ROOT
    )
    try:
        wait_for(healthy, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """One lecture, read with the real encoder."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "cats.md").write_text("# Cats\n\nA cat sleeps sixteen hours a day.\n")
    subprocess.run(
        [sys.executable, "-m", "ui.cli", "ingest", folder / "cats.md", "--library", folder / "lib"],
        cwd=ROOT,
        check=True,
    )
    return folder / "lib"


@contextmanager
def shared_app(library: Path, **settings: object) -> Iterator[str]:
    port = int(str(settings.pop("port", 0))) or free_port()
    proxy, environment = settings.pop("proxy", ""), settings.pop("environment", {})
    file = library.parent / f"{port}.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    file.write_text("\n".join(["[app]", "guides = false", *lines]))
    url = f"http://127.0.0.1:{port}"
    with running(
        *("-m", "ui.cli", "ui", "--headless", f"--port={port}", f"--settings={file}"),
        *("--library", str(library), f"--behind-proxy={proxy}"),
        healthy=f"{url}/health",
        KATHEDER_CONFIG=str(library.parent / "config"),
        HF_HUB_OFFLINE="1",
        OIDC_CLIENT_SECRET="a secret of the provider",
        **environment,
    ):
        yield url


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with screenshot.browser() as browser:
        yield browser


def say(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def titles(page: Page) -> list[str]:
    names = page.locator('[class*="st-key-go-"] button').all_inner_texts()
    return [name.strip() for name in names]


def test_two_profiles_with_the_password_see_nothing_of_each_other(library, opened):
    passwords = {"password": hashed(READERS), "lecturer_password": hashed(LECTURERS)}
    with shared_app(library, **passwords) as url:
        anna, ben = screenshot.visit(opened, url), screenshot.visit(opened, f"{url}/library")
        say(anna, "a wrong guess")
        expect(anna.get_by_role("alert")).to_contain_text("Wrong password")
        say(anna, READERS)
        screenshot.ready(anna)
        screenshot.ask(anna, QUESTION)
        assert titles(anna) == [QUESTION]
        address = anna.url
        assert "?c=" in address
        anna.reload()
        expect(anna.get_by_text("sixteen hours").first).to_be_visible(timeout=60_000)
        script = "document.cookie"
        assert COOKIE not in anna.evaluate(script)
        pictures = anna.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
        media = [name for name in pictures if "/media/" in name]

        say(ben, READERS)
        expect(ben).to_have_url(f"{url}/library")
        expect(ben.get_by_role("heading", name="Library")).to_be_visible(timeout=60_000)
        assert ben.get_by_text("Add files").count() == 0  # a reader only reads
        ben.goto(address)
        screenshot.ready(ben)
        assert ben.get_by_text("sixteen hours").count() == 0
        assert titles(ben) == []
        for name in ("evaluate", "lecturers"):
            ben.goto(f"{url}/{name}")
            expect(ben.get_by_role("dialog", name="Page not found")).to_be_visible(timeout=60_000)

        stranger = opened.new_context()
        for name in (address, f"{url}/_stcore/metrics", f"{url}/media/x.png", *media):
            reply = stranger.request.get(name, headers={"Accept": "*/*"})
            assert reply.status == 401, name

        # The owner ends all sessions: the open page of each stops, and a reload asks again.
        assert Sessions(library / FILE).end_all() >= 2
        anna.goto(url)
        expect(anna.get_by_label("Password")).to_be_visible()
        with_cookie = screenshot.visit(opened, url)
        say(with_cookie, LECTURERS)
        screenshot.ready(with_cookie)
        screenshot.open_page(with_cookie, url, "Library")
        expect(with_cookie.get_by_text("Add files").first).to_be_visible()
        screenshot.open_page(with_cookie, url, "Settings")
        with_cookie.get_by_role("link", name="Sign out").click()
        with_cookie.get_by_role("button", name="Sign out").click()
        expect(with_cookie.get_by_label("Password")).to_be_visible()


def test_a_university_s_sign_on_tells_who_somebody_is(library, opened):
    pytest.importorskip("oidc_provider_mock")
    provider, port = free_port(), free_port()
    users = (
        {"sub": "anna", "email": "anna@uni.example", "email_verified": True, "name": "Anna"},
        {"sub": "ben", "email": "anna@uni.example", "name": "Ben"},  # an address that he typed in
    )
    claims = [word for user in users for word in ("--user-claims", json.dumps(user))]
    issuer = f"http://127.0.0.1:{provider}"
    with (
        running(
            *("-m", "oidc_provider_mock", "--port", str(provider), *claims),
            healthy=f"{issuer}/.well-known/openid-configuration",
        ),
        shared_app(
            library,
            port=port,
            auth="oidc",
            oidc_metadata=f"{issuer}/.well-known/openid-configuration",
            oidc_client="katheder",
            address=f"http://127.0.0.1:{port}",
            lecturers=["anna@uni.example"],
        ) as url,
    ):

        def sign_in(page: Page, name: str) -> None:
            page.get_by_role("link", name="Sign in with your institution").click()
            page.get_by_role("button", name=name, exact=True).click()
            screenshot.ready(page)

        anna, ben = screenshot.visit(opened, url), screenshot.visit(opened, url)
        sign_in(anna, "anna")
        screenshot.ask(anna, QUESTION)
        address = anna.url
        screenshot.open_page(anna, url, "Settings")
        expect(anna.get_by_text("Signed in as Anna (lecturer)")).to_be_visible()

        sign_in(ben, "ben")
        screenshot.open_page(ben, url, "Settings")
        expect(ben.get_by_text("Signed in as Ben (reader)")).to_be_visible()
        ben.goto(address)
        screenshot.ready(ben)
        assert ben.get_by_text("sixteen hours").count() == 0

        # Expired: the next page asks for the sign-in, and leads back to the same conversations.
        assert Sessions(library / FILE).end_all() >= 2
        anna.goto(url)
        sign_in(anna, "anna")
        assert titles(anna) == [QUESTION]

        # Signed out at the provider too; another person in the same browser sees nothing.
        screenshot.open_page(anna, url, "Settings")
        anna.get_by_role("link", name="Sign out").click()
        anna.get_by_role("button", name="Sign out").click()
        expect(anna).to_have_url(re.compile("end_session"), timeout=60_000)
        anna.goto(url)
        sign_in(anna, "ben")
        assert titles(anna) == []


def test_a_reader_uploads_into_a_course_of_his_own_within_a_quota(library, opened, tmp_path):
    shutil.copytree(library, own := tmp_path / "lib")
    files = {
        "dogs.md": b"# Dogs\n\nA dog guards the house at night.\n",
        "torn.pdf": b"%PDF-1.7 and then nothing",
        "false.pdf": b"no PDF at all",
        "large.md": b"# Large\n\n" + b"A word and another. " * 60_000,
        "program.exe": b"MZ",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    def stored() -> list[str]:
        return sorted(file.name for file in (own / "uploads").rglob("*") if file.is_file())

    def send(page: Page, *names: str) -> None:
        field = page.get_by_test_id("stFileUploaderDropzoneInput")
        field.set_input_files([tmp_path / name for name in names])

    with shared_app(own, password=hashed(READERS), reader_upload_mb=1) as url:
        anna = screenshot.visit(opened, f"{url}/library")
        say(anna, READERS)
        expect(anna.get_by_text("Your files go into the course")).to_be_visible(timeout=60_000)
        send(anna, "dogs.md")
        expect(anna.get_by_text("Uploads").first).to_be_visible(timeout=60_000)
        expect(anna.get_by_text(re.compile("dogs.md: added"))).to_be_visible(timeout=60_000)
        assert stored() == ["dogs.md"]
        # Another reader with the same password looks on.
        ben = screenshot.visit(opened, f"{url}/library")
        say(ben, READERS)
        place = ben.get_by_text("Your files go into the course")
        expect(place).to_be_visible(timeout=60_000)
        # What is refused, or cannot be read, is named to its reader and leaves nothing.
        for name, words in (
            ("torn.pdf", "torn.pdf: is cut off or damaged"),
            ("false.pdf", "false.pdf: not a PDF"),
            ("large.md", "app.reader_upload_mb"),
            ("program.exe", "not allowed"),
        ):
            send(anna, name)
            expect(anna.get_by_text(re.compile(re.escape(words))).first).to_be_visible(
                timeout=60_000
            )
            assert str(tmp_path) not in anna.content()
            assert stored() == ["dogs.md"], name
            assert ben.get_by_text(name).count() == 0
        [document] = [one for one in Library(own).documents() if one.file == "dogs.md"]
        [course] = [one for one in Library(own).courses() if document.id in one.documents]
        assert re.fullmatch("Uploads [0-9a-f]{6}", course.name)

        # The other's files go into a course of his own.
        assert course.name not in place.inner_text()
        for name in ("Remove", "Read again", "Rebuild"):
            assert ben.get_by_text(name, exact=False).count() == 0, name


def test_a_closed_page_ends_its_work_and_is_answered_when_it_is_opened_again(library, opened):
    script = Script(words=["A cat sleeps ", "sixteen hours a day [1]."], hang=1)  # in the middle
    with scripted(script):
        environment = {
            "KATHEDER_MODELS__GENERATOR": "openai:tiny",
            "KATHEDER_MODELS__BASE_URL": script.url,
            "KATHEDER_ANSWER__WRITER": "true",
        }
        with shared_app(library, environment=environment) as url:
            page = screenshot.visit(opened, url)
            screenshot.ready(page)
            page.get_by_placeholder("Ask the lectures").fill(QUESTION)
            page.keyboard.press("Enter")
            expect(page.get_by_text("A cat sleeps").last).to_be_visible(timeout=120_000)
            expect(page).to_have_url(re.compile(r"\?c="))
            address, before = page.url, len(script.requests)
            page.context.close()
            assert script.ended.wait(60), "the model works on"
            script.hang = None
            again = screenshot.visit(opened, address)
            expect(again.get_by_role("button", name="Copy", exact=True)).to_have_count(
                1, timeout=120_000
            )
            assert len(script.requests) > before
