"""`rag.context`: whether a question is searched alone or behind an earlier one, by the real models."""

from __future__ import annotations

import pytest

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import load_settings
from rag.types import Turn

PAGES = [
    "The evidence lower bound\nThe ELBO is a lower bound on the log-likelihood of the data. "
    "It is the reconstruction term minus the KL divergence.\n"
    "More importance samples make the bound tighter: with k samples it rises towards the log-likelihood.",
    "Speculative decoding\nA small model drafts tokens and a large model checks them in one pass. "
    "The distribution of the output stays the same.",
    "Jensen's inequality\nFor a convex function the bound is tighter where the variance is small.",
    "Beam search\nFour to eight beams are usual. Wider beams bring shorter and duller texts.",
]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> Pipeline:
    folder = tmp_path_factory.mktemp("context")
    for number, text in enumerate(PAGES):
        title, body = text.split("\n", 1)
        (folder / f"lecture{number}.md").write_text(f"# {title}\n\n{body}\n")
    settings = load_settings()
    models = Models(settings.models)
    library = Library(folder / "library", create=True)
    reports = list(ingest(find_files([folder]), library, models.encoder))
    assert {report.outcome for report in reports} == {"added"}
    return Pipeline(library, models, settings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("What is the ELBO?", "what makes the bound tighter"),
        ("What is beam search?", "how many are usual?"),
        ("How does speculative decoding work?", "is the distribution changed by it?"),
    ],
)
def test_a_follow_up_that_its_words_do_not_show_is_searched_behind_the_last_question(
    pipeline, before, question
):
    assert pipeline.query(question, [Turn(before, "")]) == f"{before} {question}"


@pytest.mark.slow
def test_a_question_that_is_complete_is_not_dragged_to_what_was_asked_before(pipeline):
    history = [Turn("What is the ELBO?", "A lower bound on the log-likelihood.")]
    for question in ("What is speculative decoding?", "What do wider beams bring?"):
        assert pipeline.query(question, history) == question


@pytest.mark.slow
def test_a_chain_is_searched_behind_the_question_that_it_is_about(pipeline):
    history = [Turn("What is the ELBO?", ""), Turn("What is beam search?", "")]
    assert pipeline.query("and which width is usual?", history).startswith("What is beam search?")
