"""ingest.text.captions: captions are told from sentences that speak of a table."""

import pytest

from ingest.text.captions import is_figure_caption, is_table_caption


@pytest.mark.parametrize(
    "text",
    [
        "Table 3: Nets",
        "Tab. 2.1 Netze",
        "TABLE IV",
        "Tabelle 1 – Kosten",
        "表 2：结果",
        "Tableau 1. Coût",
    ],
)
def test_a_table_s_caption_has_its_word_and_number(text):
    assert is_table_caption(text)


@pytest.mark.parametrize(
    "text", ["Table 3 shows the nets.", "Tables are useful: 3", "Figure 3: Nets", "Tabletop 3: no"]
)
def test_a_sentence_about_a_table_is_none(text):
    assert not is_table_caption(text)


def test_figures_have_their_own_words():
    assert is_figure_caption("Abb. 3: Ein Netz")
    assert is_figure_caption("Fig. 2 – A net")
    assert not is_figure_caption("Figure 3 shows a net.")
