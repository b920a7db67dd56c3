"""rag.document_versions: documents that share pages."""

from __future__ import annotations

import pytest
from conftest import WordEncoder

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.document_versions import shared_pages

TOPICS = [
    "Cats sleep sixteen hours a day and hunt mice at night.",
    "Dogs guard the house of their owner and bark at strangers.",
    "Birds sing in the early morning and fly south before winter.",
    "Fish breathe under water with gills and swim in large schools.",
]


@pytest.fixture
def shares(tmp_path, make_pdf):
    """A function from documents, each a list of pages' texts, to what they share."""

    def measure(**documents):
        for name, texts in documents.items():
            source = "\n".join(f'#slide("Page")[{text}]' for text in texts)
            make_pdf(f"{name}.pdf", source)
        library = Library(tmp_path / "library", create=True)
        list(ingest(find_files([tmp_path / "lectures"]), library, WordEncoder(), passage_tokens=40))
        return {
            shared.document.file: (shared.other.file, shared.share)
            for shared in shared_pages(library)
        }

    return measure


def test_last_years_version_is_told_by_its_pages(shares):
    new = [*TOPICS[:3], "Whales are mammals that live in every ocean of the world."]
    assert shares(old=[*TOPICS], new=new) == {
        "old.pdf": ("new.pdf", 0.75),
        "new.pdf": ("old.pdf", 0.75),
    }


def test_dates_do_not_tell_pages_apart_but_other_words_do(shares):
    year = "The written exam takes place on 12.7.{} and counts for the grade."
    assert shares(old=[year.format(2025)], new=[year.format(2026)]) == {
        "old.pdf": ("new.pdf", 1.0),
        "new.pdf": ("old.pdf", 1.0),
    }


def test_a_part_is_in_the_whole_but_not_the_whole_in_the_part(shares):
    assert shares(part=TOPICS[:1], whole=[*TOPICS]) == {"part.pdf": ("whole.pdf", 1.0)}


def test_other_lectures_and_short_pages_share_nothing(shares):
    assert shares(a=[*TOPICS[:2], "Thanks"], b=[*TOPICS[2:], "Thanks"]) == {}
