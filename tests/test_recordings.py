"""`rag.recordings`: which slide a stretch of a recording talks about."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.recordings import align, slide_of
from rag.settings import Settings

SLIDES = """
#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
#slide("Dogs")[A dog guards the house. It barks at strangers.]
#slide("Birds")[A bird builds a nest in spring. It lays eggs there.]
"""
VTT = """WEBVTT

00:00:01.000 --> 00:01:05.000
So the cat, you know, it sleeps sixteen hours and hunts mice.

00:01:05.000 --> 00:02:20.000
Then a dog guards the house and barks at strangers loudly.

00:02:20.000 --> 00:03:00.000
And a bird builds a nest in spring for its eggs.
"""


@pytest.fixture
def recorded(tmp_path, make_pdf, encoder) -> Library:
    make_pdf("animals.pdf", SLIDES)
    make_pdf("physics.pdf", '#slide("Light")[Light travels at 299792458 metres per second.]')
    (tmp_path / "lectures" / "animals-recording.vtt").write_text(VTT)
    library = Library(tmp_path / "library", create=True)
    reports = list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=16))
    assert {report.outcome for report in reports} == {"added"}
    return library


def test_each_stretch_is_matched_to_its_slide_in_order(recorded):
    recording = next(d for d in recorded.documents() if d.file.endswith(".vtt"))
    matches = {}
    for passage in recorded.passages(recording.id):
        slide = slide_of(passage, recorded)
        matches.setdefault(passage.labels[0], []).append((slide.file, slide.headings[-1]))
    assert matches["00:00:01"][0] == ("animals.pdf", "Cats")
    assert ("animals.pdf", "Dogs") in matches["00:01:05"]
    assert matches["00:02:20"][-1] == ("animals.pdf", "Birds")


def test_an_answer_cites_the_time_and_the_slide(recorded, encoder):
    pipeline = Pipeline(recorded, Models(NO_MODELS, encoder=encoder), Settings())
    answer = pipeline.ask("So what does the cat do, you know, does it hunt mice?")
    sources = [one for one in answer.sources if one.hit.passage.file.endswith(".vtt")]
    assert sources[0].citation.endswith("00:00:01")
    assert sources[0].also[-1].endswith("animals.pdf, p. 1")


def test_a_recording_of_another_course_is_not_matched(recorded):
    ids = {document.file: document.id for document in recorded.documents()}
    recorded.add_course("Physics")
    recorded.set_course("Physics", [ids["physics.pdf"], ids["animals-recording.vtt"]])
    recorded.add_course("Animals")
    recorded.set_course("Animals", [ids["animals.pdf"]])
    passage = recorded.passages(ids["animals-recording.vtt"])[0]
    slide = slide_of(passage, recorded)
    assert slide is None or slide.file == "physics.pdf"


def test_the_alignment_is_the_best_monotone_one():
    rng = np.random.default_rng(7)
    for _ in range(20):
        cosines = rng.uniform(-1, 1, (5, 4))
        paths = combinations_with_replacement(range(4), 5)
        best = max(paths, key=lambda path: sum(cosines[row, col] for row, col in enumerate(path)))
        assert align(cosines) == list(best)
