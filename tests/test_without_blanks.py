"""Lectures in scripts without blanks, and in ones that no model knows, from the file to the answer."""

from __future__ import annotations

import pytest
from raw_pdf import wide_text, write_pdf

from ingest.chunk import ChunkSettings
from ingest.chunk.packing import Unit, pack
from ingest.embed import BiEncoder
from ingest.pipeline import ingest
from ingest.types import Document, Span
from rag.lexical_judge import LexicalJudge
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline

PAGES = {
    "zh": [
        (
            "第三讲 网络",
            ["激活函数使网络能够表示非线性的关系。", "过拟合是指模型记住了训练数据的噪声。"],
        ),
        ("第四讲 注意力", ["注意力机制让模型选择输入中最重要的部分。"]),
    ],
    "ja": [
        (
            "第三回 学習",
            [
                "活性化関数は非線形な関係を表すために使われる。",
                "過学習とは雑音を覚えることである。",
            ],
        )
    ],
}


class Blind:
    """The word encoder, which says that it can read none of these scripts."""

    def __init__(self, encoder):
        self._encoder = encoder

    def __getattr__(self, name):
        return getattr(self._encoder, name)

    def reads(self, text):
        return text.isascii()


@pytest.fixture
def pipeline_of(tmp_path, empty_library, encoder):
    def make(code):
        file = write_pdf(
            tmp_path / f"{code}.pdf",
            *(
                wide_text(30, 260, title, 20)
                + "".join(wide_text(30, 200 - 30 * n, line) for n, line in enumerate(lines))
                for title, lines in PAGES[code]
            ),
        )
        (report,) = ingest([file], empty_library, encoder, passage_tokens=40)
        assert report.outcome == "added"
        assert empty_library.documents()[0].language == code
        assert empty_library.verify() == []
        return Pipeline(empty_library, Models(NO_MODELS, encoder=Blind(encoder)))

    return make


@pytest.mark.parametrize(
    ("code", "question", "page", "quote"),
    [
        ("zh", "激活函数", 1, "激活函数使网络能够表示非线性的关系。"),
        ("zh", "什么是过拟合？", 1, "过拟合是指模型记住了训练数据的噪声。"),
        ("zh", "注意力机制选择什么？", 2, "注意力机制让模型选择输入中最重要的部分。"),
        ("ja", "過学習とは何ですか？", 1, "過学習とは雑音を覚えることである。"),
    ],
)
def test_a_question_is_answered_with_the_sentence(pipeline_of, code, question, page, quote):
    answer = pipeline_of(code).ask(question)
    assert not answer.abstained
    assert answer.language == code
    assert quote in answer.leads[0].text
    assert answer.sources[0].hit.passage.page == page


@pytest.mark.parametrize(
    ("code", "question", "text"),
    [
        ("zh", "什么是量子纠缠？", "这些讲义似乎没有回答这个问题。"),
        ("ja", "量子もつれとは何ですか？", "講義はこの質問に答えていないようです。"),
    ],
)
def test_what_the_lectures_lack_is_refused_in_the_questions_language(
    pipeline_of, code, question, text
):
    answer = pipeline_of(code).ask(question)
    assert answer.abstained
    assert answer.text.startswith(text)


def test_the_lexical_judge_gives_the_share_of_the_terms():
    scores = LexicalJudge().score("什么是激活函数？", ["激活函数很好", "激活很好", "其他"])
    assert scores == pytest.approx([1, 1 / 3, 0])  # 激活, 活函, 函数


def test_the_bundled_encoder_says_which_scripts_it_reads():
    encoder = BiEncoder()
    for text in ("What is overfitting?", "Was ist Überanpassung?", "x + y", "BERT 是什么"):
        assert encoder.reads(text), text
    for text in ("什么是过拟合？", "過学習とは何ですか", "רשת נוירונים", "нейронная сеть"):
        assert not encoder.reads(text), text


def test_a_long_sentence_is_cut_between_letters():
    text = "网络" * 40 + "。"
    document = Document("0" * 64, "/x.pdf", "x.pdf", "x", 1, "zh")
    passages = list(
        pack(
            document,
            {1: text},
            (1,),
            [Unit(Span(1, 0, len(text)), len(text), ())],
            lambda texts: [len(each) for each in texts],
            ChunkSettings(64, 30),
        )
    )
    assert "".join(passage.text for passage in passages) == text
    assert max(len(passage.text) for passage in passages) <= 30
