"""rag.chain passes langchain-tests' standard suites; `make test-langchain` installs and runs them.

Their pytest plugins are kept out of the environment of the other tests.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from conftest import WordEncoder
from service_builders import make_engine, make_library

from rag.chain import EncoderEmbeddings, GeneratorChatModel, LibraryRetriever

pytest.importorskip("langchain_tests", reason="`make test-langchain` installs it")

from langchain_tests.integration_tests import (
    ChatModelIntegrationTests,
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
)
from langchain_tests.unit_tests import ChatModelUnitTests, EmbeddingsUnitTests


class Echo:
    """A writer that repeats the last message, word by word."""

    name = "echo"

    def load(self):
        pass

    def count_tokens(self, text):
        return len(text.split())

    def unused_sampling(self, sampling):
        return ()

    def stream(self, messages, sampling, stop=None):
        for word in messages[-1]["content"].split():
            yield word + " "


class TestRetriever(RetrieversIntegrationTests):
    retriever_constructor = LibraryRetriever
    retriever_query_example = "When does a cat sleep at night?"

    @property
    def retriever_constructor_params(self):
        library = make_library(Path(tempfile.mkdtemp()))
        return {"pipeline": make_engine(library).pipeline()}


class TestEmbeddings(EmbeddingsUnitTests):
    embeddings_class = EncoderEmbeddings
    embedding_model_params = {"encoder": WordEncoder()}  # noqa: RUF012


class TestEmbeddingsAtWork(EmbeddingsIntegrationTests):
    embeddings_class = EncoderEmbeddings
    embedding_model_params = {"encoder": WordEncoder()}  # noqa: RUF012


class TestChatModel(ChatModelUnitTests):
    chat_model_class = GeneratorChatModel
    chat_model_params = {"generator": Echo()}  # noqa: RUF012


class TestChatModelAtWork(ChatModelIntegrationTests):
    chat_model_class = GeneratorChatModel
    chat_model_params = {"generator": Echo()}  # noqa: RUF012
