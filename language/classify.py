"""Encoders at work: a head for a label on an encoder, trained with or without the layers below it.

Frozen, the encoder is a fixed map from text to vectors, and only a linear head learns. Fine-tuned,
its upper layers learn too. What lies below the lowest trained layer is computed once.
Source: Devlin and others, BERT (2019), section 4 (fine-tuning) and 5.3 (frozen features).
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from language.errors import LanguageError
from language.tasks import Example, Task, accuracy, span_score

LONGEST = 256  # tokens of a sentence; what is behind is not seen


@dataclass(frozen=True)
class TextEncoder:
    """An encoder of BERT's kind, taken apart: words to tokens to vectors to layers."""

    name: str
    bert: Any  # transformers' BertModel
    word_ids: Callable[[str], list[int]]  # the token ids of one word
    word_vectors: Callable[[Tensor], Tensor]  # ids (batch, tokens) to (batch, tokens, width)
    first: int  # the token before each text
    last: int  # the token behind it

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.bert.encoder.layer)


def text_encoder(bert: Any, tokenizer: Any, name: str = "all-MiniLM-L6-v2") -> TextEncoder:
    """A TextEncoder of a BertModel and its tokeniser, as `language.loading` loads them."""

    def word_ids(word: str) -> list[int]:
        ids: list[int] = tokenizer(word, add_special_tokens=False)["input_ids"]
        return ids or [tokenizer.unk_token_id]

    vectors = bert.get_input_embeddings()
    return TextEncoder(
        name, bert, word_ids, vectors, tokenizer.cls_token_id, tokenizer.sep_token_id
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a classifier is trained; the rates are those of AdamW at their highest.

    `layers` is how many of the encoder's last layers learn; 0 leaves it frozen.

    Raises:
        LanguageError: the number of epochs or of sentences in a batch is below 1.
    """

    layers: int = 6
    epochs: int = 6
    batch: int = 16
    layer_rate: float = 2e-4
    head_rate: float = 2e-3
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch) < 1:
            raise LanguageError(
                f"{self.epochs} epochs with {self.batch} sentences a batch, expected at least 1"
            )


def recipe_for(
    task: Task, encoder: TextEncoder, layers: int | None = None, count: int | None = None
) -> Recipe:
    """A recipe for a task; all are trained in under two minutes on two cores.

    Args:
        task: Its training part sets the number of epochs: sentences need at least 80 steps, words 150.
        encoder: A deep one learns in its upper half.
        layers: How many layers learn; None: as many as is usual.
        count: Of training sentences, where not all are used.
    """
    layers = min(encoder.depth, 6) if layers is None else layers
    steps, least = (150, 5) if task.per_word else (80, 2)
    if layers == 0:
        steps, least = 600, 20
    size = len(task.train) if count is None else count
    recipe = Recipe(layers=layers, head_rate=1e-2 if layers == 0 else 2e-3)
    epochs = min(60, max(least, -(-steps * recipe.batch // max(size, 1))))
    return replace(recipe, epochs=epochs)


@dataclass(frozen=True)
class Batch:
    """States below the trained layers (sentences, tokens, width), mask, places of the words.

    `words` holds (sentence, token) of each word's first token, in order.
    """

    states: Tensor
    mask: Tensor
    words: Tensor


class Classifier(nn.Module):
    """The upper layers of an encoder, copied, and a linear head; the lower layers are shared."""

    def __init__(
        self, encoder: TextEncoder, labels: Sequence[str], per_word: bool, layers: int
    ) -> None:
        """A classifier whose head is still random.

        Raises:
            LanguageError: the encoder has fewer layers.
        """
        super().__init__()
        if not 0 <= layers <= encoder.depth:
            raise LanguageError(
                f"{layers} layers to train, expected 0 to {encoder.depth}, the depth of {encoder.name}"
            )
        self.encoder = encoder
        self.labels, self.per_word = tuple(labels), per_word
        cut = encoder.depth - layers
        self.lower = list(encoder.bert.encoder.layer[:cut])  # no parameters of this module
        self.upper = nn.ModuleList(
            copy.deepcopy(layer) for layer in encoder.bert.encoder.layer[cut:]
        )
        for parameter in self.upper.parameters():
            parameter.requires_grad_(True)
        self.head = nn.Linear(encoder.bert.config.hidden_size, len(labels))

    @torch.no_grad()
    def prepare(self, rows: Sequence[Sequence[str]]) -> Batch:
        """Sentences, as words, up to the first trained layer."""
        sequences, words = [], []
        for number, row in enumerate(rows):
            ids = [self.encoder.first]
            for word in row:
                words.append((number, min(len(ids), LONGEST - 2)))
                ids += self.encoder.word_ids(word)
            sequences.append([*ids[: LONGEST - 1], self.encoder.last])
        longest = max(map(len, sequences))
        tokens = torch.tensor([ids + [0] * (longest - len(ids)) for ids in sequences])
        lengths = torch.tensor([len(ids) for ids in sequences])
        mask = (torch.arange(longest)[None] < lengths[:, None]).float()
        states = self.encoder.bert.embeddings(inputs_embeds=self.encoder.word_vectors(tokens))
        states = _through(self.lower, states, mask)
        return Batch(states, mask, torch.tensor(words))

    def forward(self, batch: Batch) -> Tensor:
        """Logits of each word in order, or of each sentence: (words or sentences, labels)."""
        states = _through(self.upper, batch.states, batch.mask)
        if self.per_word:
            return self.head(states[batch.words[:, 0], batch.words[:, 1]])
        mask = batch.mask[:, :, None]
        return self.head((states * mask).sum(dim=1) / mask.sum(dim=1))

    @torch.inference_mode()
    def probabilities(self, rows: Sequence[Sequence[str]]) -> Tensor:
        """(words or sentences, labels), in the order of the sentences' words."""
        self.eval()
        parts = [self(self.prepare(rows[n : n + 32])) for n in range(0, len(rows), 32)]
        return torch.cat(parts).softmax(dim=1)

    def predict(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """The likeliest label of each sentence, or of each of its words, as a list for each."""
        return split(self.labels, self.per_word, rows, self.probabilities(rows).argmax(dim=1))


def split(
    labels: Sequence[str], per_word: bool, rows: Sequence[Sequence[str]], numbers: Tensor
) -> list[list[str]]:
    """Numbers of labels, of all words or all sentences in order, as labels for each sentence."""
    names = iter(labels[number] for number in numbers.tolist())
    return [[next(names) for _ in (row if per_word else [row])] for row in rows]


@dataclass(frozen=True)
class Progress:
    """The state of a training; `measure` is the accuracy or F1 on the test part after an epoch."""

    step: int
    steps: int
    epoch: float
    loss: float  # of the last batch, in nats
    seconds: float
    measure: float | None = None
    classifier: Classifier | None = None  # at the end


def train(
    encoder: TextEncoder,
    task: Task,
    recipe: Recipe,
    stop: threading.Event | None = None,
    *,
    watch: bool = True,
) -> Iterator[Progress]:
    """Train a classifier; the last Progress holds it.

    Args:
        encoder: It stays as it is.
        task: Its training part is trained on, its test part only measured.
        recipe: The seed sets head, order and dropout.
        stop: Ends the training after the present batch, once it is set.
        watch: Measure after each epoch; else only at the end.
    """
    started = time.perf_counter()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        classifier = Classifier(encoder, task.labels, task.per_word, recipe.layers)
        order = torch.Generator().manual_seed(recipe.seed)
        examples = task.train
        cache = _pieces(classifier, examples)
        test = _pieces(classifier, task.test)
        per_epoch = -(-len(examples) // recipe.batch)
        steps = per_epoch * recipe.epochs
        optimizer = torch.optim.AdamW(
            [
                {"params": classifier.upper.parameters(), "lr": recipe.layer_rate},
                {"params": classifier.head.parameters(), "lr": recipe.head_rate},
            ],
            weight_decay=0.01,
        )
        warm = max(1, steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / steps))
        )
        step = 0
        for _ in range(recipe.epochs):
            for rows in _batches([len(one.mask[0]) for one in cache], recipe.batch, order):
                classifier.train()
                batch = _joined([cache[row] for row in rows.tolist()])
                right = torch.tensor(task.rows([examples[row] for row in rows.tolist()]))
                loss = nn.functional.cross_entropy(classifier(batch), right, label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                step += 1
                last = step % per_epoch == 0
                ended = stop is not None and stop.is_set()
                done = step == steps or ended
                measure = None
                if done or (last and watch):
                    measure = _measure(classifier, task, test)
                yield Progress(
                    step,
                    steps,
                    step / per_epoch,
                    loss.item(),
                    time.perf_counter() - started,
                    measure,
                    classifier.eval() if done else None,
                )
                if ended:
                    return


def measure(classifier: Classifier, task: Task, examples: Sequence[Example]) -> float:
    """Accuracy of sentences, or F1 of entities, in [0, 1]."""
    predictions = classifier.predict([example.words for example in examples])
    return measure_of(task, examples, predictions)


def measure_of(
    task: Task, examples: Sequence[Example], predictions: Sequence[Sequence[str]]
) -> float:
    """Accuracy of sentences, or F1 of entities, of predictions for each example."""
    if task.per_word:
        return span_score([one.labels for one in examples], predictions).f1
    number = {label: n for n, label in enumerate(task.labels)}
    return accuracy(task.rows(examples), [number[one[0]] for one in predictions])


# ---- inner working ----


def _through(layers: Iterable[Any], states: Tensor, mask: Tensor) -> Tensor:
    """States through some layers of a BERT; the mask is 1 for a token."""
    hidden = (1 - mask)[:, None, None, :] * torch.finfo(states.dtype).min
    for layer in layers:
        result = layer(states, hidden)
        states = result if isinstance(result, Tensor) else result[0]
    return states


def _pieces(classifier: Classifier, examples: Sequence[Example]) -> list[Batch]:
    """Each example prepared, without padding."""
    classifier.eval()
    pieces = []
    for start in range(0, len(examples), 32):
        part = examples[start : start + 32]
        batch = classifier.prepare([example.words for example in part])
        for row in range(len(part)):
            length = int(batch.mask[row].sum())
            words = batch.words[batch.words[:, 0] == row]
            pieces.append(
                Batch(batch.states[row : row + 1, :length], batch.mask[row : row + 1, :length],
                      torch.stack([torch.zeros_like(words[:, 1]), words[:, 1]], dim=1))
            )  # fmt: skip
    return pieces


def _batches(lengths: Sequence[int], size: int, generator: torch.Generator) -> list[Tensor]:
    """The examples' places in random batches of similar lengths, which need little padding."""
    batches: list[Tensor] = []
    for part in torch.randperm(len(lengths), generator=generator).split(8 * size):
        by_length = torch.tensor([lengths[place] for place in part.tolist()]).argsort()
        batches += part[by_length].split(size)
    return [batches[place] for place in torch.randperm(len(batches), generator=generator).tolist()]


def _joined(pieces: Sequence[Batch]) -> Batch:
    """Prepared examples as one batch, padded."""
    states = nn.utils.rnn.pad_sequence([piece.states[0] for piece in pieces], batch_first=True)
    mask = nn.utils.rnn.pad_sequence([piece.mask[0] for piece in pieces], batch_first=True)
    words = torch.cat(
        [
            torch.stack([torch.full_like(piece.words[:, 1], row), piece.words[:, 1]], dim=1)
            for row, piece in enumerate(pieces)
        ]
    )
    return Batch(states, mask, words)


@torch.inference_mode()
def _measure(classifier: Classifier, task: Task, test: Sequence[Batch]) -> float:
    classifier.eval()
    parts = [classifier(_joined(test[n : n + 32])) for n in range(0, len(test), 32)]
    rows = [example.words for example in task.test]
    numbers = torch.cat(parts).argmax(dim=1)
    return measure_of(task, task.test, split(task.labels, task.per_word, rows, numbers))
