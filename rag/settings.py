"""All settings in one typed tree, read from a TOML file and from `KATHEDER_...` variables.

A field `top_k` of the section `retrieval` is `[retrieval] top_k = 8` in the file and
`KATHEDER_RETRIEVAL__TOP_K=8` in the environment; the environment wins.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ingest import weights
from rag.errors import BadSettings
from rag.sampling import Sampling

_SECTION = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ModelSettings(BaseModel):
    """Which models are used, and what they run on."""

    model_config = _SECTION

    encoder: str = weights.ENCODER
    """Bi-encoder: a bundled name, a local folder or a hub id. Changing it means rebuilding."""
    reranker: str = weights.RERANKER
    """CrossEncoder: a bundled name, a local folder or a hub id; "none" leaves the first stage's
    order."""
    generator: str = weights.DECODER
    """Decoder-only language model: a bundled name, a local folder, a hub id, or `module:attribute`
    of a chat model of langchain-core."""
    adapter: str = "auto"
    """LoRA adapter of the generator: auto takes the bundled one for the bundled generator; a
    folder in peft's form; "none" leaves the generator as it is."""
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    """auto, cpu, cuda, cuda:N or mps; auto takes a GPU where there is one."""
    dtype: weights.Numeric = "auto"
    """auto, float32 or bfloat16; auto asks the processor by a short probe."""


class ChunkingSettings(BaseModel):
    """How lectures are cut. Changing it means rebuilding."""

    model_config = _SECTION

    passage_tokens: int = Field(default=200, ge=16, le=4096)
    """Longest passage in the encoder's tokens; its window, less the headings, bounds it too."""
    overlap_tokens: int = Field(default=0, ge=0)
    """How many tokens a passage of notes repeats from the one before, in whole sentences."""


class RetrievalSettings(BaseModel):
    """The first stage: dense and lexical candidates and their fusion."""

    model_config = _SECTION

    candidates: int = Field(default=50, ge=1, le=1000)
    """Passages that dense and lexical search give each."""
    dense_weight: float = Field(default=1.0, ge=0)
    """Weight of the dense scores in the fusion; 0 leaves dense search out."""
    lexical_weight: float = Field(default=1.0, ge=0)
    """Weight of the lexical scores in the fusion; 0 leaves lexical search out."""
    top_k: int = Field(default=8, ge=1, le=1000)
    """Passages that a search returns."""
    followups: Literal["expand", "rewrite", "off"] = "expand"
    """A question that leans on the conversation is searched with the one that it follows, is
    rewritten by the language model, or is left as it is."""
    min_cosine: float = Field(default=0.2, ge=-1, le=1)
    """Below this cosine of the best passage the lectures are taken not to answer, whatever else."""


class RerankSettings(BaseModel):
    """The second stage: a CrossEncoder over the first candidates."""

    model_config = _SECTION

    candidates: int = Field(default=16, ge=1, le=200)
    """How many of the fused candidates the CrossEncoder scores."""
    shallow: int = Field(default=6, ge=1, le=200)
    """How many it scores at first, where `sure` is below 1."""
    sure: float = Field(default=1.0, ge=0, le=1)
    """Score of one of the first from which the rest are not read; 1 reads all of them. At 0.7
    reading takes two thirds of the time (docs/results.md)."""
    first_stage_weight: float = Field(default=1.25, ge=0)
    """Weight of the first stage's score beside the CrossEncoder's, both standardised."""
    batch_size: int = Field(default=16, ge=1)
    """Pairs scored at once."""


