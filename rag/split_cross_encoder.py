"""The bundled split cross-encoders: a bi-encoder's layers, the last of which see two texts at once.

The lower layers encode question and passage separately, as the bi-encoder does; the upper (joint)
layers encode them as one sequence. The score adds three things: the mean over the question's tokens, weighted
by learned importance, of the largest cosine to a token of the passage; the cosine of the mean
tokens; and a small network over the two means. Before any training it therefore ranks as late
interaction does, which is a better start than an untrained classification head.

Sources: late interaction, Khattab and Zaharia (SIGIR 2020); joint upper layers over
separate lower ones, MacAvaney et al. (SIGIR 2020) and Cao et al. (ACL 2020).
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import normalize

from ingest import weights
from ingest.lru import LruCache
from ingest.model_threads import map_in_threads
from rag.split_base import Base, open_base
from rag.split_tokens import Tokens

Output = TypeVar("Output")

WEIGHTS = "model.safetensors"
CONFIG = "config.json"

_BATCH_TOKENS = 1024  # tokens that the layers read at once
_CACHED_TOKENS = 100_000  # of texts read by the lower layers: 150 MB of float32
_AHEAD = 0.6  # of the cache


class ScoringHead(nn.Module):
    """Maps the last states of two texts to one logit."""

    def __init__(self, width: int, hidden: int = 128) -> None:
        """Begin as late interaction, scaled for cosines of all-MiniLM-L6-v2; see `scale_to`."""
        super().__init__()
        self.importance = nn.Linear(width, 1)
        self.late_scale = nn.Parameter(torch.tensor(20.0))
        self.pooled_scale = nn.Parameter(torch.tensor(2.0))
        self.bias = nn.Parameter(torch.tensor(-12.0))
        last = nn.Linear(hidden, 1, bias=False)
        self.network = nn.Sequential(nn.Linear(4 * width, hidden), nn.GELU(), last)
        nn.init.zeros_(self.importance.weight)
        nn.init.zeros_(self.importance.bias)
        nn.init.zeros_(last.weight)

    def scale_to(self, late: float, pooled: float, bias: float) -> None:
        """Set the untrained factors of both cosines and the bias, for a base with other cosines."""
        with torch.no_grad():
            self.late_scale.fill_(late)
            self.pooled_scale.fill_(pooled)
            self.bias.fill_(bias)

    def forward(
        self, question: Tensor, question_mask: Tensor, passage: Tensor, passage_mask: Tensor
    ) -> Tensor:
        """Logits, shape (batch,).

        States are (batch, tokens, width), masks (batch, tokens) with 1 for a token.
        [CLS] and [SEP] of the question have no weight.
        """
        cosines = normalize(question, dim=2) @ normalize(passage, dim=2).transpose(1, 2)
        closest = cosines.masked_fill(passage_mask[:, None, :] == 0, -1).amax(dim=2)
        lengths = question_mask.sum(dim=1, keepdim=True)
        positions = torch.arange(question.shape[1], device=question.device)[None, :]
        inner = (positions > 0) & (positions < lengths - 1)
        weights = self.importance(question).squeeze(2).masked_fill(~inner, -1e9).softmax(dim=1)
        late = (weights * closest).sum(dim=1)
        left, right = _mean(question, question_mask), _mean(passage, passage_mask)
        pair = torch.cat([left, right, left * right, (left - right).abs()], dim=1)
        return (
            self.late_scale * late
            + self.pooled_scale * torch.cosine_similarity(left, right)
            + self.network(pair).squeeze(1)
            + self.bias
        )


class SplitCrossEncoder(nn.Module):
    """Pairs of texts in, logits out."""

    def __init__(
        self,
        base: Base,
        joint_layers: int,
        *,
        layers: int | None = None,
        batch_tokens: int = _BATCH_TOKENS,
        cached_tokens: int = _CACHED_TOKENS,
    ) -> None:
        """Split a BERT into lower layers and the joint layers above them.

        Args:
            base: The BERT and how it reads texts, which are cut to MAX_TOKENS; its layers are
                shared, but for copies of the joint ones.
            joint_layers: How many of the last layers see both texts.
            layers: How many of the base's first layers are used; all by default.
            batch_tokens: About how many tokens the layers read at once.
            cached_tokens: Of how many tokens at most the lower layers' states are cached.
        """
        super().__init__()
        self.base = base
        used = list(base.bert.encoder.layer)[:layers]
        cut = len(used) - joint_layers
        self.embeddings = base.bert.embeddings
        self.lower = nn.ModuleList(used[:cut])
        self.joint = nn.ModuleList(map(copy.deepcopy, used[cut:]))
        self.head = ScoringHead(base.bert.config.hidden_size)
        self.batch_tokens = batch_tokens
        self.lower_states: LruCache[Tokens, Tensor] = LruCache(
            cached_tokens, size=lambda ids, _: len(ids)
        )

    @torch.inference_mode()
    def predict(self, pairs: Sequence[tuple[str, str]], batch_size: int) -> np.ndarray:
        """The probability that the second text of each pair answers the first, float32, (pairs,).

        Pairs are batched by length, the longest first.
        """
        lengths = [len(question) + len(text) for question, text in pairs]
        order = sorted(range(len(pairs)), key=lambda row: lengths[row], reverse=True)
        scores = np.empty(len(pairs), dtype=np.float32)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            logits: Tensor = self([pairs[row] for row in rows])
            scores[rows] = logits.sigmoid().cpu().numpy()
        return scores

    @torch.inference_mode()
    def read_ahead(self, texts: Sequence[str]) -> bool:
        """Have the lower layers read texts that no question has asked for yet.

        Returns:
            False, and nothing is read, where their states would fill more than _AHEAD of the cache;
            the rest is for the spans of passages.
        """
        tokens = self.base.tokens(texts, questions=False)
        filled = self.lower_states.total_size + sum(map(len, tokens))
        if filled > _AHEAD * self.lower_states.capacity:
            return False
        self.encode_lower(tokens)
        return True

    def forward(self, pairs: Sequence[tuple[str, str]]) -> Tensor:
        """The logits of pairs, float32, (pairs,)."""
        questions, texts = (list(dict.fromkeys(side)) for side in zip(*pairs, strict=True))
        tokens = self.base.tokens(questions, questions=True)
        states = self.encode_lower([*tokens, *self.base.tokens(texts, questions=False)])
        asked = dict(zip(questions, states[: len(questions)], strict=True))
        given = dict(zip(texts, states[len(questions) :], strict=True))
        return self.score_pairs(
            [asked[question] for question, _ in pairs], [given[text] for _, text in pairs]
        )

    def encode_lower(self, tokens: Sequence[Tokens]) -> list[Tensor]:
        """The lower layers' states of each text, (tokens, width); those of the last texts are cached."""

        def encode(missing: Sequence[Tokens]) -> Iterator[Tensor]:
            batches = _pack_batches(list(map(len, missing)), self.batch_tokens)
            for states in self._map(
                lambda rows: self._lower([missing[row] for row in rows]), batches
            ):
                yield from states

        return self.lower_states.get_or_compute(tokens, encode)

    def _lower(self, texts: Sequence[Tokens]) -> list[Tensor]:
        """The lower layers' states of some texts, (tokens, width) each.

        They are concatenated into one sequence, in which every token attends to its own text
        alone and has its position in that text. Nothing is padded.
        """
        device = self._device
        lengths = [len(ids) for ids in texts]
        row = torch.tensor([[token for ids in texts for token in ids]], device=device)
        positions = torch.cat([torch.arange(length) for length in lengths])[None].to(device)
        with torch.inference_mode():
            words = self.base.word_embeddings(row)
            states = self.embeddings(inputs_embeds=words, position_ids=positions)
            for layer in self.lower:
                states = layer(states, lengths)
            return [part.clone() for part in states[0].split(lengths)]

    def score_pairs(self, questions: Sequence[Tensor], passages: Sequence[Tensor]) -> Tensor:
        """Logits of pairs of lower states, shape (pairs,)."""
        lengths = [len(q) + len(p) for q, p in zip(questions, passages, strict=True)]

        def score(rows: Sequence[int]) -> Tensor:
            return self._joint([questions[row] for row in rows], [passages[row] for row in rows])

        return torch.cat(self._map(score, _pack_batches(lengths, self.batch_tokens)))

    def _joint(self, questions: Sequence[Tensor], passages: Sequence[Tensor]) -> Tensor:
        """Logits of some pairs of lower states, which the joint layers read as one sequence."""
        pairs = list(zip(questions, passages, strict=True))
        states = torch.cat([part for pair in pairs for part in pair])[None]
        lengths = [len(question) + len(passage) for question, passage in pairs]
        for layer in self.joint:
            states = layer(states, lengths)
        parts = states[0].split([len(part) for pair in pairs for part in pair])
        # A cosine in half precision has two digits; times 20, that would be a tenth of a logit.
        with torch.autocast(states.device.type, enabled=False):
            question, question_mask = _padded([part.float() for part in parts[::2]])
            passage, passage_mask = _padded([part.float() for part in parts[1::2]])
            logits: Tensor = self.head(question, question_mask, passage, passage_mask)
            return logits

    def _map(
        self, function: Callable[[list[int]], Output], batches: Sequence[list[int]]
    ) -> list[Output]:
        """The function's results; where no gradients are needed, by a thread for each core."""
        if torch.is_grad_enabled() or self._device.type != "cpu":
            return [function(batch) for batch in batches]
        return map_in_threads(function, batches)

    @property
    def _device(self) -> torch.device:
        return self.embeddings.word_embeddings.weight.device

    def trainable_parameters(self) -> list[nn.Parameter]:
        """What training changes: the joint layers and the head."""
        return [*self.joint.parameters(), *self.head.parameters()]

    def save(self, folder: Path) -> None:
        """Write what differs from the base model, in half precision."""
        values = {f"layers.{name}": value for name, value in self.joint.state_dict().items()}
        values |= {f"head.{name}": value for name, value in self.head.state_dict().items()}
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: value.detach().half().contiguous() for name, value in values.items()},
            folder / WEIGHTS,
        )

    def load_weights(self, file: Path) -> None:
        """Take the joint layers and the head from a file that `save` wrote."""
        values = {name: value.float() for name, value in load_file(file).items()}
        for part, module in (
            ("layers.", self.joint),
            ("head.", self.head),
        ):
            module.load_state_dict(
                {name.removeprefix(part): v for name, v in values.items() if name.startswith(part)}
            )


