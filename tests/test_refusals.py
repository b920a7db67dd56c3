"""Refusals of files in German."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import UnreadableFile
from ingest.readers import read
from ui.refusals import GERMAN_REFUSALS, german_refusal

INGEST = Path(__file__).parents[1] / "ingest"


def refusals_of_the_readers() -> Iterator[str]:
    """The texts after a file's name that readers raise, with {} for their values."""
    for path in INGEST.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UnreadableFile":
                parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else []
                text = "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)
                reason = text.removeprefix("{}: ")
                if reason.replace("{}", "").strip("; "):
                    yield reason


def test_each_refusal_of_a_reader_has_a_german_text():
    reasons = set(refusals_of_the_readers())
    assert len(reasons) > 20
    for reason in reasons - {"cannot be read ({}); {}"}:
        said = german_refusal("deck.pdf: " + reason.replace("{}", "3"))
        assert said.startswith("deck.pdf: "), reason
        assert said != "deck.pdf: " + reason.replace("{}", "3"), reason


def test_translations_have_the_same_values():
    for english, german in GERMAN_REFUSALS.items():
        assert english.count("{}") == german.count("{}")


@pytest.mark.parametrize(
    ("data", "german"),
    [
        (b"", "ist leer (0 Bytes); noch einmal exportieren oder herunterladen"),
        (b"<html>", "ist keine PDF-Datei (sie beginnt mit b'<html>'); als PDF exportieren"),
        (b"%PDF-1.7\n", "ist abgeschnitten oder beschädigt; noch einmal exportieren oder herunterladen"),
    ],
)  # fmt: skip
def test_what_a_reader_refuses_is_told_in_german(tmp_path, data, german):
    file = tmp_path / "week 1: intro.pdf"
    file.write_bytes(data)
    with pytest.raises(UnreadableFile) as refusal:
        read(file, None)
    assert german_refusal(str(refusal.value)) == f"week 1: intro.pdf: {german}"


def test_other_messages_stay_as_they_are():
    assert german_refusal("reading was stopped") == "reading was stopped"
    assert german_refusal("a.pdf: something else") == "a.pdf: something else"
