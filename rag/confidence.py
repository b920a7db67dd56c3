"""How probable it is that the lectures answer a question, and from where on to answer.

A logistic regression over a few signals of the stages, fitted by `katheder calibrate` on
questions of which it is known whether the lectures answer them. No signal depends on the size of
the library or on its scores' scale, so that a fit carries over to other lectures.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.text.languages import Language, language
from ingest.text.names import candidate_proper_nouns, is_in_capitals
from ingest.text.stems import stem
from ingest.types import Passage
from rag.calibration_files import CALIBRATION_FILE as CALIBRATION_FILE
from rag.calibration_files import calibration_files
from rag.errors import BadCalibration
from rag.rerank import Reranker, foreign_logits, logits
from rag.types import Hit, Source

logger = logging.getLogger(__name__)

_WORD = re.compile(r"[^\W_]+")
FEATURES = ("evidence", "passage", "names", "words")
_MOST_NAMES = 2  # that count as missing; a third one says nothing more
REFUSED = 0.025  # share of the answerable questions that the lower threshold may refuse
DOUBTED = 0.13  # share of them that the upper threshold may refuse or doubt


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signals, in their order, and two thresholds of the confidence.

    Below `threshold` the program shows no answer; below `doubt_threshold` it shows the answer as
    a doubtful one. `models` names the encoder and the reranker that it was fitted with; with
    others its signals mean something else.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    doubt_threshold: float
    models: str
    questions: int = 0

    def confidence(self, signals: Sequence[float]) -> float:
        """The probability in [0, 1] that the lectures answer."""
        return float(1 / (1 + np.exp(-(np.dot(self.weights, signals) + self.bias))))

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        values = asdict(self) | {"signals": FEATURES}
        file.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Calibration | None:
        """Read what `save` wrote; None, with a warning, where another version wrote other signals.

        Raises:
            BadCalibration: the file does not hold what it should.
        """
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            signals = values.pop("signals")
            if tuple(signals) != FEATURES and all(isinstance(name, str) for name in signals):
                logger.warning(
                    "The calibration %s has the signals %s, this version has %s; it is ignored. "
                    "Fit it again with `katheder calibrate QUESTIONS`, or delete it.",
                    file,
                    ", ".join(signals),
                    ", ".join(FEATURES),
                )
                return None
            return cls(**values | {"weights": tuple(map(float, values["weights"]))})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadCalibration(
                f"The calibration {file} cannot be used ({error}). "
                "Fit it again with `katheder calibrate QUESTIONS`, or delete it."
            ) from error


def models_key(encoder: Encoder, reranker: Reranker | None) -> str:
    """What a calibration is bound to: the names and hashes of encoder and reranker."""
    return f"{encoder.identity} {reranker.name if reranker else 'none'}"


def load_calibration(library: Path | None, key: str) -> Calibration | None:
    """The calibration for these models: the library's own, else the bundled one, else none."""
    for file in calibration_files(library):
        calibration = Calibration.read(file)
        if calibration is not None and calibration.models == key:
            return calibration
    return None


def features(
    question: str, hits: Sequence[Hit], sources: Sequence[Source], asked_in: Language
) -> list[float]:
    """What the stages say, in the order of FEATURES.

    The largest logit of any evidence; the logit of the passage of the first evidence; how many of
    the question's names no passage holds, at most _MOST_NAMES; and the logarithm of 1 plus the
    number of the question's words beyond stop words. Both logits count `foreign_logits` of
    the first evidence more.
    """
    reranked = sources[0].hit.score("reranked") if sources else None
    words = [word for word in words_of(question) if word.lower() not in asked_in.stop_words]
    across = float(sum(foreign_logits(asked_in.code, [source.hit for source in sources[:1]])))
    return [
        float(logits([max((source.score for source in sources), default=0.0)])[0]) + across,
        float(logits([0.5 if reranked is None else reranked])[0]) + across,
        float(min(len(missing_names(question, hits, asked_in)), _MOST_NAMES)),
        float(np.log1p(len(words))),
    ]


