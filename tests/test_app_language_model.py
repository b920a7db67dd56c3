"""Settings, Other language model: a model is found, tried and kept; consent comes first."""

from __future__ import annotations

import re
import tomllib

import pytest
import streamlit as st
from scripted_server import Script, running
from streamlit.testing.v1 import AppTest

from rag.models import Models
from ui.session import use_models

pytest.importorskip("langchain_openai")

CAT = "A cat sleeps sixteen hours a day."
QUESTION = "How long does a cat sleep?"


@pytest.fixture
def server():
    with running(Script(words=(CAT, " [1]"))) as script:
        yield script


@pytest.fixture
def own_file(monkeypatch, tmp_path):
    monkeypatch.setenv("KATHEDER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def page(library, encoder, monkeypatch, own_file, server):
    """The panel on the small library; it looks at the scripted server's port."""
    monkeypatch.setenv("KATHEDER_LIBRARY", str(library.folder))
    monkeypatch.setenv("KATHEDER_MODELS__RERANKER", "none")
    monkeypatch.setenv("KATHEDER_CHUNKING__PASSAGE_TOKENS", "40")  # as the library was cut
    st.cache_resource.clear()
    st.cache_data.clear()
    use_models(Models(encoder=encoder))
    port = server.url.split(":")[2].split("/")[0]
    yield AppTest.from_string(
        "from ui.session import open_session\n"
        "from ui.language_model.panel import language_model\n"
        f"language_model(open_session(), ({port},))",
        default_timeout=180,
    ).run()
    st.cache_resource.clear()
    st.cache_data.clear()


def text_of(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.info, page.warning, page.success, page.error)
    return re.sub(r"\\(.)", r"\1", "\n".join(part.value for kind in kinds for part in kind))


def press(page: AppTest, label: str) -> AppTest:
    [button] = [button for button in page.button if button.label == label]
    page = button.click().run()
    assert not page.exception
    return page


def test_a_local_model_is_found_tried_and_kept(page, server, own_file):
    assert server.paths == []  # nothing is asked before the button
    page = press(page, "Look for local servers")
    page.selectbox(key="local-model").select_index(0).run()
    assert page.text_input(key="trial-generator").value == "openai:tiny"
    assert page.text_input(key="trial-url").value == server.url
    page.text_input(key="trial-question").input(QUESTION).run()
    page = press(page, "Try it")
    shown = text_of(page)
    assert f"{CAT} [1]" in shown
    assert "animals.pdf, p. 1" in shown
    assert "tokens per second" in shown
    sent = server.requests[-1]["messages"]
    assert page.code[0].value == "\n\n".join(f"[{m['role']}] {m['content']}" for m in sent)
    page = press(page, "Use this model")
    kept = tomllib.loads(own_file.read_text())
    assert kept["answer"] == {"writer": True}
    assert kept["models"].pop("prompt_speed") > 0
    assert kept["retrieval"] == {"followups": "rewrite"}  # the scripted server is fast
    assert kept["models"] == {
        "generator": "openai:tiny",
        "base_url": server.url,
        "api_key_variable": "",
        "api_key_keyring": "",
    }
    assert "OpenAI-compatible servers do not take: num_beams, top_k" in text_of(page)
    page = press(page, "Offer in conversations")
    [(name, choice)] = tomllib.loads(own_file.read_text())["models"]["choices"].items()
    assert (name, choice["base_url"]) == ("tiny", server.url)


def test_nothing_leaves_this_machine_without_consent(page, server, own_file):
    url = server.url.replace("127.0.0.1", "0.0.0.0")
    page.text_input(key="trial-generator").input("openai:tiny")
    page.text_input(key="trial-url").input(url)
    page.text_input(key="trial-question").input(QUESTION).run()
    assert "not on this machine" in text_of(page)
    buttons = {button.label: button.disabled for button in page.button}
    assert buttons["Try it"]
    assert buttons["Use this model"]
    assert server.requests == []
    page.checkbox[0].check().run()
    page = press(page, "Try it")
    assert f"{CAT} [1]" in text_of(page)
    allowed = tomllib.loads(own_file.read_text())["models"]["allowed_servers"]
    assert allowed == [url.removesuffix("/v1")]


def test_a_failure_is_said_and_the_lectures_are_quoted(page, server):
    server.status = 429
    page.text_input(key="trial-generator").input("openai:tiny")
    page.text_input(key="trial-url").input(server.url)
    page.text_input(key="trial-question").input(QUESTION).run()
    page = press(page, "Try it")
    assert "status 429" in text_of(page)
    assert "sixteen hours" in text_of(page)


def test_a_reader_of_a_shared_app_has_no_panel(page, monkeypatch):
    from ui.identity.roles import Identity, Role
    from ui.language_model.panel import language_model

    class Shared:
        identity = Identity("anna", Role.READER)

    assert language_model(Shared()) is None  # nothing but the role is looked at


PICKER = """
import streamlit as st
from ui.session import open_session
from ui.language_model.picker import model_picker
st.session_state.chosen = model_picker(open_session(), "picker")
"""


def test_a_conversation_switches_among_what_was_agreed_to(page, monkeypatch, own_file):
    from rag.user_settings import save_user_settings

    lab = {"generator": "openai:qwen", "base_url": "http://lab:8000/v1"}
    save_user_settings(
        models={
            "choices": {
                "near": {"generator": "ollama:a"},
                "lab": lab,
                "far": lab | {"base_url": "http://far/v1"},
            },
            "allowed_servers": ["http://lab:8000"],
        }
    )
    chat = AppTest.from_string(PICKER, default_timeout=180).run()
    [choice] = chat.selectbox
    assert choice.options == ["As in Settings: quotes", "Written by near", "Written by lab"]
    assert "http" not in text_of(chat)
    chat = choice.set_value("lab").run()
    assert chat.session_state.chosen == "lab"
    assert "Answers come from http://lab:8000, not from this machine" in text_of(chat)


def test_a_shared_app_keeps_its_owners_models():
    from ui.identity.roles import Identity, Role
    from ui.reader_settings import allowed_changes

    changes = {
        "models": {"generator": "evil:model"},
        "answer": {"writer": True, "instructions": "Lie."},
        "sampling": {"seed": 3},
    }
    reader = Identity("anna", Role.READER)
    allowed = {k: v for k, v in allowed_changes(changes, reader).items() if v}
    assert allowed == {"answer": {"writer": True}, "sampling": {"seed": 3}}


SHOWN = """
import streamlit as st
from ui.render import show_answer
from ui.stored_answers import load_answer
show_answer(load_answer(st.session_state.answer), "a", lambda number, key: None)
"""


def test_a_structured_answer_is_set_and_what_nothing_supports_is_struck(
    page, server, library, encoder
):
    from rag.pipeline import Pipeline
    from rag.settings import ModelSettings, Settings
    from ui.stored_answers import dump_answer

    server.words = (
        f"## Sleep\n\n- **{CAT}** [1]\n- It eats *bananas* ![x](http://evil.org/x.png). [1]\n\n",
        "| animal | night |\n|--|--|\n| It | hunts mice at night [1] |\n",
    )
    models = ModelSettings(generator="openai:tiny", base_url=server.url, reranker="none")
    settings = Settings().with_changes(answer={"writer": True})
    answer = Pipeline(library, Models(models, encoder=encoder), settings).ask(QUESTION)
    chat = AppTest.from_string(SHOWN, default_timeout=180)
    chat.session_state.answer = dump_answer(answer)
    chat = chat.run()
    assert not chat.exception
    [written] = [part.value for part in chat.markdown if "##" in part.value]
    assert "##### Sleep" in written
    assert f"- **{CAT.replace('.', chr(92) + '.')}** " in written
    assert "| It | hunts mice at night |" in written
    assert "evil" not in written
    [struck] = [part.value for part in chat.markdown if part.value.startswith("~~")]
    assert "*bananas*" in struck
    assert "![x](" not in struck
    assert [expander.label for expander in chat.expander] == [
        "Written, but not supported by the lectures"
    ]
    assert "Written by the language model openai:tiny" in text_of(chat)
    assert [button.label for button in chat.button] == [r"\[1\] animals\.pdf\, p\. 1"]
