"""ingest.text.sentences, by the abbreviations of each language."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.languages import LANGUAGES, language
from ingest.text.sentences import sentences_of


@pytest.mark.parametrize(
    ("code", "text", "sentences"),
    [
        ("en", "One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("en", "See e.g. Fig. 3 and Eq. 4. Stop.", ["See e.g. Fig. 3 and Eq. 4.", "Stop."]),
        ("en", "It costs 3.5 euro. Next.", ["It costs 3.5 euro.", "Next."]),
        ("en", "By A. Turing in 1950. Later.", ["By A. Turing in 1950.", "Later."]),
        ("en", "He said “stop.” Then he went.", ["He said “stop.”", "Then he went."]),
        ("en", "first line\nsecond line", ["first line", "second line"]),
        ("en", "3. Third item. Go on.", ["3. Third item.", "Go on."]),
        ("en", "  \n ", []),
        ("de", "Das gilt z. B. Für alle. Über n.", ["Das gilt z. B. Für alle.", "Über n."]),
        ("de", "Siehe Abb. 3 bzw. Kap. 2. Ende.", ["Siehe Abb. 3 bzw. Kap. 2.", "Ende."]),
        (
            "zh",
            "熵是什么？它很小。第3章「完。」再见!好",
            ["熵是什么？", "它很小。", "第3章「完。」", "再见!", "好"],
        ),
        ("ja", "学習する。そして終わる", ["学習する。", "そして終わる"]),
        ("en", "Wow!important is one word", ["Wow!important is one word"]),
        ("fr", "Voir p. ex. Fig. 3. Voilà. Été.", ["Voir p. ex. Fig. 3.", "Voilà.", "Été."]),
        ("fr", "Il dit « non. » « Oui », dit-elle.", ["Il dit « non. »", "« Oui », dit-elle."]),
    ],
)
def test_sentences(code, text, sentences):
    assert [text[start:end] for start, end in sentences_of(text, language(code))] == sentences


def test_an_abbreviation_counts_in_its_own_language_alone():
    text = "Es gilt bzw. Regel 2."
    assert len(sentences_of(text, language("de"))) == 1
    assert len(sentences_of(text, language("en"))) == 2


@given(st.text(st.sampled_from("aB. \n!?”3É"), max_size=60), st.sampled_from(sorted(LANGUAGES)))
def test_sentences_cover_every_letter_once(text, code):
    offsets = sentences_of(text, language(code))
    assert all(start < end for start, end in offsets)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(offsets))
    joined = "".join(text[start:end] for start, end in offsets)
    assert "".join(joined.split()) == "".join(text.split())
    assert all("\n" not in text[start:end] for start, end in offsets)
