"""ui.server_tables: conversations and sessions on a real PostgreSQL server, shared by two processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_conversations import (  # noqa: F401
    # what conversations promise, wherever they are kept
    ANSWER,
    test_conversations_are_the_readers_own_and_the_last_changed_comes_first,
    test_long_questions_are_shortened_to_a_title,
    test_many_threads_write_without_mixing,
    test_preferences_are_saved_by_reader,
    test_rename_delete_and_truncate,
    test_search_looks_at_titles_questions_and_answers,
    test_the_lectures_that_were_asked_are_stored_and_exported,
    test_thumbs_become_a_question_set_that_evaluate_reads,
    test_what_a_program_sends_is_cut_to_what_a_page_takes,
)

from ingest.errors import KathederError
from rag.app_settings import AppSettings
from ui.conversations import Conversations
from ui.identity.roles import Identity, Role
from ui.identity.sessions import Sessions, existing_sessions
from ui.server_tables import ServerTables

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
NOWHERE = Path("no-file.sqlite")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAMS, reason="`apt-get install postgresql` installs the server"),
]


class Server:
    """A PostgreSQL server of its own, as a user without rights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        options = ["--auth=trust", "--username=katheder", "--no-sync", "--encoding=UTF8"]
        self._run("initdb", *options, str(folder / "data"))
        self.start()

    def start(self) -> None:
        where = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -F"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", where)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.folder / "data"))

    def kill(self) -> None:
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def start_again(self) -> None:
        """Start it as soon as the processes of the killed one have ended."""
        for _ in range(100):
            with contextlib.suppress(subprocess.CalledProcessError):
                return self.start()
            time.sleep(0.1)
        raise TimeoutError

    def database(self, name: str) -> str:
        """The address of a new database."""
        at = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "katheder"]
        self._run("createdb", *at, name)
        return f"postgresql://katheder@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self.own_user, str(PROGRAMS[-1] / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="katheder-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    running = Server(folder)
    yield running
    running.stop()
    shutil.rmtree(folder)


@pytest.fixture
def database(server, request) -> str:
    return server.database(f"d{abs(hash(request.node.nodeid))}")


@pytest.fixture
def conversations(database) -> Conversations:
    return Conversations(NOWHERE, database)


SECOND_PROCESS = """
import sys
from pathlib import Path
from rag.app_settings import AppSettings
from ui.conversations import Conversations
from ui.identity.sessions import Sessions
address, conversation, cookie = sys.argv[1:]
conversations = Conversations(Path("no-file.sqlite"), address)
[exchange] = conversations.exchanges(conversation)
print(exchange.answer.text)
conversations.add_question("anna", conversation, "And\\0 at night?")
print(Sessions(Path("no-file.sqlite"), address).identity_of(cookie, AppSettings()).name)
"""


def test_a_second_process_goes_on_with_a_conversation_and_a_session(conversations, database):
    sessions = Sessions(NOWHERE, database)
    cookie = sessions.begin(Identity("anna", Role.READER, "Anna"), AppSettings())
    conversation, first = conversations.add_question("anna", None, "How long?")
    conversations.save_answer(first, ANSWER)
    done = subprocess.run(
        [sys.executable, "-c", SECOND_PROCESS, database, conversation, cookie],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [ANSWER.text, "Anna"]
    questions = [exchange.question for exchange in conversations.exchanges(conversation)]
    assert questions == ["How long?", "And\ufffd at night?"]
    assert sessions.end_all() == 1
    assert sessions.identity_of(cookie, AppSettings()) is None
    assert existing_sessions(Path("no-folder"), database).all() == []
    assert not NOWHERE.exists()


def test_tables_of_a_newer_format_are_refused(conversations, database):
    with pytest.raises(
        KathederError, match="format 1, and this version of Katheder reads formats up to 0"
    ):
        ServerTables(database, "conversations", (), KathederError)


def test_an_error_takes_all_changes_back(conversations, database):
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(ServerTables(database, "conversations", ((),), KathederError))
    assert conversations.preferences("anna") == {}


def insert_and_fail(tables: ServerTables) -> None:
    with tables.transaction() as db:
        db.execute("INSERT INTO preferences VALUES ('anna', '{}')")
        raise ZeroDivisionError


def test_a_killed_server_is_named_and_nothing_saved_is_lost(conversations, server):
    conversation, _ = conversations.add_question("anna", None, "How long?")
    server.kill()
    with pytest.raises(KathederError, match=rf"127.0.0.1:{server.port}/.* does not answer"):
        ask_until_it_fails(conversations)
    server.start_again()
    assert conversations.find("anna", conversation).title == "How long?"


def ask_until_it_fails(conversations: Conversations) -> None:
    for _ in range(100):  # the server's processes end one after the other
        conversations.search("anna")
        time.sleep(0.1)


def test_another_address_is_refused_without_its_password():
    with pytest.raises(KathederError, match="expected postgresql://USER@HOST/NAME") as refused:
        Conversations(NOWHERE, "mysql://anna:secret@host/name")
    assert "secret" not in str(refused.value)
