"""Write the mixture of the joint encoder: the centres of multilingual-e5-small's vectors, and the shares.

    python -m training.encoder          # models/encoder/mixture.json; minutes on two cores

The centre of a language is the mean of its vectors of training texts in it, drawn by a seed; passages
and questions have one each. The shares were chosen on lectures that training never sees:
docs/models.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.embed import E5Encoder
from ingest.joint_encoder import MIXTURE
from training.texts import TrainingText, read_texts

Drawn = dict[str, list[str]]  # texts by language

LANGUAGES = ("en", "de")
SHARES = {"en": 0.5}
_PER_LANGUAGE = 150  # passages, and questions
_DIGITS = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Encode the texts and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=MIXTURE)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    encoder = E5Encoder()
    passages, questions = drawn_texts(read_texts(), options.seed)
    counts = {
        name: {code: len(texts) for code, texts in drawn.items()}
        for name, drawn in (("passages", passages), ("questions", questions))
    }
    values = {
        "passage_centres": {code: _mean(encoder.encode(texts)) for code, texts in passages.items()},
        "question_centres": {
            code: _mean(encoder.encode_questions(texts)) for code, texts in questions.items()
        },
        "shares": SHARES,
        "recipe": {"encoder": encoder.identity, "seed": options.seed, **counts},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(values) + "\n", encoding="utf-8")
    print(f"{options.output}: {counts}")


def drawn_texts(texts: Sequence[TrainingText], seed: int) -> tuple[Drawn, Drawn]:
    """Passages as they are embedded, and questions, at most so many in each language."""
    passages: Drawn = {}
    questions: Drawn = {}
    for code in LANGUAGES:
        own = [f"{text.title}\n{text.text}" for text in texts if text.lang == code]
        asked = [q.question for text in texts for q in text.questions if q.lang == code]
        draw = random.Random(seed)
        passages[code] = draw.sample(own, min(_PER_LANGUAGE, len(own)))
        questions[code] = draw.sample(asked, min(_PER_LANGUAGE, len(asked)))
    return passages, questions


def _mean(vectors: np.ndarray) -> list[float]:
    return [round(float(value), _DIGITS) for value in vectors.mean(axis=0)]


if __name__ == "__main__":
    main()
