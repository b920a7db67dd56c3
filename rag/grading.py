"""Whether an answer is shown, shown with doubt, or not shown: two thresholds of the confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag import confidence
from rag.confidence import Calibration
from rag.settings import Settings
from rag.types import Grade, Hit, Source

_LEAST_TERMS = 0.5  # of the query's terms in the evidence, where no model can read them


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidences in [0, 1]: below `least` no answer is shown, below `doubt` one with doubt.

    `min_cosine` is the least cosine of the best passage.
    """

    least: float
    doubt: float
    min_cosine: float

    @classmethod
    def of(cls, settings: Settings, calibration: Calibration | None) -> Thresholds:
        """Those of the settings, else of the calibration, else 0; `doubt` is at least `least`."""
        least, doubt = settings.answer.min_confidence, settings.answer.doubt_confidence
        if least is None:
            least = calibration.threshold if calibration else 0.0
        if doubt is None:
            doubt = calibration.doubt_threshold if calibration else 0.0
        return cls(least, max(doubt, least), settings.retrieval.min_cosine)

    def by_terms(self) -> Thresholds:
        """Those for a query in a script that the models do not know: half of its terms."""
        return Thresholds(_LEAST_TERMS, _LEAST_TERMS, self.min_cosine)

    def grade(self, hits: Sequence[Hit], evidence: Sequence[Source], confident: float) -> Grade:
        """The grade of an answer.

        It is not shown where there is no evidence, no passage is close enough, or the confidence is
        below `least`; it is doubtful where the confidence is below `doubt`.

        Args:
            hits: With their cosines, if dense search ran.
            evidence: Selected from them.
            confident: The confidence that the lectures answer the question.
        """
        closest = confidence.best_cosine(hits)
        if not evidence or (closest is not None and closest < self.min_cosine):
            return "not_answered"
        if confident < self.least:
            return "not_answered"
        return "doubtful" if confident < self.doubt else "answered"
