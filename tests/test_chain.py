"""rag.chain: our parts inside other langchain-core chains, and other parts around ours."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.chain import (
    AskRunnable,
    EncoderEmbeddings,
    GeneratorChatModel,
    LibraryRetriever,
)
from rag.chat_model import ChatModelWriter
from rag.errors import BadSampling, BadSettings
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.sampling import Sampling
from rag.settings import Settings
from rag.types import Answer

WRITTEN = Settings().with_changes(answer={"writer": True})


class Copyist:
    """A generator that writes the last message back, word by word, as a tiny model would."""

    name = "copyist"

    def count_tokens(self, text):
        return len(text.split())

    def stream(self, messages, sampling, stop=None):
        for word in messages[-1]["content"].split()[: sampling.max_new_tokens]:
            yield word + " "


@pytest.fixture
def pipeline(library, encoder):
    return Pipeline(library, Models(NO_MODELS, encoder=encoder, writer=Copyist()), WRITTEN)


def test_embeddings_serve_a_foreign_vector_store(encoder):
    store = InMemoryVectorStore.from_texts(
        ["cats sleep all day", "light travels fast"], EncoderEmbeddings(encoder)
    )
    [(document, score)] = store.similarity_search_with_score("how fast is light", k=1)
    assert document.page_content == "light travels fast"
    vectors = encoder.encode(["how fast is light", "light travels fast"])
    assert score == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-5)


def test_retriever_prompt_model_and_parser_compose(pipeline):
    prompt = ChatPromptTemplate.from_messages([("human", "{notes} Question: {question}")])
    notes = LibraryRetriever(pipeline=pipeline) | RunnableLambda(
        lambda documents: f"{documents[0].metadata['document']} {documents[0].metadata['pages']}"
    )
    chain = (
        {"notes": notes, "question": RunnablePassthrough()}
        | prompt
        | GeneratorChatModel(generator=Copyist())
        | StrOutputParser()
    )
    question = "How many metres per second does light travel?"
    assert chain.invoke(question).split()[:2] == ["physics.pdf", "[2]"]
    assert "".join(chain.stream(question)) == chain.invoke(question)


def test_chat_model_takes_sampling_for_one_call_and_stops_at_a_word():
    model = GeneratorChatModel(generator=Copyist())
    assert model.invoke("one two three four", max_new_tokens=2).text == "one two "
    assert model.invoke("one two three four", stop=["three"]).text == "one two "
    with pytest.raises(BadSampling, match="num_beams"):
        model.invoke("one", strategy="greedy", num_beams=3)


def test_the_pipeline_invokes_streams_and_batches_alike(pipeline):
    chain = AskRunnable(pipeline)
    questions = ["How long does a cat sleep?", "What guards the house?"]
    one = chain.invoke(questions[0])
    assert isinstance(one["answer"], Answer)
    assert one["answer"].sources[0].citation == "animals.pdf, p. 1"
    streamed = list(chain.stream(questions[0]))
    assert len(streamed) > 3
    total = streamed[0]
    for piece in streamed[1:]:
        total = total + piece
    assert total["draft"] == one["draft"]
    assert total["text"] == one["text"]
    places = [result["answer"].sources[0].citation for result in chain.batch(questions)]
    assert places == ["animals.pdf, p. 1", "animals.pdf, p. 2"]


def test_the_chain_says_how_an_answer_is_graded(library, encoder):
    def chain(**answer):
        settings = Settings().with_changes(answer=answer)
        return AskRunnable(Pipeline(library, Models(NO_MODELS, encoder=encoder), settings))

    question = "How fast is light in Paris?"
    sure = chain().invoke(question)
    assert (sure["grade"], sure["notice"]) == ("answered", "")
    doubtful = chain(doubt_confidence=1.0).invoke(question)
    assert doubtful["grade"] == "doubtful"
    assert "mentions Paris" in doubtful["notice"]
    assert doubtful["text"] == sure["text"]
    refused = chain(min_confidence=1.0).invoke(question)
    assert refused["grade"] == "not_answered"
    assert refused["text"] == refused["notice"]


def test_history_of_messages_completes_a_follow_up(pipeline):
    chain = AskRunnable(pipeline) | RunnableLambda(lambda result: result["answer"].query)
    history = [HumanMessage("How fast is light?"), AIMessage("Very fast.")]
    assert (
        chain.invoke({"question": "And sound?", "history": history})
        == "How fast is light? And sound?"
    )


def test_vectors_of_the_embeddings_are_the_encoders(encoder):
    texts = ["alpha beta", "gamma"]
    np.testing.assert_allclose(
        EncoderEmbeddings(encoder).embed_documents(texts), encoder.encode(texts), rtol=1e-6
    )


LIGHT = "Light travels at 299792458 metres per second in vacuum."
SPEAKER = FakeListChatModel(responses=[f"{LIGHT} [1] Bananas are blue."])


def test_a_foreign_chat_model_writes_and_is_checked_like_ours(library, encoder):
    writer = ChatModelWriter(SPEAKER, "speaker")
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder, writer=writer), WRITTEN)
    answer = pipeline.ask("How many metres per second does light travel in vacuum?")
    assert answer.draft == f"{LIGHT} [1] Bananas are blue."
    assert [(s.text, s.origin) for s in answer.sentences] == [(LIGHT, "written")]
    assert answer.models["generator"] == "speaker"


def test_a_chat_model_stops_when_it_is_told():
    stop, writer = threading.Event(), ChatModelWriter(SPEAKER, "speaker")
    pieces = []
    for piece in writer.stream([{"role": "user", "content": "Go"}], Sampling(), stop):
        pieces.append(piece)
        if len(pieces) == 3:
            stop.set()
    assert "".join(pieces) == LIGHT[:3]


@pytest.mark.slow
def test_the_settings_name_a_chat_model_by_module_and_attribute(tmp_path, make_pdf):
    models = {"generator": f"{__name__}:SPEAKER"}
    make_pdf("light.pdf", f"#slide([Light])[{LIGHT} Nothing in the world overtakes it.]")
    library = Library(tmp_path / "real", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, Models().encoder))
    settings = WRITTEN.with_changes(models=models)
    pipeline = Pipeline.load(tmp_path / "real", settings)
    assert (
        pipeline.ask("How fast does light travel in vacuum?")
        .models["generator"]
        .endswith("SPEAKER")
    )


def test_the_number_of_documents_is_the_calls_or_the_retrievers(pipeline):
    retriever = LibraryRetriever(pipeline=pipeline, k=2)
    documents = retriever.invoke("cat sleep")
    assert len(documents) == 2
    assert retriever.invoke("cat sleep", k=1) == documents[:1]
    first = documents[0].metadata
    assert (first["source"], first["page"]) == ("animals.pdf", 1)
    with pytest.raises(BadSettings, match="top_k"):
        retriever.invoke("cat sleep", k=0)


def test_a_chat_model_counts_the_tokens_that_it_reads_and_writes():
    message = GeneratorChatModel(generator=Copyist()).invoke("cats sleep all day", stop=["all"])
    assert message.content == "cats sleep "
    assert message.usage_metadata == {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6}
    assert message.response_metadata["model_name"] == "copyist"


def test_the_documents_example_runs(pipeline, monkeypatch, capsys):
    text = (Path(__file__).parents[1] / "docs" / "langchain.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    monkeypatch.setattr("katheder.Katheder", lambda folder: SimpleNamespace(pipeline=pipeline))
    exec(code, {})
    assert capsys.readouterr().out.startswith("animals.pdf 1 ")
