"""How the next token is chosen: greedy, beam search, or sampling, with a seed.

Combinations that would silently ignore a value are refused with the reason.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import BadSampling

Strategy = Literal["greedy", "beam", "sample"]


class Sampling(BaseModel):
    """Decoding settings; None means that the strategy does without."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    strategy: Strategy = "greedy"
    """greedy takes the likeliest token, beam keeps several continuations, sample draws."""
    num_beams: int | None = Field(default=None, ge=2, le=16)
    """Continuations kept by beam search, 2 to 16; 4 where beam search names none."""
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
    max_new_tokens: int = Field(default=64, ge=1, le=4096)
    """Longest answer, in tokens."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """The same seed, settings and library give the same answer."""

    @model_validator(mode="after")
    def _consistent(self) -> Sampling:
        drawing = {
            name: getattr(self, name)
            for name in ("temperature", "top_k", "top_p", "min_p")
            if getattr(self, name) is not None
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

    def generation_arguments(self) -> dict[str, Any]:
        """The same settings as keyword arguments of `transformers`' `generate`."""
        arguments: dict[str, Any] = {
            "max_new_tokens": self.max_new_tokens,
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


def sampling_from(values: dict[str, Any], base: Sampling | None = None) -> Sampling:
    """Build sampling settings from what a user gave, over a base; None values are left out.

    A strategy follows from the values where none is given: `num_beams` means beam search, a
    temperature, top-k, top-p or min-p means sampling. A base's values that the new strategy has no use
    for are dropped.

    Raises:
        BadSampling: a value is out of range or contradicts another; the message says which.
    """
    given = {name: value for name, value in values.items() if value is not None}
    kept = (base or Sampling()).model_dump(exclude_none=True)
    if "strategy" not in given:
        if "num_beams" in given:
            given["strategy"] = "beam"
        elif {"temperature", "top_k", "top_p", "min_p"} & given.keys():
            given["strategy"] = "sample"
    strategy = given.get("strategy", kept["strategy"])
    if strategy != "sample":
        for name in ("temperature", "top_k", "top_p", "min_p"):
            kept.pop(name, None)
    if strategy != "beam":
        kept.pop("num_beams", None)
    try:
        return Sampling(**(kept | given))
    except ValidationError as error:
        raise BadSampling("; ".join(_sentence(fault) for fault in error.errors())) from error


def _sentence(fault: Any) -> str:
    """One fault that pydantic found, as a sentence with the value seen and the value wanted."""
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
"""Ways of writing by name: one likeliest text, two that draw, and several texts kept at once."""
