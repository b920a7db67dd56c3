"""What flows from a question to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ingest.citations import cite
from ingest.text.languages import language
from ingest.types import Passage
from rag.answer_text import render_answer
from rag.plain_values import hit_dict, lead_dict, source_dict
from rag.scope import EVERYTHING, Scope
from rag.writer_notes import WriterNote
from rag.written_units import WrittenUnit

_MARKS = ".!?:;,。！？，"  # that can end an item in the middle of a line

Stage = Literal["dense", "lexical", "fused", "reranked"]
#: `answered`; `doubtful`: shown under a notice that the lectures may not answer; `not_answered`:
#: the nearest pages alone.
Grade = Literal["answered", "doubtful", "not_answered"]
#: Why an answer is doubtful: the best evidence scores low; the passages lack names of the
#: question; the first passages are from different documents; question and page differ in language.
DoubtKind = Literal["weak", "missing", "scattered", "languages", "named"]


@dataclass(frozen=True, slots=True)
class StageScore:
    """A stage's judgement of a passage; `rank` counts from 1, larger scores are better."""

    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, with one score and rank for each stage that saw it.

    `dense` is a cosine in [-1, 1], `lexical` a BM25 of at least 0, `fused` a weighted mean in
    [0, 1], `reranked` a probability in [0, 1]. A stage adds its entry and changes no other.
    """

    passage: Passage
    stages: Mapping[Stage, StageScore]

    def with_stage(self, stage: Stage, score: float, rank: int) -> Hit:
        """A copy that also holds this stage's judgement."""
        return replace(self, stages={**self.stages, stage: StageScore(score, rank)})

    def score(self, stage: Stage) -> float | None:
        """A stage's score; None where the stage did not see the passage."""
        ranked = self.stages.get(stage)
        return ranked.score if ranked else None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation, the text of its answer, and the lectures that were asked."""

    question: str
    answer: str
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True)
class Source:
    """A quotation as evidence: its number in the text, its words, and the passage that they are from.

    `score` in [0, 1] is how well it answers the question by the judge's reading; the words are
    `hit.passage.text[start:end]` with every run of blanks as one. `standing` is what it was
    chosen by, a sum of logits: see `rag.evidence.select`. `also` are the citations of other versions
    of the page that say the same.
    """

    number: int
    quote: str
    hit: Hit
    score: float = 0.0
    start: int = 0
    end: int = 0
    selection_score: float = 0.0
    also: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages of the quote, ascending; those of the whole passage may be more."""
        passage = self.hit.passage
        return passage.pages_of(self.start, self.end) if self.end else passage.pages

    @property
    def is_recognised(self) -> bool:
        """Whether the quote was read from a picture."""
        return not set(self.hit.passage.recognised).isdisjoint(self.pages)

    @property
    def is_corrected(self) -> bool:
        """Whether a person wrote the text of a page of the quote."""
        return not set(self.hit.passage.corrected).isdisjoint(self.pages)

    @property
    def citation(self) -> str:
        """File and pages of the quote, as in `deck.pdf, p. 4`."""
        passage, pages = self.hit.passage, self.pages
        labels = passage.labels_of(pages)
        return cite(passage.name, pages, passage.headings, labels, place=passage.place)

    @property
    def lines(self) -> tuple[str, ...]:
        """The quote as the page sets it: each item, row and label on a line of its own."""
        return tuple(" ".join(line.split()) for line in self.raw_lines)

    @property
    def raw_lines(self) -> list[str]:
        """As `lines`, with all blanks."""
        return (self.hit.passage.text[self.start : self.end] or self.quote).split("\n")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with the number of its source.

    `support` in [0, 1] is how well the source's quote supports it, by the judge's score;
    `quoted` sentences are the source's own words, `written` ones the model's.
    """

    text: str
    source: int
    support: float
    origin: Literal["written", "quoted"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason why an answer is doubtful; `words` are the names that are missing."""

    kind: DoubtKind
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lead:
    """The few words that answer a question or a part of it: whole units of one source, in order.

    `items` are sentences, items, rows or formulas, each on one line; they are
    `passage.text[start:end]` of the source's passage, which its quote contains. `label` names what
    they are about where they do not, "" elsewhere: a heading, or the line that opens the list.
    Where on the page they stand, `ingest.page_boxes.boxes_of` tells from the passage and the
    offsets. `score` in [0, 1] is how well the best of them answers: the
    sigmoid of the judge's weighted logit plus what the unit's kind adds (`rag.unit_kinds`).
    """

    items: tuple[str, ...]
    source: int
    start: int
    end: int
    label: str = ""
    score: float = 0.0

    @property
    def caption(self) -> str:
        """The label with a colon, if it does not end with a mark; "" without one."""
        label = self.label.rstrip(":")
        return label if not label or label[-1] in ".!?" else f"{label}:"

    @property
    def text(self) -> str:
        """All on one line: the label with a colon, and the items, which end with a mark."""
        inner = [item if item[-1] in _MARKS else f"{item};" for item in self.items[:-1]]
        return " ".join(filter(None, [self.caption, *inner, self.items[-1]]))

    @property
    def lines(self) -> tuple[str, ...]:
        """The label and the items, each on a line of its own; several items have bullets."""
        if len(self.items) == 1:
            return (self.text,)
        head = (self.caption,) if self.label else ()
        return head + tuple(f"• {item}" for item in self.items)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the nearest passages as its sources where the lectures do not answer.

    `leads` are the few words that answer, one for each part of the question, and `sentences` what
    their sources say around them; a written answer is its sentences alone.
    `query` is what was searched for (a follow-up is completed from the conversation); `hits`
    are the passages of the last stage, best first; `evidence` is what the model could read, and
    `sources` what the sentences rest on; `draft` is what the model wrote before its sentences
    were compared with the evidence; `confidence` in [0, 1] is how probable it is that the lectures
    answer the question, by which `grade` goes; `doubts` are the reasons of a doubtful answer;
    `seconds` are by stage; `models` name what was used; `language` is the ISO 639-1 code of the
    language that it is in; `picture_pages` counts the library's pages that hold only pictures, where
    no answer is shown. `route` is the kind of a question about the course itself (`rag.course`), ""
    for one that was searched for; `introduction` is the sentence that opens its answer. `scope` are
    the lectures that were asked. `writer_notes` say why no language model wrote, or which settings
    it does not take. `units` are the parts of a structured answer, the unsupported ones among them; its
    `sentences` are the supported ones.
    """

    question: str
    query: str
    sentences: tuple[Sentence, ...]
    sources: tuple[Source, ...]
    hits: tuple[Hit, ...]
    grade: Grade
    evidence: tuple[Source, ...] = ()
    confidence: float = 0.0
    draft: str = ""
    stopped: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    stamp: str = ""
    language: str = "en"
    doubts: tuple[Doubt, ...] = ()
    leads: tuple[Lead, ...] = ()
    picture_pages: int = 0
    route: str = ""
    introduction: str = ""
    scope: Scope = EVERYTHING
    writer_notes: tuple[WriterNote, ...] = ()
    units: tuple[WrittenUnit, ...] = ()

    @property
    def abstained(self) -> bool:
        """Whether no answer is shown, only the nearest pages."""
        return self.grade == "not_answered"

    @property
    def is_structured(self) -> bool:
        """Whether the answer is what a capable model wrote; False where it is quoted instead."""
        return any(unit.status == "supported" for unit in self.units)

    @property
    def notice(self) -> str:
        """What stands above a doubtful answer, or in place of one; "" for `answered`.

        It is in the answer's language.
        """
        spoken = language(self.language)
        if self.grade == "answered":
            return ""
        if self.abstained:
            said = [
                spoken.abstention,
                self.picture_notice,
                spoken.nearest_pages if self.sources else "",
            ]
            return " ".join(filter(None, said))
        reasons = [
            spoken.doubt_reasons[doubt.kind].format(words=", ".join(doubt.words))
            for doubt in self.doubts
        ]
        return spoken.doubt.format(reasons="; ".join(reasons))

    @property
    def writer_sentences(self) -> tuple[str, ...]:
        """The notes about the writing as sentences, in the answer's language."""
        return tuple(note.sentence(self.language) for note in self.writer_notes)

    @property
    def picture_notice(self) -> str:
        """How many pages hold only pictures, in the answer's language; "" where there are none."""
        if not self.picture_pages:
            return ""
        return language(self.language).picture_pages.format(pages=self.picture_pages)

    @property
    def scope_notice(self) -> str:
        """Which lectures were asked, in the answer's language; "" where all were."""
        spoken = language(self.language)
        return spoken.searched_in.format(scope=self.scope.text(spoken)) if self.scope else ""

    @property
    def text(self) -> str:
        """The introduction and the leads, else the sentences, each with its source's number; else
        the notice."""
        if self.abstained:
            return self.notice
        said = [f"{said.text} [{said.source}]" for said in self.leads or self.sentences]
        return " ".join(filter(None, [self.introduction, *said]))

    def source_of(self, sentence: Sentence) -> Source:
        """The source that a sentence names; its `citation` is the file and the page."""
        return self.sources[sentence.source - 1]

    def says(self, source: Source) -> bool:
        """Whether one of the sentences is the source's quote, so that it need not stand twice."""
        return any(
            said.source == source.number and said.origin == "quoted" for said in self.sentences
        )

    def is_context(self, source: Source) -> bool:
        """Whether a source holds a lead, so that its quote is what the page says around it."""
        return any(lead.source == source.number for lead in self.leads)

    def marked(self, source: Source) -> Source:
        """A source cut to its leads, to be highlighted on its page; without one, as it is."""
        leads = [lead for lead in self.leads if lead.source == source.number]
        if not leads:
            return source
        start, end = min(lead.start for lead in leads), max(lead.end for lead in leads)
        quote = " ".join(source.hit.passage.text[start:end].split())
        return replace(source, quote=quote, start=start, end=end)

    def context_lines(self, source: Source) -> list[tuple[str, bool]]:
        """The lines of a source's quote, each with whether words of a lead are in it."""
        leads = [lead for lead in self.leads if lead.source == source.number]
        lines, start = [], source.start
        for line in source.raw_lines:
            end = start + len(line)
            in_lead = any(lead.start < end and start < lead.end for lead in leads)
            lines.append((" ".join(line.split()), in_lead))
            start = end + 1
        return lines

    def render(self) -> str:
        """The scope, the notice, the answer and the numbered sources with their quotes, as lines to print."""
        return render_answer(self)

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that `json.dumps` takes."""
        return {
            "text": self.text,
            **{
                name: getattr(self, name)
                for name in (
                    "question",
                    "query",
                    "grade",
                    "abstained",
                    "notice",
                    "confidence",
                    "draft",
                    "stopped",
                    "stamp",
                    "language",
                    "picture_pages",
                    "route",
                    "introduction",
                )
            },
            "scope": self.scope.as_dict(),
            "doubts": [asdict(doubt) for doubt in self.doubts],
            "leads": [lead_dict(lead) for lead in self.leads],
            "sentences": [asdict(sentence) for sentence in self.sentences],
            "sources": [source_dict(source) for source in self.sources],
            "evidence": [source_dict(source) for source in self.evidence],
            "hits": [hit_dict(hit) for hit in self.hits],
            "sampling": dict(self.sampling),
            "seconds": dict(self.seconds),
            "models": dict(self.models),
            "units": [asdict(unit) for unit in self.units],
            "writer_notes": [note.as_dict(self.language) for note in self.writer_notes],
        }


@dataclass(frozen=True, slots=True)
class StageDone:
    """An event: a stage has finished, in so many seconds, with these passages best first."""

    stage: str
    seconds: float
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """An event: the next words of the model's draft."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The last event: the whole answer, its sentences compared with their sources."""

    answer: Answer


Event = StageDone | Token | Answered
