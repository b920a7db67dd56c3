"""Write a run as TREC files, which trec_eval, ir-measures and their like read.

`NAME.qrels` has a line `question 0 item 1` for each gold item, `NAME.retrieved.run` and
`NAME.reranked.run` a line `question Q0 passage rank score katheder` for each passage of the
order. A passage is named by its file and its pages, one that shows an item by that item; see
`rag.evaluation.retrieval` for what an item is. Names are percent-encoded, since blanks part the
columns. The score is 1 / rank: the order is kept where scores would tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from rag.evaluation.measures import STAGES
from rag.evaluation.questions import Question
from rag.evaluation.retrieval import ranked_items
from rag.evaluation.run_file import PageReference, Run


def write_trec(questions: Sequence[Question], run: Run, folder: Path) -> list[Path]:
    """Write judgements and both orders of a run into a folder, and return the three paths.

    Questions that the run does not hold or that have no gold pages are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    answerable = [q for q in questions if q.id in run.lines and q.answerable]
    written: list[Path] = []
    for stage in STAGES:
        judgements, rankings = ranked_items(answerable, run, stage)
        if not written:
            written.append(
                _write(
                    folder / f"{run.name}.qrels",
                    [
                        f"{_encoded(id)} 0 {_encoded(item)} {grade}"
                        for id, items in judgements.items()
                        for item, grade in items.items()
                    ],
                )
            )
        lines = []
        for question in answerable:
            passages = run.lines[question.id].passages(stage)
            used = set(judgements[question.id])
            for rank, (passage, item) in enumerate(
                zip(passages, rankings[question.id], strict=True), start=1
            ):
                name = item if item in judgements[question.id] else _new_name(passage, used)
                used.add(name)
                lines.append(
                    f"{_encoded(question.id)} Q0 {_encoded(name)} {rank} {1 / rank:.6f} katheder"
                )
        written.append(_write(folder / f"{run.name}.{stage}.run", lines))
    return written


def _new_name(passage: PageReference, used: set[str]) -> str:
    """File and pages, and a number where another passage of the list has the same."""
    first, last = passage.pages[0], passage.pages[-1]
    pages = str(first) if first == last else f"{first}-{last}"
    name = base = f"{passage.doc}#{pages}"
    number = 2
    while name in used:
        name = f"{base}+{number}"
        number += 1
    return name


def _encoded(name: str) -> str:
    return quote(name, safe="#+")


def _write(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