class AnswerSettings(BaseModel):
    """From passages to an answer."""

    model_config = _SECTION

    writer: bool = False
    """Let the language model write; off, the best pieces of evidence are the answer, which
    measures better with the bundled model (docs/results.md)."""
    passages: int = Field(default=6, ge=1, le=20)
    """Passages that evidence is taken from, best first."""
    select: bool = True
    """Choose single sentences as evidence; off, whole passages are the evidence."""
    evidence_pieces: int = Field(default=5, ge=1, le=20)
    """Most pieces of evidence."""
    piece_words: int = Field(default=90, ge=0)
    """Words up to which a piece that is quoted takes in its neighbours; 0 leaves each by itself.
    The writer is given single pieces, from which it measures better."""
    neighbour_margin: float = Field(default=8.0, ge=0)
    """How far, in logits, a neighbour may stand behind the piece that takes it in."""
    evidence_words: int = Field(default=180, ge=20)
    """Most words of all evidence together; the best piece is taken at any length."""
    passage_weight: float = Field(default=0.5, ge=0)
    """Weight of the passage's reranked logit beside a piece's own."""
    place_weight: float = Field(default=1.5, ge=0)
    """What the logarithm of its page's place takes from a piece."""
    quotes: int = Field(default=3, ge=1, le=3)
    """Most pieces of an extractive answer."""
    quote_margin: float = Field(default=2.5, ge=0)
    """How far, in logits, a further piece of an extractive answer may stand behind the best."""
    other_margin: float = Field(default=1.0, ge=0)
    """The same for a piece of another page than the best one's."""
    check: bool = True
    """Hold every written sentence against the evidence; off, the model's own marks are believed."""
    min_support: float = Field(default=0.7, ge=0, le=1)
    """Score of its best evidence below which a written sentence is removed."""
    min_confidence: float | None = Field(default=None, ge=0, le=1)
    """Below this confidence the program abstains; by default where `katheder calibrate` put it."""


class AppSettings(BaseModel):
    """The command line and the Streamlit app."""

    model_config = _SECTION

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
        """A copy with some fields of some sections changed and checked; the environment is not asked.

        Raises:
            BadSettings: a section, field or value that does not fit.
        """
        changed: dict[str, BaseModel] = {}
        for section, values in sections.items():
            if section not in Settings.model_fields:
                raise BadSettings(
                    f"{section} = {values!r}: there is no such section of the settings; "
                    f"known are {', '.join(Settings.model_fields)}"
                )
            old: BaseModel = getattr(self, section)
            try:
                changed[section] = type(old).model_validate(old.model_dump() | values)
            except ValidationError as error:
                raise BadSettings(_sentences(error, "the change", (section,))) from error
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
    chosen = file or (Path(named) if (named := os.environ.get("KATHEDER_SETTINGS")) else None)
    values: dict[str, Any] = {}
    if chosen is not None:
        try:
            values = tomllib.loads(chosen.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadSettings(
                f"The settings file {chosen} cannot be read ({error.strerror})"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"The settings file {chosen} is not TOML: {error}") from error
    for name in os.environ:
        section = name.removeprefix("KATHEDER_").split("__")[0].lower()
        known = name in RESERVED or not name.startswith("KATHEDER_")
        if not known and section not in Settings.model_fields:
            raise BadSettings(
                f"The variable {name} names no section of the settings; "
                f"known are {', '.join(Settings.model_fields)}"
            )
    try:
        return Settings(**values)
    except ValidationError as error:
        raise BadSettings(_sentences(error, str(chosen or "the environment"))) from error
    except SettingsError as error:
        raise BadSettings(
            f"A variable of the environment cannot be used ({error}). "
            "Name section and field, as in KATHEDER_RETRIEVAL__TOP_K=8"
        ) from error


def _sentences(error: ValidationError, origin: str, section: tuple[str, ...] = ()) -> str:
    """Every fault with its field, the value seen, where it was seen, and the value wanted."""
    variables = {name.upper() for name in os.environ}
    sentences = []
    for fault in error.errors():
        place = [*section, *map(str, fault["loc"])]
        variable = f"KATHEDER_{'__'.join(place)}".upper()
        found = variable if variable in variables and not section else origin
        message = fault["msg"].removeprefix("Value error, ")
        sentences.append(f"{'.'.join(place)} = {fault['input']!r} in {found}: {message}")
    return "; ".join(sentences)


def default_library() -> Path:
    """`KATHEDER_LIBRARY`, or `library` in the platform's folder for program data."""
    chosen = os.environ.get("KATHEDER_LIBRARY")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("katheder")) / "library"
