"""How probable it is that the lectures answer a question, and from where on to answer.

A logistic regression over a few signals of the stages, fitted by `katheder calibrate` on
questions of which it is known whether the lectures answer them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.text.languages import Language, language
from ingest.text.names import candidate_proper_nouns
from ingest.text.stems import stem
from rag.calibration_files import CALIBRATION_FILE as CALIBRATION_FILE
from rag.calibration_files import calibration_files
from rag.errors import BadCalibration
from rag.rerank import Reranker, logits
from rag.types import Hit, Source

_WORD = re.compile(r"[^\W_]+")
FEATURES = ("evidence", "passage", "margin", "agreement", "names")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signals, in their order, and two thresholds of the confidence.

    Below `threshold` the program shows no answer; below `doubt_threshold` it shows the answer as
    a doubtful one. `models` names the encoder and the reranker that it was fitted with; with others its
    signals mean something else.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    models: str
    questions: int = 0
    doubt_threshold: float = 0.0

    def confidence(self, signals: Sequence[float]) -> float:
        """The probability in [0, 1] that the lectures answer."""
        return float(1 / (1 + np.exp(-(np.dot(self.weights, signals) + self.bias))))

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        values = asdict(self) | {"signals": FEATURES}
        file.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Calibration:
        """Read what `save` wrote.

        Raises:
            BadCalibration: the file does not hold what it should.
        """
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            if tuple(values.pop("signals")) != FEATURES:
                raise ValueError("its signals are others than this version's")
            return cls(**values | {"weights": tuple(map(float, values["weights"]))})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadCalibration(
                f"The calibration {file} cannot be used ({error}). "
                "Fit it anew with `katheder calibrate QUESTIONS`, or delete it."
            ) from error


def models_key(encoder: Encoder, reranker: Reranker | None) -> str:
    """What a calibration is bound to: the names and hashes of encoder and reranker."""
    return f"{encoder.identity} {reranker.name if reranker else 'none'}"


def load_calibration(library: Path | None, key: str) -> Calibration | None:
    """The calibration for these models: the library's own, else the bundled one, else none."""
    for file in calibration_files(library):
        calibration = Calibration.read(file)
        if calibration.models == key:
            return calibration
    return None


def features(
    question: str, hits: Sequence[Hit], sources: Sequence[Source], asked_in: Language
) -> list[float]:
    """What the stages say, in the order of FEATURES.

    The best evidence's logit; the first passage's logit; how far the first passage's logit is
    ahead of the mean of the next four; how well dense, lexical and reranked order agree on the
    first passage, the mean of its 1 / rank in the first two; and how many of the question's
    names the first passage lacks.
    """
    passages = logits([hit.score("reranked") or 0.0 for hit in hits[:5]])
    first = hits[0].stages if hits else {}
    ranks = [first[stage].rank for stage in ("dense", "lexical") if stage in first]
    return [
        float(logits([max((source.score for source in sources), default=0.0)])[0]),
        float(passages[0]) if len(passages) else 0.0,
        float(passages[0] - passages[1:].mean()) if len(passages) > 1 else 0.0,
        sum(1 / rank for rank in ranks) / 2,
        float(len(missing_names(question, hits, asked_in))),
    ]


def words_of(text: str) -> list[str]:
    """Its runs of letters and figures."""
    return _WORD.findall(text)


def missing_names(question: str, hits: Sequence[Hit], asked_in: Language) -> list[str]:
    """The parts of a question's names that the first passage lacks, endings aside."""
    names = candidate_proper_nouns(question, asked_in)
    words = [word for name in names for word in words_of(name)]
    if not hits:
        return words
    passage = hits[0].passage
    spoken = language(passage.language)
    stems = {stem(word, spoken) for word in words_of(embedding_text(passage))}
    return [word for word in words if stem(word, spoken) not in stems]


def best_cosine(hits: Sequence[Hit]) -> float | None:
    """The largest cosine of any passage; None where dense search was left out."""
    cosines = [score for hit in hits if (score := hit.score("dense")) is not None]
    return max(cosines, default=None)


def fit_calibration(
    rows: Sequence[Sequence[float]], answerable: Sequence[bool], models: str
) -> Calibration:
    """Fit weights and threshold.

    Args:
        rows: The signals of each question.
        answerable: Whether the lectures answer it; both kinds must occur.
        models: See `models_key`.

    Returns:
        Weights of a logistic regression, and the threshold with the largest expected F1 of
        abstaining, see `threshold`.

    Raises:
        BadCalibration: only one kind occurs.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    labels = np.array(answerable)
    if labels.all() or not labels.any():
        raise BadCalibration(
            f"Of the {len(labels)} questions {int(labels.sum())} are answerable; both kinds are "
            "needed. Add questions with `gold: []` that the lectures do not answer, and others."
        )
    scaler = StandardScaler().fit(np.array(rows))
    model = LogisticRegression().fit(scaler.transform(np.array(rows)), labels)
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    fitted = Calibration(tuple(map(float, weights)), bias, 0.5, models, len(labels))
    confidences = np.array([fitted.confidence(row) for row in rows])
    return replace(fitted, threshold=threshold(confidences))


def threshold(confidences: np.ndarray) -> float:
    """The confidence in [0, 1] below which abstaining has the largest expected F1.

    A question of confidence p is expected to be unanswerable 1 - p times, whatever it was, so
    that a few odd questions do not move the threshold as they move the F1 that was seen.
    Source: Lipton, Elkan and Narayanaswamy, ECML PKDD 2014.
    """
    ordered = np.unique(confidences)
    cuts = np.concatenate([[0.0], (ordered[:-1] + ordered[1:]) / 2])
    doubt = 1 - confidences

    def expected(cut: float) -> float:
        silent = confidences < cut
        return float(2 * doubt[silent].sum() / (silent.sum() + doubt.sum()))

    return float(max(cuts, key=expected))
