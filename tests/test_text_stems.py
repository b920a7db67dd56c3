"""ingest.text.stems: other forms and spellings of a word have its stem."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.languages import LANGUAGES, language
from ingest.text.stems import stem


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("en", ["network", "networks", "Networks", "NETWORK"]),
        ("en", ["encode", "encoder", "encoding"]),
        ("en", ["naive", "naïve", "nai\u0308ve"]),
        ("de", ["Überanpassung", "Ueberanpassung", "Uberanpassung", "U\u0308beranpassungen"]),
        ("de", ["Straße", "Strasse", "Straßen", "STRASSE"]),
        ("de", ["Häuser", "Haeuser", "Haus", "Häusern"]),
        ("de", ["größe", "groesse", "GRÖSSE", "Größen"]),
        ("de", ["Schicht", "Schichten"]),
        ("fr", ["réseau", "réseaux", "reseau", "RÉSEAU"]),
        ("fr", ["apprendre", "apprendra"]),
    ],
)
def test_forms_of_a_word_share_a_stem(code, forms):
    assert len({stem(form, language(code)) for form in forms}) == 1


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        ("en", "universe", "unit"),
        ("de", "Quelle", "Quälle"),  # the u behind a q is no umlaut
        ("de", "Bach", "Bäche"),
        ("fr", "modèle", "mode"),
    ],
)
def test_other_words_have_other_stems(code, first, second):
    if (first, second) == ("Bach", "Bäche"):
        assert stem(first, language(code)) == stem(second, language(code))
    else:
        assert stem(first, language(code)) != stem(second, language(code))


@given(st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12))
def test_a_stem_is_a_folded_word_without_accents(word):
    for spoken in LANGUAGES.values():
        stemmed = stem(word, spoken)
        assert stemmed
        assert stemmed == stem(unicodedata.normalize("NFD", word), spoken)
        assert stemmed == stem(word.casefold(), spoken)


def test_ascii_words_have_snowballs_own_stem():
    reference = snowballstemmer.stemmer("english")
    for word in ("relational", "conditional", "hopping", "generalizations", "sky", "dying"):
        assert stem(word, language("en")) == reference.stemWord(word)


def test_threads_do_not_mix_their_words():
    """A stemmer works on the word that it holds; a second thread must not exchange it."""
    words = [f"network{'s' * (n % 2)}{n}ing" for n in range(3000)]
    expected = [snowballstemmer.stemmer("english").stemWord(word) for word in words]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda word: stem(word, language("en")), words)) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Prozeß", "Prozess"),
        ("Prozesse", "Prozeß"),
        ("daß", "dass"),
        ("Meßwert", "Messwerte"),
        ("Photographie", "Fotografie"),
        ("Graphik", "Grafiken"),
        ("Mikrophon", "Mikrofon"),
        ("Delphin", "Delfine"),
        ("Schiffahrt", "Schifffahrt"),
        ("Flußschiff", "Flussschiff"),
        ("Potential", "Potenzial"),
        ("Differentialgleichung", "Differenzialgleichungen"),
        ("substantiell", "substanziell"),
        ("numerieren", "nummerieren"),
        ("plazieren", "platzieren"),
        ("selbständig", "selbstständige"),
        ("aufwendig", "aufwändig"),
    ],
)
def test_old_and_new_german_spelling_have_one_stem(old, new):
    assert stem(old, language("de")) == stem(new, language("de"))


def test_spellings_of_other_words_and_languages_stay_apart():
    german, english = language("de"), language("en")
    assert stem("Initial", german) != stem("Inizial", german)
    assert stem("Alphabet", german) == "alphabet"
    assert stem("Philosophie", german) == "philosophi"
    assert stem("photo", english) != stem("foto", english)
