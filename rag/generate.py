"""The writer: a decoder-only language model that streams an answer to a prompt."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ingest import weights
from ingest.abandonment import check_abandoned
from ingest.errors import ModelMissing
from rag.piece_stream import PieceStream
from rag.prompt import Message
from rag.sampling import Sampling
from rag.settings import ModelSettings

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


_TURN = threading.Lock()  # PyTorch has one random generator a process, which a seed resets


class Writer(Protocol):
    """Writes an answer to a prompt."""

    @property
    def name(self) -> str:
        """Name and hash of the weights, which every written answer records."""

    def count_tokens(self, text: str) -> int:
        """Number of the model's tokens in a text."""

    def load(self) -> None:
        """Load the model now rather than at the first answer."""

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, stop: threading.Event | None = None
    ) -> Iterator[str]:
        """Write an answer, yielding its text as it grows, until it ends or `stop` is set."""


class Generator:
    """A causal language model of transformers, loaded when first used; one answer at a time."""

    def __init__(self, models: ModelSettings) -> None:
        """Locate the model as `weights`, and the adapter or None as `adapter`.

        Raises:
            ModelMissing: one of them is not on this machine.
        """
        self.weights = weights.locate(models.generator)
        self.adapter = _adapter(models, self.weights)
        self._models = models

    @property
    def name(self) -> str:
        """Name and hash of the weights, and of the adapter where there is one."""
        names = [self.weights.identity] + ([self.adapter.identity] if self.adapter else [])
        return " + ".join(names)

    def count_tokens(self, text: str) -> int:
        """Number of the model's tokens in a text."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def load(self) -> None:
        """Load the model now rather than at the first answer."""
        _ = self.model

    def stream(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        stop: threading.Event | None = None,
    ) -> Iterator[str]:
        """Write an answer, yielding its text as it grows.

        The model runs in a thread of its own and ends when `stop` is set or the iterator is
        closed. Beam search cannot know its text before the end and yields it whole. The same
        messages, sampling and seed give the same text on the same machine.
        """
        stop = stop or threading.Event()

        def write(pieces: PieceStream) -> None:
            with _TURN:
                self._generate(messages, sampling, pieces, (stop, pieces.cancelled))

        yield from PieceStream(write, "katheder-generate")

    def _generate(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        pieces: PieceStream,
        stops: tuple[threading.Event, ...],
    ) -> None:
        import torch
        from transformers import StoppingCriteriaList
        from transformers.generation.streamers import BaseStreamer

        if any(event.is_set() for event in stops):
            return
        model: Any = self.model  # whose `generate` transformers leaves untyped
        tokenizer = self.tokenizer
        prompt: Any = tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        inputs = prompt.to(model.device)

        class Pieces(BaseStreamer):
            """Hands over new text, but for what the next token may still change.

            It always decodes from the first token on: a tokenizer may drop the blank before
            the first word that it is given, and a letter may be spread over several tokens.
            """

            def __init__(self) -> None:
                self.tokens: list[int] | None = None  # None until the prompt has gone by
                self.sent = 0

            def put(self, value: torch.Tensor) -> None:
                if self.tokens is None:
                    self.tokens = []
                    return
                self.tokens.extend(value.flatten().tolist())
                self.send(text_of(self.tokens).rstrip("\ufffd").rstrip())

            def end(self) -> None:
                self.send(text_of(self.tokens or []))

            def send(self, text: str) -> None:
                if len(text) > self.sent:
                    pieces.put(text[self.sent :])
                    self.sent = len(text)

        def text_of(tokens: Any) -> str:
            return str(tokenizer.decode(tokens, skip_special_tokens=True))

        def stopped(tokens: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
            ends = any(event.is_set() for event in stops)
            return torch.full((tokens.shape[0],), ends, dtype=torch.bool, device=tokens.device)

        beams = sampling.strategy == "beam"
        padded = tokenizer.pad_token_id is not None
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(sampling.seed)
            output = model.generate(
                **inputs,
                **sampling.generation_arguments(),
                streamer=None if beams else Pieces(),
                stopping_criteria=StoppingCriteriaList([stopped]),
                pad_token_id=tokenizer.pad_token_id if padded else tokenizer.eos_token_id,
            )
        if beams:
            pieces.put(text_of(output[0, inputs["input_ids"].shape[1] :]))

    @cached_property
    def _folder(self) -> str:
        return str(weights.decoder_folder(self.weights))

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's tokenizer, loaded when first used."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._folder, local_files_only=True)

    @cached_property
    def model(self) -> PreTrainedModel:
        """The model with its adapter merged in, loaded when first used."""
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        device = weights.choose_device(self._models.device)
        dtype = weights.choose_dtype(self._models.dtype, device)
        model: Any = AutoModelForCausalLM.from_pretrained(
            self._folder, dtype=dtype, local_files_only=True
        )
        if self.adapter is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, str(self.adapter.folder)).merge_and_unload()
        for module in model.modules():
            if isinstance(module, torch.nn.ModuleList):
                for layer in module:
                    # A prompt is read in one step of seconds, which no criterion of tokens ends.
                    layer.register_forward_pre_hook(lambda *_: check_abandoned())
        return model.to(device).eval()


def _adapter(models: ModelSettings, base: weights.Weights) -> weights.Weights | None:
    """The adapter that the settings name; raises ModelMissing where it is not on this machine."""
    if models.adapter == "none":
        return None
    if models.adapter == "auto":
        return weights.locate(weights.WRITER) if base.name == weights.DECODER else None
    folder = Path(models.adapter).expanduser()
    file = folder / "adapter_model.safetensors"
    if not file.is_file():
        raise ModelMissing(
            f"No adapter at {folder}: expected a folder with {file.name} in peft's form"
        )
    return weights.Weights("adapter", folder, "folder", weights.sha256_of(file), file.name)
