"""rag.evaluation.measure: who counts, groups, intervals, and pipelines broken on purpose."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from run_builders import line, question, refs, run_of

from rag.errors import BadQuestionFile
from rag.evaluation.measure import measure_run
from rag.evaluation.measures import ANSWER_NAMES, RETRIEVAL_NAMES
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run import evaluate
from rag.evaluation.run_file import read_run
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings


def test_who_is_counted():
    questions = [
        question("found"),
        question("failed"),
        question("nothing"),
        question("open", gold=()),
        question("not run"),
    ]
    run = run_of(
        line("found", refs(1)),
        line("failed", error="RuntimeError: out of memory"),
        line("nothing"),
        line("open", refs(1), grade="not_answered"),
    )
    figures = measure_run(questions, run)
    figure = figures.figure("retrieved Success@1")
    assert (figure.value, figure.n) == (pytest.approx(1 / 3), 3)
    assert figures.figure("failed").value == 0.25
    assert figures.figure("abstention accuracy").n == 3
    assert set(figures.per_question) == {"found", "failed", "nothing", "open"}
    assert "seconds" not in figures.per_question["failed"]


def test_groups_are_measured_on_their_own_questions():
    questions = [
        question("a", type="how", lang="de"),
        question("b", type="how"),
        question("c"),
    ]
    run = run_of(line("a", refs(1)), line("b", refs(2)), line("c", refs(1)))
    figures = measure_run(questions, run)
    assert figures.groups == ["all", "type: factoid", "type: how", "lang: de", "lang: en"]
    name = "reranked Success@1"
    assert [figures.value(name, group) for group in figures.groups] == pytest.approx(
        [2 / 3, 1, 1 / 2, 1, 1 / 2]
    )
    assert [figures.figure(name, group).n for group in figures.groups] == [3, 1, 2, 1, 2]


def test_groups_of_an_own_field_hold_each_question_of_a_list():
    questions = [
        question("a", metadata={"tags": ["exam", "week 1"]}),
        question("b", metadata={"tags": ["exam"]}),
        question("c"),
    ]
    run = run_of(line("a", refs(1)), line("b", refs(2)), line("c", refs(1)))
    figures = measure_run(questions, run, by=["tags"])
    assert figures.groups == ["all", "tags: exam", "tags: week 1"]
    name = "reranked Success@1"
    assert [figures.value(name, group) for group in figures.groups] == [2 / 3, 1 / 2, 1]
    with pytest.raises(BadQuestionFile, match=r"'tag' \(did you mean 'tags'\?\).*type, lang, tags"):
        measure_run(questions, run, by=["tag"])


def test_without_questions_there_are_no_figures():
    assert measure_run([], run_of()).figures == ()
    assert measure_run([question("other")], run_of(line())).figures == ()


def test_a_run_without_answers_has_no_answer_metrics():
    run = run_of(line(retrieved=refs(1)), generate=False)
    metrics = {one.metric for one in measure_run([question(keywords=("x",))], run).figures}
    assert not metrics & set(ANSWER_NAMES)
    assert set(RETRIEVAL_NAMES) <= metrics


def test_verdicts_become_a_metric():
    run = run_of(line("a"), line("b"), line("c"))
    questions = [question("a"), question("b"), question("c")]
    figure = measure_run(questions, run, verdicts={"a": True, "b": False}).figure("judged right")
    assert (figure.value, figure.n) == (0.5, 2)


def test_latency_and_speed_by_hand():
    seconds = [0.1, 0.2, 0.3, 0.4]
    lines = [
        line(str(n), seconds=value, stages={"generate": value, "encode": 0.01}, tokens=10 * n)
        for n, value in enumerate(seconds)
    ]
    figures = measure_run([question(str(n)) for n in range(4)], run_of(*lines))
    assert figures.value("seconds p50") == pytest.approx(0.25)
    assert figures.value("seconds generate p95") == pytest.approx(0.385)
    assert figures.figure("seconds encode p95").n == 4
    assert figures.value("tokens per second") == pytest.approx(60 / 1.0)


def test_a_percentile_leaves_out_questions_that_failed():
    lines = [line(str(n), seconds=float(n), error="" if n < 5 else "Boom") for n in range(7)]
    one = measure_run([question(str(n)) for n in range(7)], run_of(*lines)).figure("seconds p50")
    assert (one.value, one.n, one.unit, one.higher_is_better) == (2.0, 5, "s", False)
    assert 0 <= one.low <= 2 <= one.high <= 4


def test_intervals_repeat_and_are_those_of_a_binomial():
    """The bootstrap of a share draws from a binomial, whose quantiles are known."""
    questions = [question(str(n)) for n in range(100)]
    run = run_of(*(line(str(n), refs(1 if n < 70 else 2)) for n in range(100)))
    figure = measure_run(questions, run).figure("retrieved Success@1")
    assert figure == measure_run(questions, run).figure("retrieved Success@1")
    spread = statistics.NormalDist().inv_cdf(0.975) * math.sqrt(0.7 * 0.3 / 100)
    assert figure.low == pytest.approx(0.7 - spread, abs=0.015)
    assert figure.high == pytest.approx(0.7 + spread, abs=0.015)


def test_the_interval_of_one_question_is_its_value():
    figure = measure_run([question()], run_of(line(retrieved=refs(2, 1)))).figure("retrieved RR@10")
    assert (figure.low, figure.value, figure.high, figure.n) == (0.5, 0.5, 0.5, 1)


def test_metrics_of_a_group_share_their_resamples():
    """Two metrics that are equal on each question have equal intervals."""
    generator = np.random.default_rng(3)
    questions = [question(str(n)) for n in range(30)]
    run = run_of(*(line(str(n), refs(*generator.permutation(4).tolist())) for n in range(30)))
    figures = measure_run(questions, run)
    before, after = figures.figure("retrieved nDCG@10"), figures.figure("reranked nDCG@10")
    assert (before.low, before.high) == (after.low, after.high)
    assert before.low < before.value < before.high


# ---- pipelines broken on purpose ----

ASKED = [
    Question(id, text, "factoid", "en", (Gold(doc, (page,)),), answer, keywords)
    for id, text, doc, page, answer, keywords in (
        ("cat", "How many hours does a cat sleep?", "animals.pdf", 1, "sixteen hours", ("sixteen",)),
        ("dog", "What does a dog bark at?", "animals.pdf", 2, "strangers", ("strangers",)),
        ("apple", "Why does an apple fall from the tree?", "physics.pdf", 1, "gravity pulls", ("pulls",)),
        ("light", "How fast does light travel in vacuum?", "physics.pdf", 2, "299792458", ("299792458",)),
        ("sound", "What medium does sound need?", "physics.pdf", 3, "air", ("air",)),
    )
]  # fmt: skip


class BrokenStore:
    """A library whose search results are changed on the way out."""

    def __init__(self, library, change):
        self.library, self.change = library, change

    def content_hash(self):
        return self.library.content_hash()

    def languages(self, documents=None):
        return self.library.languages()

    def documents(self):
        return self.library.documents()

    def courses(self):
        return self.library.courses()

    def passages(self, document):
        return self.library.passages(document)

    def search_dense(self, query, k, documents=None):
        return self.change(self.library.search_dense(query, k, documents))

    def search_lexical(self, question, k, documents=None):
        return self.change(self.library.search_lexical(question, k, documents))


@pytest.fixture
def measured(library, encoder, tmp_path):
    """Ask a pipeline over a changed library for real, and measure what came."""
    answering = Settings().with_changes(
        answer={"writer": False, "passages": 1, "quotes": 3, "quote_margin": 99, "span_words": 0},
        retrieval={"lexical_weight": 2},
    )

    def measured(change=lambda scored: scored, lines=lambda lines: lines):
        output = tmp_path / f"run-{len(list(tmp_path.glob('run-*.jsonl')))}.jsonl"
        store = BrokenStore(library, change)
        for _ in evaluate(
            ASKED, Pipeline(store, Models(NO_MODELS, encoder=encoder), answering), output
        ):
            pass
        run = read_run(output)
        return measure_run(ASKED, replace(run, lines=lines(run.lines)))

    return measured


def test_the_sound_pipeline_is_good(measured):
    figures = measured()
    assert figures.value("retrieved Success@1") == 1
    assert figures.value("keywords") == 1
    assert figures.value("citation recall") == 1
    assert figures.value("quoted words") == 1


def test_shuffled_passages_are_caught(measured, library):
    """Each passage gets the text and pages of another: what is found is not what was searched."""
    every = [p for document in library.documents() for p in library.passages(document.id)]
    other = dict(zip([p.id for p in every], [*every[1:], every[0]], strict=True))
    broken = measured(lambda scored: [(other[passage.id], score) for passage, score in scored])
    sound = measured()
    for metric in ("retrieved Success@1", "reranked RR@10", "retrieved nDCG@10", "keywords"):
        assert broken.figure(metric).high < sound.figure(metric).low, metric
    assert broken.value("retrieved Success@1") == 0
    assert broken.value("citation precision") < sound.value("citation precision")


def test_pages_that_are_off_by_one_are_caught(measured):
    """The texts are right, so that answers are; only where they are said to stand is wrong."""

    def later(scored):
        return [
            (
                replace(
                    passage,
                    pages=tuple(number + 1 for number in passage.pages),
                    spans=tuple(replace(span, page=span.page + 1) for span in passage.spans),
                ),
                score,
            )
            for passage, score in scored
        ]

    sound, broken = measured(), measured(later)
    assert broken.value("keywords") == sound.value("keywords") == 1
    for metric in ("retrieved Success@1", "retrieved RR@10", "citation precision"):
        assert broken.value(metric) < sound.value(metric), metric
    assert broken.value("retrieved Success@1") == 0
    assert broken.figure("citation recall").high < sound.figure("citation recall").low


def test_answers_of_the_wrong_question_are_caught(measured):
    """Retrieval is right; each question gets what was said and cited for the next one."""

    def swapped(lines):
        ids = list(lines)
        return {
            id: replace(
                lines[id],
                answer=lines[next_id].answer,
                citations=lines[next_id].citations,
                sentences=lines[next_id].sentences,
            )
            for id, next_id in zip(ids, [*ids[1:], ids[0]], strict=True)
        }

    sound, broken = measured(), measured(lines=swapped)
    assert broken.value("retrieved Success@1") == sound.value("retrieved Success@1") == 1
    for metric in ("keywords", "token F1", "citation recall"):
        assert broken.value(metric) < sound.value(metric), metric
    assert broken.figure("keywords").high < sound.figure("keywords").low


def test_sentences_that_their_quotes_do_not_say_are_caught(measured):
    def misquoted(lines):
        return {
            id: replace(
                line,
                sentences=tuple(replace(said, quote="Nothing of it.") for said in line.sentences),
            )
            for id, line in lines.items()
        }

    assert measured(lines=misquoted).figure("quoted words").high < 0.5