def _pack_batches(lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """The rows in their order, in batches of at most so many tokens, or of one longer text.

    They are smaller where there would be fewer than threads.
    """
    batch_tokens = min(batch_tokens, math.ceil(sum(lengths) / torch.get_num_threads()))
    batches: list[list[int]] = []
    tokens = 0
    for row, length in enumerate(lengths):
        if not batches or tokens + length > batch_tokens:
            batches.append([])
            tokens = 0
        batches[-1].append(row)
        tokens += length
    return batches


def load(folder: Path, base: weights.Weights, device: str, dtype: torch.dtype) -> SplitCrossEncoder:
    """The trained model from its folder and its base model."""
    config = json.loads((folder / CONFIG).read_text())
    opened = open_base(base, device, dtype)
    model = SplitCrossEncoder(opened, config["joint_layers"], layers=config.get("layers"))
    model.load_weights(folder / WEIGHTS)
    model.head.to(device)
    return model.eval()


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


def _padded(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Texts of several lengths as (batch, longest, width) and their mask (batch, longest)."""
    padded = nn.utils.rnn.pad_sequence(list(states), batch_first=True)
    lengths = torch.tensor([len(text) for text in states], device=padded.device)
    positions = torch.arange(padded.shape[1], device=padded.device)
    return padded, (positions[None, :] < lengths[:, None]).float()
