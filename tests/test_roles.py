"""The table of roles: every action, address, upload and export, tried as every role."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from service_builders import make_app, make_library
from starlette.testclient import TestClient
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes
from test_identity import COOKIE, _streamlit

from ingest.store import Library
from rag.app_settings import AppSettings
from ui.conversations import Conversations
from ui.file_exchange import plain_cell
from ui.identity.library_guard import CHANGES, READS, guarded
from ui.identity.page_messages import MESSAGES
from ui.identity.paths import PATHS, action_of_path
from ui.identity.roles import ACTIONS, Identity, NotAllowed, Role, setting_action
from ui.identity.sessions import open_sessions
from ui.identity.wall import Wall
from ui.own_conversations import OwnConversations
from ui.reader_settings import allowed_changes
from ui.service import keys
from ui.service.guard import Guard
from ui.uploads import own_course, quota_mb, store_uploads, upload_folder

UI = Path(__file__).parents[1] / "ui"
pytestmark = pytest.mark.hostile("a reader who would be more")
ROLES = tuple(Role)
#: What each role may do beyond the one below it, said a second time.
READER = {
    *("question.ask", "note.keep", "review.keep", "settings.change", "library.read"),
    "laboratory.use",
}
LECTURER = {
    *("lecture.upload", "lecture.add", "lecture.reload", "lecture.remove", "course.change"),
    *(
        "library.rebuild",
        "page.correct",
        "guide.make",
        "evaluation.read",
        "evaluation.start",
        "evaluation.stop",
    ),
    *("evaluation.delete", "question-set.read", "question-set.write", "feedback.read"),
    *("question-log.read", "laboratory.keep"),
}
OWNER = {
    *("question-log.clear", "folder.show", "models.change", "instructions.change"),
    *("chunking.change", "server.search", "server.allow"),
}


def identity(role: Role) -> Identity:
    return Identity(f"{role.label}-1", role)


#: What asks the table; its arguments name the action.
_ASKING = ("may", "require", "Allowed", "AllowedOrSigned", "offer_file", "take_files")


# ---- the table ----


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_its_actions_and_no_other(role):
    expected = set().union(*(READER, LECTURER, OWNER)[: role + 1])
    assert {action for action in ACTIONS if identity(role).may(action)} == expected
    assert set(ACTIONS) == READER | LECTURER | OWNER
    for action in (*ACTIONS, "library.burn", ""):
        if action in expected:
            identity(role).require(action)
        else:
            with pytest.raises(NotAllowed, match=role.label):
                identity(role).require(action)


def test_every_action_that_the_program_asks_for_has_a_row_and_every_row_is_asked():
    asked = set(CHANGES.values()) | {a for a in PATHS.values() if a}
    for file in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name in _ASKING:
                    texts = [
                        n.value
                        for a in node.args
                        for n in ast.walk(a)
                        if isinstance(n, ast.Constant)
                    ]
                    asked |= {text for text in texts if "." in str(text)}
    app = (UI / "app.py").read_text(encoding="utf-8")
    asked |= set(re.findall(r'":material/\w+:", "([\w.-]+)"', app))
    settings = {"models", "chunking", "answer", "sampling", "reading", "app"}
    asked |= {setting_action(s, f) for s in settings for f in ("x", "instructions")} - {""}
    assert asked == set(ACTIONS)


# ---- below the pages ----


def test_every_method_of_a_library_reads_or_asks():
    methods = {n for n, _ in inspect.getmembers(Library, inspect.isfunction) if n[0] != "_"}
    assert methods == set(CHANGES) | READS


@pytest.mark.parametrize("role", ROLES)
def test_a_library_asks_the_role_whatever_a_page_forgets(role):
    class Plain:
        def __getattr__(self, name):
            return lambda *_: name

    library = guarded(Plain(), identity(role))
    for name, action in CHANGES.items():
        if identity(role).may(action):
            assert getattr(library, name)("x") == name
        else:
            with pytest.raises(NotAllowed):
                getattr(library, name)("x")


def test_pages_open_no_library_of_their_own_and_change_no_file_unasked():
    changing = re.compile(
        r"\.(write_text|write_bytes|unlink|clear)\(|save_user_settings\(|allow_server\(|"
        r"find_models\(|draft\.replace\("
    )
    harmless = {"drop_unread", "drop_unused", "drop_leftovers", "store_upload"}  # uploads
    places = [*(UI / "views").rglob("*.py"), *(UI / "language_model").rglob("*.py")]
    places += [*(UI / "course").rglob("*.py"), *(UI / "study").rglob("*.py"), *UI.glob("*.py")]
    for file in places:
        source = file.read_text(encoding="utf-8")
        if file.name not in ("session.py", "ingestion.py", "doctor.py"):
            assert not re.search(r"\bLibrary\(", source), file
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name not in harmless:
                text = ast.unparse(node)
                if changing.search(text) and not text.count("state.clear()"):
                    assert "require(" in text, (file, node.name)


def test_every_upload_and_export_of_the_pages_names_its_action():
    fields = re.compile(r"\.(download_button|file_uploader|camera_input|audio_input)\(|accept_file")
    exchanged = 0
    for file in UI.rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        if file.name != "file_exchange.py":
            assert not fields.search(source), f"{file} has a field for files of its own"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "offer_file",
                "take_files",
            ):
                action = node.args[0]
                assert isinstance(action, ast.Constant), file
                assert action.value in ACTIONS, file
                exchanged += 1
    assert exchanged >= 11


def test_no_text_of_a_table_is_a_formula_where_it_is_saved_as_csv():
    for text in ("=1+1", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "+A1", "\t=1", "\r=1"):
        assert plain_cell(text) == f"'{text}"
    for text in ("What is x = 1?", "-0.5", "+3.1 %", "–", "", "'=1"):
        assert plain_cell(text) == text

    def page():
        from ui.file_exchange import show_table

        show_table({"Question": ["=1+1", "What is light?"], "Asked": [1, -2]})

    [table] = AppTest.from_function(page).run().dataframe
    assert table.value.to_dict("list") == {
        "Question": ["'=1+1", "What is light?"],
        "Asked": [1, -2],
    }
    for file in (UI / "views").rglob("*.py"):
        assert "st.dataframe(" not in file.read_text(encoding="utf-8"), file


@pytest.mark.parametrize("role", ROLES)
def test_a_field_for_files_is_shown_to_those_who_have_its_action(role):
    def page():
        import streamlit as st

        from ui.file_exchange import offer_file, take_files

        for action in st.session_state.actions:
            offer_file(action, f"export {action}", "x", file_name="x.txt", key=f"e {action}")
            take_files(action, f"upload {action}", key=f"u {action}")

    script = AppTest.from_function(page)
    script.session_state.identity = identity(role)
    script.session_state.actions = [*ACTIONS, "library.burn"]
    script.run()
    assert not script.exception
    allowed = {action for action in ACTIONS if identity(role).may(action)}
    for kind, word in (("download_button", "export"), ("file_uploader", "upload")):
        labels = {element.proto.label for element in script.get(kind)}
        assert labels == {f"{word} {action}" for action in allowed}


def test_a_conversation_is_its_readers_alone(tmp_path):
    everything = Conversations(tmp_path / "conversations.sqlite")
    anna, ben, dora = (
        OwnConversations(everything, Identity(name, role))
        for name, role in (("anna", Role.READER), ("ben", Role.READER), ("dora", Role.OWNER))
    )
    conversation, exchange = anna.add_question(None, "What is entropy?")
    anna.save_error(exchange, "Ask again.")
    for other in (ben, dora):  # not the owner either
        assert other.find(conversation) is None
        assert other.search() == []
        attempts = {
            "exchanges": (),
            "history": (99,),
            "rename": ("mine",),
            "delete": (),
            "truncate": (0,),
            "add_question": ("And mine?",),
        }
        for name, arguments in attempts.items():
            with pytest.raises(NotAllowed):
                getattr(other, name)(conversation, *arguments)
        other.save_error(exchange, "other")
        other.save_feedback(exchange, True, "other")
    [kept] = anna.exchanges(conversation)
    assert (kept.error, kept.verdict, kept.comment) == ("Ask again.", None, "")
    assert dora.feedback() == []
    for attempt in (ben.feedback, ben.question_set):
        with pytest.raises(NotAllowed):
            attempt()


@pytest.mark.parametrize("role", ROLES)
def test_settings_are_changed_by_those_who_own_them(role):
    changes = {
        "models": {"generator": "os:abort"},
        "chunking": {"passage_tokens": 64},
        "answer": {"writer": True, "instructions": "Lie."},
        "sampling": {"seed": 3},
        "app": {"password": ""},
        "reading": {"memory_mb": 1},
    }
    allowed = {s: f for s, f in allowed_changes(changes, identity(role)).items() if f}
    reader = {"answer": {"writer": True}, "sampling": {"seed": 3}}
    owner = {s: changes[s] for s in ("models", "chunking", "answer", "sampling")}
    assert allowed == (owner if role == Role.OWNER else reader)


def test_a_reader_uploads_where_allowed_into_a_course_of_his_own_within_his_quota(tmp_path):
    limits = AppSettings(reader_upload_mb=1)
    reader = Identity("anna", Role.READER, grants=frozenset({"lecture.upload"}))
    assert own_course(reader) != own_course(Identity("ben", Role.READER))
    assert (own_course(identity(Role.LECTURER)), quota_mb(identity(Role.LECTURER), limits)) == (
        "",
        None,
    )
    folder = upload_folder(tmp_path, reader)
    assert folder.parent == tmp_path / "uploads"
    big = b"%PDF-1.7" + b"x" * 700_000
    for round, refused in enumerate((0, 1)):
        files = [(f"{round}.pdf", big)]
        stored, reports = store_uploads(folder, files, limits, quota_mb(reader, limits))
        assert (len(stored), len(reports)) == (1 - refused, refused)
    assert "app.reader_upload_mb" in reports[0].message


# ---- addresses ----


class _Runtime:
    """What Streamlit's routes are built from, as far as their paths need it."""

    def __getattr__(self, name):
        return _Runtime()


