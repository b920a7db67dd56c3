"""The lectures and questions that answers are evaluated on; training texts must differ from them."""

from __future__ import annotations

import json
from pathlib import Path

from ingest import resources
from ingest.readers import read

FOLDER = resources.lectures()


def corpus_questions(folder: Path = FOLDER / "questions") -> dict[str, str]:
    """The evaluation questions by id; a follow-up is preceded by the question before it."""
    rows = [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    questions = {row["id"]: row["question"] for row in rows}
    return {
        row["id"]: f"{questions[row['after']]} {row['question']}"
        if row.get("after")
        else row["question"]
        for row in rows
    }


def corpus_pages(folder: Path = FOLDER) -> dict[str, str]:
    """The text of every page of the evaluation lectures, by file and page."""
    return {
        f"{file.name}, p. {page.number}": page.text
        for file in sorted(folder.glob("*.pdf"))
        for page in read(file).pages
    }
