"""ingest.text.names: capitals and figures."""

from __future__ import annotations

import pytest

from ingest.text.languages import language
from ingest.text.names import candidate_proper_nouns, is_in_capitals


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        ("en", "How does Mamba replace attention in GPT-4?", ["GPT-4", "Mamba"]),
        ("en", "what is node2vec, and what a VAE", ["node2vec", "VAE"]),
        ("en", "Why do deep networks learn?", []),
        ("en", "What is an AND gate?", ["AND"]),
        ("de", "Wozu dient die Normalisierung in einem Netz mit LoRA?", ["LoRA"]),
        ("de", "Was macht das MIT anders als BIN?", ["MIT", "BIN"]),
        ("de", "Was ist Überanpassung?", []),  # every German noun has a capital
        ("fr", "Que dit Émile sur un réseau de Hopfield ?", ["Émile", "Hopfield"]),
    ],
)
def test_names(code, text, names):
    assert sorted(candidate_proper_nouns(text, language(code))) == sorted(names)


def test_a_name_is_given_once():
    assert candidate_proper_nouns("BERT or BERT?", language("en")) == ["BERT"]


def test_words_in_capitals():
    assert all(map(is_in_capitals, ["AND", "OR", "MIT", "BIN", "ÜBER"]))
    assert not any(map(is_in_capitals, ["And", "and", "I", "A", "GPT4", "4", ""]))