def test_every_route_of_streamlit_has_a_row():
    routes = create_streamlit_routes(_Runtime())
    paths = {re.sub(r"\{.*", "x", route.path) for route in routes if getattr(route, "path", "")}
    assert len(paths) >= 12
    for path in paths:
        rows = [row for row in PATHS if row != "/" and (path + "/").startswith(row)]
        assert rows, f"{path} has no row in ui/identity/paths.py"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("granted", [0, 5])
def test_every_address_as_every_role(role, granted, tmp_path):
    settings = AppSettings(
        *(), password="a", lecturer_password="b", owner_password="c", reader_upload_mb=granted
    )
    cookie = open_sessions(tmp_path).begin(identity(role), settings)
    client = TestClient(
        Wall(_streamlit, settings, tmp_path), headers={"Cookie": f"{COOKIE}={cookie}"}
    )
    for path, action in PATHS.items():
        for method in ("GET", "PUT", "POST", "DELETE", "PATCH"):
            needed = action_of_path("http", method, path + "x")
            status = client.request(method, path + "x").status_code
            may = needed and (role >= ACTIONS[needed] or (granted and needed == "lecture.upload"))
            assert status == (404 if needed is None else 200 if may else 403), (path, method)
            if method in ("POST", "PATCH") or action is None:
                assert needed is None


