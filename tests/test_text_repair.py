"""ingest.text.repair: what PDF files break."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.text.repair import is_bullet, join_hyphen, repair_word


@pytest.mark.parametrize(
    ("raw", "repaired"),
    [
        ("verh¨altnis", "verhältnis"),
        ("¨Ubung", "Übung"),
        ("na¨ıve", "naïve"),  # TeX sets the accent over a dotless i
        ("caf´e", "café"),
        ("Erd˝os", "Erd˝os"),  # an accent that stands in no table is left where it is
        ("5¨", "5¨"),
        ("a\u0308hnlich", "ähnlich"),
        ("\U0001d461", "t"),
        ("\U0001d465\U0001d456", "xi"),
        ("ﬁnden", "finden"),
        ("eﬃcient", "efficient"),
        ("x²", "x²"),  # NFKC alone would say x2, another number
        ("10⁻³", "10⁻³"),
        ("½", "½"),
        ("mo\x02del", "model"),
        ("weich\u00adheit", "weichheit"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffstart", "start"),
        ("\uf0b7", "•"),
        ("\uf0e0", "→"),
        ("\uf05b0,1\uf05d", "[0,1]"),
        ("\ue123", ""),
        ("lost\ufffd", "lost"),
        ("☎\ufe0f", "☎"),  # asks for the coloured glyph
        ("≨\ufe00", "≨"),
        ("葛\U000e0100", "葛"),
        ("plain", "plain"),
        ("plain\x7f", "plain"),
        ("\u00a0", ""),
    ],
)
def test_words_come_out_as_a_person_would_type_them(raw, repaired):
    assert repair_word(raw) == repaired


@given(st.text(st.characters(exclude_categories=["Cs", "Zs"]), max_size=12))
@example("a¨b")
@example("¨\x00a")
@example("¨")
@example("1\ufe0f\u20e3")
def test_repaired_words_are_clean_and_stay_as_they_are(raw):
    repaired = repair_word(raw)
    assert unicodedata.is_normalized("NFC", repaired)
    assert not any(letter in "\ufffd " or 0xE000 <= ord(letter) <= 0xF8FF for letter in repaired)
    assert not any(
        unicodedata.category(letter) == "Cc" for letter in repaired if letter not in "\t\n"
    )
    assert not re.search("[\ufe00-\ufe0f\U000e0100-\U000e01ef]", repaired)
    assert repair_word(repaired) == repaired


@pytest.mark.parametrize(
    ("left", "right", "between"),
    [
        ("encour", "ages", ""),
        ("Verhält", "nis,", ""),
        ("bi", "encoder", "-"),  # the file writes bi-encoder elsewhere
        ("Bi", "encoder.", "-"),
        ("BM", "25", "-"),
        ("Nicht", "Linearität", "-"),  # a capital after the break begins a word of its own
        ("2", "dimensional", "-"),
        ("", "word", "-"),
    ],
)
def test_hyphens_at_a_line_end(left, right, between):
    assert join_hyphen(left, right, {"bi-encoder"}) == between


def test_bullets_and_numbers_mark_items():
    assert all(map(is_bullet, ["•", "–", "2.", "(b)", "iv)", "10."]))
    assert not any(map(is_bullet, ["BERT", "100.", "a", "2", "(see"]))
