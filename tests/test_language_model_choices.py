"""What a conversation may switch to, keys by name, and what is told of a server before it is asked."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from rag.errors import BadSettings
from rag.language_models.addresses import remote_server
from rag.language_models.choices import QUOTED, with_choice, writer_choices
from rag.language_models.keys import api_key, save_key
from rag.language_models.servers import expected_kind, sees_images
from rag.settings import ModelSettings, Settings, load_settings
from rag.user_settings import save_user_settings

LAB = {"generator": "openai:qwen", "base_url": "http://lab:8000/v1"}


class DictKeyring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.keys.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.keys[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.keys.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


@pytest.fixture
def own_keyring():
    before = keyring.get_keyring()
    backend = DictKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_a_choice_replaces_the_model_and_writes():
    settings = Settings().with_changes(
        models={"choices": {"lab": LAB}, "api_key_variable": "MY_KEY", "base_url": "http://a/v1"}
    )
    assert writer_choices(settings) == ("", "lab")
    changed = with_choice(settings, "lab")
    assert changed.answer.writer
    assert remote_server(changed.models) == "http://lab:8000"
    # Nothing of the model before stays, above all not its key.
    assert (changed.models.generator, changed.models.api_key_variable) == ("openai:qwen", "")
    assert with_choice(settings, "") is settings
    writing = settings.with_changes(answer={"writer": True})
    assert writer_choices(writing) == ("", QUOTED, "lab")
    writing = writing.with_changes(retrieval={"followups": "rewrite"})
    assert not with_choice(writing, QUOTED).answer.writer
    assert with_choice(writing, QUOTED).retrieval.followups == "expand"  # nothing is sent
    with pytest.raises(
        BadSettings, match=r"'other' in models\.choices; expected one of these: lab"
    ):
        with_choice(settings, "other")


def test_choices_are_kept_in_the_readers_file(monkeypatch, tmp_path):
    monkeypatch.setenv("KATHEDER_CONFIG", str(tmp_path))
    save_user_settings(models={"choices": {"my lab": LAB}})
    [(name, choice)] = load_settings().models.choices.items()
    assert (name, choice.generator, choice.base_url) == ("my lab", *LAB.values())


def test_a_key_of_the_keyring(own_keyring):
    settings = ModelSettings(generator="openai:a", api_key_keyring="lab")
    with pytest.raises(BadSettings, match="`katheder models key lab`"):
        api_key(settings)
    save_key("lab", "sk-secret")
    assert own_keyring.keys == {("katheder", "lab"): "sk-secret"}
    assert api_key(settings) == "sk-secret"
    assert "sk-secret" not in settings.model_dump_json()
    save_key("lab", None)
    with pytest.raises(BadSettings, match="cannot be removed from the system's keyring"):
        save_key("lab", None)
    both = settings.model_copy(update={"api_key_variable": "LAB_KEY"})
    with pytest.raises(BadSettings, match="expected one of them"):
        api_key(both)


@pytest.mark.parametrize(
    ("row", "sees"),
    [
        ({}, None),
        ({"capabilities": ["completion", "vision"]}, True),  # Ollama
        ({"capabilities": ["completion", "multimodal"]}, True),  # llama.cpp
        ({"capabilities": ["completion"]}, False),
        ({"type": "vlm"}, True),  # LM Studio
        ({"type": "llm"}, False),
        ({"architecture": {"input_modalities": ["text", "image"]}}, True),  # OpenRouter
        ({"capabilities": "many"}, None),
    ],
)
def test_a_server_says_whether_its_model_sees(row, sees):
    assert sees_images(row) is sees


@pytest.mark.parametrize(
    ("fields", "name", "untaken"),
    [
        (
            {"generator": "ollama:a"},
            "Ollama",
            {"num_beams", "top_k", "min_p", "repetition_penalty"},
        ),
        ({"generator": "gguf:a"}, "llama.cpp", {"num_beams"}),
        (LAB, "OpenAI-compatible", {"num_beams", "top_k", "min_p", "repetition_penalty"}),
        (
            {"generator": "openai:a"},
            "OpenAI",
            {"num_beams", "top_k", "min_p", "repetition_penalty"},
        ),
    ],
)
def test_what_a_server_does_not_take_is_known_before_it_is_asked(fields, name, untaken):
    kind = expected_kind(ModelSettings(**fields))
    assert (kind.name, set(kind.untaken)) == (name, untaken)


def test_the_bundled_model_has_no_server():
    assert expected_kind(ModelSettings()) is None
    assert remote_server(ModelSettings()) == ""