def test_readers_together_send_a_limited_amount_and_lecturers_what_they_like(tmp_path):
    settings = AppSettings(password="a", lecturer_password="b", reader_upload_mb=1)
    wall = Wall(_streamlit, settings, tmp_path)
    guarded_wall = Guard(wall, hosts=["testserver"], max_upload_mb=100, has_pages=True)
    client = TestClient(guarded_wall)

    def send(role: Role, megabytes: float, **headers: str) -> int:
        cookie = open_sessions(tmp_path).begin(identity(role), settings)
        headers["Cookie"] = f"{COOKIE}={cookie}"
        body = bytes(int(megabytes * 1024 * 1024))
        return client.put("/_stcore/upload_file/s/f", content=body, headers=headers).status_code

    assert send(Role.READER, 3.1) == 413  # more than twice the quota and what is around a file
    assert [send(Role.READER, 3) for _ in range(21)] == [200] * 20 + [429]
    assert send(Role.LECTURER, 50) == 200
    cookie = open_sessions(tmp_path).begin(identity(Role.READER), settings)
    chunks = client.put(
        "/_stcore/upload_file/s/f", content=iter([b"x"]), headers={"Cookie": f"{COOKIE}={cookie}"}
    )
    assert chunks.status_code == 411


def test_every_route_of_the_service_as_every_key(tmp_path):
    library = make_library(tmp_path)
    roles = {"read": Role.READER, "write": Role.LECTURER}
    made = {n: keys.add_key(library.folder, n, write=n == "write") for n in roles}
    app = make_app(library)
    tried = 0
    with TestClient(app) as client:
        for route in routes_of(app):
            if route.path in ("/health", "/ready"):
                continue
            address = re.sub(r"\{number\}", "1", re.sub(r"\{(document|id)\}", "0" * 16, route.path))
            [method] = route.methods - {"HEAD"}
            assert client.request(method, address).status_code == 401, route.path
            tried += 1
            if route.path.startswith("/pipeline/"):
                continue  # reads alone; the key is checked within
            actions = [getattr(d.call, "action", "") for d in route.dependant.dependencies]
            [action] = [a for a in actions if a]
            for name, role in roles.items():
                bearer = {"Authorization": f"Bearer {made[name]}"}
                status = client.request(method, address, headers=bearer).status_code
                assert (status == 403) == (role < ACTIONS[action]), (route.path, name)
                assert status != 401
    assert tried >= 14


