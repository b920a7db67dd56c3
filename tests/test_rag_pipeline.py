"""rag.pipeline: the whole path, with a tiny Llama on two small lectures, and once for real."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
import torch
from tiny_models import hit, make_cross_encoder, make_llama

from ingest.errors import LibraryMismatch, LibraryMissing, ModelMissing
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from ingest.text.detect import language_of
from rag.confidence import CALIBRATION_FILE, Calibration
from rag.errors import BadQuestion, BadSampling
from rag.followup import turn_of
from rag.generate import Generator
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.retrieve import rank_of
from rag.sampling import Sampling
from rag.settings import ModelSettings, Settings
from rag.types import Answer, Answered, Doubt, Sentence, Source, StageDone, StageScore, Token, Turn

QUESTION = "How many metres per second does light travel in vacuum?"
LIGHT = "Light travels at 299792458 metres per second in vacuum."
WRITTEN = Settings().with_changes(answer={"writer": True})
UNRELATED = "Beethoven composed operas"
CORPUS = Path(__file__).parents[1] / "corpus"


class Parrot:
    """A generator that says one text, word by word, whatever it is asked."""

    name = "parrot"

    def __init__(self, text):
        self.text = text
        self.asked = []

    def count_tokens(self, text):
        return len(text.split())

    def stream(self, messages, sampling, stop=None):
        self.asked.append(messages)
        for word in self.text.split():
            if stop is not None and stop.is_set():
                return
            yield f"{word} "


@pytest.fixture(autouse=True)
def one_thread(request):
    """So small a model is slower on several threads, many times so on a busy machine."""
    threads = torch.get_num_threads()
    if "slow" not in request.keywords:
        torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    folder = make_llama(tmp_path_factory.mktemp("llama"))
    return Generator(ModelSettings(generator=str(folder), device="cpu", dtype="float32"))


@pytest.fixture
def pipeline(library, encoder, generator):
    return Pipeline(library, Models(NO_MODELS, encoder=encoder, writer=generator), WRITTEN)


@pytest.fixture
def parrot(library, encoder):
    """A pipeline whose model says one text."""

    def make(text, **sections):
        models = Models(NO_MODELS, encoder=encoder, writer=Parrot(text))
        return Pipeline(library, models, WRITTEN.with_changes(**sections))

    return make


def plain(answer):
    """An answer as JSON, without what no two runs share."""
    return json.dumps({**answer.as_dict(), "seconds": sorted(answer.seconds)})


def on_one_line(source):
    """The whole passage of a source, as quotes are written."""
    return " ".join(source.hit.passage.text.split())


# ---- events ----


def test_events_come_in_the_order_of_the_stages(pipeline):
    events = list(pipeline.stream(QUESTION))
    order = [event.stage if isinstance(event, StageDone) else type(event) for event in events]
    tokens = order.count(Token)
    assert tokens > 3
    assert order == ["encode", "retrieve", "evidence", *[Token] * tokens, "generate", Answered]
    answer = events[-1].answer
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.draft
    stages = {"encode", "retrieve", "evidence", "first words", "generate", "ground"}
    assert answer.seconds.keys() == stages
    assert 0 < answer.seconds["first words"] <= answer.seconds["generate"]
    retrieved = events[1].hits
    assert answer.hits == retrieved[: pipeline.settings.retrieval.top_k]


def test_asking_is_the_stream_collected(pipeline):
    [answered] = [event for event in pipeline.stream(QUESTION) if isinstance(event, Answered)]
    assert plain(pipeline.ask(QUESTION)) == plain(answered.answer)


def test_closing_the_stream_ends_the_writing(pipeline):
    events = pipeline.stream(QUESTION, sampling=Sampling(max_new_tokens=4000))
    next(event for event in events if isinstance(event, Token))
    events.close()
    assert not [t for t in threading.enumerate() if t.name == "katheder-generate"]


def test_a_stop_in_the_middle_gives_an_answer_with_sources(pipeline):
    stop, answer = threading.Event(), None
    for event in pipeline.stream(QUESTION, sampling=Sampling(max_new_tokens=4000), stop=stop):
        if isinstance(event, Token):
            stop.set()
        if isinstance(event, Answered):
            answer = event.answer
    assert answer.stopped
    assert 0 < len(answer.draft) < 2000
    assert answer.sources[0].citation == "physics.pdf, p. 2"
    assert not pipeline.ask(QUESTION, stop=threading.Event()).stopped


def test_what_was_written_before_a_stop_is_grounded(parrot):
    stop, written = threading.Event(), 0
    for event in parrot(f"{LIGHT} And so on.").stream(QUESTION, stop=stop):
        written += isinstance(event, Token)
        if written == len(LIGHT.split()):
            stop.set()
        if isinstance(event, Answered):
            answer = event.answer
    assert answer.draft.strip() == LIGHT
    assert [(s.text, s.origin) for s in answer.sentences] == [(LIGHT, "written")]


# ---- answers ----


def test_every_sentence_of_a_written_answer_has_its_page(parrot):
    answer = parrot(f"{LIGHT} Bananas are yellow! It hunts mice at night.").ask(QUESTION)
    assert answer.text == f"{LIGHT} [1]"
    assert answer.sources[0].citation == "physics.pdf, p. 2"
    assert answer.sources[0].quote == LIGHT
    assert "Bananas" in answer.draft
    assert not answer.abstained


def test_nonsense_is_replaced_by_quotes(pipeline):
    answer = pipeline.ask(QUESTION)
    assert answer.draft
    assert {sentence.origin for sentence in answer.sentences} == {"quoted"}
    assert answer.sentences[0].text == LIGHT


def test_the_model_sees_only_so_many_passages(parrot):
    pipeline = parrot("Well.", answer={"passages": 1})
    pipeline.ask(QUESTION)
    [[_, user]] = pipeline.writer.asked
    assert LIGHT in user["content"]
    assert "[1]" in user["content"]
    assert "[2]" not in user["content"]


def test_a_quoted_answer_needs_no_language_model(library, encoder, tmp_path):
    missing = ModelSettings(generator=str(tmp_path / "nowhere"), reranker="none")
    pipeline = Pipeline(library, Models(missing, encoder=encoder))
    events = list(pipeline.stream(QUESTION))
    answer = events[-1].answer
    assert answer.draft == ""
    assert answer.sentences[0] == Sentence(LIGHT, source=1, support=1.0, origin="quoted")
    assert answer.sources[0].citation == "physics.pdf, p. 2"
    assert not [event for event in events if isinstance(event, Token)]
    assert answer.models["generator"] == "none"
    written = pipeline.with_settings(WRITTEN)
    with pytest.raises(ModelMissing, match="nowhere"):
        written.ask(QUESTION)
    assert written.search(QUESTION)


def test_without_a_model_to_write_with_the_message_says_what_to_do(library, encoder):
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder), WRITTEN)
    with pytest.raises(ModelMissing, match=r'models\.generator = "none".*without --written'):
        pipeline.ask(QUESTION)


def test_sampling_for_a_quoted_answer_is_refused(library, encoder):
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder))
    with pytest.raises(BadSampling, match=r"seed=3 would have no effect.*add --written"):
        pipeline.ask(QUESTION, sampling=Sampling(seed=3))


def test_the_confidence_of_a_question_is_computed_once(library, encoder):
    class Counting(Calibration):
        calls = 0

        def confidence(self, signals):
            Counting.calls += 1
            return 0.75

    calibration = Counting((1.0,) * 4, 0.0, 0.5, 0.5, "")
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder), calibration=calibration)
    assert pipeline.ask(QUESTION).confidence == 0.75
    assert Counting.calls == 1


@pytest.mark.parametrize("writer", [True, False])
def test_an_unrelated_question_is_abstained_from_with_the_nearest_pages(parrot, writer):
    pipeline = parrot(LIGHT, answer={"writer": writer})
    answer = pipeline.ask(UNRELATED)
    assert answer.abstained
    assert pipeline.writer.asked == []
    assert answer.sentences == ()
    assert [source.number for source in answer.sources] == [1, 2, 3]
    assert [source.hit for source in answer.sources] == list(answer.hits[:3])
    assert all(source.quote in on_one_line(source) for source in answer.sources)
    assert answer.text.endswith("The nearest pages are listed below.")


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        (UNRELATED, "Pages that hold only pictures, which no search finds: 1."),
        (
            "Wie schnell ist ein Gepard?",
            "Seiten, die nur Bilder enthalten und die keine Suche findet: 1.",
        ),
    ],
)
def test_an_abstention_says_how_many_pages_hold_only_pictures(
    library, encoder, lecture_parts, question, notice
):
    shapes = "#for n in range(9) { place(dx: n * 1cm, circle(radius: 1cm)) }"
    source = f"#set page(header: none, footer: none)\nA page of text alone has words that a search finds.#pagebreak(){shapes}"
    library.add(*lecture_parts("drawn.pdf", source))
    pipeline = Pipeline(
        library,
        Models(NO_MODELS, encoder=encoder),
        Settings().with_changes(answer={"min_confidence": 1.0}),
    )
    answer = pipeline.ask(question)
    assert (answer.picture_pages, answer.picture_notice) == (1, notice)
    assert notice in answer.notice
    assert answer.as_dict()["picture_pages"] == 1
    shown = pipeline.with_settings(Settings().with_changes(answer={"min_confidence": 0.0}))
    assert shown.ask(QUESTION).picture_notice == ""


def test_two_thresholds_of_the_confidence_make_three_grades(library, encoder):
    """The confidence is that of the bias alone, 1 / (1 + exp(-0.5)) = .6225."""
    calibration = Calibration((0.0,) * 4, 0.5, 0.5, 0.6, "")
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder), calibration=calibration)

    def answer(**settings):
        return pipeline.with_settings(Settings().with_changes(answer=settings)).ask(QUESTION)

    sure = answer()
    assert (sure.grade, sure.notice, sure.doubts) == ("answered", "", ())
    doubtful = answer(doubt_confidence=0.63)
    assert doubtful.grade == "doubtful"
    assert doubtful.sentences == sure.sentences
    assert doubtful.text == sure.text
    assert doubtful.doubts
    assert doubtful.notice.startswith("The lectures may not answer this: ")
    assert doubtful.render() == f"{doubtful.notice}\n\n{sure.render()}"
    values = doubtful.as_dict()
    assert (values["grade"], values["abstained"]) == ("doubtful", False)
    assert values["notice"] == doubtful.notice
    assert answer(min_confidence=0.63).grade == "not_answered"
    # A lower threshold above the upper one leaves no doubtful answers.
    assert answer(min_confidence=0.62, doubt_confidence=0.1).grade == "answered"


def test_an_answer_that_only_names_the_subject_is_doubtful(tmp_path, make_pdf, encoder):
    make_pdf(
        "plan.pdf", '#slide("Schedule")[#table(columns: 2, [Week], [Topic], [Week 3], [Glaciers])]'
    )
    library = Library(tmp_path / "plan", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, encoder))
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder))
    answer = pipeline.ask("What are glaciers?")
    assert (answer.grade, answer.doubts) == ("doubtful", (Doubt("named"),))
    assert "only name the subject" in answer.notice
    assert pipeline.ask("In which week are glaciers the topic?").doubts == ()


def test_the_border_of_abstaining_is_the_best_cosine(parrot):
    best = max(hit.score("dense") for hit in parrot("").search(QUESTION))
    assert not parrot("", retrieval={"min_cosine": best - 1e-4}).ask(QUESTION).abstained
    assert parrot("", retrieval={"min_cosine": best + 1e-4}).ask(QUESTION).abstained


def test_pages_without_a_sentence_are_named_and_not_quoted_as_an_answer(
    make_pdf, encoder, tmp_path
):
    make_pdf("labels.pdf", "#slide([Encoder])[x = 3]")
    library = Library(tmp_path / "labels", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))
    models = Models(NO_MODELS, encoder=encoder, writer=Parrot("The encoder is 3."))
    answer = Pipeline(library, models, WRITTEN).ask("Encoder x")
    assert answer.abstained
    assert [source.citation for source in answer.sources] == ["labels.pdf, p. 1"]


def test_nothing_found_is_said_without_promising_pages(parrot):
    answer = parrot(LIGHT, retrieval={"dense_weight": 0}).ask(UNRELATED)
    assert answer.abstained
    assert answer.sources == answer.hits == ()
    assert "listed" not in answer.text


def test_lexical_search_alone_answers_without_a_cosine(parrot):
    answer = parrot(LIGHT, retrieval={"dense_weight": 0}).ask(QUESTION)
    assert answer.text == f"{LIGHT} [1]"
    assert answer.hits[0].stages.keys() == {"lexical", "fused"}


@pytest.mark.parametrize("question", ["", "   ", "?!", "…\n"])
def test_a_question_without_words_is_refused(pipeline, question):
    with pytest.raises(BadQuestion, match="holds no words"):
        pipeline.ask(question)
    with pytest.raises(BadQuestion, match="holds no words"):
        pipeline.search(question)


def test_a_question_of_a_hundred_thousand_characters_is_refused_and_a_long_one_takes_seconds(
    pipeline,
):
    with pytest.raises(BadQuestion, match="100,000 characters, and the limit is 20,000"):
        pipeline.ask("x" * 100_000)
    begin = time.process_time()
    pipeline.ask(("Which animal guards the house and barks at night, and why? " * 400)[:20_000])
    assert time.process_time() - begin < 5  # it was minutes, in the patterns of parts of a question


def test_a_follow_up_is_completed_from_the_history(pipeline):
    history = [Turn("Which animal guards the house and barks?", "A dog.")]
    answer = pipeline.ask("And at whom?", history=history)
    assert answer.question == "And at whom?"
    assert answer.query == "Which animal guards the house and barks? And at whom?"
    assert answer.sources[0].citation == "animals.pdf, p. 2"
    assert pipeline.search("And at whom?", history)[0].passage.citation == "animals.pdf, p. 2"


def test_a_german_question_is_answered_in_german(parrot):
    question = "Wie schnell ist das Licht und was ist der Schall?"
    assert language_of(question) == "de"
    pipeline = parrot("Gut.")
    evidence = [Source(1, LIGHT, hit("a"))]
    assert "auf Deutsch" in pipeline.writing_task(question, (), evidence).messages[0]["content"]
    assert "in English" in pipeline.writing_task(QUESTION, (), evidence).messages[0]["content"]


def test_a_follow_up_finds_what_the_answer_before_it_names(library, encoder):
    """Only the answer says that the question is about the dog; both questions are nearer the cat."""
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder))
    asked, answer = "Which animal is here?", "A dog: it guards the house and barks at strangers."
    follow_up = "And when does it sleep?"

    def rank(turn):
        hits = pipeline.search(follow_up, [turn])
        return [hit.passage.text.split()[0] for hit in hits].index("Dogs")

    assert rank(Turn(asked, answer)) < rank(Turn(asked, ""))
    assert len(pipeline.queries(follow_up, [Turn(asked, answer)])) == 2
    assert pipeline.queries("What is gravity?", [Turn(asked, answer)]) == ("What is gravity?",)


def test_an_answer_that_was_not_shown_leaves_nothing_to_refer_to(parrot):
    answer = parrot(LIGHT).ask(UNRELATED)
    assert answer.abstained
    assert turn_of(UNRELATED, answer) == Turn(UNRELATED, "")
    shown = parrot(LIGHT).ask(QUESTION)
    assert turn_of(QUESTION, shown) == Turn(QUESTION, shown.text)


@pytest.mark.parametrize(
    ("mode", "query"),
    [
        ("expand", f"{QUESTION} And sound?"),
        ("rewrite", "How fast is sound?"),
        ("off", "And sound?"),
    ],
)
def test_follow_ups_are_completed_as_the_settings_say(parrot, mode, query):
    pipeline = parrot("How fast is sound?", retrieval={"followups": mode})
    answer = pipeline.ask("And sound?", history=[Turn(QUESTION, LIGHT)])
    assert answer.query.strip() == query
    assert answer.question == "And sound?"


# ---- determinism and records ----


def test_the_same_seed_gives_the_same_answer(pipeline):
    answers = [
        pipeline.ask(QUESTION, sampling=Sampling(strategy="sample", temperature=2, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert plain(answers[0]) == plain(answers[1])
    assert answers[0].draft != answers[2].draft


def test_an_answer_records_what_it_was_made_with(pipeline, library):
    sampling = Sampling(strategy="sample", top_k=3, seed=4, max_new_tokens=5)
    answer = pipeline.ask(QUESTION, sampling=sampling)
    assert answer.sampling == sampling.model_dump(exclude_none=True)
    assert answer.stamp == library.content_hash() != ""
    assert answer.models == {
        "encoder": "word-encoder@1",
        "reranker": "none",
        "generator": pipeline.writer.name,
    }
    assert pipeline.ask(QUESTION).sampling == Settings().sampling.model_dump(exclude_none=True)


@pytest.mark.parametrize("question", [QUESTION, UNRELATED])
def test_an_answer_is_json(pipeline, question):
    answer = pipeline.ask(question)
    known = json.loads(json.dumps(answer.as_dict(), allow_nan=False))
    assert known["text"] == answer.text
    assert known["question"] == question
    assert [source["number"] for source in known["sources"]] == [1, 2, 3][: len(answer.sources)]
    for source in known["sources"]:
        assert source["quote"] in " ".join(source["text"].split())
        assert source["document"].endswith(".pdf")
        assert source["pages"]
        assert source["stages"]["dense"].keys() == {"score", "rank"}


def test_rendering_numbers_the_sources():
    found = hit("a", LIGHT, file="physics.pdf", pages=(2, 3)).with_stage("fused", 0.75, 1)
    answer = Answer(
        question=QUESTION,
        query=QUESTION,
        sentences=(
            Sentence("Light is fast.", 1, 0.8, "written"),
            Sentence("Very fast.", 1, 0.7, "written"),
        ),
        sources=(Source(1, LIGHT, found),),
        hits=(found,),
        grade="answered",
    )
    assert answer.render() == (
        "Light is fast. [1] Very fast. [1]\n"
        "\n"
        "[1] physics.pdf, pp. 2-3 (dense 1 (cosine 0.5), fused 1 (mean 0.75))\n"
        f"    “{LIGHT}”"
    )


def test_rendering_says_a_quote_once_and_in_its_lines():
    found = hit("a", "Speeds in km/s:\nLight 300 000\nSound 0.34", file="physics.pdf")
    answer = Answer(
        question=QUESTION,
        query=QUESTION,
        sentences=(
            Sentence("Light is fast.", 2, 0.8, "written"),
            Sentence("Light 300 000 Sound 0.34", 1, 0.7, "quoted"),
        ),
        sources=(
            Source(1, "Light 300 000 Sound 0.34", found, start=16, end=40),
            Source(2, "Light 300 000", found, start=16, end=29),
        ),
        hits=(found,),
        grade="answered",
    )
    assert answer.render() == (
        "Light is fast. [2]\n\n“Light 300 000\nSound 0.34” [1]\n\n"
        "[1] physics.pdf, p. 1 (dense 1 (cosine 0.5))\n"
        "[2] physics.pdf, p. 1 (dense 1 (cosine 0.5))\n    “Light 300 000”"
    )


def test_search_gives_the_settings_many(parrot):
    assert len(parrot("", retrieval={"top_k": 2}).search(QUESTION)) == 2
    assert len(parrot("").search(QUESTION)) == 5


def test_other_settings_keep_the_models(pipeline):
    other = pipeline.with_settings(Settings().with_changes(retrieval={"top_k": 1}))
    assert other.writer is pipeline.writer
    assert other.encoder is pipeline.encoder
    assert len(other.search(QUESTION)) == 1
    assert len(pipeline.search(QUESTION)) == 5


# ---- the reranker in its place ----


def test_a_reranker_orders_what_is_answered_from(library, encoder, generator, tmp_path):
    named = ModelSettings(reranker=str(make_cross_encoder(tmp_path)), device="cpu", dtype="float32")
    models = Models(named, encoder=encoder, writer=generator)
    settings = WRITTEN.with_changes(rerank={"candidates": 3, "first_stage_weight": 0})
    pipeline = Pipeline(library, models, settings)
    events = list(pipeline.stream(QUESTION))
    stages = [event.stage for event in events if isinstance(event, StageDone)]
    assert stages == ["encode", "retrieve", "rerank", "evidence", "generate"]
    answer = events[-1].answer
    assert answer.hits == events[2].hits
    first, second = events[1].hits, answer.hits
    assert {hit.passage.id for hit in first[:3]} == {hit.passage.id for hit in second[:3]}
    scores = [hit.score("reranked") for hit in second[:3]]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3
    assert second[0].stages["reranked"] == StageScore(scores[0], 1)
    assert ["reranked" in hit.stages for hit in answer.hits] == [True] * 3 + [False] * 2
    assert answer.models["reranker"] == models.reranker.name
    fewer = pipeline.with_settings(Settings().with_changes(rerank={"candidates": 1}))
    assert ["reranked" in hit.stages for hit in fewer.search(QUESTION)] == [True] + [False] * 4


# ---- opening ----


def test_an_empty_library_is_refused_with_the_command_that_fills_it(tmp_path):
    Library(tmp_path / "empty", create=True)
    with pytest.raises(LibraryMissing, match=r"is empty\. Fill it with `katheder ingest PATH"):
        Pipeline.load(tmp_path / "empty", Settings())
    with pytest.raises(LibraryMissing, match=r"No library at .*nowhere"):
        Pipeline.load(tmp_path / "nowhere", Settings())


@pytest.mark.slow
def test_a_library_of_another_encoder_is_refused(library):
    with pytest.raises(
        LibraryMismatch, match=r"encoder word-encoder@1, .* ask for katheder-encoder@"
    ):
        Pipeline.load(library.folder, Settings())


# ---- for real: the bundled models on a lecture of the corpus ----


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    lecture = CORPUS / "transformers.pdf"
    if not lecture.is_file():
        pytest.skip("corpus/transformers.pdf is not built")
    folder = tmp_path_factory.mktemp("real") / "library"
    reports = list(ingest([lecture], Library(folder, create=True), Models().encoder))
    assert [report.outcome for report in reports] == ["added"]
    return Pipeline.load(folder, WRITTEN)


@pytest.mark.slow
def test_an_outlived_calibration_is_ignored_with_a_warning(real, caplog):
    kept = real.store.folder / CALIBRATION_FILE
    kept.write_text('{"signals": ["cosine"], "weights": [1.0]}', encoding="utf-8")
    try:
        assert Pipeline.load(real.store.folder, WRITTEN).calibration == real.calibration
        assert "Fit it again with `katheder calibrate QUESTIONS`" in caplog.text
        assert Pipeline.load(real.store.folder, WRITTEN, calibrated=False).calibration is None
    finally:
        kept.unlink()


@pytest.mark.slow
def test_the_page_of_a_real_question_is_among_the_first(real):
    hits = real.search("Why are the attention scores divided by the square root of d_k?")[:5]
    page = next(
        passage.page
        for passage in real.store.passages(real.store.documents()[0].id)
        if passage.headings[-1].startswith("Why divide by")
    )
    assert rank_of(hits, "transformers.pdf", {page}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["greedy", "sample"])
def test_a_real_answer_rests_on_pages_and_repeats_itself(real, strategy):
    question = "Why are the attention scores divided by the square root of d_k?"
    sampling = Sampling(strategy=strategy, seed=3, max_new_tokens=40)
    answer = real.ask(question, sampling=sampling)
    assert answer.draft
    assert answer.sentences
    sources = {source.number: source for source in answer.sources}
    texts = {
        page.number: " ".join(page.text.split())
        for page in real.store.pages(real.store.documents()[0].id)
    }
    for sentence in answer.sentences:
        source = sources[sentence.source]
        page = texts[
            source.hit.passage.page
        ]  # a quote may go on behind a table, which is a passage
        assert all(" ".join(line.split()) in page for line in source.lines)
        assert sentence.support >= real.settings.answer.min_support
    assert plain(real.ask(question, sampling=sampling)) == plain(answer)


@pytest.mark.slow
def test_a_question_about_something_else_is_abstained_from(real):
    answer = real.ask("Who won the football world cup in Brazil?")
    assert answer.abstained
    assert len(answer.sources) == 3
