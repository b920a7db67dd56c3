"""Beam search: follow the few likeliest continuations instead of one, and remember the whole tree.

It is the search of `generate(num_beams=...)` in transformers with its default values: a complete
continuation is scored by its mean log-probability per token (length penalty 1), and the search
ends when `num_beams` continuations are complete and no running one is better than the worst of
them, or at the largest length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from language.causal import Reader, check_length, end_tokens
from language.decoding import Continuation, Watch, check_count, ignore

MAX_BEAMS = 16

State = Literal["running", "complete", "dropped"]


@dataclass(frozen=True, slots=True)
class Branch:
    """One candidate of one step, a node of the search's tree."""

    step: int  # from 1
    parent: int  # row of the tree of the branch that it continues, -1 for the prompt
    token: int
    log_probability: float  # nats, of the token given the branch
    total: float  # nats, of all tokens behind the prompt
    state: State


@dataclass(frozen=True, slots=True)
class BeamSearch:
    """The continuations, best first, and the tree of all candidates.

    `tree` holds the candidates of each step in order of their totals; `leaves` are the rows of the
    tree at which the continuations end.
    """

    continuations: tuple[Continuation, ...]
    leaves: tuple[int, ...]
    tree: tuple[Branch, ...]

    def path(self, row: int) -> list[int]:
        """The rows of the tree from the first token to a branch."""
        rows: list[int] = []
        while row != -1:
            rows.append(row)
            row = self.tree[row].parent
        return rows[::-1]


def beam_search(
    model: Any,
    ids: Sequence[int],
    max_new_tokens: int,
    num_beams: int,
    *,
    watch: Watch = ignore,
) -> BeamSearch:
    """Search the continuation with the highest mean log-probability per token.

    Each step scores all continuations of all beams by one token, looks at the best
    (1 + number of end tokens) x num_beams candidates, so that at least num_beams of them do not
    end, and keeps the best num_beams that do not end. A candidate that ends is complete if it is
    among the best num_beams.

    Raises:
        LanguageError: the prompt and the new tokens do not fit into the context, or a number is
            out of range.
    """
    check_count("max_new_tokens", max_new_tokens, 1, 4096)
    check_count("num_beams", num_beams, 1, MAX_BEAMS)
    check_length(model, ids, max_new_tokens)
    ends = end_tokens(model)
    count = max(2, 1 + len(ends)) * num_beams
    reader = Reader(model, ids)
    tree: list[Branch] = []
    complete: list[tuple[float, int]] = []  # mean log-probability and row of the tree, best first
    beams = [-1]  # row of the tree in each row of the reader
    for step in range(1, max_new_tokens + 1):
        totals = torch.tensor([tree[row].total if row >= 0 else 0.0 for row in beams])
        log_probabilities = reader.logits.log_softmax(-1)  # (beams, vocabulary)
        running: list[tuple[int, int]] = []  # row of the reader, row of the tree
        for place, (row, token, total) in enumerate(best(totals, log_probabilities, count)):
            at_end = token in ends or step == max_new_tokens
            state: State = "dropped"
            if at_end and place < num_beams:
                state = "complete"
                complete.append((total / step, len(tree)))
            elif not at_end and len(running) < num_beams:
                state = "running"
                running.append((row, len(tree)))
            gain = float(log_probabilities[row, token])
            tree.append(Branch(step, beams[row], token, gain, total, state))
        complete = sorted(complete, key=lambda one: -one[0])[:num_beams]
        watch(step)
        if step == max_new_tokens or (
            len(complete) == num_beams and tree[running[0][1]].total / step <= complete[-1][0]
        ):
            break
        beams = [row for _, row in running]
        if step == 1:
            reader.repeat(len(beams))
            reader.append([tree[row].token for row in beams])
        else:
            reader.append([tree[row].token for row in beams], [row for row, _ in running])
    leaves = tuple(row for _, row in complete)
    result = BeamSearch((), leaves, tuple(tree))
    continuations = tuple(_continuation(result, leaf, ends) for leaf in leaves)
    return BeamSearch(continuations, leaves, tuple(tree))


def best(totals: Tensor, log_probabilities: Tensor, count: int) -> list[tuple[int, int, float]]:
    """The candidates with the highest total: beam, token and total, best first.

    Args:
        totals: Of each beam, shape (beams,).
        log_probabilities: Of each next token, shape (beams, vocabulary).
        count: The largest number of candidates.
    """
    scores = (totals[:, None] + log_probabilities).flatten()
    top = scores.topk(min(count, len(scores)))
    vocabulary = log_probabilities.shape[1]
    return [
        (place // vocabulary, place % vocabulary, total)
        for place, total in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    ]


def _continuation(search: BeamSearch, leaf: int, ends: frozenset[int]) -> Continuation:
    branches = [search.tree[row] for row in search.path(leaf)]
    tokens = tuple(branch.token for branch in branches)
    gains = tuple(branch.log_probability for branch in branches)
    return Continuation(tokens, gains, tokens[-1] in ends)