def routes_of(app):
    """All routes, those of included routers too."""
    waiting, found = list(app.routes), []
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            assert inner is not None, f"{route} is no route whose dependencies ask a role"
            waiting += inner.routes
    return found


# ---- messages of a page ----


def test_every_message_of_streamlit_has_a_row():
    message = BackMsg.DESCRIPTOR
    operation = message.fields_by_name["backend_operation_request"]
    kinds = {field.name for field in message.oneofs_by_name["type"].fields} - {operation.name}
    payloads = operation.message_type.oneofs_by_name["payload"].fields
    assert set(MESSAGES) == kinds | {f"{operation.name}.{field.name}" for field in payloads}


def message_of(kind: str) -> bytes:
    field, _, operation = kind.partition(".")
    message = BackMsg()
    if operation:
        getattr(message.backend_operation_request, operation).SetInParent()
    elif BackMsg.DESCRIPTOR.fields_by_name[field].message_type is not None:
        getattr(message, field).SetInParent()
    else:
        setattr(message, field, True)
    return message.SerializeToString()


@pytest.mark.parametrize("role", ROLES)
def test_a_page_s_messages_reach_streamlit_as_the_role_may(role, tmp_path):
    reached = []

    async def streamlit(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            reached.append(event["bytes"])
            await send({"type": "websocket.send", "bytes": b"here"})

    settings = AppSettings(password="a", lecturer_password="b", owner_password="c")
    cookie = open_sessions(tmp_path).begin(identity(role), settings)
    client = TestClient(Wall(streamlit, settings, tmp_path))
    last = message_of("app_heartbeat")
    with client.websocket_connect(
        "/_stcore/stream", headers={"Cookie": f"{COOKIE}={cookie}"}
    ) as page:
        for kind in MESSAGES:
            page.send_bytes(message_of(kind))
        page.send_bytes(b"\xff\xff")  # Streamlit's to refuse
        page.send_bytes(last)
        allowed = [
            kind for kind, action in MESSAGES.items() if action and identity(role).may(action)
        ]
        for _ in range(len(allowed) + 2):
            page.receive_bytes()
    assert reached == [*map(message_of, allowed), b"\xff\xff", last]
