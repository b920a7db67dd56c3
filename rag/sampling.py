"""How the next token is chosen: greedy, beam search, or sampling, with a seed.

A combination in which a value would have no effect is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import BadSampling

Strategy = Literal["greedy", "beam", "sample"]
SHORT_TOKENS = 64
STRUCTURED_TOKENS = 1024
_DRAWING = ("temperature", "top_k", "top_p", "min_p")  # fields of the strategy "sample"


class Sampling(BaseModel):
    """Decoding settings; None means that the strategy does not use the field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Strategy = "greedy"
    """greedy takes the likeliest token, beam searches several continuations, sample draws."""
    num_beams: int | None = Field(default=None, ge=2, le=16)
    """Number of continuations in beam search, 2 to 16; 4 by default."""
    temperature: float | None = Field(default=None, gt=0, le=5)
    """Divides the logits before drawing: below 1 sharpens, above 1 flattens."""
    top_k: int | None = Field(default=None, ge=1)
    """Draw only from the k likeliest tokens."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Draw only from the smallest set of tokens whose probabilities sum to p (nucleus)."""
    min_p: float | None = Field(default=None, ge=0, le=1)
    """Draw only from tokens at least min_p times as likely as the likeliest."""
    repetition_penalty: float = Field(default=1.0, ge=1, le=3)
    """Divides the logits of tokens already seen; 1 leaves them alone."""
    max_new_tokens: int | None = Field(default=None, ge=1, le=4096)
    """Longest answer, in tokens; by default 64, and 1024 for the structured answer of a capable model."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of the random generator; the same seed, settings and library give the same answer."""

    @model_validator(mode="after")
    def _consistent(self) -> Sampling:
        drawing = {
            name: getattr(self, name) for name in _DRAWING if getattr(self, name) is not None
        }
        if self.strategy != "sample" and drawing:
            given = ", ".join(f"{name}={value}" for name, value in drawing.items())
            raise ValueError(
                f"{given} would have no effect: strategy {self.strategy!r} draws nothing. "
                "Choose strategy 'sample' or leave them out"
            )
        if self.strategy != "beam" and self.num_beams is not None:
            raise ValueError(
                f"num_beams={self.num_beams} needs strategy 'beam', got {self.strategy!r}"
            )
        return self

    @property
    def answer_tokens(self) -> int:
        """Longest answer, in tokens."""
        return self.max_new_tokens or SHORT_TOKENS

    def generation_arguments(self) -> dict[str, Any]:
        """The same settings as keyword arguments of `transformers`' `generate`."""
        arguments: dict[str, Any] = {
            "max_new_tokens": self.answer_tokens,
            "repetition_penalty": self.repetition_penalty,
            "do_sample": self.strategy == "sample",
            "num_beams": (self.num_beams or 4) if self.strategy == "beam" else 1,
        }
        if self.strategy == "sample":
            arguments |= {
                "temperature": self.temperature or 1.0,
                "top_k": self.top_k or 0,  # 0 switches it off
                "top_p": self.top_p or 1.0,
            }
            if self.min_p:
                arguments["min_p"] = self.min_p
        return arguments


def sampling_from(
    values: Mapping[str, Any], base: Sampling | None = None, *, writes: bool = True
) -> Sampling:
    """Build sampling settings from values that a user gave, over a base.

    A strategy follows from the values where none is given: `num_beams` means beam search, a
    temperature, top-k, top-p or min-p means sampling. Values of the base for which the new
    strategy has no use are dropped.

    Args:
        values: By field; None means that the user gave no value.
        base: Holds for the fields without a value.
        writes: Whether the answer is written. Where it is quoted, no value may be given.

    Raises:
        BadSampling: a value is out of range, contradicts another or has no effect; the message
            says which.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if given and not writes:
        raise BadSampling(quoted_message(given))
    fields = (base or Sampling()).model_dump(exclude_none=True)
    if "strategy" not in given:
        if "num_beams" in given:
            given["strategy"] = "beam"
        elif given.keys() & set(_DRAWING):
            given["strategy"] = "sample"
    strategy = given.get("strategy", fields["strategy"])
    if strategy != "sample":
        for name in _DRAWING:
            fields.pop(name, None)
    if strategy != "beam":
        fields.pop("num_beams", None)
    try:
        return Sampling(**(fields | given))
    except ValidationError as error:
        raise BadSampling("; ".join(_sentence(fault) for fault in error.errors())) from error


def quoted_message(values: Mapping[str, Any]) -> str:
    """Why sampling values are refused where the answer is quoted, and what makes them work."""
    names = ", ".join(f"{name}={value}" for name, value in values.items()) or "Sampling settings"
    return (
        f"{names} would have no effect, because the answer quotes the lectures. Sampling options "
        "need a written answer: add --written (or set answer.writer = true)."
    )


def _sentence(fault: Any) -> str:
    """A fault that pydantic reports, as a sentence with the value seen and the value expected."""
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not fault["loc"]:
        return message
    name = ".".join(str(part) for part in fault["loc"])
    return f"{name}={fault['input']!r} cannot be used: {message[0].lower()}{message[1:]}"


PRESETS = {
    "precise": Sampling(),
    "balanced": Sampling(strategy="sample", temperature=0.7, top_p=0.9),
    "creative": Sampling(strategy="sample", temperature=1.1, top_p=0.95),
    "beam": Sampling(strategy="beam", num_beams=4),
}
"""Presets by name: greedy decoding, two that sample, and beam search."""
