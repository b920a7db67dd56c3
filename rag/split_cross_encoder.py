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

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import InputModule
from torch import Tensor, nn
from torch.nn.functional import normalize

from ingest import weights
from ingest.lru import LruCache
from rag.split_base import MAX_TOKENS, Base, Tokens, open_base

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
MODEL_TYPE = "joint_reader"

_BATCH_TOKENS = 256  # tokens that the lower layers read at once
_CACHED_TOKENS = 100_000  # of texts read by the lower layers: 150 MB of float32


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


class SplitCrossEncoder(InputModule):
    """The CrossEncoder's one module: pairs of texts in, `scores` of shape (pairs, 1) out."""

    def __init__(
        self,
        base: Base,
        joint_layers: int,
        *,
        batch_tokens: int = _BATCH_TOKENS,
        cached_tokens: int = _CACHED_TOKENS,
    ) -> None:
        """Split a BERT into lower layers and the joint layers above them.

        Args:
            base: The BERT and how it reads texts, which are cut to MAX_TOKENS.
            joint_layers: How many of the last layers see both texts.
            batch_tokens: About how many tokens the lower layers read at once.
            cached_tokens: Of how many tokens at most the lower layers' states are cached.
        """
        super().__init__()
        self.base = base
        self.bert = base.bert
        self.joint_layers = joint_layers
        self.head = ScoringHead(self.bert.config.hidden_size)
        self.max_seq_length = MAX_TOKENS
        self.batch_tokens = batch_tokens
        self.lower_states: LruCache[Tokens, Tensor] = LruCache(
            cached_tokens, size=lambda ids, _: len(ids)
        )

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Tokens of each text once, and which two of them make each pair."""
        questions = {first: row for row, first in enumerate(dict.fromkeys(q for q, _ in inputs))}
        texts = {second: row for row, second in enumerate(dict.fromkeys(t for _, t in inputs))}
        return {
            "questions": self.base.tokens(list(questions), questions=True),
            "texts": self.base.tokens(list(texts), questions=False),
            "pairs": [(questions[first], texts[second]) for first, second in inputs],
        }

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Add `scores`, the logits, to the features of `preprocess`."""
        count = len(features["questions"])
        states = self.encode_lower([*features["questions"], *features["texts"]])
        questions = [states[first] for first, _ in features["pairs"]]
        texts = [states[count + second] for _, second in features["pairs"]]
        return {**features, "scores": self.score_pairs(questions, texts)[:, None]}

    def encode_lower(self, tokens: Sequence[Tokens]) -> list[Tensor]:
        """The lower layers' states of each text, (tokens, width); those of the last texts are cached."""

        def encode(missing: Sequence[Tokens]) -> Iterator[Tensor]:
            for batch in _pack_batches(missing, self.batch_tokens):
                yield from self._lower(batch)

        return self.lower_states.get_or_compute(tokens, encode)

    @property
    def _lowest_joint(self) -> int:
        return len(self.bert.encoder.layer) - self.joint_layers

    def _lower(self, texts: Sequence[Tokens]) -> list[Tensor]:
        """The lower layers' states of some texts, (tokens, width) each.

        They are concatenated into one sequence, in which every token attends to its own text
        alone and has its position in that text: for short texts this takes half the time of one
        call for each, and nothing is padded.
        """
        device = self.bert.embeddings.word_embeddings.weight.device
        lengths = [len(ids) for ids in texts]
        row = torch.tensor([[token for ids in texts for token in ids]], device=device)
        positions = torch.cat([torch.arange(length) for length in lengths])[None].to(device)
        owners = torch.repeat_interleave(torch.tensor(lengths)).to(device)
        visible = (owners[:, None] == owners[None, :])[None, None]
        with torch.inference_mode():
            words = self.base.word_embeddings(row)
            states = self.bert.embeddings(inputs_embeds=words, position_ids=positions)
            for layer in self.bert.encoder.layer[: self._lowest_joint]:
                states = layer(states, visible)
            return [part.clone() for part in states[0].split(lengths)]

    def score_pairs(self, questions: Sequence[Tensor], passages: Sequence[Tensor]) -> Tensor:
        """Logits of pairs of lower states, shape (pairs,)."""
        question, question_mask = _padded(questions)
        passage, passage_mask = _padded(passages)
        states = torch.cat([question, passage], dim=1)
        mask = torch.cat([question_mask, passage_mask], dim=1)
        visible = (mask[:, None, None, :] > 0).expand(-1, 1, mask.shape[1], -1)
        for layer in self.bert.encoder.layer[self._lowest_joint :]:
            states = layer(states, visible)
        width = question.shape[1]
        # A cosine in half precision has two digits; times 20, that would be a tenth of a logit.
        with torch.autocast(states.device.type, enabled=False):
            states = states.float()
            return self.head(states[:, :width], question_mask, states[:, width:], passage_mask)

    def trainable_parameters(self) -> list[nn.Parameter]:
        """What training changes: the joint layers and the head."""
        layers = self.bert.encoder.layer[self._lowest_joint :]
        return [*layers.parameters(), *self.head.parameters()]

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Write what differs from the base model, in half precision."""
        layers = self.bert.encoder.layer[self._lowest_joint :]
        values = {f"layers.{name}": value for name, value in layers.state_dict().items()}
        values |= {f"head.{name}": value for name, value in self.head.state_dict().items()}
        folder = Path(output_path)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: value.detach().half().contiguous() for name, value in values.items()},
            folder / WEIGHTS,
        )

    def load_weights(self, file: Path) -> None:
        """Take the joint layers and the head from a file that `save` wrote."""
        values = {name: value.float() for name, value in load_file(file).items()}
        for part, module in (
            ("layers.", self.bert.encoder.layer[self._lowest_joint :]),
            ("head.", self.head),
        ):
            module.load_state_dict(
                {name.removeprefix(part): v for name, v in values.items() if name.startswith(part)}
            )


def _pack_batches(texts: Sequence[Tokens], batch_tokens: int) -> Iterator[list[Tokens]]:
    """The texts in their order, in batches of at most so many tokens, or of one longer text."""
    batch: list[Tokens] = []
    for ids in texts:
        if batch and sum(map(len, batch)) + len(ids) > batch_tokens:
            yield batch
            batch = []
        batch.append(ids)
    if batch:
        yield batch


def load(folder: Path, base: weights.Weights, device: str, dtype: torch.dtype) -> CrossEncoder:
    """The trained model as a CrossEncoder, from its folder and its base model."""
    config = json.loads((folder / CONFIG).read_text())
    model = SplitCrossEncoder(open_base(base, config.get("layers")), config["joint_layers"])
    model.load_weights(folder / WEIGHTS)
    nn.Module.to(model.bert, dtype)
    return CrossEncoder(modules=[model], device=device)


def base_name(folder: Path) -> str:
    """The name of the base model of a trained model's folder."""
    return str(json.loads((folder / CONFIG).read_text())["base"])


def is_split_cross_encoder(folder: Path) -> bool:
    """Whether a model's folder holds a split cross-encoder."""
    config: dict[str, Any] = json.loads((folder / CONFIG).read_text())
    return config.get("model_type") == MODEL_TYPE


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


def _padded(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Texts of several lengths as (batch, longest, width) and their mask (batch, longest)."""
    padded = nn.utils.rnn.pad_sequence(list(states), batch_first=True)
    lengths = torch.tensor([len(text) for text in states], device=padded.device)
    positions = torch.arange(padded.shape[1], device=padded.device)
    return padded, (positions[None, :] < lengths[:, None]).float()
