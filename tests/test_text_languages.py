"""ingest.text.languages: what every language must give, whichever it is."""

from __future__ import annotations

import unicodedata
from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest
import snowballstemmer

from ingest.text.languages import DEFAULT, LANGUAGES, Language, language
from rag.types import DoubtKind
from rag.writer_notes import NoteKind


@pytest.fixture(params=sorted(LANGUAGES))
def spoken(request) -> Language:
    return LANGUAGES[request.param]


def test_the_three_are_registered_by_their_code():
    assert {"en", "de", "fr"} <= set(LANGUAGES)
    assert all(code == value.code for code, value in LANGUAGES.items())


def test_an_unknown_code_is_the_default():
    assert language("") is language("xx") is DEFAULT
    assert language("de") is LANGUAGES["de"]


def test_a_language_is_a_value(spoken):
    with pytest.raises(FrozenInstanceError):
        spoken.code = "xx"
    assert {field.name for field in fields(spoken)} >= {"stop_words", "prompt", "abstention"}


def test_its_stemmer_exists(spoken):
    assert spoken.stemmer in snowballstemmer.algorithms()


def test_its_words_are_small_and_composed(spoken):
    for field in fields(spoken):
        table = getattr(spoken, field.name)
        if isinstance(table, frozenset):
            assert table
            for word in table:
                assert word == unicodedata.normalize("NFC", word.lower())


def test_it_says_everything(spoken):
    for field in fields(spoken):
        if field.type == "str" and field.name != "letters":
            assert getattr(spoken, field.name).strip()


def test_it_names_every_reason_of_doubt(spoken):
    assert "{reasons}" in spoken.doubt
    assert spoken.doubt_reasons.keys() == set(get_args(DoubtKind))
    assert spoken.writer_notes.keys() == set(get_args(NoteKind))
    assert [kind for kind, text in spoken.doubt_reasons.items() if "{words}" in text] == ["missing"]


def test_no_two_languages_say_the_same(spoken):
    for other in LANGUAGES.values():
        if other is not spoken:
            assert other.prompt != spoken.prompt
            assert other.abstention != spoken.abstention
            assert other.doubt != spoken.doubt
            assert other.not_answered != spoken.not_answered


def test_its_patterns_have_the_groups_that_callers_read(spoken):
    assert set(spoken.anaphora.groupindex) == {"pronoun"}
