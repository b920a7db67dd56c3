"""The held-out training subjects as lectures with questions, to fit the calibration on.

    python -m training.lectures FOLDER

writes a Markdown file for each subject that no model was trained on, a page a passage, into
FOLDER/lectures, and FOLDER/questions.jsonl. All their unanswerable questions are among them, and
as many answerable ones as give every sixth question no answer.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.candidates import HELD_OUT
from training.texts import TrainingText, read_texts

ANSWERABLE = 5  # for each unanswerable question


def write_lectures(
    texts: Sequence[TrainingText], folder: Path, most_unanswerable: int = 24, seed: int = 0
) -> Path:
    """Write lectures and questions; gives the file of questions.

    Args:
        texts: The passages; those of a subject become one file in their order.
        folder: Where `lectures` and `questions.jsonl` are written.
        most_unanswerable: How many unanswerable questions at most, drawn with `seed`.
        seed: The same seed draws the same questions.
    """
    subjects: dict[str, list[TrainingText]] = {}
    for text in texts:
        subjects.setdefault(text.subject, []).append(text)
    (folder / "lectures").mkdir(parents=True, exist_ok=True)
    answerable: list[dict[str, Any]] = []
    unanswerable: list[dict[str, Any]] = []
    for subject, members in subjects.items():
        file = folder / "lectures" / f"{subject}.md"
        pages = (f"# {text.title}\n\n{text.text}\n" for text in members)
        file.write_text("\n".join(pages), encoding="utf-8")
        for page, text in enumerate(members, start=1):
            for question in text.questions:
                if question.after:
                    continue
                gold = [{"doc": file.name, "pages": [page]}] if question.answer else []
                row = {
                    "id": question.id,
                    "question": question.question,
                    "type": "factoid" if gold else "unanswerable",
                    "lang": question.lang,
                    "gold": gold,
                    "answer": " ".join(sentence for sentence, _ in question.answer),
                    "keywords": [],
                }
                (answerable if gold else unanswerable).append(row)
    draw = random.Random(seed)
    unanswerable = draw.sample(unanswerable, min(most_unanswerable, len(unanswerable)))
    answerable = draw.sample(answerable, min(ANSWERABLE * len(unanswerable), len(answerable)))
    questions = folder / "questions.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in (*answerable, *unanswerable))
    questions.write_text("".join(lines), encoding="utf-8")
    return questions


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the held-out subjects."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    held_out = [text for text in read_texts() if text.subject in HELD_OUT]
    print(write_lectures(held_out, options.folder))


if __name__ == "__main__":
    main()