def words_of(text: str) -> list[str]:
    """Its runs of letters and figures."""
    return _WORD.findall(text)


def missing_names(question: str, hits: Sequence[Hit], asked_in: Language) -> list[str]:
    """The question's names of which a part is in none of the passages, endings aside.

    An abbreviation of words of a file name, title or heading is in the passages of it: AI, "Artificial
    intelligence". A symbol counts with and without the mark of its index, R0 as R_0.
    """
    texts = [(embedding_text(hit.passage), language(hit.passage.language)) for hit in hits]
    stems = [
        ({stem(word, spoken) for word in words_of(f"{text} {text.replace('_', '')}")}, spoken)
        for text, spoken in texts
    ]
    initials = [_initials(hit.passage) for hit in hits]

    def is_missing(part: str) -> bool:
        if any(stem(part, spoken) in held for held, spoken in stems):
            return False
        return not (is_in_capitals(part) and any(part.lower() in letters for letters in initials))

    return [
        name
        for name in candidate_proper_nouns(question, asked_in)
        if any(map(is_missing, words_of(name)))
    ]


def _initials(passage: Passage) -> str:
    """The first letters of the words of a passage's file name, title and headings, one line each.

    Frequent words are left out.
    """
    frequent = language(passage.language).evident_words
    return "\n".join(
        "".join(word[0] for word in words_of(line.lower()) if word not in frequent)
        for line in (Path(passage.file).stem, passage.title, *passage.headings)
    )


def best_cosine(hits: Sequence[Hit]) -> float | None:
    """The largest cosine of any passage; None where dense search was left out."""
    cosines = [score for hit in hits if (score := hit.score("dense")) is not None]
    return max(cosines, default=None)


def fit_calibration(
    rows: Sequence[Sequence[float]],
    answerable: Sequence[bool],
    groups: Sequence[Hashable],
    models: str,
) -> Calibration:
    """Fit weights and thresholds.

    Args:
        rows: The signals of each question.
        answerable: Whether the lectures answer it; both kinds must occur.
        groups: Such as the question's document; see `held_out_confidences`.
        models: See `models_key`.

    Returns:
        Weights of a logistic regression on all questions, and the thresholds below which REFUSED
        and DOUBTED of the answerable questions are by their held-out confidences.

    Raises:
        BadCalibration: only one kind occurs.
    """
    labels = np.array(answerable)
    if labels.all() or not labels.any():
        raise BadCalibration(
            f"Of the {len(labels)} questions {int(labels.sum())} are answerable; both kinds are "
            "needed. Add questions with `gold: []` that the lectures do not answer, and others."
        )
    signals = np.array(rows)
    weights, bias = _logistic_regression(signals, labels)
    confidences = held_out_confidences(rows, answerable, groups)[labels]
    refused, doubted = (float(np.quantile(confidences, share)) for share in (REFUSED, DOUBTED))
    return Calibration(tuple(map(float, weights)), bias, refused, doubted, models, len(labels))


def held_out_confidences(
    rows: Sequence[Sequence[float]], answerable: Sequence[bool], groups: Sequence[Hashable]
) -> np.ndarray:
    """The confidence of each question by a fit on the questions of all other groups.

    Returns:
        Shape (n,). Where the other groups hold only one kind of question, the fit is on all.
    """
    signals, labels = np.array(rows), np.array(answerable)
    numbers = np.array([list(dict.fromkeys(groups)).index(group) for group in groups])
    confidences = np.empty(len(labels))
    for number in range(numbers.max() + 1):
        judged = numbers == number
        learned = ~judged if 0 < labels[~judged].mean() < 1 else np.ones_like(judged)
        weights, bias = _logistic_regression(signals[learned], labels[learned])
        confidences[judged] = 1 / (1 + np.exp(-(signals[judged] @ weights + bias)))
    return confidences


def _logistic_regression(signals: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and bias for signals as they are, fitted on standardised ones."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(signals)
    model = LogisticRegression().fit(scaler.transform(signals), labels)
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - (weights * scaler.mean_).sum())
