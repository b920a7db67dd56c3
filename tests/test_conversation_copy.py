"""ui.conversation_copy: conversations and sessions go to a real PostgreSQL server and back."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from test_conversations import ANSWER
from test_server_tables import PROGRAMS, database, server  # noqa: F401
from typer.testing import CliRunner

from ingest.errors import KathederError
from rag.app_settings import AppSettings
from rag.scope import Scope
from ui.cli import app
from ui.conversation_copy import (
    Place,
    check_places,
    copy_conversations,
    differences,
    move_sessions,
)
from ui.conversations import Conversations
from ui.identity.roles import Identity, Role

ANNA, BERT = (Identity(name.lower(), Role.READER, name) for name in ("Anna", "Bert"))
APP = AppSettings()


@pytest.fixture
def files(tmp_path) -> Place:
    (tmp_path / "library").mkdir()
    place = Place("library", tmp_path / "library")
    fill(place.conversations())
    return place


@pytest.fixture(
    params=[
        "files",
        pytest.param(
            "database",
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(not PROGRAMS, reason="`apt-get install postgresql`"),
            ],
        ),
    ]
)
def other(request, tmp_path) -> Place:
    if request.param == "files":
        (tmp_path / "other").mkdir()
        return Place("other", tmp_path / "other")
    return Place(request.getfixturevalue("database"), tmp_path / "nowhere")


def fill(conversations: Conversations) -> None:
    first, question = conversations.add_question(
        "anna", None, "How long?", Scope("Zoology"), "gguf"
    )
    conversations.save_answer(question, ANSWER)
    conversations.save_feedback(question, True, "a good\0 page", ("cats.pdf", 3))
    _, question = conversations.add_question("bert", None, "And dogs?")
    conversations.save_error(question, "The models are missing.")
    conversations.add_question("anna", first, "And at night?")
    conversations.save_preferences("anna", {"language": "de"})


def content(conversations: Conversations) -> object:
    """All that readers see, without the numbers of the questions."""
    return [
        [
            (found, [exchange_fields(exchange) for exchange in conversations.exchanges(found.id)])
            for found in conversations.search(reader)
        ]
        + [conversations.preferences(reader)]
        for reader in ("anna", "bert")
    ]


def exchange_fields(exchange) -> tuple[object, ...]:
    fields = (exchange.question, exchange.answer, exchange.error, exchange.verdict)
    return (*fields, exchange.comment.replace("\0", "\ufffd"), exchange.scope, exchange.model)


def test_a_copy_reads_as_the_original_and_a_second_one_changes_nothing(files, other):
    source, target = files.conversations(), other.conversations()
    assert copy_conversations(source, target) == (2, 0, 0, 3)
    assert content(target) == content(source)
    assert target.question_set()[0]["gold"] == [{"doc": "cats.pdf", "pages": [3]}]
    before = numbers(target)
    assert copy_conversations(source, target) == (0, 2, 0, 3)
    assert numbers(target) == before
    assert differences(source, target) == []


def numbers(conversations: Conversations) -> list[int]:
    with conversations.transaction() as db:
        return [row[0] for row in db.execute("SELECT id FROM exchanges ORDER BY id")]


def test_a_copy_that_was_interrupted_goes_on_where_it_was(files, other):
    source, target = files.conversations(), other.conversations()

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_conversations(source, target, interrupt)
    assert differences(source, target) == ["missing conversations: 1"]
    assert copy_conversations(source, target) == (1, 1, 0, 3)
    assert content(target) == content(source)


def test_what_was_asked_and_rated_there_comes_back_and_is_not_overwritten(files, other):
    source, target = files.conversations(), other.conversations()
    copy_conversations(source, target)
    [anna] = target.search("anna")
    target.add_question("anna", anna.id, "And on Sundays?")
    target.save_preferences("anna", {"language": "en"})
    target.add_question("carla", None, "Who lives there alone?")
    assert copy_conversations(source, target) == (0, 1, 1, 3)
    assert differences(source, target) == []
    assert target.preferences("anna") == {"language": "en"}
    assert copy_conversations(target, source) == (2, 1, 0, 5)
    assert content(source) == content(target)
    assert [found.title for found in source.search("carla")] == ["Who lives there alone?"]
    [bert] = source.search("bert")
    [exchange] = source.exchanges(bert.id)
    source.save_feedback(
        exchange.id, False
    )  # a thumb does not count as a change of the conversation
    assert differences(source, target) == ["different conversations: 1"]
    assert copy_conversations(source, target) == (1, 2, 0, 5)


def test_a_session_goes_on_in_the_other_place_alone(files, other):
    source, target = files.sessions(), other.sessions()
    cookies = [source.begin(identity, APP) for identity in (ANNA, BERT)]
    assert move_sessions(source, target) == (2, 0)
    source, target = files.sessions(), other.sessions()  # as after a new start
    assert [target.identity_of(cookie, APP).name for cookie in cookies] == ["Anna", "Bert"]
    assert source.all() == []
    target.end(cookies[0])
    assert move_sessions(source, target) == (0, 0)
    assert move_sessions(target, source) == (1, 0)
    assert source.identity_of(cookies[0], APP) is None
    assert source.identity_of(cookies[1], APP).name == "Bert"


def test_sessions_stay_where_the_target_has_its_own(files, other):
    source, target = files.sessions(), other.sessions()
    cookie, own_cookie = source.begin(ANNA, APP), target.begin(BERT, APP)
    assert move_sessions(source, target) == (0, 1)
    source, target = files.sessions(), other.sessions()
    assert source.identity_of(cookie, APP).name == "Anna"
    assert target.identity_of(cookie, APP) is None
    assert target.identity_of(own_cookie, APP).name == "Bert"


def test_places_that_hold_nothing_are_refused(files, tmp_path):
    with pytest.raises(KathederError, match="cannot be copied to itself"):
        check_places(files, files)
    with pytest.raises(KathederError, match="holds no conversations"):
        check_places(Place("empty", tmp_path / "empty"), files)
    with pytest.raises(KathederError, match="There is no library at"):
        check_places(files, Place("empty", tmp_path / "empty"))
    with pytest.raises(KathederError) as refused:
        Place("postgresql://anna:secret@127.0.0.1:9/none", tmp_path).conversations()
    assert "does not answer" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_the_command_prints_counts_and_a_dead_server_in_one_sentence(files, tmp_path):
    (tmp_path / "other").mkdir()
    places = [str(files.folder), str(tmp_path / "other")]
    copy = ["conversations", "copy", *places]
    assert json.loads(CliRunner().invoke(app, [*copy, "--json"]).stdout) == {
        "copied": 2,
        "present": 0,
        "newer": 0,
        "questions": 3,
        "sessions": {"moved": 0, "left": 0},
    }
    assert (
        "0 conversations copied, 2 were there; 3 questions" in CliRunner().invoke(app, copy).stdout
    )
    copy[-1] = "postgresql://anna@127.0.0.1:9/none"
    away = subprocess.run(
        [sys.executable, "-m", "ui.cli", *copy], capture_output=True, text=True, check=False
    )
    assert away.returncode == 1
    [line] = away.stderr.splitlines()
    assert line.startswith(
        "error: The database at postgresql://anna@127.0.0.1:9/none does not answer"
    )


@pytest.mark.slow
@pytest.mark.skipif(not PROGRAMS, reason="`apt-get install postgresql` installs the server")
def test_a_server_that_is_killed_while_it_is_copied_to_loses_nothing(files, server, database):  # noqa: F811
    target = Place(database, files.folder)
    source, copies = files.conversations(), target.conversations()

    def kill(done: int, total: int) -> None:
        server.kill()

    with pytest.raises(KathederError, match="does not answer"):
        copy_until_it_fails(source, copies, kill)
    server.start_again()
    copy_conversations(source, copies)
    assert content(copies) == content(source)


def copy_until_it_fails(source: Conversations, copies: Conversations, kill) -> None:
    copy_conversations(source, copies, kill)
    for _ in range(100):  # the server's processes end one after the other
        copy_conversations(source, copies)
        time.sleep(0.1)
