"""Judge texts by the question's own terms, where the models cannot read its script."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.text.detect import language_of, question_language
from ingest.text.languages import LANGUAGES
from ingest.text.terms import matches, question_phrases


class LexicalJudge:
    """Scores a text by the share of the question's terms that it holds.

    A stand-in for a model: it knows no synonyms, and takes a text that names the subject for one
    that answers.
    """

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The share in [0, 1] of the question's single terms in each text; 0 without terms."""
        spoken = question_language(question)
        shares = []
        for text in texts:
            written = LANGUAGES.get(language_of(text), spoken)
            terms = [
                phrase for phrase in question_phrases(question, spoken, written) if len(phrase) == 1
            ]
            held = sum(bool(matches(text, written, [term])) for term in terms)
            shares.append(held / len(terms) if terms else 0.0)
        return shares
